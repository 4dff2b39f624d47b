"""Cue phrases: finding them among the tokens and marking them as explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agents.planner.cue_words import Needed, needed_words
from agents.planner.reading import Reading


@dataclass(frozen=True)
class _Cue:
    """A pattern made ready. Only a text with a word of each of the `needed` sets can match."""

    pattern: re.Pattern[str]
    needed: Needed


@lru_cache(maxsize=1000)
def _cue(pattern: str) -> _Cue:
    return _Cue(re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), needed_words(pattern))


def find(reading: Reading, pattern: str) -> Iterator[tuple[int, int]]:
    """Token ranges whose words match the pattern; blanks in the pattern separate words."""
    cue, wording = _cue(pattern), reading.wording
    for words in cue.needed:
        if words.isdisjoint(wording.words):
            return iter(())
    return _matches(cue, wording.text)


def _matches(cue: _Cue, text: str) -> Iterator[tuple[int, int]]:
    for match in cue.pattern.finditer(text):
        start = text.count(" ", 0, match.start())
        yield start, start + match.group().count(" ") + 1


def first(reading: Reading, pattern: str) -> tuple[int, int] | None:
    """The first such range, or None."""
    return next(find(reading, pattern), None)


def take(reading: Reading, pattern: str, *, outside_spans: bool = True) -> bool:
    """Mark every match as explained; whether there was one. Words of a linked span do not count."""
    matches = list(find(reading, pattern))
    if not matches:
        return False
    covered = {at for span in reading.spans for at in range(span.start, span.end)} if outside_spans else set()
    found = False
    for start, end in matches:
        if covered.isdisjoint(range(start, end)):
            reading.explain(start, end)
            found = True
    return found


def unexplained(reading: Reading, pattern: str) -> bool:
    """Whether the pattern matches words that nothing accounts for yet."""
    matches = list(find(reading, pattern))
    if not matches:
        return False
    covered = {at for span in reading.spans for at in range(span.start, span.end)} | reading.explained
    return any(covered.isdisjoint(range(start, end)) for start, end in matches)
