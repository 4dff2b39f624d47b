"""The review in a conversation: decide on recommended actions, or say whose they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from tools.actions.deciding import decide, proposal_seen, require_whole_company
from tools.actions.proposals import FILE, Proposals
from tools.actions.proposing import documents_of
from tools.actions.recommendations import recommendations
from tools.actions.verdicts import Proposal, require_reviewer
from tools.desk import Desk, Hidden
from tools.outcome import Column, Found, Mendable, Outcome, Refusal, Table
from warehouse.audit import AuditLog

Asked = Literal["approve", "reject", "defer", "undo", "owner"]
SAID = {"approve": "Approved", "reject": "Rejected", "defer": "Deferred", "undo": "Taken back", "owner": "Owner"}


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
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Approve, reject or defer recommended actions, take a decision back, or say who owns them.

    Only when the person asks for it in so many words. `actions` are names as the last recommendation listed them;
    `reason` is the person's own, and is needed to reject or defer.
    """
    review: ReviewDesk | None = desk.review
    if review is None or review.asked != decision:
        return Refusal("not_asked", "A decision on actions is made only when the question itself asks for it.")
    if decision != "owner":
        require_reviewer(desk.principal)
    if reason and " ".join(reason.lower().split()) not in " ".join(desk.question.lower().split()):
        raise Mendable(
            "reason", "The reason is not what the person said.", "Give it word for word, or ask for one."
        )
    require_whole_company(desk.principal)
    with closing(Proposals(review.state / FILE)) as store:
        _ensure(store, actions, desk, review)
    if decision == "owner":
        found = [proposal_seen(review.state, desk.principal, review.now(), action)[0] for action in actions]
    else:
        by = replace(desk.principal, user=review.operator or desk.principal.user)
        found = decide(
            review.state,
            decision,
            actions,
            by,
            review.now(),
            reason=reason,
            audit=review.audit,
            source=desk.source,
        )
    return Found((_table(found, decision),), "analysis", "review", assumptions=assumptions)


def _ensure(store: Proposals, actions: tuple[str, ...], desk: Desk, review: ReviewDesk) -> None:
    """Put the recommendations of today into the review when one of the actions is not there yet."""
    known = {proposal.document.get("title") for proposal in store.all()}
    if set(actions) <= known:
        return
    found = recommendations(desk)
    if not isinstance(found, Refusal):
        store.propose(documents_of(found, actions), desk.snapshot, desk.as_of, review.now())


def _table(found: list[Proposal], decision: Asked) -> Table:
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
    rows = tuple(
        (
            SAID[decision], str(p.now["title"]), str(p.now["owner"]), str(p.now["change"]), p.state,
            float(p.now["effort_days"]), float(p.now["savings_per_year"]), p.id,
        )
        for p in found
    )  # fmt: skip
    return Table("Review of actions", columns, rows, interpretation="The review's own records; not a query")
