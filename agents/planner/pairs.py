"""Two figures of one thing at once: `number and rate`, `total and average`, `how many and what share`."""

from __future__ import annotations

from typing import Literal

from agents.planner.cues import find
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from agents.planner.siblings import average_of, sum_of

Pair = Literal["", "count and rate", "sum and average", "count and money"]

_COUNT = r"(?:numbers?|counts?|volume|how many|absolute numbers?)"
_RATE = r"(?:rates?|shares?|percentages?|percent|pct|proportion)"
_SUM = r"(?:totals?|sums?)"
_MEAN = r"(?:average|averages|avg|mean)"
_MONEY = r"(?:costs?|dollars|money|spend|amounts?|dollar value)"
_JOIN = r"(?: of)? (?:and|plus|,|as well as|along with)(?: (?:the|a|as|what|which|its|their|also|and))* "
_PAIRS: tuple[tuple[Pair, str], ...] = (
    (
        "count and rate",
        rf"{_COUNT}{_JOIN}{_RATE}|{_RATE}{_JOIN}{_COUNT}|"
        rf"how many (?:\S+ ){{1,3}}and (?:what |which |the )?{_RATE}",
    ),
    (
        "sum and average",
        rf"{_SUM}{_JOIN}{_MEAN}|{_MEAN}{_JOIN}{_SUM}|"
        r"in total (?:and|plus|as well as) (?:on average|per (?!day|week|month|quarter|year)\S+)",
    ),
    (
        "count and money",
        r"(?:and|,) how many (?:of (?:them|those|these) )?(?:are|were) there|"
        rf"{_COUNT}{_JOIN}{_MONEY}(?: involved)?|"
        r"and the (?:money|dollars) (?:involved|at stake)",
    ),
)


def read_pair(reading: Reading) -> Pair:
    """Which pair the question asks for; its words are explained."""
    for pair, pattern in _PAIRS:
        if found := list(find(reading, pattern)):
            for start, end in found:
                reading.explain(start, end)
            return pair
    return ""


def both_of(name: str, pair: Pair, lexicon: Lexicon) -> tuple[str, ...]:
    """The figure and the one that the pair adds to it; the figure alone where the model has no such sibling."""
    metrics = lexicon.model.metrics
    metric = metrics[name]
    if pair == "sum and average":
        other = average_of(name, lexicon) if metric.additive else sum_of(name, lexicon)
    elif pair == "count and money":
        unit = "count" if metric.unit == "usd" else "usd"
        kin = [*metric.siblings, *(one.name for one in metrics.values() if name in one.siblings)]
        other = next((one for one in kin if metrics[one].unit == unit and metrics[one].additive), "")
    elif metric.unit in ("count", "rate", "percent"):
        units = ("rate", "percent") if metric.unit == "count" else ("count",)
        own = [one.name for one in metrics.values() if one.unit in units and one.siblings[:1] == (name,)]
        other = next(iter([*own, *(one for one in metric.siblings if metrics[one].unit in units)]), "")
    else:
        other = ""
    return (name, other) if other else (name,)
