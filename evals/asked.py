"""Suites that ask the assistant: run what is not observed yet, score it all, report, compare with before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.reporting.page import html
from evals.reporting.report import gate, outcomes_of, report, trend_point
from evals.reporting.scoring import ScoredCase, cases_by_trial, of_planned, score_all, suite_files
from evals.trials.case_files import read_cases
from evals.trials.instances import recipe
from evals.trials.records import PAGE, SUMMARY, Records, Run, run_id
from evals.trials.trial import Observation, Trial, trials_of
from warehouse.errors import UsageError
from warehouse.settings import ChatModel, Settings

if TYPE_CHECKING:
    from rich.console import Console

BASELINES = Path(__file__).parent / "baselines" / "asked"
AGENTS = ("supervisor", "genie", "insight_scout", "next_best_action")
Keep = Callable[[Observation], None]


def trials(suites: Sequence[str], *, quick: bool = False, instances: Sequence[str] = ()) -> list[Trial]:
    """Every trial of the named suites."""
    files = suite_files()
    return [t for name in suites for t in trials_of(read_cases(files[name]), instances=instances, quick=quick)]


def with_model(
    settings: Settings, model: str, record: Path | None = None, prompts: Path | None = None
) -> Settings:
    """The settings with the chat model under test: `embedded`, `service[:NAME]` or `recorded:FILE`.

    A service does not fall back on the embedded planner: what it cannot do is counted; no budget of a day stops
    it. `record` is a file that gets what is said, for `recorded:FILE`; `prompts` a folder of other prompts.
    Raises UsageError (exit 2).
    """
    kind, _, detail = model.partition(":")
    wanted = settings.chat_model.model_copy(update={"prompts": prompts})
    if kind == "embedded":
        return settings.model_copy(
            update={"chat_model": ChatModel(kind="embedded", recording=record, prompts=prompts)}
        )
    if kind == "service":
        if not wanted.base_url:
            raise UsageError(
                "No chat model service is configured.", where="chat_model.base_url",
                next_step="Set chat_model.base_url and chat_model.model.",
            )  # fmt: skip
        named = {"kind": "service", "fallback": False, "recording": record}
        named |= {"tokens_per_user_day": 0, "cost_per_user_day": 0.0}
        named |= {"model": detail} if detail else {}
        return settings.model_copy(update={"chat_model": wanted.model_copy(update=named)})
    if kind == "recorded" and detail:
        if record is not None or not Path(detail).is_file():
            raise UsageError(
                "A recording is replayed, not recorded." if record else f"There is no recording {detail!r}.",
                where="--record" if record else "--model",
                next_step="Record one: eval run SUITE --model embedded|service --record FILE.",
            )
        recorded = wanted.model_copy(update={"kind": "recorded", "recording": Path(detail), "fallback": False})
        return settings.model_copy(update={"chat_model": recorded})
    raise UsageError(
        f"There is no chat model {model!r}.", where="--model",
        next_step="Use embedded, service, service:NAME or recorded:FILE.",
    )  # fmt: skip


def prompt_versions(folder: Path | None = None) -> dict[str, str]:
    """The hash of each agent's prompt, of a folder where it has one. Raises UsageError when it has none at all."""
    from prompts.loader import load_prompt

    used = {name: load_prompt(name, folder).version for name in AGENTS}
    if folder is not None and not any((folder / f"{name}.md").is_file() for name in AGENTS):
        raise UsageError(
            "The folder has no prompt of ours.", where=str(folder),
            next_step=f"It may hold {', '.join(f'{name}.md' for name in AGENTS)}.",
        )  # fmt: skip
    return used


def begin(
    records: Records, suites: Sequence[str], model: str, now: datetime, *, quick: bool, instances: Sequence[str],
    prompts: Path | None = None, number: int = 0,
) -> Run:  # fmt: skip
    """A new run with the versions of all that its outcomes depend on. Raises UsageError for a wrong prompt.

    `number` tells runs apart that begin in the same second.
    """
    from agents.versions import code_version
    from semantic.loader import load_model

    used, moment = prompt_versions(prompts), now.isoformat(timespec="seconds")
    run = Run(
        id=run_id(now, f"{now.isoformat()}{model}{suites}{prompts}{number or ''}"), started=moment,
        suites=tuple(suites), model=model, quick=quick, instances=tuple(instances), prompts=used,
        semantic_model=load_model().version, code=code_version(), recipe=recipe(),
        prompts_folder=str(prompts.resolve()) if prompts else "",
    )  # fmt: skip
    records.begin(run)
    return run


