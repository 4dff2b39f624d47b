"""The figures of the suite with their intervals: shares by Wilson, rates by the Poisson, means by their spread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from evals.scouting.companies import Plant, cases
from evals.scouting.scoring import Fate, Outcome, Sighting

_Z = 1.96
_PLANTS = 40  # duplicates are told per so many
_BANDS = ((0.0, 4.0), (4.0, 8.0), (8.0, 16.0), (16.0, math.inf))


@dataclass(frozen=True)
class Figure:
    """One figure with its 95 % interval and how many cases it rests on; `value` is None without a case."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    cases: int

    def document(self) -> dict[str, float | int | str | None]:
        """The JSON form."""
        rounded = {name: _rounded(getattr(self, name)) for name in ("value", "low", "high")}
        return {"name": self.name, **rounded, "cases": self.cases}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def share(name: str, flags: Iterable[bool]) -> Figure:
    """A proportion."""
    found = list(flags)
    n, hits = len(found), sum(found)
    if not n:
        return Figure(name, None, None, None, 0)
    p = hits / n
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
    return Figure(name, p, max(0.0, middle - half), min(1.0, middle + half), n)


def rate(name: str, events: int, days: float) -> Figure:
    """Events a day."""
    if days <= 0:
        return Figure(name, None, None, None, 0)
    low = chi2.ppf(0.025, 2 * events) / 2 if events else 0.0
    high = chi2.ppf(0.975, 2 * events + 2) / 2
    return Figure(name, events / days, float(low) / days, float(high) / days, int(days))


def mean(name: str, values: Sequence[float]) -> Figure:
    """An average."""
    if not values:
        return Figure(name, None, None, None, 0)
    array = np.asarray(values, dtype=float)
    half = _Z * float(array.std(ddof=1)) / math.sqrt(len(array)) if len(array) > 1 else 0.0
    middle = float(array.mean())
    return Figure(name, middle, middle - half, middle + half, len(array))


def median(name: str, values: Sequence[float]) -> Figure:
    """A median with its order-statistic interval."""
    if not values:
        return Figure(name, None, None, None, 0)
    array = np.sort(np.asarray(values, dtype=float))
    n = len(array)
    reach = _Z * math.sqrt(n) / 2
    low, high = max(0, math.floor(n / 2 - reach)), min(n - 1, math.ceil(n / 2 + reach))
    return Figure(name, float(np.median(array)), float(array[low]), float(array[high]), n)


def figures(outcomes: Sequence[Outcome]) -> list[Figure]:
    """All figures of some companies, in the order in which they are shown."""
    fates = [fate for one in outcomes for fate in one.fates]
    found = [fate for fate in fates if fate.found]
    return [
        *_recall(fates),
        *_alarms(outcomes),
        *_delays(found),
        *_places(found, fates),
        *_starts(found),
        *_dollars(found),
        *_causes(outcomes),
        rate("seconds of processor time a scan", 0, 0)
        if not outcomes
        else mean("processor seconds a scan", [one.seconds / max(one.days, 1) for one in outcomes]),
    ]


def _recall(fates: Sequence[Fate]) -> list[Figure]:
    seen = [fate for fate in fates if fate.plant.oracle_day is not None]
    shown = [
        share("recall, all", (fate.found for fate in fates)),
        share("recall, oracle-detectable", (fate.found for fate in seen)),
        share("recall, SNR7 >= 8", (fate.found for fate in fates if fate.plant.snr7 >= 8)),
    ]
    for low, high in _BANDS:
        inside = [fate for fate in fates if low <= fate.plant.snr7 < high]
        label = f"recall, SNR7 {low:g}-{high:g}" if high < math.inf else f"recall, SNR7 >= {low:g}"
        shown.append(share(label, (fate.found for fate in inside)))
    kinds = sorted({fate.plant.kind for fate in fates})
    return shown + [share(f"recall, {kind}", (f.found for f in seen if f.plant.kind == kind)) for kind in kinds]


def _alarms(outcomes: Sequence[Outcome]) -> list[Figure]:
    days = sum(one.days for one in outcomes)
    false = [item for one in outcomes for item in one.false]
    hits = sum(fate.found for one in outcomes for fate in one.fates)
    roles = [rate(f"  of them {role}", sum(item.role == role for item in false), days) for role in _roles()]
    quiet = [one for one in outcomes if one.company.quiet]
    quiet_days, quiet_false = sum(one.days for one in quiet), sum(len(one.false) for one in quiet)
    return [
        share("precision (incidents)", [True] * hits + [False] * len(false)),
        rate("false incidents a day", len(false), days),
        *roles,
        rate("false incidents a day, quiet companies", quiet_false, quiet_days),
        rate("false incidents a year, quiet companies", quiet_false, quiet_days / 365),
    ]


def _roles() -> tuple[str, ...]:
    return ("false", "aftermath", "trap")


