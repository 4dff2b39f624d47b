"""The command that searches what can be asked: metrics, dimensions, values, verified questions."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import (
    Asker,
    JsonOption,
    OnlyOption,
    PurposeOption,
    RoleOption,
    WarehouseOption,
    complain,
    console,
    load_settings,
    print_json,
)
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from semantic.search.entries import Kind
    from semantic.search.finding import Hit
    from warehouse.settings import Settings

_MOST = 100
_INCOMPLETE = "Only spelling was compared, not the search store ({why}). Run `command-center search --rebuild`."


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(search)


def search(
    text: Annotated[str, typer.Argument(help="What you mean, in your own words.")] = "",
    role: RoleOption = "executive",
    kind: Annotated[str, typer.Option(help="Only metric, dimension, value or verified.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="How many things.")] = 8,
    only: OnlyOption = None,
    purpose: PurposeOption = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="First make the stores anew.")] = False,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find metrics, dimensions, values and verified questions by what they nearly are."""
    settings = load_settings()
    target = warehouse or settings.warehouse
    if rebuild:
        make_anew(settings, target)
    if not text.strip() and rebuild:
        return
    if not text.strip():
        raise UsageError(
            "There is nothing to search for.", next_step='Give it: command-center search "denied drugs"'
        )
    hits, why = _found(settings, target, Asker(settings, target, purpose, only), role, text, _kinds(kind), limit)
    if why:
        complain(_INCOMPLETE.format(why=why))
    if as_json:
        print_json([asdict(hit) for hit in hits])
    else:
        _print(hits)


def _found(
    settings: Settings, target: Path, asker: Asker, role: str, text: str, kinds: tuple[Kind, ...], limit: int
) -> tuple[list[Hit], str]:
    from semantic.loader import load_reviewed
    from semantic.overlay import overlay_folder
    from semantic.readership import Readership, values_of
    from semantic.search.building import search_root
    from semantic.search.finding import Finder
    from warehouse.audit import AuditLog
    from warehouse.door import Warehouse

    principal = asker(role)
    model, _ = load_reviewed(None, overlay_folder(settings))
    with closing(Warehouse(target, settings, AuditLog.of(settings))) as door:
        readership = Readership.of(principal, door.policy, settings.limits.small_cell)
        values = values_of(readership, model, door, door.snapshot(), settings.state)
    data = None if readership.attributes else readership.data
    finder = Finder(search_root(settings, target), model, values, data)
    with closing(finder):
        return finder.find(text, kinds, limit), finder.problem


def _kinds(kind: str) -> tuple[Kind, ...]:
    from semantic.search.entries import KINDS

    if not kind:
        return KINDS
    found = tuple(known for known in KINDS if known == kind)
    if not found:
        raise UsageError(
            f"There is no kind {kind[:30]!r}.", where="--kind", next_step=f"One of {', '.join(KINDS)}."
        )
    return found


def refresh_search(settings: Settings, warehouse: Path) -> None:
    """After a build: bring the stores in step. What fails is told and changes nothing else."""
    from semantic.search.building import refresh
    from warehouse.snapshots import current

    problem = refresh(settings, warehouse, current(warehouse))
    if problem:
        complain(f"The search store could not be made ({problem}); only suggestions are poorer for it.")


def make_anew(settings: Settings, warehouse: Path) -> None:
    """Make a warehouse's stores anew. Raises MissingDataError when there is no snapshot."""
    import shutil

    from semantic.search.building import search_root

    shutil.rmtree(search_root(settings, warehouse), ignore_errors=True)
    refresh_search(settings, warehouse)


def _print(hits: list[Hit]) -> None:
    from rich.table import Table

    if not hits:
        console().print("Nothing comes near.", soft_wrap=True)
        return
    table = Table("what", "called", "by", "near")
    for hit in hits:
        what = f"value of {hit.dimension}" if hit.kind == "value" else hit.kind
        table.add_row(what, hit.label, hit.text, f"{hit.score:.2f}")
    console().print(table)
