"""Reading model files: order found in the SQL, headers checked, errors that name the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.checks import checks_of
from warehouse.errors import MissingDataError
from warehouse.runner import models_digest, read_models

HEADER = "/*\ndescription: d\ngrain: [id]\n*/\n"


def write(folder: Path, name: str, text: str) -> None:
    path = folder / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_models_come_after_what_their_select_and_their_checks_read(tmp_path):
    write(tmp_path, "gold/a", HEADER + "WITH silver_c AS (SELECT 1 AS id) SELECT b.id FROM gold.b AS b, silver_c")
    write(tmp_path, "gold/b", HEADER + "SELECT id FROM silver.c WHERE id IN (SELECT id FROM silver.d)")
    write(tmp_path, "silver/c", HEADER + "SELECT id FROM accepted.members")
    checked = "/*\ndescription: d\ngrain: [id]\nchecks:\n  - rows_equal: silver.e\n*/\nSELECT 1 AS id"
    write(tmp_path, "silver/d", checked)
    write(tmp_path, "silver/e", HEADER + "SELECT id FROM silver.c")
    order = [model.table for model in read_models(tmp_path)]
    assert order.index("silver.c") < order.index("silver.e") < order.index("silver.d") < order.index("gold.b")
    assert order[-1] == "gold.a"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 AS id",
        HEADER + "SELECT 1 AS id; SELECT 2 AS id",
        HEADER + "CREATE TABLE x AS SELECT 1",
        HEADER + "SELECT FROM WHERE",
        HEADER + "SELECT id FROM silver.nowhere",
        HEADER.replace("grain", "grian") + "SELECT 1 AS id",
    ],
)
def test_a_broken_model_file_is_named(text, tmp_path):
    write(tmp_path, "silver/broken", text)
    with pytest.raises(MissingDataError) as failure:
        read_models(tmp_path)
    assert "broken" in failure.value.where


def test_models_that_read_each_other_are_named(tmp_path):
    write(tmp_path, "gold/a", HEADER + "SELECT id FROM gold.b")
    write(tmp_path, "gold/b", HEADER + "SELECT id FROM gold.a")
    with pytest.raises(MissingDataError, match="read each other"):
        read_models(tmp_path)


def test_an_unknown_kind_of_check_is_said_so(tmp_path):
    write(tmp_path, "gold/a", "/*\ndescription: d\ngrain: [id]\nchecks:\n  - sorted: [id]\n*/\nSELECT 1 AS id")
    with pytest.raises(MissingDataError, match="sorted"):
        checks_of(read_models(tmp_path)[0])


def test_the_digest_changes_with_any_model_or_seed(tmp_path):
    write(tmp_path, "gold/a", HEADER + "SELECT 1 AS id")
    before = models_digest(tmp_path)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "s.csv").write_text("a\n1\n")
    assert models_digest(tmp_path) != before


def test_every_packaged_model_says_what_it_is():
    for model in read_models():
        assert len(model.header.description) > 20
        assert model.header.grain
