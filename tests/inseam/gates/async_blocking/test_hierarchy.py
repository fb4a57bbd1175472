"""What files' names say is kept as text, and told from it as if the files had been looked at."""

from __future__ import annotations

import random

import pytest

from inseam.gates.async_blocking import hierarchy
from inseam.gates.async_blocking.hierarchy import Hierarchy, Skim, dump, load, skim

NAMES = [f"{first}{second}" for first in "abcd" for second in ("", "a", "b", "cc")]


def skims(seed: int, count: int) -> dict[str, Skim]:
    dice = random.Random(seed)
    return {
        f"file{number}.py": Skim(
            has_async=dice.random() < 0.5,
            has_callbacks=False,
            has_own_loops=True,
            bases=tuple(sorted(dice.sample(NAMES, dice.randrange(5)))),
            methods=tuple(sorted(dice.sample(NAMES, dice.randrange(5)))),
        )
        for number in range(count)
    }


def entered(files: dict[str, Skim]) -> Hierarchy:
    made = Hierarchy()
    for path, seen in files.items():
        made.enter(path, seen)
    return made


def answers(known: Hierarchy, files: dict[str, Skim]) -> list[object]:
    return [
        *(known.deriving(name) and list(known.deriving(name)) for name in NAMES),
        *(list(known.defining([one, other])) for one in NAMES for other in NAMES),
        *(known.defines(path, name) for path in files for name in NAMES),
        *(known.answer(f"?deriving:{name}") for name in NAMES),
        *(known.answer(f"?defining:{one}:{other}") for one in NAMES for other in NAMES),
    ]


@pytest.mark.parametrize("searches", [0, 3, 1_000])
@pytest.mark.parametrize("edited", [0, 1, 5, 12])
@pytest.mark.parametrize("seed", range(5))
def test_an_edited_text_is_that_of_the_edited_files(
    monkeypatch: pytest.MonkeyPatch, searches: int, edited: int, seed: int
) -> None:
    monkeypatch.setattr(hierarchy, "_MOST_SEARCHES", searches)
    before, other = skims(seed, 12), skims(seed + 100, 12)
    after = {
        **before,
        **{f"file{number}.py": other[f"file{number}.py"] for number in range(edited)},
    }
    read = Hierarchy(list(before), *entered(before).texts())
    changed = set()
    for number in range(edited):
        path = f"file{number}.py"
        changed |= read.change(number, before[path], after[path])

    expected = answers(entered(after), after)
    assert answers(read, after) == expected
    again = Hierarchy(list(after), *read.texts())
    assert answers(again, after) == expected
    assert changed == {
        name
        for path in after
        for field in ("bases", "methods")
        for name in set(getattr(before[path], field)) ^ set(getattr(after[path], field))
    }


def test_files_without_names_have_no_text() -> None:
    nothing = Skim(False, False, False, (), ())
    some = Skim(False, False, False, ("a",), ("b",))
    read = Hierarchy(["one.py"], *entered({"one.py": some}).texts())

    assert read.change(0, some, nothing) == {"a", "b"}
    assert read.texts() == ("", "") == entered({"one.py": nothing}).texts()
    assert Hierarchy(["one.py"], "", "").deriving("a") == []


def test_a_skim_is_a_line() -> None:
    for seen in skims(1, 10).values():
        assert load(dump(seen)) == seen


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"app.state.db = 1", (".state.db",)),
        (b"self.app.state.db: Client = 1", (".state.db",)),
        (b"app.state.a=app.state.b = 1", (".state.a", ".state.b")),
        (b"request.ctx.db  = 1\napp.db = 2", (".app.db", ".ctx.db")),
        (b"app.state.db == 1 or app.state.db.get(x=1)", ()),
        (b"state.db = 1\nappetite.db = 1\napp.db += 1", ()),
    ],
)
def test_what_is_set_on_bags_of_state_is_seen_in_the_text(
    text: bytes, names: tuple[str, ...]
) -> None:
    assert skim(text).methods == names
