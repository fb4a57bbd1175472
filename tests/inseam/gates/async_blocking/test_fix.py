"""Rewriting blocking calls: what is rewritten, what is left alone, and that nothing else moves."""

from __future__ import annotations

import ast
import difflib
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from inseam.findings.model import Failure, Finding, Related
from inseam.gates.async_blocking.fix import rewrites
from inseam.gates.async_blocking.fix.module import rewrite
from inseam.gates.contract import Rewrite


def findings_of(source: str, *sinks: str, related: bool = False) -> list[Finding]:
    """Findings as the gate would make them, for every call whose name ends like a sink's."""
    chain = (Related(file="helpers.py", line=1, message="`helper` calls `it`"),)
    return [
        Finding(
            rule=f"async-blocking/{'sleep' if sink == 'time.sleep' else 'network'}",
            service="s",
            file="module.py",
            line=line,
            column=column,
            message="blocks",
            fix="await",
            key="k",
            related=chain if related else (),
            properties={"call": sink, "sink": sink},
        )
        for sink in sinks
        for line, column in _places(source, sink.rpartition(".")[2])
    ]


def _places(source: str, name: str) -> Iterator[tuple[int, int]]:
    nodes = list(ast.walk(ast.parse(source)))
    aliases = (alias for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)
    known = {alias.asname for alias in aliases if alias.name == name} | {name}
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in known:
            yield node.lineno, node.col_offset + 1
        elif isinstance(function, ast.Attribute) and function.attr == name:
            end = function.end_lineno
            if end == node.lineno:
                yield node.lineno, node.col_offset + 1
            else:
                yield end or 0, (function.end_col_offset or 0) - len(name) + 1


def changed(source: str, *sinks: str, suggest: bool = False, related: bool = False) -> str:
    """What the lines of `source` become: those that go and those that come, without the rest."""
    text = textwrap.dedent(source)
    content = text.encode()
    found = findings_of(text, *sinks, related=related)
    after = rewrite(content, found, suggest=suggest)
    ast.parse(after)
    # A second time nothing is left to do.
    left = findings_of(after.decode(), *sinks, related=related)
    assert rewrite(after, left, suggest=suggest) == after
    lines = difflib.ndiff(text.splitlines(), after.decode().splitlines())
    return "\n".join(line for line in lines if line[0] in "+-")


def test_sleep_is_awaited_and_the_import_exchanged() -> None:
    source = """\
        import time

        async def wait():
            time.sleep(1.5)  # as the peer asks for
    """
    assert changed(source, "time.sleep") == (
        "- import time\n"
        "+ import asyncio\n"
        "-     time.sleep(1.5)  # as the peer asks for\n"
        "+     await asyncio.sleep(1.5)  # as the peer asks for"
    )


def test_an_import_that_something_else_needs_stays() -> None:
    source = """\
        import asyncio
        import time

        async def wait():
            time.sleep(1)
            return time.monotonic()
    """
    assert changed(source, "time.sleep") == ("-     time.sleep(1)\n+     await asyncio.sleep(1)")


@pytest.mark.parametrize(
    ("imported", "call", "left"),
    [
        ("import time as t", "t.sleep(1)", None),
        ("from time import sleep as pause", "pause(1)", None),
        ("from time import sleep as pause, time", "pause(1)", "from time import time"),
    ],
)
def test_sleep_by_another_name(imported: str, call: str, left: str | None) -> None:
    source = f"""\
        {imported}

        async def wait():
            {call}
    """
    kept = f"+ {left}\n" if left else ""
    assert changed(source, "time.sleep") == (
        f"- {imported}\n+ import asyncio\n{kept}-     {call}\n+     await asyncio.sleep(1)"
    )


def test_sleep_by_its_own_name() -> None:
    source = """\
        from time import monotonic, sleep

        async def wait():
            sleep(delay())
            return monotonic()
    """
    assert changed(source, "time.sleep") == (
        "+ import asyncio\n"
        "- from time import monotonic, sleep\n"
        "+ from time import monotonic\n"
        "-     sleep(delay())\n"
        "+     await asyncio.sleep(delay())"
    )


