"""The governed question: what a tool builds, a person reads back and the compiler turns into SQL."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

TimeGrain = Literal["day", "week", "month", "quarter", "year"]
Comparison = Literal["previous_period", "previous_year"]
Attribution = Literal["at_event", "today"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DimensionFilter(_Frozen):
    """Keeps (`in`) or drops (`not_in`) rows by the governed values of a dimension."""

    dimension: str
    op: Literal["in", "not_in"] = "in"
    values: tuple[str, ...] = Field(min_length=1)


class MetricFilter(_Frozen):
    """A threshold on a result: rates as fractions 0..1, money in dollars, NPS in points."""

    metric: str
    op: Literal[">", ">=", "<", "<=", "="]
    value: float = Field(allow_inf_nan=False)


class TimeRange(_Frozen):
    """Whole days, both ends included. `label` is how the reader names the period ("last week")."""

    start: date
    end: date
    label: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> TimeRange:
        if self.end < self.start:
            raise ValueError(f"time range ends ({self.end}) before it starts ({self.start})")
        return self


class Order(_Frozen):
    """Sort by a metric, a dimension, or a computed column such as `leaked_calls__change_pct`."""

    by: str
    direction: Literal["asc", "desc"] = "desc"


class SemanticQuery(_Frozen):
    """Metrics by dimensions, filtered, over a period, compared, ranked.

    Result columns come in this order: the time grain's column (named after the grain), `dimensions`,
    then for each metric its value and, when asked for, `<metric>__previous`, `<metric>__change`,
    `<metric>__change_pct` (comparison; change_pct a fraction) and `<metric>__share` (part of the total over
    all rows before the limit; additive metrics only, a fraction).

    `attribution` says which plan, segment or other member attribute an event counts under: the one the member had
    at the event, or the one the member has today.
    """

    metrics: tuple[str, ...] = Field(min_length=1)
    dimensions: tuple[str, ...] = ()
    filters: tuple[DimensionFilter, ...] = ()
    having: tuple[MetricFilter, ...] = ()
    time: TimeRange | None = None
    time_grain: TimeGrain | None = None
    compare_to: Comparison | TimeRange | None = Field(
        default=None,
        description=(
            "What the period is held against: previous_period, the one right before it; previous_year, the same "
            "days a year earlier; or the first and last day of any other period, then without a time grain."
        ),
    )
    share_of_total: bool = False
    order_by: tuple[Order, ...] = ()
    limit: int | None = Field(default=None, ge=1, le=1000)
    limit_by: str | None = Field(
        default=None,
        description=(
            "A dimension of the query, or its time grain, in each of whose values the limit counts: the top 3 "
            "call topics of each agent team are call_topic and agent_team with limit 3, limit_by agent_team. "
            "Without it the limit counts over all rows."
        ),
    )
    average_per: TimeGrain | None = Field(
        default=None,
        description=(
            "Averages what adds up over time: calls per day are the period's calls by its days, per week or month "
            "the whole weeks or months of the period only. Not for rates, averages or members counted once; by a "
            "time grain and in a comparison per day only."
        ),
    )
    attribution: Attribution = Field(
        default="at_event",
        description=(
            "Which member attributes dimensions and filters go by: at_event, those the member had on the day of "
            "the event; today, those the member has now. Use today only when the question says so: by current "
            "plan, by the plan members have today."
        ),
    )
