"""A statement's figures beside the governed ones: whether they are equal, and what is said about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from semantic.echo import describe, heading
from tools.desk import Desk
from tools.governed_twin import Twin, twin_of
from tools.metrics import governed_table
from tools.misnamed import named_metrics
from tools.outcome import Mendable, PlainCell, Table

EQUAL = "What it recomputes of governed metrics equals them."
DIFFERENT = "It differs from a governed metric that it recomputes: trust the governed one."
ONLY_CALLED = "{column} is called as the governed metric {label}, with which it could not be compared."
UNCOMPARED = "A governed metric that it recomputes could not be put beside it."


@dataclass(frozen=True)
class Comparison:
    """Sentences for the reader, one that goes with the reason for trust, and questions for governed figures.

    `read` says in the semantic model's words what the statement counts, where it equals what is governed.
    """

    sentences: tuple[str, ...] = ()
    caveat: str = ""
    follow_ups: tuple[str, ...] = ()
    read: str = ""


def beside_governed(sql: str, table: Table, desk: Desk) -> Comparison:
    """Run the governed query that a statement recomputes and compare; nothing when it recomputes none.

    A column that is only called as a governed metric is said not to be one.
    """
    twin = twin_of(sql, desk)
    called = named_metrics(sql, desk.semantic)
    compared = {table.columns[at].name: name for at, name in twin.metrics.items()} if twin else {}
    alone = {column: name for column, name in called.items() if compared.get(column) != name}
    found = _beside(twin, table, desk) if twin else Comparison()
    if not alone or found.caveat == DIFFERENT:
        return found
    said = [ONLY_CALLED.format(column=column.replace("_", " "), label=desk.semantic.metrics[name].label)
            for column, name in alone.items()]  # fmt: skip
    return replace(found, sentences=(*found.sentences, *said), caveat=UNCOMPARED)


def _beside(twin: Twin, table: Table, desk: Desk) -> Comparison:
    labels = ", ".join(desk.semantic.metrics[name].label for name in twin.query.metrics)
    try:
        governed = governed_table(twin.query, desk)
    except Mendable:
        return Comparison()
    if not isinstance(governed, Table):
        return Comparison((f"The governed figures of {labels} may not be shown beside it.",), UNCOMPARED)
    return _compared(twin, table, governed, desk)


def _compared(twin: Twin, table: Table, governed: Table, desk: Desk) -> Comparison:
    sentences, caveats = [], set()
    read = describe(twin.query, desk.semantic)
    for at, metric in twin.metrics.items():
        label, column = desk.semantic.metrics[metric].label, table.columns[at].label
        verdicts = _verdicts(twin, at, table, governed)
        if not verdicts:
            sentences.append(f"No figure of {column} could be compared with the governed metric {label}.")
            caveats.add(UNCOMPARED)
        elif all(verdicts):
            sentences.append(f"Checked: {column} equals the governed metric {label}, asked as: {read}")
            caveats.add(EQUAL)
        else:
            wrong = f"{verdicts.count(False):,} of {len(verdicts):,} rows"
            sentences.append(f"{column} differs from the governed metric {label} in {wrong}, asked as: {read}")
            caveats.add(DIFFERENT)
    worst = next(caveat for caveat in (DIFFERENT, UNCOMPARED, EQUAL) if caveat in caveats)
    more = (heading(twin.query, desk.semantic),) if worst == DIFFERENT else ()
    return Comparison(tuple(sentences), worst, more, read if worst == EQUAL else "")


def _verdicts(twin: Twin, at: int, table: Table, governed: Table) -> list[bool]:
    """For every row whose figures are shown on both sides: whether they are equal."""
    metric, width = governed.column(twin.metrics[at]), len(twin.keys)
    known = {tuple(map(_key, row[:width])): (number, row[metric]) for number, row in enumerate(governed.rows)}
    verdicts = []
    for number, row in enumerate(table.rows):
        key = tuple(_key(row[place]) for place in twin.keys)
        if (number, at) in table.suppressed or None in key:
            continue
        if key not in known:
            if not governed.truncated and not governed.withholds:
                verdicts.append(row[at] in (0, None))
            continue
        theirs, cell = known[key]
        if (theirs, metric) not in governed.suppressed:
            verdicts.append(_equal(row[at], cell, governed.columns[metric].unit, twin.decimals.get(at)))
    return verdicts


def _key(cell: PlainCell) -> PlainCell:
    """A group's key; of a day or a moment only the day."""
    text = str(cell)
    return None if cell is None else text[:10] if text[10:] in (" 00:00:00", "T00:00:00") else text


def _equal(ours: PlainCell, governed: PlainCell, unit: str, decimals: int | None) -> bool:
    if not isinstance(ours, int | float) or not isinstance(governed, int | float):
        return ours == governed
    scales = (1, 100) if unit == "rate" else (1,)
    tolerance = 0.5000001 * 10.0**-decimals if decimals is not None else 1e-9
    return any(math.isclose(ours, governed * scale, rel_tol=1e-6, abs_tol=tolerance) for scale in scales)
