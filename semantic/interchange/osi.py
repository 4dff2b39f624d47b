"""Export to Open Semantic Interchange, now Apache Ossie. Experimental, as the specification still moves.

Source of the format: `core-spec/osi-schema.json` of that project, version 0.2.0.dev0, which the files satisfy.
Expressions are in standard SQL and in Databricks' dialect; owner, unit and polarity travel as an extension of
the vendor COMMON.
"""

from __future__ import annotations

import json
from typing import Any

from sqlglot import exp

from semantic.interchange.expressions import aggregate, column, conditions, dimension_value, formula, own_columns
from semantic.interchange.report import Interchanged
from semantic.interchange.untold import note_untold
from semantic.interchange.yaml_text import without_empty, yaml_text
from semantic.model import Dataset, Measure, Metric, SemanticModel

VERSION = "0.2.0.dev0"
EXPERIMENTAL = f"Experimental: Open Semantic Interchange (Apache Ossie), specification {VERSION}. Not read back."
_DIALECTS = {"ANSI_SQL": "", "DATABRICKS": "databricks"}


def export_osi(model: SemanticModel) -> Interchanged:
    """One file `<model>.osi.yml` with datasets, relationships and metrics."""
    out = Interchanged()
    datasets = [_dataset(model, dataset) for dataset in model.datasets.values()]
    out.dimensions = [name for name in model.dimensions if any(name in d.columns for d in model.datasets.values())]
    metrics = [_metric(model, metric, out) for metric in model.metrics.values() if _maps(metric, out)]
    entry = {
        "name": model.name,
        "description": f"{len(metrics)} metrics over {len(datasets)} datasets",
        "datasets": datasets,
        "relationships": _relationships(model),
        "metrics": metrics,
    }
    document = {"version": VERSION, "semantic_model": [without_empty(entry)]}
    out.files[f"{model.name}.osi.yml"] = yaml_text(document, EXPERIMENTAL)
    note_untold(model, out, meta=True)
    return out


def _maps(metric: Metric, out: Interchanged) -> bool:
    if metric.per_day:
        out.miss("metric", metric.name, "divides by the days of the period asked for, which no expression knows")
    return not metric.per_day


def _dialects(tree: exp.Expr) -> dict[str, Any]:
    written = [{"dialect": name, "expression": tree.sql(dialect=d)} for name, d in _DIALECTS.items()]
    return {"dialects": written}


def _dataset(model: SemanticModel, dataset: Dataset) -> dict[str, Any]:
    where = conditions(dataset.where)
    rows = f" WHERE {where.sql()}" if where is not None else ""
    fields: dict[str, dict[str, Any]] = {}
    if dataset.time_column:
        fields[dataset.time_column] = _field(dataset.time_column, is_time=True)
    for name, named in own_columns(model, dataset).items():
        dimension = model.dimensions[name]
        fields[name] = {
            "name": name,
            "expression": _dialects(dimension_value(dimension, named)),
            "dimension": {"is_time": False},
            "label": dimension.label,
            "description": dimension.description,
            **_context(dimension.synonyms),
            **_extension({"owner": dimension.owner, "values": {v: list(w) for v, w in dimension.values.items()}}),
        }
    for name in (*_measured(model, dataset), dataset.key, *dataset.joins.values()):
        if name and name not in fields:
            fields[name] = _field(name)
    return without_empty(
        {
            "name": dataset.name,
            "source": f"SELECT * FROM {dataset.table}{rows}" if rows else dataset.table,
            "primary_key": [dataset.key] if dataset.key else [],
            "description": dataset.grain,
            "fields": list(fields.values()),
        }
    )


def _field(name: str, *, is_time: bool = False) -> dict[str, Any]:
    dimension = {"dimension": {"is_time": True}} if is_time else {}
    return {"name": name, "expression": _dialects(column(name)), **dimension}


def _measured(model: SemanticModel, dataset: Dataset) -> list[str]:
    """The columns that metric expressions name."""
    used = [measure for measure in model.measures.values() if measure.dataset == dataset.name]
    return [n for m in used for n in (m.column, m.flag, *(name for name, _ in m.where)) if n]


def _relationships(model: SemanticModel) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{dataset.name}_to_{other}",
            "from": dataset.name,
            "to": other,
            "from_columns": [here],
            "to_columns": [model.datasets[other].key],
        }
        for dataset in model.datasets.values()
        for other, here in dataset.joins.items()
    ]


def _metric(model: SemanticModel, metric: Metric, out: Interchanged) -> dict[str, Any]:
    out.metrics.append(metric.name)
    told = {"unit": metric.unit, "polarity": metric.polarity, "owner": metric.owner, "label": metric.label}
    return {
        "name": metric.name,
        "expression": _dialects(formula(metric, lambda name: _qualified(model.measures[name]))),
        "description": metric.description,
        **_context(metric.synonyms),
        **_extension(told),
    }


def _qualified(measure: Measure) -> exp.Expr:
    """The aggregate with its columns named by their dataset; rows are counted by a constant of it."""
    tree = aggregate(measure)
    for found in tree.find_all(exp.Column):
        found.set("table", exp.to_identifier(measure.dataset))
    if isinstance(tree.this, exp.Star):
        tree.set("this", exp.Column(this=exp.Star(), table=exp.to_identifier(measure.dataset)))
    return tree


def _context(synonyms: tuple[str, ...]) -> dict[str, Any]:
    return {"ai_context": {"synonyms": list(synonyms)}} if synonyms else {}


def _extension(told: dict[str, Any]) -> dict[str, Any]:
    data = json.dumps(without_empty(told), ensure_ascii=False)
    return {"custom_extensions": [{"vendor_name": "COMMON", "data": data}]}
