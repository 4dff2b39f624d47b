"""Why somebody asks is no condition; what narrows the figure stays one, wherever it stands."""

from __future__ import annotations

import pytest

from agents.planner.grounds import gives_grounds
from tests.agents.planner.conftest import Ask

PLAIN = {
    "Claim denial rate by state for Q3, because the auditors will visit us": ("claim_denial_rate", ("state",)),
    "Average wait time by team, please, the vendor wants a new contract": ("avg_wait_time", ("agent_team",)),
    "Renewal share by plan type, since I bet that the older plans do better": ("renewal_rate", ("plan_type",)),
    "Abandon rate by journey in Q3, since we redesigned the site in the summer": ("abandon_rate", ("journey",)),
    "NPS by segment last quarter. The board chair insists that it fell.": ("nps", ("segment",)),
    "Total premium by state. I want to prepare the budget talk.": ("total_premium", ("state",)),
}  # fmt: skip
NARROWED = {
    "Calls by state, only those about Billing Question": "call_topic",
    "Claim denials because of missing pre-auth, by state": "claim_denial_reason",
    "Digital sessions by month this year, just the mobile app": "platform",
}


@pytest.mark.parametrize("question", PLAIN)
def test_grounds_do_not_narrow(ask: Ask, question: str) -> None:
    plan = ask(question)
    metric, dimensions = PLAIN[question]
    assert plan.query is not None, plan.message
    assert plan.query.metrics == (metric,)
    assert plan.query.dimensions == dimensions
    assert plan.query.filters == ()
    assert plan.query.compare_to is None


@pytest.mark.parametrize("question", NARROWED)
def test_a_condition_is_no_ground(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is None or NARROWED[question] in {item.dimension for item in plan.query.filters}


@pytest.mark.parametrize(
    ("clause", "names", "told"),
    [
        ("because contracting will be in the room", "", True),
        ("because of step therapy", "value", False),
        ("since we redesigned that flow", "", True),
        ("the chief of staff wants to see it", "", True),
        ("the medicare claims by state", "metric", False),
        ("i want to see it by state", "", False),
        ("because we exclude the medicare people", "value", False),
    ],
)
def test_what_gives_grounds(clause: str, names: str, told: bool) -> None:
    kinds = frozenset(names.split())
    assert gives_grounds(clause.split(), follows=True, opens_period=False, names=kinds) is told
    assert not gives_grounds(clause.split(), follows=False, opens_period=False, names=kinds)
