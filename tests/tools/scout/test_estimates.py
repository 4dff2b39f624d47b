"""The scout finds what was planted in the cost estimator's traces soon after it began, where it is, and no sooner.

The companies have members, traces and one call, which any build wants; only the cubes of estimates are scanned.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import tools.scout.scout as scout
from benchmarks.estimates import AS_OF, write_sources
from generator.estimates.vocabulary import vocabulary
from semantic.loader import load_model
from tools.scout.incident import Incident
from tools.scout.program import Program, program
from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.door import Warehouse
from warehouse.settings import Settings

MODEL = load_model()
PLANTED = vocabulary()["planted"]
DAYS = 60


@dataclass(frozen=True)
class Company:
    """Its incidents by day, and within how many days each of what is planted must be told.

    The network has one response in twenty, and begins to fail before a weekend: in a small company there is not
    enough of it to tell on the first days.
    """

    found: dict[date, tuple[Incident, ...]]
    within: dict[str, int]


@pytest.fixture(scope="module", params=[(5, 16_000, 1), (41, 7000, 3)], ids=["busy", "small"])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """What stands for itself in the scan of each day around the two beginnings."""
    seed, traces, days = request.param
    folder = tmp_path_factory.mktemp(f"estimates-{seed}")
    settings = Settings(var=folder / "var")
    write_sources(folder / "sources", traces, "jsonl.gz", seed=seed)
    _call_daily(folder / "sources" / "call_center.csv")
    build(folder / "sources", folder / "warehouse", settings)
    begins = [_first_day(name) for name in ("service", "network")]
    near = [first + timedelta(days=n) for first in begins for n in (-1, 0, 1, 3)]
    with (
        closing(Warehouse(folder / "warehouse", settings, AuditLog.of(settings))) as door,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(scout, "program", _estimates_only)
        found = {report.as_of: report.own for report in scout.run_days(door, MODEL, settings, near)}
    return Company(found, {"service": 1, "network": days})


def _call_daily(file: Path) -> None:
    """The days that a warehouse has are those with calls: one call each day instead of one in all."""
    header, call = file.read_text(encoding="utf-8").splitlines()
    days = [AS_OF - timedelta(days=n) for n in range(DAYS)]
    calls = [call.replace("C1", f"C{n}").replace(str(AS_OF), str(day)) for n, day in enumerate(days)]
    file.write_text("\n".join([header, *calls]) + "\n", encoding="utf-8")


def _estimates_only(*arguments: Any) -> Program:
    whole = program(*arguments)
    return replace(whole, families=tuple(f for f in whole.families if f.name == "cost_estimates"), kin=None)


def _first_day(name: str) -> date:
    return AS_OF - timedelta(days=PLANTED[name]["days"] - 1)


@pytest.mark.parametrize(
    ("name", "dimension", "key"), [("service", "service_code", "code"), ("network", "network", "id")]
)
def test_it_is_found_soon_after_its_beginning_and_not_before(
    company: Company, name: str, dimension: str, key: str
) -> None:
    first, segment = _first_day(name), ((dimension, PLANTED[name][key]),)
    seen = {
        day: [i for i in found if i.segment == segment and i.direction == "up"]
        for day, found in company.found.items()
    }
    last = first + timedelta(days=company.within[name])
    assert not [i for day, incidents in seen.items() if day < first for i in incidents]
    told = [i for day, incidents in seen.items() if first <= day <= last for i in incidents]
    assert told, f"nothing of {segment} by {last}"
    assert all(i.favourable is False for i in told)
    assert min(abs((i.start.day - first).days) for i in told) <= 1
