"""Lineage of the semantic model: metrics and dimensions down to source columns, and what depends on a column.

A metric's lineage is read off the SQL that the compiler makes for it over its datasets' own tables (the smaller
marts are equal to them), so it cannot differ from what is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from rapidfuzz import process

from semantic.compiler import compile_query
from semantic.loader import PACKAGED_MODEL, load_model
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
from warehouse.errors import UsageError
from warehouse.lineage import Column, Ends, Kind, Lineage, Role, load_lineage
from warehouse.lineage.files import SourceFile
from warehouse.lineage.relations import Step

_ALIKE = 60  # of 100: how near a name must be to be suggested
_ANY_DAY = date(2000, 1, 31)  # a metric's columns are the same whatever the period
_ENDS: tuple[Kind, ...] = ("source", "rule", "seed", "file")


@dataclass(frozen=True)
class LineageReport:
    """Where a target comes from (`upstream`) or, for a source column, a rule or a seed, what comes of it.

    `nodes` are all columns on the way by name. `ends` are source columns, rules, seeds and arrivals of files;
    `dependents` gold columns, metrics and dimensions with the role of the target for each. `rules` are the values
    of rules by their bare names, `files` the source files behind an answer.
    """

    target: str
    kind: Kind
    direction: Literal["upstream", "downstream"]
    roots: tuple[str, ...]
    nodes: Mapping[str, Column]
    ends: Ends = field(default_factory=Ends)
    dependents: Mapping[str, Role] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    snapshot: str = ""
    files: tuple[SourceFile, ...] = ()
    notes: tuple[str, ...] = ()

    def ends_of_kind(self, kind: Kind) -> dict[str, Role]:
        """The ends of one kind with their role, values first."""
        ordered = [(name, "value") for name in sorted(self.ends.value)]
        ordered += [(name, "selection") for name in sorted(self.ends.selection)]
        return {name: role for name, role in ordered if self.nodes[name].kind == kind}  # type: ignore[misc]

    def rule_value(self, name: str) -> Any:
        """The value of `rules.trend_days`, or None where it is not known."""
        return self.rules.get(name.rpartition(".")[2])

    def document(self) -> dict[str, Any]:
        """The report as JSON values: nodes, edges, and the lists that scripts want."""
        edges = [
            {"from": upstream, "to": name, "role": role}
            for name, node in self.nodes.items()
            for upstream, role in node.upstream.items()
            if upstream in self.nodes
        ]
        shown = {kind: _listed(self.ends_of_kind(kind)) for kind in _ENDS}
        return {
            "target": self.target,
            "kind": self.kind,
            "direction": self.direction,
            "nodes": [_node_document(node) for node in self.nodes.values()],
            "edges": edges,
            "source_columns": shown["source"],
            "rules": [rule | {"value": self.rule_value(rule["name"])} for rule in shown["rule"]],
            "seeds": shown["seed"],
            "dependents": [
                {"name": name, "kind": self.nodes[name].kind, "role": role}
                for name, role in self.dependents.items()
            ],
            "snapshot": self.snapshot,
            "files": [file.__dict__ for file in self.files],
            "notes": list(self.notes),
        }


def _listed(ends: Mapping[str, Role]) -> list[dict[str, str]]:
    return [{"name": name, "role": role} for name, role in ends.items()]


def _node_document(node: Column) -> dict[str, Any]:
    where = {"file": node.file, "line": node.line or None} if node.file else {}
    steps = [{"name": step.name, "expression": step.expression, "line": step.line} for step in node.steps]
    return {"id": node.name, "kind": node.kind, "expression": node.expression, "steps": steps, **where}


def lineage_of_name(target: str, model: SemanticModel | None = None) -> LineageReport:
    """The lineage of a metric, a dimension, a table or column (`gold.calls`, `gold.calls.is_leaked`), or the
    dependents of a source column, rule or seed column (`call_center.sentiment`, `rules.trend_days`).

    Raises UsageError with the nearest name when there is none of that name.
    """
    model, lineage = model or load_model(), load_lineage()
    if target in model.metrics:
        return report(lineage, target, [metric_column(model, target)])
    if target in model.dimensions:
        return report(lineage, target, [dimension_column(model, target)])
    names = [target] if target in lineage.columns else lineage.columns_of(target)
    if not names:
        raise unknown_name(target, model, lineage)
    if lineage.columns[names[0]].kind in _ENDS:
        return _impact(model, lineage, target, names)
    return report(lineage, target, [lineage.columns[name] for name in names])


def unknown_name(target: str, model: SemanticModel, lineage: Lineage) -> UsageError:
    """The error for a name that nothing has."""
    tables = {name.rpartition(".")[0] for name in lineage.columns}
    nearest = process.extractOne(target, [*model.metrics, *model.dimensions, *tables, *lineage.columns],
                                 score_cutoff=_ALIKE)  # fmt: skip
    hint = f"Did you mean {nearest[0]}?" if nearest else "Run `command-center model show` for the metrics."
    return UsageError(
        f"There is no metric, dimension, answer or column {target!r}.", where="lineage", next_step=hint
    )


def report(
    lineage: Lineage, target: str, roots: Iterable[Column], *, kind: Kind | None = None, notes: Iterable[str] = ()
) -> LineageReport:
    """Everything upstream of some columns, which need not be in the lineage themselves."""
    roots = list(roots)
    value = {name for root in roots for name in root.value} | {r.name for r in roots if r.name in lineage.columns}
    selection = {name for root in roots for name in root.selection}
    nodes = {root.name: root for root in roots} | lineage.reached([*sorted(value), *sorted(selection)])
    return LineageReport(
        target,
        kind or roots[0].kind,
        "upstream",
        tuple(root.name for root in roots),
        nodes,
        lineage.ends_of(value, selection),
        notes=tuple(notes),
    )


def _impact(model: SemanticModel, lineage: Lineage, target: str, names: list[str]) -> LineageReport:
    """What depends on the columns of a source: gold columns, metrics, dimensions, and the way to them."""
    everything = lineage.extended(semantic_columns(model))
    roles: dict[str, Role] = {}
    for name in names:
        for other, role in everything.dependents(name).items():
            if roles.get(other) != "value":
                roles[other] = role
    on_the_way = {name: everything.columns[name] for name in [*names, *roles]}
    wanted = {name: role for name, role in roles.items() if on_the_way[name].kind not in ("silver", "record")}
    kind = lineage.columns[names[0]].kind
    return LineageReport(target, kind, "downstream", tuple(names), on_the_way, dependents=wanted)


def semantic_columns(model: SemanticModel) -> tuple[Column, ...]:
    """Every metric and dimension as a node over gold columns."""
    metrics = [metric_column(model, name) for name in model.metrics]
    return tuple(metrics + [dimension_column(model, name) for name in model.dimensions])


def metric_column(model: SemanticModel, metric: str) -> Column:
    """A metric as a node over gold columns: its formula, its measures as steps."""
    query = SemanticQuery(metrics=(metric,))
    compiled = compile_query(replace(model, marts=()), query, as_of=_ANY_DAY, first_day=date(1999, 1, 1))
    traced = load_lineage().trace_query(compiled.sql).columns[metric]
    steps = tuple(Step(step.name, step.expression, 0) for step in traced.origins.steps)
    file, line = _place(metric)
    origins = traced.origins
    return Column(metric, "metric", origins.value, origins.selection, traced.expression, steps, file, line)


def dimension_column(model: SemanticModel, dimension: str) -> Column:
    """A dimension as a node: the column that each dataset has for it, and the condition of that dataset."""
    value: set[str] = set()
    selection: set[str] = set()
    for dataset in model.datasets.values():
        if dimension in dataset.columns:
            spread = dataset.is_part(dimension) and model.bridges[dataset.reached[dimension].bridge]
            value.add(f"{spread.table if spread else dataset.table}.{dataset.columns[dimension]}")
            selection |= {f"{dataset.table}.{column}" for column, _ in dataset.where}
    file, line = _place(dimension)
    missing = model.dimensions[dimension].missing
    columns = " | ".join(sorted(value))
    expression = f"COALESCE({columns}, '{missing}')" if missing else columns
    return Column(dimension, "dimension", frozenset(value), frozenset(selection), expression, (), file, line)


@lru_cache(maxsize=512)
def _place(name: str) -> tuple[str, int]:
    """File and line of an entry of the packaged model."""
    for file in sorted(PACKAGED_MODEL.glob("*.yml")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith(f"  {name}:") and file.stem.startswith(("metrics", "dimensions")):
                return f"semantic/models/{file.name}", number
    return "", 0
