"""Parameters of verified queries: what a question may set, what makes it another one, and what stays verified."""

from __future__ import annotations

import random
from datetime import date

import pytest

from agents.planner import Plan, Planner, PriorTurn
from agents.planner.edits import Surroundings, chips
from agents.planner.periods import Clock
from agents.planner.verified import build, fits, plan_of
from semantic.loader import load_model
from semantic.model import SemanticModel, VerifiedQuery
from semantic.parameters import Argument, as_argument, bound, plain_argument
from semantic.query import TimeRange
from semantic.values import ValueDictionary
from warehouse.settings import Questions

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)
TOP = "top_avoidable_cost_journeys"
LAST_WEEK = TimeRange(start=date(2026, 10, 19), end=date(2026, 10, 25), label="last week")


@pytest.fixture(scope="module")
def model() -> SemanticModel:
    return load_model()


@pytest.fixture(scope="module")
def planner(model: SemanticModel) -> Planner:
    return Planner(model, ValueDictionary.declared(model), Questions())


@pytest.fixture(scope="module")
def clock(model: SemanticModel) -> Clock:
    return Clock(AS_OF, FIRST_DAY, events=model.events)


def ask(planner: Planner, question: str, *history: PriorTurn) -> Plan:
    return planner.plan(question, history=history, as_of=AS_OF, first_day=FIRST_DAY)


def turn(question: str, plan: Plan) -> PriorTurn:
    return PriorTurn(
        question, plan.kind, plan.query, verified=plan.verified or "", parameters=tuple(plan.parameters)
    )


SET = [
    ("Which five journeys are driving the most avoidable call cost last week in Florida?", TOP,
     {"limit": 5, "period": LAST_WEEK, "state": ("FL",)}),
    ("Last week in Florida and Texas, which 2 journeys are driving the most avoidable call cost?", TOP,
     {"limit": 2, "period": LAST_WEEK, "state": ("FL", "TX")}),
    ("Which three journeys are driving the most leaked calls right now for MAPD members?", TOP,
     {"limit": 3, "metric": "leaked_calls", "plan_type": ("MAPD",)}),
    ("wich four jorneys are driving the most avoidable call cost right now?", TOP, {"limit": 4}),
    ("What claims failures are causing calls yesterday?", "digital_billing_failures_today",
     {"journey": ("Claims",)}),
    ("Which fix saves the most money for HMO?", "most_valuable_fix", {"plan_type": ("HMO",)}),
    ("Which benefit or cost changes are creating confusion ahead of AEP in Texas?", "confusion_ahead_of_aep",
     {"state": ("TX",)}),
]  # fmt: skip


@pytest.mark.parametrize(("question", "name", "said"), SET)
def test_a_question_sets_what_it_names(
    planner: Planner, question: str, name: str, said: dict[str, Argument]
) -> None:
    plan = ask(planner, question)
    assert plan.verified == name
    assert plan.parameters
    assert said.items() <= dict(plan.parameters).items()


@pytest.mark.parametrize(
    "question",
    [
        "Which three journeys are driving the most avoidable call cost?",  # without the period
        "Which three journeys are driving the most avoidable call cost right now except Florida?",
        "Which three journeys are driving the most avoidable call cost right now on the phone channel?",
        "Which three journeys are driving the most avoidable call cost right now compared with last week?",
        "Which three journeys are driving the most avoidable call cost right now in Springfield?",
        "Which three journeys are driving the most avoidable call cost right now by plan type?",
        "Which 99 journeys are driving the most avoidable call cost right now?",  # more rows than are allowed
        "Which three journeys are driving the most avoidable call cost in 2031?",
        "Which three journeys are driving the most avoidable call cost from 2019 to 2020?",
        "Are MAPD members failing more than PPO members, and where?",  # the tenures of the wording are fixed
        "Which benefit or cost changes are creating confusion last month?",  # so is its period
        "Our costliest journeys today",
        "Leaked calls of the journeys today",
        "Leaked calls by journey today",
        "Top journeys by leaked calls today",
        "Which three journeys are driving the most total calls right now?",  # no choice of its metric
    ],
)
def test_what_no_parameter_takes_is_another_question(planner: Planner, question: str) -> None:
    assert ask(planner, question).verified is None


