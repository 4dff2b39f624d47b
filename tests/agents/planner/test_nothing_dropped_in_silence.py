"""Words that slice, narrow, count or take back are read, or the question is not answered: none goes in silence."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Planner
from semantic.loader import load_model
from semantic.query import SemanticQuery
from semantic.values import ValueDictionary
from warehouse.settings import Questions

DAYS = {"as_of": date(2026, 10, 29), "first_day": date(2024, 10, 1)}
VALUES = {"call_channel": ["phone", "live_chat", "callback"], "agent_team": ["Tier 1", "Billing Desk"]}


@pytest.fixture(scope="module")
def planner() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.from_rows(model, VALUES), Questions())


def planned(planner: Planner, question: str) -> tuple[SemanticQuery, tuple[str, ...]]:
    """The query of a question, and what the answer says of how it was read."""
    plan = planner.plan(question, **DAYS)
    assert plan.kind == "query", plan.message
    assert plan.query is not None
    return plan.query, plan.assumptions


@pytest.mark.parametrize(
    ("question", "dimensions", "grain"),
    [
        (
            "How long is it from an online failure to the call on average, for each customer journey?",
            ["journey"],
            None,
        ),
        ("Leakage rate by customer journey last month", ["journey"], None),
        ("Avoidable calls in each of the past six complete months", [], "month"),
        ("NPS in each of the last 4 full quarters", [], "quarter"),
        ("Repeat calls in each of the preceding three weeks", [], "week"),
    ],
)
def test_what_each_slices_by_is_kept(
    planner: Planner, question: str, dimensions: list[str], grain: str | None
) -> None:
    query, _ = planned(planner, question)
    assert (list(query.dimensions), query.time_grain) == (dimensions, grain)


@pytest.mark.parametrize(
    "question",
    [
        "What slice of last month's calls went to each topic?",
        "Of all calls in Q2 2026, what percentage came through each topic?",
        "What share of September's calls landed with each topic?",
    ],
)
def test_a_share_of_each_is_one_of_the_total(planner: Planner, question: str) -> None:
    query, _ = planned(planner, question)
    assert query.share_of_total
    assert query.dimensions == ("call_topic",)


def test_a_further_figure_said_with_also_is_no_noun_of_the_first(planner: Planner) -> None:
    query, _ = planned(planner, "how old are our members in each plan type and then also the membership for each")
    assert set(query.metrics) == {"avg_age", "membership"}


@pytest.mark.parametrize("question", ["Which topic had the lowest first call resolution in September 2026?"])
def test_the_first_of_first_call_resolution_is_no_order_of_all(planner: Planner, question: str) -> None:
    query, _ = planned(planner, question)
    assert query.limit == 1
    assert query.order_by[0].direction == "asc"


def test_lowest_first_is_one(planner: Planner) -> None:
    query, _ = planned(planner, "Topics with the lowest first contact resolution first")
    assert query.limit is None
    assert query.order_by[0].direction == "asc"


@pytest.mark.parametrize(
    ("question", "compared"),
    [
        ("NPS last quarter versus the same quarter one year before", "previous_year"),
        ("CSAT by survey type in Q3 2026 against the year-ago quarter", "previous_year"),
    ],
)
def test_a_year_before_is_no_first_quarter(planner: Planner, question: str, compared: str) -> None:
    query, _ = planned(planner, question)
    assert query.compare_to == compared


@pytest.mark.parametrize("place", ["the site or app", "our app or site", "our site or the app"])
def test_the_site_is_the_website(planner: Planner, place: str) -> None:
    query, _ = planned(planner, f"Failed sessions on {place} last month by journey")
    assert not [item for item in query.filters if len(item.values) == 1]


def test_a_verb_is_no_channel(planner: Planner) -> None:
    query, _ = planned(planner, "how often do folks try the website first and then phone us anyway?")
    assert not query.filters


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("How many chats did we take last week?", ("live_chat",)),
        ("Handle time for chats in May", ("live_chat",)),
    ],
)
def test_the_last_word_of_a_value_stands_for_it(planner: Planner, question: str, values: tuple[str, ...]) -> None:
    query, _ = planned(planner, question)
    assert [item.values for item in query.filters] == [values]


def test_a_word_after_not_stands_for_no_value() -> None:
    model = load_model()
    values = ValueDictionary.from_rows(model, {"prior_auth_status": ["Not Required", "Approved"]})
    planner = Planner(model, values, Questions())
    query, _ = planned(planner, "Number of members who submitted claims by prior authorization required")
    assert not query.filters


@pytest.mark.parametrize("value", ["quick NPS", "weekly calls", "bad month", "some claims"])
def test_a_value_of_the_data_takes_no_word_of_the_model_away(value: str) -> None:
    """Whoever can write into a source could otherwise change how everybody's questions are read."""
    model = load_model()
    planner = Planner(model, ValueDictionary.from_rows(model, {"call_channel": [value]}), Questions())
    query, _ = planned(planner, "NPS, claims and total calls last month")
    assert not query.filters


@pytest.mark.parametrize(
    "question", ["Our call bill last month by line of business", "total bill for calls in May"]
)
def test_a_bill_of_ours_is_no_billing(planner: Planner, question: str) -> None:
    query, _ = planned(planner, question)
    assert query.metrics == ("call_cost",)
    assert not query.filters


def test_news_is_not_new(planner: Planner) -> None:
    query, _ = planned(planner, "Good news deserves a slide. How many digital sessions completed in 2026?")
    assert not query.filters


