"""Figures that share words with one named before: `resolved and unresolved calls`, `calls, and how many late`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from agents.planner.lexicon import Lexicon
from agents.planner.reading import Span, Target, Token
from agents.planner.words import word_set

EXACT = 1.0
"""Weight of a name that stands as it is in the vocabulary."""


def elliptical(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """Spans of figures whose names are only whole with words of another figure."""
    yield from _shared_heads(tokens, lexicon)
    yield from _shared_fronts(tokens, lexicon)
    yield from _of_what_was_counted(tokens, lexicon)


_JOINED_BY = ("and", "or", "vs", "versus", "plus", ",")
_LONGEST_FRONT = 5


def _shared_heads(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """`resolved and unresolved calls`: the first of two figures that share their noun."""
    lemmas = [token.lemma for token in tokens]
    for at in range(1, len(tokens) - 2):
        if tokens[at].text not in ("and", "or", "vs", "versus"):
            continue
        for end in range(at + 3, min(len(tokens), at + 5) + 1):
            head = tuple(lemmas[at + 2 : end])
            second = _metrics_of((lemmas[at + 1], *head), lexicon)
            found = _metrics_of((lemmas[at - 1], *head), lexicon) if second else ()
            # `scripts and pharmacy denials`: the first is whole as it stands
            if found and found != second and not _counts(lemmas[at - 1], lexicon):
                yield Span(at - 1, at, "metric", found, weight=EXACT + 0.01)
                yield from _before_them(lemmas, at - 2, head, {found, second}, lexicon)
        yield from _long_firsts(lemmas, at, lexicon)


def _before_them(
    lemmas: Sequence[str], at: int, head: tuple[str, ...], taken: set[tuple[Target, ...]], lexicon: Lexicon
) -> Iterable[Span]:
    """`successful, failed and abandoned sessions`: those that commas join to the first of two."""
    while at > 0 and lemmas[at] == ",":
        found = _metrics_of((lemmas[at - 1], *head), lexicon)
        if not found or found in taken or _counts(lemmas[at - 1], lexicon):
            return
        yield Span(at - 1, at, "metric", found, weight=EXACT + 0.01)
        at -= 2


def _long_firsts(lemmas: Sequence[str], at: int, lexicon: Lexicon) -> Iterable[Span]:
    """`rate-not-found and provider-not-found rate`: the first has several words, no figure without the last."""
    for end in range(at + 3, min(len(lemmas), at + _LONGEST_FRONT + 1) + 1):
        second = _metrics_of(tuple(lemmas[at + 1 : end]), lexicon)
        for start in range(max(0, at - _LONGEST_FRONT), at - 1) if second else ():
            alone = tuple(lemmas[start:at])
            found = _metrics_of((*alone, lemmas[end - 1]), lexicon)
            if len(found) == 1 and found != second and not _metrics_of(alone, lexicon):
                yield Span(start, at, "metric", found, weight=EXACT + 0.01)


def _counts(noun: str, lexicon: Lexicon) -> bool:
    """Whether a word alone is the name of a count that is neither good nor bad."""
    metrics = [lexicon.model.metrics[target.name] for target in _metrics_of((noun,), lexicon)]
    return any(metric.unit == "count" and metric.polarity == "neutral" for metric in metrics)


def _shared_fronts(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """`prior authorization approval days and denial rate`: the second of two figures that share how they begin."""
    lemmas = [token.lemma for token in tokens]
    for at in range(2, len(tokens) - 1):
        if tokens[at].text not in _JOINED_BY:
            continue
        first = at + 1 + (tokens[at + 1].text in ("the", "its", "their", "and"))
        if first == len(tokens):
            continue  # `denial rate, the ...`, cut short
        ends = range(first + 1, min(len(tokens), first + 3) + 1)
        if any(len(_metrics_of(tuple(lemmas[first:end]), lexicon)) == 1 for end in ends):
            continue  # `leaked calls and repeat calls`: the second is whole as it stands
        if tokens[at].text == "," and any(t.kind == "dimension" for t in lexicon.exact.get((lemmas[first],), ())):
            continue  # `in-network cost, networks 00248 and 00301`
        starts = [
            start
            for start in range(max(0, at - _LONGEST_FRONT), at - 1)
            if _metrics_of(tuple(lemmas[start:at]), lexicon)
        ]
        for start in starts:
            own = _metrics_of(tuple(lemmas[start:at]), lexicon)
            for end in ends:
                for front in range(start + 1, at):
                    found = _metrics_of((*lemmas[start:front], *lemmas[first:end]), lexicon)
                    if found and found != own and len(found) == 1:
                        yield Span(first, end, "metric", found, weight=EXACT + 0.01)


_COUNTS = {("how", "many"), ("number", "of")} | {
    (asks, part)
    for asks in ("what", "which")
    for part in ("share", "percentage", "percent", "portion", "part", "proportion", "fraction")
}
_CARRIED = word_set("of them those these were was are is got get been had have did do we ended up")


def _of_what_was_counted(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """`how many claims came in, and how many were denied`: the second counts the denied ones of the claims."""
    words, lemmas = [token.text for token in tokens], [token.lemma for token in tokens]
    cues = [at for at in range(len(words) - 2) if (words[at], words[at + 1]) in _COUNTS]
    for first, second in pairwise(cues):
        nouns = [at for at in range(first + 2, min(second, first + 5)) if lemmas[at] in lexicon.volumes]
        at = second + 2
        while at < len(words) and words[at] in _CARRIED:
            at += 1
        if not nouns or at >= len(words) or words[second - 1] not in ("and", ",", "."):
            continue
        if at == second + 2 and lemmas[at] in lexicon.volumes:
            continue  # `how many members and how many calls`
        for end in (at + 2, at + 1):
            found = _metrics_of((*lemmas[at:end], lemmas[nouns[0]]), lexicon) if end <= len(words) else ()
            if found and lemmas[nouns[0]] not in lemmas[at:end]:
                yield Span(at, end, "metric", found, weight=EXACT + 0.02)
                break


def _metrics_of(key: tuple[str, ...], lexicon: Lexicon) -> tuple[Target, ...]:
    return tuple(sorted(target for target in lexicon.exact.get(key, ()) if target.kind == "metric"))
