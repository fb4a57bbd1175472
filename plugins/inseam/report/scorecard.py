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
    names = [service.facts.name for service in view.by_urgency()]
    gates = list(range(len(view.gates)))
    left_out: list[str] = []
    if view.is_large:
        left_out = [name for name in names if view.is_clean(name)]
        names = [name for name in names if name not in set(left_out)]
        # A column that says the same everywhere takes the room of those that do not.
        gates = [index for index in gates if not _is_ok_everywhere(view, index)]
    cells = {name: [_cell(cell) for cell in view.row(name)] for name in names[:_MOST_ROWS]}
    if cells and gates:
        for columns in _fitting(view.gates, gates, cells, width):
            yield _table(view.gates, columns, cells)
            yield Text()
    if len(names) > len(cells):
        yield Text(f" {count(len(names) - len(cells), 'more service')} in {DETAILS}")
    if left_out:
        every = "every gate passes, and nothing is tolerated, waived, shown or recorded"
        yield Text(f" {count(len(left_out), 'clean service')} not listed: {every}")
    if len(gates) < len(view.gates):
        same = [visible(gate) for index, gate in enumerate(view.gates) if index not in gates]
        yield Text(f" enforced and ok everywhere: {', '.join(same)}")
    if left_out or len(names) > len(cells) or len(gates) < len(view.gates):
        yield Text()
    yield from _legend(view)


def _is_ok_everywhere(view: View, index: int) -> bool:
    cells = [view.row(name)[index] for name in view.services]
    return all(cell is not None and _is_ok(cell) for cell in cells)


def _is_ok(cell: Cell) -> bool:
    enforced = cell.applies and cell.mode == "enforce"
    return enforced and cell.outcome is Outcome.PASS and not cell.counts


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
        needed = max(len(line) for text in texts for line in text.split("\n")) + 3
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
