"""What the sink catalogue says: what blocks, and the types that lead there.

Type expressions stay text: they are read by the same code that reads annotations.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Literals = bool | int | float | str
"""What a condition can compare an argument with."""
Conditions = tuple[tuple[str, Literals], ...]
"""Names of arguments and the literals that these are compared with."""


class Kind(enum.StrEnum):
    """What a call waits for, from the worst to the mildest."""

    NETWORK = "network"
    DATABASE = "database"
    SLEEP = "sleep"
    SUBPROCESS = "subprocess"
    LOCK = "lock"
    INPUT = "input"
    FILE = "file"
    METADATA = "metadata"
    """Of a file: `stat`, `exists`; short unless the file system is remote."""
    CPU = "cpu"
    """Nothing: it computes for long."""


class Confidence(enum.StrEnum):
    """How sure it is that a call blocks."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is known of one function, method, constructor or attribute."""

    blocks: Kind | None = None
    """None: it does not block; the entry is there for its type."""
    returns: str | None = None
    """A type expression; what awaiting gives if it is `awaitable`."""
    use: str | None = None
    """What to call instead."""
    awaitable: bool = False
    """It has to be awaited, so it is no sink and its name must not be taken for one."""
    confidence: Confidence = Confidence.HIGH
    parameters: tuple[str, ...] = ()
    """Names of positional parameters, without `self`, as far as the conditions need them."""
    when: Conditions = ()
    """It blocks only if each of these arguments is given, with this literal, or for a text with a
    constant of that name."""
    unless: Conditions = ()
    """It does not block if any of these arguments is given with this literal."""
    given: tuple[str, ...] = ()
    """It blocks only if each of these arguments is given, and is neither None nor zero."""
    memory: tuple[int | str, ...] = ()
    """Arguments (place or name) that keep it from blocking where they are streams in memory."""
    in_memory: str | None = None
    """What it returns then, if it is another type: one whose methods do not block either."""
    decorates: str | None = None
    """As a decorator: the class whose attributes the function has from then on."""
    callback: tuple[int | str, ...] = ()
    """Arguments that it calls before it returns."""
    offloads: tuple[int | str, ...] = ()
    """Arguments that it runs in another thread or process."""
    gives: tuple[int | str, ...] = ()
    """Arguments of which it returns one, such as a client that it wraps."""
    loop_callback: tuple[int | str, ...] = ()
    """Arguments that the event loop calls later."""
    library: str = ""
    """The library whose file says this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassEntry:
    """What is known of one class."""

    bases: tuple[str, ...] = ()
    """Type expressions."""
    parameters: tuple[str, ...] = ()
    """Type variables that `returns` and `attributes` of this class mention, such as `T`, or `T = X`
    where they are X if nothing is said of them."""
    init: Entry | None = None
    """The constructor, where it blocks."""
    attributes: Mapping[str, Entry] = field(default_factory=dict)
    """Attributes and properties; `returns` is their type."""
    methods: Mapping[str, Entry] = field(default_factory=dict)
    any_method: Entry | None = None
    """What holds of every method that neither the class nor a base lists (`"*"` in the file)."""
    any_attribute: Entry | None = None
    """What such a method is where it is not called but something is taken of it, as in
    `client.orders.get()`: clients that are generated have more attributes than can be listed."""
    bag: str = ""
    """What a bag of state is called that is an object of it; see `bags`. Empty: it is none."""
    library: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """One file of the catalogue."""

    module: str
    """The module that it describes, with all below it: the file's name."""
    name: str
    source: str
    """Where the facts come from."""
    replacement: str | None
    """What to use instead, for entries that do not say."""
    aliases: Mapping[str, str]
    """Other names of what stands here, by the prefix of a dotted name."""
    functions: Mapping[str, Entry]
    classes: Mapping[str, ClassEntry]
    variables: Mapping[str, str]
    """Types of what a module holds ready, such as a connection."""


class ExtraSink(BaseModel):
    """A blocking call that policy adds to the catalogue."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    call: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(\.\*)?$", max_length=300)
    ] = Field(
        description="The dotted name of a function (`acme.db.fetch`) or method "
        "(`acme.db.Client.fetch`); `acme.db.Client.*` is every method of a class."
    )
    blocks: Kind = Field(description="What the call waits for.")
    use: str | None = Field(None, description="What to call instead.")
    returns: str | None = Field(None, description="The type that it returns, as an annotation.")

    def entry(self) -> Entry:
        """It as the catalogue would say it."""
        return Entry(blocks=self.blocks, use=self.use, returns=self.returns, library="policy")
