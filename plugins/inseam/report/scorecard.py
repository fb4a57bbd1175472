"""The scorecard for terminals: services by gates, cut to the width, with a legend that teaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from inseam.report.plain import count, visible
from inseam.report.view import DETAILS, LEGEND, WORDS, View
from inseam.verdict.model import Cell, Disposition, Outcome

_MOST_ROWS = 25
_WIDEST_NAME = 28

STYLES: dict[Disposition, str] = {
    Disposition.FAILS: "bold red",
    Disposition.TOLERATED: "cyan",
    Disposition.SHOWN: "yellow",
    Disposition.RECORDED: "dim",
    Disposition.WAIVED: "cyan",
}


def scorecard(view: View, width: int) -> Iterator[RenderableType]:
    """The table, or several where the gates do not fit beside each other, and the legend."""
    if not view.gates:
        return
    names, clean = view.rows()
    places, same = view.columns()
    cells = {name: [_cell(cell) for cell in view.row(name)] for name in names[:_MOST_ROWS]}
    if cells and places:
        for fitting in _fitting(view.gates, places, cells, width):
            yield _table(view.gates, fitting, cells)
            yield Text()
    left_out = []
    if len(names) > len(cells):
        left_out.append(f" {count(len(names) - len(cells), 'more service')} in {DETAILS}")
    if clean:
        every = "every gate passes, nothing is tolerated, waived, shown or recorded"
        left_out.append(f" {count(len(clean), 'clean service')} not listed: {every}")
    if same:
        left_out.append(f" enforced and ok everywhere: {', '.join(map(visible, same))}")
    if left_out:
        yield Text("\n".join([*left_out, ""]))
    yield from _legend(view)


def _legend(view: View) -> Iterator[Text]:
    for mode in view.modes():
        yield Text.assemble((f" {mode:9}", "bold"), LEGEND[mode])
    if any(not cell.applies for cell in view.verdict.cells):
        why = "the gate does not apply: `./pants policy-explain` says why"
        yield Text.assemble((f" {'-':9}", "bold"), why)
    yield Text()


def _table(gates: Sequence[str], columns: Sequence[int], cells: dict[str, list[Text]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 1), show_edge=False)
    table.add_column("service", max_width=_WIDEST_NAME, overflow="fold")
    for index in columns:
        table.add_column(visible(gates[index]), no_wrap=True)
    for name, row in cells.items():
        table.add_row(Text(visible(name)), *(row[index] for index in columns))
    return table


def _fitting(
    gates: Sequence[str], chosen: Sequence[int], cells: dict[str, list[Text]], width: int
) -> Iterator[list[int]]:
    """The chosen gates' places, cut into rows of columns that fit the width."""
    left = width - min(max(map(len, cells)), _WIDEST_NAME) - 3
    columns: list[int] = []
    used = 0
    for index in chosen:
        texts = [gates[index], *(row[index].plain for row in cells.values())]
        # Beside the text: its padding, and the divider, which is a space.
        needed = max(len(line) for text in texts for line in text.split("\n")) + 4
        if columns and used + needed > left:
            yield columns
            columns, used = [], 0
        columns.append(index)
        used += needed
    yield columns


def _cell(cell: Cell | None) -> Text:
    """What came out, a line each, and below it the mode."""
    if cell is None:
        return Text()
    if not cell.applies:
        return Text("-" if cell.outcome is Outcome.PASS else "DID NOT RUN", style="dim")
    lines: list[tuple[str, str]] = []
    if cell.outcome is Outcome.COULD_NOT_RUN:
        lines.append(("DID NOT RUN", "bold magenta"))
    lines += ((f"{cell.counts[d]} {WORDS[d]}", STYLES[d]) for d in WORDS if d in cell.counts)
    if cell.violations:
        lines.append(("policy FAIL", STYLES[Disposition.FAILS]))
    if not lines:
        lines.append(("ok", "green"))
    lines.append((f"{cell.mode}, waived" if cell.waiver else cell.mode, "dim"))
    return Text("\n").join(Text(line, style=style) for line, style in lines)
