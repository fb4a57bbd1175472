"""Layers: one YAML document of policy each, typed, with the place of everything that it states."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Generic, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from inseam.policy.burn_down import NO_LIMITS, BurnDownLimits
from inseam.policy.cohorts import NO_COHORTS, Cohort, Cohorts
from inseam.policy.documents import (
    SCHEMA,
    CohortStatement,
    GateStatement,
    OrgDocument,
    OrgGate,
    ProfileDocument,
    ProfileGate,
    ServiceDocument,
    ServiceGate,
)
from inseam.policy.messages import Code, Place, PolicyMessage, message_at
from inseam.policy.modes import Mode
from inseam.policy.orders import Settings
from inseam.policy.reader import MAX_MESSAGES, read, shown
from inseam.policy.rollout import NO_ROLLOUT, Rollout
from inseam.policy.tree import Scalar, Table, find, locate, plain
from inseam.policy.validation import did_you_mean, dotted, located_errors

D = TypeVar("D", OrgDocument, ProfileDocument, ServiceDocument)
Kind = Literal["org", "profile", "service"]


@dataclass(frozen=True, kw_only=True, eq=False)
class GateLayer:
    """What one layer states about one gate, ready to join."""

    statement: OrgGate | ProfileGate | ServiceGate
    settings: Mapping[str, Any]
    """The stated settings only, typed."""
    rollout: Rollout
    cohorts: Cohorts
    burn_down: BurnDownLimits


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer(Generic[D]):
    """One layer. Layers are compared by identity: a file is one layer, however alike."""

    file: str
    document: D
    data: bytes
    gates: Mapping[str, GateLayer]
    waivers_at: tuple[Place, ...] = ()
    """Where each of a service's waivers stands."""

    @cached_property
    def tree(self) -> Table:
        """The document's nodes. Read again when places are asked for, which is seldom: the trees
        of thousands of layers would fill the memory."""
        tree, _ = read(self.file, self.data)
        assert tree is not None, "a layer comes from a document that was read"
        return tree

    def at(self, *path: str | int) -> Place:
        """Where the layer states the value at `path`: the mapping's key or the list's item."""
        line, column = locate(self.tree, path)
        return Place(file=self.file, line=line, column=column)

    @property
    def stem(self) -> str:
        """The file's name without `.yaml`: what a profile or service is called."""
        return self.file.rpartition("/")[2].removesuffix(".yaml")

    @property
    def label(self) -> str:
        """How explanations call the layer: `org`, `profile web-api`, `service billing`."""
        if isinstance(self.document, OrgDocument):
            return "org"
        return f"{self.document.kind} {self.document.name}"


class OrgLayer(Layer[OrgDocument]):
    """The organisation's baseline."""


class ProfileLayer(Layer[ProfileDocument]):
    """What services of one sort share."""


class ServiceLayer(Layer[ServiceDocument]):
    """One service's own layer."""


AnyLayer = OrgLayer | ProfileLayer | ServiceLayer

_LAYERS: Mapping[Kind, type[AnyLayer]] = {
    "org": OrgLayer,
    "profile": ProfileLayer,
    "service": ServiceLayer,
}
_DOCUMENTS: Mapping[Kind, type[OrgDocument | ProfileDocument | ServiceDocument]] = {
    "org": OrgDocument,
    "profile": ProfileDocument,
    "service": ServiceDocument,
}


def parse_layer(
    file: str, data: bytes, kind: Kind, gates: Mapping[str, type[Settings]]
) -> tuple[AnyLayer | None, list[PolicyMessage]]:
    """The layer in `data`, or None and every reason why there is none."""
    tree, messages = read(file, data)
    if tree is None:
        return None, messages
    wrong_sort = list(_wrong_sort(file, tree, kind))
    if wrong_sort:
        return None, [*messages, *wrong_sort]
    model = _DOCUMENTS[kind]
    settings, found = _all_settings(file, tree, gates)
    found.extend(itertools.islice(_empty_values(file, tree), MAX_MESSAGES))
    found.extend(_unknown_gates(file, tree, gates))
    document = None
    try:
        document = model.model_validate_json(to_json(plain(tree)), strict=True)
    except ValidationError as error:
        found.extend(located_errors(file, tree, error, model))
    messages = _worth_reading([*messages, *found])
    if messages or document is None:
        return None, messages
    stated = {
        gate: _gate_layer(statement, settings.get(gate, {}))
        for gate, statement in document.gates.items()
    }
    layer: Any = _LAYERS[kind]
    waivers_at = tuple(
        Place(file=file, line=line, column=column)
        for line, column in (
            locate(tree, ("waivers", index))
            for index in range(len(getattr(document, "waivers", ())))
        )
    )
    return layer(file=file, document=document, data=data, gates=stated, waivers_at=waivers_at), []


