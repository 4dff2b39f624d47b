"""The words without which a cue pattern cannot match: most patterns can be ruled out by the words of a question.

Of a pattern `(?:what|which) (?:\\S+ )?fix(?:es)?` every match has one of `what` and `which`, and one of `fix` and
`fixes`. What is not understood of a pattern rules nothing out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

Needed = tuple[frozenset[str], ...]
"""Of each set a match has at least one word."""
_MOST_TEXTS = 3_000
_KEPT = 3
_SPECIAL = frozenset(".[^$*+?{|()\\")


@dataclass(frozen=True)
class _Part:
    """A part of a pattern: the texts that it stands for, or, where they are too many, what it needs.

    `closed` says that what it stands for ends in a blank.
    """

    texts: frozenset[str] | None
    needed: Needed = ()
    closed: bool = False


_EMPTY = _Part(frozenset({""}))
_ANYTHING = _Part(None)


def needed_words(pattern: str) -> Needed:
    """Sets of words, the smallest first; the pattern matches whole words of a text with blanks between them."""
    parser = _Parser(pattern)
    found = parser.alternatives(edges=True)
    return found.needed if parser.at == len(pattern) else ()


class _Parser:
    """Reads the syntax that cue patterns are written in."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def alternatives(self, *, edges: bool = False) -> _Part:
        """Parts between bars. `edges`: nothing but blanks stands before and after them."""
        parts = [self._sequence(edges)]
        while self._next() == "|":
            self.at += 1
            parts.append(self._sequence(edges))
        return parts[0] if len(parts) == 1 else _either(parts, edges)

    def _next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _sequence(self, edges: bool) -> _Part:
        parts = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._counted(self._atom()))
        return _joined(parts, edges)

    def _atom(self) -> _Part:
        char = self._next()
        self.at += 1
        if char == "(":
            return self._group()
        if char == "\\":
            self.at += 1
            escaped = self.pattern[self.at - 1 : self.at]
            return _ANYTHING if escaped.isalnum() else _Part(frozenset({escaped}))
        if char == "[":
            self.at = self.pattern.index("]", self.at + 1) + 1
            return _ANYTHING
        return _ANYTHING if char in _SPECIAL else _Part(frozenset({char}))

    def _group(self) -> _Part:
        looks = next((sign for sign in ("?=", "?!", "?<=", "?<!") if self.pattern.startswith(sign, self.at)), "")
        self.at += len(looks) or 2 * self.pattern.startswith("?:", self.at)
        inner = self.alternatives()
        self.at += 1
        return _EMPTY if looks else inner

    def _counted(self, part: _Part) -> _Part:
        """The part with what says how often it stands there."""
        char = self._next()
        if char not in ("?", "*", "+", "{") or not char:
            return part
        end = self.pattern.index("}", self.at) + 1 if char == "{" else self.at + 1
        least = self.pattern[self.at : end]
        self.at = end + (self.pattern[end : end + 1] == "?")
        if char == "?" and part.texts is not None:
            return _Part(part.texts | {""})
        optional = char in "?*" or least.startswith("{0") or least.startswith("{,")
        closed = part.closed if part.texts is None else all(text.endswith(" ") for text in part.texts)
        return _Part(None, () if optional else _told(part), closed)


def _told(part: _Part) -> Needed:
    """What a part needs that may be preceded and followed by other characters."""
    return part.needed if part.texts is None else _of_texts(part.texts, before=False, after=False)


def _either(parts: list[_Part], edges: bool) -> _Part:
    texts = [part.texts for part in parts if part.texts is not None]
    if len(texts) == len(parts) and sum(map(len, texts)) <= _MOST_TEXTS:
        together = frozenset().union(*texts)
        return _Part(together, _of_texts(together, before=edges, after=edges) if edges else ())
    told = [part.needed if edges else _told(part) for part in parts]
    needed = (frozenset().union(*(one[0] for one in told)),) if all(told) else ()
    closed = all(part.closed if part.texts is None else _closes(part.texts) for part in parts)
    return _Part(None, needed, closed)


def _closes(texts: Iterable[str]) -> bool:
    return all(text.endswith(" ") for text in texts)


def _joined(parts: list[_Part], edges: bool) -> _Part:
    """Parts one after the other."""
    texts, begins, found = frozenset({""}), edges, list[frozenset[str]]()
    whole = True
    for part in parts:
        after = None if part.texts is None else _appended(texts, part.texts)
        if after is not None:
            texts = after
            continue
        found += _of_texts(texts, before=begins, after=False)
        between = all(text.endswith(" ") or (begins and not text) for text in texts)
        if part.texts is not None:  # too many texts: begin anew
            texts, begins = part.texts, between
        else:
            found += part.needed
            texts, begins = frozenset({""}), between and part.closed
        whole = False
    if whole:
        return _Part(texts, _of_texts(texts, before=edges, after=edges) if edges else ())
    found += _of_texts(texts, before=begins, after=edges)
    closed = _closes(texts) or (texts == {""} and bool(parts) and parts[-1].closed)
    return _Part(None, tuple(sorted(found, key=len)[:_KEPT]), closed)


def _appended(texts: frozenset[str], more: frozenset[str]) -> frozenset[str] | None:
    if len(texts) * len(more) > _MOST_TEXTS:
        return None
    return frozenset(one + other for one, other in product(texts, more))


def _of_texts(texts: frozenset[str], *, before: bool, after: bool) -> Needed:
    """The first and the last whole word of every text; none where a text has none.

    `before` and `after` say that nothing but a blank stands there, so that words at the edge are whole.
    """
    first, last = set(), set()
    for text in texts:
        words = text.split(" ")
        whole = words[0 if before else 1 : len(words) if after else len(words) - 1]
        whole = [word for word in whole if word]
        if not whole:
            return ()
        first.add(whole[0])
        last.add(whole[-1])
    found = {frozenset(first), frozenset(last)}
    return tuple(sorted(found, key=lambda words: (len(words), sorted(words))))
