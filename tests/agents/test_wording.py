"""How numbers, labels and periods are written."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from agents.context import Context
from agents.wording import in_sentence, is_plural, lead_in, plural, written
from semantic.query import TimeRange
from warehouse.errors import UpstreamModelError


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (40000, "usd", "$40,000"), (1_460_000, "usd", "$1.46M"), (8, "usd", "$8"), (12.5, "usd", "$12.50"),
        (-3200.4, "usd", "-$3,200"), (2_345_000_000, "usd", "$2.35B"), (999_499, "usd", "$999,499"),
        (0.2814, "rate", "28.1%"), (-0.0001, "rate", "0.0%"), (-0.65, "score", "-0.65"), (1, "days", "1 day"),
        (52.0, "days", "52 days"), (1.04, "weeks", "1.0 week"),
        (32.44, "points", "32.4 points"), (5000, "count", "5,000"), (0, "count", "0"), (4.63, "count", "4.6"),
        (123456789, "count", "123.46M"), (12.34, "minutes", "12.3 minutes"), (23.5, "percent", "23.5%"),
    ],
)  # fmt: skip
def test_a_number_is_written_with_its_unit(value: float, unit: str, text: str) -> None:
    assert written(value, unit) == text


def test_labels_fit_into_sentences() -> None:
    assert in_sentence("Leaked calls") == "leaked calls"
    assert in_sentence("NPS") == "NPS"
    assert is_plural("Leaked calls (24 hours)")
    assert not is_plural("NPS")
    assert [plural(noun) for noun in ("journey", "county", "status")] == ["journeys", "counties", "statuses"]


@pytest.mark.parametrize(
    ("label", "start", "end", "text"),
    [
        ("today", (2026, 10, 29), (2026, 10, 29), "today (…)"),
        ("last 30 days", (2026, 9, 30), (2026, 10, 29), "in the last 30 days (…)"),
        ("last 12 months", (2026, 8, 28), (2026, 9, 30), "in the part of the last 12 months that has data (…)"),
        ("last 12 months", (2025, 10, 1), (2026, 9, 30), "in the last 12 months (…)"),
        ("last 8 quarters", (2025, 1, 1), (2026, 10, 1), "in the last 8 quarters (…)"),
        ("this year", (2026, 8, 28), (2026, 10, 29), "in the part of this year that has data (…)"),
        ("this year", (2026, 1, 1), (2026, 10, 29), "this year (…)"),
        ("Q3 2026", (2026, 7, 1), (2026, 9, 30), "in …"),
        ("since June", (2026, 6, 1), (2026, 10, 29), "from …"),
        ("", (2026, 10, 29), (2026, 10, 29), "on …"),
    ],
)
def test_a_period_reads_as_people_say_it(
    label: str, start: tuple[int, int, int], end: tuple[int, int, int], text: str
) -> None:
    before, after = lead_in(TimeRange(start=date(*start), end=date(*end), label=label))
    assert f"{before}…{after}" == text


@pytest.mark.parametrize(("free", "said"), [(True, "embedded chat model"), (False, "less busy")])
def test_who_is_late_is_not_sent_to_what_it_is_already(free: bool, said: str) -> None:
    late = SimpleNamespace(deadline=0.0, free_model=free)
    with pytest.raises(UpstreamModelError) as error:
        Context.check_time(late)  # type: ignore[arg-type]
    assert said in str(error.value.next_step)
