"""The commands about verified queries: which there are, proposing an answer, the data owner's review."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.acting import acting
from ui.cli_replay import whole_id
from ui.terminal import (
    JsonOption,
    RoleOption,
    WarehouseOption,
    console,
    load_settings,
    print_json,
)
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from agents.promotion.checks import Check
    from agents.promotion.review import Listed, Promotion
    from agents.promotion.store import Proposal
    from agents.runtime import Assistant
    from semantic.model import VerifiedQuery

verified_app = typer.Typer(help="Verified queries: questions that a data owner has checked.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(help="A verified query's name, or a proposal's id or how that begins.")]
AsUser = Annotated[
    str, typer.Option("--as", help="Who it is: the name of an account, with its role (default: you, by --role).")
]
Reason = Annotated[str, typer.Option(help="Why: kept with the decision.")]


@verified_app.command("list")
def list_verified(warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """Every verified query and proposal: what awaits a review first, then what is served, what is not any more."""
    with _promotion(warehouse) as (_, promotion):
        lines = promotion.listed()
    if as_json:
        print_json([_line(line) for line in lines])
        return
    from rich.table import Column, Table
    from rich.text import Text

    columns = ("standing", "name", "title", "checked", "proposal")
    table = Table(*(Column(name, overflow="fold", no_wrap=name in ("checked", "proposal")) for name in columns))
    for line in lines:
        proposal = line.proposal.id if line.proposal else ""
        cells = (line.standing, line.name, line.title, line.checked, proposal)
        table.add_row(*(Text(cell) for cell in cells))
    console().print(table)
    for line in lines:
        if line.why and line.standing == "needs review":
            console().print(f"{line.name}: {line.why}", markup=False, highlight=False, style="yellow")


@verified_app.command("show")
def show(name: Which, warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """One verified query or proposal: its questions, query, parameters, and what happened to it."""
    with _promotion(warehouse) as (_, promotion):
        document = _document(name, promotion)
    if as_json:
        print_json(document)
        return
    import yaml

    events = document.pop("events")
    shown = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    console().print(shown.rstrip(), markup=False, highlight=False)
    for event in events:
        said = f"{event['at']}  {event['user']} ({event['role']}) {event['action']}  {_said(event['detail'])}"
        console().print(said.rstrip(), markup=False, highlight=False, style="dim")


@verified_app.command("propose")
def propose(
    answer_id: Annotated[str, typer.Argument(help="A stored answer's id, or how it begins.")],
    title: Annotated[str, typer.Option(help="What it answers, in a few words.")],
    owner: Annotated[str, typer.Option(help="The team that answers for it.")],
    role: RoleOption = "executive",
    as_user: AsUser = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose a good answer as a verified query. Anybody may; a data engineer reviews it."""
    with _promotion(warehouse) as (assistant, promotion):
        by = acting(as_user, role)
        whole = whole_id(answer_id, assistant.answers)
        made = promotion.propose(whole, title, owner, by, any_reader=True)
        document = asdict(made)
    if as_json:
        print_json(document)
        return
    console().print(
        f"Proposed as {made.name} (proposal {made.id}). A data engineer reviews it: "
        f"command-center verified review {made.id}",
        markup=False, highlight=False,
    )  # fmt: skip


