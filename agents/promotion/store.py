"""Proposals of verified queries and what happened to them, in one file of operational state.

The file is the truth: an approval stands once its transaction has ended, and the YAML that the model loads is
written from it afterwards, again if that was cut short (`filed`). Whoever decides names the revision they saw.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.state_file import StateConnection as Connection
from warehouse.state_file import open_state

State = Literal["proposed", "approved", "rejected", "retired"]
Decision = Literal["approved", "rejected", "retired"]
FILE = "promotion.db"
PLACE = "verified queries"
_COLUMNS = (
    "id, name, state, revision, document, answer_id, proposed_by, proposed_role, proposed_at, decided_by, "
    "decided_at, reason, filed"
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS proposals (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, revision INTEGER NOT NULL,
    document TEXT NOT NULL, answer_id TEXT NOT NULL,
    proposed_by TEXT NOT NULL, proposed_role TEXT NOT NULL, proposed_at TEXT NOT NULL,
    decided_by TEXT NOT NULL, decided_at TEXT NOT NULL, reason TEXT NOT NULL, filed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "user" TEXT NOT NULL, role TEXT NOT NULL,
    action TEXT NOT NULL, proposal TEXT NOT NULL, revision INTEGER NOT NULL, detail TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Proposal:
    """A verified query on its way: `document` is its YAML entry as plain values.

    `filed` says whether the model's folder holds what `state` asks for. `revision` counts edits.
    """

    id: str
    name: str
    state: State
    revision: int
    document: Mapping[str, Any]
    answer_id: str
    proposed_by: str
    proposed_role: str
    proposed_at: str
    decided_by: str = ""
    decided_at: str = ""
    reason: str = ""
    filed: bool = False


@dataclass(frozen=True)
class Happened:
    """One event: when, who, what, and in `detail` what changed (old and new value by field) or why."""

    at: str
    user: str
    role: str
    action: str
    proposal: str
    revision: int
    detail: Mapping[str, Any]


class PromotionStore:
    """One store of operational state; safe for several threads and processes."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)
        self._connection.execute("PRAGMA busy_timeout=5000")

    def propose(
        self, name: str, document: Mapping[str, Any], answer_id: str, by: Principal, at: datetime
    ) -> Proposal:
        """Add a proposal. Raises UsageError when one of this name is under way or approved, or of this answer."""
        row = (
            uuid.uuid4().hex[:8], name, "proposed", 1, json.dumps(document), answer_id, by.user, by.role,
            _moment(at), "", "", "", 0,
        )  # fmt: skip
        with self._writing() as connection:
            for known in self._all(connection):
                if known.state in ("proposed", "approved") and name == known.name:
                    raise _taken(known, "a verified query of this name")
                if known.state == "proposed" and answer_id == known.answer_id:
                    raise _taken(known, "this answer")
            connection.execute(f"INSERT INTO proposals ({_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
            self._note(connection, at, by, "proposed", str(row[0]), 1, {"answer": answer_id})
        return self.find(str(row[0]))

    def edit(
        self, proposal_id: str, revision: int, document: Mapping[str, Any], by: Principal, at: datetime
    ) -> Proposal:
        """Replace a proposal's document. Raises UsageError when it was decided or edited since `revision`."""
        with self._writing() as connection:
            known = self._standing(connection, proposal_id, revision, ("proposed",))
            changed = {
                key: [known.document.get(key), document.get(key)]
                for key in sorted({*known.document, *document})
                if known.document.get(key) != document.get(key)
            }
            if changed:
                connection.execute(
                    "UPDATE proposals SET document = ?, revision = revision + 1 WHERE id = ?",
                    (json.dumps(document), known.id),
                )
                self._note(connection, at, by, "edited", known.id, known.revision + 1, changed)
        return self.find(known.id)

    def decide(
        self,
        proposal_id: str,
        revision: int,
        decision: Decision,
        by: Principal,
        at: datetime,
        *,
        reason: str = "",
        document: Mapping[str, Any] | None = None,
        again: bool = False,
    ) -> Proposal:
        """Approve or reject what is proposed, or retire what is approved; with the document as it was approved.

        `again` approves what is approved already. Raises UsageError when somebody else was first, or has edited it
        since `revision`.
        """
        before: tuple[State, ...] = ("approved",) if decision == "retired" or again else ("proposed",)
        with self._writing() as connection:
            known = self._standing(connection, proposal_id, revision, before)
            filed = decision == "rejected" or (decision == "retired" and not known.filed)
            kept = json.dumps(document or known.document)
            connection.execute(
                "UPDATE proposals SET state = ?, document = ?, decided_by = ?, decided_at = ?, reason = ?, "
                "filed = ?, revision = revision + ? WHERE id = ?",
                (decision, kept, by.user, _moment(at), reason[:2000], filed, again, known.id),
            )
            self._note(connection, at, by, decision, known.id, known.revision, {"reason": reason[:2000]})
        return self.find(known.id)

    def filed(self, proposal_id: str) -> None:
        """Note that the model's folder holds what the proposal's state asks for."""
        with self._writing() as connection:
            connection.execute("UPDATE proposals SET filed = 1 WHERE id = ?", (proposal_id,))

    def find(self, start: str) -> Proposal:
        """A proposal by its id, how that begins, or its name. Raises UsageError when none or several fit."""
        every = self.all()
        found = [p for p in every if p.name == start and p.state in ("proposed", "approved")]
        found = found or [p for p in every if start and p.id.startswith(start.lower())]
        if len(found) == 1:
            return found[0]
        what = "Several proposals begin" if found else "No proposal is called or begins"
        raise UsageError(f"{what} with {start[:40]!r}.", where=PLACE, next_step="Take an id from the list.")

    def all(self, state: State | None = None) -> list[Proposal]:
        """Proposals, the newest first."""
        with self._lock:
            every = self._all(self._connection)
        return [proposal for proposal in every if state in (None, proposal.state)]

    def events(self, proposal_id: str = "") -> list[Happened]:
        """What happened, oldest first; to one proposal or to all."""
        with self._lock:
            rows = self._connection.execute(
                'SELECT at, "user", role, action, proposal, revision, detail FROM events '
                "WHERE ? = '' OR proposal = ? ORDER BY number",
                (proposal_id, proposal_id),
            ).fetchall()
        return [
            Happened(at, user, role, action, proposal, revision, json.loads(detail))
            for at, user, role, action, proposal, revision, detail in rows
        ]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction at a time, of all processes: what is read in it is what is written over."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def _all(self, connection: Connection) -> list[Proposal]:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM proposals ORDER BY rowid DESC").fetchall()
        return [_proposal(row) for row in rows]

    def _standing(
        self, connection: Connection, proposal_id: str, revision: int, states: tuple[State, ...]
    ) -> Proposal:
        row = connection.execute(f"SELECT {_COLUMNS} FROM proposals WHERE id = ?", (proposal_id,)).fetchone()
        if row is None:
            raise UsageError("There is no such proposal.", where=PLACE, next_step="Take an id from the list.")
        known = _proposal(row)
        if known.state not in states:
            decided = f" by {known.decided_by} at {known.decided_at}" if known.decided_by else ""
            raise UsageError(
                f"The proposal {known.id} is {known.state}{decided}: nothing was changed.",
                where=known.name, next_step="Look at it again.",
            )  # fmt: skip
        if known.revision != revision:
            raise UsageError(
                f"The proposal {known.id} was edited since you looked at it (revision {known.revision} now).",
                where=known.name, next_step="Look at it again.",
            )  # fmt: skip
        return known

    def _note(
        self, connection: Connection, at: datetime, by: Principal, action: str, proposal: str, revision: int,
        detail: Mapping[str, Any],
    ) -> None:  # fmt: skip
        connection.execute(
            'INSERT INTO events (at, "user", role, action, proposal, revision, detail) '
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_moment(at), by.user, by.role, action, proposal, revision, json.dumps(detail)),
        )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _taken(known: Proposal, what: str) -> UsageError:
    return UsageError(
        f"{what[0].upper()}{what[1:]} is {known.state} already (proposal {known.id}, by {known.proposed_by}).",
        where=known.name,
        next_step="Choose another name, or wait for the review.",
    )


def _proposal(row: tuple[Any, ...]) -> Proposal:
    held = dict(zip(_COLUMNS.split(", "), row, strict=True))
    state = next(known for known in get_args(State) if known == held["state"])
    plain = {"state": state, "document": json.loads(held["document"]), "filed": bool(held["filed"])}
    return Proposal(**{**held, **plain})
