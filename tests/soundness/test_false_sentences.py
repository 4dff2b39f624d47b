"""Sentences that were false once although every number in them was right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.narrator import Narrator
from agents.toolbox import seen_by_model
from semantic.loader import load_model
from semantic.query import DimensionFilter, Order, SemanticQuery, TimeGrain, TimeRange
from semantic.values import ValueDictionary
from tools.outcome import Column, Found, Table

Tell = Callable[..., str]
MONTHS = TimeRange(start=date(2026, 8, 28), end=date(2026, 10, 29), label="")


@pytest.fixture(scope="module")
def tell() -> Tell:
    model = load_model()
    narrator = Narrator(model, ValueDictionary.declared(model))

    def told(columns: tuple[Column, ...], rows: tuple[tuple[object, ...], ...], **query: object) -> str:
        asked = SemanticQuery.model_validate({"metrics": ("leaked_calls",), "time": MONTHS, **query})
        table = Table("", columns, rows, query=asked)  # type: ignore[arg-type]
        return narrator.narrate([seen_by_model(Found((table,), "governed_metric"))]).text

    return told


CALLS = Column("leaked_calls", "int", "count", "metric", "Leaked calls")
JOURNEY = Column("journey", "text", "", "dimension", "Journey")


def test_the_top_one_is_not_called_the_only_one(tell: Tell) -> None:
    text = tell(
        (JOURNEY, CALLS), (("Billing", 5000),),
        dimensions=("journey",), limit=1, order_by=(Order(by="leaked_calls"),),
    )  # fmt: skip
    assert "only" not in text
    assert "Billing has the most leaked calls" in text


@pytest.mark.parametrize("rows", [(("2026-08-01", 900), ("2026-09-01", 9000)), (("2026-10-01", 8000),)])
def test_a_cut_off_month_is_never_compared(rows: tuple[tuple[str, int], ...], tell: Tell) -> None:
    grain: TimeGrain = "month"
    text = tell((Column("month", "date", "", "time"), CALLS), rows, time_grain=grain)
    assert "up" not in text.split()
    assert "%" not in text


def test_a_change_that_cannot_be_seen_is_not_called_worse(tell: Tell) -> None:
    rate = Column("repeat_call_rate", "number", "rate", "metric", "Repeat call rate")
    rows = tuple((f"2026-09-{day:02}", 0.2351 + day / 1e6) for day in (7, 14, 21))
    text = tell((Column("week", "date", "", "time"), rate), rows, metrics=("repeat_call_rate",), time_grain="week")
    assert "0.0 percentage points" not in text
    assert "worse" not in text


def test_compared_groups_are_not_said_twice(tell: Tell) -> None:
    only = (DimensionFilter(dimension="journey", values=("Billing", "Pharmacy")),)
    text = tell(
        (JOURNEY, CALLS), (("Billing", 5000), ("Pharmacy", 4000)), dimensions=("journey",), filters=only,
    )  # fmt: skip
    assert text.count("Pharmacy") == 1
