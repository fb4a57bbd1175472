"""Reports: each from the verdict alone, and the same verdict gives the same bytes."""

from __future__ import annotations

from inseam.report.write import FILES, FORMATS, render, write_reports

__all__ = ["FILES", "FORMATS", "render", "write_reports"]
