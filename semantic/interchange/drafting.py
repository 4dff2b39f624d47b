"""A model folder in the making: what a reader has found, then the YAML files that the loader checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from semantic.interchange.formulas import Formula, Term
from semantic.interchange.report import Interchanged, NotMapped
from semantic.interchange.yaml_text import without_empty, yaml_text
from semantic.model import Unit
from semantic.names import plain_name

NO_OWNER = "Not named"


@dataclass
class DatasetDraft:
    """A dataset so far. `measures` are by what they compute, so that each is written once."""

    name: str
    table: str
    grain: str
    key: str = ""
    time: str = ""
    joins: dict[str, str] = field(default_factory=dict)
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dimensions: dict[str, str] = field(default_factory=dict)
    measures: dict[Term, str] = field(default_factory=dict)


@dataclass
class ModelDraft:
    """Everything found so far, and the account of what did not map."""

    name: str
    out: Interchanged = field(default_factory=Interchanged)
    datasets: dict[str, DatasetDraft] = field(default_factory=dict)
    dimensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)

    def dimension(self, name: str, entry: Mapping[str, Any]) -> None:
        """A dimension's words: those of its first mention."""
        self.dimensions.setdefault(name, without_empty({**entry}))

    def metric(self, name: str, dataset: str, formula: Formula, entry: Mapping[str, Any]) -> None:
        """A metric over one dataset. Raises NotMapped for a name that is taken and for a plain number."""
        above = {self.measure(dataset, term): weight for term, weight in formula.above.items()}
        below = {self.measure(dataset, term): weight for term, weight in formula.below.items()}
        self.metric_over(name, above, below, entry, formula.constant)
        for remark in formula.remarks:
            self.out.miss("metric", name, remark, "empty groups")

    def metric_over(
        self,
        name: str,
        above: Mapping[str, float],
        below: Mapping[str, float],
        entry: Mapping[str, Any],
        constant: float | None = None,
    ) -> None:
        """A metric over measures that are there. Raises NotMapped for a name that is taken and a plain number."""
        if constant is not None or not above:
            raise NotMapped("is a number and no aggregate")
        if name in self.metrics or name in self.dimensions:
            raise NotMapped("the name is taken by an earlier entry")
        parts = {"numerator": _weights(above), "denominator": _weights(below)}
        self.metrics[name] = without_empty({**entry, **parts})
        self.out.metrics.append(name)

    def measure(self, dataset: str, term: Term) -> str:
        """The name of a measure, made when it is new: calls_sum_cost."""
        dataset, term = term.dataset or dataset, replace(term, dataset="")
        measures = self.datasets[dataset].measures
        if term not in measures:
            words = [dataset, term.aggregation, term.column or "rows", term.flag or ""]
            words += [word for column, values in term.where for word in (column, *values)]
            name = plain(" ".join(filter(None, words)))[:45].rstrip("_")
            taken = {known for draft in self.datasets.values() for known in draft.measures.values()}
            numbered = (f"{name}_{n}" for n in range(2, len(taken) + 3))
            measures[term] = name if name not in taken else next(n for n in numbered if n not in taken)
        return measures[term]

    def finish(self) -> Interchanged:
        """The two files of the model, with what did not map."""
        self._drop_what_nothing_slices()
        used = {name for draft in self.datasets.values() for name in draft.dimensions}
        self.out.dimensions = sorted(used)
        datasets = {draft.name: _dataset(draft) for draft in self.datasets.values()}
        self.out.files["datasets.yml"] = yaml_text({"model": self.name, "datasets": datasets})
        words = {"metrics": self.metrics, "dimensions": {n: d for n, d in self.dimensions.items() if n in used}}
        self.out.files["words.yml"] = yaml_text(words)
        return self.out

    def _drop_what_nothing_slices(self) -> None:
        """A metric needs a dimension that all its datasets have."""
        homes = {name: draft.name for draft in self.datasets.values() for name in draft.measures.values()}
        for name, entry in list(self.metrics.items()):
            used = [*_names(entry["numerator"]), *_names(entry.get("denominator", []))]
            if not set.intersection(*(self._reached(homes[measure]) for measure in used)):
                del self.metrics[name]
                self.out.metrics.remove(name)
                self.out.miss("metric", name, "no dimension mapped that it could be sliced by")
        for entry in self.metrics.values():
            if siblings := [other for other in entry.pop("siblings", []) if other in self.metrics]:
                entry["siblings"] = siblings

    def _reached(self, dataset: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Its own dimensions and those that come by joins."""
        draft = self.datasets[dataset]
        ahead = [other for other in draft.joins if other not in seen | {dataset}]
        return {*draft.dimensions}.union(*(self._reached(other, seen | {dataset}) for other in ahead))


def _names(weights: Any) -> list[str]:
    """Measures of a numerator or denominator, however it is written."""
    return [weights] if isinstance(weights, str) else list(weights)


def plain(name: str) -> str:
    """Somebody's name for a thing as one of ours: `Total Revenue` is total_revenue."""
    return plain_name(re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", name.lower())).strip("_"))


def words_of(
    label: str, description: str, synonyms: list[str], *, owner: str = "", fallback: str = ""
) -> dict[str, Any]:
    """What people see of a metric or a dimension, each field with something in it."""
    shown = label or fallback.replace("_", " ").capitalize()
    described = description or shown
    return {"label": shown, "description": described, "owner": owner or NO_OWNER, "synonyms": synonyms}


def unit_of(formula: Formula, told: str) -> Unit:
    """The unit that a format tells, or what the formula must be: counts are counts, the rest is a plain score."""
    if told == "currency":
        return "usd"
    if told == "percentage" and formula.below:
        return "rate"
    counted = all(term.aggregation in ("count", "count_distinct") for term in formula.above)
    whole = all(float(weight).is_integer() for weight in formula.above.values())
    return "count" if counted and whole and not formula.below else "score"


def _weights(terms: Mapping[str, float]) -> Any:
    if all(weight == 1 for weight in terms.values()):
        names = list(terms)
        return names[0] if len(names) == 1 else names
    return dict(terms)


def _dataset(draft: DatasetDraft) -> dict[str, Any]:
    return without_empty(
        {
            "table": draft.table,
            "grain": draft.grain,
            "key": draft.key,
            "time": draft.time,
            "joins": draft.joins,
            "where": {column: list(values) for column, values in draft.where},
            "dimensions": draft.dimensions,
            "measures": {name: _measure(term) for term, name in draft.measures.items()},
        }
    )


def _measure(term: Term) -> dict[str, Any]:
    where = {column: list(values) for column, values in term.where}
    return without_empty(
        {"aggregate": term.aggregation, "column": term.column or "", "flag": term.flag or "", "where": where}
    )
