"""Documents to layers: every error of every file at once, each at its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inseam.policy.load import load_policies
from inseam.policy.modes import Mode
from inseam.policy.reader import MAX_MESSAGES

HEAD = b'schema: inseam.policy/1\nkind: org\nversion: "1"\nowner: o\n'

WRONG_ORGS = [
    (HEAD + b"gatez: {}\n", "5:1 unknown-key", "did you mean 'gates'?"),
    (HEAD.replace(b'"1"', b"1.10"), "3:10 wrong-type", 'quote it: "1.10"'),
    (HEAD.replace(b'"1"', b"true"), "3:10 wrong-type", 'quote it: "true"'),
    (HEAD.replace(b"owner: o\n", b""), "1:1 missing-key", "add `owner:`"),
    (HEAD.replace(b"owner: o", b"owner: ' '"), "4:8 wrong-value", "correct the value"),
    (HEAD.replace(b"owner: o", b"owner:"), "4:1 no-value", "give it one, or remove it"),
    (HEAD.replace(b"policy/1", b"policy/2"), "1:9 wrong-schema", "write `schema: inseam.policy/1`"),
    (HEAD.replace(b"kind: org", b"kind: service"), "2:7 wrong-kind", "write `kind: org`"),
    (HEAD.replace(b"kind: org", b"kind: [org]"), "2:7 wrong-value", "correct the value"),
    (HEAD + b"gates: [lint]\n", "5:8 wrong-type", "write a mapping"),
    (HEAD + b"gates: {lynt: {}}\n", "5:9 unknown-gate", "did you mean 'lint'?"),
    (HEAD + b"gates: {zzz: {}}\n", "5:9 unknown-gate", "use one of: audit-log, few, lint, types"),
    (HEAD + b"gates: {lint: }\n", "5:9 no-value", "give it one, or remove it"),
    (HEAD + b"gates: {lint: {rolout: {}}}\n", "5:16 unknown-key", "did you mean 'rollout'?"),
    (HEAD + b"gates: {lint: {rollout: {enforced: 2026-01-01}}}\n", "5:26 unknown-key", "'enforce'"),
    (HEAD + b"gates: {lint: {rollout: {warn: 2026-02-30}}}\n", "5:32 wrong-value", "correct"),
    (HEAD + b"gates: {lint: {rollout: {warn: 2026-2-3}}}\n", "5:32 wrong-value", "correct"),
    (HEAD + b"gates: {lint: {rollout: {warn: 20260203}}}\n", "5:32 wrong-value", "correct"),
    (HEAD + b"gates: {lint: {rollout: {warn: tomorrow}}}\n", "5:32 wrong-value", "correct"),
    (HEAD + b"gates: {lint: {applies: 'no'}}\n", "5:25 wrong-type", "write true or false"),
    (HEAD + b"gates: {lint: {applies: off}}\n", "5:25 ambiguous", "true, false"),
    (HEAD + b"gates: {lint: {settings: {strickt: true}}}\n", "5:27 unknown-key", "'strict'"),
    (HEAD + b"gates: {lint: {settings: {strict: yes}}}\n", "5:35 ambiguous", "true, false"),
    (HEAD + b"gates: {lint: {settings: {minimum: '5'}}}\n", "5:36 wrong-type", "whole number"),
    (HEAD + b"gates: {lint: {settings: {minimum: 5.5}}}\n", "5:36 wrong-type", "whole number"),
    (HEAD + b"gates: {lint: {settings: {minimum: -5}}}\n", "5:36 wrong-value", "correct"),
    (HEAD + b"gates: {lint: {settings: {select: E}}}\n", "5:35 wrong-type", "write a list"),
    (HEAD + b"gates: {lint: {settings: {select: [E, 1.10]}}}\n", "5:39 wrong-type", '"1.10"'),
    (HEAD + b"gates: {lint: {settings: {per_path: {a: [S, 2]}}}}\n", "5:45 wrong-type", '"2"'),
    (HEAD + b"gates: {lint: {settings: []}}\n", "5:26 wrong-type", "write a mapping"),
    (HEAD + b"gates: {lint: {settings: {minimum: 200}}}\n", "5:16 wrong-settings", "change"),
    (HEAD + b"gates: {lint: {cohorts: {audit: {percent: 1}}}}\n", "5:26 unknown-key", "use one of"),
    (HEAD + b"gates: {lint: {cohorts: {warn: {percent: 101}}}}\n", "5:42 wrong-value", "correct"),
    (HEAD + b"gates: {lint: {waivers: {floor: warn}}}\n", "5:16 missing-key", "`max_days:`"),
    (HEAD + b"gates: {lint: {waivers: {floor: off, max_days: 1}}}\n", "5:33 ambiguous", "quote"),
    (
        HEAD + b"gates: {lint: {waivers: {floor: none, max_days: 1}}}\n",
        "5:33 wrong-value",
        "correct",
    ),
    (HEAD + b"gates: {lint: {ratchet: {burn_down: {soon: 1}}}}\n", "5:38 wrong-value", "the key"),
    (HEAD + b"gates: {lint: {ratchet: {burn_down: {2026-01-01: -1}}}}\n", "5:50 wrong-value", ""),
    (HEAD + b"gates: {lint: {ratchet: {baseline: x.json}}}\n", "5:26 unknown-key", "burn_down"),
    (HEAD + b"gates: {lint: {applies: false}}\n", "5:16 no-reason", "add `reason:`"),
]


@pytest.mark.parametrize(("data", "place", "fix"), WRONG_ORGS, ids=[w[1] for w in WRONG_ORGS])
def test_a_wrong_document(data: bytes, place: str, fix: str, repository: Any, codes: Any) -> None:
    errors = repository.load(data).errors
    assert codes.of(errors) == [place]
    assert fix in errors[0].fix
    assert errors[0].message[0].islower() or not errors[0].message[0].isalpha()
    assert not errors[0].message.endswith(".")


def test_messages_read_like_those_of_the_reference(repository: Any) -> None:
    policies = repository.load(
        "types: {}\nlint: {rollout: {enforce: 2027-03-01}}",
        services={"billing": "lint:\n  rollout: {enforce: 2027-06-01}"},
    )
    assert [str(error) for error in policies.errors] == [
        (
            "policies/services/billing.yaml:9:15: policy/loosens: gates.lint.rollout.enforce "
            "2027-06-01 is later than 2027-03-01 (policies/org.yaml:7:20)\n"
            "  fix: remove it, or ask for a waiver"
        )
    ]


def test_all_errors_of_all_files_come_at_once(repository: Any, codes: Any) -> None:
    policies = repository.load(
        HEAD + b"gates:\n  lint: {applies: off, rolout: 1, settings: {selct: [A], minimum: x}}\n",
        profiles={"web": "lint: {rollout: {warn: never}}"},
        services={"a": b"\xff", "b": "lint: {settings: {strict: 1}}", "c": b"kind: service\n"},
    )
    assert [
        f"{error.file} {code}"
        for error, code in zip(policies.errors, codes.of(policies.errors), strict=True)
    ] == [
        "policies/org.yaml 6:19 ambiguous",
        "policies/org.yaml 6:24 unknown-key",
        "policies/org.yaml 6:46 unknown-key",
        "policies/org.yaml 6:67 wrong-type",
        "policies/profiles/web.yaml 5:26 wrong-value",
        "policies/services/a.yaml 1:1 encoding",
        "policies/services/b.yaml 8:29 wrong-type",
        *["policies/services/c.yaml 1:1 missing-key"] * 4,
    ]


def test_what_is_broken_is_not_also_reported_missing(repository: Any) -> None:
    policies = repository.load(
        "lint: {cohorts: {enforce: {include: [broken]}}}",
        profiles={"web": "zzz: {}"},
        services={"api": repository.service("api", profiles="[web]"), "broken": b"\xff"},
    )
    assert [error.file for error in policies.errors] == [
        "policies/profiles/web.yaml",
        "policies/services/broken.yaml",
    ]


def test_a_file_has_at_most_so_many_errors(repository: Any) -> None:
    keys = b"".join(b"key%d: 1\n" % n for n in range(5000))
    assert len(repository.load(HEAD + keys).errors) == MAX_MESSAGES
    gates = b"gates:\n" + b"".join(b"  gate%d: {}\n" % n for n in range(5000))
    assert len(repository.load(HEAD + gates).errors) == MAX_MESSAGES


def test_a_layer_knows_what_it_states_and_where(repository: Any) -> None:
    policies = repository.valid(
        """
        lint:
          rollout: {warn: 2026-10-01, enforce: '2027-03-01'}
          settings:
            select: [E, F]
        """
    )
    org = policies.org
    assert org is not None
    assert org.document.version == "1"
    stated = org.gates["lint"]
    assert stated.settings == {"select": frozenset("EF")}
    assert stated.rollout.day(Mode.RATCHET).isoformat() == "2027-03-01"
    assert str(org.at("gates", "lint", "settings", "select", 1)) == "policies/org.yaml:9:19"


class TestFiles:
    """Which files are policy."""

    def test_without_any_there_is_no_organisation(self, repository: Any, codes: Any) -> None:
        policies = load_policies({}, repository.gates)
        assert policies.is_empty
        assert codes.of(policies.errors) == ["1:1 no-org"]
        assert policies.errors[0].file == "policies/org.yaml"

    def test_misplaced_ones_are_errors(self, repository: Any) -> None:
        policies = repository.load(
            **{
                "policies/services/a.yml": b"",
                "policies/sevices/b.yaml": b"",
                "policies/services/deep/c.yaml": b"",
                "policies/extra.yaml": b"",
            }
        )
        assert [(error.file, error.code) for error in policies.errors] == [
            ("policies/extra.yaml", "policy/misplaced-file"),
            ("policies/services/a.yml", "policy/misplaced-file"),
            ("policies/services/deep/c.yaml", "policy/misplaced-file"),
            ("policies/sevices/b.yaml", "policy/misplaced-file"),
        ]

    def test_generated_ones_and_other_files_are_no_policy(self, repository: Any) -> None:
        files = {
            "policies/schema/org.json": b"{",
            "policies/baselines/a/x.yaml": b"[",
            "policies/README.md": b"\xff",
        }
        assert not repository.load(**files).errors

    def test_the_folder_may_be_anywhere(self, repository: Any) -> None:
        files = {
            "/x/y/org.yaml": repository.org(),
            "/x/y/services/a.yaml": repository.service("a"),
        }
        policies = load_policies(files, repository.gates)
        assert (policies.root, list(policies.services), policies.errors) == ("/x/y", ["a"], ())


_VALID = b"""schema: inseam.policy/1
kind: service
name: billing
owner: "@acme/payments"
path: services/billing
profiles: [web]
gates:
  lint:
    rollout: {enforce: 2027-01-15}
    settings: {select: [B], minimum: 20, per_path: {"tests/*": [S]}}
    ratchet: {baseline: x/y.json, burn_down: {2026-12-15: 40, 2027-01-15: 0}}
