"""What a review may decide: states, decisions, who decides, and what each decision makes of a proposal.

proposed -> approved | rejected | deferred | duplicate      deferred -> proposed, or as proposed
approved -> live (go-live) -> measured                      rejected, duplicate -> proposed
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal, Role

State = Literal["proposed", "approved", "rejected", "deferred", "duplicate", "live", "measured"]
Decision = Literal["approve", "reject", "edit", "defer", "duplicate", "reopen", "golive", "measure"]
STATES: tuple[State, ...] = get_args(State)
DECISIONS: tuple[Decision, ...] = get_args(Decision)
REVIEWER: Role = "product_owner"
READERS: tuple[Role, ...] = ("executive", "product_owner", "analyst", "ml_engineer")
PROPOSER_NAME = "next-best-action"
EDITABLE = ("change", "owner", "effort_days", "weeks")
REASONED = ("reject", "defer")
MOST_CHARACTERS = 500  # of a reason, and of a text that an edit sets
LEAST_LETTERS = 2
_MARKUP = re.compile(r"<\s*[/!?]?\s*[a-z]|\]\s*\(|javascript:", re.IGNORECASE)
_OPEN: tuple[Decision, ...] = ("approve", "reject", "edit", "defer", "duplicate")
ALLOWED: dict[State, tuple[Decision, ...]] = {
    "proposed": _OPEN,
    "deferred": (*_OPEN, "reopen"),
    "approved": ("edit", "golive", "reject", "defer"),
    "live": ("golive", "measure"),
    "measured": ("measure",),
    "rejected": ("reopen",),
    "duplicate": ("reopen",),
}
AFTER: dict[Decision, State | None] = {
    "approve": "approved", "reject": "rejected", "edit": None, "defer": "deferred", "duplicate": "duplicate",
    "reopen": "proposed", "golive": "live", "measure": "measured",
}  # fmt: skip
PAST = {
    "propose": "proposed", "approve": "approved", "reject": "rejected", "edit": "edited", "defer": "deferred",
    "duplicate": "marked as a duplicate", "reopen": "opened again", "golive": "set live", "measure": "measured",
    "undo": "put back",
}  # fmt: skip
MOVED = ("state", "edits", "go_live", "frozen", "result", "duplicate_of")


@dataclass(frozen=True)
class Proposal:
    """One proposal. `document` is what the model proposed, `edits` what a reviewer changed of it.

    `frozen` is the expected effect as it was at approval, `result` what was measured; `go_live` an ISO day or "";
    `duplicate_of` the id of the proposal that it repeats, or "".
    """

    id: str
    key: str
    created_at: str
    snapshot: str
    as_of: str
    state: State
    version: int
    document: Mapping[str, Any]
    edits: Mapping[str, Any]
    go_live: str
    frozen: Mapping[str, Any]
    result: Mapping[str, Any]
    duplicate_of: str = ""

    @property
    def now(self) -> dict[str, Any]:
        """The proposal as it stands: the model's with the reviewer's edits."""
        return {**self.document, **self.edits}


@dataclass(frozen=True)
class Verdict:
    """A decision to be made. `seen` is the version that the reviewer saw, None to take it as it stands.

    `duplicate_of` is the id of the proposal that this one repeats.
    """

    decision: Decision
    reason: str = ""
    edits: Mapping[str, Any] | None = None
    go_live: date | None = None
    result: Mapping[str, Any] | None = None
    seen: int | None = None
    duplicate_of: str = ""


def require_reviewer(by: Principal) -> None:
    """Raises DeniedError for whoever may not decide: any other role, and the name that proposals are made in."""
    if by.user == PROPOSER_NAME:
        raise DeniedError(
            "What Next-Best-Action proposes is decided by a person, never in its own name.",
            code="review_proposer",
            where="actions",
            next_step="Sign in as somebody else.",
        )
    if by.role != REVIEWER:
        raise DeniedError(
            f"Proposals are decided by a {REVIEWER}, not in the role {by.role}.",
            code="review_role",
            where="actions",
            next_step=f"Ask a {REVIEWER.replace('_', ' ')}, or sign in as one.",
        )


def require_reader(by: Principal) -> None:
    """Raises DeniedError for a role that does not see proposals, and for whoever sees only a part."""
    if by.role not in READERS:
        raise DeniedError(
            f"Proposals are not shown to a {by.role.replace('_', ' ')}.",
            code="review_role",
            where="actions",
            next_step="Ask a product owner, or ask for figures instead.",
        )
    require_whole_company(by)


def require_whole_company(by: Principal) -> None:
    """Raises DeniedError for whoever sees only a part of the company: proposals hold figures of all of it."""
    if by.attributes:
        raise DeniedError(
            "Proposals hold figures of the whole company: a view of a part of it cannot open or decide them.",
            code="row_filter",
            where="actions",
            next_step="Ask for recommendations instead: they are of your part.",
        )


def require_allowed(proposal: Proposal, verdict: Verdict) -> None:
    """Raises UsageError for a decision that the proposal's state or the verdict itself does not allow."""
    known = ALLOWED[proposal.state]
    if verdict.decision not in known:
        could = ", ".join(known)
        raise UsageError(
            f"The proposal {proposal.id} is {proposal.state}: it cannot be {PAST[verdict.decision]}.",
            where="actions",
            next_step=f"What can be done: {could}; or undo the latest decision.",
        )
    if verdict.decision in REASONED and not verdict.reason.strip():
        raise UsageError(
            f"To {verdict.decision} a proposal needs a reason.",
            where="reason",
            next_step="Say why, in a few words.",
        )
    if verdict.reason.strip():
        plain_text(verdict.reason, "The reason")
    if verdict.decision == "duplicate" and not verdict.duplicate_of:
        raise UsageError(
            "A duplicate needs the proposal that it repeats.",
            where="duplicate_of",
            next_step="Name it by its id, as `command-center actions list` shows it.",
        )


