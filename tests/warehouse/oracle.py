"""What a warehouse must say about a few small source files, worked out row by row in plain Python, without SQL.

Written from the data contract, not from the models: a mistake that a full build and an incremental one share shows
against it. It reads CSV (plain or gzipped) of the shapes that the tests send, and compares every row with every
other one, so it is meant for dozens of rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from warehouse.contract import SourceColumn, SourceTable, load_contract

SEED = Path(__file__).parents[2] / "warehouse" / "models" / "seeds" / "journeys.csv"
SHORT, LONG, REPEAT = timedelta(minutes=30), timedelta(hours=24), timedelta(days=7)
BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)
NO_VALUE = ("null", "none", "nan", "na", "n/a")
TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
BAD = {"date": "bad_date", "timestamp": "bad_timestamp", "integer": "bad_number", "number": "bad_number",
       "boolean": "bad_boolean"}  # fmt: skip

Taken = tuple[str, bytes]  # a file's name inside the source folder, and what it holds
Fault = tuple[str, str, int | None, str, str | None]  # table, file, row number, reason, detail


@dataclass
class Row:
    """One data row: where it stands, in which order its file came, and its typed values."""

    file: str
    number: int
    arrival: int
    values: dict[str, Any]
    content: tuple[Any, ...] = ()
    effective: date = BEGINNING

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass
class Tables:
    """Good rows by source table, and everything that was set aside."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def table_of(name: str) -> str:
    """The source table of a file's name: that of the file, else that of its folder."""
    parts = Path(name.lower())
    for candidate in (parts.name, parts.parent.name):
        for table in sorted(load_contract(), key=len, reverse=True):
            if re.match(rf"{table}(?![a-z0-9])", candidate):
                return table
    raise ValueError(name)


def file_order(name: str) -> tuple[str, str]:
    """Of two files the one that sorts later here is the later one: by stem, so that `x` comes before `x-2`."""
    return re.sub(r"\.csv(\.gz)?$", "", name), name


def dated(name: str) -> date | None:
    """The date in a path, 2026-10-29 or 20261029."""
    found = re.search(r"(20\d\d)-?(\d\d)-?(\d\d)", name)
    return date(*map(int, found.groups())) if found else None


def read(column: SourceColumn, raw: str | None) -> tuple[Any, str | None]:
    """(typed value, reason why the row is refused or None) of one field."""
    text = (raw or "").strip(" ")
    value = _typed(column, text)
    unread = value is None and text and column.type in BAD and text.lower() not in NO_VALUE
    if unread:
        return None, BAD[column.type]
    if column.filled and value is None:
        return None, "missing_value"
    if column.closed and value is not None and value not in column.values:
        return value, "not_allowed"
    for bound, outside in ((column.minimum, "below"), (column.maximum, "above")):
        if bound is not None and value is not None and _beyond(value, bound, outside):
            return value, "negative_value" if bound == 0 and outside == "below" else "out_of_range"
    return (column.missing if value is None else value), None


def _beyond(value: Any, bound: Any, outside: str) -> bool:
    if isinstance(value, datetime):
        bound = datetime.combine(bound, datetime.min.time())
    return bool(value < bound if outside == "below" else value > bound)


def _typed(column: SourceColumn, text: str) -> Any:
    if column.type == "boolean":
        return {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}.get(text.lower())
    if column.type == "category":
        return next((v for v in column.values if v.lower() == text.lower()), text or None)
    if column.type in ("id", "text"):
        return text or None
    try:
        if column.type in ("date", "timestamp"):
            moment = datetime.fromisoformat(text)
            return moment.date() if column.type == "date" else moment
        number = float(text)
    except ValueError:
        return None
    if column.type == "integer":
        return int(number) if number == math.trunc(number) else None
    return number if math.isfinite(number) else None


