"""The surveys source: after calls, after sessions, and from time to time. Scores follow how the contact went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from generator.calls import DayCalls
from generator.catalog import Floats, Ints, catalog, exactly
from generator.clock import timestamps
from generator.failures import SUCCESS
from generator.files import numbered, words
from generator.levels import shared_out
from generator.members import Members
from generator.plan import CallPlan
from generator.profiles import Profile
from generator.sessions import Sessions
from generator.walkthrough import Walkthrough

SURVEY_TYPES = ("post_call", "post_digital", "periodic", "annual")
_SHARES = (0.42, 0.29, 0.20, 0.09)
_WRITES = 0.68
_LAST_SECOND = 86_399


@dataclass(frozen=True)
class Answers:
    """One lot of surveys: who, when (second of the day), and the mood they answer in (-1..1)."""

    kind: int
    member: Ints
    second: Ints
    mood: Floats


def survey_plan(profile: Profile, plan: CallPlan) -> Ints:
    """Surveys by day and type, shape (days, 4); the total is the profile's row count."""
    return shared_out(profile.surveys, plan.volume[:, None] * np.array(_SHARES)[None, :])


def following_surveys(profile: Profile, past: CallPlan, plan: CallPlan) -> Ints:
    """Surveys of the days after `past`: as many a call as before."""
    total = round(profile.surveys * int(plan.volume.sum()) / int(past.volume.sum()))
    return shared_out(total, plan.volume[:, None] * np.array(_SHARES)[None, :])


def survey_counts(rng: np.random.Generator, mean: float) -> Ints:
    """Surveys of one day by type, around a mean of all types together."""
    counts: Ints = rng.poisson(mean * np.array(_SHARES))
    return counts


def surveys_table(
    rng: np.random.Generator,
    counts: Ints,
    calls: DayCalls,
    call_ids: pa.Array,
    sessions: Sessions,
    members: Members,
    midnight: np.datetime64,
    first: int,
) -> pa.Table:
    """The day's surveys; `counts` by type. Surveys after a call name it in related_call_id."""
    rows, after_call = _after_calls(rng, int(counts[0]), calls)
    now_and_then = [_now_and_then(rng, kind, int(counts[kind]), sessions) for kind in (2, 3)]
    lots = [after_call, _after_sessions(rng, int(counts[1]), sessions), *now_and_then]
    kind = np.concatenate([np.full(len(lot.member), lot.kind) for lot in lots])
    member, second = (np.concatenate([getattr(lot, name) for lot in lots]) for name in ("member", "second"))
    mood = np.concatenate([lot.mood for lot in lots])
    pinned = np.flatnonzero((rows == calls.pinned) & (rows >= 0))
    second[pinned], mood[pinned] = Walkthrough.SURVEY, Walkthrough.SURVEY_MOOD
    columns = {
        "survey_id": numbered("S", first, len(kind), 8),
        "member_id": members.ids.take(pa.array(member)),
        "survey_date": timestamps(midnight, second),
        **_answers(rng, mood, pinned),
        "survey_type": words(kind, SURVEY_TYPES),
        "related_call_id": _related(call_ids.take(pa.array(rows)), len(kind)),
    }
    return pa.table(columns)


def _related(call_ids: pa.Array, size: int) -> pa.Array:
    return pa.concat_arrays([call_ids, pa.nulls(size - len(call_ids), pa.string())])


def _answers(rng: np.random.Generator, mood: Floats, pinned: Ints) -> dict[str, pa.Array]:
    return {
        "nps_score": _scale(rng, 6.7 + 4.2 * mood, 2.1, 0, 10),
        "csat_score": _scale(rng, 3.4 + 1.3 * mood, 0.8, 1, 5),
        "effort_score": _scale(rng, 3.6 - 2.1 * mood, 1.2, 1, 7),
        "feedback_text": _feedback(rng, mood, pinned),
    }


def _after_calls(rng: np.random.Generator, count: int, calls: DayCalls) -> tuple[Ints, Answers]:
    rows = np.flatnonzero(exactly(rng, calls.size, count))
    if calls.pinned >= 0 and calls.pinned not in rows:
        rows[0] = calls.pinned
    end = calls.second[rows] + np.maximum(calls.wait[rows], 0) + 60 * calls.handle[rows]
    second = np.minimum(end + rng.integers(240, 5400, len(rows)), _LAST_SECOND).astype(np.int64)
    return rows, Answers(0, calls.member[rows], second, calls.score[rows])


def _after_sessions(rng: np.random.Generator, count: int, sessions: Sessions) -> Answers:
    rows = np.flatnonzero(exactly(rng, sessions.size, count))
    second = np.minimum(sessions.second[rows] + rng.integers(60, 3600, len(rows)), _LAST_SECOND)
    mood = np.where(sessions.outcome[rows] == SUCCESS, 0.32, -0.42) + rng.normal(0, 0.15, len(rows))
    return Answers(1, sessions.member[rows], second, mood)


def _now_and_then(rng: np.random.Generator, kind: int, count: int, sessions: Sessions) -> Answers:
    member = sessions.member[exactly(rng, sessions.size, count)]
    return Answers(
        kind, member, rng.integers(8 * 3600, 21 * 3600, len(member)), rng.normal(0.12, 0.3, len(member))
    )


def _scale(rng: np.random.Generator, center: Floats, spread: float, low: int, high: int) -> pa.Array:
    return pa.array(np.clip(np.round(rng.normal(center, spread)), low, high).astype(np.int8))


def _feedback(rng: np.random.Generator, mood: Floats, pinned: Ints) -> pa.Array:
    text = catalog()["feedback"]
    groups = [tuple(text[name]) for name in ("low", "middle", "high")]
    group = np.digitize(mood + rng.normal(0, 0.2, len(mood)), [-0.2, 0.25])
    starts = np.cumsum([0, *(len(one) for one in groups[:-1])])
    sizes = np.array([len(one) for one in groups])
    chosen = starts[group] + (rng.random(len(mood)) * sizes[group]).astype(np.int64)
    silent = rng.random(len(mood)) >= _WRITES
    everything = tuple(line for one in groups for line in one)
    chosen[pinned], silent[pinned] = len(everything), False
    return words(chosen, (*everything, Walkthrough.FEEDBACK), missing=silent)
