"""Who calls: members drawn so that a first call is one, and a repeat is one, by any reading of seven days.

A first call comes from a member silent on that topic for more than eight days, a repeat from one whose last call
on it was one to six days ago: nothing lies near the seven-day line. A member calls at most once a day on a topic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.catalog import TOPICS, Flags, Floats, Ints
from generator.members import Members

_LONG_AGO = -10_000
_SILENT_DAYS = 8
_REPEAT_DAYS = 6
_TRIES = 6
# Members who have just joined have not used anything yet.
_SETTLING_DAYS = 3


@dataclass(frozen=True)
class RecentCalls:
    """Calls of the last days, one entry a call; `agent` is -1 where it is not known."""

    topic: Ints
    member: Ints
    day: Ints
    agent: Ints

    def with_day(self, day: int, topic: Ints, member: Ints, agent: Ints) -> RecentCalls:
        """These and the calls of day number `day`, without what no caller of the next day is asked about."""
        kept = self.day >= day - _SILENT_DAYS
        mine = (self.topic, self.member, self.day, self.agent)
        new = (topic, member, np.full(len(topic), day), agent)
        return RecentCalls(*(np.concatenate([a[kept], b]) for a, b in zip(mine, new, strict=True)))


class Callers:
    """Remembers each member's last call per topic (day number and agent) while the days go by.

    `quality` is the agents' (higher is better); `last_day` the number of the last day; nobody draws `excluded`.
    """

    def __init__(
        self, members: Members, pools: dict[str, Flags], quality: Floats, *, last_day: int, excluded: int
    ) -> None:
        self.last_day = np.full((len(TOPICS), members.size), _LONG_AGO, dtype=np.int32)
        self.last_agent = np.full((len(TOPICS), members.size), -1, dtype=np.int32)
        # Day numbers count from the first day of data; `joined` counts from the last.
        self.available_from = members.joined + last_day + _SETTLING_DAYS
        self.available_from[excluded] = 1_000_000
        self.pools = pools
        self._lots = {name: _lots(mask, members.proneness) for name, mask in pools.items()}
        self._quality = quality
        self._recent: dict[int, list[tuple[int, Ints]]] = {topic: [] for topic in range(len(TOPICS))}

    def recall(self, past: RecentCalls, day: int) -> None:
        """Know the calls before day number `day` again, whoever drew them; equal calls make equal memories."""
        in_order = np.lexsort((past.member, past.topic, past.day))
        topic, member, when = past.topic[in_order], past.member[in_order], past.day[in_order]
        self.last_day[topic, member] = when
        self.last_agent[topic, member] = past.agent[in_order]
        days = range(day - _REPEAT_DAYS, day)
        self._recent = {
            number: [(one, member[(topic == number) & (when == one)]) for one in days]
            for number in range(len(TOPICS))
        }

    def draw(self, rng: np.random.Generator, topic: int, pool: str, day: int, first: int, repeats: int) -> Ints:
        """Member indices: `first` first callers, then `repeats` repeat callers, of one topic on one day."""
        again = self._repeats(rng, topic, pool, day, repeats)
        self.last_day[topic, again] = day
        fresh = self._first(rng, topic, pool, day, first + repeats - len(again))
        self.last_day[topic, fresh] = day
        chosen = np.concatenate([fresh, again])
        self._recent[topic].append((day, chosen))
        return chosen

    def answered(self, topics: Ints, members: Ints, agents: Ints, day: int) -> None:
        """Remember who answered today's calls, and forget callers from before the repeat window."""
        self.last_agent[topics, members] = agents
        for topic, lots in self._recent.items():
            self._recent[topic] = [lot for lot in lots if lot[0] > day - _REPEAT_DAYS]

    def _first(self, rng: np.random.Generator, topic: int, pool: str, day: int, wanted: int) -> Ints:
        chosen = np.empty(0, dtype=np.int64)
        for source in (pool, _wider(pool), "everyone"):
            for _ in range(_TRIES):
                if len(chosen) >= wanted:
                    return chosen[:wanted]
                chosen = self._more(rng, topic, source, day, wanted, chosen)
        # A very small company runs out of silent members: then somebody calls again.
        spare = np.flatnonzero((self.last_day[topic] < day) & (self.available_from <= day))
        spare = spare[~np.isin(spare, chosen)]
        return np.concatenate([chosen, rng.permutation(spare)])[:wanted]

    def _more(self, rng: np.random.Generator, topic: int, pool: str, day: int, wanted: int, chosen: Ints) -> Ints:
        lots = self._lots[pool]
        if not len(lots):
            return chosen
        drawn = lots[rng.integers(0, len(lots), 2 * (wanted - len(chosen)) + 16)]
        silent = (self.last_day[topic, drawn] < day - _SILENT_DAYS) & (self.available_from[drawn] <= day)
        together = np.concatenate([chosen, drawn[silent]])
        _, place = np.unique(together, return_index=True)
        return together[np.sort(place)]

    def _repeats(self, rng: np.random.Generator, topic: int, pool: str, day: int, wanted: int) -> Ints:
        if not wanted or not self._recent[topic]:
            return np.empty(0, dtype=np.int64)
        last_day, inside = self.last_day[topic], self.pools[pool]
        # A member who has called again since is found in the later lot only.
        lots = [lot[(last_day[lot] == when) & inside[lot]] for when, lot in self._recent[topic] if when < day]
        able = np.concatenate([np.empty(0, dtype=np.int64), *lots])
        if len(able) <= wanted:
            return np.asarray(able)
        # Sooner is likelier, and so is a call back after a weak agent. Exponential keys over weights give a
        # weighted draw without replacement.
        weight = np.exp(-(day - last_day[able]) / 4.0 - 0.5 * self._quality[self.last_agent[topic, able]])
        keys = rng.exponential(size=len(able)) / weight
        picked: Ints = able[np.sort(np.argpartition(keys, wanted)[:wanted])]
        return picked


def _lots(mask: Flags, proneness: Ints) -> Ints:
    inside = np.flatnonzero(mask)
    return np.repeat(inside, proneness[inside])


def _wider(pool: str) -> str:
    return "mapd" if pool.startswith("mapd") else pool
