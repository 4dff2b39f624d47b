"""Random histories of drops over a tiny company, at the edges of every window, and the smallest one that fails.

Few ids, members and topics, so that the same ones come again: corrected, moved to another day or member, sent
twice, too late, before their member, or broken. Instants lie exactly on the edges of 30 minutes, 24 hours and 7
days, a microsecond and a second beside them; days lie weeks apart.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from warehouse.contract import load_contract

SECOND, TICK, MINUTE, DAY = (
    timedelta(seconds=1),
    timedelta(microseconds=1),
    timedelta(minutes=1),
    timedelta(days=1),
)
NOON, MIDNIGHT = datetime(2026, 10, 5, 12), datetime(2026, 10, 20)
USUAL = [NOON, NOON + 7 * DAY, MIDNIGHT]
CALLS = USUAL * 3 + [
    start + later for start in (NOON, MIDNIGHT) for later in (SECOND, DAY, 7 * DAY, 7 * DAY + TICK, 7 * DAY - TICK)
]
INTERACTIONS = [
    call - window + slack
    for call in USUAL
    for window in (30 * MINUTE, DAY, timedelta(0))
    for slack in (timedelta(0), TICK, -TICK, SECOND, -SECOND)
]
DAYS = [date(2026, 10, day) for day in (4, 5, 6, 12, 13, 20, 27)]

M = ["M1"] * 6 + ["M2"] * 3 + ["M3", "M4", "M5"]  # M5 never comes
VALUES: dict[str, dict[str, list[Any]]] = {
    "members": {
        "member_id": ["M1", "M1", "M2", "M3", "M4"], "age": ["64"] * 6 + ["65", "65", "-1"], "gender": ["F"],
        "plan_type": ["MAPD"] * 4 + ["PPO", "PPO", "ppo ", "Gold", ""], "tenure_months": ["3", "11", "12"],
        "segment": ["New", "At Risk"], "state": ["FL"], "zip_code": ["33101"], "join_date": ["2024-03-01"],
        "language": ["Spanish", "Spanish", "Unknown", ""],
    },
    "call_center": {
        "call_id": [f"c{n}" for n in range(1, 13)], "member_id": M, "call_timestamp": CALLS,
        "call_topic": ["Billing Question"] * 5 + ["Technical Support"] * 4 + ["billing question ", "Fax"],
        "handle_time_minutes": ["10.0", "10.0", "4.5", "25"], "sentiment": ["neutral", "negative"],
        "is_repeat_call": ["False"], "prior_digital_attempt": ["True"], "transferred": ["False"],
        "resolved": ["True", "True", "False"], "agent_team": ["", "", "Unknown", "Team A"],
    },
    "digital_interactions": {
        "interaction_id": [f"d{n}" for n in range(1, 15)], "member_id": M, "interaction_timestamp": INTERACTIONS,
        "interaction_type": ["bill_pay"] * 5 + ["login"] * 2 + ["update_info"] * 2 + ["chat"],
        "outcome": ["failure", "failure", "abandoned", "success"], "failure_reason": ["", "Timeout"],
        "session_duration_seconds": ["60"], "error_code": ["", "E1", "E2"],
    },
    "surveys": {
        "survey_id": ["s1", "s2", "s3", "s4"], "member_id": M, "survey_date": [*DAYS, "2026-10-05 12:30:00"],
        "nps_score": ["9", "9", ""], "csat_score": ["4"], "effort_score": ["2"], "feedback_text": ["Fine"],
        "survey_type": ["post_call"], "related_call_id": ["c1", "c2", "c3", "c4", "c5", ""],
    },
    "claims": {
        "claim_id": ["k1", "k2", "k3"], "member_id": M, "claim_date": DAYS, "claim_type": ["Medical"],
        "claim_amount": ["100.5", "8"], "status": ["Denied", "Approved"], "approval_time_days": ["30.0"],
        "denial_reason": ["", "No Auth"], "service_code": ["", "S1"],
    },
    "pharmacy": {
        "rx_id": ["r1", "r2", "r3"], "member_id": M, "fill_date": DAYS, "drug_name": ["Losartan", "Insulin"],
        "copay_amount": ["5"], "days_supply": ["30"], "pharmacy_type": ["retail"], "denied_flag": ["N", "Y"],
        "denied_reason": [""],
    },
    "enrollment": {
        "enrollment_id": ["e1", "e2", "e3"], "member_id": M, "enrollment_date": DAYS, "plan_type": ["MAPD", "PPO"],
        "premium_amount": ["20"], "change_type": ["new", "change"], "change_reason": [""],
    },
    "communications": {
        "communication_id": ["n1", "n2"], "sent_date": DAYS, "channel": ["email"], "topic": ["AEP", "Benefits"],
        "plan_type": ["MAPD"], "audience_size": ["100"], "subject": ["News"],
    },
}  # fmt: skip
FAULTS: dict[str, list[dict[str, Any]]] = {
    "call_center": [{"call_timestamp": "yesterday"}, {"handle_time_minutes": "-4"}, {"sentiment": "furious"}],
    "digital_interactions": [{"session_duration_seconds": "-1"}, {"interaction_type": ""}, {"outcome": "lost"}],
    "surveys": [{"nps_score": "11"}, {"survey_date": ""}],
    "claims": [{"status": "Lost"}, {"claim_amount": "much"}],
    "pharmacy": [{"denied_flag": "perhaps"}],
    "enrollment": [{"change_type": "lost"}],
    "communications": [{"sent_date": "soon"}],
}
EVENTS = ("call_center", "digital_interactions")
SENT = [*EVENTS * 5, *["members"] * 4, *["surveys"] * 2, *VALUES]
NAMES = ["{t}-{n}.csv", "{t}_{n}.csv", "{t}.csv", "d{n}/{t}.csv", "{t}/part-{n}.csv.gz"]
DATED_NAMES = ["{d}/{t}.csv", "{t}_{c}.csv", "{t}-{d}-{n}.csv.gz"]


@dataclass(frozen=True)
class Sent:
    """A file of a drop: its name inside the source folder, its header, its rows."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def content(self) -> bytes:
        lines = "".join(",".join(row) + "\n" for row in (self.header, *self.rows)).encode()
        return gzip.compress(lines, mtime=0) if self.name.endswith(".gz") else lines


