"""Thresholds: above 15 %, at least 12 minutes, more than $50k. Unread numbers stay unexplained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from agents.planner.numerals import UNIT_WORDS, NumberUnit, Quantity, read_quantity
from agents.planner.reading import Reading
from agents.planner.words import word_set
from semantic.model import Metric

Operator = Literal[">", ">=", "<", "<=", "="]

_OPERATORS: dict[str, Operator] = {
    "no less than": ">=", "not less than": ">=", "no fewer than": ">=", "at least": ">=", "a minimum of": ">=",
    "no more than": "<=", "not more than": "<=", "at most": "<=", "a maximum of": "<=", "up to": "<=",
    "at or above": ">=", "at or over": ">=", "at or below": "<=", "at or under": "<=",
    "not above": "<=", "not over": "<=", "not exceeding": "<=", "not beyond": "<=", "does not exceed": "<=",
    "do not exceed": "<=", "not below": ">=", "not under": ">=", "not higher than": "<=", "not lower than": ">=",
    "no higher than": "<=", "no lower than": ">=", "no longer than": "<=", "not longer than": "<=",
    "more as": ">", "less as": "<",
    "higher as": ">", "lower as": "<", "less or equal to": "<=", "more or equal to": ">=",
    "greater than or equal to": ">=", "less than or equal to": "<=", "= or above": ">=",
    "more than": ">", "greater than": ">", "higher than": ">", "larger than": ">", "longer than": ">",
    "bigger than": ">", "north of": ">", "in excess of": ">", "better than": ">", "worse than": ">",
    "above": ">", "over": ">", "exceeding": ">", "exceeds": ">", "exceed": ">", "exceeded": ">", "beyond": ">",
    "topping": ">", "upwards of": ">", "surpassing": ">", "> =": ">=", "< =": "<=", ">": ">",
    "less than": "<", "fewer than": "<", "lower than": "<", "smaller than": "<", "shorter than": "<",
    "slower than": ">", "faster than": "<", "quicker than": "<", "cheaper than": "<", "costlier than": ">",
    "surpasses": ">", "surpass": ">", "tops": ">",
    "south of": "<", "below": "<", "under": "<", "beneath": "<", "short of": "<", "<": "<",
    "equal to": "=", "=": "=",
}  # fmt: skip
_BY_FIRST_WORD = {
    first: [(one.split(), one) for one in sorted(_OPERATORS, key=len, reverse=True) if one.split()[0] == first]
    for first in {phrase.split()[0] for phrase in _OPERATORS}
}
_OF_RATES: dict[str, Operator] = {"top": ">", "topped": ">", "clear": ">", "reach": ">=", "reached": ">=",
                                  "hit": ">=", "hits": ">="}  # fmt: skip
"""`which journeys top 15%`: before other numbers these words mean a rank, or nothing."""
_AFTER: dict[str, Operator] = {
    "or more": ">=", "or higher": ">=", "or above": ">=", "or greater": ">=", "and above": ">=", "plus": ">=",
    "and up": ">=", "and over": ">=", "or over": ">=", "or up": ">=", "or longer": ">=", "and longer": ">=",
    "or less": "<=", "or lower": "<=", "or below": "<=", "or fewer": "<=", "and below": "<=", "or under": "<=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Threshold:
    """A comparison with a number, standing at `at`; `direction_word` keeps better/worse for polarity."""

    at: int
    end: int
    op: Operator
    quantity: Quantity
    word: str


def read_thresholds(reading: Reading) -> None:
    """Collect thresholds outside linked spans and mark their words as explained."""
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    words = [token.text for token in reading.tokens]
    at = 0
    while at < len(words):
        found = None if at in covered else _outside(_threshold_at(words, at), covered, words)
        pair = [] if at in covered else _between(words, at)
        if pair and covered.isdisjoint(range(at, pair[-1].end)):
            reading.thresholds += pair
            reading.explain(at, pair[-1].end)
            at = pair[-1].end
        elif found and covered.isdisjoint(range(found.at, found.end)):
            reading.thresholds.append(_as_kept(found, reading, words))
            reading.explain(found.at, found.end)
            at = found.end
        else:
            at += 1


_OPPOSITE: dict[Operator, Operator] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_OMITTED = word_set("omitted excluded dropped ignored skipped suppressed removed disregarded hidden discarded")
_OMITTING = word_set(
    "omit omitting exclude excluding drop dropping skip skipping ignore ignoring suppress hide remove"
)
_REACH = 6


def _as_kept(found: Threshold, reading: Reading, words: list[str]) -> Threshold:
    """`steps with a rate below 5 % may be omitted`, `omit anything at or below 15 %`: the others are asked for."""
    if found.op not in _OPPOSITE:
        return found
    after = reading.clause_end(found.end)
    before = max(at for at in range(found.at + 1) if at == 0 or reading.tokens[at - 1].is_mark)
    values = [span.start for span in reading.of_kind("value")]
    for at in (
        *range(found.end, min(after, found.end + _REACH)),
        *range(max(before, found.at - _REACH), found.at),
    ):
        said = words[at] in (_OMITTED if at >= found.end else _OMITTING)
        out = words[at - 1 : at + 1] == ["left", "out"] if at >= found.end else words[at - 1 : at + 1] in _LEAVING
        if (said or out) and not any(at < start < found.at for start in values):
            first, last = (found.end, at + 1) if at >= found.end else (at - out, found.at)
            reading.explain(first, last)
            return replace(found, op=_OPPOSITE[found.op])
    return found


_LEAVING = (["leave", "out"], ["leaving", "out"], ["filter", "out"], ["filtering", "out"])


def _outside(found: Threshold | None, covered: set[int], words: list[str]) -> Threshold | None:
    """`more than 10 days to turn a claim`: where a name takes the unit's word, the number stands alone."""
    if found is None or covered.isdisjoint(range(found.at, found.end)):
        return found
    bare = _number_end(found, words)
    return replace(found, end=bare) if bare < found.end and found.word not in _AFTER else found


