"""The end of a report: what was decided and what to do now, a sentence each."""

from __future__ import annotations

from inseam.report.plain import count, visible
from inseam.report.view import View, names_of
from inseam.verdict.model import Disposition, Outcome


def headline(view: View) -> str:
    """What was decided."""
    match view.verdict.outcome:
        case Outcome.COULD_NOT_RUN:
            failing = f"; besides, {_failing(view)}" if _fails(view) else ""
            return f"could not run (exit code 2), never a pass: {_not_run(view)}{failing}"
        case Outcome.VIOLATION:
            return f"violation (exit code 1): {_failing(view)}"
        case Outcome.PASS:
            rest = view.summed(view.verdict.cells)
            return f"pass (exit code 0): nothing fails{f'; {rest}' if rest else ''}"


def next_step(view: View) -> tuple[str, str | None]:
    """What to do now, and the command that ends the sentence."""
    match view.verdict.outcome:
        case Outcome.COULD_NOT_RUN if view.blocking_errors():
            return "correct policy as said above, then run", "./pants policy ::"
        case Outcome.COULD_NOT_RUN:
            where = _specs(view, Outcome.COULD_NOT_RUN)
            return "make it run as said above, then run", f"./pants policy {where}"
        case Outcome.VIOLATION:
            where = _specs(view, Outcome.VIOLATION)
            return "fix what is said above, then run", f"./pants policy {where}"
        case Outcome.PASS:
            return "nothing has to be done", None


def _not_run(view: View) -> str:
    if errors := view.blocking_errors():
        return f"policy has {count(len(errors), 'error')}"
    undone = [cell for cell in view.verdict.cells if cell.outcome is Outcome.COULD_NOT_RUN]
    if not undone:
        return count(len(view.verdict.failures), "failure")
    return f"{count(len(undone), 'check')} in {names_of(sorted({c.service for c in undone}))}"


def _fails(view: View) -> bool:
    return any(cell.violations or Disposition.FAILS in cell.counts for cell in view.verdict.cells)


def _failing(view: View) -> str:
    groups = list(view.groups(Disposition.FAILS))
    violations = sum(len(group.violations) for group in groups)
    findings = sum(group.size for group in groups) - violations
    parts = [count(findings, "finding")] if findings else []
    if violations:
        parts.append(f"{count(violations, 'violation')} of policy")
    verb = "fails" if findings + violations == 1 else "fail"
    return f"{' and '.join(parts)} {verb} in {names_of([group.service for group in groups])}"


def _specs(view: View, outcome: Outcome) -> str:
    """What to name on the command line: the services concerned when they are few."""
    names = dict.fromkeys(c.service for c in view.verdict.cells if c.outcome is outcome)
    facts = [view.services[name].facts for name in names]
    if not 1 <= len(facts) <= 3:
        return "::"
    return " ".join(visible(each.address or f"{each.root}::") for each in facts)
