"""A turn that says two things at once, or a remark and one thing: read in steps where it cannot be read whole.

`lose the comparison and give me months`, `too noisy, monthly instead`, `skip that. By county`. Two changes are
made in turn only where their order makes no difference: then neither takes back what the other has set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from agents.planner.background import as_background
from agents.planner.plan import Plan, PriorTurn
from agents.planner.sameness import same_query

PlanOf = Callable[[str, Sequence[PriorTurn]], Plan]
Named = Callable[[str], bool]
"""Whether words name something of the model, or a period, an order, a number of rows."""
_OPEN = ("", "no_metric", "no_dimension", "no_value", "incompatible")
_CUT = re.compile(
    r"\s*(?:[,;.!:\u2013\u2014]+|\s-\s)\s*(?:(?:and|but|then|also|so)\s+)?|\s+(?:and|but|then)\s+", re.IGNORECASE
)
_LONGEST, _REMARK = 24, 6
_SHAPES = re.compile(
    r"\b(?:these|those|them|how|which|what|why|who|where|not|no|without|only|except|but|never|than|if|all|both|each|or|first|last|top|bottom|less|more|drop|remove|lose|"
    r"exclude|hide|add|include|compare|versus|vs|sort|rank|\d+)\b",
    re.IGNORECASE,
)


def in_steps(question: str, plan: Plan, history: Sequence[PriorTurn], plan_of: PlanOf, named: Named) -> Plan:
    """The plan of a follow-up's parts where there is one; `plan`, which asks back or refuses, without one."""
    if plan.kind not in ("clarify", "refuse") or plan.refusal not in _OPEN or len(question.split()) > _LONGEST:
        return plan
    for head, tail, marked in _cuts(question):
        found = _both(head, tail, history, plan_of)
        found = found or (_remarked(head, tail, history, plan_of, named) if marked else None)
        if found:
            return found
    return plan


def _cuts(question: str) -> Iterator[tuple[str, str, bool]]:
    """What stands before and after each joint, and whether that is a mark and not a word."""
    for cut in _CUT.finditer(question):
        head, tail = question[: cut.start()].strip(), question[cut.end() :].strip(" ,;.!")
        if head and tail.strip("?"):
            yield head, tail, not cut.group().strip().isalpha()


def _remarked(head: str, tail: str, history: Sequence[PriorTurn], plan_of: PlanOf, named: Named) -> Plan | None:
    """`too noisy, monthly instead`: words that name nothing, and what is asked."""
    if len(head.split()) > _REMARK or _SHAPES.search(head) or named(head):
        return None
    alone = plan_of(head, history)
    if alone.query and not same_query(alone.query, history[-1].query):
        return None
    plan = plan_of(tail, history)
    if plan.kind in ("clarify", "refuse"):
        return None
    return replace(plan, assumptions=(as_background(head), *plan.assumptions))


def _both(head: str, tail: str, history: Sequence[PriorTurn], plan_of: PlanOf) -> Plan | None:
    """Both changes in turn, if each is one and either order comes to the same."""
    plans = [_in_turn(parts, history, plan_of) for parts in ((head, tail), (tail, head))]
    one, other = plans
    if one is None or other is None or one.query is None or other.query is None:
        return None
    return one if same_query(one.query, other.query) else None


def _in_turn(parts: Sequence[str], history: Sequence[PriorTurn], plan_of: PlanOf) -> Plan | None:
    turns, told = list(history), []
    plan: Plan | None = None
    for part in parts:
        plan = plan_of(part, turns)
        before = turns[-1].query
        if plan.kind != "query" or plan.query is None or (before and same_query(plan.query, before)):
            return None
        told += [text for text in plan.assumptions if text not in told]
        turns.append(PriorTurn(part, plan.kind, plan.query, shown=turns[-1].shown))
    return replace(plan, assumptions=tuple(told)) if plan else None
