"""The program as a terminal starts it: the command line, and how the process ends."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress

from warehouse.collector import collect_never, collect_rarely


def main() -> None:
    """The command line, which takes its time to be read."""
    collect_never()
    from ui.cli import main as command_line

    collect_rarely()
    command_line()


def run() -> None:
    """Run the command line and end with its exit code, at once where threads without an end of their own go on.

    Such a thread is inside the engine, as of the scan that a server makes at its start: one that comes back to an
    interpreter that is being taken down aborts the process, whatever was answered. All that is to be kept is kept
    by then, for commands close what they open.
    """
    code: int | str | None = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    others = (thread for thread in threading.enumerate() if thread is not threading.current_thread())
    if any(thread.daemon for thread in others):
        if isinstance(code, str):
            print(code, file=sys.stderr)
        _leave(code if isinstance(code, int) else int(code is not None))
    sys.exit(code)


def _leave(code: int) -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a reader that has gone
            stream.flush()
    os._exit(code)
