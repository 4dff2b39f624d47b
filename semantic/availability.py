"""Which parts of a query a warehouse cannot fill because its source files lack an optional column."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from semantic.model import SemanticModel
from semantic.query import SemanticQuery


@dataclass(frozen=True)
class Unavailable:
    """A metric or dimension whose source column (`call_center.sentiment_score`) is not in the files."""

    name: str
    label: str
    column: str


def unavailable(
    model: SemanticModel, query: SemanticQuery, missing: Mapping[str, Collection[str]]
) -> tuple[Unavailable, ...]:
    """What of the query needs a missing column; `missing` is the manifest's {source table: columns}."""
    found = []
    for name in dict.fromkeys(query.metrics):
        metric = model.metrics[name]
        found += [Unavailable(name, metric.label, column) for column in metric.requires if _lacks(column, missing)]
    for name in dict.fromkeys((*query.dimensions, *(item.dimension for item in query.filters))):
        dimension = model.dimensions[name]
        found += [
            Unavailable(name, dimension.label, column)
            for column in dimension.requires
            if _lacks(column, missing) and not _from_elsewhere(model, query, column)
        ]
    return tuple(found)


def _from_elsewhere(model: SemanticModel, query: SemanticQuery, column: str) -> bool:
    """Whether all datasets of a query say that their events come from another source table than the column's."""
    datasets = {name for metric in query.metrics for name in model.datasets_of(metric)}
    table = column.partition(".")[0]
    return table != "members" and all(model.datasets[name].source not in ("", table) for name in datasets)


def _lacks(column: str, missing: Mapping[str, Collection[str]]) -> bool:
    table, _, name = column.partition(".")
    return name in missing.get(table, ())
