"""Which incidents are sights of one thing, and which dollars are counted already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from tools.scout.incident import Incident

NEAR_DAYS = 4
LARGER = 2.0  # times its cause, an effect is not its effect alone
LEFT_OVER = 0.7  # of the deviations of a stronger incident of the metric: what is weaker is its uneven parts
FAINT = 0.6  # of the deviations of a stronger incident of another metric: what is weaker is its effect
ALIKE = 1.6  # times the change of all its events, that some of them may have changed and be only among them
STEEPER = 1.3  # times the change of a whole, that a part must have changed to be what moved it
STEEPER_SCORE = 1.15  # the same of scores, of whose large parts some goes for common to all
MOST_OF = 0.5  # of a whole's excess, that parts must hold
SIDES = 3  # values of a dimension that move as one
ONE_START = timedelta(days=1)  # by which the starts of two values that move as one may be apart
Pair = tuple[str, str]
Kinship = Mapping[Pair, frozenset[Pair]]
Stories = Sequence[Sequence[str]]


def told_once(
    incidents: Sequence[Incident],
    stories: Stories,
    kin: Kinship,
    shares: Mapping[str, frozenset[str]] | None = None,
    manners: Collection[str] = (),
) -> tuple[Incident, ...]:
    """The incidents from the strongest on, each further sight of the same thing named as its echo.

    `kin` says which values of different dimensions mostly go together (a journey and the topic people call
    about), `shares` which counts each ratio is a share of: more failures alone let the share that is called about
    fall. `manners` are metrics of how events went: more or fewer events are no echo of them. Dollars are counted
    with the first: an echo counts none, others only what goes beyond what overlaps them.
    """
    shifts = _diluted(incidents, kin, shares or {}) | _shifts(incidents, stories, kin)
    apart = [incident for incident in incidents if incident.id not in shifts]
    shifts |= _among(apart, stories) | _gathered(apart) | _sides(apart)
    ranked = sorted(incidents, key=lambda i: (i.evidence.false_per_day, -abs(i.evidence.z), i.id))
    first_of = dict(shifts)
    heads: list[Incident] = []
    for incident in ranked:
        if incident.id in shifts:
            continue
        likely = [one for one in heads if incident.kind != "count" or one.metric not in manners]
        head = next((other for other in likely if _echoes(incident, other, stories, kin)), None)
        if head is None:
            heads.append(incident)
        else:
            first_of[incident.id] = head.id
    told: list[Incident] = []
    for incident in ranked:
        told.append(_counted(replace(incident, echo_of=_head(incident.id, first_of)), told))
    return tuple(told)


def _head(name: str, first_of: Mapping[str, str]) -> str:
    """The incident that stands for a chain of echoes; empty for one that is none."""
    found = first_of.get(name, "")
    while found in first_of:
        found = first_of[found]
    return found


def _shifts(incidents: Sequence[Incident], stories: Stories, kin: Kinship) -> dict[str, str]:
    """The smaller sides of a shift by the larger, in events: what one value gains the others lose."""
    counted = [incident for incident in incidents if incident.kind != "score"]
    by_size = sorted(counted, key=lambda i: (-abs(i.excess.value), i.id))
    found: dict[str, str] = {}
    for place, incident in enumerate(by_size):
        for other in by_size[:place]:
            if other.id not in found and _gives_way(incident, other, stories, kin):
                found[incident.id] = other.id
                break
    return found


def _diluted(incidents: Sequence[Incident], kin: Kinship, shares: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Ratios by the counts that they are shares of, where the one fell as and where the other rose."""
    found: dict[str, str] = {}
    for incident in incidents:
        wholes = [other for other in incidents if other.metric in shares.get(incident.metric, ())]
        for other in sorted(wholes, key=lambda i: (-abs(i.evidence.z), i.id)):
            apart = incident.direction != other.direction
            if apart and _at_once(incident, other) and _is_held(incident, other, kin):
                found.setdefault(incident.id, other.id)
    return found


