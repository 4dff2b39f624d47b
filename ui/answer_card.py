"""An `Answer` as the plain data that the chat's answer card draws. Everything is text already written for people.

Nothing in it is markup: the card shows each string as text, so a value that looks like HTML or a link stays text.
"""

from __future__ import annotations

import re
from typing import Any

from agents.answer import Answer, AnswerColumn, AnswerPart, Chart
from tools.actions.verdicts import REVIEWER
from tools.periods import day_in_words
from ui.deep_links import view_of
from ui.figures import figure
from ui.health import threshold_crossed
from ui.units import few, shown, told, why_hidden

TRUST_LABELS: dict[str, str] = {
    "verified_query": "Verified query",
    "governed_metric": "Governed metric",
    "generated_sql": "Generated SQL",
    "analysis": "Analysis",
    "none": "",
}
AGENT_LABELS = {
    "genie": "Genie",
    "insight_scout": "Insight Scout",
    "next_best_action": "Next-Best-Action",
    "supervisor": "Supervisor",
}
REFUSAL_TITLES: dict[str, str] = {
    "pii": "Personal data stays private",
    "write": "The command center only reads",
    "forecast": "Not a forecasting tool",
    "no_metric": "No such metric here",
    "no_dimension": "No such breakdown here",
    "no_value": "No such value in the data",
    "incompatible": "These do not combine",
    "domain": "Outside this command center",
    "language": "Please ask in English",
    "correlation": "Cause cannot be read from this data",
    "empty": "There is no question yet",
    "too_long": "That question is too long",
    "sql": "Ask in plain words",
}
MOST_ROWS = 200
MOST_ACTIONS = 12
ACTION_COLUMN = "action"
# Invisible, and not the zero-width space, which Chainlit draws as a blinking cursor.
_JOINER = "\u2060"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!])")
_LINE_START = re.compile(r"(?m)^(\s*)(\d+)([.)])|^(\s*)([-+])(\s)")
_ADDRESS = re.compile(r"(?i)(https?:|ftp:|mailto:)(?=\S)|(www)(?=\.)|(?<=\w)(@)(?=\w)")


def card(answer: Answer) -> dict[str, Any]:
    """The props of the answer card: status, trust, parts (table, chart, SQL), assumptions, choices, follow-ups."""
    return {
        "status": answer.status,
        "title": _title(answer),
        "text": "" if answer.status == "answered" else answer.text,
        "trust": {
            "level": answer.trust,
            "label": TRUST_LABELS.get(answer.trust, answer.trust),
            "reason": answer.trust_reason,
        },
        "verified": _verified(answer),
        "propose": may_be_proposed(answer),
        "view": view_of(answer),
        "decide": actions_of(answer) if answer.role == REVIEWER else [],
        "agent": AGENT_LABELS.get(answer.agent, answer.agent),
        "route": answer.route_reason,
        "asOf": day_in_words(answer.as_of) if answer.as_of and answer.status == "answered" else "",
        "snapshot": answer.snapshot,
        "answerId": answer.answer_id or answer.id,
        "chips": [chip.model_dump() for chip in answer.chips],
        "assumptions": list(answer.assumptions),
        "choices": [choice.model_dump() for choice in answer.choices[:3]],
        "followUps": list(answer.follow_ups[:3]),
        "parts": [_part(part, index, answer) for index, part in enumerate(parts_of(answer))],
    }


def may_be_proposed(answer: Answer) -> bool:
    """Whether an answer may become a verified query: governed figures of governed queries, nothing computed."""
    governed = answer.status == "answered" and answer.trust == "governed_metric"
    return governed and bool(answer.parts) and all(part.semantic_query for part in answer.parts)


def actions_of(answer: Answer) -> list[str]:
    """The recommended actions that an answer names, in their order, each once."""
    if answer.status != "answered" or answer.agent != "next_best_action":
        return []
    named = [
        str(row[at])
        for part in answer.parts
        for at, column in enumerate(part.columns)
        if column.name == ACTION_COLUMN
        for row in part.rows
    ]
    return list(dict.fromkeys(named))[:MOST_ACTIONS]


