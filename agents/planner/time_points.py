"""The time grammar's points: every way people name a period, read from tokens into whole days.

The rules that may begin with the word there are tried in order at every index, and the longest reading wins.
Periods in the future are returned as they are: the verifier refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_calendar import (
    CALENDAR,
    NAMED,
    calendar_day,
    calendar_month,
    quarter,
    written_date,
    year,
    year_after,
)
from agents.planner.time_names import HOLIDAYS, NAMES, holiday
from agents.planner.time_relative import COUNTED, RELATIVE, count_of, relative
from agents.planner.time_words import (
    DIGIT,
    LAST,
    THIS,
    YEAR,
    Found,
    Opened,
    Rule,
    Rules,
    Words,
    longest,
    match_phrase,
    word_at,
)
from agents.planner.words import MONTHS, UNITS, WEEKDAYS, word_set


def read_point(words: Sequence[str], at: int, clock: Clock) -> Found:
    """The longest period without a preposition."""
    while at < len(words) and words[at] == "the":
        at += 1
    if at >= len(words) or not (rules := _rules(words[at], clock)):
        return None
    if not isinstance(words, Words):
        return longest(rules, words, at, clock)
    if at not in words.points:
        words.points[at] = longest(rules, words, at, clock)
    return words.points[at]


def may_begin(word: str, clock: Clock) -> bool:
    """Whether any rule reads a period that begins with the word: most words of a question begin none."""
    return bool(_rules(word, clock))


def _rules(word: str, clock: Clock) -> tuple[Rule, ...]:
    return POINTS.at(word, _ANY_EVENT if word in clock.event_words else "")


_ALL_DATA = (
    "all time", "all data", "of all time", "since the beginning", "since the start of the data",
    "from when the data begin",
    "from when the data begins", "since the data begins", "since the data begin", "since the data starts",
    "since data began", "since records began", "from the start of the data", "since the first day of data",
    "whole period", "entire period", "full period", "whole history", "entire history", "full history",
    "whole dataset", "entire dataset", "all the data", "since the data start", "since data starts",
    "from the very beginning", "from the beginning", "as long as we have data", "since we have data",
    "since we have had data", "since we had data",
)  # fmt: skip


_TO_DATE: dict[str, p.Unit] = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}
_YTD_BEFORE = ("prior year ytd", "previous year ytd", "last year ytd", "prior ytd", "last year s ytd")


def to_date(words: Sequence[str], at: int, clock: Clock) -> Found:
    """ytd, month to date, so far this quarter, this year so far, all time."""
    if words[at] in _TO_DATE:
        return at + 1, p.current(_TO_DATE[words[at]], clock, f"{_TO_DATE[words[at]]} to date")
    for phrase in _YTD_BEFORE:
        if end := match_phrase(words, at, phrase):
            year = p.current("year", clock, "")
            start, last = p.year_before(year.start), p.year_before(year.end)
            return end, Period(start, last, "the same days last year", baseline="previous_year")
    unit = UNITS.get(words[at])
    if unit and (end := match_phrase(words, at + 1, "to date") or match_phrase(words, at + 1, "so far")):
        return end, p.current(unit, clock, f"{unit} to date")
    if end := match_phrase(words, at, "so far"):
        inner = relative(words, end, clock) or _named(
            words, end + (word_at(words, end) in ("in", "during")), clock
        )
        if inner and inner[1].start <= clock.today <= inner[1].end:
            return inner[0], replace(inner[1], end=clock.today)
    if (
        words[at] in THIS
        and (inner := relative(words, at, clock))
        and (end := match_phrase(words, inner[0], "so far"))
    ):
        return end, inner[1]
    if running := _running(words, at, clock):
        return running
    for phrase in _ALL_DATA:
        if end := match_phrase(words, at, phrase):
            return end, Period(clock.first_day, clock.today, "all data")
    return None


def _running(words: Sequence[str], at: int, clock: Clock) -> Found:
    """September to date, October so far, 2026 to date, October mtd: from its start to today."""
    inner = _named(words, at, clock)
    if not inner:
        return None
    end, period = inner
    runs = period.start <= clock.today <= period.end
    if runs and (after := match_phrase(words, end, f"{period.unit} to date")):  # `2026 year to date`
        return after, replace(period, end=clock.today)
    if after := match_phrase(words, end, "to date"):
        return after, Period(period.start, clock.today, f"since {period.label}")
    short = {"month": "mtd", "quarter": "qtd", "year": "ytd"}.get(period.unit, "")
    after = match_phrase(words, end, "so far") or (match_phrase(words, end, short) if short else 0)
    return (after, replace(period, end=clock.today)) if after and runs else None


def _named(words: Sequence[str], at: int, clock: Clock) -> Found:
    """A calendar month, quarter or year by its name."""
    if at >= len(words):
        return None
    month = calendar_month(words, at, clock) if words[at] in MONTHS else None
    return month or quarter(words, at, clock) or year(words, at, clock)


def event(words: Sequence[str], at: int, clock: Clock) -> Found:
    """AEP, the last open enrollment, AEP 2024, the 2024 AEP."""
    if at >= len(words):
        return None
    is_last = words[at] in LAST
    start = at + (words[at] in LAST | THIS)
    year = int(words[start]) if YEAR.match(word_at(words, start)) else 0
    start += bool(year)
    if is_last and word_at(words, at + 1) == "year":
        is_last, year, start = False, clock.today.year - 1, at + 2  # "last year's AEP"
    if word_at(words, start) not in clock.event_words:
        return None
    for known, phrases in clock.event_phrases:
        for phrase in phrases:
            end = match_phrase(words, start, phrase)
            if not end:
                continue
            end = match_phrase(words, end, "period") or match_phrase(words, end, "season") or end
            named, after = (year, end) if year else year_after(words, end, clock)
            if named:
                return after, p.event_of(known, replace(clock, today=date(named, 12, 31)))
            return end, p.last_event(known, clock) if is_last else p.event_of(known, clock)
    return None


def weekday(words: Sequence[str], at: int, clock: Clock) -> Found:
    """last Monday, on Tuesday: the latest such day that is not in the future; Monday October 26: that date."""
    start = at + (words[at] in LAST | THIS)
    word = word_at(words, start)
    if word in WEEKDAYS:
        dated = start + 1 + (word_at(words, start + 1) in (",", "the"))
        found = (
            (calendar_day(words, dated, clock) or written_date(words, dated, clock))
            if dated < len(words)
            else None
        )
        if found and found[1].start.weekday() == WEEKDAYS[word]:
            return found
    cued = start > at or word_at(words, at - 1) in {"on", "since", "last", "this", "from", "", "past"}
    if word not in WEEKDAYS or not cued:
        return None
    back = (clock.today.weekday() - WEEKDAYS[word]) % 7
    back = 7 if back == 0 and words[at] == "last" else back
    day = clock.today - timedelta(days=back)
    return start + 1, Period(day, day, f"{word.title()} {day.isoformat()}", "day")


def week_of(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the week of 8 September, the week ending 14 September: the ISO week that holds the day."""
    end = (
        match_phrase(words, at, "week of")
        or match_phrase(words, at, "week ending")
        or match_phrase(words, at, "week starting")
        or match_phrase(words, at, "week commencing")
        or match_phrase(words, at, "week beginning")
    )
    inner = read_point(words, end, clock) if end else None
    if not inner or inner[1].unit != "day":
        return None
    start = p.floor(inner[1].start, "week")
    return inner[0], p.whole(start, "week", f"the week of {start.isoformat()}")


