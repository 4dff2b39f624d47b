"""Next-Best-Action's proposals: the recommendations of a snapshot, put before the product owners."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.actions.proposals import FILE, Proposals
from tools.actions.proposing import documents
from tools.actions.recommendations import Recommendations, recommendations
from tools.actions.verdicts import Proposal
from tools.outcome import Refusal
from warehouse.errors import MissingDataError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant

PROPOSER = Principal(user="next-best-action", role="product_owner")


def recommended(assistant: Assistant, question: str = "What should be done next?") -> Recommendations:
    """The recommendations of what is served. Raises MissingDataError (exit 4) when there is nothing to act on."""
    knowledge = assistant.knowledge()
    context = knowledge.context(question, PROPOSER, assistant.door, lambda _: None, uuid.uuid4().hex, "cli")
    found = recommendations(context.desk)
    if isinstance(found, Refusal):
        raise MissingDataError(found.reason, where="actions", next_step="Build a warehouse with digital failures.")
    return found


def propose(assistant: Assistant) -> Sequence[Proposal]:
    """Put today's recommendations before the reviewers; what is decided stays decided."""
    found = recommended(assistant)
    store = Proposals(assistant.settings.state / FILE)
    try:
        store.propose(documents(found), found.desk.snapshot, found.desk.as_of, assistant.clock())
        return store.all()
    finally:
        store.close()
