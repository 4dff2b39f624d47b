"""What the three cost-estimate views share: tables, courses, maps of two dimensions, the gauge and the matrix."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup, escape

from semantic.query import Order, SemanticQuery
from tools.metrics import missing_source
from tools.outcome import Refusal
from ui.dashboard.drawing import Line, lines
from ui.dashboard.numbers import short
from ui.dashboard.overview import course_time, days_of, numbers_of
from ui.dashboard.panels import Panel
from ui.dashboard.reading import Reading

# Filters of the bar that no estimate has: it is about a request, not a call or a visit.
WITHOUT = ("channel", "topic")
FILE = Path(__file__).parent / "estimates.yml"
_NO_TRACES = (
    "There are no cost estimates here: this warehouse was built without the cost estimator's traces. "
    "Put them into the source folder as cost_estimates.jsonl or cost_estimates.jsonl.gz and build again."
)
_NAME_WIDE, _NAME_HIGH = 9.0, 7.0  # percent of the field of dots that a name takes


@dataclass(frozen=True)
class Block:
    """One table or chart of a page, as estimates.yml says it."""

    key: str
    title: str
    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    kind: str = "table"
    order: str = ""
    limit: int = 12
    wide: bool = False
    note: str = ""


@dataclass(frozen=True)
class Shown:
    """A filled block: its panel and, for charts, what is drawn of it."""

    block: Block
    panel: Panel
    drawing: Any = ""


@cache
def content() -> dict[str, Any]:
    """All of estimates.yml."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def blocks_of(entries: Mapping[str, Mapping[str, Any]]) -> tuple[Block, ...]:
    """Blocks as the file lists them."""
    return tuple(
        Block(key, **{**entry, "metrics": tuple(entry["metrics"]), "by": tuple(entry.get("by", ()))})
        for key, entry in entries.items()
    )


def absent(reading: Reading) -> Refusal | None:
    """Why there are no estimates at all: the source folder has no traces."""
    known = "estimate_requests" in reading.desk.semantic.metrics
    query = SemanticQuery(metrics=("estimate_requests",))
    if not known:
        return Refusal("no_metric", "There are no cost estimates.")
    lacking = missing_source(query, reading.desk)
    return lacking and Refusal(lacking.code, _NO_TRACES)


def filled(reading: Reading, blocks: Iterable[Block], **more: Any) -> tuple[list[Shown], list[str]]:
    """Every block that this reader can have, and why the others are not there."""
    found: list[Shown] = []
    problems: list[str] = []
    for block in blocks:
        panel = _panel(reading, block, **more)
        if isinstance(panel, Refusal):
            problems.append(panel.reason)
        else:
            panel = _told_if_cut(panel, block)
            found.append(Shown(block, panel, _drawing(block, panel)))
    return found, list(dict.fromkeys(problems))


def _told_if_cut(panel: Panel, block: Block) -> Panel:
    """With a note that there may be more groups than are shown."""
    if not block.by or block.kind in ("map", "course") or len(panel.table.rows) < block.limit:
        return panel
    ranked = panel.column(block.order or block.metrics[0]).label
    return replace(panel, note=f"The first {block.limit} by {ranked.lower()}. {panel.note}".strip())


def _panel(reading: Reading, block: Block, **more: Any) -> Panel | Refusal:
    slots: dict[str, Any] = dict(more)
    if block.kind == "course":
        slots |= {"time": course_time(reading), "time_grain": "day"}
    elif block.by:
        by = block.order or block.metrics[0]
        order = (Order(by=by, direction="asc" if by in block.by else "desc"),)
        slots |= {
            "dimensions": block.by,
            "order_by": order,
            "limit": None if block.kind == "map" else block.limit,
        }
    return reading.panel(block.key, block.title, block.metrics, note=block.note, **slots)


def _drawing(block: Block, panel: Panel) -> Any:
    if block.kind == "course":
        series = [
            Line(panel.column(name).label, numbers_of(panel, name)) for name in block.metrics if panel.has(name)
        ]
        return lines(days_of(panel), series, panel.column(block.metrics[0]).unit, block.title)
    if block.kind == "map":
        return tinted(panel, block.metrics[0], *block.by)
    if block.kind == "gauge":
        return gauge(panel.number(0, block.metrics[0]), panel.column(block.metrics[0]).label)
    return matrix(panel, block) if block.kind == "matrix" else ""


