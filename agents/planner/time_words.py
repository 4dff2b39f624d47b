"""What every rule of the time grammar is made of: words at a place, phrases, ordinals, shapes of days and years.

A rule takes the words of a question and an index and returns (end, period), or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from agents.planner.periods import Clock, Period
from agents.planner.words import word_set

Found = tuple[int, Period] | None
Rule = Callable[[Sequence[str], int, Clock], Found]

LAST = word_set("last past previous prior preceding trailing rolling latest recent")
THIS = word_set("this current running")
ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1,
    "final": -1, "opening": 1, "closing": -1,
}  # fmt: skip
PREPOSITIONS = word_set("in for during over within on of throughout across at through from")
DAY = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?$")
YEAR = re.compile(r"^(?:19|20)\d\d$")


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
