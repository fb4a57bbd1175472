"""The sink catalogue: every shipped file is sound, and what a file cannot say."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inseam.gates.async_blocking.catalogue import SINKS, Catalogue
from inseam.gates.async_blocking.catalogue_model import (
    ClassEntry,
    Confidence,
    Entry,
    ExtraSink,
    Kind,
)
from inseam.gates.async_blocking.catalogue_problems import CatalogueError
from inseam.gates.async_blocking.catalogue_read import read_library

MODULES = sorted(path.stem for path in SINKS.glob("*.yaml"))
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.mark.parametrize("module", MODULES)
def test_every_shipped_file_is_sound(module: str) -> None:
    data = (SINKS / f"{module}.yaml").read_bytes()
    library = read_library(f"{module}.yaml", data, module=module, careful=True)
    assert library.source.startswith("https://"), "the facts need a source"
    assert library.functions or library.classes or library.aliases


def _entries(catalogue: Catalogue) -> Iterator[tuple[str, Entry]]:
    for name in catalogue.functions:
        yield name, catalogue.functions[name]
    for name in catalogue.classes:
        described = catalogue.classes[name]
        members = {**described.attributes, **described.methods}
        if described.any_method:
            members["*"] = described.any_method
        if described.any_attribute:
            members["*.*"] = described.any_attribute
        if described.init:
            members["__init__"] = described.init
        for member, entry in members.items():
            yield f"{name}.{member}", entry


def test_types_lead_to_classes_that_are_described(catalogue: Catalogue) -> None:
    """A name that leads nowhere would end a chain in silence."""
    stated = [
        (name, entry.returns) for name, entry in _entries(catalogue) if entry.returns is not None
    ]
    stated += [(name, base) for name in catalogue.classes for base in catalogue.classes[name].bases]
    stated += [(name, catalogue.variables[name]) for name in catalogue.variables]
    dangling = [
        (name, mentioned)
        for name, expression in stated
        for mentioned in _DOTTED.findall(expression)
        if catalogue.resolve(mentioned) not in catalogue.classes
    ]
    assert dangling == []


def test_what_blocks_says_what_to_do_instead(catalogue: Catalogue) -> None:
    assert [name for name, entry in _entries(catalogue) if entry.blocks and not entry.use] == []


def test_aliases_lead_to_what_is_described(catalogue: Catalogue) -> None:
    names = [*catalogue.classes, *catalogue.functions]
    for alias in catalogue.aliases:
        target = catalogue.resolve(alias)
        assert any(name == target or name.startswith(f"{target}.") for name in names), alias


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("time.sleep", Kind.SLEEP),
        ("builtins.open", Kind.FILE),
        ("os.path.exists", Kind.METADATA),
        ("os.listdir", Kind.FILE),
        ("shutil.rmtree", Kind.FILE),
        ("subprocess.run", Kind.SUBPROCESS),
        ("requests.post", Kind.NETWORK),
        ("sqlite3.connect", Kind.DATABASE),
        ("urllib.request.urlopen", Kind.NETWORK),
        ("concurrent.futures.wait", Kind.LOCK),
    ],
)
def test_functions(catalogue: Catalogue, name: str, kind: Kind) -> None:
    assert catalogue.functions[name].blocks is kind


@pytest.mark.parametrize(
    ("name", "method", "kind"),
    [
        ("pathlib.Path", "read_text", Kind.FILE),
        ("pathlib.Path", "exists", Kind.METADATA),
        ("requests.Session", "get", Kind.NETWORK),
        ("sqlalchemy.orm.Session", "execute", Kind.DATABASE),
        ("django.db.models.QuerySet", "get", Kind.DATABASE),
        ("threading.Thread", "join", Kind.LOCK),
        ("concurrent.futures.Future", "result", Kind.LOCK),
    ],
)
def test_methods(catalogue: Catalogue, name: str, method: str, kind: Kind) -> None:
    assert catalogue.classes[name].methods[method].blocks is kind


@pytest.mark.parametrize("name", ["os.path.abspath", "os.path.relpath", "os.path.expanduser"])
def test_what_does_no_io_does_not_block(catalogue: Catalogue, name: str) -> None:
    assert catalogue.functions[name].blocks is None


def test_path_absolute_does_not_block(catalogue: Catalogue) -> None:
    path = catalogue.classes["pathlib.Path"].methods
    assert path["absolute"].blocks is None
    assert path["absolute"].returns == "Self"


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("httpx.AsyncClient", "get"),
        ("sqlalchemy.ext.asyncio.AsyncSession", "execute"),
        ("asyncio.Lock", "acquire"),
        ("anyio.Path", "read_text"),
    ],
)
def test_async_twins_are_awaited(catalogue: Catalogue, name: str, method: str) -> None:
    entry = catalogue.classes[name].methods[method]
    assert entry.awaitable
    assert entry.blocks is None


def test_aliases_hold_for_all_below_them(catalogue: Catalogue) -> None:
    assert catalogue.resolve("posixpath.exists") == "os.path.exists"
    assert catalogue.resolve("concurrent.futures.thread.ThreadPoolExecutor") == (
        "concurrent.futures.ThreadPoolExecutor"
    )
    assert catalogue.resolve("acme.store.Store") == "acme.store.Store"


def test_modules_with_the_names_of_classes(catalogue: Catalogue) -> None:
    assert catalogue.is_module("PIL.Image")
    assert catalogue.is_module("MySQLdb")
    assert not catalogue.is_module("PIL.Image.Image")
    assert not catalogue.is_module("acme.Client")


def test_any_method_of_a_class(catalogue: Catalogue) -> None:
    client = catalogue.classes["botocore.client.BaseClient"]
    assert client.any_method is not None
    assert client.any_method.blocks is Kind.NETWORK
    assert client.methods["generate_presigned_url"].blocks is None


def test_what_is_unknown_is_absent(catalogue: Catalogue) -> None:
    assert "acme.fetch" not in catalogue.functions
    assert catalogue.classes.get("acme.Client") is None
    with pytest.raises(KeyError):
        catalogue.functions["requests.nothing"]


def test_a_tree_pays_for_what_it_imports() -> None:
    catalogue = Catalogue()
    assert "requests.get" in catalogue.functions
    read = catalogue.read_modules
    assert read == {"requests"}


def test_loading_the_standard_library_is_fast() -> None:
    """Not a benchmark: it catches a reader ten times as slow (it takes some 30 ms)."""
    started = time.process_time()
    for module in ("builtins", "os", "pathlib", "io", "subprocess", "threading", "asyncio"):
        data = (SINKS / f"{module}.yaml").read_bytes()
        read_library(module, data, module=module)
    assert time.process_time() - started < 0.5


class TestExtraSinks:
    def test_a_function(self) -> None:
        catalogue = Catalogue(extra_sinks=[_extra("acme.db.fetch", use="acme.aio.fetch")])
        entry = catalogue.functions["acme.db.fetch"]
        assert (entry.blocks, entry.use, entry.library) == (
            Kind.DATABASE,
            "acme.aio.fetch",
            "policy",
        )

    def test_a_method(self) -> None:
        catalogue = Catalogue(extra_sinks=[_extra("acme.db.Client.fetch")])
        assert catalogue.classes["acme.db.Client"].methods["fetch"].blocks is Kind.DATABASE

    def test_every_method(self) -> None:
        catalogue = Catalogue(extra_sinks=[_extra("acme.db.Client.*")])
        any_method = catalogue.classes["acme.db.Client"].any_method
        assert any_method is not None
        assert any_method.blocks is Kind.DATABASE

    def test_one_more_method_of_a_shipped_class(self) -> None:
        catalogue = Catalogue(extra_sinks=[_extra("pathlib.Path.absolute")])
        methods = catalogue.classes["pathlib.Path"].methods
        assert methods["absolute"].blocks is Kind.DATABASE
        assert methods["read_text"].blocks is Kind.FILE
        assert Catalogue().classes["pathlib.Path"].methods["absolute"].blocks is None

    def test_their_order_does_not_matter(self) -> None:
        sinks = [_extra("acme.db.Client.*"), _extra("acme.db.Client.fetch")]
        forwards, backwards = Catalogue(extra_sinks=sinks), Catalogue(extra_sinks=sinks[::-1])
        assert forwards.classes["acme.db.Client"] == backwards.classes["acme.db.Client"]


def _extra(call: str, *, use: str | None = None) -> ExtraSink:
    return ExtraSink.model_validate({"call": call, "blocks": "database", "use": use})


Problems = Callable[[str], list[str]]


@pytest.fixture
def problems() -> Problems:
    def read(text: str) -> list[str]:
        with pytest.raises(CatalogueError) as raised:
            read_library("acme.yaml", text.encode(), module="acme", careful=True)
        return [str(problem) for problem in raised.value.problems]

    return read


class TestProblems:
    def test_all_are_told_at_their_places(self, problems: Problems) -> None:
        text = """\
