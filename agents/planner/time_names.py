"""Periods with a name of their own: holidays, seasons, weekends, parts of a month, numbered weeks and days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_words import DIGIT, Found, Opened, word_at
from agents.planner.words import MONTHS, word_set

COUNTRY = "US"

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SHORT_HOLIDAYS = {
    "christmas": "christmas day", "thanksgiving": "thanksgiving day", "new year": "new year day",
    "new years": "new year day", "new years day": "new year day", "xmas": "christmas day",
    "mlk day": "martin luther king jr day", "presidents day": "washington birthday",
    "july 4th": "independence day", "fourth of july": "independence day",
}  # fmt: skip
_BARE_DAY = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)$")
_BEFORE_DAY = word_set("on since from until till through to of between and by thru")
_EARLY = word_set("early beginning start")
_MIDDLE = word_set("mid middle")
_LATE = word_set("late end")
_YEAR = re.compile(r"^20\d\d$")


def _year_at(words: Sequence[str], at: int, clock: Clock) -> tuple[int | None, int]:
    """An optional year: 2025, of 2025, last year, this year."""
    skip = at + (word_at(words, at) in ("of", "in", ","))
    if _YEAR.match(word_at(words, skip)):
        return int(words[skip]), skip + 1
    if word_at(words, skip + 1) == "year" and word_at(words, skip) in ("last", "this"):
        return clock.today.year - (words[skip] == "last"), skip + 2
    return None, at


@cache
def _holidays(year: int) -> dict[str, date]:
    """Public holidays of a year by their words, without apostrophes."""
    import holidays

    days = holidays.country_holidays(COUNTRY, years=[year], observed=False)
    return {" ".join(re.findall(r"[a-z]+", name.lower().replace("'s", ""))): day for day, name in days.items()}


@cache
def _holiday_names(year: int) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """(words, name) of holidays by their first word, the longest first."""
    names = {**{name: name for name in _holidays(year)}, **_SHORT_HOLIDAYS}
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for said in sorted(names, key=len, reverse=True):
        parts = tuple(said.split())
        found.setdefault(parts[0], []).append((parts, names[said]))
    return found


def holiday(words: Sequence[str], at: int, clock: Clock) -> Found:
    """Labor Day, Thanksgiving, Christmas 2025, last Memorial Day: the latest one that is not in the future."""
    start = at + (words[at] in ("last", "this", "past"))
    for parts, name in _holiday_names(clock.today.year).get(word_at(words, start), ()):
        if tuple(words[start : start + len(parts)]) != parts:
            continue
        year, end = _year_at(words, start + len(parts), clock)
        day = _holidays(year or clock.today.year).get(name)
        if day and year is None and day > clock.today:
            day = _holidays(clock.today.year - 1).get(name)
        return (end, Period(day, day, f"{day.day} {day:%B %Y}", "day")) if day else None
    return None


def season(words: Sequence[str], at: int, clock: Clock) -> Found:
    """summer 2026, this summer, last winter: whole months, and the answer says which.

    `fall` is the season only with this, last, in or a year beside it.
    """
    shifted = words[at] in ("last", "this", "past")
    start = at + shifted
    name = word_at(words, start)
    if name not in _SEASONS:
        return None
    year, end = _year_at(words, start + 1, clock)
    named = shifted or year or word_at(words, at - 1) in ("in", "the", "since", "during", "over", "of")
    alone = word_at(words, start + 1)
    if not shifted and not year and alone.isalpha() and alone not in _BEFORE_DAY | {"for", "in", "compared", "vs"}:
        return None  # "the autumn brochure"
    if not named or (
        name == "fall" and not shifted and not year and word_at(words, at - 1) not in ("in", "since")
    ):
        return None
    first = date(year or clock.today.year, _SEASONS[name], 1)
    period = _season(first)
    if year is None and (first > clock.today or (words[at] == "last" and period.end > clock.today)):
        period = _season(first.replace(year=first.year - 1))
    label = f"{name} {period.start.year}"
    return end, replace(period, label=label, vague=f"{label} read as {period.start:%B} to {period.end:%B}")


def _season(first: date) -> Period:
    return Period(first, p.month_start(first, 3) - timedelta(days=1), "")


def weekend(words: Sequence[str], at: int, clock: Clock) -> Found:
    """last weekend, over the weekend: the latest Saturday and Sunday that have begun."""
    start = at + (words[at] in ("last", "this", "past"))
    the = word_at(words, at - 1) == "the" and word_at(words, at - 2) in ("over", "on", "during", "at", "since")
    if word_at(words, start) != "weekend" or not (start > at or the):
        return None
    saturday = clock.today - timedelta(days=(clock.today.weekday() - 5) % 7)
    if words[at] == "last" and saturday + timedelta(days=1) >= clock.today:
        saturday -= timedelta(days=7)
    return start + 1, Period(saturday, saturday + timedelta(days=1), f"the weekend of {saturday.isoformat()}")


def fortnight(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the last fortnight: fourteen days back from today."""
    if words[at] not in ("last", "past", "this") or word_at(words, at + 1) != "fortnight":
        return None
    return at + 2, p.last("day", 14, clock, "last 14 days")


