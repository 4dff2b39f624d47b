"""The commands about suggested synonyms: the list, the decisions, what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.acting import operator
from ui.terminal import JsonOption, RoleOption, WarehouseOption, console, load_settings, principal_of, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from agents.synonyms import Suggestion, SynonymReview
    from warehouse.principal import Principal

synonyms_app = typer.Typer(
    help="Synonyms that unanswered questions suggest: a data engineer decides.", no_args_is_help=True
)
Which = Annotated[str, typer.Argument(help="A suggestion's id, or how it begins.")]
Reason = Annotated[str, typer.Option(help="Why: kept with the decision.")]
_STATES = ("open", "accepted", "rejected", "all")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(synonyms_app, name="synonyms")


@synonyms_app.command("list")
def list_synonyms(
    state: Annotated[str, typer.Option(help="open, accepted, rejected or all.")] = "open",
    role: RoleOption = "data_engineer",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Words that were not understood, how often, and what their askers chose instead."""
    if state not in _STATES:
        raise UsageError(
            f"There is no state {state!r}.", where="--state", next_step=f"One of {', '.join(_STATES)}."
        )
    with _review(warehouse, role) as (review, by):
        found = review.suggestions(None if state == "all" else state, by)  # type: ignore[arg-type]
    if as_json:
        print_json([_document(one) for one in found])
        return
    _print(found)


@synonyms_app.command()
def accept(
    which: Which,
    meant: Annotated[
        str, typer.Option("--as", help="What it means: metric:NAME, dimension:NAME, value:DIMENSION=VALUE.")
    ] = "",
    reason: Reason = "",
    role: RoleOption = "data_engineer",
    warehouse: WarehouseOption = None,
) -> None:
    """Let the words be understood from the next question on."""
    with _review(warehouse, role) as (review, by):
        made = review.accept(which, by, datetime.now(UTC), meant, reason)
    _refreshed(warehouse)
    typer.echo(f"{made.words!r} is understood now.")


@synonyms_app.command()
def reject(
    which: Which, reason: Reason = "", role: RoleOption = "data_engineer", warehouse: WarehouseOption = None
) -> None:
    """Take a suggestion off the list for good."""
    with _review(warehouse, role) as (review, by):
        made = review.reject(which, by, datetime.now(UTC), reason)
    typer.echo(f"{made.words!r} is rejected.")


@synonyms_app.command()
def undo(
    which: Which, reason: Reason = "", role: RoleOption = "data_engineer", warehouse: WarehouseOption = None
) -> None:
    """Take a decision back: an accepted word is not understood any more."""
    with _review(warehouse, role) as (review, by):
        made = review.undo(which, by, datetime.now(UTC), reason)
    _refreshed(warehouse)
    typer.echo(f"{made.words!r} is open again.")


@synonyms_app.command()
def events(
    which: Annotated[str, typer.Argument(help="A suggestion's id; without one, of all.")] = "",
    role: RoleOption = "data_engineer",
    as_json: JsonOption = False,
) -> None:
    """What was decided, when and by whom, the latest first."""
    from agents.reviews import REVIEWS, ReviewStore, require_reviewer
    from agents.unanswered import SYNONYM

    settings = load_settings()
    require_reviewer(principal_of(role))
    with closing(ReviewStore(settings.state / REVIEWS)) as store:
        entry = store.find(SYNONYM, which).id if which else ""
        found = store.events(SYNONYM, entry)
    if as_json:
        print_json([event.__dict__ for event in found])
        return
    for event in found:
        said = f"{event.at}  {event.entry}  {event.action}  {event.user} ({event.role})  {event.detail}"
        console().print(said.rstrip(), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _review(warehouse: Path | None, role: str) -> Iterator[tuple[SynonymReview, Principal]]:
    from agents.planner import Planner
    from agents.reviews import REVIEWS, ReviewStore, require_reviewer
    from agents.synonyms import SynonymReview
    from semantic.loader import load_reviewed
    from semantic.overlay import overlay_folder
    from semantic.readership import Readership, values_of
    from warehouse.audit import AuditLog
    from warehouse.door import Warehouse

    settings = load_settings()
    by = principal_of(role)
    require_reviewer(by)
    by = type(by)(operator(), by.role)
    overlay = overlay_folder(settings)
    model, _ = load_reviewed(None, overlay)
    with closing(Warehouse(warehouse or settings.warehouse, settings, AuditLog.of(settings))) as door:
        readership = Readership.of(by, door.policy, settings.limits.small_cell)
        values = values_of(readership, model, door, door.snapshot(), settings.state)
    with closing(ReviewStore(settings.state / REVIEWS)) as store:
        yield SynonymReview(store, Planner(model, values, settings.questions), values, overlay), by


def _refreshed(warehouse: Path | None) -> None:
    from ui.cli_search import refresh_search

    settings = load_settings()
    refresh_search(settings, warehouse or settings.warehouse)


def _document(one: Suggestion) -> dict[str, Any]:
    return {
        "id": one.entry.id,
        "words": one.words,
        "meant": one.meant,
        "state": one.entry.state,
        "times": one.entry.times,
        "first_seen": one.entry.first_seen,
        "last_seen": one.entry.last_seen,
        "problems": list(one.problems),
    }


def _print(found: list[Suggestion]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not found:
        console().print("Nothing waits here.", soft_wrap=True)
        return
    table = Table("id", "words", "meant, by what was chosen", "times", "state", "in the way")
    for one in found:
        cells = (one.entry.id, one.words, one.meant or "?", str(one.entry.times), one.entry.state)
        table.add_row(*(Text(cell) for cell in (*cells, " ".join(one.problems))))
    console().print(table)
