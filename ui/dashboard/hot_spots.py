"""Whom a leak hits most: the group that holds most of it and far more than its share of all calls, else Mixed."""

from __future__ import annotations

from semantic.query import SemanticQuery, TimeRange
from tools.outcome import Refusal, Table
from ui.dashboard.reading import Reading

MIXED = "Mixed"
CUTS = (("plan_type", "member_tenure"), ("language",), ("segment",))
MOST_OF_IT, FAR_MORE = 0.5, 1.5
RULE = (
    "The group is the one with at least half of the journey's leaked calls in the last week and at least 1.5 "
    "times its share of all calls; where there is none the leak is mixed."
)
Shares = dict[tuple[str, ...], float]


def hot_spots(reading: Reading, week: TimeRange) -> dict[str, str]:
    """By journey the group that it hits most, in words."""
    best: dict[str, tuple[float, str]] = {}
    for cut in CUTS:
        if not set(cut) <= set(reading.desk.semantic.dimensions_of("leaked_calls")):
            continue
        for journey, (excess, words) in _of_cut(reading, cut, week).items():
            if excess > best.get(journey, (0.0, ""))[0]:
                best[journey] = (excess, words)
    return {journey: words for journey, (_, words) in best.items()}


def _of_cut(reading: Reading, cut: tuple[str, ...], week: TimeRange) -> dict[str, tuple[float, str]]:
    leaks = _counted(reading, "leaked_calls", ("journey", *cut), week)
    calls = _counted(reading, "total_calls", cut, week)
    if leaks is None or calls is None:
        return {}
    usual = _shares(_sums(calls, "total_calls", cut))
    found: dict[str, tuple[float, str]] = {}
    for journey in {str(leaks.cell(row, "journey")) for row in range(len(leaks.rows))}:
        shares = _shares(_sums(leaks, "leaked_calls", cut, journey))
        lead = max(shares, key=lambda key: shares[key], default=None)
        if lead is None or shares[lead] < MOST_OF_IT or shares[lead] < FAR_MORE * usual.get(lead, 0.0):
            continue
        words = " ".join(_word(reading, name, value) for name, value in zip(cut, lead, strict=True))
        found[journey] = (shares[lead] - usual.get(lead, 0.0), words)
    return found


def _word(reading: Reading, name: str, value: str) -> str:
    return value if name in ("plan_type", "member_tenure") else reading.label(name, value)


def _counted(reading: Reading, metric: str, dimensions: tuple[str, ...], week: TimeRange) -> Table | None:
    filters, _ = reading.asked.filters_for((metric,), reading.desk)
    found = reading.table(SemanticQuery(metrics=(metric,), dimensions=dimensions, filters=filters, time=week))
    return None if isinstance(found, Refusal) else found


def _sums(table: Table, metric: str, cut: tuple[str, ...], journey: str = "") -> Shares:
    found: Shares = {}
    for row in range(len(table.rows)):
        value = table.cell(row, metric)
        if isinstance(value, int | float) and (not journey or table.cell(row, "journey") == journey):
            found[tuple(str(table.cell(row, name)) for name in cut)] = float(value)
    return found


def _shares(sums: Shares) -> Shares:
    whole = sum(sums.values())
    return {key: value / whole for key, value in sums.items()} if whole else {}
