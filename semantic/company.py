"""Another company: its model over its own DuckDB file, with the policy that follows from the model.

The policy has one entry for each view: what a column may be used for follows from what the model does with it.
Where the model says whose a row is (`member`), such rows are read in sums only and small cells are withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlglot import exp

from semantic.loader import load_model
from semantic.model import Dataset, SemanticModel
from semantic.views import DAYS, View, placed, views
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.errors import UsageError
from warehouse.outside import Expected, Outside, OutsideView, open_outside
from warehouse.policy import Column, Policy, Table, policy_over
from warehouse.policy.loader import GOVERNED_SCHEMA
from warehouse.settings import Settings
from warehouse.snapshots import Snapshot

ROLES_FILE = Path("policy") / "roles.yml"
NO_MEMBERS = "The model declares no member id: figures about few people are shown as they are, to every role."


@dataclass(frozen=True)
class Company:
    """Somebody else's model and file, ready to be asked. `notes` are to be told to whoever opens it."""

    model: SemanticModel
    snapshot: Snapshot
    policy: Policy
    settings: Settings
    notes: tuple[str, ...]

    def door(self, audit: AuditLog, clock: Callable[[], datetime] | None = None) -> Warehouse:
        """The one door to the file: guard, worker, audit."""
        return Warehouse(
            self.snapshot.gold_path, self.settings, audit, clock=clock, outside=self.snapshot, policy=self.policy
        )


def open_company(folder: Path, file: Path, settings: Settings) -> Company:
    """A model folder over a DuckDB file. `settings` come back with the small-cell rule that holds for it.

    Raises UsageError (exit 2) for a mistake in the model or one that does not fit the file, MissingDataError (exit
    4) for a file that cannot be read.
    """
    model = load_model(folder)
    if model.marts:
        raise UsageError("A model over a file has no marts.", where=str(folder), next_step="Take `marts` out.")
    if any(not bridge.right for bridge in model.bridges.values()):
        raise UsageError("A model over a file spreads no dataset.", where=str(folder), next_step="Use a bridge.")
    if "days" in model.datasets:
        raise UsageError("A dataset may not be called days.", where=str(folder), next_step="Name it otherwise.")
    shown = views(model)
    sql = [OutsideView(v.name, v.body.sql(dialect="duckdb"), _reads(v)) for v in shown]
    outside = open_outside(file, sql, _expected(model, folder), settings.state)
    roles = folder / ROLES_FILE
    tables = dict(_tables(model, shown, outside))
    policy = policy_over(tables, roles if roles.is_file() else None, outside.snapshot.id)
    notes = outside.notes
    if not any(table.is_member_level for table in tables.values()):
        settings = settings.model_copy(update={"limits": settings.limits.model_copy(update={"small_cell": 1})})
        notes = (NO_MEMBERS, *notes)
    return Company(placed(model), outside.snapshot, policy, settings, notes)


def _reads(view: View) -> tuple[str, ...]:
    """The tables behind a view as the binder names them: with the alias that they have there, or plainly."""
    found = [table for table in view.body.find_all(exp.Table) if table.catalog]
    plain = {f"{table.db}.{table.name}" for table in found}
    return tuple(sorted(plain | {f"{table.db}.{table.name} AS {table.alias}" for table in found}))


def _expected(model: SemanticModel, folder: Path) -> Expected:
    columns: dict[str, set[str]] = {}
    keys: dict[tuple[str, str], None] = {}
    for dataset in model.datasets.values():
        columns.setdefault(in_schema(dataset.table), set()).update(_own_columns(model, dataset))
        if dataset.key and not dataset.where:
            keys[in_schema(dataset.table), dataset.key] = None
    for bridge in model.bridges.values():
        named = {bridge.left_column, bridge.right_column, bridge.weight} - {""}
        columns.setdefault(in_schema(bridge.table), set()).update(named)
    weights = [b for b in model.bridges.values() if b.weight]
    first, last = _days(model, folder)
    return Expected(
        {table: frozenset(names) for table, names in columns.items()},
        tuple(keys),
        tuple((in_schema(b.table), b.left_column, b.weight) for b in weights),
        first,
        last,
    )


def in_schema(table: str) -> str:
    """`claims` as `main.claims`."""
    return table if "." in table else f"main.{table}"


def _own_columns(model: SemanticModel, dataset: Dataset) -> Iterator[str]:
    named = [dataset.key, dataset.time_column, dataset.member_column, *dataset.joins.values()]
    named += [column for name, column in dataset.columns.items() if name not in dataset.reached]
    named += [column for column, _ in dataset.where]
    for measure in model.measures.values():
        if measure.dataset == dataset.name:
            named += [measure.column or "", measure.flag or "", *(column for column, _ in measure.where)]
    yield from (name for name in named if name)


def _days(model: SemanticModel, folder: Path) -> tuple[str, str]:
    """The SELECTs of the first and the last day: of `as_of`, or of every dated dataset."""
    dated = [dataset for dataset in model.datasets.values() if dataset.time_column]
    named = [model.datasets[model.as_of]] if model.as_of else dated
    if not dated or not all(dataset.time_column for dataset in named):
        raise UsageError(
            "No dataset has a time column that could say which day is today.",
            where=str(folder),
            next_step="Give a dataset a `time`, and name it in `as_of`.",
        )
    return _extreme("MIN", dated), _extreme("MAX", named)


def _extreme(function: str, datasets: list[Dataset]) -> str:
    parts = []
    for dataset in datasets:
        table = ".".join(f'"{part}"' for part in in_schema(dataset.table).split("."))
        parts.append(f'SELECT CAST({function}("{dataset.time_column}") AS DATE) AS day FROM source.{table}')
    return f"SELECT {function}(day) FROM ({' UNION ALL '.join(parts)})"


def _tables(model: SemanticModel, shown: tuple[View, ...], outside: Outside) -> Iterator[tuple[str, Table]]:
    members = any(view.member for view in shown)
    for view in shown:
        types = outside.types[view.name]
        columns = {c.name: Column(c.name, c.kind, c.type or types[c.name]) for c in view.columns}
        access = "member" if view.member else "reference" if members else "aggregate"
        people = view.member if view.dataset == model.members_today and view.name == view.dataset else None
        yield view.name, Table(view.name, access, view.day or None, columns, people or None)  # type: ignore[arg-type]
    days = DAYS.removeprefix(f"{GOVERNED_SCHEMA}.")
    yield days, Table(days, "reference", None, {"day": Column("day", "time", "DATE")})
