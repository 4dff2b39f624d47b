"""Questions that are put without words: a semantic query, or why a figure moved; answered like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.answer import Answer
from semantic.echo import heading
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
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
    question = _in_words(query, assistant.knowledge(principal).semantic, "")
    return _mended(
        lambda: assistant.direct(
            question, principal, lambda context: query_metrics(query, context.desk), "genie", source
        )
    )


def answer_why(assistant: Assistant, query: SemanticQuery, principal: Principal, source: str) -> Answer:
    """What drives the query's first metric, against the period before or between the values that it sets apart.

    Raises UsageError with what to correct in the query.
    """
    question = _in_words(query, assistant.knowledge(principal).semantic, "Why: ")

    def work(context: Context) -> Outcome:
        require_known(query, context.desk.semantic)
        return explain_breakdown(query, context.desk)

    return _mended(lambda: assistant.direct(question, principal, work, "insight_scout", source))


def require_known(query: SemanticQuery, semantic: SemanticModel) -> None:
    """Raises Mendable for a metric that the model does not have."""
    from rapidfuzz import process

    for name in query.metrics:
        if name not in semantic.metrics:
            nearest = tuple(str(match[0]) for match in process.extract(name, semantic.metrics.keys(), limit=3))
            reason = f"There is no metric {name[:60]!r}."
            raise Mendable("unknown_metric", reason, f"Did you mean {', '.join(nearest)}?", nearest)


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
