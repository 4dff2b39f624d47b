"""What every rule of the time grammar is made of: words at a place, phrases, ordinals, shapes of days and years.

A rule takes the words of a question and an index and returns (end, period), or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cache, lru_cache

from agents.planner.periods import Clock, Period
from agents.planner.words import word_set

Found = tuple[int, Period] | None
Rule = Callable[[Sequence[str], int, Clock], Found]
Opened = dict[Rule, Set[str]]
"""Rules with the words, or shapes of words, that each may begin with."""
DIGIT, QUARTER_NAME, HALF_NAME, FISCAL_NAME = "<digit>", "<q1>", "<h1>", "<fy26>"
"""Shapes of words that a rule may begin with, beside words as they stand."""

LAST = word_set("last past previous prior preceding trailing rolling latest recent")
THIS = word_set("this current running")
ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1,
    "final": -1, "opening": 1, "closing": -1,
}  # fmt: skip
PREPOSITIONS = word_set("in for during over within on of throughout across at through from")
DAY = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?$")
YEAR = re.compile(r"^(?:19|20)\d\d$")
QUARTER = re.compile(r"^q([1-4])$")
HALF = re.compile(r"^h([12])$")
FISCAL_YEAR = re.compile(r"^fy(\d{2}|\d{4})$")
_SHAPES = ((QUARTER, QUARTER_NAME), (HALF, HALF_NAME), (FISCAL_YEAR, FISCAL_NAME))


class Words(list[str]):
    """The words of one question, seen from one day. `points` are the periods read at its places so far.

    Several rules ask for the period at the same place.
    """

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__(words)
        self.points: dict[int, Found] = {}


class Rules:
    """Rules by the words that they may begin with: most rules begin with few, and most words begin none."""

    def __init__(self, opened: Mapping[Rule, Set[str]]) -> None:
        """`opened` says of each rule with which words, or shapes of words, it may begin."""
        self._opened = tuple(opened.items())
        self.at = lru_cache(maxsize=4_000)(self._at)

    def _at(self, word: str, further: str = "") -> tuple[Rule, ...]:
        """The rules that may begin with a word, in their order. `further` is what else the word is."""
        kinds = {word, further, *shapes_of(word)}
        return tuple(rule for rule, words in self._opened if not words.isdisjoint(kinds))


def shapes_of(word: str) -> list[str]:
    """The shapes that a word has: a number, a quarter's name and so on."""
    found = [DIGIT] if word[0].isdigit() else []
    return found + [name for shape, name in _SHAPES if shape.match(word)]


def longest(rules: Iterable[Rule], words: Sequence[str], at: int, clock: Clock) -> Found:
    """The longest that any of the rules reads; of equals, the first rule's."""
    found = [result for rule in rules if (result := rule(words, at, clock))]
    return max(found, key=lambda result: result[0]) if found else None


def match_phrase(words: Sequence[str], at: int, phrase: str) -> int:
    """End index when the phrase's words stand at `at`, else 0."""
    parts = _parts(phrase)
    if at >= len(words) or words[at] != parts[0]:
        return 0
    return at + len(parts) if tuple(words[at : at + len(parts)]) == parts else 0


@cache
def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(phrase.split())


def word_at(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""
