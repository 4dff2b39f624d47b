"""The companies that suites run on: small, generated, of different seeds and days; built once and kept.

A lucky match on one company (a filter that drops nothing there, a period that ends where the data ends) is a wrong
answer on another. An instance is built anew when the generator's or the warehouse's files change.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from evals.trials.planting import plant_texts
from warehouse.errors import UsageError
from warehouse.settings import Settings
from warehouse.state_file import held


@dataclass(frozen=True)
class Instance:
    """A company of the profile `tiny`. `planted` has hostile texts where members and agents write freely."""

    name: str
    seed: int
    as_of: date
    planted: bool = False

    @property
    def now(self) -> datetime:
        """The morning after the last complete day."""
        return datetime.combine(self.as_of + timedelta(days=1), time(6), UTC)


INSTANCES: dict[str, Instance] = {
    one.name: one
    for one in (
        Instance("seven", 7, date(2026, 10, 29)),
        Instance("eleven", 11, date(2026, 8, 13)),
        Instance("thirteen", 13, date(2026, 5, 5)),
        Instance("planted", 7, date(2026, 10, 29), planted=True),
    )
}
_ROOMS = ("generator", "warehouse")
_CODE = (".py", ".sql", ".yml", ".toml", ".csv")


def instance(name: str) -> Instance:
    """An instance by name. Raises UsageError (exit 2)."""
    if name not in INSTANCES:
        raise UsageError(
            f"There is no instance {name!r}.", where="instances", next_step=f"Use: {', '.join(INSTANCES)}."
        )
    return INSTANCES[name]


@cache
def recipe() -> str:
    """Ten hex characters over every file that an instance's data depend on."""
    root, whole = Path(__file__).parents[2], hashlib.sha256()
    for room in _ROOMS:
        for file in sorted((root / room).rglob("*")):
            if file.suffix in _CODE and file.is_file():
                whole.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return whole.hexdigest()[:10]


def warehouse_of(one: Instance, folder: Path, settings: Settings) -> Path:
    """The instance's warehouse below `folder`, built when it is not there yet; several processes may ask."""
    target = folder / f"{one.name}-{recipe()}"
    if (target / "CURRENT").is_file():
        return target
    with held(folder / f"{one.name}.lock"):
        if not (target / "CURRENT").is_file():
            for older in folder.glob(f"{one.name}-*"):
                shutil.rmtree(older, ignore_errors=True)
            _build(one, target, settings)
    return target


def _build(one: Instance, target: Path, settings: Settings) -> None:
    from generator.generate import generate
    from warehouse.build import build

    sources, making = target.parent / f".{one.name}-sources", target.parent / f".{one.name}-making"
    for folder in (sources, making):
        shutil.rmtree(folder, ignore_errors=True)
    generate("tiny", sources, seed=one.seed, as_of=one.as_of, truth=target.parent / ".truth")
    if one.planted:
        plant_texts(sources)
    build(sources, making, settings.model_copy(update={"var": target.parent / ".state"}), now=one.now)
    shutil.rmtree(sources, ignore_errors=True)
    making.rename(target)
