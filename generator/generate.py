"""Generate one company's source files: the order of work, day by day, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from generator.callers import Callers
from generator.calls import calls_table, day_calls
from generator.catalog import Flags, stream
from generator.desks import staff
from generator.digital import digital_table
from generator.dirt import add_dirt, refuse_dirt
from generator.estimates.dirt import add_bad_traces
from generator.estimates.traces import draw, write_traces
from generator.files import SourceFiles
from generator.fixes import fixes_table, past_fixes
from generator.incidents import plant
from generator.members import Members, members_table, people
from generator.notices import communications_table
from generator.plan import CallPlan, call_plan
from generator.profiles import Profile, load, scaled
from generator.records import RECORDS, claims_table, enrollment_table, history_lot, pharmacy_table
from generator.sessions import Crowd, day_sessions
from generator.surveys import survey_plan, surveys_table
from generator.traffic import traffic_plan
from generator.truth import truth_path, write_truth
from generator.walkthrough import Walkthrough, walkthrough
from generator.watch.company import write_watched
from warehouse.errors import MissingDataError, UsageError

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class GenerateReport:
    """What was written: rows by file name, the folder, the hidden truth's file, seconds taken."""

    out: Path
    truth: Path
    rows: dict[str, int]
    seconds: float

    @property
    def files(self) -> tuple[Path, ...]:
        """The written source files."""
        return tuple(self.out / name for name in self.rows)


def generate(
    profile: str,
    out: Path,
    *,
    seed: int,
    as_of: date,
    truth: Path | None = None,
    progress: Progress | None = None,
    dirt: bool = False,
    interactions: int | None = None,
    quiet: bool = False,
) -> GenerateReport:
    """Write all source files of a profile to `out`, replacing those of an earlier run, and the truth elsewhere.

    `truth` is the folder of the hidden truth (default: `hidden-truth` beside `out`), its file named after
    `out`. `as_of` is the last complete day of data; the stories move with it. `progress` gets a step and the
    share done. `dirt` plants rows that a build must quarantine; `interactions` (calls and sessions together)
    scales the profile, members and all. A `quiet` watched company has no incident.
    The same arguments always give the same bytes. Raises UsageError for a profile that does not exist or a truth
    inside `out`, MissingDataError if writing fails.
    """
    started = time.perf_counter()
    chosen = load(profile) if interactions is None else scaled(load(profile), interactions)
    hidden = truth_path(out, truth)
    if dirt:
        refuse_dirt(chosen)
    if quiet and not chosen.watched:
        raise UsageError(
            f"Profile '{profile}' always has its story.", where="quiet", next_step="Use the profile 'watch'."
        )
    say = progress or (lambda step, fraction: None)
    try:
        if chosen.watched:
            rows = _write_watched(chosen, out, hidden, seed, as_of, say, quiet=quiet)
        else:
            rows = _write(chosen, out, hidden, seed, as_of, say, dirt=dirt)
    except (OSError, duckdb.IOException) as problem:
        reason = getattr(problem, "strerror", None) or str(problem).splitlines()[0]
        raise MissingDataError(
            f"The source files could not be written ({reason}).",
            where=str(out),
            next_step="Free some space or choose another folder, then run it again.",
        ) from problem
    say("done", 1.0)
    return GenerateReport(out, hidden, rows, time.perf_counter() - started)


def _write_watched(
    profile: Profile, out: Path, hidden: Path, seed: int, as_of: date, say: Progress, *, quiet: bool
) -> dict[str, int]:
    files = SourceFiles(out, profile.file_format, monthly_parts=profile.monthly_parts)
    try:
        return write_watched(profile, files, hidden, seed, as_of, say, quiet=quiet)
    except BaseException:
        files.discard()
        raise


def _write(
    profile: Profile, out: Path, hidden: Path, seed: int, as_of: date, say: Progress, *, dirt: bool
) -> dict[str, int]:
    files = SourceFiles(out, profile.file_format, monthly_parts=profile.monthly_parts)
    try:
        story_member = walkthrough()
        say("members", 0.0)
        members = people(profile, seed, story_member.member_id)
        incidents, pools = plant(profile, members, seed)
        plan = call_plan(profile, seed, as_of, incidents)
        fixes = past_fixes(profile, seed, as_of)
        files.add("members", members_table(members, seed, as_of))
        files.add("communications", communications_table(profile, members, seed, as_of, incidents))
        files.add("fixes", fixes_table(fixes))
        say("claims, pharmacy, enrollment", 0.08)
        claims, fills, enrollments = (history_lot(profile, seed, name) for name in RECORDS)
        files.add("claims", claims_table(claims, members, as_of, story_member.member))
        files.add("pharmacy", pharmacy_table(fills, members, as_of))
        files.add("enrollment", enrollment_table(enrollments, members, as_of))
        _days(files, profile, seed, plan, members, members.pools() | pools, story_member, say)
        say("cost estimates", 0.96)
        _estimates(files, profile, seed, members, as_of, dirt=dirt)
        say("files", 0.97)
        if dirt:
            add_dirt(files, seed)
        rows = files.publish()
    except BaseException:
        files.discard()
        raise
    write_truth(hidden, profile, seed, as_of, plan, incidents, fixes)
    return rows


def _estimates(
    files: SourceFiles, profile: Profile, seed: int, members: Members, as_of: date, *, dirt: bool
) -> None:
    """The cost estimator's traces of the last days of the history; nothing else depends on them."""
    if not profile.traces:
        return
    drawn = draw(profile.traces, profile.days, members, seed, as_of)
    files.trace_rows = write_traces(drawn, members, seed, files.traces)
    if dirt:
        files.trace_rows += add_bad_traces(files.traces, seed)


def _days(
    files: SourceFiles,
    profile: Profile,
    seed: int,
    plan: CallPlan,
    members: Members,
    pools: dict[str, Flags],
    story_member: Walkthrough,
    say: Progress,
) -> None:
    """Calls, sessions and surveys, one day after the other: who called yesterday may call again today."""
    agents = staff(profile.agents, seed)
    callers = Callers(members, pools, agents.quality, last_day=len(plan.dates) - 1, excluded=story_member.member)
    crowd = Crowd(members, pools, callers.available_from)
    traffic, surveys = traffic_plan(profile, seed, plan), survey_plan(profile, plan)
    written = dict.fromkeys(("call_center", "digital_interactions", "surveys"), 0)
    for day, when in enumerate(plan.dates):
        rng = stream(seed, "day", day)
        midnight = np.datetime64(when, "s")
        calls = day_calls(rng, plan, day, callers, agents, members, story_member)
        sessions = day_sessions(rng, plan, traffic, day, calls, crowd, story_member)
        calls_rows, ids = calls_table(rng, calls, midnight, members, agents, written["call_center"] + 1)
        sessions_rows = digital_table(
            rng, sessions, midnight, members, story_member, written["digital_interactions"] + 1
        )
        surveys_rows = surveys_table(
            rng, surveys[day], calls, ids, sessions, members, midnight, written["surveys"] + 1
        )
        tables = {"call_center": calls_rows, "digital_interactions": sessions_rows, "surveys": surveys_rows}
        for source, table in tables.items():
            files.add(source, table, part=f"{when:%Y-%m}")
            written[source] += table.num_rows
        say(f"calls and sessions, {when.isoformat()}", 0.15 + 0.8 * (day + 1) / len(plan.dates))
