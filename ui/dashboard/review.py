"""The review inbox: what is proposed, decided and live, with every decision and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from tools.actions.proposals import FILE, Proposals
from tools.actions.verdicts import ALLOWED, PAST, STATES, Proposal
from tools.outcome import Column, Table
from ui.dashboard.panels import RECORDS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View
from ui.tickets.store import tickets_of

WAITING = ("proposed", "deferred")


def fill(reading: Reading) -> Content:
    """The proposals of a state, those that wait first."""
    if reading.principal.attributes:
        reason = "Proposals hold figures of the whole company; your account sees a part of it."
        return Content("Review inbox", {}, {"proposals": [], "counts": [], "reason": reason})
    with closing(Proposals(reading.assistant.settings.state / FILE)) as store:
        every, events = store.all(), store.events()
    state = reading.params.get("state", "")
    shown = [one for one in every if one.state == state] if state else sorted(every, key=_waits)
    counts = [(name, sum(one.state == name for one in every)) for name in STATES]
    by = {one.id: [e for e in events if e.proposal == one.id and e.action != "propose"] for one in shown}
    panel = Panel("proposals", _table(shown), trust=RECORDS)
    return Content(
        "Review inbox",
        {panel.key: panel},
        {"proposals": shown, "counts": [c for c in counts if c[1]], "state": state, "events": by,
         "allowed": ALLOWED, "past": PAST, "every": every, "reason": "",
         "tickets": tickets_of(reading.assistant.settings.state, reading.assistant.clock)},
    )  # fmt: skip


VIEW = View("review", "/review", "review.html", fill, nav="Review inbox", filters=False, kept=False)


def _waits(proposal: Proposal) -> int:
    return 0 if proposal.state in WAITING else 1


def _table(shown: Sequence[Proposal]) -> Table:
    rows = tuple(
        (p.id, p.state, str(p.now["title"]), str(p.now["journey"]), str(p.now["owner"]),
         float(p.now["effort_days"]), float(p.now["weeks"]), float(p.now["savings_per_year"]),
         float(p.now["savings_low"]), float(p.now["savings_high"]), float(p.now["cx_score"]), p.go_live)
        for p in shown
    )  # fmt: skip
    return Table("Proposals", _COLUMNS, rows, interpretation="The review's own records")


_COLUMNS = (
    Column("id", "VARCHAR", "", "text", "Id"),
    Column("state", "VARCHAR", "", "text", "State"),
    Column("action", "VARCHAR", "", "dimension", "Action"),
    Column("journey", "VARCHAR", "", "text", "Issue"),
    Column("owner", "VARCHAR", "", "text", "Owner"),
    Column("effort_days", "DOUBLE", "days", "derived", "Effort"),
    Column("weeks", "DOUBLE", "weeks", "derived", "Time to impact"),
    Column("savings_per_year", "DOUBLE", "usd", "derived", "Savings a year"),
    Column("savings_low", "DOUBLE", "usd", "derived", "Low"),
    Column("savings_high", "DOUBLE", "usd", "derived", "High"),
    Column("cx_score", "DOUBLE", "", "derived", "CX score of 5"),
    Column("go_live", "VARCHAR", "", "text", "Go-live"),
)
