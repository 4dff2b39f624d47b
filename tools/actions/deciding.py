"""The one function behind every decision: buttons of chat and dashboard, the command line, a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from tools.actions.playbook import load_playbook
from tools.actions.proposals import FILE, Event, Proposals
from tools.actions.verdicts import (
    Decision,
    Proposal,
    State,
    Verdict,
    plain_text,
    require_reader,
    require_reviewer,
    require_whole_company,
)
from warehouse.audit import AuditLog
from warehouse.errors import UsageError
from warehouse.principal import Principal

UNDO = "undo"
BY_HAND: tuple[str, ...] = ("approve", "reject", "edit", "defer", "duplicate", "reopen", "golive", UNDO)
MOST_AHEAD = 366
NUMBERS = ("effort_days", "weeks")


@dataclass(frozen=True)
class Days:
    """The first and the last complete day of the served data: a go-live is held against them."""

    first: date
    last: date


def decide(
    state: Path,
    decision: str,
    proposals: Sequence[str],
    by: Principal,
    at: datetime,
    *,
    reason: str = "",
    edits: Mapping[str, Any] | None = None,
    duplicate_of: str = "",
    go_live: str = "",
    days: Days | None = None,
    version: int | None = None,
    preview: bool = False,
    audit: AuditLog | None = None,
    source: str = "",
) -> list[Proposal]:
    """Make one decision on proposals, all or none, and give them back as they stand then.

    `state` is the folder of operational state (`settings.state`); `decision` one of BY_HAND; `proposals` are ids,
    how they begin, keys or titles. `reason` is needed to reject and to defer, `duplicate_of` (a proposal) for
    duplicate, `edits` (change, owner, effort_days, weeks; numbers may be text) for edit, `go_live` (ISO day) with
    `days` for golive. `version` is the one that was looked at: with it the second of two reviewers is refused.
    With `preview` nothing is kept. `audit` is the trail that tells of it, `source` (chat, dashboard, cli) where it
    was made; what cannot be recorded is not decided. Raises DeniedError (exit 3) for whoever may not decide,
    UsageError (exit 2) with what to correct; then nothing is changed.
    """
    require_reviewer(by)
    require_whole_company(by)

    def recorded(found: Sequence[Proposal]) -> None:
        if audit is not None:
            audit.append(_record(decision, found, by, reason, source, audit))

    if not proposals:
        raise UsageError("No proposal is named.", where="actions", next_step="Name at least one by its id.")
    with closing(Proposals(state / FILE)) as store:
        store.bring_live(at)
        if decision == UNDO:
            return store.undo_all(proposals, by, at, version, preview=preview, recorded=recorded)
        verdict = Verdict(
            _known(decision),
            reason,
            _plain_edits(edits) if decision == "edit" else None,
            go_live_day(go_live, days, at.date()) if decision == "golive" else None,
            seen=version,
            duplicate_of=duplicate_of,
        )
        return store.decide_all(proposals, verdict, by, at, preview=preview, recorded=recorded)


def _record(
    decision: str, found: Sequence[Proposal], by: Principal, reason: str, source: str, audit: AuditLog
) -> dict[str, Any]:
    """What the audit trail keeps of a decision: who, what, on which proposals, how they stand, why."""
    return {
        "event": "decided",
        "user": by.user,
        "role": by.role,
        "decision": decision,
        "proposals": {one.id: one.state for one in found},
        "reason": audit.spoken(reason.strip()),
        "source": source,
    }


def proposals_seen(state: Path, by: Principal, at: datetime, only: State | None = None) -> list[Proposal]:
    """The proposals, those that save the most first. Raises DeniedError for whoever may not see them."""
    require_reader(by)
    with closing(Proposals(state / FILE)) as store:
        store.bring_live(at)
        return store.all(only)


def proposal_seen(state: Path, by: Principal, at: datetime, name: str) -> tuple[Proposal, list[Event]]:
    """One proposal with every decision on it, oldest first. Raises DeniedError and UsageError."""
    require_reader(by)
    with closing(Proposals(state / FILE)) as store:
        store.bring_live(at)
        found = store.find(name)
        return found, store.events(found.id)


def go_live_day(text: str, days: Days | None, today: date) -> date:
    """The day, within the data or at most a year ahead of it. Raises UsageError."""
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError as error:
        what = f"{text[:40]!r} is not a date." if text.strip() else "The day it goes live is missing."
        raise UsageError(what, where="go-live", next_step="Write it as 2026-11-02.") from error
    if days is not None and day < days.first:
        raise UsageError(
            f"{day} lies before the first day of data, {days.first}: there is nothing to compare with.",
            where="go-live",
            next_step="Give a day within the data.",
        )
    if (day - max(days.last if days else today, today)).days > MOST_AHEAD:
        raise UsageError(f"{day} lies more than a year ahead.", where="go-live", next_step="Check the year.")
    return day


def _known(decision: str) -> Decision:
    for one in get_args(Decision):
        if one == decision and decision in BY_HAND:
            known: Decision = one
            return known
    raise UsageError(f"There is no decision {decision[:40]!r}.", next_step=f"One of: {', '.join(BY_HAND)}.")


def _plain_edits(edits: Mapping[str, Any] | None) -> dict[str, Any]:
    """The edits as they are kept: numbers for those typed as text, an owner as the playbook writes it.

    Raises UsageError for what is no number, and for an owner that nobody knows.
    """
    found = dict(edits or {})
    if "owner" in found:
        found["owner"] = _owner(str(found["owner"]))
    for name in NUMBERS:
        if isinstance(found.get(name), str):
            try:
                found[name] = float(found[name])
            except ValueError as error:
                raise UsageError(
                    f"{name} is a number, not {found[name][:20]!r}.", where="actions", next_step="Correct it."
                ) from error
    return found


def _owner(text: str) -> str:
    """An owner that work can go to: plans, capacities and tickets know no others. Raises UsageError."""
    name = plain_text(text, "The owner")
    known = load_playbook().owners
    for one in known:
        if one.lower() == name.lower():
            return one
    raise UsageError(
        f"There is no owner {name[:40]!r}.",
        where="owner",
        next_step=f"One of: {', '.join(known)}; the playbook is where another one is added.",
    )
