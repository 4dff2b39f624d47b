"""The view behind an item: one governed metric of one segment by day, as its reader may see it.

Its address says everything (`/view?metric=leaked_calls&from=2026-10-12&to=2026-10-29&plan_type=MAPD`); the same
with `/view.csv` gives the days as CSV.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from markupsafe import Markup

from agents.briefing.chart import svg
from agents.briefing.course import Course, CourseDay
from agents.briefing.item_text import VIEW
from agents.briefing.page import rows_of, style
from agents.wording import written
from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.metrics import governed_table
from tools.outcome import Mendable, Refusal, Table
from ui.csv_text import csv_text
from ui.forms import Forms, to_sign_in
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, UsageError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from tools.desk import Desk
    from ui.accounts import Account

LEAST_DAYS, MOST_DAYS = 56, 400
_OWN = ("metric", "from", "to")


class ViewPages:
    """Routes of `/view` and `/view.csv`."""

    def __init__(self, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self._forms = forms
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(VIEW, self.show, methods=["GET"])
        self.router.add_api_route(f"{VIEW}.csv", self.csv, methods=["GET"])

    def show(self, request: Request) -> Response:
        """The page: the figure of the days asked for, their course, the same as a table, and the statement."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return to_sign_in(request)
        try:
            query = query_of(request.query_params, self._desk(account))
            whole, course = self._tables(query, account)
        except CommandCenterError as error:
            shown = {
                "account": account,
                "message": f"{error.what} {error.next_step}".strip(),
                "style": Markup(style()),
            }
            return self._forms.page(request, "view.html", 400, title="This view cannot be shown", **shown)
        return self._forms.page(request, "view.html", account=account, message="", style=Markup(style()),
                                csv=f"{VIEW}.csv?{request.url.query}", **_drawn(query, whole, course))  # fmt: skip

    def csv(self, request: Request) -> Response:
        """The days as CSV."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return PlainTextResponse("Sign in first.", 401)
        try:
            query = query_of(request.query_params, self._desk(account))
            _, course = self._tables(query, account)
        except CommandCenterError as error:
            return PlainTextResponse(f"{error.what} {error.next_step}".strip(), 400)
        text = csv_text([column.name for column in course.columns], course.rows)
        headers = {"content-disposition": f'attachment; filename="{query.metrics[0]}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    def _tables(self, query: SemanticQuery, account: Account) -> tuple[Table, Table]:
        desk = self._desk(account)
        assert query.time is not None
        days = min(max((query.time.end - query.time.start).days + 1, LEAST_DAYS), MOST_DAYS)
        first = max(query.time.end - timedelta(days=days - 1), desk.first_day)
        span = TimeRange(start=min(first, query.time.start), end=query.time.end)
        by_day = query.model_copy(update={"time": span, "time_grain": "day"})
        return _asked(query, desk), _asked(by_day, desk)

    def _desk(self, account: Account) -> Desk:
        reader = Principal(account.name, account.role, attributes=dict(account.attributes))
        knowledge, door = self._assistant.knowledge(reader), self._assistant.door
        audit_id = f"view-{uuid.uuid4().hex[:16]}"
        return knowledge.context("View", reader, door, lambda _: None, audit_id, "dashboard").desk


def query_of(asked: Mapping[str, str], desk: Desk) -> SemanticQuery:
    """The governed question of an address. Raises UsageError that says what of it is not known."""
    metric = asked.get("metric", "")
    if metric not in desk.semantic.metrics:
        raise UsageError(f"There is no metric {metric[:60]!r}.", where="metric")
    try:
        period = TimeRange(start=date.fromisoformat(asked["from"]), end=date.fromisoformat(asked["to"]))
    except (KeyError, ValueError) as error:
        raise UsageError(
            "The view needs two days, from and to, written as 2026-10-29.", where="from, to"
        ) from error
    filters = []
    for name, value in sorted(asked.items()):
        if name in _OWN:
            continue
        if name not in desk.semantic.dimensions or value not in desk.values.values(name):
            raise UsageError(f"There is no {name[:40]} {value[:60]!r}.", where="filters")
        filters.append(DimensionFilter(dimension=name, values=(value,)))
    return SemanticQuery(metrics=(metric,), filters=tuple(filters), time=period)


def _asked(query: SemanticQuery, desk: Desk) -> Table:
    try:
        found = governed_table(query, desk)
    except Mendable as error:
        raise UsageError(error.reason, next_step=error.hint) from error
    if isinstance(found, Refusal):
        raise UsageError(found.reason)
    return found


def _drawn(query: SemanticQuery, whole: Table, by_day: Table) -> dict[str, Any]:
    column = whole.columns[whole.column(query.metrics[0])]
    course = _course(query, by_day, column.label, column.unit)
    value = whole.cell(0, query.metrics[0]) if whole.rows else None
    shown = written(value, column.unit) if isinstance(value, int | float) else "not shown"
    few = (
        f"Figures of fewer than {whole.small_cell} members are not shown."
        if course.hidden and whole.small_cell
        else ""
    )
    return {
        "title": whole.interpretation,
        "value": shown,
        "chart": Markup(svg(course, f"{column.label} by day. The same figures are in the table below.")),
        "rows": [(day, observed) for day, observed, _, _ in rows_of(course)],
        "few": few,
        "sql": whole.sql,
    }


def _course(query: SemanticQuery, by_day: Table, label: str, unit: str) -> Course:
    metric = by_day.column(query.metrics[0])
    found = {date.fromisoformat(str(row[0])[:10]): row[metric] for row in by_day.rows}
    span = by_day.query.time if by_day.query else None
    assert span is not None
    assert query.time is not None
    days = []
    for n in range((span.end - span.start).days + 1):
        day = span.start + timedelta(days=n)
        value = found.get(day)
        days.append(CourseDay(day, float(value) if isinstance(value, int | float) else None, None, None, None))
    return Course(label, unit, query.time.start, tuple(days))
