"""Averages over time of what adds up: calls per day on average, the average number of claims per week."""

from __future__ import annotations

from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from agents.planner.words import AVERAGE
from semantic.query import TimeGrain

_BROKEN_DOWN = frozenset({"by", "over", "across", "trend", "course"})


def read_average_per(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    """Turn the time grain beside an average into what is averaged over; `average calls by day` stays undecided."""
    said = _average_words(reading)
    if not draft.grain or not said or not draft.metrics or _by_grain(draft, reading):
        return
    if draft.grain != "day" and draft.compare_to:
        return
    if not all(_adds_up_over_time(name, lexicon) for name in draft.metrics):
        return
    draft.average_per, draft.grain = draft.grain, _other_grain(draft, reading)
    for at in said:
        reading.explain(at, at + 1)


def _other_grain(draft: Draft, reading: Reading) -> TimeGrain | None:
    """`average calls per day by month`: what the averages are broken down by."""
    others = [span.grain for span in reading.of_kind("grain") if span.grain and span.grain != draft.grain]
    return others[0] if draft.grain == "day" and others else None


def keep_average(draft: Draft, lexicon: Lexicon) -> None:
    """After a turn: an average over time stays while the figures have one, and per week only of a plain period."""
    plain = draft.average_per == "day" or not (draft.grain or draft.compare_to)
    if not (plain and all(_adds_up_over_time(name, lexicon) for name in draft.metrics)):
        draft.average_per = None


def _average_words(reading: Reading) -> list[int]:
    named = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    return [
        at for at, token in enumerate(reading.tokens) if token.text in AVERAGE - {"typical"} and at not in named
    ]


def _by_grain(draft: Draft, reading: Reading) -> bool:
    spans = [span for span in reading.of_kind("grain") if span.grain == draft.grain]
    beside = [token.text for span in spans for token in reading.tokens[max(0, span.start - 1) : span.end]]
    return not spans or not _BROKEN_DOWN.isdisjoint(beside)


def _adds_up_over_time(name: str, lexicon: Lexicon) -> bool:
    model = lexicon.model
    dated = any(model.datasets[source].time_column for source in model.datasets_of(name))
    return model.metrics[name].additive and dated
