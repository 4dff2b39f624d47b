"""Charts over an answer's own columns: shape, units, order, and what is left to the table."""

from __future__ import annotations

import itertools

import plotly.graph_objects as go
import pytest

from agents.answer import AnswerColumn, AnswerPart, Cell, Chart
from ui.figures import MOST_BARS, MOST_SERIES, PALETTE, Theme, figure, template


def part(rows: list[list[Cell]], *columns: tuple[str, str, str]) -> AnswerPart:
    """Columns as (name, role, unit)."""
    made = [AnswerColumn(name=name, type="", role=role, unit=unit) for name, role, unit in columns]  # type: ignore[arg-type]
    return AnswerPart(columns=made, rows=rows)


JOURNEYS = part([["Billing", 900.0], ["Pharmacy", 400.0]], ("journey", "dimension", ""), ("cost", "metric", "usd"))


def test_a_ranking_is_horizontal_bars_with_the_first_row_on_top() -> None:
    drawn = figure(Chart(kind="bar", title="", x="journey", y=("cost",)), JOURNEYS)
    assert drawn is not None
    assert drawn["data"][0]["orientation"] == "h"
    assert drawn["data"][0]["y"] == ["Billing", "Pharmacy"]
    assert drawn["layout"]["yaxis"]["autorange"] == "reversed"
    assert drawn["layout"]["xaxis"]["tickformat"].startswith("$")
    assert drawn["data"][0]["text"] == ["$900", "$400"]
    assert not drawn["wide"]


def test_long_names_ask_for_the_whole_width() -> None:
    rows: list[list[Cell]] = [["Your plan is not eligible for this option", 9.0]]
    drawn = figure(
        Chart(kind="bar", title="", x="journey", y=("cost",)), JOURNEYS.model_copy(update={"rows": rows})
    )
    assert drawn is not None
    assert drawn["wide"]


def test_a_trend_is_a_line_over_dates_with_rates_as_percent() -> None:
    days = part([["2026-10-28", 0.25], ["2026-10-29", 0.3]], ("day", "time", ""), ("rate", "metric", "rate"))
    drawn = figure(Chart(kind="line", title="", x="day", y=("rate",)), days)
    assert drawn is not None
    assert drawn["layout"]["xaxis"]["type"] == "date"
    assert drawn["layout"]["yaxis"]["tickformat"].endswith("%")
    assert drawn["data"][0]["y"] == [0.25, 0.3]


def months(start: str, end: str) -> AnswerPart:
    """Calls by month over a period that need not be of whole months; the last is September 2026."""
    rows: list[list[Cell]] = [["2026-07-01", 15.0], ["2026-08-01", 130.0], ["2026-09-01", 120.0]]
    query = {"metrics": ["leaked_calls"], "time_grain": "month", "time": {"start": start, "end": end}}
    made = part(rows, ("month", "time", ""), ("calls", "metric", "count"))
    return made.model_copy(update={"semantic_query": query})


@pytest.mark.parametrize(
    ("start", "end", "drawn", "note"),
    [
        ("2026-07-01", "2026-09-30", [15.0, 130.0, 120.0], ""),
        ("2026-07-28", "2026-09-30", [130.0, 120.0], "Periods cut off at the ends: in the table."),
        (
            "2026-07-28",
            "2026-09-29",
            [15.0, 130.0, 120.0],
            "Periods at the ends are cut off: they have fewer days.",
        ),
    ],
)
def test_a_month_of_a_few_days_is_not_drawn_as_a_fall(start: str, end: str, drawn: list[float], note: str) -> None:
    made = figure(Chart(kind="line", title="", x="month", y=("calls",)), months(start, end))
    assert made is not None
    assert (made["data"][0]["y"], made["note"]) == (drawn, note)
    assert made["layout"]["xaxis"]["tickformat"] == "%b %Y"


def test_a_series_dimension_makes_one_colour_a_value_and_none_is_lost() -> None:
    rows: list[list[Cell]] = [["MAPD", "New", 5], ["MAPD", "Tenured", 3], ["PDP", "New", 2], ["PDP", None, 1]]
    split = part(rows, ("segment", "dimension", ""), ("tenure", "dimension", ""), ("calls", "metric", "count"))
    drawn = figure(Chart(kind="grouped_bar", title="", x="segment", y=("calls",), series="tenure"), split)
    assert drawn is not None
    assert sum(sum(trace["y"]) for trace in drawn["data"]) == 11
    assert [trace["name"] for trace in drawn["data"]] == ["New", "Tenured", "Not stated"]
    assert drawn["layout"]["showlegend"]


