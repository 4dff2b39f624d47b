"""What a day is like: weekday, holidays, seasons, growth, and noise that remembers the day before.

Daily means are lognormal around the calendar, with memory; counts are Poisson around them, and callers call again.
That is no negative binomial, and neither level nor spread is known to anybody who reads the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np

from generator.catalog import TOPICS, Floats, stream
from generator.watch.settings import MEMBER_DIMENSIONS, watch

_CLOSED_DAYS = ("New Year", "Memorial", "Independence", "Labor", "Thanksgiving", "Christmas")
_OPEN_ENROLLMENT = ((10, 15), (12, 7))
_RAMP_DAYS = 6


@dataclass(frozen=True)
class Levels:
    """Calendar and daily factors.

    `expected` are first calls a day that the calendar alone foresees, `means` the same with the day's noise, shape
    (topics, days). `sessions` likewise by interaction type. `shares` are factors by dimension, shape (topics,
    values, days), `affinity` (topics, values) how much each value leans to a topic. `phi` is the topics'.
    """

    expected: Floats
    means: Floats
    sessions: Floats
    shares: dict[str, Floats]
    affinity: dict[str, Floats]
    weekday: Floats
    mood: Floats
    phi: Floats


def remembering(rng: np.random.Generator, shape: tuple[int, ...], spread: Floats | float) -> Floats:
    """Log factors along the last axis with mean factor 1, standard deviation `spread`, and a memory of a day."""
    memory = watch()["noise"]["memory"]
    drawn = rng.normal(0, 1, shape)
    for day in range(1, shape[-1]):
        drawn[..., day] = memory * drawn[..., day - 1] + np.sqrt(1 - memory**2) * drawn[..., day]
    spread = np.asarray(spread)[..., None]
    return np.asarray(drawn * spread - spread**2 / 2)


def levels(seed: int, scale: float, dates: list[date], shares_of_values: dict[str, Floats]) -> Levels:
    """Draw a company's levels; `shares_of_values` are the members' shares by dimension."""
    rng, text, noise = stream(seed, "watch", "levels"), watch(), watch()["noise"]
    days = len(dates)
    size = np.array([text["topics"][name]["calls"] for name in TOPICS]) * scale
    size = size * np.exp(rng.normal(0, noise["level_spread"], len(TOPICS)))
    low, high = noise["phi"]
    phi = rng.uniform(low, high, len(TOPICS))
    base, weekday = _calendar(rng, dates)
    expected = size[:, None] * base
    common = remembering(rng, (days,), noise["everything"])
    own = np.minimum(np.sqrt((phi - 1) / size), noise["most"])
    means = expected * np.exp(remembering(rng, expected.shape, own) + common)
    shares, affinity = {}, {}
    for name in MEMBER_DIMENSIONS:
        part = size[:, None] * shares_of_values[name][None, :]
        spread = np.minimum(np.sqrt((phi[:, None] - 1) / np.maximum(part, 1.0)), noise["most"])
        shares[name] = np.exp(remembering(rng, (*part.shape, days), spread))
        affinity[name] = np.exp(rng.normal(0, noise["affinity"][name], part.shape))
    traffic = np.array([row["sessions"] for row in text["digital"].values()]) * scale
    traffic = traffic * np.exp(rng.normal(0, noise["level_spread"], len(traffic)))
    flat = np.sqrt(weekday / weekday.mean())
    sessions = traffic[:, None] * flat * np.exp(remembering(rng, (len(traffic), days), 0.03) + common)
    mood = remembering(rng, (days,), noise["mood"])
    return Levels(expected, means, sessions, shares, affinity, weekday, mood, phi)


def _calendar(rng: np.random.Generator, dates: list[date]) -> tuple[Floats, Floats]:
    """Factors by topic and day with an average of 1 a topic, and the common weekday and holiday factors."""
    text = watch()["calendar"]
    week = np.array(text["weekday"]) * np.exp(rng.normal(0, text["weekday_spread"], 7))
    closed, quiet = (float(rng.uniform(*text[name])) for name in ("closed", "quiet"))
    known = holidays.country_holidays("US", years={day.year for day in dates})
    common = np.array([week[day.weekday()] * _holiday(day, known, closed, quiet) for day in dates])
    growth = rng.normal(0, text["trend"], len(TOPICS))
    years = np.arange(len(dates)) / 365.25
    factors = common * np.exp(growth[:, None] * years)
    for row, name in enumerate(TOPICS):
        rise = text["open_enrollment"].get(name, 1.0) - 1
        factors[row] *= 1 + rise * np.array([_enrolling(day) for day in dates])
        factors[row] *= 1 + (text["new_year"].get(name, 1.0) - 1) * np.array([_new_year(day) for day in dates])
    return factors / factors.mean(axis=1, keepdims=True), common


def _holiday(day: date, known: holidays.HolidayBase, closed: float, quiet: float) -> float:
    name = known.get(day, "")
    if name:
        return float(closed if any(word in name for word in _CLOSED_DAYS) else quiet)
    after = known.get(day - timedelta(days=1), "")
    return float(watch()["calendar"]["after_holiday"] if after else 1.0)


def _enrolling(day: date) -> float:
    """0 outside open enrollment; up within a few days, and most in the last week."""
    opens, closes = (date(day.year, *one) for one in _OPEN_ENROLLMENT)
    if not opens <= day <= closes:
        return 0.0
    up = min(1.0, ((day - opens).days + 1) / _RAMP_DAYS)
    return up * (1.0 + 0.35 * ((closes - day).days < _RAMP_DAYS))


def _new_year(day: date) -> float:
    """1 at the turn of the year, gone by the end of January."""
    return max(0.0, 1 - (day - date(day.year, 1, 1)).days / 30) if day.month == 1 else 0.0
