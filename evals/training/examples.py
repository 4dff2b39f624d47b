"""Labelled questions as the reranker is fitted on: read by the rules, with the query that their author expects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from agents.planner import Planner
from agents.planner.assemble import assemble
from agents.planner.core import Asking
from agents.planner.intents import Intent
from agents.planner.periods import Clock
from agents.planner.reading import Reading, Span
from agents.planner.reranker.features import features
from agents.planner.reranker.left_words import left_features
from agents.planner.reranker.named_periods import days_of, named_periods, period_features
from agents.planner.reranker.named_values import Use, named_values, value_features
from agents.planner.reranker.slots import Slots
from agents.planner.verify import unexplained_words
from evals.mapped import Mapping
from evals.outcomes import Case, Expected
from evals.suites import questions
from semantic.query import DimensionFilter

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

    def values(self) -> Iterator[tuple[list[str], Use]]:
        """What the slots see of each value that words may stand for, and how it is meant."""
        named = named_values(self.reading, self.planner.lexicon)
        for span in named:
            yield value_features(self.reading, span, named), self._use(span, named)

    def periods(self) -> Iterator[tuple[list[str], str]]:
        """What the slots see of each period named, and whether an accepted form is about it."""
        named = named_periods(self.reading)
        meant = {form.time for form in self.case.accepted if form.time}
        for span in named:
            time = days_of(span, self.clock)
            asked = time is not None and (time.start, time.end) in meant
            yield period_features(self.reading, span, named), "asked" if asked else "passing"

    @cached_property
    def left(self) -> tuple[tuple[list[str], str], ...]:
        """What the slots see of each word that is left aside: harmless in a right answer, else what tells.

        Of a question that nothing answers, every word that the rules' own draft leaves counts as telling.
        """
        if self.intent.kind != "query" or (self.is_answerable and not self._is_known):
            return ()
        lexicon, reading = self.planner.lexicon, self.reading.copy()
        given = tuple(sorted(self.gold.metrics)) if self.is_answerable else ()
        draft = assemble(reading, lexicon, self.clock, "query", (), given)
        if self.is_answerable:
            draft.dimensions = sorted(self.gold.dimensions)
            draft.filters = [
                DimensionFilter(dimension=name, op="in" if op == "in" else "not_in", values=values)
                for name, op, values in sorted(self.gold.filters)
            ]
        use = "harmless" if self.is_answerable else "telling"
        words = unexplained_words(draft, reading, self.intent, lexicon)
        return tuple((left_features(reading, at), use) for at, _ in words)

    @property
    def _is_known(self) -> bool:
        """Whether the author's form is a query of this model's metrics."""
        metrics = self.gold.metrics
        return self.gold.kind == "query" and bool(metrics) and metrics <= set(self.planner.model.metrics)

    def _use(self, span: Span, named: Sequence[Span]) -> Use:
        """By the first accepted form with this value; without one, by the author's first form."""
        target = span.targets[0]
        for form in self.case.accepted:
            for dimension, op, values in form.filters:
                if dimension == target.name and target.value in values:
                    if op == "not_in":
                        return "not"
                    return "by" if dimension in form.dimensions else "in"
        same = {one.targets[0].value for one in named if one.targets[0].name == target.name}
        whole = same >= set(self.planner.lexicon.values.values(target.name))
        return "by" if target.name in self.gold.dimensions and len(same) > 1 and whole else "passing"


def read(paths: list[Path] | None = None) -> list[Example]:
    """The examples of these files, or of all that may be learnt from."""
    found = [one for path in paths or [*_OWN, *sorted(AUTHORS.glob("*.yml"))] for one in _of_file(path)]
    return found if paths else [*found, *_of_owner()]


def as_asked(examples: Sequence[Example], slots: Slots) -> Iterator[Example]:
    """The examples read without their clauses that only tell, by slots that did not learn from them."""
    for one in examples:
        asked, told = Asking(one.planner.lexicon, slots).core(one.case.question, one.clock)
        if told:
            reading, intent = one.planner.read(asked, one.clock)
            yield replace(one, reading=reading, intent=intent)
        else:
            yield one


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
