"""Who is likely to call or to change plan: found where it is in the data, not told where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest

from agents.planner.outlook import outlook_plan
from tools.desk import Desk
from tools.outcome import Found
from tools.propensity.fitting import fitted, judged
from tools.propensity.groups import Floats, Groups, groups_at, member_at
from tools.propensity.outlook import _shown, outlook
from tools.propensity.signals import OUTCOMES, signals
from tools.propensity.told import member_outlook
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal

RULES = signals()
ODDS = {"0": -0.8, "1": -0.2, "2-3": 0.3, "4+": 1.2}


def _company(seed: int) -> Groups:
    """Calls call again, by ODDS; plan changes come by themselves."""
    rng = np.random.default_rng(seed)
    size = 1500
    bands = {name: tuple(rng.choice(["0", "1+"], size)) for name in RULES.names}
    bands["calls"] = tuple(rng.choice(list(ODDS), size))
    members: Floats = rng.integers(5, 30, size).astype(float)
    likely = 1 / (1 + np.exp(-np.array([ODDS[band] for band in bands["calls"]])))
    came: dict[str, Floats] = {
        "contact": rng.binomial(members.astype(int), likely).astype(float),
        "plan_change": rng.binomial(members.astype(int), 0.01).astype(float),
    }
    return Groups(date(2026, 10, 15), bands, members, came)


def test_what_is_in_the_data_is_found_and_chance_is_called_chance() -> None:
    earlier, later = _company(1), _company(2)
    weights = fitted("contact", [earlier], RULES.names)
    card = judged(weights, "contact", later, RULES)
    truth = {band: odds - np.mean(list(ODDS.values())) for band, odds in ODDS.items()}
    assert weights.bands["calls"] == pytest.approx(truth, abs=0.08)
    assert all(
        abs(weight) < 0.05 for name in RULES.names if name != "calls" for weight in weights.bands[name].values()
    )
    assert card.tells
    assert card.gap < 0.02
    assert card.expected == pytest.approx(card.came, rel=0.02)
    assert not judged(fitted("plan_change", [earlier], RULES.names), "plan_change", later, RULES).tells


def test_an_outcome_that_never_came_is_no_error() -> None:
    nobody = replace(_company(3), came={name: np.zeros(1500) for name in OUTCOMES})
    card = judged(fitted("contact", [nobody], RULES.names), "contact", nobody, RULES)
    assert (card.auc, card.tells, card.parts) == (0.5, False, ())


def test_signals_know_nothing_of_what_came(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    cut = desk.as_of - timedelta(days=14)
    ahead, blind = groups_at(desk, cut, 14), groups_at(desk, cut, 0)
    assert ahead.bands == blind.bands
    assert np.array_equal(ahead.members, blind.members)
    assert not blind.came["contact"].any()
    end = cut + timedelta(days=14)
    callers = gold.execute(
        "SELECT COUNT(DISTINCT c.member_id) FROM gold.calls AS c JOIN gold.members AS m USING (member_id) "
        "WHERE c.call_date > ? AND c.call_date <= ? AND m.join_date <= ?",
        [cut, end, cut],
    ).fetchone()
    assert callers == (ahead.came["contact"].sum(),)


def test_a_part_of_the_company_is_told_its_own_part(desk: Desk) -> None:
    cut = desk.as_of - timedelta(days=14)
    part = groups_at(replace(desk, principal=replace(desk.principal, attributes={"plan_type": "HMO"})), cut, 14)
    assert set(part.bands["plan_type"]) == {"HMO"}
    whole = groups_at(desk, cut, 14)
    hmo = np.array(whole.bands["plan_type"]) == "HMO"
    assert part.total == whole.members[hmo].sum()


def test_groups_too_small_to_be_told_cannot_be_worked_out() -> None:
    assert _shown({"a": 900, "b": 60, "c": 4}, 50) == ["a"]
    assert _shown({"a": 900, "b": 60, "c": 30}, 50) == ["a", "b"]
    assert _shown({"a": 900, "b": 60}, 50) == ["a", "b"]


def test_a_member_is_scored_for_an_advocate_with_a_purpose_only(desk: Desk) -> None:
    advocate = Principal("a", "member_advocate", purpose="grievance: case 123")
    one = member_at(replace(desk, principal=advocate), "M-104382", desk.as_of)
    assert (one.total, one.bands["plan_type"]) == (1.0, ("MAPD",))
    with pytest.raises(UsageError):
        member_at(replace(desk, principal=advocate), "M-0", desk.as_of)
    refused = [
        Principal("a", "member_advocate"),
        Principal("e", "executive", purpose="grievance: case 123"),
        Principal("d", "data_engineer", break_glass="an emergency that is long enough to be one"),
    ]
    for who in refused:
        with pytest.raises(DeniedError):
            member_at(replace(desk, principal=who), "M-104382", desk.as_of)


def test_groups_are_ranked_where_the_model_tells_and_not_where_it_does_not(desk: Desk) -> None:
    found = outlook(desk)
    assert isinstance(found, dict)
    contact = member_outlook(desk, "contact", "plan_type")
    change = member_outlook(desk, "plan_change", "segment")
    assert isinstance(contact, Found)
    assert isinstance(change, Found)
    scores = contact.tables[0]
    assert scores.rows[0][0] == "HMO"
    assert min(int(str(scores.cell(row, "members"))) for row in range(len(scores.rows))) >= RULES.least_members
    assert len(change.tables) == 1
    assert change.tables[0].cell(0, "tells") is False


@pytest.mark.parametrize(
    ("question", "outcome", "by"),
    [
        ("Which segments are most likely to call next month, and why?", "contact", "segment"),
        ("which segments are most likely to leave", "plan_change", "segment"),
        ("Which of our plan types are most at risk of leaving in the next 30 days?", "plan_change", "plan_type"),
        ("what tenure groups are likely to contact us again soon and why", "contact", "tenure_bucket"),
        ("Who is most likely to churn next quarter?", "plan_change", "segment"),
        ("churn risk by segment", "plan_change", "segment"),
        ("show me the propensity to call by plan", "contact", "plan_type"),
    ],
)
def test_who_is_likely_is_read(desk: Desk, question: str, outcome: str, by: str) -> None:
    plan = outlook_plan(question, desk.semantic)
    assert plan is not None
    assert plan.outlook is not None
    assert (plan.outlook.outcome, plan.outlook.by) == (outcome, by)


@pytest.mark.parametrize(
    "question",
    ["churn rate by plan", "Which segments call most?", "Total calls of members at risk of leaving",
     "Which segments are most likely to call about billing next month?", "Which plans leak the most?"],
)  # fmt: skip
def test_what_says_more_or_else_is_left_to_the_planner(desk: Desk, question: str) -> None:
    assert outlook_plan(question, desk.semantic) is None
