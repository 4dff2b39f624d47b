"""Reads the policy files once and refuses them when they contradict themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from sqlglot import exp, parse_one

from warehouse.errors import UsageError
from warehouse.principal import ROLES, SYSTEMS

POLICY_FOLDER = Path(__file__).parent
GOVERNED_SCHEMA = "gold"

Kind = Literal[
    "dimension", "ordinal", "time", "measure", "member_id", "event_id", "direct_identifier", "free_text"
]
Access = Literal["aggregate", "reference", "member"]
Data = Literal["shared", "gold", "lake"]  # the classes of published files, from the least to all
PURPOSE_ONLY: frozenset[str] = frozenset({"direct_identifier", "free_text"})
MEMBER_BIT, MEMBER_BITS, OF_MEASURE = "member_bit", "member_bits", "__members"


@dataclass(frozen=True)
class Column:
    """One declared column: what it holds decides where it may stand."""

    name: str
    kind: Kind
    type: str

    @property
    def stand_in(self) -> str | None:
        """The column that the shared files hold instead of an id: a number that tells nothing."""
        return f"{self.name.removesuffix('_id')}_key" if self.kind in ("member_id", "event_id") else None


@dataclass(frozen=True)
class Table:
    """One governed table of the schema `gold`."""

    name: str
    access: Access
    day: str | None
    columns: Mapping[str, Column]
    link: str | None = None
    under: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_member_level(self) -> bool:
        """A row is a member or an event of one."""
        return self.access == "member"


@dataclass(frozen=True, eq=False)
class RolePolicy:
    """What one role may do."""

    name: str
    tables: frozenset[str]
    member_rows: bool
    open_schemas: frozenset[str]
    masks: Mapping[str, exp.Expr]
    break_glass: bool = False
    data: Data = "shared"
    exact: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)

    def data_for(self, *, reads_member_rows: bool) -> Data:
        """The published files that serve it: while no purpose is stated those without member rows."""
        return "shared" if self.data == "gold" and not reads_member_rows else self.data

    def is_like(self, other: RolePolicy) -> bool:
        """Whether another role, by another name, may do exactly the same."""
        return all(getattr(self, it.name) == getattr(other, it.name) for it in fields(self) if it.name != "name")


@dataclass(frozen=True)
class Limits:
    """The shape one statement may have."""

    characters: int
    parentheses: int
    nodes: int
    unfolded_nodes: int
    queries: int
    query_depth: int
    grouping_sets: int
    characters_per_cell: int
    ctes: int
    table_reads: int
    joins: int
    series_length: int
    literal_characters: int
    alias: re.Pattern[str]
    name: re.Pattern[str]


@dataclass(frozen=True)
class Nodes:
    """Node types by parser: DuckDB's by group, sqlglot's by class name."""

    duckdb: Mapping[str, frozenset[str]]
    sqlglot: frozenset[str]


@dataclass(frozen=True, eq=False)
class Policy:
    """The whole law. `version` changes when any policy file does and stands in every audit record."""

    version: str
    tables: Mapping[str, Table]
    roles: Mapping[str, RolePolicy]
    systems: Mapping[str, RolePolicy]
    row_filters: tuple[str, ...]
    functions: frozenset[str]
    aggregates: frozenset[str]
    unit_first: frozenset[str]
    padding: frozenset[str]
    unbounded: frozenset[str]
    table_functions: frozenset[str]
    nodes: Nodes
    limits: Limits

    def rights(self, name: str) -> RolePolicy | None:
        """What a role or a system may do; None when there is no such name."""
        return self.roles.get(name) or self.systems.get(name)


_NO_SCALARS = ("tables", "unbounded")


def policy_over(tables: Mapping[str, Table], roles: Path | None, version: str) -> Policy:
    """The packaged law over other tables, with the roles of a file like roles.yml.

    Without a file every role may read every table, members only in sums. Raises UsageError that names the entry.
    """
    law = load_policy()
    everyone: dict[str, Any] = {role: {"tables": "all", "data": "shared"} for role in ROLES}
    entries: dict[str, Any] = _read(roles) if roles else {"roles": everyone}
    granted = _roles(entries["roles"], frozenset(tables))
    if any(role.open_schemas for role in granted.values()):
        raise UsageError(
            "There is no lake behind this warehouse.", where=str(roles), next_step="Leave out open_schemas."
        )
    text = f"{law.version} {version} {roles.read_text() if roles else ''} {sorted(tables)}"
    return replace(
        law,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        tables=tables,
        roles=granted,
        systems={name: replace(system, tables=frozenset(tables)) for name, system in law.systems.items()},
        row_filters=tuple(entries.get("row_filters") or ()),
    )


@lru_cache(maxsize=4)
def load_policy(folder: Path = POLICY_FOLDER) -> Policy:
    """Read the policy. Raises UsageError (exit 2) that names the file and the entry."""
    names = ("tables", "roles", "limits", "functions", "nodes", "purposes")
    files = {name: _read(folder / f"{name}.yml") for name in names}
    text = "".join((folder / f"{name}.yml").read_text() for name in sorted(files))
    tables = {name: _table(name, entry) for name, entry in files["tables"][GOVERNED_SCHEMA].items()}
    functions = files["functions"]
    return Policy(
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        tables=tables,
        roles=_roles(files["roles"]["roles"], frozenset(tables)),
        systems=_roles(files["roles"]["systems"], frozenset(tables), SYSTEMS),
        row_filters=tuple(files["roles"]["row_filters"]),
        functions=frozenset(
            name for group, names in functions.items() if group not in _NO_SCALARS for name in names
        ),
        aggregates=frozenset(functions["aggregates"]),
        unit_first=frozenset(functions["unit_first"]),
        padding=frozenset(functions["padding"]),
        unbounded=frozenset(functions["unbounded"]),
        table_functions=frozenset(functions["tables"]),
        nodes=Nodes(
            duckdb={group: frozenset(names) for group, names in files["nodes"]["duckdb"].items()},
            sqlglot=frozenset(files["nodes"]["sqlglot"]),
        ),
        limits=_limits(files["limits"]),
    )


def _read(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(
            "A policy file cannot be read, so nothing may run.", where=str(file), next_step="Restore the file."
        ) from error


def _table(name: str, entry: dict[str, Any]) -> Table:
    columns = {}
    for column, (kind, type_) in entry["columns"].items():
        if kind not in get_args(Kind):
            raise _wrong(f"{name}.{column}", f"has the unknown kind {kind}")
        columns[column] = Column(column, kind, type_)
    if entry["access"] not in get_args(Access):
        raise _wrong(name, f"has the unknown access {entry['access']}")
    taken = {column.stand_in for column in columns.values()} | {MEMBER_BIT, MEMBER_BITS}
    for column in columns:
        if column in taken or column.endswith(OF_MEASURE):
            raise _wrong(f"{name}.{column}", "has the name of a column that the build makes for the shared files")
    link = entry.get("link")
    if link is not None and (link not in columns or columns[link].kind != "member_id"):
        raise _wrong(name, f"is linked by {link}, which is not its member_id")
    return Table(name, entry["access"], entry.get("day"), columns, link, _under(name, entry, columns))


def _under(name: str, entry: dict[str, Any], columns: Mapping[str, Column]) -> dict[str, tuple[str, ...]]:
    """Which counts stand under each measure of a mart: itself, when nothing else is said."""
    if "under" not in entry:
        return {}
    said = {column: tuple(counts) for column, counts in (entry["under"] or {}).items()}
    measures = {column: (column,) for column, declared in columns.items() if declared.kind == "measure"}
    found = {**measures, **said}
    for column, counts in found.items():
        if column not in measures or not set(counts) <= set(measures):
            raise _wrong(f"{name}.under.{column}", "names what is not a measure of the table")
    return found


def _roles(
    entries: dict[str, Any], tables: frozenset[str], names: tuple[str, ...] = ROLES
) -> dict[str, RolePolicy]:
    if set(entries) != set(names):
        raise UsageError(
            "The policy must name every role and every system exactly once.",
            where="warehouse/policy/roles.yml",
            next_step=f"Declare {', '.join(names)}.",
        )
    return {name: _role(name, entry, tables) for name, entry in entries.items()}


def _role(name: str, entry: dict[str, Any], tables: frozenset[str]) -> RolePolicy:
    granted = tables if entry["tables"] == "all" else frozenset(entry["tables"])
    if unknown := granted - tables:
        raise UsageError(
            f"The role {name} is granted tables that do not exist: {', '.join(sorted(unknown))}.",
            where="warehouse/policy/roles.yml",
            next_step="Name tables of tables.yml.",
        )
    masks = {column: parse_one(text, dialect="duckdb") for column, text in entry.get("masks", {}).items()}
    member_rows, open_schemas = bool(entry.get("member_rows", False)), frozenset(entry.get("open_schemas", ()))
    break_glass = bool(entry.get("break_glass", False))
    data = _data(name, entry, "lake" if open_schemas else "gold" if member_rows or break_glass else "shared")
    exact, limits = bool(entry.get("exact", False)), dict(entry.get("limits", {}))
    return RolePolicy(name, granted, member_rows, open_schemas, masks, break_glass, data, exact, limits)


def _data(name: str, entry: dict[str, Any], needed: Data) -> Data:
    if entry.get("data") == needed:
        return needed
    raise UsageError(
        f"The role {name} is served from data {entry.get('data')}; what it may read is in {needed}.",
        where="warehouse/policy/roles.yml",
        next_step=f"Write data: {needed}, or change what the role may read.",
    )


def _limits(entry: dict[str, Any]) -> Limits:
    patterns = {key: re.compile(entry[key]) for key in ("alias", "name")}
    return Limits(**{**entry, **patterns})


def _wrong(where: str, what: str) -> UsageError:
    return UsageError(
        f"The policy entry {where} {what}.", where="warehouse/policy/tables.yml", next_step="Correct the entry."
    )
