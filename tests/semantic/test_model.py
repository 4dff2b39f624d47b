"""The packaged model: how much it covers, and that its words do not mean two things by accident."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from semantic.compiler import compile_query
from semantic.lint import dimension_phrases, lint, metric_phrases, value_phrases
from semantic.model import SemanticModel
from semantic.parameters import bound
from semantic.query import SemanticQuery

# Phrases that several metrics share on purpose: the planner asks back.
ASKED_BACK = {"volume", "turnaround time", "cost", "costs", "spend", "denials", "denial rate"}
# A phrase for a metric or dimension that is also a value: the metric at hand decides which dimension it can be.
DECIDED_BY_METRIC = {
    "claims",
    "claim status",
    "drugs",
    "medication",
    "medications",
    "negative sentiment",
    "prescriptions",
    "prior auth required",
    "provider network",
    "specialty",
}
# Questions that ask for these by noise words alone must still find them.
SAID_IN_PASSING = {
    "call count",
    "call time",
    "calling members",
    "health score",
    "how many members",
    "member count",
    "number of members",
    "time on the phone",
    "time per call",
    "total members",
    "why members call",
}
PERIODS = {
    "today": ("2026-10-29", "2026-10-29"),
    "last 7 days": ("2026-10-23", "2026-10-29"),
    "last 14 days": ("2026-10-16", "2026-10-29"),
    "last 30 days": ("2026-09-30", "2026-10-29"),
    "this quarter": ("2026-10-01", "2026-10-29"),
}
EXECUTIVE = {
    "top_avoidable_cost_journeys",
    "most_valuable_fix",
    "what_to_change",
    "best_levers",
    "repeat_call_pockets",
    "highest_negative_emotion_segments",
    "new_versus_tenured_failures",
    "confusion_ahead_of_aep",
    "leaking_journeys",
    "abandon_and_call",
    "not_really_self_service",
    "agent_teams_and_emotion",
    "digital_billing_failures_today",
    "members_hit_by_billing",
    "whether_changes_worked",
    "failing_estimate_requests",
    "estimate_financial_impact",
    "services_requested_and_handled",
    "providers_used_and_performance",
    "coverage_and_patterns",
    "not_found_errors",
    "provider_not_found_errors",
    "rate_not_found_errors",
    "why_a_service_fails",
    "why_a_network_fails",
    "where_estimated_cost_is",
    "underperforming_providers",
}


def test_it_covers_the_sources(model: SemanticModel) -> None:
    tables = {dataset.table for dataset in model.datasets.values()}
    facts = ("calls", "digital_interactions", "surveys", "claims", "pharmacy_fills", "enrollments", "members")
    assert {f"gold.{name}" for name in facts} <= tables
    assert len(model.metrics) >= 60
    assert len(model.dimensions) >= 35
    assert {"DC", "FL", "WY"} <= model.dimensions["state"].values.keys()
    assert len(model.dimensions["state"].values) == 51


def test_no_word_means_two_things_by_accident(model: SemanticModel) -> None:
    remarks = {(remark.finding, remark.phrase) for remark in lint(model)}
    expected = {("shared_by_metrics", phrase) for phrase in ASKED_BACK}
    expected |= {("also_a_value", phrase) for phrase in DECIDED_BY_METRIC}
    expected |= {("only_noise", phrase) for phrase in SAID_IN_PASSING}
    assert remarks == expected


def test_the_linter_sees_what_it_should(model: SemanticModel) -> None:
    nps = replace(model.metrics["nps"], synonyms=("csat", "state", "florida", "how", "loyalty by state"))
    csat = replace(model.metrics["csat"], synonyms=())
    broken = replace(model, metrics={**model.metrics, "nps": nps, "csat": csat})
    found = {(remark.finding, remark.phrase) for remark in lint(broken)}
    assert {
        ("shared_by_metrics", "csat"),
        ("also_a_value", "florida"),
        ("common_word", "how"),
        ("few_words", "csat"),
        ("hides_a_breakdown", "loyalty by state"),
    } <= found


def test_values_that_two_dimensions_share_stand_for_the_same_thing(model: SemanticModel) -> None:
    """Either one dimension answers for the other, or no metric has both, or the planner must ask."""
    asked = {"new"}
    for phrase, pairs in value_phrases(model).items():
        names = sorted({dimension for dimension, _ in pairs})
        for index, one in enumerate(names):
            for other in names[index + 1 :]:
                if phrase in asked or _twins(one, other):
                    continue
                both = [m for m in model.metrics if {one, other} <= model.dimensions_of(m)]
                assert both == [], (phrase, one, other)


def _twins(one: str, other: str) -> bool:
    """Journey, interaction type and call topic slice the same thing; so do a plan and the plan enrolled in."""
    families = (
        {"journey", "interaction_type", "call_topic"},
        {"plan_type", "enrolled_plan_type"},
        {"change_type", "change_reason"},
    )
    return any({one, other} <= family for family in families)


def test_one_phrase_one_value(model: SemanticModel) -> None:
    doubled = {
        phrase: pairs
        for phrase, pairs in value_phrases(model).items()
        if len({dimension for dimension, _ in pairs}) < len(pairs)
    }
    assert doubled == {}


def test_topics_refuse_only_what_the_model_does_not_know(model: SemanticModel) -> None:
    phrases = [phrase.lower() for topic in model.topics for phrase in topic.phrases]
    assert len(phrases) == len(set(phrases))
    assert set(phrases).isdisjoint(metric_phrases(model).keys() | dimension_phrases(model).keys())


def test_verified_queries_cover_the_executive_questions(model: SemanticModel) -> None:
    assert model.verified_queries.keys() == EXECUTIVE
    asked = [question.lower() for verified in model.verified_queries.values() for question in verified.questions]
    assert len(asked) == len(set(asked)) >= 3 * len(EXECUTIVE)


@pytest.mark.parametrize("name", sorted(EXECUTIVE))
def test_verified_queries_compile(name: str, model: SemanticModel) -> None:
    whole = bound(model.verified_queries[name], {})
    for part in (whole.query, *whole.parts):
        start, end = PERIODS[str(part.get("time", "last 7 days"))]
        query = SemanticQuery.model_validate({**part, "time": {"start": start, "end": end}})
        statement = compile_query(model, query, as_of=date(2026, 10, 29), first_day=date(2026, 8, 31))
        assert {column.name for column in statement.columns} >= set(query.metrics)