def _delays(found: Sequence[Fate]) -> list[Figure]:
    delays = [float(fate.delay) for fate in found if fate.delay is not None]
    behind = [
        float((fate.first.day - fate.plant.oracle_day).days)
        for fate in found
        if fate.first and fate.plant.oracle_day
    ]
    return [
        median("days to detection, median", delays),
        mean("days behind the oracle, mean", behind),
        share("within a day of the oracle", (value <= 1 for value in behind)),
    ]


def _places(found: Sequence[Fate], fates: Sequence[Fate]) -> list[Figure]:
    best = [fate.best for fate in found if fate.best]
    first = [fate.first for fate in found if fate.first]
    duplicates = sum(max(0, fate.most_at_once - 1) for fate in found)
    per = len(fates) / _PLANTS
    return [
        share("exact segment, clearest day", (one.match.exact for one in best)),
        share("exact segment, first day", (one.match.exact for one in first)),
        share("exact segment, SNR7 >= 8", (f.best.match.exact for f in found if f.best and f.plant.snr7 >= 8)),
        mean("segment F1, clearest day", [one.match.likeness for one in best]),
        share("seen by its own metric", (one.match.role == "own" for one in best)),
        Figure("duplicates per 40 plants", duplicates / per if per else None, None, None, len(fates)),
    ]


def _starts(found: Sequence[Fate]) -> list[Figure]:
    best = [(fate.plant, fate.best) for fate in found if fate.best]
    clear = [(plant, one) for plant, one in best if plant.snr7 >= 8]
    return [
        mean("start error in days, mean", [float(_start_error(plant, one)) for plant, one in best]),
        share("start within a day", (_start_error(plant, one) <= 1 for plant, one in best)),
        share("start within a day, SNR7 >= 8", (_start_error(plant, one) <= 1 for plant, one in clear)),
        share("80 % set of starts covers", (plant.first in one.incident.start.days for plant, one in best)),
        median("days in the 80 % set, median", [float(len(one.incident.start.days)) for _, one in best]),
    ]


def _start_error(plant: Plant, sighting: Sighting) -> int:
    return abs((sighting.incident.start.day - plant.first).days)


def _dollars(found: Sequence[Fate]) -> list[Figure]:
    pairs = [(one, *_cost(fate.plant, one)) for fate in found if (one := _costed(fate)) is not None]
    exact = [(true, one) for one, true, _ in pairs if one.match.exact]
    errors = [abs(paid - true) / true for one, true, paid in pairs if true > 0]
    exact_errors = [abs(_amount(one) - true) / true for true, one in exact if true > 0]
    return [
        median("dollar error, relative, median", errors),
        median("dollar error, exact segment, median", exact_errors),
        share("80 % interval of dollars covers", (_covers(one, true) for one, true, _ in pairs)),
        share("80 % interval, exact segment", (_covers(one, true) for true, one in exact)),
    ]


def _costed(fate: Fate) -> Sighting | None:
    """The clearest sighting by its own metric that says what it costs."""
    priced = [one for one in fate.sightings if one.match.role == "own" and one.incident.dollars is not None]
    return max(priced, key=lambda one: abs(one.incident.evidence.z), default=None)


def _cost(plant: Plant, one: Sighting) -> tuple[float, float]:
    """True dollars up to the day of the sighting, and the claimed ones, counted in the way of the claim."""
    assert one.incident.dollars is not None
    formula = one.incident.dollars.formula
    keys = plant.dollars
    if plant.kind == "handle":
        way = "loaded"
    elif "leak" in one.incident.metric or plant.kind == "digital":
        way = "leaked"
    else:
        way = "planning" if "planning" in formula else "loaded"
    true = plant.until(keys.get(way) or next(iter(keys.values()), []), one.incident.as_of)
    return true, one.incident.dollars.amount.value


def _amount(one: Sighting) -> float:
    assert one.incident.dollars is not None
    return one.incident.dollars.amount.value


def _covers(one: Sighting, true: float) -> bool:
    assert one.incident.dollars is not None
    return one.incident.dollars.amount.low <= true <= one.incident.dollars.amount.high


def _causes(outcomes: Sequence[Outcome]) -> list[Figure]:
    explained = [item for one in outcomes for item in one.explained]
    shown = []
    for told, label in ((False, ""), (True, " (told segment and start)")):
        known = [item for item in explained if item.plant.cause and item.told == told]
        unknown = [item for item in explained if not item.plant.cause and item.told == told]
        shown += [
            share(f"cause named first{label}", (item.named[:1] == (item.plant.cause,) for item in known)),
            share(f"cause among those named{label}", (item.plant.cause in item.named for item in known)),
            share(f"none known recognised{label}", (not item.named for item in unknown)),
        ]
    return shown


Measure = Callable[[Sequence[Outcome]], list[Figure]]


def goals() -> dict[str, float]:
    """The goals of `cases/scout.yml`."""
    return {name: float(value) for name, value in cases()["goals"].items()}
