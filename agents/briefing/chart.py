"""A course as a line against the range that was expected: where everything stands, and the same as plain SVG.

Plotly's script weighs four megabytes and does not run in a mail; this is a few kilobytes and needs no script.
Colours are classes, so that a page's own style decides them, light or dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from agents.briefing.course import Course
from agents.wording import written

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 14, 30
_TICKS = 3
_DATES = 4
Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A chart's shapes in its own units (WIDTH by HEIGHT, the y axis downwards).

    `band` is the outline of the expected range, `expected` a line, `observed` the runs between gaps; `marks` are
    the points of days whose neighbours have no figure. `levels` and `dates` are the places and words of the axes.
    """

    band: tuple[Point, ...]
    expected: tuple[Point, ...]
    observed: tuple[tuple[Point, ...], ...]
    marks: tuple[Point, ...]
    start: float | None
    levels: tuple[tuple[float, str], ...]
    dates: tuple[tuple[float, str], ...]


def drawing(course: Course) -> Drawing:
    """Where a course's shapes stand."""
    days = course.days
    values = [v for day in days for v in (day.observed, day.expected, day.low, day.high) if v is not None]
    low, high = _span(values, zero=min(values, default=0.0) >= 0)
    across = _scale(0, max(len(days) - 1, 1), LEFT, WIDTH - RIGHT)
    upwards = _scale(low, high, HEIGHT - BOTTOM, TOP)
    places = [across(n) for n in range(len(days))]
    uppers = [(x, upwards(day.high)) for x, day in zip(places, days, strict=True) if day.high is not None]
    lowers = [(x, upwards(day.low)) for x, day in zip(places, days, strict=True) if day.low is not None]
    runs = _runs([(x, None if day.observed is None else upwards(day.observed))
                  for x, day in zip(places, days, strict=True)])  # fmt: skip
    starts = [x for x, day in zip(places, days, strict=True) if day.day == course.start]
    return Drawing(
        band=(*uppers, *reversed(lowers)),
        expected=tuple(
            (x, upwards(day.expected)) for x, day in zip(places, days, strict=True) if day.expected is not None
        ),
        observed=tuple(run for run in runs if len(run) > 1),
        marks=tuple(run[0] for run in runs if len(run) == 1),
        start=starts[0] if starts else None,
        levels=tuple((upwards(level), _level(level, course.unit)) for level in _levels(low, high)),
        dates=tuple((places[n], f"{days[n].day.day} {days[n].day:%b}") for n in _spread(len(days))),
    )


def svg(course: Course, name: str) -> str:
    """The chart as an SVG element; `name` is what is said of it to who cannot see it."""
    shapes = drawing(course)
    lines = [
        f'<svg class="course" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">',
        *(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
          f'<text class="axis" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'
          for y, text in shapes.levels),
        *(f'<text class="axis" x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{_anchor(x)}">{escape(text)}</text>'
          for x, text in shapes.dates),
    ]  # fmt: skip
    if shapes.band:
        lines.append(f'<polygon class="band" points="{_points(shapes.band)}"/>')
    if shapes.expected:
        lines.append(f'<polyline class="expected" points="{_points(shapes.expected)}"/>')
    if shapes.start is not None:
        lines.append(f'<line class="start" x1="{shapes.start:.1f}" x2="{shapes.start:.1f}" y1="{TOP}" '
                     f'y2="{HEIGHT - BOTTOM}"/>')  # fmt: skip
    lines += [f'<polyline class="observed" points="{_points(run)}"/>' for run in shapes.observed]
    lines += [f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in shapes.marks]
    return "".join([*lines, "</svg>"])


def _span(values: Sequence[float], *, zero: bool) -> tuple[float, float]:
    """The range of the value axis: from zero where nothing lies below it and much does not lie far above."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if zero and low < 0.6 * high:
        low = 0.0
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (0.0 if zero and low == 0.0 else low - margin), high + margin


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _levels(low: float, high: float) -> list[float]:
    """A few round values inside a range."""
    step = _round_step((high - low) / _TICKS)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, first + 12) if n * step <= high + 1e-9]


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)


def _level(value: float, unit: str) -> str:
    if unit == "rate":
        return f"{value * 100:.3g}%"
    return written(value, unit) if unit in ("usd", "count") else f"{value:,.3g}"


def _spread(count: int) -> list[int]:
    """A few places over the days, the last one among them."""
    if count <= _DATES:
        return list(range(count))
    return sorted({round(n * (count - 1) / (_DATES - 1)) for n in range(_DATES)})


def _runs(points: list[tuple[float, float | None]]) -> list[tuple[Point, ...]]:
    """Unbroken runs of points."""
    runs: list[list[Point]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [tuple(run) for run in runs if run]


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _anchor(x: float) -> str:
    return "start" if x < LEFT + 10 else "end" if x > WIDTH - RIGHT - 10 else "middle"
