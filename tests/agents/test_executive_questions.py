"""Every executive question through the graph: an answer equal to witness SQL, or a stated reason."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from warehouse.principal import Principal

Ask = Callable[[str], Answer]
VERIFIED = {
    "B1": "Which three journeys are driving the most avoidable call cost right now?",
    "B3": "Where are repeat calls that should be one-and-done?",
    "B4": "Which member segments are experiencing the highest negative emotion?",
    "B5": "Are new members failing more than tenured members, and where?",
    "B6": "Which benefit or cost changes are creating confusion ahead of AEP?",
    "B7": "Which digital journeys are leaking into the call center, and at what rate?",
    "B8": "Where do members abandon online flows and immediately call?",
    "B9": 'Which "self-service" journeys are not actually self-service?',
    "B12": "What's breaking right now? Show top digital billing failures leaking to calls today.",
    "B13": "Which members are most impacted by the billing problem?",
}
REASONED = {
    "B2": "If we fix one issue this quarter, which saves the most money and why?",
    "B10": "Are agent behaviors impacting sentiment and repeat calls?",
    "B11": "Which issues are best solved by digital fixes vs training vs communication?",
    "B14": "Walk me through an actual member journey.",
    "B15": "If we fix billing this week, what's the upside?",
    "B16": "What's actually causing this leakage?",
    "B17": "What exactly should digital, comms and the call center change?",
    "B18": "Once we make these changes, how do we know it worked?",
}


@pytest.mark.parametrize("question", VERIFIED.values(), ids=VERIFIED.keys())
def test_checked_questions_run_as_their_owner_wrote_them(question: str, ask: Ask, assistant: Assistant) -> None:
    answer = ask(question)
    assert (answer.status, answer.trust) == ("answered", "verified_query"), answer.text
    assert answer.rows
    assert answer.sql
    assert answer.interpretation
    assert answer.follow_ups
    assert assistant.knowledge().assembler.recheck(answer) == []


@pytest.mark.parametrize("question", REASONED.values(), ids=REASONED.keys())
def test_other_questions_get_an_answer_or_a_stated_reason(question: str, ask: Ask) -> None:
    answer = ask(question)
    assert answer.status in ("answered", "refused", "clarify")
    assert len(answer.text) > 20
    if answer.status == "refused":
        assert answer.refusal_code
    assert (answer.trust != "none") == (answer.status == "answered")


def test_the_costliest_journeys_equal_plain_sql(ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    answer = ask(VERIFIED["B1"])
    witness = gold.execute(
        "SELECT journey, SUM(8.0 * is_leaked), SUM(is_leaked) FROM gold.calls WHERE call_date = DATE '2026-10-29' "
        "AND is_leaked_24h = 1 GROUP BY 1 ORDER BY 2 DESC LIMIT 3"
    ).fetchall()
    assert [tuple(row) for row in answer.rows] == witness
    assert answer.as_of is not None
    assert answer.as_of.isoformat() == "2026-10-29"


def test_new_against_tenured_equals_plain_sql(ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    answer = ask(VERIFIED["B5"])
    witness = gold.execute(
        "SELECT member_tenure, AVG(is_failed) FROM gold.digital_interactions "
        "WHERE interaction_date BETWEEN DATE '2026-09-30' AND DATE '2026-10-29' GROUP BY 1 ORDER BY 2 DESC"
    ).fetchall()
    assert [(row[0], pytest.approx(row[1])) for row in answer.rows] == witness


def test_the_upside_of_billing_equals_arithmetic(assistant: Assistant, gold: duckdb.DuckDBPyConnection) -> None:
    # A reader who has not seen the day by plan and tenure: the total would tell what was hidden there.
    answer = assistant.ask(REASONED["B15"], Principal("uma", "executive"))
    counted = gold.execute(
        "SELECT SUM(is_leaked), SUM(is_leaked * is_repeat) FROM gold.calls "
        "WHERE call_date = DATE '2026-10-29' AND journey = 'Billing'"
    ).fetchone()
    assert counted is not None
    names = [column.name for column in answer.columns]
    ten = dict(zip(names, next(row for row in answer.rows if row[0] == 0.1), strict=True))
    assert ten["calls_avoided_per_day"] == pytest.approx(counted[0] * 0.1)
    assert ten["savings_per_year"] == pytest.approx(counted[0] * 0.1 * 8 * 365)
    assert ten["repeat_calls_avoided_per_day"] == pytest.approx(counted[1] * 0.1)
    assert answer.agent == "next_best_action"


def test_who_is_likely_to_call_and_why_is_one_answer(ask: Ask, assistant: Assistant) -> None:
    answer = ask("Which segments are most likely to call next month, and why?")
    assert answer.status == "answered"
    assert "Not answered" not in answer.text
    assert "sets" in answer.text
    assert assistant.knowledge().assembler.recheck(answer) == []


def test_whether_agents_matter_begins_with_the_finding_and_ends_with_its_limit(
    ask: Ask, assistant: Assistant
) -> None:
    answer = ask("Are agent behaviours impacting sentiment?")
    first, *_, last = answer.text.split(". ")
    assert first.startswith("Negative emotion rate ")
    assert "differs" in first
    assert "by who takes the call" in first
    assert "no proof of its cause" in last
    assert "deviation" not in answer.text, "how spread is measured stands in the table"
    assert assistant.knowledge().assembler.recheck(answer) == []
