"""Where a run is logged when it is done: an MLflow that may be away, without the run being the worse for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.tracking.address import AwayError, shown

if TYPE_CHECKING:
    from rich.console import Console

    from evals.tracking.mlflow_runs import Tracking


class Tracker:
    """An MLflow by its address; nothing is logged without one.

    It is tried before anything is asked. When it is away then or at the end, that is told on `out` with the
    command that logs the run later, unless it is `required`: then AwayError (exit 2) ends the run at once. An
    address that is none, or the extra that is missing, raises UsageError (exit 2) in any case.
    """

    def __init__(self, address: str, *, required: bool, out: Console) -> None:
        self._address, self._required, self._out = address, required, out
        self._found: Tracking | None = self._connected("") if address else None

    def log(self, document: Mapping[str, Any], folder: Path) -> None:
        """Log a run's report with its files."""
        if not self._address:
            return
        run = document["run"]["id"]
        found = self._found or self._connected(run)
        if found is None:
            return
        try:
            found.log(document, folder)
        except AwayError as error:
            self._told(error, run)

    def _connected(self, run: str) -> Tracking | None:
        from evals.tracking.mlflow_runs import connect

        try:
            return connect(self._address)
        except AwayError as error:
            self._told(error, run)
            return None

    def _told(self, error: AwayError, run: str) -> None:
        if self._required:
            raise error
        what = f"command-center eval rescore {run} --mlflow {shown(self._address)}"
        then = f"The run is kept. Log it when it is back: {what}" if run else "It is tried again at the end."
        self._out.print(
            f"{error.what} Where: {error.where}. {then}", style="yellow", markup=False, highlight=False
        )