def require_original(original: Proposal, repeated: Proposal) -> None:
    """Raises UsageError where a proposal cannot be what another one repeats."""
    if original.id == repeated.id:
        raise UsageError(
            f"The proposal {repeated.id} cannot be a duplicate of itself.",
            where="duplicate_of",
            next_step="Name another.",
        )
    if original.state == "duplicate":
        raise UsageError(
            f"The proposal {original.id} is itself a duplicate of {original.duplicate_of}.",
            where="duplicate_of",
            next_step=f"Name {original.duplicate_of}.",
        )


def moved(proposal: Proposal, verdict: Verdict, at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the proposal's changing columns become, and the difference that an edit makes. Raises UsageError."""
    after = {name: getattr(proposal, name) for name in MOVED}
    after["state"] = AFTER[verdict.decision] or proposal.state
    diff: dict[str, Any] = {}
    if verdict.decision == "edit":
        edits = checked_edits(verdict.edits or {})
        diff = {name: [proposal.now.get(name), value] for name, value in edits.items()}
        diff = {name: pair for name, pair in diff.items() if pair[0] != pair[1]}
        if not diff:
            raise UsageError("Nothing is changed by this edit.", where="actions", next_step="Change something.")
        after["edits"] = {**proposal.edits, **edits}
    elif verdict.decision == "approve":
        after["frozen"] = {**proposal.document, "snapshot": proposal.snapshot, "as_of": proposal.as_of}
    elif verdict.decision in ("duplicate", "reopen"):
        after["duplicate_of"] = verdict.duplicate_of if verdict.decision == "duplicate" else ""
    elif verdict.decision == "golive":
        after["go_live"] = verdict.go_live.isoformat() if verdict.go_live else ""
        if verdict.go_live and verdict.go_live > at.date():
            after["state"] = proposal.state  # announced; it is live from that day on
    elif verdict.decision == "measure":
        after["result"] = dict(verdict.result or {})
    return after, diff


def plain_text(text: str, what: str) -> str:
    """A reviewer's text on one line. Raises UsageError for one that is empty, too long or no plain text."""
    said = " ".join(text.split())
    if not said:
        raise UsageError(f"{what} would be empty.", where="actions", next_step="Write what it should say.")
    if len(said) > MOST_CHARACTERS:
        raise UsageError(
            f"{what} has {len(said):,} characters; {MOST_CHARACTERS} is the most.",
            where="actions",
            next_step="Say it shorter; nothing was cut off and nothing is changed.",
        )
    if _MARKUP.search(said) or not said.isprintable():
        raise UsageError(
            f"{what} holds markup or control characters.", where="actions", next_step="Write it as plain text."
        )
    if sum(letter.isalpha() for letter in said) < LEAST_LETTERS:
        raise UsageError(f"{what} says nothing.", where="actions", next_step="Write it in words.")
    return said


def checked_edits(edits: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a reviewer may change, with values that make sense. Raises UsageError."""
    found: dict[str, Any] = {}
    for name, value in edits.items():
        if name not in EDITABLE:
            raise UsageError(
                f"{name!r} cannot be edited.", where="actions", next_step=f"What can be: {', '.join(EDITABLE)}."
            )
        if name in ("change", "owner"):
            found[name] = plain_text(str(value), f"The {name}")
        elif not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1000:
            raise UsageError(
                f"{name} must be above 0 and at most 1000, not {value}.", where="actions", next_step="Correct it."
            )
        else:
            found[name] = float(value)
    return found
