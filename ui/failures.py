"""What a failure looks like on the command line: one sentence on stderr, its places (no data) in the log."""

from __future__ import annotations

import errno
import sqlite3

from warehouse.errors import CommandCenterError, DeniedError, MissingDataError
from warehouse.logs import configure
from warehouse.settings import Settings
from warehouse.state_database import StateError


def unexpected(error: Exception, settings: Settings) -> CommandCenterError:
    """Words for an error that no part of the product expected, after logging where it arose.

    A disk that is full or not writable is named as such (exit 4); anything else is a defect (exit 1).
    """
    logged = settings.state / "command-center.log"
    try:
        configure(settings.state).error("unexpected_error", exc_info=error)
    except OSError as trouble:
        error = trouble
    if isinstance(error, StateError):
        return MissingDataError(
            f"PostgreSQL, where the operational state lies, did not do what was asked ({error}).",
            where="[database] url",
            next_step="Check that its server runs and lets us in; `command-center doctor` tries it.",
        )
    if isinstance(error, sqlite3.Error):
        return MissingDataError(
            "The operational state cannot be read or written.",
            where=str(settings.state),
            next_step="Make the folder writable and free space on its disk; a damaged .db file can be moved away.",
        )
    if isinstance(error, OSError):
        return MissingDataError(
            f"A file cannot be read or written ({error.strerror or type(error).__name__}).",
            where=str(error.filename or settings.var),
            next_step="Free some space." if error.errno == errno.ENOSPC else "Check the path and its permissions.",
        )
    return CommandCenterError(
        "Something unexpected went wrong.",
        where=f"the last line of {logged}",
        next_step="Run `command-center doctor`; report the line, it holds no data.",
    )


def complaint(error: CommandCenterError) -> str:
    """The sentence for stderr; a denial with its code."""
    return f"Denied ({error.code}): {error}" if isinstance(error, DeniedError) else str(error)
