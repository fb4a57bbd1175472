"""What to do about mypy's findings, by code."""

from __future__ import annotations

import re

HELP = "https://mypy.readthedocs.io/en/stable/_refs.html#code-{code}"
"""Where mypy documents its codes."""

_FIXES = {
    "annotation-unchecked": "annotate the function, so that its body is checked",
    "arg-type": "pass a value of the expected type, or widen the parameter's annotation",
    "assignment": "assign a value of the declared type, or correct the declaration",
    "attr-defined": "correct the name, or import it from the module that defines it",
    "await-not-async": "make the function `async def`, or do not await",
    "call-arg": "pass exactly the arguments that the signature names",
    "call-overload": "pass arguments that fit one of the overloads",
    "comparison-overlap": "compare values of types that can be equal, or drop the comparison",
    "deprecated": "use what the deprecation's message recommends",
    "dict-item": "correct the item, or widen the dictionary's annotation",
    "exhaustive-match": "add the missing cases, or `case _: assert_never(…)`",
    "explicit-any": "name the type, or `object` if it can be anything",
    "func-returns-value": "do not use the result: the function returns none",
    "ignore-without-code": "name the codes: `# type: ignore[code]`",
    "import-not-found": "correct the module's name, add its distribution to the lock, or add the "
    "library's folder to the source roots",
    "import-untyped": "add a stub package (`types-…` or `…-stubs`) to the development "
    "dependencies and lock it",
    "index": "check the type before indexing, or correct the index",
    "list-item": "correct the item, or widen the list's annotation",
    "misc": "see what mypy says",
    "name-defined": "define or import the name",
    "no-any-return": "annotate what is returned, or check its type first",
    "no-redef": "give the second definition another name",
    "no-untyped-call": "annotate the function that is called, or call a typed one",
    "no-untyped-def": "annotate all parameters and what is returned",
    "operator": "check the operands' types first, such as for None",
    "override": "keep the parent's signature, or at least accept and return what it does",
    "possibly-undefined": "define the variable on every path",
    "prop-decorator": "put the decorator below `@property`",
    "redundant-cast": "remove the cast",
    "redundant-expr": "remove the part that is always true or always false",
    "return": "return a value on every path",
    "return-value": "return a value of the declared type, or correct the annotation",
    "str-bytes-safe": "decode the bytes, or format them with `!r`",
    "truthy-bool": "compare with what is meant, such as `is not None`",
    "truthy-function": "call the function",
    "type-arg": "give the type its parameters, such as `list[str]`",
    "type-var": "use a type that the type variable allows",
    "typeddict-item": "give the item the type that the TypedDict declares",
    "typeddict-unknown-key": "use a key that the TypedDict declares, or declare this one",
    "union-attr": "check for the other members of the union first, such as None",
    "unreachable": "remove the code, or correct the condition or annotation before it",
    "untyped-decorator": "annotate the decorator",
    "unused-awaitable": "await it, or keep a reference to the task",
    "unused-coroutine": "await it",
    "unused-ignore": "remove the comment",
    "used-before-def": "define the variable before its use",
    "valid-type": "use a type, not a value, in the annotation",
    "var-annotated": "annotate the variable",
}
_STUBS = re.compile(r'pip install ([\w.-]+)"')


def fix_of(code: str, hint: str | None) -> str:
    """What to do about a finding.

    Args:
        code: mypy's.
        hint: what mypy itself recommends, if it does.
    """
    stubs = _STUBS.search(hint or "")
    if stubs:
        return f"add {stubs[1]} to the development dependencies and lock it"
    return _FIXES.get(code, "see what the link says of this code")


def remarks(hint: str | None) -> list[str]:
    """What of mypy's hint tells more of the finding itself; not where to read on."""
    skipped = ("Hint:", "(or run", "See http")
    return [line for line in (hint or "").splitlines() if line and not line.startswith(skipped)]
