"""What every address says while the operational state cannot be read: 503 with a sentence, never a bare error."""

from __future__ import annotations

import sqlite3

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from ui.failures import unexpected
from ui.forms import Forms
from warehouse.settings import Settings

WHAT = "The accounts and conversations cannot be read or written at the moment."
_SECONDS = "30"


def say_when_state_is_away(app: FastAPI, settings: Settings, forms: Forms) -> None:
    """Answer for a database that is away or a disk that is full: a page for browsers, JSON for programs."""

    def away(request: Request, error: Exception) -> Response:
        unexpected(error, settings)  # to the log, for whoever runs it
        if "text/html" in request.headers.get("accept", ""):
            found = forms.page(request, "away.html", 503, what=WHAT)
        else:
            found = JSONResponse({"detail": f"{WHAT} Try again in a minute."}, 503)
        found.headers["retry-after"] = _SECONDS
        return found

    app.add_exception_handler(sqlite3.Error, away)