@pytest.mark.parametrize(
    "body",
    [
        "with lock:\n        time.sleep(1)",
        "with self._mutex, open(p):\n        time.sleep(1)",
        "with tracer.span():\n        time.sleep(1)",
        "def inner():\n        time.sleep(1)",
        "f = lambda: time.sleep(1)",
        "class C:\n        time.sleep(1)",
        "[time.sleep(1) for _ in range(3)]",
        "x = time.sleep(1)",
        "time.sleep(*args)",
        "time.sleep()",
        "def inner(x=time.sleep(1)): ...",
    ],
)
def test_not_safely(body: str) -> None:
    assert changed(f"import time\n\nasync def f(self):\n    {body}\n", "time.sleep") == ""


def test_under_what_is_held_by_async_with() -> None:
    source = """\
        import asyncio, time

        async def f():
            async with lock:
                if True:
                    for _ in range(3):
                        time.sleep(1)
    """
    assert "await asyncio.sleep(1)" in changed(source, "time.sleep")


@pytest.mark.parametrize(
    "prelude",
    [
        "import trio",
        "from trio import Path",
        "import acme as asyncio",
        "from acme import asyncio",
        "asyncio = None",
        "def asyncio(): ...",
    ],
)
def test_modules_that_mean_something_else_by_asyncio(prelude: str) -> None:
    source = f"import time\n{prelude}\n\nasync def f():\n    time.sleep(1)\n"
    assert changed(source, "time.sleep") == ""


def test_a_helper_that_sleeps_is_not_a_sleep() -> None:
    source = "import acme\n\nasync def f():\n    acme.sleep(1)\n"
    assert changed(source, "time.sleep", related=True) == ""


class TestSuggestions:
    def test_only_when_asked_for(self) -> None:
        source = "import requests\n\nasync def f():\n    return requests.get(url, timeout=3)\n"
        assert changed(source, "requests.get") == ""
        assert changed(source, "requests.get", suggest=True) == (
            "+ import asyncio\n"
            "+ \n"
            "-     return requests.get(url, timeout=3)\n"
            "+     return await asyncio.to_thread(requests.get, url, timeout=3)"
        )

    @pytest.mark.parametrize(
        ("head", "expected"),
        [
            ("", "import asyncio\n\n"),
            ('"""What."""\n\n', '"""What."""\n\nimport asyncio\n\n'),
            (
                "from __future__ import a\n\n\n",
                "from __future__ import a\n\n\nimport asyncio\n\n\n",
            ),
            ("import json\nimport abc\n\n\n", "import asyncio\nimport json\nimport abc\n\n\n"),
            (
                "import abc\nfrom os import x\n\n",
                "import abc\nimport asyncio\nfrom os import x\n\n",
            ),
            ("import abc\n\nimport acme\n\n", "import abc\nimport asyncio\n\nimport acme\n\n"),
            ("import acme\n\n", "import asyncio\n\nimport acme\n\n"),
            ("# Licence\nimport os\n\n", "# Licence\nimport asyncio\nimport os\n\n"),
            ("import os, asyncio\n\n", "import os, asyncio\n\n"),
        ],
    )
    def test_the_import_goes_where_isort_has_it(self, head: str, expected: str) -> None:
        body = "async def f():\n    g()\n"
        after = rewrite(f"{head}{body}".encode(), findings_of(head + body, "acme.g"), suggest=True)
        assert (
            after.decode().removesuffix(body.replace("g()", "await asyncio.to_thread(g)"))
            == expected
        )

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("g()", "await asyncio.to_thread(g)"),
            ("g().json()", "(await asyncio.to_thread(g)).json()"),
            ("g()[0]", "(await asyncio.to_thread(g))[0]"),
            ("(g())", "(await asyncio.to_thread(g))"),
            ("1 + g(*a, **k)", "1 + await asyncio.to_thread(g, *a, **k)"),
            ("self.a.b.g(x)", "await asyncio.to_thread(self.a.b.g, x)"),
            (
                "h(g(x), 'ü', g(y))",
                "h(await asyncio.to_thread(g, x), 'ü', await asyncio.to_thread(g, y))",
            ),
            ("'ü' + g(x)", "'ü' + await asyncio.to_thread(g, x)"),
        ],
    )
    def test_where_the_call_stands(self, expression: str, expected: str) -> None:
        source = f"import asyncio\n\nasync def f(self):\n    return {expression}\n"
        assert (
            changed(source, "acme.g", suggest=True).splitlines()[-1] == f"+     return {expected}"
        )

    def test_over_many_lines(self) -> None:
        source = """\
            import asyncio

            async def f():
                return (
                    client
                    .g(
                        a,  # the first
                        b=2,
                    )
                )
        """
        assert changed(source, "acme.g", suggest=True) == (
            "+         await asyncio.to_thread(\n"
            "-         client\n"
            "+             client\n"
            "-         .g(\n"
            "+         .g,"
        )

    @pytest.mark.parametrize(
        "body",
        [
            "with lock:\n        g()",
            "with g() as it:\n        pass",
            "[g() for _ in x]",
            "await g()",
            "g(x for x in y)",
            "lambda: g()",
            "def inner():\n        return g()",
        ],
    )
    def test_not_where_it_would_be_wrong(self, body: str) -> None:
        assert changed(f"async def f():\n    {body}\n", "acme.g", suggest=True) == ""

    @pytest.mark.parametrize("sink", ["sqlite3.Connection.execute", "django.db.models.Model.save"])
    def test_not_what_belongs_to_its_thread(self, sink: str) -> None:
        name = sink.rpartition(".")[2]
        assert changed(f"async def f():\n    it.{name}()\n", sink, suggest=True) == ""


