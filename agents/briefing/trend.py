"""The course of an issue against its expectation: the range that most days stay in, and a chart as plain SVG."""

from __future__ import annotations

import math

from tools.scout.incident import Day, Incident

SPREADS = 1.2816  # standard deviations on each side that hold 80 % of days


def bounds(incident: Incident, point: Day) -> tuple[float | None, float | None]:
    """The range that four of five days stay in, if the expectation holds; of a score none is known.

    A count spreads as a Poisson, a rate as a binomial, each times the overdispersion that the scan has estimated.
    """
    spread = _spread(incident, point)
    if spread is None:
        return None, None
    low, high = point.expected - SPREADS * spread, point.expected + SPREADS * spread
    return max(low, 0.0), min(high, 1.0) if incident.kind == "rate" else high


def _spread(incident: Incident, point: Day) -> float | None:
    phi, expected = max(incident.evidence.overdispersion, 0.0), point.expected
    if incident.kind == "count":
        return math.sqrt(phi * max(expected, 0.0))
    if incident.kind == "rate" and point.volume > 0:
        return math.sqrt(phi * max(expected * (1 - expected), 0.0) / point.volume)
    return None
