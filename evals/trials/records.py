"""Runs on disk: what was asked of what, and one line an observation, written at once so that a run can go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from os import SEEK_END
from pathlib import Path
from typing import Any

from evals.trials.trial import Observation
from warehouse.errors import UsageError

RUN_FILE, LINES, PLANNED, SUMMARY, PAGE = (
    "run.json",
    "observations.jsonl",
    "planned.jsonl",
    "report.json",
    "report.html",
)


@dataclass(frozen=True)
class Run:
    """What a run is of. Two runs are comparable when suites and instances are the same.

    `model` is the chat model as it was named, `prompts` the hash of each prompt (of `prompts_folder`, when they
    are not ours), `recipe` that of the data.
    """

    id: str
    started: str
    suites: tuple[str, ...]
    model: str
    quick: bool
    instances: tuple[str, ...]
    prompts: dict[str, str] = field(default_factory=dict)
    semantic_model: str = ""
    code: str = ""
    recipe: str = ""
    prompts_folder: str = ""
    finished: bool = False
    seconds: float = 0.0

    @property
    def prompts_at(self) -> Path | None:
        """The folder of other prompts."""
        return Path(self.prompts_folder) if self.prompts_folder else None

    @property
    def prompts_version(self) -> str:
        """Eight hex characters over all prompts."""
        return hashlib.sha256(json.dumps(self.prompts, sort_keys=True).encode()).hexdigest()[:8]


class Records:
    """The folder of all runs (`var/evals/runs`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, run: Run) -> Path:
        """Make the run's folder."""
        path = self.folder / run.id
        path.mkdir(parents=True, exist_ok=True)
        self.write(run)
        return path

    def write(self, run: Run) -> None:
        """Note what a run is, or that it is finished."""
        text = json.dumps(asdict(run), indent=1)
        (self.folder / run.id / RUN_FILE).write_text(text + "\n", encoding="utf-8")

    def add(self, run_id: str, seen: Observation) -> None:
        """Append an observation, on a line of its own even after one that a kill left half."""
        line = json.dumps(seen.document(), default=str).encode() + b"\n"
        with (self.folder / run_id / LINES).open("ab+") as lines:
            if lines.tell():
                lines.seek(-1, SEEK_END)
                line = line if lines.read(1) == b"\n" else b"\n" + line
            lines.write(line)

    def add_planned(self, run_id: str, lines: list[dict[str, Any]]) -> None:
        """Append the outcomes of a suite that only plans: all of them, or none when it is killed meanwhile."""
        file = self.folder / run_id / PLANNED
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        made = file.with_suffix(".new")
        made.write_text(before + "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        made.replace(file)

    def find(self, name: str) -> Run:
        """A run by its id, how that begins, or `last`. Raises UsageError (exit 2)."""
        known = [run.id for run in self.all()]
        found = known[-1:] if name == "last" else [one for one in known if one.startswith(name)] if name else []
        if len(found) != 1:
            what = "Several runs begin" if found else "No run begins"
            hint = f"The latest: {', '.join(known[-3:])}." if known else "Run: command-center eval run."
            raise UsageError(f"{what} with {name[:40]!r}.", where=str(self.folder), next_step=hint)
        return self._read(self.folder / found[0])

    def all(self) -> list[Run]:
        """Every run, the oldest first."""
        found = [self._read(path) for path in self.folder.glob("*") if (path / RUN_FILE).is_file()]
        return sorted(found, key=lambda run: (run.started, run.id))

    def observations(self, run_id: str) -> Iterator[Observation]:
        """What was observed; a line that a stopped run left half is passed over."""
        for body in self._lines(run_id, LINES):
            yield Observation(**body)

    def planned(self, run_id: str) -> list[dict[str, Any]]:
        """The outcomes of suites that only plan."""
        return list(self._lines(run_id, PLANNED))

    def _lines(self, run_id: str, name: str) -> Iterator[dict[str, Any]]:
        file = self.folder / run_id / name
        if not file.is_file():
            return
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def _read(self, path: Path) -> Run:
        body = json.loads((path / RUN_FILE).read_text(encoding="utf-8"))
        return Run(**{**body, "suites": tuple(body["suites"]), "instances": tuple(body["instances"])})


def run_id(started: datetime, what: str) -> str:
    """`20261029-060000-1a2b`: sorts by time."""
    return f"{started:%Y%m%d-%H%M%S}-{hashlib.sha256(what.encode()).hexdigest()[:4]}"
