"""What a pull request goes to: policy and baselines as they are at its merge base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pants.base.build_environment import get_buildroot
from pants.core.util_rules.system_binaries import BinaryPathRequest, SearchPath
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.util.logging import LogLevel

from inseam_pants.compat import (
    collect_rules,
    create_digest,
    environment_vars_subset,
    execute_process,
    find_binary,
    implicitly,
    rule,
)
from inseam_pants.problem import Problem, ProblemError
from inseam_pants.wire import FileKind

_PLACE = "[inseam].base"
_OBJECTS = "objects"
_LINK = "120000"


@dataclass(frozen=True)
class GitRequest:
    """A request to run git."""

    argv: tuple[str, ...]
    objects: tuple[str, ...] = ()
    """Hashes for its standard input."""
    immutable: bool = False
    """Whether the answer depends on nothing but objects named by their hashes. If not, git is
    asked anew in every run."""


@rule
async def run_git(request: GitRequest) -> FallibleProcessResult:
    env = await environment_vars_subset(EnvironmentVarsRequest(("PATH", "HOME")), **implicitly())
    search_path = SearchPath(env.get("PATH", "/usr/bin:/bin").split(":"))
    found = await find_binary(
        BinaryPathRequest(binary_name="git", search_path=search_path), **implicitly()
    )
    if found.first_path is None:
        raise ProblemError(Problem(_PLACE, "git is not on the PATH", "install git"))
    objects = "".join(f"{name}\n" for name in request.objects).encode()
    stdin = await create_digest(CreateDigest([FileContent(_OBJECTS, objects)]))
    return await execute_process(
        Process(
            # A process of Pants' has no standard input of its own.
            argv=(
                "/bin/sh",
                "-c",
                f'exec "$0" "$@" <{_OBJECTS}',
                found.first_path.path,
                *request.argv,
            ),
            input_digest=stdin,
            env={**env, "LC_ALL": "C"},
            description="Ask git for the base's policy",
            level=LogLevel.DEBUG,
            timeout_seconds=120,
            cache_scope=(
                ProcessCacheScope.SUCCESSFUL if request.immutable else ProcessCacheScope.PER_SESSION
            ),
        ),
        **implicitly(),
    )


@dataclass(frozen=True)
class BaseCommitRequest:
    """A request for the commit at which the tree branched off `ref`."""

    ref: str


@dataclass(frozen=True)
class BaseCommit:
    git_dir: str
    hash: str
    prefix: str
    """The workspace's folder within the repository: empty, or ending with a slash."""
    tip: str
    """The commit that `ref` names, to which the tree is to be merged."""

    def at_tip(self) -> BaseCommit | None:
        """That commit as a base; None if it is the one at which the tree branched off."""
        return None if self.tip == self.hash else replace(self, hash=self.tip)


def _text(output: bytes) -> str:
    return output.decode(errors="replace").strip()


def _expect(result: FallibleProcessResult, what: str, fix: str) -> None:
    """Raise a `ProblemError` if git failed."""
    if result.exit_code != 0:
        said = " ".join(_text(result.stderr).split())
        raise ProblemError(Problem(_PLACE, f"{what}: {said}" if said else what, fix))


async def _ask(*argv: str) -> FallibleProcessResult:
    return await run_git(GitRequest(argv), **implicitly())


