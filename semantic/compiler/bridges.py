"""Sums and counts of rows that a bridge multiplies: each row once for each combination of the query's keys.

Without a member's id the rows are made distinct before they are summed. Rows of members may only be aggregated, so
there counts are of distinct keys, and whole sums need a grouping that the bridge itself is unique by.
"""

from __future__ import annotations

from sqlglot import exp

from semantic.compiler.refused import NotAnswerable
from semantic.model import Bridge, Dataset, Measure, SemanticModel
from semantic.query import SemanticQuery

PART = "__part"
PARTS = "__parts"


def used_dimensions(query: SemanticQuery) -> tuple[str, ...]:
    """What the query groups and filters by."""
    return tuple(dict.fromkeys((*query.dimensions, *(item.dimension for item in query.filters))))


def check_bridges(model: SemanticModel, query: SemanticQuery, metric: str) -> None:
    """Raises NotAnswerable where a metric would cross two bridges, or needs whole sums of members' rows."""
    used = used_dimensions(query)
    for dataset in model.datasets_of(metric):
        reached = model.datasets[dataset].reached
        crossed = {reached[name].bridge: name for name in used if name in reached and reached[name].bridge}
        if len(crossed) > 1:
            labels = " and ".join(model.dimensions[name].label for name in crossed.values())
            raise NotAnswerable(
                f"{model.metrics[metric].label} cannot go by {labels} at once: each has a bridge of its own.",
                code="incompatible",
            )
    for measure, _ in model.metrics[metric].numerator + model.metrics[metric].denominator:
        _check_whole_sum(model, query, metric, model.measures[measure])


def _check_whole_sum(model: SemanticModel, query: SemanticQuery, metric: str, measure: Measure) -> None:
    dataset = model.datasets[measure.dataset]
    bridge = model.bridge_of(dataset.name, used_dimensions(query))
    if bridge is None or not dataset.member_column or measure.aggregation != "sum":
        return
    if model.divides(metric, measure.name, used_dimensions(query)) or by_far_key(model, query, dataset, bridge):
        return
    raise NotAnswerable(
        f"{model.metrics[metric].label} would count a row for several of the asked values, and members' rows are "
        f"not read one by one: ask by what tells {bridge.right} apart, or give the bridge {bridge.name} weights.",
        code="incompatible",
    )


def by_far_key(model: SemanticModel, query: SemanticQuery, dataset: Dataset, bridge: Bridge) -> bool:
    """Whether the query groups by the key beyond the bridge, so that each pair is in a group of its own."""
    for name in query.dimensions:
        way = dataset.reached.get(name)
        direct = way is not None and way.bridge == bridge.name and len(way.path) == 1
        if way and direct and way.column == model.datasets[way.path[0]].key:
            return True
    return False


def counted_once(dataset: Dataset, measure: Measure) -> exp.Expression:
    """COUNT(DISTINCT key) of the rows that a count would count, each pair of a bridge being a row."""
    key: exp.Expression = exp.column(dataset.key)
    conditions: list[exp.Expression] = []
    if measure.column:
        conditions.append(exp.Not(this=exp.Is(this=exp.column(measure.column), expression=exp.Null())))
    if measure.flag:
        conditions.append(exp.EQ(this=exp.column(measure.flag), expression=exp.Literal.number(1)))
    if conditions:
        key = exp.Case(ifs=[exp.If(this=exp.and_(*conditions), true=key)])
    return exp.Count(this=exp.Distinct(expressions=[key]))
