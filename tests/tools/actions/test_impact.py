"""A past fix measured end to end on the tiny company, and what cannot be measured yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from agents.grounding import Evidence, known_names, problems, table_problems
from agents.narrator import Narrator
from agents.runtime import Assistant
from agents.summaries import seen_by_model
from semantic.query import DimensionFilter
from tools.actions.history import past_fixes
from tools.actions.impact import measure_impact, measured
from tools.actions.ledger import with_measured
from tools.actions.playbook import load_playbook
from tools.actions.proposals import FILE, Proposals
from tools.actions.reviewing import ReviewDesk
from tools.actions.subjects import Subject, subjects
from tools.actions.surroundings import surroundings, touches
from tools.alignment import Event, Segment
from tools.desk import Desk
from tools.outcome import Found, Refusal
from warehouse.principal import Principal


def test_the_plan_fix_is_measured_on_what_plain_sql_counts(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    found = measure_impact(desk, "plain-language")
    assert isinstance(found, Found)
    assert table_problems(found.tables, found.constants) == []
    sides, change = found.tables[:2]
    before = int(found.constants["before_days"])
    counted = gold.execute(
        "SELECT SUM(CASE WHEN call_date < DATE '2026-10-02' THEN 1 ELSE 0 END) / CAST(? AS DOUBLE), "
        "SUM(CASE WHEN call_date >= DATE '2026-10-02' THEN 1 ELSE 0 END) / 28.0 FROM gold.calls "
        "WHERE call_topic = 'Billing Question' AND plan_type = 'HMO' "
        "AND call_date BETWEEN DATE '2026-10-02' - ? AND DATE '2026-10-29'",
        [before, before],
    ).fetchone()
    assert counted is not None
    shown = [sides.cell(row, "calls_per_day") for row in (0, 1)]
    assert shown == [pytest.approx(float(value)) for value in counted]
    effect, low, high = (float(str(change.cell(0, name))) for name in ("effect", "effect_low", "effect_high"))
    assert low < effect < high
    assert -0.45 < effect < 0
    assert sides.cell(2, "calls_per_day") == pytest.approx(float(counted[1]) / (1 + effect))


def test_how_we_know_that_it_worked_is_answered_with_a_chart_of_the_weeks(
    assistant: Assistant, executive: Principal
) -> None:
    answer = assistant.ask("Once we make these changes, how do we know it worked?", executive)
    assert answer.status == "answered"
    assert "interval" in answer.text
    assert {"bar", "line"} <= {chart.kind for chart in answer.charts}


def test_calls_that_rose_are_said_to_be_more_and_to_cost(desk: Desk) -> None:
    of = (
        DimensionFilter(dimension="journey", values=("Billing",)),
        DimensionFilter(dimension="error_message", values=("Your plan is not eligible for this option",)),
    )
    found = measured(Subject("A fix", "leaked_calls", of, "journey", date(2026, 10, 14), 0.15), desk)
    assert isinstance(found, Found)
    change = found.tables[1]
    assert change.cell(0, "verdict") == "worse"
    narration = Narrator(desk.semantic, desk.values).narrate([seen_by_model(found)])
    evidence = Evidence(
        desk.semantic,
        desk.values,
        desk.as_of,
        known_names(desk.semantic, desk.values),
        found.tables,
        found.constants,
    )
    assert problems(narration.text, narration.facts, evidence) == []
    more = abs(float(str(change.cell(0, "avoided_per_day"))))
    assert f"These are {more:,.0f} more calls a day, which cost $" in narration.text
    assert "-$" not in narration.text


def test_too_early_too_late_and_nothing_live_are_said_and_nothing_is_made_up(desk: Desk) -> None:
    billing = (DimensionFilter(dimension="journey", values=("Billing",)),)
    fix = Subject("A fix", "leaked_calls", billing, "journey", desk.as_of - timedelta(days=5), 0.15)
    early = measured(fix, desk)
    assert isinstance(early, Refusal)
    assert early.code == "too_early"
    assert "too early to say" in early.reason
    start = measured(replace(fix, go_live=desk.first_day + timedelta(days=9)), desk)
    assert isinstance(start, Refusal)
    assert "too soon after the data begins" in start.reason
    nothing = measure_impact(desk, "no such fix")
    assert isinstance(nothing, Refusal)
    assert nothing.code == "no_such_fix"
    assert "There are: HMO: plain-language statement and payment page" in nothing.reason


def test_a_measurement_takes_the_place_of_the_recorded_counts(desk: Desk, tmp_path: Path) -> None:
    playbook = load_playbook()
    desk = replace(desk, review=ReviewDesk(tmp_path, lambda: datetime(2026, 10, 30, tzinfo=UTC)))
    known = next(subject for subject in subjects(desk) if "plain-language" in subject.name)
    store = Proposals(tmp_path / FILE)
    store.keep_measurement(known.source, {"log": -0.3, "error": 0.02}, "s1", datetime(2026, 10, 30, tzinfo=UTC))
    store.close()
    history = with_measured(past_fixes(desk, playbook), playbook, desk)
    fix = next(fix for fix in history.fixes if fix.fix_id == known.source)
    assert (fix.log_change, fix.error, fix.measured) == (-0.3, 0.02, True)
    assert sum(fix.measured for fix in history.fixes) == 1


AEP = "Annual enrollment period opens (15 October 2026)"


@pytest.mark.parametrize(
    ("journey", "plan", "live", "said"),
    [
        ("Billing", "MAPD", date(2026, 10, 10), True),
        ("Billing", "MAPD", date(2026, 9, 28), True),  # it opens while the fix is measured
        ("Pharmacy Coverage", "MAPD", date(2026, 10, 15), True),
        ("Billing", "HMO", date(2026, 10, 10), False),  # other people
        ("ID Card", "MAPD", date(2026, 10, 10), False),  # another subject
    ],
)
def test_an_enrollment_period_beside_a_go_live_makes_the_measured_effect_less_sure(
    journey: str, plan: str, live: date, *, said: bool, desk: Desk
) -> None:
    where = (
        DimensionFilter(dimension="journey", values=(journey,)),
        DimensionFilter(dimension="plan_type", values=(plan,)),
    )
    found = " ".join(
        surroundings(Subject("A fix", "leaked_calls", where, "journey", live), date(2026, 8, 28), desk.as_of, desk)
    )
    assert (AEP in found) is said
    assert ("less sure" in found) is bool(found)


def test_a_measurement_says_what_else_happened_and_before_the_period_it_says_nothing_of_it(desk: Desk) -> None:
    where = (
        DimensionFilter(dimension="journey", values=("Billing",)),
        DimensionFilter(dimension="plan_type", values=("MAPD",)),
    )
    fix = Subject("A fix", "leaked_calls", where, "journey", date(2026, 10, 9))
    found = measured(fix, desk)
    assert isinstance(found, Found)
    assert any(AEP in line and "less sure than the interval" in line for line in found.assumptions)
    before = surroundings(fix, date(2026, 8, 28), date(2026, 10, 14), desk)
    assert not any("enrollment period" in line for line in before)


def test_what_is_for_others_or_about_another_thing_does_not_touch_a_fix() -> None:
    billing = Segment(frozenset({"PPO"}), frozenset({"billing"}))
    notice = Event("e", "communication", date(2026, 10, 3), "A notice", "PPO", areas=frozenset({"billing"}))
    assert touches(notice, billing)
    assert touches(replace(notice, plan="All"), billing)
    assert not touches(replace(notice, plan="EPO"), billing)
    assert not touches(replace(notice, areas=frozenset({"pharmacy"})), billing)
