"""Rankings of months, weeks, quarters and years by a sum: only whole ones can be held against each other."""

from __future__ import annotations

from datetime import timedelta

from semantic.query import SemanticQuery, TimeRange
from semantic.windows import bucket_end, bucket_start, clip, default_range, shift
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
    first, last = bucket_start(period.start, grain), bucket_end(period.end, grain)
    start = period.start if first == period.start else shift(first, grain, 1)
    end = period.end if last == period.end else bucket_start(period.end, grain) - timedelta(days=1)
    if (start, end) == (period.start, period.end):
        return query, ()
    if end < start or bucket_start(end, grain) == start:  # one alone is neither the highest nor the lowest
        return query, (f"{'No' if end < start else 'Only one'} {grain} is whole in this period.",)
    kept = TimeRange(start=start, end=end)
    return query.model_copy(update={"time": kept}), (f"Only whole {grain}s are ranked, {period_in_words(kept)}.",)
