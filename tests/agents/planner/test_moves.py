"""Moves of a conversation in many words: restrict, leave out, compare, set apart, two at once, of some."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.planner import Plan, Planner, PriorTurn, Shown
from agents.planner.restating import restated, restated_after

Ask = Callable[..., Plan]
AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("focus on billing", "only billing"), ("limit it to people in Texas", "only people in Texas"),
        ("and Medicare on its own", "and only Medicare"), ("what about Texas alone?", "only Texas"),
        ("scrap the login restriction", "remove the login restriction"),
        ("everyone but the new ones", "exclude the new ones"),
        ("how does that stack up against Q2", "versus Q2"), ("put it against September", "versus September"),
        ("is it up on last month?", "versus last month?"), ("are they worse than in August", "versus August"),
        ("give me months", "by month"), ("no longer by day", "remove the breakdown by day"),
        ("swap ID card for billing", "what about billing"), ("zoom out to this year", "for this year"),
        ("is it more than 100", "is it more than 100"),
        ("carve it up by gender for me", "by gender"), ("slice by county if you can", "by county"),
        ("drill into the top one by platform", "drill into the top one by platform"),
        ("likewise for web", "same for web"), ("rerun that with HMO", "same for HMO"),
        ("toss in wait time", "add wait time"), ("put cost per call beside them", "add cost per call"),
        ("put the two next to each other", "put the two next to each other"),
        ("no need for the state", "remove the state"), ("I don't need the drug any more", "remove the drug"),
        ("gender can go", "remove gender"), ("cross that with age", "also by age"),
        ("try gender", "what about gender"),
        ("forget the weeks", "remove the breakdown by week"),
        ("without the time series", "remove the breakdown by day"),
        ("one number for the whole quarter", "remove the breakdown by day"),
        ("collapse it", "remove the breakdown"),
        ("roll it up to quarters", "by quarter"),
        ("everything except those two", "everything except those two"),
    ],
)  # fmt: skip
def test_what_is_said_in_many_ways_is_put_in_one(said: str, meant: str) -> None:
    assert restated_after(said) == meant


def test_a_region_whose_states_are_named_is_these_states() -> None:
    assert restated("calls in my region, Texas and Oklahoma") == "calls in Texas and Oklahoma"
    assert restated("calls in my region last month") == "calls in my region last month"


def filters(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Filters by dimension, `not ` before those that exclude."""
    assert plan.query, plan.message
    return {("not " if f.op == "not_in" else "") + f.dimension: f.values for f in plan.query.filters}


def test_up_on_last_month_compares_and_moves_to_no_other_period(ask: Ask) -> None:
    asked = ask("average handle time this month")
    compared = ask("is it up on last month?", "average handle time this month")
    assert asked.query
    assert compared.query
    assert compared.query.time == asked.query.time
    assert compared.query.compare_to is not None


def test_what_is_excluded_after_only_it_was_shown_is_not_shown(ask: Ask) -> None:
    only = ("CSAT by platform in September", "new members only")
    assert filters(ask("exclude new members", "CSAT by state", only[1])) == {"not member_tenure": ("New",)}
    assert filters(ask("sorry, everyone but the new ones", "CSAT by state", only[1])) == {
        "not member_tenure": ("New",)
    }


def test_values_are_set_apart(ask: Ask) -> None:
    several = ask("one by one", "NPS for Florida and Georgia together")
    assert several.query
    assert several.query.dimensions == ("state",)
    two = ask("put the two next to each other", "CSAT for Medicare", "same for Commercial")
    assert filters(two) == {"line_of_business": ("Commercial", "Medicare")}
    assert two.query
    assert two.query.dimensions == ("line_of_business",)


@pytest.mark.parametrize(
    ("asked", "said", "metric"),
    [
        ("negative emotion rate by call topic", "just the leaked calls", "leaked_negative_rate"),
        ("total calls by state", "only the transferred calls", "transferred_calls"),
        ("CSAT by state", "only NPS", "nps"),
        ("leakage rate by journey", "24h version please", "leakage_rate_24h"),
        ("average sentiment by state", "no I mean the share of negative calls", "negative_emotion_rate"),
    ],
)  # fmt: skip
def test_the_figure_of_some_of_what_is_counted(ask: Ask, asked: str, said: str, metric: str) -> None:
    first, then = ask(asked), ask(said, asked)
    assert first.query
    assert then.query
    assert (then.query.metrics, then.query.dimensions) == ((metric,), first.query.dimensions)


def test_a_figure_that_is_not_known_of_some_is_asked_back(ask: Ask) -> None:
    plan = ask("for repeat calls only", "negative emotion rate by call topic")
    assert plan.kind == "clarify"
    assert [question for _, question in plan.choices] == ["Repeat calls by call topic"]


