"""Traces by answer id. What people or data said is kept beside the trace, and not at all of personal answers."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.tracing.trace import Span, Trace
from warehouse.errors import UsageError
from warehouse.state_file import open_state

TRACES = "traces.db"
TRACES_KEPT = 20_000
_SWEEP_EVERY = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS traces (
    number INTEGER PRIMARY KEY AUTOINCREMENT, answer_id TEXT NOT NULL UNIQUE, at TEXT NOT NULL,
    header TEXT NOT NULL, spans TEXT NOT NULL, content TEXT NOT NULL, dropped INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Header:
    """What an answer was, in names and counts: nothing that anybody said."""

    status: str
    agent: str = ""
    trust: str = "none"
    refusal_code: str = ""
    role: str = ""
    source: str = ""
    snapshot: str = ""
    chat_model: str = ""
    rows: int = 0


@dataclass(frozen=True)
class KeptTrace:
    """A stored trace: `at` is when the answer was kept (ISO, UTC). Spans have content only if it was asked for."""

    answer_id: str
    at: str
    header: Header
    spans: tuple[Span, ...]
    dropped: int = 0

    @property
    def total_ms(self) -> float:
        """Milliseconds from the first step's beginning to the last one's end."""
        return round(max((span.start_ms + span.duration_ms for span in self.spans), default=0.0), 3)


class TraceStore:
    """One store of operational state; safe for several threads and processes. Keeps the latest `TRACES_KEPT`."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)

    def keep(self, answer_id: str, header: Header, trace: Trace, at: datetime, *, personal: bool) -> None:
        """Store a trace under its answer's id; of a `personal` answer without any content."""
        spans = [{k: v for k, v in asdict(span).items() if k != "content"} for span in trace.spans]
        content = {} if personal else {span.number: span.content for span in trace.spans if span.content}
        row = (answer_id, at.isoformat(), *map(json.dumps, (asdict(header), spans, content)), trace.dropped)
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM traces WHERE answer_id = ?", (answer_id,))
            self._connection.execute(
                "INSERT INTO traces (answer_id, at, header, spans, content, dropped) VALUES (?,?,?,?,?,?)", row
            )
            (newest,) = self._connection.execute("SELECT MAX(number) FROM traces").fetchone()
            if newest % _SWEEP_EVERY == 0:
                self._connection.execute("DELETE FROM traces WHERE number <= ?", (newest - TRACES_KEPT,))

    def find(self, name: str, *, content: bool = False) -> KeptTrace:
        """A trace by its answer's id or how that begins. Raises UsageError when none or several fit."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT answer_id, at, header, spans, content, dropped FROM traces "
                "WHERE substr(answer_id, 1, ?) = ? LIMIT 2",
                (len(name), name),
            ).fetchall()
        if len(rows) != 1 or not name:
            what = "Several traces begin" if rows and name else "No trace begins"
            raise UsageError(f"{what} with {name[:40]!r}.", where="trace", next_step="Give an answer's whole id.")
        return _kept(rows[0], content=content)

    def latest(self, count: int = 50) -> list[KeptTrace]:
        """The newest traces, without content."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT answer_id, at, header, spans, content, dropped FROM traces ORDER BY number DESC LIMIT ?",
                (count,),
            ).fetchall()
        return [_kept(row, content=False) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _kept(row: tuple[Any, ...], *, content: bool) -> KeptTrace:
    answer_id, at, header, spans, said, dropped = row
    by_span = {int(number): texts for number, texts in json.loads(said).items()} if content else {}
    listed = tuple(Span(**span, content=by_span.get(span["number"], {})) for span in json.loads(spans))
    return KeptTrace(answer_id, at, Header(**json.loads(header)), listed, dropped)
