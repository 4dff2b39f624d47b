"""How proposals stand in the review: state, owner, go-live, and why one was turned down or put off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from datetime import date

from tools.actions.proposals import FILE, Event, Proposals
from tools.actions.verdicts import READERS, Proposal, State
from tools.desk import Desk
from tools.outcome import Column, Found, Outcome, Refusal, Table
from tools.periods import day_in_words

NOT_PROPOSED = "That action has not been put before the reviewers: nothing is decided on it."
CALLED: dict[State, str] = {
    "proposed": r"waiting|pending|awaiting|open|undecided|proposed|reviewed|due|up for|(?:my|our|for|to) review|"
    r"(?:my|our|for|to) (?:decide|approval|decision|approve)|not (?:yet )?decided|inbox|left",
    "approved": r"approved?|accept(?:ed)?|sign(?:ed)? off|green ?-?lit",
    "rejected": r"reject(?:ed)?|turn(?:ed)? down|declined?|refused|dismiss(?:ed)?",
    "deferred": r"defer(?:red)?|postponed?|park(?:ed)?|put off|on hold",
    "duplicate": r"duplicates?",
    "live": r"live|launched|rolled out|in production|shipped",
    "measured": r"measured",
}
"""The words that a state goes by in a question."""
_AS_WELL: dict[State, tuple[State, ...]] = {"live": ("measured",)}
"""What is measured is live, too."""


def standing(desk: Desk, actions: Sequence[str], asked: str) -> Outcome:
    """The proposals named in `actions`; without names those that the question `asked` means.

    They are the one whose name it says, those in the states that it says, or all where it says neither.
    """
    if desk.principal.attributes or desk.principal.role not in READERS or desk.review is None:
        return Refusal("not_proposed", NOT_PROPOSED)
    with closing(Proposals(desk.review.state / FILE)) as store:
        store.bring_live(desk.review.now())
        kept, events = store.all(), store.events()
    if actions:
        titled = {str(one.document.get("title")): one for one in kept}
        proposals = [titled[name] for name in actions if name in titled]
    else:
        proposals = _meant(kept, asked)
    if not proposals:
        return Refusal("not_proposed", NOT_PROPOSED) if actions or _names_one(asked) else _nothing(asked)
    reasons = {event.proposal: event for event in events if event.reason and not event.undone}
    rows = tuple(
        (str(p.now["title"]), str(p.now["owner"]), p.state, _since(p, reasons.get(p.id))) for p in proposals
    )
    table = Table("Where it stands", _COLUMNS, rows, interpretation="The review's own records; not a query")
    return Found((table,), "analysis", "action_live")


def states_in(asked: str) -> tuple[State, ...]:
    """The states that a question names, in the order of a review."""
    text = " ".join(asked.lower().split())
    named = [state for state, words in CALLED.items() if re.search(rf"\b(?:{words})\b", text)]
    return tuple(dict.fromkeys(one for state in named for one in (state, *_AS_WELL.get(state, ()))))


def _meant(kept: Sequence[Proposal], asked: str) -> list[Proposal]:
    named = [one for one in kept if str(one.now["title"]).lower() in asked.lower()]
    if named or _names_one(asked):
        return named
    states = states_in(asked)
    return [one for one in kept if one.state in states or not states]


def _names_one(asked: str) -> bool:
    """Whether a question asks about one action by name (`Billing: clearer message`), or nothing was asked."""
    return ":" in asked or not asked.strip()


def _nothing(asked: str) -> Refusal:
    states = [state for state in states_in(asked) if state != "measured"]
    said = f"no action is {' or '.join(states)}" if states else "no action has been proposed"
    said = "no action is waiting for a decision" if states == ["proposed"] else said
    return Refusal("nothing_stands_so", f"By the review's records {said}.", ("What should we change first?",))


def _since(proposal: Proposal, decided: Event | None) -> str:
    if proposal.state in ("rejected", "deferred"):
        return f"the reason given: {decided.reason}" if decided else "no reason is on record"
    if proposal.state == "proposed":
        return "nobody has decided on it yet"
    if not proposal.go_live:
        return "it has no go-live day yet"
    day = day_in_words(date.fromisoformat(proposal.go_live))
    return f"it went live on {day}" if proposal.state in ("live", "measured") else f"it is to go live on {day}"


_COLUMNS = (
    Column("action", "VARCHAR", "", "text", "Action"),
    Column("owner", "VARCHAR", "", "text", "Owner"),
    Column("state", "VARCHAR", "", "text", "State"),
    Column("live", "VARCHAR", "", "text", "Go-live"),
)
