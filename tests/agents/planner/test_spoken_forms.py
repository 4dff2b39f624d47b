"""Turns of everyday speech: what is asked apart, held against others, told by examples, counted or ranked."""

from __future__ import annotations

import pytest

from agents.planner import Planner
from agents.planner.phrasing import phrase
from agents.planner.plan import Plan
from agents.planner.sameness import same_query
from semantic.loader import load_model
from semantic.query import SemanticQuery, TimeRange
from semantic.values import ValueDictionary
from tests.agents.planner.conftest import AS_OF, FIRST_DAY, Ask
from warehouse.settings import Questions


def _query(plan: Plan) -> SemanticQuery:
    assert plan.query is not None, plan.message
    return plan.query


FIGURES = {
    "Medicare and Commercial side by side for August: handle time, wait, transfer rate": {
        "avg_wait_time", "avg_handle_time", "transfer_rate",
    },
    "How unhappy are leaked calls? I mean the negative emotion rate of those": {"leaked_negative_rate"},
    "Retail vs mail order: fills and denials this year": {"pharmacy_denials", "fills"},
    "How likely are members to recommend us and how satisfied are they, by plan type?": {"nps", "csat"},
    "How many pharmacy sessions timed out last month?": {"failed_sessions"},
    "How much does a claims call cost us?": {"cost_per_call"},
    "How long do emergency claims take?": {"claim_turnaround_days"},
    "How many of our MAPD people have filed at least one claim this year?": {"claiming_members"},
    "Which five specialties are priciest on estimated cost per request?": {"estimated_cost_per_request"},
    "CSAT by segment, starting with the most unhappy": {"csat"},
}  # fmt: skip


@pytest.mark.parametrize("question", FIGURES)
def test_every_figure_that_is_asked_for_is_shown_and_no_other(ask: Ask, question: str) -> None:
    assert set(_query(ask(question)).metrics) == FIGURES[question]


TWO_FIGURES = {
    "Claim denial rate and denial rate of decided claims per age group": {
        "claim_denial_rate", "claim_decision_denial_rate",
    },
    "Rate-not-found and provider-not-found rate by specialty": {"rate_not_found_rate", "provider_not_found_rate"},
    "avoidable call cost compared with avoidable call cost within 24 hours": {
        "avoidable_call_cost", "avoidable_call_cost_24h",
    },
    "negative calls among leaked calls + their negative emotion rate, by segment": {
        "leaked_negative_calls", "leaked_negative_rate",
    },
    "leaked calls and their average sentiment": {"leaked_calls", "leaked_avg_sentiment"},
    "Compare handle time with wait time by team": {"avg_handle_time", "avg_wait_time"},
}  # fmt: skip


@pytest.mark.parametrize("question", TWO_FIGURES)
def test_figures_side_by_side_are_those_that_are_named(ask: Ask, question: str) -> None:
    assert set(_query(ask(question)).metrics) == TWO_FIGURES[question]


BROKEN_DOWN = {
    "Which medications get denied the most?": ("drug_name",),
    "Top denied drugs this year": ("drug_name",),
    "Any team that left more than 200 calls unresolved in September?": ("agent_team",),
    "Error messages on the web this year, ranked by how many errors": ("error_message",),
    "Claim dollars by plan type (POS, EPO and so on) in Q3": ("plan_type",),
    "Calls by channel (phone, callback, etc.) last week": ("call_channel",),
    "Do Medicare members wait longer?": ("line_of_business",),
    "How many plan changes did we have in Q1 2026 and what prompted them?": ("change_reason",),
    "Gender distribution of our members": ("gender",),
    "What are members calling about most this month?": ("call_topic",),
}


