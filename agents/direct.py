"""Questions that are put without words: a semantic query, or why a figure moved; answered like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.answer import Answer
from agents.planner.plan import Plan
from agents.planner.suggestions import follow_ups
from semantic.echo import heading
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from semantic.values import MOST_VALUES, ValueDictionary, is_name
from tools.breakdown import explain_breakdown
from tools.metrics import query_metrics
from tools.outcome import Mendable, Outcome
from warehouse.errors import UsageError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.context import Context
    from agents.runtime import Assistant


def answer_query(assistant: Assistant, query: SemanticQuery, principal: Principal, source: str) -> Answer:
    """The governed figures of a semantic query. Raises UsageError with what to correct in it."""
    query = unlabelled(query)
    question = _in_words(query, assistant.knowledge(principal).semantic, "")

    def work(context: Context) -> Outcome:
        known = spelled(query, context.desk.semantic, context.desk.values)
        context.reply.follow_ups += _leading_on(known, context)
        return query_metrics(known, context.desk)

    return _mended(lambda: assistant.direct(question, principal, work, "genie", source))


def answer_why(assistant: Assistant, query: SemanticQuery, principal: Principal, source: str) -> Answer:
    """What drives the query's first metric, against the period before or between the values that it sets apart.

    Raises UsageError with what to correct in the query.
    """
    query = unlabelled(query)
    question = _in_words(query, assistant.knowledge(principal).semantic, "Why: ")

    def work(context: Context) -> Outcome:
        require_known(query, context.desk.semantic)
        known = spelled(query, context.desk.semantic, context.desk.values)
        context.reply.follow_ups += _leading_on(known, context)
        return explain_breakdown(known, context.desk)

    return _mended(lambda: assistant.direct(question, principal, work, "insight_scout", source))


def require_known(query: SemanticQuery, semantic: SemanticModel) -> None:
    """Raises Mendable for a metric that the model does not have."""
    from rapidfuzz import process

    for name in query.metrics:
        if name not in semantic.metrics:
            nearest = tuple(str(match[0]) for match in process.extract(name, semantic.metrics.keys(), limit=3))
            reason = f"There is no metric {name[:60]!r}."
            raise Mendable("unknown_metric", reason, f"Did you mean {', '.join(nearest)}?", nearest)


def unlabelled(query: SemanticQuery) -> SemanticQuery:
    """The query without a caller's own words for its periods, which would stand in the answer: its days count."""
    time = query.time and query.time.model_copy(update={"label": ""})
    compared = query.compare_to
    if isinstance(compared, TimeRange):
        compared = compared.model_copy(update={"label": ""})
    return query.model_copy(update={"time": time, "compare_to": compared})


def spelled(query: SemanticQuery, semantic: SemanticModel, values: ValueDictionary) -> SemanticQuery:
    """The query with its filters' values as the data spell them (`mapd` is MAPD, Florida FL).

    Raises Mendable for a value that its dimension does not have: its figures would be zero, or all of them.
    """
    known = [_spelled(entry, semantic, values) for entry in query.filters]
    return query.model_copy(update={"filters": tuple(known)})


def _spelled(entry: DimensionFilter, semantic: SemanticModel, values: ValueDictionary) -> DimensionFilter:
    dimension = semantic.dimensions.get(entry.dimension)
    there = values.values(entry.dimension)
    if dimension is None or not there or len(there) >= MOST_VALUES:
        return entry  # the compiler says that there is no such dimension; of many values not all are known
    exact = {*there, *dimension.value_labels, *filter(None, (dimension.missing,))}
    exact |= {value for value in dimension.values if values.knows(dimension.name, value)}
    meant = {**values.synonyms(dimension.name), **{value.lower(): value for value in exact}}
    found = tuple(value if value in exact else meant.get(value.lower(), "") for value in entry.values)
    for asked, value in zip(entry.values, found, strict=True):
        if not value:
            raise _no_value(
                asked, dimension.label, [one for one in there if is_name(one) or one in dimension.values]
            )
    return entry.model_copy(update={"values": tuple(dict.fromkeys(found))})


def _no_value(asked: str, label: str, offered: list[str]) -> Mendable:
    from rapidfuzz import process, utils

    ranked = process.extract(asked[:60], offered, limit=3, processor=utils.default_process)
    nearest = tuple(str(match[0]) for match in ranked)
    hint = f"Nearest: {', '.join(nearest)}." if nearest else ""
    return Mendable("no_value", f"{label} has no such value.", hint, nearest)


def standing_alone(answer: Answer, context: Context) -> Answer:
    """The answer with those follow-ups only that say all they mean: there is no conversation that they lead on."""
    kept = [question for question in answer.follow_ups if context.answerable(question)]
    return answer.model_copy(update={"follow_ups": kept})


def _leading_on(query: SemanticQuery, context: Context) -> tuple[str, ...]:
    """Whole questions that lead on from a query, each of which the planner reads as just that."""
    if not set(query.metrics) <= context.desk.semantic.metrics.keys():
        return ()
    if (
        not {*query.dimensions, *(entry.dimension for entry in query.filters)}
        <= context.desk.semantic.dimensions.keys()
    ):
        return ()

    def check(question: str, wanted: SemanticQuery) -> bool:
        return context.planner.plans_to(question, wanted, context.clock)

    return follow_ups(Plan("query", query), context.planner.lexicon, check)


def _in_words(query: SemanticQuery, semantic: SemanticModel, before: str) -> str:
    """What the query asks, for the list of answers; a name that nobody knows is not repeated."""
    known = all(name in semantic.metrics for name in query.metrics) and all(
        name in semantic.dimensions for name in query.dimensions
    )
    return f"{before}{heading(query, semantic)}" if known else f"{before}a semantic query"


def _mended(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except Mendable as error:
        raise UsageError(error.reason, where="query", next_step=error.hint) from error
