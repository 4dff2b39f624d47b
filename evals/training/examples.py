"""Labelled questions as the reranker is fitted on: read by the rules, with the query that their author expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agents.planner import Planner
from agents.planner.intents import Intent
from agents.planner.periods import Clock
from agents.planner.reading import Reading
from agents.planner.reranker.features import features, value_features
from evals.mapped import Mapping
from evals.outcomes import Case, Expected
from evals.suites import questions

AUTHORS = questions.OWN.parent / "authors"
HELD = questions.OWN.parent / "held"
_OWN = (questions.OWN, questions.LAST, questions.BLIND, *questions.VOICES, *questions.STRANGERS)


@dataclass(frozen=True)
class Example:
    """A question that follows no other, who wrote it, how it reads, and the forms that are right."""

    author: str
    case: Case
    planner: Planner
    clock: Clock
    reading: Reading
    intent: Intent

    @property
    def gold(self) -> Expected:
        """The form that the author thought of first."""
        return self.case.accepted[0]

    @property
    def asks_figures(self) -> bool:
        """Whether one semantic query answers it."""
        return any(form.kind == "query" for form in self.case.accepted)

    @property
    def is_answerable(self) -> bool:
        """Whether anything answers it."""
        return any(form.kind not in ("clarify", "refuse") for form in self.case.accepted)

    def features(self) -> list[str]:
        """What the slots see of it."""
        return features(self.reading, self.intent.kind)

    def values(self) -> Iterator[tuple[list[str], bool]]:
        """What the slots see of each value in it, and whether it narrows the question."""
        meant = {
            (name, value) for form in self.case.accepted for name, _, found in form.filters for value in found
        }
        for span in self.reading.of_kind("value"):
            named = any((target.name, target.value) in meant for target in span.targets)
            listed = any(
                t.name in self.gold.dimensions and span.start in self.reading.compared for t in span.targets
            )
            yield value_features(self.reading, span), named or listed


def read(paths: list[Path] | None = None) -> list[Example]:
    """The examples of these files, or of all that may be learnt from."""
    found = [one for path in paths or [*_OWN, *sorted(AUTHORS.glob("*.yml"))] for one in _of_file(path)]
    return found if paths else [*found, *_of_owner()]


def _of_file(path: Path) -> Iterator[Example]:
    file = questions.CaseFile.read(path)
    planner = file.planner()
    clock = Clock(file.as_of, file.first_day, planner.questions.fiscal_year_start_month, planner.model.events)
    author = path.stem.split("_")[0] if path.parent == AUTHORS else path.stem
    for case in file.cases(planner):
        if not case.history:
            yield _read(author, case, planner, clock)


def _of_owner() -> Iterator[Example]:
    planner = questions.our_planner()
    mapping = Mapping(planner.model)
    start = planner.questions.fiscal_year_start_month
    clock = Clock(questions.AS_OF, questions.FIRST_DAY, start, planner.model.events)
    for name in questions.FILES:
        for case in questions.read_cases(questions.CASES / f"{name}.jsonl"):
            if not case.history:
                yield _read(name, mapping.case(case), planner, clock)


def _read(author: str, case: Case, planner: Planner, clock: Clock) -> Example:
    reading, intent = planner.read(case.question, clock)
    return Example(author, case, planner, clock, reading, intent)
