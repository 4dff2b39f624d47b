"""What the overview says in one sentence of who leaks most."""

from __future__ import annotations

import re

import pytest

from tools.outcome import Column, Table
from ui.dashboard.drawing import sparkline
from ui.dashboard.numbers import IN_POINTS, change_of, full, short, signed
from ui.dashboard.overview import JOURNEYS, Leader, leader
from ui.dashboard.panels import Panel

CALLS = Column("leaked_calls", "BIGINT", "count", "metric")


def _panel(calls: list[float | None], left_out: int = 0) -> Panel:
    columns = (Column("journey", "VARCHAR", "", "dimension"), CALLS)
    rows = tuple((f"J{at}", count) for at, count in enumerate(calls))
    return Panel("leaks_base", Table("", columns, rows, left_out=left_out))


@pytest.mark.parametrize(
    ("shown", "whole", "left_out", "said"),
    [
        ([53.0, 42.0, 0.0], 95.0, 0, "first"),
        ([53.0, 42.0], 107.0, 0, "of shown"),  # twelve calls of journeys that may not be shown
        ([53.0], 53.0, 2, "of shown"),
        ([53.0], None, 0, "of shown"),
        ([0.0, 0.0], 13.0, 0, "left out"),  # those that are shown do not leak: none of them leaks most
        ([], None, 0, "left out"),
        ([0.0], 0.0, 0, "nothing"),
        ([9.0] * JOURNEYS, 900.0, 0, "first"),  # there are simply more of them
    ],
)
def test_a_journey_leaks_most_only_where_that_can_be_told(
    shown: list[float | None], whole: float | None, left_out: int, said: Leader
) -> None:
    total = Panel("leaks_total", Table("", (CALLS,), ((whole,),)))
    assert leader(_panel(shown, left_out), total) == said


def test_a_rate_moves_by_percentage_points_and_a_sum_by_a_part_of_it() -> None:
    assert (change_of("repeat_call_rate", "rate"), change_of("leaked_calls", "count")) == (
        "repeat_call_rate__change",
        "leaked_calls__change_pct",
    )
    assert [signed(value, IN_POINTS) for value in (0.0044, -0.0194, 0.0001)] == [
        "+0.4 pp",
        "\u22121.9 pp",
        "0.0 pp",
    ]
    assert short(0.0044, IN_POINTS) == "0.4 pp"
    assert full(-0.0194, IN_POINTS) == "-1.940 percentage points"


def test_a_sparkline_does_not_blow_up_noise() -> None:
    def height(values: list[float | None]) -> float:
        levels = [float(y) for y in re.findall(r",([\d.]+)", str(sparkline(values, "Rate", "rate")))]
        return max(levels) - min(levels)

    assert height([0.2351, 0.2355, 0.2349, 0.2356]) < 5  # of a hundred: nearly flat
    assert height([0.0, 0.5, 1.0]) > 80
    assert height([5.0, 10.0, 0.0]) > 80


def test_whole_days_and_weeks_are_written_as_people_say_them() -> None:
    assert [short(8.0, "days"), short(1.0, "weeks"), short(2.5, "weeks")] == ["8 days", "1 week", "2.5 weeks"]
