"""Suite "paraphrases": every executive question in twenty wordings, and twenty times over, has one plan.

Counted is how many wordings have the plan of the owner's own wording. A plan is what would run: kind, verified
query with its parameters, every query of every part, and the size of a what-if; not what is said beside it.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from agents.planner import Plan, Planner, PriorTurn
from agents.planner.parts import Around, completed, may_divide, parts_of
from agents.planner.periods import Clock
from agents.several import around_of
from evals.case_shapes import ParaphrasesFile, checked_body
from evals.outcomes import Outcome, Scored
from evals.suites.questions import our_planner

CASES = Path(__file__).parents[1] / "cases" / "paraphrases.yml"
TIMES = 20


def plan_hash(plans: Sequence[Plan]) -> str:
    """What the plans of a question's parts do, whatever they say beside it."""
    text = repr([_done(plan) for plan in plans])
    return hashlib.sha256(text.encode()).hexdigest()


def _done(plan: Plan) -> tuple[object, ...]:
    bodies = [query.model_dump_json(exclude={"time": {"label"}}) for query in (plan.query, *plan.parts) if query]
    named = [(name, str(value)) for name, value in plan.parameters]
    return plan.kind, plan.verified, named, bodies, plan.what_if_pct, plan.refusal


class Asked:
    """Plans questions as the assistant would, divided into parts where they ask several things."""

    def __init__(self, planner: Planner, as_of: date, first_day: date) -> None:
        self._planner = planner
        self._clock = Clock(as_of, first_day, planner.questions.fiscal_year_start_month, planner.model.events)
        self._around: Around = around_of(planner, self._clock, self._planned)

    def _planned(self, question: str, turns: Sequence[PriorTurn]) -> Plan:
        return self._planner.outline(question, turns, self._clock)

    def plans(self, question: str) -> list[Plan]:
        """The plans of the question's parts, in order."""
        parts = parts_of(question, (), self._around) if may_divide(question) else (question,)
        turns: tuple[PriorTurn, ...] = ()
        plans = []
        for part in parts:
            plan = completed(part, turns, self._around) or self._planned(part, turns)
            plans.append(plan)
            if plan.kind not in ("clarify", "refuse"):
                turns = (*turns, PriorTurn(part, plan.kind, plan.query, plan.what_if_pct))
        return plans


def run() -> dict[str, list[Scored]]:
    """Two groups: the wordings against the owner's, and the owner's wording asked again among others."""
    body: dict[str, Any] = checked_body(CASES, ParaphrasesFile)
    asked = Asked(our_planner(), body["as_of"], body["first_day"])
    questions: dict[str, list[str]] = body["questions"]
    worded = [score for name, wordings in questions.items() for score in _worded(name, wordings, asked)]
    first = {name: wordings[0] for name, wordings in questions.items()}
    return {"paraphrases": worded, f"asked {TIMES} times": _again(first, asked)}


def _worded(name: str, wordings: Sequence[str], asked: Asked) -> list[Scored]:
    wanted = plan_hash(asked.plans(wordings[0]))
    scores = []
    for number, wording in enumerate(wordings, start=1):
        started = time.process_time()
        plans = asked.plans(wording)
        spent = (time.process_time() - started) * 1000
        scores.append(_scored(f"{name}.{number:02d}", wording, plans, wanted, spent))
    return scores


def _again(first: dict[str, str], asked: Asked) -> list[Scored]:
    """The same question again and again, others in between: nothing that was asked before may change its plan."""
    wanted = {name: plan_hash(asked.plans(question)) for name, question in first.items()}
    order = [name for name in first for _ in range(TIMES - 1)]
    random.Random(7).shuffle(order)
    return [_scored(f"{name}.again", first[name], asked.plans(first[name]), wanted[name], 0.0) for name in order]


def _scored(name: str, question: str, plans: Sequence[Plan], wanted: str, spent: float) -> Scored:
    if plan_hash(plans) == wanted:
        return Scored(name, question, "exact", plan=plans[0], milliseconds=spent)
    kinds = tuple(plan.verified or plan.kind for plan in plans)
    abstained = all(plan.kind in ("clarify", "refuse") for plan in plans)
    outcome: Outcome = "over_abstained" if abstained else "wrong"
    return Scored(name, question, outcome, kinds, plan=plans[0], milliseconds=spent)
