"""Ranking cues: top 5, worst, three biggest, which X has the highest."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from agents.planner.cues import first, take
from agents.planner.reading import Reading
from agents.planner.words import NUMBER_WORDS, word_set

Direction = Literal["desc", "asc", "worst", "best"]

_DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys(
        word_set(
            """
            top highest most biggest largest greatest longest leading maximum heaviest steepest strongest
            hardest slowest costliest priciest dearest busiest
            highest-ranking max main major more higher greater longer
            larger bigger topped tops descending desc
            """
        ),
        "desc",
    ),
    **dict.fromkeys(
        word_set(
            """
            bottom lowest least smallest fewest shortest minimum weakest fastest quickest easiest cheapest
            less fewer lower shorter smaller ascending asc
            """
        ),
        "asc",
    ),
    **dict.fromkeys(word_set("weak weakest worst poorest worse poor offender offenders struggling"), "worst"),
    **dict.fromkeys(["best", "better"], "best"),
}  # fmt: skip
COMPARATIVES = word_set(
    """
    more higher greater longer larger bigger less fewer lower shorter smaller worse better
    """
)
SPEEDS = word_set("slowest fastest quickest slow quick fast")
MONEY_SUPERLATIVES = word_set("costliest priciest cheapest expensive costly")


_PEAKS: tuple[tuple[str, Direction], ...] = (
    (r"peak|peaked|top out|topped out", "desc"),
    (r"bottom out|bottomed out|trough|troughed", "asc"),
)
_ENOUGH = (
    r"\S+ (?:is|are|will be|will do|would do|would be)(?: more than| quite)? ?(?:enough|plenty|fine|sufficient)"
)
_FIRST = r"(?:keep|show|give|list|only|just)(?: me| us)?(?: the)? first \S+"
UNIT_WORDS = {
    **dict.fromkeys(word_set("rate share percentage percent pct proportion"), ("rate", "percent")),
    **dict.fromkeys(word_set("count number volume"), ("count",)),
    **dict.fromkeys(word_set("cost amount dollars money spend"), ("usd",)),
}
"""What a figure is in, by the word that it may be sorted by."""
_SORTED_BY = (
    r"(?:sorted|ordered|ranked|sort|order|rank)(?: it| them)? by (?:the )?"
    rf"(?:{'|'.join(UNIT_WORDS)})(?= [,.]|$)"
)
_FOLLOWING = word_set(
    "common commonly frequent frequently often performing ranked ranking expensive "
    "costly offender offenders likely"
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which end of the ranking is asked for, how many rows (None: all), and where the cue stands."""

    direction: Direction
    limit: int | None
    start: int
    end: int
    comparative: bool = False
    first: bool = False


def read_ranking(reading: Reading) -> None:
    """Find the ranking cue; its words and number become explained."""
    words = [token.text for token in reading.tokens]
    covered = {at for span in reading.spans for at in range(span.start, span.end)} | reading.explained
    limit_named = _limit_named(reading, words) or _only_one(reading)
    for at, word in enumerate(words):
        if at in covered or word not in _DIRECTIONS:
            continue
        start, end, limit = _number_around(words, at, covered)
        if words[at - 1] in ("at", "no") and word in _BOUNDS and not _out_at_most(words, at):
            continue
        end += _filler_after(words, end)
        start, end = _around_order(words, start, end)
        # `lowest first call resolution`: that `first` is the figure's
        named = at + 1 in covered and words[at + 1] == "first"
        leads = not named and (
            words[at + 1 : at + 2] in (["first"], ["on"]) or words[start:end][-1:] in (["order"], ["first"])
        )
        led = at + 1 + _named_between(words, at)  # `slowest desk first`
        if not (leads or named or limit) and words[led : led + 1] == ["first"] and reading.closes(led + 1):
            leads = True
            reading.explain(led, led + 1)
        direction = _felt(words, at) or _DIRECTIONS[word]
        ranking = Ranking(direction, limit, start, end, word in COMPARATIVES, leads)
        if not ranking.comparative:
            reading.explain(start, end)
        if reading.ranking is None or (reading.ranking.comparative and not ranking.comparative):
            reading.ranking = ranking
        elif not ranking.comparative:
            reading.rankings_more += 1
            reading.ranking = _merged(reading.ranking, ranking)
    if reading.ranking is None:
        reading.ranking = _in_a_name(reading, words)
    if reading.ranking is None and (ranked := first(reading, r"rank|ranked|ranking|sorted(?= [,.]|$)")):
        reading.ranking = Ranking("desc", None, *ranked)
    if reading.ranking is None and (ranked := first(reading, _SORTED_BY)):
        reading.explain(*ranked)
        reading.ranking = Ranking("desc", None, *ranked)
    if reading.ranking is None and "when" in words:
        _peak(reading)
    if limit_named and reading.ranking:
        reading.ranking = replace(reading.ranking, limit=reading.ranking.limit or limit_named)
    elif limit_named and limit_named > 1:
        reading.problems.append("limit")


_UNHAPPY = word_set("unhappy angry upset dissatisfied frustrated miserable annoyed negative unsatisfied")
_HAPPY = word_set("happy satisfied pleased content positive")


