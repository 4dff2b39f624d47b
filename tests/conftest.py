"""Warehouses that tests share: built once a session, read by all, gone afterwards."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from warehouse.logs import silence_libraries
from warehouse.settings import Settings

silence_libraries()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Default settings whose state and data live in a temporary folder."""
    return Settings(var=tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="session")
def tiny_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated profile `tiny`, as of 2026-10-29."""
    from generator.generate import generate

    folder = tmp_path_factory.mktemp("tiny") / "sources"
    truth = tmp_path_factory.mktemp("truth")
    generate("tiny", folder, seed=7, as_of=date(2026, 10, 29), truth=truth)
    return folder


@pytest.fixture(scope="session")
def tiny_warehouse(tiny_sources: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse built from `tiny_sources`."""
    from warehouse.build import build

    folder = tmp_path_factory.mktemp("tiny-warehouse")
    build(tiny_sources, folder, settings)
    return folder


@pytest.fixture(scope="session")
def reference_sample() -> Path:
    """Some 600 members of the reference data with all their rows."""
    return Path(__file__).parent / "data" / "reference_sample"


@pytest.fixture(scope="session")
def reference_warehouse(
    reference_sample: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A warehouse built from `reference_sample`: required columns only, none of them ours."""
    from warehouse.build import build

    folder = tmp_path_factory.mktemp("reference-warehouse")
    build(reference_sample, folder, settings)
    return folder
