"""Answers and feedback by id, so that any answer can be looked at, replayed and judged later."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Literal

from agents.answer import Answer
from warehouse.errors import UsageError
from warehouse.principal import Principal

Thumbs = Literal["up", "down"]
# A member-level reader's rows are personal data: only their digest is kept, enough to tell a changed replay.
MEMBER_LEVEL_ROLES = ("member_advocate",)
PERSONAL = "pii"
WITHHELD = "(a question about personal data)"  # such a question may name a person: it is not remembered
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    answer_id TEXT PRIMARY KEY, created_at TEXT NOT NULL, user TEXT NOT NULL, role TEXT NOT NULL,
    thread TEXT NOT NULL, question TEXT NOT NULL, status TEXT NOT NULL, snapshot TEXT NOT NULL,
    rows_digest TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT NOT NULL, user TEXT NOT NULL, created_at TEXT NOT NULL, thumbs TEXT NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (answer_id, user));
"""


class AnswerStore:
    """One SQLite file; safe for several threads of one process."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def keep(self, answer: Answer, principal: Principal, at: datetime) -> None:
        """Store an answer under its id."""
        question = WITHHELD if answer.refusal_code == PERSONAL else answer.question
        row = (answer.answer_id, at.isoformat(), principal.user, principal.role, answer.thread, question,
               answer.status, answer.snapshot, rows_digest(answer), _document(answer, principal))  # fmt: skip
        with self._lock, self._connection:
            self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?,?,?,?,?,?,?,?,?,?)", row)

    def find(self, answer_id: str, principal: Principal) -> Answer:
        """A stored answer of the same user and role. Raises UsageError when there is none."""
        with self._lock:
            row = self._connection.execute(
                "SELECT document FROM answers WHERE answer_id = ? AND user = ? AND role = ?",
                (answer_id, principal.user, principal.role),
            ).fetchone()
        if row is None:
            raise UsageError(
                "There is no such answer of yours.", where=answer_id, next_step="Check the answer's id."
            )
        return Answer.model_validate_json(row[0])

    def trace(self, answer_id: str) -> Answer | None:
        """Anybody's stored answer, for its lineage only, which shows no question, no rows and no values."""
        with self._lock:
            row = self._connection.execute(
                "SELECT document FROM answers WHERE answer_id = ?", (answer_id,)
            ).fetchone()
        return Answer.model_validate_json(row[0]) if row else None

    def judge(self, answer_id: str, principal: Principal, thumbs: Thumbs, reason: str, at: datetime) -> None:
        """Keep a reader's verdict on an answer of theirs; a second one replaces the first."""
        self.find(answer_id, principal)
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?,?,?,?,?)",
                (answer_id, principal.user, at.isoformat(), thumbs, reason[:2000]),
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def rows_digest(answer: Answer) -> str:
    """A hash of every part's rows."""
    rows = [part.rows for part in answer.parts] or [answer.rows]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def _document(answer: Answer, principal: Principal) -> str:
    if answer.refusal_code == PERSONAL:
        answer = answer.model_copy(update={"question": WITHHELD})
    if principal.role in MEMBER_LEVEL_ROLES:
        parts = [part.model_copy(update={"rows": []}) for part in answer.parts]
        answer = answer.model_copy(update={"rows": [], "parts": parts, "facts": [], "text": ""})
    return answer.model_dump_json()
