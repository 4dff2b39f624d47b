"""The sessions of one day: those behind the day's calls first, then everybody else's, up to the planned counts."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from generator.calls import DayCalls
from generator.catalog import INTERACTION_TYPES, TOPICS, Flags, Floats, Ints, exactly, story, weighted
from generator.clock import at
from generator.failures import ABANDONED, ELIGIBILITY, SILENT, SUCCESS, endings, messages
from generator.levels import settle
from generator.members import LANGUAGES, Members
from generator.plan import CallPlan
from generator.traffic import TrafficPlan
from generator.walkthrough import Walkthrough

_HOURS = (1, 3, 5, 6, 7, 7, 7, 7, 6, 6, 6, 6, 7, 8, 8, 6, 4, 2, 1)  # relative traffic from 5:00 to 23:59
_OPENS = 5
_TRIED_BEFORE, _SIGNED_IN = 0.18, 0.12
_SLOW = 0.08
_SLOW_FROM, _SLOW_GAP = at(9, 30), 2400
_SHORTEST, _LONGEST = 40, 1780  # seconds between the failure and the call, inside the half hour
_TYPES_OF_TOPIC = {
    TOPICS.index(text["topic"]): [INTERACTION_TYPES.index(name) for name in text["interaction_types"]]
    for text in story()["leaks"].values()
}
_BILL_PAY = INTERACTION_TYPES.index("bill_pay")
_ID_CARD = INTERACTION_TYPES.index("id_card_download")
_LOGIN = INTERACTION_TYPES.index("login")
_SPANISH = LANGUAGES.index("Spanish")
COMPLETED = len(INTERACTION_TYPES)


@dataclass
class Sessions:
    """One entry a session. `message` indexes the failure texts, `step` the first steps.

    In `loose` rows optional values may be missing.
    """

    member: Ints
    kind: Ints
    outcome: Ints
    message: Ints
    second: Ints
    mobile: Flags
    step: Ints
    loose: Flags

    @property
    def size(self) -> int:
        """How many sessions there are."""
        return len(self.member)


def joined(parts: list[Sessions]) -> Sessions:
    """All sessions of several lots, in that order."""
    return Sessions(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Sessions)))


class Crowd:
    """Draws members for sessions that no call follows: failures only from members who do not call that day."""

    def __init__(self, members: Members, pools: dict[str, Flags], available_from: Ints) -> None:
        self.members = members
        self.available_from = available_from
        self.lots = {
            name: np.repeat(np.flatnonzero(pools[name]), members.proneness[pools[name]])
            for name in ("everyone", "mapd", "spanish")
        }

    def draw(self, rng: np.random.Generator, pool: str, day: int, size: int, not_these: Flags) -> Ints:
        """`size` members of a pool (with replacement) who have joined by that day and are not in `not_these`."""
        chosen = np.empty(0, dtype=np.int64)
        while len(chosen) < size:
            drawn = self.lots[pool][rng.integers(0, len(self.lots[pool]), int(1.5 * (size - len(chosen))) + 16)]
            fit = (self.available_from[drawn] <= day) & ~not_these[drawn]
            chosen = np.concatenate([chosen, drawn[fit]])
        return chosen[:size]


def day_sessions(
    rng: np.random.Generator,
    plan: CallPlan,
    traffic: TrafficPlan,
    day: int,
    calls: DayCalls,
    crowd: Crowd,
    walkthrough: Walkthrough,
) -> Sessions:
    """Draw the sessions of day number `day`; `calls` are that day's calls."""
    age = plan.story_day - day
    triggers = _triggers(rng, plan, age, calls, crowd.members)
    lots = [triggers, *_around(rng, triggers, walkthrough.member), _slow(rng, calls, crowd.members)]
    if calls.pinned >= 0:
        lots.append(_walkthrough(walkthrough))
    behind = joined(lots)
    called = np.zeros(crowd.members.size, dtype=bool)
    called[calls.member] = True
    kinds = len(INTERACTION_TYPES)
    failed_so_far = np.bincount(behind.kind[behind.outcome != SUCCESS], minlength=kinds)
    so_far = np.bincount(behind.kind, minlength=kinds)
    failures = np.maximum(traffic.failed[day] - failed_so_far, 0)
    successes = np.maximum(traffic.sessions[day] - so_far - failures, 0)
    return joined(
        [
            behind,
            _failures(rng, age, day, failures, crowd, called),
            _successes(rng, day, successes, crowd),
        ]
    )


