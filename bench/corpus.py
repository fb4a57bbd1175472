"""Generated services: realistic in size and shape, the same for the same arguments."""

from __future__ import annotations

import random
from pathlib import Path

_MODULE = '''"""Handlers of {noun} {index}."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class {title}:
    """One {noun}, as the store holds it."""

    identifier: int
    name: str
    created: datetime.datetime
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    def matches(self, wanted: Iterable[str]) -> bool:
        """Whether every wanted tag is there."""
        return set(wanted) <= set(self.tags)

{functions}'''

_FUNCTION = '''
def {verb}_{noun}_{number}(rows: Iterable[{title}], limit: int = {limit}) -> list[{title}]:
    """{capital} at most `limit` rows, the newest first."""
    chosen: list[{title}] = []
    for row in sorted(rows, key=lambda row: row.created, reverse=True):
        if len(chosen) >= limit:
            logger.debug("stopped at %d of {noun}", limit)
            break
        if row.matches(("{tag}",)) and row.identifier % {modulus} == {rest}:
            chosen.append(row)
    return chosen
'''

_VERBS = ("select", "collect", "archive", "rank", "merge", "publish", "reconcile", "settle")
_NOUNS = ("invoice", "shipment", "customer", "ledger", "voucher", "contract", "refund", "quota")


def module(seed: int, functions: int) -> str:
    """Source of a clean, typed module of about `functions` x 11 + 25 lines."""
    dice = random.Random(seed)
    noun = dice.choice(_NOUNS)
    body = "\n".join(
        _FUNCTION.format(
            verb=verb,
            capital=verb.capitalize(),
            noun=noun,
            title=noun.capitalize(),
            number=number,
            limit=dice.randint(5, 500),
            tag=dice.choice(_NOUNS),
            modulus=(modulus := dice.randint(2, 9)),
            rest=dice.randrange(modulus),
        )
        for number in range(functions)
        for verb in (dice.choice(_VERBS),)
    )
    return _MODULE.format(noun=noun, index=seed, title=noun.capitalize(), functions=body)


_PYPROJECT = """[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.11,<3.14"
dependencies = []
"""


def service(folder: Path, *, seed: int, modules: int, functions: int) -> None:
    """Write one service: a package `app`, a `pyproject.toml` and an empty, fresh lock."""
    app = folder / "app"
    app.mkdir(parents=True)
    (app / "__init__.py").write_text(f'"""Service {seed}."""\n')
    for number in range(modules):
        (app / f"module_{number}.py").write_text(module(seed * 1000 + number, functions))
    (folder / "pyproject.toml").write_text(_PYPROJECT.format(name=folder.name))
    (folder / "requirements.lock").write_text("# no third-party packages\n")


def services(root: Path, *, count: int, modules: int, functions: int) -> list[Path]:
    """Write `count` services under `root`/services and return their folders."""
    folders = [root / "services" / f"service-{number:05d}" for number in range(count)]
    for number, folder in enumerate(folders):
        service(folder, seed=number, modules=modules, functions=functions)
    return folders
