"""From a run's lines to cases with an outcome each: nothing is run, so a run can be scored again at any time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.outcomes import Outcome as PlannedOutcome
from evals.outcomes import Scored
from evals.trials.case_files import FOLDER, Case, read_cases
from evals.trials.judging import Outcome, Score, judge, worst
from evals.trials.trial import Observation, trials_of

AS_OUTCOME: dict[PlannedOutcome, Outcome] = {
    "exact": "correct",
    "right_refusal": "correct",
    "helpful_clarify": "clarified",
    "over_abstained": "abstained",
    "wrong": "wrong_in_silence",
    "materially_wrong": "wrong_in_silence",
    "missed_refusal": "wrong_in_silence",
}


@dataclass(frozen=True)
class ScoredCase:
    """A case as it is counted: once, with the worst outcome over its instances."""

    suite: str
    id: str
    question: str
    outcome: Outcome
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    by_instance: dict[str, Outcome] = field(default_factory=dict)
    milliseconds: tuple[float, ...] = ()
    tokens: int = 0
    cost_usd: float = 0.0
    text: str = ""
    sql: str = ""
    spans: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """Suite and case: the same in every run."""
        return f"{self.suite}:{self.id}"


def suite_files() -> dict[str, Path]:
    """The suites that are written as YAML, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yml"))}


def cases_by_trial(suites: Iterable[str]) -> dict[str, Case]:
    """Every trial's case by the trial's key."""
    files = suite_files()
    return {t.key: t.case for name in suites if name in files for t in trials_of(read_cases(files[name]))}


def suite_questions() -> dict[str, str]:
    """Which case asks a question (in small letters, spaces once) without turns before it, in any wording of it."""
    every = (case for path in suite_files().values() for case in read_cases(path).cases)
    return {
        " ".join(question.lower().split()): case.id
        for case in every
        if case.q and case.plain and not case.after
        for question in (case.q, *case.forms)
    }


def score_all(observations: Iterable[Observation], cases: Mapping[str, Case]) -> list[ScoredCase]:
    """Cases in the order of their first observation; those that are no longer in a file are left out."""
    grouped: dict[str, dict[str, Observation]] = {}
    for seen in observations:
        if seen.key in cases:
            grouped.setdefault(f"{seen.suite}:{seen.trial}", {})[seen.instance] = seen
    return [_scored(list(group.values()), cases) for group in grouped.values()]


def _scored(group: Sequence[Observation], cases: Mapping[str, Case]) -> ScoredCase:
    scores = {seen.instance: judge(cases[seen.key], seen) for seen in group}
    whole, shown = worst(list(scores.values())), _shown(group, scores)
    answer = shown.answer or {}
    parts = answer.get("parts") or [{}]
    return ScoredCase(
        suite=shown.suite,
        id=shown.trial,
        question=shown.question or cases[shown.key].sql,
        outcome=whole.outcome,
        failures=whole.failures,
        notes=whole.notes,
        tags=cases[shown.key].tags,
        by_instance={name: score.outcome for name, score in scores.items()},
        milliseconds=tuple(seen.milliseconds for seen in group),
        tokens=max(seen.tokens for seen in group),
        cost_usd=max(seen.cost_usd for seen in group),
        text=str(answer.get("text", "") or (shown.verdict or {}).get("reason", "")),
        sql=str(parts[0].get("sql", "")),
        spans=tuple(shown.spans),
    )


def _shown(group: Sequence[Observation], scores: Mapping[str, Score]) -> Observation:
    """The observation that a report shows: the worst."""
    order = ("correct", "clarified", "abstained", "failed_loudly", "wrong_in_silence")
    return max(group, key=lambda seen: order.index(scores[seen.instance].outcome))


def planned_line(suite: str, group: str, scored: Scored) -> dict[str, Any]:
    """A planner suite's outcome as a line of a run."""
    return {
        "suite": suite, "group": group, "id": f"{group}/{scored.id}", "question": scored.question,
        "outcome": AS_OUTCOME[scored.outcome], "failures": list(scored.differences),
        "tags": [*scored.tags, group], "milliseconds": round(scored.milliseconds, 2),
    }  # fmt: skip


def of_planned(line: Mapping[str, Any]) -> ScoredCase:
    """A line of a planner suite as a case."""
    return ScoredCase(
        line["suite"], line["id"], line["question"], line["outcome"], tuple(line["failures"]), (),
        tuple(line["tags"]), {}, (float(line["milliseconds"]),),
    )  # fmt: skip
