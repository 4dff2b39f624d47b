"""The dashboard's addresses: one route a view, each as a page, as JSON and as CSV; and how a figure is computed.

Which form is meant: `?format=json` or `?format=csv&panel=leaks`, or the Accept header.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from tools.actions.proposals import FILE
from ui.accounts import Account
from ui.dashboard import overview
from ui.dashboard.access import Access, load_access
from ui.dashboard.deciding import Deciding
from ui.dashboard.explained import explained
from ui.dashboard.first_alone import FirstAlone
from ui.dashboard.panels import as_csv, document
from ui.dashboard.playback import References
from ui.dashboard.reading import Memory, Reading, opened
from ui.dashboard.rendering import Pages
from ui.dashboard.view import ROOT, Content, View
from ui.dashboard.views import VIEWS
from ui.dashboard.warming import behind, follow
from ui.forms import Forms, to_sign_in
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, DeniedError, MissingDataError, UsageError
from warehouse.principal import ROLES
from warehouse.state_file import changes_of
from warehouse.workers.remembered import Remembered

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from warehouse.snapshots import Snapshot

HOW = f"{ROOT}/how"
LIVE = "x-live"
KEPT_STATEMENTS, KEPT_VIEWS = 4000, 600
WARMING = "dashboard"  # who is said to have asked before anybody did
_OWN = frozenset(("format", "panel", "view", "row", "column"))


@dataclass(frozen=True)
class _Shown:
    """A filled view and the reading that filled it."""

    content: Content
    reading: Reading
    snapshot: Snapshot


class DashboardPages:
    """Routes below `/dashboard`, for whoever is signed in; what a role may not see is not there for it."""

    def __init__(self, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self._access: Access = load_access()
        self._statements: Memory = Remembered(KEPT_STATEMENTS)
        self._contents: Remembered[_Shown] = Remembered(KEPT_VIEWS)
        self._first = FirstAlone()
        self.opened = Event()  # set once the overview has been filled, or could not be
        self._references = References(forms)
        self._pages = Pages(forms, self._access, VIEWS)
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(HOW, self.how, methods=["GET"])
        deciding = Deciding(assistant, sessions, forms, self._access, self._pages, self._references, self._refused)
        self.router.include_router(deciding.router)
        for view in VIEWS:
            for path in (view.path, *view.also):
                self.router.add_api_route(ROOT + path, self._shower(view), methods=["GET"], name=view.name)
        self.router.add_api_route(ROOT + "/{nowhere:path}", self.nowhere, methods=["GET"])  # after all others

    def warm(self, over: Event | None = None) -> None:
        """Fill the overview for each kind of reader, then what lies behind it, so that nobody waits for that.

        Most readers share what a statement gives, so that one of them is enough behind the overview. Ends early
        when `over` is set or another snapshot is served.
        """
        snapshot = self._assistant.door.snapshot()
        first, *others = (Account(WARMING, role, 0.0) for role in ROLES)
        try:
            content = self._fill(overview.VIEW, first, snapshot, {}, {}).content
        finally:
            self.opened.set()
        further: list[tuple[View, Account, Mapping[str, str]]] = [(overview.VIEW, other, {}) for other in others]
        further += [(view, first, place) for view, place in behind(content)]
        for view, reader, place in further:
            if (over and over.is_set()) or self._assistant.door.snapshot().id != snapshot.id:
                return
            self._fill(view, reader, snapshot, place, {})

    def follow(self, over: Event) -> None:
        """Warm now and whenever another snapshot is served, until `over` is set."""
        follow(lambda: self.warm(over), lambda: self._assistant.door.snapshot().id, over)

    def _shower(self, view: View) -> Callable[[Request], Any]:
        async def show(request: Request) -> Response:
            return await run_in_threadpool(self._show, view, request)

        return show

    def nowhere(self, request: Request) -> Response:
        """The page for an address that no view has."""
        account = self._reader(request)
        return self._pages.missing(request, account) if account else _to_sign_in(request)

    def how(self, request: Request) -> Response:
        """How one figure is computed: `?view=overview&panel=leaks&row=0&column=calls` and the view's query."""
        account = self._reader(request)
        if account is None:
            return _to_sign_in(request)
        asked = dict(request.query_params)
        view = next((known for known in VIEWS if known.name == asked.get("view")), None)
        if view is None or not self._access.may_see(account, view.name):
            return self._pages.missing(request, account)
        place = {name: asked.pop(name) for name in _places(view) if name in asked}
        try:
            shown = self._filled(view, request, account, place)
            panel = shown.content.panels[asked.get("panel", "")]
            row = int(asked.get("row", ""))
            found = explained(panel, row, asked.get("column", ""), shown.reading.desk.semantic)
        except (LookupError, ValueError):
            return self._pages.missing(request, account)
        except CommandCenterError as error:
            return self._refused(request, account, error)
        if _form(request) == "json":
            return JSONResponse(_plain({**asdict(found), **_facts(shown)}))
        return self._pages.how(request, account, view, shown.reading, shown.snapshot, panel, found, place)

    def _show(self, view: View, request: Request) -> Response:
        account = self._reader(request)
        if account is None:
            return _to_sign_in(request)
        if not self._access.may_see(account, _tab_of(view, request.path_params) or view.name):
            return self._pages.missing(request, account)
        try:
            shown = self._filled(view, request, account, request.path_params)
        except LookupError:
            return self._pages.missing(request, account)
        except CommandCenterError as error:
            return self._refused(request, account, error)
        form = _form(request)
        if form == "json":
            return JSONResponse(_plain(_document(view, shown)))
        if form == "csv":
            return self._csv(request, account, view, shown)
        return self._pages.view(request, account, view, shown.reading, shown.snapshot, shown.content)

    def _csv(self, request: Request, account: Account, view: View, shown: _Shown) -> Response:
        panels = shown.content.panels
        panel = panels.get(request.query_params.get("panel") or next(iter(panels), ""))
        if panel is None:
            return self._pages.missing(request, account)
        headers = {"content-disposition": f'attachment; filename="{view.name}-{panel.key}.csv"'}
        return Response(as_csv(panel), media_type="text/csv; charset=utf-8", headers=headers)

    def _filled(self, view: View, request: Request, account: Account, place: Mapping[str, str]) -> _Shown:
        """The view for this reader, kept by snapshot, reader and address; noted in the audit trail either way."""
        snapshot = self._assistant.door.snapshot()
        params = {name: value for name, value in request.query_params.items() if name not in _OWN}
        key = (snapshot.id, self._reviewed(), account.name, account.principal.rights, account.is_admin, view.name,
               tuple(sorted(place.items())), tuple(sorted(params.items())))  # fmt: skip
        shown = self._contents.get(key) if view.kept else None
        if shown is None:
            shown = self._fill(view, account, snapshot, place, params)
            if view.kept:
                self._contents.put(key, shown)
        self._note(view, account, snapshot)
        return shown

    def _fill(
        self, view: View, account: Account, snapshot: Snapshot, place: Mapping[str, str], params: Mapping[str, str]
    ) -> _Shown:
        """Where many wait for the same, one asks first; what that cost the others need not pay again."""
        key = (snapshot.id, account.role, view.name, tuple(sorted(place.items())), tuple(sorted(params.items())))
        with self._first.of(key):
            reading = opened(self._assistant, account, self._statements, params, place, view, self._references)
            return _Shown(view.fill(reading), reading, snapshot)

    def _reviewed(self) -> tuple[int, ...]:
        """What changes with every decision on a proposal."""
        return changes_of(self._assistant.settings.state / FILE)

    def _note(self, view: View, account: Account, snapshot: Snapshot) -> None:
        """That somebody was shown a view; its statements are in the trail under their own records."""
        record = {"event": "viewed", "user": account.name, "role": account.role, "view": view.name}
        self._assistant.audit.append({**record, "snapshot": snapshot.id, "source": "dashboard"})

    def _reader(self, request: Request) -> Account | None:
        # What a page asks by itself keeps no session alive.
        return self._sessions.reader(request.cookies, active=LIVE not in request.headers)

    def _refused(self, request: Request, account: Account, error: CommandCenterError) -> Response:
        codes = {UsageError: 400, DeniedError: 403, MissingDataError: 503}
        code = next((code for kind, code in codes.items() if isinstance(error, kind)), 500)
        message = f"{error.what} {error.next_step}".strip()
        if _form(request) != "html":
            return JSONResponse({"detail": message}, code)
        return self._pages.problem(request, account, code, message)


