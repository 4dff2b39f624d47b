"""The pages of traces, for the ML engineer: the latest answers, one answer step by step, its export.

They show names, counts and durations. What people asked, and the statements, are not on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from agents.tracing.otlp import as_otlp
from agents.tracing.shape import depths
from ui.accounts import Account
from ui.forms import Forms
from ui.sessions import Sessions
from warehouse.errors import UsageError
from warehouse.principal import Role

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from agents.tracing.store import KeptTrace, TraceStore
    from agents.tracing.trace import Span

PAGE = "/traces"
READER: Role = "ml_engineer"
WIDTH = 420.0
_LEAST = 2.0
_SHOWN = 100


@dataclass(frozen=True)
class Line:
    """A step as it is drawn: `x` and `width` are pixels of a bar of `WIDTH`."""

    span: Span
    depth: int
    x: float
    width: float

    @property
    def told(self) -> str:
        """Its attributes in one line."""
        return ", ".join(f"{k} {v}" for k, v in self.span.attributes.items() if v not in ("", False))


class TracePages:
    """Routes of `/traces`, `/traces/ID` and `/traces/ID.json`; the last is OpenTelemetry without content."""

    def __init__(self, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self._forms = forms
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(PAGE, self.latest, methods=["GET"])
        self.router.add_api_route(f"{PAGE}/{{answer_id}}.json", self.export, methods=["GET"])
        self.router.add_api_route(f"{PAGE}/{{answer_id}}", self.show, methods=["GET"])

    def latest(self, request: Request) -> Response:
        """The latest answers, newest first."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={PAGE}", 303)
        if (store := self._store(account)) is None:
            return self._refused(request, account)
        traces = store.latest(_SHOWN)
        return self._forms.page(request, "traces.html", account=account, traces=traces, message="")

    def show(self, request: Request, answer_id: str) -> Response:
        """One answer's steps in their order, each with its time."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={PAGE}", 303)
        if (store := self._store(account)) is None:
            return self._refused(request, account)
        try:
            kept = store.find(answer_id[:64].lower())
        except UsageError as error:
            return self._forms.page(request, "trace.html", 404, account=account, trace=None, message=error.what)
        lines = lines_of(kept)
        return self._forms.page(
            request, "trace.html", account=account, trace=kept, lines=lines, width=WIDTH, message=""
        )

    def export(self, request: Request, answer_id: str) -> Response:
        """The trace as a collector takes it."""
        account = self._sessions.reader(request.cookies)
        store = self._store(account) if account else None
        if store is None:
            return JSONResponse({"detail": "Traces are for the ML engineer."}, 403 if account else 401)
        try:
            kept = store.find(answer_id[:64].lower())
        except UsageError as error:
            return JSONResponse({"detail": error.what}, 404)
        named = {"content-disposition": f'attachment; filename="trace-{kept.answer_id}.json"'}
        return JSONResponse(as_otlp(kept), headers=named)

    def _store(self, account: Account) -> TraceStore | None:
        return self._assistant.traces if account.role == READER else None

    def _refused(self, request: Request, account: Account) -> Response:
        message = "Traces are for the ML engineer."
        return self._forms.page(request, "traces.html", 403, account=account, traces=[], message=message)


def lines_of(kept: KeptTrace) -> list[Line]:
    """The steps of a trace as bars on one time axis."""
    per = WIDTH / kept.total_ms if kept.total_ms else 0.0
    return [
        Line(
            span,
            depth,
            round(min(span.start_ms * per, WIDTH - _LEAST), 2),
            round(min(max(span.duration_ms * per, _LEAST), WIDTH - min(span.start_ms * per, WIDTH - _LEAST)), 2),
        )
        for span, depth in zip(kept.spans, depths(kept.spans), strict=True)
    ]
