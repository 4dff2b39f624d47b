"""Which incidents are sights of one thing, and which dollars are counted already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from tools.scout.incident import Incident

NEAR_DAYS = 4
Kinship = Mapping[tuple[str, str], frozenset[tuple[str, str]]]


def told_once(
    incidents: Sequence[Incident], stories: Sequence[Sequence[str]], kin: Kinship
) -> tuple[Incident, ...]:
    """The incidents from the strongest on, each later sight of the same thing named as its echo.

    `kin` says which values of different dimensions mostly go together (a journey and the topic people call
    about). Dollars are counted with the first: an echo counts none, others only what goes beyond what overlaps
    them.
    """
    ranked = sorted(incidents, key=lambda i: (i.evidence.false_per_day, -abs(i.evidence.z), i.id))
    told: list[Incident] = []
    for incident in ranked:
        first = next(
            (other for other in told if not other.echo_of and _echoes(incident, other, stories, kin)), None
        )
        told.append(_counted(replace(incident, echo_of=first.id if first else ""), told, kin))
    return tuple(told)


def _echoes(incident: Incident, other: Incident, stories: Sequence[Sequence[str]], kin: Kinship) -> bool:
    together = any(incident.metric in story and other.metric in story for story in stories)
    if not together or incident.metric == other.metric:
        return False
    return _moves_alike(incident, other) and _at_once(incident, other) and _in_one_place(incident, other, kin)


def _moves_alike(incident: Incident, other: Incident) -> bool:
    """Both for the worse, or both for the better; a neutral metric is worse when it rises."""
    return _is_worse(incident) == _is_worse(other)


def _is_worse(incident: Incident) -> bool:
    return incident.direction == "up" if incident.favourable is None else not incident.favourable


def _at_once(incident: Incident, other: Incident) -> bool:
    slack = timedelta(days=NEAR_DAYS)
    return (
        incident.start.earliest - slack <= other.start.latest
        and other.start.earliest - slack <= incident.start.latest
    )


def _in_one_place(incident: Incident, other: Incident, kin: Kinship) -> bool:
    """No dimension of both has different values, and they have a value or two values of a kind in common."""
    mine, theirs = incident.values, other.values
    if any(theirs.get(name, value) != value for name, value in mine.items()):
        return False
    if not mine or not theirs:
        return not mine and not theirs
    if set(mine.items()) & set(theirs.items()):
        return True
    return any(pair in kin and kin[pair] & set(theirs.items()) for pair in mine.items())


def _counted(incident: Incident, before: Sequence[Incident], kin: Kinship) -> Incident:
    """With the dollars that no earlier incident has counted."""
    if incident.dollars is None:
        return incident
    counted = incident.dollars.counted
    if incident.echo_of:
        counted = 0.0
    for other in before:
        if other.dollars is None or other.metric == incident.metric or not _may_overlap(incident, other):
            continue
        if other.dollars.counted * counted > 0:
            rest = abs(counted) - abs(other.dollars.counted)
            counted = max(rest, 0.0) * (1 if counted > 0 else -1)
    return replace(incident, dollars=replace(incident.dollars, counted=counted))


def _may_overlap(incident: Incident, other: Incident) -> bool:
    theirs = other.values
    return all(theirs.get(name, value) == value for name, value in incident.values.items())
