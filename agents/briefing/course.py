"""The days of an item, observed and expected, taken from the briefing's own tables for charts and lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agents.answer import AnswerPart, Cell
from agents.briefing.document import Briefing, Item


@dataclass(frozen=True)
class CourseDay:
    """A day of the course. `observed` is None where the reader may not see it or nothing was counted.

    `low` and `high` are the range that four of five days stay in; None where none is known, as is `expected`.
    """

    day: date
    observed: float | None
    expected: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Course:
    """The course of one item. `start` is its most likely first day."""

    label: str
    unit: str
    start: date
    days: tuple[CourseDay, ...]

    @property
    def hidden(self) -> int:
        """How many days have no figure to show."""
        return sum(day.observed is None for day in self.days)


def course_of(briefing: Briefing, item: Item) -> Course:
    """What an item's chart shows, by day in order."""
    observed = _by_day(briefing.parts[item.course], item.metric)
    expectation = briefing.parts[item.expectation]
    names = ("expected", "low", "high")
    places = [_place(expectation, name) for name in names]
    days = []
    for row in expectation.rows:
        expected, low, high = (_number(row[place]) for place in places)
        day = date.fromisoformat(str(row[0])[:10])
        days.append(CourseDay(day, observed.get(day), expected, low, high))
    return Course(item.label, item.unit, _start(briefing, item), tuple(days))


def _start(briefing: Briefing, item: Item) -> date:
    scan = briefing.parts[item.title.parts[0]]
    return date.fromisoformat(str(scan.rows[0][_place(scan, "start")]))


def _by_day(part: AnswerPart, metric: str) -> dict[date, float]:
    at = _place(part, metric)
    day = next(place for place, column in enumerate(part.columns) if column.role == "time")
    found = {date.fromisoformat(str(row[day])[:10]): _number(row[at]) for row in part.rows}
    return {when: value for when, value in found.items() if value is not None}


def _place(part: AnswerPart, name: str) -> int:
    return next(place for place, column in enumerate(part.columns) if column.name == name)


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None