def _verified(answer: Answer) -> dict[str, Any] | None:
    """The verified query behind the answer: what it was run with, and what else can be set in it."""
    by = answer.verified
    if by is None:
        return None
    checked = f"{by.checked} by {by.checked_by}" if by.checked_by else by.checked
    return {
        "title": by.title,
        "owner": by.owner,
        "checked": checked,
        "set": [{"label": p.label, "value": p.value} for p in by.parameters if p.value],
        "open": [p.label for p in by.parameters if not p.value],
    }


def parts_of(answer: Answer) -> list[AnswerPart]:
    """The parts of an answer; one that has none is its own single part."""
    if answer.parts or answer.status != "answered":
        return list(answer.parts)
    if not answer.columns and not answer.sql:
        return []
    return [
        AnswerPart(
            columns=answer.columns,
            rows=answer.rows,
            sql=answer.sql,
            semantic_query=answer.semantic_query,
            interpretation=answer.interpretation,
        )
    ]


def plain(text: str) -> str:
    """Text that Markdown shows exactly as written: no emphasis, list, link, image or HTML comes of it."""
    escaped = _MARKUP.sub(r"\\\1", text)
    escaped = _LINE_START.sub(lambda m: f"{m[1]}{m[2]}\\{m[3]}" if m[2] else f"{m[4]}\\{m[5]}{m[6]}", escaped)
    return _ADDRESS.sub(lambda m: f"{m[0]}{_JOINER}", escaped)


def _title(answer: Answer) -> str:
    if answer.refusal_code.startswith("denied"):
        return "Not allowed for your role"
    if answer.status == "refused":
        return REFUSAL_TITLES.get(answer.refusal_code, "Not something I can answer")
    return {"clarify": "Which one do you mean?", "error": "That did not work"}.get(answer.status, "")


def _part(part: AnswerPart, index: int, answer: Answer) -> dict[str, Any]:
    charts = [chart for chart in answer.charts if chart.part == index]
    interpretation = part.interpretation or (answer.interpretation if index == 0 else "")
    return {
        "title": part.title,
        "interpretation": interpretation,
        "columns": [_column(part.columns[at]) for at in told(part)],
        "rows": [_row(part, index) for index in range(min(len(part.rows), MOST_ROWS))],
        "empty": _empty(part),
        "more": max(0, len(part.rows) - MOST_ROWS),
        "truncated": part.truncated,
        "sql": part.sql,
        "stats": _stats(charts, part),
        "figures": [{"title": chart.title, **drawn} for chart in charts if (drawn := figure(chart, part))],
    }


def _column(column: AnswerColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": column.label or column.name.replace("_", " ").capitalize(),
        "unit": column.unit,
        "number": column.role in ("metric", "derived"),
    }


def _empty(part: AnswerPart) -> str:
    """What stands in place of a table without rows."""
    why = "No rows match."
    if part.small_cell:
        why = f"No rows may be shown: there are none, or {few(part.small_cell)} are behind them."
    return f"{why} Widen the period or drop a filter, then ask again."


def _row(part: AnswerPart, row: int) -> list[dict[str, Any]]:
    return [_cell(part, row, at) for at in told(part)]


def _cell(part: AnswerPart, row: int, at: int) -> dict[str, Any]:
    column, value = part.columns[at], part.rows[row][at]
    cell: dict[str, Any] = {"v": value, "t": shown(part, row, at)}
    if (row, at) in part.suppressed:
        return cell | {"why": f"Not shown: {why_hidden(part.small_cell)}."}
    if crossed := threshold_crossed(column.name, value):
        cell |= {"level": crossed.level, "word": crossed.word}
    return cell


def _stats(charts: list[Chart], part: AnswerPart) -> list[dict[str, Any]]:
    """Big numbers of the first row, for charts of kind `stat`."""
    if not part.rows:
        return []
    names = [column.name for column in part.columns]
    wanted = [y for chart in charts if chart.kind == "stat" for y in chart.y if y in names]
    if wanted and len(part.rows) == 1 and all(_column(column)["number"] for column in part.columns):
        wanted += [names[at] for at in told(part)]
    return [
        {"label": _column(column)["label"], **_cell(part, 0, names.index(column.name))}
        for column in (part.columns[names.index(name)] for name in dict.fromkeys(wanted))
    ]
