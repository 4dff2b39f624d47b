"""One member's journey across channels, for a reader who may read member rows and has stated what for.

A member's id stands in no address: the form sends it, and the page that is shown has an encrypted reference, which
opens for nobody without the same rights.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlglot import exp

from semantic.query import DimensionFilter, TimeRange
from ui.dashboard.reading import Reading
from ui.dashboard.view import ROOT, Content, View
from ui.forms import Forms
from warehouse.door import QueryContext, QueryResult
from warehouse.errors import DeniedError

PATH = "/playback"
CONTEXT_DAYS, AFTER_DAYS, MOST_EVENTS, MOST_SAMPLES = 90, 7, 200, 12
MOODS = ("positive", "neutral", "uneasy", "negative", "strongly negative")
_TURN = re.compile(r"\[(\d\d:\d\d)\] ")
_MOOD = re.compile(rf"\(({'|'.join(sorted(MOODS, key=len, reverse=True))})\)\s*$")
CHANNELS = {
    "digital": "Digital",
    "call_center": "Call",
    "survey": "Survey",
    "claims": "Claims",
    "pharmacy": "Pharmacy",
    "enrollment": "Enrollment",
}


@dataclass(frozen=True)
class Turn:
    """What was said in a call, when, and in which mood where the transcript notes one."""

    at: str
    text: str
    mood: str


@dataclass(frozen=True)
class Event:
    """One event of the timeline. `turns` are those of a call; `failed` marks where it went wrong."""

    at: datetime
    timed: bool
    channel: str
    title: str
    outcome: str
    detail: str
    failed: bool = False
    score: float | None = None
    facts: tuple[tuple[str, str], ...] = ()
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A member's leaked call that can be played back."""

    reference: str
    member: str
    call: datetime
    group: str
    message: str
    score: float | None


@dataclass(frozen=True)
class Timeline:
    """The day that is played back, and what surrounds it."""

    member: str
    day: date
    about: tuple[tuple[str, str], ...]
    events: tuple[Event, ...]
    context: tuple[Event, ...] = field(default=())


class References:
    """Members and days as references that say nothing to who reads an address."""

    def __init__(self, forms: Forms) -> None:
        key = bytes.fromhex(forms.sign("playback", "reference"))
        self._lock = Fernet(base64.urlsafe_b64encode(key))

    def of(self, member: str, day: date | None = None) -> str:
        """A reference."""
        return self._lock.encrypt(f"{day.isoformat() if day else ''}|{member}".encode()).decode()

    def read(self, reference: str) -> tuple[str, date | None]:
        """Member and day. Raises LookupError for what is no reference of ours."""
        try:
            day, _, member = self._lock.decrypt(reference.encode()).decode().partition("|")
        except (InvalidToken, UnicodeError) as error:
            raise LookupError("reference") from error
        return member, date.fromisoformat(day) if day else None


def fill(reading: Reading) -> Content:
    """The member behind the address's reference; the form to look one up without it."""
    shown: dict[str, Any] = {"moods": MOODS, "channels": CHANNELS, "stated": reading.account.stated, "found": None}
    reference = reading.params.get("journey", "")
    if not reading.may_read_members:
        return Content("Journey playback", {}, shown)
    if reference:
        member, day = reading.references.read(reference)
        timeline = _timeline(reading, member, day)
        shown["found"] = timeline
        shown["message"] = "" if timeline else "There are no events of such a member that you may read."
    return Content("Journey playback", {}, shown)


VIEW = View("playback", PATH, "playback.html", fill, nav="Journey playback", filters=False, kept=False)


def address(reference: str) -> str:
    """Where a journey is played back."""
    return f"{ROOT}{PATH}?journey={reference}"


def samples(reading: Reading, filters: Sequence[DimensionFilter], period: TimeRange) -> list[Sample]:
    """The latest calls at the end of such a journey, for who may read them; nothing otherwise."""
    if not reading.may_read_members:
        return []
    columns = ("member_id", "call_ts", "plan_type", "member_tenure", "error_message", "sentiment_score")
    dataset = reading.desk.semantic.datasets["leaks"]
    select = exp.select(*columns).from_("gold.calls").where(exp.column("is_leaked").eq(1))
    for item in filters:
        select = select.where(exp.column(dataset.columns[item.dimension]).isin(*item.values))
    select = select.where(_between("call_date", period.start, period.end))
    select = select.order_by("call_date DESC", "sentiment_score NULLS LAST", "call_id").limit(MOST_SAMPLES)
    try:
        rows = _asked(reading, select).rows
    except DeniedError:
        return []
    return [
        Sample(reading.references.of(str(member), call.date()), str(member), call, f"{plan} {tenure}",
               str(message or ""), None if score is None else float(score))
        for member, call, plan, tenure, message, score in rows
    ]  # fmt: skip


