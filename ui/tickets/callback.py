"""What trackers say of a ticket: one signed POST. It changes the record of an action, never a decision on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from ui.tickets.rounds import Note, ticket_secret
from ui.tickets.signing import HEADER, OLDEST_SECONDS, is_signed
from ui.tickets.store import FILE, STATUSES, Status, TicketStore
from warehouse.errors import DeniedError
from warehouse.settings import Settings

PATH = "/tickets/status"
MOST_BODY = 16_000


class StatusSaid(BaseModel):
    """A ticket's status: its key, what it is now, since when; and what the tracker calls it and where it is."""

    model_config = ConfigDict(extra="ignore")

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    status: Status
    at: AwareDatetime
    reference: Annotated[str, Field(max_length=100, pattern=r"^[\w .:/#-]*$")] = ""
    url: Annotated[str, Field(max_length=300, pattern=r"^(https?://[^\s<>\"']+)?$")] = ""


class TicketCallback:
    """The route. `note` writes to the audit trail; without it nothing is taken."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime], note: Note) -> None:
        self._settings = settings
        self._clock = clock
        self._note = note
        self._secret = ticket_secret(settings)
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route(PATH, self.say, methods=["POST"])

    async def say(self, request: Request) -> Response:
        """Take a status: 200 with whether it was news; 401, 404, 413 and 422 say why not."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BODY:
                return _refused(413, f"A status has at most {MOST_BODY:,} bytes.")
        if not is_signed(self._secret, body, request.headers.get(HEADER, ""), self._clock().timestamp()):
            return _refused(401, f"The signature is missing, wrong or older than {OLDEST_SECONDS} seconds.")
        try:
            said = StatusSaid.model_validate_json(body)
        except (ValidationError, RecursionError):
            return _refused(
                422, f"A status needs key, status ({', '.join(STATUSES)}) and at (ISO, with its zone)."
            )
        if (said.at - self._clock()).total_seconds() > OLDEST_SECONDS:
            return _refused(422, "`at` lies ahead of this clock.")
        return await run_in_threadpool(self._take, said)

    def _take(self, said: StatusSaid) -> Response:
        with closing(TicketStore(self._settings.state / FILE)) as store:
            if all(kept.key != said.key for kept in store.all()):
                return _refused(404, "No ticket of that key was sent from here.")
            try:
                self._note("ticket_status", "", key=said.key, status=said.status, reference=said.reference)
            except DeniedError:
                return _refused(503, "It cannot be recorded now. Send it again later.")
            news = store.say(said.key, said.status, said.at.astimezone(UTC), said.reference, said.url)
        return JSONResponse({"taken": True, "news": bool(news)})


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"detail": why}, status)
