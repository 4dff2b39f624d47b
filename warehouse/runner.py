"""The SQL models: files with a header and one SELECT, run in the order of what they read.

`models/silver/calls.sql` makes the table `silver.calls`. The header is YAML in the leading comment: description,
grain (the columns that identify a row) and checks. What a model reads is found in its SELECT, never declared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, TypeVar

import duckdb
import sqlglot
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlglot import exp

from warehouse.errors import MissingDataError
from warehouse.jobs import Job, in_order
from warehouse.reading import quoted
from warehouse.spark.portable import require_portable

Result = TypeVar("Result")
MODELS_FOLDER = Path(__file__).with_name("models")
LAYERS = ("silver", "gold")
GIVEN_SCHEMAS = ("accepted", "bronze", "build", "seeds")
HEADER = re.compile(r"\A\s*/\*(?P<header>.*?)\*/(?P<select>.*)\Z", re.DOTALL)


class Header(BaseModel):
    """What a model file says about itself. Each check is one entry {kind: argument}; see `warehouse.checks`.

    `partition` is the column with the day of a row: such a table is made and kept by days, from the rows of these
    days and of the windows around them. A table without one is made whole.

    `dictionary` names text columns with few values, in the order they sort in (or `found`: those in the data, by
    alphabet): they are stored as a dictionary type. Any other value there fails the build.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    grain: tuple[str, ...]
    partition: str | None = None
    checks: tuple[dict[str, Any], ...] = ()
    dictionary: dict[str, tuple[str, ...] | Literal["found"]] = {}

    def ranked(self) -> list[str]:
        """The columns of the dictionary that sort in another order than the alphabet's."""
        return [
            name for name, words in self.dictionary.items() if words != "found" and words != tuple(sorted(words))
        ]


@dataclass(frozen=True)
class SqlModel:
    """One model file: the table it makes (`layer.name`), its header, its SELECT, what must come before it.

    `reads` are the tables of the SELECT and of the checks: both must be there when the table is made and checked.
    """

    table: str
    header: Header = field(hash=False)  # it holds mappings; equality looks at it
    select: str
    reads: frozenset[str]

    @property
    def layer(self) -> str:
        return self.table.split(".")[0]

    @property
    def name(self) -> str:
        """The table's name within its layer."""
        return self.table.split(".")[1]

    @property
    def layer_part(self) -> str:
        """The part of a segment that holds its layer."""
        return "lake" if self.layer == "silver" else "gold"


def read_models(folder: Path = MODELS_FOLDER) -> list[SqlModel]:
    """All models, each after what it reads. Raises MissingDataError naming the file at fault.

    What the files held when they were last read is not parsed again.
    """
    paths = [(layer, path) for layer in LAYERS for path in sorted((folder / layer).glob("*.sql"))]
    return list(_ordered(tuple((layer, path, path.read_text(encoding="utf-8")) for layer, path in paths)))


def select_of(table: str, folder: Path = MODELS_FOLDER) -> str | None:
    """The SELECT that makes `layer.name`, as its file has it; None when no file does."""
    path = folder.joinpath(*table.split(".")).with_suffix(".sql")
    parts = HEADER.match(path.read_text(encoding="utf-8")) if path.is_file() else None
    return _select(parts) if parts else None


@lru_cache(maxsize=4)
def _ordered(files: tuple[tuple[str, Path, str], ...]) -> tuple[SqlModel, ...]:
    """The models of files, each a layer, a path and its text."""
    read = [_read(path, layer, text) for layer, path, text in files]
    models = [model for model, _, _ in read]
    ranked = frozenset(column for model in models for column in model.header.ranked())
    for model, query, header_lines in read:
        require_portable(query, f"{model.table.replace('.', '/')}.sql", header_lines, ranked)
    by_table = {model.table: model for model in models}
    for model in models:
        unknown = {t for t in model.reads if t not in by_table and t.split(".")[0] not in GIVEN_SCHEMAS}
        if unknown:
            raise _broken(model.table, f"reads {', '.join(sorted(unknown))}, which no model makes")
    try:
        order = TopologicalSorter({m.table: sorted(m.reads & by_table.keys()) for m in models}).static_order()
        return tuple(by_table[table] for table in order)
    except CycleError as error:
        raise _broken(" -> ".join(error.args[1]), "these models read each other") from error


