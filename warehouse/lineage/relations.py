"""What a query may read, as lineage sees it: columns with their origins, and what decides which rows there are.

An origin is a name: `gold.calls.is_leaked` of a model's table, `call_center.sentiment` of the source contract,
`rules.repeat_window_days` of the settings, `seeds.journeys.call_topic` of a seed file, `bronze.quarantine.reason`
of the records that the intake keeps.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlglot.schema import MappingSchema

from warehouse.contract import Contract, SourceTable, load_contract, parts_of
from warehouse.errors import MissingDataError
from warehouse.settings import Rules

Names = frozenset[str]
NOTHING: Names = frozenset()
DIALECT = "duckdb"
RULES = "rules"
SEEDS = "seeds"
RECORDS = "bronze"
# Columns of an accepted row that say when and by which file it came, not what the file's columns held.
ARRIVAL = "_source_file"
_ARRIVAL_COLUMNS = (ARRIVAL, "_row_number", "_file_no", "_loaded_at", "_batch", "valid_from", "valid_to")


@dataclass(frozen=True)
class Step:
    """A computed column of a common table expression or subquery on the way: its name, SQL and line."""

    name: str
    expression: str
    line: int


@dataclass(frozen=True)
class Origins:
    """The columns a value is computed from, and those that decide which rows or matches it is computed over."""

    value: Names = NOTHING
    selection: Names = NOTHING
    steps: tuple[Step, ...] = ()

    @property
    def all(self) -> Names:
        return self.value | self.selection

    def __or__(self, other: Origins) -> Origins:
        steps = tuple(dict.fromkeys(self.steps + other.steps))
        return Origins(self.value | other.value, self.selection | other.selection, steps)

    def as_selection(self) -> Origins:
        """The same columns where they only select."""
        return Origins(NOTHING, self.all)


def together(origins: Iterable[Origins]) -> Origins:
    """All of them in one."""
    total = Origins()
    for item in origins:
        total |= item
    return total


@dataclass(frozen=True)
class Relation:
    """A table or subquery: its columns; `rows`, what decides which rows exist (nothing: always one row).

    `identity` tells one row from another (what COUNT(*) counts), each of `keys` is a set of columns with one row
    per value at most; the empty key means one row at most. `open` gives the origins of a column that is not
    listed, for relations that the build makes and no model file declares.
    """

    columns: dict[str, Origins]
    rows: Names = NOTHING
    identity: Names = NOTHING
    keys: frozenset[Names] = frozenset()
    open: Callable[[str], Origins] | None = field(default=None, compare=False)

    def column(self, name: str) -> Origins | None:
        """A column's origins, or None when there is no such column."""
        found = self.columns.get(name)
        return self.open(name) if found is None and self.open else found


@dataclass(frozen=True)
class Traced:
    """One output column: its name, its origins, its SQL, and the line of the statement it starts on.

    `computed` tells an expression from a column that is only passed on. `equal` names columns that every joined
    table is matched to it by: of a day of a date spine, the day of the events beside it.
    """

    name: str
    origins: Origins
    expression: str
    line: int
    computed: bool = True
    equal: Names = NOTHING


@dataclass(frozen=True)
class TracedQuery:
    """A query's columns in order, and the relation that it makes for its reader."""

    outputs: tuple[Traced, ...]
    relation: Relation

    @property
    def columns(self) -> dict[str, Traced]:
        """The output columns by name; of two with the same name the first, as the engine reads it."""
        found: dict[str, Traced] = {}
        for traced in self.outputs:
            found.setdefault(traced.name, traced)
        return found


def lost(why: str) -> MissingDataError:
    """The error for SQL whose lineage would otherwise be guessed."""
    return MissingDataError(
        f"The lineage of a query cannot be followed: {why}.",
        next_step="Write the column with its table's alias, or teach warehouse/lineage the construct.",
    )


Catalog = Callable[[str], Relation]


def stored(table: str, columns: Iterable[str], grain: tuple[str, ...], made: Relation) -> Relation:
    """A model's table as the next model reads it: every column is its own origin."""
    identity = frozenset(f"{table}.{column}" for column in grain)
    return Relation(
        {column: Origins(frozenset({f"{table}.{column}"})) for column in columns},
        rows=identity if made.rows else NOTHING,
        identity=identity,
        keys=made.keys | {frozenset(grain)},
    )


