"""The drivers of one change, as the tables of an answer: the telling cuts, the best pair, what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from semantic.echo import dimension_words
from semantic.query import DimensionFilter
from tools.desk import Desk
from tools.drivers.choosing import PAIRED_CUTS, Rated, chosen, rated, usual_spread
from tools.drivers.effects import Sides
from tools.drivers.factors import Chain, chain_cells, factor_table
from tools.drivers.frame import Cut, Frame, cut_by, governed_cells, sides_of
from tools.drivers.layout import Place, driver_table
from tools.drivers.places import concentrations, place_table
from tools.outcome import Table

ALL_OF_IT, NEARLY_ALL, MOSTLY = 0.999, 0.85, 0.7
EVENTS_OF_ONE = 3  # as many events as one member may have among those that are not shown
# Two dimensions that say the same or hold one another: the first is looked at, a finer one when the coarser tells.
SAME_AS = {"line_of_business": "plan_type", "error_code": "error_message", "interaction_type": "journey"}
FINER = {"state": "county", "member_tenure": "tenure_bucket"}
# What a call or a session ended in, and what was said of it: told of with the event, never what brought it about.
OUTCOMES = frozenset(
    ("sentiment_label", "nps_group", "effort_level", "outcome", "claim_status", "prior_auth_status")
)
DRIVES, NOTHING_STANDS_OUT = "What drives it", "Nothing stands out"


@dataclass(frozen=True)
class Drivers:
    """What drives a change: cuts from the most telling on, the best pair of dimensions, and the chain of factors.

    `places` are the cuts that say where the figure is, whether it changes or not. `looked` counts the dimensions
    that were looked at. `sides` are the sums above and below a ratio's line.
    """

    frame: Frame
    whole: Sides
    total: Table
    sides: Table
    cuts: tuple[Rated, ...]
    pair: Rated | None
    chain: tuple[Chain, Table] | None
    places: tuple[Cut, ...]
    looked: int


def find_drivers(frame: Frame, total: Table, desk: Desk, skip: Sequence[str] = ()) -> Drivers | None:
    """Cut a compared total by every dimension that it allows; None when a figure of the whole is not shown."""
    sides = total if frame.kind != "ratio" else governed_cells(frame, (), desk, "What the rate is made of")
    whole = sides_of(frame, sides, 0) if sides else None
    if sides is None or whole is None or (frame.kind == "ratio" and not (whole.base_now and whole.base_before)):
        return None
    fixed = {f.dimension for f in frame.query.filters if f.op == "in" and len(f.values) == 1}.union(OUTCOMES, skip)
    allowed = desk.semantic.dimensions_of(frame.metric)
    names = [name for name in desk.semantic.dimensions if name in allowed and name not in fixed]
    cuts = [cut for name in names if not _stood_for(name, names) and (cut := _cut(frame, (name,), whole, desk))]
    spread = usual_spread(frame, whole, cuts)
    ranked = rated(frame, whole, cuts, spread)
    finer = [
        FINER[entry.cut.dimensions[0]] for entry in ranked if entry.tells and entry.cut.dimensions[0] in FINER
    ]
    cuts += [cut for name in finer if name in names and (cut := _cut(frame, (name,), whole, desk))]
    ranked = rated(frame, whole, cuts, spread)
    pairs = [
        cut
        for one, other in combinations(chosen(ranked, PAIRED_CUTS), 2)
        if (cut := _cut(frame, (*one.cut.dimensions, *other.cut.dimensions), whole, desk))
    ]
    best = next((entry for entry in rated(frame, whole, pairs, spread) if entry.tells), None)
    shares = frame.kind != "ratio" or desk.semantic.metrics[frame.metric].unit == "rate"
    places = concentrations(frame, cuts) if shares else ()
    return Drivers(
        frame, whole, total, sides, tuple(chosen(ranked)), best, chain_cells(frame, desk), places, len(cuts)
    )


def segment_found(found: Drivers) -> tuple[DimensionFilter, ...]:
    """Where most of the change is, when one pair or one value holds it: filters for what to look for around it."""
    lead = found.pair or next((entry for entry in found.cuts if entry.tells), None)
    fixed = {entry.dimension for entry in found.frame.query.filters}
    if lead is None or fixed & set(lead.cut.dimensions):
        return ()
    pairs = zip(lead.cut.dimensions, lead.part.key, strict=True)
    return tuple(DimensionFilter(dimension=name, values=(str(value),)) for name, value in pairs)


def narrowed(frame: Frame, segment: Sequence[DimensionFilter], desk: Desk) -> tuple[DimensionFilter, ...]:
    """What a change of a sum within a segment is besides, as filters for what to look for around it.

    That is the one plan and the one topic which nearly all of it belongs to: whom a notice must have reached and
    what it must have been about.
    """
    if frame.kind != "sum":
        return ()
    within = replace(frame, query=frame.query.model_copy(update={"filters": tuple(segment)}))
    known, allowed = {entry.dimension for entry in segment}, desk.semantic.dimensions_of(frame.metric)
    whom = () if "plan_type" in known else ("plan_type",)
    what = () if {desk.semantic.defaults.where_dimension, "call_topic"} & known else ("call_topic",)
    return tuple(
        DimensionFilter(dimension=name, values=(value,))
        for name in (*whom, *what)
        if name in allowed and (value := _nearly_all(within, name, desk))
    )


def _nearly_all(frame: Frame, name: str, desk: Desk) -> str:
    """The value that carries nearly all of a change; empty where none does or the reader may not see which."""
    cut = cut_by(frame, (name,), desk, by_words((name,), frame, desk))
    if cut is None or not cut.complete:
        return ""
    moved = [part.sides.now - part.sides.before for part in cut.parts]
    most = max(range(len(moved)), key=lambda at: abs(moved[at]))
    whole = sum(moved)
    return str(cut.parts[most].key[0]) if whole and moved[most] / whole >= NEARLY_ALL else ""


def tables_made(found: Drivers) -> int:
    """How many tables come first in an answer: the total and its drivers."""
    return 1 + len(found.cuts) + bool(found.pair) + bool(found.chain) + bool(found.places)


def laid_out(
    found: Drivers, desk: Desk, between: Sequence[Table] = (), after: Sequence[Table] = ()
) -> tuple[Table, ...]:
    """As tables: the total, the drivers, what stands `between`, the governed cells below, what comes `after`."""
    rated_cuts = [*found.cuts, *([found.pair] if found.pair else [])]
    made = [found.total] * tables_made(found)
    first_cells = len(made) + len(between)
    own_sides = found.frame.kind == "ratio"
    under = [*([found.sides] if own_sides else []), *([found.chain[1]] if found.chain else [])]
    shown = {cut.dimensions: cut for cut in (*(entry.cut for entry in rated_cuts), *found.places)}
    below, cells = list(shown), [_below(cut) for cut in shown.values()]
    tables = [*made, *between, *under, *cells]
    for at, entry in enumerate(rated_cuts):
        at_cells = first_cells + len(under) + below.index(entry.cut.dimensions)
        place = Place(0, first_cells if own_sides else 0, at_cells, at + 1)
        title = (
            f"{DRIVES if entry.tells else NOTHING_STANDS_OUT}, {by_words(entry.cut.dimensions, found.frame, desk)}"
        )
        tables[at + 1] = driver_table(found.frame, entry.cut, found.whole, place, tables, title)
    if found.chain:
        at = len(rated_cuts) + 1
        tables[at] = factor_table(
            found.chain[0], found.frame, first_cells + len(under) - 1, at, tables, "What it is made of"
        )
    if found.places:
        at = tables_made(found) - 1
        numbers = [first_cells + len(under) + below.index(cut.dimensions) for cut in found.places]
        sides = first_cells if own_sides else 0
        tables[at] = place_table(found.frame, found.places, numbers, sides, at, tables, desk)
    return (*tables, *after)


def _stood_for(name: str, names: Sequence[str]) -> bool:
    """Whether another dimension is looked at in place of this one, at first or for good."""
    coarser = {finer: name for name, finer in FINER.items()}
    return SAME_AS.get(name) in names or coarser.get(name) in names


def _below(cut: Cut) -> Table:
    return replace(cut.table, title=f"Figures {cut.table.title[0].lower()}{cut.table.title[1:]}")


def by_words(dimensions: tuple[str, ...], frame: Frame, desk: Desk) -> str:
    """by journey and plan type: what a cut goes by."""
    query = frame.query.model_copy(update={"dimensions": dimensions})
    return "by " + " and ".join(dimension_words(name, query, desk.semantic) for name in dimensions)


def _cut(frame: Frame, dimensions: tuple[str, ...], whole: Sides, desk: Desk) -> Cut | None:
    """A cut whose parts make up the whole and say something that the metric's own definition does not."""
    if not all(desk.semantic.adds_up_by(name, dimensions) for name in frame.metrics if frame.kind != "distinct"):
        return None
    title = by_words(dimensions, frame, desk)
    found = cut_by(frame, dimensions, desk, title[0].upper() + title[1:])
    told = (
        found is not None
        and may_be_told(frame, found, whole, desk)
        and not goes_without_saying(frame, found, whole)
    )
    return found if told else None


