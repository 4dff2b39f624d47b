"""The command about what changed between two snapshots: a summary for all, rows for who may see them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import (
    JsonOption,
    PurposeOption,
    RoleOption,
    WarehouseOption,
    console,
    load_settings,
    principal_of,
    print_json,
)
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from warehouse.change_feed import ChangeFeed, Summary
    from warehouse.changes import Format, TableChanges
    from warehouse.principal import Principal
    from warehouse.snapshots import Snapshot

_ROWS = 50  # shown without --limit
_WIDE = 110  # characters


def changes(
    older: Annotated[str | None, typer.Option("--from", help="Older snapshot (default: the parent).")] = None,
    newer: Annotated[str | None, typer.Option("--to", help="Newer snapshot (default: the served one).")] = None,
    table: Annotated[str, typer.Option(help="Rows of one table, such as gold.calls (role data_engineer).")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Rows (default: 50 shown, all in a file).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the rows of --table to this CSV file.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write the rows of --table to this Parquet file.")] = None,
    role: RoleOption = "executive",
    purpose: PurposeOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was inserted, updated and deleted in silver and gold between two snapshots."""
    from warehouse.audit import AuditLog
    from warehouse.change_feed import ChangeFeed
    from warehouse.changes import endpoints

    files: list[tuple[Path, Format]] = [(csv, "csv")] if csv else []
    files += [(parquet, "parquet")] if parquet else []
    _require_table(table, files)
    settings, principal = load_settings(), principal_of(role, purpose)
    both = endpoints(warehouse or settings.warehouse, older, newer, settings.build)
    with closing(AuditLog.of(settings)) as audit:
        feed = ChangeFeed(*both, settings, audit)
        for file, form in files:
            rows = feed.write(principal, table, file, form, limit)
            console(stderr=True).print(f"Wrote {rows:,} rows to {file}.", markup=False, highlight=False)
        if table and not files:
            _show_rows(feed, principal, table, limit or _ROWS, as_json=as_json)
        elif not table:
            _show_summary(feed.summary(principal), both, as_json=as_json)


def _require_table(table: str, files: list[tuple[Path, Format]]) -> None:
    if files and not table:
        raise UsageError(
            "A file holds the rows of one table.", where="--csv, --parquet", next_step="Name it with --table."
        )


def _show_rows(feed: ChangeFeed, principal: Principal, table: str, limit: int, *, as_json: bool) -> None:
    found = feed.images(principal, table, limit + 1)
    rows = found.rows[:limit]
    truncated = len(found.rows) > limit
    if as_json:
        columns = [{"name": name, "type": type_} for name, type_ in found.columns]
        print_json({"table": table, "columns": columns, "rows": rows, "truncated": truncated})
        return
    from ui.render import print_table

    print_table([name for name, _ in found.columns], [list(row) for row in rows], console())
    if truncated:
        console(stderr=True).print(f"Only the first {limit:,} rows are shown (--limit).", style="bold red")


def _show_summary(summary: Summary, both: tuple[Snapshot, Snapshot], *, as_json: bool) -> None:
    older, newer = both
    if as_json:
        print_json(
            {
                "from": older.id,
                "to": newer.id,
                "suppressed": summary.suppressed,
                "tables": [asdict(changed) for changed in summary.tables],
            }
        )
        return
    shown = console()
    shown.print(f"From {older.id} to {newer.id}:", highlight=False)
    _print_summary([changed for changed in summary.tables if changed.any], shown)
    same = sum(not changed.any for changed in summary.tables)
    for sentence in _footer(summary, same):
        shown.print(sentence, style="dim", markup=False, highlight=False)


def _print_summary(found: list[TableChanges], shown: Console) -> None:
    """One line a table; what changed in it only where there is room for it."""
    from rich import box
    from rich.table import Table

    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("table", no_wrap=True)
    for name in ("inserted", "updated", "deleted"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("days", no_wrap=True)
    if shown.width >= _WIDE:
        table.add_column("columns", overflow="fold")
    for changed in found:
        counts = (changed.inserted, changed.updated, changed.deleted)
        told = [_columns(changed)] if shown.width >= _WIDE else []
        table.add_row(changed.table, *map(_count, counts), _days(changed), *told)
    shown.print(table)


def _count(rows: int | None) -> str:
    return "few" if rows is None else f"{rows:,}"


def _days(changed: TableChanges) -> str:
    if changed.days is None:
        return ""
    first, last = changed.days
    return f"{first}" if first == last else f"{changed.day_count:,} from {first}"


_STATES = {
    "added": "the table is new",
    "removed": "the table is gone",
    "other_grain": "another grain: all rows count",
    "no_model": "not compared: no model file",
}


def _columns(changed: TableChanges) -> str:
    parts = [_STATES.get(changed.state, ""), _some(changed.changed_columns)]
    told = (
        ("new", changed.columns_added),
        ("gone", changed.columns_removed),
        ("retyped", changed.columns_retyped),
    )
    parts += [f"{word}: {_some(names)}" for word, names in told if names]
    return "; ".join(filter(None, parts))


def _some(names: tuple[str, ...]) -> str:
    left = len(names) - 1
    return (names[0] + (f" and {left} more" if left else "")) if names else ""


def _footer(summary: Summary, same: int) -> list[str]:
    said = [f"{same} other tables are the same."] if same else []
    if summary.suppressed:
        said.append("few: a number of rows too small to be shown to this role (limits.small_cell).")
    said.append("Rows: `changes --table gold.calls --role data_engineer`.")
    return said


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(changes)
