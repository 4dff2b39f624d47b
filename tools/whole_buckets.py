"""Rankings of months, weeks, quarters and years by a sum: only whole ones can be held against each other."""

from __future__ import annotations

from semantic.query import SemanticQuery
from semantic.windows import buckets, clip, default_range, whole_part
from tools.desk import Desk
from tools.periods import period_in_words


def whole_buckets(query: SemanticQuery, desk: Desk) -> tuple[SemanticQuery, tuple[str, ...]]:
    """A ranking of months, weeks, quarters or years by a sum, over whole ones only, and that it is so.

    The days at the ends of a period make a bucket of a few days: the lowest by that alone, and never the highest.
    Unchanged for figures that are no sums, for courses without a limit, and where fewer than two are whole.
    """
    grain, metrics = query.time_grain, desk.semantic.metrics
    ranked = query.order_by[0].by if query.order_by else ""
    if grain is None or query.limit is None or ranked not in metrics or not metrics[ranked].additive:
        return query, ()
    asked = query.time or default_range(query, desk.questions, desk.as_of, desk.first_day)
    period = clip(asked, desk.as_of, desk.first_day)
    if period is None:
        return query, ()
    kept = whole_part(period, grain)
    if kept == period:
        return query, ()
    whole = buckets(kept, grain) if kept else 0
    if kept is None or whole < 2:  # one alone is neither the highest nor the lowest
        return query, (f"{'Only one' if whole else 'No'} {grain} is whole in this period.",)
    return query.model_copy(update={"time": kept}), (f"Only whole {grain}s are ranked, {period_in_words(kept)}.",)
