"""What a conversation remembers: rows pointed at, corrections, the way back, and chips that do what they say."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Plan, Planner, PriorTurn, Shown
from agents.planner.edits import MOST_OPTIONS, Surroundings, chips
from agents.planner.periods import Clock
from semantic.query import SemanticQuery

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)
ROWS = Shown(("journey",), (("Billing",), ("Pharmacy",), ("Login",)), 3)
PAIRS = Shown(("journey", "platform"), (("Billing", "web"), ("Login", "mobile_app"), ("Billing", "mobile_app")), 3)


def talk(planner: Planner, *questions: str, shown: Shown = ROWS) -> Plan:
    """The plan of the last question; `shown` are the rows of the first answer."""
    history: list[PriorTurn] = []
    plan = Plan("refuse")
    for number, text in enumerate(questions):
        plan = planner.plan(text, history=history, as_of=AS_OF, first_day=FIRST_DAY)
        keys = shown if number == 0 else Shown()
        history.append(PriorTurn(text, plan.kind, plan.query, plan.what_if_pct, keys))
    return plan


def filters(plan: Plan) -> dict[str, tuple[str, ...]]:
    assert plan.query, plan.message
    return {("not " if f.op == "not_in" else "") + f.dimension: f.values for f in plan.query.filters}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("only the second one", {"journey": ("Pharmacy",)}),
        ("what about the third journey?", {"journey": ("Login",)}),
        ("just the top one", {"journey": ("Billing",)}),
        ("only the last one", {"journey": ("Login",)}),
        ("the lowest one only", {"journey": ("Login",)}),
        ("without the first one", {"not journey": ("Billing",)}),
        ("compare the first two", {"journey": ("Billing", "Pharmacy")}),
        ("number 2 by platform", {"journey": ("Pharmacy",)}),
    ],
)
def test_rows_pointed_at_become_filters(planner: Planner, text: str, wanted: dict[str, tuple[str, ...]]) -> None:
    assert filters(talk(planner, "Leakage rate by journey", text)) == wanted


@pytest.mark.parametrize(
    "text", ["Top 3 journeys by failed digital sessions last month", "highest two journeys by leaked calls"]
)
def test_a_ranking_by_a_metric_is_of_all_and_not_of_the_rows_before(planner: Planner, text: str) -> None:
    plan = talk(planner, "Leakage rate by journey", text)
    assert filters(plan) == {}
    assert plan.query
    assert (plan.query.dimensions, plan.query.limit) == (("journey",), 3 if "3" in text else 2)
    pointed = talk(planner, "Leakage rate by journey", "the top 2 journeys by platform")
    assert filters(pointed) == {"journey": ("Billing", "Pharmacy")}


def test_why_a_row_is_higher_sets_two_rows_side_by_side(planner: Planner) -> None:
    alone = talk(planner, "Leakage rate by journey", "why is the third one higher?")
    named = talk(planner, "Leakage rate by journey", "why is Login lower than Pharmacy?")
    assert (alone.kind, filters(alone)) == ("drivers", {"journey": ("Billing", "Login")})
    assert alone.query
    assert alone.query.dimensions == ("journey",)
    assert any("Billing, the first row" in text for text in alone.assumptions)
    assert (named.kind, filters(named)) == ("drivers", {"journey": ("Login", "Pharmacy")})


def test_rows_of_two_dimensions_differ_in_one_or_are_asked_about(planner: Planner) -> None:
    first = "Leakage rate by journey and platform"
    both = talk(planner, first, "why is the second one higher?", shown=PAIRS)
    one = talk(planner, first, "why is the third one higher?", shown=PAIRS)
    assert both.kind == "clarify"
    assert "journey and platform" in both.message
    assert filters(one) == {"journey": ("Billing",), "platform": ("mobile_app", "web")}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("why is the fifth one higher?", ROWS), ("only the second one", Shown()), ("what about that journey?", ROWS)],
)
def test_a_row_that_is_not_there_is_asked_about(planner: Planner, text: str, shown: Shown) -> None:
    plan = talk(planner, "Leakage rate by journey", text, shown=shown)
    assert plan.kind == "clarify"
    assert 1 <= len(plan.choices) <= 3
    for _, question in plan.choices:
        assert planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY).kind == "query"


def test_that_filter_is_the_one_set_last(planner: Planner) -> None:
    calls = "Total calls by call topic for Florida"
    assert filters(talk(planner, calls, "only MAPD", "drop that filter")) == {"state": ("FL",)}
    unclear = talk(planner, "Total calls for MAPD in Florida", "drop that filter")
    assert unclear.kind == "clarify"
    assert len(unclear.choices) == 3


def test_a_correction_takes_the_place_of_what_it_corrects(planner: Planner) -> None:
    metric = talk(planner, "Leakage rate by journey last month", "no, I meant calls by call topic")
    value = talk(planner, "Leakage rate by journey", "only HMO", "sorry, I meant Florida")
    assert metric.query
    assert (metric.query.metrics, metric.query.dimensions) == (("total_calls",), ("call_topic",))
    assert metric.query.time
    assert filters(value) == {"state": ("FL",)}


def test_going_back_and_starting_over(planner: Planner) -> None:
    steps = ("Leakage rate by journey", "only MAPD", "by state")
    assert filters(talk(planner, *steps, "go back")) == {"plan_type": ("MAPD",)}
    assert filters(talk(planner, *steps, "go back", "undo that")) == {}
    assert talk(planner, *steps, "start over").kind == "clarify"
    assert talk(planner, *steps, "start over", "only MAPD").kind == "clarify"
    assert talk(planner, steps[0], "go back").kind == "clarify"


def test_a_refused_question_leaves_the_answer_before_it_in_place(planner: Planner) -> None:
    assert filters(talk(planner, "Leakage rate by journey", "and by drug?", "only MAPD")) == {
        "plan_type": ("MAPD",)
    }


@pytest.mark.parametrize(
    ("text", "what"), [("as a percentage", "percent"), ("and in dollars?", "dollars")]
)  # fmt: skip
def test_a_unit_that_does_not_exist_is_refused_by_name(planner: Planner, text: str, what: str) -> None:
    plan = talk(planner, "NPS by plan type", text)
    assert plan.kind in ("refuse", "clarify")
    assert what in plan.message


@pytest.mark.parametrize(
    "question",
    [
        "Top 5 states by leaked calls for MAPD last month compared with the previous period",
        "Leakage rate and avoidable call cost by journey and month for Florida and Texas",
        "Agent teams with a transfer rate over 20% excluding HMO",
        "Share of claims by claim type",
        "Membership by plan type",
    ],
)
def test_a_chip_does_what_it_says(planner: Planner, question: str) -> None:
    plan = talk(planner, question)
    assert plan.query
    history = [PriorTurn(question, plan.kind, plan.query)]
    made = chips(plan.query, around(planner))
    assert {chip.kind for chip in made} >= {"metric", "dimension", "period"}
    for chip in made:
        assert len(chip.options) <= MOST_OPTIONS
        for option in (*([chip.remove] if chip.remove else []), *chip.options):
            found = planner.plan(option.question, history=history, as_of=AS_OF, first_day=FIRST_DAY)
            assert found.query == option.query != plan.query, option.question
            again = talk(planner, question, option.question, "go back")
            assert again.query == plan.query


def test_a_reader_who_is_held_to_one_value_is_offered_no_other(planner: Planner) -> None:
    query = SemanticQuery.model_validate(
        {"metrics": ["nps"], "filters": [{"dimension": "plan_type", "values": ["HMO"]}]}
    )
    free, held = (chips(query, around(planner, held)) for held in (frozenset(), frozenset({"plan_type"})))
    assert [len(chip.options) > 0 for chip in free if chip.kind == "filter"] == [True]
    assert [len(chip.options) for chip in held if chip.kind == "filter"] == [0]


def around(planner: Planner, held: frozenset[str] = frozenset()) -> Surroundings:
    return Surroundings(planner.model, planner.lexicon.values, Clock(AS_OF, FIRST_DAY), held)