def test_dimensions_that_nest_become_one_ranking() -> None:
    rows: list[list[Cell]] = [["Billing", "Message", 9], ["ID Card", "Template", 4], ["Pharmacy", "Drug", 3]]
    nested = part(rows, ("journey", "dimension", ""), ("reason", "dimension", ""), ("calls", "metric", "count"))
    drawn = figure(Chart(kind="grouped_bar", title="", x="journey", y=("calls",), series="reason"), nested)
    assert drawn is not None
    (bars,) = drawn["data"]
    assert bars["x"] == [9, 4, 3]
    assert bars["y"][0].startswith("Billing")
    assert bars["y"][0].endswith("Message")


def test_a_category_with_a_unit_is_written_with_it() -> None:
    steps = part([[0.05, 3.0], [0.1, 5.0]], ("reduction", "dimension", "rate"), ("calls", "metric", "count"))
    drawn = figure(Chart(kind="bar", title="", x="reduction", y=("calls",)), steps)
    assert drawn is not None
    assert drawn["data"][0]["y"] == ["5.0%", "10.0%"]


def test_the_axis_of_two_bars_a_place_names_what_both_are() -> None:
    named = (("side", "Side"), ("before", "Calls a day, before"), ("since", "Calls a day, since"))
    columns = [AnswerColumn(name=name, type="", unit="count", label=label) for name, label in named]
    sides = AnswerPart(columns=columns, rows=[["With the fix", 52.5, 44.6], ["Without", 47.0, 53.1]])
    drawn = figure(Chart(kind="grouped_bar", title="", x="side", y=("before", "since")), sides)
    assert drawn is not None
    assert drawn["layout"]["yaxis"]["title"]["text"] == "Calls a day"
    assert [bars["name"] for bars in drawn["data"]] == ["Calls a day, before", "Calls a day, since"]


def test_what_is_too_much_for_the_eye_is_left_to_the_table_and_said() -> None:
    many: list[list[Cell]] = [[f"J{at}", float(at)] for at in range(MOST_BARS + 4)]
    bars = figure(
        Chart(kind="bar", title="", x="journey", y=("cost",)), JOURNEYS.model_copy(update={"rows": many})
    )
    assert bars is not None
    assert len(bars["data"][0]["x"]) == MOST_BARS
    assert bars["note"].startswith("4 ")
    rows: list[list[Cell]] = [["2026-10-29", f"S{at}", at] for at in range(MOST_SERIES + 2)]
    lines = part(rows, ("day", "time", ""), ("state", "dimension", ""), ("calls", "metric", "count"))
    drawn = figure(Chart(kind="line", title="", x="day", y=("calls",), series="state"), lines)
    assert drawn is not None
    assert drawn["data"][0]["name"] == f"S{MOST_SERIES + 1}", "the biggest come first"
    assert drawn["note"].startswith("2 ")


@pytest.mark.parametrize(
    "chart",
    [
        Chart(kind="bar", title="", x="nowhere", y=("cost",)),
        Chart(kind="bar", title="", x="journey", y=("nowhere",)),
        Chart(kind="stat", title="", y=("cost",)),
    ],
)
def test_nothing_is_drawn_without_its_columns(chart: Chart) -> None:
    assert figure(chart, JOURNEYS) is None


def test_nothing_is_drawn_without_rows() -> None:
    assert (
        figure(Chart(kind="bar", title="", x="journey", y=("cost",)), part([], ("journey", "dimension", "")))
        is None
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_accepts_the_figures_and_templates(theme: Theme) -> None:
    drawn = figure(Chart(kind="bar", title="", x="journey", y=("cost",)), JOURNEYS)
    assert drawn is not None
    go.Figure(data=drawn["data"], layout={**drawn["layout"], "template": go.layout.Template(template(theme))})


@pytest.mark.parametrize(("theme", "page"), [("light", "#ffffff"), ("dark", "#182129")])
def test_colours_stand_out_from_the_page_and_from_each_other(theme: Theme, page: str) -> None:
    lightness = {colour: _luminance(colour) for colour in PALETTE[theme]}
    assert all(_contrast(value, _luminance(page)) >= 2 for value in lightness.values())
    assert all(a != b for a, b in itertools.combinations(PALETTE[theme], 2))
    first, second = PALETTE[theme][:2]
    assert first != second


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(a: float, b: float) -> float:
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