def eligibility_share(age: int) -> float:
    """Share of leaking billing failures that carry the eligibility message, `age` days before the last day."""
    text, started = story()["eligibility_message"], story()["leaks"]["Billing"]["rise_days"]
    at_age = np.array([age])
    return float(settle(at_age, started, text["share_before"], text["share_at_start"], text["share"], 2.5)[0])


def mobile_share(age: int) -> float:
    """Share of leaking billing failures that happen in the app."""
    text, started = story()["eligibility_message"], story()["leaks"]["Billing"]["rise_days"]
    return float(settle(np.array([age]), started, text["mobile_before"], 0.79, text["mobile_share"], 2.5)[0])


def _triggers(rng: np.random.Generator, plan: CallPlan, age: int, calls: DayCalls, members: Members) -> Sessions:
    rows = np.flatnonzero(calls.leaked)
    member, topic = calls.member[rows], calls.topic[rows]
    kind = np.array([_TYPES_OF_TOPIC.get(number, [_LOGIN])[0] for number in range(len(TOPICS))])[topic]
    technical = topic == TOPICS.index("Technical Support")
    kind = np.where(technical & (rng.random(len(rows)) < 0.3), INTERACTION_TYPES.index("update_info"), kind)
    message = messages(rng, kind, members.language[member] == _SPANISH)
    mobile = rng.random(len(rows)) < usual_mobile(kind)
    pinned = rows == calls.pinned
    _billing_messages(rng, age, kind == _BILL_PAY, members.plan[member] == 0, message, mobile, pinned)
    outcome, final = endings(rng, message)
    # Billing failures always say something: their messages are a story of their own.
    message = np.where(kind == _BILL_PAY, message, final)
    delay = np.clip(np.round(rng.gamma(2.2, 300, len(rows))), _SHORTEST, _LONGEST).astype(np.int64)
    second = calls.second[rows] - delay
    second[pinned], outcome[pinned] = Walkthrough.ERROR, ABANDONED
    return Sessions(member, kind, outcome, message, second, mobile, kind.copy(), np.zeros(len(rows), dtype=bool))


def _billing_messages(
    rng: np.random.Generator, age: int, billing: Flags, mapd: Flags, message: Ints, mobile: Flags, pinned: Flags
) -> None:
    """Give exact shares of the billing triggers the eligibility message and the app (pinned rows have both)."""
    rows = np.flatnonzero(billing)
    able = np.flatnonzero(billing & mapd)
    keys = rng.random(len(able)) + pinned[able]
    message[able[np.argsort(-keys, kind="stable")[: round(eligibility_share(age) * len(rows))]]] = ELIGIBILITY
    leaning = rng.random(len(rows)) + 0.35 * (message[rows] == ELIGIBILITY) + 2 * pinned[rows]
    order = rows[np.argsort(-leaning, kind="stable")]
    mobile[rows] = False
    mobile[order[: round(mobile_share(age) * len(rows))]] = True


def usual_mobile(kind: Ints) -> Floats:
    """The share of the app among sessions of each type."""
    shares = np.array([story()["digital"][name]["mobile"] for name in INTERACTION_TYPES])
    return np.asarray(shares[kind], dtype=np.float64)


def _around(rng: np.random.Generator, triggers: Sessions, pinned: int) -> list[Sessions]:
    """Earlier attempts of the same kind, and sign-ins, before some of the triggers."""
    free = np.flatnonzero(triggers.member != pinned)
    tried = free[exactly(rng, len(free), round(_TRIED_BEFORE * len(free)))]
    again = _taken(triggers, tried)
    again.second = again.second - rng.integers(45, 420, len(tried))
    signed = free[exactly(rng, len(free), round(_SIGNED_IN * len(free)))]
    login = _taken(triggers, signed)
    login.second = login.second - rng.integers(430, 900, len(signed))
    login.kind = np.full(len(signed), _LOGIN)
    login.outcome, login.message = np.zeros(len(signed), dtype=np.int64), np.full(len(signed), SILENT)
    login.step = np.full(len(signed), COMPLETED)
    return [again, login]


