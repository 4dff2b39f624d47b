"""Words that nobody understood, and what their askers then chose: suggestions for the review list.

A refusal or a question back names the words it stumbles over. They are counted, and when the same person goes on
in the same conversation with one of the questions that were offered, the words and what that question has in their
place become a suggested synonym. Questions are not kept. Words that could be somebody's name are kept as a keyed
hash until a second person has used them, or until they turn out to be a form of what was chosen; a question about
personal data leaves nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rapidfuzz import fuzz

from agents.planner.spelling import names_in
from agents.planner.words import english
from agents.reviews import REVIEWS, ReviewStore
from semantic.query import SemanticQuery
from warehouse.logs import LOGGER_NAME
from warehouse.principal import Principal
from warehouse.state_file import is_kept, open_state

if TYPE_CHECKING:
    from agents.answer import Answer
    from agents.context import Context

Thing = TypeVar("Thing")
SYNONYM = "synonym"
UNANSWERED = "unanswered.db"
ASKERS = Principal("questions", "analyst")
"""Who proposes: everybody who asks, nobody in particular."""
_CODES = ("no_metric", "no_dimension", "no_value", "")
_QUOTED = re.compile(r"'([^']{2,60})'")
_PLAIN = re.compile(r"[a-z]+(?:[ -][a-z]+){0,3}")
_LENGTHS = range(3, 41)
_USERS_NEEDED = 2
_A_FORM = 85
"""Of 100: letters in common of words and of what they are a form of."""
_PENDING = 2000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS key (secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pending (
    thread TEXT PRIMARY KEY, at TEXT NOT NULL, words TEXT NOT NULL, offered TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heard (words TEXT NOT NULL, "user" TEXT NOT NULL, PRIMARY KEY (words, "user"));
"""


@dataclass(frozen=True)
class Meant:
    """What words may stand for: a metric, a dimension, or a value of one."""

    kind: str
    name: str
    value: str = ""

    @property
    def spelled(self) -> str:
        """`metric:leakage_rate`, `value:plan_type=MAPD`."""
        return f"{self.kind}:{self.name}" + (f"={self.value}" if self.value else "")


class Unanswered:
    """One store of operational state beside the review list; safe for several threads and processes."""

    def __init__(self, file: Path, reviews: ReviewStore) -> None:
        self._reviews = reviews
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)
        self._key = self._secret()

    def observe(self, answer: Answer, principal: Principal, context: Context, at: datetime) -> None:
        """Learn from one answer: words that were not understood, or a choice that says what some meant."""
        thread = self._digest(f"{principal.user}\x00{principal.role}\x00{answer.thread}")
        if answer.status == "answered":
            self._chosen(thread, answer.question, at)
            return
        words = _words(answer, context)
        if not words:
            return
        offered = {question: meant.spelled for question, meant in _offered(answer, context)}
        readable = self._may_be_read(words, answer, principal)
        if readable:
            self._reviews.propose(SYNONYM, words, {"words": words, "meant": ""}, ASKERS, at)
        alike = {question: meant for question, meant in offered.items() if readable or _resembles(words, question)}
        if alike:
            self._remember(thread, words, alike, at)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _chosen(self, thread: str, question: str, at: datetime) -> None:
        with self._lock, self._connection:
            row = self._connection.execute(
                "SELECT words, offered FROM pending WHERE thread = ?", (thread,)
            ).fetchone()
            self._connection.execute("DELETE FROM pending WHERE thread = ?", (thread,))
        if row is None or not (meant := json.loads(row[1]).get(question)):
            return
        payload = {"words": row[0], "meant": meant}
        self._reviews.propose(SYNONYM, f"{row[0]} = {meant}", payload, ASKERS, at)

    def _remember(self, thread: str, words: str, offered: dict[str, str], at: datetime) -> None:
        moment = at.isoformat(timespec="seconds")
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT INTO pending (thread, at, words, offered) VALUES (?, ?, ?, ?) ON CONFLICT (thread) "
                "DO UPDATE SET at = excluded.at, words = excluded.words, offered = excluded.offered",
                (thread, moment, words, json.dumps(offered)),
            )
            self._connection.execute(
                "DELETE FROM pending WHERE thread NOT IN (SELECT thread FROM pending ORDER BY at DESC LIMIT ?)",
                (_PENDING,),
            )

    def _may_be_read(self, words: str, answer: Answer, principal: Principal) -> bool:
        """English words are nobody's name; others wait for a second person who uses them."""
        if not might_name_somebody(words, answer.question):
            return True
        hashed, user = self._digest(f"words {words}"), self._digest(f"user {principal.user}")
        with self._lock, self._connection:
            self._connection.execute(
                'INSERT INTO heard (words, "user") VALUES (?, ?) ON CONFLICT DO NOTHING', (hashed, user)
            )
            counted = self._connection.execute("SELECT COUNT(*) FROM heard WHERE words = ?", (hashed,)).fetchone()
        return bool(counted[0] >= _USERS_NEEDED)

    def _digest(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=12).hexdigest()

    def _secret(self) -> bytes:
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            row = self._connection.execute("SELECT secret FROM key").fetchone()
            if row is None:
                row = (secrets.token_bytes(32),)
                self._connection.execute("INSERT INTO key (secret) VALUES (?)", row)
        return bytes(row[0])


