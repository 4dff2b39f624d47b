"""Export to Unity Catalog metric views (YAML 1.1): one view a dataset that has metrics.

Source of the format: Databricks' metric view YAML reference and its pages on joins and agent metadata. A view has
one source, so a metric over several datasets does not map; a field has at most ten synonyms.
"""

from __future__ import annotations

from typing import Any

from semantic.interchange.expressions import aggregate, conditions, dimension_value, formula, own_columns
from semantic.interchange.report import Interchanged
from semantic.interchange.untold import note_untold
from semantic.interchange.yaml_text import without_empty, yaml_text
from semantic.model import Dataset, Metric, SemanticModel, Unit
from semantic.names import is_plain

VERSION = "1.1"
DIALECT = "databricks"
MOST_SYNONYMS, LONGEST_TEXT = 10, 255
_EXACT = {"currency": 2, "percentage": 1}


def export_unity_catalog(model: SemanticModel, catalog: str = "main") -> Interchanged:
    """`<dataset>.yml` for each metric view; tables are `catalog.schema.table`, formulas Databricks' SQL."""
    out = Interchanged()
    for dataset in model.datasets.values():
        _note_unmapped(model, dataset, out)
        measures = [_measure(model, m, out) for m in model.metrics.values() if _fits(model, m, dataset)]
        if measures:
            view = _view(model, dataset, catalog, measures, out)
            out.files[f"{dataset.name}.yml"] = yaml_text(view)
    for name, metric in model.metrics.items():
        several = sorted(model.datasets_of(name))
        if metric.per_day:
            out.miss("metric", name, "divides by the days of the period asked for, which no measure knows")
        elif len(several) > 1:
            out.miss("metric", name, f"a view has one source, and this is over {' and '.join(several)}")
    note_untold(model, out, meta=False)
    return out


def _fits(model: SemanticModel, metric: Metric, dataset: Dataset) -> bool:
    return model.datasets_of(metric.name) == {dataset.name} and not metric.per_day


def _note_unmapped(model: SemanticModel, dataset: Dataset, out: Interchanged) -> None:
    for name, way in dataset.reached.items():
        if way.bridge:
            out.miss("dimension", name, f"behind the bridge {way.bridge}", f"in the view {dataset.name}")


def _view(
    model: SemanticModel, dataset: Dataset, catalog: str, measures: list[dict[str, Any]], out: Interchanged
) -> dict[str, Any]:
    where = conditions(dataset.where)
    return without_empty(
        {
            "version": VERSION,
            "comment": f"{dataset.grain[:1].upper()}{dataset.grain[1:]}",
            "source": full_name(dataset.table, catalog),
            "filter": where.sql(dialect=DIALECT) if where is not None else "",
            "joins": _joins(model, dataset, "source", _needed(dataset), catalog),
            "dimensions": [*_time(dataset), *_dimensions(model, dataset, out)],
            "measures": measures,
        }
    )


def full_name(table: str, catalog: str) -> str:
    """`catalog.schema.table`; the schema is main where none is named, as in DuckDB."""
    return f"{catalog}.{table if '.' in table else f'main.{table}'}"


def _needed(dataset: Dataset) -> set[tuple[str, ...]]:
    """The paths of joins that dimensions come by, with those on the way."""
    paths = [way.path for way in dataset.reached.values() if not way.bridge]
    return {path[:length] for path in paths for length in range(1, len(path) + 1)}


def _joins(
    model: SemanticModel, dataset: Dataset, parent: str, paths: set[tuple[str, ...]], catalog: str
) -> list[dict[str, Any]]:
    joins = []
    for first in sorted({path[0] for path in paths}):
        other, rest = model.datasets[first], {path[1:] for path in paths if path[0] == first and len(path) > 1}
        joins.append(
            without_empty(
                {
                    "name": first,
                    "source": full_name(other.table, catalog),
                    "on": f"{parent}.{quoted(dataset.joins[first])} = {first}.{quoted(other.key)}",
                    "joins": _joins(model, other, first, rest, catalog),
                }
            )
        )
    return joins


def quoted(name: str) -> str:
    """A name in Databricks' SQL."""
    return name if is_plain(name) else f"`{name}`"


def _time(dataset: Dataset) -> list[dict[str, Any]]:
    if not dataset.time_column:
        return []
    date_format = {"type": "date", "date_format": "year_month_day", "leading_zeros": True}
    day = f"CAST({quoted(dataset.time_column)} AS DATE)"
    name = "day" if "day" not in dataset.columns else dataset.time_column
    return [{"name": name, "expr": day, "display_name": "Day", "format": date_format}]


def _dimensions(model: SemanticModel, dataset: Dataset, out: Interchanged) -> list[dict[str, Any]]:
    own = own_columns(model, dataset)
    found = []
    for name in dataset.columns:
        dimension, way = model.dimensions[name], dataset.reached.get(name)
        if way is not None and way.bridge:
            continue
        if way is None:
            value = dimension_value(dimension, own[name]).sql(dialect=DIALECT)
        else:
            value = ".".join([*way.path, quoted(way.column)])
            if dimension.missing:
                value = f"COALESCE({value}, {_text(dimension.missing)})"
        if name not in out.dimensions:
            out.dimensions.append(name)
        words = _words("dimension", name, dimension.label, dimension.description, dimension.synonyms, out)
        found.append({"name": name, "expr": value, **words})
    return found


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _measure(model: SemanticModel, metric: Metric, out: Interchanged) -> dict[str, Any]:
    value = formula(metric, lambda name: aggregate(model.measures[name]))
    out.metrics.append(metric.name)
    words = _words("metric", metric.name, metric.label, metric.description, metric.synonyms, out)
    shown = _format(metric.unit)
    if metric.unit not in ("usd", "rate", "count"):
        out.miss("metric", metric.name, "a format has no such unit", f"unit {metric.unit}")
    return {"name": metric.name, "expr": value.sql(dialect=DIALECT), **words, "format": shown}


def _format(unit: Unit) -> dict[str, Any]:
    kind = {"usd": "currency", "rate": "percentage"}.get(unit, "number")
    places = 0 if unit == "count" else _EXACT.get(kind, 2)
    code = {"currency_code": "USD"} if kind == "currency" else {}
    return {"type": kind, **code, "decimal_places": {"type": "exact", "places": places}}


def _words(
    kind: Any, name: str, label: str, description: str, synonyms: tuple[str, ...], out: Interchanged
) -> dict[str, Any]:
    kept = [word for word in synonyms if len(word) <= LONGEST_TEXT][:MOST_SYNONYMS]
    if len(kept) < len(synonyms):
        out.miss(kind, name, f"at most {MOST_SYNONYMS} are allowed", f"{len(synonyms) - len(kept)} synonyms")
    shown = {"comment": description, "display_name": label[:LONGEST_TEXT], "synonyms": kept}
    return without_empty(shown)
