"""Decisions on recommended actions said in a conversation: `approve the second one`, `who owns it?`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PriorTurn, Review

Asked = Literal["approve", "reject", "defer", "undo", "owner"]
_POLITE = (
    r"(?:(?:please|ok|okay|yes|now|let us|lets|let's|we|i|can you|i want to|i would like to|we should|"
    r"go ahead and),? )*"
)
_VERBS: dict[Asked, str] = {
    "approve": r"approve|accept|sign off(?: on)?|green ?-?light",
    "reject": r"reject|decline|turn down|dismiss",
    "defer": r"defer|postpone|park|put off",
    "undo": r"(?:undo|take back) (?:the )?(?:approval|rejection|deferral|decision)(?: (?:of|on))?|un-?approve|"
    r"un-?reject",
    "owner": r"who (?:owns|is the owner of|is responsible for|would own|does|should do)",
}  # fmt: skip
_ELSEWHERE = re.compile(
    rf"{_POLITE}(?:(?:mark|flag|treat) .*\bduplicate\b|(?:set|put|bring|take|make) .*\blive\b|"
    r"(?:edit|change|rename|assign|reassign|set) .*\b(?:owner|effort|text|wording|weeks|action|proposal|one)\b)"
)
ELSEWHERE = (
    "In words I take approve, reject, defer, undo and who owns it. A duplicate, an edit or a go-live is a product "
    "owner's, by the buttons under the actions or in the dashboard's review inbox."
)
_REASON = re.compile(r"(?:,? (?:because|since|as)\b(?: of)?|:| - | \u2013 )\s*(.+)$")
_PLACES = {
    word: place
    for place, words in enumerate(
        ("first 1st 1 one", "second 2nd 2 two", "third 3rd 3 three", "fourth 4th 4 four", "fifth 5th 5 five",
         "sixth 6th 6 six", "seventh 7th 7 seven", "eighth 8th 8 eight"), 1,
    )
    for word in words.split()
}  # fmt: skip
_ORDINAL = "|".join(word for word in _PLACES if not word.isdigit() and word not in ("one", "two", "three"))
_COUNT = r"two|three|four|five|[2-8]"
_THING = r"(?: (?:one|action|proposal|recommendation|fix))?"
_IT = r"it|that|this|that one|this one|the action|the proposal|the fix|the recommendation"


def decision_in(question: str) -> Asked | None:
    """The decision that a question's own words hold, whatever it is about."""
    text = _plain(question)
    return next((asked for asked, verbs in _VERBS.items() if re.match(rf"{_POLITE}(?:{verbs})\b", text)), None)


def review_plan(question: str, history: Sequence[PriorTurn]) -> Plan | None:
    """The plan of a question that decides on actions of the answer before, or asks whose they are; None else."""
    asked = decision_in(question)
    if asked is None:
        return _by_buttons(question) if any(turn.actions for turn in history) else None
    listed = [turn for turn in history if turn.actions]
    known = next((turn.actions for turn in reversed(listed) if turn.kind != "review"), ())
    text = re.sub(rf"^{_POLITE}(?:{_VERBS[asked]})\b ?", "", _plain(question))
    reason = _REASON.search(f" {text}")
    target = (f" {text}"[: reason.start()] if reason else text).strip(" ?.!")
    pointed = listed[-1].actions[:1] if listed and re.fullmatch(_IT, target) else ()
    chosen = pointed or _chosen(target, known)
    if not known or (asked == "owner" and not chosen):
        return None
    plan = Plan(kind="review", agent=AGENTS["review"], route_reason=ROUTE_REASONS["review"])
    if not chosen:
        return replace(
            plan, kind="clarify", message="Which of the actions do you mean?", choices=_choices(asked, known)
        )
    said = ("Read as the first of the actions shown.",) if pointed and len(listed[-1].actions) > 1 else ()
    review = Review(asked, chosen, _reason(question) if reason else "")
    return replace(plan, review=review, assumptions=said)


def _by_buttons(question: str) -> Plan | None:
    """A change of an action that a sentence cannot make: where it is made instead."""
    if not _ELSEWHERE.match(_plain(question)):
        return None
    return Plan(
        kind="refuse", refusal="write", message=ELSEWHERE, agent=AGENTS["review"],
        route_reason=ROUTE_REASONS["review"],
    )  # fmt: skip


def _plain(question: str) -> str:
    return " ".join(question.lower().split())


def _reason(question: str) -> str:
    """The reason as it was written."""
    found = _REASON.search(" ".join(question.split()))
    return found[1].strip(" .") if found else ""


def _choices(asked: Asked, known: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    verb = "Undo the decision on" if asked == "undo" else asked.capitalize()
    return tuple((name, f"{verb} {name}") for name in known[:3])


def _chosen(target: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The actions that the words point at, in the order in which they were shown."""
    if re.fullmatch(
        r"(?:them )?all(?: of (?:them|these|those))?|(?:all (?:the )?)?(?:actions|proposals)|everything", target
    ):
        return known
    if re.fullmatch(r"both(?: of them)?", target):
        return known if len(known) == 2 else ()
    first = re.fullmatch(rf"(?:the )?(?:first|top) ({_COUNT})(?: ones| actions| proposals)?", target)
    if first:
        return known[: _PLACES[first[1]]]
    if re.fullmatch(rf"(?:the )?last{_THING}", target):
        return known[-1:]
    places = [_place(part) for part in re.split(r",? and |, ", target)]
    if all(places):
        return (
            tuple(known[at - 1] for at in places if at and at <= len(known))
            if max(filter(None, places)) <= len(known)
            else ()
        )
    words = set(re.findall(r"\w+", target)) - {"the", "one", "action", "for", "on", "of", "a", "an"}
    named = [name for name in known if words and words <= set(re.findall(r"\w+", name.lower()))]
    return tuple(named) if len(named) == 1 else ()


def _place(text: str) -> int | None:
    match = re.fullmatch(
        rf"(?:the )?({_ORDINAL}){_THING}|(?:number|action|proposal|no\.?|#) ?([1-8]|one|two|three|four)", text
    )
    return _PLACES[match[1] or match[2]] if match else None
