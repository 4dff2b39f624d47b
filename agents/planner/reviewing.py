"""Decisions on recommended actions said in a conversation: `approve the second one`, `who owns it?`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from agents.planner.changes import Change, change_in
from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PriorTurn, Review

Asked = Literal["approve", "reject", "defer", "undo", "owner", "edit", "duplicate", "golive"]
_POLITE = (
    r"(?:(?:please|ok|okay|yes|now|let us|lets|let's|we|i|can you|i want to|i would like to|we should|"
    r"go ahead and),? )*"
)
_VERBS: dict[Asked, str] = {
    "approve": r"approve|accept|sign off(?: on)?|green ?-?light",
    "reject": r"reject|decline|turn down|dismiss",
    "defer": r"defer|postpone|park|put off",
    "undo": r"(?:undo|take back) (?:the )?(?:last )?(?:approval|rejection|deferral|decision|edit|change|go-?live)"
    r"(?: (?:of|on|to))?|un-?approve|un-?reject|undo(?= (?:it|that|this)\b)|take(?= (?:it|that|this) back)",
    "owner": r"who (?:owns|is the owner of|is responsible for|would own|does|should do)",
}  # fmt: skip
_ELSEWHERE = re.compile(
    rf"{_POLITE}(?:(?:mark|flag|treat) .*\bduplicate\b|(?:set|put|bring|take|make) .*\blive\b|"
    r"(?:edit|change|rename|assign|reassign|set) .*\b(?:owner|effort|text|wording|weeks|action|proposal|one)\b)"
)
ELSEWHERE = (
    "Say what it should be, such as: change the owner of the first one to Quality; mark the second one live from "
    "12 November; the third is a duplicate of the first. Or use the buttons, or the dashboard's review inbox."
)
NEAR = 3  # answers on other things that may lie between a list of actions and a decision on its second one
OFFERED = 3
FAR_BACK = "The actions were listed a while ago, and other answers came since. Which one do you mean?"
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
    verb = next((asked for asked, verbs in _VERBS.items() if re.match(rf"{_POLITE}(?:{verbs})(?!\w)", text)), None)
    changed = None if verb else change_in(_impolite(question))
    return changed.asked if changed else verb


def _impolite(question: str) -> str:
    """The question's own words without what is only polite."""
    return re.sub(rf"^{_POLITE}", "", " ".join(question.split()).rstrip(), flags=re.I)


ASIDES = frozenset({"about", "clarify", "refuse"})
"""Kinds of turns that answer nothing by themselves and leave what was answered standing."""


def review_plan(question: str, history: Sequence[PriorTurn]) -> Plan | None:
    """The plan of a question that decides on actions of the answer before, or asks whose they are; None else."""
    if why := awaited_reason(question, history):
        return review_plan(f"{history[-1].question.rstrip(' .!')} because {why}", history[:-1])
    asked = decision_in(question)
    listed = [turn for turn in history if turn.actions]
    if asked is None:
        return _by_buttons(question) if listed else None
    if change := (None if asked in _VERBS else change_in(_impolite(question))):
        return _change_plan(question, change, history)
    known = _known(listed)
    text = re.sub(rf"^{_POLITE}(?:{_VERBS[asked]})\b ?", "", _plain(question))
    whole = next((name.lower() for name in known if re.match(rf"{re.escape(name.lower())}(?!\w)", text)), "")
    reason = _REASON.search(f" {text}", len(whole))  # a colon in an action's own name gives no reason
    target = (f" {text}"[: reason.start()] if reason else text).strip(" ?.!")
    target = re.sub(r"^(it|that|this) back$", r"\1", target) or ("it" if asked == "undo" else "")
    done = [turn for turn in history if turn.kind not in ASIDES]
    if asked == "undo" and re.fullmatch(_IT, target) and done and done[-1].kind != "review":
        return None  # something else was done last
    pointed = listed[-1].actions[:1] if listed and re.fullmatch(_IT, target) else ()
    chosen = pointed or chosen_of(target, known)
    if not known or (asked == "owner" and not chosen):
        return None
    plan = Plan(kind="review", agent=AGENTS["review"], route_reason=ROUTE_REASONS["review"])
    if not chosen:
        return replace(
            plan, kind="clarify", message="Which of the actions do you mean?", choices=_choices(asked, known)
        )
    if asked != "owner" and _far_back(history) and not _named(target, chosen):
        why = f" because {_reason(question, known)}" if reason else ""
        return replace(plan, kind="clarify", message=FAR_BACK, choices=_choices(asked, _first(chosen, known), why))
    said = ("Read as the first of the actions shown.",) if pointed and len(listed[-1].actions) > 1 else ()
    review = Review(asked, chosen, _reason(question, known) if reason else "")
    return replace(plan, review=review, assumptions=said)


_BECAUSE = re.compile(
    r"^(?:because|since|as|due to|(?:the )?reason(?: is)?:?|it is because)\b(?: of)?:? *(.+)$", re.I
)
_NO_REASON = re.compile(
    r"^(?:show|what|which|how|who|whose|give|list|compare|top|why|where|when|did|is|are|do|does|can|could|undo|never|"
    r"cancel|forget|no|stop|and|by|only|hello|hi|thanks?|total)\b|\?\s*$",
    re.I,
)


