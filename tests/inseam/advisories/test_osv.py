"""Records: what they come to, and what is wrong with them, located."""

from __future__ import annotations

from typing import Any, Protocol

import pytest
from packaging.version import Version

from inseam.advisories.advisory import Advisory
from inseam.advisories.osv import RecordError, compile_record


class Osv(Protocol):
    """What the fixture `osv` gives."""

    def record(self, identifier: str = ..., package: str = ..., **more: Any) -> dict[str, Any]:
        """A record."""


def _only(record: dict[str, Any]) -> Advisory:
    (advisory,) = compile_record(record).packages.values()
    return advisory


def test_a_record_is_compact(osv: Osv) -> None:
    record = osv.record(
        aliases=["GHSA-aaaa-bbbb-cccc", "CVE-2026-1", "CVE-2026-1 ,"],
        summary="Reads  too\nmuch",
        published="2026-10-01T00:00:00.123Z",
        database_specific={"severity": "MODERATE", "cwe_ids": []},
        references=[
            {"type": "WEB", "url": "https://example.com/web"},
            {"type": "ADVISORY", "url": "https://example.com/advisory"},
        ],
    )
    record["affected"][0]["versions"] = ["1.0", "1.9", "2.0", "2.0.0+b1", "2004d"]

    compiled = compile_record(record)
    advisory = _only(record)

    assert advisory.compact() == {
        "id": "PYSEC-2026-1",
        "aliases": ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
        "summary": "Reads too much",
        "severity": "medium",
        "published": "2026-10-01",
        "url": "https://example.com/advisory",
        "ranges": [["0", "<", "2.0"]],
        "versions": ["2.0", "2.0.0+b1"],  # the others are in the range
    }
    assert Advisory.of(advisory.compact()) == advisory
    assert compiled.legacy_versions == 1


def test_names_are_normalised(osv: Osv) -> None:
    assert list(compile_record(osv.record(package="Zope.Interface__x")).packages) == [
        "zope-interface-x"
    ]


def test_other_ecosystems_are_left_out(osv: Osv) -> None:
    record = osv.record()
    record["affected"].append({"package": {"ecosystem": "npm", "name": "acme"}, "versions": ["9"]})
    record["affected"].append(
        {"package": {"ecosystem": "PyPI:extra", "name": "acme"}, "versions": ["8"]}
    )

    assert _only(record).versions == ("8",)
    record["affected"] = record["affected"][1:2]
    assert compile_record(record).packages == {}


def test_a_withdrawn_record_says_nothing(osv: Osv) -> None:
    compiled = compile_record(osv.record(withdrawn="2026-11-02T00:00:00Z", affected="nonsense"[:0]))

    assert compiled.withdrawn
    assert compiled.packages == {}


def test_a_severity_that_cvss_does_not_know_is_none(osv: Osv) -> None:
    """The advisory is worth more than its vector, and what is unknown counts as bad."""
    vector = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:X"}
    record = osv.record(severity=[vector], database_specific={"severity": "LOW"})

    assert compile_record(record).is_unrated
    assert _only(record).severity == "unknown"
    assert not compile_record(osv.record()).is_unrated


def test_null_is_nothing_stated(osv: Osv) -> None:
    record = osv.record(withdrawn=None, aliases=None, severity=None, references=None)
    record["affected"][0]["versions"] = None

    assert _only(record).affects(Version("1.0"))


@pytest.mark.parametrize("spelling", ["", "null", "~"])
def test_null_of_yaml_is_nothing_stated(osv: Osv, spelling: str) -> None:
    assert not compile_record(osv.record(withdrawn=spelling, aliases=spelling)).withdrawn


def test_commits_alone_match_no_version(osv: Osv) -> None:
    record = osv.record()
    record["affected"][0]["ranges"] = [
        {"type": "GIT", "repo": "https://example.com/a.git", "events": [{"introduced": "0"}]}
    ]

    compiled = compile_record(record)

    assert compiled.only_commits
    assert compiled.packages == {}


def test_commits_next_to_versions_change_nothing(osv: Osv) -> None:
    record = osv.record()
    record["affected"][0]["ranges"].append(
        {"type": "GIT", "repo": "https://example.com/a.git", "events": [{"introduced": "0"}]}
    )

    assert not compile_record(record).only_commits
    assert not _only(record).affects(Version("2.0"))


def test_semantic_versions_are_read_as_those_of_python(osv: Osv) -> None:
    record = osv.record()
    record["affected"][0]["ranges"] = [
        {"type": "SEMVER", "events": [{"introduced": "1.0.0-alpha.2"}, {"fixed": "1.0.0"}]}
    ]

    advisory = _only(record)

    assert advisory.affects(Version("1.0.0rc1"))
    assert not advisory.affects(Version("1.0.0a1"))
    assert not advisory.affects(Version("1.0"))


def test_malicious_packages_are_affected_in_all_versions(osv: Osv) -> None:
    advisory = _only(osv.record("MAL-2026-1", events=[{"introduced": "0"}]))

    assert advisory.affects(Version("0.dev0"))
    assert list(advisory.fixes()) == []
    assert advisory.severity == "critical"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "a b"}, "id: "),
        ({"id": None}, "id: "),
        ({"modified": "yesterday"}, "modified: "),
        ({"modified": "2026-02-30T00:00:00Z"}, "modified: "),
        ({"withdrawn": "soon"}, "withdrawn: "),
        ({"schema_version": "2.0.0"}, "schema_version: '2.0.0' is not 1"),
        ({"affected": {}}, "affected: "),
        ({"affected": [{"package": {"name": "x"}}]}, "affected[0].package.ecosystem: "),
        ({"severity": [{"type": "CVSS_V3"}]}, "severity[0].score: "),
        ({"aliases": [1]}, "aliases[0]: "),
    ],
)
def test_what_is_malformed_is_located(osv: Osv, change: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError) as raised:
        compile_record({**osv.record(), **change})

    assert raised.value.problems[0].startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"package": {"ecosystem": "PyPI", "name": "-"}}, "affected[0].package.name: '-' is no"),
        ({"ranges": [{"type": "FOO", "events": []}]}, "affected[0].ranges[0].type: 'FOO'"),
        (
            {
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2019-x"}]}
                ]
            },
            "affected[0].ranges[0].events: `fixed: 2019-x` is no version by PEP 440",
        ),
        (
            {"ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "1.0"}]}]},
            "affected[0].ranges[0].events: no event introduces anything",
        ),
        ({"ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": 1.1}]}]}, "affected[0].ranges[0]"),
        ({"ranges": [], "versions": []}, "affected[0]: it names neither versions nor ranges"),
    ],
)
def test_what_is_malformed_in_a_package_is_located(
    osv: Osv, change: dict[str, Any], said: str
) -> None:
    record = osv.record()
    record["affected"][0].update(change)

    with pytest.raises(RecordError) as raised:
        compile_record(record)

    assert raised.value.problems[0].startswith(said)


def test_all_that_is_wrong_is_said_at_once(osv: Osv) -> None:
    record = osv.record(events=[{"fixed": "1.0"}])
    record["affected"].append({"package": {"ecosystem": "PyPI", "name": "other"}})

    with pytest.raises(RecordError) as raised:
        compile_record(record)

    assert len(raised.value.problems) == 2


@pytest.mark.parametrize("raw", [None, [], "text", 7])
def test_what_is_no_mapping_is_no_record(raw: object) -> None:
    with pytest.raises(RecordError):
        compile_record(raw)