def _document(view: View, shown: _Shown) -> dict[str, Any]:
    asked = shown.reading.asked
    return {
        "view": view.name,
        "title": shown.content.title,
        "period": {"name": asked.period, "start": asked.time.start, "end": asked.time.end},
        "filters": dict(asked.chosen),
        **_facts(shown),
        "panels": [document(panel) for panel in shown.content.panels.values()],
        "problems": list(shown.content.problems),
    }


def _facts(shown: _Shown) -> dict[str, Any]:
    return {"as_of": shown.reading.desk.as_of, "snapshot": shown.snapshot.id}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _form(request: Request) -> str:
    """html, json or csv: what the address says, else what the browser accepts."""
    asked = request.query_params.get("format", "")
    if asked in ("json", "csv", "html"):
        return asked
    accepted = request.headers.get("accept", "")
    if "text/html" in accepted:
        return "html"
    return "json" if "application/json" in accepted else "csv" if "text/csv" in accepted else "html"


def _places(view: View) -> list[str]:
    return [part[1:-1] for part in view.path.split("/") if part.startswith("{")]


def _tab_of(view: View, place: Mapping[str, str]) -> str:
    return f"{view.name}.{place['tab']}" if "tab" in place else ""


def _to_sign_in(request: Request) -> Response:
    if _form(request) != "html" or LIVE in request.headers:
        return PlainTextResponse("Sign in first.", 401)
    return to_sign_in(request)
