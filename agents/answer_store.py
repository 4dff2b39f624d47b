"""Answers and feedback by id, so that any answer can be looked at, replayed and judged later."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from agents.answer import Answer, AnswerPart
from agents.versions import Versions
from warehouse.audit import result_hash
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.state_file import columns_of, open_state

Thumbs = Literal["up", "down"]
# A member-level reader's rows are personal data: only their digest is kept, enough to tell a changed replay.
MEMBER_LEVEL_ROLES = ("member_advocate",)
PERSONAL = "pii"
WITHHELD = "(a question about personal data)"  # such a question may name a person: it is not remembered
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    answer_id TEXT PRIMARY KEY, created_at TEXT NOT NULL, "user" TEXT NOT NULL, role TEXT NOT NULL,
    thread TEXT NOT NULL, question TEXT NOT NULL, status TEXT NOT NULL, snapshot TEXT NOT NULL,
    rows_digest TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback (
    answer_id TEXT NOT NULL, "user" TEXT NOT NULL, created_at TEXT NOT NULL, thumbs TEXT NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (answer_id, "user"));
"""
_UNSATISFYING = f"""
SELECT a.rowid, a.answer_id, a.created_at, a."user", a.role, a.thread, a.attributes, a.question, a.document,
       f.thumbs = 'down', f.reason
FROM answers a LEFT JOIN feedback f ON f.answer_id = a.answer_id AND f."user" = a."user"
WHERE (a.status IN ('refused', 'clarify') OR f.thumbs = 'down') AND a.rows_kept = 1 AND a.question != ?
  AND a.role NOT IN ({", ".join("?" * len(MEMBER_LEVEL_ROLES))})
ORDER BY a.rowid
"""
# Columns that earlier versions did not have, with what stands in an answer of theirs.
_LATER = {
    "attributes": "TEXT NOT NULL DEFAULT '{}'",
    "versions": "TEXT NOT NULL DEFAULT '{}'",
    "part_hashes": "TEXT NOT NULL DEFAULT '[]'",
    "rows_kept": "INTEGER NOT NULL DEFAULT 1",
    "audit_number": "INTEGER NOT NULL DEFAULT 0",
    "audit_seal": "TEXT NOT NULL DEFAULT ''",
}


@dataclass(frozen=True)
class KeptAnswer:
    """A stored answer, its reader, and what it depended on.

    `part_hashes` are the hashes of the parts' governed cells; answers of earlier versions have none, and only the
    digest of all rows. Without `rows_kept` they are all that is left of the rows.
    """

    answer: Answer
    user: str
    role: str
    attributes: dict[str, str]
    created_at: str
    versions: Versions
    rows_digest: str
    part_hashes: tuple[str, ...]
    rows_kept: bool


@dataclass(frozen=True)
class Unsatisfying:
    """An answer that its reader turned a thumb down on, or that was none; `earlier` are the questions before it.

    `at` is ISO in UTC, `reason` what the reader said with the thumb.
    """

    answer_id: str
    at: str
    role: str
    attributes: dict[str, str]
    question: str
    earlier: tuple[str, ...]
    answer: Answer
    down: bool
    reason: str


