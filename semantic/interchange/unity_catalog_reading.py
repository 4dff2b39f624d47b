"""Import of Unity Catalog metric views (YAML 0.1 and 1.1), a file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlglot import exp

from semantic.interchange.drafting import DatasetDraft, ModelDraft, plain, unit_of, words_of
from semantic.interchange.formulas import Formula, formula_of, parsed, rows_of
from semantic.interchange.report import Interchanged, NotMapped
from semantic.interchange.yaml_reading import mappings, text, texts
from warehouse.errors import UsageError

DIALECT = "databricks"
_DATES = ("date", "date_time")


def import_unity_catalog(documents: Mapping[str, Any], name: str = "imported") -> Interchanged:
    """Metric views by the name of their file (without ending), as the files of a model folder.

    Raises UsageError for a document that is no metric view.
    """
    draft = ModelDraft(name)
    views = {plain(file): view for file, view in documents.items()}
    for view_name, view in views.items():
        _check(view_name, view)
        _source(view_name, view, draft)
    for view_name, view in views.items():
        if view_name in draft.datasets:
            _joins(view_name, mappings(view, "joins"), draft, "source")
            _Reader(view_name, view, draft).read()
    return draft.finish()


def _check(name: str, view: Any) -> None:
    if not isinstance(view, dict) or "source" not in view or "version" not in view:
        raise UsageError("This is no metric view: it has no version and source.", where=name)


def _source(name: str, view: Mapping[str, Any], draft: ModelDraft) -> None:
    """The dataset of a view: its table and filter."""
    try:
        table = _table(text(view, "source"))
        where, flag = rows_of(parsed(text(view, "filter"), DIALECT)) if view.get("filter") else ((), None)
    except NotMapped as reason:
        draft.out.miss("dataset", name, str(reason))
        return
    if flag:
        where = (*where, (flag, ("1",)))
    if view.get("materialization"):
        draft.out.miss("dataset", name, "a warehouse is built, not materialized by its views", "materialization")
    grain = text(view, "comment") or f"one row of {table}"
    draft.datasets[name] = DatasetDraft(name, table, grain[:1].lower() + grain[1:], where=where)


def _table(source: str) -> str:
    """`schema.table` of a three-part name. Raises NotMapped for a query."""
    tree = parsed(f"SELECT * FROM {source}", DIALECT) if " " not in source.strip() else None
    found = tree.find(exp.Table) if tree is not None else None
    if found is None or not found.name:
        raise NotMapped("its source is a query and no table; make a view of it")
    return f"{found.db}.{found.name}" if found.db else found.name


def _joins(dataset: str, joins: list[dict[str, Any]], draft: ModelDraft, parent: str) -> None:
    for join in joins:
        name = text(join, "name")
        try:
            here, key = _keys(join, parent, name)
            table = _table(text(join, "source"))
        except NotMapped as reason:
            draft.out.miss("dataset", dataset, str(reason), f"join {name}")
            continue
        other = _joined(name, table, key, draft)
        draft.datasets[dataset].joins[other] = here
        _joins(other, mappings(join, "joins"), draft, name)


def _joined(name: str, table: str, key: str, draft: ModelDraft) -> str:
    """The dataset that a join leads to: that of a view over the same table, or one of its own."""
    same = [d.name for d in draft.datasets.values() if d.table == table and not d.where and d.key in ("", key)]
    found = same[0] if same else plain(name)
    if not same:
        draft.datasets[found] = DatasetDraft(found, table, f"one row of {table}")
    draft.datasets[found].key = key
    return found


def _keys(join: Mapping[Any, Any], parent: str, name: str) -> tuple[str, str]:
    """The column here and the key there."""
    if text(join, "cardinality") not in ("", "many_to_one") or text(join, "rely"):
        raise NotMapped("is not from many rows to one by a plain key")
    using = texts(join, "using")
    if len(using) == 1:
        return using[0], using[0]
    # YAML 1.1 reads an unquoted `on` as true.
    condition = join.get("on", join.get(True))
    tree = parsed(str(condition), DIALECT) if condition else None
    if isinstance(tree, exp.EQ) and isinstance(tree.left, exp.Column) and isinstance(tree.right, exp.Column):
        sides = {side.table.lower(): side.name for side in (tree.left, tree.right)}
        if sides.keys() == {parent.lower(), name.lower()}:
            return sides[parent.lower()], sides[name.lower()]
    raise NotMapped("joins by something else than one column each side")


class _Reader:
    """Dimensions and measures of one view."""

    def __init__(self, name: str, view: Mapping[str, Any], draft: ModelDraft) -> None:
        self.name, self.view, self.draft = name, view, draft
        self.measures = {text(m, "name"): m for m in mappings(view, "measures")}
        self.open: list[str] = []

    def read(self) -> None:
        for entry in [*mappings(self.view, "dimensions"), *mappings(self.view, "fields")]:
            try:
                self._dimension(entry)
            except NotMapped as reason:
                self.draft.out.miss("dimension", text(entry, "name"), str(reason), f"in the view {self.name}")
        if not self.draft.datasets[self.name].time:
            why = "no dimension is formatted as a date: give the dataset its `time`"
            self.draft.out.miss("dataset", self.name, why, "time")
        for label, entry in self.measures.items():
            try:
                self._metric(label, entry)
            except NotMapped as reason:
                self.draft.out.miss("metric", label, f"{reason} (view {self.name})")

    def _dimension(self, entry: Mapping[str, Any]) -> None:
        tree, name = parsed(text(entry, "expr"), DIALECT), plain(text(entry, "name"))
        dataset = self.draft.datasets[self.name]
        shown = entry.get("format")
        if not dataset.time and isinstance(shown, dict) and shown.get("type") in _DATES:
            inner = tree.this if isinstance(tree, exp.Cast) else tree
            if isinstance(inner, exp.Column) and not inner.table:
                dataset.time = inner.name
                return
        missing = ""
        if isinstance(tree, exp.Coalesce) and len(tree.expressions) == 1 and tree.expressions[0].is_string:
            tree, missing = tree.this, tree.expressions[0].name
        path = _path(tree)
        home = self._home(path[:-1])
        words = _words(entry, name)
        home.dimensions.setdefault(name, path[-1])
        if home.dimensions[name] != path[-1]:
            raise NotMapped(f"is {home.dimensions[name]} elsewhere and {path[-1]} here")
        self.draft.dimension(name, {**words, "missing": missing})

    def _home(self, joins: list[str]) -> DatasetDraft:
        """The dataset at the end of a path of joins, as they are called in this view."""
        found, entries = self.draft.datasets[self.name], mappings(self.view, "joins")
        for step in joins:
            if step.lower() == "source":
                continue
            entry = next((e for e in entries if text(e, "name").lower() == step.lower()), None)
            table = _table(text(entry, "source")) if entry else ""
            names = [name for name in found.joins if self.draft.datasets[name].table == table]
            if entry is None or not names:
                raise NotMapped(f"comes by the join {step}, which did not map")
            found, entries = self.draft.datasets[names[0]], mappings(entry, "joins")
        return found

    def _metric(self, label: str, entry: Mapping[str, Any]) -> None:
        if entry.get("window"):
            raise NotMapped("a window over time is asked for in a question here, not part of a metric")
        formula, name = self._formula(label), plain(label)
        shown = entry.get("format")
        told = str(shown.get("type", "")) if isinstance(shown, dict) else ""
        words = _words(entry, name)
        unit = {"unit": unit_of(formula, told), "polarity": "neutral"}
        self.draft.metric(name, self.name, formula, {**words, **unit})

    def _formula(self, label: str) -> Formula:
        if label not in self.measures:
            raise NotMapped(f"refers to the measure {label}, which is not there")
        if label in self.open:
            raise NotMapped("refers to itself")
        self.open.append(label)
        try:
            return formula_of(parsed(text(self.measures[label], "expr"), DIALECT), self._formula)
        finally:
            self.open.pop()


def _words(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return words_of(text(entry, "display_name"), text(entry, "comment"), texts(entry, "synonyms"), fallback=name)


def _path(tree: exp.Expr) -> list[str]:
    """The names of `customers.region`, whichever way they were parsed."""
    names = list(_names(tree))
    if not names:
        raise NotMapped(f"`{tree.sql(dialect=DIALECT)[:60]}` is computed; give the table a column for it")
    return names


def _names(tree: exp.Expr) -> Iterator[str]:
    if isinstance(tree, exp.Column):
        yield from (part.name for part in tree.parts)
    elif isinstance(tree, exp.Dot) and isinstance(tree.expression, exp.Identifier):
        inner = list(_names(tree.this))
        if inner:
            yield from (*inner, tree.expression.name)
