"""Suite "questions": the embedded planner on the owner's question files and on our own, counted by outcome."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from agents.planner import Plan, Planner, PriorTurn
from evals.outcomes import Expected, Scored, of_query, score
from evals.vocabulary_model import vocabulary_model
from semantic.loader import load_model
from semantic.query import DimensionFilter, MetricFilter, SemanticQuery, TimeRange
from semantic.values import ValueDictionary
from warehouse.settings import Questions

OWN = Path(__file__).parents[1] / "cases" / "own.yml"
CASES = Path(__file__).parents[1] / "cases" / "questions"
AS_OF = date(2025, 9, 17)
FIRST_DAY = date(2023, 1, 1)


@dataclass(frozen=True)
class Case:
    """A question with the turns before it and every form its author accepts."""

    id: str
    question: str
    history: tuple[PriorTurn, ...]
    accepted: tuple[Expected, ...]
    tags: tuple[str, ...]


def read_cases(path: Path) -> list[Case]:
    """Cases of a JSONL file in the owner's form."""
    return [_case(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _case(body: dict[str, Any]) -> Case:
    accepted = [Expected.read(form) for form in [body["expected"], *body["also_accept"]]]
    history = tuple(
        PriorTurn(turn["question"], Expected.read(turn["query"]).kind, semantic_query(turn["query"]))
        for turn in body["history"]
    )
    return Case(body["id"], body["question"], history, tuple(accepted), tuple(body["tags"]))


def read_own(path: Path = OWN) -> tuple[list[Case], date, date]:
    """Our own cases with their as-of day and first day of data."""
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = [
        Case(item.get("id", f"o{number:03d}"), item["q"], (), _forms(item), (item.get("kind", "query"),))
        for number, item in enumerate(body["cases"], start=1)
    ]
    return cases, body["as_of"], body["first_day"]


def _forms(item: dict[str, Any]) -> tuple[Expected, ...]:
    return tuple(_form(form) for form in [item, *item.get("or", [])])


def _form(item: dict[str, Any]) -> Expected:
    filters = frozenset(
        (name.removeprefix("not_"), "not_in" if name.startswith("not_") else "in", tuple(sorted(map(str, values))))
        for name, values in item.get("f", {}).items()
    )
    return Expected(
        kind=item.get("kind", "query"),
        metrics=frozenset(item.get("m", ())),
        dimensions=frozenset(item.get("d", ())),
        filters=filters,
        having=frozenset((name, op, round(float(value), 4)) for name, op, value in item.get("h", ())),
        time=(item["t"][0], item["t"][1]) if "t" in item else None,
        grain=item.get("g"),
        compare_to=item.get("c"),
        direction=item.get("o"),
        limit=item.get("l"),
        pct=item.get("pct"),
        share=item.get("share", False),
    )


def semantic_query(body: dict[str, Any]) -> SemanticQuery | None:
    """The query of an earlier turn from the owner's form."""
    if not body["metrics"]:
        return None
    filters = [item for item in body["filters"] if "dim" in item]
    having = [item for item in body["filters"] if "metric" in item]
    return SemanticQuery(
        metrics=tuple(body["metrics"]),
        dimensions=tuple(body["dimensions"]),
        filters=tuple(DimensionFilter(dimension=f["dim"], op=f["op"], values=tuple(f["values"])) for f in filters),
        having=tuple(MetricFilter(metric=f["metric"], op=f["op"], value=f["value"]) for f in having),
        time=TimeRange(start=body["time"][0], end=body["time"][1]) if body["time"] else None,
        time_grain=body["grain"],
        compare_to=body["compare_to"],
        limit=body["limit"],
    )


def run_cases(planner: Planner, cases: Iterable[Case], as_of: date = AS_OF, first_day: date = FIRST_DAY) -> list[Scored]:
    """Plan every case and score it."""
    scored = []
    for case in cases:
        started = time.perf_counter()
        plan = planner.plan(case.question, history=case.history, as_of=as_of, first_day=first_day)
        elapsed = (time.perf_counter() - started) * 1000
        choices = _choices(planner, plan, as_of, first_day)
        result = score(case.id, case.question, plan, list(case.accepted), choices, case.tags)
        scored.append(Scored(**{**result.__dict__, "milliseconds": elapsed}))
    return scored


def _choices(planner: Planner, plan: Plan, as_of: date, first_day: date) -> list[Expected]:
    plans = [planner.plan(question, as_of=as_of, first_day=first_day) for _, question in plan.choices]
    return [of_query(choice.kind, choice.query, choice.what_if_pct) for choice in plans]


def tally(scored: Sequence[Scored]) -> dict[str, int]:
    """Counts by outcome."""
    return dict(Counter(item.outcome for item in scored))


def owner_planner() -> Planner:
    """The planner over the owner's vocabulary."""
    model = vocabulary_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def our_planner() -> Planner:
    """The planner over the packaged semantic model with its declared values."""
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


if __name__ == "__main__":
    import sys

    for name in sys.argv[1:] or ["dev"]:
        if name == "own":
            own, day, first = read_own()
            results = run_cases(our_planner(), own, day, first)
        else:
            results = run_cases(owner_planner(), read_cases(CASES / f"{name}.jsonl"))
        print(name, len(results), tally(results))
        for item in results:
            if item.outcome not in ("exact", "right_refusal"):
                print(" ", item.id, item.outcome, item.differences, "|", item.question)
                if item.plan:
                    print("      ", item.plan.kind, item.plan.refusal, item.plan.message, item.plan.query and item.plan.query.model_dump(exclude_defaults=True), [c[1] for c in item.plan.choices])
