"""The time grammar's spans: points with prepositions, ranges between points, open ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_points import event, may_begin, read_point
from agents.planner.time_ranges import CHANGES, MOVES, POINT, RANGES, SIDE_BY_SIDE
from agents.planner.time_words import (
    DAY,
    PREPOSITIONS,
    Found,
    Opened,
    Rules,
    Words,
    longest,
    match_phrase,
    word_at,
)
from agents.planner.words import UNITS, word_set
from semantic.model import CalendarEvent


def read_spans(words: Iterable[str], clock: Clock) -> Iterator[tuple[int, int, Period]]:
    """(start, end, period) of every place of a question where one begins, its preposition included."""
    asked = Words(words)
    for start in range(len(asked)):
        if found := read_span(asked, start, clock):
            yield start, *found


def read_span(words: Sequence[str], at: int, clock: Clock) -> Found:
    """The longest period phrase that starts at `at`, its preposition included."""
    found = _longest(words, at, clock)
    return _as_it_ended(words, _more_exactly(words, found, clock), clock) if found else None


_OVER = (
    "that is complete",
    "that is completed",
    "that is over",
    "that has ended",
    "that is closed",
    "that is finished",
)


def _as_it_ended(words: Sequence[str], found: tuple[int, Period], clock: Clock) -> tuple[int, Period]:
    """`the last quarter that is complete`."""
    after = next((end for phrase in _OVER if (end := match_phrase(words, found[0], phrase))), 0)
    return (after, found[1]) if after and found[1].end < clock.today else found


def _longest(words: Sequence[str], at: int, clock: Clock) -> Found:
    return longest(SPANS.at(words[at], POINT if may_begin(words[at], clock) else ""), words, at, clock)


def _more_exactly(words: Sequence[str], found: tuple[int, Period], clock: Clock) -> tuple[int, Period]:
    """`since Labor Day, September 7`, `that summer, June to August`: the same days, or some of them, again."""
    end, period = found
    held_against = bool({"prior", "preceding", "previous"} & set(period.label.split()[:1]))
    if word_at(words, end) != "," or end + 1 >= len(words) or period.baseline or held_against:
        return found
    again = _longest(words, end + 1, clock)
    if not again or again[1].baseline or again[1].anchored:
        return found
    said = again[1]
    if said.start == period.start and (said.end == said.start or said.end == period.end):
        return again[0], replace(period, vague="")
    within = period.start <= said.start and said.end <= period.end
    return again if within and (said.start, said.end) != (period.start, period.end) else found


def plain(words: Sequence[str], at: int, clock: Clock) -> Found:
    """A point with an optional preposition."""
    if words[at] in PREPOSITIONS | {"as"} or words[at] == "the":
        found = read_point(words, at + (words[at] != "the"), clock)
        return found
    return read_point(words, at, clock)


_EDGES = {
    "start": ("start of", "start"), "beginning": ("beginning of",), "begin": ("begin of",),
    "first": ("first day of", "first of"), "end": ("end of",),
}  # fmt: skip


def edge(words: Sequence[str], at: int, clock: Clock) -> tuple[int, date, date, Period] | None:
    """A point with its first and last day, by an edge of it where one is named: the start of June, mid August."""
    the = at + (word_at(words, at) == "the")
    for phrase in _EDGES.get(word_at(words, the), ()):
        after = match_phrase(words, the, phrase)
        inner = _point_or_unit(words, after, clock) if after else None
        if inner:
            day = inner[1].end if phrase == "end of" else inner[1].start
            return inner[0], day, day, inner[1]
    inner = read_point(words, at, clock)
    if inner is None or inner[1].baseline:
        return None
    start = inner[1].start
    if word_at(words, the) in ("mid", "middle") and start.day == 11:
        start = start.replace(day=15)
    return inner[0], start, inner[1].end, inner[1]


def _point_or_unit(words: Sequence[str], at: int, clock: Clock) -> Found:
    """A point, or the running unit: `the year`, `quarter`."""
    bare = at + (word_at(words, at) == "the")
    unit = UNITS.get(word_at(words, bare))
    return read_point(words, at, clock) or ((bare + 1, p.current(unit, clock, f"the {unit}")) if unit else None)


_ONWARD = ("onwards", "onward", "and on", "and onward", "and onwards", "forward", "and later", "and after")
_TO_NOW = (
    "until now",
    "till now",
    "to today",
    "to now",
    "up to now",
    "through today",
    "through now",
    "until today",
    "to date",
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_STEPS = word_set("monthly weekly daily quarterly trend")
_BY_STEP = word_set("each every per by")


def since(words: Sequence[str], at: int, clock: Clock) -> Found:
    """since June, from June onwards, since the start of the year, from June 1; January 2025 onwards."""
    opened = words[at] in ("since", "starting", "from", "beginning")
    begin = at + opened
    begin += words[at] == "since" and _how_it_began(words, begin)
    begin += opened and word_at(words, begin) in ("in", "on", "with", "from")
    inner = edge(words, begin, clock) if begin < len(words) else None
    if inner is None:
        return None
    end, start, _, point = inner
    if words[at] != "since":
        phrases = (*_ONWARD, "on", *_TO_NOW) if opened else (*_ONWARD, *_TO_NOW[:2])
        onward = next((after for phrase in phrases if (after := match_phrase(words, end, phrase))), 0)
        if not onward and not (opened and _goes_on(words, at, end, point)):
            return None
        end = onward or end
    label = " ".join(words[at:end]) if opened else f"since {point.label}"
    return end, Period(start, max(clock.today, start), label)


def _how_it_began(words: Sequence[str], at: int) -> int:
    """The words of `since we started (in October)`, `since it went live (on May 3)`."""
    if word_at(words, at) not in ("we", "they", "it"):
        return 0
    begun = ("started", "began", "begun", "launched", "opened", "went live")
    end = next((end for phrase in begun if (end := match_phrase(words, at + 1, phrase))), at)
    return end - at


def _goes_on(words: Sequence[str], at: int, end: int, point: Period) -> bool:
    """`from June 1`, `monthly from January`: with nothing that closes it, up to today; `calls from August` not."""
    if word_at(words, end) in ("to", "through", "until", "till", "thru", "and", "up"):
        return False
    if words[at] == "from" and _moved(words, at):
        return False
    if words[at] == "from" and word_at(words, at - 1) in ("report", "data", "numbers", "email", "mailing", "fix"):
        return False
    return point.unit == "day" or (point.unit in ("month", "quarter") and _in_steps(words))


def _in_steps(words: Sequence[str]) -> bool:
    """`by month`, `weekly`, not `in each status`."""
    named = bool(_STEPS & set(words))
    return named or any(word in _BY_STEP and word_at(words, at + 1) in UNITS for at, word in enumerate(words))


def between(words: Sequence[str], at: int, clock: Clock) -> Found:
    """between June 1 and July 15, from June to August, June through August 2025."""
    opened = words[at] in ("between", "from")
    if not opened and word_at(words, at - 1) in ("compare", "comparing", "compared"):
        return None
    closers = {"and"} if words[at] == "between" else {"to", "through", "until", "till", "thru"}
    begin = edge(words, at + opened, clock) if at + opened < len(words) else None
    if begin and word_at(words, begin[0]) == "up" and word_at(words, begin[0] + 1) == "to":
        begin = (begin[0] + 1, *begin[1:])  # `2026 up to September`
    if not begin or word_at(words, begin[0]) not in closers:
        return None
    first = begin[0], replace(begin[3], start=begin[1])
    second = _closing(words, first[0] + 1, clock) or _same_month_day(words, first, clock)
    if not second:
        return None
    held = {"compare", "comparing", "compared"} & set(words[:at]) and word_at(words, at - 1) != ","
    if not opened and words[first[0]] == "to" and held:
        return None
    dated = _ISO.fullmatch(word_at(words, at + opened)) and _ISO.fullmatch(word_at(words, first[0] + 1))
    led = "from" in (words[at], word_at(words, at - 1))
    if led and not dated and _moved(words, at) and first[1].unit == second[1].unit:
        return None
    if word_at(words, second[0]) in SIDE_BY_SIDE:
        return None
    if words[at] == "between" and _two_units(first[1], second[1]) and _moved(words, at, CHANGES):
        return None  # `change between Q2 and Q3`
    start, end = _ordered(first[1], second[1])
    return second[0], Period(start, end, " ".join(words[at + opened : second[0]]))


def _two_units(first: Period, second: Period) -> bool:
    """Two months, quarters, weeks or years, which can be held against each other; two days are a span."""
    return first.unit == second.unit and first.unit in ("week", "month", "quarter", "year")


def _closing(words: Sequence[str], at: int, clock: Clock) -> Found:
    """The last day of a range: of June, the end of June, yesterday."""
    found = edge(words, at, clock) if at < len(words) else None
    return (found[0], replace(found[3], end=found[2])) if found else None


def _moved(words: Sequence[str], at: int, verbs: frozenset[str] = MOVES) -> bool:
    """`the change from August to September`: two periods side by side; with `weekly`, the time between."""
    near = words[max(0, at - 7) : at]
    sentence = near[len(near) - near[::-1].index(".") :] if "." in near else near
    return bool(verbs & set(sentence)) and not _in_steps(words)


def _same_month_day(words: Sequence[str], first: tuple[int, Period], clock: Clock) -> Found:
    """June 1 to 15."""
    day = DAY.match(word_at(words, first[0] + 1))
    if not day or first[1].unit != "day":
        return None
    try:
        found = first[1].start.replace(day=int(day[1]))
    except ValueError:
        return None
    return first[0] + 2, Period(found, found, "", "day")


def _ordered(first: Period, second: Period) -> tuple[date, date]:
    """June to August: the start steps back a year when it would come after the end."""
    start, end = first.start, second.end
    while start > end:
        start = date(start.year - 1, start.month, min(start.day, 28))
    return start, end


def open_ended(words: Sequence[str], at: int, clock: Clock) -> Found:
    """until June, before June 2025, up to yesterday, after June, ahead of AEP."""
    for phrase, rule in _OPEN.items():
        end = match_phrase(words, at, phrase)
        if not end:
            continue
        known = event(words, end + (word_at(words, end) == "the"), clock)
        if known and rule == "before":
            chosen = _event_at(words, end + (word_at(words, end) == "the"), clock)
            return known[0], p.ahead_of(chosen, clock)
        inner = edge(words, end, clock) if end < len(words) else None
        if inner:
            point = replace(inner[3], start=inner[1], end=inner[2])
            return inner[0], _opened(point, rule, clock, " ".join(words[at : inner[0]]))
    return None


_OPEN = {
    "ahead of": "before", "in the run up to": "before", "leading up to": "before", "going into": "before",
    "prior to": "before", "before": "before", "until": "until", "till": "until", "up to": "until",
    "up until": "until", "through": "until", "after": "after", "following": "after",
    "in the weeks before": "before", "in the lead up to": "before", "heading into": "before",
}  # fmt: skip


def _event_at(words: Sequence[str], at: int, clock: Clock) -> CalendarEvent:
    return next(known for known in clock.events if event(words, at, replace(clock, events=(known,))))


def _opened(point: Period, rule: str, clock: Clock, label: str) -> Period:
    if rule == "after":
        start = point.end + timedelta(days=1)
        return Period(start, max(start, clock.today), label)
    end = point.end if rule == "until" else point.start - timedelta(days=1)
    if "this year" in label or "last year" in label:  # "until the end of September this year"
        return Period(end.replace(month=1, day=1), end, label)
    return Period(min(clock.first_day, end), end, label)


def enclosed(words: Sequence[str], at: int, clock: Clock) -> Found:
    """within the last 7 days, over the course of August, as of August."""
    for phrase in _ENCLOSED:
        if end := match_phrase(words, at, phrase):
            return read_point(words, end, clock)
    return None


_ENCLOSED = ("over the course of", "in the course of", "as of", "during the course of", "in the space of")
_OPENED: Opened = {
    since: _EDGES.keys() | word_set("since starting from the") | {POINT},
    plain: PREPOSITIONS | {"as", "the", POINT},
    between: _EDGES.keys() | word_set("between from the") | {POINT},
    open_ended: frozenset(phrase.split()[0] for phrase in _OPEN),
    enclosed: frozenset(phrase.split()[0] for phrase in _ENCLOSED),
    **RANGES,
}  # fmt: skip
SPANS = Rules(_OPENED)
