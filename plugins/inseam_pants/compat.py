"""Pants under today's names, whichever release runs.

The backend calls rules by name, as Pants 2.31 to 2.33 want it. Pants 2.17.1, the newest on the
package index, knows `Get` only: `_legacy` gives it the same names. Everything that differs between
the releases is imported from here, and nothing else looks at the version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pants.version import PANTS_SEMVER

if TYPE_CHECKING or PANTS_SEMVER.release >= (2, 31):
    from pants.backend.python.util_rules.pex import create_venv_pex, setup_venv_pex_process
    from pants.core.util_rules.env_vars import environment_vars_subset
    from pants.core.util_rules.source_files import determine_source_files
    from pants.core.util_rules.system_binaries import find_binary
    from pants.engine.internals.graph import filter_targets, find_owners, transitive_targets
    from pants.engine.intrinsics import (
        add_prefix,
        create_digest,
        digest_to_snapshot,
        execute_process,
        get_digest_contents,
        get_digest_entries,
        merge_digests,
        path_globs_to_digest,
        path_globs_to_paths,
        remove_prefix,
    )
    from pants.engine.rules import _uncacheable_rule as session_rule
    from pants.engine.rules import collect_rules, concurrently, goal_rule, implicitly, rule
    from pants.source.source_root import get_optional_source_roots
else:
    from pants.engine.rules import collect_rules, goal_rule

    from inseam_pants._legacy import (
        add_prefix,
        concurrently,
        create_digest,
        create_venv_pex,
        determine_source_files,
        digest_to_snapshot,
        environment_vars_subset,
        execute_process,
        filter_targets,
        find_binary,
        find_owners,
        get_digest_contents,
        get_digest_entries,
        get_optional_source_roots,
        implicitly,
        merge_digests,
        path_globs_to_digest,
        path_globs_to_paths,
        remove_prefix,
        rule,
        session_rule,
        setup_venv_pex_process,
        transitive_targets,
    )

__all__ = [
    "add_prefix",
    "collect_rules",
    "concurrently",
    "create_digest",
    "create_venv_pex",
    "determine_source_files",
    "digest_to_snapshot",
    "environment_vars_subset",
    "execute_process",
    "filter_targets",
    "find_binary",
    "find_owners",
    "get_digest_contents",
    "get_digest_entries",
    "get_optional_source_roots",
    "goal_rule",
    "implicitly",
    "merge_digests",
    "path_globs_to_digest",
    "path_globs_to_paths",
    "remove_prefix",
    "rule",
    "session_rule",
    "setup_venv_pex_process",
    "transitive_targets",
]