class Known:
    """The tables that lineage knows so far, and what sqlglot has to know of them: their columns."""

    def __init__(self, seeds: Path) -> None:
        self._seeds = seeds
        self._relations: dict[str, Relation] = {}
        self.schema = MappingSchema(dialect=DIALECT)

    def add(self, name: str, relation: Relation) -> Relation:
        """Make a table known."""
        self._relations[name] = relation
        if relation.columns:
            self.schema.add_table(name, dict.fromkeys(relation.columns, "text"), match_depth=False)
        return relation

    def stand_in(self, name: str, columns: Mapping[str, str]) -> None:
        """Make known what the shared files hold instead of columns of a table: to lineage they are the same."""
        relation = self._relations.get(name)
        if relation is not None:
            own = {stand_in: relation.columns[of] for stand_in, of in columns.items() if of in relation.columns}
            self.add(name, replace(relation, columns=relation.columns | own))

    def table(self, name: str) -> Relation:
        """A table by its name. Raises MissingDataError when neither a model nor the build makes it."""
        found = self._relations.get(name) or given(name, self._seeds)
        if found is None:
            raise MissingDataError(
                f"The lineage does not know the table {name}.",
                where=name,
                next_step="A model file makes it, or warehouse/lineage/relations.py says where it comes from.",
            )
        return found if name in self._relations else self.add(name, found)


def given(table: str, seeds: Path) -> Relation | None:
    """A relation that the build hands to the models: `accepted.*`, `build.*`, `seeds.*`, `bronze.*`.

    None when nothing of this name is known.
    """
    contract = load_contract()
    schema, _, name = table.partition(".")
    if schema in ("accepted", "bronze") and name in contract:
        return _accepted(contract[name])
    if schema in ("accepted", "bronze") and name in parts_of(contract):
        return _part(next(table for table in contract.values() if name in table.parts), name)
    if table == "accepted.member_keys":
        member = Origins(_name("members", "member_id"))
        keys = frozenset({frozenset({"member_id"}), frozenset({"member_key"})})
        return Relation({"member_id": member, "member_key": member}, member.value, member.value, keys)
    if schema == RECORDS:
        return Relation({}, rows=_name(table, "source_file"), identity=_name(table, "source_file"),
                        open=lambda column: Origins(_name(table, column)))  # fmt: skip
    if table == "build.rules":
        rules = {rule: Origins(_name(RULES, rule)) for rule in Rules.model_fields}
        return Relation(rules, keys=frozenset({NOTHING}))
    if schema == "build":
        return Relation({}, open=lambda column: _of_that_name(contract, column))
    return _seed(seeds / f"{name}.csv") if schema == SEEDS else None


def _accepted(table: SourceTable) -> Relation:
    """The good rows of a source table. Which rows those are is decided by the id, the later of two rows with the
    same id, and whether the member is known; a value that breaks the contract takes its row out of everything."""
    admission = {table.key} | ({table.latest_by} if table.latest_by else set())
    selection = frozenset(f"{table.name}.{column}" for column in admission)
    columns = {column.name: Origins(_name(table.name, column.name), selection) for column in table.columns}
    if table.belongs_to_member:
        selection |= {f"{table.name}.member_id", "members.member_id"}
        columns = {name: Origins(origins.value, selection) for name, origins in columns.items()}
        columns["member_key"] = columns["member_id"]
    arrival = Origins(_name(table.name, ARRIVAL), selection)
    columns |= dict.fromkeys(_ARRIVAL_COLUMNS, arrival)
    key = {table.key, "valid_from"} if table.key == "member_id" else {table.key}
    identity = _name(table.name, table.key)
    return Relation(columns, rows=identity | selection, identity=identity, keys=frozenset({frozenset(key)}))


def _part(table: SourceTable, name: str) -> Relation:
    """What a row of a source table holds more than once: each part's row comes with it."""
    whole = _accepted(table)
    selection = whole.columns["_row_number"].selection
    columns = {column: Origins(_name(table.name, column), selection) for column in table.parts[name]}
    columns |= {column: whole.columns[column] for column in ("_file_no", "_row_number")}
    return Relation(columns, rows=whole.rows, identity=whole.identity)


def _seed(file: Path) -> Relation | None:
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as stream:
        names = next(csv.reader(stream), [])
    columns = {name: Origins(_name(f"{SEEDS}.{file.stem}", name)) for name in names}
    first = columns[names[0]].value if names else NOTHING
    return Relation(columns, rows=first, identity=first)


def _of_that_name(contract: Contract, column: str) -> Origins:
    """What the build derives from the sources keeps the column's name."""
    owners = [table.name for table in contract.values() if any(c.name == column for c in table.columns)]
    return Origins(frozenset(f"{owner}.{column}" for owner in owners))


def _name(table: str, column: str) -> Names:
    return frozenset({f"{table}.{column}"})
