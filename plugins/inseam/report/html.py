"""A page for browsers: one file without scripts, links or anything fetched from elsewhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from inseam.report.conclusion import headline, next_step
from inseam.report.plain import count, place, visible
from inseam.report.view import DETAILS, LEGEND, WORDS, View
from inseam.verdict.model import Disposition, Verdict

MOST_ROWS = 500
"""Of one table; browsers grow slow on more, and nobody reads them."""

_SECTIONS = (
    (Disposition.FAILS, "Fails", True),
    (Disposition.SHOWN, "Shown: fails nothing today", False),
    (Disposition.TOLERATED, "Tolerated by baselines", False),
    (Disposition.RECORDED, "Recorded", False),
    (Disposition.WAIVED, "Waived", False),
)
"""What is listed, in this order, and whether it is open at first."""


def render(verdict: Verdict) -> str:
    """The verdict as one HTML page. Other people's text is escaped; it makes no link."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    view = View(verdict)
    advice, command = next_step(view)
    return environment.get_template("page.html.j2").render(
        advice=advice,
        command=command,
        count=count,
        details=DETAILS,
        headline=headline(view),
        legend=LEGEND,
        most=MOST_ROWS,
        place=place,
        sections=[
            (title, is_open, list(view.groups(disposition)))
            for disposition, title, is_open in _SECTIONS
        ],
        verdict=verdict,
        view=view,
        words=WORDS,
    )
