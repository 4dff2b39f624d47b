"""Ports: whether one is free, asked before minutes of work are spent on what cannot be served, and listening."""

from __future__ import annotations

import socket
import urllib.request

from warehouse.errors import UsageError

_PATIENCE = 1.0  # seconds


def require_free(host: str, port: int) -> None:
    """Raises UsageError (exit 2) when something listens there, and says so when it is a command center."""
    if port == 0:
        return
    try:
        socket.create_connection((host, port), _PATIENCE).close()
    except OSError:
        return
    if _is_ours(host, port):
        raise UsageError(
            f"A command center is already running at http://{host}:{port}.",
            where="--port or server.port",
            next_step="Open it in a browser, stop it with Ctrl+C where it runs, or choose another port.",
        )
    raise UsageError(
        f"Port {port} on {host} is in use by another program.",
        where="--port or server.port",
        next_step="Stop that program, or choose another port: --port 8001.",
    )


def listening(host: str, port: int, where: str) -> socket.socket:
    """A socket that listens; `port` 0 takes any free one. Raises UsageError (exit 2) that names `where`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"Cannot listen on {host}:{port} ({error.strerror}).",
            where=where,
            next_step="Stop what uses it, or choose another port.",
        ) from error
    return listener


def _is_ours(host: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=_PATIENCE) as reply:
            return bool(reply.read(100).replace(b" ", b"") == b'{"status":"ok"}')
    except (OSError, ValueError):
        return False
