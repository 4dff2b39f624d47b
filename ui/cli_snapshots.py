"""Commands about what is kept: the list of snapshots, serving an earlier one again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import JsonOption, WarehouseOption, console, load_settings, print_json

if TYPE_CHECKING:
    from warehouse.settings import BuildSettings
    from warehouse.time_travel import KeptSnapshot, Restored

_COLUMNS = ("snapshot", "created", "as of", "parent", "files", "rows", "MB", "shared")
_TEXTS = 4  # the first columns; the others are numbers


def snapshots(
    serve: Annotated[str, typer.Option(help="Serve this kept snapshot: an id, how it begins, or a day.")] = "",
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """The kept snapshots, the newest first; with --serve, an earlier one is served again."""
    from warehouse.audit import AuditLog
    from warehouse.time_travel import kept_snapshots, restore

    settings = load_settings()
    path = warehouse or settings.warehouse
    if serve:
        with closing(AuditLog.of(settings)) as audit:
            done = restore(path, serve, settings.build, audit, "cli")
        if as_json:
            print_json(_served(done))
        else:
            console().print(_told(done), markup=False, highlight=False)
        return
    found = kept_snapshots(path)
    if as_json:
        print_json([asdict(line) for line in found])
    else:
        _print_list(found, settings.build)


def _served(done: Restored) -> dict[str, object]:
    return {
        "snapshot": done.after.id,
        "as_of": done.after.as_of,
        "before": done.before or None,
        "later_files": done.later_files,
    }


def _told(done: Restored) -> str:
    after = done.after
    if after.id == done.before:
        return f"Snapshot {after.id} (as of {after.as_of}) was being served already."
    lines = [
        f"Snapshot {after.id} (as of {after.as_of}) is served from now on, instead of {done.before or 'none'}.",
        "Every new question is answered from it, in running servers too. The next build goes on from it.",
    ]
    if done.later_files:
        files = f"{done.later_files:,} source files of {done.before} are not in it"
        lines.append(f"{files}; a build takes those again that its folder still has.")
    return "\n".join(lines)


def _print_list(found: list[KeptSnapshot], settings: BuildSettings) -> None:
    from rich import box
    from rich.table import Table

    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for index, name in enumerate(_COLUMNS):
        table.add_column(name, justify="left" if index < _TEXTS else "right", no_wrap=True)
    for line in found:
        table.add_row(*_cells(line), style="bold" if line.served else "")
    shown = console()
    shown.print(table)
    for sentence in _footer(found, settings):
        shown.print(sentence, style="dim", markup=False, highlight=False)


def _cells(line: KeptSnapshot) -> tuple[str, ...]:
    """One line of 80 characters: the time without its year, of the parent what tells it from others."""
    return (
        line.id,
        line.created_at[5:16].replace("T", " "),
        line.as_of.isoformat(),
        (line.parent or "").rpartition("-")[2],
        *("" if number is None else f"{number:,}" for number in (line.new_files, line.new_rows)),
        *(f"{size / 1e6:,.{0 if size > 1e8 else 1}f}" for size in (line.bytes, line.shared_bytes)),
    )


def _footer(found: list[KeptSnapshot], settings: BuildSettings) -> list[str]:
    served = next((line.id for line in found if line.served), "none of them")
    days = f" and the newest of each of the last {settings.keep_days} days" if settings.keep_days else ""
    return [
        f"Served: {served}. Files and rows are those taken since the parent.",
        f"Kept: the newest {settings.keep_snapshots}{days} (build.keep_snapshots, build.keep_days).",
        "Ask one with `ask --snapshot ID`; serve one again with `snapshots --serve ID`.",
    ]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(snapshots)