def _gathered(incidents: Sequence[Incident]) -> dict[str, str]:
    """Wholes by the strongest of the parts that hold most of what they gained or lost, and changed more than they.

    Parts that overlap count once.
    """
    found: dict[str, str] = {}
    for whole in incidents:
        if whole.values or not _change(whole):
            continue
        steeper = STEEPER_SCORE if whole.kind == "score" else STEEPER
        parts: list[Incident] = []
        for other in sorted(incidents, key=lambda i: (-_amount(i), i.id)):
            apart = other.values and _alike(whole, other) and _change(other) > steeper * _change(whole)
            if apart and not any(_meet(other, one) for one in parts):
                parts.append(other)
        if parts and sum(map(_amount, parts)) >= MOST_OF * _amount(whole):
            found[whole.id] = max(parts, key=lambda i: (abs(i.evidence.z), i.id)).id
    return found


def _change(incident: Incident) -> float:
    """How far it moved, by the event: relative to what was expected, of a score in its own unit."""
    return abs(incident.excess.value if incident.kind == "score" else incident.change or 0.0)


def _amount(incident: Incident) -> float:
    """How much it gained or lost in all, of a score over all its values."""
    return abs(incident.excess.value) * (incident.volume if incident.kind == "score" else 1.0)


def _among(incidents: Sequence[Incident], stories: Stories) -> dict[str, str]:
    """Causes by what would be their effect and is far more events of the same place: all rose, they among them."""
    found: dict[str, str] = {}
    for incident in incidents:
        for other in incidents:
            counted = incident.kind == other.kind == "count" and incident.segment == other.segment
            if not counted or not _in_one_story(incident, other, stories) or not _at_once(incident, other):
                continue
            steep = abs(incident.change or 0.0) > ALIKE * abs(other.change or 0.0)
            if incident.direction == other.direction and not steep and _outgrows(other, incident, stories):
                found[incident.id] = other.id
    return found


def _sides(incidents: Sequence[Incident]) -> dict[str, str]:
    """Incidents of one place that are apart in the values of one dimension, three or more, by the strongest.

    So many values of it at once are one change of the place, unevenly; so are two of them from the same day on.
    """
    found: dict[str, str] = {}
    ranked = sorted(incidents, key=lambda i: (-abs(i.evidence.z), i.id))
    for place, first in enumerate(ranked):
        if first.id in found:
            continue
        rest = [other for other in ranked[place + 1 :] if other.id not in found and _alike(first, other)]
        found |= {other.id: first.id for other in rest if _is_twin(first, other)}
        for name in first.values:
            beside = [other for other in rest if _apart_in(first, other) == {name} and _common(first, other)]
            if len({other.values[name] for other in beside}) >= SIDES - 1:
                found |= {other.id: first.id for other in beside}
    return found


def _is_twin(incident: Incident, other: Incident) -> bool:
    """Whether two that move alike are apart in one value only, and began together."""
    together = abs(incident.start.day - other.start.day) <= ONE_START
    return together and incident.values.keys() == other.values.keys() and len(_apart_in(incident, other)) == 1


def _alike(incident: Incident, other: Incident) -> bool:
    """Whether one metric moves one way in both, at one time."""
    same = incident.metric == other.metric and incident.direction == other.direction
    return same and _at_once(incident, other)


def _apart_in(incident: Incident, other: Incident) -> set[str]:
    mine, theirs = incident.values, other.values
    return {name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]}


def _common(incident: Incident, other: Incident) -> bool:
    return bool(set(incident.segment) & set(other.segment))


def _meet(incident: Incident, other: Incident) -> bool:
    """Whether something may lie in both segments."""
    return not _apart_in(incident, other)


def _gives_way(incident: Incident, other: Incident, stories: Stories, kin: Kinship) -> bool:
    """Of one story, at one time, in opposite ways, apart in the value of exactly one dimension of something
    shared.
    """
    together = incident.metric == other.metric or _in_one_story(incident, other, stories)
    if not together or incident.direction == other.direction or not _at_once(incident, other):
        return False
    mine, theirs = incident.values, other.values
    if sum(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()) != 1:
        return False
    alone = len(mine) == 1 and len(theirs) == 1
    return alone or bool(_kind(incident, kin) & _kind(other, kin))


