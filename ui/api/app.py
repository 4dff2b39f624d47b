"""The API as an application of its own, which the web process mounts at /api/v1."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from ui.api.gate import TokenGate
from ui.api.problems import add_handlers
from ui.api.routes import Routes
from ui.programs.bearer import Bearer
from ui.programs.surface import Surface
from warehouse.errors import CommandCenterError

ROOT = "/api/v1"
_ABOUT = (
    "Governed figures of member experience, by token (`command-center tokens issue NAME`). Rates are fractions, "
    "money is dollars, days are ISO. A null cell that `suppressed` names is withheld: few members are behind it."
)


def api_app(surface: Surface, bearer: Bearer, explained: Callable[[Exception], CommandCenterError]) -> FastAPI:
    """The application. Its description is at /openapi.json, without a token; everything else needs one."""
    app = FastAPI(
        title="Member Experience Command Center",
        version=version("member-experience-command-center"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": ROOT}],
        root_path_in_servers=False,
        redirect_slashes=False,
    )
    app.include_router(Routes(surface).router)
    add_handlers(app)
    app.add_middleware(TokenGate, bearer=bearer, explained=explained)
    _by_token(app)
    return app


def _by_token(app: FastAPI) -> None:
    """Say in the description that every operation wants the token."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer"}
        document["security"] = [{"token": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
