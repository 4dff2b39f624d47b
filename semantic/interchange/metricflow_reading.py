"""Import of MetricFlow: `semantic_models:` and `metrics:` of a dbt project, or documents of one entry each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from semantic.interchange.drafting import DatasetDraft, ModelDraft, plain, unit_of, words_of
from semantic.interchange.formulas import Formula, Rows, Where, formula_of, parsed, rows_of, with_rows
from semantic.interchange.report import Interchanged, NotMapped
from semantic.interchange.yaml_reading import documents, mappings, text, texts
from semantic.model import Polarity, Unit
from warehouse.errors import UsageError

_REF = re.compile(r"""ref\(\s*(?:['"][^'"]*['"]\s*,\s*)?['"]([^'"]+)['"]""")
_SOURCE = re.compile(
    r"""\s*SELECT\s+\*\s+FROM\s+\{\{\s*source\(\s*'([^']+)'\s*,\s*'([^']+)'\s*\)\s*\}\}\s*(?:WHERE\s+(.*))?\s*""",
    re.IGNORECASE | re.DOTALL,
)
_DIMENSION = re.compile(r"""\{\{\s*Dimension\(\s*['"]([a-z0-9_]+)['"]\s*\)\s*\}\}""")
_AGGREGATES: dict[str, type[exp.Expr]] = {
    "sum": exp.Sum,
    "count": exp.Count,
    "min": exp.Min,
    "max": exp.Max,
    "average": exp.Avg,
}
_UNITS: dict[str, Unit] = {
    unit: unit for unit in ("count", "rate", "usd", "minutes", "days", "seconds", "score", "points", "percent")
}
_POLARITIES: dict[str, Polarity] = {side: side for side in ("higher", "lower", "neutral")}


def import_metricflow(files: Iterable[tuple[str, str]], name: str = "imported") -> Interchanged:
    """YAML files, and the SQL of dbt models where it says which table is meant, as the files of a model folder.

    `files` are names with texts. Raises UsageError when there is no semantic model in them.
    """
    files = list(files)
    found = documents((n, content) for n, content in files if not n.endswith(".sql"))
    dbt_models = {n.rpartition("/")[2].removesuffix(".sql"): sql for n, sql in files if n.endswith(".sql")}
    reader = _Reader(ModelDraft(name), dbt_models)
    models, metrics = _entries(found, "semantic_model"), _entries(found, "metric")
    if not models:
        where = ", ".join(n for n, _ in files[:3])
        raise UsageError("There is no semantic model in these files.", where=where)
    reader.read_models(models)
    reader.read_metrics(metrics)
    return reader.draft.finish()


def _entries(found: list[tuple[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for file, document in found:
        if not isinstance(document, dict):
            raise UsageError("A document here is no mapping.", where=file)
        one = document.get(kind)
        for entry in [*mappings(document, f"{kind}s"), *([one] if isinstance(one, dict) else [])]:
            entries[text(entry, "name")] = entry
    return entries


class _Reader:
    """First all semantic models, because entities lead from one to another, then the metrics over them."""

    def __init__(self, draft: ModelDraft, dbt_models: Mapping[str, str]) -> None:
        self.draft, self.dbt_models = draft, dbt_models
        self.measures: dict[str, Formula | str] = {}
        self.columns: dict[str, dict[str, str]] = {}
        self.metrics: dict[str, dict[str, Any]] = {}
        self.open: list[str] = []

    def read_models(self, models: Mapping[str, dict[str, Any]]) -> None:
        keys: dict[str, str] = {}
        for name, entry in models.items():
            try:
                dataset = self._dataset(plain(name), entry)
            except NotMapped as reason:
                self.draft.out.miss("dataset", name, str(reason))
                continue
            self.draft.datasets[dataset.name] = dataset
            for entity in mappings(entry, "entities"):
                if text(entity, "type").lower() == "primary":
                    dataset.key = text(entity, "expr") or text(entity, "name")
                    keys[text(entity, "name")] = dataset.name
        for name, entry in models.items():
            if plain(name) in self.draft.datasets:
                self._entities(plain(name), entry, keys)
                self._dimensions(plain(name), entry)
                self._measures(plain(name), entry)

    def _dataset(self, name: str, entry: Mapping[str, Any]) -> DatasetDraft:
        relation, grain = entry.get("node_relation"), text(entry, "description")
        if isinstance(relation, dict):
            table = ".".join(filter(None, (text(relation, "schema_name"), text(relation, "alias"))))
            return DatasetDraft(name, table, grain or f"one row of {table}")
        ref = _REF.search(text(entry, "model"))
        if ref is None:
            raise NotMapped("does not say which model it is over")
        table = ref[1]
        where: Where = ()
        source = _SOURCE.fullmatch(self.dbt_models.get(table, ""))
        if source is not None:
            table = f"{source[1]}.{source[2]}"
            where, flag = rows_of(parsed(source[3].strip(), "")) if source[3] else ((), None)
            where = (*where, (flag, ("1",))) if flag else where
        elif table in self.dbt_models:
            why = f"its SQL is more than rows of a source; the table {table} must be there"
            self.draft.out.miss("dataset", name, why, "dbt model")
        return DatasetDraft(name, table, grain or f"one row of {table}", where=where)

    def _entities(self, name: str, entry: Mapping[str, Any], keys: Mapping[str, str]) -> None:
        for entity in mappings(entry, "entities"):
            kind, called = text(entity, "type").lower(), text(entity, "name")
            if kind == "foreign" and called in keys:
                self.draft.datasets[name].joins[keys[called]] = text(entity, "expr") or called
            elif kind != "primary":
                why = "no semantic model has it as its key" if kind == "foreign" else f"a {kind} entity"
                self.draft.out.miss("dataset", name, why, f"entity {called}")

    def _dimensions(self, name: str, entry: Mapping[str, Any]) -> None:
        dataset, defaults = self.draft.datasets[name], entry.get("defaults")
        wanted = text(defaults, "agg_time_dimension") if isinstance(defaults, dict) else ""
        self.columns[name] = {}
        for dimension in mappings(entry, "dimensions"):
            called = text(dimension, "name")
            try:
                tree = parsed(text(dimension, "expr") or called, "")
                if text(dimension, "type").lower() == "time" and called in (wanted, ""):
                    dataset.time = _column(tree.this if isinstance(tree, exp.Cast) else tree)
                    continue
                self._category(dataset, called, tree, dimension)
            except NotMapped as reason:
                self.draft.out.miss("dimension", called, str(reason), f"in {name}")

    def _category(self, dataset: DatasetDraft, called: str, tree: exp.Expr, entry: Mapping[str, Any]) -> None:
        missing = ""
        if isinstance(tree, exp.Coalesce) and len(tree.expressions) == 1 and tree.expressions[0].is_string:
            tree, missing = tree.this, tree.expressions[0].name
        column, name, meta = _column(tree), plain(called), _meta(entry)
        self.columns[dataset.name][called] = column
        dataset.dimensions[name] = column
        words = _words(entry, meta, name)
        kept = {key: meta[key] for key in ("values", "value_labels", "requires") if meta.get(key)}
        self.draft.dimension(name, {**words, "missing": missing, **kept})

    def _measures(self, name: str, entry: Mapping[str, Any]) -> None:
        for measure in mappings(entry, "measures"):
            called = text(measure, "name")
            try:
                found = _measured(measure)
                above = {replace(term, dataset=name): weight for term, weight in found.above.items()}
                below = {replace(term, dataset=name): weight for term, weight in found.below.items()}
                self.measures[called] = replace(found, above=above, below=below)
            except NotMapped as reason:
                self.measures[called] = str(reason)

    def read_metrics(self, metrics: dict[str, dict[str, Any]]) -> None:
        self.metrics = metrics
        for label, entry in metrics.items():
            meta = _meta(entry)
            if meta.get("part_of_others") is True:
                continue
            try:
                self._metric(label, entry, meta)
            except NotMapped as reason:
                self.draft.out.miss("metric", label, str(reason))

    def _metric(self, label: str, entry: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        formula, name = self._formula(label), plain(label)
        words = _words(entry, meta, name)
        unit = _UNITS.get(text(meta, "unit"), unit_of(formula, ""))
        kept = {"unit": unit, "polarity": _POLARITIES.get(text(meta, "polarity"), "neutral")}
        told = {"notes": text(meta, "notes"), "requires": texts(meta, "requires")}
        siblings = [sibling for sibling in texts(meta, "siblings") if sibling in self.metrics]
        self.draft.metric(name, "", formula, {**words, **kept, **told, "siblings": siblings})

    def _formula(self, label: str) -> Formula:
        """The formula of a metric. Raises NotMapped for one that is not there, and for circles."""
        entry = self.metrics.get(label)
        if entry is None:
            raise NotMapped(f"refers to the metric {label}, which is not there")
        if label in self.open:
            raise NotMapped("refers to itself")
        self.open.append(label)
        try:
            return self._narrowed(self._unfiltered(entry), entry.get("filter"))
        finally:
            self.open.pop()

    def _unfiltered(self, entry: Mapping[str, Any]) -> Formula:
        kind, params = text(entry, "type").lower(), entry.get("type_params")
        if not isinstance(params, dict):
            raise NotMapped("has no type_params")
        if kind == "simple":
            return self._of_measure(params.get("measure"))
        if kind == "ratio":
            above, below = self._input(params.get("numerator")), self._input(params.get("denominator"))
            quotient = exp.Div(this=exp.column("above"), expression=exp.column("below"))
            return formula_of(quotient, {"above": above, "below": below}.__getitem__)
        if kind == "derived":
            inputs = {text(i, "alias") or text(i, "name"): self._input(i) for i in mappings(params, "metrics")}
            return formula_of(parsed(text(params, "expr"), ""), lambda name: _known(name, inputs))
        raise NotMapped(f"is {kind or 'of no type'}: such a number is asked for in a question, not a metric here")

    def _of_measure(self, used: Any) -> Formula:
        entry = {"name": used} if isinstance(used, str) else used if isinstance(used, dict) else {}
        found = self.measures.get(text(entry, "name"))
        if not isinstance(found, Formula):
            raise NotMapped(found or f"refers to the measure {text(entry, 'name')}, which is not there")
        return self._narrowed(found, entry.get("filter"))

    def _input(self, used: Any) -> Formula:
        entry = {"name": used} if isinstance(used, str) else used if isinstance(used, dict) else {}
        if entry.get("offset_window") or entry.get("offset_to_grain"):
            raise NotMapped("looks back in time: a comparison is asked for in a question, not part of a metric")
        return self._narrowed(self._formula(text(entry, "name")), entry.get("filter"))

    def _narrowed(self, formula: Formula, wanted: Any) -> Formula:
        """The formula over the rows of a filter: conditions on dimensions of each term's own dataset."""
        for condition in wanted if isinstance(wanted, list) else [wanted] if wanted else []:
            above = {self._with(term, str(condition)): weight for term, weight in formula.above.items()}
            below = {self._with(term, str(condition)): weight for term, weight in formula.below.items()}
            formula = replace(formula, above=above, below=below)
        return formula

    def _with(self, term: Any, condition: str) -> Any:
        columns = self.columns.get(term.dataset, {})

        def column(match: re.Match[str]) -> str:
            name = match[1].rpartition("__")[2]
            if match[1].count("__") > 1 or name not in columns:
                raise NotMapped(f"filters by {match[1]}, which is no dimension of {term.dataset} itself")
            return exp.column(columns[name]).sql()

        plain_sql = _DIMENSION.sub(column, condition)
        if "{{" in plain_sql:
            raise NotMapped("filters by a date or an entity")
        rows: Rows = rows_of(parsed(plain_sql, ""))
        return with_rows(term, rows)


def _known(name: str, inputs: Mapping[str, Formula]) -> Formula:
    if name not in inputs:
        raise NotMapped(f"refers to {name}, which is not among its metrics")
    return inputs[name]


def _column(tree: exp.Expr) -> str:
    if not isinstance(tree, exp.Column) or tree.table:
        raise NotMapped(f"`{tree.sql()[:60]}` is computed; give the table a column for it")
    return tree.name


def _measured(entry: Mapping[str, Any]) -> Formula:
    kind, value = text(entry, "agg").lower(), text(entry, "expr") or text(entry, "name")
    if entry.get("non_additive_dimension"):
        raise NotMapped("is summed over some dimensions and not over others")
    tree = parsed(value, "")
    if kind == "count_distinct":
        return formula_of(exp.Count(this=exp.Distinct(expressions=[tree])), _no_measure)
    if kind == "sum_boolean":
        return formula_of(exp.CountIf(this=tree), _no_measure)
    if kind not in _AGGREGATES:
        raise NotMapped(f"aggregates by {kind or 'nothing'}")
    return formula_of(_AGGREGATES[kind](this=tree), _no_measure)


def _no_measure(name: str) -> Formula:
    raise NotMapped(f"refers to {name} inside a measure")


def _words(entry: Mapping[str, Any], meta: Mapping[str, Any], name: str) -> dict[str, Any]:
    return words_of(
        text(entry, "label"), text(entry, "description"), texts(meta, "synonyms"),
        owner=text(meta, "owner"), fallback=name,
    )  # fmt: skip


def _meta(entry: Mapping[str, Any]) -> dict[str, Any]:
    config = entry.get("config")
    meta = config.get("meta") if isinstance(config, dict) else None
    return meta if isinstance(meta, dict) else {}
