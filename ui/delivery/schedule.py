"""The schedule of the daily run in the server process (`scout.schedule`), or one briefing after its start.

Two servers over the same state folder are safe: both may wake up, one makes the day and delivers while the other
waits for its locks, and then finds that everything is done. A server that was down when its hour came makes up for
it when it starts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from warehouse.errors import CommandCenterError, UsageError
from warehouse.logs import LOGGER_NAME
from warehouse.settings import Scout

_LOG = logging.getLogger(LOGGER_NAME)
_GRACE_SECONDS = 6 * 3600


@contextmanager
def scheduled(
    settings: Scout, work: Callable[[], None], first: Callable[[], None] | None = None
) -> Iterator[None]:
    """While within, `work` runs by the schedule and once at the start; without one `first` once, a little later.

    Raises UsageError (exit 2) when the schedule or its time zone cannot be read.
    """
    if not settings.schedule.strip():
        with _once(settings.first_after_seconds, first):
            yield
        return
    from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

    trigger = _trigger(settings)
    alone = threading.Lock()
    scheduler = BackgroundScheduler(timezone="UTC")
    options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE_SECONDS}
    scheduler.add_job(lambda: _run(work, alone), trigger, id="scout", **options)
    scheduler.start()
    threading.Thread(target=_run, args=(work, alone), name="scout-at-start", daemon=True).start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


@contextmanager
def _once(seconds: float, work: Callable[[], None] | None) -> Iterator[None]:
    """While within, `work` runs once after so many seconds, unless they are 0 or it is over before."""
    over = threading.Event()

    def wait() -> None:
        if work is not None and not over.wait(seconds):
            _run(work, threading.Lock())

    if work is not None and seconds > 0:
        threading.Thread(target=wait, name="first-briefing", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _trigger(settings: Scout) -> Any:
    from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

    try:
        return CronTrigger.from_crontab(settings.schedule, timezone=settings.time_zone)
    except Exception as error:
        raise UsageError(
            f"The schedule {settings.schedule!r} in {settings.time_zone!r} cannot be read.",
            where="scout.schedule, scout.time_zone",
            next_step='Write five fields and a known zone, such as "30 6 * * *" in "America/New_York".',
        ) from error


def _run(work: Callable[[], None], alone: threading.Lock) -> None:
    """One run; what goes wrong is logged, and the next one tries again."""
    if not alone.acquire(blocking=False):
        return
    try:
        work()
        _LOG.info("daily_run", extra={"status": "done"})
    except CommandCenterError as error:
        _LOG.warning("daily_run", extra={"status": "failed", "exit_code": error.exit_code})
    except Exception:
        _LOG.exception("daily_run", extra={"status": "failed"})
    finally:
        alone.release()
