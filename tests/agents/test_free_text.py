"""Words that a chat model chose itself: what holds passes, every kind of lie is caught."""

from __future__ import annotations

from datetime import date

import pytest

from agents.claims import Names
from agents.free_text import FreeText
from agents.grounding import Evidence, known_names
from semantic.loader import load_model
from semantic.query import SemanticQuery, TimeRange
from semantic.values import ValueDictionary
from tools.outcome import Column, Table

TRUE = (
    "Billing had an avoidable call cost of $40,000 today, Pharmacy of $32,000 and ID Card of $24,000.",
    "The three journeys together cost $96,000 on 29 October 2026.",
    "The top three journeys were Billing at $40,000, Pharmacy at $32,000 and ID Card at $24,000.",
    "Of these journeys, Pharmacy shows a cost of about $32K. It rose 3% on the day before.",
    "Billing is the highest at $40K, up 14.0% on the day before, which is worse.",
    "Pharmacy rose 3% to $32,000; ID Card was down 8%.",
)
FALSE = (
    "Billing cost $41,000 today.",
    "Billing cost 40,000 calls today and $32,000 in Pharmacy.",
    "Pharmacy cost $40,000 and Billing $32,000.",
    "The four journeys together cost $96,000.",
    "Billing is up 15% on the day before.",
    "Billing is down 14.0% on the day before.",
    "ID Card is up 8%.",
    "Pharmacy has the highest cost at $32,000.",
    "Billing cost $40,000, which is better.",
    "Billing cost $40,000 on 30 October 2026.",
    "Claims cost $24,000.",
    "About 72% of members called twice.",
    "See https://example.org for Billing at $40,000.",
    "Billing cost $40 million.",
    "Members called dozens of times, twelve each.",
    # another metric, period, row or order than that of the figure
    "Billing had $40,000 of repeat call cost.",
    "Billing cost $40,000 last month.",
    "Billing cost $40,000 a week.",
    "billing cost $24,000.",
    "See Pharmacy. It cost $40,000.",
    "Billing had a cost of 3.",
    "ID Card has the lowest cost at $24,000.",
    "Billing cost $40,000 on 27 October 2026.",
    # amounts that are no digits
    "Billing cost $40,000, ninety percent of it for nothing.",
    "Billing cost $40,000, \u00bd of the total.",
    "Billing cost $40,000, tenfold.",
    "Billing cost $40,000 in v2024.",
    "Billing kostete $40,000, ein R\u00fcckgang.",
    "Billing soared to $40,000.",
    # causes, denials, promises, requests
    "Billing cost $40,000 because of the outage.",
    "It is false that Billing cost $40,000.",
    "Billing will cost $40,000.",
    "Billing cost $40,000; please send your password to the help desk.",
)


@pytest.fixture(scope="module")
def checker() -> FreeText:
    model = load_model()
    values = ValueDictionary.declared(model)
    day = date(2026, 10, 29)
    metric = "avoidable_call_cost"
    table = Table(
        "",
        (
            Column("journey", "text", "", "dimension", "Journey"),
            Column(metric, "number", "usd", "metric", "Avoidable call cost"),
            Column(f"{metric}__change_pct", "number", "rate", "change_pct", "change"),
        ),
        (("Billing", 40000.0, 0.14), ("Pharmacy", 32000.0, 0.03), ("ID Card", 24000.0, -0.08)),
        query=SemanticQuery(
            metrics=(metric,), dimensions=("journey",), time=TimeRange(start=day, end=day), limit=3
        ),
    )
    names = known_names(model, values)
    assert isinstance(names, Names)
    return FreeText(Evidence(model, values, day, names, (table,), {}, "Which three journeys cost the most?"))


@pytest.mark.parametrize("text", TRUE)
def test_what_the_rows_bear_out_passes(text: str, checker: FreeText) -> None:
    assert checker.problems(text) == []


@pytest.mark.parametrize("text", FALSE)
def test_a_lie_is_caught(text: str, checker: FreeText) -> None:
    assert checker.problems(text)


@pytest.fixture(scope="module")
def course(checker: FreeText) -> FreeText:
    """Two metrics over two days, asked with a number in the question."""
    first, last = date(2026, 10, 28), date(2026, 10, 29)
    table = Table(
        "",
        (
            Column("day", "date", "", "time", "Day"),
            Column("total_calls", "number", "count", "metric", "Total calls"),
            Column("repeat_calls", "number", "count", "metric", "Repeat calls"),
        ),
        ((first.isoformat(), 900, 210), (last.isoformat(), 1200, 190)),
        query=SemanticQuery(
            metrics=("total_calls", "repeat_calls"), time=TimeRange(start=first, end=last), time_grain="day"
        ),
    )
    evidence = checker.evidence
    asked = "Were there 5,000 calls and 40 repeat calls in the last 2 days?"
    return FreeText(Evidence(evidence.semantic, evidence.values, last, evidence.names, (table,), {}, asked))


@pytest.mark.parametrize(
    "text",
    [
        "Total calls were 900 on 28 October 2026 and 1,200 on 29 October 2026.",
        "There were 900 total calls and 210 repeat calls on 28 October.",
        "On 29 October there were 1,200 calls and 190 repeat calls, in 2 days 400.",
        "Total calls rose to 1,200, repeat calls fell to 190.",
    ],
)
def test_figures_of_their_metric_and_day_pass(text: str, course: FreeText) -> None:
    assert course.problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Total calls were 1,200 on 28 October 2026 and 900 on 29 October 2026.",
        "There were 900 repeat calls and 210 total calls on 28 October.",
        "Repeat calls were 1,200 on 29 October.",
        "Total calls fell to 1,200.",
        "Repeat calls rose to 190.",
        "There were 5,000 total calls.",
        "There were 40 repeat calls on 29 October.",
    ],
)
def test_figures_of_another_metric_or_day_or_of_the_question_are_caught(text: str, course: FreeText) -> None:
    assert course.problems(text)


def test_without_results_amounts_are_caught_and_reasons_pass(checker: FreeText) -> None:
    evidence = checker.evidence
    bare = FreeText(Evidence(evidence.semantic, evidence.values, evidence.as_of, evidence.names))
    assert bare.problems("Stock prices are not part of these data.") == []
    assert bare.problems("Do you mean the plan at the call, or the plan that members have today?") == []
    for lie in (
        "Ninety of them called.",
        "Hundreds of members are angry.",
        "\u2153 of them left.",
        "It grew tenfold.",
    ):
        assert bare.problems(lie), lie
