"""The review in a conversation: decide on recommended actions, or say whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from tools.actions.deciding import Days, decide, proposals_seen
from tools.actions.proposals import FILE, Proposals
from tools.actions.proposing import documents_of
from tools.actions.recommendations import recommendations
from tools.actions.verdicts import (
    PAST,
    REASONED,
    require_reader,
    require_reviewer,
    require_whole_company,
)
from tools.desk import Desk, Hidden
from tools.outcome import Clarification, Column, Found, Mendable, Outcome, Refusal, Table
from warehouse.audit import AuditLog
from warehouse.errors import UsageError

Asked = Literal["approve", "reject", "defer", "undo", "owner", "edit", "duplicate", "golive"]
SAID = {
    "approve": "Approved", "reject": "Rejected", "defer": "Deferred", "undo": "Taken back", "owner": "Owner",
    "edit": "Edited", "duplicate": "Marked as a duplicate", "golive": "Go-live noted",
}  # fmt: skip
NOT_YET = "not put before the reviewers yet"
Row = tuple[str, str, Mapping[str, Any], str]
"""What is said of an action, how it stands, the proposal's plain values, its id."""


@dataclass(frozen=True)
class ReviewDesk:
    """Where the review is kept, what time it is, and the decision that the person's own words hold, if any.

    `operator` is whose decision it is where the principal is only a command line; `audit` the trail that tells.
    """

    state: Path
    now: Callable[[], datetime]
    asked: str | None = None
    operator: str = ""
    audit: AuditLog | None = None


def review_actions(
    desk: Hidden,
    decision: Asked,
    actions: tuple[str, ...],
    reason: str = "",
    edits: Mapping[str, str] | None = None,
    duplicate_of: str = "",
    go_live: str = "",
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Approve, reject, defer, edit recommended actions, mark duplicates or a go-live, undo, or say who owns them.

    Only when the person asks for it in so many words. `actions` are names as the last recommendation listed them;
    `reason` is the person's own, and is needed to reject or defer; so are the values of `edits` (change, owner,
    effort_days, weeks) and the day `go_live`. `duplicate_of` is the name of the action that is repeated.
    """
    review: ReviewDesk | None = desk.review
    if review is None or review.asked != decision:
        return Refusal("not_asked", "A decision on actions is made only when the question itself asks for it.")
    if decision == "owner":
        require_reader(desk.principal)
        return Found((_table(_owned(actions, desk, review)),), "analysis", "review", assumptions=assumptions)
    require_reviewer(desk.principal)
    if decision in REASONED and not reason.strip():
        return Clarification(f"Why should {' and '.join(actions)} be {PAST[decision]}? The reason is kept.", ())
    for what, words in (("reason", reason), ("day", go_live), *(edits or {}).items()):
        if " ".join(words.lower().split()) not in " ".join(desk.question.lower().split()):
            raise Mendable(
                what, f"The {what} is not what the person said.", "Give it word for word, or ask for one."
            )
    require_whole_company(desk.principal)
    with closing(Proposals(review.state / FILE)) as store:
        _ensure(store, (*actions, *filter(None, (duplicate_of,))), desk, review)
    day = spoken_day(go_live, desk.as_of)
    found = decide(
        review.state, decision, actions, replace(desk.principal, user=review.operator or desk.principal.user),
        review.now(), reason=reason, edits=edits, duplicate_of=duplicate_of, go_live=day,
        days=Days(desk.first_day, desk.as_of), audit=review.audit, source=desk.source,
    )  # fmt: skip
    said = (*assumptions, *([f"Live from {day}."] if day else []))
    rows = tuple((SAID[decision], p.state, p.now, p.id) for p in found)
    return Found((_table(rows),), "analysis", "review", assumptions=said)


def _owned(actions: Sequence[str], desk: Desk, review: ReviewDesk) -> list[Row]:
    """The actions as they stand in the review; others as they are recommended now, and kept nowhere."""
    seen = proposals_seen(review.state, desk.principal, review.now())
    kept: dict[str, Row] = {str(p.document.get("title")): (SAID["owner"], p.state, p.now, p.id) for p in seen}
    found = recommendations(desk) if set(actions) - set(kept) else None
    if found is not None and not isinstance(found, Refusal):
        fresh = documents_of(found, actions).values()
        kept = {str(new["title"]): (SAID["owner"], NOT_YET, new, "") for new in fresh} | kept
    rows = [kept[name] for name in actions if name in kept]
    if not rows:
        raise UsageError("No such action is listed.", where="actions", next_step="Ask what to change first.")
    return rows


def spoken_day(text: str, as_of: date) -> str:
    """A day as people say it in ISO form: 12 November, Nov 12th, today; without a year the nearest one.

    What is no day stays as it is, and is refused where days are checked.
    """
    words = " ".join(text.lower().replace(",", " ").split())
    near = {"today": 1, "yesterday": 0, "tomorrow": 2}
    if words in near:
        return (as_of + timedelta(days=near[words])).isoformat()
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof ", "", words)
    for form in ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y"):
        with suppress(ValueError):
            return datetime.strptime(plain, form).date().isoformat()
        with suppress(ValueError):
            years = (as_of.year + step for step in (-1, 0, 1))
            days = [datetime.strptime(f"{plain} {year}", form).date() for year in years]
            return min(days, key=lambda day: abs(day - as_of)).isoformat()
    return text


def _ensure(store: Proposals, actions: tuple[str, ...], desk: Desk, review: ReviewDesk) -> None:
    """Put the recommendations of today into the review when one of the actions is not there yet."""
    known = {proposal.document.get("title") for proposal in store.all()}
    if set(actions) <= known:
        return
    found = recommendations(desk)
    if not isinstance(found, Refusal):
        store.propose(documents_of(found, actions), desk.snapshot, desk.as_of, review.now())


def _table(rows: Sequence[Row]) -> Table:
    columns = (
        Column("said", "VARCHAR", "", "text", "Decision"),
        Column("action", "VARCHAR", "", "text", "Action"),
        Column("owner", "VARCHAR", "", "text", "Owner"),
        Column("change", "VARCHAR", "", "text", "What to change"),
        Column("state", "VARCHAR", "", "text", "State"),
        Column("effort_days", "DOUBLE", "days", "derived", "Effort"),
        Column("savings_per_year", "DOUBLE", "usd", "derived", "Expected savings per year"),
        Column("id", "VARCHAR", "", "text", "Id"),
    )
    cells = tuple(
        (
            said, str(now["title"]), str(now["owner"]), str(now["change"]), state, float(now["effort_days"]),
            float(now["savings_per_year"]), name,
        )
        for said, state, now, name in rows
    )  # fmt: skip
    return Table("Review of actions", columns, cells, interpretation="The review's own records; not a query")
