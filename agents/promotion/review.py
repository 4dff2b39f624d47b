"""Proposing and reviewing verified queries: who may do what, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agents.promotion.checks import Check, blocking, check_proposal
from agents.promotion.drafting import drafted, name_for, with_changes
from agents.promotion.files import file_entry, model_with
from agents.promotion.freshness import fingerprint, is_stale
from agents.promotion.store import FILE, Happened, PromotionStore, Proposal
from agents.promotion.wording import personal_in
from agents.reviews import require_reviewer
from semantic.loader import load_reviewed
from semantic.model import SemanticModel
from semantic.overlay import overlay_folder
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant

Standing = Literal["served", "needs review", "proposed", "rejected", "retired"]
NOT_HERE = "Another company's verified queries stand in its model folder: write it there."


@dataclass(frozen=True)
class Listed:
    """A line of the list: a packaged or promoted query, or a proposal that is none yet."""

    name: str
    title: str
    owner: str
    standing: Standing
    source: Literal["model", "promoted"]
    checked: str = ""
    proposal: Proposal | None = None
    why: str = ""


class Promotion:
    """Proposals of one deployment. `overlay` is the folder of accepted entries that the model is loaded with."""

    def __init__(self, assistant: Assistant) -> None:
        if not assistant.learning.reviewed:
            raise UsageError(NOT_HERE, where="verified", next_step="See docs/semantic-model.md.")
        self._assistant = assistant
        self.overlay: Path = overlay_folder(assistant.settings)
        self.store = PromotionStore(assistant.settings.state / FILE)
        self.settle()

    def propose(
        self, answer_id: str, title: str, owner: str, by: Principal, *, any_reader: bool = False
    ) -> Proposal:
        """Propose one's own answer, or with `any_reader` anybody's. Raises UsageError when it cannot be."""
        kept = self._assistant.answers.kept(answer_id, None if any_reader else by)
        for text in (title, owner):
            self._require_text(text)
        entry = drafted(kept, self._assistant.knowledge(), title, owner)
        name = name_for(title)
        self._require_free(name)
        model_with(name, entry, self.overlay)
        made = self.store.propose(name, entry, answer_id, by, self._assistant.clock())
        self._audit("verified_proposed", made, by)
        return made

    def edit(self, proposal: Proposal, changes: Mapping[str, Any], by: Principal) -> Proposal:
        """Change title, owner, questions, parameters, note or follow-ups of what is proposed."""
        require_reviewer(by)
        entry = with_changes(proposal.document, changes)
        for text in (entry["title"], entry["owner"], *entry["questions"]):
            self._require_text(text)
        for text in (entry.get("note", ""), *entry.get("follow_ups", ())):
            self._require_nobody(text)
        model_with(proposal.name, entry, self.overlay)
        made = self.store.edit(proposal.id, proposal.revision, entry, by, self._assistant.clock())
        self._audit("verified_edited", made, by)
        return made

    def checks(self, proposal: Proposal, by: Principal) -> tuple[Check, ...]:
        """What stands for and against a proposal."""
        return check_proposal(proposal, self._assistant, self.overlay, by.user)

    def approve(self, proposal: Proposal, by: Principal) -> Proposal:
        """Make it a verified query, also again when the model has changed under it.

        Raises DeniedError for the proposer and for other roles, UsageError when a check stands against it.
        """
        require_reviewer(by)
        if proposal.proposed_by == by.user and not self._assistant.settings.review.own_approval:
            raise DeniedError(
                "Nobody approves what they have proposed.", code="own_proposal", where=proposal.name,
                next_step="Let another data engineer review it (or set review.own_approval).",
            )  # fmt: skip
        again = proposal.state == "approved" and self._needs_review(proposal)
        against = blocking(self.checks(proposal, by)) if again or proposal.state == "proposed" else ()
        if against:
            raise UsageError(
                "It cannot be approved: " + " ".join(f"{check.name}: no. {check.found}" for check in against),
                where=proposal.name, next_step="Edit the proposal or reject it.",
            )  # fmt: skip
        at = self._assistant.clock()
        entry = self._sealed(proposal, by, at.date().isoformat())
        made = self.store.decide(proposal.id, proposal.revision, "approved", by, at, document=entry, again=again)
        self._audit("verified_approved", made, by)
        self.settle()
        return self.store.find(made.id)

    def reject(self, proposal: Proposal, reason: str, by: Principal) -> Proposal:
        """Turn it down, with the reason."""
        require_reviewer(by)
        if not reason.strip():
            raise UsageError("A rejection needs its reason.", where="--reason", next_step="Say why.")
        self._require_nobody(reason)
        made = self.store.decide(
            proposal.id, proposal.revision, "rejected", by, self._assistant.clock(), reason=reason.strip()
        )
        self._audit("verified_rejected", made, by)
        return made

    def retire(self, proposal: Proposal, reason: str, by: Principal) -> Proposal:
        """Serve an approved query no longer. Raises UsageError for one that is not approved."""
        require_reviewer(by)
        self._require_nobody(reason)
        made = self.store.decide(
            proposal.id, proposal.revision, "retired", by, self._assistant.clock(), reason=reason.strip()
        )
        self._audit("verified_retired", made, by)
        self.settle()
        return self.store.find(made.id)

    def listed(self) -> list[Listed]:
        """Every verified query and proposal, what needs somebody first."""
        model, problem = self.model()
        lines = [_of_model(model, name) for name in model.verified_queries]
        known = {line.name: line for line in lines}
        for proposal in self.store.all():
            if proposal.state == "approved" and proposal.name in known:
                line = known[proposal.name]
                lines[lines.index(line)] = Listed(
                    line.name, line.title, line.owner, line.standing, "promoted", line.checked, proposal, line.why
                )
            else:
                lines.append(_of_proposal(proposal, problem))
        return sorted(lines, key=lambda line: _ORDER.index(line.standing))

    def story(self, proposal: Proposal) -> list[Happened]:
        """What happened to a proposal, oldest first."""
        return self.store.events(proposal.id)

    def model(self) -> tuple[SemanticModel, str]:
        """The model with all accepted entries, also those that need a review, and why some do not fit it."""
        return load_reviewed(None, self.overlay)

    def settle(self) -> None:
        """Bring the folder up to what was decided, if that was cut short."""
        for proposal in self.store.all():
            if not proposal.filed and proposal.state in ("approved", "retired"):
                file_entry(self.overlay, proposal)
                self.store.filed(proposal.id)

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()

    def _needs_review(self, proposal: Proposal) -> bool:
        model, _ = self.model()
        verified = model.verified_queries.get(proposal.name)
        return verified is None or is_stale(verified, model)

    def _sealed(self, proposal: Proposal, by: Principal, day: str) -> dict[str, Any]:
        """The entry as it is approved: by whom, when, from which answer, with the fingerprint of its plan."""
        model = model_with(proposal.name, proposal.document, self.overlay)
        promotion = {
            "answer": proposal.answer_id,
            "proposed_by": proposal.proposed_by,
            "proposed_at": proposal.proposed_at,
            "approved_by": by.user,
            "proposal": proposal.id,
        }
        plan = fingerprint(model.verified_queries[proposal.name], model)
        return {**proposal.document, "checked": day, "plan": plan, "promotion": promotion}

    def _require_text(self, text: str) -> None:
        """Raises UsageError for nothing, and for what may be personal data: it is not even kept as a proposal."""
        if not text.strip():
            raise UsageError(
                "A title, owner or question may not be empty.", where="verified", next_step="Say what it answers."
            )
        self._require_nobody(text)

    def _require_nobody(self, text: str) -> None:
        if why := personal_in(text, self._assistant.knowledge().planner) if text.strip() else "":
            raise UsageError(
                f"A text of the proposal holds {why}; nothing was kept.",
                where="verified",
                next_step="Say it without names, addresses and numbers of people.",
            )

    def _require_free(self, name: str) -> None:
        packaged = name in self.model()[0].verified_queries
        if packaged:
            raise UsageError(
                f"There is a verified query {name!r} already.", where="--title", next_step="Choose another title."
            )

    def _audit(self, event: str, proposal: Proposal, by: Principal) -> None:
        self._assistant.audit.append(
            {"event": event, "user": by.user, "role": by.role, "proposal": proposal.id, "name": proposal.name,
             "answer": proposal.answer_id}
        )  # fmt: skip


_ORDER: tuple[Standing, ...] = ("proposed", "needs review", "served", "rejected", "retired")
NEEDS_REVIEW = "The model has changed: it compiles to another plan than the one that was approved."


def _of_model(model: SemanticModel, name: str) -> Listed:
    verified = model.verified_queries[name]
    stale = is_stale(verified, model)
    return Listed(
        name, verified.title, verified.owner, "needs review" if stale else "served",
        "promoted" if verified.promotion else "model", verified.checked, None, NEEDS_REVIEW if stale else "",
    )  # fmt: skip


def _of_proposal(proposal: Proposal, problem: str) -> Listed:
    """A proposal that the model does not hold; an approved one does not fit it any more."""
    standing: Standing = "needs review" if proposal.state == "approved" else proposal.state
    why = (problem or "Its file is gone.") if proposal.state == "approved" else proposal.reason
    document = proposal.document
    return Listed(
        proposal.name, str(document.get("title", "")), str(document.get("owner", "")), standing, "promoted",
        str(document.get("checked", "")), proposal, why,
    )  # fmt: skip
