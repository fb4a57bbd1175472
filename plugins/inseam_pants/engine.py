"""The engine in a sandbox: its source, what it runs on, and running one of its commands.

Pants runs on another Python than the engine, so the engine is never imported: its source, which
lies next to this package in a checkout as in an installed wheel, becomes an input of processes.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pants.backend.python.util_rules import pex
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    FileContent,
    GlobMatchErrorBehavior,
    PathGlobs,
)
from pants.engine.process import (
    FallibleProcessResult,
    ProcessCacheScope,
    ProcessExecutionFailure,
)
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from inseam_pants.compat import (
    collect_rules,
    create_digest,
    create_venv_pex,
    execute_process,
    get_digest_contents,
    implicitly,
    path_globs_to_digest,
    rule,
    session_rule,
    setup_venv_pex_process,
)
from inseam_pants.problem import Problem, ProblemError
from inseam_pants.subsystem import InseamSubsystem

_HERE = Path(__file__).resolve().parent
_ENGINE = _HERE.parent / "inseam"
_LOCK = _HERE / "engine.lock"

PAYLOAD = ".inseam"
"""The folder of sandboxes that holds the engine's source."""


@dataclass(frozen=True)
class EngineStamp:
    """Which state of the engine's files there is: path, size and modification time of each."""

    files: tuple[tuple[str, int, int], ...]


@session_rule
async def stamp_engine() -> EngineStamp:
    """Look at the engine's files anew in every run.

    They may lie outside of the workspace, where Pants watches nothing, and a daemon outlives edits.
    """
    found = []
    for folder, folders, names in os.walk(_ENGINE):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for path in (Path(folder, name) for name in names if not name.endswith(".pyc")):
            status = path.stat()
            found.append((str(path), status.st_size, status.st_mtime_ns))
    status = _LOCK.stat()
    found.append((str(_LOCK), status.st_size, status.st_mtime_ns))
    return EngineStamp(tuple(sorted(found)))


@dataclass(frozen=True)
class EngineFiles:
    """The engine's files."""

    source: Digest
    """The package `inseam`."""
    lock: bytes
    """The lock that comes with the engine."""


@rule(desc="Read inseam's engine")
async def read_engine(stamp: EngineStamp) -> EngineFiles:
    root = _ENGINE.parent
    contents = {Path(path): Path(path).read_bytes() for path, _, _ in stamp.files}
    lock = contents.pop(_LOCK)
    source = await create_digest(
        CreateDigest(
            FileContent(path.relative_to(root).as_posix(), content)
            for path, content in contents.items()
        )
    )
    return EngineFiles(source, lock)


@dataclass(frozen=True)
class Engine:
    """The engine, ready to run."""

    venv: VenvPex
    source: Digest


@rule(desc="Set up inseam's engine")
async def set_up_engine(files: EngineFiles, subsystem: InseamSubsystem) -> Engine:
    content = files.lock
    if subsystem.engine_lock is not None:
        given = await get_digest_contents(
            await path_globs_to_digest(
                PathGlobs(
                    [subsystem.engine_lock],
                    glob_match_error_behavior=GlobMatchErrorBehavior.error,
                    description_of_origin="the option `[inseam].engine_lock`",
                )
            )
        )
        content = given[0].content
    lock = await create_digest(CreateDigest([FileContent("engine.lock", content)]))
    # Not as an `EntireLockfile`: 2.33 cannot read one from a package without a file of metadata.
    request = PexRequest(
        output_filename="inseam.pex",
        internal_only=True,
        interpreter_constraints=InterpreterConstraints(subsystem.interpreter_constraints),
        additional_inputs=lock,
        additional_args=("--requirement", "engine.lock", "--no-transitive"),
        description="Build inseam's engine",
    )
    try:
        venv = await create_venv_pex(**implicitly(request))
    except ProcessExecutionFailure as error:
        raise ProblemError(_setup_problem(error, subsystem)) from error
    return Engine(venv, files.source)


def _setup_problem(error: ProcessExecutionFailure, subsystem: InseamSubsystem) -> Problem:
    if b"Could not find a compatible interpreter" in error.stderr:
        wanted = ", ".join(subsystem.interpreter_constraints)
        return Problem(
            "[inseam].interpreter_constraints",
            f"Pants finds no Python {wanted} for the engine to run on",
            "install CPython 3.11 (the PEX of Pants 2.17 knows none newer), or name its folder in "
            "`[python-bootstrap].search_path`",
        )
    lines = [line for line in str(error).splitlines() if line.strip()][-15:]
    return Problem(
        "[inseam].engine_lock",
        "\n".join(["the libraries and tools of the engine cannot be installed:", *lines]),
        "see that the package index can be reached; `[python-repos].indexes` names another",
    )


@dataclass(frozen=True)
class EngineRequest:
    """A request to run one of the engine's commands.

    It is cached when it ends 0, so the commands end 0 whatever they found, and say in their
    output what that was.
    """

    argv: tuple[str, ...]
    description: str = field(compare=False)
    inputs: Digest = EMPTY_DIGEST
    output_files: tuple[str, ...] = ()
    output_directories: tuple[str, ...] = ()
    env: FrozenDict[str, str] = field(default_factory=FrozenDict)
    caches: FrozenDict[str, str] = field(default_factory=FrozenDict)
    """Names of append-only caches -> where the process finds them."""
    time_limit: int | None = None
    """Seconds after which Pants kills it."""
    is_cached: bool = True
    """If not, what it finds holds for this run alone."""


@rule
async def run_engine(request: EngineRequest, engine: Engine) -> FallibleProcessResult:
    process = await setup_venv_pex_process(
        VenvPexProcess(
            engine.venv,
            argv=("-m", "inseam", *request.argv),
            input_digest=request.inputs,
            extra_env={
                **request.env,
                "PEX_EXTRA_SYS_PATH": PAYLOAD,
                "PYTHONPATH": PAYLOAD,
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            output_files=request.output_files,
            output_directories=request.output_directories,
            append_only_caches=request.caches,
            timeout_seconds=request.time_limit,
            cache_scope=(
                ProcessCacheScope.SUCCESSFUL if request.is_cached else ProcessCacheScope.PER_SESSION
            ),
            description=request.description,
            level=LogLevel.DEBUG,
        ),
        **implicitly(),
    )
    # Hundreds of files: put on the disk once, and not into the sandbox of every unit.
    immutable = FrozenDict({**process.immutable_input_digests, PAYLOAD: engine.source})
    process = dataclasses.replace(process, immutable_input_digests=immutable)
    return await execute_process(process, **implicitly())


def rules() -> Iterable[Any]:
    # Untyped in Pants.
    return (*collect_rules(), *pex.rules())  # type: ignore[no-untyped-call]
