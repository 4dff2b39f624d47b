"""What may be done on the dashboard: decisions on proposals, and looking a member up. Forms with our hidden token.

A decision is the same call as from every other surface, with the version that the reviewer saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tools.actions.deciding import BY_HAND
from tools.actions.verdicts import EDITABLE, require_reviewer, require_whole_company
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
        reason: Field = "", day: Field = "", of: Field = "", change: Long = "", owner: Field = "",
        effort_days: Field = "", weeks: Field = "", back: Field = "", token: Field = "",
    ) -> Response:  # fmt: skip
        """Decide on a proposal, or put what is recommended now before the reviewers; then back."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse(f"/login?next={REVIEW}", 303)
        if not self._access.may(account, "decide"):
            return self._pages.missing(request, account)
        given = {
            "reason": reason, "day": day, "of": of, "change": change, "owner": owner, "effort_days": effort_days,
            "weeks": weeks,
        }  # fmt: skip
        try:
            self._require_ours(request, token)
            self._decide(account, decision, proposal, version, given)
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
        self, account: Account, decision: str, proposal: str, version: str, given: Mapping[str, str]
    ) -> None:
        from agents.proposing import decide, propose

        by = account.principal
        if decision == "propose":
            require_reviewer(by)
            require_whole_company(by)
            propose(self._assistant)
            return
        if decision not in BY_HAND or not version.isdigit():
            raise UsageError("The form names no decision.", next_step="Use the buttons of the page.")
        decide(
            self._assistant, decision, [proposal], by, reason=given["reason"],
            edits={name: given[name] for name in EDITABLE}, duplicate_of=given["of"], go_live=given["day"],
            version=int(version), source="dashboard",
        )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text[:20]!r} is not a date.", next_step="Write it as 2026-11-02.") from error
