"""A semantic model made from `vocabulary.yaml`, so that the owner's questions run in their own names.

Eval-only: the vocabulary says what can be asked, not how it is computed, so each metric has one stand-in measure
on the dataset that carries its dimensions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import yaml

from semantic.model import (
    CalendarEvent,
    Dataset,
    Defaults,
    Dimension,
    Measure,
    Metric,
    Polarity,
    SemanticModel,
    Unit,
)  # fmt: skip

VOCABULARY = Path(__file__).parent / "cases" / "questions" / "vocabulary.yaml"
_UNITS: dict[str, Unit] = {
    "count": "count", "rate": "rate", "currency": "usd", "score": "score", "minutes": "minutes", "days": "days"
}  # fmt: skip
_SIBLINGS = (
    ("leaked_calls", "leakage_rate"), ("repeat_calls", "repeat_call_rate"), ("exception_count", "exception_rate"),
    ("call_cost", "cost_per_call"), ("avoidable_calls", "avoidable_call_cost"),
)  # fmt: skip


def vocabulary_model(path: Path = VOCABULARY) -> SemanticModel:
    """The vocabulary's metrics and dimensions as a semantic model (datasets calls, claims, estimates)."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    metrics = content["metrics"]
    dimensions = content["dimensions"]
    datasets = {
        name: Dataset(name, name, "date", name, {d: d for d, body in dimensions.items() if name in body["models"]})
        for name in sorted({body["model"] for body in metrics.values()})
    }
    return SemanticModel(
        name="vocabulary",
        version="owner",
        datasets=datasets,
        marts=(),
        measures={name: Measure(name, body["model"], "sum", name) for name, body in metrics.items()},
        metrics={name: _metric(name, body) for name, body in metrics.items()},
        dimensions={name: _dimension(name, body) for name, body in dimensions.items()},
        verified_queries={},
        events=_events(content["calendar_events"]),
        topics=(),
        defaults=_defaults(content),
    )


def _metric(name: str, body: dict[str, Any]) -> Metric:
    unit = _UNITS[body["unit"]]
    return Metric(
        name=name,
        label=body["label"],
        description=body["description"],
        unit=unit,
        polarity=cast(Polarity, body["better"]),
        owner="owner",
        numerator=((name, 1.0),),
        denominator=() if unit == "count" or name.endswith("_cost") else ((name, 1.0),),
        synonyms=tuple(body["synonyms"]),
        siblings=tuple(b if a == name else a for a, b in _SIBLINGS if name in (a, b)),
    )


def _dimension(name: str, body: dict[str, Any]) -> Dimension:
    return Dimension(
        name=name,
        label=body["label"],
        description="",
        owner="owner",
        synonyms=tuple(body["synonyms"]),
        values={value: tuple(synonyms) for value, synonyms in body["values"].items()},
    )


def _events(events: dict[str, Any]) -> tuple[CalendarEvent, ...]:
    def day(text: str) -> tuple[int, int]:
        month, number = text.split("-")
        return int(month), int(number)

    return tuple(
        CalendarEvent(name, day(body["start"]), day(body["end"]), tuple(body["synonyms"]))
        for name, body in events.items()
    )


def _defaults(content: dict[str, Any]) -> Defaults:
    defaults = content["defaults"]
    return Defaults(
        where_dimension=defaults["where_dimension"],
        who_dimension=defaults["who_dimension"],
        problem_dimension=defaults["problem_dimension"],
        money_metric=defaults["money_metric"],
        impact_metric=defaults["impact_metric"],
        dimension_metric=defaults["dimension_default_metric"],
        noise_words=tuple(content["noise_words"]),
        noise_phrases=tuple(content["noise_phrases"]),
    )
