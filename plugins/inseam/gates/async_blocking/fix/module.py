"""One module rewritten, with its comments and its format kept."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import RemoveImportsVisitor

from inseam.findings.model import Finding
from inseam.gates.async_blocking.fix.calls import CallRewriter, may_await_asyncio
from inseam.gates.async_blocking.fix.imports import imported_names, with_asyncio


class UnreadableModuleError(Exception):
    """LibCST cannot parse a file that the gate could."""

    def __init__(self, message: str, *, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def rewrite(content: bytes, findings: Sequence[Finding], *, suggest: bool) -> bytes:
    """A file's content without what its findings tell of, as far as that can be rewritten.

    Args:
        content: the file.
        findings: those of the file; one that leads nowhere any more is passed over.
        suggest: whether to also send calls to threads.

    Raises:
        UnreadableModuleError: LibCST cannot parse it.
    """
    try:
        module = cst.parse_module(content)
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError) as error:
        line = error.raw_line if isinstance(error, cst.ParserSyntaxError) else None
        raise UnreadableModuleError(type(error).__name__, line=line) from error
    if not may_await_asyncio(module):
        return content
    wrapper = cst.MetadataWrapper(module, unsafe_skip_copy=True)
    rewriter = CallRewriter(findings, suggest=suggest)
    changed = wrapper.visit(rewriter)
    if not rewriter.has_changed:
        return content
    changed = with_asyncio(changed)
    if rewriter.has_replaced_sleep:
        # Only where nothing else of the module names it.
        for imported in _of_time(changed):
            context = CodemodContext()
            RemoveImportsVisitor.remove_unused_import(context, *imported)
            changed = RemoveImportsVisitor(context).transform_module(changed)
    return changed.bytes


def _of_time(module: cst.Module) -> list[tuple[str, str | None, str | None]]:
    """The imports of `time` and of its `sleep`, with the names that they are given."""
    found: list[tuple[str, str | None, str | None]] = []
    for statement in m.findall(module, m.Import() | m.ImportFrom()):
        assert isinstance(statement, cst.Import | cst.ImportFrom)
        for origin, name, renamed in imported_names(statement):
            if (origin, name) == ("", "time"):
                found.append(("time", None, renamed))
            elif (origin, name) == ("time", "sleep"):
                found.append(("time", "sleep", renamed))
    return found
