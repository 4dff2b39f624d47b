"""Runs an allowed statement in the form in which its result may be shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse.disclosure.admission import Withheld
from warehouse.engine import Rows
from warehouse.errors import DeniedError, UsageError
from warehouse.guard import Allow
from warehouse.guard.decision import REASONS, Disclosure

Run = Callable[[str, int], Rows]
"""Runs a text that the guard wrote and fetches at most so many rows."""
_WHOLE = ("BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT")
Cells = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Shown:
    """Rows as they may be seen, the (row, column) positions of withheld cells, and the text that ran.

    `leaves_out` says that there may be more groups, each of few members.
    """

    rows: Rows
    suppressed: Cells
    sql: str
    leaves_out: bool = False


def shown(
    decision: Allow,
    run: Run,
    most: int,
    small: Callable[[Disclosure], bool],
    withheld: Sequence[Withheld] = (),
) -> Shown:
    """The statement as it is when no cell is small, else with its small cells withheld.

    `small` says whether any cell may be small; `withheld` are cells that an earlier answer would give away. Raises
    DeniedError (small_cells, too_close) when the statement cannot be run without them, and what `run` raises.
    """
    form = decision.disclosure
    if form is None:
        return Shown(run(decision.sql, most), frozenset(), decision.sql)
    found = _without_small(decision, form, run, most) if small(form) else None
    if found is None:
        found = Shown(run(decision.sql, most), frozenset(), decision.sql)
    return _without_given_away(found, form, withheld)


def _without_small(decision: Allow, form: Disclosure, run: Run, most: int) -> Shown:
    if not form.exact:
        raise _refused("small_cells")
    try:
        found = run(form.exact, most)
    except UsageError as error:
        raise _refused("small_cells") from error
    types = run(f"SELECT * FROM (\n{decision.sql}\n) AS shown LIMIT 0", 1).columns
    rows, suppressed = _withheld(found.rows, form.hidden, [type_ for _, type_ in types])
    if form.hidden and form.keyed and rows and len(suppressed) == len(rows) * len(form.hidden):
        rows, suppressed = [], set()  # a result without any figure is told from an empty one by nothing
    return Shown(Rows(types, rows), frozenset(suppressed), form.exact, form.leaves_out)


def _without_given_away(found: Shown, form: Disclosure, withheld: Sequence[Withheld]) -> Shown:
    """With the figures of the named rows blanked, too."""
    names = [name.lower() for name, _ in found.rows.columns]
    rows, suppressed = [list(row) for row in found.rows.rows], set(found.suppressed)
    for away in withheld:
        if not form.hidden or not all(name in names for name in away.names):
            raise _refused("too_close")
        places = [names.index(name) for name in away.names]
        for number, row in enumerate(rows):
            if tuple(row[place] for place in places) in away.cells:
                for place in form.hidden:
                    row[place] = None
                    suppressed.add((number, place))
    kept = Rows(found.rows.columns, [tuple(row) for row in rows])
    return Shown(kept, frozenset(suppressed), found.sql, found.leaves_out)


def _withheld(
    rows: Sequence[tuple[Any, ...]], hidden: Sequence[int], types: Sequence[str]
) -> tuple[list[tuple[Any, ...]], set[tuple[int, int]]]:
    suppressed: set[tuple[int, int]] = set()
    shown_rows = []
    for number, row in enumerate(rows):
        cells = list(row)
        for place in hidden:
            if isinstance(cells[place], float) and math.isnan(cells[place]):
                suppressed.add((number, place))
                cells[place] = None
            elif isinstance(cells[place], float) and types[place].startswith(_WHOLE):
                cells[place] = round(cells[place])
        shown_rows.append(tuple(cells))
    return shown_rows, suppressed


def _refused(code: str) -> DeniedError:
    return DeniedError(
        REASONS[code][1],
        code=code,
        next_step="Ask for fewer or wider groups, or one figure at a time.",
    )