def test_a_share_of_all_is_no_share_of_the_two_that_are_shown(ask: Ask) -> None:
    plan = ask("as a share of all our calls", "Total calls by state for Texas and Ohio")
    assert plan.kind == "clarify"
    assert plan.choices[0][1] == "Share of Total calls by state"


@pytest.mark.parametrize(
    "said",
    ["drop the comparison and give me months", "give me months, and lose the comparison"],
)
def test_two_changes_at_once(ask: Ask, said: str) -> None:
    plan = ask(said, "call cost in Q3 compared with the previous period")
    assert plan.query
    assert (plan.query.compare_to, plan.query.time_grain) == (None, "month")


def test_a_remark_is_told_and_changes_nothing(ask: Ask) -> None:
    plan = ask("too noisy, monthly instead", "calls per week since July")
    assert plan.query
    assert plan.query.time_grain == "month"
    assert any("'too noisy'" in text for text in plan.assumptions)
    assert ask("only Texas and only Atlantis", "calls by state").kind in ("clarify", "refuse")


def after(planner: Planner, question: str, *turns: tuple[str, Shown]) -> Plan:
    """The plan after turns that showed rows."""
    history: list[PriorTurn] = []
    for text, shown in turns:
        plan = planner.plan(text, history=history, as_of=AS_OF, first_day=FIRST_DAY)
        history.append(PriorTurn(text, plan.kind, plan.query, plan.what_if_pct, shown))
    return planner.plan(question, history=history, as_of=AS_OF, first_day=FIRST_DAY)


def test_another_figure_of_the_few_largest_is_of_those(planner: Planner) -> None:
    shown = Shown(("plan_type",), (("MAPD",), ("HMO",)), 2)
    plan = after(planner, "what do they cost?", ("top 2 plan types by total calls", shown))
    assert filters(plan) == {"plan_type": ("HMO", "MAPD")}
    assert plan.query
    assert plan.query.limit is None
    best = after(planner, "who's doing best?", ("repeat call rate by plan type", shown))
    assert best.query
    assert (best.query.dimensions, best.query.limit) == (("plan_type",), 1)


def test_an_analysis_goes_on_with_another_value(ask: Ask) -> None:
    plan = ask("and for login?", "If we fix billing, what's the upside?", "what's causing this leakage?")
    assert (plan.kind, filters(plan)) == ("drivers", {"journey": ("Login",)})
    stays = ask("what's causing this leakage?", "What should we do to fix billing?")
    assert (stays.kind, filters(stays)) == ("drivers", {"journey": ("Billing",)})


def test_of_these_and_the_most_members_and_the_opposite(ask: Ask) -> None:
    assert ask("how many of these then call us?", "abandoned sessions by step").kind in ("clarify", "refuse")
    anew = ask("thank you. Which plan has the most members in Ohio?", "CSAT by state")
    assert anew.query
    assert anew.query.metrics == ("membership",)
    turned = ask("the opposite: only login", "failed sessions by platform", "exclude login")
    assert filters(turned) == {"journey": ("Login",)}
    assert ask("what about elsewhere?", "CSAT for Texas").kind in ("clarify", "refuse")


def test_a_quarter_on_and_a_rate_of_all(ask: Ask) -> None:
    later = ask("roll forward a quarter", "call cost by segment in Q2 2026")
    assert later.query
    assert later.query.time
    assert (later.query.time.start, later.query.time.end) == (date(2026, 7, 1), date(2026, 9, 30))
    rate = ask("as a percentage of calls", "transferred calls per day last week")
    assert rate.query
    assert (rate.query.metrics, rate.query.time_grain) == (("transfer_rate",), "day")


def test_since_yesterday_sets_day_against_day(ask: Ask) -> None:
    plan = ask("How did calls change since yesterday?")
    assert plan.query
    assert plan.query.time
    assert (plan.query.time.start, plan.query.time.end, plan.query.compare_to) == (AS_OF, AS_OF, "previous_period")


def test_offers_keep_the_period_and_are_answered_as_offered(ask: Ask) -> None:
    asked = "failed sessions by platform for MAPD last month"
    first = ask(asked)
    assert len(first.follow_ups) == 3
    assert first.query
    for offered in first.follow_ups:
        for plan in (ask(offered), ask(offered, asked)):
            assert (plan.kind, filters(plan)) == ("query", {"plan_type": ("MAPD",)})
            assert plan.query
            assert plan.query.time
            assert (plan.query.time.start, plan.query.time.end) == (date(2026, 9, 1), date(2026, 9, 30))


def test_both_are_beside_each_other_where_their_course_is_asked_for(ask: Ask) -> None:
    turns = ("total calls in Ohio this quarter", "and in Georgia")
    together = ask("both", *turns)
    course = ask("draw both, month by month", *turns)
    assert filters(together) == filters(course) == {"state": ("GA", "OH")}
    assert together.query
    assert course.query
    assert (together.query.dimensions, course.query.dimensions) == ((), ("state",))
    assert ask("let me see both of them", "total calls this quarter").kind == "clarify"


