"""Which calls can be rewritten where they stand, and how."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import libcst as cst
from libcst import matchers as m
from libcst.metadata import ParentNodeProvider, PositionProvider

from inseam.findings.model import Finding
from inseam.gates.async_blocking.fix.imports import imported_names

_SLEEP = "time.sleep"
_LOCKS = re.compile(r"lock|mutex|semaphore|condition", re.IGNORECASE)
_BOUND_TO_THREADS = ("sqlite3.", "django.", "threading.", "asyncio.")
"""Sinks that another thread must not call for this one: connections that belong to a thread, locks
that only their owner may release, and what the loop has to do."""

_OTHER_LOOP = m.Name("trio") | m.Name("curio")
_SCOPES = (
    cst.ClassDef,
    cst.DictComp,
    cst.GeneratorExp,
    cst.Lambda,
    cst.ListComp,
    cst.SetComp,
)
_TAKES_ATTRIBUTES = (cst.Attribute, cst.Subscript, cst.Call)
"""What binds tighter than `await`."""

Frame = Literal["async", "other", "with", "lock"]
"""The body of an `async def`, a place where `await` is not allowed, and what holds something."""


def may_await_asyncio(module: cst.Module) -> bool:
    """Whether `asyncio` can be named in the module, and is what runs its coroutines."""
    otherwise = m.findall(
        module,
        m.AsName(name=m.Name("asyncio"))
        | m.AssignTarget(target=m.Name("asyncio"))
        | m.AnnAssign(target=m.Name("asyncio"))
        | m.Param(name=m.Name("asyncio"))
        | m.FunctionDef(name=m.Name("asyncio"))
        | m.ClassDef(name=m.Name("asyncio"))
        | m.ImportFrom(
            names=[m.ZeroOrMore(), m.ImportAlias(name=m.Name("asyncio")), m.ZeroOrMore()]
        )
        | m.Import(names=[m.ZeroOrMore(), m.ImportAlias(name=_OTHER_LOOP), m.ZeroOrMore()])
        | m.ImportFrom(module=_OTHER_LOOP | m.Attribute(value=_OTHER_LOOP)),
    )
    return not otherwise


class CallRewriter(cst.CSTTransformer):
    """Rewrites the calls that findings are about."""

    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, findings: Sequence[Finding], *, suggest: bool) -> None:
        super().__init__()
        self.has_changed = False
        self.has_replaced_sleep = False
        self._suggest = suggest
        self._findings: dict[tuple[int, int], list[Finding]] = {}
        for finding in findings:
            if finding.column is not None:
                place = finding.line, finding.column
                self._findings.setdefault(place, []).append(finding)
        self._lines: list[str] = []
        self._frames: list[Frame] = []
        self._renamed: dict[str, str] = {}
        """Names that imports gave to functions, with what these are called where they are from."""

    # What a call stands in. Decorators, defaults and annotations belong to the scope around.

    def visit_Module(self, node: cst.Module) -> None:
        self._lines = re.split("\r\n|\r|\n", node.code)
        for statement in m.findall(node, m.ImportFrom(names=[m.ZeroOrMore()])):
            for module, name, renamed in imported_names(cst.ensure_type(statement, cst.ImportFrom)):
                if module and renamed:
                    self._renamed[renamed] = name

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._frames.append("other")

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._frames.pop()
        return updated_node

    def visit_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        self._frames.append("async" if node.asynchronous else "other")

    def leave_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        self._frames.pop()

    def visit_With_body(self, node: cst.With) -> None:
        if not node.asynchronous:
            held = "".join(cst.Module([]).code_for_node(item.item) for item in node.items)
            self._frames.append("lock" if _LOCKS.search(held) else "with")

    def leave_With_body(self, node: cst.With) -> None:
        if not node.asynchronous:
            self._frames.pop()

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Every node; those that are a scope of their own hold no call of the function around."""
        if isinstance(node, _SCOPES):
            self._frames.append("other")
        return super().on_visit(node)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Every node, after all that it holds."""
        if isinstance(original_node, _SCOPES):
            self._frames.pop()
        return super().on_leave(original_node, updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """The call, awaited if a finding is about it and it can be."""
        found = self._found(original_node)
        frames = self._frames_in_function()
        if not found or frames is None or "lock" in frames:
            return updated_node
        parent = self.get_metadata(ParentNodeProvider, original_node)
        if isinstance(parent, cst.Await | cst.WithItem):
            return updated_node
        if _is_sleep(found[0], updated_node) and isinstance(parent, cst.Expr) and not frames:
            self.has_replaced_sleep = True
            return self._awaited(updated_node, _member("sleep"), updated_node.args)
        if not self._suggest or not _may_run_in_thread(found, updated_node):
            return updated_node
        threaded = self._awaited(updated_node, _member("to_thread"), _passed_on(updated_node))
        if isinstance(parent, _TAKES_ATTRIBUTES) and not threaded.lpar:
            return threaded.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return threaded

    def _awaited(
        self, call: cst.Call, function: cst.Attribute, arguments: Sequence[cst.Arg]
    ) -> cst.Await:
        self.has_changed = True
        bare = call.with_changes(func=function, args=arguments, lpar=[], rpar=[])
        return cst.Await(expression=bare, lpar=call.lpar, rpar=call.rpar)

    def _frames_in_function(self) -> list[Frame] | None:
        """What stands between a call and the `async def` around it; None if that is none."""
        between: list[Frame] = []
        for frame in reversed(self._frames):
            if frame == "async":
                return between
            if frame == "other":
                return None
            between.append(frame)
        return None

    def _found(self, call: cst.Call) -> list[Finding]:
        """The findings about a call, told by its place and the last part of its name."""
        name = _last_name(call.func)
        if isinstance(call.func, cst.Name):
            name = self._renamed.get(call.func.value, name)
        return [
            finding
            for finding in self._findings.get(self._place(call), ())
            if finding.properties.get("call", "").rpartition(".")[2] == name
        ]

    def _place(self, call: cst.Call) -> tuple[int, int]:
        """Line and column as findings have them: of the attribute in a chain over many lines."""
        position = self.get_metadata(PositionProvider, call.func)
        line, column = position.start.line, position.start.column
        if isinstance(call.func, cst.Attribute) and position.end.line != line:
            start = self.get_metadata(PositionProvider, call.func.attr).start
            line, column = start.line, start.column
        return line, len(self._lines[line - 1][:column].encode()) + 1


def _last_name(function: cst.BaseExpression) -> str | None:
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else None


def _is_sleep(finding: Finding, call: cst.Call) -> bool:
    """Whether the call is `time.sleep` with the one argument that `asyncio.sleep` takes as well."""
    direct = finding.properties.get("sink") == _SLEEP and not finding.related
    return direct and len(call.args) == 1 and not (call.args[0].star or call.args[0].keyword)


def _may_run_in_thread(found: Sequence[Finding], call: cst.Call) -> bool:
    if any(one.properties.get("sink", "").startswith(_BOUND_TO_THREADS) for one in found):
        return False
    # Alone in a call, a generator goes without parentheses of its own.
    return not any(isinstance(arg.value, cst.GeneratorExp) for arg in call.args)


def _passed_on(call: cst.Call) -> list[cst.Arg]:
    """A call's function and arguments as arguments, on lines as before."""
    function = cst.Arg(call.func)
    if not call.args:
        return [function]
    space: cst.BaseParenthesizableWhitespace = call.whitespace_before_args
    if space.empty:
        space = cst.SimpleWhitespace(" ")
    return [function.with_changes(comma=cst.Comma(whitespace_after=space)), *call.args]


def _member(name: str) -> cst.Attribute:
    return cst.Attribute(value=cst.Name("asyncio"), attr=cst.Name(name))
