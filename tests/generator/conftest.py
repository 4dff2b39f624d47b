"""One generated `tiny` company for all tests of the generator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator.generate import GenerateReport, generate

LAST_DAY = date(2026, 10, 29)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> GenerateReport:
    """The profile `tiny`, seed 11, as of 2026-10-29."""
    return generate("tiny", tmp_path_factory.mktemp("generated") / "sources", seed=11, as_of=LAST_DAY)


@pytest.fixture(scope="session")
def truth(generated: GenerateReport) -> dict[str, Any]:
    """What was planted in `generated`."""
    content: dict[str, Any] = json.loads(generated.truth.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def files(generated: GenerateReport) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one table per source file of `generated`, read as any reader of CSV would."""
    with duckdb.connect() as connection:
        load(connection, generated.out)
        yield connection


def load(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        connection.execute(f"CREATE TABLE {path.name.split('.')[0]} AS FROM '{path}'")
