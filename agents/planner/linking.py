"""Span linking: which words stand for which metric, dimension, value or period.

All candidate spans compete; the set that explains most words with the fewest, strictest spans wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.periods import Clock
from agents.planner.reading import Reading, Span, Target, Token
from agents.planner.times import read_span
from agents.planner.words import ADVERB_GRAINS, FUNCTION, LINKERS, UNITS
from semantic.query import TimeGrain

_EXACT, _BAG, _STEM = 1.0, 0.9, 0.8
_LONGEST_WINDOW = 9


def link(reading: Reading, lexicon: Lexicon, clock: Clock) -> None:
    """Fill `reading.spans` with the best set of spans that do not overlap."""
    tokens = reading.tokens
    candidates = [
        *_exact_spans(tokens, lexicon),
        *_loose_spans(tokens, lexicon),
        *_time_spans(tokens, clock),
        *_grain_spans(tokens),
    ]
    reading.spans = best_cover(len(tokens), candidates, tokens)


def _exact_spans(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    lemmas = [token.lemma for token in tokens]
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + lexicon.longest) + 1):
            targets = lexicon.exact.get(tuple(lemmas[start:end]))
            if targets:
                allowed = _allowed(targets, tokens[start:end], lexicon)
                yield from _by_kind(start, end, allowed, _EXACT)


def _allowed(targets: frozenset[Target], tokens: Sequence[Token], lexicon: Lexicon) -> frozenset[Target]:
    """Without the values that need capitals, unless the word was typed in capitals."""
    if len(tokens) == 1 and tokens[0].text in FUNCTION and not tokens[0].raw.isupper():
        return targets - lexicon.capitals
    return targets


def _by_kind(start: int, end: int, targets: Iterable[Target], weight: float) -> Iterable[Span]:
    """One span per kind: a word that is a metric and a value stays open until the cues decide."""
    found = sorted(targets)
    for kind in ("metric", "dimension", "value"):
        of_kind = tuple(target for target in found if target.kind == kind)
        if of_kind:
            yield Span(start, end, kind, of_kind, weight=weight)


def _loose_spans(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """Windows of content words with only linking words between, in any order."""
    for start, first in enumerate(tokens):
        if first.text in FUNCTION or first.is_mark:
            continue
        words: list[Token] = []
        for end in range(start, min(len(tokens), start + _LONGEST_WINDOW)):
            token = tokens[end]
            if token.text in FUNCTION:
                if token.text not in LINKERS:
                    break
                continue
            if token.is_mark:
                break
            words.append(token)
            yield from _window(start, end + 1, words, lexicon)


def _window(start: int, end: int, words: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    if len(words) > 1 and (found := lexicon.bag.get(tuple(sorted(word.lemma for word in words)))):
        yield from _by_kind(start, end, found, _BAG)
    if found := lexicon.stems.get(tuple(sorted(stem(word.text) for word in words))):
        yield from _by_kind(start, end, found, _STEM)


def _time_spans(tokens: Sequence[Token], clock: Clock) -> Iterable[Span]:
    words = [token.text for token in tokens]
    for start in range(len(words)):
        found = read_span(words, start, clock)
        if found:
            yield Span(start, found[0], "time", period=found[1], weight=1.02)


def _grain_spans(tokens: Sequence[Token]) -> Iterable[Span]:
    """weekly, by month, per day, each quarter, month by month, week over week is a comparison and not here."""
    words = [token.text for token in tokens]
    for at, word in enumerate(words):
        if word in ADVERB_GRAINS and word != "annual":
            yield _grain(at, at + 1, ADVERB_GRAINS[word])
        unit = UNITS.get(word)
        if not unit:
            continue
        if words[at + 1 : at + 3] in (["by", word], ["after", word], ["to", word]):
            yield _grain(at - (at > 0 and words[at - 1] == "on"), at + 3, unit)
        before = words[at - 1] if at else ""
        if before in ("per", "by", "each", "every") and words[at + 1 : at + 2] != ["of"]:
            lead = at - 2 if at > 1 and words[at - 2] in ("for", "in", "by", "per") else at - 1
            yield _grain(lead, at + 1, unit)
        if words[at - 2 : at] in (["for", "the"],) and at > 1:
            continue


def _grain(start: int, end: int, unit: str) -> Span:
    grains: dict[str, TimeGrain] = {
        "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"
    }  # fmt: skip
    return Span(start, end, "grain", grain=grains[unit], weight=1.01)


def best_cover(length: int, candidates: Iterable[Span], tokens: Sequence[Token]) -> list[Span]:
    """Weighted interval scheduling: most words explained, then strictest, then fewest spans.

    Spans over the same words with the same weight are kept together (a metric that is also a value).
    """
    by_end: dict[int, list[Span]] = {}
    for span in candidates:
        by_end.setdefault(span.end, []).append(span)
    best: list[tuple[float, tuple[Span, ...]]] = [(0.0, ())]
    for end in range(1, length + 1):
        options = [best[end - 1]]
        for span in by_end.get(end, ()):
            score, chosen = best[span.start]
            options.append((score + _value(span, tokens), (*chosen, span)))
        best.append(max(options, key=lambda option: option[0]))
    chosen_spans = list(best[length][1])
    return _with_twins(chosen_spans, candidates if isinstance(candidates, list) else [])


def _value(span: Span, tokens: Sequence[Token]) -> float:
    words = sum(0.2 if token.text in FUNCTION else 1.0 for token in tokens[span.start : span.end])
    return words * span.weight - 0.15


def _with_twins(chosen: list[Span], candidates: Sequence[Span]) -> list[Span]:
    """Add the other readings of the same words, metric before dimension before value."""
    rank = {"metric": 0, "dimension": 1, "value": 2, "time": 3, "grain": 4}
    result: list[Span] = []
    for span in chosen:
        twins = {
            twin
            for twin in candidates
            if (twin.start, twin.end) == (span.start, span.end) and abs(twin.weight - span.weight) < 0.001
        }
        result.extend(sorted(twins | {span}, key=lambda twin: rank[twin.kind]))
    return result
