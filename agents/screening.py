"""A free chat model's tool call against the question: what its query leaves out is not dropped in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolCall, ToolMessage
from pydantic import ValidationError

from agents.planner import Planner
from agents.planner.attribution import missed_attribution
from agents.planner.periods import Clock
from agents.planner.reading import Reading, Span, Target
from agents.planner.verified import plan_of
from agents.statement_gaps import statement_gaps
from agents.toolbox import mendable_error
from semantic.parameters import plain_argument
from semantic.query import SemanticQuery
from tools.outcome import Mendable
from tools.verified import arguments_of

if TYPE_CHECKING:
    from agents.context import Context

VALUES_TOLD = 12
OWN_THRESHOLD = "The threshold is the chat model's choice: the question names none."
OWN_FILTER = "Narrowed by the chat model, the question does not say so: {named}."
OWN_REDUCTION = "The size of the reduction is the chat model's choice: the question names none."
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
CHECKED = ("query_metrics", "explain_breakdown")
VERIFIED = "run_verified_query"
STATEMENT = "run_sql"
STATEMENT_HINT = "Put it into the statement, its days as dates, or call query_metrics, clarify or refuse."


@dataclass(frozen=True)
class Gaps:
    """Words of the question that stand for something the query lacks, and words that nobody knows."""

    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def screened(call: ToolCall, context: Context) -> tuple[ToolCall, ToolMessage | None]:
    """The call to run, or an error for the chat model.

    What the question says and the query lacks goes back every time. Unknown words go back once; a chat model that
    stands by its query has them told to the reader as an assumption.
    """
    # What a free chat model calls an assumption would stand in the answer unchecked.
    call = {**call, "args": _unlabelled({k: v for k, v in call["args"].items() if k != "assumptions"})}
    unheard = _unknown_values(call["args"], context)
    if unheard:
        return call, unheard_of(call, *unheard)
    if call["name"] == STATEMENT:
        missing = statement_gaps(str(call["args"].get("sql", "")), context)
        return call, _objection(call, missing, STATEMENT_HINT) if missing else None
    if call["name"] == VERIFIED:
        return _verified_call(call, context)
    query = _query_of(call) if call["name"] in CHECKED else None
    if query is None or not context.desk.semantic.metrics.keys() >= set(query.metrics):
        return _saying(call, _own_reduction(call, context)), None  # the tool says what is wrong with the names
    found = gaps(context.desk.question, query, context.planner, context.clock)
    if found.missing:
        return call, _objection(call, found.missing, "Put it into the query, or call clarify or refuse.")
    if found.unknown and not context.objected:
        context.objected = True
        hint = "If it restricts the answer, call clarify or refuse; if it is wording only, call again unchanged."
        return call, _objection(call, found.unknown, hint)
    added = _added(query, context)
    if added and not context.narrowed:
        context.narrowed = True
        hint = "Leave it out, or call again unchanged if the question means it in other words."
        return call, mendable_error(call, "added", f"The question does not say: {', '.join(added)}.", hint)
    said = [f"Taken as wording only: {', '.join(found.unknown)}."] if found.unknown else []
    said += [OWN_FILTER.format(named=", ".join(added))] if added else []
    if query.having and not context.planner.read(context.desk.question, context.clock)[0].thresholds:
        said.append(OWN_THRESHOLD)
    return _saying(call, said), None


def _added(query: SemanticQuery, context: Context) -> list[str]:
    """Filters and a number of rows that neither the question nor an earlier one of the conversation says."""
    spoken = [context.planner.read(text, context.clock)[0] for text in (context.desk.question, *context.earlier)]
    named = {(target.name, target.value) for reading in spoken for span in reading.of_kind("value")
             for target in span.targets}  # fmt: skip
    values, dimensions = {value for _, value in named}, context.desk.semantic.dimensions
    added = [
        f"{dimensions[entry.dimension].label} {context.desk.values.label(entry.dimension, value)}"
        for entry in query.filters if entry.dimension in dimensions
        for value in entry.values if value not in values
    ]  # fmt: skip
    if query.limit is not None and not any(reading.ranking for reading in spoken):
        added.append(f"the first {query.limit} rows only")
    return added


def _verified_call(call: ToolCall, context: Context) -> tuple[ToolCall, ToolMessage | None]:
    """A verified query answers only a question that says no more than its parameters take.

    Where the planner knows the question as one of it, the planner's arguments count. Else what the question names
    must be in the query that the arguments make.
    """
    known = context.planner.model.verified_queries.get(str(call["args"].get("name")))
    if known is None:
        return call, None  # the tool says so
    plan = context.planner.verified_plan(context.desk.question, context.clock)
    if plan and plan.verified == known.name:
        parameters = {name: plain_argument(value) for name, value in plan.parameters}
        return {**call, "args": {**call["args"], "parameters": parameters}}, None
    try:
        arguments = arguments_of(known, call["args"].get("parameters") or {}, context.desk)
    except Mendable as error:
        return call, mendable_error(call, error.code, error.reason, error.hint, error.nearest)
    plan = plan_of(known, arguments, context.clock)
    missing = (
        gaps(context.desk.question, plan.query, context.planner, context.clock).missing
        if plan and plan.query
        else ()
    )
    hint = "No parameter of this verified query was given it: call query_metrics, clarify or refuse."
    return call, _objection(call, missing, hint) if missing else None


def _saying(call: ToolCall, said: list[str]) -> ToolCall:
    return {**call, "args": {**call["args"], "assumptions": said}} if said else call


def _own_reduction(call: ToolCall, context: Context) -> list[str]:
    """What to say when the percentage of a projection is not in the question."""
    percent = call["args"].get("reduce_pct") if call["name"] in ("project_savings", "top_opportunities") else None
    named = {float(number) for number in _NUMBER.findall(context.desk.question.replace(",", ""))}
    return [OWN_REDUCTION] if isinstance(percent, int | float) and float(percent) not in named else []


def _unlabelled(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without the words for a period, which would stand in the answer; its days stay."""
    query = arguments.get("query")
    if not isinstance(query, dict) or not isinstance(query.get("time"), dict):
        return arguments
    time = {name: value for name, value in query["time"].items() if name != "label"}
    return {**arguments, "query": {**query, "time": time}}


