"""What a tool works with and no chat model ever sees: who asks, the door, the meaning of names, the day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from semantic.model import SemanticModel
from semantic.query import TimeRange
from semantic.values import ValueDictionary
from warehouse.principal import Principal
from warehouse.settings import Questions, Rules

if TYPE_CHECKING:
    from semantic.search.finding import Finder
    from tools.actions.reviewing import ReviewDesk
    from tools.scout.incident import Incident
    from warehouse.door import QueryContext, QueryResult


class Door(Protocol):
    """The one way to data: `warehouse.door.Warehouse`, or a stand-in with the same promise."""

    def query(
        self,
        sql: str,
        principal: Principal,
        *,
        params: dict[str, str | int | float | date] | None = None,
        context: QueryContext | None = None,
    ) -> QueryResult:
        """Rows, or DeniedError."""


@dataclass(repr=False)
class Desk:
    """The hidden context of one question.

    `read_period` turns a verified query's phrase ("last 7 days") into days. `partial_day` is the incomplete day
    of data after `as_of`, if any. `missing_columns` are the columns, by source table, that this warehouse was
    built without. `small_cell` is the least number of members behind a figure that this reader may see, 0 where
    there is none. `finder` finds what was nearly meant. `review` is where decisions on actions are kept, in a
    conversation. `spent_ms` adds up time by step. `scanned` gives the incidents of the snapshot's scan, made when
    there is none yet; None where it cannot be made. `scanned_on` gives those of an earlier day, None where
    they are not kept.
    """

    semantic: SemanticModel
    values: ValueDictionary
    door: Door
    principal: Principal
    rules: Rules
    questions: Questions
    as_of: date
    first_day: date
    snapshot: str
    read_period: Callable[[str], TimeRange | None]
    partial_day: date | None = None
    missing_columns: Mapping[str, Collection[str]] = field(default_factory=dict)
    answer_id: str = ""
    question: str = ""
    source: str = "chat"
    small_cell: int = 0
    finder: Finder | None = None
    spent_ms: dict[str, float] = field(default_factory=dict)
    scanned: Callable[[], tuple[Incident, ...] | None] | None = None
    scanned_on: Callable[[date], tuple[Incident, ...] | None] | None = None
    review: ReviewDesk | None = None

    @property
    def last_day(self) -> date:
        """The last day with any data: the as-of day, or the incomplete one after it."""
        return self.partial_day or self.as_of

    def __repr__(self) -> str:
        """Nothing of what it holds: tool callbacks write their arguments down."""
        return "Desk"

    def spend(self, times: Mapping[str, float]) -> None:
        """Add milliseconds by step to the question's account."""
        for step, milliseconds in times.items():
            self.spent_ms[step] = self.spent_ms.get(step, 0.0) + milliseconds


class OutOfSight:
    """Marks a parameter that no chat model is told of; whoever makes a tool of a function sees to it."""


Hidden = Annotated[Any, OutOfSight]
"""Marks the desk parameter of a tool: typed as Any for the schema builder, a `Desk` at run time, never shown."""
