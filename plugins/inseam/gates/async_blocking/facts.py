"""What evaluating a function finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.sources import Function
from inseam.gates.async_blocking.types import UNKNOWN, Value


@dataclass(slots=True)
class Site:
    """A place in a function where it runs something else."""

    place: int
    targets: dict[Key, bool] = field(default_factory=dict)
    """Functions of the tree; whether it is sure that it runs them."""
    sinks: dict[str, tuple[Entry, bool]] = field(default_factory=dict)
    """Blocking calls of the catalogue, by name; whether it is sure that this is called."""


@dataclass(slots=True)
class Facts:
    """What evaluating a function found; while it is being evaluated, what was found so far."""

    sites: dict[int, Site] = field(default_factory=dict)
    returns: Value = UNKNOWN
    yields: Value = UNKNOWN
    attributes: dict[str, Value] = field(default_factory=dict)
    """What it assigns to attributes of its instance."""
    annotated: dict[str, Value] = field(default_factory=dict)
    """Those of them that it annotates."""
    locals: dict[str, Value] = field(default_factory=dict)
    rebound: dict[str, Value] = field(default_factory=dict)
    """What it assigns to globals."""
    callbacks: dict[Key, int] = field(default_factory=dict)
    """Functions that it gives to an event loop to call, and where."""
    coroutines: dict[Function, int] = field(default_factory=dict)
    """Async functions that it calls, and where."""
    loop_owners: dict[Function, int] = field(default_factory=dict)
    """Async functions that it gives a loop of their own, such as `asyncio.run(f())`."""

    def site(self, place: int) -> Site:
        """The site at a place."""
        known = self.sites.get(place)
        if known is None:
            self.sites[place] = known = Site(place)
        return known

    def call(self, place: int, key: Key, *, sure: bool) -> None:
        """Notes that a function of the tree is run at a place."""
        targets = self.site(place).targets
        targets[key] = targets.get(key, False) or sure

    def block(self, place: int, name: str, entry: Entry, *, sure: bool) -> None:
        """Notes that a call of the catalogue blocks at a place."""
        sinks = self.site(place).sinks
        known = sinks.get(name)
        sinks[name] = (entry, sure or (known is not None and known[1]))
