"""Brackets that make no difference: `a AND (b AND c)` is `a AND b AND c`."""

from __future__ import annotations

from dataclasses import dataclass, field

_WORDS = ("AND", "OR")


@dataclass
class _Group:
    """What stands between two brackets: text and further groups."""

    parts: list[str | _Group] = field(default_factory=list)

    def word(self) -> str | None:
        """What joins its operands, if that is one word alone."""
        texts = [f" {part} " for part in self.parts if isinstance(part, str)]
        if any(f" {other} " in text for text in texts for other in ("CASE", "BETWEEN")):
            return None
        found = [word for word in _WORDS if any(f" {word} " in text for text in texts)]
        return found[0] if len(found) == 1 else None

    def is_operand(self, index: int, word: str) -> bool:
        """Whether the part at an index is all that stands between two of the word."""
        before = self.parts[index - 1] if index else ""
        after = self.parts[index + 1] if index + 1 < len(self.parts) else ""
        return (
            isinstance(before, str)
            and isinstance(after, str)
            and (not before or f" {before}".endswith(f" {word} "))
            and (not after or f"{after} ".startswith(f" {word} "))
        )

    def flatten(self) -> None:
        """Take away what makes no difference, here and within."""
        for part in self.parts:
            if isinstance(part, _Group):
                part.flatten()
        word = self.word()
        if word is None:
            return
        parts: list[str | _Group] = []
        for index, part in enumerate(self.parts):
            same = isinstance(part, _Group) and part.word() == word
            if isinstance(part, _Group) and same and self.is_operand(index, word):
                parts += part.parts
            else:
                parts.append(part)
        self.parts = parts

    def text(self) -> str:
        """It as text, without its own brackets."""
        return "".join(p if isinstance(p, str) else f"({p.text()})" for p in self.parts)


def flattened(text: str) -> str:
    """An expression without such brackets.

    Args:
        text: in which no bracket stands within quotes.
    """
    if "AND (" not in text and "OR (" not in text and ") AND" not in text and ") OR" not in text:
        return text
    stack = [_Group()]
    start = 0
    for index, character in enumerate(text):
        if character not in "()":
            continue
        if index > start:
            stack[-1].parts.append(text[start:index])
        start = index + 1
        if character == "(":
            stack.append(_Group())
        elif len(stack) == 1:
            return text
        else:
            inner = stack.pop()
            stack[-1].parts.append(inner)
    if len(stack) > 1:
        return text
    stack[0].parts.append(text[start:])
    stack[0].flatten()
    return stack[0].text()
