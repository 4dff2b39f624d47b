"""One case in one wording on one instance: what is run, and what was observed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evals.trials.case_files import Case, CaseFile
from evals.trials.wordings import WORDINGS, worded


@dataclass(frozen=True)
class Trial:
    """What one line of a run is about. `question` is the wording that is asked, `base` the case's own."""

    suite: str
    case: Case
    wording: str
    question: str
    instance: str
    role: str
    purpose: str | None

    @property
    def id(self) -> str:
        """The case with its wording: what is counted once, whatever the number of instances."""
        return f"{self.case.id}/{self.wording}" if self.wording else self.case.id

    @property
    def key(self) -> str:
        """The line's name within a run."""
        return f"{self.suite}:{self.id}@{self.instance}"


@dataclass(frozen=True)
class Observation:
    """What happened: the answer as JSON, the calls and steps of its trace, and what was right on that instance.

    `wanted` are the results that are right, by where they come from (query, sql, same_as); `offered` the results
    of the choices of a question back. `failure` is the error that ended it, with its kind. Times are milliseconds.
    """

    key: str
    suite: str
    trial: str
    instance: str
    question: str
    answer: dict[str, Any] | None = None
    verdict: dict[str, str] | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    spans: list[dict[str, Any]] = field(default_factory=list)
    wanted: dict[str, dict[str, Any]] = field(default_factory=dict)
    offered: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""
    milliseconds: float = 0.0
    tokens: int = 0
    cost_usd: float = 0.0

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def trials_of(file: CaseFile, *, instances: Sequence[str] = (), quick: bool = False) -> Iterator[Trial]:
    """Every line of a suite's run, in the file's order.

    `quick` keeps the first instance of each case, and of a case that is asked in other wordings only one, in turn.
    """
    for number, case in enumerate(file.cases):
        places = case.instances or file.instances
        places = tuple(name for name in places if not instances or name in instances)
        wordings = list(wordings_of(case))
        if quick and not case.plain:
            wordings = [wordings[number % len(wordings)]] if wordings else []
        for wording, question in wordings:
            tagged = _tagged(case, (*file.tags, wording) if wording in WORDINGS else file.tags)
            for place in places[:1] if quick else places:
                yield Trial(
                    file.suite,
                    tagged,
                    wording,
                    question,
                    place,
                    case.role or file.role,
                    case.purpose or file.purpose,
                )


def _tagged(case: Case, more: tuple[str, ...]) -> Case:
    """The case with its suite's tags, and that of a wording made by rule."""
    return case.model_copy(update={"tags": tuple(dict.fromkeys((*more, *case.tags)))})


def wordings_of(case: Case) -> Iterator[tuple[str, str]]:
    """The case's own wording unless it is left out, its forms, and those that are made of it; equal ones once."""
    seen = {case.q}
    if case.plain:
        yield "", case.q
    made = [(f"form{number}", form) for number, form in enumerate(case.forms, 1)]
    made += [(name, worded(case.q, name)) for name in case.perturb]
    for name, question in made:
        if question not in seen:
            seen.add(question)
            yield name, question