def awaited_reason(question: str, history: Sequence[PriorTurn]) -> str:
    """The reason of the decision before, which lacked one, in the person's own words; empty when this is none."""
    last = history[-1] if history else None
    if (
        last is None
        or last.kind != "review"
        or last.actions
        or decision_in(last.question) not in ("reject", "defer")
    ):
        return ""
    said = " ".join(question.split()).strip(" .!")
    if _reason(last.question, listed_actions(history[:-1])) or decision_in(question) is not None:
        return ""
    led = _BECAUSE.match(said)
    return led[1] if led else said if may_be_reason(question) else ""


def may_be_reason(question: str) -> bool:
    """Whether a text could be a reason at all, and is no question or order of another kind."""
    said = question.strip()
    return bool(_BECAUSE.match(said)) or not (_NO_REASON.search(said) or len(said.split()) < 2)


def _change_plan(question: str, change: Change, history: Sequence[PriorTurn]) -> Plan | None:
    """The plan of an edit, a duplicate or a go-live of an action that was listed; asked back which one else."""
    listed = [turn for turn in history if turn.actions]
    if not listed:
        return None
    known = _known(listed)
    chosen, of = (_meant(words, listed, known) for words in (change.target, change.of))
    if not known or (not chosen and change.asked == "edit" and not _points(change.target)):
        return None
    plan = Plan(kind="review", agent=AGENTS["review"], route_reason=ROUTE_REASONS["review"])
    if not chosen or (change.of and len(of) != 1):
        missing = change.target if not chosen else change.of
        choices = tuple((name, question.replace(missing, name, 1)) for name in known[:3])
        return replace(plan, kind="clarify", message="Which of the actions do you mean?", choices=choices)
    if _far_back(history) and not _named(_plain(change.target), chosen):
        offered = _first(chosen, known)[:OFFERED]
        choices = tuple((name, question.replace(change.target, name, 1)) for name in offered)
        return replace(plan, kind="clarify", message=FAR_BACK, choices=choices)
    edits = ((change.field, change.value),) if change.field else ()
    review = Review(change.asked, chosen, edits=edits, of=of[0] if of else "", day=change.day)
    return replace(plan, review=review)


def listed_actions(history: Sequence[PriorTurn]) -> tuple[str, ...]:
    """The actions that places count in, such as `the second one`."""
    return _known([turn for turn in history if turn.actions])


def _known(listed: Sequence[PriorTurn]) -> tuple[str, ...]:
    """The actions that places count in: the last recommendation's, or what is left of a long conversation."""
    recommended = (turn.actions for turn in reversed(listed) if turn.kind not in ("review", "about"))
    return next(recommended, listed[-1].actions if listed else ())


def _points(words: str) -> bool:
    """Whether words point at an action at all, whichever: `change the title of the chart` does not."""
    return bool(re.search(rf"\b(?:{_ORDINAL}|last|action|proposal|recommendation|fix)\b", words.lower()))


def _meant(words: str, listed: Sequence[PriorTurn], known: tuple[str, ...]) -> tuple[str, ...]:
    target = _plain(words).strip(" ?.!")
    named = tuple(name for name in known if name.lower() == target)
    return named or (listed[-1].actions[:1] if re.fullmatch(_IT, target) else chosen_of(target, known))


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


def _reason(question: str, known: Sequence[str] = ()) -> str:
    """The reason as it was written, behind the name of the action where it is given in full."""
    said = " ".join(question.split())
    ends = [at + len(name) for name in known if (at := said.lower().find(name.lower())) >= 0]
    found = _REASON.search(said, max(ends, default=0))
    return found[1].strip(" .") if found else ""


def _choices(asked: Asked, known: tuple[str, ...], why: str = "") -> tuple[tuple[str, str], ...]:
    verb = "Undo the decision on" if asked == "undo" else asked.capitalize()
    return tuple((name, f"{verb} {name}{why}") for name in known[:OFFERED])


def _far_back(history: Sequence[PriorTurn]) -> bool:
    """Whether so much was asked since actions were listed that `the second one` may mean another row."""
    since = 0
    for turn in reversed(history):
        if turn.actions:
            break
        since += turn.kind not in ASIDES
    return since > NEAR


def _named(target: str, chosen: tuple[str, ...]) -> bool:
    """Whether the words name the one action that they mean, not its place."""
    return len(chosen) == 1 and set(re.findall(r"\w+", target)) >= set(re.findall(r"\w+", chosen[0].lower()))


def _first(chosen: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    return (*chosen, *(name for name in known if name not in chosen))


def chosen_of(target: str, known: tuple[str, ...]) -> tuple[str, ...]:
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
    if full := [name for name in known if name.lower() == target]:
        return tuple(full)
    words = set(re.findall(r"\w+", target)) - {"the", "one", "action", "for", "on", "of", "a", "an"}
    named = [name for name in known if words and words <= set(re.findall(r"\w+", name.lower()))]
    return tuple(named) if len(named) == 1 else ()


def _place(text: str) -> int | None:
    match = re.fullmatch(
        rf"(?:the )?({_ORDINAL}){_THING}|(?:number|action|proposal|no\.?|#) ?([1-8]|one|two|three|four)", text
    )
    return _PLACES[match[1] or match[2]] if match else None
