"""The review queue of cases from production: what was refused, asked back or judged badly, most pressing first.

The queue is read off the stored answers each time, so a thumb that was turned again counts as it stands. Only what
was decided is kept, with the redacted question, in the review list.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from agents.reviews import Entry, State, entry_id
from evals.production.wording import HIDDEN, QuestionRedactor
from semantic.query import SemanticQuery
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal, Role

if TYPE_CHECKING:
    from agents.answer_store import Unsatisfying
    from agents.knowledge import Knowledge

KIND = "eval_case"
REVIEWER: Role = "ml_engineer"
Why = Literal["thumbs_down", "refused", "clarify"]
WHYS: tuple[Why, ...] = ("thumbs_down", "refused", "clarify")
_TURNS, _ANSWERS, _REASONS = 6, 3, 3


@dataclass(frozen=True)
class Candidate:
    """A question, redacted, that somebody was not content with, and the turns that it needs before it.

    `counts` says how often and why, `codes` the refusals' codes, `reasons` what readers said with a thumb down
    (redacted), `answers` the latest answers' ids, `known` the case that asks the same already.
    """

    id: str
    key: str
    question: str
    after: tuple[str, ...]
    role: str
    only: Mapping[str, str]
    counts: Mapping[Why, int]
    agent: str
    codes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    state: State = "open"
    known: str = ""

    @property
    def times(self) -> int:
        """How often it happened."""
        return sum(self.counts.values())

    @property
    def whole(self) -> bool:
        """Whether nothing of it is hidden, so that it can be asked as it stands."""
        return not any(HIDDEN in text for text in (self.question, *self.after))

    def payload(self) -> dict[str, object]:
        """What the review list keeps of it."""
        return {
            "question": self.question, "after": list(self.after), "role": self.role,
            "counts": dict(self.counts), "codes": list(self.codes), "answers": list(self.answers),
        }  # fmt: skip


@dataclass
class Queue:
    """Makes candidates. `fingerprint` is the audit trail's keyed hash, `known` says which case asks a question."""

    knowledge: Knowledge
    redactor: QuestionRedactor
    fingerprint: Callable[[str], str]
    decided: Mapping[str, Entry] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)

    def candidates(self, found: Iterable[Unsatisfying]) -> list[Candidate]:
        """One candidate a question, role and turns before it: thumbs down first, then by how often."""
        grouped: dict[str, list[tuple[Unsatisfying, tuple[str, ...]]]] = {}
        for one in found:
            after = () if self._stands_alone(one) else one.earlier[-_TURNS:]
            asked = json.dumps([*map(_folded, (*after, one.question)), one.role, sorted(one.attributes.items())])
            grouped.setdefault(self.fingerprint(asked), []).append((one, after))
        made = [self._candidate(key, group) for key, group in grouped.items()]
        return sorted(made, key=lambda c: (-c.counts.get("thumbs_down", 0), -c.times, c.question, c.id))

    def _candidate(self, key: str, group: list[tuple[Unsatisfying, tuple[str, ...]]]) -> Candidate:
        latest, after = group[-1]
        every = [one for one, _ in group]
        name = entry_id(KIND, key)
        entry = self.decided.get(name)
        said = dict.fromkeys(self.redactor(one.reason)[:200] for one in every if one.down and one.reason)
        return Candidate(
            id=name, key=key, question=self.redactor(latest.question), after=tuple(map(self.redactor, after)),
            role=latest.role, only=latest.attributes, agent=latest.answer.agent,
            counts=dict(Counter(map(_why, every))),
            codes=tuple(dict.fromkeys(one.answer.refusal_code for one in every if one.answer.refusal_code)),
            reasons=tuple(said)[:_REASONS], answers=tuple(one.answer_id for one in every[-_ANSWERS:][::-1]),
            first=every[0].at[:10], last=latest.at[:10], state=entry.state if entry else "open",
            known=self.known.get(_folded(latest.question), "") if not after else "",
        )  # fmt: skip

    def _stands_alone(self, one: Unsatisfying) -> bool:
        """Whether the question comes to the same without the turns before it."""
        if not one.earlier:
            return True
        plan = self.knowledge.planner.plan(
            one.question, as_of=self.knowledge.as_of, first_day=self.knowledge.first_day
        )
        status = {"clarify": "clarify", "refuse": "refused"}.get(plan.kind, "answered")
        if status != one.answer.status:
            return False
        if status != "answered":
            return plan.refusal == one.answer.refusal_code
        if not one.answer.semantic_query or not plan.query:
            return not one.answer.semantic_query and not plan.query
        shown, meant = SemanticQuery.model_validate(one.answer.semantic_query), plan.query
        slots = ("metrics", "dimensions", "filters", "having", "time_grain")
        return all(getattr(shown, slot) == getattr(meant, slot) for slot in slots)


def named(candidates: Iterable[Candidate], start: str) -> Candidate:
    """The candidate whose id begins so. Raises UsageError (exit 2) when none or several do."""
    found = [one for one in candidates if start and one.id.startswith(start.lower())]
    if len(found) == 1:
        return found[0]
    what = "Several candidates begin" if found else "No candidate begins"
    raise UsageError(f"{what} with {start[:20]!r}.", where="candidates", next_step="Take an id from the list.")


def require_ml_engineer(by: Principal) -> None:
    """Raises DeniedError (exit 3) unless an ML engineer asks: they answer for what the evals hold."""
    if by.role != REVIEWER:
        raise DeniedError(
            "Only an ML engineer reads and decides on candidate cases.",
            code="not_a_reviewer", where=by.role, next_step=f"Ask with --role {REVIEWER}.",
        )  # fmt: skip


def _why(one: Unsatisfying) -> Why:
    if one.down:
        return "thumbs_down"
    return "refused" if one.answer.status == "refused" else "clarify"


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
