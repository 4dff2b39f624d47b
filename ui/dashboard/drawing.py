"""Charts as plain SVG that needs no script: sparklines, and lines over days that a phone can read.

The plot stretches with the page, so every word of it (levels, dates, events) is HTML beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from ui.dashboard.numbers import full, short

Numbers = Sequence[float | None]
LEAST_RANGE = 0.1  # of the level: a sparkline shows a course that moves less as nearly flat, not as its own noise


@dataclass(frozen=True)
class Line:
    """One line: its name, and a number or a gap for each day."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Mark:
    """An event on a day, and how sure it is: `kind` is a class name such as start, event, golive."""

    day: date
    words: str
    kind: str = "event"


def sparkline(values: Numbers, name: str, unit: str) -> Markup:
    """A small line of the course without axes; `name` is what is said of it."""
    shown = [value for value in values if value is not None]
    if len(shown) < 2:
        return Markup("")
    low, high = min(shown), max(shown)
    spare = max(0.0, LEAST_RANGE * max(abs(low), abs(high)) - (high - low)) / 2
    low, high = low - spare, high + spare
    said = f"{name}: from {short(shown[0], unit)} to {short(shown[-1], unit)}"
    runs = _runs(values, low - (high - low) * 0.1, high + (high - low) * 0.1)
    return Markup(
        f'<svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(said)}">{_polylines(runs, "")}</svg>'
    )


def lines(
    days: Sequence[date], series: Sequence[Line], unit: str, name: str, marks: Sequence[Mark] = (), *,
    table: bool = True,
) -> Markup:  # fmt: skip
    """Lines over days with levels, dates, a legend when there are several, and marked events.

    Without `table`, the page puts one of its own under it, whose figures say how they are computed.
    """
    shown = [value for line in series for value in line.values if value is not None]
    if len(days) < 2 or not shown:
        return Markup('<p class="empty">Too few days to draw.</p>')
    low, high = _span(shown)
    levels = [(100 - 100 * (level - low) / (high - low), short(level, unit)) for level in _levels(low, high)]
    grid = "".join(f'<line class="grid" x1="0" x2="100" y1="{y:.2f}" y2="{y:.2f}"/>' for y, _ in levels)
    drawn = "".join(_polylines(_runs(line.values, low, high), f"s{at}") for at, line in enumerate(series))
    events = [(100 * _place(mark.day, days), mark) for mark in marks if days[0] <= mark.day <= days[-1]]
    ticks = "".join(f'<span style="top:{y:.2f}%">{escape(text)}</span>' for y, text in levels)
    dates = "".join(
        f'<span style="left:{100 * at / (len(days) - 1):.2f}%">{days[at].day} {days[at]:%b}</span>'
        for at in _spread(len(days))
    )
    flags = "".join(
        f'<span class="flag {mark.kind}" style="left:{x:.2f}%;--down:{_crowd(events, number)}">'
        f"<i>{number}</i></span>"
        for number, (x, mark) in enumerate(events, 1)
    )
    return Markup(
        f'<figure class="lines">{_legend(series)}<div class="plot">'
        f'<div class="levels" aria-hidden="true">{ticks}</div>'
        f'<div class="area"><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(_said(name, series, unit))}">{grid}{drawn}</svg>{flags}</div>'
        f'<div class="dates" aria-hidden="true">{dates}</div></div>{_events(events)}'
        f"{_as_table(days, series, unit) if table else ''}</figure>"
    )


def _crowd(events: Sequence[tuple[float, Mark]], number: int) -> int:
    """How many marks before this one stand so near that its number must go lower."""
    here = events[number - 1][0]
    return sum(abs(here - x) < 3 for x, _ in events[: number - 1])


def _said(name: str, series: Sequence[Line], unit: str) -> str:
    ends = []
    for line in series:
        known = [value for value in line.values if value is not None]
        if known:
            ends.append(f"{line.name} from {short(known[0], unit)} to {short(known[-1], unit)}")
    return f"{name}. {'; '.join(ends)}. The figures are in the table below."


def _legend(series: Sequence[Line]) -> str:
    if len(series) < 2:
        return ""
    items = "".join(f'<li class="s{at}">{escape(line.name)}</li>' for at, line in enumerate(series))
    return f'<ul class="legend">{items}</ul>'


def _events(events: Sequence[tuple[float, Mark]]) -> str:
    if not events:
        return ""
    items = "".join(f"<li>{escape(mark.words)}</li>" for _, mark in events)
    return f'<ol class="events">{items}</ol>'


def _as_table(days: Sequence[date], series: Sequence[Line], unit: str) -> str:
    head = "".join(f'<th scope="col" class="n">{escape(line.name)}</th>' for line in series)
    rows = "".join(
        f'<tr><th scope="row">{day.isoformat()}</th>'
        + "".join(f'<td class="n">{escape(_cell(line.values[at], unit))}</td>' for line in series)
        + "</tr>"
        for at, day in enumerate(days)
    )
    return (
        '<details class="as-table"><summary>Show as table</summary><div class="scroll" tabindex="0" role="region" '
        'aria-label="The figures of the chart"><table><thead><tr><th scope="col">Day</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _cell(value: float | None, unit: str) -> str:
    return "not shown" if value is None else full(value, unit)


def _place(day: date, days: Sequence[date]) -> float:
    return (day - days[0]).days / max((days[-1] - days[0]).days, 1)


def _runs(values: Numbers, low: float, high: float) -> list[list[tuple[float, float]]]:
    """Unbroken runs of points in a square of 100 by 100, the y axis downwards."""
    span = high - low or 1.0
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((100 * at / max(len(values) - 1, 1), 100 - 100 * (value - low) / span))
    return [run for run in runs if run]


def _polylines(runs: Sequence[Sequence[tuple[float, float]]], name: str) -> str:
    found = []
    for run in runs:
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in (run if len(run) > 1 else [*run, *run]))
        found.append(f'<polyline class="line {name}" points="{points}"/>')
    return "".join(found)


def _span(values: Sequence[float]) -> tuple[float, float]:
    """The range of the axis: from zero unless the values lie close together far above it, or below it."""
    low, high = min(values), max(values)
    if 0 <= low < 0.6 * high:
        low = 0.0
    margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return (low if low == 0.0 else low - margin), high + margin


def _levels(low: float, high: float) -> list[float]:
    rough = (high - low) / 3
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, first + 8) if n * step <= high + 1e-9]


def _spread(count: int, most: int = 4) -> list[int]:
    if count <= most:
        return list(range(count))
    return sorted({round(n * (count - 1) / (most - 1)) for n in range(most)})
