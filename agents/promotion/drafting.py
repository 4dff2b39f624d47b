"""From a stored answer to the entry of a verified query: its query with open slots, its question without names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from agents.answer import AnswerPart
from agents.answer_store import KeptAnswer, parts_of
from agents.knowledge import Knowledge
from agents.planner.normalise import tokenise
from agents.planner.periods import Clock
from agents.planner.phrasing import phrase
from agents.planner.planner import Planner
from agents.planner.sameness import same_query
from agents.planner.times import read_span
from agents.promotion.wording import unfit_words
from semantic.names import is_plain
from semantic.query import SemanticQuery, TimeRange
from semantic.windows import default_range
from tools.metrics import WIDER_WINDOW
from warehouse.errors import UsageError

MOST_ROWS = 20
_OWN_PARTS = "Every part of it must be a governed query."
_WORD = re.compile(r"[a-z0-9]+")
Entry = dict[str, Any]


def drafted(kept: KeptAnswer, knowledge: Knowledge, title: str, owner: str) -> Entry:
    """The entry that an answer could become, every slot of its query that a question may set a parameter.

    Raises UsageError for an answer that cannot become one: refused, computed, of SQL, or verified already.
    """
    answer = kept.answer
    _promotable(kept)
    clock = _clock_then(kept, knowledge)
    queries = [_as_asked(part, kept, knowledge, clock) for part in _own_parts(parts_of(answer))]
    main, *parts = queries
    entry: Entry = {"title": " ".join(title.split()), "owner": " ".join(owner.split())}
    entry["questions"] = [question_for(answer.question, main, knowledge.planner, clock)]
    parameters: Entry = {}
    bodies = [_body(query) for query in queries]
    if main.limit and main.limit <= MOST_ROWS:
        parameters["limit"] = {"type": "limit", "default": main.limit, "most": MOST_ROWS}
        bodies[0].pop("limit")
    _open_period(queries, bodies, parameters, clock)
    _open_values(queries, bodies, parameters)
    entry["query"] = bodies[0]
    if parts:
        entry["parts"] = bodies[1:]
    if parameters:
        entry["parameters"] = parameters
    return entry


def name_for(title: str) -> str:
    """A name of small letters and underscores from a title. Raises UsageError when none comes of it."""
    name = "_".join(_WORD.findall(title.lower()))[:60].strip("_")
    if not name or not is_plain(name):
        raise UsageError("The title has no words.", where="--title", next_step="Say what the query answers.")
    return name


def question_for(asked: str, query: SemanticQuery, planner: Planner, clock: Clock) -> str:
    """The question as it was asked when it stands by itself and names nobody; else the query in plain words."""
    plan = planner.plan(asked, as_of=clock.today, first_day=clock.first_day, partial_day=clock.partial_day)
    alone = plan.kind == "query" and not plan.parts and same_query(plan.query, query)
    fit = alone and not unfit_words(asked, planner)
    return " ".join(asked.split()) if fit else phrase(query, planner.lexicon)


def _promotable(kept: KeptAnswer) -> None:
    answer = kept.answer
    why = ""
    if answer.status != "answered":
        why = "It has no figures."
    elif answer.trust == "verified_query":
        why = "It is of a verified query already."
    elif answer.trust != "governed_metric":
        why = f"Its figures are not governed metrics as they stand ({answer.trust.replace('_', ' ')})."
    elif not all(part.semantic_query for part in parts_of(answer)):
        why = _OWN_PARTS
    if why:
        raise UsageError(
            f"This answer cannot become a verified query. {why}",
            where=answer.answer_id,
            next_step="Propose an answer with the badge governed metric.",
        )


def _own_parts(parts: list[AnswerPart]) -> list[AnswerPart]:
    """Without the wider windows that an answer shows by itself where next to nothing was counted."""
    first = parts[0].semantic_query or {}
    asked_wider = any(name.endswith(WIDER_WINDOW) for name in first.get("metrics", ()))
    return [
        part
        for at, part in enumerate(parts)
        if at == 0
        or asked_wider
        or not all(n.endswith(WIDER_WINDOW) for n in (part.semantic_query or {})["metrics"])
    ]


def _clock_then(kept: KeptAnswer, knowledge: Knowledge) -> Clock:
    """The day that the answer was given on."""
    now = knowledge.clock
    return Clock(kept.answer.as_of or now.today, now.first_day, now.fiscal_month, now.events)


def _as_asked(part: AnswerPart, kept: KeptAnswer, knowledge: Knowledge, clock: Clock) -> SemanticQuery:
    """The part's query without the default window that stands for no period."""
    query = SemanticQuery.model_validate(part.semantic_query)
    bare = query.model_copy(update={"time": None})
    window = default_range(bare, knowledge.settings.questions, clock.today, clock.first_day)
    return bare if query.time == window else query


def _body(query: SemanticQuery) -> Entry:
    body: Entry = query.model_dump(mode="json", exclude_defaults=True)
    if query.order_by:
        body["order_by"] = [{"by": item.by, "direction": item.direction} for item in query.order_by]
    return body


def _open_period(queries: list[SemanticQuery], bodies: list[Entry], parameters: Entry, clock: Clock) -> None:
    """One period for all becomes a parameter, with the words that mean its days as the default."""
    spans = {query.time for query in queries}
    if len(spans) != 1:
        return
    (span,) = spans
    words = "" if span is None else words_for(span, clock)
    if span is not None and not words:
        return
    for body in bodies:
        body.pop("time", None)
    parameters["period"] = {"type": "period"} | ({"default": words} if words else {})


def words_for(span: TimeRange, clock: Clock) -> str:
    """Words that read to exactly these days on that day; nothing when there are none."""
    for text in (span.label, f"from {span.start} to {span.end}", str(span.start)):
        words = [token.text for token in tokenise(text)]
        found = read_span(words, 0, clock) if words else None
        if (
            found
            and found[0] == len(words)
            and _days(found[1].start, found[1].end, clock) == (span.start, span.end)
        ):
            return text
    return ""


def _days(start: date, end: date, clock: Clock) -> tuple[date, date]:
    return max(start, clock.first_day), min(end, clock.partial_day or clock.today)


def _open_values(queries: list[SemanticQuery], bodies: list[Entry], parameters: Entry) -> None:
    """A filter that all parts have alike becomes a parameter with its values as the default."""
    for item in queries[0].filters:
        if item.op != "in" or not all(item in query.filters for query in queries):
            continue
        for body in bodies:
            left = [other for other in body["filters"] if other["dimension"] != item.dimension]
            body["filters"] = left
            if not left:
                del body["filters"]
        default = item.values[0] if len(item.values) == 1 else list(item.values)
        parameters[item.dimension] = {"type": "value", "default": default}


def with_changes(entry: Mapping[str, Any], changes: Mapping[str, Any]) -> Entry:
    """An entry with what a reviewer may change in it (`EDITABLE`). Raises UsageError for anything else."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise UsageError(
            f"A review cannot change {', '.join(sorted(unknown))}.",
            where="review", next_step=f"It can change {', '.join(sorted(EDITABLE))}.",
        )  # fmt: skip
    return {**entry, **{key: value for key, value in changes.items() if value is not None}}


EDITABLE = frozenset({"title", "owner", "questions", "parameters", "note", "follow_ups"})
