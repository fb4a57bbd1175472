"""Which files of a tree many others import, and which none does: the same for the same tree."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

_FROM = re.compile(
    rb"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+([^#\n]*(?:\([^)]*\))?)", re.M
)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([\w., \t]+)", re.M)
_NAME = re.compile(rb"\w+")
_BODY = re.compile(rb"^([ \t]*)(?:async )?def \w+\([^()\n]*\)[^\n]*:\n", re.M)


def importers(tree: Path, files: Iterable[Path]) -> Counter[Path]:
    """How many files import each file."""
    modules: dict[str, Path] = {}
    files = list(files)
    for path in files:
        parts = path.relative_to(tree).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        # The tree's folders are what imports resolve from.
        for start in (1, 2):
            modules.setdefault(".".join(parts[start:]), path)
    count: Counter[Path] = Counter()
    for path in files:
        here = path.relative_to(tree).parts[1:-1]
        found = {modules.get(name) for name in _imported(path.read_bytes(), here)}
        count.update(one for one in found if one is not None and one != path)
    return count


def _imported(content: bytes, here: tuple[str, ...]) -> Iterator[str]:
    for dots, module, names in _FROM.findall(content):
        above = here[: len(here) - len(dots) + 1] if dots else ()
        base = ".".join([*above, *filter(None, [module.decode()])])
        yield base
        yield from (f"{base}.{name.decode()}" for name in _NAME.findall(names))
    for names in _IMPORT.findall(content):
        yield from (name.split()[0].decode() for name in names.split(b",") if name.split())


def leaves(tree: Path, files: Iterable[Path], count: Counter[Path], number: int) -> list[Path]:
    """Files with async code that no other file imports, picked by the digests of their paths."""
    chosen = [path for path in files if not count[path] and b"async def" in path.read_bytes()]
    return sorted(chosen, key=lambda path: _digest(path.relative_to(tree)))[:number]


def hubs(count: Counter[Path], number: int) -> list[Path]:
    """The files with functions that most others import."""
    ranked = sorted(count, key=lambda path: (-count[path], str(path)))
    return [path for path in ranked if _BODY.search(path.read_bytes())][:number]


def with_another_function(content: bytes, turn: int) -> bytes:
    """A file to which a blocking async function was added."""
    return content + f"\n\nasync def added_{turn}():\n    open('{turn}')\n".encode()


def with_another_line(content: bytes, turn: int) -> bytes:
    """A file whose functions moved down by a line; those with a docstring or import first."""
    return b"# edit %d\n" % turn + content


def with_another_body(content: bytes, turn: int) -> bytes:
    """A file with a call more in its first function: whatever calls it has to be judged anew."""
    found = _BODY.search(content)
    if found is None:
        return with_another_function(content, turn)
    line = found.group(1) + b"    repr(%d)\n" % turn
    return content[: found.end()] + line + content[found.end() :]


EDITS = {
    "a function more": with_another_function,
    "a line more above all": with_another_line,
    "a call more in its first function": with_another_body,
}


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.as_posix().encode()).digest()
