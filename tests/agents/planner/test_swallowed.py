"""A name of a figure that says one channel narrows the figure to it, or is no channel at all."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Planner
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.settings import Questions

DAYS = {"as_of": date(2026, 10, 29), "first_day": date(2024, 10, 1)}


@pytest.fixture(scope="module")
def with_channels() -> Planner:
    model = load_model()
    values = ValueDictionary.from_rows(model, {"call_channel": ["phone", "live_chat", "callback"]})
    return Planner(model, values, Questions())


@pytest.fixture(scope="module")
def without_channels() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


@pytest.mark.parametrize(
    ("question", "dimension", "value"),
    [
        ("How many phone calls did we take in May?", "call_channel", "phone"),
        ("How many phone calls ended in a transfer in Q3?", "call_channel", "phone"),
        ("Handle time on phone calls by team", "call_channel", "phone"),
        ("calls on phone last month", "call_channel", "phone"),
        ("What fraction of phone calls is leaked from digital?", "call_channel", "phone"),
        ("App errors last week", "platform", "mobile_app"),
        ("errors in the app, week by week", "platform", "mobile_app"),
        ("Website errors by error code", "platform", "web"),
    ],
)
def test_a_channel_in_the_name_of_a_figure_narrows_it(
    with_channels: Planner, question: str, dimension: str, value: str
) -> None:
    plan = with_channels.plan(question, **DAYS)
    assert plan.query is not None, plan.message
    assert [(f.dimension, f.op, f.values) for f in plan.query.filters] == [(dimension, "in", (value,))]
    assert any("only" in said for said in plan.assumptions)


@pytest.mark.parametrize(
    "question",
    [
        "Phone volume last week",
        "How many minutes pass between the failed session and the phone call?",
        "Self-service success rate last month",
        "Claim turnaround in days in May",
        "Phone calls by channel",
    ],
)
def test_a_name_in_general_narrows_nothing(with_channels: Planner, question: str) -> None:
    plan = with_channels.plan(question, **DAYS)
    assert plan.query is not None, plan.message
    assert plan.query.filters == ()


@pytest.mark.parametrize(
    ("question", "dimension", "values"),
    [
        ("Errors on the website and in the app last month", "platform", ("mobile_app", "web")),
        ("How many phone calls and live chats came in during May?", "call_channel", ("live_chat", "phone")),
        ("Transfer rate on phone calls excluding callbacks", "call_channel", ("phone",)),
    ],
)
def test_other_channels_named_beside_it_stay(
    with_channels: Planner, question: str, dimension: str, values: tuple[str, ...]
) -> None:
    plan = with_channels.plan(question, **DAYS)
    assert plan.query is not None, plan.message
    assert [(f.dimension, f.op, f.values) for f in plan.query.filters] == [(dimension, "in", values)]


def test_where_the_data_know_no_channel_phone_calls_are_calls(without_channels: Planner) -> None:
    plan = without_channels.plan("How many phone calls did we take in May?", **DAYS)
    assert plan.query is not None
    assert (plan.query.metrics, plan.query.filters) == (("total_calls",), ())


def test_a_list_that_is_cut_short_is_planned(with_channels: Planner) -> None:
    for end in (", the", ", and", " and the", ", their"):
        plan = with_channels.plan(f"Prior authorization denial rate{end}", **DAYS)
        assert plan.kind in ("query", "clarify", "refuse")