def numbered_week(words: Sequence[str], at: int, clock: Clock) -> Found:
    """week 41, calendar week 41 of 2025: the ISO week."""
    start = at + (words[at] in ("calendar", "iso"))
    number = word_at(words, start + 1)
    if word_at(words, start) != "week" or not number.isdigit() or not 0 < int(number) < 54:
        return None
    year, end = _year_at(words, start + 2, clock)
    try:
        monday = date.fromisocalendar(year or clock.today.year, int(number), 1)
        if year is None and monday > clock.today:
            monday = date.fromisocalendar(clock.today.year - 1, int(number), 1)
    except ValueError:
        return None
    return end, p.whole(monday, "week", f"week {number} of {monday.isocalendar().year}")


def day_of_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the 15th, in `on the 15th`, `since the 5th`: the latest one that is not in the future."""
    day = _BARE_DAY.match(words[at])
    if not day or word_at(words, at - 1) != "the" or word_at(words, at - 2) not in _BEFORE_DAY:
        return None
    follows = word_at(words, at + 1)
    if follows.isalpha() and follows not in _BEFORE_DAY | {"compared", "versus", "vs", "for", "in", "did", "were"}:
        return None
    month = p.month_start(clock.today, 0 if int(day[1]) <= clock.today.day else -1)
    try:
        found = month.replace(day=int(day[1]))
    except ValueError:
        return None
    return at + 1, Period(found, found, f"{found.day} {found:%B %Y}", "day")


def named_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """last October, this September: `last` is the latest such month that is over."""
    word = word_at(words, at + 1)
    if words[at] not in ("last", "this", "past") or word not in MONTHS:
        return None
    if _YEAR.match(word_at(words, at + 2)):
        return None
    month = p.month_of(MONTHS[word], None, clock)
    if words[at] != "this" and month.end > clock.today:
        month = p.month_of(MONTHS[word], month.start.year - 1, clock)
    return at + 2, month


def third_of_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """early October, mid August, late in September, the end of June: ten days, and the answer says which."""
    part = words[at]
    after = at + 1 + (word_at(words, at + 1) in ("of", "in"))
    if part not in _EARLY | _MIDDLE | _LATE or word_at(words, after) not in MONTHS:
        return None
    if part in ("beginning", "start", "end", "middle") and word_at(words, at + 1) != "of":
        return None
    year, end = _year_at(words, after + 1, clock)
    month = p.month_of(MONTHS[words[after]], year, clock).start
    first, last = (1, 10) if part in _EARLY else (11, 20) if part in _MIDDLE else (21, p.month_end(month).day)
    said = " ".join(words[at:end])
    vague = f"'{said}' read as {first} to {last} {month:%B %Y}"
    return end, Period(month.replace(day=first), month.replace(day=last), said, vague=vague)


_SEEN = word_set("last this past")
HOLIDAYS = word_set(
    "christmas xmas thanksgiving new mlk presidents fourth martin memorial juneteenth independence labor columbus "
    "veterans washington"
)
"""Words that a holiday may begin with, beside months and `last`, `this`, `past`."""
NAMES: Opened = {
    season: _SEEN | _SEASONS.keys(),
    weekend: _SEEN | {"weekend"},
    fortnight: _SEEN,
    numbered_week: word_set("calendar iso week"),
    day_of_month: frozenset({DIGIT}),
    named_month: _SEEN,
    third_of_month: _EARLY | _MIDDLE | _LATE,
}
