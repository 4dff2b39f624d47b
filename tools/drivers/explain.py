"""The drivers of one change, as the tables of an answer: the telling cuts, the best pair, what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from semantic.echo import dimension_words
from tools.desk import Desk
from tools.drivers.choosing import PAIRED_CUTS, Rated, chosen, rated
from tools.drivers.effects import Sides
from tools.drivers.factors import Chain, chain_cells, factor_table
from tools.drivers.frame import Cut, Frame, cut_by, governed_cells, sides_of
from tools.drivers.layout import Place, driver_table
from tools.outcome import Table

ALL_OF_IT = 0.999
# What a call or a session ended in, and what was said of it: told of with the event, never what brought it about.
OUTCOMES = frozenset(
    ("sentiment_label", "nps_group", "effort_level", "outcome", "claim_status", "prior_auth_status")
)
DRIVES, NOTHING_STANDS_OUT = "What drives it", "Nothing stands out"


@dataclass(frozen=True)
class Drivers:
    """What drives a change: cuts from the most telling on, the best pair of dimensions, and the chain of factors.

    `looked` counts the dimensions that were looked at. `sides` are the sums above and below a ratio's line.
    """

    frame: Frame
    whole: Sides
    total: Table
    sides: Table
    cuts: tuple[Rated, ...]
    pair: Rated | None
    chain: tuple[Chain, Table] | None
    looked: int


def find_drivers(frame: Frame, total: Table, desk: Desk, skip: Sequence[str] = ()) -> Drivers | None:
    """Cut a compared total by every dimension that it allows; None when a figure of the whole is not shown."""
    sides = total if frame.kind != "ratio" else governed_cells(frame, (), desk, "What the rate is made of")
    whole = sides_of(frame, sides, 0) if sides else None
    if sides is None or whole is None or (frame.kind == "ratio" and not (whole.base_now and whole.base_before)):
        return None
    fixed = {f.dimension for f in frame.query.filters if f.op == "in" and len(f.values) == 1}.union(OUTCOMES, skip)
    allowed = desk.semantic.dimensions_of(frame.metric)
    names = [(name,) for name in desk.semantic.dimensions if name in allowed and name not in fixed]
    cuts = [cut for name in names if (cut := _cut(frame, name, whole, desk))]
    ranked = rated(frame, whole, cuts)
    pairs = [
        cut
        for one, other in combinations(chosen(ranked, PAIRED_CUTS), 2)
        if (cut := _cut(frame, (*one.cut.dimensions, *other.cut.dimensions), whole, desk))
    ]
    best = next((entry for entry in rated(frame, whole, pairs) if entry.tells), None)
    return Drivers(frame, whole, total, sides, tuple(chosen(ranked)), best, chain_cells(frame, desk), len(cuts))


def laid_out(found: Drivers, desk: Desk, between: Sequence[Table] = ()) -> tuple[Table, ...]:
    """The drivers as tables: the total, the drivers, whatever stands `between`, then the governed cells below."""
    rated_cuts = [*found.cuts, *([found.pair] if found.pair else [])]
    made = [found.total, *([found.total] * len(rated_cuts)), *([found.total] if found.chain else [])]
    first_cells = len(made) + len(between)
    own_sides = found.frame.kind == "ratio"
    under = [*([found.sides] if own_sides else []), *([found.chain[1]] if found.chain else [])]
    cells = [_below(entry.cut) for entry in rated_cuts]
    tables = [*made, *between, *under, *cells]
    for at, entry in enumerate(rated_cuts):
        place = Place(0, first_cells if own_sides else 0, first_cells + len(under) + at, at + 1)
        title = f"{DRIVES if entry.tells else NOTHING_STANDS_OUT}, {_by(entry.cut.dimensions, found.frame, desk)}"
        tables[at + 1] = driver_table(found.frame, entry.cut, found.whole, place, tables, title)
    if found.chain:
        at = len(rated_cuts) + 1
        tables[at] = factor_table(
            found.chain[0], found.frame, first_cells + len(under) - 1, at, tables, "What it is made of"
        )
    return tuple(tables)


def _below(cut: Cut) -> Table:
    return replace(cut.table, title=f"Figures {cut.table.title[0].lower()}{cut.table.title[1:]}")


def _by(dimensions: tuple[str, ...], frame: Frame, desk: Desk) -> str:
    query = frame.query.model_copy(update={"dimensions": dimensions})
    return "by " + " and ".join(dimension_words(name, query, desk.semantic) for name in dimensions)


def _cut(frame: Frame, dimensions: tuple[str, ...], whole: Sides, desk: Desk) -> Cut | None:
    """A cut whose parts make up the whole and say something that the metric's own definition does not."""
    if not all(desk.semantic.adds_up_by(name, dimensions) for name in frame.metrics if frame.kind != "distinct"):
        return None
    title = _by(dimensions, frame, desk)
    found = cut_by(frame, dimensions, desk, title[0].upper() + title[1:])
    return found if found and not _goes_without_saying(frame, found, whole) else None


def _goes_without_saying(frame: Frame, cut: Cut, whole: Sides) -> bool:
    """Whether one value is all of it, or the ratio is all or nothing in each: negative calls by sentiment."""
    if frame.kind == "ratio":
        told = [part.sides for part in cut.parts if part.sides.base_now and part.sides.base_before]
        return bool(told) and all(
            s.now in (0, s.base_now) and s.before in (0, s.base_before) for s in told
        )  # fmt: skip
    return any(
        part.sides.now >= ALL_OF_IT * whole.now and part.sides.before >= ALL_OF_IT * whole.before
        for part in cut.parts
        if whole.now > 0 and whole.before > 0
    )
