"""Places that share a name: told apart in a breakdown, said to be together where a filter names them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from warehouse.principal import Principal

PERIOD = "in the last 30 days"
Ask = Callable[[str], Answer]


@pytest.fixture
def ask(assistant: Assistant, request: pytest.FixtureRequest) -> Ask:
    """A reader of the test's own: what others were shown changes what may be."""
    reader = Principal(hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12], "executive")
    return lambda question: assistant.ask(question, reader)


def rows_of(answer: Answer) -> dict[tuple[str, str], float]:
    return {(str(county), str(state)): float(calls) for county, state, calls in answer.rows if calls is not None}  # type: ignore[arg-type]


def test_an_answer_by_county_names_the_state_and_adds_no_two_counties_up(ask: Ask) -> None:
    answer = ask(f"Total calls by county {PERIOD}")
    assert [column.name for column in answer.columns] == ["county", "state", "total_calls"]
    rows = rows_of(answer)
    alone = {state: ask(f"Total calls in Orange county in {name} {PERIOD}").rows[0][0]
             for state, name in (("FL", "Florida"), ("CA", "California"))}  # fmt: skip
    assert {state: rows["Orange", state] for state in alone} == alone
    assert "counties" in answer.text
    assert " / " in answer.text
    assert any("Orange" in said and "state tells them apart" in said for said in answer.assumptions)
    assert [chip.value for chip in answer.chips if chip.kind == "dimension"] == ["county", "state"]
    within = ask(f"Total calls in Florida by county {PERIOD}")
    assert [column.name for column in within.columns] == ["county", "total_calls"], "there no two share a name"


def test_a_filter_that_names_two_places_says_so_and_shows_each(ask: Ask) -> None:
    both = ask(f"Total calls in Orange county {PERIOD}")
    assert any("county of California and Florida: they are counted together" in said for said in both.assumptions)
    apart = {str(state): calls for state, calls in both.parts[1].rows}
    assert sum(apart.values()) == both.rows[0][0]
    assert "Florida" in both.text or "California" in both.text
    cut = ask(f"Total calls in Orange county by plan type {PERIOD}")
    assert {str(state): calls for state, calls in cut.parts[1].rows} == apart
    one = ask(f"Total calls in Broward county {PERIOD}")
    assert len(one.parts) == 1
    assert not any("together" in said for said in one.assumptions)


def test_a_course_of_places_that_share_a_name_is_drawn_by_no_tangled_line(ask: Ask) -> None:
    answer = ask("Total calls by county by month")
    assert [column.name for column in answer.columns] == ["month", "county", "state", "total_calls"]
    assert not answer.charts