class Listener:
    """Observes answers; its files are opened with the first one that has something to learn from."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._opened: tuple[ReviewStore, Unanswered] | None = None

    def observe(self, answer: Answer, principal: Principal, context: Context, at: datetime) -> None:
        """Learn from one answer. Whatever goes wrong is logged: an answer does not fail for it."""
        file = self._state / UNANSWERED
        try:
            if answer.status in ("refused", "clarify") or (answer.status == "answered" and is_kept(file)):
                self._open(file).observe(answer, principal, context, at)
        except (OSError, sqlite3.Error) as error:
            logging.getLogger(LOGGER_NAME).warning("not_listened", extra={"error": type(error).__name__})

    def _open(self, file: Path) -> Unanswered:
        with self._lock:
            if self._opened is None:
                reviews = ReviewStore(self._state / REVIEWS)
                self._opened = reviews, Unanswered(file, reviews)
            return self._opened[1]

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            for store in self._opened or ():
                store.close()
            self._opened = None


def might_name_somebody(words: str, question: str) -> bool:
    """Whether words are no English ones, or stand capitalised in the question."""
    parts = re.split(r"[ -]", words)
    return not set(parts) <= english() or bool(set(parts) & names_in(question))


def _resembles(words: str, question: str) -> bool:
    """Whether words are a form of what a question says (`carolina`, North Carolina), and so nobody's name."""
    return fuzz.partial_ratio(words, question.lower()) >= _A_FORM


def _words(answer: Answer, context: Context) -> str:
    """The words that an answer names as not understood; nothing when it is about something else."""
    if answer.status not in ("refused", "clarify") or answer.refusal_code not in _CODES:
        return ""
    said = answer.text
    if context.free_model:
        plan = context.planner.plan(answer.question, as_of=context.desk.as_of, first_day=context.desk.first_day)
        if plan.refusal not in _CODES:
            return ""
        said = plan.message
    words = " ".join(_QUOTED.findall(said)).lower()
    return words if _PLAIN.fullmatch(words) and len(words) in _LENGTHS else ""


def _offered(answer: Answer, context: Context) -> Iterator[tuple[str, Meant]]:
    """The offered questions, each with what it has that the others, or the question itself, have not."""
    questions = [choice.question for choice in answer.choices] or list(answer.follow_ups)
    plans = {
        question: context.planner.plan(question, as_of=context.desk.as_of, first_day=context.desk.first_day).query
        for question in questions
    }
    queries = {question: query for question, query in plans.items() if query is not None}
    for question, query in queries.items():
        others = [other for name, other in queries.items() if name != question]
        meant = _only_in(query, others, answer.refusal_code)
        if meant:
            yield question, meant


def _only_in(query: SemanticQuery, others: Sequence[SemanticQuery], code: str) -> Meant | None:
    """The one thing in which a query differs from all others; for a missing metric its metric."""
    if code == "no_metric":
        return Meant("metric", query.metrics[0]) if len(query.metrics) == 1 else None
    if not others:
        return None
    found = [
        *(Meant("metric", name) for name in _new(query.metrics, (q.metrics for q in others))),
        *(Meant("dimension", name) for name in _new(query.dimensions, (q.dimensions for q in others))),
        *(
            Meant("value", item.dimension, item.values[0])
            for item in _new(query.filters, (q.filters for q in others))
            if item.op == "in" and len(item.values) == 1
        ),
    ]
    return found[0] if len(found) == 1 else None


def _new(own: Sequence[Thing], others: Iterable[Sequence[Thing]]) -> list[Thing]:
    known = {entry for other in others for entry in other}
    return [entry for entry in own if entry not in known]
