"""A/B reading of a fix: what plain SQL says of the two groups, and nothing where nothing happened."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest
from scipy import stats

from agents.grounding import table_problems
from agents.planner.testing import split_plan
from agents.runtime import Assistant
from semantic.query import DimensionFilter
from tools.actions.ab_test import Fix, read_ab_test, split_answer, split_of
from tools.actions.split import Split, read_split, reading
from tools.actions.subjects import Subject, named, subjects
from tools.desk import Desk
from tools.outcome import Found, Refusal
from warehouse.errors import UsageError
from warehouse.principal import Principal

START = date(2026, 10, 2)
SPLIT = Split("total_calls", "plan_type", "HMO", ("PPO",), START)


def test_the_reading_is_that_of_plain_sql(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    pooled = replace(SPLIT, control=("PPO", "MAPD"))
    found = read_split(pooled, desk)
    assert not isinstance(found, Refusal)
    rows = gold.execute(
        "SELECT CAST(floor((call_date - DATE '2026-10-02') / 7.0) AS INTEGER) AS week, "
        "SUM(CASE WHEN plan_type = 'HMO' THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN plan_type IN ('PPO', 'MAPD') THEN 1 ELSE 0 END) "
        "FROM gold.calls WHERE call_date <= DATE '2026-10-29' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    weeks = [(week, math.log(a / b)) for week, a, b in rows if -found.weeks_before <= week < found.weeks_since]
    before = [ratio for week, ratio in weeks if week < 0]
    since = [ratio for week, ratio in weeks if week >= 0]
    assert (len(before), len(since)) == (found.weeks_before, found.weeks_since) == (4, 4)
    assert found.change == pytest.approx(math.exp(np.mean(since) - np.mean(before)) - 1)
    test = stats.ttest_ind(since, before).confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(math.expm1(test.low)), pytest.approx(math.expm1(test.high)))
    assert found.sides[0].cell(0, "total_calls") == sum(a for week, a, _ in rows if -4 <= week < 0)
    counted = gold.execute(
        "SELECT COUNT(DISTINCT member_id) FROM gold.calls WHERE plan_type IN ('PPO', 'MAPD') "
        "AND call_date BETWEEN DATE '2026-10-02' AND DATE '2026-10-29'"
    ).fetchone()
    assert counted is not None
    assert found.sides[3].cell(0, "calling_members") == counted[0]
    assert dict(found.alone).keys() == {"PPO", "MAPD"}
    alone = read_split(SPLIT, desk)
    assert not isinstance(alone, Refusal)
    assert dict(found.alone)["PPO"] == pytest.approx(alone.change)


def test_an_effect_is_found_and_none_is_made_up() -> None:
    rng = np.random.default_rng(3)
    fallen, missed = 0, 0
    for _ in range(400):
        ratios = rng.normal(0.4, 0.04, 12)
        missed += reading(ratios, 7)[3] != "no difference seen"
        ratios[7:] += math.log(0.85)
        fallen += reading(ratios, 7)[3] == "lower than without"
    assert 0.02 <= missed / 400 <= 0.085  # one in twenty, by chance
    assert fallen / 400 > 0.98


def test_what_cannot_be_read_is_said(desk: Desk) -> None:
    for wrong in (
        {"metric": "nonsense"},
        {"metric": "nps"},
        {"dimension": "banana"},
        {"treated": "Unicorn"},
        {"control": ("HMO",)},
        {"control": ()},
        {"start": desk.as_of + timedelta(days=3)},
    ):
        with pytest.raises(UsageError):
            read_split(replace(SPLIT, **wrong), desk)
    for start in (desk.as_of - timedelta(days=5), desk.first_day + timedelta(days=8)):
        early = read_split(replace(SPLIT, start=start), desk)
        assert isinstance(early, Refusal)
        assert early.code == "too_early"
    waits = split_answer(
        replace(SPLIT, start=desk.as_of - timedelta(days=5)), desk, Fix("A fix", "24 October 2026")
    )
    assert isinstance(waits, Refusal)
    assert "A fix went live on 24 October 2026 for HMO only" in waits.reason
    assert "from 6 November 2026 on" in waits.reason


def test_a_fix_is_read_by_the_plans_that_did_not_get_it(desk: Desk) -> None:
    found = read_ab_test(desk, "plain-language")
    assert isinstance(found, Found)
    assert table_problems(found.tables, found.constants) == []
    sides, said = found.tables[:2]
    assert [row[0] for row in sides.rows] == ["HMO", "MAPD, PPO, POS and EPO"]
    assert sides.cell(0, "before") == pytest.approx(float(str(sides.cell(0, "count_before"))) / 28)
    low, change, high = (float(str(said.cell(0, name))) for name in ("change_low", "change", "change_high"))
    assert low < change < high < 0
    everywhere = Subject("A fix", "total_calls", (DimensionFilter(dimension="call_topic", values=("Claims",)),),
                         "call_topic", START, journey="Claims")  # fmt: skip
    assert split_of(everywhere, desk) is None


def test_a_fix_is_meant_by_its_journey_and_the_telling_words_of_its_title(desk: Desk) -> None:
    one, two = (
        Subject(name, "total_calls", (), "call_topic", START, journey=journey)
        for name, journey in (("HMO: plain-language statement", "Billing"), ("Coaching on claim calls", "Claims"))
    )
    for text, meant in (
        ("how did the test of the plain-language statement go", [one]),
        ("how did the HMO test go", [one]),
        ("did the coaching change anything", [two]),
        ("did the claims fix work", [two]),
        ("did the pharmacy fix work", []),
        ("did it work", [one, two]),
    ):
        assert named([one, two], text, desk) == meant, text
    assert subjects(desk)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How did the A/B test of the statement go?", True),
        ("did the split show an effect?", True),
        ("What does the split say?", True),
        ("was the ab test conclusive", True),
        ("How do the plans with the fix compare with those without it?", True),
        ("Was there a control group?", True),
        ("split it by plan type", False),
        ("Leakage rate split by plan type", False),
        ("What is the split of calls by topic?", False),
        ("How is the split between HMO and PPO?", False),
        ("total calls without repeat calls", False),
    ],
)
def test_what_asks_for_a_test_is_told_from_what_splits_a_figure(question: str, asks: bool) -> None:
    assert (split_plan(question, ()) is not None) == asks


def test_the_test_is_told_in_a_conversation_with_its_interval_and_sizes(
    assistant: Assistant, executive: Principal
) -> None:
    thread = uuid.uuid4().hex
    told = assistant.ask("How did the A/B test of the plain-language statement go?", executive, thread)
    assert told.status == "answered", told.trust_reason
    assert "95% interval" in told.text
    assert "calls by" in told.text
    assert "not drawn by lot" in " ".join(told.assumptions)
    none = assistant.ask("How did the A/B test of the pharmacy fix go?", executive, thread)
    assert none.refusal_code == "nothing_live"