class AnswerStore:
    """One store of operational state; safe for several threads of one process."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)
        self._add_later_columns()

    def keep(
        self,
        answer: Answer,
        principal: Principal,
        at: datetime,
        versions: Versions | None = None,
        audit_head: tuple[int, str] = (0, ""),
    ) -> None:
        """Store an answer under its id, with the end that the audit trail had by then."""
        question = WITHHELD if answer.refusal_code == PERSONAL else answer.question
        hashes = [part_hash(part) for part in parts_of(answer)]
        digest = rows_digest(answer.parts or [AnswerPart(rows=answer.rows)])
        row = {
            "answer_id": answer.answer_id, "created_at": at.isoformat(), "user": principal.user,
            "role": principal.role, "thread": answer.thread, "question": question, "status": answer.status,
            "snapshot": answer.snapshot, "rows_digest": digest, "document": _document(answer, principal),
            "attributes": json.dumps(principal.attributes), "part_hashes": json.dumps(hashes),
            "versions": json.dumps(asdict(versions or Versions())), "rows_kept": not _personal(principal),
            "audit_number": audit_head[0], "audit_seal": audit_head[1],
        }  # fmt: skip
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f":{name}" for name in row)
        again = ", ".join(f'"{name}" = excluded."{name}"' for name in row)
        with self._lock, self._connection:
            self._connection.execute(
                f"INSERT INTO answers ({names}) VALUES ({places}) ON CONFLICT (answer_id) DO UPDATE SET {again}",
                row,
            )

    def find(self, answer_id: str, principal: Principal) -> Answer:
        """A stored answer of the same user and role. Raises UsageError when there is none."""
        return self.kept(answer_id, principal).answer

    def kept(self, answer_id: str, principal: Principal | None = None) -> KeptAnswer:
        """A stored answer with what it depended on; with a principal only one of the same user and role.

        Raises UsageError when there is none.
        """
        with self._lock:
            row = self._connection.execute(
                'SELECT document, "user", role, attributes, created_at, versions, rows_digest, part_hashes, '
                "rows_kept FROM answers WHERE answer_id = ?",
                (answer_id,),
            ).fetchone()
        if row is None or (principal and (principal.user, principal.role) != row[1:3]):
            whose = " of yours" if principal else ""
            raise UsageError(
                f"There is no such answer{whose}.", where=answer_id, next_step="Check the answer's id."
            )
        document, user, role, attributes, at, versions, digest, hashes, rows_kept = row
        return KeptAnswer(
            answer=Answer.model_validate_json(document),
            user=user,
            role=role,
            attributes=json.loads(attributes),
            created_at=at,
            versions=Versions(**json.loads(versions)),
            rows_digest=digest,
            part_hashes=tuple(json.loads(hashes)),
            # An answer of an earlier version says nothing on it: then such a role's rows were not kept either.
            rows_kept=bool(rows_kept) and role not in MEMBER_LEVEL_ROLES,
        )

    def trace(self, answer_id: str) -> Answer | None:
        """Anybody's stored answer, for its lineage only, which shows no question, no rows and no values."""
        with self._lock:
            row = self._connection.execute(
                "SELECT document FROM answers WHERE answer_id = ?", (answer_id,)
            ).fetchone()
        return Answer.model_validate_json(row[0]) if row else None

    def beginning_with(self, start: str) -> list[str]:
        """The ids, at most two, that begin so."""
        with self._lock:
            found: Iterable[tuple[str]] = self._connection.execute(
                "SELECT answer_id FROM answers WHERE substr(answer_id, 1, ?) = ? LIMIT 2", (len(start), start)
            ).fetchall()
        return [row[0] for row in found]

    def audit_heads(self) -> list[tuple[int, str]]:
        """The ends of the audit trail that answers noted: number and seal of its last record at that time."""
        with self._lock:
            found: list[tuple[int, str]] = self._connection.execute(
                "SELECT DISTINCT audit_number, audit_seal FROM answers WHERE audit_number > 0"
            ).fetchall()
        return found

    def judge(self, answer_id: str, principal: Principal, thumbs: Thumbs, reason: str, at: datetime) -> None:
        """Keep a reader's verdict on an answer of theirs; a second one replaces the first."""
        self.find(answer_id, principal)
        with self._lock, self._connection:
            self._connection.execute(
                'INSERT INTO feedback VALUES (?,?,?,?,?) ON CONFLICT (answer_id, "user") DO UPDATE SET '
                "created_at = excluded.created_at, thumbs = excluded.thumbs, reason = excluded.reason",
                (answer_id, principal.user, at.isoformat(), thumbs, reason[:2000]),
            )

    def unsatisfying(self) -> list[Unsatisfying]:
        """Refusals, questions back and answers with a thumb down, the oldest first.

        None of readers who may see members, and none about personal data: what they asked may name somebody.
        """
        with self._lock:
            rows = self._connection.execute(_UNSATISFYING, (WITHHELD, *MEMBER_LEVEL_ROLES)).fetchall()
            return [self._unsatisfying(row) for row in rows]

    def _unsatisfying(self, row: tuple[Any, ...]) -> Unsatisfying:
        number, answer_id, at, user, role, thread, attributes, question, document, down, reason = row
        before = self._connection.execute(
            "SELECT question FROM answers WHERE thread = ? AND thread != '' AND \"user\" = ? AND role = ? "
            "AND rowid < ? ORDER BY rowid",
            (thread, user, role, number),
        ).fetchall()
        earlier = tuple(found[0] for found in before)
        answer = Answer.model_validate_json(document)
        return Unsatisfying(
            answer_id, at, role, json.loads(attributes), question, earlier, answer, bool(down), reason or ""
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _add_later_columns(self) -> None:
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")  # another process may be opening it as well
            there = columns_of(self._connection, "answers")
            for name, declaration in _LATER.items():
                if name not in there:
                    self._connection.execute(f"ALTER TABLE answers ADD COLUMN {name} {declaration}")


def parts_of(answer: Answer) -> list[AnswerPart]:
    """The parts of an answer; one that has none is a part itself when it has columns."""
    if answer.parts or not answer.columns:
        return answer.parts
    return [
        AnswerPart(
            columns=answer.columns, rows=answer.rows, sql=answer.sql, semantic_query=answer.semantic_query,
            interpretation=answer.interpretation, suppressed=answer.suppressed,
        )
    ]  # fmt: skip


def rows_digest(parts: list[AnswerPart]) -> str:
    """A hash of every part's rows, as earlier versions kept it."""
    return hashlib.sha256(json.dumps([part.rows for part in parts]).encode()).hexdigest()[:16]


def part_hash(part: AnswerPart) -> str:
    """The hash of a part's governed cells: the columns that a query gave, not those computed from other cells."""
    places = [at for at, column in enumerate(part.columns) if column.name not in part.formulas]
    return result_hash([part.columns[at].name for at in places], ([row[at] for at in places] for row in part.rows))


def _personal(principal: Principal) -> bool:
    return principal.role in MEMBER_LEVEL_ROLES or bool(principal.break_glass)


def _document(answer: Answer, principal: Principal) -> str:
    if answer.refusal_code == PERSONAL:
        answer = answer.model_copy(update={"question": WITHHELD})
    if _personal(principal):
        parts = [part.model_copy(update={"rows": []}) for part in answer.parts]
        answer = answer.model_copy(update={"rows": [], "parts": parts, "facts": [], "text": ""})
    return answer.model_dump_json()
