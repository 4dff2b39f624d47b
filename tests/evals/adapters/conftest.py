"""A run of a few cases over the shared tiny company, for adapters of libraries that most setups lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from evals import asked
from evals.trials import observing
from evals.trials.records import Records, Run
from warehouse.settings import Settings

CASES = ("metric-by-journey", "verified", "personal", "follow-up")


@pytest.fixture(scope="package")
def run(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Records, Run]:
    """Four cases of the suite `tools`, observed; the last one's answer is then spoilt, so that one is wrong."""
    folder = tmp_path_factory.mktemp("adapters")
    records = Records(folder / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observing, "warehouse_of", lambda *_: tiny_warehouse)
        some = [t for t in asked.trials(["tools"]) if t.case.id in CASES]
        patch.setattr(asked, "trials", lambda *_, **__: some)
        began = datetime(2026, 10, 30, tzinfo=UTC)
        made = asked.begin(records, ["tools"], "embedded", began, quick=False, instances=())
        asked.observe(records, made, Settings(var=folder), Console(quiet=True), jobs=1)
    seen = list(records.observations(made.id))
    (folder / "runs" / made.id / "observations.jsonl").unlink()
    for one in seen:
        records.add(made.id, replace(one, calls=[]) if one.trial == "follow-up" else one)
    return records, made