_SAME_NOUNS = frozenset(
    (
        "stretch",
        "window",
        "span",
        "range",
        "timeframe",
        "point",
        "year",
        "half",
        "period",
        "time",
        "month",
        "quarter",
        "week",
        "days",
        "weeks",
        "months",
        "day",
        "dates",
    )
)
_YEAR_TAILS = (
    "last year", "a year ago", "the year before", "in the previous year", "of last year", "a year earlier",
    "of the year before", "of the previous year", "of the prior year", "the previous year", "the prior year",
    "in the prior year", "one year ago", "one year before", "one year earlier", "a year before", "a year prior",
    "one year prior", "a year back", "one year back",
)  # fmt: skip


def baseline(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the same month last year, the month before, the previous period, a year earlier."""
    if found := _corresponding(words, at, clock) or _half_before(words, at, clock):
        return found
    if match_phrase(words, at, "year ago") and word_at(words, at + 2) in _SAME_NOUNS:
        return at + 3, _baseline(clock, "previous_year")  # `the year-ago quarter`
    elliptic = words[at] == "last" and word_at(words, at - 1) in ("than", "vs", "versus")
    if elliptic and word_at(words, at + 1) in ("", ",", "."):
        return at + 1, _baseline(clock, "previous_period")  # "more this month than last"
    counted, count, _ = count_of(words, at)
    if (
        count
        and UNITS.get(word_at(words, counted))
        and word_at(words, counted + 1) in ("before", "prior", "preceding")
    ):
        end = counted + 2 + (word_at(words, counted + 2) in ("that", "it", "those", "them", "this"))
        if not read_point(words, counted + 2, clock):
            return end, _baseline(clock, "previous_period")
    unit = UNITS.get(words[at])
    if unit and (
        match_phrase(words, at + 1, "before")
        or match_phrase(words, at + 1, "prior")
        or match_phrase(words, at + 1, "earlier")
    ):
        if match_phrase(words, at + 1, "before last"):
            start = p.step(p.floor(clock.today, unit), unit, -2)
            return at + 3, p.whole(start, unit, f"the {unit} before last")
        if read_point(words, at + 2, clock) and word_at(words, at + 1) == "before":
            return None
        return at + 2, _baseline(clock, "previous_year" if unit == "year" else "previous_period")
    for phrase in _BASELINES:
        if end := match_phrase(words, at, phrase):
            return end, _baseline(clock, "previous_period")
    return None


_LIKE = ("same", "corresponding", "equivalent", "matching", "comparable")


def _corresponding(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the same month last year, the corresponding half year of 2025 where the question is about 2026."""
    if words[at] not in _LIKE or word_at(words, at + 1) not in _SAME_NOUNS:
        return None
    after = at + 2 + (word_at(words, at + 1) == "half" and word_at(words, at + 2) == "year")
    for tail in _YEAR_TAILS:
        if end := match_phrase(words, after, tail):
            return end, _baseline(clock, "previous_year")
    if shifted := _of_another_unit(words, after, clock):
        return shifted
    end = after + (word_at(words, after) in ("of", "in"))
    year = word_at(words, end)
    if len(year) != 4 or not year.isdigit():
        return None
    others = {word for word in words if len(word) == 4 and word.isdigit() and word[:2] == "20"} - {year}
    following = str(int(year) + 1)
    asked = others == {following} or (not others and following == str(clock.today.year))
    return (end + 1, _baseline(clock, "previous_year")) if asked else None


SAME_DAYS = "the same days a {unit} earlier"
"""What such a period is called, by its unit."""


def _of_another_unit(words: Sequence[str], at: int, clock: Clock) -> Found:
    """(the same days) last month, of the previous month, a month earlier, the week before."""
    at += word_at(words, at) in ("of", "in", "from")
    at += word_at(words, at) in ("the", "a", "one")
    led = word_at(words, at) in ("last", "previous", "prior", "preceding")
    unit = UNITS.get(word_at(words, at + led))
    if unit not in ("week", "month", "quarter"):
        return None
    end = at + led + 1
    if not led:
        if word_at(words, end) not in ("before", "earlier", "ago", "prior"):
            return None
        end += 1
    label = SAME_DAYS.format(unit=unit)
    return end, Period(clock.today, clock.today, label, unit=unit, baseline="previous_period")


_EARLIER = word_set("before prior preceding earlier")


def _half_before(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the preceding half year, the half year before, the quarter immediately preceding."""
    lead = words[at] in ("preceding", "prior", "previous", "earlier")
    half = word_at(words, at + lead) == "half"
    end = at + lead + half + (half and word_at(words, at + lead + 1) == "year")
    if lead:
        return (end, _baseline(clock, "previous_period")) if half else None
    if not half:
        end += bool(UNITS.get(words[at]))
    immediately = word_at(words, end) in ("immediately", "directly", "just", "right")
    if end == at or not (half or immediately) or word_at(words, end + immediately) not in _EARLIER:
        return None
    end += immediately + 1
    return end + (word_at(words, end) in ("that", "it", "this")), _baseline(clock, "previous_period")


def _baseline(clock: Clock, comparison: str) -> Period:
    kind = "previous_year" if comparison == "previous_year" else "previous_period"
    label = "the same period a year earlier" if kind == "previous_year" else "the period before"
    return Period(clock.today, clock.today, label, baseline=kind)  # type: ignore[arg-type]


_BASELINES = ("previous period", "prior period", "preceding period", "period before", "last period")
_ANY_EVENT = "<event>"
_OPENED: Opened = {
    holiday: HOLIDAYS | MONTHS.keys() | word_set("last this past"),
    **NAMES,
    **RELATIVE,
    **CALENDAR,
    to_date: (
        _TO_DATE.keys() | NAMED | UNITS.keys() | THIS | {"so"}
        | {phrase.split()[0] for phrase in (*_YTD_BEFORE, *_ALL_DATA)}
    ),
    event: LAST | THIS | {DIGIT, _ANY_EVENT},
    weekday: LAST | THIS | WEEKDAYS.keys(),
    week_of: frozenset({"week"}),
    baseline: (
        COUNTED | UNITS.keys() | _EARLIER | {"last", "previous", "half", *_LIKE}
        | {phrase.split()[0] for phrase in _BASELINES}
    ),
}  # fmt: skip
POINTS = Rules(_OPENED)
