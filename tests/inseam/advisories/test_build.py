"""Records in folders and archives, to a snapshot: the same bytes, or every reason why not."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import os
import random
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from inseam.advisories import sources
from inseam.advisories.build import BuildError, Built, build
from inseam.advisories.snapshot import read

YAML = """\
id: PYSEC-2026-9
modified: 2026-10-02T00:00:00Z
details: |
  Old & *weak*: - &anchors are text here.
affected:
- package:
    ecosystem: PyPI
    name: acme
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: 1.10
    - fixed: 1.20
  versions:
  - 1.10
withdrawn:
"""


def _record(identifier: str = "PYSEC-2026-1", fixed: str = "2.0", **more: Any) -> bytes:
    record = {
        "id": identifier,
        "modified": "2026-11-01T10:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "acme"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
                ],
            }
        ],
        **more,
    }
    return json.dumps(record).encode()


def _folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _tar(path: Path, files: dict[str, bytes]) -> Path:
    mode: Any = f"w:{path.suffix[1:]}" if path.suffix != ".tar" else "w"
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def _problems(*given: Path, **options: Any) -> list[str]:
    with pytest.raises(BuildError) as raised:
        build(given, **options)
    return [str(problem) for problem in raised.value.problems]


FILES = {
    "PYSEC-2026-1.json": _record(),
    "acme/PYSEC-2026-9.yaml": YAML.encode(),
    "README.md": b"no record",
    ".github/workflows/ci.yaml": b"on: push",
}


def test_every_kind_of_source_gives_the_same_bytes(tmp_path: Path) -> None:
    built = {
        build([source]).content
        for source in (
            _folder(tmp_path / "folder", FILES),
            _zip(tmp_path / "all.zip", FILES),
            _tar(tmp_path / "all.tar", FILES),
            _tar(tmp_path / "all.tar.gz", dict(reversed(FILES.items()))),
            _tar(tmp_path / "all.tar.xz", FILES),
            _tar(tmp_path / "all.tar.bz2", FILES),
        )
    }

    assert len(built) == 1


def test_versions_in_yaml_are_text(tmp_path: Path) -> None:
    built = build([_folder(tmp_path, {"x.yaml": YAML.encode()})])

    (advisory,) = read(built.content).about("acme")
    assert [(i.lower, i.upper) for i in advisory.intervals] == [("1.10", "1.20")]


def test_the_order_of_files_and_keys_does_not_matter(tmp_path: Path) -> None:
    names = [f"PYSEC-2026-{number}" for number in range(20)]
    random.Random(7).shuffle(names)
    first = _folder(tmp_path / "a", {f"{name}.json": _record(name) for name in names})
    second = _folder(
        tmp_path / "b",
        {
            f"x/{number}.json": json.dumps(
                dict(reversed(json.loads(_record(name)).items())), indent=3
            ).encode()
            for number, name in enumerate(sorted(names))
        },
    )

    assert build([first]).content == build([second]).content


def test_only_what_lies_below_vulns_counts_where_there_is_such_a_folder(tmp_path: Path) -> None:
    files = {
        "db-1/vulns/acme/PYSEC-2026-1.json": _record(),
        "db-1/triage/false_positives.yaml": b"- no: record",
    }

    assert build([_tar(tmp_path / "db.tar.gz", files)]).header.advisories == 1
    inner = {name.removeprefix("db-1/"): content for name, content in files.items()}
    assert build([_folder(tmp_path / "db", inner)]).header.advisories == 1


def test_the_newest_of_a_record_counts(tmp_path: Path) -> None:
    old = _folder(tmp_path / "old", {"a.json": _record(fixed="1.0")})
    new = _folder(
        tmp_path / "new", {"b.json": _record(fixed="2.0", modified="2026-11-03T10:00:00.5Z")}
    )

    for order in ([old, new], [new, old]):
        built = build(order)
        assert list(read(built.content).about("acme")[0].fixes()) == ["2.0"]
        assert built.header.as_of == datetime.date(2026, 11, 3)


def test_of_equally_new_records_the_first_counts(tmp_path: Path) -> None:
    """By source, then by path, whatever the order in an archive."""
    files = {"b/x.json": _record(fixed="2.0"), "a/x.json": _record(fixed="1.0")}
    sources_ = [
        _tar(tmp_path / "x.tar", files),
        _zip(tmp_path / "x.zip", files),
        _folder(tmp_path / "x", files),
    ]
    other = _folder(tmp_path / "other", {"x.json": _record(fixed="3.0")})

    for source in sources_:
        assert list(read(build([source, other]).content).about("acme")[0].fixes()) == ["1.0"]
    assert list(read(build([other, *sources_]).content).about("acme")[0].fixes()) == ["3.0"]


def test_what_was_left_out_is_counted(tmp_path: Path) -> None:
    files = {
        "PYSEC-2026-1.json": _record(),
        "PYSEC-2026-2.json": _record("PYSEC-2026-2", withdrawn="2026-11-01T10:00:00Z"),
        "GO-2026-3.json": _record("GO-2026-3", affected=[]),
        "PYSEC-2026-4.json": b"{",
    }

    built: Built = build(
        [_folder(tmp_path, files)], skip=["PYSEC-2026-4"], as_of=datetime.date(2026, 11, 20)
    )

    header = built.header
    assert (header.advisories, header.packages, header.withdrawn) == (1, 1, 1)
    assert (header.other_ecosystems, header.skipped) == (1, ("PYSEC-2026-4",))
    assert header.as_of == datetime.date(2026, 11, 20)
    assert read(built.content).header == header


def test_all_that_is_malformed_is_located(tmp_path: Path) -> None:
    source = _folder(
        tmp_path / "db",
        {
            "a.json": b'{"id": "PYSEC-1",\n "id": }',
            "b.json": b'{"id": "PYSEC-1", "id": "PYSEC-2"}',
            "c.json": b"\xff",
            "d.json": b"[" * 100_000,
            "e.json": b'{"id": NaN}',
            "f.yaml": b"id: PYSEC-1\nid: PYSEC-2\n",
            "g.yaml": b"a: &x [1]\nb: *x\n",
            "h.yaml": b"a: [\n",
            "i.yaml": b"a: !!python/object/apply:os.system ['true']\n",
            "j.yaml": b"",
            "jj.yaml": b"id: PYSEC-1\n--- \nid: PYSEC-2\n",
            "k.json": _record(fixed="2019-09-12"),
        },
    )

    said = [problem.split("\n")[0] for problem in _problems(source)]

    assert [line.split(": ")[0] for line in said] == [
        *("db/a.json:2", "db/b.json", "db/c.json:1", "db/d.json", "db/e.json"),
        *("db/f.yaml:2", "db/g.yaml:2", "db/h.yaml:2", "db/i.yaml:1", "db/j.yaml"),
        *("db/jj.yaml:2", "db/k.json"),
    ]
    assert "the key 'id' stands twice" in said[1]
    assert "an alias" in said[6]
    assert "--skip k" in _problems(source)[-1]


def test_a_sound_record_is_never_left_out(tmp_path: Path) -> None:
    source = _folder(tmp_path, {"PYSEC-2026-1.json": _record()})

    header = build([source], skip=["PYSEC-2026-1", "PYSEC-2026-2"]).header

    assert (header.advisories, header.skipped) == (1, ())


@pytest.mark.parametrize("kind", ["missing", "text", "broken.zip", "broken.tar.gz", "empty"])
def test_a_source_that_is_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "empty":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"PK\x03\x04 not really")

    assert len(_problems(path)) == 1


def test_names_in_archives_lead_nowhere(tmp_path: Path) -> None:
    """They are only ever read, and quoted where something is wrong with them."""
    files = {"../../escape.json": _record(), "/abs/ev\nil.json": b"{", "..\\x\\y.json": _record()}

    (said,) = _problems(_zip(tmp_path / "db.zip", files))

    assert said.startswith("db.zip//abs/ev\\nil.json:1: it is no JSON")
    assert not (tmp_path.parent.parent / "escape.json").exists()


def test_links_are_no_records(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(_record())
    folder = _folder(tmp_path / "db", {"a.json": _record()})
    os.symlink(tmp_path / "secret.json", folder / "b.json")
    archive = tmp_path / "db.tar"
    with tarfile.open(archive, "w") as made:
        info = tarfile.TarInfo("b.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(info)

    assert _problems(folder)[0].startswith("db/b.json: it is a link")
    assert _problems(archive)[0].startswith("db.tar/b.json: it is a link")


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record, and all records, may have so many bytes unpacked; what is packed says nothing."""
    bomb = {"a.json": b" " * (sources.MAX_RECORD * 4)}
    packed = [_zip(tmp_path / "a.zip", bomb), _tar(tmp_path / "a.tar.gz", bomb)]

    assert all(path.stat().st_size < 100_000 for path in packed)
    for path in packed:
        assert "the record has more than" in _problems(path)[0]
    monkeypatch.setattr(sources, "MAX_TOTAL", 2000)
    many = {f"{number}.json": _record(f"PYSEC-{number}") for number in range(100)}
    for path in (_zip(tmp_path / "b.zip", many), _folder(tmp_path / "b", many)):
        assert "its records have more than 2000 bytes" in _problems(path)[-1]
    assert "it is too large" in _problems(_tar(tmp_path / "b.tar", many))[-1]
    monkeypatch.undo()
    monkeypatch.setattr(sources, "MAX_FILES", 50)
    for path in (_zip(tmp_path / "c.zip", many), _folder(tmp_path / "c", many)):
        assert "it holds more than 50 files" in _problems(path)[-1]


@pytest.mark.parametrize("opened", ["[", "{a: ", "- "])
def test_depth_is_bounded(tmp_path: Path, opened: str) -> None:
    """PyYAML's composer, given this, ends the process."""
    (said,) = _problems(_folder(tmp_path, {"a.yaml": opened.encode() * 100_000}))

    assert "a.yaml:1: it is nested too deeply" in said


def test_a_huge_entry_that_is_no_record_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "db.tar.gz"
    info = tarfile.TarInfo("README.md")
    info.size = sources.MAX_TOTAL + 1
    path.write_bytes(gzip.compress(info.tobuf() + bytes(100_000)))

    assert "it is too large" in _problems(path)[0]


def test_aliases_of_yaml_do_not_explode(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x]"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)
    ]

    (said,) = _problems(_folder(tmp_path, {"a.yaml": "\n".join(lines).encode()}))

    assert "a.yaml:2: it has an alias" in said
