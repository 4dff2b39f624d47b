"""Column-level lineage of every silver and gold table, read off the model files.

Nothing here is declared: a new model file has its lineage because it is SQL. Where a column comes from in the end
is a column of the source contract, a rule of the settings, a column of a seed file, or a source file's arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from sqlglot import exp

from warehouse.contract import load_contract
from warehouse.errors import MissingDataError
from warehouse.lineage.query import qualified, trace
from warehouse.lineage.relations import (
    ARRIVAL,
    NOTHING,
    RECORDS,
    RULES,
    SEEDS,
    Known,
    Names,
    Step,
    TracedQuery,
    stored,
)
from warehouse.policy import load_policy
from warehouse.policy.loader import GOVERNED_SCHEMA
from warehouse.runner import MODELS_FOLDER, SqlModel, models_digest, read_models

Kind = Literal["metric", "dimension", "answer", "gold", "silver", "source", "file", "rule", "seed", "record"]
Role = Literal["value", "selection"]


@dataclass(frozen=True)
class Column:
    """A node: a column with what it is directly made of. Nodes without SQL are where lineage ends.

    `value` names the columns its value is computed from, `selection` those that only decide which rows or matches
    it is computed over. `file` and `line` are where its SQL starts, `file` relative to the repository. `equal`
    names columns that the rows beside it are matched by (the call's day beside a day of the date spine).
    """

    name: str
    kind: Kind
    value: Names = NOTHING
    selection: Names = NOTHING
    expression: str = ""
    steps: tuple[Step, ...] = ()
    file: str = ""
    line: int = 0
    equal: Names = NOTHING

    @property
    def upstream(self) -> dict[str, Role]:
        """Direct upstream columns with their role, values first, each list by alphabet."""
        roles: dict[str, Role] = dict.fromkeys(sorted(self.value), "value")
        return roles | dict.fromkeys(sorted(self.selection - self.value), "selection")


@dataclass(frozen=True)
class Ends:
    """Where lineage ends: names by role. What is both counts as value."""

    value: Names = NOTHING
    selection: Names = NOTHING

    @property
    def all(self) -> Names:
        return self.value | self.selection


@dataclass
class Lineage:
    """All columns by name (`gold.calls.is_leaked`, `call_center.sentiment`, `rules.trend_days`)."""

    columns: dict[str, Column]
    known: Known
    _ends: dict[str, Ends] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """One node. Raises KeyError when there is no such column."""
        return self.columns[name]

    def columns_of(self, table: str) -> list[str]:
        """The columns of a table (`gold.calls`, `call_center`) in its order."""
        return [name for name in self.columns if name.rpartition(".")[0] == table]

    def ends(self, name: str) -> Ends:
        """The source columns, rules, seeds and arrivals a column comes from in the end."""
        found = self._ends.get(name)
        if found is None:
            node = self.columns[name]
            found = Ends(frozenset({name})) if not node.upstream else self.ends_of(node.value, node.selection)
            self._ends[name] = found
        return found

    def ends_of(self, value: Iterable[str], selection: Iterable[str] = ()) -> Ends:
        """The ends of something that is computed from some columns and selected by others."""
        value_ends = [self.ends(name) for name in value]
        values = NOTHING.union(*(ends.value for ends in value_ends))
        others = NOTHING.union(*(ends.all for ends in value_ends), *(self.ends(name).all for name in selection))
        return Ends(values, others - values)

    def reached(self, names: Iterable[str]) -> dict[str, Column]:
        """These columns and everything upstream of them, each once, in the order they are met."""
        found: dict[str, Column] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = self.columns[name]
                waiting += self.columns[name].upstream
        return found

    def dependents(self, end: str) -> dict[str, Role]:
        """Every column that comes from an end of lineage (a source column, a rule), and its role for it."""
        found: dict[str, Role] = {}
        for name, column in self.columns.items():
            ends = self.ends(name)
            if column.upstream and end in ends.all:
                found[name] = "value" if end in ends.value else "selection"
        return found

    def extended(self, columns: Iterable[Column]) -> Lineage:
        """The same lineage with more columns on top of it."""
        return Lineage(self.columns | {column.name: column for column in columns}, self.known)

    def trace_query(self, sql: str) -> TracedQuery:
        """The origins of a query over gold (or silver) tables, such as the SQL behind an answer."""
        return trace(sql, self.known.schema, self.known.table)

    def qualified(self, sql: str) -> exp.Expr:
        """The tree of such a query with every column under its table's alias."""
        return qualified(sql, self.known.schema)


def load_lineage(folder: Path = MODELS_FOLDER) -> Lineage:
    """The lineage of the model files under a folder; read again when a file has changed."""
    return _load(folder, models_digest(folder))


@lru_cache(maxsize=4)
def _load(folder: Path, _digest: str) -> Lineage:
    known = Known(folder / SEEDS)
    columns: dict[str, Column] = {}
    for model in read_models(folder):
        for name in sorted(model.reads - {model.table}):
            known.table(name)
        query = _traced(model, known)
        known.add(model.table, stored(model.table, query.columns, model.header.grain, query.relation))
        columns |= {node.name: node for node in _nodes(model, query, folder)}
    for table in load_policy().tables.values():
        stand_ins = {column.stand_in: column.name for column in table.columns.values() if column.stand_in}
        known.stand_in(f"{GOVERNED_SCHEMA}.{table.name}", stand_ins)
    return Lineage(columns | _ends_of_lineage(columns), known)


def _traced(model: SqlModel, known: Known) -> TracedQuery:
    try:
        return trace(model.select, known.schema, known.table)
    except MissingDataError as error:
        raise MissingDataError(
            error.what, where=f"{model.table}: {error.where}", next_step=error.next_step
        ) from error


def _nodes(model: SqlModel, query: TracedQuery, folder: Path) -> Iterator[Column]:
    file = folder / model.layer / f"{model.table.partition('.')[2]}.sql"
    text = file.read_text(encoding="utf-8")
    before = text[: max(text.find(model.select), 0)].count("\n")
    for name, traced in query.columns.items():
        yield Column(
            f"{model.table}.{name}",
            "gold" if model.layer == "gold" else "silver",
            traced.origins.value,
            traced.origins.selection,
            traced.expression,
            tuple(replace(step, line=step.line + before) for step in traced.origins.steps),
            file.relative_to(folder.parent.parent).as_posix(),
            traced.line + before,
            traced.equal,
        )


def _ends_of_lineage(columns: dict[str, Column]) -> dict[str, Column]:
    """The nodes below the models: the whole contract; the rules, seeds, arrivals and records that models name."""
    contract = load_contract()
    sources = [f"{table.name}.{column.name}" for table in contract.values() for column in table.columns]
    sources += [
        f"{table.name}.{column}" for table in contract.values() for part in table.parts.values() for column in part
    ]
    sources = list(dict.fromkeys(sources))
    nodes = {name: Column(name, "source") for name in sources}
    named = sorted(NOTHING.union(*(column.value | column.selection for column in columns.values())))
    for name in named:
        if name not in columns and name not in nodes:
            nodes[name] = _end(name, sources)
    return nodes


def _end(name: str, sources: list[str]) -> Column:
    table, _, column = name.rpartition(".")
    if table == RULES:
        return Column(name, "rule", file="settings.toml")
    if table.startswith(f"{SEEDS}."):
        return Column(name, "seed", file=f"warehouse/models/{table.replace('.', '/')}.csv")
    if table.startswith(f"{RECORDS}."):
        return Column(
            name, "record", frozenset(sources), expression="what the intake recorded of every source file"
        )
    if column == ARRIVAL:
        return Column(name, "file")
    raise MissingDataError(
        f"The lineage does not know where {name} comes from.",
        where=name,
        next_step="Say it in warehouse/lineage/relations.py.",
    )
