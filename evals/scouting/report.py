"""What the suite shows and keeps: a table of figures, JSON, and a trace by case for whoever improves the scout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.scouting.measures import Figure
from evals.scouting.scoring import Fate, Outcome

_ONE = 1.01
_FEWEST = 5  # cases of a figure that says anything


@dataclass(frozen=True)
class Measured:
    """A suite's figures by group of companies, and where the trace lies."""

    suite: str
    groups: Mapping[str, Sequence[Figure]]
    trace: Path
    gates: Mapping[str, float]

    def document(self) -> dict[str, Any]:
        """The JSON form: aggregates only."""
        return {
            name: {one.name.strip(): one.document() for one in figures} for name, figures in self.groups.items()
        }

    def values(self) -> dict[str, dict[str, float]]:
        """The gated figures by group: what a baseline keeps."""
        return {
            group: {
                one.name.strip(): round(one.value, 4)
                for one in figures
                if self._gate(one) and one.value is not None
            }
            for group, figures in self.groups.items()
        }

    def worse(self, baseline: Mapping[str, Mapping[str, float]]) -> list[str]:
        """Gated figures that are worse than the baseline by more than their slack (negative: less is better)."""
        found = []
        for group, figures in self.groups.items():
            for one in figures:
                before, slack = baseline.get(group, {}).get(one.name.strip()), self._gate(one)
                if before is None or slack is None or one.value is None or one.cases < _FEWEST:
                    continue
                change = (one.value - before) * (1 if slack > 0 else -1)
                # One case more or less is no regression: small forms of the suite have few.
                if change < -max(abs(slack), _ONE / max(one.cases, 1)):
                    found.append(f"{group}: {one.name.strip()} was {before:.3f}, is {one.value:.3f}")
        return found

    def _gate(self, one: Figure) -> float | None:
        return self.gates.get(one.name.strip())

    def show(self, console: Console) -> None:
        """The table: a row a figure, a column a group."""
        table = Table(title=f"Suite {self.suite}", caption=f"95 % intervals; by case: {self.trace}")
        table.add_column("figure")
        for name in self.groups:
            table.add_column(name, justify="right")
        rows = {one.name: None for figures in self.groups.values() for one in figures}
        by_group = [{one.name: one for one in figures} for figures in self.groups.values()]
        for name in rows:
            cells = [_cell(group.get(name)) for group in by_group]
            if any(cells):
                table.add_row(name, *cells)
        console.print(table)


def _cell(one: Figure | None) -> str:
    if one is None or one.value is None:
        return ""
    interval = "" if one.low is None or one.high is None else f" [{one.low:.2f}, {one.high:.2f}]"
    return f"{one.value:.3f}{interval} n={one.cases}"


def write_trace(path: Path, outcomes: Sequence[Outcome]) -> Path:
    """Every plant with what became of it, and every false incident."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = [
        {
            "company": one.company.name,
            "days": one.days,
            "seconds": round(one.seconds, 2),
            "plants": [_fate(fate) for fate in one.fates],
            "false": [item.__dict__ for item in one.false],
            "causes": [
                {
                    "number": item.plant.number,
                    "told": item.told,
                    "cause": item.plant.cause,
                    "named": list(item.named),
                }
                for item in one.explained
            ],
        }
        for one in outcomes
    ]
    path.write_text(json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8")
    return path


def _fate(fate: Fate) -> dict[str, Any]:
    plant, best = fate.plant, fate.best
    told: dict[str, Any] = {
        "number": plant.number, "kind": plant.kind, "segment": plant.segment, "shape": plant.shape,
        "first": plant.first, "last": plant.last, "snr7": plant.snr7, "oracle_day": plant.oracle_day,
        "sightings": len(fate.sightings), "delay": fate.delay, "most_at_once": fate.most_at_once,
    }  # fmt: skip
    if best is None:
        return told
    incident = best.incident
    return told | {
        "day": best.day, "role": best.match.role, "metric": incident.metric, "named": incident.values,
        "exact": best.match.exact, "z": round(incident.evidence.z, 2), "start": incident.start.day,
        "start_set": [incident.start.earliest, incident.start.latest], "excess": round(incident.excess.value, 1),
        "true_excess": round(plant.until(plant.excess, best.day), 1),
        "dollars": None if incident.dollars is None else round(incident.dollars.amount.value, 2),
    }  # fmt: skip
