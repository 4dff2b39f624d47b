"""Labels of clauses: of a question with a known answer, those that name a part of it ask, the others tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.planner.clauses import ASKED, LONG, TOLD, Clause, clause_features, clauses_of
from agents.planner.negation import read_negation
from agents.planner.ranking import read_ranking
from agents.planner.reading import Span
from agents.planner.reranker.named_periods import days_of
from agents.planner.thresholds import read_thresholds
from agents.planner.words import word_set
from evals.outcomes import Expected
from evals.training.examples import Example

_SIDES = word_set("each own apart separately side together other against versus vs next both beside individually")
_BEFORE = word_set(
    "before prior previous earlier preceding versus vs against compared than change changed moved ago"
)
Labelled = tuple[list[str], str]
"""Features of a clause, and whether it asks."""


def labelled(example: Example) -> Iterator[Labelled]:
    """The clauses of a long question, each with its label; none where the author's query is not found in them.

    A clause that repeats what another one asks is left out: it may be either.
    """
    forms = [form for form in example.case.accepted if form.kind == "query" and form.metrics]
    if not forms or len(example.case.question.split()) < LONG or len(forms) < len(example.case.accepted):
        return
    clauses = clauses_of(example.case.question, example.planner.lexicon, example.clock)
    if len(clauses) < 2:
        return
    form = forms[0]
    parts = [_parts_asked(clause, form, example) for clause in clauses]
    if not form.metrics <= {part.removeprefix("metric ") for found in parts for part in found}:
        return
    for at, found in enumerate(parts):
        others = set().union(*(other for place, other in enumerate(parts) if place != at))
        metrics = {part for part in found if part.startswith("metric ")}
        if found and not metrics and found <= others:
            continue
        yield clause_features(clauses, at, example.planner.lexicon), ASKED if found else TOLD


def _parts_asked(clause: Clause, form: Expected, example: Example) -> set[str]:
    """What of the form a clause names."""
    reading = clause.reading
    found: set[str] = set()
    for span in reading.spans:
        found |= set(_of_span(span, form, example))
    words = {token.text for token in reading.tokens}
    read_negation(reading)
    read_thresholds(reading)
    read_ranking(reading)
    if reading.thresholds and form.having:
        found.add("threshold")
    if reading.ranking and (form.direction or form.limit):
        found.add("ranking")
    if form.compare_to and (words & _BEFORE or reading.of_kind("time")):
        found.add("comparison")
    if set(form.dimensions) & {name for name, _, _ in form.filters} and words & _SIDES:
        found.add("sides")
    return found


def _of_span(span: Span, form: Expected, example: Example) -> Iterator[str]:
    kept = {(name, value) for name, _, values in form.filters for value in values}
    for target in span.targets:
        if target.kind == "metric" and target.name in form.metrics:
            yield f"metric {target.name}"
        elif target.kind == "dimension" and target.name in form.dimensions:
            yield f"by {target.name}"
        elif target.kind == "value" and (target.name, target.value) in kept:
            yield f"value {target.name} {target.value}"
    if span.period is not None and form.time:
        time = days_of(span, example.clock)
        if time is not None and (time.start, time.end) == form.time:
            yield "period"
    if span.kind == "grain" and form.grain:
        yield "grain"


def of_all(examples: Sequence[Example]) -> list[tuple[str, Labelled]]:
    """Of every example's clauses: who wrote it, and the labelled clause."""
    return [(example.author, pair) for example in examples for pair in labelled(example)]
