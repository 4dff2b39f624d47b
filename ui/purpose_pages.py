"""The page where a purpose is stated, or the glass broken, before member rows are read. Plain forms."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ui.accounts import Account, Accounts
from ui.chat_root import MOUNT_PATH
from ui.forms import EXPIRED, Field, Forms, own_path, to_sign_in
from ui.sessions import Sessions
from ui.stated import BREAK_GLASS, PURPOSE, Kind, Stated
from warehouse.errors import CommandCenterError, UsageError
from warehouse.policy import load_policy
from warehouse.principal import Role
from warehouse.purposes import break_glass_reason, load_purposes, require_may_state, stated_purpose


class PurposePages:
    """Routes of `/purpose`, `/purpose/end` and `/break-glass`. Durations in minutes."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        forms: Forms,
        *,
        purpose_minutes: float,
        break_glass_minutes: float,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._forms = forms
        self._minutes: dict[Kind, float] = {PURPOSE: purpose_minutes, BREAK_GLASS: break_glass_minutes}
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/purpose", self.show, methods=["GET"])
        self.router.add_api_route("/purpose", self.state, methods=["POST"])
        self.router.add_api_route("/purpose/end", self.end, methods=["POST"])
        self.router.add_api_route("/break-glass", self.break_glass, methods=["POST"])

    def show(self, request: Request, next: str = "") -> Response:
        """What is open now, and the forms that this role may use; `next` is where to go with it."""
        account = self._sessions.reader(request.cookies)
        return self._page(request, account, next=next) if account else to_sign_in(request)

    def state(
        self, request: Request, purpose: Field = "", reference: Field = "", token: Field = "", next: Field = ""
    ) -> Response:
        """Open member rows for a purpose of the list and a case."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return to_sign_in(request)
        try:
            require_may_state(account.role)
            self._require_ours(request, token)
            self._open(account, PURPOSE, stated_purpose(purpose, reference))
        except CommandCenterError as error:
            return self._page(request, account, error, purpose=purpose, reference=reference, next=next)
        return RedirectResponse(own_path(next, MOUNT_PATH), 303)

    def break_glass(self, request: Request, reason: Field = "", token: Field = "", next: Field = "") -> Response:
        """Open member rows in an emergency, audited before anything is shown."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return to_sign_in(request)
        try:
            text = break_glass_reason(account.role, reason)
            self._require_ours(request, token)
            self._open(account, BREAK_GLASS, text)
        except CommandCenterError as error:
            return self._page(request, account, error, reason=reason, next=next)
        return RedirectResponse(own_path(next, MOUNT_PATH), 303)

    def end(self, request: Request, token: Field = "") -> Response:
        """Close member rows before the time is up."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return to_sign_in(request)
        if self._forms.is_ours(request, token):
            stated = self._accounts.statements.end(account.name)
            if stated:
                self._accounts.note(f"{stated.kind}_ended", account.name, role=account.role)
        return RedirectResponse("/purpose", 303)

    def _open(self, account: Account, kind: Kind, text: str) -> None:
        minutes = self._minutes[kind]
        if kind == PURPOSE:
            facts: dict[str, object] = {"purpose": text}
        else:
            facts = {"reason": text, "attributes": dict(account.attributes)}
        event = "purpose_stated" if kind == PURPOSE else BREAK_GLASS
        self._accounts.note(event, account.name, role=account.role, minutes=minutes, **facts)
        self._accounts.statements.state(account.name, kind, text, minutes * 60)

    def _require_ours(self, request: Request, token: str) -> None:
        if not self._forms.is_ours(request, token):
            raise UsageError(EXPIRED)

    def _page(
        self, request: Request, account: Account, error: CommandCenterError | None = None, **given: str
    ) -> Response:
        known, role = load_purposes(), load_policy().roles[account.role]
        code = 200 if error is None else 400 if isinstance(error, UsageError) else 403
        return self._forms.page(
            request,
            "purpose.html",
            code,
            account=account,
            stated=account.stated,
            left=minutes_left(account.stated, self._accounts.clock()),
            purposes=known.purposes,
            reference_says=known.reference_says,
            shortest=known.shortest_reason,
            longest=known.longest_reason,
            may_state=role.member_rows,
            may_break_glass=role.break_glass,
            minutes=self._minutes,
            message=f"{error.what} {error.next_step}".strip() if error else "",
            given=given,
        )


def minutes_left(stated: Stated | None, now: float) -> int:
    """Whole minutes, begun ones counted."""
    return math.ceil((stated.until - now) / 60) if stated else 0


def may_open_rows(role: Role) -> bool:
    """Whether the page has a form for this role."""
    policy = load_policy().roles[role]
    return policy.member_rows or policy.break_glass