schema: 1
functions:
  acme.fetch: {blocks: everything}
  acme.store:
    returns: "list["
    retruns: str
classes:
  other.Client:
    methods: {get: network}
"""
        assert problems(text) == [
            "acme.yaml:3:16: 'everything' is none of network, database, sleep, subprocess, lock,"
            " input, file, metadata, cpu",
            "acme.yaml:5:5: 'list[' is no type",
            "acme.yaml:6:5: unknown key 'retruns': known are awaitable, blocks, callback,"
            " confidence, decorates, given, gives, in_memory, loop_callback, memory, offloads,"
            " parameters, returns, unless, use, when",
            "acme.yaml:8:3: 'other.Client' is no name of acme, which the file is for",
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("[", "acme.yaml:2:1: "),
            ("schema: 2\n", "acme.yaml:1:1: the schema is not 1"),
            ("schema: 1\nfunctions: [acme.get]\n", "2:1: a mapping is expected here"),
            ("schema: 1\nfunctions:\n  acme.f: 1\n", "3:3: a mapping is expected here"),
            (
                "schema: 1\nfunctions:\n  acme.f: {awaitable: true, blocks: file}\n",
                "what is awaited does not block",
            ),
            ("schema: 1\nfunctions:\n  acme.f, f: file\n", "acme.f stands here twice"),
            ("schema: 1\nfunctions:\n  acme.f: file\n  acme.f: file\n", "stands here twice"),
            ("schema: 1\nfunctions:\n  acme.f: {unless: {a: [1]}}\n", "compared with a literal"),
            ("schema: 1\nfunctions:\n  acme.f: {callback: first}\n", "`callback` lists positions"),
            ("schema: 1\naliases:\n  acme.f: 1\n", "a dotted name is expected here"),
        ],
    )
    def test_each(self, problems: Problems, text: str, problem: str) -> None:
        assert any(problem in found for found in problems(text)), problems(text)


def test_statements(tmp_path: Path) -> None:
    """One of each, as the catalogue gives it to the analysis."""
    text = """\