def _unknown_values(arguments: dict[str, Any], context: Context) -> tuple[str, tuple[str, ...]] | None:
    """The first dimension whose filter holds a value that it does not have, with values that are declared for it.

    What a chat model writes there would stand in the answer. Values found in the data are not told to it.
    """
    query = arguments.get("query")
    entries = [*_entries(arguments), *_entries(query if isinstance(query, dict) else {})]
    if arguments.get("journey"):
        where = context.desk.semantic.defaults.where_dimension
        entries.append({"dimension": where, "values": [arguments["journey"]]})
    for entry in entries:
        dimension = context.desk.semantic.dimensions.get(str(entry.get("dimension")))
        values = entry.get("values")
        if dimension is not None and isinstance(values, list):
            known = {value.lower() for value in (*context.desk.values.values(dimension.name), *dimension.values)}
            if any(not isinstance(value, str) or value.lower() not in known for value in values):
                return dimension.label, tuple(dimension.values)[:VALUES_TOLD]
    return None


def _entries(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    filters = arguments.get("filters")
    return [entry for entry in filters if isinstance(entry, dict)] if isinstance(filters, list) else []


def unheard_of(call: ToolCall, label: str, declared: tuple[str, ...]) -> ToolMessage:
    """An error for the chat model: a filter's value does not exist."""
    hint = "Use a value of the dimension as it is spelled, or call refuse with the code no_value."
    return mendable_error(call, "no_value", f"{label} has no such value.", hint, declared)


def _query_of(call: ToolCall) -> SemanticQuery | None:
    try:
        return SemanticQuery.model_validate(call["args"].get("query"))
    except ValidationError:
        return None  # the tool itself says what is wrong with it


def _objection(call: ToolCall, words: tuple[str, ...], hint: str) -> ToolMessage:
    return mendable_error(call, "unexplained", f"The query says nothing about: {', '.join(words)}.", hint)


def gaps(question: str, query: SemanticQuery, planner: Planner, clock: Clock) -> Gaps:
    """Read the question with the embedded planner's eyes and compare slot by slot."""
    reading, _ = planner.read(question, clock)
    missing = [_words(reading, span) for span in reading.spans if not _explained(span, reading, query, planner)]
    if reading.ranking and query.limit is None and not query.order_by:
        missing.append("the ranking")
    if reading.thresholds and not query.having:
        missing.append("the threshold")
    if reading.negated and not any(entry.op == "not_in" for entry in query.filters):
        missing.append("the exclusion")
    missing += missed_attribution(reading, query)
    draft, _, _ = planner.draft(question, (), clock)
    unknown = [word for issue in draft.issues if issue.kind == "unexplained" for word in issue.words]
    return Gaps(tuple(dict.fromkeys(missing)), tuple(dict.fromkeys(unknown)))


def _words(reading: Reading, span: Span) -> str:
    return " ".join(token.raw for token in reading.tokens[span.start : span.end])


def _explained(span: Span, reading: Reading, query: SemanticQuery, planner: Planner) -> bool:
    if span.kind == "time":
        return _period_fits(span, reading, query)
    if span.kind == "grain":
        return query.time_grain is not None or query.compare_to is not None or query.time is not None
    if span.kind == "metric":
        named = {target.name for other in reading.of_kind("metric") for target in other.targets}
        return not named or bool(named & set(query.metrics))
    return span.kind == "topic" or any(_in_query(target, query, planner) for target in span.targets)


def _period_fits(span: Span, reading: Reading, query: SemanticQuery) -> bool:
    if query.time is None:
        return False
    if span.period is None or len(reading.of_kind("time")) > 1:
        return True
    return query.time.start >= span.period.start and query.time.end <= span.period.end


def _in_query(target: Target, query: SemanticQuery, planner: Planner) -> bool:
    dimensions = planner.model.dimensions
    names = {target.name}
    names |= {name for name, d in dimensions.items() if d.fallback == target.name}
    fallback = dimensions[target.name].fallback if target.name in dimensions else None
    names |= {fallback} if fallback else set()
    if names & set(query.dimensions):
        return True
    filters = [entry for entry in query.filters if entry.dimension in names]
    if target.kind != "value":
        return bool(filters)
    # A value of a fallback dimension has its own spelling there ("Billing", "Billing Question").
    return any(target.value in entry.values or entry.dimension != target.name for entry in filters)
