"""Why one row is higher than another: the two values side by side, for the analysis of drivers."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.cues import first, take
from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.plan import PriorTurn
from agents.planner.reading import Reading
from semantic.query import DimensionFilter

_COMPARES = (
    r"higher|lower|worse|better|more|less|fewer|greater|bigger|smaller|longer|shorter|slower|faster|quicker|cheaper|than|versus|vs|differ|differs|"
    r"different|ahead|behind|above|below"
)


def contrast(
    reading: Reading, base: Draft, named: list[DimensionFilter], prior: PriorTurn, lexicon: Lexicon
) -> None:
    """Set the values that a why question compares beside each other; `named` are the filters that it names.

    One value alone, with a comparative, is set against the first row of the last answer (the first against the
    second). Only values of one dimension can be compared.
    """
    take(reading, _COMPARES)
    item = next((i for i in named if i.op == "in" and len(i.values) > 1), None)
    if item is not None:
        wide = [i.dimension for i in named if i.op == "in" and len(i.values) > 1]
        base.dimensions = [item.dimension]
        if len(wide) > 1:
            base.ask = _two_at_once(base, lexicon, wide)
        return
    if not named and prior.query and prior.query.limit == 1 and prior.query.order_by and prior.shown.rows:
        _of_first(base, prior, lexicon)
        return
    if not first(reading, _COMPARES) or not prior.shown.rows:
        return
    values = {i.dimension: i.values[0] for i in named if i.op == "in"}
    own = [name for name in prior.shown.dimensions if name in values]
    if len(own) == len(prior.shown.dimensions):
        _against_first(base, tuple(values[name] for name in own), prior, lexicon)


def _of_first(base: Draft, prior: PriorTurn, lexicon: Lexicon) -> None:
    """`why?` after the one row that a ranking was asked for: why it is so there."""
    row = dict(zip(prior.shown.dimensions, prior.shown.rows[0], strict=True))
    kept = [item for item in base.filters if item.dimension not in row]
    base.filters = [*kept, *(DimensionFilter(dimension=name, values=(value,)) for name, value in row.items())]
    labels = ", ".join(lexicon.values.label(name, value) for name, value in row.items())
    base.assumptions.append(f"Explained for {labels}, the row on top of the last answer.")


def _against_first(base: Draft, row: tuple[str, ...], prior: PriorTurn, lexicon: Lexicon) -> None:
    names, rows = prior.shown.dimensions, prior.shown.rows
    other = next((candidate for candidate in rows if candidate != row), None)
    if other is None:
        return
    differ = [at for at, value in enumerate(row) if other[at] != value]
    if len(differ) > 1:
        base.ask = _two_at_once(base, lexicon, [names[at] for at in differ])
        return
    name, pair = names[differ[0]], tuple(sorted((row[differ[0]], other[differ[0]])))
    base.filters = [
        DimensionFilter(dimension=name, values=pair) if i.dimension == name else i for i in base.filters
    ]
    base.dimensions = [name]
    label = lexicon.values.label(name, other[differ[0]])
    place = "first" if other == rows[0] else "second"
    base.assumptions.append(f"Compared with {label}, the {place} row of the last answer.")


def _two_at_once(base: Draft, lexicon: Lexicon, names: list[str]) -> Ask:
    labels = " and ".join(lexicon.model.dimensions[name].label.lower() for name in names)
    message = f"These rows differ by {labels} at once. Their figures side by side can be shown instead."
    return Ask("clarify", message, candidates=[replace(base, kind="query", dimensions=names, issues=[], ask=None)])
