"""What the planner hands over: a plan, always; and what it is told of earlier turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semantic.parameters import Argument
from semantic.query import SemanticQuery

PlanKind = Literal[
    "query", "drivers", "what_if", "briefing", "next_best_action", "impact", "journey", "agents", "confusion",
    "review", "about", "split", "outlook", "clarify", "refuse",
]  # fmt: skip
Refusal = Literal[
    "", "pii", "write", "forecast", "no_metric", "no_dimension", "no_value", "incompatible", "domain", "language",
    "correlation", "empty", "too_long", "sql",
]  # fmt: skip
Agent = Literal["genie", "insight_scout", "next_best_action"]

AGENTS: dict[str, Agent] = {
    "briefing": "insight_scout", "drivers": "insight_scout", "what_if": "next_best_action",
    "agents": "insight_scout", "confusion": "insight_scout",
    "next_best_action": "next_best_action",
    "impact": "next_best_action", "review": "next_best_action", "about": "next_best_action",
    "split": "next_best_action",
    "outlook": "insight_scout",
}  # fmt: skip
ROUTE_REASONS: dict[str, str] = {
    "query": "The question asks for governed figures.",
    "drivers": "The question asks why: the figures are split by what drives them.",
    "agents": "The question asks what agents have to do with it: teams are compared at equal topics.",
    "confusion": "The question asks what confuses members: topics that rose are held against what was sent.",
    "journey": "The question asks to play back a member's path.",
    "briefing": "The question asks what stands out, which the daily scan answers.",
    "what_if": "The question asks what a change would be worth.",
    "next_best_action": "The question asks what to do.",
    "impact": "The question asks whether earlier changes worked.",
    "review": "The question decides on recommended actions, or asks whose they are.",
    "about": "The question asks about the last answer.",
    "split": "The question asks what the A/B test of a fix showed.",
    "outlook": "The question asks who is likely to call or to leave: models of groups of members answer.",
    "clarify": "The question can be read in more than one way.",
    "refuse": "The question cannot be answered from the governed data.",
}


@dataclass(frozen=True)
class Shown:
    """The key values of the first rows that an answer showed, in their order: `rows` hold one value a dimension.

    Governed values only, never a figure, and never of a statement's own rows. `total` is the number of rows that
    the answer had; only the keys of the first ones are kept.
    """

    dimensions: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: int = 0


@dataclass(frozen=True)
class PriorTurn:
    """An earlier question of the conversation, the whole query that answered it and the keys of its rows.

    `verified` names the verified query that answered it, with the arguments of its `parameters`. `actions` are the
    names of the recommended actions that its answer listed, in their order; `shape` what its answer looked like.
    `choices` are the complete questions that it offered when it asked back or refused.
    """

    question: str
    kind: str
    query: SemanticQuery | None
    what_if_pct: float | None = None
    shown: Shown = Shown()
    verified: str = ""
    parameters: tuple[tuple[str, Argument], ...] = ()
    actions: tuple[str, ...] = ()
    shape: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """A decision on recommended actions, or a question about them, by name; the rest in the person's words.

    `edits` are (field, value) of an edit, `of` the action that a duplicate repeats, `day` the go-live.
    """

    asked: Literal["approve", "reject", "defer", "undo", "owner", "edit", "duplicate", "golive"]
    actions: tuple[str, ...]
    reason: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    of: str = ""
    day: str = ""


Aspect = Literal["basis", "sure", "order", "live", "owner"]


@dataclass(frozen=True)
class About:
    """A question about the last answer: which kind it was (`of`), and what is asked of it.

    `actions` are the names that it points at, `asked` the question that was answered, `query` and `percent` what a
    what-if was of.
    """

    of: Literal["actions", "issue", "impact", "split", "savings"]
    aspect: Aspect
    actions: tuple[str, ...] = ()
    asked: str = ""
    query: SemanticQuery | None = None
    percent: float | None = None


@dataclass(frozen=True)
class Outlook:
    """Who is likely to call (contact) or to change plan, by a dimension of the members."""

    outcome: Literal["contact", "plan_change"]
    by: Literal["segment", "plan_type", "tenure_bucket"] = "segment"


@dataclass(frozen=True)
class Plan:
    """The decision about one question.

    `query` (and `parts`, further queries shown with it) for kinds that read data; `choices` are (label, complete
    question) pairs for a clarification, or what can be asked instead for a refusal; `refusal` names its kind.
    A briefing, journey, action list or impact question that names no metric but a filter or a period carries
    them in a query over the model's money metric.
    """

    kind: PlanKind
    query: SemanticQuery | None = None
    parts: tuple[SemanticQuery, ...] = ()
    verified: str | None = None
    parameters: tuple[tuple[str, Argument], ...] = ()
    assumptions: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    refusal: Refusal = ""
    message: str = ""
    what_if_pct: float | None = None
    agent: Agent = "genie"
    route_reason: str = ""
    follow_ups: tuple[str, ...] = ()
    review: Review | None = None
    about: About | None = None
    outlook: Outlook | None = None
