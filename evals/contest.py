"""Chat models and prompts asked the same questions, one after the other, and held against the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.asked import begin, finish, observe, prompt_versions, with_model
from evals.comparing import comparison
from evals.reporting.scoring import suite_files
from evals.trials.records import Records, Run
from warehouse.errors import UsageError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

_MARK = ",prompts="


@dataclass(frozen=True)
class Contender:
    """A chat model as it is named on the command line, with the folder of its prompts when they are not ours."""

    model: str
    prompts: Path | None = None


def contender(text: str) -> Contender:
    """`embedded`, `service:NAME`, `recorded:FILE`, each with `,prompts=FOLDER` or without."""
    model, mark, folder = text.rpartition(_MARK)
    return Contender(model, Path(folder)) if mark else Contender(text)


def contest(
    suites: Sequence[str],
    contenders: Sequence[Contender],
    settings: Settings,
    records: Records,
    console: Console,
    *,
    clock: Callable[[], datetime],
    jobs: int = 1,
    quick: bool = False,
    instances: Sequence[str] = (),
) -> dict[str, Any]:
    """Run each contender on the same cases, as runs that are kept, and compare them.

    Raises UsageError (exit 2), before anything is asked, for a suite that asks no chat model, for a chat model or
    folder of prompts that there is none of, or for a single contender.
    """
    _check(suites, contenders, settings)
    runs: list[Run] = []
    for number, one in enumerate(contenders, 1):
        console.print(f"{number} of {len(contenders)}: {one.model}", markup=False, highlight=False)
        run = begin(
            records, suites, one.model, clock(), quick=quick, instances=instances, prompts=one.prompts,
            number=number,
        )  # fmt: skip
        observe(records, run, settings, console, jobs=jobs)
        finish(records, run)
        runs.append(run)
    return comparison(records, runs)


def _check(suites: Sequence[str], contenders: Sequence[Contender], settings: Settings) -> None:
    known = suite_files()
    unknown = sorted(set(suites) - known.keys())
    if unknown or not suites:
        raise UsageError(
            f"No suite that asks a chat model is called {', '.join(unknown) or 'nothing'}.", where="eval contest",
            next_step=f"Known: {', '.join(known)}.",
        )  # fmt: skip
    if len(contenders) < 2:
        raise UsageError(
            "A contest needs two contenders.", where="--of", next_step="Name two: --of embedded --of service."
        )
    for one in contenders:
        with_model(settings, one.model, prompts=one.prompts)
        prompt_versions(one.prompts)
