"""Whether two queries ask for the same, whatever their periods are called."""

from __future__ import annotations

from semantic.query import SemanticQuery


def same_query(one: SemanticQuery | None, other: SemanticQuery | None) -> bool:
    """Equality of what is asked, whatever a period is called."""
    return one is not None and other is not None and canonical(one) == canonical(other)


def canonical(query: SemanticQuery) -> tuple[object, ...]:
    """A query's content with filters sorted and labels dropped."""
    filters = tuple(sorted((f.dimension, f.op, tuple(sorted(f.values))) for f in query.filters))
    time = (query.time.start, query.time.end) if query.time else None
    having = tuple(sorted((h.metric, h.op, h.value) for h in query.having))
    return (
        query.metrics, query.dimensions, filters, having, time, query.time_grain, query.compare_to,
        query.share_of_total, query.order_by, query.limit, query.limit_by, query.average_per, query.attribution,
    )  # fmt: skip