@dataclass(frozen=True)
class Drop:
    """Files that arrive together, and whether a build follows."""

    files: tuple[Sent, ...]
    built: bool


@dataclass(frozen=True)
class History:
    """Drops in order of arrival, and whether the folder is emptied after a build."""

    drops: tuple[Drop, ...]
    emptied: bool

    def __str__(self) -> str:
        return f"the folder is {'' if self.emptied else 'not '}emptied\n" + "\n".join(
            f"-- drop {number}{', then a build' if drop.built else ''}: {sent.name}\n{_text(sent)}"
            for number, drop in enumerate(self.drops)
            for sent in drop.files
        )


def _text(sent: Sent) -> str:
    return "\n".join(",".join(row) for row in (sent.header, *sent.rows))


def make_history(random: Random) -> History:
    """A first drop with every table that must be there, then one to five of anything."""
    sender = Sender(random)
    first = [sender.file(table, first=True) for table in VALUES if table != "communications"]
    drops = [Drop(tuple(first), random.random() < 0.8)]
    for left in reversed(range(random.randint(1, 5))):
        files = [sender.again() if random.random() < 0.15 else sender.file() for _ in range(random.randint(0, 5))]
        drops.append(Drop(tuple(files), not left or random.random() < 0.7))
    return History(tuple(drops), random.random() < 0.5)


