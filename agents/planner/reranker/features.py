"""What the trained slots see of a question: masked words, and what the rules read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.planner.reading import Reading, Span

_BOUNDARY = "^"


def masked_words(reading: Reading) -> list[str]:
    """The lemmas in order; a value is `<dimension>`, a period `<time>`, a grain `<grain>`, a number `<n>`."""
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
    for at, token in enumerate(reading.tokens):
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


def of_words(words: Sequence[str]) -> Iterator[str]:
    """Words, pairs, pairs around a word, triples, and the first and last letters of long words."""
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
    yield f"compare {reading.compare_to} {reading.compare_cue}"
    ranking = reading.ranking
    yield f"ranking {ranking.direction if ranking else None}"
    yield f"limit {min(ranking.limit or 0, 2) if ranking else None}"
    yield f"thresholds {len(reading.thresholds)}"


def value_features(reading: Reading, span: Span) -> list[str]:
    """What tells whether a value narrows the question or is only said in passing: `the bill for repeat calls`."""
    words = [token.lemma for token in reading.tokens]
    said = " ".join(words[span.start : span.end])
    dimension = min(target.name for target in span.targets)
    before = [_BOUNDARY, _BOUNDARY, *words][span.start : span.start + 2]
    after = [*words, _BOUNDARY, _BOUNDARY][span.end : span.end + 2]
    raw = reading.tokens[span.start].raw
    marks = [token.is_mark and token.text == "." for token in reading.tokens]
    return list(
        dict.fromkeys(
            (
                "v", f"v in {dimension}", f"v is {said}", f"v {said} in {dimension}",
                f"v before {before[1]}", f"v before {' '.join(before)}", f"v after {after[0]}",
                f"v after {' '.join(after)}", f"v around {before[1]} {after[0]}",
                f"v {dimension} before {before[1]}", f"v {dimension} after {after[0]}",
                f"v {said} before {before[1]}", f"v {said} after {after[0]}",
                f"v capital {raw[:1].isupper()} {dimension}", f"v exact {len(span.targets)}",
                f"v compared {span.start in reading.compared}", f"v negated {span.start in reading.negated}",
                f"v sentence {any(marks[span.end:])} {any(marks[:span.start])}",
                f"v others {min(3, len(reading.of_kind('value')))}",
                *(f"v {dimension} beside metric {t.name}" for s in reading.of_kind("metric") for t in s.targets),
                *(f"v {dimension} by {t.name}" for s in reading.breakdown for t in s.targets),
            )
        )
    )  # fmt: skip
