"""What the patterns of a `match` statement say of its subject, and what they bind."""

from __future__ import annotations

from inseam.gates.async_blocking import forms
from inseam.gates.async_blocking.narrowing import isinstance_of
from inseam.gates.async_blocking.operations import Operations
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import UNKNOWN, Atom, External, Instance, Tuple, Value
from inseam.gates.async_blocking.unions import join


class Patterns(Operations):
    """Evaluates patterns."""

    def matched(self, pattern: Expression, value: Value) -> Value:
        """What is left of `value` where the pattern matches; binds the pattern's names."""
        if not pattern:
            return value
        match pattern[0]:
            case "as":
                _, inner, name = pattern
                found = self.matched(inner, value)
                if name:
                    self.bind(name, found)
                return found
            case "any":
                return join(*[self.matched(inner, value) for inner in pattern[1]])
            case "class":
                return self._of_class_matched(pattern, value)
            case "each":
                for place, inner in enumerate(pattern[1]):
                    self._element_matched(inner, value, place, len(pattern[1]))
            case "keys":
                for key, inner in pattern[1]:
                    self.matched(inner, join(*[self._keyed(atom, key) for atom in value]))
            case _:
                pass
        return value

    def _of_class_matched(self, pattern: Expression, value: Value) -> Value:
        _, cls, positional, named, place = pattern
        found = isinstance_of(self.members, value, self.look(cls), positive=True)
        for number, inner in enumerate(positional):
            self.matched(inner, join(*[self._positional(atom, number, place) for atom in found]))
        for name, inner in named:
            self.matched(inner, join(*[self.member(atom, name, place) for atom in found]))
        return found

    def _positional(self, atom: Atom, number: int, place: int) -> Value:
        """What a pattern's positional part looks at: the fields of a dataclass in their order."""
        if isinstance(atom, Instance) and isinstance(atom.cls, Class):
            names = self.members.fields(atom.cls)
            if number < len(names):
                return self.member(atom, names[number], place)
        return (atom,) if number == 0 and atom.form is not None else UNKNOWN

    def _element_matched(self, pattern: Expression, value: Value, place: int, length: int) -> None:
        if is_a(pattern, "star"):
            rest = join(*[self.element_of(atom) for atom in value])
            if pattern[1]:
                self.bind(pattern[1], (Instance(External("builtins.list"), (rest,)),))
            return
        parts = [
            atom.elements[place]
            if isinstance(atom, Tuple) and len(atom.elements) == length
            else self.element_of(atom)
            for atom in value
        ]
        self.matched(pattern, join(*parts))

    def _keyed(self, atom: Atom, key: Expression) -> Value:
        if not isinstance(atom, Instance):
            return UNKNOWN
        return self.typed_item(atom, key) or forms.item(atom, sliced=False) or UNKNOWN

    def element_of(self, atom: Atom) -> Value:
        """What iterating a value gives, without running it."""
        self.quiet += 1
        try:
            return self.iterate((atom,), 0)
        finally:
            self.quiet -= 1
