"""The sentence that says a query back."""

from __future__ import annotations

import pytest

from semantic.echo import describe
from semantic.model import SemanticModel
from semantic.query import SemanticQuery

TODAY = {"start": "2026-10-29", "end": "2026-10-29", "label": "today"}
SENTENCES = [
    (
        {
            "metrics": ["leaked_calls", "avoidable_call_cost"],
            "dimensions": ["journey"],
            "filters": [{"dimension": "plan_type", "values": ["MAPD"]}],
            "time": TODAY,
            "order_by": [{"by": "avoidable_call_cost"}],
            "limit": 3,
        },
        "Leaked calls and avoidable call cost by journey, for plan type MAPD, on 29 October 2026 (today), "
        "top 3 by avoidable call cost.",
    ),
    (
        {
            "metrics": ["nps"],
            "time_grain": "week",
            "time": {"start": "2026-08-31", "end": "2026-10-25", "label": "last 8 weeks"},
            "compare_to": "previous_period",
        },
        "NPS by week, from 31 August to 25 October 2026 (last 8 weeks), each week compared with the week before.",
    ),
    (
        {
            "metrics": ["digital_failure_rate"],
            "dimensions": ["platform", "state"],
            "filters": [
                {"dimension": "state", "op": "not_in", "values": ["FL", "TX"]},
                {"dimension": "member_tenure", "values": ["New"]},
            ],
            "having": [{"metric": "digital_failure_rate", "op": ">", "value": 0.255}],
            "time": {"start": "2026-10-01", "end": "2026-10-29"},
            "compare_to": "previous_year",
            "order_by": [{"by": "digital_failure_rate__change", "direction": "asc"}],
            "limit": 1,
        },
        "Digital failure rate by platform and state, without state Florida or Texas, for member tenure "
        "New members, from 1 to 29 October 2026, compared with the same period a year earlier, where digital "
        "failure rate is above 25.5%, lowest by change of digital failure rate.",
    ),
    (
        {
            "metrics": ["avoidable_call_cost"],
            "share_of_total": True,
            "dimensions": ["journey"],
            "having": [{"metric": "avoidable_call_cost", "op": ">=", "value": 50000}],
        },
        "Avoidable call cost by journey, over the default period, with the share of the total, where avoidable "
        "call cost is at least $50,000.",
    ),
    ({"metrics": ["membership"], "dimensions": ["state"]}, "Membership by state, as of the last complete day."),
]


@pytest.mark.parametrize(("query", "sentence"), SENTENCES)
def test_it_says_everything_the_query_holds(query: dict[str, object], sentence: str, model: SemanticModel) -> None:
    assert describe(SemanticQuery.model_validate(query), model) == sentence
