"""Generate one watched company's source files: the order of work, day by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from generator.calls import calls_table
from generator.catalog import Ints, stream
from generator.days import history
from generator.desks import staff
from generator.digital import digital_table
from generator.files import SourceFiles
from generator.members import Members, members_table, people
from generator.profiles import Profile
from generator.records import RECORDS, Lot, claims_table, enrollment_table, history_lot, pharmacy_table
from generator.surveys import survey_counts, surveys_table
from generator.walkthrough import walkthrough
from generator.watch.contacts import Contacts
from generator.watch.crowd import WatchCrowd, value_shares
from generator.watch.events import event_tables, events
from generator.watch.ledger import Ledger
from generator.watch.levels import levels
from generator.watch.online import Online
from generator.watch.plants import Plant, plants
from generator.watch.records import denied_claims, denied_fills, harder_surveys
from generator.watch.settings import VALUES, codes, watch
from generator.watch.truth import write_watch_truth

Progress = Callable[[str, float], None]


def write_watched(
    profile: Profile, files: SourceFiles, truth: Path, seed: int, as_of: date, say: Progress, *, quiet: bool
) -> dict[str, int]:
    """Write the source files of a watched company and its truth; rows by file name."""
    dates = history(as_of, profile.days)
    say("members", 0.0)
    members = people(profile, seed, walkthrough().member_id)
    crowd = _crowd(profile, seed, dates, members)
    planted = plants(seed, crowd.levels, crowd, quiet=quiet)
    _tilt(crowd, planted)
    ledger = Ledger(planted, profile.days)
    happened = events(seed, planted, profile.days)
    communications, fixes, happened = event_tables(profile, members, seed, as_of, happened)
    files.add("members", members_table(members, seed, as_of))
    files.add("communications", communications)
    files.add("fixes", fixes)
    say("claims, pharmacy, enrollment", 0.08)
    _records(files, profile, seed, members, crowd, planted, ledger, dates)
    _days(files, profile, seed, crowd, planted, ledger, dates, say)
    say("files", 0.97)
    rows = files.publish()
    about = {"profile": profile.name, "seed": seed, "quiet": quiet}
    write_watch_truth(truth, about, dates, planted, ledger, crowd, happened)
    return rows


def _crowd(profile: Profile, seed: int, dates: list[date], members: Members) -> WatchCrowd:
    member_codes = codes(members)
    drawn = levels(seed, profile.scale, dates, value_shares(members, member_codes))
    daily = {
        "effort": profile.surveys / profile.days,
        "claim_denial": 0.9 * profile.claims / profile.days,
        "fill_denial": profile.pharmacy / profile.days,
    }
    return WatchCrowd(members, member_codes, drawn, daily)


def _tilt(crowd: WatchCrowd, planted: tuple[Plant, ...]) -> None:
    """Mix shifts: some values come up more often from a day on, all others less."""
    for one in planted:
        if one.kind == "mix":
            ((name, value),) = one.segment.items()
            crowd.tilt[(name, VALUES[name].index(value))] = 1 + one.size * one.course


def _records(
    files: SourceFiles,
    profile: Profile,
    seed: int,
    members: Members,
    crowd: WatchCrowd,
    planted: tuple[Plant, ...],
    ledger: Ledger,
    dates: list[date],
) -> None:
    lots: tuple[Lot, ...] = tuple(history_lot(profile, seed, name) for name in RECORDS)
    rng = stream(seed, "watch", "denials")
    claims = claims_table(lots[0], members, dates[-1], walkthrough().member)
    claims = denied_claims(rng, claims, planted, ledger, _place(claims, members), crowd.codes, dates[0])
    fills = pharmacy_table(lots[1], members, dates[-1])
    fills = denied_fills(rng, fills, planted, ledger, _place(fills, members), crowd.codes, dates[0])
    files.add("claims", claims)
    files.add("pharmacy", fills)
    files.add("enrollment", enrollment_table(lots[2], members, dates[-1]))


def _place(table: pa.Table, members: Members) -> Ints:
    """The index of each row's member."""
    return np.asarray(pc.index_in(table["member_id"], value_set=members.ids).to_numpy(), dtype=np.int64)


def _days(
    files: SourceFiles,
    profile: Profile,
    seed: int,
    crowd: WatchCrowd,
    planted: tuple[Plant, ...],
    ledger: Ledger,
    dates: list[date],
    say: Progress,
) -> None:
    agents = staff(profile.agents, seed)
    contacts, online = Contacts(crowd, planted, agents), Online(crowd, planted)
    told = replace(walkthrough(), member=-1)
    written = dict.fromkeys(("call_center", "digital_interactions", "surveys"), 0)
    for day, when in enumerate(dates):
        rng = stream(seed, "watch", "day", day)
        midnight = np.datetime64(when, "s")
        drawn = contacts.day(rng, day, when.weekday())
        sessions = online.day(rng, day, drawn.calls, drawn.lot)
        ledger.calls(day, drawn, contacts)
        ledger.sessions(day, sessions, online, contacts)
        calls, ids = calls_table(rng, drawn.calls, midnight, crowd.members, agents, written["call_center"] + 1)
        first = written["digital_interactions"] + 1
        tables = {
            "call_center": calls,
            "digital_interactions": digital_table(rng, sessions, midnight, crowd.members, told, first),
        }
        counts = survey_counts(rng, profile.surveys / profile.days)
        surveys = surveys_table(
            rng, counts, drawn.calls, ids, sessions, crowd.members, midnight, written["surveys"] + 1
        )
        place = _place(surveys, crowd.members)
        tables["surveys"] = harder_surveys(rng, surveys, planted, ledger, place, crowd.codes, day)
        for source, table in tables.items():
            written[source] += table.num_rows
            files.add(source, _arrived(rng, table, len(dates) - 1 - day), part=f"{when:%Y-%m}")
        say(f"calls and sessions, {when.isoformat()}", 0.15 + 0.8 * (day + 1) / len(dates))


def _arrived(rng: np.random.Generator, table: pa.Table, age: int) -> pa.Table:
    """Without the rows that come later: the youngest days are never complete."""
    late = watch()["late"]
    if age >= len(late):
        return table
    return table.filter(pa.array(rng.random(table.num_rows) >= late[age]))
