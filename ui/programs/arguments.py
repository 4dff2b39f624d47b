"""What a program asks with, over MCP and HTTP. A field's description is what a client's chat model reads."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from semantic.query import (
    Attribution,
    Comparison,
    DimensionFilter,
    MetricFilter,
    Order,
    SemanticQuery,
    TimeGrain,
    TimeRange,
)
from semantic.search.entries import Kind

Name = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[str, Field(max_length=500)]


class Arguments(BaseModel):
    """The arguments of a tool; a name that is none of them is refused."""

    model_config = ConfigDict(extra="forbid")


class ListMetrics(Arguments):
    """A page of the catalogue."""

    words: Words = Field(default="", description="Only metrics whose texts hold all of these words.")
    offset: int = Field(default=0, ge=0, le=100_000)
    limit: int = Field(default=25, ge=1, le=100)


class SearchMetrics(Arguments):
    """A search by meaning and spelling."""

    words: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="What you mean, in any words.")
    kinds: list[Kind] = Field(default_factory=list, max_length=4, description="Only these kinds; empty: all.")
    limit: int = Field(default=8, ge=1, le=50)


class DescribeMetric(Arguments):
    """One metric."""

    metric: Name = Field(description="A name as list_metrics and search_metrics give it.")


class Query(Arguments):
    """What is asked of the semantic model."""

    metrics: list[Name] = Field(min_length=1, max_length=20)
    filters: list[DimensionFilter] = Field(
        default_factory=list, max_length=20, description="Keep (in) or drop (not_in) values of dimensions."
    )
    time: TimeRange | None = Field(
        default=None, description="Whole days, both included; without it the usual period, which the answer names."
    )
    attribution: Attribution = Field(
        default="at_event",
        description="at_event: the member attributes of the day of the event; today: those of now.",
    )


class QueryMetrics(Query):
    """Metrics by dimensions, filtered, over a period, compared and ranked."""

    dimensions: list[Name] = Field(default_factory=list, max_length=8)
    having: list[MetricFilter] = Field(default_factory=list, max_length=10, description="Thresholds on results.")
    time_grain: TimeGrain | None = None
    compare_to: Comparison | TimeRange | None = Field(
        default=None, description="The period before, the year before, or the days of any other period."
    )
    share_of_total: bool = False
    order_by: list[Order] = Field(default_factory=list, max_length=8)
    limit: int | None = Field(default=None, ge=1, le=1000)
    average_per: TimeGrain | None = Field(
        default=None,
        description="What adds up over time as an average per day, or over the period's whole weeks, months ...",
    )
    limit_by: Name | None = Field(
        default=None,
        description="A dimension of the query, or its time grain, in each of whose values limit counts.",
    )


class Why(Arguments):
    """What to explain."""

    metric: Name
    filters: list[DimensionFilter] = Field(default_factory=list, max_length=20)
    time: TimeRange | None = Field(default=None, description="The period; it is held against the one before it.")
    between: Name | None = Field(
        default=None,
        description="A dimension with a filter that keeps several of its values: why do these differ?",
    )

    def query(self) -> SemanticQuery:
        """The query that the question is about."""
        dimensions = (self.between,) if self.between else ()
        return SemanticQuery(
            metrics=(self.metric,), dimensions=dimensions, filters=tuple(self.filters), time=self.time
        )


class Ask(Arguments):
    """A question in words."""

    question: Annotated[str, Field(min_length=1, max_length=2000)]
    thread: Annotated[str, Field(max_length=64, pattern=r"^[\w.:-]*$")] = Field(
        default="", description="The thread of an earlier answer, to follow up on it."
    )


class ExplainAnswer(Arguments):
    """An earlier answer."""

    answer_id: Annotated[str, Field(min_length=1, max_length=64)]


class ReadBriefing(Arguments):
    """A briefing."""

    day: date | None = Field(default=None, description="Its day; without one the latest.")


class ProjectSavings(Arguments):
    """A reduction of leaked calls."""

    journey: Name = Field(description="A digital journey, such as Billing.")
    reduce_percent: float = Field(default=10, gt=0, le=100)
    cost_model: Literal["planning", "fully_loaded"] = "planning"


class MeasureImpact(Arguments):
    """A fix."""

    action: Annotated[str, Field(max_length=200)] = Field(
        default="", description="A live action or a past fix, or a part of its name; empty: the latest."
    )


class ListActions(Arguments):
    """A page of proposals."""

    state: Annotated[str, Field(max_length=40)] = Field(
        default="", description="proposed, approved, rejected, deferred, duplicate, live or measured."
    )
    offset: int = Field(default=0, ge=0, le=100_000)
    limit: int = Field(default=20, ge=1, le=100)


class ProposeActions(Arguments):
    """What is recommended now."""

    keep: bool = Field(
        default=False, description="Put it before the reviewers; only where this server allows decisions."
    )


class ReviewActions(Arguments):
    """A decision, first as a preview."""

    decision: Literal["approve", "reject", "edit", "defer", "duplicate", "reopen", "golive", "undo"]
    proposals: list[Name] = Field(min_length=1, max_length=20, description="Ids as list_actions gives them.")
    reason: Words = Field(default="", description="Needed to reject and to defer.")
    change: Words | None = Field(default=None, description="edit: the text of the action.")
    owner: Words | None = Field(default=None, description="edit: who does it.")
    effort_days: float | None = Field(default=None, description="edit: working days.")
    weeks: float | None = Field(default=None, description="edit: weeks until it is felt.")
    duplicate_of: Annotated[str, Field(max_length=100)] = Field(
        default="", description="duplicate: the proposal that it repeats."
    )
    go_live: date | None = Field(default=None, description="golive: the day it went or goes live.")
    confirmation: Annotated[str, Field(max_length=64)] = Field(
        default="",
        description="Empty: a preview with its code. With that code, once the person has agreed: the decision.",
    )
