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
    "Billing cost $40,000 today, ahead of Pharmacy at $32,000 and ID Card at $24,000.",
    "The three journeys together cost $96,000 on 29 October 2026.",
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