def test_an_analysis_explains_the_comparison_that_stands(ask: Ask) -> None:
    asked = ("claims in Q2", "against the same quarter last year")
    for question in ("why?", "what explains that?", "why did it change?"):
        plan = ask(question, *asked)
        assert plan.kind == "drivers"
        assert plan.query
        assert plan.query.compare_to == "previous_year"
    narrowed = ask("just for Medicare", *asked, "why?")
    assert narrowed.kind == "drivers"
    assert filters(narrowed) == {"line_of_business": ("Medicare",)}


@pytest.mark.parametrize(
    ("question", "first", "metric"),
    [
        ("how many people is that", "prescriptions for metformin in Q3", "pharmacy_members"),
        ("so how many members were involved?", "failed sessions by journey last month", "members_impacted"),
        ("how many customers are behind those", "survey responses last month", "surveyed_members"),
        ("the totals then", "average premium by plan", "total_premium"),
        ("so what is the average?", "claim amount by claim type", "avg_claim_amount"),
        ("so what's the failure rate", "digital failures on web last week", "digital_failure_rate"),
    ],
)
def test_another_figure_of_the_same_keeps_where_and_when(question: str, first: str, metric: str, ask: Ask) -> None:
    before, plan = ask(first), ask(question, first)
    assert plan.query, plan.message
    assert before.query
    assert plan.query == before.query.model_copy(update={"metrics": (metric,)})


@pytest.mark.parametrize("first", ["denied claims last month", "transfer rate last month"])
def test_members_behind_a_part_are_not_those_behind_all(first: str, ask: Ask) -> None:
    plan = ask("how many members were affected", first)
    assert plan.kind == "clarify"
    assert "not counted" in plan.message


def test_a_figure_is_added_as_it_is_named_and_dropped_by_name(ask: Ask) -> None:
    first = "transfer rate by team last week"
    added = ask("handle time alongside that", first)
    assert added.query
    assert added.query.metrics == ("transfer_rate", "avg_handle_time")
    dropped = ask("without transfer rate", first, "handle time alongside that")
    assert dropped.query
    assert dropped.query == added.query.model_copy(update={"metrics": ("avg_handle_time",)})


def test_a_dimension_alone_takes_the_place_of_the_one_shown(ask: Ask) -> None:
    for question in ("what about county?", "swap plan type for county", "try county instead"):
        plan = ask(question, "membership by plan type")
        assert plan.query, plan.message
        assert plan.query.dimensions == ("county",)


def test_groups_go_and_what_was_asked_of_all_stays(ask: Ask) -> None:
    first = "NPS by segment per quarter in 2025"
    for question, dimensions in (
        ("drop the breakdown", ()),
        ("just one number", ()),
        ("skip the quarters", ("segment",)),
    ):
        plan = ask(question, first)
        assert plan.query, plan.message
        assert (plan.query.dimensions, plan.query.time_grain) == (dimensions, None)


def test_a_rate_is_not_told_by_what_it_is_not_known_by_but_its_count_is_offered(ask: Ask) -> None:
    plan = ask("for which reasons?", "claim denial rate by state last month")
    assert plan.kind == "clarify"
    assert [question for _, question in plan.choices] == ["Claim denials by claim denial reason last month"]


def test_who_is_worst_is_by_the_figure_that_was_shown(ask: Ask) -> None:
    first = "average estimated cost by specialty last month"
    for question, way in (("who is the costliest", "desc"), ("which one is the cheapest?", "asc")):
        plan, before = ask(question, first), ask(first)
        assert plan.query, plan.message
        assert before.query
        assert (plan.query.metrics, plan.query.dimensions, plan.query.time) == (
            before.query.metrics,
            before.query.dimensions,
            before.query.time,
        )
        assert plan.query.order_by[0].direction == way
    hit = ask("who was most impacted?", "failed sessions by failure reason since September")
    assert hit.query
    assert (hit.query.metrics, hit.query.dimensions) == (("failed_sessions",), ("segment",))
    assert hit.query.time


def test_groups_in_the_place_of_steps_leave_no_steps(ask: Ask) -> None:
    for question in ("by state instead of by week", "replace weeks with states", "by state, not weeks"):
        plan = ask(question, "digital sessions per week this quarter")
        assert plan.query, plan.message
        assert (plan.query.dimensions, plan.query.time_grain) == (("state",), None)


def test_where_it_was_is_how_it_was(ask: Ask) -> None:
    plan = ask("where did it stand last week?", "digital failure rate for login this week")
    assert plan.query
    assert plan.query.dimensions == ()
    assert filters(plan) == {"journey": ("Login",)}
