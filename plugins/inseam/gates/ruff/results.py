"""From what ruff says to findings and failures of the services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from inseam.findings.model import Failure, Finding, line_key
from inseam.gates.contract import GateError, Service
from inseam.gates.files import SourceError, SourceSyntaxError, read_source, source_lines
from inseam.gates.process import Completed
from inseam.gates.ruff.settings import RuffSettings
from inseam.gates.ruff.tree import CANARY, Tree
from inseam.gates.ruff.wire import WHICH_RUFF, Diagnostic, diagnostics, drifts

GATE = "ruff"


class Reader:
    """Reads what ruff says about one tree."""

    def __init__(self, root: Path, tree: Tree, services: Sequence[Service[RuffSettings]]) -> None:
        self._root = root
        self._tree = tree
        self._services = {service.facts.root: service for service in services}
        self._broken: set[str] = set()
        """Files with a failure: one is enough, what else ruff says of them follows from it."""

    def check(self, completed: Completed) -> Iterator[Finding | Failure]:
        """What `ruff check` found.

        Raises:
            GateError: `tool-garbage`, `tool-silent`.
        """
        by_file: dict[str, list[Diagnostic]] = {}
        for diagnostic in diagnostics(completed):
            by_file.setdefault(diagnostic.filename, []).append(diagnostic)
        self._expect_canary(by_file, completed)
        for reported, found in by_file.items():
            path = self._tree.path_of(reported)
            if path is None:
                continue
            service = self._service_of(path)
            lines: dict[int, list[str]] | None = None
            for diagnostic in found:
                code = diagnostic.code
                if code is None or code == "E902" or not code[-1].isdigit():
                    yield from self._failure(service, path, diagnostic)
                    continue
                if lines is None:
                    lines = _lines(self._root / path)
                yield _finding(service, path, code, diagnostic, lines)

    def format(self, completed: Completed) -> Iterator[Finding | Failure]:
        """What `ruff format --check` found; to be called after `check`, which says more of broken
        files.

        Raises:
            GateError: `tool-garbage`, `tool-silent`.
        """
        found = drifts(completed)
        self._expect_canary((drift.location.path for drift in found), completed)
        for drift in found:
            path = self._tree.path_of(drift.location.path)
            if path is None:
                continue
            service = self._service_of(path)
            if drift.check_name == "unformatted":
                yield _drifted(service, path, drift.location.positions.begin.line)
            elif path not in self._broken:
                self._broken.add(path)
                yield _unparsed(service, path, drift.description)

    def _failure(
        self, service: Service[RuffSettings], path: str, diagnostic: Diagnostic
    ) -> Iterator[Failure]:
        if path in self._broken:
            return
        self._broken.add(path)
        if diagnostic.code == "E902":
            try:
                read_source(self._root / path, encoding="utf-8")
            except SourceError as error:
                error.fix = "make it a readable file in UTF-8: ruff reads no other encoding"
                yield error.failure(gate=GATE, service=service.name, file=path)
                return
        yield _unparsed(service, path, diagnostic.message, diagnostic)

    def _service_of(self, path: str) -> Service[RuffSettings]:
        """The service whose folder is the nearest above `path`."""
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if (service := self._services.get(folder or ".")) is not None:
                return service
        raise GateError("tool-garbage", f"ruff spoke of {path}, which it was not given", WHICH_RUFF)

    def _expect_canary(self, reported: Iterable[str], completed: Completed) -> None:
        if not any(self._tree.is_canary(name) for name in reported):
            raise GateError(
                "tool-silent",
                f"ruff did not report {CANARY}, which is wrong on purpose{completed.quote()}",
                WHICH_RUFF,
            )


def _finding(
    service: Service[RuffSettings],
    path: str,
    code: str,
    diagnostic: Diagnostic,
    lines: dict[int, list[str]],
) -> Finding:
    fix = diagnostic.fix
    url = diagnostic.url
    cell = diagnostic.cell
    begin, end = diagnostic.location, diagnostic.end_location
    among = lines.get(cell or 0, [])
    text = line_key(among[begin.row - 1]) if begin.row <= len(among) else ""
    return Finding(
        rule=f"{GATE}/{code}",
        service=service.name,
        file=path,
        line=1 if cell else begin.row,
        column=None if cell else begin.column,
        end_line=None if cell else end.row,
        message=_located(diagnostic, diagnostic.message),
        fix=_lower(fix.message) if fix and fix.message else f"see {url or WHICH_RUFF}",
        key=text or diagnostic.message,
        properties={"code": code, "name": diagnostic.name},
        help_url=url,
    )


def _drifted(service: Service[RuffSettings], path: str, line: int) -> Finding:
    settings = service.settings
    options = f"--line-length {settings.line_length}"
    if settings.target_version is not None:
        options += f" --target-version {settings.target_version}"
    return Finding(
        rule=f"{GATE}/format",
        service=service.name,
        file=path,
        line=line,
        message="the file is not as ruff formats it",
        fix=f"run: ruff format {options} {path}",
        # The file's whole text is at fault, not this line's: one baseline entry a file.
        key="format",
        properties={"code": "format"},
    )


def _unparsed(
    service: Service[RuffSettings], path: str, message: str, diagnostic: Diagnostic | None = None
) -> Failure:
    begin = diagnostic.location if diagnostic and not diagnostic.cell else None
    return Failure(
        gate=GATE,
        code=f"{GATE}/syntax-error",
        service=service.name,
        file=path,
        line=begin.row if begin else None,
        column=begin.column if begin else None,
        message=_located(diagnostic, message) if diagnostic else _lower(message),
        fix=SourceSyntaxError.fix,
    )


def _located(diagnostic: Diagnostic, message: str) -> str:
    """The message, and for notebooks the place, as lines are counted within a cell there."""
    if diagnostic.cell:
        place = f"cell {diagnostic.cell}, line {diagnostic.location.row}: "
        return place + _lower(message)
    return _lower(message)


def _lines(path: Path) -> dict[int, list[str]]:
    """The file's lines as cell 0, or a notebook's lines cell by cell; none if it cannot be read."""
    try:
        text = read_source(path)
        if path.suffix != ".ipynb":
            return {0: source_lines(text)}
        cells = json.loads(text)["cells"]
        return {
            number: source_lines("".join(cell["source"])) for number, cell in enumerate(cells, 1)
        }
    except (SourceError, ValueError, LookupError, TypeError):
        return {}


def _lower(sentence: str) -> str:
    """The sentence without its capital, unless that begins a name such as `TCP` or `I/O`."""
    if len(sentence) > 1 and sentence[0].isupper() and sentence[1].islower():
        return sentence[0].lower() + sentence[1:]
    return sentence
