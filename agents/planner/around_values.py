"""`the average commercial claim`, `failed drug search sessions`: a name with a value in the middle of it."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span

_LONGEST = 3
_LEADING = frozenset(("average", "avg", "mean", "total"))


def join_around_values(reading: Reading, lexicon: Lexicon) -> None:
    """Take what stands before and after a value for one name."""
    _of_two_parts(reading, lexicon)
    _of_an_average(reading, lexicon)


def _of_two_parts(reading: Reading, lexicon: Lexicon) -> None:
    """`failed drug search sessions`: the name of one figure with a value within, not of two figures."""
    for value in reading.of_kind("value"):
        before = next((s for s in reading.of_kind("metric") if s.end == value.start == s.start + 1), None)
        after = next((s for s in reading.of_kind("metric") if s.start == value.end == s.end - 1), None)
        if before is None or after is None:
            continue
        key = (reading.tokens[before.start].lemma, reading.tokens[after.start].lemma)
        metrics = tuple(sorted(target for target in lexicon.exact.get(key, ()) if target.kind == "metric"))
        if metrics:
            reading.spans = [span for span in reading.spans if span not in (before, after)]
            reading.spans += [replace(before, targets=metrics)]
            reading.explain(after.start, after.end)


def _of_an_average(reading: Reading, lexicon: Lexicon) -> None:
    """Take `average ... claim` for the average claim amount where only a value stands between."""
    lemmas = [token.lemma for token in reading.tokens]
    for value in reading.of_kind("value"):
        at = value.start - 1
        if at < 0 or reading.tokens[at].text not in _LEADING:
            continue
        for length in range(_LONGEST, 0, -1):
            end = value.end + length
            targets = lexicon.exact.get((lemmas[at], *lemmas[value.end : end]), frozenset())
            figures = [
                t for t in targets if t.kind == "metric" and lexicon.compatible(t.name, value.targets[0].name)
            ]
            if end > len(lemmas) or not figures or len(figures) < len(targets):
                continue
            inside = range(value.end, end)
            reading.spans = [span for span in reading.spans if span.start not in inside or span is value]
            reading.spans.append(Span(value.end, end, "metric", tuple(sorted(targets))))
            reading.explain(at, at + 1)
            break
