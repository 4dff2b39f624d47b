"""Checks of a model's table: each is a query that returns the bad rows; a check that finds one stops the build.

Kinds, as written in a model's header (the grain is checked without being listed):
`not_null: [columns]`, `range: {column, min, max}`, `values: {column, allowed}`, `rows_equal: other.table`,
`no_rows: {name, sql}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import MissingDataError
from warehouse.reading import quoted
from warehouse.runner import SqlModel

SHOWN_ROWS = 5
FAILED_BUILD = "failed-build.json"


@dataclass(frozen=True)
class Check:
    """A named question to a table whose right answer is no rows."""

    name: str
    table: str
    bad_rows: str


@dataclass(frozen=True)
class CheckResult:
    """A check that ran; `bad` is the number of rows it found."""

    name: str
    table: str
    bad: int

    @property
    def ok(self) -> bool:
        return self.bad == 0


class CheckFailed(MissingDataError):
    """A check found bad rows. `rows` holds the first few as they are, the message only what names nobody."""

    def __init__(self, check: Check, bad: int, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        self.check, self.columns, self.rows = check, columns, rows
        shown = "; ".join(_surrogate(columns, row) for row in rows)
        super().__init__(
            f"The check {check.name} found {bad} bad row(s) in {check.table}: {shown}. Nothing was published.",
            where=check.table,
            next_step=f"The rows are in {FAILED_BUILD} beside the snapshots; correct the sources or the model.",
        )


def checks_of(model: SqlModel, scope: Mapping[str, str] | None = None) -> list[Check]:
    """All checks of a model, its grain first. Raises MissingDataError for a kind that does not exist.

    `scope` gives, for tables that hold more days than the model's rows, the SQL condition of the model's days.
    """
    grain = ", ".join(model.header.grain)
    unique = Check(
        f"unique({grain})",
        model.table,
        f"SELECT {grain}, COUNT(*) AS rows_found FROM {model.table} GROUP BY {grain} HAVING COUNT(*) > 1",
    )
    written = [
        _check(model, kind, value, scope or {}) for entry in model.header.checks for kind, value in entry.items()
    ]
    return [unique, *written]


def _check(model: SqlModel, kind: str, argument: Any, scope: Mapping[str, str]) -> Check:
    if kind not in (*KINDS, "rows_equal"):
        raise MissingDataError(
            f"A SQL model has an unknown check: {kind}.",
            where=model.table,
            next_step=f"Use one of {', '.join((*KINDS, 'rows_equal'))}.",
        )
    if kind == "rows_equal":
        return _rows_equal(model, str(argument), scope.get(str(argument), "true"))
    name, condition = KINDS[kind](model, argument)
    return Check(name, model.table, condition)


def _failing_rows(model: SqlModel, condition: str) -> str:
    return f"SELECT {', '.join(model.header.grain)} FROM {model.table} WHERE {condition}"


def _not_null(model: SqlModel, columns: list[str]) -> tuple[str, str]:
    return f"not_null({', '.join(columns)})", _failing_rows(model, " OR ".join(f"{c} IS NULL" for c in columns))


def _range(model: SqlModel, bounds: dict[str, Any]) -> tuple[str, str]:
    column = bounds["column"]
    outside = [f"{column} < {bounds['min']}"] if "min" in bounds else []
    outside += [f"{column} > {bounds['max']}"] if "max" in bounds else []
    return f"range({column})", _failing_rows(model, " OR ".join(outside))


def _values(model: SqlModel, spec: dict[str, Any]) -> tuple[str, str]:
    allowed = ", ".join(quoted(value) for value in spec["allowed"])
    return f"values({spec['column']})", _failing_rows(model, f"{spec['column']} NOT IN ({allowed})")


def _rows_equal(model: SqlModel, other: str, condition: str) -> Check:
    return Check(
        f"rows_equal({other})",
        model.table,
        f"SELECT a.n AS rows_here, b.n AS rows_there FROM (SELECT COUNT(*) AS n FROM {model.table}) AS a, "
        f"(SELECT COUNT(*) AS n FROM {other} WHERE {condition}) AS b WHERE a.n <> b.n",
    )


def _no_rows(_model: SqlModel, spec: dict[str, str]) -> tuple[str, str]:
    return spec["name"], spec["sql"]


KINDS: dict[str, Callable[[SqlModel, Any], tuple[str, str]]] = {
    "not_null": _not_null,
    "range": _range,
    "values": _values,
    "no_rows": _no_rows,
}


def run_check(con: duckdb.DuckDBPyConnection, check: Check) -> CheckResult:
    """Run one check. Raises CheckFailed when it finds bad rows."""
    result = con.execute(f"SELECT * FROM ({check.bad_rows}) LIMIT {SHOWN_ROWS}")
    columns = [column[0] for column in result.description or []]
    rows = result.fetchall()
    if rows:
        counted = con.execute(f"SELECT COUNT(*) FROM ({check.bad_rows})").fetchall()
        raise CheckFailed(check, int(counted[0][0]), columns, rows)
    return CheckResult(check.name, check.table, 0)


def _surrogate(columns: list[str], row: tuple[Any, ...]) -> str:
    """A row's key without the identifiers of people and events: they appear as a short digest."""
    return ", ".join(
        f"{column} #{hashlib.sha256(str(value).encode()).hexdigest()[:8]}"
        if column.endswith("_id")
        else f"{column} {value}"
        for column, value in zip(columns, row, strict=True)
    )


def keep_failure(warehouse: Path, failure: CheckFailed) -> None:
    """Write the offending rows where only the building account can read them; the next good build removes it."""
    path = warehouse / FAILED_BUILD
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    rows = [dict(zip(failure.columns, map(str, row), strict=True)) for row in failure.rows]
    path.write_text(
        json.dumps(
            {
                "check": failure.check.name,
                "table": failure.check.table,
                "sql": failure.check.bad_rows,
                "rows": rows,
            }
        )
    )
