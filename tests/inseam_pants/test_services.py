"""Services of a workspace: their facts, what they depend on, and how `tailor` finds them."""

from __future__ import annotations

from typing import Any

import pytest
from pants.core.goals.tailor import PutativeTargets
from pants.engine.addresses import Address
from pants.engine.target import InferredDependencies

from inseam_pants.inference import InferServiceDependencies
from inseam_pants.services import (
    DescribedService,
    DescriptionRequest,
    ServiceDescription,
    ServiceIndex,
)
from inseam_pants.tailor import PutativeServicesRequest
from inseam_pants.targets import ServiceFieldSet

PROJECT = '[project]\nname = "x"\n'
PINNED = "anyio==4.9.0 --hash=sha256:00\n"


def service(workspace: Any, folder: str, name: str = "service") -> ServiceFieldSet:
    return ServiceFieldSet.create(workspace.runner.get_target(Address(folder, target_name=name)))


def described(workspace: Any, folder: str, name: str = "service") -> DescribedService:
    request = DescriptionRequest(service(workspace, folder, name))
    result: DescribedService = workspace.runner.request(DescribedService, [request])
    return result


def description(workspace: Any, folder: str, name: str = "service") -> ServiceDescription:
    found = described(workspace, folder, name)
    assert found.problem is None
    assert found.description is not None
    return found.description


def problem(workspace: Any, folder: str, name: str = "service") -> str:
    found = described(workspace, folder, name)
    assert found.problem is not None
    return str(found.problem)


@pytest.mark.parametrize(
    ("files", "lock", "kind"),
    [
        ({"uv.lock": "", "poetry.lock": ""}, "uv.lock", "uv"),
        ({"poetry.lock": "", "requirements.txt": PINNED}, "poetry.lock", "poetry"),
        ({"requirements.lock": PINNED}, "requirements.lock", "requirements"),
        ({"requirements-prod.lock": PINNED}, "requirements-prod.lock", "requirements"),
        ({"requirements.txt": PINNED}, "requirements.txt", "requirements"),
        ({"requirements.lock": '// {}\n{"a": 1}\n'}, "requirements.lock", "pex"),
        ({"requirements.txt": "anyio\n"}, None, None),
        ({}, None, None),
    ],
)
def test_the_lock_is_found(
    workspace: Any, request: pytest.FixtureRequest, files: Any, lock: str, kind: str
) -> None:
    folder = f"locks/case{request.node.callspec.indices['files']}"
    files = {f"{folder}/{name}": content for name, content in files.items()}
    workspace.write({f"{folder}/BUILD": 'python_service(name="service")', **files})
    found = description(workspace, folder)
    assert found.lock == (f"{folder}/{lock}" if lock else None)
    assert found.lock_kind == kind
    assert found.pyproject is None


def test_facts_are_those_of_the_wire(workspace: Any) -> None:
    workspace.write(
        {
            "facts/orders/BUILD": (
                'python_service(name="service", facts={"alembic_ini": "db/alembic.ini"})'
            ),
            "facts/orders/pyproject.toml": PROJECT,
            "facts/orders/uv.lock": "",
        }
    )
    assert description(workspace, "facts/orders").document() == {
        "name": "orders",
        "root": "facts/orders",
        "address": "facts/orders:service",
        "pyproject": "facts/orders/pyproject.toml",
        "lock": "facts/orders/uv.lock",
        "lock_kind": "uv",
        "resolve": None,
        "facts": {"alembic_ini": "db/alembic.ini"},
    }


def test_fields_state_otherwise(workspace: Any) -> None:
    workspace.write(
        {
            "stated/locks/all.lock": "[[package]]\n",
            "stated/a/BUILD": (
                'python_service(name="service", policy="other", lock="//stated/locks/all.lock", '
                'lock_kind="uv", pyproject="../project.toml")'
            ),
            "stated/project.toml": PROJECT,
        }
    )
    found = description(workspace, "stated/a")
    assert (found.name, found.lock, found.lock_kind, found.pyproject) == (
        "other",
        "stated/locks/all.lock",
        "uv",
        "stated/project.toml",
    )
    assert {"stated/locks/all.lock", "stated/project.toml"} <= set(found.globs)


