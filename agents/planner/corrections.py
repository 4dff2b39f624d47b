"""`for hospital, sorry, for specialist claims`: a value or a breakdown that the next one takes back."""

from __future__ import annotations

import re
from itertools import pairwise

from agents.planner.reading import Reading, Span

TAKING_BACK = (
    r"no wait|wait no|wait|scratch that|strike that|sorry|correction|i mean|i meant|make (?:it|that)|"
    r"on second thought"
)
"""What a speaker says who takes back the words before it."""
_CUE = rf"(?:{TAKING_BACK}|oops|no actually|actually no|actually|or rather|rather|no sorry|no i (?:mean|meant))"
_LIGHT = (
    r"(?:,|for|in|of|on|by|at|from|the|our|no|it|was|is|actually|just|please|um|uh|er|claims|calls|members|ones?)"
)
_BETWEEN = re.compile(rf"(?:{_LIGHT} )*{_CUE}(?: (?:{_LIGHT}|{_CUE}))*")


def take_back(reading: Reading) -> None:
    """Drop what a speaker corrects at once, explain the words of the correction, and say what was taken.

    Only where nothing but words of a correction stands between two values of one dimension, or two dimensions.
    """
    spans = sorted((s for s in reading.spans if s.kind in ("value", "dimension")), key=lambda s: (s.start, s.end))
    for one, other in pairwise(spans):
        if one.end > other.start or one.kind != other.kind or not _alike(one, other):
            continue
        words = [token.text for token in reading.tokens]
        if not _BETWEEN.fullmatch(" ".join(words[one.end : other.start])):
            continue
        reading.spans = [span for span in reading.spans if not one.start <= span.start < one.end]
        reading.explain(one.start, other.start)
        said, meant = (" ".join(words[s.start : s.end]) for s in (one, other))
        reading.assumptions.append(f"Read '{meant}' in place of '{said}', which the question takes back.")


def _alike(one: Span, other: Span) -> bool:
    return one.kind == "dimension" or bool(one.names & other.names)
