"""`command-center lineage`: for people a tree or a table, for scripts one JSON object."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def answer_id(command_center, tiny_warehouse):
    asked = command_center("ask", "Leaked calls last week", "--json", "--warehouse", tiny_warehouse)
    return json.loads(asked.out)["answer_id"]


@pytest.mark.parametrize(
    ("target", "kind", "words"),
    [
        (
            "leakage_rate",
            "metric",
            ["gold.calls.is_leaked", "silver/call_leaks.sql", "call_center.call_timestamp"],
        ),
        ("journey", "dimension", ["gold.calls.journey", "seeds.journeys.journey"]),
        ("gold.calls.is_repeat", "gold", ["silver.repeat_calls.call_id", "rules.repeat_window_days"]),
        ("gold.executive_kpis", "gold", ["kpi_date", "daily_call_cost"]),
        ("call_center.sentiment", "source", ["negative_emotion_rate", "is_negative"]),
        ("rules.trend_days", "rule", ["gold.top_opportunities", "estimated_savings"]),
        ("seeds.journeys.journey", "seed", ["gold.digital_call_leakage"]),
    ],
)
def test_a_target_is_shown_to_people_and_to_scripts(target, kind, words, command_center):
    shown = command_center("lineage", target)
    assert shown.code == 0
    flat = "".join(shown.out.split())
    assert not [word for word in words if word not in flat]
    document = json.loads(command_center("lineage", target, "--json").out)
    assert document["kind"] == kind
    assert document["nodes"]
    assert document["source_columns"] if document["direction"] == "upstream" else document["dependents"]


def test_a_rule_is_shown_with_its_value(command_center, monkeypatch):
    monkeypatch.setenv("COMMAND_CENTER_RULES__LEAKAGE_WINDOW_MINUTES", "45")
    document = json.loads(command_center("lineage", "leakage_rate", "--json").out)
    assert {"name": "rules.leakage_window_minutes", "role": "value", "value": 45} in document["rules"]
    assert "rules.leakage_window_minutes = 45" in command_center("lineage", "leakage_rate").out


def test_an_answer_is_traced_to_its_files(answer_id, command_center, tiny_warehouse):
    document = json.loads(command_center("lineage", answer_id, "--json", "--warehouse", tiny_warehouse).out)
    assert {file["table"] for file in document["files"]} >= {"call_center", "digital_interactions"}
    shown = command_center("lineage", answer_id, "--warehouse", tiny_warehouse)
    assert "Source files" in shown.out
    assert all(file["file"] in shown.out for file in document["files"])


def test_an_unknown_name_is_refused_with_the_nearest(command_center):
    done = command_center("lineage", "leakage_rat")
    assert done.code == 2
    assert "leakage_rate" in done.err
    assert command_center("lineage", "f" * 32).code == 2
