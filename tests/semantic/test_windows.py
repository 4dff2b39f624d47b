"""Default windows and the periods compared with."""

from __future__ import annotations

from datetime import date

import pytest

from semantic.query import SemanticQuery, TimeRange
from semantic.windows import bucket_start, clip, comparison_range, default_range, shift, shift_end, uneven
from warehouse.settings import Questions

AS_OF = date(2026, 10, 29)  # a Thursday
LONG_AGO = date(2020, 1, 1)


def days(start: str, end: str, label: str = "") -> TimeRange:
    return TimeRange(start=date.fromisoformat(start), end=date.fromisoformat(end), label=label)


@pytest.mark.parametrize(
    ("start", "end", "label", "expected"),
    [
        ("2026-10-29", "2026-10-29", "today", ("2026-10-28", "2026-10-28")),
        ("2026-10-23", "2026-10-29", "last 7 days", ("2026-10-16", "2026-10-22")),
        ("2026-10-19", "2026-10-25", "last week", ("2026-10-12", "2026-10-18")),
        ("2026-10-26", "2026-10-29", "this week", ("2026-10-19", "2026-10-22")),
        ("2026-10-01", "2026-10-29", "this month", ("2026-09-01", "2026-09-29")),
        ("2026-10-01", "2026-10-29", "this quarter", ("2026-07-01", "2026-07-29")),
        ("2026-10-01", "2026-10-29", "", ("2026-09-01", "2026-09-29")),
        ("2026-01-01", "2026-10-29", "year to date", ("2025-01-01", "2025-10-29")),
        ("2026-09-01", "2026-09-30", "September", ("2026-08-01", "2026-08-31")),
        ("2026-07-01", "2026-09-30", "Q3", ("2026-04-01", "2026-06-30")),
        ("2025-01-01", "2025-12-31", "2025", ("2024-01-01", "2024-12-31")),
        ("2026-07-01", "2026-08-31", "", ("2026-05-01", "2026-06-30")),
        ("2026-09-03", "2026-09-12", "", ("2026-08-24", "2026-09-02")),
    ],
)
def test_the_period_before(start: str, end: str, label: str, expected: tuple[str, str]) -> None:
    before = comparison_range(days(start, end, label), "previous_period", AS_OF)
    assert (before.start.isoformat(), before.end.isoformat()) == expected


def test_a_whole_week_is_not_compared_to_date() -> None:
    sunday = date(2026, 11, 1)
    assert comparison_range(days("2026-10-26", "2026-11-01"), "previous_period", sunday).label == "the week before"
    saturday = date(2026, 10, 31)
    before = comparison_range(days("2026-10-26", "2026-10-31"), "previous_period", saturday)
    assert before.label == "the week before, to date"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-10-01", "2026-10-29", ("2025-10-01", "2025-10-29")),
        ("2024-02-01", "2024-02-29", ("2023-02-01", "2023-02-28")),
        ("2025-02-01", "2025-02-28", ("2024-02-01", "2024-02-29")),
    ],
)
def test_the_year_before(start: str, end: str, expected: tuple[str, str]) -> None:
    before = comparison_range(days(start, end), "previous_year", AS_OF)
    assert (before.start.isoformat(), before.end.isoformat()) == expected


def test_the_first_of_the_month_is_a_day() -> None:
    one = comparison_range(days("2026-10-01", "2026-10-01", "today"), "previous_period", date(2026, 10, 1))
    assert (one.start, one.end) == (date(2026, 9, 30), date(2026, 9, 30))
    month = comparison_range(days("2026-10-01", "2026-10-01", "this month"), "previous_period", date(2026, 10, 1))
    assert (month.start, month.end) == (date(2026, 9, 1), date(2026, 9, 1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ("2026-09-30", "last 30 days")),
        ({"compare_to": "previous_period"}, ("2026-10-23", "last 7 days")),
        ({"compare_to": "previous_year"}, ("2026-09-30", "last 30 days")),
        ({"time_grain": "day"}, ("2026-09-30", "last 30 days")),
        ({"time_grain": "week"}, ("2026-08-10", "last 12 weeks")),
        ({"time_grain": "month"}, ("2025-11-01", "last 12 months")),
        ({"time_grain": "quarter"}, ("2025-01-01", "last 8 quarters")),
        ({"time_grain": "year"}, ("2022-01-01", "last 5 years")),
    ],
)
def test_default_windows(query: dict[str, str], expected: tuple[str, str]) -> None:
    asked = SemanticQuery.model_validate({"metrics": ["total_calls"], **query})
    window = default_range(asked, Questions(), AS_OF, LONG_AGO)
    assert (window.start.isoformat(), window.label) == expected
    assert window.end == AS_OF


def test_default_windows_stay_within_the_data() -> None:
    asked = SemanticQuery(metrics=("total_calls",), time_grain="month")
    assert default_range(asked, Questions(), AS_OF, date(2026, 9, 15)).start == date(2026, 9, 15)
    assert default_range(asked, Questions(), AS_OF, AS_OF).start == AS_OF


def test_clip() -> None:
    assert clip(days("2026-10-01", "2026-12-31"), AS_OF, LONG_AGO) == days("2026-10-01", "2026-10-29")
    assert clip(days("2026-11-01", "2026-12-31"), AS_OF, LONG_AGO) is None


def test_buckets() -> None:
    assert bucket_start(AS_OF, "week") == date(2026, 10, 26)
    assert bucket_start(AS_OF, "quarter") == date(2026, 10, 1)
    assert shift(date(2026, 1, 31), "month", 1) == date(2026, 2, 28)
    assert shift_end(date(2026, 2, 28), "month", 1) == date(2026, 3, 31)
    assert shift_end(date(2026, 2, 27), "month", 1) == date(2026, 3, 27)


@pytest.mark.parametrize(
    ("now", "then", "differs"),
    [
        (("2026-09-01", "2026-09-30"), ("2026-06-01", "2026-06-30"), False),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), False),
        (("2026-07-01", "2026-09-30"), ("2026-01-01", "2026-03-31"), False),
        (("2026-10-01", "2026-10-29"), ("2026-01-01", "2026-03-31"), True),
        (("2026-10-23", "2026-10-29"), ("2026-09-01", "2026-09-30"), True),
    ],
)
def test_months_are_alike_a_quarter_and_a_month_are_not(
    now: tuple[str, str], then: tuple[str, str], differs: bool
) -> None:
    assert uneven(days(*now), days(*then)) is differs
