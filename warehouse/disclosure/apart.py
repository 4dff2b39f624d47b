"""How far two releases are apart: the members that stand under one of them only.

Each release has a sketch: its rows counted by 256 groups of members. Two sketches that differ in eleven places are
eleven members apart for certain, and comparing them costs nothing. Only what the sketches cannot tell is counted
one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from warehouse.engine import Rows
from warehouse.guard.decision import Release

Run = Callable[[str, int], Rows]
Cell = tuple[Any, ...]
_GROUPS = 256
_MOST_CELLS = 5000
_CLOSE = 50  # events; cells that differ by more are not of a few members


def sketch_of(release: Release, run: Run) -> tuple[int, ...]:
    """The number of the release's rows in each of 256 groups of members."""
    rows = f"(\n{release.base}\n) AS r WHERE m IS NOT NULL"
    text = f"SELECT m % {_GROUPS} AS place, COUNT(*) AS n FROM {rows} GROUP BY 1"
    counts = [0] * _GROUPS
    for place, count in run(text, _GROUPS).rows:
        counts[int(place)] = int(count)
    return tuple(counts)


def members_of(release: Release, run: Run) -> int:
    """How many members stand under a release."""
    return int(run(f"SELECT COUNT(DISTINCT m) AS members FROM (\n{release.base}\n) AS r", 1).rows[0][0])


def members_apart(left: Release, right: Release, run: Run) -> int:
    """How many members have other numbers of rows in one release than in the other."""
    text = (
        f"WITH a AS (SELECT m, COUNT(*) AS n FROM (\n{left.base}\n) AS r GROUP BY m), "
        f"b AS (SELECT m, COUNT(*) AS n FROM (\n{right.base}\n) AS r GROUP BY m) "
        "SELECT COUNT(*) AS apart FROM a FULL JOIN b ON a.m = b.m WHERE a.n IS DISTINCT FROM b.n"
    )
    return int(run(text, 1).rows[0][0])


def cells_of(release: Release, run: Run) -> dict[Cell, tuple[int, int]] | None:
    """Rows and the bits of the members of each group; None when there are too many groups to compare."""
    keys = ", ".join(f"k{i}" for i in range(len(release.keys)))
    text = (
        f"SELECT {keys}, COUNT(*) AS n, BIT_OR(CAST(1 AS UBIGINT) << CAST(m % 64 AS INTEGER)) AS bits "
        f"FROM (\n{release.rows}\n) AS r GROUP BY {keys}"
    )
    found = run(text, _MOST_CELLS + 1).rows
    if len(found) > _MOST_CELLS:
        return None
    return {row[:-2]: (int(row[-2]), int(row[-1] or 0)) for row in found}


def close_cells(
    left: Release, right: Release, sketches: Sequence[dict[Cell, tuple[int, int]]], few: int, run: Run
) -> set[Cell]:
    """The groups in which two releases by the same keys are fewer than `few` members apart, and not equal."""
    ours, theirs = sketches
    doubtful = [
        cell
        for cell, (count, bits) in ours.items()
        if cell in theirs
        and 0 < abs(count - theirs[cell][0]) < _CLOSE
        and (bits ^ theirs[cell][1]).bit_count() < few
    ]
    if not doubtful:
        return set()
    keys = [f"k{i}" for i in range(len(left.keys))]
    grouped = ", ".join(keys)
    same = " AND ".join(f"a.{key} IS NOT DISTINCT FROM b.{key}" for key in keys)
    shown = ", ".join(f"COALESCE(a.{key}, b.{key}) AS {key}" for key in keys)
    text = (
        f"WITH a AS (SELECT {grouped}, m, COUNT(*) AS n FROM (\n{left.rows}\n) AS r GROUP BY {grouped}, m), "
        f"b AS (SELECT {grouped}, m, COUNT(*) AS n FROM (\n{right.rows}\n) AS r GROUP BY {grouped}, m) "
        f"SELECT {shown} FROM a FULL JOIN b ON a.m = b.m AND {same} WHERE a.n IS DISTINCT FROM b.n "
        f"GROUP BY ALL HAVING COUNT(*) < {few}"
    )
    return set(run(text, _MOST_CELLS).rows) & set(doubtful)


