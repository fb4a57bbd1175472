"""What evaluating a function finds."""

from __future__ import annotations

from inseam.gates.async_blocking.catalogue_model import Entry
from inseam.gates.async_blocking.keys import Key
from inseam.gates.async_blocking.sources import Function
from inseam.gates.async_blocking.types import UNKNOWN, Value


class Site:
    """A place in a function where it runs something else."""

    __slots__ = ("place", "sinks", "targets")

    def __init__(self, place: int) -> None:
        self.place = place
        self.targets: dict[Key, bool] = {}
        """Functions of the tree; whether it is sure that it runs them."""
        self.sinks: dict[str, tuple[Entry, bool]] = {}
        """Blocking calls of the catalogue, by name; whether it is sure that this is called."""


class Facts:
    """What evaluating a function found; while it is being evaluated, what was found so far."""

    # No dataclass: its factories make for half of the time that making one takes.
    __slots__ = (
        *("annotated", "attributes", "callbacks", "coroutines", "locals", "loop_owners"),
        *("rebound", "returns", "sites", "started", "yields"),
    )

    def __init__(self) -> None:
        self.sites: dict[int, Site] = {}
        self.returns: Value = UNKNOWN
        self.yields: Value = UNKNOWN
        self.attributes: dict[str, Value] = {}
        """What it assigns to attributes of its instance."""
        self.annotated: dict[str, Value] = {}
        """Those of them that it annotates."""
        self.locals: dict[str, Value] = {}
        self.rebound: dict[str, Value] = {}
        """What it assigns to globals, and sets on bags."""
        self.callbacks: dict[Key, int] = {}
        """Functions that it gives to an event loop to call, and where."""
        self.coroutines: dict[Function, int] = {}
        """Async functions that it calls, and where."""
        self.started: dict[Key, None] = {}
        """Those of them that it passes what their annotations do not tell, as they are called."""
        self.loop_owners: dict[Function, int] = {}
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
