"""The stores hold what their readers may know, find what was nearly meant, and nothing breaks without them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from semantic.model import SemanticModel
from semantic.search.entries import named, valued
from semantic.search.finding import Finder
from semantic.search.store import SearchStore, StoreError, content_of, write
from semantic.values import ValueDictionary

RARE = "Quibbleton"
DRUGS = {"drug_name": ["Metformin", "Apixaban"], "county": ["Palm Beach"]}


@pytest.fixture(scope="module")
def known(model: SemanticModel) -> ValueDictionary:
    return ValueDictionary.from_rows(model, DRUGS)


@pytest.fixture(scope="module")
def root(model: SemanticModel, known: ValueDictionary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    everything = ValueDictionary.from_rows(model, {**DRUGS, "county": ["Palm Beach", RARE]})
    for data, entries in (
        ("names", named(model)),
        ("shared", valued(model, known)),
        ("members", valued(model, everything)),
    ):
        assert write(folder, data, entries)  # type: ignore[arg-type]
        assert not write(folder, data, entries), "the same content is not written twice"  # type: ignore[arg-type]
    return folder


@pytest.mark.parametrize(
    ("words", "kind", "wanted"),
    [
        ("Metformn", "value", "Metformin"),
        ("Flordia", "value", "FL"),
        ("plam beech", "value", "Palm Beach"),
        ("how often do people have to phone again about the same thing", "metric", "repeat_call_rate"),
        ("calls that a working website would have saved us", "metric", "avoidable_calls"),
        ("type of coverage product", "dimension", "plan_type"),
    ],
)
def test_it_finds_what_was_nearly_meant(
    root: Path, model: SemanticModel, known: ValueDictionary, words: str, kind: str, wanted: str
) -> None:
    finder = Finder(root, model, known, "shared")
    found = [hit.name for hit in finder.find(words, (kind,), 3)]  # type: ignore[arg-type]
    assert wanted in found, found
    assert not finder.problem


def test_a_value_is_in_no_store_of_those_who_may_not_know_it(
    root: Path, model: SemanticModel, known: ValueDictionary
) -> None:
    for data in ("names", "shared"):
        folder = root / f"{data}-{content_of(root, data)}"
        with closing(sqlite3.connect(folder / "chroma.sqlite3")) as database:
            assert not any(RARE in line for line in database.iterdump()), data
        weights = (folder / "weights.json").read_text()
        assert RARE.lower()[:8] not in weights
    assert SearchStore(root, "members").find(RARE, ("value",), 1)[0].entry.name == RARE
    # and a reader who opens the wrong store gets nothing that their own dictionary lacks
    assert RARE not in [hit.name for hit in Finder(root, model, known, "members").find(RARE, ("value",), 5)]


def test_without_a_store_or_with_a_broken_one_spelling_is_left(
    root: Path, model: SemanticModel, known: ValueDictionary, tmp_path: Path
) -> None:
    absent = Finder(tmp_path, model, known, "shared")
    assert absent.find("Metformn", ("value",))[0].name == "Metformin"
    assert absent.problem
    write(tmp_path, "names", named(model)[:40])
    folder = tmp_path / f"names-{content_of(tmp_path, 'names')}"
    (folder / "chroma.sqlite3").write_bytes(b"this is no database")
    with pytest.raises(StoreError):
        SearchStore(tmp_path, "names")
    broken = Finder(tmp_path, model, known, "shared")
    assert broken.find("leakge rate", ("metric",))[0].name == "leakage_rate"
    assert broken.problem
