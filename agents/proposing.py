"""Next-Best-Action's proposals: a snapshot's recommendations put before product owners, and what came of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tools.actions.deciding import Days
from tools.actions.deciding import decide as decided
from tools.actions.impact import estimated
from tools.actions.ledger import result_of
from tools.actions.proposals import FILE, Proposals
from tools.actions.proposing import documents, documents_of
from tools.actions.recommendations import Recommendations, recommendations
from tools.actions.reviewing import ReviewDesk
from tools.actions.subjects import subjects
from tools.actions.verdicts import PROPOSER_NAME, Proposal, Verdict, require_reviewer
from tools.desk import Desk
from tools.outcome import Refusal
from warehouse.errors import MissingDataError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant

PROPOSER = Principal(user=PROPOSER_NAME, role="product_owner")


def desk_of(assistant: Assistant, by: Principal = PROPOSER) -> Desk:
    """A desk for work that nobody asked a question for."""
    knowledge = assistant.knowledge()
    context = knowledge.context("", by, assistant.door, lambda _: None, uuid.uuid4().hex, "cli")
    context.desk.review = ReviewDesk(assistant.settings.state, assistant.clock)
    return context.desk


def recommended(assistant: Assistant) -> Recommendations:
    """The recommendations of what is served. Raises MissingDataError (exit 4) when there is nothing to act on."""
    found = recommendations(desk_of(assistant))
    if isinstance(found, Refusal):
        raise MissingDataError(found.reason, where="actions", next_step="Build a warehouse with digital failures.")
    return found


def propose(assistant: Assistant) -> Sequence[Proposal]:
    """Put today's recommendations before the reviewers; what is decided stays decided."""
    found = recommended(assistant)
    with closing(Proposals(assistant.settings.state / FILE)) as store:
        store.propose(documents(found), found.desk.snapshot, found.desk.as_of, assistant.clock())
        return store.all()


def decide(
    assistant: Assistant,
    decision: str,
    proposals: Sequence[str],
    by: Principal,
    *,
    reason: str = "",
    edits: Mapping[str, Any] | None = None,
    duplicate_of: str = "",
    go_live: str = "",
    version: int | None = None,
    preview: bool = False,
    source: str = "",
) -> list[Proposal]:
    """What a button does: `tools.actions.deciding.decide` on the served data, at the assistant's time, audited.

    Says what is proposed by its id; a name that the recommendations of today list is put before the reviewers
    first. Raises DeniedError and UsageError as that function does.
    """
    require_reviewer(by)
    settings, knowledge = assistant.settings, assistant.knowledge()
    with closing(Proposals(settings.state / FILE)) as store:
        known = {str(proposal.document.get("title")) for proposal in store.all()}
        known |= {name for proposal in store.all() for name in (proposal.id, proposal.key)}
    if any(name not in known for name in proposals):
        found = recommendations(desk_of(assistant))
        if not isinstance(found, Refusal):
            with closing(Proposals(settings.state / FILE)) as store:
                store.propose(
                    documents_of(found, proposals), found.desk.snapshot, found.desk.as_of, assistant.clock()
                )
    return decided(
        settings.state, decision, proposals, by, assistant.clock(), reason=reason, edits=edits,
        duplicate_of=duplicate_of, go_live=go_live, days=Days(knowledge.first_day, knowledge.as_of),
        version=version, preview=preview, audit=assistant.audit, source=source,
    )  # fmt: skip


def measure(assistant: Assistant, by: Principal) -> list[dict[str, Any]]:
    """Measure every live action and every past fix inside the data, and keep the results for scoring and ledger.

    One entry a subject: its name with the result, or the reason why there is none yet. `by` decides on proposals.
    """
    desk, told = desk_of(assistant, by), []
    with closing(Proposals(assistant.settings.state / FILE)) as store:
        store.bring_live(assistant.clock())
        proposals = {proposal.id for proposal in store.all()}
        for subject in subjects(desk):
            found = estimated(subject, desk)
            if isinstance(found, Refusal):
                told.append({"name": subject.name, "verdict": found.code, "reason": found.reason})
                continue
            result = result_of(subject, found)
            if subject.source in proposals:
                store.decide(subject.source, Verdict("measure", result=result), by, assistant.clock())
            else:
                store.keep_measurement(subject.source, result, desk.snapshot, assistant.clock())
            told.append({"name": subject.name, **result})
    return told