class Oracle:
    """The right tables of files that were taken in order: one list of files a build."""

    def __init__(self, builds: Sequence[Sequence[Taken]]) -> None:
        self.tables = Tables({name: [] for name in load_contract()})
        arrival = 0
        for number, files in enumerate(builds):
            for name, content in sorted(files):
                arrival += 1
                self._take(name, content, arrival, dated(name) or self._day_after(builds[:number], name))
        self.versions = self._versions()
        for table in load_contract().values():
            if table.name != "members":
                self._settle(table)
        self.calls = self._of("call_center")
        self.interactions = self._of("digital_interactions")
        with SEED.open() as stream:
            self.journeys = {row["interaction_type"]: row for row in csv.DictReader(stream)}
        self.triggers = {call["call_id"]: self._trigger(call) for call in self.calls}

    def _of(self, table: str) -> list[Row]:
        return self.tables.rows[table]

    def _day_after(self, earlier: Sequence[Sequence[Taken]], name: str) -> date:
        """From when a members file without a date counts: the day after the latest event of earlier builds."""
        if not earlier or table_of(name) != "members":
            return BEGINNING
        before = Oracle(earlier)
        return max(map(_at, (*before.calls, *before.interactions))).date() + timedelta(days=1)

    def _take(self, name: str, content: bytes, arrival: int, effective: date) -> None:
        table = load_contract()[table_of(name)]
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
        header, *lines = csv.reader(io.StringIO(text))
        missing = table.missing_from(header, required=True)
        if missing:
            self.tables.faults.append((table.name, name, None, "missing_columns", ", ".join(missing)))
            return
        number = 0
        for line in lines:
            if len(line) != len(header):
                self.tables.faults.append((table.name, name, None, "unparseable", None))
                continue
            number += 1
            self._judge(table, Row(name, number, arrival, dict(zip(header, line, strict=True)), (), effective))

    def _judge(self, table: SourceTable, row: Row) -> None:
        typed = {column.name: read(column, row.values.get(column.name)) for column in table.columns}
        fault = next(((reason, column) for column, (_, reason) in typed.items() if reason), None)
        if fault:
            self.tables.faults.append((table.name, row.file, row.number, *fault))
            return
        row.values = {column: value for column, (value, _) in typed.items()}
        row.content = tuple(row.values.values())
        self._of(table.name).append(row)

    def _settle(self, table: SourceTable) -> None:
        """Set aside the events of members that nobody knows, then all but the latest row of each id."""
        known = []
        for row in self._of(table.name):
            if table.belongs_to_member and row["member_id"] not in self.versions:
                self.tables.faults.append((table.name, row.file, row.number, "unknown_member", "member_id"))
            else:
                known.append(row)
        self.tables.rows[table.name] = self._winners(table, known, lambda row: row[table.key])

    def _winners(self, table: SourceTable, rows: Iterable[Row], same: Any) -> list[Row]:
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            groups.setdefault(same(row), []).append(row)
        winners = []
        for group in groups.values():
            *losers, winner = sorted(group, key=lambda row: _place(table, row))
            winners.append(winner)
            for row in losers:
                reason = "duplicate" if row.content == winner.content else "duplicate_id"
                self.tables.faults.append((table.name, row.file, row.number, reason, table.key))
        return winners

    def _versions(self) -> dict[str, list[tuple[date, date, Row]]]:
        """By member: (valid from, valid to (exclusive), row), the oldest first."""
        table = load_contract()["members"]
        rows = self._winners(table, self._of("members"), lambda row: (row["member_id"], row.effective))
        found: dict[str, list[tuple[date, date, Row]]] = {}
        for row in sorted(rows, key=lambda row: row.effective):
            versions = found.setdefault(row["member_id"], [])
            if not versions:
                versions.append((BEGINNING, END, row))
            elif versions[-1][2].content != row.content:
                versions[-1] = (versions[-1][0], row.effective, versions[-1][2])
                versions.append((row.effective, END, row))
        return found

    def _trigger(self, call: Row) -> Row | None:
        """The latest earlier failed interaction of the member on a matching journey, if it is within 24 hours."""
        failed = [
            row
            for row in self.interactions
            if row["outcome"] != "success" and self._leads_to(row, call) and _at(row) < _at(call)
        ]
        latest = max(failed, key=lambda row: (_at(row), row["interaction_id"]), default=None)
        return latest if latest and _at(call) - _at(latest) <= LONG else None

    def _leads_to(self, interaction: Row, call: Row) -> bool:
        topic = self.journeys.get(interaction["interaction_type"], {}).get("call_topic")
        return bool(interaction["member_id"] == call["member_id"] and topic == call["call_topic"])

    def is_repeat(self, call: Row) -> bool:
        """Whether the member called about it in the 7 days before; at one instant the greater id is later."""
        return any(
            (other["member_id"], other["call_topic"]) == (call["member_id"], call["call_topic"])
            and (_at(other), other["call_id"]) < (_at(call), call["call_id"])
            and _at(call) - _at(other) <= REPEAT
            for other in self.calls
        )

    def is_self_served(self, interaction: Row) -> bool:
        """Whether it succeeded and no call about its topic followed within 24 hours."""
        return interaction["outcome"] == "success" and not any(
            self._leads_to(interaction, call) and timedelta(0) < _at(call) - _at(interaction) <= LONG
            for call in self.calls
        )

    def leaked(self, call: Row, window: timedelta) -> bool:
        """Whether the call came within a window after its trigger."""
        trigger = self.triggers[call["call_id"]]
        return trigger is not None and _at(call) - _at(trigger) <= window

    def member(self, row: Row, day: date) -> tuple[Any, ...]:
        """The dimensions of a row's member on a day."""
        found = (m for start, end, m in self.versions[row["member_id"]] if start <= day < end)
        return self.dimensions(next(found))

    def dimensions(self, member: Row) -> tuple[Any, ...]:
        """Plan, segment, tenure bucket, New or Tenured, age group and language of a version of a member."""
        months, age = member["tenure_months"], member["age"]
        bounds = ((6, "0-6 months"), (12, "6-12 months"), (24, "1-2 years"), (36, "2-3 years"))
        ages = ((65, "Under 65"), (75, "65-74"), (85, "75-84"))
        return (
            member["plan_type"],
            member["segment"],
            "Unknown" if months is None else next((name for less, name in bounds if months < less), "3+ years"),
            "Unknown" if months is None else "New" if months < 12 else "Tenured",
            "Unknown" if age is None else next((name for less, name in ages if age < less), "85+"),
            member["language"],
        )


def _place(table: SourceTable, row: Row) -> tuple[Any, ...]:
    """The later of two rows of one id is greater."""
    latest = (row[table.latest_by],) if table.latest_by else ()
    return (*latest, file_order(row.file), row.arrival, row.number)


def _at(row: Row) -> datetime:
    moment: datetime = row.values.get("call_timestamp") or row["interaction_timestamp"]
    return moment