def observe(
    records: Records, run: Run, settings: Settings, console: Console, *, jobs: int, record: Path | None = None
) -> None:
    """Run what the run has not observed yet, with a progress bar on a terminal. Recording is one job's work."""
    from evals.trials.running import run_trials

    done = {seen.key for seen in records.observations(run.id)}
    asked = [name for name in run.suites if name in suite_files()]
    waiting = [t for t in trials(asked, quick=run.quick, instances=run.instances) if t.key not in done]
    under_test = with_model(settings, run.model, record, run.prompts_at)
    with _progress(console, len(waiting)) as tick:

        def keep(seen: Observation) -> None:
            records.add(run.id, seen)
            tick(seen.suite)

        run_trials(waiting, settings.var / "evals", under_test, jobs=1 if record else jobs, keep=keep)


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[str], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking", total=total)
        yield lambda suite: bar.update(task, advance=1, description=suite)


def scored(records: Records, run: Run) -> list[ScoredCase]:
    """Every case of a run by today's scorers and cases; nothing is run."""
    asked = score_all(records.observations(run.id), cases_by_trial(run.suites))
    return [*asked, *map(of_planned, records.planned(run.id))]


def finish(records: Records, run: Run, before: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Score a run, hold it against `before` (default: the accepted baselines), write its report and page.

    A suite without an accepted baseline does not pass.
    """
    cases = scored(records, run)
    asked = [name for name in dict.fromkeys(case.suite for case in cases) if name in suite_files()]
    accepted = baselines(asked) if before is None else before
    names = list(dict.fromkeys(case.suite for case in cases)) if before is not None else asked
    worse = [
        line
        for name in names
        for line in gate(name, [case for case in cases if case.suite == name], accepted, run.model)
    ]
    if before is None:
        worse += [unheld(name) for name in asked if not (BASELINES / f"{name}.json").is_file()]
    document = report(run, cases, accepted, worse, [])
    document["trend"] = [*_trend(records, run), trend_point(document)]
    folder = records.folder / run.id
    (folder / SUMMARY).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / PAGE).write_text(html(document), encoding="utf-8")
    records.write(replace(run, finished=True))
    return document


def _trend(records: Records, run: Run) -> list[dict[str, Any]]:
    """The points of earlier finished runs of the same chat model and size."""
    points = []
    for earlier in records.all():
        file = records.folder / earlier.id / SUMMARY
        alike = (earlier.model, earlier.quick) == (run.model, run.quick)
        if earlier.started < run.started and alike and file.is_file():
            points.append(trend_point(json.loads(file.read_text(encoding="utf-8"))))
    return points[-30:]


def unheld(suite: str) -> str:
    """What the gate says of a suite that nothing holds."""
    return f"{suite}: it has no baseline, so nothing holds it; `eval run {suite} --accept` writes one"


def baselines(suites: Sequence[str]) -> dict[str, str]:
    """The accepted outcomes of suites by `suite:case`."""
    found: dict[str, str] = {}
    for name in suites:
        file = BASELINES / f"{name}.json"
        if file.is_file():
            found |= {f"{name}:{case}": o for case, o in json.loads(file.read_text(encoding="utf-8")).items()}
    return found


def accept(document: Mapping[str, Any]) -> list[Path]:
    """Accept a run's outcomes as the baselines of its suites. Raises UsageError for a quick run."""
    if document["run"]["quick"]:
        raise UsageError(
            "A quick run is no baseline.", where="--accept", next_step="Run without --quick, then accept."
        )
    written = []
    BASELINES.mkdir(parents=True, exist_ok=True)
    outcomes = outcomes_of(document)
    for name in document["suites"]:
        if name in suite_files():
            own = {
                key.partition(":")[2]: outcome for key, outcome in outcomes.items() if key.startswith(f"{name}:")
            }
            file = BASELINES / f"{name}.json"
            file.write_text(json.dumps(own, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            written.append(file)
    return written
