"""`the average commercial claim`: a figure's name with a value in the middle of it."""

from __future__ import annotations

from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span

_LONGEST = 3
_LEADING = frozenset(("average", "avg", "mean", "total"))


def join_around_values(reading: Reading, lexicon: Lexicon) -> None:
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
