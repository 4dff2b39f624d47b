"""The commands about actions: what is proposed, the decisions on it, a quarter's plan, the model behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.acting import AsUserOption, acting
from ui.terminal import (
    JsonOption,
    OnlyOption,
    RoleOption,
    WarehouseOption,
    console,
    load_settings,
    principal_of,
    print_json,
)
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from agents.answer import Answer
    from agents.context import Context
    from agents.runtime import Assistant
    from tools.actions.deciding import Days
    from tools.actions.proposals import Event
    from tools.actions.verdicts import Proposal
    from tools.outcome import Outcome
    from warehouse.principal import Principal

actions_app = typer.Typer(help="Recommended actions and their review.", no_args_is_help=True)
ReasonOption = Annotated[str, typer.Option(help="Why; needed to reject or defer.")]
SeenOption = Annotated[
    int | None,
    typer.Option("--version", help="The version that you looked at; refused when it has changed since."),
]
Ids = Annotated[list[str], typer.Argument(help="Ids as `actions list` shows them.")]


@actions_app.command("propose")
def propose_command(
    role: RoleOption = "executive",
    as_user: AsUserOption = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put what is recommended now before the reviewers, as a product_owner; what is decided stays decided."""
    from agents.proposing import propose
    from tools.actions.verdicts import require_reviewer

    require_reviewer(acting(as_user, role))
    with _assistant(warehouse) as assistant:
        found = propose(assistant)
    _show_list(list(found), as_json=as_json)


@actions_app.command("list")
def list_command(
    state: Annotated[str, typer.Option(help="Only those proposed, approved, rejected, live and so on.")] = "",
    role: RoleOption = "executive",
    only: OnlyOption = None,
    as_json: JsonOption = False,
) -> None:
    """The proposals with their state, owner and expected savings."""
    from tools.actions.deciding import proposals_seen
    from tools.actions.verdicts import STATES

    known = next((one for one in STATES if one == state), None)
    if state and known is None:
        raise UsageError(
            f"There is no state {state!r}.", where="--state", next_step=f"One of: {', '.join(STATES)}."
        )
    state_folder = load_settings().state
    _show_list(proposals_seen(state_folder, _reader(role, only), _now(), known), as_json=as_json)


@actions_app.command("show")
def show_command(
    proposal: Annotated[str, typer.Argument(help="An id, or how it begins.")],
    role: RoleOption = "executive",
    only: OnlyOption = None,
    as_json: JsonOption = False,
) -> None:
    """One proposal: what to change, what is expected and on what basis, and every decision on it."""
    from tools.actions.deciding import proposal_seen

    found, events = proposal_seen(load_settings().state, _reader(role, only), _now(), proposal)
    from ui.tickets.store import tickets_of

    ticket = tickets_of(load_settings().state, _now).get(found.id)
    if as_json:
        told = {**ticket.kept.__dict__, "delivery": ticket.delivery} if ticket else None
        print_json(_document(found) | {"events": [event.__dict__ for event in events], "ticket": told})
        return
    _show_one(found, events)
    if ticket:
        from ui.cli_tickets import told as told_ticket

        console().print(f"  Ticket: {told_ticket(ticket)}", markup=False, highlight=False)