@pytest.mark.parametrize("question", BROKEN_DOWN)
def test_what_is_asked_apart_is_broken_down_and_not_filtered_by_examples(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert query.dimensions == BROKEN_DOWN[question]
    assert not [item for item in query.filters if item.dimension in query.dimensions]


@pytest.mark.parametrize(
    "question",
    [
        "Does the number of calls each caller makes depend on the weather?",
        "What is the claim mix?",
        "How are our members in Texas doing?",
        "Which states had calls over a million dollars?",
    ],
)
def test_a_single_figure_is_no_answer_to_what_is_asked_apart(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse")


LIMITS = {
    "Which journeys fail more than 20% of the time and had over a thousand sessions last quarter?": {
        ("digital_failure_rate", ">", 0.2), ("digital_sessions", ">", 1000.0),
    },
    "Which counties transferred over 12% of their calls in September?": {("transfer_rate", ">", 0.12)},
    "Which teams left more than a quarter of calls unresolved?": {("unresolved_rate", ">", 0.25)},
}  # fmt: skip


@pytest.mark.parametrize("question", LIMITS)
def test_a_share_of_what_is_counted_is_held_against_its_rate(ask: Ask, question: str) -> None:
    having = _query(ask(question)).having
    assert [(one.metric, one.op, one.value) for one in having] == sorted(LIMITS[question])


WITHIN = {
    "Top 3 topics per team": (3, "agent_team"),
    "the two longest topics by handle time within each team": (2, "agent_team"),
    "For each plan type, which journey leaks most?": (1, "plan_type"),
    "Which journey had the most leaked calls every month?": (1, "month"),
    "lowest 2 states per plan type by NPS": (2, "plan_type"),
    "Top 3 states by calls": (3, None),
}


@pytest.mark.parametrize("question", WITHIN)
def test_the_first_rows_of_each_group_are_not_the_first_rows_of_all(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert (query.limit, query.limit_by) == WITHIN[question]


@pytest.mark.parametrize("question", [name for name, (_, within) in WITHIN.items() if within])
def test_a_ranking_within_groups_reads_back_from_its_own_words(ask: Ask, planner: Planner, question: str) -> None:
    query = _query(ask(question))
    assert same_query(_query(ask(phrase(query, planner.lexicon))), query)


def test_values_called_the_new_ones_are_values_of_what_it_is_by(ask: Ask) -> None:
    query = _query(ask("NPS by member segment other than the new ones"))
    assert [(item.dimension, item.op, item.values) for item in query.filters] == [("segment", "not_in", ("New",))]


def test_moving_most_is_ranked_by_the_change(ask: Ask) -> None:
    query = _query(ask("Which topics are growing fastest?"))
    assert [(order.by, order.direction) for order in query.order_by] == [("total_calls__change", "desc")]


def test_who_calls_more_is_asked_back_with_how_often(ask: Ask) -> None:
    offered = {choice for choice, _ in ask("Do Medicare members call more than Commercial?").choices}
    assert offered == {
        "Total calls by line of business", "Calls per 1,000 members by line of business",
        "Calls per calling member by line of business",
    }  # fmt: skip


def test_the_part_of_a_whole_is_offered_first(ask: Ask) -> None:
    plan = ask("What percentage of calls are about claims?")
    assert plan.kind == "clarify"
    assert plan.choices[0][0] == "Share of Total calls by call topic"


def test_a_share_of_what_has_a_share_is_offered_in_other_words(ask: Ask) -> None:
    shown = ask("What share of our leaked calls come from MAPD?").choices[0][1]
    query = _query(ask(shown))
    assert (query.metrics, query.dimensions, query.share_of_total) == (("leaked_calls",), ("plan_type",), True)


def test_getting_worse_is_a_change_and_no_ranking(ask: Ask) -> None:
    plan = ask("Which plan types got worse on NPS this year?")
    assert plan.query is None or plan.query.compare_to is not None


def test_what_to_fix_first_is_a_recommendation(ask: Ask) -> None:
    assert ask("Which journey should we tackle first?").kind == "next_best_action"


def test_choices_are_offered_where_all_values_of_a_dimension_are_compared(planner: Planner, ask: Ask) -> None:
    plan = ask("How do app and web compare on failures this quarter?")
    assert plan.kind == "clarify"
    assert plan.choices
    for _, question in plan.choices:
        assert ask(question).kind == "query"


NOT_ANSWERED = [
    "How many surveys did we send?",  # only those that came back are counted
    "How many prior auths were approved last month?",  # days are known, no number
    "How did the call center do yesterday?",
    "How much is each avoidable call costing us?",
    "How new are the members who call?",
    "Average denied claim amount",  # the sum of them is known
    "What share of our leaked calls come from MAPD?",  # no share of calls that leaked
    "Where do members drop off in the pharmacy journey?",
]


@pytest.mark.parametrize("question", NOT_ANSWERED)
def test_another_figure_than_the_one_that_is_asked_for_is_no_answer(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse")


def test_members_and_calls_that_are_counted_side_by_side_are_no_calling_members(ask: Ask) -> None:
    query = _query(ask("For each plan type, how many members and how many calls?"))
    assert set(query.metrics) == {"membership", "total_calls"}


def test_the_degree_within_a_name_ranks(ask: Ask) -> None:
    query = _query(ask("Which age group finds us hardest to deal with?"))
    assert [(order.by, order.direction) for order in query.order_by] == [("effort_score", "desc")]


def test_a_survey_after_a_digital_visit_is_meant(ask: Ask) -> None:
    query = _query(ask("How satisfied are members after a digital interaction?"))
    assert [(item.dimension, item.values) for item in query.filters] == [("survey_type", ("post_digital",))]


YEARS = {
    "Calls in Q1 vs Q2 2025": ("2025-04-01", "2025-06-30", "previous_period"),
    "Leaked calls in H1 vs H2 last year": ("2025-07-01", "2025-12-31", "previous_period"),
    "NPS in Q2 2025 vs Q1": ("2025-04-01", "2025-06-30", "previous_period"),
    "Leaked calls in Q3 vs Q3 2025": ("2026-07-01", "2026-09-30", "previous_year"),
    "Calls in December vs January 2026": ("2026-01-01", "2026-01-31", "previous_period"),
}


@pytest.mark.parametrize("question", YEARS)
def test_the_year_of_one_of_two_periods_is_that_of_both_where_that_makes_sense(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert query.time is not None
    assert (str(query.time.start), str(query.time.end), query.compare_to) == YEARS[question]


DEFINED = {
    "How is the avoidable call cost calculated?": "avoidable_call_cost",
    "What does the digital leakage rate mean?": "leakage_rate",
    "How do we define repeat calls?": "repeat_calls",
}


@pytest.mark.parametrize("question", DEFINED)
def test_what_a_figure_means_is_told_from_the_model(ask: Ask, planner: Planner, question: str) -> None:
    metric = planner.model.metrics[DEFINED[question]]
    plan = ask(question)
    assert plan.kind == "clarify"
    assert plan.message.startswith(f"{metric.label}: {metric.description.rstrip('.')}.")
    assert _query(ask(plan.choices[0][1])).metrics == (metric.name,)


@pytest.mark.parametrize("question", ["Copay per member", "Repeat calls per member"])
def test_a_figure_per_member_is_no_figure_per_something_else(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse")


def test_the_part_of_the_members_is_told_by_all_parts(ask: Ask) -> None:
    query = _query(ask(ask("What proportion of members are on MAPD?").choices[0][1]))
    assert (query.metrics, query.dimensions, query.share_of_total) == (("membership",), ("plan_type",), True)


def test_why_people_call_is_told_by_topic(ask: Ask) -> None:
    for question in ("Why do members call us?", "What did at-risk members call about?"):
        query = _query(ask(question))
        assert (query.metrics, query.dimensions) == (("total_calls",), ("call_topic",))


def test_items_of_a_list_are_no_parts_of_one_name(ask: Ask) -> None:
    plan = ask("Total calls, total cost and average wait by week for the last two months")
    assert plan.query is None or len(plan.query.metrics) == 3


@pytest.mark.parametrize(
    "question",
    [
        "What percentage of leaked calls come from the mobile app?",
        "What share of leaked calls is on mobile?",
        "What share of failed sessions was on web?",
    ],
)
def test_the_part_of_a_value_is_no_rate_of_something_else(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind == "clarify"
    shown = _query(ask(plan.choices[0][1]))
    assert (shown.dimensions, shown.share_of_total) == (("platform",), True)


def test_why_and_since_when_is_explained(ask: Ask) -> None:
    assert ask("Why is Billing leaking and since when?").kind == "drivers"
    assert ask("Why are members calling more this month?").kind == "drivers"


def test_past_fixes_and_best_actions_are_understood(ask: Ask) -> None:
    assert ask("What did our last email fix bring?").kind == "impact"
    assert ask("How much have our fixes saved in total?").kind == "impact"
    assert ask("Give me the best actions for Pharmacy").kind == "next_best_action"
    assert ask("Show me the emails of unhappy members").refusal == "pii"


def test_seniors_are_those_of_65_and_over(ask: Ask) -> None:
    assert _query(ask("Calls from members 65 and over last month")) == _query(ask("Calls from seniors last month"))
    query = _query(ask("Calls from seniors last month"))
    assert query.time is not None
    assert [(item.dimension, item.values) for item in query.filters] == [("age_group", ("65-74", "75-84", "85+"))]


STATUSES = {
    "how many claims are pending or under review": {"Pending", "Under Review"},
    "claims denied or under review": {"Denied", "Under Review"},
    "Claims under review, by plan type": {"Under Review"},
}


@pytest.mark.parametrize("question", STATUSES)
def test_things_in_several_statuses_are_counted_in_all_of_them(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert query.metrics == ("claims",)
    assert {value for item in query.filters for value in item.values} == STATUSES[question]


VALUED = {
    "active digital members, seniors 75 and up": ("age_group", {"75-84", "85+"}),
    "Prior auth claims for seniors between 75 and 84": ("age_group", {"75-84"}),
    "Unresolved calls among members 75 years of age and older": ("age_group", {"75-84", "85+"}),
    "sessions abandoned id card page": ("journey", {"ID Card"}),
    "calls from ID": ("state", {"ID"}),
    "emergency claims fl 2025": ("state", {"FL"}),
}


@pytest.mark.parametrize("question", VALUED)
def test_who_and_where_is_read_as_it_is_said(ask: Ask, question: str) -> None:
    dimension, values = VALUED[question]
    found = {item.dimension: set(item.values) for item in _query(ask(question)).filters}
    assert found.get(dimension) == values


@pytest.mark.parametrize(
    "question",
    ["who are my 10 angriest members, names pls", "members with the most calls and their names", "claim CL 2025"],
)
def test_single_people_are_refused_however_they_are_asked_for(ask: Ask, question: str) -> None:
    assert ask(question).refusal == "pii"


def test_no_value_that_is_said_to_narrow_is_lost() -> None:
    model = load_model()
    values = ValueDictionary.from_rows(model, {"call_channel": ["phone", "live_chat", "callback"]})
    planner = Planner(model, values, Questions())
    for counted in ("members", "distinct members"):
        question = (
            f"How many {counted} contacted us by phone, and how many calls did each of them make on average?"
        )
        plan = planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)
        narrowed = plan.query is not None and any(item.dimension == "call_channel" for item in plan.query.filters)
        assert plan.query is None or narrowed


COMPARED = {
    "How has the leakage rate moved between Q2 and Q3 by journey?": (
        "2026-07-01",
        "2026-09-30",
        "previous_period",
    ),
    "change in leakage rate between Q2 and Q3 by journey": ("2026-07-01", "2026-09-30", "previous_period"),
    "calls this month vs the same time last month": ("2026-10-01", "2026-10-29", "previous_period"),
    "calls from 1 to 15 October vs the same days last month": (
        "2026-10-01",
        "2026-10-15",
        "2026-09-01 2026-09-15",
    ),
    "calls from 1 to 15 October vs the same days a year earlier": ("2026-10-01", "2026-10-15", "previous_year"),
    "How did calls change between June and September by month": ("2026-06-01", "2026-09-30", ""),
}


@pytest.mark.parametrize("question", COMPARED)
def test_two_periods_are_held_against_each_other_as_they_are_named(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert query.time is not None
    other = query.compare_to
    said = f"{other.start} {other.end}" if isinstance(other, TimeRange) else other or ""
    assert (str(query.time.start), str(query.time.end), said) == COMPARED[question]


def test_a_month_of_a_year_is_ranked_as_one_in_it(ask: Ask) -> None:
    query = _query(ask("Which month of 2026 had the most plan changes?"))
    assert (query.metrics, query.time_grain, query.limit) == (("plan_changes",), "month", 1)


DAYS = {
    "claims in 2025 Q4": ("2025-10-01", "2025-12-31"),
    "claims for 2026 h1": ("2026-01-01", "2026-06-30"),
}


@pytest.mark.parametrize("question", DAYS)
def test_a_year_before_its_quarter_is_the_year_of_it(ask: Ask, question: str) -> None:
    time = _query(ask(question)).time
    assert time is not None
    assert (str(time.start), str(time.end)) == DAYS[question]


def test_a_count_is_no_answer_to_what_share(ask: Ask) -> None:
    plan = ask("What fraction of claims got denied for out of network reasons?")
    assert (plan.kind, plan.query) == ("clarify", None)
    assert len(plan.choices) > 1


def test_what_is_counted_may_be_said_before_how_many(ask: Ask) -> None:
    query = _query(ask("MAPD members in Florida: how many?"))
    assert query.metrics == ("membership",)
    assert {item.dimension for item in query.filters} == {"plan_type", "state"}


@pytest.mark.parametrize("question", ["What was the volume last week?", "Total volume for Q3", "volume by state"])
def test_a_volume_of_nothing_said_is_asked_back(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind == "clarify"
    assert len(plan.choices) > 1


def test_what_a_volume_goes_by_says_of_what_it_is(ask: Ask) -> None:
    assert _query(ask("volume by agent team")).metrics == ("total_calls",)
    assert _query(ask("bottom five drugs by volume last month")).metrics == ("fills",)


LEFT_OUT = {
    "How many calls ended without a resolution in Florida?": {("state", "in")},
    "Failed sessions per failure reason, leaving out session timeouts, in the mobile app": {
        ("failure_reason", "not_in"), ("platform", "in"),
    },
    "calls excluding HMO, in Florida": {("plan_type", "not_in"), ("state", "in")},
    "calls excluding those in Florida, Texas and Ohio": {("state", "not_in")},
}  # fmt: skip


@pytest.mark.parametrize("question", LEFT_OUT)
def test_only_what_is_left_out_is_left_out(ask: Ask, question: str) -> None:
    assert {(item.dimension, item.op) for item in _query(ask(question)).filters} == LEFT_OUT[question]


NAMED_TOGETHER = {
    "Successful, failed and abandoned sessions per month of 2026": {
        "successful_sessions", "failed_sessions", "abandoned_sessions",
    },
    "Failed estimate requests and total estimate requests per day, last week": {
        "failed_estimate_requests", "estimate_requests",
    },
    "cost/call in Texas": {"cost_per_call"},
}  # fmt: skip


@pytest.mark.parametrize("question", NAMED_TOGETHER)
def test_no_figure_of_a_list_is_lost(ask: Ask, question: str) -> None:
    assert set(_query(ask(question)).metrics) == NAMED_TOGETHER[question]


def test_bands_from_one_to_another_are_all_between() -> None:
    model = load_model()
    bands = ["0-6 months", "6-12 months", "1-2 years", "2-3 years", "3+ years"]
    planner = Planner(model, ValueDictionary.from_rows(model, {"tenure_bucket": bands}), Questions())
    question = "Share of digital members impacted for each tenure bucket from 0-6 months to 1-2 years"
    (item,) = _query(planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)).filters
    assert set(item.values) == set(bands[:3])


def test_an_amount_of_dollars_is_no_year(ask: Ask) -> None:
    plan = ask("Claim types with an average claim amount above 2,000 dollars")
    assert [(one.metric, one.value) for one in _query(plan).having] == [("avg_claim_amount", 2000.0)]


@pytest.mark.parametrize(
    ("question", "dimensions"),
    [
        ("Prescriptions denied for step therapy or quantity limits, per drug, ten largest", ("drug_name",)),
        ("which has more calls, Medicare or Commercial?", ("line_of_business",)),
    ],
)
def test_values_joined_by_or_are_told_apart_where_one_is_chosen(
    ask: Ask, question: str, dimensions: tuple[str, ...]
) -> None:
    assert _query(ask(question)).dimensions == dimensions


def test_how_many_something_caused_is_no_question_of_cause(ask: Ask) -> None:
    assert ask("How many digital errors did session timeouts cause in September?").refusal != "correlation"
    assert ask("Does wait time affect NPS?").refusal == "correlation"


def test_how_old_people_are_on_average_is_their_average_age(ask: Ask) -> None:
    query = _query(ask("How old are Medicare members on average, state by state?"))
    assert (query.metrics, query.dimensions) == (("avg_age",), ("state",))


def test_a_ranking_of_values_side_by_side_has_its_order(ask: Ask) -> None:
    query = _query(ask("Bottom 5 states by total calls, MAPD versus PPO"))
    assert query.limit is None or query.order_by[0].direction == "asc"
