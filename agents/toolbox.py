"""Typed functions as LangChain tools: how a call is run, and what a thread remembers of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import signature
from typing import Annotated, Any, get_type_hints

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool
from pydantic import ValidationError

from agents.summaries import seen_by_model, without_texts
from semantic.parameters import plain_argument
from tools.desk import Desk, Hidden
from tools.outcome import Found, Mendable, Outcome
from warehouse.errors import UsageError

SHOWN = "shown"
VERIFIED = "verified"
ACTIONS = "actions"
KEYS_KEPT = 20


def as_tool(function: Callable[..., Outcome]) -> BaseTool:
    """A tool whose schema is the function's signature without the desk; the result travels as the artifact."""

    def run(*args: Any, **kwargs: Any) -> tuple[str, Outcome]:
        outcome = function(*args, **kwargs)
        return json.dumps(without_texts(seen_by_model(outcome), kwargs.get("desk"))), outcome

    hints = {
        name: Annotated[Any, InjectedToolArg] if hint == Hidden else hint
        for name, hint in get_type_hints(function, include_extras=True).items()
    }
    declared = signature(function)
    parameters = [each.replace(annotation=hints[name]) for name, each in declared.parameters.items()]
    run.__name__, run.__doc__, run.__annotations__ = function.__name__, function.__doc__, hints
    run.__signature__ = declared.replace(parameters=parameters)  # type: ignore[attr-defined]
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
