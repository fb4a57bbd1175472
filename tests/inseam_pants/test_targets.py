"""The fields of `python_service`."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from inseam_pants.targets import PythonService, ServiceFieldSet, ServiceSourcesField

ADDRESS = Address("services/orders", target_name="service")


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "src/app/stubs.pyi",
        "pyproject.toml",
        "ruff.toml",
        ".ruff.toml",
        "src/setup.cfg",
        "mypy.ini",
        "uv.lock",
        "requirements.lock",
        "requirements-dev.txt",
        "migrations/script.py.mako",
        "migrations/0001.sql",
        "src/app/BUILD",
    ],
)
def test_a_change_of_what_gates_read_concerns_the_service(path: str) -> None:
    field = ServiceSourcesField(None, ADDRESS)
    path = f"services/orders/{path}"
    assert field.filespec_matcher.matches([path]) == [path]


def test_other_files_do_not() -> None:
    field = ServiceSourcesField(None, ADDRESS)
    others = ["services/orders/README.md", "services/billing/app.py", "app.py"]
    assert field.filespec_matcher.matches(others) == []


def test_a_service_owns_no_files() -> None:
    assert ServiceSourcesField(None, ADDRESS).globs == ()


def test_globs_can_exclude() -> None:
    field = ServiceSourcesField(["**/*.py", "!generated/**"], ADDRESS)
    assert field.rooted_globs == ("services/orders/**/*.py", "!services/orders/generated/**")
    paths = ["services/orders/a.py", "services/orders/generated/b.py"]
    assert field.filespec_matcher.matches(paths) == paths[:1]


@pytest.mark.parametrize(
    ("stated", "path"),
    [
        ("uv.lock", "services/orders/uv.lock"),
        ("../../uv.lock", "uv.lock"),
        ("//uv.lock", "uv.lock"),
        ("//locks/orders.lock", "locks/orders.lock"),
    ],
)
def test_paths_are_relative_to_the_folder_or_to_the_root(stated: str, path: str) -> None:
    service = ServiceFieldSet.create(PythonService({}, ADDRESS))
    assert service.root == "services/orders"
    assert service.path(stated) == path


def test_the_root_is_called_a_dot() -> None:
    at_root = PythonService({}, Address("", target_name="service"))
    assert ServiceFieldSet.create(at_root).root == "."