def _read(path: Path, layer: str, text: str) -> tuple[SqlModel, exp.Query, int]:
    """The model of a file, its parsed SELECT, and how many lines stand before that."""
    table = f"{layer}.{path.stem}"
    parts = HEADER.match(text)
    if parts is None:
        raise _broken(path.name, "a model file starts with a /* header */")
    try:
        header = Header.model_validate(yaml.load(parts["header"], Loader=yaml.CSafeLoader))
        statements = sqlglot.parse(parts["select"], dialect="duckdb")
    except (yaml.YAMLError, ValidationError, sqlglot.ParseError) as error:
        raise _broken(path.name, str(error)) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise _broken(path.name, "a model file holds exactly one SELECT")
    reads = tables_read(statements[0]) | _tables_checked(header)
    model = SqlModel(table, header, _select(parts), reads - {table})
    return model, statements[0], parts["header"].count("\n")


def _select(parts: re.Match[str]) -> str:
    return parts["select"].strip().rstrip(";")


def _tables_checked(header: Header) -> frozenset[str]:
    others = {str(entry["rows_equal"]) for entry in header.checks if "rows_equal" in entry}
    written = [
        sqlglot.parse_one(entry["no_rows"]["sql"], dialect="duckdb")
        for entry in header.checks
        if "no_rows" in entry
    ]
    return frozenset(others).union(*(tables_read(query) for query in written))


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
        con.execute(
            f"CREATE TABLE seeds.{path.stem} AS FROM read_csv($path, all_varchar = true)", {"path": str(path)}
        )


@dataclass(frozen=True)
class Phases:
    """The models by when they run: small tables that events refer to, tables of events by day, sums over all
    days.
    """

    reference: list[SqlModel]
    events: list[SqlModel]
    summary: list[SqlModel]


def phases(models: list[SqlModel]) -> Phases:
    """Sort models, given in the order of what they read, by phase.

    Raises MissingDataError when a table that is kept by days reads one that is made whole from all days.
    """
    found = Phases([], [], [])
    late: set[str] = set()
    for model in models:
        reads_late = bool(model.reads & late) or any(table.startswith("bronze.") for table in model.reads)
        if model.header.partition:
            if reads_late:
                raise _broken(model.table, "it is kept by days but reads a table that is made from all days")
            found.events.append(model)
        elif reads_late or model.reads & {m.table for m in found.events}:
            late.add(model.table)
            found.summary.append(model)
        else:
            found.reference.append(model)
    return found


@dataclass(frozen=True)
class Place:
    """Where a model's table goes: a catalog, and which of its rows (a SQL condition; None: all)."""

    catalog: str
    condition: str | None = None


def run_models(
    con: duckdb.DuckDBPyConnection,
    models: list[SqlModel],
    places: Callable[[SqlModel], Sequence[Place]],
    finish: Callable[[duckdb.DuckDBPyConnection, SqlModel], Result],
    threads: int,
) -> list[Result]:
    """Make each model's table in its places, show it as `layer.name`, then `finish` it; results in the models'
    order.

    Several places share the rows of one table by their conditions.
    """
    made = {model.table for model in models}
    needs = {model.table: model.reads & made for model in models}
    jobs = {model.table: _job(model, places(model), finish) for model in models}
    return list(in_order(con, jobs, needs, threads).values())


def _job(
    model: SqlModel, places: Sequence[Place], finish: Callable[[duckdb.DuckDBPyConnection, SqlModel], Result]
) -> Job[Result]:
    def make(worker: duckdb.DuckDBPyConnection) -> Result:
        select = with_dictionaries(worker, model)
        for place in places:
            rows = f"SELECT * FROM ({select}) WHERE {place.condition}" if place.condition else select
            worker.execute(f"CREATE TABLE {place.catalog}.{model.table} AS {rows}")
        if places[0].catalog != "memory":
            shown = " UNION ALL ".join(f"SELECT * FROM {place.catalog}.{model.table}" for place in places)
            worker.execute(f"CREATE VIEW memory.{model.table} AS {shown}")
        return finish(worker, model)

    return make


def with_dictionaries(con: duckdb.DuckDBPyConnection, model: SqlModel, source: str | None = None) -> str:
    """A model's SELECT with its dictionary types; `source` is where the words are looked up, else in its rows."""
    casts = []
    rows = source or f"FROM ({model.select})"
    for column, words in model.header.dictionary.items():
        if words == "found":
            distinct = f"SELECT DISTINCT {column} {rows} WHERE {column} IS NOT NULL ORDER BY 1"
            words = tuple(row[0] for row in con.execute(distinct).fetchall())
        listed = ", ".join(quoted(word) for word in words)
        if words:
            casts.append(f"CAST({column} AS ENUM({listed})) AS {column}")
    return f"SELECT * REPLACE ({', '.join(casts)}) FROM ({model.select})" if casts else model.select
