"""What kind of answer is asked for: figures, drivers, a what-if, a briefing, actions, impact, a member's path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from agents.planner.cues import find
from agents.planner.numerals import read_quantity
from agents.planner.plan import PlanKind
from agents.planner.reading import Reading

_FILE = Path(__file__).parent / "intents.yml"
_READING: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
PATTERNS: tuple[tuple[PlanKind, tuple[str, ...]], ...] = tuple(
    (cast(PlanKind, kind), tuple(patterns)) for kind, patterns in _READING.items()
)


@dataclass
class Intent:
    """The kind, the words that said so, and the size of a what-if in percent."""

    kind: PlanKind = "query"
    cue: tuple[int, int] | None = None
    pct: float | None = None


def read_intent(reading: Reading) -> Intent:
    """The first kind whose cue stands in the question outside linked metric and dimension names."""
    covered = {at for span in reading.spans if span.kind != "time" for at in range(span.start, span.end)}
    for kind, patterns in PATTERNS:
        for pattern in patterns:
            for start, end in find(reading, pattern):
                if kind == "drivers" and _ranks_dimension(reading, start):
                    continue
                if covered.issuperset(range(start, end)):
                    continue
                intent = Intent(kind, (start, end))
                if kind == "what_if":
                    intent.pct = _percentage(reading)
                return intent
    return Intent()


def _ranks_dimension(reading: Reading, start: int) -> bool:
    """`which three journeys are driving the most cost`: a ranking, although it says driving."""
    words = [token.text for token in reading.tokens]
    return words[start] in ("what", "which") and reading.ranking is not None and bool(reading.breakdown)


def _percentage(reading: Reading) -> float | None:
    words = [token.text for token in reading.tokens]
    for at in range(len(words)):
        quantity = read_quantity(words, at)
        if quantity and quantity.unit == "percent":
            reading.explain(at, quantity.end)
            return round(quantity.value * 100, 1)
        if words[at : at + 3] == ["by", "a", "quarter"]:
            reading.explain(at, at + 3)
            return 25.0
        if words[at] in ("halve", "halved", "halving"):
            reading.explain(at, at + 1)
            return 50.0
    return None