@rule(desc="Find the merge base")
async def find_base_commit(request: BaseCommitRequest) -> BaseCommit:
    """Where the tree branched off.

    Raises:
        ProblemError: there is no repository, no such ref, or no common history.
    """
    ref = request.ref
    found = await _ask("-C", get_buildroot(), "rev-parse", "--absolute-git-dir", "--show-prefix")
    _expect(
        found,
        "the workspace's git repository cannot be read",
        "run in a clone, or leave the option out",
    )
    folder, _, prefix = found.stdout.decode(errors="surrogateescape").partition("\n")
    git_dir = f"--git-dir={folder}"
    tip = await _ask(git_dir, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    _expect(
        tip,
        f"there is no commit {ref}",
        f"correct the option, or fetch it: `git fetch origin {ref}`",
    )
    common = await _ask(git_dir, "merge-base", "HEAD", _text(tip.stdout))
    _expect(
        common,
        f"HEAD and {ref} have no common commit here",
        "fetch the whole history (`fetch-depth: 0`, or `git fetch --unshallow`), or name the "
        "branch that the change goes to",
    )
    return BaseCommit(folder, _text(common.stdout), prefix.rstrip("\n"), _text(tip.stdout))


@dataclass(frozen=True)
class BaseFilesRequest:
    """A request for what lies under some paths at the base."""

    commit: BaseCommit
    paths: tuple[str, ...]
    """Files or folders, relative to the workspace; they need not exist at the base."""
    folder: str
    """The folder of the digest that the files go to."""
    kinds: tuple[FileKind, ...] = ()
    """Which files are wanted; links are left out then. None for all files."""


@dataclass(frozen=True)
class BaseFiles:
    digest: Digest
    paths: frozenset[str]
    """Which files there are, relative to the workspace."""


@rule(desc="Read the base's policy")
async def read_base_files(request: BaseFilesRequest) -> BaseFiles:
    """The files as git stores them: neither attributes nor filters change their bytes."""
    commit = request.commit
    if not request.paths:  # git would take none for all
        return BaseFiles(EMPTY_DIGEST, frozenset())
    listed = await run_git(
        GitRequest(
            (
                f"--git-dir={commit.git_dir}",
                *("ls-tree", "-r", "-z", "--full-tree", commit.hash, "--"),
                # The root of the repository has no name that git would take.
                *(f"{commit.prefix}{path}" for path in request.paths if path != "."),
                *((commit.prefix,) if "." in request.paths and commit.prefix else ()),
            ),
            immutable=True,
        ),
        **implicitly(),
    )
    shallow = "fetch the whole history (`fetch-depth: 0`, or `git fetch --unshallow`)"
    _expect(listed, f"git cannot list {commit.hash}", shallow)
    entries = [_entry(line) for line in _text(listed.stdout).split("\0") if line]
    kinds = request.kinds
    if kinds:
        suffixes = tuple(kind.suffix for kind in kinds)
        entries = [
            (mode, name, path)
            for mode, name, path in entries
            if mode != _LINK and path.endswith(suffixes)
        ]
    links = [path for mode, _, path in entries if mode == _LINK]
    if links:  # left out, they would loosen in silence
        raise ProblemError(
            Problem(_PLACE, f"{links[0]} is a link at the base", "replace it by what it leads to")
        )
    read = await run_git(
        GitRequest(
            (f"--git-dir={commit.git_dir}", "cat-file", "--batch"),
            objects=tuple(name for _, name, _ in entries),
            immutable=True,
        ),
        **implicitly(),
    )
    _expect(read, f"git cannot read {commit.hash}", shallow)
    found = {
        path[len(commit.prefix) :]: content
        for (_, _, path), content in zip(entries, _blobs(read.stdout))
        if not kinds or any(kind.holds(path, content) for kind in kinds)
    }
    digest = await create_digest(
        CreateDigest(
            FileContent(f"{request.folder}/{path}", content) for path, content in found.items()
        )
    )
    return BaseFiles(digest, frozenset(found))


def _entry(line: str) -> tuple[str, str, str]:
    """Mode, hash and path in a line of `git ls-tree`."""
    fields, _, path = line.partition("\t")
    mode, _, name = fields.split()
    return mode, name, path


def _blobs(batch: bytes) -> Iterator[bytes]:
    """The contents in the output of `git cat-file --batch`: `HASH blob SIZE`, a line end, and
    that many bytes and a line end, again and again."""
    position = 0
    while position < len(batch):
        header_end = batch.index(b"\n", position)
        size = int(batch[position:header_end].rsplit(b" ", 1)[1])
        position = header_end + 1 + size + 1
        yield batch[header_end + 1 : position - 1]


def rules() -> Iterable[Any]:
    return collect_rules()
