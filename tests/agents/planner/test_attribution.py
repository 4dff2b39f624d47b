"""By the plan members have today, or by the one they had at the call: said, kept in follow-ups, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.planner import Plan, Planner
from agents.planner.periods import Clock
from agents.screening import gaps
from semantic.query import SemanticQuery

Ask = Callable[..., Plan]
CLOCK = Clock(date(2026, 10, 29), date(2024, 10, 1), 1, (), None)
BY_PLAN = "Total calls by plan type last month"


@pytest.mark.parametrize(
    ("question", "dimensions"),
    [
        ("Total calls by current plan last month", ("plan_type",)),
        ("calls last month by the plan members have today", ("plan_type",)),
        ("calls in September by today's segment", ("segment",)),
        ("calls by plan last month, as of today attribution", ("plan_type",)),
        ("last month's calls attributed to the current plan", ("plan_type",)),
        ("calls by plan type last month using current membership", ("plan_type",)),
        ("last month's calls with members' present segment", ("segment",)),
        ("calls last month by the state members live in now", ("state",)),
        ("calls by the plan they are on now, last month", ("plan_type",)),
        ("calls last month by plan as it stands today", ("plan_type",)),
        ("calls last month by plan as of today", ("plan_type",)),
        ("calls last month by today's plan type and call topic", ("plan_type", "call_topic")),
        ("how many calls last month by latest plan and current county", ("plan_type", "county")),
        ("last month's calls from current MAPD members", ()),
        ("calls last month from members who are currently on MAPD", ()),
        ("calls last month from today's MAPD members", ()),
        ("How many calls did members who now have MAPD make last month?", ()),
        ("How many calls did currently At Risk members make last month?", ()),
        ("Break last month's calls down by the member's current plan", ("plan_type",)),
        ("last month's calls, restated to members' current plan", ("plan_type",)),
        ("Use each member's plan as of today: calls last month by plan", ("plan_type",)),
    ],
)
def test_todays_attributes_are_asked_for(ask: Ask, question: str, dimensions: tuple[str, ...]) -> None:
    plan = ask(question)
    assert plan.query, plan
    assert plan.query.attribution == "today"
    assert plan.query.metrics == ("total_calls",)
    assert plan.query.dimensions == dimensions
    assert bool(plan.query.filters) == (not dimensions)
    assert plan.query.time
    assert (plan.query.time.start.month, plan.query.time.end.month) == (9, 9)


@pytest.mark.parametrize(
    "question",
    [
        "calls by plan this current week",
        "which plan has the most calls today",
        "which plan currently has the most calls",
        "calls today by segment",
        "today's calls by plan",
        "today's plan changes",
        "calls by plan as of today",
        "compare calls by plan then by segment",
        "How many members are currently in Florida",
        "which plan members are today calling the most",
        "present calls by plan",
        "members by current plan",
    ],
)
def test_ordinary_words_stay_what_they_are(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query, plan
    assert plan.query.attribution == "at_event"


def test_today_stays_a_period_beside_it(ask: Ask) -> None:
    plan = ask("Total calls today by today's plan type")
    assert plan.query
    assert plan.query.attribution == "today"
    assert plan.query.time
    assert plan.query.time.start == plan.query.time.end == CLOCK.today


@pytest.mark.parametrize(
    "question",
    [
        "calls by plan at the time of the call",
        "calls by the plan members had at the time",
        "calls by plan when they called",
        "calls by plan at call time",
        "calls by each member's plan as of the call date",
        "calls by the segment the member was in when they called",
        "calls by historical plan",
        "calls by plan, point-in-time attribution",
    ],
)
def test_the_default_said_in_words_is_confirmed(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query, plan
    assert plan.query.attribution == "at_event"
    assert "By what members had at the time of the call." in plan.assumptions


def test_follow_ups_switch_it_and_keep_it(ask: Ask) -> None:
    turns = [
        BY_PLAN,
        "now by their current plan",
        "and last week?",
        "by segment",
        "and by the plan they had then?",
    ]
    plans = [ask(turns[at], *turns[:at]) for at in range(len(turns))]
    queries = [plan.query for plan in plans]
    assert [query.attribution for query in queries if query] == ["at_event", "today", "today", "today", "at_event"]
    assert queries[1] == queries[0].model_copy(update={"attribution": "today"})  # type: ignore[union-attr]
    assert queries[3]
    assert queries[3].dimensions == ("segment",)
    assert ask("use today's attribution", BY_PLAN).query == queries[1]
    anew = ask("Leaked calls by plan yesterday", *turns[:2])
    assert anew.query
    assert anew.query.attribution == "at_event"


@pytest.mark.parametrize(
    "question",
    [
        "calls by current plan vs the plan at the time of the call",
        "calls by the plan they have now and the plan they had then",
        "calls by the plan members had in January",
        "calls by segment now versus at the time of the call",
    ],
)
def test_two_attributions_or_a_third_are_asked_back(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind == "clarify"
    answers = [ask(choice) for _, choice in plan.choices]
    assert [answer.query.attribution for answer in answers if answer.query] == ["at_event", "today"]


@pytest.mark.parametrize(
    "question",
    [
        "calls by previous plan",
        "calls by former segment",
        "current plan changes by reason",
        "calls by current topic",
    ],
)
def test_what_is_not_offered_is_not_dropped(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse")


@pytest.mark.parametrize(
    "question",
    ["What would we save if we cut leaked calls of current MAPD members by 10%?",
     "What should we fix first for current MAPD members?"],
)  # fmt: skip
def test_analyses_that_do_not_offer_it_say_so(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind == "clarify"
    assert ask(plan.choices[0][1]).query.attribution == "today"  # type: ignore[union-attr]


def test_why_keeps_it(ask: Ask) -> None:
    plan = ask("Why did leaked calls rise for members on current plan MAPD?")
    assert plan.kind == "drivers"
    assert plan.query
    assert plan.query.attribution == "today"


def test_suggested_questions_plan_to_themselves(ask: Ask) -> None:
    plan = ask("Leaked calls by current plan last month")
    assert len(plan.follow_ups) == 3
    assert "current" in plan.follow_ups[0]
    assert ask(plan.follow_ups[0]).query.attribution == "today"  # type: ignore[union-attr]


def test_a_verified_query_does_not_answer_for_it(ask: Ask, planner: Planner) -> None:
    for verified in planner.model.verified_queries.values():
        for question in verified.questions:
            asked = ask(f"{question.rstrip('?')} with members' present plan")
            assert asked.verified is None, asked
            assert asked.query is None or asked.query.attribution == "today", question


def test_a_chat_models_query_is_held_against_the_question(planner: Planner) -> None:
    then = SemanticQuery(metrics=("total_calls",), dimensions=("plan_type",))
    today = then.model_copy(update={"attribution": "today"})
    assert gaps("Total calls by current plan", then, planner, CLOCK).missing
    assert not gaps("Total calls by current plan", today, planner, CLOCK).missing
    assert gaps("Total calls by plan at the time of the call", today, planner, CLOCK).missing


def test_another_trade_without_members_is_untouched(bicycles: Planner) -> None:
    plan = bicycles.plan("Rides by current city", as_of=CLOCK.today, first_day=CLOCK.first_day)
    assert plan.kind in ("clarify", "refuse")
