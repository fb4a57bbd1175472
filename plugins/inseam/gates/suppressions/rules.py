"""The rules: one for each kind of suppression."""

from __future__ import annotations

from inseam.gates.contract import Rule
from inseam.gates.suppressions.settings import Kind

GATE = "suppressions"

_LINE = "What it hides is not seen when the line changes, and nobody is asked to take it away."
_FILE = "It hides what is there today and all that will be written into the file."
_BARE = "It names no code, so it also hides errors that nobody has looked at yet."
_AWAY = "It looks as if the service could decide; the tool run by hand says less than the gate."
_OTHER = "It keeps a tool that is not one of this bundle's gates from looking."

_MEND = "Mend what the tool points at and delete the comment"
_TABLE: dict[Kind, tuple[str, str, str]] = {
    "build-skip": (
        "A BUILD file switches a tool off for a target.",
        "Pants then passes the target by in silence.",
        "Delete the field; if the gate cannot hold yet, ask for a waiver.",
    ),
    "file-noqa-bare": (
        "A comment silences all of ruff for a file.",
        _FILE,
        f"{_MEND}, or name the codes on the lines that need them.",
    ),
    "file-noqa-coded": (
        "A comment silences rules of ruff for a file.",
        _FILE,
        f"{_MEND}, or name the codes on the lines that need them.",
    ),
    "fmt-off": (
        "A comment switches the formatter off from here on.",
        "The code below it drifts from the format of all other code.",
        "Delete the comment and format the file.",
    ),
    "fmt-skip": (
        "A comment keeps the formatter from a statement.",
        "The statement drifts from the format of all other code.",
        "Delete the comment and format the file.",
    ),
    "isort-off": (
        "A comment keeps imports from being sorted.",
        _FILE,
        "Delete the comment and sort the imports.",
    ),
    "mypy-config": (
        "The service's configuration of mypy loosens it.",
        _AWAY,
        "Delete the option; state what the service needs in its policy, or ask for a waiver.",
    ),
    "mypy-disable-error-code": (
        "A comment switches one of mypy's codes off for a file.",
        _FILE,
        f"{_MEND}, or name the code on the lines that need it.",
    ),
    "mypy-ignore-errors": (
        "A comment silences mypy for a file.",
        _FILE,
        f"{_MEND}, or name the codes on the lines that need them.",
    ),
    "mypy-inline": (
        "A comment loosens one of mypy's options for a file.",
        _FILE,
        f"{_MEND}.",
    ),
    "no-cover": (
        "A comment takes code out of the measured coverage.",
        _OTHER,
        "Test the code and delete the comment.",
    ),
    "no-type-check": (
        "A decorator silences mypy for a function or class.",
        _BARE,
        "Mend the types and delete the decorator.",
    ),
    "noqa-bare": (
        "A comment silences all of ruff for a line.",
        _BARE,
        f"{_MEND}, or name the codes that it is about.",
    ),
    "noqa-coded": ("A comment silences rules of ruff for a line.", _LINE, f"{_MEND}."),
    "nosec": ("A comment silences bandit for a line.", _OTHER, f"{_MEND}."),
    "ruff-config": (
        "The service's configuration of ruff leaves rules or files out.",
        _AWAY,
        "Delete the entry; state what the service needs in its policy, or ask for a waiver.",
    ),
    "ruff-disable": (
        "A comment silences rules of ruff from here on.",
        "Without its counterpart it hides everything down to the end of the block.",
        f"{_MEND}.",
    ),
    "ruff-ignore": ("A comment silences rules of ruff for a statement.", _LINE, f"{_MEND}."),
    "type-ignore-bare": (
        "A comment silences mypy for a line.",
        _BARE,
        f"{_MEND}, or name the codes that it is about.",
    ),
    "type-ignore-coded": ("A comment silences codes of mypy for a line.", _LINE, f"{_MEND}."),
    "type-ignore-file": (
        "A comment above all code silences mypy for a file.",
        _FILE,
        f"{_MEND}, or name the codes on the lines that need them.",
    ),
}

RULES: tuple[Rule, ...] = tuple(
    Rule(id=f"{GATE}/{kind}", summary=summary, why=why, fix=fix)
    for kind, (summary, why, fix) in sorted(_TABLE.items())
)
"""All rules, one for each member of `Kind`."""


def _clause(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")


FIXES: dict[Kind, str] = {kind: _clause(fix) for kind, (_, _, fix) in _TABLE.items()}
"""What to do about each kind, as findings say it."""

SUMMARIES: dict[Kind, str] = {kind: _clause(summary) for kind, (summary, _, _) in _TABLE.items()}
"""What each kind does, as findings say it."""
