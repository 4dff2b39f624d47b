"""The chat's decisions on recommended actions: what a card's buttons ask and send. For product owners only.

Routes of our own, so that buttons work in a conversation that is opened again: each card asks how its actions
stand now, and a decision names the version that was looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from tools.actions.deciding import UNDO, proposals_seen
from tools.actions.verdicts import ALLOWED, REASONED, Proposal, require_reviewer, require_whole_company
from ui.accounts import Account
from ui.chat_root import MOUNT_PATH
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, DeniedError, UsageError

if TYPE_CHECKING:
    from agents.runtime import Assistant

PATH = f"{MOUNT_PATH}/decisions"
MOST_ACTIONS = 20
Names = Annotated[list[str], Query(max_length=MOST_ACTIONS)]
# What a card offers, in this order; an edit and a go-live are made in the dashboard's review.
OFFERED = ("approve", "reject", "defer", "duplicate", "reopen", UNDO)


class Decided(BaseModel):
    """What a button sends: a decision on one action, by its name or id, and the version that was looked at."""

    decision: str = Field(max_length=20)
    proposal: str = Field(max_length=200)
    version: int | None = None
    reason: str = Field(default="", max_length=300)
    duplicateOf: str = Field(default="", max_length=200)


class DecisionRoutes:
    """`GET` how actions stand and what may be done, `POST` one decision; the same function as everywhere."""

    def __init__(self, assistant: Assistant, sessions: Sessions) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(PATH, self.standing, methods=["GET"])
        self.router.add_api_route(PATH, self.decide, methods=["POST"])

    def standing(self, request: Request, action: Names) -> Response:
        """The actions of a card as they stand now; nothing for whoever may not decide."""
        reader = self._sessions.reader(request.cookies, active=False)
        if reader is None:
            return JSONResponse({"detail": "Sign in first"}, 401)
        try:
            return JSONResponse(self._standing(reader, action))
        except CommandCenterError as error:
            return _refused(error)

    def decide(self, request: Request, given: Decided) -> Response:
        """Make one decision and say how the action stands then, or what is in the way."""
        reader = self._sessions.reader(request.cookies)
        if reader is None:
            return JSONResponse({"detail": "Sign in first"}, 401)
        from agents.proposing import decide

        try:
            (found,) = decide(
                self._assistant, given.decision, [given.proposal], reader.principal, reason=given.reason,
                duplicate_of=given.duplicateOf, version=given.version, source="chat",
            )  # fmt: skip
            return JSONResponse(self._standing(reader, [str(found.document["title"])]))
        except CommandCenterError as error:
            return _refused(error)

    def _standing(self, reader: Account, names: Sequence[str]) -> dict[str, Any]:
        require_reviewer(reader.principal)
        require_whole_company(reader.principal)
        settings = self._assistant.settings
        every = proposals_seen(settings.state, reader.principal, self._assistant.clock())
        by_title = {str(one.document["title"]): one for one in every}
        others = [{"id": one.id, "title": str(one.now["title"])} for one in every if one.state != "duplicate"]
        return {"actions": [_one(name, by_title.get(name)) for name in names], "others": others}


def _one(name: str, proposal: Proposal | None) -> dict[str, Any]:
    """An action that nobody has proposed yet can be decided like one that waits; it is proposed with that."""
    allowed = ALLOWED[proposal.state] if proposal else ALLOWED["proposed"]
    can = [one for one in OFFERED if one in allowed or (one == UNDO and proposal and proposal.version > 1)]
    return {
        "name": name,
        "id": proposal.id if proposal else "",
        "state": proposal.state if proposal else "proposed",
        "version": proposal.version if proposal else None,
        "goLive": proposal.go_live if proposal else "",
        "can": [{"decision": one, "reasoned": one in REASONED} for one in can],
    }


def _refused(error: CommandCenterError) -> Response:
    code = 400 if isinstance(error, UsageError) else 403 if isinstance(error, DeniedError) else 503
    return JSONResponse({"detail": f"{error.what} {error.next_step}".strip()}, code)
