"""Sentences that were false once although every number in them was right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.narrator import Narrator
from agents.summaries import seen_by_model
from semantic.loader import load_model
from semantic.query import DimensionFilter, Order, SemanticQuery, TimeGrain, TimeRange
from semantic.values import ValueDictionary
from tools.drivers.explain import NOTHING_STANDS_OUT
from tools.drivers.places import CONCENTRATES
from tools.outcome import Column, Found, Table
from tools.standing import ALIGNED, BEGAN, CHANGE, INCIDENT, NO_CAUSE, STANDING, WHERE

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


PLAN = Column("plan_type", "text", "", "dimension", "Plan type")


def test_who_stands_alike_is_not_said_to_be_the_last_alone(tell: Tell) -> None:
    def told(*calls: int) -> str:
        rows = tuple(zip(("MAPD", "PPO", "HMO", "POS"), calls, strict=True))
        return tell((PLAN, CALLS), rows, dimensions=("plan_type",))

    text = told(900, 500, 500, 500)
    assert "then PPO, HMO and POS (500 each)" in text
    assert "fewest" not in text
    text = tell(
        (PLAN, CALLS), (("MAPD", 900), ("PPO", 900), ("HMO", 900), ("POS", 500)), dimensions=("plan_type",)
    )
    assert "900, level with PPO and HMO; POS has the fewest (500)" in text
    text = tell(
        (PLAN, CALLS), (("MAPD", 900), ("PPO", 800), ("HMO", 500), ("POS", 500)), dimensions=("plan_type",)
    )
    assert "then PPO (800); POS and HMO have the fewest (500 each)" in text


def test_one_whole_month_is_not_said_to_be_cut_off(tell: Tell) -> None:
    month = Column("month", "date", "", "time")
    september = TimeRange(start=date(2026, 9, 1), end=date(2026, 9, 30))
    rows = (("2026-09-01", "MAPD", 900), ("2026-09-01", "PPO", 500), ("2026-09-01", "HMO", 400))
    text = tell((month, PLAN, CALLS), rows, dimensions=("plan_type",), time_grain="month", time=september)
    assert "cut off" not in text
    assert "MAPD were 900 in September 2026; then PPO (500) and HMO (400)." in text


def test_a_share_of_events_is_not_told_as_a_rate(tell: Tell) -> None:
    """It concentrates in Billing (44.9%) was read as the rate of Billing, which was another."""
    rate = Column("negative_emotion_rate", "number", "rate", "metric", "Negative emotion rate")
    change = Column("negative_emotion_rate__change", "number", "rate", "derived", "Change")
    before = Column("negative_emotion_rate__previous", "number", "rate", "metric", "Before")
    assert "Negative calls concentrate in Billing Question (44.9% by call topic)" in _explained(
        (rate, before, change), (0.33, 0.32, 0.01), 900
    )
    assert "concentrate" not in _explained((rate, before, change), (0.33, 0.32, 0.01), 2)


def _explained(columns: tuple[Column, ...], row: tuple[float, ...], now: int) -> str:
    model = load_model()
    asked = SemanticQuery(metrics=("negative_emotion_rate",), time=MONTHS, compare_to="previous_period")
    total = Table("In total", columns, (row,), query=asked)
    added = Column("contribution", "number", "points", "derived", "Adds to the change")
    topic = Column("call_topic", "text", "", "dimension", "Call topic")
    cut = Table(f"{NOTHING_STANDS_OUT}, by call topic", (topic, added), (("Billing Question", 0.3),))
    places = (
        Column("by", "text", "", "dimension", "By"), Column("value", "text", "", "dimension", "Largest"),
        Column("now", "number", "count", "metric", "Negative calls"),
        Column("share_now", "number", "rate", "derived", "Share"),
    )  # fmt: skip
    where = Table(CONCENTRATES, places, (("Call topic", "Billing Question", now, 0.449),))
    seen = seen_by_model(Found((total, cut, where), "analysis", shape="drivers"))
    return Narrator(model, ValueDictionary.declared(model)).narrate([seen]).text


def test_a_rate_and_a_score_leave_their_expectation_in_points() -> None:
    """Provider-not-found rate 43.7%, up 1222.7% on expectation; sentiment -0.41, down 23.3% on expectation."""
    words = [Column(name, "VARCHAR", "", "dimension") for name in (INCIDENT, WHERE, ALIGNED)]
    numbers = [Column(f"{side}_{unit}", "DOUBLE", unit, "derived") for side in ("expected", "observed")
               for unit in ("rate", "score", "count")]  # fmt: skip
    change = Column(CHANGE, "DOUBLE", "rate", "derived")
    columns = (*words, Column(BEGAN, "DATE", "", "time"), *numbers, change)
    day = "2026-10-23"
    rows = (
        ("Rate", "00248", NO_CAUSE, day, 0.033, None, None, 0.437, None, None, 12.227),
        ("Sentiment", "New members", NO_CAUSE, day, None, -0.34, None, None, -0.42, None, -0.235),
        ("Failures", "ELG-4031", NO_CAUSE, day, None, None, 100, None, None, 120, 0.2),
    )
    found = Found((Table(STANDING, columns, rows),), "analysis", shape="briefing")
    narrator = Narrator(model := load_model(), ValueDictionary.declared(model))
    text = narrator.narrate([seen_by_model(found)]).text
    assert "Rate (00248): 43.7% since 23 October 2026, up 40.4 percentage points on expectation" in text
    assert "down 0.08 on expectation" in text
    assert "up 20.0% on expectation" in text


def test_what_stands_above_a_ratio_is_called_what_it_is() -> None:
    """Promoters and detractors: -7,256, of the promoters less the detractors; Nps answers."""
    metrics = load_model().metrics
    labels = [metrics[side].label for side in ("above_nps", "below_nps")]
    assert labels == ["Promoters minus detractors", "NPS answers"]


def test_both_of_a_pair_are_told_in_every_figure(tell: Tell) -> None:
    rate = Column("leakage_rate", "number", "rate", "metric", "Digital leakage rate")
    rows = (("MAPD", 5000, 0.338), ("PPO", 4000, 0.27))
    text = tell((PLAN, CALLS, rate), rows, metrics=("leaked_calls", "leakage_rate"), dimensions=("plan_type",))
    assert "For MAPD against PPO: digital leakage rate 33.8% against 27.0%." in text


def test_the_rows_that_may_be_shown_are_not_called_the_total() -> None:
    """In total that is 19,991: of 20,000, the nine bookings of a country with three customers were left out."""
    asked = SemanticQuery(metrics=("leaked_calls",), dimensions=("plan_type",), time=MONTHS)
    rows = (("MAPD", 5000), ("PPO", 4000), ("HMO", 3000))
    table = Table("", (PLAN, CALLS), rows, query=asked, small_cell=11, left_out=1)
    narrator = Narrator(model := load_model(), ValueDictionary.declared(model))
    text = narrator.narrate([seen_by_model(Found((table,), "governed_metric"))]).text
    assert "In total" not in text
    assert "Together that is 12,000." in text


def test_the_group_that_was_asked_about_is_told_wherever_it_stands() -> None:
    model = load_model()
    narrator = Narrator(model, ValueDictionary.declared(model))
    wait = Column("avg_wait_time", "number", "minutes", "metric", "Average wait time")
    language = Column("language", "text", "", "dimension", "Language")
    rows = (("Korean", 2.9), ("Chinese", 2.8), ("Spanish", 2.5), ("English", 2.4), ("Tagalog", 2.3))
    query = SemanticQuery(metrics=("avg_wait_time",), dimensions=("language",), time=MONTHS)
    seen = [seen_by_model(Found((Table("", (language, wait), rows, query=query),), "governed_metric"))]
    assert "Spanish: 2.5 minutes." in narrator.narrate(seen, "Do Spanish speakers wait longer?").text
    assert "Spanish" not in narrator.narrate(seen, "Average wait time by language").text
    assert narrator.narrate(seen, "Do Korean speakers wait longer?").text.count("Korean") == 1
