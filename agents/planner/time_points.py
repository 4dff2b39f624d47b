"""The time grammar's points: every way people name a period, read from tokens into whole days.

Each rule takes the words and an index and returns (end, period) or None; rules are tried in order at every index
and the longest reading wins. Periods in the future are returned as they are: the verifier refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_names import FIRST_WORDS, NAMES, Found
from agents.planner.words import MONTHS, NUMBER_WORDS, TIME_WORDS, UNITS, WEEKDAYS, word_set
from semantic.model import CalendarEvent

Rule = Callable[[Sequence[str], int, Clock], Found]

_LAST = word_set("last past previous prior preceding trailing rolling latest recent")
_THIS = word_set("this current running")
_NEXT = word_set("next coming upcoming following")
_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1,
    "final": -1, "opening": 1, "closing": -1,
}  # fmt: skip
PREPOSITIONS = word_set("in for during over within on of throughout across at through from")
DAY = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_QUARTER = re.compile(r"^q([1-4])$")
_HALF = re.compile(r"^h([12])$")
_FISCAL_YEAR = re.compile(r"^fy(\d{2}|\d{4})$")


def read_point(words: Sequence[str], at: int, clock: Clock) -> Found:
    """The longest period without a preposition."""
    while at < len(words) and words[at] == "the":
        at += 1
    if at >= len(words) or not _may_begin(words[at], clock):
        return None
    found = [result for rule in POINTS if (result := rule(words, at, clock))]
    return max(found, key=lambda result: result[0]) if found else None


_BEGINNERS = (
    TIME_WORDS | _LAST | _THIS | _NEXT | MONTHS.keys() | UNITS.keys() | WEEKDAYS.keys() | NUMBER_WORDS.keys()
    | _ORDINALS.keys() | FIRST_WORDS
    | word_set("the so right now at as all of from since a an same couple several days period financial")
)  # fmt: skip


def _may_begin(word: str, clock: Clock) -> bool:
    """Whether any rule reads a period that begins with the word: most words of a question begin none."""
    if word in _BEGINNERS or word[0].isdigit() or word in _event_words(clock.events):
        return True
    return word[0] in "qhf" and bool(_QUARTER.match(word) or _HALF.match(word) or _FISCAL_YEAR.match(word))


@cache
def _event_words(events: tuple[CalendarEvent, ...]) -> frozenset[str]:
    return frozenset(phrase.lower().split()[0] for event in events for phrase in (event.name, *event.synonyms))


def match_phrase(words: Sequence[str], at: int, phrase: str) -> int:
    """End index when the phrase's words stand at `at`, else 0."""
    parts = _parts(phrase)
    if at >= len(words) or words[at] != parts[0]:
        return 0
    return at + len(parts) if tuple(words[at : at + len(parts)]) == parts else 0


@cache
def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(phrase.split())


