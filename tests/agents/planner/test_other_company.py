"""Another company's model answers without a code change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from agents.planner import Planner, PriorTurn

AS_OF = date(2026, 8, 20)
FIRST_DAY = date(2025, 1, 1)

CASES: list[tuple[str, dict[str, Any]]] = [
    ("Rides by city last month", {"metrics": ("rides",), "dimensions": ("city",)}),
    ("What's the late return rate for tourists in Lyon?", {"metrics": ("late_return_rate",), "filters": 2}),
    ("Which station has the most trips?", {"metrics": ("rides",), "dimensions": ("station",), "limit": 1}),
    ("How long are rides on e-bikes?", {"metrics": ("ride_time",), "filters": 1}),
    ("Takings by bike type, excluding cargo", {"metrics": ("fares",), "dimensions": ("bike_type",), "filters": 1}),
    ("Repair days for punctures vs brakes", {"metrics": ("repair_days",), "dimensions": ("fault",)}),
    ("How many late returns during the festival?", {"metrics": ("late_returns",)}),
    ("What share of rides are returned late by rider type?", None),
    ("Where is the late return rate worst?", {"metrics": ("late_return_rate",), "dimensions": ("city",)}),
    ("Weekly fares for the last 6 weeks", {"metrics": ("fares",), "time_grain": "week"}),
]


@pytest.mark.parametrize(("question", "slots"), [case for case in CASES if case[1]])
def test_its_questions_plan(bicycles: Planner, question: str, slots: dict[str, Any]) -> None:
    plan = bicycles.plan(question, as_of=AS_OF, first_day=FIRST_DAY)
    assert plan.kind == "query", plan.message
    assert plan.query
    for name, value in slots.items():
        found = getattr(plan.query, name)
        assert (len(found) if name == "filters" else found) == value


@pytest.mark.parametrize(
    "question",
    ["Repair days by station", "Rides by weather", "Helmets by city", "Call cost by journey", "Rides for penguins",
     "Will rides go up tomorrow?", "Median ride time"],
)  # fmt: skip
def test_what_it_does_not_know_is_not_answered(bicycles: Planner, question: str) -> None:
    assert bicycles.plan(question, as_of=AS_OF, first_day=FIRST_DAY).kind in ("refuse", "clarify")


def test_its_follow_ups_merge(bicycles: Planner) -> None:
    first = bicycles.plan("Rides by city", as_of=AS_OF, first_day=FIRST_DAY)
    turn = PriorTurn("Rides by city", first.kind, first.query)
    plan = bicycles.plan("only tourists", history=[turn], as_of=AS_OF, first_day=FIRST_DAY)
    assert plan.query
    assert [(item.dimension, item.values) for item in plan.query.filters] == [("rider_type", ("Visitor",))]
