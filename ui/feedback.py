"""Thumbs with a reason. Our own routes in place of Chainlit's, which look for a chat session that may be gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from chainlit.types import Feedback
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from ui.accounts import Account
from ui.chat_root import MOUNT_PATH
from ui.history import History
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError

if TYPE_CHECKING:
    from agents.runtime import Assistant


class Thumb(BaseModel):
    """A verdict on the run or message `forId` (Chainlit's name for it): 1 is up, 0 is down."""

    forId: str = Field(max_length=64)
    value: Literal[0, 1]
    comment: str | None = Field(default=None, max_length=2000)


class Given(BaseModel):
    """What the page sends to give a thumb."""

    feedback: Thumb


class TakenBack(BaseModel):
    """What the page sends to take a thumb back."""

    feedbackId: str = Field(max_length=64)


class FeedbackRoutes:
    """`PUT` and `DELETE` of the chat's feedback address: readers judge their own answers only."""

    def __init__(self, assistant: Assistant, sessions: Sessions, history: History) -> None:
        self._assistant = assistant
        self._sessions = sessions
        self._history = history
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(f"{MOUNT_PATH}/feedback", self.give, methods=["PUT"])
        self.router.add_api_route(f"{MOUNT_PATH}/feedback", self.take_back, methods=["DELETE"])

    async def give(self, request: Request, given: Given) -> Response:
        """Keep a thumb with the conversation and pass it on to the assistant."""
        reader = self._sessions.reader(request.cookies)
        if reader is None:
            return JSONResponse({"detail": "Sign in first"}, 401)
        thumb = given.feedback
        about = self._history.answer_of(thumb.forId)
        if about is None or about[0] != reader.name:
            return JSONResponse({"detail": "There is no such answer of yours"}, 404)
        try:
            await asyncio.to_thread(self._judge, about[1], reader, thumb)
        except CommandCenterError as error:
            return JSONResponse({"detail": error.what}, 409)
        kept = Feedback(forId=thumb.forId, value=thumb.value, comment=thumb.comment)
        identity = await self._history.upsert_feedback(kept)
        return JSONResponse({"success": True, "feedbackId": identity})

    async def take_back(self, request: Request, taken: TakenBack) -> Response:
        """Remove a thumb from the conversation; the assistant keeps what it was told."""
        reader = self._sessions.reader(request.cookies)
        if reader is None:
            return JSONResponse({"detail": "Sign in first"}, 401)
        if self._history.judge_of(taken.feedbackId) != reader.name:
            return JSONResponse({"detail": "There is no such feedback of yours"}, 404)
        return JSONResponse({"success": await self._history.delete_feedback(taken.feedbackId)})

    def _judge(self, answer: str, reader: Account, thumb: Thumb) -> None:
        self._assistant.feedback(answer, reader.principal, "up" if thumb.value else "down", thumb.comment or "")
