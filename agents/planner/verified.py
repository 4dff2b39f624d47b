"""Verified queries: a question that says the same as one an owner has checked gets that query, and only then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agents.planner.lexicon import Lexicon, content
from agents.planner.normalise import tokenise
from agents.planner.periods import Clock, clip
from agents.planner.plan import AGENTS, Plan, PlanKind
from agents.planner.times import read_span
from agents.planner.words import FILLER, word_set
from semantic.model import SemanticModel, VerifiedQuery
from semantic.query import SemanticQuery, TimeRange

Signature = tuple[tuple[str, ...], tuple[str, ...]]
_NEVER_DROPPED = word_set("not no never without except excluding only by than if why and")


@dataclass(frozen=True)
class Verified:
    """Verified queries by what their example questions say: sorted content lemmas."""

    by_words: dict[tuple[str, ...], VerifiedQuery]

    @classmethod
    def of(cls, model: SemanticModel) -> Verified:
        """Index every example question."""
        found: dict[tuple[str, ...], VerifiedQuery] = {}
        for verified in model.verified_queries.values():
            for question in verified.questions:
                found.setdefault(signature(question), verified)
        return cls(found)


def signature(question: str) -> tuple[str, ...]:
    """Content lemmas and cue words in sorted order: the same for any word order and any politeness."""
    tokens = tokenise(question)
    words = [token.lemma for token in content(tokens) if token.text not in FILLER]
    cues = [token.text for token in tokens if token.text in _NEVER_DROPPED]
    return tuple(sorted({*words, *cues}))


def match_verified(question: str, verified: Verified, lexicon: Lexicon, clock: Clock) -> Plan | None:
    """The plan of the verified query that the question repeats, its period resolved; None otherwise."""
    found = verified.by_words.get(signature(question))
    if found is None:
        return None
    query = build(found.query, clock)
    if query is None:
        return None
    parts = tuple(part for body in found.parts if (part := build(body, clock)))
    kind: PlanKind = found.kind
    return Plan(
        kind=kind,
        query=query,
        parts=parts,
        verified=found.name,
        assumptions=(found.note,) if found.note else (),
        agent=AGENTS.get(kind, "genie"),
        route_reason="The question repeats a verified query.",
    )


def build(body: dict[str, Any], clock: Clock) -> SemanticQuery | None:
    """A semantic query from a verified mapping whose `time` may be a phrase."""
    values = dict(body)
    time = values.pop("time", None)
    values["time"] = _resolve(time, clock) if isinstance(time, str) else time
    if isinstance(time, str) and values["time"] is None:
        return None
    return SemanticQuery.model_validate(values)


def _resolve(text: str, clock: Clock) -> TimeRange | None:
    words = [token.text for token in tokenise(text)]
    found = read_span(words, 0, clock)
    if not found or found[0] != len(words):
        return None
    period = found[1]
    if period.start > clock.today or period.end < clock.first_day - timedelta(days=0):
        return None
    return clip(period, clock).range()