def word_at(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def named_day(words: Sequence[str], at: int, clock: Clock) -> Found:
    """today, right now, yesterday, tomorrow."""
    for phrase, shift in (
        ("today", 0), ("right now", 0), ("now", 0), ("at the moment", 0), ("as of today", 0), ("as of now", 0),
        ("yesterday", -1), ("the day before yesterday", -2), ("day before yesterday", -2), ("tomorrow", 1),
    ):  # fmt: skip
        end = match_phrase(words, at, phrase)
        if end and not (
            phrase == "now" and (at == 0 or word_at(words, at - 1) in (",", ".", "and", "ok", "okay"))
        ):
            day = clock.today + timedelta(days=shift)
            return end, Period(day, day, phrase if shift else "today", "day")
    return None


def relative(words: Sequence[str], at: int, clock: Clock) -> Found:
    """this month, last 8 weeks, past couple of months, next quarter, last fiscal year."""
    word = word_at(words, at)
    if word not in _LAST | _THIS | _NEXT:
        return None
    after, count, vague = _count(words, at + 1)
    full = word_at(words, after) in ("full", "complete", "whole", "calendar")
    after += full
    fiscal = word_at(words, after) in ("fiscal", "financial")
    unit = UNITS.get(word_at(words, after + fiscal))
    if unit is None:
        return _last_hours(words, at, after, clock)
    end = after + fiscal + 1
    label = " ".join(words[at:end])
    if word in _NEXT:
        start = p.step(p.floor(clock.today, unit), unit, 1)
        return end, p.whole(start, unit, label)
    if word in _THIS:
        return (end, p.current(unit, clock, label, fiscal=fiscal)) if count is None else None
    period = p.last(unit, count or 1, clock, label, fiscal=fiscal)
    if unit == "day" and count is None:
        day = clock.today - timedelta(days=1) if word in ("previous", "prior", "preceding") else clock.today
        period = Period(day, day, label, "day")
    return end, replace(period, vague=vague)


def _count(words: Sequence[str], at: int) -> tuple[int, int | None, str]:
    """An optional number of units: 8, eight, a couple of, few."""
    for phrase, number, vague in (
        ("a couple of", 2, ""), ("couple of", 2, ""), ("couple", 2, ""), ("a few", 3, "few read as 3"),
        ("few", 3, "few read as 3"), ("several", 3, "several read as 3"), ("half", 0, ""),
    ):  # fmt: skip
        end = match_phrase(words, at, phrase)
        if end and number:
            return end, number, vague
    word = word_at(words, at)
    if word.isdigit() and 0 < int(word) < 400:
        return at + 1, int(word), ""
    if word in NUMBER_WORDS and NUMBER_WORDS[word] > 0:
        return at + 1, NUMBER_WORDS[word], ""
    return at, None, ""


def _last_hours(words: Sequence[str], at: int, after: int, clock: Clock) -> Found:
    if words[at] in _LAST and list(words[after - 1 : after + 1]) == ["24", "hours"]:
        vague = "24 hours read as the last complete day"
        return after + 1, Period(clock.today, clock.today, "today", "day", vague=vague)
    return None


def ago(words: Sequence[str], at: int, clock: Clock) -> Found:
    """three weeks ago: that calendar week; 2 days ago: that day; a year ago: that year's neighbour."""
    start_at = at + (words[at] in ("a", "an", "one"))
    after, count, vague = _count(words, at)
    if start_at > at and count in (None, 1):
        after, count = start_at, 1
    unit = UNITS.get(word_at(words, after))
    if count is None or unit is None or word_at(words, after + 1) not in ("ago", "earlier", "back"):
        return None
    if unit == "year" and count == 1:
        label = "the same period a year ago"
        start = p.step(p.floor(clock.today, "year"), "year", -1)
        return after + 2, replace(p.whole(start, "year", label), baseline="previous_year")
    start = p.step(p.floor(clock.today, unit), unit, -count)
    return after + 2, replace(p.whole(start, unit, " ".join(words[at : after + 2])), vague=vague)


def calendar_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """August, Aug 2025, the month of August, August of last year."""
    at = match_phrase(words, at, "month of") or at
    word = word_at(words, at)
    if word not in MONTHS or (word in ("may", "mar", "march") and not _month_context(words, at)):
        return None
    year, end = _year_after(words, at + 1, clock)
    return end, p.month_of(MONTHS[word], year, clock)


def _month_context(words: Sequence[str], at: int) -> bool:
    """Whether `may` or `march` is the month: a preposition before it, or a year, a mark or the end after it."""
    before, after = word_at(words, at - 1), word_at(words, at + 1)
    if before in PREPOSITIONS | {"since", "until", "between", "before", "after", "last", "this", "versus", "vs",
                                  "by", "of", "and", "to", "against", "first", "early", "with"}:  # fmt: skip
        return True
    nouns = {"", ",", ".", "vs", "versus", "to", "through", "compared", "and", "only", "against"}
    return bool(_YEAR.match(after)) or after in nouns or before in MONTHS


def _year_after(words: Sequence[str], at: int, clock: Clock) -> tuple[int | None, int]:
    """An optional year: 2025, of 2025, last year, of this year."""
    skip = at + (word_at(words, at) in (",", "of", "in"))
    if _YEAR.match(word_at(words, skip)):
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
        year, end = _year_after(words, at + 2, clock)
        return _dated(MONTHS[words[at]], int(day[1]), year, end, clock)
    if day := DAY.match(words[at]):
        month_at = at + 1 + (word_at(words, at + 1) == "of")
        if word_at(words, month_at) in MONTHS:
            year, end = _year_after(words, month_at + 1, clock)
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
    year, end = _year_after(words, at + 2, clock)
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
    year, end = _year_after(words, end, clock)
    fiscal_year = _FISCAL_YEAR.match(word_at(words, end + (word_at(words, end) == "of")))
    if fiscal_year:
        fiscal, year, end = True, 2000 + int(fiscal_year[1]) % 100, end + 1 + (word_at(words, end) == "of")
    return end, p.quarter_of(number, year, clock, fiscal=fiscal)


def _quarter_number(words: Sequence[str], at: int) -> tuple[int, int]:
    if match := _QUARTER.match(word_at(words, at)):
        return int(match[1]), at + 1
    if _ORDINALS.get(word_at(words, at), 0) > 0 and word_at(words, at + 1) == "quarter":
        return _ORDINALS[words[at]], at + 2
    if word_at(words, at) == "quarter" and NUMBER_WORDS.get(word_at(words, at + 1), 0) in (1, 2, 3, 4):
        return NUMBER_WORDS[words[at + 1]], at + 2
    return 0, at


def half_year(words: Sequence[str], at: int, clock: Clock) -> Found:
    """H1, H2 2024, first half of this year."""
    if match := _HALF.match(words[at]):
        year, end = _year_after(words, at + 1, clock)
        return end, p.half_of(int(match[1]), year, clock)
    number = 2 if _ORDINALS.get(words[at]) == -1 else _ORDINALS.get(words[at])
    if number in (1, 2) and word_at(words, at + 1) == "half":
        year, end = _year_after(words, at + 2, clock)
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
    ordinal = _ORDINALS.get(words[at])
    if not ordinal:
        return None
    after, count, _ = _count(words, at + 1)
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
    ordinal = _ORDINALS.get(words[at])
    if not ordinal:
        return None
    after, count, _ = _count(words, at + 1)
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
    if match := _FISCAL_YEAR.match(words[at]):
        return at + 1, p.year_of(2000 + int(match[1]) % 100, fiscal_month=clock.fiscal_month)
    fiscal = words[at] in ("fiscal", "financial")
    after = at + (words[at] in ("fiscal", "financial", "calendar"))
    after += word_at(words, after) == "year"
    if _YEAR.match(word_at(words, after)) and word_at(words, after - 1) not in _QUANTITIES:
        return after + 1, p.year_of(int(words[after]), fiscal_month=clock.fiscal_month if fiscal else 1)
    return None


_ALL_DATA = (
    "all time", "all data", "of all time", "since the beginning", "since the start of the data",
    "from when the data begin",
    "from when the data begins", "since the data begins", "since the data begin", "since the data starts",
    "since data began", "since records began", "from the start of the data", "since the first day of data",
    "from the very beginning", "from the beginning", "as long as we have data", "since we have data",
)  # fmt: skip


def to_date(words: Sequence[str], at: int, clock: Clock) -> Found:
    """ytd, month to date, so far this quarter, this year so far, all time."""
    short: dict[str, p.Unit] = {"ytd": "year", "mtd": "month", "qtd": "quarter", "wtd": "week"}
    if words[at] in short:
        return at + 1, p.current(short[words[at]], clock, f"{short[words[at]]} to date")
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
        words[at] in _THIS
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
    is_last = words[at] in _LAST
    start = at + (words[at] in _LAST | _THIS)
    year = int(words[start]) if _YEAR.match(word_at(words, start)) else 0
    start += bool(year)
    if is_last and word_at(words, at + 1) == "year":
        is_last, year, start = False, clock.today.year - 1, at + 2  # "last year's AEP"
    for known in clock.events:
        for phrase in sorted((known.name, *known.synonyms), key=len, reverse=True):
            end = match_phrase(words, start, phrase.lower())
            if not end:
                continue
            end = match_phrase(words, end, "period") or match_phrase(words, end, "season") or end
            named, after = (year, end) if year else _year_after(words, end, clock)
            if named:
                return after, p.event_of(known, replace(clock, today=date(named, 12, 31)))
            return end, p.last_event(known, clock) if is_last else p.event_of(known, clock)
    return None


def weekday(words: Sequence[str], at: int, clock: Clock) -> Found:
    """last Monday, on Tuesday: the latest such day that is not in the future; Monday October 26: that date."""
    start = at + (words[at] in _LAST | _THIS)
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
    "the previous year", "the prior year", "in the prior year", "one year ago",
)  # fmt: skip


