"""The call center source: one day of calls at a time, with who called, why, how it went and who answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from generator.callers import Callers
from generator.catalog import TOPICS, Flags, Floats, Ints, catalog, exactly, weighted
from generator.clock import timestamps
from generator.desks import Agents
from generator.files import numbered, words
from generator.members import Members
from generator.moods import LABELS, NEGATIVE, cell_scores, day_labels, discontent, label_scores, labels_of, moods
from generator.plan import CallPlan, Stream
from generator.walkthrough import Walkthrough

_HOURS = (7, 6, 9, 11, 11, 10, 9, 9, 8, 7, 5, 4, 3, 1)  # relative call volume from 7:00 to 20:59
_OPENS = 7
_TRANSCRIBED = 0.04
_NO_ROW = -1
_NOT_MEASURED = -1.0


@dataclass
class DayCalls:
    """One day's calls, one entry a call.

    `cell` indexes the stream, `second` counts from midnight, `wait` is in seconds (negative: not measured),
    `handle` in minutes, `pinned` the row of the walkthrough's call or -1. A `channel` of None is drawn later.
    """

    cell: Ints
    topic: Ints
    member: Ints
    repeat: Flags
    leaked: Flags
    second: Ints
    agent: Ints
    transferred: Flags
    label: Ints
    score: Floats
    handle: Floats
    wait: Floats
    pinned: int = _NO_ROW
    channel: Ints | None = None

    @property
    def size(self) -> int:
        """How many calls there are."""
        return len(self.member)


def day_calls(
    rng: np.random.Generator,
    plan: CallPlan,
    day: int,
    callers: Callers,
    agents: Agents,
    members: Members,
    walkthrough: Walkthrough,
) -> DayCalls:
    """Draw the calls of day number `day` (0 is the first)."""
    last = day == plan.story_day
    cell, topic, member, repeat = _who(rng, plan.streams, day, callers, walkthrough.member if last else None)
    leaked = np.array([one.journey is not None for one in plan.streams])[cell]
    known = np.where(repeat, callers.last_agent[topic, member], -1)
    agent = agents.answer(rng, topic, members.language[member], known)
    callers.answered(topic, member, agent, day)
    transferred = rng.random(len(topic)) < 0.13 + 0.06 * leaked - 0.03 * agents.quality[agent]
    mood = moods(topic, members.segment[member])
    label, score = _moods(rng, plan, day, cell, mood, repeat, leaked, agents.quality[agent], transferred)
    calls = DayCalls(
        cell=cell,
        topic=topic,
        member=member,
        repeat=repeat,
        leaked=leaked,
        second=call_seconds(rng, len(topic)),
        agent=agent,
        transferred=transferred,
        label=label,
        score=score,
        handle=handle_minutes(rng, topic, label, leaked, agents.quality[agent]),
        wait=waits(rng, len(topic), plan.dates[day].weekday()),
    )
    if last:
        walkthrough.place_call(calls)
    return calls


def _who(
    rng: np.random.Generator, streams: tuple[Stream, ...], day: int, callers: Callers, pinned: int | None
) -> tuple[Ints, Ints, Ints, Flags]:
    cells, members, repeats = [], [], []
    for number, one in enumerate(streams):
        wanted, again = int(one.calls[day]), int(one.repeats[day])
        seat = pinned is not None and one.journey == "Billing" and one.pool == "mapd_new" and wanted > 0
        drawn = callers.draw(rng, one.topic, one.pool, day, wanted - again - seat, again)
        if seat:
            drawn = np.concatenate([[pinned], drawn]).astype(np.int64)
        cells.append(np.full(len(drawn), number))
        members.append(drawn)
        repeats.append(np.arange(len(drawn)) >= len(drawn) - again)
    cell = np.concatenate(cells)
    return cell, np.array([one.topic for one in streams])[cell], np.concatenate(members), np.concatenate(repeats)


def _moods(
    rng: np.random.Generator,
    plan: CallPlan,
    day: int,
    cell: Ints,
    mood: Floats,
    repeat: Flags,
    leaked: Flags,
    quality: Floats,
    transferred: Flags,
) -> tuple[Ints, Floats]:
    score = np.full(len(cell), np.nan)
    for number, one in enumerate(plan.streams):
        inside = cell == number
        if one.sentiment is not None and inside.any():
            score[inside] = cell_scores(rng, float(one.sentiment[day]), quality[inside])
    told = ~np.isnan(score)
    label = labels_of(score)
    bad = round(float(plan.negative[day]) * len(cell)) - int((label[told] == NEGATIVE).sum())
    rest = ~told
    latent = discontent(rng, mood[rest], quality[rest], repeat[rest], leaked[rest], transferred[rest])
    label[rest] = day_labels(latent, bad)
    score[rest] = label_scores(rng, label[rest])
    return label, score


def call_seconds(rng: np.random.Generator, size: int) -> Ints:
    """When calls come in: seconds from midnight."""
    return (_OPENS + weighted(rng, list(_HOURS), size)) * 3600 + rng.integers(0, 3600, size)


def handle_minutes(rng: np.random.Generator, topic: Ints, label: Ints, leaked: Flags, quality: Floats) -> Floats:
    """How long agents are busy with each call."""
    usual = np.array([catalog()["handle_minutes"][name] for name in TOPICS])[topic]
    longer = 1 + 0.30 * (label == NEGATIVE) + 0.12 * leaked - 0.05 * quality
    minutes = usual * longer * np.exp(rng.normal(-0.08, 0.42, len(topic)))
    return np.asarray(np.round(np.clip(minutes, 0.5, 75), 2))


def waits(rng: np.random.Generator, size: int, weekday: int) -> Floats:
    """Seconds in the queue; negative where nobody measured."""
    busy = 1.35 if weekday == 0 else 1.0
    wait = np.round(rng.gamma(1.4, 95 * busy, size))
    wait[rng.random(size) < 0.045] = _NOT_MEASURED
    return wait


def calls_table(
    rng: np.random.Generator,
    calls: DayCalls,
    midnight: np.datetime64,
    members: Members,
    agents: Agents,
    first: int,
) -> tuple[pa.Table, pa.Array]:
    """The day's rows in order of time, and the call ids in the order of `calls` (surveys refer to them)."""
    order = np.argsort(calls.second, kind="stable")
    ids = numbered("CALL", first, calls.size, 10)
    place = np.empty(calls.size, dtype=np.int64)
    place[order] = np.arange(calls.size)
    columns = _columns(rng, calls, midnight, members, agents)
    table = pa.table(columns).take(pa.array(order))
    return table.add_column(0, "call_id", ids), ids.take(pa.array(place))


