"""A question that means a verified query in other words is that query; one telling word more makes it another."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Plan, Planner
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.settings import Questions

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)
OTHERS = {
    "How many members are impacted by the billing problem?": "members_hit_by_billing",
    "Which segments have the most negative calls?": "highest_negative_emotion_segments",
    "Negative emotion rate by segment": "highest_negative_emotion_segments",
    "Leakage rate by journey": "leaking_journeys",
    "Share of each journey in leaked calls last week": "leaking_journeys",
    "Leaked calls and digital failure rate by journey": "leaking_journeys",
    "How many billing failures leaked to calls today?": "digital_billing_failures_today",
    "Are new members failing more than tenured members in Texas, not in Florida?": "new_versus_tenured_failures",
    "Which journeys leak into the call center and at what rate among retirees?": "leaking_journeys",
    "First call resolution rate and repeat calls by topic": "repeat_call_pockets",
}
WITH_ARGUMENTS = {
    "Who suffers the most from the pharmacy problem?": ("members_hit_by_billing", "journey", ("Pharmacy",)),
    "Which member segments were the angriest last month?": (
        "highest_negative_emotion_segments", "period", (date(2026, 9, 1), date(2026, 9, 30)),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def planner() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def plan(planner: Planner, question: str) -> Plan:
    return planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)


@pytest.mark.parametrize(("question", "name"), OTHERS.items())
def test_another_question_is_not_taken_for_it(planner: Planner, question: str, name: str) -> None:
    assert plan(planner, question).verified != name


@pytest.mark.parametrize(("question", "wanted"), WITH_ARGUMENTS.items())
def test_what_it_names_goes_into_parameters(
    planner: Planner, question: str, wanted: tuple[str, str, tuple[object, ...]]
) -> None:
    name, parameter, value = wanted
    found = plan(planner, question)
    assert found.verified == name, found.message
    given = dict(found.parameters)[parameter]
    assert given == value or (getattr(given, "start", None), getattr(given, "end", None)) == value


def test_a_word_that_constrains_nothing_is_told(planner: Planner) -> None:
    found = plan(planner, "Which self-service journeys are frankly not self-service?")
    assert found.verified == "not_really_self_service"
    extra = plan(planner, "Where do repeat calls pile up for things that should be one and done?")
    assert extra.verified == "repeat_call_pockets"
    assert any("pile" in said for said in extra.assumptions)
