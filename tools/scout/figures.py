"""From a departure to an incident that people can read: size, dollars, persistence, confidence in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tools.formula import evaluate
from tools.scout.cube import Cube, Floats
from tools.scout.expectation import Expected, Series
from tools.scout.incident import (
    Confidence,
    Day,
    Direction,
    Dollars,
    Evidence,
    Incident,
    Interval,
    Persistence,
    Start,
    incident_id,
)
from tools.scout.program import ScannedMetric
from tools.scout.scan import Found

NORMAL_80 = 1.2816
MOVED = 0.05  # of a level, since the days it was taken from
UNEVEN = 0.05  # of an excess, by which what would have been differs in its days and parts
ANOTHER_SHARE = 0.6  # of the usual share of failures that are called about, by which that of others strays from it
LEAST_CALLED = 0.02  # of failures
MOST_REPEATED = 0.9  # of calls
TREND_DAYS = 35
HIGH, MEDIUM = 0.001, 0.02  # false ones a day
FULL_BASELINE = 42
NEW_DAYS, TURNING = 2, 1.5


@dataclass(frozen=True, eq=False)
class Judged:
    """One metric of one cube with its expectation, and the prices of dollars' formulas."""

    scanned: ScannedMetric
    cube: Cube
    series: Series
    expected: Expected
    prices: Mapping[str, float]
    formulas: Mapping[str, str]


def incident_of(found: Found, judged: Judged, calendar: str) -> Incident:
    """The incident of a departure; its members are still to be counted (0)."""
    metric, cube, series = judged.scanned.metric, judged.cube, judged.series
    days = len(cube.days)
    first = days - len(found.onset.weights) + found.onset.first
    kept = slice(first, days)
    counts, exposure = series.counts[found.cell, kept], series.exposure[found.cell, kept]
    plain = found.expected[kept]
    excess = _excess(found, judged, first)
    volume = float(exposure.sum()) if metric.denominator else 1.0
    unit = metric.scale / volume if metric.denominator and volume else metric.scale
    observed, wanted = float(counts.sum()) * unit, float(plain.sum()) * unit
    segment = cube.segment(found.cell)
    direction: Direction = "up" if found.z > 0 else "down"
    better = {"higher": found.z > 0, "lower": found.z < 0}.get(metric.polarity)
    start = _start(found, cube, days)
    dollars = _dollars(found, judged, first, excess)
    spans = (excess, *((dollars.amount,) if dollars else ()))
    confidence, words = _confidence(found, start, judged, nothing=any(one.low <= 0 <= one.high for one in spans))
    return Incident(
        id=incident_id(metric.name, direction, segment),
        metric=metric.name,
        label=metric.label,
        unit=metric.unit,
        kind=judged.scanned.kind,
        segment=segment,
        direction=direction,
        favourable=better,
        as_of=cube.days[-1],
        start=start,
        observed=observed,
        expected=wanted,
        volume=volume,
        excess=excess.scaled(unit) if judged.scanned.kind == "score" else excess,
        change=observed / wanted - 1 if wanted > 0 else None,
        dollars=dollars,
        persistence=_persistence(counts - plain, exposure),
        days_active=days - first,
        confidence=confidence,
        confidence_words=words,
        evidence=_evidence(found, judged),
        members=0,
        calendar=calendar,
        trend=_trend(found, judged, metric.scale),
    )


def _excess(found: Found, judged: Judged, first: int) -> Interval:
    """Numerators above what was expected from the first day on, with all that is not known of it.

    That is the noise of what was seen, the level, the common factor, how far the level may have moved since,
    and the first day.
    """
    days = len(judged.cube.days)
    stray = judged.series.counts[found.cell] - found.expected
    total = float(stray[first:].sum())
    variance = judged.expected.variance(found.cell, first, days - 1)
    if judged.scanned.kind != "score":
        wanted = max(float(found.expected[first:].sum()), 1e-9)
        variance *= max(1.0, 1 + total / wanted)
        variance += (MOVED * wanted) ** 2
    weights = found.onset.weights
    sums = np.array([stray[days - len(weights) + place :].sum() for place in range(len(weights))])
    variance += float(weights @ (sums - total) ** 2) + (UNEVEN * total) ** 2
    reach = NORMAL_80 * variance**0.5
    return Interval(total, total - reach, total + reach)


def _start(found: Found, cube: Cube, days: int) -> Start:
    offset = days - len(found.onset.weights)
    named = tuple(cube.days[offset + place] for place in found.onset.days)
    likeliest = cube.days[offset + found.onset.first]
    weights = found.onset.told(cube.days[offset:])
    return Start(likeliest, named[0], named[-1], named, open=found.onset.days[0] == 0, weights=weights)


def _dollars(found: Found, judged: Judged, first: int, excess: Interval) -> Dollars | None:
    formula = judged.formulas.get(judged.scanned.dollars)
    if formula is None:
        return None
    inputs = {name: price for name, price in judged.prices.items() if f"query:{name}" in formula}
    unsure = 0.0
    if "query:called_about" in formula:
        inputs["called_about"], unsure = _called_about(found, judged, first, excess.value)
    if "query:calls_a_leak" in formula:
        inputs["calls_a_leak"], unsure = _calls_a_leak(found, judged, first, excess.value)
    if "query:expected_rate" in formula:
        volume = float(judged.series.exposure[found.cell, first:].sum())
        inputs["expected_rate"] = min(float(found.expected[first:].sum()) / max(volume, 1.0), MOST_REPEATED)
    alone = excess.value - float(found.counted[first:].sum())
    told = excess.value
    if found.cell == 0:  # what the parts of a whole cost is none of its own
        told = alone if alone * told > 0 else 0.0
    value = evaluate(formula, (), {**inputs, "excess": told})
    each = abs(evaluate(formula, (), {**inputs, "excess": 1.0}))
    reach = each * np.hypot(excess.high - excess.value, told * NORMAL_80 * unsure)
    days = len(judged.cube.days) - first
    amount = Interval(value, float(value - reach), float(value + reach))
    counted = evaluate(formula, (), {**inputs, "excess": alone})
    return Dollars(amount, value / days, counted, formula, {**inputs, "excess": told})


