"""Cases and what was observed of them, as other libraries' evaluators take them: plain values in, a score out.

Nothing of MLflow or DeepEval is needed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from evals.reporting.scoring import cases_by_trial
from evals.trials.case_files import Case
from evals.trials.judging import Score, judge
from evals.trials.records import Records, Run
from evals.trials.rows import Failure
from evals.trials.texts import unfaithful
from evals.trials.trial import Observation, Trial
from warehouse.settings import Settings

Example = dict[str, Any]
_OF_ROWS: tuple[Failure, ...] = (
    "EMPTY_RESULT", "RESULT_MISSING_ROWS", "RESULT_EXTRA_ROWS", "RESULT_MISSING_COLUMNS",
    "RESULT_EXTRA_COLUMNS", "RESULT_ORDER_DIFFERENCE", "SINGLE_CELL_DIFFERENCE", "COLUMN_TYPE_DIFFERENCE",
)  # fmt: skip
ROW_FAILURES = frozenset(_OF_ROWS)


def to_ask(trials: Iterable[Trial]) -> list[Example]:
    """Examples without an answer, for whoever asks by `answering`: `inputs` name the trial."""
    return [{"inputs": {"trial": t.key, "question": t.question}, "expectations": expected(t.case)} for t in trials]


def observed(records: Records, run: Run) -> list[Example]:
    """A stored run's observations with today's cases: nothing is asked again."""
    cases = cases_by_trial(run.suites)
    return [example(cases[seen.key], seen) for seen in records.observations(run.id) if seen.key in cases]


def example(case: Case, seen: Observation) -> Example:
    """One observation with its case."""
    inputs = {"trial": seen.key, "question": seen.question or case.sql}
    return {"inputs": inputs, "outputs": seen.document(), "expectations": expected(case)}


def expected(case: Case) -> dict[str, Any]:
    """What is right, as plain values."""
    return {"case": case.model_dump(mode="json", exclude_defaults=True)}


def answering(trials: Sequence[Trial], settings: Settings, folder: Path) -> Callable[..., dict[str, Any]]:
    """A function of `inputs` that asks the trial's instance and gives the observation as plain values.

    `folder` holds the instances and a state of their own. Trials are asked one at a time, an assistant each.
    """
    from threading import Lock

    from evals.trials.observing import Bench

    known, turn = {t.key: t for t in trials}, Lock()

    def answer(trial: str, question: str = "") -> dict[str, Any]:
        one = known[trial]
        with (
            turn,
            closing(Bench(one.instance, folder / "instances", folder / "state" / "asked", settings)) as bench,
        ):
            return bench.observe(one).document()

    return answer


def score_of(outputs: Mapping[str, Any], expectations: Mapping[str, Any]) -> Score:
    """The outcome of an observation given as plain values."""
    return judge(Case.model_validate(expectations["case"]), Observation(**outputs))


def said(score: Score) -> str:
    """Why a score is what it is, in one line; empty when there is nothing to say."""
    return "; ".join((*score.failures, *score.notes))[:1000]


def unborne(outputs: Mapping[str, Any]) -> tuple[str, ...]:
    """What of an answered text its own results do not bear out."""
    answer = outputs.get("answer") or {}
    return unfaithful(answer) if answer.get("status") == "answered" else ()
