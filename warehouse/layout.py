"""How the days of events are cut into partitions, and which of them a build must write again.

A partition holds the whole days from `starts` up to the next partition's; the first has no lower bound, the
last no upper one. Old days share large partitions; the latest busy days have one each, because most new rows
belong to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from warehouse.segments import Segment
from warehouse.settings import BuildSettings, Rules

Days = Mapping[date, int]  # rows per day


@dataclass(frozen=True)
class Partition:
    """A range of days to be written: [starts, ends), None is without bound; `segments` held its rows until now."""

    starts: date | None
    ends: date | None
    segments: tuple[Segment, ...] = ()

    def holds(self, day: date) -> bool:
        """Whether a day belongs to it."""
        return (self.starts is None or day >= self.starts) and (self.ends is None or day < self.ends)

    def condition(self, day: str) -> str:
        """SQL: whether the day expression lies in it."""
        bounds = [f"{day} >= DATE '{self.starts}'"] if self.starts else []
        bounds += [f"{day} < DATE '{self.ends}'"] if self.ends else []
        return " AND ".join(bounds) or "true"


@dataclass(frozen=True)
class Change:
    """Instants between which rows of calls or interactions came, went or changed on one day."""

    table: str
    first: datetime
    last: datetime


def first_cuts(days: Days, settings: BuildSettings) -> list[date]:
    """Where to cut when nothing is written yet: large partitions first, then the latest busy days one by one."""
    ordered = sorted(days)
    busy = [day for day in ordered if days[day] >= settings.hot_rows]
    first_hot = min(busy[-settings.hot_days :], default=date.max)
    cuts: list[date] = []
    held = 0
    for day in ordered:
        hot_is_full = day >= first_hot and (day == first_hot or held >= settings.hot_rows)
        if held and (hot_is_full or held + days[day] > settings.partition_rows):
            cuts.append(day)
            held = 0
        held += days[day]
    return cuts


def later_cuts(cuts: Sequence[date], kept: Sequence[Segment], new: Days, settings: BuildSettings) -> list[date]:
    """The cuts after new days came: a day after the last full partition begins one of its own.

    When the small partitions become many, the oldest of them are joined.
    """
    last = max((s.last_day for s in kept if s.starts == (cuts[-1] if cuts else None) and s.last_day), default=None)
    held = sum(s.rows.get("rows", 0) for s in kept if s.starts == (cuts[-1] if cuts else None))
    result = list(cuts)
    for day in sorted(day for day in new if last is not None and day > last):
        if held >= settings.hot_rows:
            result.append(day)
            held = 0
        held += new[day]
    return _joined(result, kept, settings)


def _joined(cuts: list[date], kept: Sequence[Segment], settings: BuildSettings) -> list[date]:
    """Without the cuts between the oldest small partitions, when more than twice the hot days are small."""
    rows = {segment.starts: segment.rows.get("rows", 0) for segment in kept}
    small = [cut for cut in cuts if rows.get(cut, 0) < settings.partition_rows // 4]
    if len(small) <= 2 * settings.hot_days:
        return cuts
    oldest = small[: len(small) - settings.hot_days]
    joined, held = set(), 0
    for cut in oldest:
        if held and held + rows.get(cut, 0) <= settings.partition_rows:
            joined.add(cut)
            held += rows.get(cut, 0)
        else:
            held = rows.get(cut, 0)
    return [cut for cut in cuts if cut not in joined]


def partitions(cuts: Sequence[date], kept: Sequence[Segment]) -> list[Partition]:
    """The partitions between cuts, each with the segments that hold rows of its days."""
    edges: list[date | None] = [None, *cuts, None]
    found = [Partition(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]
    return [Partition(p.starts, p.ends, tuple(s for s in kept if _overlaps(p, s))) for p in found]


def _overlaps(partition: Partition, segment: Segment) -> bool:
    if segment.first_day is None or segment.last_day is None:
        return segment.starts == partition.starts
    return (partition.ends is None or segment.first_day < partition.ends) and (
        partition.starts is None or segment.last_day >= partition.starts
    )


def stands(partition: Partition) -> bool:
    """Whether one segment holds exactly the partition's days, so that it can stay as it is."""
    if len(partition.segments) != 1:
        return False
    segment = partition.segments[0]
    inside = (
        segment.first_day is None
        or segment.last_day is None
        or (partition.holds(segment.first_day) and partition.holds(segment.last_day))
    )
    return segment.starts == partition.starts and inside


def reached(segment: Segment, changes: Iterable[Change], rules: Rules) -> bool:
    """Whether changed calls or interactions can change flags of a segment's rows.

    A call decides about repeats for repeat_window_days after it and about interactions for the long leakage window
    before it; an interaction about calls for the long window after it, and about interactions on both sides.
    """
    repeat, long = timedelta(days=rules.repeat_window_days), timedelta(hours=rules.leakage_window_long_hours)
    windows = {
        ("call_center", "call_center"): (timedelta(0), repeat),
        ("call_center", "digital_interactions"): (long, timedelta(0)),
        ("digital_interactions", "call_center"): (timedelta(0), long),
        ("digital_interactions", "digital_interactions"): (long, long),
    }
    for change in changes:
        for table, (low, high) in segment.bounds.items():
            before, after = windows[change.table, table]
            if change.first - before <= high and change.last + after >= low:
                return True
    return False
