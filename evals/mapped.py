"""The owner's questions in the names of our own semantic model (`cases/mapping.yml`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from agents.planner import PriorTurn
from evals.case_shapes import MappingFile, checked_body
from evals.outcomes import Case, Expected, compact
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, SemanticQuery

MAPPING = Path(__file__).parent / "cases" / "mapping.yml"
ABSTAIN = (Expected("refuse"), Expected("clarify"))


class Mapping:
    """Names and values of the vocabulary in our model; None where there is no counterpart."""

    def __init__(self, model: SemanticModel, path: Path = MAPPING) -> None:
        content: dict[str, Any] = checked_body(path, MappingFile)
        self.model = model
        self.missing = frozenset(content["metrics"]["missing"])
        self.named: dict[str, list[str]] = content["metrics"]["named"]
        self.also: dict[str, list[str]] = content["metrics"]["also"]
        self.overrides: dict[str, dict[str, Any]] = content["overrides"]
        self.dimensions: dict[str, dict[str, Any]] = content["dimensions"]

    def case(self, case: Case) -> Case:
        """The same question with what is expected of it over our model."""
        history = tuple(self._turn(turn) for turn in case.history)
        if case.id in self.overrides and case.question == self.overrides[case.id]["q"]:
            forms = self.overrides[case.id]["accept"]
            return replace(case, history=history, accepted=tuple(compact(form) for form in forms))
        accepted = [form for wanted in case.accepted for form in self.forms(wanted)]
        return replace(case, history=history, accepted=tuple(dict.fromkeys(accepted)))

    def forms(self, wanted: Expected) -> list[Expected]:
        """Accepted forms: the mapped one and its siblings, or abstention when a name has no counterpart."""
        if wanted.kind in ("refuse", "clarify"):
            return list(ABSTAIN)
        if wanted.metrics & self.missing:
            return list(ABSTAIN)
        choices = [
            frozenset(names)
            for names in product(*(self.named.get(name, [name]) for name in sorted(wanted.metrics)))
        ]
        choices += [
            (wanted.metrics - {name}) | {other}
            for name in sorted(wanted.metrics)
            for other in self.also.get(name, [])
        ]
        forms = [form for metrics in choices if (form := self._form(wanted, metrics))]
        return forms or list(ABSTAIN)

    def _form(self, wanted: Expected, metrics: frozenset[str]) -> Expected | None:
        dimensions = {self.dimension(name, metrics) for name in wanted.dimensions}
        filters = {self._filter(item, metrics) for item in wanted.filters}
        if None in dimensions or None in filters:
            return None
        return replace(
            wanted,
            metrics=metrics,
            dimensions=frozenset(name for name in dimensions if name),
            filters=frozenset(item for item in filters if item),
            having=frozenset((next(iter(metrics)), op, value) for _, op, value in wanted.having),
        )

    def dimension(self, name: str, metrics: Iterable[str]) -> str | None:
        """Our dimension for the vocabulary's, by what the metrics can be sliced by."""
        entry = self.dimensions.get(name)
        if entry is None:
            return None
        for candidate in (entry["name"], entry.get("otherwise")):
            if candidate and all(candidate in self.model.dimensions_of(metric) for metric in metrics):
                return str(candidate)
        return None

    def _filter(
        self, item: tuple[str, str, tuple[str, ...]], metrics: Iterable[str]
    ) -> tuple[str, str, tuple[str, ...]] | None:
        name, op, values = item
        found = self.dimension(name, metrics)
        if found is None:
            return None
        entry = self.dimensions[name]
        table = entry["values"] if found == entry["name"] else entry["otherwise_values"]
        mapped = tuple(sorted(str(table[value]) for value in values if value in table))
        return (found, op, mapped) if len(mapped) == len(values) else None

    def _turn(self, turn: PriorTurn) -> PriorTurn:
        query = turn.query
        if query is None or set(query.metrics) & self.missing:
            return replace(turn, query=None)
        query = query.model_copy(
            update={"metrics": tuple(self.named.get(name, [name])[0] for name in query.metrics)}
        )
        filters = [self._filter((f.dimension, f.op, f.values), query.metrics) for f in query.filters]
        dimensions = [self.dimension(name, query.metrics) for name in query.dimensions]
        if None in filters or None in dimensions:
            return replace(turn, query=None)
        kept = tuple(
            DimensionFilter(dimension=item[0], op="in" if item[1] == "in" else "not_in", values=item[2])
            for item in filters
            if item
        )
        mapped = {"filters": kept, "dimensions": tuple(name for name in dimensions if name)}
        return replace(turn, query=SemanticQuery.model_validate({**query.model_dump(), **_dumped(mapped)}))


def _dumped(values: dict[str, Any]) -> dict[str, Any]:
    return {"dimensions": values["dimensions"], "filters": [item.model_dump() for item in values["filters"]]}
