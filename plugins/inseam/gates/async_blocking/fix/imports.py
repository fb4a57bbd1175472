"""Adding `import asyncio` where isort would have it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

_NAME = "asyncio"
_IMPORT = m.SimpleStatementLine(body=[m.Import() | m.ImportFrom(), m.ZeroOrMore()])
_FUTURE = m.SimpleStatementLine(body=[m.ImportFrom(module=m.Name("__future__"))])
_DOCSTRING = m.SimpleStatementLine(body=[m.Expr(m.SimpleString() | m.ConcatenatedString())])
_ASYNCIO = m.SimpleStatementLine(
    body=[
        m.ZeroOrMore(),
        m.Import(names=[m.ZeroOrMore(), m.ImportAlias(m.Name(_NAME), asname=None), m.ZeroOrMore()]),
        m.ZeroOrMore(),
    ]
)


def with_asyncio(module: cst.Module) -> cst.Module:
    """The module with `import asyncio` in its section of the standard library."""
    body = list(module.body)
    if any(m.matches(statement, _ASYNCIO) for statement in body):
        return module
    start = 0
    while start < len(body) and m.matches(body[start], _DOCSTRING if not start else _FUTURE):
        start += 1
    while start < len(body) and m.matches(body[start], _FUTURE):
        start += 1
    section = _section(body[start:])
    in_section = [_sorts_before(statement) for statement in section]
    place = start + (in_section.index(False) if False in in_section else len(section))
    new = cst.SimpleStatementLine([cst.Import([cst.ImportAlias(cst.Name(_NAME))])])
    if place == start and start < len(body):
        # What stood first gives its blank lines away; apart from another section there is one.
        first = body[start]
        blank = [line for line in first.leading_lines if line.comment is None]
        comments = first.leading_lines[len(blank) :]
        if start:
            new = new.with_changes(leading_lines=blank)
        if section:
            body[start] = first.with_changes(leading_lines=comments)
        elif not blank:
            body[start] = first.with_changes(leading_lines=[cst.EmptyLine(indent=False), *comments])
    body.insert(place, new)
    return module.with_changes(body=body)


def imported_names(
    statement: cst.Import | cst.ImportFrom,
) -> Iterator[tuple[str, str, str | None]]:
    """What an import binds: the module that a name is from (empty for modules themselves), the
    name there, and what it is called here if that is another."""
    if isinstance(statement.names, cst.ImportStar):
        return
    module = ""
    if isinstance(statement, cst.ImportFrom):
        module = "." if statement.module is None else _dotted(statement.module)
    for alias in statement.names:
        renamed = alias.asname.name if alias.asname is not None else None
        yield module, _dotted(alias.name), renamed.value if isinstance(renamed, cst.Name) else None


def _dotted(name: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(name)


def _section(statements: Sequence[Statement]) -> list[cst.SimpleStatementLine]:
    """The imports of the standard library at the beginning, up to a blank line."""
    section: list[cst.SimpleStatementLine] = []
    for statement in statements:
        if not isinstance(statement, cst.SimpleStatementLine) or not m.matches(statement, _IMPORT):
            break
        ends = section and any(line.comment is None for line in statement.leading_lines)
        if ends or _package(statement) not in sys.stdlib_module_names:
            break
        section.append(statement)
    return section


def _sorts_before(statement: cst.SimpleStatementLine) -> bool:
    """Whether isort puts the import above `import asyncio`; all of `from` come below."""
    return isinstance(statement.body[0], cst.Import) and _package(statement) < _NAME


def _package(statement: cst.SimpleStatementLine) -> str:
    imported = statement.body[0]
    name: cst.BaseExpression | None = None
    if isinstance(imported, cst.Import):
        name = imported.names[0].name
    elif isinstance(imported, cst.ImportFrom) and not imported.relative:
        name = imported.module
    while isinstance(name, cst.Attribute):
        name = name.value
    return name.value if isinstance(name, cst.Name) else ""
