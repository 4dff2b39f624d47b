"""What becomes of an incident from briefing to briefing: new, continuing, improving, resolved.

Pure: the issues of a day follow from those of the briefing before and the incidents that the scan has found, so a
day that is made again comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from tools.scout.incident import Incident, carried, from_document

IssueState = Literal["new", "continuing", "improving", "resolved"]
STATES: tuple[IssueState, ...] = get_args(IssueState)
RECENT_DAYS = 3
EASED = 2 / 3
"""An issue improves when its excess a day, over its last days, is at most this part of its greatest."""


@dataclass(frozen=True)
class Issue:
    """An incident over time. `incident` is the scan's last sight of it.

    `since` is the day of the first briefing that had it, `seen` of the last one in which the scan found it;
    `missed` counts the briefings since. `peak` is the greatest excess a day so far (absolute).
    """

    incident: Incident
    state: IssueState
    since: date
    seen: date
    peak: float
    missed: int = 0

    @property
    def id(self) -> str:
        """The id that it keeps as long as it lasts."""
        return self.incident.id

    def document(self) -> dict[str, Any]:
        """The JSON form; `issue_of` reads it back."""
        return {
            "incident": self.incident.document(),
            "state": self.state,
            "since": self.since.isoformat(),
            "seen": self.seen.isoformat(),
            "peak": self.peak,
            "missed": self.missed,
        }


def issue_of(document: Mapping[str, Any]) -> Issue:
    """An issue from its JSON form. Raises KeyError, TypeError or ValueError when it is none."""
    state = document["state"]
    if state not in STATES:
        raise ValueError(f"no state {state!r}")
    return Issue(
        incident=from_document(document["incident"]),
        state=state,
        since=date.fromisoformat(document["since"]),
        seen=date.fromisoformat(document["seen"]),
        peak=float(document["peak"]),
        missed=int(document["missed"]),
    )


def advance(
    known: Iterable[Issue], found: Iterable[Incident], day: date, *, resolved_after: int
) -> tuple[Issue, ...]:
    """The issues of a day: those that the scan found, in its order, then the open ones that it did not.

    An open issue that was not found improves, and is resolved when it was not found `resolved_after` briefings in
    a row; it is told of once as resolved and then forgotten.
    """
    open_before = [issue for issue in known if issue.state != "resolved"]
    before = {issue.id: issue for issue in open_before}
    today = _own_ids(carried(found, [issue.incident for issue in open_before]))
    seen = [_seen(incident, before.get(incident.id), day) for incident in today]
    ids = {incident.id for incident in today}
    return (*seen, *(_missed(issue, resolved_after) for issue in open_before if issue.id not in ids))


def _own_ids(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """No two incidents of a day under one id: a later one that would share it gets a number."""
    used: dict[str, int] = {}
    found = []
    for incident in incidents:
        used[incident.id] = used.get(incident.id, 0) + 1
        number = used[incident.id]
        found.append(incident if number == 1 else replace(incident, id=f"{incident.id}-{number}"))
    return tuple(found)


def _seen(incident: Incident, before: Issue | None, day: date) -> Issue:
    now = recent_excess(incident)
    if before is None:
        return Issue(incident, "new", day, day, now)
    peak = max(before.peak, now)
    eased = incident.persistence == "fading" or now <= EASED * peak
    return Issue(incident, "improving" if eased else "continuing", before.since, day, peak)


def _missed(issue: Issue, resolved_after: int) -> Issue:
    missed = issue.missed + 1
    return replace(issue, state="resolved" if missed >= resolved_after else "improving", missed=missed)


def recent_excess(incident: Incident) -> float:
    """The excess a day over the last days of an incident, absolute: in events, or in points of a score.

    A rate's day counts by its volume. Without a trend it is the mean over the incident's days.
    """
    last = incident.trend[-min(RECENT_DAYS, max(incident.days_active, 1)) :]
    if not last:
        return abs(incident.excess.value) / max(incident.days_active, 1)
    if incident.kind == "score":
        volume = sum(point.volume for point in last) or 1.0
        return abs(sum((point.observed - point.expected) * point.volume for point in last)) / volume
    weights = [point.volume if incident.kind == "rate" else 1.0 for point in last]
    moved = sum((point.observed - point.expected) * weight for point, weight in zip(last, weights, strict=True))
    return abs(moved) / len(last)
