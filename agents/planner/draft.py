"""The assembler's result before it is verified: slots of a query, and what stood in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agents.planner.plan import PlanKind, Refusal
from agents.planner.reading import Target
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

IssueKind = Literal[
    "no_metric", "ambiguous_metric", "ambiguous_dimension", "ambiguous_value", "incompatible", "unexplained",
    "loose_dimension", "periods", "future", "before_data", "unit", "rank_without_dimension", "statistic",
    "no_previous", "comparison", "condition", "share", "no_history",
    "attribution",
]  # fmt: skip


@dataclass(frozen=True)
class Issue:
    """Why a draft is not an answer yet: the targets or words it is about."""

    kind: IssueKind
    targets: tuple[Target, ...] = ()
    words: tuple[str, ...] = ()
    at: int = 0


@dataclass
class Ask:
    """What a follow-up leaves open: asked back or refused with `message`; `candidates` become the choices."""

    kind: Literal["clarify", "refuse"]
    message: str
    refusal: Refusal = ""
    candidates: list[Draft] = field(default_factory=list)


@dataclass
class Draft:
    """Slots of the canonical query under construction."""

    kind: PlanKind = "query"
    metrics: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    filters: list[DimensionFilter] = field(default_factory=list)
    having: list[MetricFilter] = field(default_factory=list)
    time: TimeRange | None = None
    grain: TimeGrain | None = None
    compare_to: Comparison | TimeRange | None = None
    share: bool = False
    order: Order | None = None
    limit: int | None = None
    limit_by: str | None = None
    average_per: TimeGrain | None = None
    attribution: Attribution = "at_event"
    pct: float | None = None
    issues: list[Issue] = field(default_factory=list)
    ask: Ask | None = None
    assumptions: list[str] = field(default_factory=list)

    def query(self) -> SemanticQuery | None:
        """The semantic query, or None while no metric is known."""
        if not self.metrics:
            return None
        return SemanticQuery(
            metrics=tuple(self.metrics),
            dimensions=tuple(self.dimensions),
            filters=tuple(self.filters),
            having=tuple(self.having),
            time=self.time,
            time_grain=self.grain,
            compare_to=self.compare_to,
            share_of_total=self.share,
            order_by=(self.order,) if self.order else (),
            limit=self.limit,
            limit_by=self._limit_by(),
            average_per=self.average_per,
            attribution=self.attribution,
        )

    def _limit_by(self) -> str | None:
        """What the limit counts in, while there is a limit, and something else to rank within it."""
        keys = {*self.dimensions, *((self.grain,) if self.grain else ())}
        return self.limit_by if self.limit and self.limit_by in keys and len(keys) > 1 else None

    @classmethod
    def of(cls, query: SemanticQuery, kind: PlanKind = "query") -> Draft:
        """The slots of an existing query, to be changed by a follow-up."""
        return cls(
            kind=kind,
            metrics=list(query.metrics),
            dimensions=list(query.dimensions),
            filters=list(query.filters),
            having=list(query.having),
            time=query.time,
            grain=query.time_grain,
            compare_to=query.compare_to,
            share=query.share_of_total,
            order=query.order_by[0] if query.order_by else None,
            limit=query.limit,
            limit_by=query.limit_by,
            average_per=query.average_per,
            attribution=query.attribution,
        )