def _felt(words: list[str], at: int) -> Direction | None:
    """`most unhappy first`: the worst, whichever way the figure runs."""
    if not is_felt(words, at):
        return None
    return "worst" if (words[at] == "most") == (words[at + 1] in _UNHAPPY) else "best"


def is_felt(words: list[str], at: int) -> bool:
    """Whether `most unhappy` or the like stands at a place."""
    return words[at] in ("most", "least") and at + 1 < len(words) and words[at + 1] in _UNHAPPY | _HAPPY


def _in_a_name(reading: Reading, words: list[str]) -> Ranking | None:
    """`which age group finds us hardest to deal with`: the degree is a word of the figure's name."""
    asked = any(words[span.start - 1] in ("which", "what") for span in reading.of_kind("dimension") if span.start)
    for span in reading.of_kind("metric") if asked else ():
        for at in range(span.start, span.end):
            if words[at].endswith("est") and words[at] in _DIRECTIONS:
                return Ranking(_DIRECTIONS[words[at]], None, at, at + 1)
    return None


def _named_between(words: list[str], at: int) -> int:
    """How many words stand before the next `first`; none where that is further away than a name is long."""
    near = words[at + 1 : at + 4]
    return near.index("first") if "first" in near else 0


_BOUNDS = ("least", "most", "more", "less", "fewer", "best", "worst")


def _out_at_most(words: list[str], at: int) -> bool:
    """`which step do people drop out at most?`: no number is near it."""
    if words[at] != "most":
        return False
    near = [*words[max(0, at - 3) : at - 1], *words[at + 1 : at + 3]]
    return words[at - 2 : at - 1] in (["out"], ["off"], ["up"]) and not any(row_limit(word) for word in near)


def _peak(reading: Reading) -> None:
    """`when did calls peak?`, `when has NPS bottomed out?`"""
    for pattern, direction in _PEAKS:
        if found := first(reading, pattern):
            reading.explain(*found)
            reading.ranking = Ranking(direction, 1, *found)


def _only_one(reading: Reading) -> int | None:
    """`which state has the lowest CSAT? just the one`."""
    return 1 if take(reading, r"(?:just|only) (?:the )?(?:one|single one|winner|first one)") else None


def _merged(first: Ranking, second: Ranking) -> Ranking:
    """`the five worst ... lowest`: the number of one, the direction of the first named."""
    return Ranking(
        first.direction, first.limit or second.limit, first.start, first.end, first=first.first or second.first
    )


_ON_TOP = (["at", "the", "top"], ["on", "top"], ["up", "front"], ["at", "the", "head"])


def _number_around(words: list[str], at: int, covered: set[int]) -> tuple[int, int, int | None]:
    """top 5, 5 worst, the two worst, top handful of, best 3."""
    after = at + 1
    for place in (after, at - 1):
        number = row_limit(words[place]) if 0 <= place < len(words) and place not in covered else None
        if number == 1 and (words[place + 1 : place + 2] == ["first"] or words[place + 1 : place + 4] in _ON_TOP):
            return at, place + 1, None  # `worst one first` is an order
        if number:
            end = max(at, place) + 1
            end += words[end : end + 1] == ["of"]
            return min(at, place), end, number
    return at, at + 1, None


def row_limit(word: str) -> int | None:
    """A number of rows, in digits or words."""
    if re.fullmatch(r"\d{1,3}", word):
        return int(word) or None
    return NUMBER_WORDS[word] if word in NUMBER_WORDS and word not in ("zero", "hundred") else None


def _around_order(words: list[str], start: int, end: int) -> tuple[int, int]:
    """`in descending order`, `topped the list of`: the words that only carry the cue."""
    if words[end - 1] in ("ascending", "descending", "asc", "desc"):
        end += words[end : end + 1] == ["order"]
        start -= start > 0 and words[start - 1] == "in"
    for carried in (["the", "list", "of"], ["the", "list"], ["the", "chart"], ["the", "ranking"]):
        if words[end - 1] in ("topped", "tops") and words[end : end + len(carried)] == carried:
            return start, end + len(carried)
    return start, end


def _filler_after(words: list[str], end: int) -> int:
    """`most common`, `most often`, `worst performing`, `highest number of`."""
    following = _FOLLOWING
    if words[end : end + 1] == ["first"] and words[end + 1 : end + 2] in ([], [","], ["."]):
        return 1
    if end >= len(words) or words[end] not in following:
        return 0
    return 2 if words[end + 1 : end + 2] == ["first"] and words[end + 2 : end + 3] in ([], [","], ["."]) else 1


def _limit_named(reading: Reading, words: list[str]) -> int | None:
    """`limit 15`, `limited to 10`: a number of rows that stands by itself."""
    kept = first(reading, _FIRST)
    if kept and (number := row_limit(words[kept[1] - 1])):
        reading.explain(*kept)
        return number
    enough = first(reading, _ENOUGH)
    if enough and (number := row_limit(words[enough[0]])):
        reading.explain(*enough)
        return number
    for at, word in enumerate(words):
        if word not in ("limit", "limited"):
            continue
        place = at + 1 + (words[at + 1 : at + 2] == ["to"])
        number = row_limit(words[place]) if place < len(words) else None
        if number:
            reading.explain(at, place + 1)
            return number
    return None
