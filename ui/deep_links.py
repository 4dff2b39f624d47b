"""Where an answer of the chat goes on in the dashboard: the view of the same issue, with the same filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from agents.answer import Answer

ROOT = "/dashboard"
WHERE = "journey"
_FILTERS = {"plan_type": "plan_type", "segment": "segment", "member_tenure": "tenure", "platform": "channel"}
_TABS = (
    ("savings", ("savings_per_day", "calls_avoided_per_day")),
    ("impact", ("without_fix_per_day", "effect_low")),
    ("actions", ("part_of_leak", "effort_days")),
    ("cause", ("error_message", "error_code", "failure_reason", "began", "step")),
    ("segments", ("plan_type", "segment", "member_tenure", "age_group", "language", "state")),
)
_CALLS = ("repeat_call", "negative", "sentiment", "handle_time", "first_call_resolution", "transfer")


def view_of(answer: Answer) -> str:
    """The address of the view that shows what an answer is about; empty for a refusal or a question back."""
    if answer.status != "answered" or not answer.parts:
        return ""
    query = next((part.semantic_query for part in answer.parts if part.semantic_query), None) or {}
    kept = _kept(query)
    journey = kept.pop(WHERE, "")
    columns = {column.name for part in answer.parts for column in part.columns}
    if not journey:
        metrics = [str(name) for name in query.get("metrics", ())]
        leaks = any("leak" in name or "avoidable" in name for name in metrics)
        place = "/repeat-calls" if not leaks and any(word in name for name in metrics for word in _CALLS) else ""
        return _address(place, kept)
    tab = next((name for name, marks in _TABS if columns & set(marks)), "segments")
    return _address(f"/issue/{quote(journey, safe='')}/{tab}", kept)


def _kept(query: Mapping[str, Any]) -> dict[str, str]:
    """The single values that a query keeps, by the name of the dashboard's filter."""
    found = {}
    for entry in query.get("filters", ()):
        name, values = entry.get("dimension", ""), entry.get("values", ())
        if entry.get("op", "in") == "in" and len(values) == 1 and name in (WHERE, *_FILTERS):
            found[_FILTERS.get(name, name)] = str(values[0])
    return found


def _address(place: str, kept: Mapping[str, str]) -> str:
    return f"{ROOT}{place}?{urlencode(kept)}" if kept else ROOT + place
