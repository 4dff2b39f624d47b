"""Which of the words that a candidate leaves aside would make its figure another one, and which say nothing."""

from __future__ import annotations

from collections.abc import Sequence

from agents.planner.normalise import stem
from agents.planner.reading import Reading, asking_places
from agents.planner.reranker.slots import Slots, log_of
from agents.planner.words import english

NOTHING = -6.0
"""What stands for the logarithm of a chance where no word is left."""
_BOUNDARY = "^"
_NEAR = 3


def left_features(reading: Reading, at: int) -> list[str]:
    """What tells whether a word narrows a figure: not `behind` in `the money behind them`."""
    lemmas = [token.lemma for token in reading.tokens]
    word, raw = lemmas[at], reading.tokens[at].raw
    before = [_BOUNDARY, _BOUNDARY, *lemmas][at : at + 2]
    after = [*lemmas, _BOUNDARY, _BOUNDARY][at + 1 : at + 3]
    kinds = {place: span.kind for span in reading.spans for place in range(span.start, span.end)}
    ahead = next((f"{kinds[p]} {at - p}" for p in range(at - 1, at - 1 - _NEAR, -1) if p in kinds), "none")
    behind = next((f"{kinds[p]} {p - at}" for p in range(at + 1, at + 1 + _NEAR) if p in kinds), "none")
    asked = at in asking_places(reading)
    return list(
        dict.fromkeys(
            (
                "l", f"l is {word}", f"l stem {stem(reading.tokens[at].text)}", f"l starts {word[:4]}",
                f"l ends {word[-3:]}", f"l ends {word[-2:]}", f"l text ends {reading.tokens[at].text[-2:]}",
                f"l before {before[1]}", f"l before {' '.join(before)}", f"l after {after[0]}",
                f"l after {' '.join(after)}", f"l with {before[1]} {word}", f"l with {word} {after[0]}",
                f"l ahead {ahead}", f"l behind {behind}", f"l between {ahead} {behind}",
                f"l asked {asked}", f"l asked {asked} {word}", f"l english {reading.tokens[at].text in english()}",
                f"l capital {raw[:1].isupper()} {at == 0}", f"l number {raw[:1].isdigit()}",
                f"l first {at == 0 or reading.tokens[at - 1].is_mark}", f"l last {reading.closes(at + 1)}",
                f"l length {min(8, len(word))}",
            )
        )
    )  # fmt: skip


def telling(reading: Reading, left: Sequence[tuple[int, str]], slots: Slots) -> tuple[float, float]:
    """The logarithm of the chance that the most telling word left changes the figure, and how many would."""
    if not left or "left" not in slots.columns:
        return NOTHING, 0.0
    chances = [slots.probabilities(left_features(reading, at), ("left",))["left"]["telling"] for at, _ in left]
    return log_of(max(chances)), sum(chances)