def _timeline(reading: Reading, member: str, day: date | None) -> Timeline | None:
    if day is None:
        last = _asked(reading, exp.select("MAX(call_date) AS day").from_("gold.calls").where(_of(member))).rows
        found = last[0][0] if last else None
        day = found if isinstance(found, date) else reading.desk.as_of
    select = (
        exp.select(
            "event_ts", "event_date", "channel", "event_type", "topic", "outcome", "detail", "sentiment_score"
        )
        .from_("gold.member_journey_timeline")
        .where(_of(member))
        .where(_between("event_date", day - timedelta(days=CONTEXT_DAYS), day + timedelta(days=AFTER_DAYS)))
        .order_by("event_ts", "event_id")
        .limit(MOST_EVENTS)
    )
    rows = _asked(reading, select).rows
    if not rows:
        return None
    calls = _calls(reading, member, day)
    events = [(row[1], _event(row, calls)) for row in rows]
    return Timeline(
        member, day, _about(reading, member),
        tuple(event for at, event in events if at == day),
        tuple(event for at, event in events if at != day),
    )  # fmt: skip


def _calls(reading: Reading, member: str, day: date) -> dict[datetime, dict[str, Any]]:
    names = ("call_ts", "ivr_path", "queue_wait_seconds", "handle_time_minutes", "agent_team", "sentiment",
             "is_repeat", "transcript")  # fmt: skip
    select = exp.select(*names).from_("gold.calls").where(_of(member))
    first, last = day - timedelta(days=CONTEXT_DAYS), day + timedelta(days=AFTER_DAYS)
    rows = _asked(reading, select.where(_between("call_date", first, last)).order_by("call_ts").limit(50)).rows
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def _about(reading: Reading, member: str) -> tuple[tuple[str, str], ...]:
    """The member's groups; no name, no address: a journey needs neither."""
    names = ("plan_type", "segment", "tenure_bucket", "age_group", "state", "language")
    rows = _asked(reading, exp.select(*names).from_("gold.members").where(_of(member)).limit(1)).rows
    labels = reading.desk.semantic.dimensions
    return tuple(
        (labels[name].label if name in labels else name, reading.label(name, value))
        for row in rows
        for name, value in zip(names, row, strict=True)
        if value is not None
    )


def _event(row: tuple[Any, ...], calls: dict[datetime, dict[str, Any]]) -> Event:
    at, _, channel, kind, topic, outcome, detail, score = row
    timed = at.time() != datetime.min.time()
    words = str(kind).replace("_", " ").capitalize()
    title = f"{words}: {topic}" if topic and str(topic).lower() not in words.lower() else words
    call = calls.get(at) if channel == "call_center" else None
    failed = outcome in ("failure", "error", "abandoned", "unresolved", "denied", "Denied", "detractor")
    if call is None:
        return Event(at, timed, channel, title, str(outcome or ""), str(detail or ""), failed)
    return Event(at, timed, channel, title, str(outcome or ""), "", failed, score, _facts(call),
                 _turns(str(call["transcript"] or "")))  # fmt: skip


def _facts(call: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    wait, handle = call["queue_wait_seconds"], call["handle_time_minutes"]
    path = str(call["ivr_path"] or "").replace(">", " \u2192 ")
    starts = call["call_ts"] + timedelta(seconds=float(wait or 0))
    ends = starts + timedelta(minutes=float(handle or 0))
    told = [
        ("IVR", path),
        ("Waited", f"{wait:,.0f} s" if wait is not None else ""),
        ("With an agent", f"{starts:%H:%M} to {ends:%H:%M} ({handle:,.0f} min)" if handle is not None else ""),
        ("Team", str(call["agent_team"] or "")),
        ("Sentiment", str(call["sentiment"] or "")),
        ("Repeat call", "yes" if call["is_repeat"] else ""),
    ]
    return tuple((name, text) for name, text in told if text and text != "Unknown")


def _turns(transcript: str) -> tuple[Turn, ...]:
    """The turns of a transcript that notes times; one without stays a single turn."""
    parts = _TURN.split(transcript)
    if len(parts) < 3:
        return (Turn("", transcript, ""),) if transcript else ()
    found = []
    for at, text in zip(parts[1::2], parts[2::2], strict=True):
        mood = _MOOD.search(text)
        found.append(Turn(at, _MOOD.sub("", text).strip(), mood[1] if mood else ""))
    return tuple(found)


def _of(member: str) -> exp.Expression:
    return exp.column("member_id").eq(exp.Literal.string(member))


def _between(column: str, first: date, last: date) -> exp.Expression:
    low, high = (exp.cast(exp.Literal.string(day.isoformat()), "DATE") for day in (first, last))
    return exp.Between(this=exp.column(column), low=low, high=high)


def _asked(reading: Reading, select: exp.Select) -> QueryResult:
    """Through the door itself, with the stated purpose: nothing of it is remembered."""
    context = QueryContext(reading.desk.answer_id, "Journey playback", reading.desk.source)
    return reading.assistant.door.query(select.sql(dialect="duckdb"), reading.named, context=context)
