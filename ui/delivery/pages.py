"""The briefing in the browser: its page by day, the same as files, and what its reader follows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from markupsafe import Markup

from agents.briefing.daily import STORE
from agents.briefing.document import Briefing
from agents.briefing.markdown import markdown
from agents.briefing.page import body, page, style
from agents.briefing.pdf import pdf, pdf_is_there
from agents.briefing.reading import briefing_for
from agents.briefing.store import BriefingStore
from tools.periods import day_in_words
from ui.accounts import Account, Accounts
from ui.delivery.parcels import PAGE, site_of
from ui.delivery.rounds import SUBSCRIPTIONS
from ui.delivery.subscriptions import UNTIL_RESUMED, Subscription, Subscriptions
from ui.forms import EXPIRED, Field, Forms, to_sign_in
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, MissingDataError, UsageError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.briefing.composing import CauseOf
    from agents.runtime import Assistant

DAYS_SHOWN = 14
_SUBSCRIPTIONS = f"{PAGE}/subscriptions"
_FORMS: dict[str, tuple[str, Callable[[Briefing, str], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", lambda b, site: markdown(b, site=site).encode()),
    "html": ("text/html; charset=utf-8", lambda b, site: page(b, site=site).encode()),
    "pdf": ("application/pdf", lambda b, site: pdf(b, site=site)),
    "json": ("application/json", lambda b, site: b.model_dump_json().encode()),
}


class BriefingPages:
    """Routes of `/briefing`, for whoever is signed in; everybody sees their own sight of it."""

    def __init__(
        self,
        settings: Settings,
        assistant: Assistant,
        accounts: Accounts,
        sessions: Sessions,
        forms: Forms,
        cause_of: CauseOf,
    ) -> None:
        self._settings = settings
        self._assistant = assistant
        self._accounts = accounts
        self._sessions = sessions
        self._forms = forms
        self._cause_of = cause_of
        self.router = APIRouter(include_in_schema=False)
        add = self.router.add_api_route
        add(PAGE, self.latest, methods=["GET"])
        add(f"{PAGE}.{{ending}}", self.latest_file, methods=["GET"])
        add(_SUBSCRIPTIONS, self.change, methods=["POST"])
        add(f"{PAGE}/{{day}}", self.of_day, methods=["GET"])

    def latest(self, request: Request) -> Response:
        """The latest briefing."""
        return self._show(request, None)

    def latest_file(self, request: Request, ending: str) -> Response:
        """The latest briefing as a file."""
        return self._file(request, None, ending)

    def of_day(self, request: Request, day: str) -> Response:
        """A day's briefing, `2026-10-29`, or its file, `2026-10-29.pdf`."""
        text, _, ending = day.partition(".")
        try:
            wanted = date.fromisoformat(text)
        except ValueError:
            return _nothing_there()
        return self._file(request, wanted, ending) if ending else self._show(request, wanted)

    def change(
        self, request: Request, subscription: Field = "", action: Field = "", token: Field = ""
    ) -> Response:
        """Pause, resume or end a subscription of one's own."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={PAGE}", 303)
        if not self._forms.is_ours(request, token):
            return PlainTextResponse(EXPIRED, 403)
        with closing(self._followers()) as followers:
            mine = [known for known in followers.all(account.name) if known.id == subscription]
            if not mine:
                return _nothing_there()
            self._change(followers, mine[0], action, account)
        return RedirectResponse(PAGE, 303)

    def _change(self, followers: Subscriptions, mine: Subscription, action: str, account: Account) -> None:
        if action == "pause":
            followers.pause(mine.id, UNTIL_RESUMED)
        elif action == "resume":
            followers.pause(mine.id, "")
        elif action == "unsubscribe":
            followers.end(mine.id, _today())
        else:
            return
        event = {"pause": "paused", "resume": "resumed", "unsubscribe": "unsubscribed"}[action]
        self._accounts.note(f"briefing_{event}", account.name, channel=mine.channel)

    def _show(self, request: Request, day: date | None) -> Response:
        account = self._sessions.reader(request.cookies)
        if account is None:
            return to_sign_in(request)
        try:
            found = self._briefing(account, day)
        except MissingDataError as error:
            return self._page(request, account, day, None, error.what, 410)
        if found is None:
            return self._page(request, account, day, None, "", 404 if day else 200)
        return self._page(request, account, found.day, found, "", 200)

    def _page(
        self, request: Request, account: Account, day: date | None, found: Briefing | None, message: str, code: int
    ) -> Response:
        with closing(self._store()) as store, closing(self._followers()) as followers:
            days = [each for each, _ in store.days()[:DAYS_SHOWN]]
            mine = followers.all(account.name)
        today = _today()
        shown = {
            "account": account,
            "day": day,
            "days": [(each.isoformat(), day_in_words(each)) for each in days],
            "body": body(found) if found else None,
            "style": Markup(style()),
            "message": message,
            "endings": [ending for ending in _FORMS if ending != "pdf" or pdf_is_there()] if found else [],
            "subscriptions": [(each, each.state(today)) for each in mine if not each.ended],
        }
        return self._forms.page(request, "briefing.html", code, **shown)

    def _file(self, request: Request, day: date | None, ending: str) -> Response:
        account = self._sessions.reader(request.cookies)
        if account is None:
            return PlainTextResponse("Sign in first.", 401)
        if ending not in _FORMS:
            return _nothing_there()
        kind, write = _FORMS[ending]
        try:
            found = self._briefing(account, day)
            content = write(found, site_of(self._settings)) if found else None
        except CommandCenterError as error:
            code = 501 if isinstance(error, UsageError) else 410
            return PlainTextResponse(f"{error.what} {error.next_step}".strip(), code)
        if found is None or content is None:
            return _nothing_there()
        name = f"briefing-{found.day.isoformat()}.{ending}"
        disposition = "inline" if ending in ("html", "json") else "attachment"
        return Response(
            content, media_type=kind, headers={"content-disposition": f'{disposition}; filename="{name}"'}
        )

    def _briefing(self, account: Account, day: date | None) -> Briefing | None:
        with closing(self._store()) as store:
            return briefing_for(self._assistant, store, account.principal, day, cause_of=self._cause_of)

    def _store(self) -> BriefingStore:
        return BriefingStore(self._settings.state / STORE)

    def _followers(self) -> Subscriptions:
        return Subscriptions(self._settings.state / SUBSCRIPTIONS)


def _nothing_there() -> Response:
    return PlainTextResponse("There is no such briefing.", 404)


def _today() -> date:
    return datetime.now(UTC).date()
