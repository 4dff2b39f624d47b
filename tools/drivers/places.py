"""Where a figure is, whether it changes or not: the largest value of each way to look at it, with its share."""

from __future__ import annotations

from collections.abc import Sequence

from tools.desk import Desk
from tools.drivers.choosing import says_nothing
from tools.drivers.frame import Cut, Frame, Part
from tools.drivers.layout import computed_at
from tools.outcome import Column, Table

# One cut a slot, the first that there is: where, what went wrong, through what, for whom.
SLOTS = (
    ("journey", "call_topic", "claim_type", "drug_name", "survey_type"),
    ("error_message", "failure_reason", "claim_denial_reason", "rx_denied_reason", "call_topic"),
    ("platform", "agent_team", "pharmacy_type", "call_channel"),
    ("plan_type", "member_tenure"),
)
VALUE, SHARE_NOW = "value", "share_now"
CONCENTRATES = "Where it concentrates"


def concentrations(frame: Frame, cuts: Sequence[Cut]) -> tuple[Cut, ...]:
    """The cuts to tell where a count is, one a slot; none for figures that have no shares."""
    if frame.kind == "distinct":
        return ()
    by_name = {cut.dimensions[0]: cut for cut in cuts if _largest(cut)}
    known = any(name in by_name for slot in SLOTS for name in slot)
    slots = SLOTS if known else tuple((name,) for name in list(by_name)[:3])
    found: list[Cut] = []
    for slot in slots:
        cut = next((by_name[name] for name in slot if name in by_name and by_name[name] not in found), None)
        found += [cut] if cut else []
    return tuple(found)


def place_table(
    frame: Frame,
    cuts: Sequence[Cut],
    numbers: Sequence[int],
    sides: int,
    made: int,
    tables: Sequence[Table],
    desk: Desk,
) -> Table:
    """The largest value of each cut with its share, as part `made`; `numbers` are the parts of the cuts' cells."""
    keys, shares, counts = [], {}, {}
    for at, (cut, number) in enumerate(zip(cuts, numbers, strict=True)):
        part = _largest(cut)
        assert part is not None
        name = cut.dimensions[0]
        keys.append((desk.semantic.dimensions[name].label, desk.values.label(name, str(part.key[0]))))
        counts[f"now[{at}]"] = f"cell:{number}:{part.row}:{frame.above}"
        shares[f"{SHARE_NOW}[{at}]"] = f"div(cell:{made}:{at}:now, cell:{sides}:0:{frame.above})"
    whole = tables[sides]
    counted = whole.columns[whole.column(frame.above)]
    columns = (
        Column("by", "VARCHAR", "", "dimension", "By"),
        Column(VALUE, "VARCHAR", "", "dimension", "Largest"),
        Column("now", "DOUBLE", counted.unit, "metric", counted.label),
        Column(SHARE_NOW, "DOUBLE", "rate", "derived", "Share"),
    )
    formulas = {"now": counts["now[0]"], **counts, SHARE_NOW: shares[f"{SHARE_NOW}[0]"], **shares}
    empty = Table(CONCENTRATES, columns, (), interpretation=whole.interpretation, formulas=formulas)
    return computed_at(empty, keys, made, tables)


def _largest(cut: Cut) -> Part | None:
    """The part with the largest count that says something; None where counts are no counts."""
    if any(part.sides.now < 0 for part in cut.parts):
        return None
    told = [part for part in cut.parts if not says_nothing(part.key)]
    return max(told, key=lambda part: part.sides.now, default=None)
