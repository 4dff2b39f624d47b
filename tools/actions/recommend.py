"""Next-best actions as a tool: what to change, who, what it is expected to bring and on what that rests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from semantic.model import ActionView
from semantic.query import DimensionFilter
from tools.actions.candidates import Candidate
from tools.actions.playbook import Playbook
from tools.actions.recommendations import Recommendations, basis_of, constants_of, recommendations
from tools.actions.views import issues, levers, ranked
from tools.desk import Hidden
from tools.outcome import Found, Outcome, Refusal, Shape, Table

SHOWN = 6
NOTHING_OF_THEIRS = "No action of {} fits what drives these leaks; an owner can add one to the playbook."

LEADING_ON = ("How sure are you?", "What is that based on?", "What's actually causing this leakage?")


def recommend_actions(
    desk: Hidden,
    view: ActionView = "ranked",
    filters: tuple[DimensionFilter, ...] = (),
    limit: int = SHOWN,
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Recommend what to change about the leaks: actions with owner, effort, expected savings and their interval.

    `view` is ranked, by_owner (what each team should change), one_issue (the one that saves the most) or by_lever
    (digital against training against communication); `filters` narrow the calls, `limit` is how many are shown.
    """
    found = recommendations(desk, filters)
    if isinstance(found, Refusal):
        return found
    owners = owners_asked(desk.question, found.playbook) if view == "ranked" else ()
    if owners:
        found = replace(found, ranked=tuple(c for c in found.ranked if c.action.owner in owners))
        named = " and ".join(owners)
        if not found.ranked:
            return Refusal("no_action", NOTHING_OF_THEIRS.format(named))
        assumptions = (*assumptions, f"Only what {named} can change is shown.")
    shown = _shown(found, view, max(1, min(limit, 20)))
    shape, tables_of = VIEWS[view]
    tables = (*tables_of(found, shown), *found.leaks.tables)
    said = (*assumptions, *basis_of(found))
    return Found(tables, "analysis", shape, assumptions=said, constants=constants_of(found), follow_ups=LEADING_ON)


def owners_asked(question: str, playbook: Playbook) -> tuple[str, ...]:
    """The owners that a question asks what they should do: `what should the call center change about billing?`."""
    text = " ".join(question.lower().split())
    called = {owner: _any((owner.lower(), *playbook.called.get(owner, ()))) for owner in playbook.owners}
    other = f"{_THE}{_any(called.values())}{_TEAM}"
    return tuple(
        owner
        for owner, own in called.items()
        if re.search(rf"\b{_SHOULD} (?:{other}{_AND})*{_THE}{own}{_TEAM}(?:{_AND}{other})* {_DO}\b", text)
    )


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(words)})"


_AND = r"(?:,? and |, )"
_TEAM = r"(?: team| people)?"
_SHOULD = r"(?:should|must|can|could|would|will|does|do|needs?|have|want)"
_THE = r"(?:the |our |your )?"
_DO = r"(?:have to |need to |needs to |to )?(?:do|change|fix|improve|focus|work|start|say|stop|prioriti[sz]e)"


def _shown(found: Recommendations, view: ActionView, limit: int) -> list[Candidate]:
    """The rows: the best ones; for owners the best two of each; for levers the best of each journey and group."""
    if view in ("ranked", "one_issue"):
        return list(found.ranked[:limit]) if view == "ranked" else list(found.ranked)
    kept: dict[tuple[str, ...], list[Candidate]] = {}
    for candidate in found.ranked:
        by = (
            (candidate.action.owner,)
            if view == "by_owner"
            else (candidate.leak.journey, candidate.action.lever.group)
        )
        kept.setdefault(by, []).append(candidate)
    each = 2 if view == "by_owner" else 1
    chosen = {candidate.key for group in kept.values() for candidate in group[:each]}
    return [candidate for candidate in found.ranked if candidate.key in chosen]


VIEWS: dict[ActionView, tuple[Shape, Callable[[Recommendations, Sequence[Candidate]], tuple[Table, ...]]]] = {
    "ranked": ("actions", ranked),
    "by_owner": ("actions_by_owner", ranked),
    "one_issue": ("issue", issues),
    "by_lever": ("levers", levers),
}
