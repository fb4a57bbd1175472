"""What only shows when all layers are looked at together."""

from __future__ import annotations

from typing import Any


def test_names_are_the_files(repository: Any, codes: Any) -> None:
    services = {"api": repository.service("apy")}
    errors = repository.load(services=services).errors
    assert codes.of(errors) == ["3:1 name-mismatch"]
    assert errors[0].fix == "write `name: api`, or rename the file"


def test_names_differ_by_more_than_case(repository: Any, codes: Any) -> None:
    services = {"Api": repository.service("Api"), "api": repository.service("api")}
    errors = repository.load(services=services).errors
    assert codes.of(errors) == ["3:1 duplicate-name"]
    assert "policies/services/Api.yaml:3:1" in errors[0].message


def test_two_services_in_one_folder(repository: Any, codes: Any) -> None:
    moved = repository.service("b").replace(b"services/b", b"services/a")
    errors = repository.load(services={"a": "", "b": moved}).errors
    assert codes.of(errors) == ["5:1 duplicate-path"]


def test_two_baselines_in_one_file(repository: Any, codes: Any) -> None:
    body = "lint: {ratchet: {baseline: x/y.json}}"
    errors = repository.load(services={"a": body, "b": body}).errors
    assert codes.of(errors) == ["8:20 duplicate-baseline"]
    assert "policies/services/a.yaml:8:20" in errors[0].message


def test_baselines_stay_in_the_workspace(repository: Any, codes: Any) -> None:
    for path in ("/etc/x.json", "../x.json", "a/../../x.json", "a//x.json", "./x.json", "x.yaml"):
        body = f"lint: {{ratchet: {{baseline: {path}}}}}"
        assert codes.of(repository.load(services={"a": body}).errors) == ["8:30 wrong-value"]


def test_unknown_and_repeated_profiles(repository: Any, codes: Any) -> None:
    service = repository.service("api", profiles="[web, web, wep]")
    errors = repository.load(profiles={"web": ""}, services={"api": service}).errors
    assert codes.of(errors) == ["6:17 duplicate-profile", "6:22 unknown-profile"]
    assert errors[1].fix == "did you mean 'web'?"


def test_cohorts_include_services_that_exist(repository: Any, codes: Any) -> None:
    org = "lint: {cohorts: {enforce: {include: [api, apo]}}}"
    errors = repository.load(org, services={"api": ""}).errors
    assert codes.of(errors) == ["6:30 unknown-service"]
    assert errors[0].fix == "did you mean 'api'?"


def test_a_profile_may_be_unused(repository: Any) -> None:
    repository.valid(profiles={"web": "lint: {settings: {select: [A]}}"})
