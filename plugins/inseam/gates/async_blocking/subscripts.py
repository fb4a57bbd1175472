"""What subscripts give: items of containers and of typed records, and classes with arguments."""

from __future__ import annotations

from inseam.gates.async_blocking import forms
from inseam.gates.async_blocking.libraries_called import LibraryCalls
from inseam.gates.async_blocking.sources import Class
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    UNKNOWN,
    External,
    Instance,
    Named,
    Tuple,
    Type,
    Value,
)
from inseam.gates.async_blocking.unions import join
from inseam.gates.async_blocking.values import EXPRESSIONS


class Subscripts(LibraryCalls):
    """Evaluates subscripts."""

    def _subscript(self, expression: Expression) -> Value:
        _, base, index, place = expression
        value = self.value(base)
        if not value:
            self.value(index)
            return UNKNOWN
        found: list[Value] = []
        indices: list[Value] | None = None
        passed: Value | None = None
        sliced = is_a(index, "x") and index[1][-1:] == [["slice"]]
        for atom in value:
            if isinstance(atom, Type):
                if indices is None:
                    parts = index[1] if is_a(index, "t") else [index]
                    indices = [self._argument(part) for part in parts]
                found.append(forms.parametrised(atom, indices))
            elif isinstance(atom, Tuple):
                found.append(_item(atom, index, sliced))
            elif isinstance(atom, Instance):
                given = self.typed_item(atom, index) or forms.item(atom, sliced=sliced)
                if given is None and sliced and isinstance(atom.cls, External):
                    given = (atom,)  # as those of Django's query sets, slices read nothing yet
                elif given is None:
                    passed = self.value(index) if passed is None else passed
                    given = self._dunder(atom, "__getitem__", place, passed)
                found.append(given)
            elif isinstance(atom, Named):
                name = f"typing.{atom.name.rpartition('.')[2]}"
                parts = index[1] if is_a(index, "t") else [index]
                indices = [self._argument(part) for part in parts]
                found.append(forms.parametrised(Type(External(name)), indices))
        if indices is None and passed is None:
            self.value(index)
        return join(*found)

    def typed_item(self, atom: Instance, index: Expression) -> Value:
        """What a `TypedDict` holds under a key, or a `NamedTuple` at a place."""
        if not isinstance(atom.cls, Class) or not is_a(index, "k"):
            return UNKNOWN
        key = index[1]
        if isinstance(key, str) and self.members.is_kind_of(atom.cls, "TypedDict"):
            return self.members.value(atom, key)
        if type(key) is int and self.members.is_kind_of(atom.cls, "NamedTuple"):
            names = self.members.fields(atom.cls)
            if -len(names) <= key < len(names):
                return self.members.value(atom, names[key])
        return UNKNOWN

    def _argument(self, expression: Expression) -> Value:
        if is_a(expression, "l"):
            return UNKNOWN  # the parameters of a Callable
        return self.value(expression)


def _item(atom: Tuple, index: Expression, sliced: bool) -> Value:
    if is_a(index, "k") and type(index[1]) is int:
        length = len(atom.elements)
        if -length <= index[1] < length:
            return atom.elements[index[1]]
    return (atom,) if sliced else join(*atom.elements)


EXPRESSIONS["["] = Subscripts._subscript