def tinted(panel: Panel, metric: str, down: str, across: str) -> Mapping[str, Any]:
    """A map of two dimensions: where each pair stands, and the range of the tint."""
    at = {(str(panel.cell(r, down)), str(panel.cell(r, across))): r for r in range(len(panel.table.rows))}
    values = [v for r in at.values() if (v := panel.number(r, metric)) is not None]
    rows, columns = (sorted({key[place] for key in at}) for place in (0, 1))
    return {"at": at, "rows": rows, "columns": columns, "metric": metric, "corner": panel.column(down).label,
            "low": min(values, default=0.0), "high": max(values, default=1.0)}  # fmt: skip


def gauge(value: float | None, name: str) -> Markup:
    """A half circle that a share fills."""
    if value is None:
        return Markup('<p class="empty">No figure.</p>')
    angle = math.pi * (1 - min(max(value, 0.0), 1.0))
    x, y = 50 + 40 * math.cos(angle), 50 - 40 * math.sin(angle)
    return Markup(
        f'<svg class="gauge" viewBox="0 0 100 56" role="img" aria-label="{escape(name)}: {short(value, "rate")}">'
        '<path class="rest" d="M10 50A40 40 0 0 1 90 50"/>'
        f'<path class="part" d="M10 50A40 40 0 0 1 {x:.2f} {y:.2f}"/></svg>'
    )


def matrix(panel: Panel, block: Block) -> Markup:
    """Dots: the first metric to the right, the second one upwards, the name of each beside its dot."""
    volume, rate = block.metrics[:2]
    dots = [
        (str(panel.cell(row, block.by[0])), right, up)
        for row in range(len(panel.table.rows))
        if (right := panel.number(row, volume)) is not None and (up := panel.number(row, rate)) is not None
    ]
    if len(dots) < 2:
        return Markup('<p class="empty">Too few figures to draw.</p>')
    most, low, high = max(dot[1] for dot in dots), min(dot[2] for dot in dots), max(dot[2] for dot in dots)
    units = panel.column(volume).unit, panel.column(rate).unit
    scale = _Scale(most, low, (high - low) or 1.0)
    placed = "".join(scale.dot(*dot, units, named=name) for dot, name in zip(dots, scale.named(dots), strict=True))
    words = (
        f"{panel.column(rate).label} from {short(low, units[1])} (below) to {short(high, units[1])} (above); "
        f"{panel.column(volume).label} to the right, up to {short(most, units[0])}"
    )
    said = f"{block.title}. The figures are in the table below."
    return Markup(
        f'<figure class="matrix"><p class="meta">{escape(words)}</p>'
        f'<div class="field" role="img" aria-label="{escape(said)}">{placed}</div></figure>'
    )


@dataclass(frozen=True)
class _Scale:
    """Where a dot stands, in percent of the field."""

    most: float
    low: float
    span: float

    def at(self, right: float, up: float) -> tuple[float, float]:
        """From the left and from below."""
        return 88 * right / self.most, 4 + 88 * (up - self.low) / self.span

    def named(self, dots: Sequence[tuple[str, float, float]]) -> list[bool]:
        """Whether there is room for each dot's name; the largest are named first, all are in the table."""
        taken: list[tuple[float, float]] = []
        found = [False] * len(dots)
        for place in sorted(range(len(dots)), key=lambda place: -dots[place][1]):
            left, bottom = self.at(*dots[place][1:])
            if all(abs(left - x) > _NAME_WIDE or abs(bottom - y) > _NAME_HIGH for x, y in taken):
                found[place] = True
                taken.append((left, bottom))
        return found

    def dot(self, name: str, right: float, up: float, units: tuple[str, str], *, named: bool) -> str:
        """A dot with its figures as its title, and its name beside it where there is room."""
        left, bottom = self.at(right, up)
        said = f"{name}: {short(right, units[0])}, {short(up, units[1])}"
        return (
            f'<span class="dot-mark" style="left:{left:.1f}%;bottom:{bottom:.1f}%" title="{escape(said)}">'
            f"<i></i>{escape(name) if named else ''}</span>"
        )


def by_key(shown: Sequence[Shown]) -> dict[str, Panel]:
    """The panels of filled blocks."""
    return {one.block.key: one.panel for one in shown}
