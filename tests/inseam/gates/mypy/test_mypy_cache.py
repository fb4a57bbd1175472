"""mypy's cache makes runs fast, and can neither hide anything nor break anything."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

GOOD = "def total(a: int) -> int:\n    return a + 10\n"
EVIL = "def total(a: int) -> int:\n    return a + ''\n"
LIB = "def price() -> int:\n    return 100\n"
"""Of the same length as the next."""
LIB_STR = "def price() -> str:\n    return '1'\n"


def entries(ws: Any) -> dict[str, float]:
    """When mypy wrote which entry of its cache."""
    found: dict[str, float] = {}
    for database in (ws.cache / "mypy").glob("*/cache/*/*.db"):
        with sqlite3.connect(database) as connection:
            found |= dict(connection.execute("SELECT path, mtime FROM files2"))
        connection.close()
    return {path: time for path, time in found.items() if not path.startswith("@")}


def freeze(path: Path) -> None:
    """Give a file the time that all files have in some sandboxes."""
    os.utime(path, (1, 1))


def test_same_size_and_time_but_other_content(ws: Any) -> None:
    assert len(GOOD) == len(EVIL)
    app = ws.root / "svc/app.py"
    ws.write({"svc/app.py": GOOD})
    freeze(app)
    assert ws.findings() == ()
    ws.write({"svc/app.py": EVIL})
    freeze(app)
    assert ws.rules() == {"svc/app.py": {"mypy/operator"}}


def test_changed_library(ws: Any) -> None:
    """A module that was not touched is judged anew when what it imports changes."""
    assert len(LIB) == len(LIB_STR)
    library = ws.root / "libs/src/acme_lib.py"
    ws.write(
        {
            "libs/src/acme_lib.py": LIB,
            "svc/app.py": "from acme_lib import price\nx: int = price()\n",
        }
    )
    freeze(library)
    roots = ("svc", "libs/src")
    assert ws.findings(roots=roots) == ()
    ws.write({"libs/src/acme_lib.py": LIB_STR})
    freeze(library)
    assert ws.rules(roots=roots) == {"svc/app.py": {"mypy/assignment"}}
    library.unlink()
    assert ws.rules(roots=roots) == {"svc/app.py": {"mypy/import-not-found"}}


def test_warm_in_the_next_sandbox(own_mypy_cache: Any) -> None:
    """Another folder and other times, but the same content: nothing is analysed again."""
    ws = own_mypy_cache
    ws.write({"svc/app.py": GOOD, "svc/bad.py": "def f(a): ...\n"})
    first = ws.findings()
    written = entries(ws)
    ws.move()
    for file in ("svc/app.py", "svc/bad.py"):
        freeze(ws.root / file)
    assert ws.findings() == first
    assert entries(ws) == written


def test_other_settings_other_cache(ws: Any) -> None:
    ws.write({"svc/app.py": "def f(a): ...\n"})
    assert ws.rules() == {"svc/app.py": {"mypy/no-untyped-def"}}
    loose = {"disallow_untyped_defs": False, "disallow_incomplete_defs": False}
    assert ws.rules(**loose) == {}
    assert ws.rules() == {"svc/app.py": {"mypy/no-untyped-def"}}


def test_damaged_cache_is_thrown_away(own_mypy_cache: Any) -> None:
    ws = own_mypy_cache
    ws.write({"svc/app.py": EVIL})
    first = ws.findings()
    for number, database in enumerate(sorted((ws.cache / "mypy").glob("*/cache/*/*.db"))):
        content = database.read_bytes()
        database.write_bytes(b"garbage" * 1000 if number % 2 else content[: len(content) // 2])
    assert ws.findings() == first


def test_cache_that_is_no_folder(own_mypy_cache: Any) -> None:
    ws = own_mypy_cache
    ws.write({"svc/app.py": EVIL})
    first = ws.findings()
    (cache,) = (ws.cache / "mypy").glob("*/cache")
    shutil.rmtree(cache)
    cache.write_text("garbage")
    document = ws.check()
    assert document.findings == first or document.failures


def _check(ws: Any, out: Any) -> None:
    out.put(ws.check().model_dump_json())


def test_concurrent_runs_of_one_service(own_mypy_cache: Any) -> None:
    ws = own_mypy_cache
    ws.write({"svc/app.py": EVIL})
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    runs = [context.Process(target=_check, args=(ws, out)) for _ in range(2)]
    for run in runs:
        run.start()
    answers = {out.get(timeout=120) for _ in runs}
    for run in runs:
        run.join()
    assert answers == {ws.check().model_dump_json()}
    assert len(ws.findings()) == 1


def test_unused_caches_are_removed(own_mypy_cache: Any) -> None:
    ws = own_mypy_cache
    ws.write({"svc/app.py": GOOD})
    ws.findings()
    (old,) = (ws.cache / "mypy").iterdir()
    month_ago = old.stat().st_mtime - 31 * 86_400
    for path in (old / "mypy.ini", old):
        os.utime(path, (month_ago, month_ago))
    ws.findings(platform="darwin", check_untyped_defs=False)
    (new,) = (ws.cache / "mypy").iterdir()
    assert new != old


def test_links_to_the_cache(own_cache: Any) -> None:
    """Pants links its caches into each sandbox: what is in them must not depend on the link."""
    ws = own_cache
    ws.write({"svc/app.py": EVIL})
    real = ws.cache
    ws.cache = ws.root / "link"
    ws.cache.symlink_to(real)
    first = ws.findings()
    ws.cache.unlink()
    ws.cache = ws.root / "other"
    ws.cache.symlink_to(real)
    environments = sorted((real / "environments").iterdir())
    assert ws.findings() == first
    assert sorted((real / "environments").iterdir()) == environments