def test_a_resolve_is_a_lock(workspace: Any) -> None:
    workspace.write(
        {
            "resolve/BUILD": 'python_service(name="service", resolve="prod")\n'
            'python_requirement(name="a", requirements=["tool>=1", "idle"], resolve="prod")\n'
            'python_requirement(name="b", requirements=["other"], resolve="dev")\n'
            'python_service(name="unknown", resolve="nope")',
            "resolve/prod.lock": '// --- BEGIN\n{"locked": []}\n',
        }
    )
    workspace.options(
        "--python-enable-resolves",
        "--python-resolves={'prod': 'resolve/prod.lock', 'dev': 'resolve/dev.lock'}",
        "--python-resolves-to-interpreter-constraints={'prod': ['CPython>=3.11']}",
    )
    try:
        found = description(workspace, "resolve")
        assert (found.lock, found.lock_kind) == ("resolve/prod.lock", "pex")
        assert found.document()["resolve"] == {
            "name": "prod",
            "declared_in": "pants.toml",
            "requirements": ["idle", "tool>=1"],
            "interpreters": ["CPython>=3.11"],
        }
        assert "there are: dev, prod" in problem(workspace, "resolve", "unknown")
    finally:
        workspace.options()


def test_wrong_fields_are_problems_that_say_what_to_do(workspace: Any) -> None:
    workspace.write(
        {
            "BUILD": 'python_service(name="root-service")\n',
            "wrong/BUILD": "\n".join(
                [
                    'python_service(name="lock", lock="nope.lock")',
                    'python_service(name="outside", pyproject="../../pyproject.toml")',
                    'python_service(name="both", lock="a.lock", resolve="x")',
                    'python_service(name="kind", lock="a.lock")',
                ]
            ),
            "wrong/a.lock": "",
        }
    )
    try:
        assert "policy=" in problem(workspace, "", "root-service")
        assert "wrong/nope.lock, which does not exist" in problem(workspace, "wrong", "lock")
        assert "leads out of the workspace" in problem(workspace, "wrong", "outside")
        assert "has one lock" in problem(workspace, "wrong", "both")
        assert "state `lock_kind`: one of uv, poetry" in problem(workspace, "wrong", "kind")
    finally:
        workspace.write({"BUILD": ""})


def test_files_of_nested_services_are_theirs(workspace: Any) -> None:
    workspace.write(
        {
            "nest/outer/BUILD": 'python_service(name="service")\npython_sources(name="lib")',
            "nest/outer/main.py": "",
            "nest/outer/inner/BUILD": 'python_service(name="service")\npython_sources(name="lib")',
            "nest/outer/inner/main.py": "",
            "nest/outer-too/BUILD": 'python_service(name="service")',
        }
    )
    assert "!nest/outer/inner/**" in description(workspace, "nest/outer").globs
    assert not any(
        glob.startswith("!") for glob in description(workspace, "nest/outer/inner").globs
    )
    index = workspace.runner.request(ServiceIndex, [])
    assert index.nested_in("nest/outer") == ("nest/outer/inner",)
    assert [str(address) for address in index.members["nest/outer"]] == ["nest/outer/main.py:lib"]


def test_a_service_depends_on_its_sources_and_its_lock(workspace: Any) -> None:
    workspace.write(
        {
            "deps/locks/BUILD": 'file(name="lock", source="uv.lock")',
            "deps/locks/uv.lock": "",
            "deps/a/BUILD": 'python_service(name="service", lock="//deps/locks/uv.lock")',
            "deps/a/src/BUILD": "python_sources()",
            "deps/a/src/app.py": "",
            "deps/a/tests/BUILD": "python_tests()",
            "deps/a/tests/test_app.py": "",
        }
    )
    request = InferServiceDependencies(service(workspace, "deps/a"))
    found = workspace.runner.request(InferredDependencies, [request])
    assert sorted(str(address) for address in found.include) == [
        "deps/a/src/app.py",
        "deps/a/tests/test_app.py",
        "deps/locks:lock",
    ]