waivers:
  - {id: W-1, gate: lint, match: {rule: lint/x}, reason: r, owner: o, created: 2026-11-20,
     expires: 2026-12-03}
"""
_PIECES = [b"off", b"1.10", b"{", b"[", b"]", b"&a ", b"*a", b"\n", b"\t", b": ", b"- ", b"\x00"]
_PIECES += [
    b"\xff",
    b"null",
    b"''",
    b"2026-13-01",
    b"!!int ",
    b"gates",
    b"?",
    b"|",
    b"999999999999",
]


@given(
    st.lists(
        st.tuples(st.integers(0, len(_VALID)), st.integers(0, 12), st.sampled_from(_PIECES)),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_slip_gives_located_errors_or_a_layer(
    repository: Any, edits: list[tuple[int, int, bytes]]
) -> None:
    data = _VALID
    for start, length, piece in edits:
        data = data[:start] + piece + data[start + length :]
    org = repository.org("lint: {waivers: {floor: warn, max_days: 30}}")
    files = {
        "policies/org.yaml": org,
        "policies/profiles/web.yaml": repository.profile("web"),
        "policies/services/billing.yaml": data,
    }
    policies = load_policies(files, repository.gates)
    assert policies.services or policies.errors
    for error in policies.errors:
        assert error.file == "policies/services/billing.yaml"
        assert error.line <= data.count(b"\n") + 2
        assert error.fix


@given(
    st.dictionaries(
        st.sampled_from(
            ["policies/org.yaml", "policies/services/a.yaml", "x", "org.yaml", "a/b.yml"]
        )
        | st.text(max_size=8),
        st.binary(max_size=50),
        max_size=4,
    )
)
@settings(max_examples=100)
def test_arbitrary_files_never_raise(repository: Any, files: dict[str, bytes]) -> None:
    assert load_policies(files, repository.gates).errors
