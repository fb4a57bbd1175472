"""Looking through the services' files for what silences gates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inseam.findings.model import Failure, Finding
from inseam.gates.contract import Request, Service
from inseam.gates.files import SourceError, decode_source, read_bytes
from inseam.gates.suppressions.build import in_build_file, is_build_file
from inseam.gates.suppressions.comments import Place
from inseam.gates.suppressions.configuration import CONFIGURATION_FILES, in_configuration
from inseam.gates.suppressions.rules import FIXES, GATE, SUMMARIES
from inseam.gates.suppressions.settings import SuppressionsSettings
from inseam.gates.suppressions.sources import in_module, in_notebook, may_silence

_MODULES = (".py", ".pyi", ".pyw")
_NOTEBOOK = ".ipynb"


def run(request: Request[SuppressionsSettings]) -> Iterator[Finding | Failure]:
    """Count what silences gates, in every file that can."""
    for service in request.services:
        for path in service.files:
            try:
                yield from _in_file(service, request.root, path)
            except SourceError as error:
                yield error.failure(gate=GATE, service=service.name, file=path)


def _in_file(
    service: Service[SuppressionsSettings], root: Path, path: str
) -> Iterator[Finding | Failure]:
    """What one file silences.

    Raises:
        SourceError: it cannot be read as what its name says.
    """
    name = path.rpartition("/")[2]
    if name.endswith(_MODULES):
        content = read_bytes(root / path)
        if may_silence(content):
            yield from _findings(service, path, in_module(decode_source(content)))
    elif name.endswith(_NOTEBOOK):
        content = read_bytes(root / path)
        for cell, place in in_notebook(decode_source(content, encoding="utf-8-sig")):
            yield from _findings(service, path, iter([place]), cell=cell)
    elif is_build_file(name):
        yield from _findings(service, path, in_build_file(decode_source(read_bytes(root / path))))
    elif name in CONFIGURATION_FILES:
        text = decode_source(read_bytes(root / path), encoding="utf-8-sig")
        yield from _findings(service, path, in_configuration(name, text))


def _findings(
    service: Service[SuppressionsSettings],
    path: str,
    places: Iterator[Place],
    *,
    cell: int | None = None,
) -> Iterator[Finding]:
    """The places that policy counts. In a notebook lines are counted by cell, so there the message
    says where."""
    settings = service.settings
    for place in places:
        silencer = place.silencer
        if silencer.kind not in settings.kinds:
            continue
        if silencer.codes and settings.allowed_codes.issuperset(silencer.codes):
            continue
        where = f"cell {cell}, line {place.line}: " if cell else ""
        yield Finding(
            rule=f"{GATE}/{silencer.kind}",
            service=service.name,
            file=path,
            line=1 if cell else place.line,
            column=None if cell else place.column,
            message=f"{where}`{silencer.directive}`: {SUMMARIES[silencer.kind]}",
            fix=FIXES[silencer.kind],
            key=place.key,
            properties={"codes": ",".join(silencer.codes)} if silencer.codes else {},
        )
