"""What of a result may be told where figures of few members are not: nothing gives a hidden cell away."""

from __future__ import annotations

from dataclasses import replace

from semantic.query import SemanticQuery
from semantic.values import ValueDictionary
from tools.outcome import PlainCell, Table

# A column of a comparison or a share can be worked back to these columns of the same row.
HANGS_ON = {"change": ("", "__previous"), "change_pct": ("", "__previous"), "share": ("",)}


def disclosed(table: Table) -> Table:
    """The table as it may be told: derived cells follow their sources, hidden cells give no rank away."""
    if not table.small_cell:
        return table
    table = _single_row(table)
    hidden = table.suppressed | _derived(table)
    return _hidden_last(replace(table, rows=_blank(table.rows, hidden), suppressed=frozenset(hidden)))


def without_unknown(table: Table, values: ValueDictionary) -> Table:
    """Without rows that have no figure to show and name a value that the reader may not know."""
    named = [(at, column.name) for at, column in enumerate(table.columns) if column.role == "dimension"]
    figures = [at for at, column in enumerate(table.columns) if column.role == "metric"]
    if not table.small_cell or not named or not figures:
        return table
    unknown = {
        row
        for row, cells in enumerate(table.rows)
        if all((row, at) in table.suppressed for at in figures)
        and any(cells[at] is not None and str(cells[at]) not in values.values(name) for at, name in named)
    }
    if not unknown:
        return table
    kept = _of_rows(table, [row for row in range(len(table.rows)) if row not in unknown])
    return replace(kept, left_out=table.left_out + len(unknown))


def ranks_hidden(table: Table) -> bool:
    """Whether a limit was spent on rows that cannot be shown: the first ones are then to be found without it."""
    query = table.query
    if not table.small_cell or query is None or query.limit is None:
        return False
    at = ranked_by(table)
    return not table.rows or (at is not None and any(column == at for _, column in table.suppressed))


def leading(whole: Table, limited: SemanticQuery) -> Table:
    """The first rows of a whole ranking whose ranked figure may be shown, as many as the limit asks for."""
    at = ranked_by(replace(whole, query=limited))
    shown = [row for row in range(len(whole.rows)) if (row, at) not in whole.suppressed]
    first = shown[: limited.limit] if limited.limit_by is None else _first_of_each(whole, shown, limited, at)
    table = _of_rows(whole, first)
    return replace(table, query=limited, truncated=False, left_out=len(whole.rows) - len(shown))


def _first_of_each(whole: Table, rows: list[int], limited: SemanticQuery, at: int | None) -> list[int]:
    """The first rows of each value that the limit counts in, value by value."""
    group = next(i for i, column in enumerate(whole.columns) if column.name == limited.limit_by)
    upwards = bool(limited.order_by) and limited.order_by[0].direction == "asc"
    if at is not None:
        known = [row for row in rows if isinstance(whole.rows[row][at], int | float)]
        rows = sorted(known, key=lambda row: whole.rows[row][at], reverse=not upwards)  # type: ignore[arg-type,return-value]
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(str(whole.rows[row][group]), []).append(row)
    return [row for name in sorted(found) for row in found[name][: limited.limit]]


def ranked_by(table: Table) -> int | None:
    """Position of the figure that the rows are ranked by; None when they come in the order of names or days."""
    query = table.query
    if query is None or (query.time_grain is not None and query.limit_by is None):
        return None
    by = query.order_by[0].by if query.order_by else query.metrics[0]
    names = [column.name for column in table.columns]
    if by not in names or table.columns[names.index(by)].role in ("dimension", "time"):
        return None
    return names.index(by)


def _single_row(table: Table) -> Table:
    """A figure without a breakdown always has a row: when it is gone, few members are behind every cell of it."""
    query = table.query
    if table.rows or query is None or query.dimensions or query.time_grain or query.having:
        return table
    row: tuple[PlainCell, ...] = (None,) * len(table.columns)
    return replace(table, rows=(row,), suppressed=frozenset((0, at) for at in range(len(row))))


def _derived(table: Table) -> set[tuple[int, int]]:
    """Cells of computed columns whose value would give a hidden cell of their row or column away."""
    places = {column.name: at for at, column in enumerate(table.columns)}
    found: set[tuple[int, int]] = set()
    for name, at in places.items():
        metric, _, kind = name.partition("__")
        sources = [places[metric + end] for end in HANGS_ON.get(kind, ()) if metric + end in places]
        hidden = {row for row, column in table.suppressed if column in sources}
        # The whole can be worked out from one share: a single hidden row is then what the others leave of it.
        all_of_it = kind == "share" and len(hidden) == 1 and _whole(table)
        found |= {(row, at) for row in (range(len(table.rows)) if all_of_it else hidden)}
    return found


def _whole(table: Table) -> bool:
    limit = table.query.limit if table.query else None
    return not table.truncated and (limit is None or len(table.rows) < limit)


def _blank(
    rows: tuple[tuple[PlainCell, ...], ...], hidden: set[tuple[int, int]] | frozenset[tuple[int, int]]
) -> tuple[tuple[PlainCell, ...], ...]:
    return tuple(
        tuple(None if (row, at) in hidden else cell for at, cell in enumerate(cells))
        for row, cells in enumerate(rows)
    )


def _hidden_last(table: Table) -> Table:
    """Rows whose ranked figure is hidden come last, by name: their place among the others would bound it."""
    at = ranked_by(table)
    hidden = {row for row, column in table.suppressed if column == at}
    if not hidden:
        return table
    shown = [row for row in range(len(table.rows)) if row not in hidden]
    named = [i for i, column in enumerate(table.columns) if column.role == "dimension"]
    return _of_rows(table, shown + sorted(hidden, key=lambda row: [str(table.rows[row][i]) for i in named]))


def _of_rows(table: Table, order: list[int]) -> Table:
    """The same table with these of its rows, in this order."""
    place = {old: new for new, old in enumerate(order)}
    kept = frozenset((place[row], column) for row, column in table.suppressed if row in place)
    return replace(table, rows=tuple(table.rows[row] for row in order), suppressed=kept)
