"""`inseam advisories`: snapshots of advisories: build, verify, show, serve.

Each ends 0, 1 (another digest, too old, an affected version) or 2 (could not run).
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from inseam.advisories.advisory import Advisory
from inseam.advisories.build import BuildError, build
from inseam.advisories.intervals import parsed
from inseam.advisories.server import Answers, served
from inseam.advisories.snapshot import Header, Snapshot, SnapshotError, read, write
from inseam.cli.documents import parse_date, today, write_text
from inseam.cli.errors import UsageError

_DIGEST = re.compile(r"^(?:sha256:)?([0-9a-f]{64})$")
PASS, FAIL = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands and their options."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    building = commands.add_parser("build", help="make a snapshot of OSV records")
    building.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="SOURCE",
        help="a folder, or a .zip or .tar.* archive, of OSV records in JSON or YAML",
    )
    building.add_argument("--out", type=Path, required=True, help="the snapshot, by custom *.jsonl")
    building.add_argument(
        "--as-of",
        type=parse_date,
        metavar="DATE",
        help="the day on which the sources were fetched (default: of the newest record)",
    )
    building.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="ID",
        help="leave a record out where it is malformed; may be repeated",
    )
    building.add_argument(
        "--repin",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the new digest wherever this file of policy pins the snapshot's path",
    )
    verifying = commands.add_parser("verify", help="compare a snapshot with a digest")
    verifying.add_argument("snapshot", type=Path)
    verifying.add_argument("--sha256", type=_digest, metavar="DIGEST", help="what policy pins")
    showing = commands.add_parser("show", help="say what a snapshot holds and how old it is")
    showing.add_argument("snapshot", type=Path)
    showing.add_argument("--as-of", type=parse_date, metavar="DATE", help="default: today in UTC")
    showing.add_argument(
        "--max-age-days", type=int, metavar="DAYS", help="end 1 if it is older than that"
    )
    showing.add_argument("--package", metavar="NAME", help="the advisories about a package")
    showing.add_argument("--version", metavar="V", help="only those about this version of it")
    showing.add_argument("--format", choices=("text", "json"), default="text")
    serving = commands.add_parser("serve", help="answer on 127.0.0.1 in OSV's API shape")
    serving.add_argument("snapshot", type=Path, nargs="+")
    serving.add_argument("--port", type=int, default=0, help="default: any that is free")


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "build": _build,
        "verify": _verify,
        "show": _show,
        "serve": _serve,
    }
    return actions[arguments.action](arguments)


def _build(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    as_of: datetime.date | None = arguments.as_of
    # A day more, as it may be tomorrow already where the sources were fetched.
    if as_of is not None and as_of > today() + datetime.timedelta(days=1):
        raise UsageError(f"--as-of {as_of} is still to come: such a snapshot would not grow old")
    try:
        built = build(arguments.sources, as_of=as_of, skip=arguments.skip)
    except BuildError as error:
        problems = "\n".join(map(str, error.problems))
        raise UsageError(f"no snapshot was written:\n{problems}") from error
    digest = hashlib.sha256(built.content).hexdigest()
    repinned = [(path, _repinned(path, out, digest)) for path in arguments.repin]
    write_text(out, built.content.decode("ascii"))
    for path, text in repinned:
        write_text(path, text)
    for line in (*_description(built.header), f"pin: {out.as_posix()}@sha256:{digest}"):
        print(line)
    return PASS


def _repinned(policy: Path, snapshot: Path, digest: str) -> str:
    """A file of policy with the snapshot's new digest.

    Raises:
        UsageError: it cannot be read, or does not pin the snapshot.
    """
    try:
        text = policy.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{policy}: cannot read: {error}") from error
    # Policy writes the path from the workspace's root; `--out` may say it from elsewhere.
    pin = re.compile(r"(?P<path>[\w./-]+)@sha256:[0-9a-f]{64}")
    written = snapshot.resolve().as_posix()

    def renew(match: re.Match[str]) -> str:
        mine = f"/{match['path']}"
        return f"{match['path']}@sha256:{digest}" if written.endswith(mine) else match[0]

    if not any(written.endswith(f"/{match['path']}") for match in pin.finditer(text)):
        raise UsageError(f"{policy}: it pins no snapshot at {snapshot}: pin it once by hand")
    return pin.sub(renew, text)


def _verify(arguments: argparse.Namespace) -> int:
    content = _content(arguments.snapshot)
    snapshot = _read(arguments.snapshot, content)
    try:
        packages = {name: snapshot.about(name) for name in snapshot.packages}
        for advisories in packages.values():
            _check(advisories)
    except (SnapshotError, InvalidVersion) as error:
        raise UsageError(f"{arguments.snapshot}: it is damaged: {error}") from error
    if write(snapshot.header, packages) != content:
        raise UsageError(f"{arguments.snapshot}: it is not as `inseam advisories build` writes it")
    if arguments.sha256 is not None and arguments.sha256 != snapshot.digest:
        print(f"{arguments.snapshot}: its SHA-256 is {snapshot.digest}, not {arguments.sha256}")
        return FAIL
    print(f"{arguments.snapshot}: whole; its SHA-256 is {snapshot.digest}")
    return PASS


def _check(advisories: tuple[Advisory, ...]) -> None:
    """Ask each about some version, so that every bound has to be one.

    Raises:
        InvalidVersion: one is none.
    """
    for advisory in advisories:
        for interval in advisory.intervals:
            for bound in (interval.lower, interval.upper):
                if bound is not None:
                    parsed(bound)
        for version in advisory.versions:
            parsed(version)


def _show(arguments: argparse.Namespace) -> int:
    snapshot = _read(arguments.snapshot, _content(arguments.snapshot))
    as_of: datetime.date = arguments.as_of or today()
    age = (as_of - snapshot.header.as_of).days
    found = _found(arguments, snapshot)
    if arguments.format == "json":
        document = {
            **snapshot.header.model_dump(mode="json", by_alias=True),
            "sha256": snapshot.digest,
            "age_days": age,
            **({} if found is None else {"found": [item.compact() for item in found]}),
        }
        print(json.dumps(document, indent=1, sort_keys=True))
    elif found is not None:
        print("\n".join(map(_line, found)) or "no advisory is about it")
    else:
        lines = (*_description(snapshot.header), f"sha256: {snapshot.digest}")
        print("\n".join((*lines, f"age: {age} days on {as_of}")))
    if found is not None:
        return FAIL if found and arguments.version else PASS
    return FAIL if arguments.max_age_days is not None and age > arguments.max_age_days else PASS


def _found(arguments: argparse.Namespace, snapshot: Snapshot) -> list[Advisory] | None:
    if arguments.package is None:
        if arguments.version is not None:
            raise UsageError("--version says nothing without --package")
        return None
    name = canonicalize_name(arguments.package)
    try:
        if arguments.version is None:
            return list(snapshot.about(name))
        return snapshot.affecting(name, parsed(arguments.version))
    except InvalidVersion as error:
        raise UsageError(f"--version: {error}") from error
    except SnapshotError as error:
        raise UsageError(f"{arguments.snapshot}: {error}") from error


def _line(advisory: Advisory) -> str:
    aliases = f" ({', '.join(advisory.aliases)})" if advisory.aliases else ""
    fixes = ", ".join(advisory.fixes()) or "none"
    return f"{advisory.id}{aliases} {advisory.severity}, fixed in {fixes}: {advisory.summary}"


def _description(header: Header) -> list[str]:
    lines = [f"{header.advisories} advisories about {header.packages} packages, of {header.as_of}"]
    left_out = [
        (header.withdrawn, "withdrawn"),
        (header.other_ecosystems, "about no package of the index"),
        (len(header.skipped), f"skipped as malformed: {', '.join(header.skipped)}"),
    ]
    lines += [
        f"left out: {count} record{'s' if count > 1 else ''}, {what}"
        for count, what in left_out
        if count
    ]
    if header.legacy_versions:
        lines.append(f"left out: {header.legacy_versions} versions, which PEP 440 does not know")
    if header.unrated:
        lines.append(f"of a severity that CVSS does not know: {', '.join(header.unrated)}")
    if header.only_commits:
        lines.append(f"by commit only: {', '.join(header.only_commits)}")
    return lines


def _serve(arguments: argparse.Namespace) -> int:
    snapshots = [_read(path, _content(path)) for path in arguments.snapshot]
    try:
        with served(Answers(snapshots=snapshots), port=arguments.port) as url:
            print(url, flush=True)
            threading.Event().wait()
    except OSError as error:
        raise UsageError(f"port {arguments.port} cannot be had: {error.strerror}") from error
    return PASS


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot read: {error.strerror}") from error


def _read(path: Path, content: bytes) -> Snapshot:
    try:
        return read(content)
    except SnapshotError as error:
        raise UsageError(f"{path}: {error}") from error


def _digest(text: str) -> str:
    match = _DIGEST.match(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no SHA-256 in hex")
    return match[1]
