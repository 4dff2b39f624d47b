"""Replies to what was offered: `the second one`, `the rate`, `yes please` pick one of the complete questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.planner.normalise import stem, tokenise
from agents.planner.plan import PriorTurn
from agents.planner.words import word_set

_PLACES = {
    word: place
    for place, words in enumerate(("first 1st 1 one a former", "second 2nd 2 two b", "third 3rd 3 three c"))
    for word in words.split()
}
_LEAD = (
    r"(?:(?:i (?:mean|meant|want|would like|need)|it is|let us (?:take|do|see|have)|(?:go|going) (?:with|for)|"
    r"take|use|pick|choose|show(?: me)?|give me|see|do|make it|ok|okay|yes|yeah|sure|please|then|well|just|"
    r"only|the|"
    r"option|number|no|choice|answer|question|version)\b[ ,.]*)*"
)
_ORDINAL = re.compile(
    rf"{_LEAD}(?P<place>first|1st|former|second|2nd|third|3rd|last|latter|[123])"
    r"(?: (?:one|option|choice|question|version|of (?:these|those|them)))*(?: (?:please|then|thanks|thank you))*"
)
_LABELLED = re.compile(rf"{_LEAD}(?:option|choice|number) (?P<place>[abc123]|one|two|three)(?: (?:please|then))*")
_YES = re.compile(
    r"(?:(?:yes|yeah|yep|yup|sure|ok|okay|right|exactly|correct|please|that one|that|this one|do that|"
    r"do it|go ahead|"
    r"sounds good|that is (?:it|right|the one)|fine|show (?:me )?(?:that|it)|perfect)[ ,.]*)+"
)
_FILLERS = word_set(
    "the a an one ones i mean meant want wanted would like please just only of it that this is let us "
    "take use show me "
    "see give go with for ok okay yes yeah no sure then well option figure number version instead rather "
    "sorry by in "
    "on and thanks them those these"
)
_LONGEST = 7


@dataclass(frozen=True)
class Pick:
    """The complete question that was picked, and what the reply says beside it."""

    question: str
    more: str = ""


Named = Callable[[str, Sequence[str]], Sequence[int]]
"""Places of the questions whose query has all that a reply names, by the planner's reading; none if unsure."""


def picked(reply: str, last: PriorTurn, *, stands: bool, named: Named) -> Pick | None:
    """What a reply picks of the questions that the last turn offered; None when it picks none.

    `stands` says that an answer stands before that turn: words after a refusal then change that answer.
    """
    if not last.choices:
        return None
    text = _plain(reply)
    if (place := _place(text, len(last.choices))) is not None:
        return Pick(last.choices[place])
    if last.kind == "refuse" and stands:
        return None
    if (chosen := _by_words(text, last.choices)) is not None:
        return Pick(last.choices[chosen])
    if len(text.split()) <= _LONGEST and len(found := named(reply, last.choices)) == 1:
        return Pick(last.choices[found[0]])
    for cut in re.finditer(r",? (?=by |for |in |but |only |and by |since |last )", text):
        head, more = text[: cut.start()], text[cut.end() :]
        place = _place(head, len(last.choices))
        if (found_at := place if place is not None else _by_words(head, last.choices)) is not None:
            return Pick(last.choices[found_at], more.removeprefix("but "))
    return None


def _plain(reply: str) -> str:
    text = " ".join(reply.lower().replace("\u2019", "'").split()).strip(" ?.!,)(\"'")
    return re.sub(r"\b(that|it|let)'s\b", lambda found: f"{found[1]} {'us' if found[1] == 'let' else 'is'}", text)


def _place(text: str, count: int) -> int | None:
    """The place of a choice that a number, an ordinal or a plain yes to a single offer names."""
    found = _ORDINAL.fullmatch(text) or _LABELLED.fullmatch(text)
    if found:
        word = found["place"]
        place = count - 1 if word in ("last", "latter") else _PLACES[word]
        return place if place < count else None
    return 0 if count == 1 and _YES.fullmatch(text) else None


def _by_words(text: str, choices: Sequence[str]) -> int | None:
    """The one choice that has all words of the reply, and a word among them that tells it from the others."""
    told = [word for word in _words(text) if word not in _FILLERS]
    if not told or len(text.split()) > _LONGEST:
        return None
    contents = [[word for word in _words(choice) if word not in _FILLERS] for choice in choices]
    if (alike := [at for at, words in enumerate(contents) if words == told]) and len(alike) == 1:
        return alike[0]
    for same in (str, stem):
        own = [{same(word) for word in _words(choice)} for choice in choices]
        having = [at for at, words in enumerate(own) if {same(word) for word in told} <= words]
        if len(having) == 1:
            return having[0]
    return None


def _words(text: str) -> list[str]:
    return [token.text for token in tokenise(text) if not token.is_mark]