def _number_end(found: Threshold, words: list[str]) -> int:
    """Where the number ends, without a word that is its unit."""
    end = found.quantity.end
    return end - 1 if end - 1 > found.at and words[end - 1] in UNIT_WORDS else end


def _between(words: list[str], at: int) -> list[Threshold]:
    """`between 10 and 30`: at least the one and at most the other; a unit at the second number is that of both."""
    low = read_quantity(words, at + 1) if words[at] == "between" else None
    if not low or words[low.end : low.end + 1] != ["and"]:
        return []
    high = read_quantity(words, low.end + 1)
    if not high:
        return []
    if not low.unit and high.unit:
        low = replace(low, unit=high.unit, value=low.value / 100 if high.unit == "percent" else low.value)
    return [Threshold(at, low.end, ">=", low, "between"), Threshold(low.end, high.end, "<=", high, "between")]


def comparisons(words: list[str]) -> set[int]:
    """Where the words of thresholds stand, operators and numbers: no loose name of a figure reaches over them."""
    found = (_threshold_at(words, at) for at in range(len(words)))
    return {
        place
        for one in found
        if one and one.word not in _AFTER
        for place in range(one.at, _number_end(one, words))
    }


def _threshold_at(words: list[str], at: int) -> Threshold | None:
    if words[at] in _OF_RATES and (quantity := read_quantity(words, at + 1)) and quantity.unit == "percent":
        return Threshold(at, quantity.end, _OF_RATES[words[at]], quantity, words[at])
    for parts, phrase in _BY_FIRST_WORD.get(words[at], ()):
        if words[at : at + len(parts)] == parts:
            quantity = read_quantity(words, at + len(parts))
            if not quantity:
                return None
            return _or_equal(Threshold(at, quantity.end, _OPERATORS[phrase], quantity, phrase), words)
    quantity = read_quantity(words, at)
    if quantity:
        for phrase, operator in _AFTER.items():
            end = quantity.end + 2
            if words[quantity.end : end] == phrase.split():
                return Threshold(at, end, operator, quantity, phrase)
    return None


_REACHED: dict[Operator, Operator] = {">": ">=", "<": "<="}


def _or_equal(found: Threshold, words: list[str]) -> Threshold:
    """`below 20 or exactly 20`: the number itself as well."""
    for equal in (["or", "exactly"], ["or", "equal", "to"], ["or", "equals"], ["or", "at"]):
        again = found.end + len(equal)
        if words[found.end : again] == equal and found.op in _REACHED:
            quantity = read_quantity(words, again)
            if quantity and quantity.value == found.quantity.value:
                return replace(found, end=quantity.end, op=_REACHED[found.op], quantity=quantity)
    return found


def is_limited(reading: Reading, start: int, end: int) -> bool:
    """Whether a number is held against what these words name: `drugs with more than 100 scripts`.

    Not against all of what is told of next: `more than 500 members were impacted`.
    """
    following = [token.text for token in reading.tokens[end : end + 2]]
    passive = following[:1] and following[0] in _BEING and following[-1].endswith(("ed", "en"))
    told = passive or following[:1] in (["that"], ["who"], ["which"])
    return not told and any(limit.end == start for limit in reading.thresholds)


_BEING = ("is", "are", "was", "were", "get", "got", "being", "been")


def operator(threshold: Threshold, metric: Metric) -> Operator:
    """The comparison meant: `worse than` and `better than` follow the metric's polarity."""
    if metric.polarity == "lower" and threshold.word == "better than":
        return "<"
    if metric.polarity == "higher" and threshold.word == "worse than":
        return "<"
    return threshold.op


def in_metric_unit(quantity: Quantity, metric: Metric) -> float | None:
    """The threshold in the metric's unit (rates as fractions); None when the units do not fit."""
    value, unit = quantity.value, quantity.unit
    if metric.unit == "rate":
        if unit == "percent":
            return value if value <= 1 else None
        if unit not in ("", "points") or value > 100 or (not unit and value == 1):
            return None
        return value if value <= 1 else value / 100
    if metric.unit == "percent":
        return value * 100 if unit == "percent" else (value if unit in ("", "points") else None)
    factor = _CONVERSIONS.get((unit, metric.unit))
    if factor:
        return value * factor
    fits: dict[str, tuple[NumberUnit, ...]] = {
        "usd": ("", "usd"), "minutes": ("", "minutes"), "seconds": ("", "seconds"), "days": ("", "days"),
        "count": ("",), "score": ("", "points", "months"), "points": ("", "points"),
    }  # fmt: skip
    return value if unit in fits.get(metric.unit, ("",)) else None


_CONVERSIONS: dict[tuple[NumberUnit, str], float] = {
    ("seconds", "minutes"): 1 / 60, ("hours", "minutes"): 60, ("minutes", "seconds"): 60,
    ("hours", "seconds"): 3600,
    ("weeks", "days"): 7, ("months", "days"): 30, ("hours", "days"): 1 / 24,
}  # fmt: skip
