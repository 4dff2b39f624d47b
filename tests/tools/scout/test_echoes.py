"""What is a further sight of the same thing, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tools.scout.echoes import told_once
from tools.scout.incident import Direction, Evidence, Incident, Interval, Kind, Start, incident_id

DAY = date(2026, 10, 29)
STORY = [["failed_sessions", "leakage_rate", "leaked_calls", "total_calls", "avg_sentiment"]]
SHARES = {"leakage_rate": frozenset(("failed_sessions",))}


def seen(
    metric: str,
    segment: dict[str, str],
    excess: float,
    z: float,
    *,
    kind: Kind = "count",
    worse: bool = True,
    days: int = 7,
) -> Incident:
    """An incident of the last `days` days; its excess is sure within a tenth."""
    start = DAY - timedelta(days=days - 1)
    direction: Direction = "up" if excess > 0 else "down"
    ends = sorted((0.9 * excess, 1.1 * excess))
    pairs = tuple(sorted(segment.items()))
    return Incident(
        id=incident_id(metric, direction, pairs), metric=metric, label=metric, unit="count", kind=kind,
        segment=pairs, direction=direction, favourable=not worse, as_of=DAY,
        start=Start(start, start, start, (start,)),
        observed=100.0, expected=50.0, volume=1.0, excess=Interval(excess, *ends), change=1.0, dollars=None,
        persistence="lasting", days_active=days, confidence="high", confidence_words="",
        evidence=Evidence(z, 1e-9, 10.0 ** -abs(z), 7, 56, 1.2), members=100,
    )  # fmt: skip


def heads(*incidents: Incident, shares: dict[str, frozenset[str]] | None = None) -> set[str]:
    """The metrics of the incidents that stand for themselves."""
    told = told_once(incidents, STORY, {}, SHARES if shares is None else shares)
    return {incident.metric for incident in told if not incident.echo_of}


def test_more_failures_alone_let_the_share_that_is_called_about_fall() -> None:
    failures = seen("failed_sessions", {"error_code": "E1", "plan_type": "HMO"}, 300, 9)
    share = seen("leakage_rate", {"error_code": "E1"}, -90, -12, kind="rate", worse=False)
    assert heads(failures, share) == {"failed_sessions"}
    assert heads(failures, share, shares={}) == {"failed_sessions", "leakage_rate"}


@pytest.mark.parametrize(
    ("segment", "excess", "days"),
    [({"state": "TX"}, -90, 7), ({"error_code": "E1"}, 90, 7), ({"error_code": "E1"}, -90, 21)],
    ids=["elsewhere", "rising too, weakly held", "long before"],
)
def test_a_share_that_moves_elsewhere_or_at_another_time_is_told(
    segment: dict[str, str], excess: float, days: int
) -> None:
    failures = seen("failed_sessions", {"error_code": "E1"}, 300, 9)
    z = -12 if excess < 0 else 12
    share = seen("leakage_rate", segment, excess, z, kind="rate", worse=excess > 0, days=days)
    told = {i.metric: i.echo_of for i in told_once([failures, share], STORY, {}, SHARES)}
    assert told["leakage_rate"] == ""


def test_what_is_far_more_than_its_cause_is_no_effect_of_it() -> None:
    leak = seen("leakage_rate", {"journey": "Provider"}, 300, 14, kind="rate")
    assert heads(leak, seen("total_calls", {}, 5900, 6)) == {"leakage_rate", "total_calls"}
    assert heads(leak, seen("total_calls", {}, 350, 6)) == {"leakage_rate"}
    failures = seen("failed_sessions", {"journey": "Provider"}, 5900, 9)
    calls = seen("leaked_calls", {"journey": "Provider"}, 300, 14)
    assert heads(calls, failures) == {"leaked_calls"}, "a cause may well be more than its effect"


def test_a_whole_is_not_told_beside_the_parts_that_moved_it() -> None:
    whole = replace(seen("leaked_calls", {}, 300, 5), change=0.2)
    parts = [seen("leaked_calls", {"journey": journey}, 90, 6) for journey in ("Billing", "Login")]
    inside = seen("leaked_calls", {"journey": "Billing", "plan_type": "HMO"}, 80, 5)
    told = {i.segment: i.echo_of for i in told_once([whole, *parts, inside], STORY, {})}
    assert told[()] in {part.id for part in parts}
    for fewer in ([parts[0], inside], [replace(part, change=0.22) for part in parts]):
        alone = {i.segment: i.echo_of for i in told_once([whole, *fewer], STORY, {})}
        assert alone[()] == ""  # what overlaps counts once, and parts that changed as all did moved nothing


def test_of_a_rise_of_all_calls_those_that_leaked_are_a_part() -> None:
    leaked = replace(seen("leaked_calls", {}, 650, 8), change=0.45)
    calls = replace(seen("total_calls", {}, 2400, 7), change=0.33)
    assert heads(leaked, calls) == {"total_calls"}
    assert heads(replace(leaked, change=0.9), calls) == {"leaked_calls", "total_calls"}, "more than all calls rose"
    elsewhere = replace(leaked, segment=(("journey", "Billing"),))
    assert heads(elsewhere, calls) == {"leaked_calls", "total_calls"}


def test_a_rise_of_all_calls_is_no_echo_of_how_some_of_them_went() -> None:
    mood = seen("avg_sentiment", {"tenure_bucket": "2-3 years"}, -300, 18, kind="score")
    assert heads(mood, seen("total_calls", {}, 2400, 7)) == {"avg_sentiment", "total_calls"}
    assert heads(mood, seen("total_calls", {"tenure_bucket": "2-3 years"}, 240, 7)) == {"avg_sentiment"}


def test_nothing_makes_more_events_only_because_they_went_otherwise() -> None:
    mood = seen("avg_sentiment", {"call_topic": "Billing"}, -300, 18, kind="score")
    calls = seen("total_calls", {"call_topic": "Billing", "plan_type": "HMO"}, 240, 7)
    assert not {i.echo_of for i in told_once([mood, calls], STORY, {}, manners={"avg_sentiment"})} - {""}
    assert {i.echo_of for i in told_once([mood, calls], STORY, {})} == {"", mood.id}
    clear = replace(calls, evidence=replace(calls.evidence, z=30, false_per_day=1e-30))
    assert {i.echo_of for i in told_once([mood, clear], STORY, {}, manners={"avg_sentiment"})} == {"", calls.id}


def test_what_is_far_fainter_and_begins_while_the_clear_one_lasts_is_its_echo() -> None:
    ramp = seen("total_calls", {"plan_type": "MAPD"}, 4600, 38, days=20)
    assert heads(ramp, seen("avg_sentiment", {"plan_type": "MAPD"}, -90, 7, kind="score", days=9)) == {
        "total_calls"
    }
    assert heads(ramp, seen("avg_sentiment", {"plan_type": "MAPD"}, -90, 30, kind="score", days=9)) == {
        "total_calls",
        "avg_sentiment",
    }
    assert heads(
        seen("total_calls", {"plan_type": "MAPD"}, 4600, 38),
        replace(ramp, metric="leaked_calls", evidence=replace(ramp.evidence, z=7)),
    ) == {"total_calls", "leaked_calls"}  # it began before


def test_three_values_of_a_dimension_at_once_are_one_change() -> None:
    billing = {"journey": "Billing"}
    plans = [seen("leaked_calls", {**billing, "plan_type": plan}, 50, 5) for plan in ("HMO", "PPO", "EPO")]
    first = seen("leaked_calls", {**billing, "plan_type": "MAPD"}, 200, 9)
    assert {i.echo_of for i in told_once([*plans, first], STORY, {})} == {"", first.id}
    two_days_before = replace(first, start=seen("leaked_calls", billing, 200, 9, days=9).start)
    assert all(not i.echo_of for i in told_once([plans[0], two_days_before], STORY, {}))
    later = [replace(plan, direction="down") for plan in plans[1:]]
    assert all(
        not i.echo_of for i in told_once([plans[0], two_days_before, *later], [], {}) if i.direction == "up"
    )


@pytest.mark.parametrize(
    ("segment", "days", "one"),
    [
        ({"journey": "Login"}, 8, True),
        ({"journey": "Login"}, 10, False),
        ({"journey": "Login", "plan_type": "HMO"}, 7, False),
        ({"plan_type": "HMO"}, 7, False),
    ],
    ids=["a day apart", "three days apart", "of another depth", "of another dimension"],
)
def test_two_values_that_move_alike_from_one_day_on_are_one_change(
    segment: dict[str, str], days: int, *, one: bool
) -> None:
    first = seen("leaked_calls", {"journey": "Account Update"}, 200, 9)
    other = seen("leaked_calls", segment, 120, 8, days=days)
    assert {i.echo_of for i in told_once([other, first], [], {})} == ({"", first.id} if one else {""})


@pytest.mark.parametrize(("shift", "echo"), [(0.9, True), (0.8, False)], ids=["more than all", "as all did"])
def test_a_score_s_whole_is_not_told_beside_a_large_part_that_moved_it(shift: float, *, echo: bool) -> None:
    whole = replace(seen("effort_score", {}, 0.75, 7, kind="score"), volume=300.0)
    part = replace(seen("effort_score", {"tenure_bucket": "3+ years"}, shift, 7.5, kind="score"), volume=150.0)
    told = {i.segment: i.echo_of for i in told_once([whole, part], [], {})}
    assert told[()] == (part.id if echo else "")
    few = replace(part, volume=60.0)
    assert {i.segment: i.echo_of for i in told_once([whole, few], [], {})}[()] == ""
