"""Results in words, for clients that show text: the same cells as the structured result, nothing computed."""

from __future__ import annotations

from agents.answer import Cell
from ui.programs.documents import (
    ActionEntry,
    Answered,
    DailyBriefing,
    Decided,
    Matches,
    MetricDescription,
    MetricsPage,
    Proposed,
    ResultTable,
)
from ui.units import HIDDEN

ROWS, MORE_ROWS = 25, 8
"""Of the first table in the text, and of each one below it; the structured result holds more."""


def answer_text(answer: Answered) -> str:
    """The sentence, its tables, what it rests on and what to do next."""
    tables = [table_text(table, MORE_ROWS if at else ROWS) for at, table in enumerate(answer.tables)]
    lines = [answer.text, *tables]
    lines += [f"- {choice.label}: ask {choice.question!r}" for choice in answer.choices]
    if answer.assumptions:
        lines.append("Assumptions: " + " ".join(answer.assumptions))
    if answer.status == "answered":
        lines.append(f"Trust: {answer.trust}. {answer.trust_reason} Data as of {answer.as_of}.")
    if answer.follow_ups:
        lines.append("Follow-ups: " + "; ".join(answer.follow_ups))
    if answer.next_step:
        lines.append(f"Next: {answer.next_step}")
    named = f"Answer {answer.answer_id}" + (f", thread {answer.thread}." if answer.thread else ".")
    return "\n\n".join(line for line in (*lines, named) if line)


def explained_text(answer: Answered) -> str:
    """An answer with how each of its tables was made."""
    made = []
    for table in answer.tables:
        made += [
            f"{table.title or 'Table'}: {table.interpretation}",
            f"```sql\n{table.sql}\n```" if table.sql else "",
        ]
        made += [f"{name} = {formula}" for name, formula in table.formulas.items()]
    return "\n\n".join([answer_text(answer), *(line for line in made if line)])


def table_text(table: ResultTable, most: int) -> str:
    """A table as Markdown: the first rows; hidden cells are marked."""
    names = [column.label or column.name for column in table.columns]
    hidden = {(row, column) for row, column in table.hidden}
    lines = [f"**{_cell(table.title)}**"] if table.title else []
    lines += [_row(names), _row(["---"] * len(names))]
    for at, row in enumerate(table.rows[:most]):
        cells: list[Cell] = [HIDDEN if (at, place) in hidden else cell for place, cell in enumerate(row)]
        lines.append(_row(cells))
    if table.row_count > len(table.rows[:most]):
        lines.append(f"(the first {min(most, len(table.rows))} of {table.row_count} rows)")
    return "\n".join(lines)


def metrics_text(page: MetricsPage) -> str:
    """A line a metric."""
    lines = [f"- {m.name} ({m.label}, {m.unit}, {m.better} is better): {m.description}" for m in page.metrics]
    shown = f"{len(page.metrics)} of {page.total} metrics from {page.offset} on"
    return "\n".join([*lines, f"{shown}; data from {page.first_day} to {page.as_of}."])


def metric_text(found: MetricDescription) -> str:
    """What a metric means, and its dimensions with their values."""
    metric = found.metric
    head = f"{metric.name}: {metric.label} ({metric.unit}, {metric.better} is better). {metric.description}"
    notes = f" {metric.notes}" if metric.notes else ""
    lines = [f"- {d.name} ({d.label}): {', '.join(d.values)}" for d in found.dimensions]
    return "\n".join([f"{head}{notes} Owner: {metric.owner}.", *lines])


def matches_text(found: Matches) -> str:
    """A line a match."""
    lines = [
        f"- {m.kind} {m.name}{f' of {m.dimension}' if m.dimension else ''}: {m.label} (by {m.found_by!r})"
        for m in found.matches
    ]
    return "\n".join(lines) or "Nothing comes near. list_metrics shows everything that can be asked."


def briefing_text(briefing: DailyBriefing) -> str:
    """The briefing as it is read."""
    lines = [f"Briefing of {briefing.day}, revision {briefing.revision}", briefing.headline]
    for item in briefing.items:
        lines += [item.title, *(f"- {sentence}" for sentence in item.sentences)]
    return "\n".join([*lines, *briefing.became, *briefing.notes])


def actions_text(actions: list[ActionEntry], note: str = "") -> str:
    """A line an action."""
    lines = [
        f"- {a.id} ({a.state}, version {a.version}): {a.title}. {a.change} Owner: {a.owner}; "
        f"savings_per_year {a.savings_per_year} ({a.savings_low} to {a.savings_high} dollars); "
        f"effort_days {a.effort_days}.{_ticket(a)}"
        for a in actions
    ]
    return "\n".join([*(lines or ["There are none."]), note]).strip()


def _ticket(action: ActionEntry) -> str:
    ticket = action.ticket
    if ticket is None:
        return ""
    named = f" {ticket.reference}" if ticket.reference else ""
    return f" Ticket{named} at {ticket.tracker}: {ticket.status or ticket.delivery}."


def proposed_text(found: Proposed) -> str:
    """What is recommended."""
    return actions_text(found.actions, found.note)


def decided_text(found: Decided) -> str:
    """What was decided, or would be."""
    code = f" Confirmation: {found.confirmation}" if found.confirmation else ""
    return actions_text(found.actions, found.note + code)


def _row(cells: list[Cell] | list[str]) -> str:
    return "| " + " | ".join(_cell("" if cell is None else str(cell)) for cell in cells) + " |"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")
