"""A warning about a model says on which line of which file the words stand."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from semantic.loader import model_files
from semantic.places import entries_of
from ui.cli import app

DATASETS = """\
model: sales
datasets:
  orders:
    table: orders
    grain: one row an order
    time: ordered_on
    dimensions: [city]
    measures:
      orders: {aggregate: count}
"""
WORDS = """\
metrics:
  orders_placed:
    label: Orders placed
    description: Orders
    unit: count
    polarity: neutral
    owner: Sales
    numerator: orders
    synonyms: [orders, purchases,
               town, total of all]
dimensions:
  city: {label: City, description: Where, owner: Sales, synonyms: [cities, town]}
"""


def test_a_warning_names_the_file_and_the_line_of_its_words(tmp_path: Path) -> None:
    (tmp_path / "datasets.yml").write_text(DATASETS)
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "all.yml").write_text(WORDS)
    told = CliRunner().invoke(app, ["model", "validate", str(tmp_path)])
    assert told.exit_code == 0, told.output
    warnings = [line.removeprefix("warning: ") for line in told.output.splitlines()]
    for words in ("'town' names a metric and a dimension", "'total of all' of orders_placed"):
        assert any(warning.startswith(f"words/all.yml:10: {words}") for warning in warnings), words


def test_every_metric_and_dimension_of_the_packaged_model_is_found() -> None:
    from semantic.loader import load_model

    model, entries = load_model(), entries_of(model_files())
    assert entries.keys() >= {*model.metrics, *model.dimensions}
    assert all(entry.lines[0].strip().startswith(f"{name}:") for name, entry in entries.items())
