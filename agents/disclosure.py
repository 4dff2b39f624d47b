"""What is said about figures that are not shown because too few members are behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.outcome import Found, Table

if TYPE_CHECKING:
    from agents.answer import Fact

SMALL_CELL = "small_cell"
SCOPE = "that may be shown"
RANKS = ("extreme", "extreme_complete", "extreme_change")


def told_constants(found: Found) -> dict[str, float]:
    """The constants of a result, and the least number of members behind a figure where that held one back."""
    least = max((table.small_cell for table in found.tables if table.withholds), default=0)
    return {**found.constants, SMALL_CELL: float(least)} if least else found.constants


def not_shown(tables: Sequence[Table]) -> tuple[str, ...]:
    """The sentence under an answer that has blank cells: how many, and why."""
    cells = sum(len(table.suppressed) for table in tables)
    rows = sum(table.left_out for table in tables)
    some = any(table.leaves_out for table in tables)
    if not cells and not rows and not some:
        return ()
    least = max(table.small_cell for table in tables)
    counted = [_count(cells, "cell")] if cells else []
    counted += [f"{_count(rows, 'row')} left out"] if rows else []
    counted += ["groups of so few left out"] if some else []
    said = f"Figures of fewer than {least} members, and those that would give one away, are not shown"
    return (f"{said} ({', '.join(counted)}).",)


# A figure may be of many members and tell, beside what was shown before, that of a few.
OR_GIVEN_AWAY = "or it would give such a figure away"


def few_members(least: int) -> str:
    """How the members behind a hidden figure are written."""
    return f"fewer than {least} members"


def hides_ranks(table: Table, name: str) -> bool:
    """Whether a figure that is not shown could stand above or below those of a column that are."""
    at = table.column(name)
    return bool(table.left_out) or table.leaves_out or any(column == at for _, column in table.suppressed)


def unscoped(facts: Sequence[Fact], tables: Sequence[Table]) -> list[str]:
    """Superlatives over columns with hidden figures in a text that does not say that only some may be shown."""
    scoped = {fact.source.split(":")[1] for fact in facts if fact.source.startswith("shown:")}
    found = []
    for fact in facts:
        kind, *rest = fact.source.split(":")
        if kind in RANKS and rest[1] not in scoped and hides_ranks(tables[int(rest[1])], rest[3]):
            found.append(f"{fact.text!r} says nothing of the figures that are not shown")
    return found


def shows_nothing(tables: Sequence[Table]) -> bool:
    """Whether a result holds figures back and has none left to show."""
    return any(table.withholds for table in tables) and not any(
        isinstance(cell, int | float) and not isinstance(cell, bool)
        for table in tables
        for row in table.rows
        for cell, column in zip(row, table.columns, strict=True)
        if column.role == "metric"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
