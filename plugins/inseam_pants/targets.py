"""The `python_service` target."""

from __future__ import annotations

import functools
import os.path
from dataclasses import dataclass
from typing import ClassVar

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    DictStringToStringField,
    FieldSet,
    MultipleSourcesField,
    StringField,
    Target,
)
from pants.source.filespec import FilespecMatcher

DEFAULT_SOURCES = (
    "**/*.py",
    "**/*.pyi",
    "**/*.ipynb",
    "**/*.toml",
    "**/*.cfg",
    "**/*.ini",
    "**/*.lock",
    "**/*.sql",
    "**/*.mako",
    "**/requirements*.txt",
    "**/requirements*.in",
    "**/py.typed",
    "**/BUILD",
    "**/BUILD.*",
)
"""What gates read: code, the configuration of tools, locks, migrations."""


@functools.lru_cache(maxsize=4096)  # parsing globs is slow, and Pants asks for each changed file
def _matcher(globs: tuple[str, ...]) -> FilespecMatcher:
    return FilespecMatcher(
        [glob for glob in globs if not glob.startswith("!")],
        [glob[1:] for glob in globs if glob.startswith("!")],
    )


class ServiceSourcesField(MultipleSourcesField):
    """Claims files without owning them.

    The files belong to `python_sources` and the like. A service that owned them as well would
    keep `tailor` from proposing those targets, as it skips files that any target owns. So `globs`,
    by which Pants finds the files that a target owns, is empty, while `filespec_matcher`, by which
    it finds the targets that a changed file concerns, matches all of the service.
    """

    default = DEFAULT_SOURCES
    uses_source_roots = False
    help = (
        "The files that gates read, as globs below the service's folder. Files of another "
        "`python_service` in a folder below are left out. A change of any of them makes "
        "`--changed-since` select the service.\n\n"
        "The service does not own these files: declare `python_sources` and the like for them, so "
        "that Pants infers which libraries the service imports."
    )

    @property
    def globs(self) -> tuple[str, ...]:
        return ()

    @property
    def filespec_matcher(self) -> FilespecMatcher:
        return _matcher(self.rooted_globs)

    @property
    def rooted_globs(self) -> tuple[str, ...]:
        """The globs relative to the workspace; those that exclude begin with `!`."""
        folder = self.address.spec_path
        return tuple(self.prefix_glob_with_dirpath(folder, glob) for glob in self.value or ())


class ServicePolicyField(StringField):
    alias = "policy"
    help = (
        "The service's name in policy: the `name` of its document in `policies/services/`. "
        "Defaults to the name of the service's folder; a service at the root must state it."
    )


class ServicePyprojectField(StringField):
    alias = "pyproject"
    help = (
        "The service's `pyproject.toml`, relative to its folder, or from the root with a leading "
        "`//`. Defaults to `pyproject.toml` if there is one."
    )


class ServiceLockField(StringField):
    alias = "lock"
    help = (
        "The file that locks the service's dependencies, relative to its folder, or from the root "
        "with a leading `//` (a workspace's lock). Defaults to the first that exists of `uv.lock`, "
        "`poetry.lock`, `requirements*.lock`, and a `requirements*.txt` with hashes."
    )


class ServiceLockKindField(StringField):
    alias = "lock_kind"
    valid_choices = ("uv", "poetry", "requirements", "pex")
    help = "What wrote the lock, where its name does not tell."


class ServiceResolveField(StringField):
    alias = "resolve"
    help = "The Pants resolve that locks the service's dependencies, in place of a lock of its own."


class ServiceFactsField(DictStringToStringField):
    alias = "facts"
    help = (
        "Further facts that single gates read, such as `{'alembic_ini': 'db/alembic.ini'}`; "
        "their pages say which."
    )


class ServiceDependenciesField(Dependencies):
    help = (
        "Rarely needed: a service depends on every Python target in its folder by itself, and so "
        "on the libraries that these import."
    )


class PythonService(Target):
    alias = "python_service"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ServiceSourcesField,
        ServiceDependenciesField,
        ServicePolicyField,
        ServicePyprojectField,
        ServiceLockField,
        ServiceLockKindField,
        ServiceResolveField,
        ServiceFactsField,
    )
    help = (
        "A deployable Python project that the organisation's policy judges: a folder with a "
        "`pyproject.toml` and one lock."
    )


@dataclass(frozen=True)
class ServiceFieldSet(FieldSet):
    """A service as its BUILD file states it."""

    required_fields: ClassVar[tuple[type[ServiceSourcesField]]] = (ServiceSourcesField,)

    sources: ServiceSourcesField
    policy: ServicePolicyField
    pyproject: ServicePyprojectField
    lock: ServiceLockField
    lock_kind: ServiceLockKindField
    resolve: ServiceResolveField
    facts: ServiceFactsField

    @property
    def root(self) -> str:
        """The service's folder, relative to the workspace; "." for the workspace itself."""
        return self.address.spec_path or "."

    def path(self, stated: str) -> str:
        """A path that a field states, relative to the workspace."""
        if stated.startswith("//"):
            return os.path.normpath(stated[2:])
        return os.path.normpath(os.path.join(self.address.spec_path, stated))
