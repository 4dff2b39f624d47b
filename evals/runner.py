"""Runs eval suites, prints them, and compares them with their baselines: the exit code tells of a regression."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from evals.asked import accept, begin, finish, observe, prompt_versions, unheld, with_model
from evals.reporting.scoring import planned_line, suite_files
from evals.reporting.terminal import show
from evals.reports import Groups, as_json, counts, print_groups
from evals.scouting.report import Measured
from evals.suites import actions, conversations, paraphrases, questions, scout
from evals.tracking.tracker import Tracker
from evals.trials.records import PAGE, Records, Run
from warehouse.errors import UsageError
from warehouse.settings import Settings, load_settings

SUITES: dict[str, Callable[[], Groups]] = {
    "conversations": conversations.run,
    "questions": questions.run,
    "paraphrases": paraphrases.run,
}
MEASURED: dict[str, Callable[[Settings], Measured]] = {
    **{form: partial(scout.run, form) for form in scout.FORMS},
    **{form: partial(actions.run_actions, form) for form in actions.ACTION_FORMS},
    **{form: partial(actions.run_impact, form) for form in actions.IMPACT_FORMS},
}
"""Suites that need settings and give figures; they run when they are named."""
BASELINES = Path(__file__).parent / "baselines"
REGRESSED = 1


def run(
    suites: Sequence[str],
    *,
    model: str = "embedded",
    settings: Settings | None = None,
    as_json: bool = False,
    console: Console | None = None,
    now: datetime | None = None,
    jobs: int = 1,
    quick: bool = False,
    instances: Sequence[str] = (),
    resume: str = "",
    accepting: bool = False,
    tracking: str = "",
    tracking_required: bool = False,
    record: Path | None = None,
    prompts: Path | None = None,
) -> int:
    """Run the named suites (all without a name); 0, or 1 when one is worse than its baseline or has none.

    Suites that plan need no data; those that ask run on generated companies (`evals.trials.instances`), with the
    chat model `model`. `resume` goes on with a stopped run; `accepting` makes the outcomes the baseline;
    `tracking` is an MLflow address (`Tracker`), `record` a file for what the chat model says, `prompts`
    a folder of other prompts. Raises UsageError (exit 2) for an unknown suite or chat model.
    """
    known = [*sorted(SUITES), *suite_files()]
    unknown = sorted(set(suites) - set(known) - MEASURED.keys())
    if unknown:
        raise UsageError(
            f"There is no suite {', '.join(unknown)}.", where="eval run",
            next_step=f"Known: {', '.join([*known, *MEASURED])}.",
        )  # fmt: skip
    if accepting and quick:
        raise UsageError(
            "A quick run is no baseline.", where="--accept", next_step="Run without --quick, then accept."
        )
    out, used = console or Console(), settings or load_settings()
    with_model(used, model, record, prompts)  # a chat model that is none is told before anything is run
    prompt_versions(prompts)
    if record is not None and record.exists() and not resume:
        raise UsageError(
            "There is a recording already.", where=str(record),
            next_step="Name another file, or go on with the run that made it: --resume.",
        )  # fmt: skip
    tracked = Tracker(tracking, required=tracking_required, out=Console(stderr=True))
    worse: list[str] = []
    for name in suites:
        if name in MEASURED:
            worse += _measure(name, used, out, as_json=as_json, accepting=accepting)
    plain = [name for name in suites or known if name not in MEASURED]
    if plain or resume:
        records = Records(used.var / "evals" / "runs")
        going = records.find(resume) if resume else None
        one = going or begin(
            records, plain, model, now or datetime.now(UTC), quick=quick, instances=instances, prompts=prompts
        )
        worse += _run(
            records, one, used, out,
            as_json=as_json, jobs=jobs, accepting=accepting, tracked=tracked, record=record,
        )  # fmt: skip
    return REGRESSED if worse else 0


def _run(
    records: Records, run: Run, settings: Settings, out: Console, *,
    as_json: bool, jobs: int, accepting: bool, tracked: Tracker, record: Path | None,
) -> list[str]:  # fmt: skip
    planned = {line["suite"] for line in records.planned(run.id)}
    worse: list[str] = []
    for name in run.suites:
        if name in SUITES and name not in planned:
            groups = SUITES[name]()
            worse += _planned(name, groups, out, as_json=as_json, accepting=accepting)
            lines = [planned_line(name, group, one) for group, scores in groups.items() for one in scores]
            records.add_planned(run.id, lines)
    if not any(name in suite_files() for name in run.suites):
        document = finish(records, run)
        tracked.log(document, records.folder / run.id)
        return worse
    observe(records, run, settings, Console(stderr=True), jobs=jobs, record=record)
    document = finish(records, run)
    if accepting:
        accept(document)
        document = finish(records, run)
    if as_json:
        out.print_json(json.dumps(document))
    else:
        show(document, out, str(records.folder / run.id / PAGE))
    tracked.log(document, records.folder / run.id)
    return worse + list(document["gate"]["worse"])


def _planned(name: str, groups: Groups, out: Console, *, as_json: bool, accepting: bool) -> list[str]:
    if accepting:
        write_baseline(name, groups)
    baseline = read_baseline(name)
    regressions = compare(groups, baseline) if baseline else [unheld(name)]
    _show(name, groups, regressions, out, as_json=as_json)
    return regressions


def _measure(name: str, settings: Settings, console: Console, *, as_json: bool, accepting: bool) -> list[str]:
    """Run one suite of figures, show it, and say what is worse than its baseline, or that it has none."""
    measured = MEASURED[name](settings)
    if accepting:
        write_figures(measured)
    baseline = read_figures(name)
    regressions = measured.worse(baseline) if baseline else [unheld(name)]
    if as_json:
        content = {"suite": name, "groups": measured.document(), "regressions": regressions}
        console.print_json(json.dumps(content))
        return regressions
    measured.show(console)
    _tell(regressions, console)
    return regressions


def _tell(regressions: Sequence[str], console: Console) -> None:
    for line in regressions:
        console.print(f"does not pass: {line}", style="red", markup=False)


def _show(name: str, groups: Groups, regressions: list[str], console: Console, *, as_json: bool) -> None:
    if as_json:
        content = {"suite": name, "groups": report(groups), "regressions": regressions}
        console.print_json(json.dumps(content))
        return
    print_groups(groups, console)
    _tell(regressions, console)


def report(groups: Groups) -> dict[str, object]:
    """The groups as JSON values."""
    return as_json(groups)


def read_figures(suite: str) -> dict[str, dict[str, float]]:
    """The gated figures by group as they were accepted; empty without a file."""
    path = BASELINES / f"{suite}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_figures(measured: Measured) -> Path:
    """Accept the present figures of a suite as its baseline."""
    path = BASELINES / f"{measured.suite}.json"
    path.write_text(json.dumps(measured.values(), indent=2) + "\n", encoding="utf-8")
    return path


def read_baseline(suite: str) -> dict[str, dict[str, int]]:
    """Outcome counts by group as they were accepted; empty without a file."""
    path = BASELINES / f"{suite}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_baseline(suite: str, groups: Groups) -> Path:
    """Accept the present counts of a suite as its baseline."""
    path = BASELINES / f"{suite}.json"
    path.parent.mkdir(exist_ok=True)
    content = {name: counts(scored) for name, scored in groups.items()}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def compare(groups: Groups, baseline: dict[str, dict[str, int]]) -> list[str]:
    """What is worse: fewer good answers, more materially wrong or not refused, a group that nothing holds."""
    worse = []
    for name, scored in groups.items():
        before, now = baseline.get(name), counts(scored)
        if before is None:
            worse.append(f"{name}: the baseline does not know it; --accept writes it")
            continue
        for outcome, sign in (
            ("exact", -1),
            ("right_refusal", -1),
            ("materially_wrong", 1),
            ("missed_refusal", 1),
        ):
            if (now[outcome] - before.get(outcome, 0)) * sign > 0:
                worse.append(f"{name}: {outcome} was {before.get(outcome, 0)}, is {now[outcome]}")
    return worse