@actions_app.command("review")
def review_command(
    decision: Annotated[str, typer.Argument(help="approve, reject, edit, defer, duplicate or reopen.")],
    proposals: Ids,
    reason: ReasonOption = "",
    change: Annotated[str | None, typer.Option(help="edit: the text of the action.")] = None,
    owner: Annotated[str | None, typer.Option(help="edit: who does it.")] = None,
    effort: Annotated[float | None, typer.Option(help="edit: working days.")] = None,
    weeks: Annotated[float | None, typer.Option(help="edit: weeks until it is felt.")] = None,
    of: Annotated[str, typer.Option("--of", help="duplicate: the proposal that it repeats.")] = "",
    version: SeenOption = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would become of them.")] = False,
    role: RoleOption = "executive",
    as_user: AsUserOption = "",
    as_json: JsonOption = False,
) -> None:
    """Decide on proposals, as a product_owner; several at once are decided all or none."""
    if decision == "golive":
        raise UsageError(
            "A go-live has a command of its own.", next_step="`command-center actions golive ID DAY`."
        )
    given = {"change": change, "owner": owner, "effort_days": effort, "weeks": weeks}
    edits = {name: value for name, value in given.items() if value is not None}
    from tools.actions.deciding import decide
    from warehouse.audit import AuditLog

    who, settings = acting(as_user, role), load_settings()
    with closing(AuditLog.of(settings)) as audit:
        found = decide(
            settings.state, decision, proposals, who, _now(), reason=reason, edits=edits, duplicate_of=of,
            version=version, preview=preview, audit=audit, source="cli",
        )  # fmt: skip
    if preview and not as_json:
        typer.echo("Nothing is decided yet. It would become:")
    _show_list(found, as_json=as_json)


