"""The parts of the second reading: values, periods and figures that compete for a question's words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents.planner import Planner
from agents.planner.periods import Clock
from agents.planner.reading import Reading
from agents.planner.reranker.named_periods import asked_about, chance_of
from agents.planner.reranker.named_values import Taken, by_the_rules, named_values, retaken, ways
from evals.suites.questions import our_planner
from evals.training.examples import AUTHORS, HELD

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)


@pytest.fixture(scope="module")
def planner() -> Planner:
    return our_planner()


@pytest.fixture(scope="module")
def clock(planner: Planner) -> Clock:
    return Clock(AS_OF, FIRST_DAY, 1, planner.model.events)


def read(question: str, planner: Planner, clock: Clock) -> Reading:
    return planner.read(question, clock)[0]


def test_a_word_that_is_a_figure_and_a_value_competes_as_both(planner: Planner, clock: Clock) -> None:
    reading = read("average premium of renewals versus new enrollments", planner, clock)
    named = {(span.targets[0].name, span.targets[0].value) for span in named_values(reading, planner.lexicon)}
    assert {("change_type", "renewal"), ("change_type", "new")} <= named


def test_ways_are_sorted_and_give_words_one_value(planner: Planner, clock: Clock) -> None:
    assert planner.reranker
    reading = read("claims denied for prior auth in Texas and Florida, excluding HMO", planner, clock)
    found = ways(reading, planner.lexicon, planner.reranker.slots)
    assert [one.chance for one in found] == sorted((one.chance for one in found), reverse=True)
    for way in found:
        places = [at for span, _ in way.used for at in range(span.start, span.end)]
        assert len(places) == len(set(places))


def test_taking_values_otherwise_changes_a_copy_only(planner: Planner, clock: Clock) -> None:
    reading = read("calls in Texas, excluding HMO", planner, clock)
    before = (list(reading.spans), set(reading.negated), set(reading.explained))
    (texas, _), *_ = by_the_rules(reading)
    changed, dropped = retaken(reading, Taken(((texas, "not"),), 0.0))
    assert changed.negated == {texas.start}
    assert "HMO" in {target.value for span in dropped for target in span.targets}
    assert (reading.spans, reading.negated, reading.explained) == before


def test_a_period_in_passing_is_less_likely_asked_about(planner: Planner, clock: Clock) -> None:
    assert planner.reranker
    question = "Vendor meeting on Thursday: failed sessions in September by journey"
    reading = read(question, planner, clock)
    thursday, september = asked_about(reading, clock, planner.reranker.slots)
    assert thursday.chance < 0.5 < september.chance
    named = [thursday, september]
    assert chance_of(september.time, named) > chance_of(None, named) > chance_of(thursday.time, named)


def test_no_case_is_both_learnt_from_and_held_out() -> None:
    def stems(folder: Path) -> set[str]:
        return {path.stem.split("_")[0] for path in folder.glob("*.yml")}

    assert stems(AUTHORS)
    assert stems(HELD)
    assert stems(AUTHORS).isdisjoint(stems(HELD))