def may_be_told(frame: Frame, cut: Cut, whole: Sides, desk: Desk) -> bool:
    """Whether so many events are not shown of a cut that subtracting the others from the whole tells nothing.

    A total is read from other tables than its parts, so the door may not see that one gives the other away.
    """
    if not desk.small_cell or cut.complete:
        return True
    if any(desk.semantic.metrics[name].unit != "count" for name in frame.metrics):
        return False
    left = whole.minus([part.sides for part in cut.parts])
    sides = (left.now, left.before, *((left.base_now, left.base_before) if frame.below else ()))
    return all(count == 0 or count >= EVENTS_OF_ONE * desk.small_cell for count in sides)


def goes_without_saying(frame: Frame, cut: Cut, whole: Sides) -> bool:
    """Whether one value is all of it, or the ratio is all or nothing for most: failures by the failed step."""
    if frame.kind == "ratio":
        told = [part.sides for part in cut.parts if part.sides.base_now and part.sides.base_before]
        settled = [s for s in told if s.now in (0, s.base_now) and s.before in (0, s.base_before)]
        return sum(s.base_now for s in settled) >= MOSTLY * whole.base_now
    return any(
        part.sides.now >= ALL_OF_IT * whole.now and part.sides.before >= ALL_OF_IT * whole.before
        for part in cut.parts
        if whole.now > 0 and whole.before > 0
    )
