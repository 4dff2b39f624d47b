"""Periods by the calendar: months, days, quarters, halves and years by their names, and parts of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_relative import count_of, relative
from agents.planner.time_words import (
    DAY,
    DIGIT,
    FISCAL_NAME,
    FISCAL_YEAR,
    HALF,
    HALF_NAME,
    ORDINALS,
    PREPOSITIONS,
    QUARTER,
    QUARTER_NAME,
    YEAR,
    Found,
    Opened,
    match_phrase,
    word_at,
)
from agents.planner.words import MONTHS, NUMBER_WORDS, UNITS, word_set


def calendar_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """August, Aug 2025, the month of August, August of last year."""
    at = match_phrase(words, at, "month of") or at
    word = word_at(words, at)
    if word not in MONTHS or (word in ("may", "mar", "march") and not _month_context(words, at)):
        return None
    year, end = year_after(words, at + 1, clock)
    return end, p.month_of(MONTHS[word], year, clock)


def _month_context(words: Sequence[str], at: int) -> bool:
    """Whether `may` or `march` is the month: a preposition before it, or a year, a mark or the end after it."""
    before, after = word_at(words, at - 1), word_at(words, at + 1)
    if before in PREPOSITIONS | {"since", "until", "between", "before", "after", "last", "this", "versus", "vs",
                                  "by", "of", "and", "to", "against", "first", "early", "with"}:  # fmt: skip
        return True
    nouns = {"", ",", ".", "vs", "versus", "to", "through", "compared", "and", "only", "against"}
    return bool(YEAR.match(after)) or after in nouns or before in MONTHS


def year_after(words: Sequence[str], at: int, clock: Clock) -> tuple[int | None, int]:
    """An optional year: 2025, of 2025, last year, of this year."""
    skip = at + (word_at(words, at) in (",", "of", "in"))
    if YEAR.match(word_at(words, skip)):
        return int(words[skip]), skip + 1
    two_digits = re.fullmatch(r"2\d", word_at(words, at))
    month_to_month = word_at(words, at - 2) in ("to", "through") and word_at(words, at - 3) in MONTHS
    if two_digits and (_compares_years(words, at, clock) or (month_to_month and words[at - 1] in MONTHS)):
        return 2000 + int(two_digits.group()), at + 1
    for phrase, shift in (
        ("last year", -1), ("this year", 0), ("previous year", -1), ("prior year", -1), ("year before", -1),
        ("year earlier", -1), ("a year earlier", -1), ("a year ago", -1), ("a year before", -1),
    ):  # fmt: skip
        skip_the = skip + (word_at(words, skip) in ("the", "from"))
        if end := match_phrase(words, skip_the, phrase):
            return clock.today.year + shift, end
    return None, at


def _compares_years(words: Sequence[str], at: int, clock: Clock) -> bool:
    """`feb 26 vs feb 25`: the same month twice, with this year and the one before: years, not days."""
    month, this = word_at(words, at - 1), clock.today.year % 100
    years = {word_at(words, place) for place in (at - 3, at, at + 3)}
    twice = sum(word == month for word in words) == 2
    return twice and month in MONTHS and {str(this), str(this - 1)} <= years


def calendar_day(words: Sequence[str], at: int, clock: Clock) -> Found:
    """3 September, September 3rd 2025, the 3rd of September."""
    if word_at(words, at) in MONTHS and (day := DAY.match(word_at(words, at + 1))):
        year, end = year_after(words, at + 2, clock)
        return _dated(MONTHS[words[at]], int(day[1]), year, end, clock)
    if day := DAY.match(words[at]):
        month_at = at + 1 + (word_at(words, at + 1) == "of")
        if word_at(words, month_at) in MONTHS:
            year, end = year_after(words, month_at + 1, clock)
            return _dated(MONTHS[words[month_at]], int(day[1]), year, end, clock)
    return None


def _dated(month: int, day: int, year: int | None, end: int, clock: Clock) -> Found:
    try:
        found = date(year or clock.today.year, month, day)
    except ValueError:
        return None
    if year is None and found > clock.today:
        found = found.replace(year=found.year - 1)
    return end, Period(found, found, f"{found.day} {found:%B %Y}", "day")


def days_of_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """oct 1-15, September 3-9 2025."""
    days = re.fullmatch(r"(\d{1,2})-(\d{1,2})", word_at(words, at + 1))
    if words[at] not in MONTHS or not days:
        return None
    year, end = year_after(words, at + 2, clock)
    first = _dated(MONTHS[words[at]], int(days[1]), year, end, clock)
    final = _dated(MONTHS[words[at]], int(days[2]), year, end, clock)
    if not first or not final or first[1].start > final[1].start:
        return None
    return end, Period(first[1].start, final[1].start, " ".join(words[at:end]))


def written_date(words: Sequence[str], at: int, clock: Clock) -> Found:
    """2025-09-03 and 9/3/2025 (month first, as the data's country writes it)."""
    word = words[at]
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
            found = date.fromisoformat(word)
        elif parts := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", word):
            found = date(int(parts[3]), int(parts[1]), int(parts[2]))
        else:
            return None
    except ValueError:
        return None
    return at + 1, Period(found, found, f"{found.day} {found:%B %Y}", "day")


def quarter(words: Sequence[str], at: int, clock: Clock) -> Found:
    """Q3, Q3 2024, third quarter of last year, fiscal Q1, Q1 FY25."""
    fiscal = words[at] in ("fiscal", "financial")
    at += fiscal
    number, end = _quarter_number(words, at)
    if not number:
        return None
    year, end = year_after(words, end, clock)
    fiscal_year = FISCAL_YEAR.match(word_at(words, end + (word_at(words, end) == "of")))
    if fiscal_year:
        fiscal, year, end = True, 2000 + int(fiscal_year[1]) % 100, end + 1 + (word_at(words, end) == "of")
    return end, p.quarter_of(number, year, clock, fiscal=fiscal)


def _quarter_number(words: Sequence[str], at: int) -> tuple[int, int]:
    if match := QUARTER.match(word_at(words, at)):
        return int(match[1]), at + 1
    if ORDINALS.get(word_at(words, at), 0) > 0 and word_at(words, at + 1) == "quarter":
        return ORDINALS[words[at]], at + 2
    if word_at(words, at) == "quarter" and NUMBER_WORDS.get(word_at(words, at + 1), 0) in (1, 2, 3, 4):
        return NUMBER_WORDS[words[at + 1]], at + 2
    return 0, at


def half_year(words: Sequence[str], at: int, clock: Clock) -> Found:
    """H1, H2 2024, first half of this year."""
    if match := HALF.match(words[at]):
        year, end = year_after(words, at + 1, clock)
        return end, p.half_of(int(match[1]), year, clock)
    number = 2 if ORDINALS.get(words[at]) == -1 else ORDINALS.get(words[at])
    if number in (1, 2) and word_at(words, at + 1) == "half":
        year, end = year_after(words, at + 2, clock)
        if (
            word_at(words, at + 2) == "of"
            and word_at(words, at + 3) == "last"
            and "this year" in " ".join(words[:at])
        ):
            # "the first half of this year versus the first half of last"
            year, end = clock.today.year - 1, at + 4 + (word_at(words, at + 4) == "year")
        if end > at + 2:
            return end, p.half_of(number, year, clock)
        end = match_phrase(words, at + 2, "of the year") or _bare_half(words, at)
        return (end, p.half_of(number, None, clock)) if end else None
    return None


def _bare_half(words: Sequence[str], at: int) -> int:
    """`in the first half`, of nothing: of the year. `The first half of the calls` is no period."""
    before = word_at(words, at - 1 - (word_at(words, at - 1) == "the"))
    return (
        at + 2 if before in PREPOSITIONS | {"of", "versus", "vs", "than"} and word_at(words, at + 2) != "of" else 0
    )


def part_of_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """first week of August, last two weeks of July, second half of June."""
    ordinal = ORDINALS.get(words[at])
    if not ordinal:
        return None
    after, count, _ = count_of(words, at + 1)
    kind = word_at(words, after)
    if kind not in ("week", "weeks", "half", "days") or word_at(words, after + 1) not in ("of", "in"):
        return None
    inner = calendar_month(words, after + 2, clock) or relative(words, after + 2, clock)
    if not inner or inner[1].unit != "month":
        return None
    end, month = inner
    label = " ".join(words[at:end])
    first, final = month.start, p.month_end(month.start)
    if kind == "half":
        middle = first.replace(day=15)
        return end, Period(first, middle, label) if ordinal == 1 else Period(
            middle + timedelta(days=1), final, label
        )
    length = timedelta(days=(count or 1) * (7 if kind.startswith("week") else 1))
    if ordinal == -1:
        return end, Period(final - length + timedelta(days=1), final, label)
    start = first + (ordinal - 1) * length
    return end, Period(start, min(start + length - timedelta(days=1), final), label)


def part_of_year(words: Sequence[str], at: int, clock: Clock) -> Found:
    """first six months of 2026, last quarter of 2025, second month of Q3, first 10 days of this quarter."""
    ordinal = ORDINALS.get(words[at])
    if not ordinal:
        return None
    after, count, _ = count_of(words, at + 1)
    unit = UNITS.get(word_at(words, after))
    if unit is None or word_at(words, after + 1) not in ("of", "in"):
        return None
    inner = _whole_unit(words, after + 2, clock)
    if not inner or inner[1].unit not in ("year", "quarter"):
        return None
    whole = p.whole(p.floor(inner[1].start, inner[1].unit), inner[1].unit, "")
    label = " ".join(words[at : inner[0]])
    length = count or 1
    if ordinal == -1:
        begin = p.step(whole.end + timedelta(days=1), unit, -length)
        return inner[0], Period(max(begin, whole.start), whole.end, label, unit if count is None else "range")
    begin = p.step(whole.start, unit, (ordinal - 1) * length)
    end = p.step(begin, unit, length) - timedelta(days=1)
    return inner[0], Period(begin, min(end, whole.end), label, unit if count is None else "range")


def _whole_unit(words: Sequence[str], at: int, clock: Clock) -> Found:
    """2026, Q3, this quarter, the year: what a part is of."""
    the = word_at(words, at) == "the"
    at += the
    if at >= len(words):
        return None
    unit = UNITS.get(words[at])
    if the and unit in ("year", "quarter"):
        return at + 1, p.current(unit, clock, f"the {unit}")
    return year(words, at, clock) or quarter(words, at, clock) or relative(words, at, clock)


_QUANTITIES = word_set("than least most as above below under exceeding exceed exceeded beyond minimum maximum")
"""Before a number that is no year: `at least 2000 calls`."""


def year(words: Sequence[str], at: int, clock: Clock) -> Found:
    """2024, fiscal 2025, FY25, calendar year 2024."""
    if match := FISCAL_YEAR.match(words[at]):
        return at + 1, p.year_of(2000 + int(match[1]) % 100, fiscal_month=clock.fiscal_month)
    fiscal = words[at] in ("fiscal", "financial")
    after = at + (words[at] in ("fiscal", "financial", "calendar"))
    after += word_at(words, after) == "year"
    if YEAR.match(word_at(words, after)) and word_at(words, after - 1) not in _QUANTITIES:
        end = after + 1 + 2 * (word_at(words, after + 1) == "calendar" and word_at(words, after + 2) == "year")
        return end, p.year_of(int(words[after]), fiscal_month=clock.fiscal_month if fiscal else 1)
    return None


_OF_QUARTER = word_set("fiscal financial quarter") | ORDINALS.keys() | {QUARTER_NAME}
_OF_YEAR = word_set("fiscal financial calendar year") | {DIGIT, FISCAL_NAME}
NAMED = MONTHS.keys() | {"month"} | _OF_QUARTER | _OF_YEAR
"""What a month, quarter or year by its name may begin with."""
CALENDAR: Opened = {
    calendar_month: MONTHS.keys() | frozenset({"month"}),
    calendar_day: MONTHS.keys() | frozenset({DIGIT}),
    days_of_month: frozenset(MONTHS),
    written_date: frozenset({DIGIT}),
    quarter: _OF_QUARTER,
    half_year: ORDINALS.keys() | frozenset({HALF_NAME}),
    part_of_month: frozenset(ORDINALS),
    part_of_year: frozenset(ORDINALS),
    year: _OF_YEAR,
}
