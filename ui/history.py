"""Chat history in one store of operational state: Chainlit's data layer, with every write in one order.

A step, element or thread is kept as the JSON that the page was sent, so that a resumed conversation shows the
same cards and charts. People see their own conversations only, and each only while their rights (role, row
filters, purpose) are those that it was held with: rows read for a purpose close with it.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from chainlit.data.base import BaseDataLayer
from chainlit.element import CustomElement, Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User
from chainlit.utils import utc_now

from ui.accounts import Account, Accounts
from warehouse.principal import Principal
from warehouse.state_file import StateConnection, columns_of, open_private

_SCHEMA = """
CREATE TABLE IF NOT EXISTS threads (
    id TEXT PRIMARY KEY, "user" TEXT, name TEXT, created TEXT NOT NULL, touched TEXT NOT NULL,
    metadata TEXT NOT NULL, rights TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS steps (
    id TEXT PRIMARY KEY, thread TEXT NOT NULL, parent TEXT, created TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS elements (id TEXT PRIMARY KEY, thread TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback (
    id TEXT PRIMARY KEY, step TEXT NOT NULL UNIQUE, value INTEGER NOT NULL, comment TEXT
);
CREATE INDEX IF NOT EXISTS steps_of_thread ON steps (thread, created);
CREATE INDEX IF NOT EXISTS elements_of_thread ON elements (thread);
CREATE INDEX IF NOT EXISTS threads_of_user ON threads ("user", touched);
"""
_NAME_CHARACTERS = 120
CLOSED = (
    "This conversation was held with other rights: for a purpose that has ended, or in another role. It opens "
    "again under the same ones."
)


class History(BaseDataLayer):
    """Threads, steps, elements and feedback. `path` is the database file (mode 0600)."""

    def __init__(self, path: Path, accounts: Accounts, *, now: Callable[[], str] = utc_now) -> None:
        self._accounts = accounts
        self._now = now
        self._lock = threading.Lock()
        self._connection = open_private(path)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _SCHEMA)
        self._note_rights_of_earlier_threads()

    async def get_user(self, identifier: str) -> PersistedUser | None:
        """The user as our own accounts know them; nobody else exists."""
        account = self._accounts.find(identifier)
        if account is None:
            return None
        metadata = {"role": account.role}
        return PersistedUser(id=account.name, identifier=account.name, createdAt="", metadata=metadata)

    async def create_user(self, user: User) -> PersistedUser | None:
        """Accounts are made elsewhere: only those that exist are found."""
        return await self.get_user(user.identifier)

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Keep a thumb and its reason for a step; the id of the feedback."""
        identity = feedback.id or str(uuid.uuid4())
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO feedback (id, step, value, comment) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (step) DO UPDATE SET value = excluded.value, comment = excluded.comment",
                (identity, feedback.forId, feedback.value, feedback.comment),
            )
            row = connection.execute("SELECT id FROM feedback WHERE step = ?", (feedback.forId,)).fetchone()
        return str(row[0])

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Take a thumb back."""
        with self._transaction() as connection:
            return connection.execute("DELETE FROM feedback WHERE id = ?", (feedback_id,)).rowcount > 0

    def answer_of(self, step: str) -> tuple[str, str] | None:
        """The (user, answer id) that feedback on a run or message is about; None when it is about no answer."""
        with self._transaction() as connection:
            rows = connection.execute(
                'SELECT t."user", s.body FROM steps s JOIN threads t ON t.id = s.thread '
                "WHERE s.id = ? OR s.parent = ? ORDER BY s.created DESC",
                (step, step),
            ).fetchall()
        answers = ((user, (json.loads(body).get("metadata") or {}).get("answer_id")) for user, body in rows)
        return next(((user, answer) for user, answer in answers if answer), None)

    async def create_element(self, element: Element) -> None:
        """Keep an element as the page was sent it; the props of an answer card hold its rows and charts."""
        body = dict(element.to_dict())
        if isinstance(element, CustomElement):
            body |= {"props": element.props, "chainlitKey": None, "url": None}
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO elements VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET thread = excluded.thread, body = excluded.body",
                (element.id, element.thread_id, json.dumps(body)),
            )

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """One element of a thread."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT body FROM elements WHERE id = ? AND thread = ?", (element_id, thread_id)
            ).fetchone()
        return cast(ElementDict, json.loads(row[0])) if row else None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Forget an element."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM elements WHERE id = ?", (element_id,))

    async def create_step(self, step_dict: StepDict) -> None:
        """Keep a step. Creating and updating are the same: whichever comes last wins."""
        thread = step_dict.get("threadId") or ""
        created = step_dict.get("createdAt") or self._now()
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO steps VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (step_dict["id"], thread, step_dict.get("parentId"), created, json.dumps(step_dict)),
            )
            connection.execute("UPDATE threads SET touched = ? WHERE id = ?", (self._now(), thread))

    async def update_step(self, step_dict: StepDict) -> None:
        """Keep a step as it is now."""
        await self.create_step(step_dict)

    async def delete_step(self, step_id: str) -> None:
        """Forget a step."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM steps WHERE id = ?", (step_id,))

    async def get_thread_author(self, thread_id: str) -> str:
        """Whose conversation it is; empty when there is none, or when its author's rights are other ones now."""
        with self._transaction() as connection:
            row = connection.execute('SELECT "user", rights FROM threads WHERE id = ?', (thread_id,)).fetchone()
        return str(row[0]) if row and row[0] and row[1] == self._rights(row[0]) else ""

    def is_open_to(self, thread_id: str, account: Account) -> bool:
        """Whether a message may go on in a conversation: a new one, or one held with exactly these rights."""
        with self._transaction() as connection:
            row = connection.execute('SELECT "user", rights FROM threads WHERE id = ?', (thread_id,)).fetchone()
        return row is None or row[0] is None or row == (account.name, account.principal.rights)

    async def delete_thread(self, thread_id: str) -> None:
        """Forget a conversation and all that belongs to it."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM feedback WHERE step IN (SELECT id FROM steps WHERE thread = ?)", (thread_id,)
            )
            for table, key in (("steps", "thread"), ("elements", "thread"), ("threads", "id")):
                connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (thread_id,))

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """A page of a user's conversations, the latest first. The cursor is the number already shown."""
        skip = int(pagination.cursor or 0)
        wanted = f"%{(filters.search or '').strip()}%"
        with self._transaction() as connection:
            rows = connection.execute(
                'SELECT id, "user", name, created, metadata FROM threads '
                "WHERE \"user\" = ? AND rights = ? AND LOWER(COALESCE(name, '')) LIKE LOWER(?) "
                "ORDER BY touched DESC, id LIMIT ? OFFSET ?",
                (filters.userId, self._rights(filters.userId), wanted, pagination.first + 1, skip),
            ).fetchall()
        page = PageInfo(len(rows) > pagination.first, str(skip), str(skip + pagination.first))
        return PaginatedResponse(pageInfo=page, data=[_thread(row) for row in rows[: pagination.first]])

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """A whole conversation with its steps, elements and thumbs."""
        with self._transaction() as connection:
            row = connection.execute(
                'SELECT id, "user", name, created, metadata FROM threads WHERE id = ?', (thread_id,)
            ).fetchone()
            steps = connection.execute(
                "SELECT s.body, f.id, f.value, f.comment FROM steps s LEFT JOIN feedback f ON f.step = s.id "
                "WHERE s.thread = ? ORDER BY s.created, s.rowid",
                (thread_id,),
            ).fetchall()
            elements = connection.execute("SELECT body FROM elements WHERE thread = ?", (thread_id,)).fetchall()
        if row is None:
            return None
        if not await self.get_thread_author(thread_id):
            return _closed(row)
        kept = [cast(ElementDict, json.loads(body)) for (body,) in elements]
        return _thread(row, [_step(*step) for step in steps], kept)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Make or change a conversation. What is not given stays as it was."""
        title = " ".join(name.split())[:_NAME_CHARACTERS] if name else None
        notes = json.dumps(metadata) if metadata is not None else None
        rights = self._rights(user_id)
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO threads VALUES (:id, :user, :name, :now, :now, COALESCE(:notes, '{}'), :rights) "
                'ON CONFLICT (id) DO UPDATE SET "user" = COALESCE(threads."user", :user), '
                "name = COALESCE(:name, threads.name), metadata = COALESCE(:notes, threads.metadata), "
                "rights = CASE threads.rights WHEN '' THEN :rights ELSE threads.rights END",
                {
                    "id": thread_id,
                    "user": user_id,
                    "name": title,
                    "now": self._now(),
                    "notes": notes,
                    "rights": rights,
                },
            )

    def place(self, thread_id: str, user: str, name: str, text: str, at: datetime) -> None:
        """Put a conversation with one message of ours into a user's list, once.

        It opens with the rights of their role and row filters, without any purpose.
        """
        account = self._accounts.find(user)
        if account is None:
            return
        when = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        rights = Principal(account.name, account.role, attributes=dict(account.attributes)).rights
        step = {
            **{"id": f"{thread_id}-1", "threadId": thread_id, "parentId": None, "createdAt": when},
            **{"name": "Assistant", "type": "assistant_message", "output": text, "input": "", "streaming": False},
        }
        with self._transaction() as connection:
            made = connection.execute(
                "INSERT INTO threads VALUES (?, ?, ?, ?, ?, '{}', ?) ON CONFLICT DO NOTHING",
                (thread_id, user, name[:_NAME_CHARACTERS], when, when, rights),
            ).rowcount
            if made:
                connection.execute(
                    "INSERT INTO steps VALUES (?, ?, NULL, ?, ?)", (step["id"], thread_id, when, json.dumps(step))
                )

    async def build_debug_url(self) -> str:
        """There is no outside place to debug in."""
        return ""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """Favourites are switched off."""
        return []

    async def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    def judge_of(self, feedback_id: str) -> str | None:
        """Whose conversation a thumb belongs to; None when there is no such thumb."""
        with self._transaction() as connection:
            row = connection.execute(
                'SELECT t."user" FROM feedback f JOIN steps s ON s.id = f.step JOIN threads t ON t.id = s.thread '
                "WHERE f.id = ?",
                (feedback_id,),
            ).fetchone()
        return row[0] if row else None

    def _rights(self, user: str | None) -> str:
        account = self._accounts.find(user) if user else None
        return account.principal.rights if account else ""

    def _note_rights_of_earlier_threads(self) -> None:
        """Files of an earlier version know no rights: their conversations were held with those of the role."""
        with self._transaction() as connection:
            if "rights" in columns_of(connection, "threads"):
                return
            connection.execute("ALTER TABLE threads ADD COLUMN rights TEXT NOT NULL DEFAULT ''")
            users = connection.execute('SELECT DISTINCT "user" FROM threads WHERE "user" IS NOT NULL').fetchall()
            for (user,) in users:
                connection.execute('UPDATE threads SET rights = ? WHERE "user" = ?', (self._rights(user), user))

    @contextmanager
    def _transaction(self) -> Iterator[StateConnection]:
        with self._lock, self._connection as connection:
            yield connection


def _closed(row: tuple[str, str | None, str | None, str, str]) -> ThreadDict:
    """A conversation whose author's rights are other ones now: whose it is, and why it stays shut."""
    identity, user, _, created, _ = row
    note = {"id": f"{identity}-closed", "threadId": identity, "name": "Assistant", "type": "assistant_message"}
    step = cast(StepDict, {**note, "createdAt": created, "output": CLOSED, "input": "", "streaming": False})
    return _thread((identity, user, None, created, "{}"), [step])


def _thread(
    row: tuple[str, str | None, str | None, str, str],
    steps: list[StepDict] | None = None,
    elements: list[ElementDict] | None = None,
) -> ThreadDict:
    identity, user, name, created, metadata = row
    return {
        "id": identity,
        "createdAt": created,
        "name": name,
        "userId": user,
        "userIdentifier": user,
        "tags": [],
        "metadata": json.loads(metadata),
        "steps": steps or [],
        "elements": elements or [],
    }


def _step(body: str, feedback: str | None, value: int | None, comment: str | None) -> StepDict:
    step: Mapping[str, Any] = json.loads(body)
    if feedback is not None:
        step = {**step, "feedback": {"id": feedback, "forId": step["id"], "value": value, "comment": comment}}
    return cast(StepDict, step)