class Sender:
    """Makes files; no name is used for two contents."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.sent: dict[str, Sent] = {}

    def file(self, table: str = "", *, first: bool = False) -> Sent:
        pick = self.random.choice
        table = table or pick(SENT)
        lacking = set() if first or self.random.random() < 0.9 else {"status", "sentiment"}  # refused as a whole
        header = tuple(
            column.name
            for column in load_contract()[table].columns
            if (column.required or (column.name in VALUES[table] and pick([True, False])))
            and column.name not in lacking
        )
        rows = [self.row(table) for _ in range(self._size(table, first))]
        if first and table in ("members", "call_center"):
            rows.append(self.row(table, sound=True) | {"member_id": "M1"})
        pattern = pick(DATED_NAMES if table == "members" and not first else NAMES)
        return self._named(table, pattern, header, tuple(self._line(row, header) for row in rows))

    def _size(self, table: str, first: bool) -> int:
        if table in EVENTS:
            return self.random.randint(4, 9) if first else self.random.randint(0, 5)
        return self.random.randint(0, 3)

    def row(self, table: str, *, sound: bool = False) -> dict[str, str]:
        """Values of the table, one row in eight with a fault; a `_torn` one lacks its last fields."""
        row = {column: self.random.choice(values) for column, values in VALUES[table].items()}
        for stamp, day in (("call_timestamp", "call_date"), ("interaction_timestamp", "interaction_date")):
            if stamp in row:  # the source's own day now and then disagrees with its timestamp
                row[day] = row[stamp].date() + self.random.choice([0] * 12 + [1, -20]) * DAY
        if sound:
            return {column: str(value) for column, value in row.items()} | {"plan_type": "MAPD", "age": "70"}
        if table in FAULTS and self.random.random() < 0.12:
            row |= self.random.choice([*FAULTS[table], {"_torn": "yes"}])
        return {column: str(value) for column, value in row.items()}

    def _line(self, row: dict[str, str], header: tuple[str, ...]) -> tuple[str, ...]:
        values = tuple(row.get(column, "") for column in header)
        return values[:-2] if "_torn" in row else values

    def again(self) -> Sent:
        """An earlier file once more: the same bytes under another name, or the same rows zipped."""
        earlier = self.random.choice(list(self.sent.values()))
        table = next(table for table in sorted(VALUES, key=len, reverse=True) if table in earlier.name)
        pattern = self.random.choice(["{t}_copy{n}.csv", "{d}/{t}.csv", "d{n}/{t}.csv"])
        zipped = earlier.name.endswith(".gz") or (table != "members" and self.random.random() < 0.5)
        return self._named(table, pattern + ".gz" * zipped, earlier.header, earlier.rows)

    def _named(self, table: str, pattern: str, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Sent:
        day, number = self.random.choice(DAYS), self.random.randint(0, 5)
        for more in range(1000):
            name = pattern.format(t=table, n=number + more, d=day, c=f"{day:%Y%m%d}")
            sent = Sent(name if "{n}" in pattern or not more else f"f{more}/{name}", header, rows)
            if self.sent.setdefault(sent.name, sent) == sent:
                return sent
        raise AssertionError("no free name")


def smaller(history: History) -> Iterator[History]:
    """Histories with a drop, a file or a row less."""
    for at, drop in enumerate(history.drops):
        if at:
            yield replace(history, drops=history.drops[:at] + history.drops[at + 1 :])
        for n, sent in enumerate(drop.files):
            if at:
                yield _with_files(history, at, drop.files[:n] + drop.files[n + 1 :])
            for line in range(len(sent.rows)):
                fewer = replace(sent, rows=sent.rows[:line] + sent.rows[line + 1 :])
                yield _with_files(history, at, (*drop.files[:n], fewer, *drop.files[n + 1 :]))


def _with_files(history: History, at: int, files: tuple[Sent, ...]) -> History:
    drop = replace(history.drops[at], files=files)
    return replace(history, drops=(*history.drops[:at], drop, *history.drops[at + 1 :]))


def smallest(history: History, fails: Callable[[History], bool]) -> History:
    """The history after leaving out, again and again, whatever is not needed for its failure."""
    while True:
        found = next((less for less in smaller(history) if less.drops[-1].built and fails(less)), None)
        if found is None:
            return history
        history = found
