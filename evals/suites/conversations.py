"""Suite "conversations": the embedded planner in conversations, each turn planned on the turns before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from agents.planner import Plan, Planner, PriorTurn, Shown
from evals.case_shapes import ConversationsFile, checked_body
from evals.outcomes import OUTCOMES, Case, Scored, compact, of_query, score
from evals.reports import Groups
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.settings import Questions

FOLDER = Path(__file__).parents[1] / "cases" / "conversations"
# From the best outcome of a turn to the worst: a conversation is as good as its worst turn.
_SEVERITY = (
    "exact", "right_refusal", "helpful_clarify", "over_abstained", "wrong", "missed_refusal", "materially_wrong"
)  # fmt: skip
_ANSWERS = {"kind", "m", "d", "f", "h", "t", "g", "c", "o", "l", "a", "pct", "share"}


@dataclass(frozen=True)
class ConversationFile:
    """Conversations in the short form (see `cases/conversations/first.yml`), the days they are about, and the
    values that only data declares, by dimension.
    """

    label: str
    as_of: date
    first_day: date
    conversations: list[list[dict[str, Any]]]
    values: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> ConversationFile:
        """From a YAML file. Raises UsageError (exit 2) for an unknown key or name."""
        body = checked_body(path, ConversationsFile)
        turns = [entry["turns"] for entry in body["conversations"]]
        return cls(body["label"], body["as_of"], body["first_day"], turns, body.get("values", {}))

    def planner(self) -> Planner:
        """The planner over the packaged model with its declared values and those of the file."""
        model = load_model()
        return Planner(model, ValueDictionary.from_rows(model, self.values), Questions())

    def run(self, planner: Planner) -> list[list[Scored]]:
        """Every conversation's turns, scored."""
        return [
            list(self._talk(f"c{number:02d}", turns, planner))
            for number, turns in enumerate(self.conversations, 1)
        ]

    def _talk(self, name: str, turns: list[dict[str, Any]], planner: Planner) -> Iterator[Scored]:
        history: list[PriorTurn] = []
        standing: dict[str, Any] = {}
        for number, turn in enumerate(turns, 1):
            forms = _forms(turn, standing)
            case = Case(f"{name}.{number}", turn["q"], tuple(history), tuple(compact(f) for f in forms), ())
            started = time.process_time()
            plan = planner.plan(turn["q"], history=history, as_of=self.as_of, first_day=self.first_day)
            elapsed = (time.process_time() - started) * 1000
            planned = [planner.plan(q, as_of=self.as_of, first_day=self.first_day) for _, q in plan.choices]
            choices = [of_query(choice.kind, choice.query, choice.what_if_pct) for choice in planned]
            scored = _as_verified(score(case, plan, choices), turn, plan)
            yield replace(scored, milliseconds=elapsed)
            history.append(
                PriorTurn(
                    turn["q"], plan.kind, plan.query, plan.what_if_pct, _shown(turn),
                    plan.verified or "", plan.parameters, choices=tuple(question for _, question in plan.choices),
                )
            )  # fmt: skip
            if forms[0].get("kind") not in ("clarify", "refuse"):
                standing = {key: value for key, value in forms[0].items() if key not in ("kind", "pct")}


def _as_verified(scored: Scored, turn: dict[str, Any], plan: Plan) -> Scored:
    """Wrong where a turn says by `v` which verified query answers (null: none), and another or none does."""
    if "v" not in turn or scored.outcome != "exact" or (turn["v"] or None) == plan.verified:
        return scored
    return replace(scored, outcome="wrong", differences=("verified",))


def _forms(turn: dict[str, Any], standing: dict[str, Any]) -> list[dict[str, Any]]:
    """The accepted forms of a turn in full: what stood before it with what the turn names."""
    base = {} if turn.get("new") else standing
    return [_merged(base, form) for form in (turn, *turn.get("or", ()))]


def _merged(base: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    merged = {**base, **{key: value for key, value in form.items() if key in _ANSWERS}}
    return {key: value for key, value in merged.items() if value is not None}


def _shown(turn: dict[str, Any]) -> Shown:
    keys = turn.get("shown") or {}
    rows = tuple(zip(*keys.values(), strict=True))
    return Shown(tuple(keys), rows, len(rows))


def whole(talks: list[list[Scored]]) -> list[Scored]:
    """One entry a conversation: the outcome of its worst turn."""
    worst = [max(talk, key=lambda turn: _SEVERITY.index(turn.outcome)) for talk in talks]
    return [
        replace(turn, milliseconds=sum(t.milliseconds for t in talk))
        for turn, talk in zip(worst, talks, strict=True)
    ]


def run() -> Groups:
    """Turns and whole conversations of every file."""
    groups: Groups = {}
    for path in sorted(FOLDER.glob("*.yml")):
        file = ConversationFile.read(path)
        talks = file.run(file.planner())
        groups[f"{file.label}, turns"] = [turn for talk in talks for turn in talk]
        groups[f"{file.label}, whole"] = whole(talks)
    return groups


assert set(_SEVERITY) == set(OUTCOMES)