def baseline(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the same month last year, the month before, the previous period, a year earlier."""
    if words[at] == "same" and word_at(words, at + 1) in _SAME_NOUNS:
        for tail in _YEAR_TAILS:
            if end := match_phrase(words, at + 2, tail):
                return end, _baseline(clock, "previous_year")
    elliptic = words[at] == "last" and word_at(words, at - 1) in ("than", "vs", "versus")
    if elliptic and word_at(words, at + 1) in ("", ",", "."):
        return at + 1, _baseline(clock, "previous_period")  # "more this month than last"
    counted, count, _ = _count(words, at)
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
    for phrase in ("previous period", "prior period", "preceding period", "period before", "last period"):
        if end := match_phrase(words, at, phrase):
            return end, _baseline(clock, "previous_period")
    return None


def _baseline(clock: Clock, comparison: str) -> Period:
    kind = "previous_year" if comparison == "previous_year" else "previous_period"
    label = "the same period a year earlier" if kind == "previous_year" else "the period before"
    return Period(clock.today, clock.today, label, baseline=kind)  # type: ignore[arg-type]


POINTS: tuple[Rule, ...] = (
    *NAMES,
    named_day, relative, ago, calendar_month, calendar_day, days_of_month, written_date, quarter, half_year,
    part_of_month,
    part_of_year, year,
    to_date, event, weekday, week_of, baseline,
)  # fmt: skip
