"""What really happened in each plant's cell, day by day: counted while the days are made, before anything is lost.

For counts `base` is what the cell had anyway and `extra` what the plant added; for moods, minutes, answers and
denials `size` is how many contacts the cell had, `base` their sum (bad ones, scores, minutes) without the plant,
`extra` the difference that it made.
"""

from __future__ import annotations

import numpy as np

from generator.calls import DayCalls
from generator.catalog import Flags, Floats
from generator.moods import NEGATIVE
from generator.sessions import Sessions
from generator.watch.contacts import NOBODY, Contacts, Drawn, in_cell
from generator.watch.crowd import error_share
from generator.watch.online import Online, failed_with
from generator.watch.plants import Plant


class Ledger:
    """Sums by plant number, each an array over days; `others` are calls of other plants in the same cell."""

    def __init__(self, planted: tuple[Plant, ...], days: int) -> None:
        self.planted = planted
        names = ("size", "base", "extra", "squares", "calls", "minutes", "leaked")
        self.sums: dict[int, dict[str, Floats]] = {
            one.number: {name: np.zeros(days) for name in names} for one in planted
        }

    def calls(self, day: int, drawn: Drawn, contacts: Contacts) -> None:
        """Count a day's calls."""
        for one in self.planted:
            sums = self.sums[one.number]
            if one.kind in ("volume", "leakage", "repeat", "everything"):
                self._added(day, drawn, one, sums, contacts.flags[one.number])
            elif one.kind == "digital":
                self._followed(day, drawn, one, sums)
            elif one.kind in ("negative", "sentiment", "handle"):
                self._shifted(day, drawn, one, sums, in_cell(one, drawn.lot, contacts.flags[one.number]))

    def _added(self, day: int, drawn: Drawn, one: Plant, sums: dict[str, Floats], flags: Flags) -> None:
        cell = in_cell(one, drawn.lot, flags)
        counted = {"leakage": drawn.lot.leaked, "repeat": drawn.lot.repeat}.get(one.kind, np.ones_like(cell))
        mine = drawn.lot.plant == one.number
        self._followed(day, drawn, one, sums)
        # Of the calls that leaked anyway only some carry the plant's error.
        carrying = error_share(one.segment) if "failure_reason" in one.segment else 1.0
        sums["base"][day] = carrying * (cell & counted & (drawn.lot.plant == NOBODY)).sum()
        sums["extra"][day] = (mine & counted).sum()
        sums["size"][day] = (cell & (mine | (drawn.lot.plant == NOBODY))).sum()

    @staticmethod
    def _followed(day: int, drawn: Drawn, one: Plant, sums: dict[str, Floats]) -> None:
        """The calls that belong to a plant, for what they cost."""
        mine = drawn.lot.plant == one.number
        sums["calls"][day] = mine.sum()
        sums["leaked"][day] = (mine & drawn.lot.leaked).sum()
        sums["minutes"][day] = drawn.calls.handle[mine].sum()

    @staticmethod
    def _shifted(day: int, drawn: Drawn, one: Plant, sums: dict[str, Floats], cell: Flags) -> None:
        calls = drawn.calls
        before, now = {
            "negative": (drawn.plain_negative.astype(np.float64), _bad(calls).astype(np.float64)),
            "sentiment": (drawn.plain_score, calls.score),
            "handle": (drawn.plain_handle, calls.handle),
        }[one.kind]
        change = now - before if one.course[day] else np.zeros_like(before)
        record(sums, day, before[cell], change[cell])

    def sessions(self, day: int, sessions: Sessions, online: Online, contacts: Contacts) -> None:
        """Count a day's failed sessions."""
        for one in online.digital:
            sums, extra = self.sums[one.number], online.extra.get(one.number, 0)
            sums["extra"][day] = extra
            sums["base"][day] = failed_with(sessions, one, contacts.flags[one.number]) - extra


def record(sums: dict[str, Floats], day: int, before: Floats, change: Floats) -> None:
    """Count one day of a cell whose contacts had the values `before` and were changed by `change`."""
    sums["size"][day] += len(before)
    sums["base"][day] += before.sum()
    sums["squares"][day] += (before**2).sum()
    sums["extra"][day] += change.sum()


def _bad(calls: DayCalls) -> Flags:
    """Negative emotion, as the business rules count it."""
    return np.asarray((calls.label == NEGATIVE) | (calls.score <= -0.5))
