"""The trace of one answer: supervisor, agent, chat model calls, tools, the door's guard and statement.

A span's attributes are names, counts and codes, safe for whoever operates the product. What people or data said
(the question, a tool's arguments, a statement) is its `content`: kept apart, left out unless somebody asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from warehouse.errors import CommandCenterError, DeniedError

if TYPE_CHECKING:
    from tools.desk import Door
    from warehouse.door import QueryContext, QueryResult
    from warehouse.principal import Principal

SpanKind = Literal["answer", "supervisor", "agent", "chat_model", "tool", "query", "guard", "statement", "render"]
Plain = str | int | float | bool
SPANS_KEPT = 400
"""The most spans of one trace; what comes after is counted, not kept."""


@dataclass
class Span:
    """One step. `start_ms` counts from the trace's beginning; `parent` is -1 for the first one."""

    number: int
    parent: int
    kind: SpanKind
    name: str
    start_ms: float
    duration_ms: float = 0.0
    status: Literal["ok", "error"] = "ok"
    attributes: dict[str, Plain] = field(default_factory=dict)
    content: dict[str, str] = field(default_factory=dict)


class Trace:
    """Collects the spans of one question; a span opened inside another is its child. Safe for several threads.

    The first span is the answer itself; it begins with the trace and ends with `finish`.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._open: list[int] = []
        self.spans: list[Span] = [Span(0, -1, "answer", "answer", 0.0)]
        self.dropped = 0

    def finish(self, *, failed: bool = False) -> Span:
        """End the answer's own span and give it back."""
        root = self.spans[0]
        root.duration_ms = self._now()
        root.status = "error" if failed else "ok"
        return root

    @contextmanager
    def span(self, kind: SpanKind, name: str, **attributes: Plain) -> Iterator[Span]:
        """Time a step. What it raises marks the span and goes on; denials leave their code."""
        span = self._begin(kind, name, attributes)
        try:
            yield span
        except BaseException as error:
            span.status = "error"
            span.attributes["error"] = error.code if isinstance(error, DeniedError) else type(error).__name__
            if isinstance(error, CommandCenterError):
                span.content["error"] = error.what
            raise
        finally:
            self._end(span)

    def note(self, kind: SpanKind, name: str, start_ms: float, duration_ms: float, **attributes: Plain) -> Span:
        """Add a step that was timed elsewhere, as a child of the open one."""
        with self._lock:
            number = len(self.spans) + self.dropped
            span = Span(number, self._parent(), kind, name, start_ms, duration_ms, attributes=attributes)
            self._keep(span)
        return span

    def _begin(self, kind: SpanKind, name: str, attributes: dict[str, Plain]) -> Span:
        with self._lock:
            number = len(self.spans) + self.dropped
            span = Span(number, self._parent(), kind, name, self._now(), attributes=attributes)
            self._keep(span)
            self._open.append(span.number)
        return span

    def _end(self, span: Span) -> None:
        with self._lock:
            span.duration_ms = round(self._now() - span.start_ms, 3)
            if span.number in self._open:
                self._open.remove(span.number)

    def _keep(self, span: Span) -> None:
        if len(self.spans) < SPANS_KEPT:
            self.spans.append(span)
        else:
            self.dropped += 1

    def _parent(self) -> int:
        return self._open[-1] if self._open else 0

    def _now(self) -> float:
        return round((self._clock() - self._began) * 1000, 3)


class TracedDoor:
    """The door of one question: every statement leaves a span with what the guard and the database took."""

    def __init__(self, door: Door, trace: Trace) -> None:
        self._door = door
        self._trace = trace

    def __getattr__(self, name: str) -> Any:
        """Whatever else the door has, such as its policy."""
        return getattr(self._door, name)

    def query(
        self,
        sql: str,
        principal: Principal,
        *,
        params: dict[str, str | int | float | date] | None = None,
        context: QueryContext | None = None,
    ) -> QueryResult:
        """Rows, or DeniedError: the door's own answer."""
        with self._trace.span("query", "query") as span:
            span.content["sql"] = sql
            result = self._door.query(sql, principal, params=params, context=context)
            span.attributes.update(
                audit_id=result.audit_id, rows=len(result.rows), suppressed=len(result.suppressed),
                tables=", ".join(result.tables), truncated=result.truncated,
            )  # fmt: skip
            guard, ran = (result.timings_ms.get(step, 0.0) for step in ("guard", "query"))
            self._trace.note("guard", "guard", span.start_ms, guard, verdict="allow")
            self._trace.note("statement", "statement", round(span.start_ms + guard, 3), ran)
        return result
