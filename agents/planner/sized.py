"""`what would 5 % do?` after an answer on actions: a what-if of the issue under discussion, not of all calls."""

from __future__ import annotations

from collections.abc import Sequence

from agents.planner.asides import standing_turn
from agents.planner.normalise import tokenise
from agents.planner.numerals import read_quantity
from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PriorTurn
from agents.planner.words import word_set
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, SemanticQuery

# All that such a question may hold beside its size: a word that says more makes it another question.
_PLAIN = word_set(
    "and so ok okay what would does do could will about how if we i a an the of it its that this them these calls "
    "call save saves savings bring be worth mean give get us me only just by cut cutting reduction reduce "
    "reducing less fewer instead at with for then percent is was much many stop stopped stopping avoid "
    "avoided fixed fix"
)
COUNT = "leaked_calls"
MOST_OFFERED = 3


def sized_plan(
    question: str, history: Sequence[PriorTurn], model: SemanticModel, places: Sequence[str]
) -> Plan | None:
    """The what-if of the issue whose actions were listed last; asked back where they are of several.

    `places` are the values of the model's where-dimension. None for any other question, and after a what-if, whose
    own calls it then means.
    """
    last, size = standing_turn(history), _size(question)
    if last is None or size is None or not last.actions or COUNT not in model.metrics:
        return None
    found = [place for name in last.actions for place in places if name.startswith(f"{place}: ")]
    issues = tuple(dict.fromkeys(found))
    if not issues:
        return None
    if len(issues) > 1 and last.shape != "issue":
        return _which(size, issues)
    where = DimensionFilter(dimension=model.defaults.where_dimension, values=issues[:1])
    return Plan(
        kind="what_if",
        query=SemanticQuery(metrics=(COUNT,), filters=(where,)),
        what_if_pct=size,
        assumptions=(f"Read as {size:g}% fewer leaked calls for {issues[0]}, the issue of the answer before.",),
        agent=AGENTS["what_if"],
        route_reason=ROUTE_REASONS["what_if"],
    )


def _which(size: float, issues: Sequence[str]) -> Plan:
    asks = [f"If we reduce leaked calls for {place} by {size:g}%, what do we save?" for place in issues]
    return Plan(
        kind="clarify",
        message="Of which issue? The actions listed are of several.",
        choices=tuple(zip(issues, asks, strict=True))[:MOST_OFFERED],
        agent=AGENTS["what_if"],
        route_reason=ROUTE_REASONS["clarify"],
    )


def _size(question: str) -> float | None:
    """The percentage that is all a question names; None where it names more, or no size.

    0 and more than 100 are sizes, too: what they would save is refused where savings are projected.
    """
    words = [token.text for token in tokenise(question) if not token.is_mark]
    sizes: list[float] = []
    at = 0
    while at < len(words):
        quantity = read_quantity(words, at)
        if quantity and quantity.unit == "percent":
            sizes.append(round(quantity.value * 100, 4))
            at = quantity.end
        elif words[at] in _PLAIN:
            at += 1
        else:
            return None
    return sizes[0] if len(sizes) == 1 else None