def _taken(sessions: Sessions, rows: Ints) -> Sessions:
    return Sessions(*(getattr(sessions, field.name)[rows] for field in fields(Sessions)))


def _slow(rng: np.random.Generator, calls: DayCalls, members: Members) -> Sessions:
    """Failures hours before a call on the same topic: leaks of the day, not of the half hour."""
    mapped = np.isin(calls.topic, list(_TYPES_OF_TOPIC))
    rows = np.flatnonzero(mapped & ~calls.leaked & (calls.second > _SLOW_FROM))
    rows = rows[exactly(rng, len(rows), round(_SLOW * len(rows)))]
    kind = np.array([_TYPES_OF_TOPIC.get(number, [_LOGIN])[0] for number in range(len(TOPICS))])[calls.topic[rows]]
    member = calls.member[rows]
    outcome, message = endings(rng, messages(rng, kind, members.language[member] == _SPANISH))
    latest = calls.second[rows] - _SLOW_GAP
    second = (_OPENS * 3600 + rng.random(len(rows)) * (latest - _OPENS * 3600)).astype(np.int64)
    mobile = rng.random(len(rows)) < usual_mobile(kind)
    return Sessions(member, kind, outcome, message, second, mobile, kind.copy(), np.ones(len(rows), dtype=bool))


def _walkthrough(walkthrough: Walkthrough) -> Sessions:
    return Sessions(
        member=np.full(2, walkthrough.member),
        kind=np.array([_LOGIN, _BILL_PAY]),
        outcome=np.full(2, SUCCESS),
        message=np.full(2, SILENT),
        second=np.array([walkthrough.LOGIN, walkthrough.PAGE]),
        mobile=np.ones(2, dtype=bool),
        step=np.array([_LOGIN, _BILL_PAY]),
        loose=np.zeros(2, dtype=bool),
    )


def _failures(rng: np.random.Generator, age: int, day: int, counts: Ints, crowd: Crowd, called: Flags) -> Sessions:
    kind = np.repeat(np.arange(len(counts)), counts)
    text = story()["eligibility_message"]
    told = round(int(counts[_BILL_PAY]) * eligibility_share(age) * text["share_of_other_failures"] / text["share"])
    spanish = round(0.55 * int(counts[_ID_CARD]))
    member = crowd.draw(rng, "everyone", day, len(kind), called)
    first_bill, first_card = int(counts[:_BILL_PAY].sum()), int(counts[:_ID_CARD].sum())
    member[first_bill : first_bill + told] = crowd.draw(rng, "mapd", day, told, called)
    member[first_card : first_card + spanish] = crowd.draw(rng, "spanish", day, spanish, called)
    message = messages(rng, kind, crowd.members.language[member] == _SPANISH)
    message[first_bill : first_bill + told] = ELIGIBILITY
    outcome, message = endings(rng, message)
    mobile = rng.random(len(kind)) < np.where(message == ELIGIBILITY, 0.84, usual_mobile(kind))
    second = session_seconds(rng, len(kind))
    return Sessions(member, kind, outcome, message, second, mobile, kind.copy(), np.ones(len(kind), dtype=bool))


def _successes(rng: np.random.Generator, day: int, counts: Ints, crowd: Crowd) -> Sessions:
    kind = np.repeat(np.arange(len(counts)), counts)
    size = len(kind)
    nobody = np.zeros(crowd.members.size, dtype=bool)
    return Sessions(
        member=crowd.draw(rng, "everyone", day, size, nobody),
        kind=kind,
        outcome=np.full(size, SUCCESS),
        message=np.full(size, SILENT),
        second=session_seconds(rng, size),
        mobile=rng.random(size) < usual_mobile(kind),
        step=np.where(rng.random(size) < 0.8, COMPLETED, kind),
        loose=np.ones(size, dtype=bool),
    )


def session_seconds(rng: np.random.Generator, size: int) -> Ints:
    """When sessions happen: seconds from midnight."""
    return (_OPENS + weighted(rng, list(_HOURS), size)) * 3600 + rng.integers(0, 3600, size)
