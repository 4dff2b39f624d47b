"""Ranges of numbers that are bands of a dimension: `aged 65 through 84`, `making less than 50K`.

A range that the bands do not make up exactly stays unread: nothing is rounded to the nearest band in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.numerals import read_number
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import POPULATION, word_set

_INFINITE = float("inf")
_NUMBER = r"\$?(\d+(?:\.\d+)?)\s?(k)?"
_BAND = re.compile(rf"^{_NUMBER}\s?(?:-|to)\s?{_NUMBER}(?P<unit> .*)?$")
_FROM = re.compile(rf"^(?:over|above|more than)?\s?{_NUMBER}(?P<plus>\+)?(?P<unit> .*)?$")
_UNDER = re.compile(rf"^(?:under|below|less than)\s?{_NUMBER}(?P<unit> .*)?$")
_OPEN_TAILS = tuple(
    tuple(tail.split())
    for tail in (
        "and up", "upward", "upwards", "on up",
        "and over", "and older", "and above", "and more", "or older", "or over", "or more", "plus",
        "and",
    )
)  # fmt: skip
_MONTHS = {"month": 1.0, "year": 12.0}
_LESS = word_set("under below less fewer younger lower")
_MORE = word_set("over above more older higher beyond")
_CUES = {
    "age": word_set("age aged ages old older younger years birthday senior"),
    "income": word_set("income earn earns earning make makes making salary wage household earnings"),
    "tenure": word_set("tenure enrolled joined stayed been with member members membership customers"),
}


@dataclass(frozen=True)
class _Band:
    value: str
    low: float
    high: float


def read_bands(reading: Reading, lexicon: Lexicon) -> None:
    """Turn each range about people into the values of the dimension whose bands it is made of."""
    dimensions = {
        name: bands
        for name in lexicon.model.member_dimensions
        if (bands := _bands(tuple(lexicon.values.values(name))))
    }
    at = 0
    while at < len(reading.tokens):
        found = _range_at(reading, at)
        chosen = _fitting(found, dimensions, reading, lexicon) if found else None
        if not found or not chosen:
            at += 1
            continue
        start, end = found[0], found[1]
        name, values = chosen
        # `65 and over last month`: the period begins with its next word
        cut = [replace(one, start=end) for one in reading.of_kind("time") if start < one.start < end < one.end]
        reading.spans = [span for span in reading.spans if span.end <= start or span.start >= end] + cut
        reading.spans += [Span(start, end, "value", (Target("value", name, value),)) for value in values]
        reading.explain(start, end)
        _explain_cues(reading, start, end)
        at = end


def fill_bands(reading: Reading, lexicon: Lexicon) -> None:
    """`from 0-6 months to 1-2 years`: the bands between two of them, too."""
    values = sorted((span for span in reading.of_kind("value") if len(span.targets) == 1), key=lambda s: s.start)
    for one, other in pairwise(values):
        (first,), (last,) = one.targets, other.targets
        words = [token.text for token in reading.tokens[max(0, one.start - 1) : other.start]]
        between = words[one.end - one.start + (one.start > 0) :]
        if first.name != last.name or between not in (["to"], ["through"], ["until"], ["up", "to"]):
            continue
        known = sorted(_bands(tuple(lexicon.values.values(first.name))), key=lambda band: band.low)
        names = [band.value for band in known]
        if first.value in names and last.value in names and names.index(first.value) < names.index(last.value):
            inside = names[names.index(first.value) + 1 : names.index(last.value)]
            reading.spans += [
                Span(one.start, one.end, "value", (Target("value", first.name, name),)) for name in inside
            ]
            reading.explain(one.start, other.end)


@lru_cache(maxsize=256)
def _bands(values: tuple[str, ...]) -> tuple[_Band, ...]:
    """The bands among a dimension's values: parsed once, asked for with every reading of a question."""
    found = tuple(band for value in values if (band := _band(value)))
    return found if len(found) > 1 else ()


def _band(value: str) -> _Band | None:
    text = value.lower()
    if match := _BAND.match(text):
        factor = _factor(match["unit"] or "")
        return _Band(value, _amount(match[1], match[2] or match[4]) * factor, _amount(match[3], match[4]) * factor)
    if match := _UNDER.match(text):
        return _Band(value, 0, _amount(match[1], match[2]) * _factor(match["unit"] or ""))
    if (match := _FROM.match(text)) and (match["plus"] or text.startswith(("over", "above", "more"))):
        return _Band(value, _amount(match[1], match[2]) * _factor(match["unit"] or ""), _INFINITE)
    return None


