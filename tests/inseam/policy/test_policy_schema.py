"""The editors' schemas: what they accept is what the loader accepts, and no file is stale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from inseam.gates import GATES
from inseam.policy.schema import render_schemas

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"


@pytest.fixture(scope="module")
def schemas(repository: Any) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in render_schemas(repository.gates).items()}


def as_editors_see_it(data: bytes) -> Any:
    """YAML 1.2: dates and `off` are text."""
    return json.loads(json.dumps(yaml.load(data, Loader=yaml.BaseLoader)), parse_int=int)


def problems(schema: Any, document: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return sorted(error.message for error in validator.iter_errors(document))


def test_they_are_schemas(schemas: dict[str, Any]) -> None:
    assert list(schemas) == ["org.json", "profile.json", "service.json"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_they_accept_what_the_loader_accepts(schemas: dict[str, Any]) -> None:
    org = {
        "schema": "inseam.policy/1",
        "kind": "org",
        "version": "1",
        "owner": "o",
        "gates": {
            "lint": {
                "rollout": {"warn": "2026-10-01"},
                "cohorts": {"enforce": {"include": ["api"], "percent": 25}},
                "settings": {"strict": True, "select": ["E"], "per_path": {"a": ["S"]}},
                "ratchet": {"burn_down": {"2026-12-01": 4}},
                "waivers": {"floor": "not-applicable", "max_days": 3, "approvers": ["@a"]},
            },
            "types": {"applies": False, "reason": "r"},
        },
    }
    assert problems(schemas["org.json"], org) == []


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ({"lynt": {}}, "'lynt' was unexpected"),
        ({"lint": {"settings": {"selct": []}}}, "'selct' was unexpected"),
        ({"lint": {"settings": {"minimum": "5"}}}, "'5' is not of type 'integer'"),
        ({"lint": {"settings": {"minimum": -5}}}, "-5 is less than the minimum of 0"),
        ({"lint": {"rollout": {"enforced": "2026-10-01"}}}, "'enforced' was unexpected"),
        ({"lint": {"rollout": None}}, "None is not of type 'object'"),
        ({"lint": {"cohorts": {}}}, "'cohorts' was unexpected"),
        ({"lint": {"waivers": {}}}, "'waivers' was unexpected"),
    ],
)
def test_they_refuse_what_the_loader_refuses(
    gates: dict[str, Any], message: str, schemas: dict[str, Any]
) -> None:
    service = {
        "schema": "inseam.policy/1",
        "kind": "service",
        "name": "api",
        "owner": "o",
        "path": "p",
        "gates": gates,
    }
    (problem,) = problems(schemas["service.json"], service)
    assert message in problem


def test_a_waiver_states_one_of_match_and_to(schemas: dict[str, Any]) -> None:
    schema = {**schemas["service.json"], "required": []}
    waiver = {"id": "W", "gate": "lint", "reason": "r", "owner": "o"}
    waiver |= {"created": "2026-11-01", "expires": "2026-11-02"}
    for also, wrong in (({"to": "warn"}, 0), ({"match": {"rule": "x"}}, 0), ({}, 1)):
        assert len(problems(schema, {"waivers": [waiver | also]})) == wrong
    both = {"to": "warn", "match": {"rule": "x"}}
    assert len(problems(schema, {"waivers": [waiver | both]})) == 1


def test_settings_say_what_a_layer_may_do_with_them(schemas: dict[str, Any]) -> None:
    settings = schemas["org.json"]["$defs"]["LintSettings"]["properties"]
    assert settings["select"]["description"] == "Rules. Order `grow`: may only grow."
    assert settings["style"]["description"] == "A matter of taste."
    assert settings["ignore"]["default"] == ["D", "X"]


def test_bytes_do_not_depend_on_the_order_of_gates(repository: Any) -> None:
    backwards = dict(reversed(repository.gates.items()))
    assert render_schemas(backwards) == render_schemas(repository.gates)


@pytest.mark.parametrize("name", ["org.json", "profile.json", "service.json"])
def test_the_committed_schemas_are_fresh(name: str) -> None:
    expected = render_schemas({gate.id: gate.settings for gate in GATES})[name]
    path = POLICIES / "schema" / name
    assert path.read_text(encoding="utf-8") == expected, "run `inseam schema`"


@pytest.mark.parametrize("path", sorted(POLICIES.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_layer_names_its_schema(path: Path) -> None:
    kind = "org" if path.parent == POLICIES else path.parent.name.removesuffix("s")
    folder = "schema" if path.parent == POLICIES else "../schema"
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={folder}/{kind}.json"
