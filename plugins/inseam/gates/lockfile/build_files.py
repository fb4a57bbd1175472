"""What BUILD files ask of a Pants resolve, read without Pants.

For trees that are judged by the engine alone.
Only what is written out is understood. Whatever is computed makes the answer unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from inseam.gates.contract import ResolveFacts
from inseam.gates.files import SourceError, decode_source, read_bytes
from inseam.gates.lockfile.pyproject import PYPROJECT, join, read_toml
from inseam.gates.locks import shape
from inseam.gates.locks.requirements import parse_requirements

PANTS_TOML = "pants.toml"
_DEFAULT_RESOLVE = "python-default"
_MAX_BUILD_FILES = 20_000


class ComputedError(Exception):
    """A BUILD file says something that only Pants understands; its text is where."""


def resolve_facts(root: Path, lock: str) -> ResolveFacts | None:
    """The resolve whose lock it is, with what its targets ask for; None if it is no resolve's.

    Args:
        root: the workspace.
        lock: relative to it.

    Raises:
        ComputedError: that cannot be told without Pants.
        LockError: `pants.toml` or a `pyproject.toml` cannot be read.
        ShapeError: a table in one of them is none.
    """
    pants = read_toml(root, PANTS_TOML)
    if pants is None:
        return None
    python = pants.table("python")
    names = [name for name, path in shape.table(python, "resolves").items() if path == lock]
    if not names:
        return None
    default = shape.optional_text(python, "default_resolve") or _DEFAULT_RESOLVE
    stated = shape.table(python, "resolves_to_interpreter_constraints").get(names[0])
    interpreters = stated or python.get("interpreter_constraints")
    return ResolveFacts(
        name=names[0],
        declared_in=PANTS_TOML,
        requirements=tuple(sorted(set(_requirements(root, names[0], default)))),
        interpreters=tuple(map(str, interpreters)) if isinstance(interpreters, list) else None,
    )


def _requirements(root: Path, resolve: str, default: str) -> Iterator[str]:
    files = [path for path in sorted(root.glob("**/BUILD*")) if path.is_file()]
    for path in files[:_MAX_BUILD_FILES]:
        if path.name not in ("BUILD", "BUILD.pants"):
            continue
        where = path.relative_to(root).as_posix()
        try:
            tree = ast.parse(decode_source(read_bytes(path), encoding="utf-8"))
        except (SourceError, SyntaxError, ValueError, RecursionError) as error:
            raise ComputedError(f"{where} cannot be read") from error
        for statement in tree.body:
            call = statement.value if isinstance(statement, ast.Expr) else None
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            yield from _of_call(root, call.func.id, call, where, resolve, default)


def _of_call(
    root: Path, kind: str, call: ast.Call, where: str, resolve: str, default: str
) -> Iterator[str]:
    if kind in ("poetry_requirements", "pipenv_requirements", "__defaults__"):
        if kind != "__defaults__" or "resolve" in ast.dump(call):
            raise ComputedError(f"{where}:{call.lineno} has {kind}")
        return
    if kind not in ("python_requirement", "python_requirements"):
        return
    fields = _fields(call, where)
    if fields.get("resolve", default) != resolve:
        return
    if kind == "python_requirement":
        yield from map(str, fields.get("requirements", ()))
        return
    folder = str(PurePosixPath(where).parent)
    source = join(folder, str(fields.get("source", "requirements.txt"))) or ""
    if PurePosixPath(source).name == PYPROJECT:
        file = read_toml(root, source)
        if file is None:
            raise ComputedError(f"{where}:{call.lineno} names {source}, which there is not")
        project = file.table("project")
        yield from shape.texts(project, "dependencies")
        optional = shape.table(project, "optional-dependencies")
        for extra in optional:
            yield from shape.texts(optional, extra)
        return
    try:
        text = decode_source(read_bytes(root / source), encoding="utf-8-sig")
    except SourceError as error:
        raise ComputedError(
            f"{where}:{call.lineno} names {source}, which cannot be read"
        ) from error
    yield from (entry.text for entry in parse_requirements(text).entries)


def _fields(call: ast.Call, where: str) -> Mapping[str, Any]:
    try:
        return {
            keyword.arg: ast.literal_eval(keyword.value)
            for keyword in call.keywords
            if keyword.arg in ("resolve", "requirements", "source")
        }
    except ValueError as error:
        raise ComputedError(f"{where}:{call.lineno} computes what it asks for") from error