def _gate_layer(
    statement: OrgGate | ProfileGate | ServiceGate, settings: Mapping[str, Any]
) -> GateLayer:
    rollout = statement.rollout
    cohorts = None if isinstance(statement, ServiceGate) else statement.cohorts
    ratchet = statement.ratchet
    burn_down = None if ratchet is None else ratchet.burn_down
    return GateLayer(
        statement=statement,
        settings=settings,
        rollout=Rollout.of(stated_days(statement)) if rollout else NO_ROLLOUT,
        cohorts=_cohorts(dict(cohorts)) if cohorts else NO_COHORTS,
        burn_down=BurnDownLimits.of(burn_down) if burn_down else NO_LIMITS,
    )


def stated_days(statement: GateStatement) -> dict[Mode, Any]:
    """The rollout's days as the layer states them, not closed."""
    if statement.rollout is None:
        return {}
    return {Mode.parse(mode): day for mode, day in statement.rollout if day is not None}


def _cohorts(stated: Mapping[str, CohortStatement | None]) -> Cohorts:
    return Cohorts(
        by_mode={
            Mode.parse(mode): Cohort(include=cohort.include, percent=cohort.percent)
            for mode, cohort in stated.items()
            if cohort is not None
        }
    )


def _wrong_sort(file: str, tree: Table, kind: Kind) -> Iterator[PolicyMessage]:
    """A document of another schema or kind: checking it any further would only confuse."""
    checked: tuple[tuple[str, Code, str], ...] = (
        ("schema", "wrong-schema", SCHEMA),
        ("kind", "wrong-kind", kind),
    )
    for key, code, expected in checked:
        node = find(tree, (key,)) if key in tree.entries else None
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value != expected:
            yield message_at(
                Place(file=file, line=node.line, column=node.column),
                code,
                f"{key} {shown(node.value)} is not {expected!r}, as the place demands",
                f"write `{key}: {expected}`, or move the file",
            )


def _all_settings(
    file: str, tree: Table, gates: Mapping[str, type[Settings]]
) -> tuple[dict[str, dict[str, Any]], list[PolicyMessage]]:
    """Each gate's stated settings, typed. Looked for even when the document around is wrong."""
    found: dict[str, dict[str, Any]] = {}
    messages: list[PolicyMessage] = []
    for gate, node in _gate_tables(tree):
        settings = node.entries.get("settings")
        model = gates.get(gate)
        if settings is None or model is None or not isinstance(settings.value, Table):
            continue
        try:
            stated = _field_by_field(model).model_validate_json(
                to_json(plain(settings.value)), strict=True
            )
        except ValidationError as error:
            prefix = ("gates", gate, "settings")
            messages.extend(located_errors(file, tree, error, model, prefix))
        else:
            found[gate] = {name: getattr(stated, name) for name in sorted(stated.model_fields_set)}
    return found, messages


@cache
def _field_by_field(model: type[Settings]) -> type[Settings]:
    """`model` without what it demands of several settings together: a layer states only some of
    them, and which values the others will have shows in the join."""
    partial: type[Settings] = type(f"{model.__name__}Stated", (model,), {"__doc__": model.__doc__})
    if partial.__pydantic_decorators__.model_validators:
        partial.__pydantic_decorators__.model_validators.clear()
        partial.model_rebuild(force=True)
    return partial


def _gate_tables(tree: Table) -> Iterator[tuple[str, Table]]:
    gates = tree.entries.get("gates")
    if gates is None or not isinstance(gates.value, Table):
        return
    for gate, entry in gates.value.entries.items():
        if isinstance(entry.value, Table):
            yield gate, entry.value


def _unknown_gates(
    file: str, tree: Table, gates: Mapping[str, type[Settings]]
) -> Iterator[PolicyMessage]:
    node = find(tree, ("gates",))
    if node is tree or not isinstance(node, Table):
        return
    for gate, entry in itertools.islice(node.entries.items(), MAX_MESSAGES + len(gates)):
        if gate not in gates:
            yield message_at(
                Place(file=file, line=entry.key.line, column=entry.key.column),
                "unknown-gate",
                f"there is no gate {shown(gate)}",
                did_you_mean(gate, gates),
            )


def _empty_values(file: str, tree: Table) -> Iterator[PolicyMessage]:
    """`key:` with nothing after it. Only a gate's own settings may give null a meaning."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), tree)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, Scalar):
            if node.value is None:
                line, column = locate(tree, path)
                yield message_at(
                    Place(file=file, line=line, column=column),
                    "no-value",
                    f"{dotted(path)} has no value",
                    "give it one, or remove it",
                )
        elif isinstance(node, Table):
            if not (len(path) == 3 and path[0] == "gates" and path[2] == "settings"):
                stack.extend(((*path, key), item.value) for key, item in node.entries.items())
        else:
            stack.extend(((*path, index), item) for index, item in enumerate(node.nodes))


def _worth_reading(messages: list[PolicyMessage]) -> list[PolicyMessage]:
    """The first of several messages about one place, since the others follow from it, and no
    more than anybody would mend in one go. What is missing has no place of its own."""
    seen: set[tuple[int, int]] = set()
    kept: list[PolicyMessage] = []
    for message in messages:
        place = (message.line, message.column)
        if message.code == "policy/missing-key" or place not in seen:
            kept.append(message)
        seen.add(place)
    return kept[:MAX_MESSAGES]
