"""A whole day's work in one call, for the schedule in the server and for `scout` from cron."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from agents.briefing.daily import STORE, DataDays, Run, ScanDay, run_day
from agents.briefing.reading import NO_CAUSE
from agents.briefing.store import BriefingStore
from ui.delivery.rounds import Round, Rounds

if TYPE_CHECKING:
    from agents.briefing.composing import CauseOf
    from agents.runtime import Assistant
    from ui.accounts import Accounts


@dataclass(frozen=True)
class DayDone:
    """The briefings that were made, and the deliveries; `round` is None when none were asked for."""

    run: Run
    round: Round | None


def make_day(
    assistant: Assistant,
    accounts: Accounts,
    secret: str,
    scan: ScanDay,
    clock: Callable[[], datetime],
    *,
    day: date | None = None,
    deliver: bool = True,
    cause_of: CauseOf = NO_CAUSE,
) -> DayDone:
    """The briefing of a day (the last complete one) with those that were missed, and its deliveries.

    Doing it again changes and sends nothing. Raises UsageError for a day that the data do not have, and what the
    scan raises.
    """
    settings, knowledge = assistant.settings, assistant.knowledge()
    data = DataDays(knowledge.snapshot, knowledge.first_day, knowledge.as_of)
    with closing(BriefingStore(settings.state / STORE)) as store:
        run = run_day(store, data, scan, settings.scout, clock(), settings.state, day=day)
        if not deliver:
            return DayDone(run, None)
        rounds = Rounds(settings, assistant, accounts, secret, clock, cause_of=cause_of)
        return DayDone(run, rounds.make(store, run.made))