def _kind(incident: Incident, kin: Kinship) -> set[Pair]:
    """The segment's values and all that mostly goes with them."""
    own = set(incident.segment)
    return own.union(*(kin.get(pair, frozenset()) for pair in own))


def _echoes(incident: Incident, other: Incident, stories: Stories, kin: Kinship) -> bool:
    if not _in_one_place(incident, other, kin):
        return False
    ratio = abs(incident.evidence.z) / max(abs(other.evidence.z), 1e-9)
    # what is far fainter may also be its echo when it is seen while the clear one lasts
    if not (_at_once(incident, other) or (ratio < FAINT and other.start.earliest <= incident.start.latest)):
        return False
    if incident.metric == other.metric:
        # the whole was expected to hold all of its parts' incidents: what is left of it is its own
        weaker = ratio < LEFT_OVER
        return weaker and bool(incident.values) and incident.direction == other.direction
    if not _in_one_story(incident, other, stories) or _is_worse(incident) != _is_worse(other):
        return False
    if incident.kind == "count" and not incident.values and other.values and _leads(incident, other, stories):
        return False  # what happens to a part's events makes no more of them everywhere
    if _outgrows(incident, other, stories):
        return False
    return _is_held(incident, other, kin) or ratio < FAINT


def _outgrows(incident: Incident, other: Incident, stories: Stories) -> bool:
    """Whether an effect is surely far more events than what would be its cause: most of it has another one."""
    if "score" in (incident.kind, other.kind):
        return False
    if _leads(incident, other, stories):
        return False
    mine, theirs = (sorted((abs(i.excess.low), abs(i.excess.high))) for i in (incident, other))
    return incident.excess.low * incident.excess.high > 0 and mine[0] > LARGER * theirs[1]


def _leads(incident: Incident, other: Incident, stories: Stories) -> bool:
    """Whether one comes before the other in a story of both."""
    story = next(story for story in stories if incident.metric in story and other.metric in story)
    return story.index(incident.metric) < story.index(other.metric)


def _is_held(incident: Incident, other: Incident, kin: Kinship) -> bool:
    """Whether the weaker one has its place in common with the stronger: one segment holds the other.

    What is seen of one segment is not explained by the whole, which holds everything, nor the other way round.
    """
    if not other.values or not incident.values:
        return other.values == incident.values
    mine, theirs = set(incident.segment), set(other.segment)
    return mine <= _kind(other, kin) or theirs <= _kind(incident, kin)


def _in_one_story(incident: Incident, other: Incident, stories: Stories) -> bool:
    return any(incident.metric in story and other.metric in story for story in stories)


def _is_worse(incident: Incident) -> bool:
    """A neutral metric is worse when it rises."""
    return incident.direction == "up" if incident.favourable is None else not incident.favourable


def _at_once(incident: Incident, other: Incident) -> bool:
    slack = timedelta(days=NEAR_DAYS)
    mine, theirs = incident.start, other.start
    return mine.earliest - slack <= theirs.latest and theirs.earliest - slack <= mine.latest


def _in_one_place(incident: Incident, other: Incident, kin: Kinship) -> bool:
    """No dimension of both has different values, and they share a value or what goes with their values.

    The whole of a metric is one place with everything that happens at once.
    """
    mine, theirs = incident.values, other.values
    if any(theirs.get(name, value) != value for name, value in mine.items()):
        return False
    return not mine or not theirs or bool(_kind(incident, kin) & _kind(other, kin))


def _counted(incident: Incident, before: Sequence[Incident]) -> Incident:
    """With the dollars that no earlier incident has counted."""
    if incident.dollars is None:
        return incident
    counted = 0.0 if incident.echo_of else incident.dollars.counted
    for other in before:
        if other.dollars is None or other.metric == incident.metric or not _may_overlap(incident, other):
            continue
        if other.dollars.counted * counted > 0:
            rest = max(abs(counted) - abs(other.dollars.counted), 0.0)
            counted = rest if counted > 0 else -rest
    return replace(incident, dollars=replace(incident.dollars, counted=counted))


def _may_overlap(incident: Incident, other: Incident) -> bool:
    theirs = other.values
    return all(theirs.get(name, value) == value for name, value in incident.values.items())
