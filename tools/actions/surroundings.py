"""What else happened to a fix's own calls while it was measured: the comparison cannot take that out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from tools.actions.subjects import Subject
from tools.alignment import EVERYBODY, GENERAL, Areas, Event, Segment, rules
from tools.causes import calendar_events, events_between, segment_of, words_of
from tools.desk import Desk
from tools.periods import day_in_words

MOST_SAID = 3
_SAID = (
    "Recorded for the same calls in these weeks too: {events}. What it did to other groups as well is taken out; "
    "what it did to these calls alone is counted as the fix's, and the interval leaves that out, so the effect is "
    "less sure than the interval says."
)


def surroundings(subject: Subject, began: date, last: date, desk: Desk) -> tuple[str, ...]:
    """A sentence on the events, from shortly before the go-live to the last measured day, that touch its calls.

    `began` is the first measured day: what was sent between it and then already, as bills are, was usual before.
    """
    first = subject.go_live - timedelta(days=rules()["days_before"])
    _, known = events_between(desk, min(began, first), last)
    usual = {one.name for one in known if one.day < first}
    recorded = [one for one in known if one.day >= first and one.name not in usual]
    opening = [one for one in calendar_events(desk, subject.go_live, last) if first <= one.day <= last]
    segment = segment_of(subject.metric, subject.where, desk, Areas(words_of(desk)))
    touching = [one for one in (*opening, *recorded) if one.id != subject.source and touches(one, segment)]
    return (_SAID.format(events=_listed(touching)),) if touching else ()


def touches(event: Event, segment: Segment) -> bool:
    """Whether an event is about what the segment is about, and for people who are in it. Pure."""
    people = event.plan == EVERYBODY or not segment.plans or event.plan in segment.plans
    return people and (segment.areas == GENERAL or bool(segment.areas & event.areas))


def _listed(events: Sequence[Event]) -> str:
    """The first few by name and day; a notice that went out on several days is named once."""
    named = {event.name: event.day for event in reversed(events)}
    said = [f"{name} ({day_in_words(day)})" for name, day in reversed(named.items())]
    return f"{'; '.join(said[:MOST_SAID])}{f'; and {len(said) - MOST_SAID} more' if len(said) > MOST_SAID else ''}"
