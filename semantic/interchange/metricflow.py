"""Export to dbt's MetricFlow: semantic models, metrics, and the dbt models that they stand on.

Source of the format: the JSON schema and the validations of dbt-semantic-interfaces. What MetricFlow has no field
for (unit, polarity, owner, synonyms, words for values) goes into `config: meta:`.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from semantic.interchange.expressions import conditions, dimension_value, formula, own_columns, row_value
from semantic.interchange.report import Interchanged
from semantic.interchange.untold import note_untold
from semantic.interchange.yaml_text import without_empty, yaml_text
from semantic.model import Dataset, Dimension, Metric, SemanticModel

_NAME = re.compile(r"(?!.*__)[a-z][a-z0-9_]*[a-z0-9]")
# Names of time grains, which nothing else may have.
_GRAINS = frozenset(
    ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month"],
).union(["quarter", "year"])
_SPINE = "metricflow_time_spine"
_DBT = "Needs no change in a dbt project; the schema of the tables is in sources.yml."


def export_metricflow(model: SemanticModel) -> Interchanged:
    """`sources.yml`, a dbt model a dataset, `semantic_models.yml`, `metrics.yml`: for a dbt project."""
    out = Interchanged()
    exported = [metric for metric in model.metrics.values() if _maps(model, metric, out)]
    out.metrics = [metric.name for metric in exported]
    used = {name for metric in exported for name, _ in (*metric.numerator, *metric.denominator)}
    named = _Named(model, exported)
    metrics = [_metric(metric, named) for metric in exported]
    metrics += [named.helper(measure, used) for measure in named.helpers]
    datasets = [d for d in model.datasets.values() if d.time_column or d.key]
    out.files = {f"{dataset.name}.sql": _dbt_model(dataset) for dataset in datasets}
    out.files["sources.yml"] = yaml_text(_sources(model, datasets), _DBT)
    semantic_models = [_semantic_model(model, dataset, used, out) for dataset in datasets]
    out.files["semantic_models.yml"] = yaml_text({"semantic_models": semantic_models})
    out.files["metrics.yml"] = yaml_text({"metrics": metrics})
    _time_spine(model, out)
    note_untold(model, out, meta=True)
    return out


def _maps(model: SemanticModel, metric: Metric, out: Interchanged) -> bool:
    undated = [name for name in sorted(model.datasets_of(metric.name)) if not model.datasets[name].time_column]
    if metric.per_day:
        out.miss("metric", metric.name, "divides by the days of the period asked for, which no measure knows")
    elif undated:
        out.miss("metric", metric.name, f"{' and '.join(undated)} has no date, and every measure here needs one")
    elif not _NAME.fullmatch(metric.name) or metric.name in _GRAINS:
        out.miss("metric", metric.name, "the name is not allowed")
    else:
        if len(model.datasets_of(metric.name)) > 1:
            out.miss("metric", metric.name, "over several datasets it goes by time only", "dimensions")
        return True
    return False


class _Named:
    """What a measure's own metric is called: a metric that is just this measure, or a helper made for it."""

    def __init__(self, model: SemanticModel, metrics: list[Metric]) -> None:
        self.model = model
        self.plain = {m.numerator[0][0]: m.name for m in metrics if _is_plain(m)}
        self.helpers: dict[str, str] = {}

    def __call__(self, measure: str) -> str:
        if measure in self.plain:
            return self.plain[measure]
        taken = measure in self.model.metrics or measure in self.model.dimensions
        return self.helpers.setdefault(measure, f"{measure}_measure" if taken else measure)

    def helper(self, measure: str, used: set[str]) -> dict[str, Any]:
        """The metric of a measure that others are made of."""
        assert measure in used
        label = measure.replace("_", " ").capitalize()
        return {
            "name": self.helpers[measure],
            "label": label,
            "description": f"A part of other metrics: {label.lower()}",
            "type": "simple",
            "type_params": {"measure": self.input(measure)},
            "config": {"meta": {"part_of_others": True}},
        }

    def input(self, measure: str) -> dict[str, Any]:
        """The measure of a simple metric: sums and counts are 0 where there is no row."""
        extreme = self.model.measures[measure].aggregation in ("min", "max")
        return {"name": measure} if extreme else {"name": measure, "fill_nulls_with": 0}


def _is_plain(metric: Metric) -> bool:
    return metric.scale == 1 and not metric.denominator and [w for _, w in metric.numerator] == [1]


def _metric(metric: Metric, named: _Named) -> dict[str, Any]:
    kind, params = _type_params(metric, named)
    meta = {
        "unit": metric.unit,
        "polarity": metric.polarity,
        "owner": metric.owner,
        "synonyms": list(metric.synonyms),
        "siblings": list(metric.siblings),
        "requires": list(metric.requires),
        "notes": metric.notes,
    }
    return {
        "name": metric.name,
        "label": metric.label,
        "description": metric.description,
        "type": kind,
        "type_params": params,
        "config": {"meta": without_empty(meta)},
    }


