"""Where MLflow is, and what keeps it from telling anybody about us."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from warehouse.errors import UsageError

LOCAL = "local"
_SCHEMES = ("sqlite", "postgresql", "mysql", "http", "https")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "OTEL_SDK_DISABLED": "false",  # MLflow's traces are made with that SDK; they go to its address only
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DEEPEVAL_DISABLE_DOTENV": "1",
}
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
"""A server that is away is told within a minute, unless the environment says otherwise."""


class AwayError(UsageError):
    """Nobody answers at an address that is one, or what answers does not take a run."""


def tracking_address(name: str, var: Path) -> str:
    """The address of `local` (SQLite under `var/evals`), or the one that is given. Raises UsageError (exit 2)."""
    if name == LOCAL:
        file = (var / "evals" / "mlflow.db").absolute()
        file.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{file}"
    scheme = urlsplit(name).scheme.partition("+")[0]
    if scheme not in _SCHEMES:
        raise UsageError(
            f"{shown(name)!r} is no address of MLflow.", where="--mlflow",
            next_step="Use: local, sqlite:///FILE, http://HOST:PORT or postgresql://...",
        )  # fmt: skip
    return name


def shown(address: str) -> str:
    """An address without its password."""
    return re.sub(r"://[^/@]*@", "://", address)


def artefacts_of(address: str) -> str | None:
    """Where the files of a SQLite address lie: beside it. A server says itself where it keeps them."""
    if not address.startswith("sqlite:///"):
        return None
    return (Path(address.removeprefix("sqlite:///")).absolute().parent / "mlflow-artefacts").as_uri()


def hush() -> None:
    """Set the environment so that neither library reports to its makers. Call it before importing them."""
    os.environ.update(_QUIET)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
