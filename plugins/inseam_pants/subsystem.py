"""The options of `[inseam]`."""

from __future__ import annotations

import enum

from pants.option.option_types import (
    BoolOption,
    DictOption,
    EnumOption,
    SkipOption,
    StrListOption,
    StrOption,
)
from pants.option.subsystem import Subsystem

DEFAULT_ENV_VARS = (
    "PATH",
    "HOME",
    "PYENV_ROOT",
    "INSEAM_POSTGRESQL_URL",  # a server for migrations
    "XDG_DATA_HOME",  # where uv keeps its interpreters
    "PIP_*",
    "UV_*",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)


class Advisories(enum.Enum):
    """Where gates have from what is known of packages."""

    PINNED = "pinned"
    LIVE = "live"


class InseamSubsystem(Subsystem):
    options_scope = "inseam"
    name = "inseam"
    help = "The organisation's policy for Python services, and how its gates run."

    skip = SkipOption("lint", "check")

    policies = StrOption(
        default="policies",
        help="The folder of policy documents, relative to the workspace's root.",
    )
    as_of = StrOption(
        default=None,
        metavar="<date>",
        help="The day to judge by, such as 2026-11-22. Defaults to today in UTC.",
    )
    base = StrOption(
        default=None,
        metavar="<ref>",
        help=(
            "What a pull request goes to, such as `origin/main`. Policy then is that of the merge "
            "base joined with that of the tree, the stricter of the two in everything, so that no "
            "change can loosen the gate that judges it."
        ),
    )
    gates = StrListOption(help="Run only these gates. Defaults to all.")
    fix = BoolOption(
        default=False,
        help=(
            "Whether `fix` applies the changes that gates know to be safe. Best said on the "
            "command line, `--inseam-fix fix`: set for good, `lint` fails as well wherever `fix` "
            "would change something."
        ),
    )
    advisories = EnumOption(
        default=Advisories.PINNED,
        help=(
            "What the gate `pip-audit` compares locks with: the snapshot that policy pins, whose "
            "results are cached, or, with `live`, what the advisory service knows at this moment, "
            "for scheduled runs."
        ),
    )
    time_limits = DictOption[int](
        advanced=True,
        help="Seconds that one unit of a gate may take, in place of the gate's own limit, by gate.",
    )
    env_vars = StrListOption(
        default=list(DEFAULT_ENV_VARS),
        advanced=True,
        help=(
            "The environment variables that gates see which install something: a service's "
            "environment, as `mypy` does, or a tool, as `pip-audit` does; `*` stands for any "
            "ending. They take part in those units' cache keys. Other gates see none."
        ),
    )
    engine_lock = StrOption(
        default=None,
        advanced=True,
        metavar="<path>",
        help=(
            "A requirements file with hashes, in place of the one that comes with inseam, to lock "
            "the tools that gates run (ruff, uv and the engine's own dependencies)."
        ),
    )
    interpreter_constraints = StrListOption(
        default=[">=3.11"],
        advanced=True,
        help="The Python that runs the engine; 3.11 is the oldest that can.",
    )
    tailor = BoolOption(
        default=True,
        advanced=True,
        help=(
            "If true, `tailor` adds a `python_service` wherever a lock lies next to a "
            "`pyproject.toml` that has a `[project]` or `[tool.poetry]` table."
        ),
    )
