"""Which server a service's migrations run on."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inseam.gates.alembic.server.connection import Server, parse_url
from inseam.gates.alembic.server.embedded import Embedded
from inseam.gates.alembic.server.leftovers import remove_left
from inseam.gates.alembic.server.programs import (
    Programs,
    choose,
    system_programs,
    wheel_programs,
)
from inseam.gates.alembic.settings import ServerSettings
from inseam.gates.contract import GateError
from inseam.gates.environment.interpreters import Interpreter
from inseam.gates.environment.workshop import Workshop

URL_VARIABLE = "INSEAM_POSTGRESQL_URL"
"""The environment variable that names a server to use."""

_EXTENSION = re.compile(
    r"CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:\\?\"([\w-]+)\\?\"|([A-Za-z_]\w*))"
    # As alembic_utils has it.
    r"|\bPGExtension\([^()]*?\bsignature\s*=\s*[\"']([\w-]+)[\"']",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(
    r"\b(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER(?!\s+MAPPING)|GROUP|TABLESPACE|SYSTEM)\b",
    re.IGNORECASE,
)
"""Statements that change what all databases of a server share."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a service's migrations need of a server."""

    extensions: frozenset[str]
    """Those that the settings state: a server that lacks one is of no use."""
    named: frozenset[str]
    """Those that texts name, be it in a comment: a server that has them is taken before others."""
    private: bool
    """Whether they change what databases share, so that nobody else may use the server."""

    @classmethod
    def of(cls, texts: Iterable[str], settings: ServerSettings) -> Wish:
        """What the texts of revisions and of `env.py` ask for."""
        named: set[str] = set()
        private = False
        for text in texts:
            for quoted, plain, signature in _EXTENSION.findall(text):
                named.add(quoted or plain.lower() or signature)
            private = private or _FOR_ALL.search(text) is not None
        return cls(extensions=settings.extensions, named=frozenset(named), private=private)


@contextmanager
def open_server(
    wish: Wish,
    settings: ServerSettings,
    *,
    service: str,
    workshop: Workshop,
    interpreter: Interpreter,
) -> Iterator[Server]:
    """A server that has what is wished, for the length of the block.

    Raises:
        GateError: there is none, or it cannot be reached.
    """
    environment, deadline = workshop.environment, workshop.deadline
    url = environment.get(URL_VARIABLE) or settings.server_url
    if url:
        psql = _any_client(workshop, interpreter)
        server = parse_url(url, psql=psql, environment=environment, deadline=deadline)
        _probe(server, wish)
        remove_left(server)
        yield server
        return
    programs = _programs(wish, settings, workshop, interpreter)
    private = ""
    if wish.private:
        identity = f"{workshop.root}\0{service}"
        private = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    embedded = Embedded(
        programs=programs,
        cache=workshop.cache,
        environment=environment,
        deadline=deadline,
        private=private,
    )
    with embedded.running() as running:
        yield running


def _programs(
    wish: Wish, settings: ServerSettings, workshop: Workshop, interpreter: Interpreter
) -> Programs:
    """The wheel's, or else the system's; what the system has is looked at only if it has to be."""
    wheel, problem = _wheel(workshop, interpreter)
    version, wanted = settings.postgresql_version, wish.extensions | wish.named
    with contextlib.suppress(GateError):
        return choose(wheel, version=version, extensions=wanted)
    system = list(system_programs(workshop.environment, workshop.deadline))
    if not system and problem is not None:
        raise problem
    with contextlib.suppress(GateError):
        return choose([*wheel, *system], version=version, extensions=wanted)
    # What is only named may stand in a comment. If it is meant, its migration will say so.
    return choose([*wheel, *system], version=version, extensions=wish.extensions)


def _wheel(workshop: Workshop, interpreter: Interpreter) -> tuple[list[Programs], GateError | None]:
    """The wheel's programs; none, and why, on a platform that it is not made for."""
    try:
        site_packages = workshop.for_tool("postgresql", interpreter).site_packages
    except GateError as error:
        if error.code == "timeout":
            raise
        return [], error
    return list(wheel_programs(site_packages, workshop.environment, workshop.deadline)), None


def _any_client(workshop: Workshop, interpreter: Interpreter) -> Path:
    wheel, problem = _wheel(workshop, interpreter)
    found = wheel or list(system_programs(workshop.environment, workshop.deadline))
    if not found:
        raise problem or GateError(
            "no-server", "there is no psql on this machine", "install PostgreSQL's client"
        )
    return found[0].psql


def _probe(server: Server, wish: Wish) -> None:
    """Whether somebody's own server will do.

    Raises:
        GateError: `server-unreachable`, `server-rights` or `missing-extension`.
    """
    try:
        rights = server.query(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        there = server.query("SELECT name FROM pg_available_extensions").split()
    except GateError as error:
        if error.code != "server-failed":
            raise
        raise GateError(
            "server-unreachable",
            f"the server that {URL_VARIABLE} or the setting server_url names does not answer: "
            f"{error.message}",
            "start it, or correct the URL",
        ) from error
    if rights != "t":
        raise GateError(
            "server-rights",
            f"the user {server.user} may not create databases on the server",
            "grant it: ALTER ROLE … CREATEDB",
        )
    missing = sorted(wish.extensions - set(there))
    if missing:
        raise GateError(
            "missing-extension",
            f"the server lacks the extension {' and '.join(missing)}",
            "install it on the server",
        )