@pytest.mark.parametrize(
    ("question", "dimension", "values"),
    [
        (
            "avoidable calls last month for Medicare, no actually, for Commercial",
            "line_of_business",
            ("Commercial",),
        ),
        ("calls for Texas, I mean Florida, in September", "state", ("FL",)),
        ("calls in Texas, sorry, in Florida last month", "state", ("FL",)),
    ],
)
def test_a_value_taken_back_is_not_asked_about(
    planner: Planner, question: str, dimension: str, values: tuple[str, ...]
) -> None:
    query, said = planned(planner, question)
    assert [(item.dimension, item.values) for item in query.filters] == [(dimension, values)]
    assert any("takes back" in one for one in said)


def test_a_breakdown_taken_back_is_not_shown(planner: Planner) -> None:
    query, _ = planned(planner, "calls by plan, sorry, by segment last month")
    assert query.dimensions == ("segment",)


def test_a_figure_in_a_list_is_no_value(planner: Planner) -> None:
    query, _ = planned(planner, "Total calls, claims and NPS last month")
    assert set(query.metrics) == {"total_calls", "claims", "nps"}
    assert not query.filters


def test_two_values_beside_each_other_are_both_meant(planner: Planner) -> None:
    query, _ = planned(planner, "calls in Texas and in Florida last month")
    assert [item.values for item in query.filters] == [("FL", "TX")]


def test_of_whom_is_never_background(planner: Planner) -> None:
    question = (
        "What percentage of visits ended with members managing to help themselves, "
        "among those who have been with us for less than six months?"
    )
    query, _ = planned(planner, question)
    assert [item.values for item in query.filters] == [("0-6 months",)]


def test_both_values_of_what_the_figure_does_not_know_are_no_everything(planner: Planner) -> None:
    plan = planner.plan("Survey responses last month from people who had just used the website or app", **DAYS)
    assert plan.kind != "query"


@pytest.mark.parametrize(
    "question",
    [
        "How many calls are we going to get in December?",
        "Are our members going to call more in March?",
        "How many claims should we expect in November?",
    ],
)
def test_what_is_going_to_be_is_a_forecast(planner: Planner, question: str) -> None:
    assert planner.plan(question, **DAYS).refusal == "forecast"


def test_who_would_recommend_us_asks_for_no_action(planner: Planner) -> None:
    question = "What fraction of respondents would recommend us, by plan type excluding MAPD?"
    assert planner.plan(question, **DAYS).kind in ("query", "clarify")


@pytest.mark.parametrize(
    "question",
    ["Do Spanish speakers call more often than English speakers?", "Which age group calls us most often?"],
)
def test_who_calls_more_often_is_asked_not_counted_by_the_size_of_groups(planner: Planner, question: str) -> None:
    plan = planner.plan(question, **DAYS)
    assert plan.kind == "clarify"
    assert any("per 1,000 members" in choice for _, choice in plan.choices)


@pytest.mark.parametrize(
    "question",
    [
        "Who are our worst agents?",
        "How many first time callers did we have last week?",
        "How many members left us?",
    ],
)
def test_what_the_data_cannot_tell_is_refused_by_name(planner: Planner, question: str) -> None:
    assert planner.plan(question, **DAYS).kind == "refuse"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How are we doing?", "clarify"),
        ("What are the three most important things I should know this morning?", "briefing"),
        ("What does the scout say today?", "briefing"),
        ("Top 3 things people call about in August", "query"),
        ("Which fixes made things worse?", "impact"),
        ("How much could we save?", "next_best_action"),
        ("How much money could we save in total?", "next_best_action"),
        ("How much could we save by fixing billing?", "what_if"),
        ("What keeps members from finishing online?", "drivers"),
    ],
)
def test_plain_questions_of_an_executive_reach_who_answers_them(
    planner: Planner, question: str, kind: str
) -> None:
    assert planner.plan(question, **DAYS).kind == kind


def test_the_past_year_ends_now_and_last_year_is_the_calendar_one(planner: Planner) -> None:
    past, _ = planned(planner, "Call volume by month for the past year")
    last, _ = planned(planner, "Call volume by month last year")
    assert past.time is not None
    assert last.time is not None
    assert (past.time.start, past.time.end) == (date(2025, 10, 1), date(2026, 9, 30))
    assert (last.time.start, last.time.end) == (date(2025, 1, 1), date(2025, 12, 31))


def test_the_time_to_decide_a_prior_authorization_is_no_claims_turnaround(planner: Planner) -> None:
    model = load_model()
    values = ValueDictionary.from_rows(model, {"prior_auth_required": ["Yes", "No"]})
    query, _ = planned(Planner(model, values, Questions()), "What is the average time to decide a prior auth?")
    assert query.metrics == ("prior_auth_approval_days",)


@pytest.mark.parametrize(
    "question", ["What is NPS by plan type and how has it changed?", "CSAT by plan type and how it changed"]
)
def test_how_it_has_changed_is_a_comparison(planner: Planner, question: str) -> None:
    query, _ = planned(planner, question)
    assert query.compare_to == "previous_period"
    assert query.dimensions == ("plan_type",)


def test_negative_sentiment_alone_is_a_rate_and_with_calls_a_filter(planner: Planner) -> None:
    alone, _ = planned(planner, "Negative sentiment by topic")
    within, _ = planned(planner, "Average handle time of negative sentiment calls")
    assert alone.metrics == ("negative_emotion_rate",)
    assert [item.values for item in within.filters] == [("negative",)]


def test_both_sides_are_offered_where_the_data_have_a_third_value() -> None:
    model = load_model()
    values = ValueDictionary.from_rows(model, {"platform": ["mobile_app", "web", "Unknown"]})
    plan = Planner(model, values, Questions()).plan("How does the app compare with the web for failures?", **DAYS)
    assert plan.kind == "query" or "Failed digital sessions by platform" in [text for _, text in plan.choices]