def arguments(verified: VerifiedQuery, model: SemanticModel, chance: random.Random) -> dict[str, Argument]:
    """Random arguments for a random part of the parameters."""
    made: dict[str, Argument] = {}
    for name, parameter in verified.parameters.items():
        if chance.random() < 0.4 and not parameter.default:
            continue
        if parameter.type == "limit":
            made[name] = chance.randint(int(parameter.least), int(parameter.most))
        elif parameter.type == "period":
            made[name] = TimeRange(start=date(2026, chance.randint(1, 5), 3), end=date(2026, 7, 9), label="")
        elif parameter.type == "metric":
            made[name] = chance.choice(parameter.choices)
        elif parameter.type == "value":
            known = sorted(model.dimensions[parameter.dimension].values) or [
                "0337U",
                "97112",
            ]  # named by data only
            made[name] = tuple(sorted(chance.sample(known, chance.randint(1, min(2, len(known))))))
    return made


def test_a_query_of_any_arguments_is_recognised_with_them(model: SemanticModel, clock: Clock) -> None:
    chance = random.Random(5)
    for verified in model.verified_queries.values():
        for _ in range(20):
            given = arguments(verified, model, chance)
            query = build(bound(verified, given).query, clock)
            assert query is not None
            found = fits(query, verified, clock)
            assert found is not None, (verified.name, given)
            assert given.items() <= found.items()
            foreign = query.model_copy(update={"share_of_total": True})
            assert verified.kind != "query" or fits(foreign, verified, clock) is None
            assert {n: as_argument(plain_argument(v)) for n, v in given.items()} == given


def test_a_value_holds_for_every_part(model: SemanticModel, clock: Clock) -> None:
    for verified in (v for v in model.verified_queries.values() if "state" in v.parameters):
        plan = plan_of(verified, {"state": ("FL",)}, clock)
        assert plan is not None
        assert plan.query is not None
        for query in (plan.query, *plan.parts):
            assert [f.values for f in query.filters if f.dimension == "state"] == [("FL",)], verified.name


def test_a_verified_query_is_not_lost_in_a_conversation(planner: Planner, model: SemanticModel) -> None:
    before = turn("CSAT by state", ask(planner, "CSAT by state"))
    for verified in model.verified_queries.values():
        for question in verified.questions:
            alone, talking = ask(planner, question), ask(planner, question, before)
            assert (talking.verified, talking.query) == (alone.verified, alone.query), question
            assert alone.verified == verified.name


def test_a_follow_up_is_not_taken_for_a_complete_question(planner: Planner) -> None:
    first = "Which three journeys are driving the most avoidable call cost right now?"
    prior = turn(first, ask(planner, first))
    pointing = ask(
        planner, "Which three of these journeys are driving the most avoidable call cost right now too?", prior
    )
    assert pointing.verified is None or pointing.query == prior.query


def test_every_chip_of_a_parameter_keeps_it_verified_and_others_say_that_they_do_not(
    planner: Planner, model: SemanticModel, clock: Clock
) -> None:
    question = "Which five journeys are driving the most avoidable call cost last week in Florida?"
    prior = turn(question, ask(planner, question))
    assert prior.query is not None
    stayed, left = set(), set()
    for chip in chips(prior.query, Surroundings(model, planner.lexicon.values, clock)):
        for option in chip.options:
            plan = ask(planner, option.question, prior)
            assert plan.query == option.query or plan.verified, option.question
            if plan.verified == TOP:
                stayed.add(chip.label)
            else:
                left.add(chip.label)
                assert any("goes beyond the verified query" in said for said in plan.assumptions), option.question
    assert {"Rows", "Period", "State"} <= stayed
    assert "By" in left
    assert "By" not in stayed
