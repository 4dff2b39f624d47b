"""Declarative charts to Plotly figures, with one palette for light and dark. Shared by chat and dashboard.

The colours are Okabe and Ito's, which stay apart under every common colour blindness; the dark set only trades
the darkest ones for lighter neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from agents.answer import AnswerColumn, AnswerPart, Cell, Chart
from semantic.query import TimeGrain, TimeRange
from semantic.windows import is_whole
from ui.units import display

Theme = Literal["light", "dark"]

PALETTE: dict[Theme, tuple[str, ...]] = {
    "light": ("#0b6fa4", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    "dark": ("#56b4e9", "#f0883e", "#2fbf95", "#d99bbd", "#f0c05a", "#9ad0f5"),
}
_INK: dict[Theme, str] = {"light": "#22303c", "dark": "#d5dee7"}
_GRID: dict[Theme, str] = {"light": "#e3e9ee", "dark": "#2c3a47"}
_INSIDE: dict[Theme, str] = {"light": "#ffffff", "dark": "#0b1620"}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_TICKS = {"rate": ".0%", "usd": "$,.3~s", "count": ",.3~s"}
_AXIS_NOTE = {"minutes": "minutes", "seconds": "seconds", "days": "days", "points": "points", "score": "score"}
MOST_BARS = 15
MOST_SERIES = 8
MOST_MONTHS = 12
_ROW_PIXELS = 34
_LONG_NAME = 24


def template(theme: Theme) -> dict[str, Any]:
    """A Plotly template (colours, fonts, axes) as plain JSON. Backgrounds are clear: the page shows through."""
    axis = {
        "gridcolor": _GRID[theme],
        "linecolor": _GRID[theme],
        "zerolinecolor": _GRID[theme],
        "tickfont": {"size": 12},
        "title": {"font": {"size": 12}, "standoff": 10},
        "automargin": True,
    }
    layout = {
        "colorway": list(PALETTE[theme]),
        "font": {"family": _FONT, "size": 13, "color": _INK[theme]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"font": {"family": _FONT, "size": 13}},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
    }
    inside = {"insidetextfont": {"color": _INSIDE[theme], "size": 12}}
    return {"layout": layout, "data": {"bar": [{"type": "bar", **inside}]}}


def figure(chart: Chart, part: AnswerPart) -> dict[str, Any] | None:
    """A chart over a part's rows as `{data, layout, note, wide}`; None when there is nothing to draw.

    The template is left out, so that whoever shows the figure can follow the reader's theme. `note` says what a
    chart with more bars or lines than the eye can follow leaves to the table; a `wide` one needs the whole width.
    """
    columns = {column.name: position for position, column in enumerate(part.columns)}
    wanted = (chart.x, *chart.y, *((chart.series,) if chart.series else ()))
    if chart.kind == "stat" or not chart.y or not part.rows or not set(wanted) <= columns.keys():
        return None
    part, held_back = _without_hidden(chart, part)
    if not part.rows:
        return None
    part, cut_off = _whole_periods(chart, part)
    if _sparse(chart, part):
        chart, part = _one_bar_a_row(chart, part)
    horizontal = chart.kind == "bar" and part.columns[columns[chart.x]].role != "time" and not chart.series
    rows = part.rows[:MOST_BARS] if horizontal else part.rows
    series = _series(chart, part, rows)
    data = [_trace(chart, part, rows_of, y, name, horizontal) for rows_of, y, name in series[:MOST_SERIES]]
    layout = _layout(chart, part, horizontal, len(rows), many=len(data) > 1)
    left_out = _left_out(len(part.rows) - len(rows), len(series) - len(data))
    note = " ".join(filter(None, (left_out, held_back, cut_off)))
    wide = not horizontal or any(len(str(name)) > _LONG_NAME for name in data[0]["y"])
    return {"data": data, "layout": layout, "note": note, "wide": wide}


def _without_hidden(chart: Chart, part: AnswerPart) -> tuple[AnswerPart, str]:
    """The part without bars for figures that are not shown (lines have a gap there), and the note on them."""
    names = [column.name for column in part.columns]
    drawn = [names.index(y) for y in chart.y]
    hidden = {cell for cell in part.suppressed if cell[1] in drawn}
    if not hidden:
        return part, ""
    note = f"{len(hidden)} not shown: too few members."
    if chart.kind == "line":
        return part, note
    gone = {row for row, at in hidden if at == drawn[0]}
    rows = [row for index, row in enumerate(part.rows) if index not in gone]
    return part.model_copy(update={"rows": rows, "suppressed": []}), note


def _whole_periods(chart: Chart, part: AnswerPart) -> tuple[AnswerPart, str]:
    """The part of a line of sums without the periods that are cut off: a month of four days looks like a fall.

    They stay where fewer than two whole ones would be left, and the note says so.
    """
    query = part.semantic_query or {}
    units = {column.name: column.unit for column in part.columns}
    if chart.kind != "line" or units[chart.y[0]] not in ("count", "usd") or not query.get("time"):
        return part, ""
    period = TimeRange.model_validate(query["time"])
    grain: TimeGrain = query.get("time_grain") or "day"
    at = [column.name for column in part.columns].index(chart.x)
    starts = [date.fromisoformat(str(row[at])[:10]) for row in part.rows]
    whole = {start for start in starts if is_whole(start, grain, period)}
    if whole == set(starts):
        return part, ""
    if len(whole) < 2:
        return part, "Periods at the ends are cut off: they have fewer days."
    kept = [row for row, start in zip(part.rows, starts, strict=True) if start in whole]
    return part.model_copy(update={"rows": kept, "suppressed": []}), "Periods cut off at the ends: in the table."


def _sparse(chart: Chart, part: AnswerPart) -> bool:
    """Whether two dimensions nest rather than cross: grouped bars would stand mostly on empty places."""
    if chart.kind != "grouped_bar" or not chart.series:
        return False
    names = [column.name for column in part.columns]
    across, split = ({row[names.index(name)] for row in part.rows} for name in (chart.x, chart.series))
    return len(split) > 2 and len(part.rows) < 0.6 * len(across) * len(split)


def _one_bar_a_row(chart: Chart, part: AnswerPart) -> tuple[Chart, AnswerPart]:
    """The same rows as one ranking, each bar named by both dimensions."""
    names = [column.name for column in part.columns]
    first, second = names.index(chart.x), names.index(chart.series or "")
    rows = [
        [_both(row[first], row[second]) if at == first else c for at, c in enumerate(row)] for row in part.rows
    ]
    return chart.model_copy(update={"kind": "bar", "series": None}), part.model_copy(update={"rows": rows})


def _both(first: Cell, second: Cell) -> str:
    return f"{_category(first)} \u00b7 {_category(second)}"


def _left_out(bars: int, lines: int) -> str:
    if bars > 0:
        return f"{bars} more in the table."
    return f"{lines} more series in the table." if lines > 0 else ""


def _series(
    chart: Chart, part: AnswerPart, rows: Sequence[Sequence[Cell]]
) -> list[tuple[list[Sequence[Cell]], str, str]]:
    """Rows, metric and name of each line or bar colour: split by the series dimension, else one per metric.

    The biggest series come first, so that those left out are the least.
    """
    names = [column.name for column in part.columns]
    if not chart.series:
        return [(list(rows), y, _label(part.columns[names.index(y)])) for y in chart.y]
    at, measured = names.index(chart.series), names.index(chart.y[0])
    split: dict[str, list[Sequence[Cell]]] = {}
    for row in rows:
        split.setdefault(str(_category(row[at])), []).append(row)
    if len(split) > MOST_SERIES:
        split = dict(sorted(split.items(), key=lambda item: -sum(abs(_number(row[measured])) for row in item[1])))
    return [(rows_of, chart.y[0], value) for value, rows_of in split.items()]


def _trace(
    chart: Chart, part: AnswerPart, rows: Sequence[Sequence[Cell]], y: str, name: str, horizontal: bool
) -> dict[str, Any]:
    names = [column.name for column in part.columns]
    named = part.columns[names.index(chart.x)]
    across = [_category(row[names.index(chart.x)], named.unit) for row in rows]
    values = [row[names.index(y)] for row in rows]
    unit = part.columns[names.index(y)].unit
    texts = [display(value, unit) for value in values]
    trace: dict[str, Any] = {"name": name, "customdata": texts}
    if chart.kind == "line":
        marker = {"size": 6} if len(rows) <= 60 else {"size": 0.1}
        trace |= {"type": "scatter", "mode": "lines+markers", "x": across, "y": values, "marker": marker}
        return trace | {
            "line": {"width": 2.5},
            "hovertemplate": "%{x}<br><b>%{customdata}</b><extra>%{fullData.name}</extra>",
        }
    trace |= {"type": "bar", "hovertemplate": "%{label}<br><b>%{customdata}</b><extra>%{fullData.name}</extra>"}
    if horizontal:
        trace |= {"x": values, "y": across, "orientation": "h"}
        return trace | (
            {"text": texts, "textposition": "auto", "textangle": 0, "cliponaxis": False}
            if len(chart.y) == 1
            else {}
        )
    return trace | {"x": across, "y": values}


def _layout(chart: Chart, part: AnswerPart, horizontal: bool, rows: int, *, many: bool) -> dict[str, Any]:
    by_name = {column.name: column for column in part.columns}
    measured = by_name[chart.y[0]]
    title = _axis_title(measured)
    if len(chart.y) > 1:  # the legend says which is the one before
        named = {_axis_title(by_name[name]).split(", ")[0] for name in chart.y}
        title = named.pop() if len(named) == 1 else ""
    value_axis = {"title": {"text": title}, "rangemode": "tozero"}
    if fmt := _TICKS.get(measured.unit):
        value_axis["tickformat"] = fmt
    dated = by_name[chart.x].role == "time"
    category_axis: dict[str, Any] = {"type": "date", "title": {"text": ""}} if dated else {"type": "category"}
    at = [column.name for column in part.columns].index(chart.x)
    months = {row[at] for row in part.rows} if dated else set()
    if (part.semantic_query or {}).get("time_grain") == "month" and 0 < len(months) <= MOST_MONTHS:
        category_axis |= {"dtick": "M1", "tickformat": "%b %Y"}
    layout: dict[str, Any] = {"margin": {"l": 8, "r": 16, "t": 34 if many else 10, "b": 8}, "showlegend": many}
    layout["bargap"] = 0.35
    if horizontal:
        category_axis |= {"autorange": "reversed", "ticksuffix": "  "}
        height = 70 + _ROW_PIXELS * max(rows, 2)
        return layout | {"xaxis": value_axis, "yaxis": category_axis, "height": height}
    if chart.kind == "line":
        value_axis["rangemode"] = "normal" if measured.unit in ("points", "score") else "tozero"
        layout["hovermode"] = "x unified" if many else "closest"
    return layout | {"xaxis": category_axis, "yaxis": value_axis, "height": 300}


def _label(column: AnswerColumn) -> str:
    return column.label or column.name.replace("_", " ").capitalize()


def _axis_title(column: AnswerColumn) -> str:
    note = _AXIS_NOTE.get(column.unit)
    return f"{_label(column)} ({note})" if note and note not in _label(column).lower() else _label(column)


def _category(value: Cell, unit: str = "") -> Cell:
    if value is None:
        return "Not stated"
    return display(value, unit) if unit else value


def _number(value: Cell) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
