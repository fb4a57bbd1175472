"""All formats, and the files of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from inseam.report import FILES, FORMATS, render, write_reports
from inseam.verdict.model import Verdict


def test_the_files_of_a_run(tmp_path: Path, violation: Verdict) -> None:
    out = tmp_path / "dist" / "inseam"
    written = write_reports(violation, out)
    assert sorted(path.name for path in written) == sorted(FILES)
    assert sorted(out.iterdir()) == sorted(written)
    assert {path.name: path.read_bytes().decode() for path in written} == {
        name: render(violation, form) for name, form in FILES.items()
    }


def test_a_second_run_replaces_them(tmp_path: Path, violation: Verdict, clean: Verdict) -> None:
    write_reports(violation, tmp_path)
    write_reports(clean, tmp_path)
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == render(clean, "json")


def test_a_file_that_cannot_be_written_leaves_nothing_half_made(
    tmp_path: Path, clean: Verdict
) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(IsADirectoryError):
        write_reports(clean, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["violation", "could_not_run", "many", "hostile"])
def test_the_same_verdict_gives_the_same_bytes(
    request: pytest.FixtureRequest, form: str, name: str
) -> None:
    verdict: Verdict = request.getfixturevalue(name)
    read_back = Verdict.model_validate_json(render(verdict, "json"))
    assert render(verdict, form).encode() == render(read_back, form).encode()


def test_the_json_report_is_the_verdict(violation: Verdict) -> None:
    text = render(violation, "json")
    assert text.startswith('{\n "schema": "inseam.verdict/1",\n')
    assert Verdict.model_validate_json(text) == violation


def test_an_unknown_format_is_refused(clean: Verdict) -> None:
    with pytest.raises(ValueError, match="no format 'pdf'; there are: text, json"):
        render(clean, "pdf")
