"""What may be done on the dashboard: decisions on proposals, and looking a member up. Forms with our hidden token.

A decision is the same call as on the command line, with the version that the reviewer saw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tools.actions.proposals import FILE, Proposals
from tools.actions.verdicts import EDITABLE, Verdict, require_reviewer
from ui.accounts import Account
from ui.dashboard.access import Access
from ui.dashboard.playback import PATH as PLAYBACK
from ui.dashboard.playback import References, address
from ui.dashboard.rendering import Pages
from ui.dashboard.view import ROOT
from ui.forms import EXPIRED, Field, Forms, own_path
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, DeniedError, UsageError

if TYPE_CHECKING:
    from agents.runtime import Assistant

REVIEW = f"{ROOT}/review"
DECISIONS = ("approve", "reject", "defer", "reopen", "edit", "golive", "undo")
Long = Annotated[str, Form(max_length=600)]


class Deciding:
    """The routes that change something. `refused` makes the page of what went wrong."""

    def __init__(
        self,
        assistant: Assistant,
        sessions: Sessions,
        forms: Forms,
        access: Access,
        pages: Pages,
        references: References,
        refused: Callable[[Request, Account, CommandCenterError], Response],
    ) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self._forms = forms
        self._access = access
        self._pages = pages
        self._references = references
        self._refused = refused
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(REVIEW, self.review, methods=["POST"])
        self.router.add_api_route(ROOT + PLAYBACK, self.play_back, methods=["POST"])

    def review(
        self, request: Request, decision: Field = "", proposal: Field = "", version: Field = "",
        reason: Field = "", day: Field = "", change: Long = "", owner: Field = "", effort_days: Field = "",
        weeks: Field = "", back: Field = "", token: Field = "",
    ) -> Response:  # fmt: skip
        """Decide on a proposal, or put what is recommended now before the reviewers; then back."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={REVIEW}", 303)
        if not self._access.may(account, "decide"):
            return self._pages.missing(request, account)
        given = {"change": change, "owner": owner, "effort_days": effort_days, "weeks": weeks}
        try:
            self._require_ours(request, token)
            self._decide(account, decision, proposal, version, reason, day, given)
        except CommandCenterError as error:
            return self._refused(request, account, error)
        onward = own_path(back, REVIEW)
        return RedirectResponse(onward if onward.startswith(ROOT) else REVIEW, 303)

    def play_back(self, request: Request, member: Field = "", day: Field = "", token: Field = "") -> Response:
        """To the page of a member's journey, whose address does not name the member."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={ROOT}{PLAYBACK}", 303)
        if not self._access.may_see(account, "playback"):
            return self._pages.missing(request, account)
        try:
            self._require_ours(request, token)
            chosen = _day(day) if day else None
        except CommandCenterError as error:
            return self._refused(request, account, error)
        return RedirectResponse(address(self._references.of(member.strip()[:64], chosen)), 303)

    def _require_ours(self, request: Request, token: str) -> None:
        if not self._forms.is_ours(request, token):
            raise DeniedError(EXPIRED, code="form_expired")

    def _decide(
        self, account: Account, decision: str, proposal: str, version: str, reason: str, day: str,
        given: Mapping[str, str],
    ) -> None:  # fmt: skip
        by, now = account.principal, self._assistant.clock()
        require_reviewer(by)
        if by.attributes:
            raise DeniedError(
                "Proposals hold figures of the whole company: a view of a part of it cannot decide on them.",
                code="row_filter",
            )
        if decision == "propose":
            from agents.proposing import propose

            propose(self._assistant)
            return
        if decision not in DECISIONS or not version.isdigit():
            raise UsageError("The form names no decision.", next_step="Use the buttons of the page.")
        with closing(Proposals(self._assistant.settings.state / FILE)) as store:
            if decision == "undo":
                store.undo(proposal, by, now, int(version))
                return
            store.decide(proposal, self._verdict(decision, int(version), reason, day, given, now), by, now)

    def _verdict(
        self, decision: str, seen: int, reason: str, day: str, given: Mapping[str, str], now: datetime
    ) -> Verdict:
        edits = {name: _edited(name, given[name]) for name in EDITABLE} if decision == "edit" else None
        live = None
        if decision == "golive":
            live = _day(day)
            self._require_in_data(live, now)
        return Verdict(decision, reason, edits, live, seen=seen)  # type: ignore[arg-type]

    def _require_in_data(self, day: date, now: datetime) -> None:
        snapshot = self._assistant.door.snapshot()
        if day < snapshot.first_day or (day - max(snapshot.as_of, now.date())).days > 366:
            raise UsageError(
                f"{day} is no day to go live: the data begin on {snapshot.first_day}, and more than a year ahead "
                "is not planned.",
                where="go-live",
                next_step="Give a day within the data, or one ahead.",
            )


def _edited(name: str, text: str) -> Any:
    if name in ("change", "owner"):
        return text
    try:
        number = float(text)
    except ValueError as error:
        raise UsageError(f"{name.replace('_', ' ')} is no number.", next_step="Correct it.") from error
    if not math.isfinite(number):
        raise UsageError(f"{name.replace('_', ' ')} is no number.", next_step="Correct it.")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text[:20]!r} is not a date.", next_step="Write it as 2026-11-02.") from error
