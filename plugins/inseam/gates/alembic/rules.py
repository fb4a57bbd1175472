"""The rules."""

from __future__ import annotations

from inseam.findings.model import Severity
from inseam.gates.contract import Rule

GATE = "alembic"

_STOPS = "`alembic upgrade head` stops with an error, in the next deployment at the latest."


def _rule(name: str, summary: str, why: str, fix: str, *, warns: bool = False) -> Rule:
    severity = Severity.WARNING if warns else Severity.ERROR
    return Rule(id=f"{GATE}/{name}", summary=summary, why=why, fix=fix, severity=severity)


CHAIN_RULES = (
    _rule(
        "multiple-heads",
        "More revisions than allowed are followed by no other.",
        f"Two branches each added a revision on top of the same one. {_STOPS}",
        "Let the newer revision follow the other one, or join them: `alembic merge heads`.",
    ),
    _rule(
        "missing-parent",
        "A revision follows or depends on one that does not exist.",
        f"{_STOPS}",
        "Restore the file of the revision that is named, or name the right one.",
    ),
    _rule(
        "duplicate-revision",
        "Two files have the same revision id or branch label.",
        "Of two ids Alembic forgets one with a mere warning; at two labels it stops.",
        "Give the newer one an id and labels of its own, and correct what follows it.",
    ),
    _rule(
        "cycle",
        "A revision comes before itself.",
        f"{_STOPS}",
        "Let one of them follow the revision that it was written after.",
    ),
    _rule(
        "unreachable-revision",
        "Alembic never comes to the revision.",
        "Its file lies where Alembic does not look, or no first revision leads to it.",
        "Move the file to a folder of `version_locations`, or correct what it follows.",
    ),
    _rule(
        "dynamic-revision",
        "A revision's place in the chain is computed.",
        "What it follows may differ between two runs and two machines.",
        "Assign a plain string, at the top level of the file.",
    ),
    _rule(
        "missing-revision",
        "A file among the revisions is none.",
        f"{_STOPS}",
        "Assign `revision` and `down_revision`, or move the file elsewhere.",
    ),
    _rule(
        "live-import",
        "A migration imports the service's own code.",
        "The code goes on changing; the migration then does something else than when it was "
        "written, or nothing at all.",
        "Copy what it needs into the migration: tables with just the columns it uses.",
        warns=True,
    ),
    _rule(
        "no-downgrade",
        "A revision cannot be undone.",
        "A deployment that went wrong can only be mended forward, in a hurry.",
        "Write `downgrade`.",
    ),
    _rule(
        "offline-unsafe",
        "A migration needs a connection, and `alembic upgrade --sql` has none.",
        "The SQL that is handed to a database administrator cannot be printed.",
        "Use `op.execute`, or ask `context.is_offline_mode()` first.",
    ),
    _rule(
        "edited-after-merge",
        "A merged revision was changed in what it does.",
        "Databases that have it already never see the change, so they differ from new ones.",
        "Undo the edit and write a new revision, or declare a squash: the setting `squashed`.",
    ),
    _rule(
        "removed-after-merge",
        "A merged revision was removed.",
        "A database that stands at it can no longer be upgraded.",
        "Restore the file, or declare a squash: the setting `squashed`.",
    ),
)

COMPLETENESS_RULES = (
    _rule(
        "drift-structure",
        "Migrations build another schema than the models describe.",
        "A model's change without its migration fails in production, at the first query.",
        "Write the migration that is missing, or correct the model.",
    ),
    _rule(
        "drift-default",
        "A server default differs between migrations and models.",
        "Rows get other values than whoever reads the models expects.",
        "Change the default in a migration, or correct the model.",
    ),
    _rule(
        "drift-name",
        "Migrations and models give the same thing different names.",
        "The next migration that drops or changes it by its name fails.",
        "Rename it in a migration, or name it in the model.",
        warns=True,
    ),
    _rule(
        "unverifiable",
        "The models describe something that PostgreSQL refuses to make.",
        "So nobody can tell whether the migrations build it.",
        "Correct the model.",
    ),
    _rule(
        "autogenerate",
        "`alembic check` would write a migration where the catalogues do not differ.",
        "Whoever runs `alembic revision --autogenerate` next gets it into theirs.",
        "Spell the model as PostgreSQL does, or let `env.py` leave it out.",
        warns=True,
    ),
)

TRIP_RULES = (
    _rule(
        "downgrade-fails",
        "A new revision's `downgrade` fails.",
        "It is tried for the first time when a deployment went wrong.",
        "Correct `downgrade`.",
    ),
    _rule(
        "downgrade-differs",
        "A new revision's `downgrade` leaves something else than there was before.",
        "The next `upgrade` meets what is left, such as an enum's type, and fails.",
        "Undo in `downgrade` all that `upgrade` does.",
    ),
    _rule(
        "upgrade-again-fails",
        "A new revision cannot be applied again after its `downgrade`.",
        "Whoever took a deployment back cannot deploy it any more.",
        "Undo in `downgrade` all that `upgrade` does.",
    ),
    _rule(
        "upgrade-again-differs",
        "A new revision applied again builds something else than the first time.",
        "What a database holds depends on how often somebody went back.",
        "Undo in `downgrade` all that `upgrade` does.",
    ),
    _rule(
        "data-lost",
        "A new revision, applied and undone, changes rows.",
        "Who takes a deployment back loses data.",
        "Keep the data in `upgrade`, and bring it back in `downgrade`.",
    ),
)

SAFETY_RULES = (
    _rule(
        "unsafe-migration",
        "A new revision's statement blocks or breaks the service while it runs.",
        "The code of the last release still runs while migrations do, on tables that are full.",
        "See what squawk's page says of its rule.",
    ),
)

RULES = (*CHAIN_RULES, *COMPLETENESS_RULES, *TRIP_RULES, *SAFETY_RULES)
"""All rules."""

_BY_ID = {rule.id: rule for rule in RULES}


def fix_of(name: str) -> str:
    """What to do about a rule where nothing better is known, in the imperative."""
    fix = _BY_ID[f"{GATE}/{name}"].fix
    return fix[0].lower() + fix[1:].rstrip(".")


def severity_of(name: str) -> Severity:
    """How much a finding of a rule weighs."""
    return _BY_ID[f"{GATE}/{name}"].severity