@actions_app.command("golive")
def golive_command(
    proposal: Annotated[str, typer.Argument(help="An approved proposal.")],
    day: Annotated[str, typer.Argument(help="The day it went or goes live, as 2026-11-02.")],
    version: SeenOption = None,
    role: RoleOption = "executive",
    as_user: AsUserOption = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say when an approved action went live; its effect is measured from that day on."""
    from tools.actions.deciding import decide
    from warehouse.audit import AuditLog

    who, settings = acting(as_user, role), load_settings()
    with closing(AuditLog.of(settings)) as audit:
        found = decide(
            settings.state, "golive", [proposal], who, _now(), go_live=day, days=_days(warehouse), version=version,
            audit=audit, source="cli",
        )  # fmt: skip
    _show_list(found, as_json=as_json)


@actions_app.command("undo")
def undo_command(
    proposals: Ids,
    version: SeenOption = None,
    role: RoleOption = "executive",
    as_user: AsUserOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take the latest decision on each proposal back."""
    from tools.actions.deciding import UNDO, decide
    from warehouse.audit import AuditLog

    who, settings = acting(as_user, role), load_settings()
    with closing(AuditLog.of(settings)) as audit:
        found = decide(settings.state, UNDO, proposals, who, _now(), version=version, audit=audit, source="cli")
    _show_list(found, as_json=as_json)


@actions_app.command("train")
def train_command(warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """Fit the scoring model to the history of fixes again and print its card."""
    from agents.proposing import recommended
    from tools.actions.model_card import card, told

    with _assistant(warehouse) as assistant:
        found = card(recommended(assistant))
    if as_json:
        print_json(found)
        return
    console().print("\n".join(told(found)), markup=False, highlight=False)


@actions_app.command("plan")
def plan_command(
    sprints: Annotated[
        float | None, typer.Option(help="Sprints of work in all (default: the playbook's).")
    ] = None,
    budget: Annotated[float | None, typer.Option(help="Dollars in all (default: the playbook's).")] = None,
    owner_days: Annotated[
        list[str] | None, typer.Option("--owner-days", help="Such as 'Contact Center=10'.")
    ] = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """The set of actions that saves the most within what there is to spend, and why in that order."""
    from agents.proposing import recommended
    from tools.actions.planned import planned, told

    with _assistant(warehouse) as assistant:
        found = planned(recommended(assistant), sprints, budget, owner_days or [])
    if as_json:
        print_json(found)
        return
    console().print("\n".join(told(found)), markup=False, highlight=False)


@actions_app.command("measure")
def measure_command(
    role: RoleOption = "executive",
    as_user: AsUserOption = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what is live and what went live inside the data; the scoring learns from it. As a product_owner."""
    from agents.proposing import measure
    from tools.actions.verdicts import require_reviewer

    who = acting(as_user, role)
    require_reviewer(who)
    with _assistant(warehouse) as assistant:
        found = measure(assistant, who)
    if as_json:
        print_json(found)
        return
    for one in found:
        told = one.get("reason") or (
            f"{one['name']}: {one['verdict']}; change {one['effect']:.1%} (95% interval {one['effect_low']:.1%} "
            f"to {one['effect_high']:.1%}), {one['weeks_after']} weeks until {one['until']}."
        )
        console().print(told, markup=False, highlight=False)
    if not found:
        typer.echo("Nothing is live, and no past fix went live inside the data.")


@actions_app.command("ledger")
def ledger_command(role: RoleOption = "executive", as_json: JsonOption = False) -> None:
    """What was expected of measured actions, and what came."""
    from tools.actions.ledger import ledger
    from tools.actions.proposals import FILE, Proposals

    principal_of(role)
    with closing(Proposals(load_settings().state / FILE)) as store:
        rows = ledger(store)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        inside = "inside" if row["inside_forecast"] else "outside"
        told = (
            f"{row['id']}  {row['title']}: {row['verdict']}; expected {row['expected_reduction']:.1%}, realised "
            f"{row['realised_reduction']:.1%} ({row['realised_low']:.1%} to {row['realised_high']:.1%}), {inside} "
            f"the forecast; {_dollars(row['realised_savings_per_year'])} of "
            f"{_dollars(row['expected_savings_per_year'])} a year"
        )
        console().print(told, markup=False, highlight=False)
    if not rows:
        typer.echo("Nothing has been measured yet. `command-center actions measure` does, once an action is live.")


@actions_app.command("split")
def split_command(
    metric: Annotated[str, typer.Argument(help="A count, rate, duration or cost, such as leakage_rate.")],
    by: Annotated[str, typer.Option("--by", help="The dimension that splits, such as plan_type.")],
    treated: Annotated[str, typer.Option(help="Its value that has the fix.")],
    since: Annotated[str, typer.Option(help="The day it got the fix, as 2026-10-02.")],
    control: Annotated[
        list[str] | None, typer.Option(help="Its value that has not; several are pooled. Default: all the others.")
    ] = None,
    role: RoleOption = "executive",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """A/B reading of a fix that only one group has: before and since, against those without it."""
    from tools.actions.ab_test import Fix, split_answer
    from tools.actions.deciding import go_live_day
    from tools.actions.split import Split
    from tools.periods import day_in_words

    def read(context: Context) -> Outcome:
        desk = context.desk
        start = go_live_day(since, _days(warehouse), desk.as_of)
        others = control or [value for value in desk.values.values(by) if value != treated]
        return split_answer(Split(metric, by, treated, tuple(others), start), desk, Fix("", day_in_words(start)))

    question = f"What does the split of {metric} by {by} since {since} show: {treated} against the others?"
    with _assistant(warehouse) as assistant:
        answer = assistant.direct(question, principal_of(role), read, "next_best_action", "cli")
    _finish(answer, as_json=as_json)


def impact_command(
    action: Annotated[str, typer.Argument(help="A live action or a past fix, or a part of its name.")] = "",
    split: Annotated[bool, typer.Option("--split", help="Its A/B test: against those without it.")] = False,
    role: RoleOption = "executive",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a fix brought since it went live, against what would have happened anyway."""
    with _assistant(warehouse) as assistant:
        answer = assistant.impact(action, principal_of(role), split=split)
    _finish(answer, as_json=as_json)


def _finish(answer: Answer, *, as_json: bool) -> None:
    """Print an answer and leave with its exit code."""
    from ui.asking import exit_code
    from ui.render import print_answer

    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        print_answer(answer, console())
    raise typer.Exit(exit_code(answer))


def _reader(role: str, only: list[str] | None) -> Principal:
    """Who looks. The row filters need not be read: whoever has one sees no proposal."""
    who = principal_of(role)
    return replace(who, attributes=dict(entry.partition("=")[::2] for entry in only)) if only else who


@contextmanager
def _assistant(warehouse: Path | None) -> Iterator[Assistant]:
    from agents.runtime import Assistant

    settings = load_settings()
    with closing(Assistant.open(settings, warehouse or settings.warehouse)) as assistant:
        yield assistant


def _now() -> datetime:
    return datetime.now(UTC)


def _days(warehouse: Path | None) -> Days:
    """The days of the served data."""
    from tools.actions.deciding import Days
    from warehouse.snapshots import current

    snapshot = current(warehouse or load_settings().warehouse)
    return Days(snapshot.first_day, snapshot.as_of)


def _document(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.id, "key": proposal.key, "state": proposal.state, "version": proposal.version,
        "created_at": proposal.created_at, "snapshot": proposal.snapshot, "as_of": proposal.as_of,
        "go_live": proposal.go_live, "duplicate_of": proposal.duplicate_of, **proposal.now,
        "edited": sorted(proposal.edits),
        "expected_at_approval": proposal.frozen, "result": proposal.result,
    }  # fmt: skip


def _show_list(found: list[Proposal], *, as_json: bool) -> None:
    if as_json:
        print_json([_document(proposal) for proposal in found])
        return
    if not found:
        typer.echo("There are no proposals here. `command-center actions propose` makes them.")
        return
    for proposal in found:
        now = proposal.now
        repeats = f", of {proposal.duplicate_of}" if proposal.duplicate_of else ""
        live = f", go-live {proposal.go_live}" if proposal.go_live else ""
        said = (
            f"{proposal.id}  {proposal.state}  {now['title']} ({now['owner']}, {now['effort_days']:g} days, "
            f"{_dollars(now['savings_per_year'])} a year{live}{repeats}; version {proposal.version})"
        )
        console().print(said, markup=False, highlight=False)


def _show_one(proposal: Proposal, events: list[Event]) -> None:
    from tools.actions.verdicts import PAST

    now, shown = proposal.now, console()
    interval = f"{now['interval']:.0%} range {_dollars(now['savings_low'])} to {_dollars(now['savings_high'])}"
    lines = [
        f"{proposal.id} (version {proposal.version}, {proposal.state}): {now['title']}",
        f"  {now['change']}",
        f"  Owner: {now['owner']}; lever: {now['lever']}; {now['effort_days']:g} days, felt after "
        f"{now['weeks']:g} weeks; cost {_dollars(now['cost'])}.",
        f"  Expected: {now['reduction']:.1%} of {now['calls_per_day']:,.0f} calls a day, "
        f"{_dollars(now['savings_per_year'])} a year ({interval}).",
        f"  Basis: {_basis(now)} CX score {now['cx_score']} of 5: {now['cx_basis']}",
    ]
    if proposal.go_live:
        lines.append(f"  Go-live: {proposal.go_live}.")
    if proposal.duplicate_of:
        lines.append(f"  A duplicate of {proposal.duplicate_of}.")
    for event in events:
        undone = " (taken back)" if event.undone else ""
        why = f": {event.reason}" if event.reason else ""
        who = f" by {event.user} ({event.role})" if event.user else ""
        lines.append(f"  {event.at} {PAST.get(event.action, event.action)}{who}{why}{undone}")
        lines += [f"    {name}: {old} -> {new}" for name, (old, new) in sorted(event.diff.items())]
    shown.print("\n".join(lines), markup=False, highlight=False)


def _basis(now: dict[str, Any]) -> str:
    if now["past_fixes"]:
        return f"{now['past_fixes']} past fixes of this lever, and the playbook."
    return "the playbook's own assumption; there are no past fixes of this lever."


def _dollars(value: float) -> str:
    return f"-${-value:,.0f}" if value < 0 else f"${value:,.0f}"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(actions_app, name="actions")
    app.command("impact")(impact_command)