def cells_close_to(
    whole: Release,
    counts: Sequence[int],
    grouped: Release,
    cells: dict[Cell, tuple[int, int]],
    few: int,
    run: Run,
) -> set[Cell]:
    """The groups that the whole of another release is fewer than `few` members apart from, and not equal to.

    `counts` is the sketch of that whole. A group that is shown, and the same group named by a filter that leaves
    out a few of its members (`by county`, then `in Spokane, of all languages but one`), are subtracted.
    """
    rows, bits = sum(counts), 0
    for place, count in enumerate(counts):
        bits |= (count > 0) << (place % 64)
    doubtful = {
        cell
        for cell, (count, own) in cells.items()
        if 0 < abs(count - rows) < _CLOSE and (own ^ bits).bit_count() < few
    }
    if not doubtful:
        return set()
    grouped_by = ", ".join(f"k{i}" for i in range(len(grouped.keys)))
    own = ", ".join(f"b.k{i}" for i in range(len(grouped.keys)))
    # Of the members of both, those with other numbers of rows differ, too.
    text = (
        f"WITH a AS (SELECT m, COUNT(*) AS n FROM (\n{whole.base}\n) AS r GROUP BY m), "
        f"b AS (SELECT {grouped_by}, m, COUNT(*) AS n FROM (\n{grouped.rows}\n) AS r GROUP BY {grouped_by}, m) "
        f"SELECT {own} FROM b LEFT JOIN a ON a.m = b.m GROUP BY {own} HAVING COUNT(*) >= {few} "
        f"AND (SELECT COUNT(*) FROM a) + COUNT(*) - COUNT(a.m) - COUNT(*) FILTER (WHERE a.n = b.n) "
        f"BETWEEN 1 AND {few - 1}"
    )
    return set(run(text, _MOST_CELLS).rows) & doubtful


def given_away(finer: Release, coarser: Release, few: int, run: Run) -> set[Cell]:
    """The groups of the coarser release whose hidden parts in the finer one are too few together.

    Their totals would tell what was hidden there. Both select the same rows.
    """
    shared = [i for i, condition in enumerate(finer.conditions) if condition in coarser.conditions]
    if not shared:
        return set()
    keys = ", ".join(f"k{i}" for i in range(len(finer.keys)))
    bits = ", ".join(
        f"BIT_COUNT(BIT_OR(CASE WHEN c{i} THEN CAST(1 AS UBIGINT) << CAST(m % 64 AS INTEGER) END)) AS n{i}"
        for i in shared
    )
    any_small = " OR ".join(f"n{i} BETWEEN 1 AND {few - 1}" for i in shared)
    glance = f"SELECT COUNT(*) AS small FROM (SELECT {bits} FROM (\n{finer.rows}\n) AS r GROUP BY {keys}) AS g"
    if not run(f"{glance} WHERE {any_small}", 1).rows[0][0]:
        return set()
    members = ", ".join(f"COUNT(DISTINCT CASE WHEN c{i} THEN m END) AS n{i}" for i in shared)
    kept = [f"k{finer.keys.index(key)}" for key in coarser.keys]
    small = [f"CASE WHEN n{i} BETWEEN 1 AND {few - 1} THEN n{i} END" for i in shared]
    lone = " OR ".join(f"SUM({case}) < {few} OR COUNT({case}) = 1" for case in small)
    grouped = f"GROUP BY {', '.join(kept)} " if kept else ""
    text = (
        f"SELECT {', '.join(kept) or '0'} FROM "
        f"(SELECT {keys}, {members} FROM (\n{finer.rows}\n) AS r GROUP BY {keys}) AS g {grouped}HAVING {lone}"
    )
    found = run(text, _MOST_CELLS).rows
    return set(found) if kept else {()} if found else set()
