"""The command about the quality of what was received and built."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.terminal import JsonOption, SnapshotOption, WarehouseOption, console, load_settings, print_json


def quality(
    snapshot: SnapshotOption = None,
    source: Annotated[str, typer.Option(help="Only this source table, such as claims.")] = "",
    failures_only: Annotated[bool, typer.Option("--failures-only", help="Only what does not hold.")] = False,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """How complete, unique, connected, fresh and reconciled the data are, by source and layer.

    Exit code 0 when everything holds that is held against a bound, else 1: the accepted share of each source
    (rules.completeness_target); refused, repeated and orphaned rows (the share that this target leaves); days
    behind (rules.freshness_days); refused files; values that the contract does not list; rows or sums that
    differ between layers. With --source, those of that table.
    """
    from warehouse.quality_report import quality_report
    from warehouse.snapshots import current, history
    from warehouse.time_travel import find_kept

    settings = load_settings()
    path = warehouse or settings.warehouse
    chosen = find_kept(path, snapshot, settings.build) if snapshot else current(path)
    report = quality_report(chosen, history(path), source)
    shown = report.failures() if failures_only else report
    if as_json:
        print_json(shown.document())
    else:
        from ui.quality_view import print_quality

        print_quality(shown, console())
    raise typer.Exit(0 if report.ok else 1)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(quality)
