"""Failures as problem details (RFC 9457): what happened, where, what to do next, and a fixed code."""

from __future__ import annotations

import math
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ui.programs.surface import NothingThere, TooMany
from warehouse.errors import (
    CommandCenterError,
    DeniedError,
    MissingDataError,
    UpstreamModelError,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"
JSON = "application/json"
WRONG: tuple[tuple[type[CommandCenterError], int, str], ...] = (
    (NothingThere, 404, "not_found"),
    (UsageError, 400, "usage"),
    (TooMany, 429, "rate"),
    (DeniedError, 403, "denied"),
    (MissingDataError, 503, "missing_data"),
    (UpstreamModelError, 502, "model_failed"),
    (CommandCenterError, 500, "unexpected"),
)
"""The first that fits counts."""


class Problem(BaseModel):
    """Why there is no result. `code` is of a fixed list, `next_step` says what to do about it."""

    type: str = Field(description="urn:command-center:problem: and the code.")
    title: str
    status: int
    detail: str
    code: str
    where: str = ""
    next_step: str = ""


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    where: str = "",
    next_step: str = "",
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A response that says what went wrong."""
    told = Problem(
        type=f"urn:command-center:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        where=where,
        next_step=next_step,
    )
    return JSONResponse(told.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def problem_of(error: CommandCenterError) -> JSONResponse:
    """The same for an error of ours."""
    found, code = next((number, code) for kind, number, code in WRONG if isinstance(error, kind))
    code = error.code if isinstance(error, DeniedError) else code
    headers = {"retry-after": str(math.ceil(error.wait))} if isinstance(error, TooMany) else None
    return problem(found, code, error.what, where=error.where, next_step=error.next_step, headers=headers)


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON


def add_handlers(app: FastAPI) -> None:
    """Every failure that the application knows becomes a problem."""

    async def ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, CommandCenterError)
        return problem_of(error)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part)[:40] for part in first["loc"][:6])
        step = "Correct it; /api/v1/openapi.json says what is taken."
        if where == "body" and not _is_json(request):
            step = f"Send a JSON object, with the header `Content-Type: {JSON}`."
        return problem(422, "invalid", f"{where}: {first['msg'][:200]}.", where=where, next_step=step)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        step = "/api/v1/openapi.json lists what there is."
        code = HTTPStatus(error.status_code).name.lower()
        headers = dict(error.headers or {})
        return problem(error.status_code, code, str(error.detail), next_step=step, headers=headers)

    app.add_exception_handler(CommandCenterError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
