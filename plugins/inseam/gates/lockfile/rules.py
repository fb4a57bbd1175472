"""The rules: what a lock can have wrong with it."""

from __future__ import annotations

from inseam.findings.model import Severity
from inseam.gates.contract import Rule

GATE = "lockfile"

_RELOCK = "Make the lock again with the command that the finding names, and commit it."
_ATTACK = (
    "No tool writes this, and none looks for it: uv and Poetry install what the lock says. "
    "Somebody edited it, or merged it by hand."
)

_TABLE: tuple[tuple[str, Severity, str, str, str], ...] = (
    (
        "stale",
        Severity.ERROR,
        "The lock is not what its project asks for.",
        "What is tested and deployed is not what the project says it needs.",
        _RELOCK,
    ),
    (
        "missing",
        Severity.ERROR,
        "The service has no lock.",
        "Every installation may take other versions, and nothing says which were tested.",
        "Make a lock (`uv lock`), commit it, and name it in the service's target.",
    ),
    (
        "unsatisfied",
        Severity.ERROR,
        "A locked version is none that was asked for.",
        _ATTACK,
        _RELOCK,
    ),
    (
        "missing-package",
        Severity.ERROR,
        "Something in the lock depends on a package that the lock does not hold.",
        _ATTACK,
        _RELOCK,
    ),
    (
        "unreachable-package",
        Severity.ERROR,
        "The lock holds a package that nothing asks for.",
        _ATTACK,
        _RELOCK,
    ),
    (
        "misnamed-file",
        Severity.ERROR,
        "A file is locked for a package or version that its name is not of.",
        _ATTACK,
        _RELOCK,
    ),
    (
        "changed-record",
        Severity.ERROR,
        "What the lock records of a file differs from the base's, though its version is the same.",
        "Neither its size nor its upload ever changes; an earlier day hides how young a file is.",
        "Take the base's lock and make it again from there.",
    ),
    (
        "changed-hash",
        Severity.ERROR,
        "The hash of a file differs from the base's, though its version is the same.",
        "An index never changes a file: either the lock now trusts another one, or the index does "
        "not hold what it did.",
        "Find out who changed it and why; take the base's lock and make it again from there.",
    ),
    (
        "changed-host",
        Severity.ERROR,
        "A file is taken from another host than at the base, though its version is the same.",
        "A lock made again from the same index keeps its hosts.",
        "Take the base's lock and make it again, or change the index in the project's settings.",
    ),
    (
        "dropped-dependency",
        Severity.ERROR,
        "A locked version depends on less than the same version did at the base.",
        _ATTACK,
        "Take the base's lock and make it again from there.",
    ),
    (
        "unlike-index",
        Severity.ERROR,
        "The lock says something of a package that its index does not.",
        _ATTACK,
        _RELOCK,
    ),
    (
        "yanked",
        Severity.ERROR,
        "A locked version was withdrawn by its authors.",
        "It is broken or dangerous, they say.",
        "Lock another version.",
    ),
    (
        "no-hash",
        Severity.ERROR,
        "A locked file has no hash, or a weak one.",
        "Whatever the index sends is installed.",
        "Make the lock with SHA-256 hashes.",
    ),
    (
        "foreign-index",
        Severity.ERROR,
        "A package is locked from an index that policy does not name.",
        "Who runs the index decides what is installed.",
        "Take it from an index of the setting `indexes`, or have the index added there.",
    ),
    (
        "foreign-host",
        Severity.ERROR,
        "A locked file lies on a host that policy does not name.",
        "Who runs the host decides what is installed.",
        "Make the lock again from an index of the setting `indexes`, or have the host added to "
        "`file_hosts`.",
    ),
    (
        "direct-source",
        Severity.ERROR,
        "A package is taken from a git repository, an archive or a path, past any index.",
        "It has no version to compare, no advisories, and may change or vanish.",
        "Publish it on an index, or have its address added to `direct_sources` or `path_sources`.",
    ),
    (
        "no-requires-python",
        Severity.ERROR,
        "The project does not say which Pythons it runs on.",
        "Tools then lock for the Python that happens to run them.",
        'Add `requires-python = ">=3.11,<3.14"` to `[project]`.',
    ),
    (
        "open-requires-python",
        Severity.WARNING,
        "`requires-python` has no upper bound.",
        "The lock promises Pythons that nobody has tested.",
        "Bound it by the first minor version that is not tested: `>=3.11,<3.14`.",
    ),
    (
        "dependency-confusion",
        Severity.ERROR,
        "A package of the organisation's own names does not come from its own index.",
        "Anybody can publish a package of that name on a public index.",
        "Bind it to the private index (`[tool.uv.sources]`, Poetry's `source`), and lock again.",
    ),
    (
        "sdist-only",
        Severity.WARNING,
        "A package has no wheel.",
        "To install it runs its own code, which needs compilers and may do anything.",
        "Lock a version that has a wheel, or build one into an index of your own.",
    ),
    (
        "too-young",
        Severity.ERROR,
        "A locked file has not been on its index for as long as policy wants.",
        "Most malicious releases are found and taken down within days.",
        "Wait, or lock an older version; `exclude-newer` in `[tool.uv]` does it by itself.",
    ),
    (
        "age-unknown",
        Severity.ERROR,
        "The lock does not say how old its files are, and policy wants a minimum age.",
        "What is not recorded cannot be judged.",
        "Lock with a recent uv (`uv lock`), whose locks record it, or ask for a waiver.",
    ),
    (
        "versions-differ",
        Severity.ERROR,
        "Services lock different versions of what they ask for directly.",
        "What one service has tested says nothing of the others, and updates are done many times.",
        "Lock the version that most services have.",
    ),
    (
        "tool-version",
        Severity.ERROR,
        "The lock is of a version of its tool that policy does not allow.",
        "Older locks lack what newer ones record; newer ones cannot be read by everybody yet.",
        "Make the lock again with the tool's version that policy wants.",
    ),
)

RULES: tuple[Rule, ...] = tuple(
    Rule(id=f"{GATE}/{code}", severity=severity, summary=summary, why=why, fix=fix)
    for code, severity, summary, why, fix in _TABLE
)

SEVERITIES = {rule.id.partition("/")[2]: rule.severity for rule in RULES}
RELOCKED = frozenset(code for code, _, _, _, fix in _TABLE if fix == _RELOCK)
"""Those that making the lock again takes away; findings name the command."""

FIXES = {code: fix[0].lower() + fix[1:].rstrip(".") for code, _, _, _, fix in _TABLE}
"""What to do about each, as findings say it."""
