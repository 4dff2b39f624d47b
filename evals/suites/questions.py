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

from agents.planner import Plan, Planner, PriorTurn
from evals.outcomes import Expected, Scored, of_query, score
from evals.vocabulary_model import vocabulary_model
from semantic.query import DimensionFilter, MetricFilter, SemanticQuery, TimeRange
from semantic.values import ValueDictionary
from warehouse.settings import Questions

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


if __name__ == "__main__":
    import sys

    planner = owner_planner()
    for name in sys.argv[1:] or ["dev"]:
        results = run_cases(planner, read_cases(CASES / f"{name}.jsonl"))
        print(name, len(results), tally(results))
        for item in results:
            if item.outcome not in ("exact", "right_refusal"):
                print(" ", item.id, item.outcome, item.differences, "|", item.question)
                if item.plan:
                    print("      ", item.plan.kind, item.plan.refusal, item.plan.message, item.plan.query and item.plan.query.model_dump(exclude_defaults=True), item.plan.choices)
