"""The commands about actions: what is proposed, the decisions on it, a quarter's plan, the model behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from warehouse.errors import DeniedError, UsageError

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from tools.actions.proposals import Event, Proposals
    from tools.actions.verdicts import Proposal, Verdict
    from warehouse.principal import Principal

actions_app = typer.Typer(help="Recommended actions and their review.", no_args_is_help=True)
ReasonOption = Annotated[str, typer.Option(help="Why; needed to reject, defer or mark as a duplicate.")]
SeenOption = Annotated[
    int | None,
    typer.Option("--version", help="The version that you looked at; refused when it has changed since."),
]
Ids = Annotated[list[str], typer.Argument(help="Ids as `actions list` shows them.")]


@actions_app.command("propose")
def propose_command(warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """Put what is recommended now before the reviewers; what is decided stays decided."""
    from agents.proposing import propose

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
    from tools.actions.verdicts import STATES

    known = next((one for one in STATES if one == state), None)
    if state and known is None:
        raise UsageError(
            f"There is no state {state!r}.", where="--state", next_step=f"One of: {', '.join(STATES)}."
        )
    with _store(role, only) as (store, _):
        _show_list(store.all(known), as_json=as_json)


@actions_app.command("show")
def show_command(
    proposal: Annotated[str, typer.Argument(help="An id, or how it begins.")],
    role: RoleOption = "executive",
    only: OnlyOption = None,
    as_json: JsonOption = False,
) -> None:
    """One proposal: what to change, what is expected and on what basis, and every decision on it."""
    with _store(role, only) as (store, _):
        found = store.find(proposal)
        events = store.events(found.id)
    if as_json:
        print_json(_document(found) | {"events": [event.__dict__ for event in events]})
        return
    _show_one(found, events)


@actions_app.command("review")
def review_command(
    decision: Annotated[str, typer.Argument(help="approve, reject, edit, defer, duplicate or reopen.")],
    proposals: Ids,
    reason: ReasonOption = "",
    change: Annotated[str | None, typer.Option(help="edit: the text of the action.")] = None,
    owner: Annotated[str | None, typer.Option(help="edit: who does it.")] = None,
    effort: Annotated[float | None, typer.Option(help="edit: working days.")] = None,
    weeks: Annotated[float | None, typer.Option(help="edit: weeks until it is felt.")] = None,
    version: SeenOption = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would become of them.")] = False,
    role: RoleOption = "executive",
    as_json: JsonOption = False,
) -> None:
    """Decide on proposals, as a product_owner; several at once are decided all or none."""
    from tools.actions.verdicts import Verdict

    given = {"change": change, "owner": owner, "effort_days": effort, "weeks": weeks}
    edits = {name: value for name, value in given.items() if value is not None}
    verdict = Verdict(_reviewing(decision), reason, edits, seen=version)
    _decide(proposals, verdict, role, preview=preview, as_json=as_json)


@actions_app.command("golive")
def golive_command(
    proposal: Annotated[str, typer.Argument(help="An approved proposal.")],
    day: Annotated[str, typer.Argument(help="The day it went or goes live, as 2026-11-02.")],
    version: SeenOption = None,
    role: RoleOption = "executive",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say when an approved action went live; its effect is measured from that day on."""
    from tools.actions.verdicts import Verdict

    chosen = _day(day)
    _require_in_data(chosen, warehouse)
    _decide([proposal], Verdict("golive", go_live=chosen, seen=version), role, preview=False, as_json=as_json)


@actions_app.command("undo")
def undo_command(
    proposal: Annotated[str, typer.Argument(help="An id.")],
    version: SeenOption = None,
    role: RoleOption = "executive",
    as_json: JsonOption = False,
) -> None:
    """Take the latest decision on a proposal back."""
    with _store(role, None) as (store, who):
        _show_list([store.undo(proposal, who, _now(), version)], as_json=as_json)


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
    role: RoleOption = "executive", warehouse: WarehouseOption = None, as_json: JsonOption = False
) -> None:
    """Measure what is live and what went live inside the data; the scoring learns from it. As a product_owner."""
    from agents.proposing import measure
    from tools.actions.verdicts import require_reviewer

    who = principal_of(role)
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

    with _store(role, None) as (store, _):
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


def impact_command(
    action: Annotated[str, typer.Argument(help="A live action or a past fix, or a part of its name.")] = "",
    role: RoleOption = "executive",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a fix brought since it went live, against what would have happened anyway."""
    from ui.asking import exit_code
    from ui.render import print_answer

    with _assistant(warehouse) as assistant:
        answer = assistant.impact(action, principal_of(role))
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        print_answer(answer, console())
    raise typer.Exit(exit_code(answer))


def _decide(names: list[str], verdict: Verdict, role: str, *, preview: bool, as_json: bool) -> None:
    with _store(role, None) as (store, who):
        found = store.decide_all(names, verdict, who, _now(), preview=preview)
    if preview and not as_json:
        typer.echo("Nothing is decided yet. It would become:")
    _show_list(found, as_json=as_json)


def _reviewing(decision: str) -> Any:
    from tools.actions.verdicts import DECISIONS

    known = [one for one in DECISIONS if one not in ("golive", "measure")]
    if decision not in known:
        raise UsageError(f"There is no decision {decision!r}.", next_step=f"One of: {', '.join(known)}.")
    return decision


@contextmanager
def _store(role: str, only: list[str] | None) -> Iterator[tuple[Proposals, Principal]]:
    """The review's file, and who looks at it. Raises DeniedError for whoever may see only a part of it."""
    from tools.actions.proposals import FILE, Proposals

    if only:
        raise DeniedError(
            "Proposals hold figures of the whole company: a view of a part of it cannot show them.",
            code="row_filter", where="--only", next_step="Ask for recommendations instead: they are of your part.",
        )  # fmt: skip
    who = principal_of(role)
    with closing(Proposals(load_settings().state / FILE)) as store:
        yield store, who


@contextmanager
def _assistant(warehouse: Path | None) -> Iterator[Assistant]:
    from agents.runtime import Assistant

    settings = load_settings()
    with closing(Assistant.open(settings, warehouse or settings.warehouse)) as assistant:
        yield assistant


def _now() -> datetime:
    return datetime.now(UTC)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date.", next_step="Write it as 2026-11-02.") from error


def _require_in_data(day: date, warehouse: Path | None) -> None:
    """Raises UsageError for a go-live before the data begins, or so far ahead that it must be a slip."""
    from warehouse.snapshots import current

    settings = load_settings()
    snapshot = current(warehouse or settings.warehouse)
    if day < snapshot.first_day:
        raise UsageError(
            f"{day} lies before the first day of data, {snapshot.first_day}: there is nothing to compare with.",
            where="go-live", next_step="Give a day within the data.",
        )  # fmt: skip
    if (day - max(snapshot.as_of, _now().date())).days > 366:
        raise UsageError(f"{day} lies more than a year ahead.", where="go-live", next_step="Check the year.")


def _document(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.id, "key": proposal.key, "state": proposal.state, "version": proposal.version,
        "created_at": proposal.created_at, "snapshot": proposal.snapshot, "as_of": proposal.as_of,
        "go_live": proposal.go_live, **proposal.now, "edited": sorted(proposal.edits),
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
        live = f", go-live {proposal.go_live}" if proposal.go_live else ""
        said = (
            f"{proposal.id}  {proposal.state}  {now['title']} ({now['owner']}, {now['effort_days']:g} days, "
            f"{_dollars(now['savings_per_year'])} a year{live}; version {proposal.version})"
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
