"""`sql --dialect`: what the guard made of a statement, in the words of another engine; nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ui.terminal import complain, print_json
from warehouse.errors import DeniedError, UsageError

if TYPE_CHECKING:
    from warehouse.door import Warehouse
    from warehouse.principal import Principal

_SMALL_CELLS = (
    "Figures of few members are withheld by this door after a statement ran, not by the statement: "
    "whoever runs it elsewhere must withhold them there."
)


def show_guarded(statement: str, principal: Principal, door: Warehouse, dialect: str, *, as_json: bool) -> None:
    """Print the statement as it would run for this reader: row filters, masks and the row limit in place.

    Raises DeniedError when it may not run, UsageError when the dialect cannot say the same.
    """
    from ui.asking import readable
    from warehouse.guard.decision import Deny

    if not statement.strip():
        raise UsageError("There is no statement.", next_step='Give one: command-center sql "SELECT ..."')
    decision = door.check(readable(statement), principal)
    if isinstance(decision, Deny):
        if decision.code == "does_not_fit":
            raise UsageError(decision.reason)
        raise DeniedError(decision.reason, code=decision.code)
    text = in_dialect(decision.sql, dialect)
    if decision.disclosure is not None:
        complain(_SMALL_CELLS)
    if as_json:
        print_json({"verdict": "allow", "dialect": dialect, "sql": text, "tables": sorted(decision.tables)})
    else:
        typer.echo(text)


def in_dialect(sql: str, dialect: str) -> str:
    """A DuckDB statement in another dialect. Raises UsageError where the other has no such construct."""
    import sqlglot

    try:
        (text,) = sqlglot.transpile(
            sql, read="duckdb", write=dialect, pretty=True, unsupported_level=sqlglot.ErrorLevel.RAISE
        )
    except sqlglot.errors.SqlglotError as error:
        raise UsageError(
            f"This statement has no exact counterpart in {dialect}.",
            where=str(error).splitlines()[0][:200],
            next_step="Say it without that construct.",
        ) from error
    return text
