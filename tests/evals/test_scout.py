"""The suite "scout": what counts as having seen an incident, how figures are made, and who may read the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from evals.scouting.companies import Company, Plant
from evals.scouting.matching import likeness, match, plain
from evals.scouting.measures import figures, rate, share
from evals.scouting.report import Measured
from evals.scouting.scoring import outcome
from tools.scout.incident import Evidence, Incident, Interval, ScanReport, Start

FIRST = date(2026, 9, 1)
PLANT = Plant(
    number=0, kind="leakage", segment={"topic": "Billing Question", "plan_type": "MAPD"}, shape="step",
    first=FIRST, last=FIRST + timedelta(days=13), snr7=9.0, oracle_day=FIRST + timedelta(days=1),
    excess=[20.0] * 14, dollars={"leaked": [160.0] * 14, "planning": [170.0] * 14, "loaded": [400.0] * 14},
    cause="CM00001", decoys=["CM00002"],
)  # fmt: skip


def incident(
    metric: str = "leaked_calls", *, day: int = 3, start: int = 0, direction: str = "up", **segment: str
) -> Incident:
    begun = FIRST + timedelta(days=start)
    days = tuple(begun + timedelta(days=number) for number in (-1, 0))
    return Incident(
        id=f"{metric}{sorted(segment.items())}{direction}", metric=metric, label=metric, unit="", kind="count",
        segment=tuple(sorted(segment.items())), direction=direction, favourable=False,  # type: ignore[arg-type]
        as_of=FIRST + timedelta(days=day), start=Start(begun, days[0], days[1], days), observed=90.0, expected=50,
        volume=1.0, excess=Interval(40.0, 30.0, 50.0), change=0.8, dollars=None, persistence="new", days_active=3,
        confidence="high", confidence_words="", evidence=Evidence(6.0, 1e-9, 1e-4, 3, 56, 1.2), members=90,
    )  # fmt: skip


def report(day: int, *incidents: Incident) -> ScanReport:
    return ScanReport(FIRST + timedelta(days=day), "s", 0.1, incidents, ())


def company(*plants: Plant, tmp: str = "x") -> Company:
    from pathlib import Path

    return Company("c", "g", Path(tmp), FIRST - timedelta(days=70), FIRST + timedelta(days=20), not plants, plants)


def test_a_journey_a_topic_and_an_error_are_compared_in_one_vocabulary() -> None:
    assert (
        plain({"journey": "Billing"}) == plain({"call_topic": "Billing Question"}) == {"topic": "Billing Question"}
    )
    assert plain({"error_code": "PAY-2107"}) == plain(
        {"interaction_type": "bill_pay", "failure_reason": "Payment Error"}
    )
    assert plain({"error_code": "DOC-4041"}) == plain(
        {"failure_reason": "Document Not Found", "interaction_type": "claims_check"}
    )  # the code is of one topic, its reason of two
    assert plain({"failure_reason": "Session Timeout", "journey": "Billing"}) == {
        "topic": "Billing Question",
        "error": "Session Timeout",
    }
    assert likeness({"a": "1", "b": "2"}, {"a": "1"}) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("found", "role", "exact"),
    [
        (incident(journey="Billing", plan_type="MAPD"), "own", True),
        (incident(call_topic="Billing Question"), "own", False),
        (incident("total_calls", call_topic="Billing Question", plan_type="MAPD"), "related", True),
        (incident(call_topic="Billing Question", plan_type="HMO"), "false", False),
        (incident(state="TX"), "false", False),
        (incident("avg_handle_time", call_topic="Billing Question", plan_type="MAPD"), "false", False),
        (incident(day=-1, call_topic="Billing Question", plan_type="MAPD"), "false", False),
        (incident(day=24, call_topic="Billing Question", plan_type="MAPD"), "false", False),
        (incident(day=24, direction="down", call_topic="Billing Question"), "aftermath", False),
        (incident(start=-20, call_topic="Billing Question", plan_type="MAPD"), "false", False),
    ],
)
def test_what_an_incident_speaks_of(found: Incident, role: str, exact: bool) -> None:
    one = match(found, (PLANT,))
    assert (one.role, one.exact) == (role, exact)


def test_a_rate_of_the_whole_is_a_trap_when_only_the_mix_changed() -> None:
    mix = replace(PLANT, kind="mix", segment={"plan_type": "PPO"}, dollars={}, oracle_day=None)
    assert match(incident("total_calls", plan_type="PPO"), (mix,)).role == "legitimate"
    assert match(incident("negative_emotion_rate"), (mix,)).role == "trap"
    assert match(incident("total_calls", state="FL"), (mix,)).role == "false"


def test_figures_follow_from_the_scans() -> None:
    exact = {"call_topic": "Billing Question", "plan_type": "MAPD"}
    scans = [
        report(1, incident(day=1, state="TX")),
        report(2, incident(day=2, state="TX"), incident(day=2, **exact)),
        report(3, incident(day=3, **exact), incident("total_calls", day=3, call_topic="Billing Question")),
    ]
    scored = outcome(company(PLANT), scans)
    named = {one.name.strip(): one for one in figures([scored])}
    assert named["recall, oracle-detectable"].value == 1.0
    assert named["false incidents a day"].value == pytest.approx(1 / 3)
    assert named["days behind the oracle, mean"].value == 1.0
    assert named["exact segment, clearest day"].value == 1.0
    assert named["duplicates per 40 plants"].value == 40.0
    assert named["80 % set of starts covers"].value == 1.0
    missed = {one.name.strip(): one for one in figures([outcome(company(PLANT), [report(2)])])}
    assert missed["recall, oracle-detectable"].value == 0.0
    assert missed["exact segment, clearest day"].value is None


def test_an_echo_is_not_counted() -> None:
    echo = replace(incident(day=2, state="TX"), echo_of="other")
    scored = outcome(company(), [report(2, echo)])
    assert (scored.alarms, scored.false) == (0, [])


def test_intervals_hold_the_value_and_shrink_with_more_cases() -> None:
    few, many = share("x", [True, True, False]), share("x", [True, True, False] * 100)
    assert few.low is not None
    assert few.low < 2 / 3 < (few.high or 0)
    assert (many.high or 0) - (many.low or 0) < (few.high or 0) - few.low
    none = rate("x", 0, 100)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.0369, abs=1e-3)


def test_a_regression_is_seen_and_a_change_within_the_slack_is_not() -> None:
    gates = {"recall, all": 0.05, "false": -0.05}
    now = {"all": [share("recall, all", [True] * 80 + [False] * 20), rate("false", 20, 100)]}
    measured = Measured("s", now, company().warehouse, gates)
    assert measured.worse({"all": {"recall, all": 0.84, "false": 0.16}}) == []
    assert len(measured.worse({"all": {"recall, all": 0.9, "false": 0.1}})) == 2
    assert measured.worse(measured.values()) == []
    few = Measured("s", {"all": [share("recall, all", [False] * 3)]}, company().warehouse, gates)
    assert few.worse({"all": {"recall, all": 1.0}}) == []
