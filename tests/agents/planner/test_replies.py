"""Replies in a conversation: picks of what was offered, questions about the answer, thanks, the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.planner import Plan, Planner, PriorTurn

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)
Ask = Callable[..., Plan]
OFFERED = ("Claim denials by state", "Pharmacy denials by state", "Claim denial rate by state")


def reply(planner: Planner, text: str, *, kind: str = "clarify", choices: tuple[str, ...] = OFFERED) -> Plan:
    """The plan of a reply to what was offered."""
    history = [PriorTurn("denials by state", kind, None, choices=choices)]
    return planner.plan(text, history=history, as_of=AS_OF, first_day=FIRST_DAY)


def slots(plan: Plan) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Metrics, dimensions and filters."""
    assert plan.query, plan.message
    filters = {("not " if f.op == "not_in" else "") + f.dimension: f.values for f in plan.query.filters}
    return plan.query.metrics, plan.query.dimensions, filters


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("the second one", "pharmacy_denials"), ("2", "pharmacy_denials"),
        ("option 3 please", "claim_denial_rate"),
        ("the pharmacy ones", "pharmacy_denials"),
        ("I meant the rate", "claim_denial_rate"),
    ],
)  # fmt: skip
def test_a_reply_picks_what_was_offered(planner: Planner, text: str, metric: str) -> None:
    assert slots(reply(planner, text)) == ((metric,), ("state",), {})


def test_a_pick_may_say_more_and_a_new_question_is_no_pick(planner: Planner) -> None:
    assert slots(reply(planner, "the second one, for MAPD")) == (
        ("pharmacy_denials",), ("state",), {"plan_type": ("MAPD",)},
    )  # fmt: skip
    anew = reply(planner, "How many calls did we get by call topic?")
    assert slots(anew)[:2] == (("total_calls",), ("call_topic",))
    assert reply(planner, "the fourth one").kind in ("clarify", "refuse")
    assert slots(reply(planner, "yes please", kind="refuse", choices=OFFERED[:1]))[0] == ("claim_denials",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("which period is that?", "data go up to 29 October 2026"),
        ("how is that defined?", "more than 20 minutes"),
        ("what do you mean by long calls?", "more than 20 minutes"), ("how sure are you?", "not estimated"),
        ("where does this come from?", "records of calls"), ("who owns that?", "Contact center operations"),
    ],
)  # fmt: skip
def test_a_question_about_the_answer_changes_nothing_and_is_told(ask: Ask, text: str, said: str) -> None:
    asked = "long calls by state"
    first, then = ask(asked), ask(text, asked)
    assert then.query == first.query
    assert any(said in words for words in then.assumptions), then.assumptions


def test_thanks_leave_the_answer_in_place(ask: Ask) -> None:
    thanked = ask("great, thank you", "Leakage rate by journey")
    assert (thanked.kind, len(thanked.choices)) == ("clarify", 3)
    assert slots(ask("only MAPD", "Leakage rate by journey", "great, thank you"))[2] == {"plan_type": ("MAPD",)}


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [
        (("Leakage rate by journey", "only MAPD", "take that off"), {}),
        (("Total calls by state", "only Texas", "by call topic", "back to all states"), {}),
        (("Total calls by state", "exclude Texas", "put Texas back"), {}),
        (("Total calls in Texas", "Florida?", "both"), {"state": ("FL", "TX")}),
        (("Total calls in Texas", "Florida?", "both together by month"), {"state": ("FL", "TX")}),
        (("Total calls for MAPD", "claims by state"), {}),
        (("Leakage rate by journey", "just the app", "sorry, web not the app"), {"platform": ("web",)}),
        (("NPS by state", "for HMO", "and everyone else"), {"not plan_type": ("HMO",)}),
        (("Claim denials by claim denial reason", "hide duplicates"), {"not claim_denial_reason": ("Duplicate",)}),
    ],
)  # fmt: skip
def test_filters_go_come_back_and_join(
    ask: Ask, turns: tuple[str, ...], wanted: dict[str, tuple[str, ...]]
) -> None:
    assert slots(ask(turns[-1], *turns[:-1]))[2] == wanted


@pytest.mark.parametrize(
    ("turns", "metrics", "dimensions"),
    [
        (("long calls", "hm. what percentage of calls is that?"), ("long_call_rate",), ()),
        (("pending claims by state", "as a percentage of all claims"), ("pending_claim_rate",), ("state",)),
        (("prior auth approval days", "and the denial rate for those?"), ("prior_auth_denial_rate",), ()),
        (("negative calls by team and topic", "leave out the team"), ("negative_calls",), ("call_topic",)),
        (("call cost by segment", "no, I meant plan type"), ("call_cost",), ("plan_type",)),
        (("negative calls by plan", "per month", "drop the plan split"), ("negative_calls",), ()),
    ],
)  # fmt: skip
def test_figures_and_breakdowns_are_swapped(
    ask: Ask, turns: tuple[str, ...], metrics: tuple[str, ...], dimensions: tuple[str, ...]
) -> None:
    assert slots(ask(turns[-1], *turns[:-1]))[:2] == (metrics, dimensions)


def test_a_step_back_keeps_the_length_of_the_period(ask: Ask) -> None:
    query = ask("go back a year", "digital cost by journey in September 2026").query
    assert query
    assert query.time
    assert (query.time.start, query.time.end, query.time_grain) == (date(2025, 9, 1), date(2025, 9, 30), None)


def test_a_whole_question_that_is_joined_on_starts_anew(ask: Ask) -> None:
    plan = ask("ok. And what was our NPS last month?", "Total calls for MAPD by state")
    assert slots(plan) == (("nps",), (), {})


def test_with_one_answer_there_is_nothing_to_go_back_to_and_it_stands(ask: Ask) -> None:
    assert ask("go back", "Leakage rate by journey").kind == "clarify"
    assert slots(ask("only MAPD", "Leakage rate by journey", "go back"))[1:] == (
        ("journey",), {"plan_type": ("MAPD",)},
    )  # fmt: skip