def _called_about(found: Found, judged: Judged, first: int, excess: float) -> tuple[float, float]:
    """How many of the failures above what was expected were called about, and the relative error of that.

    New failures need not be called about as often as the usual ones are: what the calls themselves show counts
    as far as their noise lets it be told, and the usual share for the rest.
    """
    leaked, failed = (judged.cube.measures[name][found.cell] for name in ("leaked_calls", "failed_sessions"))
    base = judged.expected.base
    usual = (leaked[base].sum() + 1.0) / (failed[base].sum() + 1.0 / LEAST_CALLED)
    usual = max(float(usual), LEAST_CALLED)
    shown = float(leaked[first:].sum()) - usual * float(found.expected[first:].sum())
    noise = max(usual * float(failed[first:].sum()), 1.0) / max(excess**2, 1.0)
    prior = (ANOTHER_SHARE * usual) ** 2
    trust = prior / (prior + noise)
    share = max(trust * shown / excess + (1 - trust) * usual if excess else usual, LEAST_CALLED)
    return share, float(np.sqrt(trust * noise)) / share


def _calls_a_leak(found: Found, judged: Judged, first: int, excess: float) -> tuple[float, float]:
    """How many more calls leaked by each beyond the usual share of failures, and the relative error of that.

    One where failures leaked that would have happened anyway. Where each is one more failure, of which the usual
    share is expected to leak, it is 1 / (1 - share). The number of calls shows which, as far as its noise lets it.
    """
    counts, base = judged.series.counts[found.cell], judged.expected.base
    weekday = np.arange(len(counts)) % 7
    usual = np.array([counts[base][weekday[base] == day].mean() for day in range(7)])
    wanted = float(usual[weekday[first:]].sum())
    seen = float(counts[first:].sum())
    volume = float(judged.series.exposure[found.cell, first:].sum())
    share = min(float(found.expected[first:].sum()) / max(volume, 1.0), MOST_REPEATED)
    most = 1 / (1 - share)
    part = (len(counts) - first) / (base.stop - base.start)
    noise = judged.expected.phi[found.cell] * (seen + wanted * part) + (MOVED * wanted) ** 2
    noise /= max(excess**2, 1.0)
    prior = max((most - 1) ** 2 / 12, 1e-9)
    trust = prior / (prior + noise)
    shown = (seen - wanted) / excess if excess else 1.0
    calls = float(np.clip(trust * shown + (1 - trust) * (1 + most) / 2, 1.0, most))
    return calls, float(np.sqrt(trust * noise)) / calls


def _persistence(stray: Floats, exposure: Floats) -> Persistence:
    days = len(stray)
    if days <= NEW_DAYS:
        return "new"
    tail = max(2, days // 3)
    rate = stray / np.maximum(exposure, 1e-9)
    late, early = float(rate[-tail:].mean()), float(rate[:-tail].mean()) if days > tail else 0.0
    sign = 1.0 if stray.sum() >= 0 else -1.0
    if sign * late < sign * early / 2:
        return "fading"
    return "building" if sign * late > TURNING * sign * early else "lasting"


def _confidence(found: Found, start: Start, judged: Judged, *, nothing: bool) -> tuple[Confidence, str]:
    """How sure one may be: low of what may add up to `nothing`, however clear some of its days are."""
    base = judged.expected.base.stop - judged.expected.base.start
    rarely = _once_in(found.false_per_day)
    spread = (start.latest - start.earliest).days
    since = "its first day is clear" if spread == 0 else f"it began within {spread + 1} days"
    words = f"a quiet company would show this {rarely}; {since}; {base} days to compare with"
    if nothing:
        return "low", f"{words}; what it adds up to may be nothing"
    if found.false_per_day <= HIGH and base >= FULL_BASELINE:
        return "high", words
    return ("medium" if found.false_per_day <= MEDIUM else "low"), words


def _once_in(per_day: float) -> str:
    if per_day <= 1 / (365 * 1000):
        return "less than once in 1,000 years"
    days = 1 / per_day
    if days >= 730:
        return f"about once in {days / 365:,.0f} years"
    return f"about once in {days:,.0f} days"


def _evidence(found: Found, judged: Judged) -> Evidence:
    base = judged.expected.base
    return Evidence(
        z=round(found.z, 3),
        p_value=float(f"{found.p_value:.3g}"),
        false_per_day=float(f"{found.false_per_day:.3g}"),
        window_days=found.window,
        baseline_days=base.stop - base.start,
        overdispersion=round(float(judged.expected.phi[found.cell]), 3),
    )


def _trend(found: Found, judged: Judged, scale: float) -> tuple[Day, ...]:
    days = judged.cube.days
    shown = range(max(0, len(days) - TREND_DAYS), len(days))
    ratio = bool(judged.scanned.metric.denominator)
    points = []
    for place in shown:
        volume = float(judged.series.exposure[found.cell, place]) if ratio else 1.0
        unit = scale / volume if volume else 0.0
        seen = float(judged.series.counts[found.cell, place]) * unit
        points.append(Day(days[place], seen, float(found.expected[place]) * unit, volume))
    return tuple(points)