@verified_app.command("review")
def review(
    name: Which,
    approve: Annotated[bool, typer.Option("--approve", help="Make it a verified query.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Turn it down; needs --reason.")] = False,
    reason: Reason = "",
    title: Annotated[str | None, typer.Option(help="Another title.")] = None,
    owner: Annotated[str | None, typer.Option(help="Another owner.")] = None,
    question: Annotated[
        list[str] | None, typer.Option(help="A wording; all of them, in place of those before.")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="YAML file with the parameters, in place of those.")
    ] = None,
    role: RoleOption = "data_engineer",
    as_user: AsUser = "",
    revision: Annotated[int | None, typer.Option(help="Only if it is still at this revision.")] = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a proposal, edit it, approve or reject it. Without an option: what stands for and against it."""
    if approve and reject:
        raise UsageError("Approve or reject, not both.", where="--approve", next_step="Give one of them.")
    with _promotion(warehouse) as (_, promotion):
        by = acting(as_user, role)
        proposal = promotion.store.find(name)
        if revision is not None:
            proposal = replace(proposal, revision=revision)
        changes = {"title": title, "owner": owner, "questions": question or None, "parameters": _yaml(parameters)}
        if any(value is not None for value in changes.values()):
            proposal = promotion.edit(proposal, changes, by)
        checks = promotion.checks(proposal, by) if not reject else ()
        if approve:
            proposal = promotion.approve(proposal, by)
        elif reject:
            proposal = promotion.reject(proposal, reason, by)
    if as_json:
        print_json({"proposal": asdict(proposal), "checks": [asdict(check) for check in checks]})
        return
    _print_review(proposal, checks)


@verified_app.command("retire")
def retire(
    name: Which, reason: Reason = "", role: RoleOption = "data_engineer", as_user: AsUser = "",
    warehouse: WarehouseOption = None,
) -> None:  # fmt: skip
    """Serve a promoted query no longer; its story is kept."""
    with _promotion(warehouse) as (_, promotion):
        made = promotion.retire(promotion.store.find(name), reason, acting(as_user, role))
    console().print(f"{made.name} is retired.", markup=False, highlight=False)


@contextmanager
def _promotion(warehouse: Path | None) -> Iterator[tuple[Assistant, Promotion]]:
    from agents.promotion.review import Promotion
    from agents.runtime import Assistant

    settings = load_settings()
    opened = Assistant.open(settings, warehouse or settings.warehouse)
    with closing(opened) as assistant, closing(Promotion(assistant)) as promotion:
        yield assistant, promotion


def _yaml(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    import yaml

    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            "The parameters cannot be read.",
            where=str(file),
            next_step="Write YAML as in docs/verified-queries.md.",
        ) from error
    if not isinstance(loaded, dict):
        raise UsageError("The parameters are no mapping.", where=str(file), next_step="name: {type: ...}.")
    inner = loaded.get("parameters", loaded)
    return inner if isinstance(inner, dict) else {}


def _line(line: Listed) -> dict[str, Any]:
    proposal = asdict(line.proposal) if line.proposal else None
    return {"name": line.name, "title": line.title, "owner": line.owner, "standing": line.standing,
            "source": line.source, "checked": line.checked, "why": line.why, "proposal": proposal}  # fmt: skip


def _document(name: str, promotion: Promotion) -> dict[str, Any]:
    model, _ = promotion.model()
    known = {p.name for p in promotion.store.all()}
    if name in model.verified_queries and name not in known:
        return {"name": name, "standing": "served", **_entry(model.verified_queries[name]), "events": []}
    proposal = promotion.store.find(name)
    line = next((x for x in promotion.listed() if x.proposal and x.proposal.id == proposal.id), None)
    return {
        "name": proposal.name, "proposal": proposal.id, "revision": proposal.revision,
        "standing": line.standing if line else proposal.state, "why": line.why if line else "",
        **proposal.document, "events": [asdict(event) for event in promotion.story(proposal)],
    }  # fmt: skip


def _entry(verified: VerifiedQuery) -> dict[str, Any]:
    parameters = {
        name: {"type": p.type, **({"default": list(p.default)} if p.default else {})}
        for name, p in verified.parameters.items()
    }
    entry = {"title": verified.title, "owner": verified.owner, "checked": verified.checked,
             "questions": list(verified.questions), "query": dict(verified.query),
             "parts": [dict(part) for part in verified.parts], "parameters": parameters,
             "note": verified.note}  # fmt: skip
    return {key: value for key, value in entry.items() if value}


def _said(detail: dict[str, Any]) -> str:
    """An event's detail in one line: a reason, or what was changed from what to what."""
    said = []
    for key, value in detail.items():
        if isinstance(value, list) and len(value) == 2:
            said.append(f"{key}: {value[0]!r} -> {value[1]!r}")
        elif value:
            said.append(f"{key}: {value}")
    return "; ".join(said)


def _print_review(proposal: Proposal, checks: tuple[Check, ...]) -> None:
    shown = console()
    shown.print(
        f"{proposal.name} (proposal {proposal.id}, revision {proposal.revision}) is {proposal.state}.",
        markup=False, highlight=False, style="bold",
    )  # fmt: skip
    for check in checks:
        mark = "holds" if check.holds else "NO" if check.needed else "differs"
        shown.print(f"  {mark:8}{check.name}: {check.found}", markup=False, highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(verified_app, name="verified")