def _type_params(metric: Metric, named: _Named) -> tuple[str, dict[str, Any]]:
    above, below = metric.numerator, metric.denominator
    if _is_plain(metric):
        return "simple", {"measure": named.input(above[0][0])}
    if metric.scale == 1 and [w for _, w in above] == [1] and [w for _, w in below] == [1]:
        return "ratio", {"numerator": {"name": named(above[0][0])}, "denominator": {"name": named(below[0][0])}}
    value = formula(metric, lambda measure: exp.column(named(measure)))
    parts = dict.fromkeys(named(measure) for measure, _ in (*above, *below))
    return "derived", {"expr": value.sql(), "metrics": [{"name": part} for part in parts]}


def entity_of(dataset: Dataset) -> str:
    """What a row of a dataset is called."""
    return f"{dataset.name}_row"


def _semantic_model(model: SemanticModel, dataset: Dataset, used: set[str], out: Interchanged) -> dict[str, Any]:
    own = own_columns(model, dataset)
    day = "event_date" if "event_date" not in dataset.columns else f"{dataset.name}_date"
    measures = [m for m in model.measures.values() if m.dataset == dataset.name and m.name in used]
    for name in [name for name in own if not _NAME.fullmatch(name) or name in _GRAINS]:
        out.miss("dimension", name, "the name is not allowed")
        del own[name]
    for name in (*own, *(n for n, way in dataset.reached.items() if not way.bridge)):
        if name not in out.dimensions:
            out.dimensions.append(name)
    dated = {
        "name": day,
        "type": "time",
        "type_params": {"time_granularity": "day"},
        "expr": f"CAST({dataset.time_column} AS DATE)",
    }
    categories = [_dimension(model.dimensions[name], column) for name, column in own.items()]
    return without_empty(
        {
            "name": dataset.name,
            "model": f"ref('{dataset.name}')",
            "description": dataset.grain,
            "defaults": {"agg_time_dimension": day} if dataset.time_column else {},
            "primary_entity": "" if dataset.key else entity_of(dataset),
            "entities": _entities(model, dataset),
            "dimensions": [*([dated] if dataset.time_column else []), *categories],
            "measures": [
                {
                    "name": measure.name,
                    "agg": measure.aggregation,
                    "expr": row_value(measure).sql(),
                }
                for measure in measures
            ],
        }
    )


def _entities(model: SemanticModel, dataset: Dataset) -> list[dict[str, Any]]:
    own = [{"name": entity_of(dataset), "type": "primary", "expr": dataset.key}] if dataset.key else []
    foreign = [
        {"name": entity_of(model.datasets[other]), "type": "foreign", "expr": column}
        for other, column in dataset.joins.items()
    ]
    return own + foreign


def _dimension(dimension: Dimension, column: str) -> dict[str, Any]:
    meta = {
        "owner": dimension.owner,
        "synonyms": list(dimension.synonyms),
        "values": {value: list(words) for value, words in dimension.values.items()},
        "value_labels": dimension.value_labels,
        "requires": list(dimension.requires),
    }
    return {
        "name": dimension.name,
        "label": dimension.label,
        "description": dimension.description,
        "type": "categorical",
        "expr": dimension_value(dimension, column).sql(),
        "config": {"meta": without_empty(meta)},
    }


def _dbt_model(dataset: Dataset) -> str:
    schema, _, table = dataset.table.rpartition(".")
    where = conditions(dataset.where)
    rows = f"\nWHERE {where.sql()}" if where is not None else ""
    return f"SELECT * FROM {{{{ source('{schema or 'main'}', '{table}') }}}}{rows}\n"


def _sources(model: SemanticModel, datasets: list[Dataset]) -> dict[str, Any]:
    tables = [dataset.table for dataset in datasets]
    if model.spine:
        tables.append(model.spine.rpartition(".")[0])
    schemas: dict[str, dict[str, None]] = {}
    for table in tables:
        schema, _, name = table.rpartition(".")
        schemas.setdefault(schema or "main", {})[name] = None
    sources = [
        {"name": schema, "schema": schema, "tables": [{"name": name} for name in names]}
        for schema, names in schemas.items()
    ]
    return {"version": 2, "sources": sources}


def _time_spine(model: SemanticModel, out: Interchanged) -> None:
    if not model.spine:
        why = "the model names no table of days: add a dbt model for it"
        out.miss("model", model.name, why, "time spine")
        return
    table, _, column = model.spine.rpartition(".")
    schema, _, name = table.rpartition(".")
    out.files[f"{_SPINE}.sql"] = f"SELECT {column} FROM {{{{ source('{schema or 'main'}', '{name}') }}}}\n"
    spine = {
        "name": _SPINE,
        "time_spine": {"standard_granularity_column": column},
        "columns": [{"name": column, "granularity": "day"}],
    }
    out.files["time_spine.yml"] = yaml_text({"version": 2, "models": [spine]})
