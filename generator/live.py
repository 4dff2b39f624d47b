"""A company that goes on: the days after its last one, by the machinery that made the days before.

Same members, journeys, failures, leaks, repeats, moods and surveys, at the levels that the stories have reached.
A day depends on the seed, the day, and the calls of the days before it, so it can be made again at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa

from generator.callers import Callers, RecentCalls
from generator.calls import calls_table, day_calls
from generator.catalog import Ints, stream
from generator.desks import staff
from generator.digital import digital_table
from generator.following import following_plan
from generator.members import Members
from generator.profiles import Profile
from generator.records import RECORDS, claims_table, day_lot, enrollment_table, pharmacy_table
from generator.sessions import Crowd, day_sessions
from generator.surveys import surveys_table
from generator.walkthrough import walkthrough
from warehouse.errors import UsageError

MOMENTS = {
    "call_center": "call_timestamp",
    "digital_interactions": "interaction_timestamp",
    "surveys": "survey_date",
}
"""The sources whose events land as they happen, and the column that says when that was."""
DAY_ENDS = 86_399
"""The last second of a day."""


@dataclass(frozen=True)
class LiveDay:
    """One day's rows by source in order of time, and the second of the day of each row."""

    when: date
    tables: dict[str, pa.Table]
    seconds: dict[str, Ints]

    @cached_property
    def moments(self) -> Ints:
        """The second of the day of every event of all sources, in order."""
        return np.sort(np.concatenate(list(self.seconds.values())))


class LiveCompany:
    """Makes day after day. `last_day` is the last day of data before the feed; its number is -1."""

    def __init__(self, profile: Profile, seed: int, last_day: date, members: Members) -> None:
        self._profile = profile
        self._seed = seed
        self._last_day = last_day
        self._members = members
        self._plan = following_plan(profile, seed, last_day)
        self._agents = staff(profile.agents, seed)
        self._told = walkthrough()
        pools = members.pools()
        # The member of the walkthrough has had their day: nobody draws them any more.
        self._callers = Callers(members, pools, self._agents.quality, last_day=-1, excluded=self._told.member)
        self._crowd = Crowd(members, pools, self._callers.available_from)

    def day(self, when: date, recent: RecentCalls, numbers: dict[str, int]) -> tuple[LiveDay, RecentCalls]:
        """The events of one day and the calls that the next one has to know.

        `recent` are the calls of the days before, `numbers` the first running number of each source. Raises
        UsageError for a day that is not planned.
        """
        day = (when - self._last_day).days - 1
        plan, members, agents, told = self._plan.calls, self._members, self._agents, self._told
        if not 0 <= day < len(plan.dates):
            raise UsageError(f"The feed has no plan for {when}.", next_step="Generate the company again.")
        rng, midnight = stream(self._seed, "live", when.toordinal()), np.datetime64(when, "s")
        self._callers.recall(_known(recent, agents.quality.size), day)
        calls = day_calls(rng, plan, day, self._callers, agents, members, told)
        sessions = day_sessions(rng, plan, self._plan.traffic, day, calls, self._crowd, told)
        call_rows, ids = calls_table(rng, calls, midnight, members, agents, numbers["call_center"])
        tables = {
            "call_center": call_rows,
            "digital_interactions": digital_table(
                rng, sessions, midnight, members, told, numbers["digital_interactions"]
            ),
            "surveys": surveys_table(
                rng, self._plan.surveys[day], calls, ids, sessions, members, midnight, numbers["surveys"]
            ),
        }
        tables["surveys"] = _in_order_of_time(tables["surveys"], "survey_date", "survey_id")
        seconds = {name: _seconds(table[MOMENTS[name]], midnight) for name, table in tables.items()}
        for name, table in self._records(when, numbers).items():
            tables[name], seconds[name] = table, np.full(table.num_rows, DAY_ENDS)
        return LiveDay(when, tables, seconds), recent.with_day(day, calls.topic, calls.member, calls.agent)

    def _records(self, when: date, numbers: dict[str, int]) -> dict[str, pa.Table]:
        """What other departments send once a day, at its end."""
        claims, fills, enrollments = (
            day_lot(self._profile, self._seed, name, when, numbers[name]) for name in RECORDS
        )
        return {
            "claims": claims_table(claims, self._members, when, self._told.member),
            "pharmacy": pharmacy_table(fills, self._members, when),
            "enrollment": enrollment_table(enrollments, self._members, when),
        }


def next_day(when: date) -> date:
    """The day after."""
    return when + timedelta(days=1)


def _known(recent: RecentCalls, agents: int) -> RecentCalls:
    """Nobody calls back an agent who is not on our staff: another company's, or of a run with another seed."""
    return RecentCalls(recent.topic, recent.member, recent.day, np.where(recent.agent < agents, recent.agent, -1))


def _in_order_of_time(table: pa.Table, moment: str, key: str) -> pa.Table:
    """The rows by time, their ids in that order too."""
    order = pa.array(np.argsort(table[moment].to_numpy(), kind="stable"))
    return table.take(order).set_column(table.column_names.index(key), key, table[key])


def _seconds(moments: pa.ChunkedArray, midnight: np.datetime64) -> Ints:
    seconds: Ints = (moments.to_numpy() - midnight).astype("timedelta64[s]").astype(np.int64)
    return seconds
