"""Which of the periods that a question names it asks about, and which are only said in passing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.planner.periods import Clock, clip
from agents.planner.reading import Reading, Span
from agents.planner.reranker.features import kind_of_comparison
from agents.planner.reranker.slots import Slots, log_of
from semantic.query import TimeRange

_BOUNDARY = "^"


@dataclass(frozen=True)
class Named:
    """A period's days within the data and how probably the question asks about it."""

    time: TimeRange
    chance: float


def named_periods(reading: Reading) -> list[Span]:
    """The periods in the order of the question, without mere baselines (`than the month before`)."""
    return [span for span in reading.of_kind("time") if span.period and not span.period.baseline]


def period_features(reading: Reading, span: Span, others: Sequence[Span]) -> list[str]:
    """What tells whether a period is asked about: `tomorrow's review`, `for September`."""
    assert span.period
    words = [token.lemma for token in reading.tokens]
    before = [_BOUNDARY, _BOUNDARY, *words][span.start : span.start + 2]
    after = [*words, _BOUNDARY, _BOUNDARY][span.end : span.end + 2]
    marks = [token.is_mark and token.text == "." for token in reading.tokens]
    sentence = (any(marks[span.end :]), any(marks[: span.start]))
    metrics = any(
        not any(marks[min(one.end, span.end) : max(one.start, span.start)]) for one in reading.of_kind("metric")
    )
    said = words[span.start : span.end]
    return list(
        dict.fromkeys(
            (
                "p", f"p is {' '.join(said)}", *(f"p word {word}" for word in said),
                f"p unit {span.period.unit}", f"p vague {bool(span.period.vague)}",
                f"p before {before[1]}", f"p before {' '.join(before)}",
                f"p after {after[0]}", f"p after {' '.join(after)}", f"p around {before[1]} {after[0]}",
                f"p first {span.start == 0}", f"p last {all(t.is_mark for t in reading.tokens[span.end:])}",
                f"p sentence {sentence}", f"p figure {metrics}", f"p figure {metrics} {sentence}",
                f"p others {min(2, len(others) - 1)}", f"p earliest {span == others[0]}",
                f"p latest {all(s.period is None or s.period.start <= span.period.start for s in others)}",
                f"p compared {kind_of_comparison(reading.compare_to)}",
                *(f"p near {word}" for word in (*before, *after)),
                f"p span {span.end - span.start} {span.period.unit}",
            )
        )
    )  # fmt: skip


def days_of(span: Span, clock: Clock) -> TimeRange | None:
    """The period's days within the data; None outside of it."""
    assert span.period
    if span.period.start > clock.today or span.period.end < clock.first_day:
        return None
    return clip(span.period, clock).range()


def asked_about(reading: Reading, clock: Clock, slots: Slots) -> list[Named]:
    """The periods within the data, each with its chance."""
    spans = named_periods(reading)
    found = []
    for span in spans:
        time = days_of(span, clock)
        if time is not None:
            said = slots.probabilities(period_features(reading, span, spans), ("period",))["period"]
            found.append(Named(time, said.get("asked", 0.0)))
    return found


def chance_of(time: TimeRange | None, named: Sequence[Named]) -> float:
    """How likely it is that this period is asked about and the others are not (a logarithm)."""
    total = 0.0
    for one in named:
        same = time is not None and (one.time.start, one.time.end) == (time.start, time.end)
        total += log_of(one.chance if same else 1 - one.chance)
    return total