schema: 1
library: Acme
source: https://example.org/
replacement: acme.aio
aliases: {acme.api: acme}
functions:
  acme.get, put: {blocks: network, returns: acme.Reply, confidence: medium}
  acme.wait: {blocks: lock, parameters: [lock, timeout], unless: {timeout: 0}, use: await it}
  acme.each: {callback: [0, key]}
variables: {acme.shared: acme.Client}
classes:
  acme.Client:
    parameters: [T]
    bases: [acme.Base]
    init: {blocks: file}
    attributes: {base: str, state: {blocks: network, returns: str}}
    methods:
      close: {}
      "*": network
"""
    (tmp_path / "acme.yaml").write_text(text)
    catalogue = Catalogue(tmp_path)
    acme = functools.partial(Entry, library="Acme", use="acme.aio")
    reply = Entry(
        blocks=Kind.NETWORK,
        returns="acme.Reply",
        confidence=Confidence.MEDIUM,
        use="acme.aio",
        library="Acme",
    )
    assert catalogue.functions["acme.get"] == catalogue.functions["acme.put"] == reply
    wait = catalogue.functions["acme.wait"]
    assert (wait.parameters, wait.unless, wait.use) == (
        ("lock", "timeout"),
        (("timeout", 0),),
        "await it",
    )
    assert catalogue.functions["acme.each"].callback == (0, "key")
    assert catalogue.variables["acme.shared"] == "acme.Client"
    assert catalogue.classes["acme.Client"] == ClassEntry(
        bases=("acme.Base",),
        parameters=("T",),
        init=acme(blocks=Kind.FILE),
        attributes={
            "base": acme(returns="str"),
            "state": acme(blocks=Kind.NETWORK, returns="str"),
        },
        methods={"close": acme()},
        any_method=acme(blocks=Kind.NETWORK),
        library="Acme",
    )
