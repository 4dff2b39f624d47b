"""Projections asked in words: what no reduction can be is refused, and NPS comes with what it rests on."""

from __future__ import annotations

import duckdb
import pytest

from agents.runtime import Assistant
from tools.outcome import Found
from tools.savings import project_savings
from warehouse.principal import Principal


@pytest.mark.parametrize("by", ["0%", "150%", "-5%", "\u22125 percent"])
def test_no_reduction_is_refused_and_not_taken_for_another(
    by: str, assistant: Assistant, executive: Principal
) -> None:
    answer = assistant.ask(f"What if we reduce billing leaked calls by {by}?", executive)
    assert (answer.status, answer.refusal_code) == ("refused", "bad_reduction")


def test_ten_in_words_is_ten(assistant: Assistant, executive: Principal) -> None:
    said = assistant.ask("What if we reduce billing leaked calls by ten percent?", executive)
    assert said.status == "answered"
    assert said.constants["reduce_pct"] == 10.0


def test_the_nps_lift_follows_from_what_members_answered(
    assistant: Assistant, gold: duckdb.DuckDBPyConnection
) -> None:
    reader = Principal("nina", "executive")  # who has seen nothing that a whole could tell a hidden part of
    desk = assistant.knowledge().context("?", reader, assistant.door, lambda _: None, "a1", "test").desk
    found = project_savings(10, desk, journey="Billing")
    assert isinstance(found, Found)
    plan = found.tables[0]
    row = next(at for at, cells in enumerate(plan.rows) if cells[0] == 0.1)
    answers = gold.execute(
        "SELECT survey_type, 100.0 * (SUM(is_promoter) - SUM(is_detractor)) / COUNT(nps_score) FROM gold.surveys "
        "WHERE survey_date BETWEEN DATE '2026-09-30' AND DATE '2026-10-29' AND (survey_type = 'post_digital' OR "
        "(survey_type = 'post_call' AND call_topic = 'Billing Question')) GROUP BY 1"
    ).fetchall()
    nps = {kind: float(value) for kind, value in answers}
    calls = gold.execute(
        "SELECT COUNT(*), SUM(is_leaked) FROM gold.calls WHERE call_topic = 'Billing Question' "
        "AND call_date = '2026-10-29'"
    ).fetchone()
    assert calls is not None
    gain = nps["post_digital"] - nps["post_call"]
    assert plan.cell(row, "nps_gain") == pytest.approx(gain)
    assert plan.cell(row, "nps_lift") == pytest.approx(gain * 0.1 * float(calls[1]) / float(calls[0]), rel=0.02)
    assert any("NPS" in sentence for sentence in found.assumptions)


@pytest.mark.parametrize(
    ("question", "kind", "verified"),
    [
        ("What did the latest fix bring?", "impact", None),
        ("Did our last billing fix reduce calls?", "impact", None),
        ("Which past fixes worked and which did not?", "impact", None),
        ("Show me before and after for the HMO billing fix", "impact", None),
        ("How will we measure whether the change was successful?", "impact", None),
        ("What are the quick wins?", "next_best_action", None),
        ("Who should do what to reduce billing calls?", "next_best_action", None),
        ("Business case for fixing ID card calls by 10%", "what_if", None),
        ("Where do we get the most bang for the buck if we fix just one thing?", "next_best_action",
         "most_valuable_fix"),
        ("What kind of fix works best for each journey - digital, training or comms?", "next_best_action",
         "best_levers"),
        ("Did the calls change last week?", "query", None),
        ("What should we do about the unicorn journey?", "refuse", None),
    ],
)  # fmt: skip
def test_own_wordings_reach_the_analysis_that_they_ask_for(
    question: str, kind: str, verified: str | None, assistant: Assistant
) -> None:
    known = assistant.knowledge()
    plan = known.planner.plan(question, as_of=known.as_of, first_day=known.first_day)
    assert (plan.kind, plan.verified) == (kind, verified)


def test_what_a_fix_is_measured_of_stays_what_the_question_names(assistant: Assistant) -> None:
    known = assistant.knowledge()
    plan = known.planner.plan("What did the HMO billing fix bring?", as_of=known.as_of, first_day=known.first_day)
    assert plan.query is not None
    assert {value for entry in plan.query.filters for value in entry.values} == {"HMO", "Billing"}
