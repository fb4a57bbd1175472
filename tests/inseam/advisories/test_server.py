"""The server: OSV's API shape, on 127.0.0.1, for as long as its owner lives."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from inseam.advisories.build import build
from inseam.advisories.server import MAX_QUERY, Answers, served
from inseam.advisories.snapshot import Snapshot, read


class Osv(Protocol):
    """What the fixture `osv` gives."""

    def record(self, identifier: str = ..., package: str = ..., **more: Any) -> dict[str, Any]:
        """A record."""

    def write(self, folder: Path, *records: dict[str, Any]) -> Path:
        """A folder of records."""


@pytest.fixture
def snapshot(osv: Osv, tmp_path: Path) -> Snapshot:
    """About acme and zope-interface."""
    return read(
        build(
            [
                osv.write(
                    tmp_path,
                    osv.record(aliases=["CVE-2026-1"], published="2026-10-01T00:00:00Z"),
                    osv.record("PYSEC-2026-2", "Zope.Interface", events=[{"introduced": "0"}]),
                )
            ]
        ).content
    )


@pytest.fixture
def answers(snapshot: Snapshot) -> Answers:
    """Of that snapshot."""
    return Answers(snapshots=[snapshot])


@pytest.fixture
def url(answers: Answers) -> Iterator[str]:
    """Where they are served."""
    with served(answers) as address:
        yield address


def _ask(url: str, query: object) -> tuple[int, Any]:
    body = query if isinstance(query, bytes) else json.dumps(query).encode()
    try:
        with urllib.request.urlopen(url, data=body, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _query(name: str, version: str | None = None, ecosystem: str = "PyPI") -> dict[str, Any]:
    query: dict[str, Any] = {"package": {"name": name, "ecosystem": ecosystem}}
    return query if version is None else {**query, "version": version}


def test_what_is_known_of_a_version(url: str, answers: Answers) -> None:
    status, answer = _ask(url, _query("acme", "1.0"))

    assert status == 200
    (vuln,) = answer["vulns"]
    assert (vuln["id"], vuln["aliases"]) == ("PYSEC-2026-1", ["CVE-2026-1"])
    assert vuln["affected"][0]["ranges"][0]["events"] == [{"introduced": "0"}, {"fixed": "2.0"}]
    assert answers.asked == {("acme", "1.0"): ("PYSEC-2026-1",)}


@pytest.mark.parametrize(
    "query",
    [_query("acme", "2.0"), _query("unknown", "1"), _query("acme", "1.0", "npm"), _query("npm")],
)
def test_nothing_known(url: str, query: dict[str, Any]) -> None:
    assert _ask(url, query) == (200, {})


def test_names_and_versions_are_normalised(url: str) -> None:
    assert len(_ask(url, _query("ZOPE_interface", "1.0-RC1"))[1]["vulns"]) == 1
    assert len(_ask(url, _query("acme"))[1]["vulns"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        b"{",
        b"[]",
        b'"x"',
        b"[" * 10_000,
        {},
        {"package": "acme"},
        {"package": {"name": 1}},
        _query("acme", "not a version"),
        {**_query("acme", "1.0"), "page_token": "next"},
        {"commit": "0" * 40},
        b" " * (MAX_QUERY + 1),
    ],
)
def test_what_is_no_query(url: str, query: object) -> None:
    status, answer = _ask(url, query)

    assert status == 400
    assert answer["message"]


def test_other_paths_and_methods(url: str) -> None:
    assert _ask(url.replace("/v1/query", "/v1/other"), _query("acme"))[0] == 404
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(url, timeout=10)


def test_one_connection_serves_many_queries(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    body = json.dumps(_query("acme", "1.0"))

    sockets = set()
    for _ in range(50):
        connection.request("POST", "/v1/query", body)
        assert connection.getresponse().read()
        sockets.add(id(connection.sock))
    connection.close()

    assert len(sockets) == 1


def test_a_newer_snapshot_takes_nothing_away(osv: Osv, snapshot: Snapshot, tmp_path: Path) -> None:
    """On a pull request that moves the pin both count: what only one knows is known."""
    newer = read(
        build(
            [
                osv.write(
                    tmp_path / "newer",
                    osv.record(events=[{"introduced": "0"}, {"fixed": "1.0"}]),
                    osv.record("PYSEC-2026-3", events=[{"introduced": "2.0"}]),
                )
            ]
        ).content
    )
    both = Answers(snapshots=[newer, snapshot])

    assert [item.id for item in both.affecting("acme", "1.5")] == ["PYSEC-2026-1"]
    assert [item.id for item in both.affecting("acme", "2.5")] == ["PYSEC-2026-3"]
    assert [item.id for item in both.about("zope-interface")] == ["PYSEC-2026-2"]


def test_nobody_answers_afterwards(answers: Answers) -> None:
    with served(answers) as url:
        assert _ask(url, _query("acme"))[0] == 200

    with pytest.raises(urllib.error.URLError):
        _ask(url, _query("acme"))