def _amount(digits: str, thousands: str | None) -> float:
    return float(digits) * (1000 if thousands else 1)


def _factor(unit: str) -> float:
    word = unit.strip().removesuffix("s")
    return _MONTHS.get(word, 1.0)


_Range = tuple[int, int, float, float, str]


def _range_at(reading: Reading, at: int) -> _Range | None:
    """(start, end, low, high, unit) of `65 through 84`, `75 and up`, `less than 50k`, `between 25k and 50k`."""
    words = [token.text for token in reading.tokens]
    lead = at
    if words[at] in _LESS | _MORE:
        number_at = at + 1 + (words[at + 1 : at + 2] == ["than"])
        number = read_number(words, number_at)
        if not number or number[2] == "percent":
            return None
        value, end, _ = number
        end, unit = _unit(words, end)
        return (at, end, 0.0, value, unit) if words[at] in _LESS else (at, end, value, _INFINITE, unit)
    lead += words[at] in ("between", "from")
    pair = re.fullmatch(r"(\d{1,3})-(\d{1,3})", words[lead]) if lead < len(words) else None
    if pair:
        end, unit = _unit(words, lead + 1)
        return at, end, float(pair[1]), float(pair[2]), unit
    first = read_number(words, lead)
    if not first or first[2] == "percent":
        return None
    value, end, _ = first
    end, unit = _unit(words, end)
    if words[end : end + 1] and words[end] in ("through", "to", "until", "and", "till"):
        second = read_number(words, end + 1)
        if second and second[2] != "percent" and second[0] > value:
            end, named = _unit(words, second[1])
            scale = 1000 if second[0] >= 1000 > value else 1
            return at, end, value * scale, second[0], named or unit
    for tail in _OPEN_TAILS:
        if tuple(words[end : end + len(tail)]) == tail and (tail != ("and",) or end + 1 == len(words)):
            return at, end + len(tail), value, _INFINITE, unit
    return None


def _unit(words: list[str], at: int) -> tuple[int, str]:
    if at < len(words) and words[at].removesuffix("s") in _MONTHS:
        return at + 1, words[at].removesuffix("s")
    return at, ""


def _fitting(
    found: _Range, dimensions: dict[str, tuple[_Band, ...]], reading: Reading, lexicon: Lexicon
) -> tuple[str, list[str]] | None:
    """The one dimension that is named near the range and whose bands make it up."""
    start, end, low, high, unit = found
    near = [token.text for token in reading.tokens[max(0, start - 4) : min(len(reading.tokens), end + 4)]]
    fitting = []
    for name, bands in dimensions.items():
        family = next((key for key in _CUES if key in name), "")
        cues = _CUES.get(family, frozenset()) | {stem(word) for word in lexicon.related[name]}
        told = {word for word in near if word in cues or stem(word) in cues}
        people = family == "age" and bool(set(near) & POPULATION) and bool({"and", "or"} & set(near))
        if not told and not people:
            continue
        factor = _MONTHS.get(unit, 1.0) if any("month" in band.value for band in bands) else 1.0
        if family == "tenure" and not unit:
            continue
        values = _made_of(bands, low * factor, high * factor)
        if values:
            fitting.append((name, values))
    return fitting[0] if len(fitting) == 1 else None


def _made_of(bands: Sequence[_Band], low: float, high: float) -> list[str]:
    """The bands within the range when they fill it from end to end; whole years up to 84 end where 85 begins."""
    inside = sorted((band for band in bands if band.low >= low and band.high <= high), key=lambda band: band.low)
    if not inside:
        return []
    gaps = any(second.low - one.high not in (0, 1) for one, second in pairwise(inside))
    starts = inside[0].low in (low, low + 1) or (low == 0 and inside[0].low == min(band.low for band in bands))
    ends = inside[-1].high == high or inside[-1].high + 1 == high
    return [band.value for band in inside] if starts and ends and not gaps else []


def _explain_cues(reading: Reading, start: int, end: int) -> None:
    """`aged`, `making`, `years old` right beside the range belong to it."""
    every = frozenset().union(*_CUES.values()) - POPULATION
    for step, at in ((-1, start - 1), (1, end)):
        while 0 <= at < len(reading.tokens) and reading.tokens[at].text in every | {
            "of",
            "a",
            "the",
            "in",
            "who",
            "are",
            "is",
        }:
            reading.explain(at, at + 1)
            at += step
