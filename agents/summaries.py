"""What a chat model sees of a result: a summary of plain values, whatever the chat model is made with."""

from __future__ import annotations

import re
from typing import Any

from agents.disclosure import told_constants
from semantic.values import cleaned
from tools.desk import Desk
from tools.outcome import ROWS_SHOWN, Clarification, Found, Listing, Outcome, PlainCell, Refusal, Table

TEXT = "(text)"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?: [\d:.]+)?")


def seen_by_model(outcome: Outcome) -> dict[str, Any]:
    """The governed summary of a result: first rows, last row and extremes, never more."""
    if isinstance(outcome, Found):
        return {
            "shape": outcome.shape,
            "provenance": outcome.provenance,
            "constants": told_constants(outcome),
            "notes": list(outcome.notes),
            "tables": [_table(table) for table in outcome.tables],
        }
    if isinstance(outcome, Clarification):
        return {"clarify": outcome.question, "choices": [list(choice) for choice in outcome.choices]}
    if isinstance(outcome, Refusal):
        return {"refused": outcome.code, "reason": outcome.reason, "nearest": list(outcome.nearest)}
    if isinstance(outcome, Listing):
        return {"entries": list(outcome.entries)}
    raise TypeError(f"no summary for {type(outcome).__name__}")


def without_texts(summary: dict[str, Any], desk: Desk | None) -> dict[str, Any]:
    """The summary without what members wrote or are called: statements of its own may let a chat model read it.

    In the rows of a statement a text that is no value of a governed dimension is left out; a query has no others.
    """
    known = {value for values in desk.values.found.values() for value in values} if desk else set()
    for table in summary.get("tables", ()):
        if table["query"] is None and not table["formulas"]:
            own = [column["role"] == "text" for column in table["columns"]]
            table["rows"] = {
                at: [cell if ours else _known(cell, known) for cell, ours in zip(row, own, strict=True)]
                for at, row in table["rows"].items()
            }
    return summary


def _known(cell: PlainCell, known: set[str]) -> PlainCell:
    plain = not isinstance(cell, str) or cell in known or _DAY.fullmatch(cell)
    return cell if plain else TEXT


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "query": table.query.model_dump(mode="json", exclude_defaults=True) if table.query else None,
        "columns": [{"name": c.name, "label": c.label, "unit": c.unit, "role": c.role} for c in table.columns],
        "row_count": len(table.rows),
        "truncated": table.truncated,
        "rows": {str(index): _seen_row(table, index) for index in telling_rows(table)},
        "formulas": table.formulas,
        "compared_with": table.compared_with.model_dump(mode="json") if table.compared_with else None,
        **_withheld(table),
    }


def _seen_row(table: Table, index: int) -> list[PlainCell]:
    """The cells of a row; sentences of the program's own (role text) keep their length."""
    pairs = zip(table.rows[index], table.columns, strict=True)
    return [cell if column.role == "text" else _cleaned(cell) for cell, column in pairs]


def _cleaned(cell: PlainCell) -> PlainCell:
    return cleaned(cell) if isinstance(cell, str) else cell


def _withheld(table: Table) -> dict[str, Any]:
    """Which cells are null because too few members are behind them; nothing for a reader who sees all."""
    if not table.small_cell:
        return {}
    cells = [list(cell) for cell in sorted(table.suppressed)]
    return {"suppressed": cells, "small_cell": table.small_cell, "left_out": table.left_out}


def telling_rows(table: Table) -> list[int]:
    """Indices of the rows a summary holds: the first ones, the last, extremes, and the ends of a course."""
    count = len(table.rows)
    chosen = set(range(min(count, ROWS_SHOWN)))
    if count > ROWS_SHOWN:
        chosen |= {count - 1, *_course_ends(table)}
        for position in range(len(table.columns)):
            numbers = [(v, i) for i, row in enumerate(table.rows) if _is_number(v := row[position])]
            if numbers:
                chosen |= {max(numbers)[1], min(numbers)[1]}
    return sorted(chosen)


def _course_ends(table: Table) -> set[int]:
    """Rows of the first two and the last two time buckets: what a course is told from, whole buckets or not."""
    position = next((i for i, column in enumerate(table.columns) if column.role == "time"), None)
    if position is None:
        return set()
    buckets = sorted({str(row[position]) for row in table.rows})
    ends = {*buckets[:2], *buckets[-2:]}
    return {index for index, row in enumerate(table.rows) if str(row[position]) in ends}


def _is_number(cell: PlainCell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)
