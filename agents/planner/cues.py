"""Cue phrases: finding them among the tokens and marking them as explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agents.planner.reading import Reading


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")


def find(reading: Reading, pattern: str) -> Iterator[tuple[int, int]]:
    """Token ranges whose words match the pattern; blanks in the pattern separate words."""
    text = reading.text
    for match in _compiled(pattern).finditer(text):
        start = text.count(" ", 0, match.start())
        yield start, start + match.group().count(" ") + 1


def first(reading: Reading, pattern: str) -> tuple[int, int] | None:
    """The first such range, or None."""
    return next(find(reading, pattern), None)


def take(reading: Reading, pattern: str, *, outside_spans: bool = True) -> bool:
    """Mark every match as explained; whether there was one. Words of a linked span do not count."""
    covered = {at for span in reading.spans for at in range(span.start, span.end)} if outside_spans else set()
    found = False
    for start, end in list(find(reading, pattern)):
        if covered.isdisjoint(range(start, end)):
            reading.explain(start, end)
            found = True
    return found


def unexplained(reading: Reading, pattern: str) -> bool:
    """Whether the pattern matches words that nothing accounts for yet."""
    covered = {at for span in reading.spans for at in range(span.start, span.end)} | reading.explained
    return any(covered.isdisjoint(range(start, end)) for start, end in find(reading, pattern))
