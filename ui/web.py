# mypy: allow-untyped-calls
"""The one web process: sign-in, the chat at /chat, and what they share. Chainlit is mounted, not run by itself."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from ui.accounts import Accounts, SignIn, open_accounts
from ui.assets import chainlit_files, plotly_files
from ui.chat_root import MOUNT_PATH, prepare, session_secret
from ui.client_address import Proxies
from ui.figures import template
from ui.forms import HOME, Forms, to_sign_in
from ui.people_routes import add_identity, add_people, header_identity, require_identity, who
from ui.ports import listening
from ui.rate_limit import Buckets
from ui.refusal import malformed, without_a_page
from warehouse.errors import MissingDataError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from semantic.company import Company
    from ui.operations.counters import Counters
    from ui.operations.running import Running
    from ui.sessions import Sessions

_GRACE_SECONDS = 5
_FIRST_VIEW_SECONDS = 20.0
_STATIC = Path(__file__).parent / "static"
_CHAT_APP = Path(__file__).parent / "chainlit_root" / "chat_app.py"


@dataclass(frozen=True)
class DataState:
    """What the header says about the data: the last complete day (ISO) and the snapshot's id."""

    as_of: str
    snapshot: str


def create_app(
    settings: Settings,
    assistant: Assistant,
    data_state: Callable[[], DataState] | None = None,
    warehouse: Path | None = None,
) -> FastAPI:
    """The whole web application. Only once a process: Chainlit keeps its own state in modules.

    `data_state` tells what data is being served now; without it the header shows no date. `warehouse` is the one
    whose snapshots are announced (default: that of the settings).
    """
    require_identity(settings)
    root = prepare(settings)
    accounts = open_accounts(settings)
    from ui.live import LiveRoutes
    from ui.operations.away import say_when_state_is_away
    from ui.operations.counters import Counters, Counting
    from ui.operations.routes import OperationsRoutes
    from ui.operations.running import Running
    from ui.sessions import Sessions

    server = settings.server
    sessions = Sessions(
        accounts, hours=server.session_hours, secure=server.https, idle_minutes=server.idle_minutes
    )
    app = FastAPI(lifespan=_lifespan(root, accounts), docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(404, without_a_page)
    app.state.accounts = accounts
    counters, running = Counters(), Running()
    app.state.running = running
    assistant.audit.heard = counters.heard
    served = warehouse or settings.warehouse
    routes = OperationsRoutes(settings, assistant.door, served, counters, running, time.monotonic)
    app.include_router(routes.router)
    live = LiveRoutes(served, sessions, stale_after_minutes=server.stale_after_minutes)
    app.state.watch = live.watch
    app.include_router(live.router)
    forms = Forms(session_secret(settings), secure=server.https)
    say_when_state_is_away(app, settings, forms)
    add_identity(app, settings, accounts, sessions, forms)
    add_people(app, settings, accounts, sessions, forms, lambda name: assistant.knowledge().values.values(name))
    _add_verified(app, assistant, sessions, forms)
    _add_traces(app, assistant, sessions, forms)
    _add_pages(app, sessions, accounts, data_state or (lambda: DataState("", "")))
    _add_briefing(app, settings, assistant, accounts, sessions, forms)
    _add_dashboard(app, assistant, sessions, forms)
    questions = Buckets(server.questions_per_minute)
    _add_api(app, settings, assistant, accounts, questions)
    _add_tickets(app, settings, accounts)
    _mount_chat(app, settings, assistant, accounts, sessions, questions, running, counters)
    _add_middleware(app, settings, sessions)
    app.add_middleware(Counting, counters=counters, running=running)
    return app


def serve(
    settings: Settings,
    warehouse: Path,
    host: str | None = None,
    port: int | None = None,
    *,
    one_each: bool = False,
    company: Company | None = None,
) -> None:
    """Open the assistant over `warehouse` or a `company`'s file and serve until stopped. Prints the address.

    The first start makes an administrator, and with `one_each` a user for each role, and prints their passwords
    this once. `port` 0 takes any free one. Raises UsageError (exit 2) when the port is taken.
    """
    import uvicorn

    listener = _listen(host or settings.server.host, settings.server.port if port is None else port)
    from agents.runtime import Assistant
    from ui.delivery.schedule import scheduled
    from ui.operations.stopping import PatientServer, stopped_by_sigterm
    from ui.tickets.rounds import TicketRounds
    from ui.tickets.working import ticketing
    from warehouse.logs import configure
    from warehouse.state_file import SERVING, shared

    configure(settings.state)
    with (
        stopped_by_sigterm(),
        shared(settings.var / SERVING),
        listener,
        closing(Assistant.open(settings, warehouse, company=company)) as assistant,
    ):
        assistant.warm()
        assistant.learning.keep_up()
        app = create_app(settings, assistant, lambda: _state_of(warehouse, company), warehouse)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe is decided by server.trusted_proxies
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        made = _first_sign_ins(settings, app.state.accounts, one_each=one_each)
        server = PatientServer(config, app.state.running, settings.server.shutdown_seconds)
        app.state.watch.stopping = lambda: server.should_exit
        # The daily scan and its briefing are of the member warehouse.
        daily = partial(_daily_work, settings, assistant)
        work = nullcontext() if company else scheduled(settings.scout, daily, assistant.make_briefing)
        rounds = TicketRounds(settings, lambda: datetime.now(UTC), app.state.accounts.note)
        with work, ticketing(rounds), nullcontext() if company else _warmed(app):
            _announce(settings.server.public_url or _address(listener), made)
            server.run(sockets=[listener])


@contextmanager
def _warmed(app: FastAPI) -> Iterator[None]:
    """Within this the dashboard's first pages are filled beforehand, again after each new snapshot.

    The very first one is waited for: who opens the address as soon as it is told finds the overview there.
    """
    over = threading.Event()
    thread = threading.Thread(target=app.state.dashboard.follow, args=(over,), name="dashboard", daemon=True)
    thread.start()
    try:
        app.state.dashboard.opened.wait(_FIRST_VIEW_SECONDS)
        yield
    finally:
        over.set()
        # A thread inside the parser when the interpreter goes would abort the process.
        thread.join(_GRACE_SECONDS)


def _daily_work(settings: Settings, assistant: Assistant) -> None:
    from ui.delivery.day import make_day

    with closing(open_accounts(settings)) as accounts:
        make_day(assistant, accounts, session_secret(settings), lambda: datetime.now(UTC))


def _add_pages(app: FastAPI, sessions: Sessions, accounts: Accounts, data_state: Callable[[], DataState]) -> None:
    @app.get("/")
    def home(request: Request) -> Response:
        return RedirectResponse(HOME if sessions.reader(request.cookies) else "/login", 303)

    @app.get("/session")
    def session(request: Request) -> Response:
        account = sessions.reader(request.cookies, active=False)
        if account is None:
            return JSONResponse({"detail": "Sign in first"}, 401)
        return JSONResponse({**who(account, accounts.clock()), **_what(data_state())})

    @app.get("/themes.json")
    def themes() -> dict[str, Any]:
        return {"light": template("light"), "dark": template("dark")}

    plotly, chainlit = plotly_files(), chainlit_files()

    @app.get("/static/plotly.min.js")
    def plotly_script(request: Request) -> Response:
        return plotly.response("plotly.min.js", request)

    @app.get(f"{MOUNT_PATH}/assets/{{name}}")
    def chat_asset(request: Request, name: str) -> Response:
        return chainlit.response(name, request)

    app.mount("/static", StaticFiles(directory=_STATIC))


def _add_briefing(
    app: FastAPI, settings: Settings, assistant: Assistant, accounts: Accounts, sessions: Sessions, forms: Forms
) -> None:
    """The daily briefing's pages, the views behind its items, and the links that unsubscribe."""
    from agents.briefing.causes import cause_of
    from ui.delivery.pages import BriefingPages
    from ui.delivery.unsubscribe_pages import UnsubscribePages
    from ui.delivery.view_pages import ViewPages

    app.include_router(BriefingPages(settings, assistant, accounts, sessions, forms, cause_of).router)
    app.include_router(ViewPages(assistant, sessions, forms).router)
    app.include_router(UnsubscribePages(settings, accounts, forms, session_secret(settings)).router)


def _add_dashboard(app: FastAPI, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
    from ui.dashboard.pages import DashboardPages

    pages = DashboardPages(assistant, sessions, forms)
    app.state.dashboard = pages
    app.include_router(pages.router)


def _add_verified(app: FastAPI, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
    from ui.verified_pages import VerifiedPages

    app.include_router(VerifiedPages(assistant, sessions, forms).router)


def _add_traces(app: FastAPI, assistant: Assistant, sessions: Sessions, forms: Forms) -> None:
    from ui.trace_pages import TracePages

    app.include_router(TracePages(assistant, sessions, forms).router)


def _add_api(
    app: FastAPI, settings: Settings, assistant: Assistant, accounts: Accounts, questions: Buckets
) -> None:
    """The API for programs, an application of its own below ours."""
    from ui.api.app import ROOT, api_app
    from ui.failures import unexpected
    from ui.programs.bearer import Bearer
    from ui.programs.surface import Surface
    from ui.programs.tokens import Tokens

    surface = Surface(assistant, questions, accounts.note, session_secret(settings), source="api", writes=True)
    server = settings.server
    bearer = Bearer(Tokens(accounts), Proxies(server.trusted_proxies), server.requests_per_minute)
    app.mount(ROOT, api_app(surface, bearer, lambda error: unexpected(error, settings)))


def _add_tickets(app: FastAPI, settings: Settings, accounts: Accounts) -> None:
    """Where trackers say what became of a ticket; nothing while no ticket is sent."""
    if settings.tickets.configured:
        from ui.tickets.callback import TicketCallback

        app.include_router(TicketCallback(settings, lambda: datetime.now(UTC), accounts.note).router)


def _mount_chat(
    app: FastAPI,
    settings: Settings,
    assistant: Assistant,
    accounts: Accounts,
    sessions: Sessions,
    questions: Buckets,
    running: Running,
    counters: Counters,
) -> None:
    """The chat page is served by us, cleaned of outside links; everything under it by Chainlit behind our gate."""
    from chainlit.server import app as chainlit_app
    from chainlit.server import get_html_template
    from chainlit.utils import mount_chainlit

    from agents.briefing.causes import cause_of
    from ui.chat import Chat
    from ui.decisions import DecisionRoutes
    from ui.delivery.waiting import Waiting
    from ui.feedback import FeedbackRoutes
    from ui.history import History
    from ui.security import ChatGate, content_security_policy, without_outside_links

    history = History(settings.state / "history.db", accounts)
    Chat(assistant, accounts, sessions, history, questions, running, counters).register()
    app.include_router(FeedbackRoutes(assistant, sessions, history).router)
    app.include_router(DecisionRoutes(assistant, sessions).router)
    waiting = Waiting(settings, assistant, history, cause_of, lambda: datetime.now(UTC))
    page = without_outside_links(get_html_template(MOUNT_PATH))
    headers = {"content-security-policy": content_security_policy(page), "cache-control": "no-store"}

    def chat_page(request: Request) -> Response:
        account = sessions.reader(request.cookies)
        if account is None:
            return to_sign_in(request)
        waiting.opened(account)
        return HTMLResponse(page, headers=headers)

    for path in ("", "/", "/thread/{thread}", "/element/{name}"):
        app.add_api_route(MOUNT_PATH + path, chat_page, methods=["GET"])
    chainlit_app.add_middleware(ChatGate, sessions=sessions)
    mount_chainlit(app, str(_CHAT_APP), path=MOUNT_PATH)


def _add_middleware(app: FastAPI, settings: Settings, sessions: Sessions) -> None:
    """From the inside out: the last one added sees a request first."""
    from ui.outside_identity import HeaderBinding
    from ui.rate_limit import RateLimit
    from ui.security import SameOrigin, SecurityHeaders

    server = settings.server
    app.add_middleware(GZipMiddleware, minimum_size=2048)
    app.add_middleware(SameOrigin, public_url=server.public_url)
    if settings.identity.kind == "header":
        app.add_middleware(HeaderBinding, identity=header_identity(settings), sessions=sessions)
    buckets = Buckets(server.requests_per_minute)
    app.add_middleware(RateLimit, buckets=buckets, sessions=sessions, proxies=Proxies(server.trusted_proxies))
    app.add_middleware(SecurityHeaders, https=server.https)


def _lifespan(root: Path, accounts: Accounts) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Chainlit's own start and stop hooks do not run when it is mounted: this is where they belong.
        yield
        from chainlit.data import get_data_layer

        if history := get_data_layer():
            await history.close()
        accounts.close()
        shutil.rmtree(root / ".files", ignore_errors=True)

    return lifespan


def _what(data: DataState) -> dict[str, str]:
    return {"asOf": data.as_of, "snapshot": data.snapshot}


def _state_of(warehouse: Path, company: Company | None = None) -> DataState:
    from warehouse.snapshots import current

    if company:
        return DataState(company.snapshot.as_of.isoformat(), company.snapshot.id)
    try:
        snapshot = current(warehouse)
    except MissingDataError:
        return DataState("", "")
    return DataState(str(snapshot.manifest["as_of"]), snapshot.id)


def _listen(host: str, port: int) -> socket.socket:
    return listening(host, port, "--port or server.port")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _first_sign_ins(settings: Settings, accounts: Accounts, *, one_each: bool) -> tuple[SignIn, ...]:
    """Those of a first start. Earlier versions kept them in a file, which nobody needs any more."""
    (settings.state / "sign-ins.txt").unlink(missing_ok=True)
    return accounts.create_first(one_each=one_each) if settings.identity.kind == "password" else ()


def _announce(address: str, sign_ins: tuple[SignIn, ...]) -> None:
    from rich.console import Console

    from ui.sign_in_table import print_sign_ins

    console = Console()
    console.print(f"Command center: {address}", style="bold", highlight=False)
    if sign_ins:
        print_sign_ins(sign_ins, console)
        console.print("Shown this once and kept nowhere. A lost one: command-center users reset-password NAME")
    console.print("Ctrl+C stops it.", style="dim")
