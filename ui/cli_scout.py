"""The command that scans a day for what left its expectation."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import (
    JsonOption,
    ModelOption,
    OnlyOption,
    RoleOption,
    SnapshotOption,
    WarehouseOption,
    attributes_of,
    console,
    load_settings,
    principal_of,
    print_json,
)
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from semantic.company import Company
    from tools.scout.incident import ScanReport
    from warehouse.door import Warehouse
    from warehouse.principal import Principal
    from warehouse.settings import Settings

    Step = Callable[[str, float], None]

SWITCH_AFTER = 0.03  # seconds that a thread keeps the interpreter: those that compute wait for each other less


def scout(
    day: Annotated[
        str, typer.Option("--date", help="The day to judge, ISO (default: the last complete one).")
    ] = "",
    role: RoleOption = "executive",
    only: OnlyOption = None,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
    snapshot: SnapshotOption = None,
    deliver: Annotated[
        bool, typer.Option("--deliver/--no-deliver", help="Send the day's briefing to whoever follows it.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """What left its expectation: which metric, where, since when, by how much, at what cost; or that nothing did.

    The scan itself sees every sum. What is printed is what the role may see: nothing of fewer members than
    limits.small_cell, and with --only nothing beyond it. The day's briefing is kept, printed and delivered, once,
    unless the scan is of another company's model, an earlier snapshot or a part of the rows.
    """
    from ui.cli_company import company_of
    from ui.render import progress

    sys.setswitchinterval(SWITCH_AFTER)
    settings = load_settings()
    wanted = _day(day) if day else None
    target = warehouse or settings.warehouse
    principal = principal_of(role, None, attributes_of(only, target, settings))
    company = company_of(settings, model, warehouse, snapshot, only)
    briefed = company is None and snapshot is None and only is None
    with closing(_door(settings, target, snapshot, company)) as door:
        door.snapshot()  # its worker opens the files while the scan is imported
        with progress(console(stderr=True), "Scanning") as step:
            report = _scanned(door, settings, company, wanted, _with_imports(step) if briefed else step)
        _show(report, door, principal, settings, as_json=as_json)
    if briefed:
        from ui.cli_briefing import brief

        brief(settings, target, report, principal, deliver=deliver, quiet=as_json)


def _with_imports(step: Step) -> Step:
    """The same, and at its first call, when the engine has its work, what the briefing needs is imported."""
    imports = threading.Thread(target=_bring_in, name="imports", daemon=True)

    def heard(label: str, done: float) -> None:
        if imports.ident is None:
            imports.start()
        step(label, done)

    return heard


def _bring_in() -> None:
    import ui.delivery.day  # noqa: F401


def _scanned(
    door: Warehouse,
    settings: Settings,
    company: Company | None,
    day: date | None,
    step: Step,
) -> ScanReport:
    from agents.briefing.daily import known_before
    from semantic.loader import load_model
    from tools.scout.scout import run_scout

    semantic = company.model if company else load_model()
    known = () if company else known_before(settings.state, day or door.snapshot().as_of)
    return run_scout(door, semantic, settings, day=day, known=known, on_step=step)


def _show(report: ScanReport, door: Warehouse, principal: Principal, settings: Settings, *, as_json: bool) -> None:
    from dataclasses import replace

    from semantic.readership import counts_members
    from tools.scout.incident import visible_to
    from ui.scout_view import print_scan

    small = 0 if counts_members(principal, door.policy) else settings.limits.small_cell
    shown = replace(report, incidents=visible_to(report.incidents, principal, small))
    hidden = len(report.incidents) - len(shown.incidents)
    if as_json:
        print_json({**shown.document(), "not_shown": hidden})
    else:
        print_scan(shown, hidden, console())


def _door(settings: Settings, warehouse: Path, snapshot: str | None, company: Company | None) -> Warehouse:
    from tools.scout.reader import SCOUT
    from warehouse.audit import AuditLog
    from warehouse.door import Warehouse

    audit = AuditLog.of(settings)
    return company.door(audit) if company else Warehouse(warehouse, settings, audit, snapshot, awaits=SCOUT)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date.", where="--date", next_step="Write it as 2026-10-29."
        ) from error


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(scout)