class TestFiles:
    def test_the_suggestion_starts_where_the_safe_change_ends(self, tmp_path: Path) -> None:
        source = "import time\n\nasync def f():\n    time.sleep(1)\n    g()\n"
        (tmp_path / "module.py").write_text(source)
        found = findings_of(source, "time.sleep", "acme.g")
        safe, suggested = rewrites(tmp_path, found, suggest=True)
        assert isinstance(safe, Rewrite)
        assert isinstance(suggested, Rewrite)
        assert (safe.safe, suggested.safe) == (True, False)
        assert safe.before == source.encode()
        assert suggested.before == safe.after
        assert [
            one.safe for one in rewrites(tmp_path, found, suggest=False) if isinstance(one, Rewrite)
        ] == [True]

    def test_line_ends_and_encodings_are_kept(self) -> None:
        lines = [
            "# coding: latin-1",
            "import time",
            "",
            "async def f():",
            "    time.sleep(1)  # \xe9",
        ]
        source = "\r\n".join(lines)
        after = rewrite(source.encode("latin-1"), findings_of(source, "time.sleep"), suggest=False)
        assert after == source.replace("import time", "import asyncio").replace(
            "time.sleep(1)", "await asyncio.sleep(1)"
        ).encode("latin-1")

    def test_a_file_that_libcst_cannot_read_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "module.py").write_text("async def f(:\n")
        found = findings_of("async def f():\n    g()\n", "acme.g")
        (failure,) = rewrites(tmp_path, found, suggest=True)
        assert isinstance(failure, Failure)
        assert (failure.code, failure.file) == ("async-blocking/not-rewritten", "module.py")

    def test_a_file_that_is_gone_is_told(self, tmp_path: Path) -> None:
        (failure,) = rewrites(tmp_path, findings_of("g()\n", "acme.g"), suggest=False)
        assert isinstance(failure, Failure)
        assert failure.file == "module.py"