def test_tailor_finds_services(workspace: Any) -> None:
    workspace.write(
        {
            "tailor/uv/pyproject.toml": PROJECT,
            "tailor/uv/uv.lock": "",
            "tailor/poetry/pyproject.toml": "[tool.poetry]\n",
            "tailor/poetry/poetry.lock": "",
            "tailor/unlocked/pyproject.toml": PROJECT,
            "tailor/tools-only/pyproject.toml": "[tool.ruff]\n",
            "tailor/tools-only/uv.lock": "",
            "tailor/known/pyproject.toml": PROJECT,
            "tailor/known/uv.lock": "",
            "tailor/known/BUILD": 'python_service(name="mine")',
            "pyproject.toml": '[project]\nname = "whole-repo"\n',
            "uv.lock": "",
        }
    )
    folders = ("", *(f"tailor/{name}" for name in ("uv", "poetry", "unlocked", "tools-only")))
    request = PutativeServicesRequest((*folders, "tailor/known"))
    found = list(workspace.runner.request(PutativeTargets, [request]))
    assert [target.path for target in found] == ["", "tailor/poetry", "tailor/uv"]
    assert found[2].generate_build_file_stanza("    ") == (
        'python_service(\n    name="service",\n)\n'
    )
    assert 'policy="whole-repo"' in found[0].generate_build_file_stanza("    ")


def test_tailor_fills_the_path_of_the_ini(workspace: Any) -> None:
    """Below the target's folder; where there are several, the target says that it asks."""
    project, alembic = PROJECT, "[alembic]\nscript_location = migrations\n"
    table = f'{PROJECT}\n[tool.alembic]\nscript_location = "migrations"\n'
    inis = {
        "beside": ["alembic.ini", "old/alembic.ini"],
        "below": ["src/db/alembic.ini"],
        "several": ["a/alembic.ini", "b/alembic.ini"],
        "none": [],
        "table": [],
        "outer": ["inner/alembic.ini"],
        "outer/inner": [],
    }
    for name, files in inis.items():
        workspace.write({f"inis/{name}/{file}": alembic for file in files})
        workspace.write({f"inis/{name}/pyproject.toml": table if name == "table" else project})
        workspace.write({f"inis/{name}/uv.lock": ""})
    request = PutativeServicesRequest(tuple(f"inis/{name}" for name in inis))
    found = workspace.runner.request(PutativeTargets, [request])
    stanzas = {
        target.path: target.generate_build_file_stanza("    ").splitlines() for target in found
    }

    def facts(name: str) -> str:
        (line,) = [line for line in stanzas[f"inis/{name}"] if "facts" in line]
        return line.strip()

    assert facts("beside") == 'facts={"alembic_ini": "alembic.ini"},'
    assert facts("below") == 'facts={"alembic_ini": "src/db/alembic.ini"},'
    assert facts("table") == 'facts={"alembic_ini": "pyproject.toml"},'
    assert facts("outer/inner") == 'facts={"alembic_ini": "alembic.ini"},'
    for name in ("none", "outer"):
        assert not [line for line in stanzas[f"inis/{name}"] if "facts" in line]
    assert facts("several") == (
        "# Which is its `alembic_ini`? State it in `facts`: a/alembic.ini, b/alembic.ini."
    )
    (target,) = [target for target in found if target.path == "inis/below"]
    workspace.write({"inis/below/BUILD": target.generate_build_file_stanza("    ")})
    facts_of_target = description(workspace, "inis/below").facts
    assert dict(facts_of_target) == {"alembic_ini": "src/db/alembic.ini"}