def _columns(
    rng: np.random.Generator, calls: DayCalls, midnight: np.datetime64, members: Members, agents: Agents
) -> dict[str, pa.Array]:
    size = calls.size
    reported, attempted, resolved = _source_flags(rng, calls)
    return {
        "member_id": members.ids.take(pa.array(calls.member)),
        "call_date": pa.array(np.full(size, midnight.astype("datetime64[D]"))),
        "call_timestamp": timestamps(midnight, calls.second),
        "call_topic": words(calls.topic, TOPICS),
        "handle_time_minutes": pa.array(calls.handle),
        "sentiment": words(calls.label, LABELS),
        "is_repeat_call": pa.array(reported),
        "prior_digital_attempt": pa.array(attempted),
        "transferred": pa.array(calls.transferred),
        "resolved": pa.array(resolved),
        **_optional(rng, calls, agents),
    }


def _source_flags(rng: np.random.Generator, calls: DayCalls) -> tuple[Flags, Flags, Flags]:
    """Repeat, digital attempt, resolved, as agents tick them: right most of the time."""
    size = calls.size
    reported = rng.random(size) < np.where(calls.repeat, 0.72, 0.085)
    attempted = rng.random(size) < np.where(calls.leaked, 0.83, 0.17)
    worse = 0.16 * (calls.label == NEGATIVE) + 0.10 * calls.repeat + 0.05 * calls.transferred
    resolved = rng.random(size) < 0.90 - worse
    if calls.pinned >= 0:
        reported[calls.pinned], attempted[calls.pinned], resolved[calls.pinned] = False, True, False
    return reported, attempted, resolved


def _optional(rng: np.random.Generator, calls: DayCalls, agents: Agents) -> dict[str, pa.Array]:
    channels: dict[str, float] = catalog()["call_channels"]
    channel = weighted(rng, list(channels.values()), calls.size)
    channel = channel if calls.channel is None else calls.channel
    unscored = rng.random(calls.size) < 0.015
    unheard = rng.random(calls.size) < 0.003
    if calls.pinned >= 0:
        channel[calls.pinned], unscored[calls.pinned], unheard[calls.pinned] = 0, False, False
    agent_id, desk = agents.names(calls.agent)
    return {
        "sentiment_score": pa.array(calls.score, mask=unscored),
        "agent_id": agent_id,
        "agent_team": desk,
        "ivr_path": _ivr(rng, calls),
        "queue_wait_seconds": pa.array(calls.wait.astype(np.int32), mask=calls.wait < 0),
        "transcript": _transcripts(rng, calls),
        "channel": words(channel, tuple(channels), missing=unheard),
    }


def _ivr(rng: np.random.Generator, calls: DayCalls) -> pa.Array:
    detours: dict[str, float] = catalog()["ivr_detours"]
    paths = [detour.format(word=catalog()["ivr_words"][topic]) for topic in TOPICS for detour in detours]
    detour = weighted(rng, list(detours.values()), calls.size)
    missing = rng.random(calls.size) < 0.01
    if calls.pinned >= 0:
        detour[calls.pinned], missing[calls.pinned] = 0, False
    return words(calls.topic * len(detours) + detour, tuple(paths), missing=missing)


def _transcripts(rng: np.random.Generator, calls: DayCalls) -> pa.Array:
    variants, sizes = _transcript_variants()
    group = calls.topic * len(LABELS) + calls.label
    starts = np.cumsum(sizes) - sizes
    chosen = starts[group] + (rng.random(calls.size) * sizes[group]).astype(np.int64)
    written = exactly(rng, calls.size, round(_TRANSCRIBED * calls.size))
    if calls.pinned >= 0:
        chosen[calls.pinned], written[calls.pinned] = len(variants) - 1, True
    return words(chosen, variants, missing=~written)


@cache
def _transcript_variants() -> tuple[tuple[str, ...], Ints]:
    """All texts, the walkthrough's last, and how many there are for each topic and label."""
    text = catalog()
    openings, endings = text["transcript_openings"], text["transcript_endings"]
    variants = [
        f"{opening.format(subject=text['transcript_subjects'][topic])} {ending}"
        for topic in TOPICS
        for label in LABELS
        for opening in openings
        for ending in endings[label]
    ]
    sizes = np.tile([len(openings) * len(endings[label]) for label in LABELS], len(TOPICS))
    return (*variants, Walkthrough.TRANSCRIPT), sizes
