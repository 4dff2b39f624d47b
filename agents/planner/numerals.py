"""Numbers as people write them: digits, words, percentages, money, fractions, with their unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agents.planner.words import NUMBER_WORDS

NumberUnit = Literal["", "percent", "usd", "minutes", "seconds", "hours", "days", "points", "weeks", "months"]

_DIGITS = re.compile(r"^(?P<money>[$€£])?(?P<digits>\d+(?:\.\d+)?)(?P<suffix>%|k|m|b|bn)?$")
_SCALE = {"k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9, "hundred": 1e2}
_UNITS: dict[str, NumberUnit] = {
    "percent": "percent", "pct": "percent", "percentage": "percent", "dollars": "usd", "dollar": "usd",
    "bucks": "usd", "usd": "usd", "minutes": "minutes", "minute": "minutes", "mins": "minutes", "min": "minutes",
    "seconds": "seconds", "second": "seconds", "secs": "seconds", "sec": "seconds", "hours": "hours",
    "hour": "hours", "days": "days", "day": "days", "points": "points", "point": "points", "weeks": "weeks",
    "week": "weeks", "months": "months", "month": "months",
}  # fmt: skip
UNIT_WORDS = frozenset(_UNITS)
_FRACTIONS = {
    "half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1, "thirds": 1 / 3, "quarters": 0.25,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; `end` is the index after its last token. Fractions come as 0..1 with percent."""

    value: float
    unit: NumberUnit
    end: int


def read_quantity(words: Sequence[str], at: int) -> Quantity | None:
    """The quantity that starts at word `at`, or None."""
    fraction = _read_fraction(words, at)
    if fraction:
        return fraction
    number = read_number(words, at)
    if number is None:
        return None
    value, end, unit = number
    if not unit and end < len(words) and words[end] in _UNITS:
        unit, end = _UNITS[words[end]], end + 1
        if unit == "percent" and words[end : end + 1] == ["points"]:
            end += 1
    return Quantity(value / 100 if unit == "percent" else value, unit, end)


def read_number(words: Sequence[str], at: int) -> tuple[float, int, NumberUnit] | None:
    """A plain number in digits or words: (value, end, unit when the token itself carries one)."""
    if at >= len(words):
        return None
    if words[at] == "a" and words[at + 1 : at + 2] and words[at + 1] in _SCALE and words[at + 1].isalpha():
        return _SCALE[words[at + 1]], at + 2, ""
    match = _DIGITS.match(words[at])
    if match:
        value = float(match["digits"])
        unit: NumberUnit = "usd" if match["money"] else ""
        if match["suffix"] == "%":
            return value, at + 1, "percent"
        value *= _SCALE.get(match["suffix"] or "", 1)
    elif words[at] in NUMBER_WORDS:
        value, unit = float(NUMBER_WORDS[words[at]]), ""
        if value >= 20 and at + 1 < len(words) and 0 < NUMBER_WORDS.get(words[at + 1], 0) < 10:
            value, at = value + NUMBER_WORDS[words[at + 1]], at + 1
    else:
        return None
    end = at + 1
    while end < len(words) and words[end] in _SCALE:
        value, end = value * _SCALE[words[end]], end + 1
    return value, end, unit


def _scaled_half(words: Sequence[str], at: int) -> Quantity | None:
    """`half a million dollars`, `a quarter million`: a fraction of a large number is no share."""
    begin = at + (words[at : at + 1] == ["a"])
    if words[begin : begin + 1] not in (["half"], ["quarter"]):
        return None
    end = begin + 1
    end += words[end : end + 1] == ["of"]
    end += words[end : end + 1] == ["a"]
    if words[end : end + 1] not in (["thousand"], ["million"], ["billion"]):
        return None
    value, end = _FRACTIONS[words[begin]] * _SCALE[words[end]], end + 1
    unit = _UNITS.get(words[end], "") if end < len(words) else ""
    return Quantity(value, unit, end + bool(unit))


def _read_fraction(words: Sequence[str], at: int) -> Quantity | None:
    """half, a half, one third, two thirds, three quarters."""
    if scaled := _scaled_half(words, at):
        return scaled
    if len(words) > at + 1 and words[at + 1] in ("time", "times"):  # `one time in ten`
        words = [*words[: at + 1], *words[at + 2 :]]
        fraction = _read_fraction(words, at)
        return replace(fraction, end=fraction.end + 1) if fraction else None
    odds = [NUMBER_WORDS.get(word, int(word) if word.isdigit() else 0) for word in words[at : at + 3]]
    if len(odds) == 3 and words[at + 1] in ("in", "of", "out") and 0 < odds[0] < odds[2]:
        return Quantity(odds[0] / odds[2], "percent", at + 3)
    if at < len(words) and words[at] in ("half", "double"):
        return Quantity(0.5, "percent", at + 1) if words[at] == "half" else None
    if at + 1 < len(words) and words[at + 1] in _FRACTIONS:
        count = 1 if words[at] in ("a", "one") else NUMBER_WORDS.get(words[at], 0)
        if count:
            return Quantity(count * _FRACTIONS[words[at + 1]], "percent", at + 2)
    return None
