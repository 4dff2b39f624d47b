"""The shape of a trace for whoever draws it."""

from __future__ import annotations

from collections.abc import Sequence

from agents.tracing.trace import Span


def depths(spans: Sequence[Span]) -> list[int]:
    """How far inside others each span lies; a parent that was not kept counts as the answer itself."""
    found: dict[int, int] = {}
    for span in spans:
        found[span.number] = 0 if span.parent < 0 else found.get(span.parent, 0) + 1
    return [found[span.number] for span in spans]
