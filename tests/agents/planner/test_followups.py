"""A fragment changes the query before it; a complete question starts anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.planner import Plan

Ask = Callable[..., Plan]
LEAKAGE = "Which journeys have the highest leakage rate?"
CALLS = "Total calls for Billing by month"


def filters(plan: Plan) -> set[tuple[str, str, tuple[str, ...]]]:
    assert plan.query
    return {(item.dimension, item.op, item.values) for item in plan.query.filters}


@pytest.mark.parametrize("text", ["and by plan type?", "what about by plan type", "by plan type instead"])
def test_a_breakdown_replaces_the_one_before(ask: Ask, text: str) -> None:
    plan = ask(text, LEAKAGE)
    assert plan.query
    assert plan.query.metrics == ("leakage_rate",)
    assert plan.query.dimensions == ("plan_type",)


def test_further_adds_a_breakdown(ask: Ask) -> None:
    plan = ask("break that down further by platform", LEAKAGE)
    assert plan.query
    assert plan.query.dimensions == ("journey", "platform")


def test_filters_accumulate_replace_and_go(ask: Ask) -> None:
    assert filters(ask("only MAPD", LEAKAGE)) == {("plan_type", "in", ("MAPD",))}
    assert filters(ask("what about PPO?", LEAKAGE, "only MAPD")) == {("plan_type", "in", ("PPO",))}
    assert filters(ask("and PPO too", LEAKAGE, "only MAPD")) == {("plan_type", "in", ("MAPD", "PPO"))}
    assert filters(ask("exclude Texas", LEAKAGE)) == {("state", "not_in", ("TX",))}
    assert filters(ask("drop that filter", LEAKAGE, "only MAPD")) == set()


def test_a_value_takes_the_dimension_of_the_metric_before(ask: Ask) -> None:
    assert filters(ask("same for Pharmacy", CALLS)) == {("call_topic", "in", ("Pharmacy Coverage",))}


def test_periods_replace_and_shift(ask: Ask) -> None:
    last_month = ask("what about last month?", LEAKAGE)
    before = ask("and the month before?", LEAKAGE, "what about last month?")
    assert last_month.query
    assert last_month.query.time
    assert last_month.query.time.start.isoformat() == "2026-09-01"
    assert before.query
    assert before.query.time
    assert before.query.time.start.isoformat() == "2026-08-01"


def test_rows_grain_metric_and_comparison(ask: Ask) -> None:
    top = ask("just the top 3", LEAKAGE).query
    weekly = ask("weekly please", CALLS).query
    csat = ask("show me csat instead", CALLS).query
    compared = ask("compare with last year", CALLS).query
    assert top
    assert top.limit == 3
    assert weekly
    assert weekly.time_grain == "week"
    assert csat
    assert (csat.metrics, csat.time_grain) == (("csat",), "month")
    assert compared
    assert compared.compare_to == "previous_year"


def test_analyses_keep_metric_and_filters(ask: Ask) -> None:
    why = ask("why?", CALLS)
    cut = ask("what if we cut it by 25 %?", CALLS, "why?")
    assert (why.kind, filters(why)) == ("drivers", {("call_topic", "in", ("Billing Question",))})
    assert (cut.kind, cut.what_if_pct) == ("what_if", 25.0)


def test_a_complete_question_is_not_a_follow_up(ask: Ask) -> None:
    plan = ask("What is the leakage rate for HMO?", "Repeat call rate by call topic last month")
    assert plan.query
    assert plan.query.dimensions == ()
    assert plan.query.time is None


def test_a_follow_up_that_does_not_fit_is_refused(ask: Ask) -> None:
    plan = ask("and by drug?", LEAKAGE)
    assert (plan.kind, plan.refusal) == ("refuse", "incompatible")


def test_without_a_turn_before_a_fragment_asks_back(ask: Ask) -> None:
    assert ask("break it down by plan type").kind == "clarify"


@pytest.mark.parametrize(
    ("question", "pct"),
    [
        ("and 25 percent?", 25.0),
        ("And 25?", 25.0),
        ("what about 5%?", 5.0),
        ("How sure are you about these savings?", 10.0),
        ("what is the range?", 10.0),
    ],
)
def test_after_a_what_if_a_size_or_a_doubt_is_about_it(ask: Ask, question: str, pct: float) -> None:
    asked = "What would we save if we reduce billing leakage by 10 percent?"
    first, then = ask(asked), ask(question, asked)
    assert (then.kind, then.what_if_pct) == ("what_if", pct)
    assert first.query is not None
    assert then.query == first.query


def test_a_figure_after_a_what_if_is_a_figure(ask: Ask) -> None:
    assert ask("NPS by month", "What would we save if we reduce billing leakage by 10 percent?").kind == "query"
