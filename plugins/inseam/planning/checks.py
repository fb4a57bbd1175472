"""Whether the services in question and the services in policy are the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inseam.gates.contract import ServiceFacts
from inseam.planning.model import ServicesDocument
from inseam.policy.documents import NAME_PATTERN
from inseam.policy.messages import Place, PolicyMessage, message_at
from inseam.policy.policies import Policies
from inseam.policy.reader import shown

_NAME = re.compile(NAME_PATTERN)


def service_errors(policies: Policies, services: ServicesDocument) -> Iterator[PolicyMessage]:
    """Every reason why some service could be judged by another one's policy, or by none."""
    first: dict[str, ServiceFacts] = {}
    for facts in services.services:
        place = _declaration(facts)
        if not _NAME.fullmatch(facts.name):
            message = f"the service's name {shown(facts.name)} cannot be a file's name"
            fix = "use letters, digits, `.`, `_` and `-` only, at most 100"
            yield message_at(place, "service-name", message, fix)
        other = first.setdefault(facts.name.casefold(), facts)
        if other is not facts:
            message = f"the service {shown(facts.name)} stands also at {_declaration(other)}"
            fix = "give each service a name of its own, not only by case"
            yield message_at(place, "duplicate-service", message, fix)
        yield from _wrong_layer(policies, facts)


def _wrong_layer(policies: Policies, facts: ServiceFacts) -> Iterator[PolicyMessage]:
    layer = policies.service_layer(facts.name, facts.root)
    if layer is None:
        return
    if layer.stem != facts.name:
        message = (
            f"the folder {shown(facts.root)} is {layer.stem}'s in policy, but its service is "
            f"called {shown(facts.name)} ({_declaration(facts)})"
        )
        fix = "call both by one name, or the service would escape its policy"
        yield message_at(layer.at("name"), "service-renamed", message, fix)
    elif layer.document.path != facts.root:
        message = (
            f"path {shown(layer.document.path)} is not where the service stands, "
            f"{shown(facts.root)} ({_declaration(facts)})"
        )
        yield message_at(layer.at("path"), "path-mismatch", message, f"write `path: {facts.root}`")


def _declaration(facts: ServiceFacts) -> Place:
    """The file that declares the service, as near as the facts tell."""
    if facts.address is not None:
        folder = facts.address.partition(":")[0].removeprefix("//") or "."
        return Place(file="BUILD" if folder == "." else f"{folder}/BUILD")
    return Place(file=facts.pyproject or facts.root)
