"""Typed functions as LangChain tools: what the chat model sees of a result, and how a call is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import ValidationError

from agents.disclosure import told_constants
from semantic.parameters import plain_argument
from semantic.values import cleaned
from tools.desk import Desk
from tools.outcome import (
    ROWS_SHOWN,
    Clarification,
    Found,
    Listing,
    Mendable,
    Outcome,
    PlainCell,
    Refusal,
    Table,
)
from warehouse.errors import UsageError

TEXT = "(text)"
SHOWN = "shown"
VERIFIED = "verified"
ACTIONS = "actions"
KEYS_KEPT = 20
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?: [\d:.]+)?")


def as_tool(function: Callable[..., Outcome]) -> BaseTool:
    """A tool whose schema is the function's signature without the desk; the result travels as the artifact."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> tuple[str, Outcome]:
        outcome = function(*args, **kwargs)
        return json.dumps(_without_texts(seen_by_model(outcome), kwargs.get("desk"))), outcome

    return StructuredTool.from_function(run, response_format="content_and_artifact")


def run_call(tools: dict[str, BaseTool], call: ToolCall, desk: Desk) -> ToolMessage:
    """Run one tool call. What the chat model can mend comes back as an error message with a hint."""
    tool = tools.get(call["name"])
    if tool is None:
        return mendable_error(
            call, "unknown_tool", f"There is no tool {call['name']!r}.", f"Use one of {sorted(tools)}."
        )
    # The desk is set here, after whatever the chat model may have put in its place.
    arguments = {**call["args"], "desk": desk}
    try:
        message = tool.invoke({"type": "tool_call", "name": tool.name, "id": call["id"], "args": arguments})
    except Mendable as error:
        return mendable_error(call, error.code, error.reason, error.hint, error.nearest)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return mendable_error(call, "bad_arguments", f"{where}: {first['msg']}", "Correct the arguments.")
    except UsageError as error:
        return mendable_error(call, "bad_arguments", error.what, error.next_step)
    if not isinstance(message, ToolMessage):
        raise TypeError(f"tool {tool.name} returned {type(message).__name__}")
    return message


def mendable_error(
    call: ToolCall, code: str, reason: str, hint: str = "", nearest: tuple[str, ...] = ()
) -> ToolMessage:
    """A tool message that says what was wrong with the call and how to put it right."""
    content = {"error": {"code": code, "reason": reason, "hint": hint, "nearest": list(nearest)}}
    return ToolMessage(json.dumps(content), tool_call_id=call["id"] or "", name=call["name"], status="error")


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


def _without_texts(summary: dict[str, Any], desk: Desk | None) -> dict[str, Any]:
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


def without_rows(message: ToolMessage) -> ToolMessage:
    """The message as a thread remembers it: which queries ran, the keys of the first rows, and never a figure.

    The keys stand beside the content, where no chat model reads them: `the second one` is resolved by the planner.
    """
    content = json.loads(str(message.content))
    kept = {key: content[key] for key in ("shape", "error", "refused", "clarify") if key in content}
    if "tables" in content:
        kept["tables"] = _queries(content["tables"])
    remembered = _with_content(message, kept)
    if isinstance(message.artifact, Found) and (keys := row_keys(message.artifact)):
        remembered.additional_kwargs[SHOWN] = keys
    if isinstance(message.artifact, Found) and (use := message.artifact.verified):
        ran = {name: plain_argument(value) for name, value in use.arguments.items()}
        remembered.additional_kwargs[VERIFIED] = {"name": use.query.name, "parameters": ran}
    if isinstance(message.artifact, Found) and (names := action_names(message.artifact)):
        remembered.additional_kwargs[ACTIONS] = names
    return remembered


def row_keys(found: Found) -> dict[str, Any]:
    """The dimension values of the main table's first rows, in order: governed groups, never a member's row.

    Empty for statements and for tables whose rows are times or hold a value that is not known by name.
    """
    table = found.tables[0] if found.tables else None
    if table is None or table.query is None or table.query.time_grain or found.shape not in ("query", "drivers"):
        return {}
    names = [column.name for column in table.columns if column.role == "dimension"]
    rows = [[table.cell(row, name) for name in names] for row in range(min(len(table.rows), KEYS_KEPT))]
    if not names or set(names) != set(table.query.dimensions):
        return {}
    named = [[str(cell) for cell in row] for row in rows if all(cell is not None for cell in row)]
    return {"dimensions": names, "rows": named, "total": len(table.rows)} if len(named) == len(rows) else {}


def action_names(found: Found) -> list[str]:
    """The names of the actions that a result lists, in their order: what `the second one` may mean."""
    for table in found.tables:
        if table.query is None and any(column.name == "action" for column in table.columns):
            return [str(table.cell(row, "action")) for row in range(len(table.rows))]
    return []


def rowless(message: ToolMessage) -> ToolMessage:
    """The message as a chat model that holds a tool may read it again: all of it but what comes from rows."""
    content = json.loads(str(message.content))
    return (
        _with_content(message, {**content, "tables": _queries(content["tables"])})
        if "tables" in content
        else message
    )


def uncounted(message: ToolMessage) -> ToolMessage:
    """A message without rows as it may be read where not even the number of rows is told."""
    content = json.loads(str(message.content))
    if "tables" not in content:
        return message
    tables = [{"query": table["query"], "empty": not table["row_count"]} for table in content["tables"]]
    return _with_content(message, {**content, "tables": tables})


def _queries(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first query, which is the question's own, and counts: later ones may filter by a found value."""
    return [
        {"query": None if index else table["query"], "row_count": table["row_count"]}
        for index, table in enumerate(tables)
    ]


def _with_content(message: ToolMessage, content: dict[str, Any]) -> ToolMessage:
    return ToolMessage(
        json.dumps(content),
        tool_call_id=message.tool_call_id,
        name=message.name,
        status=message.status,
        additional_kwargs=dict(message.additional_kwargs),
    )
