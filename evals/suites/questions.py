"""Suite "questions": the embedded planner on the owner's question files and on our own, counted by outcome."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from agents.planner import Plan, Planner, PriorTurn
from evals.case_shapes import QuestionFile, checked_body
from evals.mapped import Mapping
from evals.outcomes import Case, Expected, Scored, compact, of_query, score
from evals.vocabulary_model import vocabulary_model
from semantic.loader import load_model
from semantic.query import DimensionFilter, MetricFilter, SemanticQuery, TimeRange
from semantic.values import ValueDictionary
from warehouse.settings import Questions

OWN = Path(__file__).parents[1] / "cases" / "own.yml"
LAST = OWN.with_name("last.yml")
BLIND = OWN.with_name("blind.yml")
VOICES = (OWN.with_name("voices_a.yml"), OWN.with_name("voices_b.yml"))
STRANGERS = tuple(sorted(OWN.parent.glob("strangers_*.yml")))
ESTIMATES = OWN.parent / "estimates.yml"
HELD = tuple(sorted((OWN.parent / "held").glob("*.yml")))
"""Of authors that nothing was mended for or fitted on: the measure of questions never seen."""
CASES = Path(__file__).parents[1] / "cases" / "questions"
AS_OF = date(2025, 9, 17)
FIRST_DAY = date(2023, 1, 1)
FILES = ("dev", "paraphrases", "adversarial")


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


@dataclass(frozen=True)
class CaseFile:
    """Cases in the short form, the days they are about, and the values that only data declares, by dimension."""

    label: str
    as_of: date
    first_day: date
    values: dict[str, list[str]]
    items: list[dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> CaseFile:
        """From a YAML file (see `cases/own.yml`). Raises UsageError (exit 2) for an unknown key or name."""
        body = checked_body(path, QuestionFile)
        label = body.get("label", path.stem)
        return cls(label, body["as_of"], body["first_day"], body.get("values", {}), body["cases"])

    def planner(self) -> Planner:
        """The planner over the packaged model with its declared values and those of the file."""
        model = load_model()
        return Planner(model, ValueDictionary.from_rows(model, self.values), Questions())

    def cases(self, planner: Planner) -> list[Case]:
        """Every case; the questions before one are planned, as a chat would."""
        return [
            Case(
                item.get("id", f"o{number:03d}"),
                item["q"],
                self._turns(item.get("after", ()), planner),
                _forms(item),
                (item.get("kind", "query"),),
            )
            for number, item in enumerate(self.items, start=1)
        ]

    def _turns(self, questions: Iterable[str], planner: Planner) -> tuple[PriorTurn, ...]:
        turns: list[PriorTurn] = []
        for question in questions:
            plan = planner.plan(question, history=turns, as_of=self.as_of, first_day=self.first_day)
            turns.append(PriorTurn(question, plan.kind, plan.query, plan.what_if_pct))
        return tuple(turns)


def _forms(item: dict[str, Any]) -> tuple[Expected, ...]:
    return tuple(compact(form) for form in [item, *item.get("or", [])])


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


def run_cases(planner: Planner, cases: Iterable[Case], as_of: date, first_day: date) -> list[Scored]:
    """Plan every case and score it."""
    scored = []
    values = planner.lexicon.values
    whole = {name: frozenset(values.values(name)) for name in planner.model.dimensions}
    for case in cases:
        started = time.process_time()
        plan = planner.plan(case.question, history=case.history, as_of=as_of, first_day=first_day)
        elapsed = (time.process_time() - started) * 1000
        result = score(case, plan, _choices(planner, plan, as_of, first_day), whole, (first_day, as_of))
        scored.append(replace(result, milliseconds=elapsed))
    return scored


def _choices(planner: Planner, plan: Plan, as_of: date, first_day: date) -> list[Expected]:
    plans = [planner.plan(question, as_of=as_of, first_day=first_day) for _, question in plan.choices]
    return [of_query(choice.kind, choice.query, choice.what_if_pct) for choice in plans]


def owner_planner() -> Planner:
    """The planner over the owner's vocabulary."""
    model = vocabulary_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def our_planner() -> Planner:
    """The planner over the packaged semantic model with its declared values."""
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def run() -> dict[str, list[Scored]]:
    """Every group of the suite: the owner's files in their own names and in ours, and our own questions."""
    owner, ours = owner_planner(), our_planner()
    mapping = Mapping(ours.model)
    groups: dict[str, list[Scored]] = {}
    for name in FILES:
        cases = read_cases(CASES / f"{name}.jsonl")
        groups[f"{name}, owner's model"] = run_cases(owner, cases, AS_OF, FIRST_DAY)
        groups[f"{name}, our model"] = run_cases(ours, [mapping.case(case) for case in cases], AS_OF, FIRST_DAY)
    for path in (OWN, LAST, BLIND, *VOICES, *STRANGERS, ESTIMATES, *HELD):
        file = CaseFile.read(path)
        planner = file.planner()
        name = f"{file.label}, our model"
        groups[name] = run_cases(planner, file.cases(planner), file.as_of, file.first_day)
    return groups
