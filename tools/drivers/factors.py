"""What a count is made of: how much comes from more to go wrong (volume), how much from going wrong more often.

The chain is read off the semantic model: a ratio whose upper side is the metric makes it its lower side times the
ratio, and so on down: leaked calls = sessions x failures a session x leaked calls a failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semantic.components import sides
from semantic.model import SemanticModel
from tools.desk import Desk
from tools.drivers.frame import BEFORE, NOW, Frame
from tools.drivers.layout import CONTRIBUTION, SHARE, WHOLE, computed_at
from tools.metrics import governed_table
from tools.outcome import Column, Mendable, Table

MOST_FACTORS = 4
FACTOR = "factor"


@dataclass(frozen=True)
class Chain:
    """Metrics whose quotients make up a metric.

    `counts` go from what starts it to the metric itself, `labels` name the first count and then each ratio.
    """

    counts: tuple[str, ...]
    labels: tuple[str, ...]


def chain_of(metric: str, model: SemanticModel, used: frozenset[str]) -> Chain | None:
    """The longest chain down from a metric whose links can all be narrowed by the dimensions in use."""
    counts: list[str] = [metric]
    labels: list[str] = []
    while len(counts) < MOST_FACTORS and (link := next(_links(counts[0], model, used), None)):
        below, label = link
        if below in counts:
            break
        counts.insert(0, below)
        labels.insert(0, label)
    if len(counts) < 2:
        return None
    return Chain(tuple(counts), (model.metrics[counts[0]].label, *labels))


def _links(metric: str, model: SemanticModel, used: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Ratios with this metric above the line and a count below; the metric's own siblings first."""
    definition = model.metrics[metric]
    names = [*definition.siblings, *model.metrics]
    for name in dict.fromkeys(names):
        ratio = model.metrics[name]
        if not ratio.denominator or ratio.numerator != definition.numerator or ratio.scale != 1:
            continue
        below = sides(name, model)[1]
        additive = below in model.metrics and model.metrics[below].additive
        if additive and model.metrics[below].unit == "count" and used <= model.dimensions_of(below):
            yield below, ratio.label


def chain_cells(frame: Frame, desk: Desk) -> tuple[Chain, Table] | None:
    """The counts of the chain over both periods; None where there is no chain or a figure is not shown."""
    if frame.kind != "sum":
        return None
    used = frozenset(entry.dimension for entry in frame.query.filters)
    chain = chain_of(frame.metric, desk.semantic, used)
    if chain is None:
        return None
    query = frame.query.model_copy(update={"metrics": chain.counts})
    try:
        table = governed_table(query, desk, "What it is made of")
    except Mendable:
        return None
    if not isinstance(table, Table) or not table.rows or table.suppressed:
        return None
    cells = [table.cell(0, name + when) for name in chain.counts for when in (NOW, BEFORE)]
    return (chain, table) if all(isinstance(cell, int | float) and cell for cell in cells) else None


def factor_table(chain: Chain, frame: Frame, cells: int, made: int, tables: Sequence[Table], title: str) -> Table:
    """What each factor adds to the change, as part `made` of the tables, over the counts in part `cells`."""
    levels = [[_level(chain, at, cells, when) for at in range(len(chain.counts))] for when in (NOW, BEFORE)]
    last = len(chain.counts)
    both = ", ".join((*levels[0], *levels[1]))
    counts = tables[cells]
    unit = counts.columns[counts.column(frame.metric)].unit
    whole = f"cell:{cells}:0:{frame.metric}"
    formulas = {"now": whole, **{f"now[{at}]": text for at, text in enumerate(levels[0])}}
    formulas |= {"before": f"{whole}{BEFORE}", **{f"before[{at}]": text for at, text in enumerate(levels[1])}}
    formulas |= {CONTRIBUTION: f"sum:{made}:{CONTRIBUTION}:0:{last - 1}"}
    formulas |= {f"{CONTRIBUTION}[{at}]": f"shapley({at}, {both})" for at in range(last)}
    formulas[SHARE] = f"div(cell:{made}:{{row}}:{CONTRIBUTION}, {whole}__change)"
    columns = (
        Column(FACTOR, "VARCHAR", "", "dimension", "Made of"),
        Column("now", "DOUBLE", "", "derived", "Level"),
        Column("before", "DOUBLE", "", "derived", "Level, before"),
        Column(CONTRIBUTION, "DOUBLE", unit, "metric", "Adds to the change"),
        Column(SHARE, "DOUBLE", "rate", "derived", "Share of the change"),
    )
    empty = Table(title, columns, (), interpretation=counts.interpretation, formulas=formulas)
    return computed_at(empty, [*((label,) for label in chain.labels), (WHOLE,)], made, tables)


def _level(chain: Chain, at: int, cells: int, when: str) -> str:
    own = f"cell:{cells}:0:{chain.counts[at]}{when}"
    return own if at == 0 else f"div({own}, cell:{cells}:0:{chain.counts[at - 1]}{when})"
