"""Candidate spans of periods and of the units that a course is shown in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.planner.periods import Clock
from agents.planner.reading import Span, Token
from agents.planner.times import read_spans
from agents.planner.words import ADVERB_GRAINS, LINKERS, NUMBER_WORDS, OUTSTANDING, PREPOSITIONS, UNITS, word_set
from semantic.query import TimeGrain


def time_spans(tokens: Sequence[Token], clock: Clock) -> Iterable[Span]:
    """Every period that words name, as a span; those that overlap compete later."""
    for start, end, period in read_spans((token.text for token in tokens), clock):
        yield Span(start, end, "time", period=period, weight=1.02)


_NO_RATE = (
    PREPOSITIONS
    | LINKERS - {"us"}
    | {"once", "twice", "times", "than", "half", "quarter", "such", "what", "or", "and", "within", "over", "under"}
    | {"after", "before", "during", "less", "more", "every", "ago", "about", "not", "only", "just"}
)
"""Words after which `a month` is a length or a date."""


_OCCASIONS = word_set(
    "review reviews meeting meetings committee standup sync checkpoint newsletter offsite townhall"
)
"""What is held each quarter or week: `before the quarterly business review` asks for no quarters."""


def _ends(tokens: Sequence[Token], at: int) -> bool:
    return at >= len(tokens) or tokens[at].is_mark


def grain_spans(tokens: Sequence[Token]) -> Iterable[Span]:
    """weekly, by month, per day, each quarter, month by month, week over week is a comparison and not here."""
    words = [token.text for token in tokens]
    for at, word in enumerate(words):
        if word in ADVERB_GRAINS and word != "annual" and not (set(words[at + 1 : at + 3]) & _OCCASIONS):
            yield _grain(at, at + 1, ADVERB_GRAINS[word])
        unit = UNITS.get(word)
        if not unit:
            continue
        if words[at + 1 : at + 3] in (["by", word], ["after", word], ["to", word]):
            yield _grain(at - (at > 0 and words[at - 1] == "on"), at + 3, unit)
        if words[at + 1 : at + 3] == ["in", "and"] and words[at + 3 : at + 5] == [word, "out"]:
            yield _grain(at, at + 5, unit)  # week in and week out
        if (each := _each_of_the_last(words, at)) is not None:
            yield _grain(each, each + 2, unit)
        before = words[at - 1] if at else ""
        if before in ("a", "an") and _ends(tokens, at + 1) and at > 1 and words[at - 2] not in _NO_RATE:
            yield _grain(at - 1, at + 1, unit)  # what does it cost us a month?
        if before in ("a", "per") and words[max(0, at - 3) : at - 2] == ["one"]:
            yield _grain(at - 3, at + 1, unit)  # one figure a month
        if before in ("", "show", "list", "which", "the") and words[at + 1 : at + 2] in (
            ["with"],
            ["where"],
            ["when"],
        ):
            yield _grain(at, at + 1, unit)
        if _outstanding(words, at):
            yield _grain(at, at + 1, unit)
        dated = words[at + 1 : at + 2] == ["of"] and bool({"this", "last", "the"} & set(words[at + 2 : at + 3]))
        if before in ("which", "what") and (dated or words[at + 1 : at + 2] != ["of"]):
            yield _grain(at - 1, at + 1, unit)
        year = words[at + 2 : at + 3]
        dated = bool(year) and (year[0].isdigit() or year[0] in ("this", "last"))
        if before in ("per", "by", "each", "every") and (
            before in ("each", "every") or dated or words[at + 1 : at + 2] != ["of"]
        ):
            lead = at - 2 if at > 1 and words[at - 2] in ("for", "in", "by", "per") else at - 1
            yield _grain(lead, at + 1, unit)
        if before == "and" and "by" in words[max(0, at - 6) : at - 1]:
            yield _grain(at - 1, at + 1, unit)


def _each_of_the_last(words: Sequence[str], at: int) -> int | None:
    """Where `each` stands in `each of the past six complete months`, whose unit stands at a place."""
    for start in range(max(0, at - _FURTHEST), at - 3):
        led = words[start : start + 3] == ["each", "of", "the"] and words[start + 3] in _LAST
        if led and len([word for word in words[start + 4 : at] if word not in _COMPLETE]) <= 1:
            return start
    return None


_FURTHEST = 6
_LAST = ("last", "past", "previous", "preceding")
_COMPLETE = ("full", "complete", "completed", "whole", "calendar")


def _outstanding(words: Sequence[str], at: int) -> bool:
    """`top 3 months by leaked calls`, `our worst week for CSAT`: the unit is what is ranked."""
    counted = at > 1 and (words[at - 1].isdigit() or NUMBER_WORDS.get(words[at - 1], 0) > 1)
    ranked = at > 0 and words[at - 1 - counted] in OUTSTANDING
    following = words[at + 1] if at + 1 < len(words) else "?"
    return ranked and following in ("?", ".", ",", "by", "for", "in", "on", "with", "this", "since")


def _grain(start: int, end: int, unit: str) -> Span:
    grains: dict[str, TimeGrain] = {
        "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"
    }  # fmt: skip
    return Span(start, end, "grain", grain=grains[unit], weight=1.01)
