"""Watched companies for the suite: generated and built once, kept under `var`; their truth, only evals read.

A company is kept until the generator or the warehouse's SQL models change.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from evals.case_shapes import ScoutFile, checked_body
from warehouse.settings import Settings

CASES = Path(__file__).parents[1] / "cases" / "scout.yml"
_ROOT = Path(__file__).parents[2]
_MADE_BY = ("generator", "warehouse/models", "warehouse/contract")
_SUFFIXES = {".py", ".yaml", ".yml", ".toml", ".sql", ".csv"}


@cache
def cases() -> dict[str, Any]:
    """All of `cases/scout.yml`."""
    content: dict[str, Any] = checked_body(CASES, ScoutFile)
    return content


@dataclass(frozen=True)
class Plant:
    """One planted thing as the truth tells it; arrays by day begin with `first`."""

    number: int
    kind: str
    segment: dict[str, str]
    shape: str
    first: date
    last: date
    snr7: float
    oracle_day: date | None
    excess: list[float]
    dollars: dict[str, list[float]]
    cause: str | None
    decoys: list[str]

    @property
    def special(self) -> bool:
        """Whether it is one of the cases in which a single segment or a rate must not be named."""
        return self.kind in ("mix", "simpson", "relabel")

    def until(self, values: list[float], day: date) -> float:
        """The sum of an array up to a day."""
        return float(sum(values[: max(0, (day - self.first).days + 1)]))


@dataclass(frozen=True)
class Company:
    """One built company: where its warehouse is, which days it has, and what was planted."""

    name: str
    group: str
    warehouse: Path
    first_day: date
    as_of: date
    quiet: bool
    plants: tuple[Plant, ...]

    @property
    def days(self) -> int:
        """How many days of data there are."""
        return (self.as_of - self.first_day).days + 1


def companies(group: str, settings: Settings) -> Iterator[Company]:
    """The companies of a group, made when they are not there yet."""
    text = cases()["companies"][group]
    for seed in text["seeds"]:
        # Last days differ, so that holidays and enrollment fall everywhere.
        back = (seed * 37) % text["spread_days"] if text["spread_days"] else 0
        yield _company(group, text["profile"], seed, text["as_of"] - timedelta(days=back), settings, text)


def _company(
    group: str, profile: str, seed: int, as_of: date, settings: Settings, text: dict[str, Any]
) -> Company:
    quiet = bool(text.get("quiet"))
    name = f"{profile}-{seed}{'-quiet' if quiet else ''}"
    folder = settings.var / "evals" / "scout" / f"{name}-{as_of:%Y%m%d}-{_fingerprint()}"
    if not (folder / "ready").exists():
        _make(folder, profile, seed, as_of, settings, quiet=quiet)
    truth = json.loads((folder / "truth" / "sources.json").read_text(encoding="utf-8"))
    plants = tuple(_plant(one) for one in truth["plants"])
    first = date.fromisoformat(truth["first_day"])
    return Company(name, group, folder / "warehouse", first, as_of, quiet, plants)


def _make(folder: Path, profile: str, seed: int, as_of: date, settings: Settings, *, quiet: bool) -> None:
    from generator.generate import generate
    from warehouse.build import build

    for old in folder.parent.glob(f"{folder.name.rsplit('-', 1)[0]}-*"):
        shutil.rmtree(old)
    generate(profile, folder / "sources", seed=seed, as_of=as_of, truth=folder / "truth", quiet=quiet)
    build(folder / "sources", folder / "warehouse", settings)
    shutil.rmtree(folder / "sources")
    (folder / "ready").touch()


@cache
def _fingerprint() -> str:
    """Changes with everything that makes a company."""
    found = hashlib.sha256()
    for top in _MADE_BY:
        for path in sorted((_ROOT / top).rglob("*")):
            if path.suffix in _SUFFIXES:
                found.update(path.read_bytes())
    return found.hexdigest()[:8]


def _plant(body: dict[str, Any]) -> Plant:
    oracle = body["oracle_day"]
    return Plant(
        number=body["number"],
        kind=body["kind"],
        segment=body["segment"],
        shape=body["shape"],
        first=date.fromisoformat(body["first_day"]),
        last=date.fromisoformat(body["last_day"]),
        snr7=body["snr7"],
        oracle_day=date.fromisoformat(oracle) if oracle else None,
        excess=body["excess"],
        dollars=body["dollars"],
        cause=body["cause"],
        decoys=body["decoys"],
    )
