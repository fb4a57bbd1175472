"""Fake gates with one setting of every order, and a repository of policy in memory."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Annotated, ClassVar

import pytest
from pydantic import Field, model_validator

from inseam.policy.load import Policies, load_policies
from inseam.policy.messages import PolicyMessage
from inseam.policy.orders import (
    Settings,
    at_least,
    at_most,
    flag,
    free,
    grow,
    locked,
    shrink,
    shrink_map,
)


class LintSettings(Settings):
    """A gate with a setting of every order."""

    strict: Annotated[bool, flag] = Field(False, description="A flag.")
    minimum: Annotated[int, at_least] = Field(10, description="A lower bound.", ge=0, le=1000)
    maximum: Annotated[int, at_most] = Field(100, description="An upper bound.", ge=0, le=1000)
    select: Annotated[frozenset[str], grow] = Field(frozenset({"E"}), description="Rules.")
    ignore: Annotated[frozenset[str], shrink] = Field(frozenset({"D", "X"}), description="Rules.")
    per_path: Annotated[Mapping[str, frozenset[str]], shrink_map] = Field(
        {"tests/*": frozenset({"S", "T"})}, description="Rules per path."
    )
    index: Annotated[str, locked] = Field("default", description="An index.")
    style: Annotated[str | None, free] = Field(None, description="A matter of taste.")

    @model_validator(mode="after")
    def _bounds(self) -> LintSettings:
        if self.minimum > self.maximum:
            raise ValueError("the minimum is above the maximum")
        return self


class TypesSettings(Settings):
    """A gate with little to say."""

    strict: Annotated[bool, flag] = Field(False, description="A flag.")


class OptInSettings(Settings):
    """A gate that only few services want."""

    opt_in: ClassVar[bool] = True

    strict: Annotated[bool, flag] = Field(False, description="A flag.")


class Repository:
    """Builds policies from the parts that a test is about."""

    gates: Mapping[str, type[Settings]] = {
        "lint": LintSettings,
        "types": TypesSettings,
        "audit-log": TypesSettings,
        "few": OptInSettings,
    }

    @staticmethod
    def org(body: str = "") -> bytes:
        """`policies/org.yaml`; its first free line is 6, `gates:` with `body` indented below."""
        head = 'schema: inseam.policy/1\nkind: org\nversion: "1"\nowner: "@acme/platform"\n'
        return _document(head, body)

    @staticmethod
    def profile(name: str, body: str = "") -> bytes:
        """`policies/profiles/NAME.yaml`; line 4 is `gates:`."""
        return _document(f"schema: inseam.policy/1\nkind: profile\nname: {name}\n", body)

    @staticmethod
    def service(name: str, body: str = "", *, profiles: str = "[]", rest: str = "") -> bytes:
        """`policies/services/NAME.yaml`; line 7 is `gates:`."""
        head = (
            f'schema: inseam.policy/1\nkind: service\nname: {name}\nowner: "@acme/{name}"\n'
            f"path: services/{name}\nprofiles: {profiles}\n"
        )
        return _document(head, body) + textwrap.dedent(rest).encode()

    @classmethod
    def load(
        cls,
        org: str | bytes = "",
        *,
        profiles: Mapping[str, str] | None = None,
        services: Mapping[str, str | bytes] | None = None,
        **files: bytes,
    ) -> Policies:
        """Policies of whole documents (bytes) or of the gates' part of them (text)."""
        given = {"policies/org.yaml": org if isinstance(org, bytes) else cls.org(org)}
        for name, body in (profiles or {}).items():
            given[f"policies/profiles/{name}.yaml"] = cls.profile(name, body)
        for name, part in (services or {}).items():
            data = part if isinstance(part, bytes) else cls.service(name, part)
            given[f"policies/services/{name}.yaml"] = data
        return load_policies({**given, **files}, cls.gates)

    @classmethod
    def valid(cls, *args: str | bytes, **kwargs: Mapping[str, str | bytes]) -> Policies:
        """`load`, and nothing may be wrong."""
        policies = cls.load(*args, **kwargs)  # type: ignore[arg-type]
        assert not policies.errors, "\n".join(map(str, policies.errors))
        return policies


def _document(head: str, body: str) -> bytes:
    gates = textwrap.indent(textwrap.dedent(body).strip("\n"), "  ")
    return (head + (f"gates:\n{gates}\n" if gates else "")).encode()


@pytest.fixture(scope="session")
def repository() -> type[Repository]:
    """The builder."""
    return Repository


class Codes:
    """Messages, boiled down."""

    @staticmethod
    def of(messages: tuple[PolicyMessage, ...] | list[PolicyMessage]) -> list[str]:
        """`line:column code` of each."""
        return [f"{m.line}:{m.column} {m.code.removeprefix('policy/')}" for m in messages]


@pytest.fixture(scope="session")
def codes() -> type[Codes]:
    """How to boil down messages."""
    return Codes
