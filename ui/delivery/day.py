"""A whole day's work in one call, for the schedule in the server and for `scout` from cron."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agents.briefing.causes import cause_of
from agents.briefing.daily import STORE, DataDays, Run, ScanDay, known_before, run_day
from agents.briefing.store import BriefingStore
from tools.scout.incident import ScanReport
from tools.scout.scout import run_scout
from ui.delivery.rounds import Round, Rounds

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from ui.accounts import Accounts
    from warehouse.settings import Settings


@dataclass(frozen=True)
class DayDone:
    """The briefings that were made, and the deliveries; `round` is None when none were asked for."""

    run: Run
    round: Round | None


def make_day(
    assistant: Assistant,
    accounts: Accounts,
    secret: str,
    clock: Callable[[], datetime],
    *,
    day: date | None = None,
    scan: ScanDay | None = None,
    deliver: bool = True,
) -> DayDone:
    """Scan a day (the last complete one) and those that were missed, write their briefings, and deliver.

    `scan` stands in for the scout, for a day that was scanned already. Doing it again changes and sends nothing.
    Raises UsageError for a day that the data do not have, and what the scan raises.
    """
    settings, knowledge = assistant.settings, assistant.knowledge()
    data = DataDays(knowledge.snapshot, knowledge.first_day, knowledge.as_of)

    def scanned(each: date) -> ScanReport:
        return _scanned(assistant, settings, each)

    with closing(BriefingStore(settings.state / STORE)) as store:
        run = run_day(store, data, scan or scanned, settings.scout, clock(), settings.state, day=day)
        if not deliver:
            return DayDone(run, None)
        rounds = Rounds(settings, assistant, accounts, secret, clock, cause_of=cause_of)
        return DayDone(run, rounds.make(store, run.made))


def _scanned(assistant: Assistant, settings: Settings, day: date) -> ScanReport:
    """A day's scan, which remembers what the briefing before it knew."""
    known = known_before(settings.state, day)
    return run_scout(assistant.door, assistant.knowledge().semantic, settings, day=day, known=known)


def day_after_scan(settings: Settings, warehouse: Path, report: ScanReport, *, deliver: bool = True) -> DayDone:
    """The same on the command line, for a day that was just scanned."""
    from agents.runtime import Assistant
    from ui.accounts import open_accounts
    from ui.chat_root import session_secret

    with closing(Assistant.open(settings, warehouse)) as assistant, closing(open_accounts(settings)) as accounts:

        def scanned(each: date) -> ScanReport:
            same = each == report.as_of and assistant.knowledge().snapshot == report.snapshot
            return report if same else _scanned(assistant, settings, each)

        return make_day(
            assistant,
            accounts,
            session_secret(settings),
            lambda: datetime.now(UTC),
            day=report.as_of,
            scan=scanned,
            deliver=deliver,
        )
