"""The review of proposals: each a row, each decision one event with who and when, and nothing lost by a crash.

A decision names the version that the reviewer saw: when another one came first, the second reviewer is told.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tools.actions.verdicts import (
    MOVED,
    PAST,
    PROPOSER_NAME,
    Proposal,
    State,
    Verdict,
    moved,
    require_allowed,
    require_original,
    require_reviewer,
)
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.state_file import StateConnection, columns_of, open_state

FILE = "actions.db"
Recorded = Callable[[Sequence[Proposal]], object]
"""Told of proposals as a decision leaves them, before it is kept."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS proposals (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, snapshot TEXT NOT NULL,
    as_of TEXT NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
    edits TEXT NOT NULL, go_live TEXT NOT NULL, frozen TEXT NOT NULL, result TEXT NOT NULL,
    duplicate_of TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, proposal TEXT NOT NULL, at TEXT NOT NULL, "user" TEXT NOT NULL,
    role TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL, diff TEXT NOT NULL, before TEXT NOT NULL,
    version INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS measurements (
    fix TEXT PRIMARY KEY, at TEXT NOT NULL, snapshot TEXT NOT NULL, result TEXT NOT NULL);
"""
_COLUMNS = (
    "id, key, created_at, snapshot, as_of, state, version, document, edits, go_live, frozen, result, duplicate_of"
)


@dataclass(frozen=True)
class Event:
    """One decision: who, in which role, when, why, and for an edit what was and what is."""

    number: int
    proposal: str
    at: str
    user: str
    role: str
    action: str
    reason: str
    diff: Mapping[str, Any]
    version: int
    undone: bool


class Proposals:
    """One store of operational state; safe for several threads and processes, each decision one transaction."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)
        self._connection.execute("PRAGMA synchronous=FULL")  # a decision that was told is on the disk
        self._connection.isolation_level = None  # transactions begin and end where `_transaction` says
        self._bring_up_to_date()

    def propose(
        self, documents: Mapping[str, Mapping[str, Any]], snapshot: str, as_of: date, at: datetime
    ) -> None:
        """Add what is new, by key; refresh the figures of what nobody has decided yet."""
        with self._transaction() as db:
            for key, document in documents.items():
                row = (proposal_id(key), key, _moment(at), snapshot, as_of.isoformat(), _json(document))
                added = db.execute(
                    f"INSERT INTO proposals ({_COLUMNS}) "
                    "VALUES (?, ?, ?, ?, ?, 'proposed', 1, ?, '{}', '', '{}', '{}', '') ON CONFLICT DO NOTHING",
                    row,
                )
                if added.rowcount:
                    self._note(db, proposal_id(key), at, ("", "next_best_action", "propose"), "", {}, {}, 1)
                else:
                    db.execute(
                        "UPDATE proposals SET document = ?, snapshot = ?, as_of = ? "
                        "WHERE key = ? AND state IN ('proposed', 'deferred')",
                        (_json(document), snapshot, as_of.isoformat(), key),
                    )

    def all(self, state: State | None = None) -> list[Proposal]:
        """Proposals by their expected savings, the largest first."""
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM proposals WHERE ? IS NULL OR state = ?", (state, state)
            ).fetchall()
        found = [_proposal(row) for row in rows]
        return sorted(found, key=lambda p: (-float(p.document.get("savings_per_year") or 0), p.key))

    def find(self, name: str) -> Proposal:
        """A proposal by its id (or how it begins), key or name. Raises UsageError when none or several fit."""
        return _one(name.strip().lower(), self.all())

    def decide(self, name: str, verdict: Verdict, by: Principal, at: datetime) -> Proposal:
        """Make one decision. Raises DeniedError for other roles, UsageError where it cannot be made."""
        require_reviewer(by)
        found = self.find(name)
        with self._transaction() as db:
            self._decide(db, found.id, verdict, by, at)
        return self.find(found.id)

    def decide_all(
        self,
        names: Sequence[str],
        verdict: Verdict,
        by: Principal,
        at: datetime,
        *,
        preview: bool = False,
        recorded: Recorded | None = None,
    ) -> list[Proposal]:
        """The same decision on several proposals, all or none; with `preview` only what would become of them.

        `recorded` is called before it is kept: when it raises, nothing is.
        """
        require_reviewer(by)
        ids = list(dict.fromkeys(self.find(name).id for name in names))
        with self._transaction(keep=not preview) as db:
            for one in ids:
                self._decide(db, one, verdict, by, at)
            return self._decided(db, ids, None if preview else recorded)

    def undo(self, name: str, by: Principal, at: datetime, seen: int | None = None) -> Proposal:
        """Take the latest decision back that is not taken back yet; the event stays, and so does this one."""
        return self.undo_all([name], by, at, seen)[0]

    def undo_all(
        self,
        names: Sequence[str],
        by: Principal,
        at: datetime,
        seen: int | None = None,
        *,
        preview: bool = False,
        recorded: Recorded | None = None,
    ) -> list[Proposal]:
        """The same on several proposals, all or none. Raises DeniedError and UsageError as `decide` does."""
        require_reviewer(by)
        ids = list(dict.fromkeys(self.find(name).id for name in names))
        with self._transaction(keep=not preview) as db:
            for one in ids:
                self._undo(db, one, by, at, seen)
            return self._decided(db, ids, None if preview else recorded)

    def _decided(self, db: StateConnection, ids: Sequence[str], recorded: Recorded | None) -> list[Proposal]:
        found = [self._row(db, one) for one in ids]
        if recorded:
            recorded(found)
        return found

    def _undo(self, db: StateConnection, one: str, by: Principal, at: datetime, seen: int | None) -> None:
        proposal = self._row(db, one)
        self._require_seen(db, proposal, seen)
        last = db.execute(
            "SELECT number, action, before FROM events WHERE proposal = ? AND undone = 0 "
            "AND action NOT IN ('propose', 'undo') ORDER BY number DESC LIMIT 1",
            (one,),
        ).fetchone()
        if last is None:
            raise UsageError(
                f"There is no decision on {one} to undo.", where="actions",
                next_step="`command-center actions show` lists the decisions.",
            )  # fmt: skip
        db.execute("UPDATE events SET undone = 1 WHERE number = ?", (last[0],))
        self._move(db, proposal, json.loads(last[2]))
        who = (by.user, by.role, "undo")
        self._note(db, one, at, who, f"{last[1]} of event {last[0]}", {}, {}, proposal.version + 1)

    def bring_live(self, at: datetime) -> None:
        """Set live what was announced for a day that has come; an event without a person says so."""
        today = at.date().isoformat()
        with self._transaction() as db:
            due = db.execute(
                f"SELECT {_COLUMNS} FROM proposals WHERE state = 'approved' AND go_live != '' AND go_live <= ?",
                (today,),
            ).fetchall()
            for proposal in map(_proposal, due):
                before = {name: getattr(proposal, name) for name in MOVED}
                self._move(db, proposal, {**before, "state": "live"})
                who = ("", "next_best_action", "golive")
                self._note(
                    db, proposal.id, at, who, "the announced day has come", {}, before, proposal.version + 1
                )

    def events(self, name: str = "") -> list[Event]:
        """Decisions on one proposal, or on all, oldest first."""
        one = self.find(name).id if name else ""
        with self._lock:
            rows = self._connection.execute(
                'SELECT number, proposal, at, "user", role, action, reason, diff, version, undone FROM events '
                "WHERE ? = '' OR proposal = ? ORDER BY number",
                (one, one),
            ).fetchall()
        return [
            Event(number, proposal, at, user, role, action, reason, json.loads(diff), version, bool(undone))
            for number, proposal, at, user, role, action, reason, diff, version, undone in rows
        ]

    def keep_measurement(self, fix: str, result: Mapping[str, Any], snapshot: str, at: datetime) -> None:
        """Keep what was measured of a past fix; a later measurement takes the place of an earlier one."""
        with self._transaction() as db:
            row = (fix, _moment(at), snapshot, _json(result))
            db.execute(
                "INSERT INTO measurements (fix, at, snapshot, result) VALUES (?, ?, ?, ?) ON CONFLICT (fix) "
                "DO UPDATE SET at = excluded.at, snapshot = excluded.snapshot, result = excluded.result",
                row,
            )

    def measurements(self) -> dict[str, dict[str, Any]]:
        """What was measured of past fixes, by the fix's id."""
        with self._lock:
            rows = self._connection.execute("SELECT fix, result FROM measurements ORDER BY fix").fetchall()
        return {fix: json.loads(result) for fix, result in rows}

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _decide(self, db: StateConnection, one: str, verdict: Verdict, by: Principal, at: datetime) -> None:
        proposal = self._row(db, one)
        self._require_seen(db, proposal, verdict.seen)
        require_allowed(proposal, verdict)
        if verdict.decision == "duplicate":
            verdict = self._of_original(db, proposal, verdict)
        after, diff = moved(proposal, verdict, at)
        before = {name: getattr(proposal, name) for name in MOVED}
        self._move(db, proposal, after)
        who = (by.user, by.role, verdict.decision)
        self._note(db, one, at, who, verdict.reason.strip(), diff, before, proposal.version + 1)

    def _of_original(self, db: StateConnection, proposal: Proposal, verdict: Verdict) -> Verdict:
        """The verdict with the full id of the proposal that is repeated. Raises UsageError where there is none."""
        wanted = verdict.duplicate_of.strip().lower()
        rows = db.execute(f"SELECT {_COLUMNS} FROM proposals").fetchall()
        original = _one(wanted, [_proposal(row) for row in rows])
        require_original(original, proposal)
        return replace(verdict, duplicate_of=original.id)

    def _bring_up_to_date(self) -> None:
        """A file of an earlier version lacks the link of duplicates."""
        if "duplicate_of" in columns_of(self._connection, "proposals"):
            return
        with self._transaction() as db:
            if "duplicate_of" not in columns_of(db, "proposals"):  # another process may have been first
                db.execute("ALTER TABLE proposals ADD COLUMN duplicate_of TEXT NOT NULL DEFAULT ''")

    def _require_seen(self, db: StateConnection, proposal: Proposal, seen: int | None) -> None:
        """Raises UsageError that tells the second of two reviewers what the first one did."""
        if seen is None or seen == proposal.version:
            return
        last = db.execute(
            'SELECT action, "user", at FROM events WHERE proposal = ? ORDER BY number DESC LIMIT 1', (proposal.id,)
        ).fetchone()
        who = last[1] or PROPOSER_NAME
        raise UsageError(
            f"The proposal {proposal.id} was {PAST.get(last[0], last[0])} by {who} at {last[2]}, after you "
            f"looked at it; it is {proposal.state} now.",
            where="actions",
            next_step="Look at it again, then decide.",
        )

    def _move(self, db: StateConnection, proposal: Proposal, after: Mapping[str, Any]) -> None:
        values = [after["state"], _json(after["edits"]), after["go_live"], _json(after["frozen"])]
        db.execute(
            "UPDATE proposals SET state = ?, edits = ?, go_live = ?, frozen = ?, result = ?, duplicate_of = ?, "
            "version = ? WHERE id = ?",
            (
                *values,
                _json(after["result"]),
                after.get("duplicate_of", ""),  # events of an earlier version know of none
                proposal.version + 1,
                proposal.id,
            ),
        )

    def _row(self, db: StateConnection, one: str) -> Proposal:
        return _proposal(db.execute(f"SELECT {_COLUMNS} FROM proposals WHERE id = ?", (one,)).fetchone())

    def _note(
        self, db: StateConnection, one: str, at: datetime, who: tuple[str, str, str], reason: str,
        diff: Mapping[str, Any], before: Mapping[str, Any], version: int,
    ) -> None:  # fmt: skip
        db.execute(
            'INSERT INTO events (proposal, at, "user", role, action, reason, diff, before, version) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (one, _moment(at), *who, reason, _json(diff), _json(before), version),
        )

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[StateConnection]:
        """One writer at a time, over processes as well; all of it or nothing, nothing without `keep`."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT" if keep else "ROLLBACK")


def _one(wanted: str, known: Sequence[Proposal]) -> Proposal:
    found = [p for p in known if wanted in (p.key.lower(), str(p.document.get("title", "")).lower())]
    found = found or [p for p in known if wanted and p.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    what = "Several proposals begin" if found else "No proposal begins"
    raise UsageError(
        f"{what} with {wanted[:40]!r}.",
        where="actions",
        next_step="Take an id from `command-center actions list`.",
    )


def proposal_id(key: str) -> str:
    """Eight hex characters of a proposal's key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _proposal(row: Sequence[Any]) -> Proposal:
    name, key, created, snapshot, as_of, state, version, document, edits, go_live, frozen, result, repeats = row
    document, edits, frozen, result = (json.loads(text) for text in (document, edits, frozen, result))
    return Proposal(
        name, key, created, snapshot, as_of, state, version, document, edits, go_live, frozen, result, repeats
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
