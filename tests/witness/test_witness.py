"""Every metric against independent SQL over the raw files: overall, by a dimension, whole period and a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from semantic.compiler import compile_query
from semantic.loader import load_model
from semantic.query import SemanticQuery, TimeRange
from warehouse.snapshots import Snapshot, current

HERE = Path(__file__).parent
WITNESSES: dict[str, dict[str, str]] = yaml.safe_load((HERE / "witnesses.yml").read_text())
MODEL = load_model()
SOURCES = ("members", "call_center", "digital_interactions", "surveys", "claims", "pharmacy", "enrollment")
OPTIONAL = {
    "call_center": {"sentiment_score": "DOUBLE", "queue_wait_seconds": "DOUBLE"},
    "claims": {"prior_auth_required": "VARCHAR"},
}


@dataclass
class Pair:
    """The raw files with the contract's definitions applied, and the warehouse built from the same files."""

    raw: duckdb.DuckDBPyConnection
    gold: duckdb.DuckDBPyConnection
    snapshot: Snapshot

    def periods(self) -> list[TimeRange]:
        first, last = self.first_day, self.snapshot.as_of
        third = (last - first) / 3
        return [TimeRange(start=first, end=last), TimeRange(start=first + third, end=last - third)]

    @property
    def first_day(self) -> date:
        return date.fromisoformat(self.snapshot.manifest["first_day"])

    def available(self, metric: str) -> bool:
        missing = self.snapshot.manifest["missing_columns"]
        return not any(
            column in missing.get(table, ())
            for table, column in (name.split(".") for name in MODEL.metrics[metric].requires)
        )


def pair(sources: Path, warehouse: Path, gold: duckdb.DuckDBPyConnection) -> Pair:
    raw = duckdb.connect()
    for table in SOURCES:
        file = next(sources.glob(f"{table}.csv*"))
        raw.execute(f"CREATE TABLE raw_{table} AS FROM read_csv('{file}', sample_size=-1)")
        for column, type_ in OPTIONAL.get(table, {}).items():
            raw.execute(f"ALTER TABLE raw_{table} ADD COLUMN IF NOT EXISTS {column} {type_}")
    raw.execute("CREATE TABLE raw_cost_estimates (json JSON)")
    for traces in sources.glob("cost_estimates.jsonl*"):
        raw.execute(f"INSERT INTO raw_cost_estimates FROM read_ndjson_objects('{traces}')")
    raw.execute((HERE / "definitions.sql").read_text())
    return Pair(raw, gold, current(warehouse))


@pytest.fixture(scope="module")
def tiny(tiny_sources: Path, tiny_warehouse: Path, gold: duckdb.DuckDBPyConnection) -> Pair:
    return pair(tiny_sources, tiny_warehouse, gold)


@pytest.fixture(scope="module")
def reference(
    reference_sample: Path,
    reference_warehouse: Path,
    gold_of: Callable[[Path], duckdb.DuckDBPyConnection],
) -> Pair:
    gold = gold_of(reference_warehouse)
    return pair(reference_sample, reference_warehouse, gold)


def test_every_metric_has_a_witness() -> None:
    assert WITNESSES.keys() == MODEL.metrics.keys()


@pytest.mark.parametrize("metric", WITNESSES)
def test_tiny_equals_its_witness(metric: str, tiny: Pair) -> None:
    compare(metric, tiny)


@pytest.mark.parametrize("metric", WITNESSES)
def test_reference_data_equals_its_witness(metric: str, reference: Pair) -> None:
    compare(metric, reference)


def test_witnesses_are_not_empty(tiny: Pair) -> None:
    blank = [metric for metric in WITNESSES if not any(witnessed(metric, "", tiny, tiny.periods()[0]).values())]
    assert blank == []


def compare(metric: str, data: Pair) -> None:
    periods = data.periods() if data_has_days(metric) else data.periods()[:1]
    if not data.available(metric):
        assert set(answered(metric, "", data, periods[0]).values()) <= {None, 0}
        return
    for period in periods:
        for dimension in ("", WITNESSES[metric]["by"]):
            expected = filled(witnessed(metric, dimension, data, period))
            found = filled(answered(metric, dimension, data, period))
            assert found == pytest.approx(expected, rel=1e-9), (metric, dimension, period)


def data_has_days(metric: str) -> bool:
    return any(MODEL.datasets[name].time_column for name in MODEL.datasets_of(metric))


def witnessed(metric: str, dimension: str, data: Pair, period: TimeRange) -> dict[str, float | None]:
    sql = WITNESSES[metric]["sql"].format(
        key=dimension or "'all'",
        days=f"day BETWEEN DATE '{period.start}' AND DATE '{period.end}'",
        day_count=(period.end - period.start).days + 1,
    )
    return dict(data.raw.execute(sql).fetchall())


def answered(metric: str, dimension: str, data: Pair, period: TimeRange) -> dict[str, float | None]:
    query = SemanticQuery(metrics=(metric,), dimensions=(dimension,) if dimension else (), time=period)
    compiled = compile_query(MODEL, query, as_of=data.snapshot.as_of, first_day=data.first_day)
    rows = data.gold.execute(compiled.sql, compiled.params).fetchall()
    return {(row[0] if dimension else "all"): row[-1] for row in rows}


def filled(values: dict[str, float | None]) -> dict[str, float]:
    """A group without a row and a group of zero or nothing are the same answer."""
    return {key: float(value) for key, value in values.items() if value}
