"""The SQL models: files with a header and one SELECT, run in the order of what they read.

`models/silver/calls.sql` makes the table `silver.calls`. The header is YAML in the leading comment: description, grain
(the columns that identify a row) and checks. What a model reads is found in its SELECT, never declared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlglot import exp

from warehouse.errors import MissingDataError

MODELS_FOLDER = Path(__file__).with_name("models")
LAYERS = ("silver", "gold")
GIVEN_SCHEMAS = ("accepted", "bronze", "build", "seeds")
HEADER = re.compile(r"\A\s*/\*(?P<header>.*?)\*/(?P<select>.*)\Z", re.DOTALL)


class Header(BaseModel):
    """What a model file says about itself. Each check is one entry {kind: argument}; see `warehouse.checks`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    grain: tuple[str, ...]
    checks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class SqlModel:
    """One model file: the table it makes (`layer.name`), its header, its SELECT and the tables it reads."""

    table: str
    header: Header
    select: str
    reads: frozenset[str]


def read_models(folder: Path = MODELS_FOLDER) -> list[SqlModel]:
    """All models in an order in which each comes after what it reads. Raises MissingDataError naming the file at fault."""
    models = [_read(path, layer) for layer in LAYERS for path in sorted((folder / layer).glob("*.sql"))]
    by_table = {model.table: model for model in models}
    for model in models:
        unknown = {t for t in model.reads if t not in by_table and t.split(".")[0] not in GIVEN_SCHEMAS}
        if unknown:
            raise _broken(model.table, f"reads {', '.join(sorted(unknown))}, which no model makes")
    try:
        order = TopologicalSorter({m.table: sorted(m.reads & by_table.keys()) for m in models}).static_order()
        return [by_table[table] for table in order]
    except CycleError as error:
        raise _broken(" -> ".join(error.args[1]), "these models read each other") from error


def _read(path: Path, layer: str) -> SqlModel:
    table = f"{layer}.{path.stem}"
    parts = HEADER.match(path.read_text(encoding="utf-8"))
    if parts is None:
        raise _broken(path.name, "a model file starts with a /* header */")
    try:
        header = Header.model_validate(yaml.safe_load(parts["header"]))
        statements = sqlglot.parse(parts["select"], dialect="duckdb")
    except (yaml.YAMLError, ValidationError, sqlglot.ParseError) as error:
        raise _broken(path.name, str(error)) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise _broken(path.name, "a model file holds exactly one SELECT")
    return SqlModel(table, header, parts["select"].strip().rstrip(";"), tables_read(statements[0]))


def tables_read(query: exp.Expr) -> frozenset[str]:
    """Every `schema.table` a query names; a name without a schema is one of its own CTEs."""
    return frozenset(f"{t.db}.{t.name}" for t in query.find_all(exp.Table) if t.db)


def _broken(where: str, why: str) -> MissingDataError:
    return MissingDataError(
        f"A SQL model is not valid: {why}.", where=where, next_step="Correct the file under warehouse/models."
    )


def models_digest(folder: Path = MODELS_FOLDER) -> str:
    """Eight hex characters that change when any model or seed file does."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".sql", ".csv")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def load_seeds(con: duckdb.DuckDBPyConnection, folder: Path = MODELS_FOLDER) -> None:
    """The owners' small tables: `seeds/<name>.csv` becomes `seeds.<name>`."""
    con.execute("CREATE SCHEMA seeds")
    for path in sorted((folder / "seeds").glob("*.csv")):
        con.execute(f"CREATE TABLE seeds.{path.stem} AS FROM read_csv($path, all_varchar = true)", {"path": str(path)})


def run_models(
    con: duckdb.DuckDBPyConnection, models: Iterable[SqlModel], after: Callable[[SqlModel], None]
) -> None:
    """Make each model's table in the catalog of its layer; `after` is called when a table is complete."""
    catalogs = {"silver": "lake", "gold": "serve"}
    for model in models:
        catalog = catalogs[model.table.split(".")[0]]
        con.execute(f"CREATE TABLE {catalog}.{model.table} AS {model.select}")
        after(model)
