"""Reads `sources.yml` into typed values, refusing anything it does not know."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

ColumnType = Literal["id", "text", "category", "integer", "number", "boolean", "date", "timestamp"]
CONTRACT_FILE = Path(__file__).with_name("sources.yml")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceColumn(_Entry):
    """One column of a source table; `sources.yml` says what each field means."""

    name: str
    type: ColumnType
    required: bool
    filled: bool = False
    minimum: date | float | None = Field(default=None, alias="min")
    maximum: date | float | None = Field(default=None, alias="max")
    values: tuple[str, ...] = ()
    closed: bool = False
    missing: str | None = None


class SourceTable(_Entry):
    """One source table: its key, the column that says which of two rows is the later one, its columns.

    `day` is the column with the day of an event; a table without one is small and kept as a whole. `format` traces
    are JSON lines; what a trace holds more than once are its `parts`: tables of their own, each with its columns
    and their DuckDB types, whose rows share the fate of their trace.
    """

    name: str
    key: str
    columns: tuple[SourceColumn, ...]
    latest_by: str | None = None
    day: str | None = None
    optional_file: bool = False
    format: Literal["table", "traces"] = "table"
    parts: dict[str, dict[str, str]] = {}

    @property
    def belongs_to_member(self) -> bool:
        """Whether each row is an event of a member that must exist."""
        return self.key != "member_id" and any(column.name == "member_id" for column in self.columns)

    def missing_from(self, header: list[str], *, required: bool) -> list[str]:
        """Names of the required (or the optional) columns that a header does not have."""
        return [c.name for c in self.columns if c.required is required and c.name not in header]


Contract = dict[str, SourceTable]


def parts_of(contract: Contract) -> dict[str, dict[str, str]]:
    """The parts of all tables: their columns' DuckDB types by name."""
    return {name: columns for table in contract.values() for name, columns in table.parts.items()}


def _table(name: str, entry: dict[str, Any]) -> SourceTable:
    columns = tuple(
        SourceColumn(name=column, required=part == "required", **spec)
        for part in ("required", "optional")
        for column, spec in entry.pop(part, {}).items()
    )
    return SourceTable(name=name, columns=columns, **entry)


@cache
def load_contract() -> Contract:
    """The packaged contract, by table name, members first (events refer to them)."""
    entries = yaml.load(CONTRACT_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {name: _table(name, entry) for name, entry in entries.items()}
