"""Words of a question that make another figure of it, and words that look so and do not."""

from __future__ import annotations

import pytest

from agents.planner import Plan
from tests.agents.planner.conftest import Ask


def asked(plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert plan.query, plan
    return plan.query.metrics, plan.query.dimensions


def filters(plan: Plan) -> set[tuple[str, str, tuple[object, ...]]]:
    assert plan.query, plan
    return {(item.dimension, item.op, item.values) for item in plan.query.filters}


@pytest.mark.parametrize(
    "question",
    [
        "How many agents were on shift last Monday?",
        "number of agents who took calls in May",
        "How many pages per visit on the website",
        "How many claims per visit did we get in May?",
        "Prescriptions not filled at a retail pharmacy, in September",
        "sessions that were never started on mobile in June",
        "Which step has the most failed sessions, relative to traffic?",
        "How many prescriptions were denied because the drug is not on our list?",
        "percentage of detractors within passives in Q3",
        "total calls by plan type, normalised",
    ],
)
def test_another_figure_is_never_answered(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse"), question


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("How many calls per agent team?", "total_calls"),
        ("cost per call by call topic", "cost_per_call"),
        ("how many denials per claim type", "claim_denials"),
    ],
)
def test_what_only_looks_so_is_answered(ask: Ask, question: str, metric: str) -> None:
    plan = ask(question)
    assert plan.kind == "query"
    assert plan.query
    assert plan.query.metrics == (metric,)


@pytest.mark.parametrize(
    "question",
    [
        "Membership by tenure, leaving the Commercial line out",
        "Membership by tenure, leaving Commercial out",
        "Membership by tenure, taking the Commercial members out",
    ],
)
def test_what_is_left_out_may_have_its_noun_beside_it(ask: Ask, question: str) -> None:
    assert filters(ask(question)) == {("line_of_business", "not_in", ("Commercial",))}


@pytest.mark.parametrize(
    ("question", "metric", "reason"),
    [
        ("Why do members switch plans? 2026.", "plan_changes", "change_reason"),
        ("Why do we turn prescriptions down? Counts, year to date.", "pharmacy_denials", "rx_denied_reason"),
    ],
)
def test_why_asks_for_the_reason_on_record(ask: Ask, question: str, metric: str, reason: str) -> None:
    plan = ask(question)
    assert plan.kind == "query"
    assert asked(plan) == ((metric,), (reason,))


@pytest.mark.parametrize(
    "question",
    [
        "Why did claim denials go up last month?",
        "Why are plan changes so high?",
        "Why do claim denials keep rising?",
    ],
)
def test_why_something_changed_asks_for_no_reasons_on_record(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is None or not plan.query.dimensions


def test_why_of_a_rate_asks_for_its_drivers(ask: Ask) -> None:
    assert ask("Why is this leakage happening?").kind == "drivers"


def test_what_kind_asks_for_a_breakdown(ask: Ask) -> None:
    assert asked(ask("How many surveys came back in Q3, and what kind?")) == (
        ("survey_responses",),
        ("survey_type",),
    )
    assert asked(ask("How many claims did we get in May, and of which type?")) == (("claims",), ("claim_type",))


@pytest.mark.parametrize("question", ["Success rate in August, please.", "Failure rate in September by state"])
def test_a_name_that_ends_several_is_asked_back(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind == "clarify"
    assert len(plan.choices) > 1


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("failure rate by journey", "digital_failure_rate"),
        ("online success rate", "digital_success_rate"),
        ("success rate on the app", "digital_success_rate"),
        ("success rate of estimate requests on Oct 27", "estimate_request_success_rate"),
    ],
)
def test_other_words_say_of_what_it_is(ask: Ask, question: str, metric: str) -> None:
    assert asked(ask(question))[0] == (metric,)


def test_a_month_is_a_grain_only_as_a_rate(ask: Ask) -> None:
    plan = ask("What does digital cost us a month?")
    assert plan.query
    assert plan.query.time_grain == "month"
    plan = ask("Repeat calls within a week")
    assert plan.query is None or plan.query.time_grain is None


def test_either_of_all_values_is_all_of_them(ask: Ask) -> None:
    plan = ask("Active digital members who used the portal or app each month this year")
    assert plan.query
    assert (plan.query.dimensions, plan.query.filters, plan.query.time_grain) == ((), (), "month")


@pytest.mark.parametrize("each", ["each", "one figure each", "each separately", "individually"])
def test_values_one_by_one(ask: Ask, each: str) -> None:
    plan = ask(f"Unresolved calls for HMO or PPO, {each}, in May")
    assert asked(plan) == (("unresolved_calls",), ("plan_type",))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("estimated cost, code 42420, 2025", {("service_code", "in", ("42420",))}),
        ("Plan changes caused by the provider network", {("change_reason", "in", ("Provider Network",))}),
        (
            "Coverage rate for J0897 in network 00301",
            {("service_code", "in", ("J0897",)), ("network", "in", ("00301",))},
        ),
    ],
)
def test_a_value_takes_the_words_that_lead_to_it(
    ask_codes: Ask, question: str, expected: set[tuple[str, str, tuple[object, ...]]]
) -> None:
    plan = ask_codes(question)
    assert plan.kind == "query"
    assert asked(plan)[1] == ()
    assert filters(plan) == expected


def test_a_part_of_a_word_and_a_verb_are_no_values(ask: Ask) -> None:
    assert filters(ask("Total copay: what did members pay in co-payments last month?")) == set()
    plan = ask("How has the renewal share moved in Florida versus Texas, monthly for 2026?")
    assert filters(plan) == {("state", "in", ("FL", "TX"))}
    assert ("change_reason", "in", ("Moved",)) in filters(ask("Plan changes of members who moved, in 2026"))


@pytest.mark.parametrize(
    ("question", "dimension"),
    [
        ("Average cost per service code", "service_code"),
        ("requests by provider", "provider"),
        ("success rate by provider", "provider"),
    ],
)
def test_no_name_of_a_figure_hides_a_breakdown(ask: Ask, question: str, dimension: str) -> None:
    plan = ask(question)
    label = dimension.replace("_", " ")
    assert any(label in choice for choice, _ in plan.choices) or (
        plan.query and plan.query.dimensions == (dimension,)
    )


def test_a_topic_that_is_not_there_is_refused_with_what_is_likely(ask: Ask) -> None:
    plan = ask("How often can the estimator not locate the doctor, by specialty?")
    assert plan.kind == "refuse"
    assert "Doctors" in plan.message
    assert any("rovider-not-found" in choice for choice, _ in plan.choices)
