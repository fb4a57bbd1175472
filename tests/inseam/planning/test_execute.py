"""Running one unit: nothing that goes wrong is lost, and nothing that went wrong passes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from inseam.findings.model import Failure, Finding, FindingsDocument
from inseam.gates.contract import Gate, GateError, Needs, Request, Rule, ServiceFacts
from inseam.planning import execute as module
from inseam.planning.execute import execute
from inseam.planning.model import UnitDocument, UnitService
from inseam.policy.orders import Settings, at_least

Run = Callable[[Request[Any]], Iterator[Finding | Failure]]


class SomeSettings(Settings):
    """Settings of the gate under test."""

    minimum: Annotated[int, at_least] = Field(1, description="A number.")


def finding(**fields: Any) -> Finding:
    """A finding of the gate under test."""
    values = {"rule": "some/wrong", "service": "a", "file": "a/x.py", "message": "m", "fix": "f"}
    return Finding(**{**values, "key": "k", **fields})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with the services a, a/inner and b."""
    for name in ("a/x.py", "a/inner/y.py", "b/z.py"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "root"


@pytest.fixture
def perform(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FindingsDocument]:
    """Executes a unit of a gate that does what the test says."""

    def perform(
        run: Run, *services: UnitService, tool_rules: str | None = None
    ) -> FindingsDocument:
        rule = Rule(id="some/wrong", summary="s", why="w", fix="f")
        gate = Gate(
            id="some",
            summary="s",
            rules=(rule,),
            settings=SomeSettings,
            needs=Needs.SOURCES,
            run=run,
            tool_rules=tool_rules,
        )
        monkeypatch.setattr(module, "gate_by_id", lambda _: gate)
        unit = UnitDocument(gate="some", time_limit=5, services=services or (service("a"),))
        return execute(unit, root=root, cache=root / ".cache", environment={"A": "1"})

    return perform


def service(name: str, settings: dict[str, Any] | None = None, **fields: Any) -> UnitService:
    """A service in the folder of its name, unless told otherwise."""
    nested = fields.pop("nested", ())
    facts = ServiceFacts(name=name, **{"root": name, **fields})
    return UnitService(facts=facts, settings=settings or {}, nested=nested)


def nothing(request: Request[Any]) -> Iterator[Finding | Failure]:
    """A gate that finds nothing."""
    yield from ()


def test_what_a_gate_is_given(perform: Callable[..., FindingsDocument], root: Path) -> None:
    requests: list[Request[SomeSettings]] = []

    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        requests.append(request)
        yield from ()

    document = perform(run, service("b", {"minimum": 3}), service("a", nested=["a/inner"]))

    (request,) = requests
    assert (request.root, request.time_limit, request.environment) == (root, 5, {"A": "1"})
    assert [(s.name, s.files, s.settings.minimum) for s in request.services] == [
        ("a", ("a/x.py",), 1),
        ("b", ("b/z.py",), 3),
    ]
    assert document == FindingsDocument(gate="some", services=("a", "b"))


def test_a_gate_is_given_the_day_of_its_unit(
    root: Path, perform: Callable[..., FindingsDocument]
) -> None:
    days: list[datetime.date | None] = []

    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        days.append(request.as_of)
        yield from ()

    perform(run)
    day = datetime.date(2026, 11, 22)
    unit = UnitDocument(gate="some", time_limit=5, services=(service("a"),), as_of=day)
    execute(unit, root=root, cache=root / ".cache", environment={})

    assert days == [None, day]


def test_services_of_the_unit_keep_apart(perform: Callable[..., FindingsDocument]) -> None:
    files: dict[str, tuple[str, ...]] = {}

    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        files.update({service.name: service.files for service in request.services})
        yield from ()

    perform(run, service("a"), service("inner", root="a/inner"))

    assert files == {"a": ("a/x.py",), "inner": ("a/inner/y.py",)}


def test_findings_are_sorted_and_not_repeated(perform: Callable[..., FindingsDocument]) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        for line, message in ((2, "m"), (1, "n"), (2, "m"), (1, "m"), (2, "m")):
            yield finding(line=line, message=message)
        yield finding(line=2, key="other")

    findings = perform(run).findings

    assert [(f.line, f.message, f.key) for f in findings] == [
        (1, "m", "k"),
        (1, "n", "k"),
        (2, "m", "k"),
        (2, "m", "other"),
    ]


def test_a_gate_that_cannot_run(perform: Callable[..., FindingsDocument]) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        yield finding()
        raise GateError("tool-missing", "there is no tool", "install it", file="a/x.py")

    document = perform(run)

    assert document.findings == (finding(),)
    assert document.failures == (
        Failure(
            gate="some",
            code="some/tool-missing",
            file="a/x.py",
            message="there is no tool",
            fix="install it",
        ),
    )


def test_a_gate_that_breaks_off(perform: Callable[..., FindingsDocument]) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        yield finding()
        raise KeyError("missing")

    document = perform(run)

    assert document.findings == (finding(),)
    (failure,) = document.failures
    assert (failure.code, failure.service) == ("some/crashed", None)
    assert failure.message.startswith("KeyError at test_execute.py:")
    assert failure.message.endswith(" in run: 'missing'")


def test_interrupts_are_not_findings(perform: Callable[..., FindingsDocument]) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        yield finding()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(run)


@pytest.mark.parametrize(
    "folder", ["nowhere", "a/x.py", "../above/a", "/a", "a/", "a//inner", "out"]
)
def test_a_service_that_is_not_there(
    folder: str, perform: Callable[..., FindingsDocument], root: Path
) -> None:
    (root.parent / "outside").mkdir()
    (root / "out").symlink_to(root.parent / "outside")

    document = perform(nothing, service("lost", root=folder), service("b"))

    assert [(f.code, f.service, f.file) for f in document.failures] == [
        ("some/no-service", "lost", folder)
    ]
    assert document.services == ("b", "lost")


def test_bad_settings_are_named_one_by_one(perform: Callable[..., FindingsDocument]) -> None:
    document = perform(nothing, service("a", {"minimum": "many", "other": 1}), service("b"))

    assert [(f.code, f.service, f.message.partition(":")[0]) for f in document.failures] == [
        ("some/bad-settings", "a", "gates.some.settings.minimum"),
        ("some/bad-settings", "a", "gates.some.settings.other"),
    ]


def test_no_service_at_all_runs_nothing(perform: Callable[..., FindingsDocument]) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        raise AssertionError("not to be called")
        yield

    assert [f.code for f in perform(run, service("lost")).failures] == ["some/no-service"]


def test_a_gate_may_only_speak_of_what_is_its_own(perform: Callable[..., FindingsDocument]) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        yield finding(rule="some/E501")
        yield finding(rule="other/wrong")
        yield finding(service="stranger")

    strict = perform(run)
    with_tool = perform(run, tool_rules="https://example.org/{code}")

    assert [(f.code, f.message) for f in strict.failures] == [
        ("some/misused", "the gate spoke of the service stranger, which is not in its unit"),
        ("some/misused", "the gate used the rule other/wrong, which it does not declare"),
        ("some/misused", "the gate used the rule some/E501, which it does not declare"),
    ]
    assert len(with_tool.failures) == 2
    assert len(strict.findings) == 3


def test_names_that_json_cannot_carry_are_spelled_out(
    perform: Callable[..., FindingsDocument],
) -> None:
    def run(request: Request[SomeSettings]) -> Iterator[Finding | Failure]:
        yield finding(file="a/\udcff.py", message="a/\udcff.py is wrong")

    document = perform(run)

    assert document.findings[0].file == "a/\\udcff.py"
    assert FindingsDocument.model_validate_json(document.model_dump_json()) == document


def test_an_unknown_gate(root: Path) -> None:
    unit = UnitDocument(gate="nonsense", time_limit=1, services=(service("a"),))

    document = execute(unit, root=root, cache=root, environment={})

    assert [f.code for f in document.failures] == ["nonsense/unknown"]
    assert document.services == ("a",)
