"""Reading and writing the wire's documents and folders of policy."""

from __future__ import annotations

import argparse
import datetime
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from inseam.cli.errors import UsageError

M = TypeVar("M", bound=BaseModel)

POLICY_SUFFIXES = (".yaml", ".yml")
BASELINES = "baselines"


def read_document(path: Path, model: type[M]) -> M:
    """The document of type `model` in `path`.

    Raises:
        UsageError: it cannot be read, or is no such document; the message says where.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise UsageError(
            f"{path}: no {model.__name__} document: {where}: {first['msg']}{more}"
        ) from error


def dump_document(document: BaseModel) -> str:
    """Canonical JSON of a document: the same document gives the same bytes."""
    return document.model_dump_json(by_alias=True, indent=1) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, and the folders above it.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        partial.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot write: {error.strerror}") from error


def read_folder(
    folder: Path, prefix: PurePosixPath, suffixes: tuple[str, ...], *, below: str | None = None
) -> Mapping[str, bytes]:
    """Every file with one of `suffixes` under `folder`, by its path as reports name it.

    Args:
        folder: where to look; a folder that does not exist holds nothing.
        prefix: what the files' paths begin with in place of `folder`.
        below: only this subfolder; None for all but the baselines.

    Raises:
        UsageError: a file or folder cannot be read.
    """
    start = folder / below if below else folder
    found: dict[str, bytes] = {}

    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename}: cannot read: {error.strerror}")

    for current, folders, names in os.walk(start, onerror=refuse if start.is_dir() else None):
        if below is None and Path(current) == folder and BASELINES in folders:
            folders.remove(BASELINES)
        folders.sort()
        for name in sorted(names):
            if name.endswith(suffixes):
                path = Path(current, name)
                try:
                    found[(prefix / path.relative_to(folder).as_posix()).as_posix()] = (
                        path.read_bytes()
                    )
                except OSError as error:
                    refuse(error)
    return found


def parse_date(text: str) -> datetime.date:
    """An ISO date, as the `type` of an argument."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write 2026-11-22") from None


def today() -> datetime.date:
    """The current day in UTC: the default of `--as-of`."""
    return datetime.datetime.now(datetime.UTC).date()
