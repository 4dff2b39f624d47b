"""What the trained slots see of a question: masked words, and what the rules read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.planner.reading import Reading
from semantic.query import Comparison, TimeRange

_BOUNDARY = "^"
_PIECES = (3, 4)


def masked_words(reading: Reading, start: int = 0, end: int | None = None) -> list[str]:
    """The lemmas from `start` to `end`; a value is `<dimension>`, a period `<time>`, 7 `<n>` and so on."""
    masks: dict[int, tuple[int, str]] = {}
    for span in reading.spans:
        if span.kind == "value":
            name = min(target.name for target in span.targets)
            masks.update(dict.fromkeys(range(span.start, span.end), (span.start, f"<{name}>")))
    for span in reading.spans:
        if span.kind in ("time", "grain"):
            masks.update(dict.fromkeys(range(span.start, span.end), (span.start, f"<{span.kind}>")))
    words: list[str] = []
    last: tuple[int, str] | None = None
    for at, token in list(enumerate(reading.tokens))[start:end]:
        mask = masks.get(at)
        if mask is None:
            words.append("<n>" if token.text[:1].isdigit() else token.lemma)
        elif mask != last:
            words.append(mask[1])
        last = mask
    return words


def features(reading: Reading, intent: str) -> list[str]:
    """Names of all that holds of a question, each once."""
    return list(dict.fromkeys((*of_words(masked_words(reading)), *_of_rules(reading, intent))))


def kind_of_comparison(compared: Comparison | TimeRange | None) -> str:
    """What a comparison counts as for what is learnt: one with any other period as one with the period before."""
    return "previous_period" if isinstance(compared, TimeRange) else str(compared)


def of_words(words: Sequence[str]) -> Iterator[str]:
    """Words, pairs, pairs around a word, triples, first and last letters of long words, and pieces of words."""
    framed = [_BOUNDARY, *words, _BOUNDARY]
    for at, word in enumerate(framed):
        yield f"1 {word}"
        if at + 1 < len(framed):
            yield f"2 {word} {framed[at + 1]}"
        if at + 2 < len(framed):
            yield f"3 {word} _ {framed[at + 2]}"
            yield f"4 {word} {framed[at + 1]} {framed[at + 2]}"
        if len(word) > 5 and word[0] != "<":
            yield f"5 {word[:5]}"
            yield f"6 {word[-4:]}"
        if word[0] not in f"<{_BOUNDARY}":
            framed_word = f"_{word}_"
            for length in _PIECES:
                for start in range(len(framed_word) - length + 1):
                    yield f"7 {framed_word[start : start + length]}"


def _of_rules(reading: Reading, intent: str) -> Iterator[str]:
    yield f"intent {intent}"
    for span in reading.of_kind("metric"):
        certain = "metric" if len(span.targets) == 1 else "maybe"
        for target in span.targets:
            yield f"{certain} {target.name}"
    for span in reading.of_kind("dimension"):
        for target in span.targets:
            yield f"dimension {target.name}"
    for span in reading.breakdown:
        for target in span.targets:
            yield f"by {target.name}"
    for span in reading.of_kind("value"):
        compared = "compared" if span.start in reading.compared else "value"
        negated = " not" if span.start in reading.negated else ""
        for target in span.targets:
            yield f"{compared}{negated} {target.name}"
    yield f"periods {min(3, len(reading.of_kind('time')))}"
    yield f"grain {reading.grain}"
    yield f"compare {kind_of_comparison(reading.compare_to)} {reading.compare_cue}"
    ranking = reading.ranking
    yield f"ranking {ranking.direction if ranking else None}"
    yield f"limit {min(ranking.limit or 0, 2) if ranking else None}"
    yield f"thresholds {len(reading.thresholds)}"


def clause_features(reading: Reading, start: int, end: int) -> list[str]:
    """What the slots see of a part of a question: its words and the metrics that the rules found in it."""
    words = masked_words(reading, start, end)
    spans = [span for span in reading.of_kind("metric") if start <= span.start and span.end <= end]
    named = (
        f"{'metric' if len(span.targets) == 1 else 'maybe'} {target.name}"
        for span in spans
        for target in span.targets
    )
    return list(dict.fromkeys((*of_words(words), *named)))
