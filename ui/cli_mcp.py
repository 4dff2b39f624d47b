"""The command that serves the Model Context Protocol, over stdio or HTTP on this machine."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from ui import cli_company
from ui.terminal import ModelOption, WarehouseOption, complain, load_settings
from warehouse.errors import CommandCenterError, UsageError

if TYPE_CHECKING:
    from ui.programs.opening import Opening
    from ui.programs.tokens import Tokens
    from warehouse.settings import Settings

TOKEN_VARIABLE = "COMMAND_CENTER_TOKEN"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("mcp")(mcp)


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve HTTP on 127.0.0.1 instead of stdio.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of --http; 0 takes any free one.")] = 8765,
    allow_decisions: Annotated[
        bool,
        typer.Option("--allow-decisions", help="Also propose and decide on actions, for tokens that may."),
    ] = False,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Serve governed tools to MCP clients. The token is COMMAND_CENTER_TOKEN; over HTTP each request has one."""
    settings = load_settings()
    if http:
        with _part(settings, warehouse, model, decisions=allow_decisions) as part:
            _serve_http(part, port)
        return
    from ui.mcp.stdio import protocol_output

    # Before anything is loaded that may print.
    with protocol_output() as sink, _part(settings, warehouse, model, decisions=allow_decisions) as part:
        _serve_stdio(part, sink)


@dataclass(frozen=True)
class _Part:
    """What both transports serve with."""

    settings: Settings
    opening: Opening
    tokens: Tokens
    decisions: bool

    def explained(self, error: Exception) -> CommandCenterError:
        """Words for an error that nobody expected."""
        from ui.failures import unexpected

        return unexpected(error, self.settings)


@contextmanager
def _part(settings: Settings, warehouse: Path | None, model: Path | None, *, decisions: bool) -> Iterator[_Part]:
    from ui.accounts import open_accounts
    from ui.programs.opening import Opening
    from ui.programs.tokens import Tokens
    from warehouse.logs import configure
    from warehouse.state_file import SERVING, shared

    configure(settings.state)
    # The library logs a message that it does not know with its contents: without a handler that goes to stderr.
    logging.getLogger().addHandler(logging.NullHandler())
    company = cli_company.company_of(settings, model, warehouse)
    with shared(settings.var / SERVING), closing(open_accounts(settings)) as accounts:
        target = warehouse or settings.warehouse
        opening = Opening(settings, target, accounts, company, source="mcp", writes=decisions)
        with closing(opening):
            yield _Part(settings, opening, Tokens(accounts), decisions)


def _serve_stdio(part: _Part, sink: BinaryIO) -> None:
    import anyio

    from ui.mcp.server import mcp_server
    from ui.mcp.stdio import serve_lines

    text = os.environ.get(TOKEN_VARIABLE, "")
    if not text:
        raise UsageError(
            "There is no token to serve with.",
            where=TOKEN_VARIABLE,
            next_step="`command-center tokens issue NAME` makes one; set it in the client's configuration.",
        )
    part.tokens.caller(text)  # one that is no good is told now, on stderr
    part.opening.in_background()
    server = mcp_server(part.opening, lambda: part.tokens.caller(text), part.explained, decisions=part.decisions)
    anyio.run(serve_lines, server, sys.stdin.buffer, sink)


def _serve_http(part: _Part, port: int) -> None:
    import uvicorn

    from ui.client_address import Proxies
    from ui.mcp.http import PATH, caller_of, http_app
    from ui.mcp.server import mcp_server
    from ui.ports import listening
    from ui.programs.bearer import Bearer

    listener = listening("127.0.0.1", port, "--port")
    number = listener.getsockname()[1]
    server = mcp_server(part.opening, lambda: caller_of(server), part.explained, decisions=part.decisions)
    limits = part.settings.server
    bearer = Bearer(part.tokens, Proxies(limits.trusted_proxies), limits.requests_per_minute)
    app = http_app(server, bearer, number, limits.public_url)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    part.opening.in_background()
    complain(f"MCP: http://127.0.0.1:{number}{PATH}. Ctrl+C stops it.")
    with listener:
        uvicorn.Server(config).run(sockets=[listener])
