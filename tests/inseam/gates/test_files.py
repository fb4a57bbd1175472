"""Which files a service has, and what their text is."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from inseam.gates.files import (
    Listing,
    SourceError,
    decode_source,
    list_files,
    read_source,
    source_lines,
)

Write = Callable[[Mapping[str, str | bytes]], Path]


def listing(root: Path, service_root: str = ".", nested: Collection[str] = ()) -> Listing:
    """The listing for a gate `ruff` and a service `a`."""
    return list_files(root, service_root, gate="ruff", service="a", nested=nested)


def test_files_are_sorted_and_relative_to_the_workspace(write: Write) -> None:
    root = write(dict.fromkeys(["s/b.py", "s/a/z.py", "s/a.py", "s/B.py", "other/x.py"], ""))

    assert listing(root, "s") == Listing(
        files=("s/B.py", "s/a.py", "s/a/z.py", "s/b.py"), failures=()
    )
    assert listing(root).files[0] == "other/x.py"


def test_what_is_nobodys_source_is_left_out(write: Write) -> None:
    kept = [".ruff.toml", "build/x.py", "dist/x.py", "env/x.py", "site-packages/x.py", "venv/x.py"]
    left_out = [".git/x", ".venv/x.py", "__pycache__/x.py", "a/node_modules/x.py", "a/.cache/x"]
    left_out += ["virtual/pyvenv.cfg", "virtual/lib/x.py"]

    root = write(dict.fromkeys([*kept, *left_out], ""))

    assert listing(root).files == tuple(kept)


def test_nested_services_are_left_out(write: Write) -> None:
    names = ["a/x.py", "a/b/x.py", "a/b/c/x.py", "a/bc/x.py"]
    root = write(dict.fromkeys(names, ""))

    assert listing(root, "a", nested=["a", "a/b", "other"]).files == ("a/bc/x.py", "a/x.py")
    assert listing(root, "a/b", nested=["a", "a/b"]).files == ("a/b/c/x.py", "a/b/x.py")
    assert listing(root, nested=["a"]).files == ()


def test_names_that_are_not_utf8_survive(write: Write) -> None:
    root = write({"a.py": ""})
    (Path(os.fsdecode(os.fsencode(root) + b"/\xff.py"))).touch()

    assert [os.fsencode(name) for name in listing(root).files] == [b"a.py", b"\xff.py"]


def test_only_regular_files(write: Write) -> None:
    root = write({"a.py": ""})
    os.mkfifo(root / "pipe.py")

    assert listing(root).files == ("a.py",)


def test_links_to_files(write: Write) -> None:
    root = write({"s/a.py": "", "libs/b.py": ""})
    (root / "s/linked.py").symlink_to("../libs/b.py")
    (root / "s/dangling.py").symlink_to("nowhere.py")
    (root / "s/self.py").symlink_to("self.py")

    assert listing(root, "s") == Listing(files=("s/a.py", "s/linked.py"), failures=())


def test_links_to_folders_hide_nothing_and_repeat_nothing(write: Write) -> None:
    root = write({"s/real/a.py": "", "s/.kept/b.py": "", "libs/c.py": "", "s/venv/pyvenv.cfg": ""})
    for name, target in {
        "again": "real",
        "loop": "..",
        "me": ".",
        "shown": ".kept",
        "libs": "../libs",
        "libs2": "../libs",
        ".unseen": "../libs",
        "real/up": "..",
    }.items():
        (root / "s" / name).symlink_to(target)

    assert listing(root, "s").files == ("s/libs/c.py", "s/real/a.py", "s/shown/b.py")


def test_a_loop_back_to_the_workspace_ends(write: Write) -> None:
    root = write({"s/a.py": "", "t/b.py": ""})
    (root / "s/up").symlink_to("..")

    assert listing(root).files == ("s/a.py", "t/b.py")
    assert listing(root, "s").files == ("s/a.py", "s/up/t/b.py")


def test_links_out_of_the_workspace_are_failures(
    write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.py").write_text("")
    (outside / "venv").mkdir()
    (outside / "venv/pyvenv.cfg").write_text("")
    root = write({"s/a.py": ""})
    (root / "s/code").symlink_to(outside)
    (root / "s/b.py").symlink_to(outside / "secret.py")
    (root / "s/venv").symlink_to(outside / "venv")
    (root / "s/.cache").symlink_to(outside)

    found = listing(root, "s")

    assert found.files == ("s/a.py",)
    assert [(f.code, f.service, f.file) for f in found.failures] == [
        ("ruff/link-outside", "a", "s/b.py"),
        ("ruff/link-outside", "a", "s/code"),
    ]


def test_a_workspace_that_is_a_link(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = write({"s/a.py": ""})
    (root / "s/b.py").symlink_to("a.py")
    linked = tmp_path_factory.mktemp("links") / "workspace"
    linked.symlink_to(root)

    assert listing(linked, "s") == Listing(files=("s/a.py", "s/b.py"), failures=())


def test_a_folder_that_cannot_be_read_is_a_failure(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": "", "closed/b.py": ""})
    scandir = os.scandir

    def refusing(path: str) -> object:
        """The tests may run as root, whom no mode of a folder keeps out."""
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = listing(root)

    assert found.files == ("a.py",)
    assert [(f.code, f.file, f.message) for f in found.failures] == [
        ("ruff/unreadable", "closed", "the folder cannot be read: Permission denied")
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        ("é".encode(), "é"),
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n"),
        (b"# coding: latin-1\n\xe9", "# coding: latin-1\né"),
        (b"#!/bin/python\n# vim: set fileencoding=cp1252 :\n\x80", None),
    ],
)
def test_text_is_decoded_as_python_does(content: bytes, text: str | None) -> None:
    assert decode_source(content) == (text or content.decode("cp1252"))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"a\r\nb\rc\n\xff", 4, "the line is not utf-8: invalid start byte"),
        (b"# coding: ascii\n\xe9", 2, "the line is not ascii: ordinal not in range(128)"),
        (b"# coding: klingon\n", 1, "the file cannot be decoded: unknown encoding: klingon"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "the file cannot be decoded: encoding problem"),
        (b"# coding: rot13\n", 1, "the file cannot be decoded: 'rot13' is not a text encoding"),
    ],
)
def test_undecodable_text_is_located(content: bytes, line: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        decode_source(content)

    assert caught.value.line == line
    assert caught.value.message.startswith(message)
    failure = caught.value.failure(gate="ruff", service="a", file="x.py")
    assert (failure.code, failure.file, failure.line) == ("ruff/unreadable", "x.py", line)


def test_a_stated_encoding_overrules_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"# coding: latin-1\n\xe9")

    assert read_source(path).endswith("é")
    with pytest.raises(SourceError, match="not utf-8"):
        read_source(path, encoding="utf-8")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        read_source(tmp_path / "x.py")


def test_lines_end_where_python_ends_them() -> None:
    assert source_lines("a\x0cb\r\nc\rd\u2028e\n") == ["a\x0cb", "c", "d\u2028e", ""]
