"""Runs eval suites, prints them, and compares them with their baselines: the exit code tells of a regression."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from evals.reports import Groups, as_json, counts, print_groups
from evals.scouting.report import Measured
from evals.suites import conversations, paraphrases, questions, scout
from warehouse.errors import UsageError
from warehouse.settings import Settings, load_settings

SUITES: dict[str, Callable[[], Groups]] = {
    "conversations": conversations.run,
    "questions": questions.run,
    "paraphrases": paraphrases.run,
}
MEASURED: dict[str, Callable[[Settings], Measured]] = {form: partial(scout.run, form) for form in scout.FORMS}
"""Suites that need settings and give figures; they run when they are named."""
BASELINES = Path(__file__).parent / "baselines"
REGRESSED = 1


def run(
    suites: Sequence[str],
    *,
    model: str = "embedded",
    settings: Settings | None = None,
    warehouse: Path | None = None,
    as_json: bool = False,
    console: Console | None = None,
) -> int:
    """Run the named suites (all without a name); 0, or 1 when one is worse than its baseline.

    The suites here plan without a warehouse and with the embedded planner; `model`, `settings` and `warehouse` are
    for suites that ask the assistant. Raises UsageError (exit 2) for an unknown suite.
    """
    unknown = sorted(set(suites) - SUITES.keys() - MEASURED.keys())
    if unknown:
        known = ", ".join(sorted([*SUITES, *MEASURED]))
        raise UsageError(
            f"There is no suite {', '.join(unknown)}.", where="eval run", next_step=f"Known: {known}."
        )
    out = console or Console()
    worse: list[str] = []
    for name in suites or sorted(SUITES):
        if name in MEASURED:
            worse += _measure(name, settings or load_settings(), out, as_json=as_json)
            continue
        groups = SUITES[name]()
        regressions = compare(groups, read_baseline(name))
        _show(name, groups, regressions, out, as_json=as_json)
        worse += regressions
    return REGRESSED if worse else 0


def _measure(name: str, settings: Settings, console: Console, *, as_json: bool) -> list[str]:
    """Run one suite of figures, show it, and say what is worse than its baseline."""
    measured = MEASURED[name](settings)
    regressions = measured.worse(read_figures(name))
    if as_json:
        content = {"suite": name, "groups": measured.document(), "regressions": regressions}
        console.print_json(json.dumps(content))
        return regressions
    measured.show(console)
    for line in regressions:
        console.print(f"worse than the baseline: {line}", style="red", markup=False)
    return regressions


def _show(name: str, groups: Groups, regressions: list[str], console: Console, *, as_json: bool) -> None:
    if as_json:
        content = {"suite": name, "groups": report(groups), "regressions": regressions}
        console.print_json(json.dumps(content))
        return
    print_groups(groups, console)
    for line in regressions:
        console.print(f"worse than the baseline: {line}", style="red", markup=False)


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
    """What is worse: fewer good answers, or more that are materially wrong or should have been refused."""
    worse = []
    for name, scored in groups.items():
        before, now = baseline.get(name), counts(scored)
        if before is None:
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
