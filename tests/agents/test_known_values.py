"""Nobody is told of a value that they may not read: not in menus, hints, clarifications or refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agents.answer import Answer
from agents.planner import Planner
from agents.runtime import Assistant
from semantic.loader import load_model
from semantic.model import VerifiedQuery
from semantic.readership import Readership, values_of
from semantic.search.entries import named
from semantic.search.finding import Finder
from semantic.values import ValueDictionary, dictionary_queries, published
from warehouse.principal import Principal
from warehouse.settings import Questions, Settings
from warehouse.value_words import read

FLORIDA = Principal("lea", "executive", attributes={"state": "FL"})
ENGINEER = Principal("dana", "data_engineer")
MADE_UP = "Blorbton"


@pytest.fixture(scope="module")
def told(
    tiny_warehouse: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    private = settings.model_copy(update={"var": tmp_path_factory.mktemp("told")})
    opened = Assistant.open(private, tiny_warehouse, clock=lambda: datetime(2026, 10, 30, tzinfo=UTC))
    yield opened
    opened.close()


def counties(told: Assistant, where: str) -> dict[str, int]:
    """Counties of members and how many members have each, round the door's small-cell rule."""
    sql = f"SELECT county, COUNT(DISTINCT member_id) FROM gold.calls WHERE {where} GROUP BY county"
    return {str(county): count for county, count in told.door.query(sql, ENGINEER).rows if county}


def said(answer: Answer, value: str) -> str:
    """All that an answer says and offers, with one word for a value that was asked for.

    What comes near the letters of a word depends on the word, and on nothing but the reader's own values.
    """
    kept = answer.model_dump(
        mode="json", exclude={"question", "answer_id", "id", "thread", "timings_ms", "follow_ups"}
    )
    kept["text"] = kept["text"].partition(" Did you mean")[0].partition(" The nearest")[0]
    return str(kept).lower().replace(value.lower(), "(value)")


def test_a_value_outside_of_the_readers_rows_is_like_one_that_does_not_exist(told: Assistant) -> None:
    own = set(counties(told, "state = 'FL'"))
    hidden = sorted(set(counties(told, "state <> 'FL'")) - own)
    single = next(county for county in hidden if county.isalpha())
    for question in ("Total calls in {} last quarter", "Is it the {} members?"):
        invented = told.ask(question.format(MADE_UP), FLORIDA)
        for value in (single, "Georgia"):
            asked = told.ask(question.format(value), FLORIDA)
            assert said(asked, value) == said(invented, MADE_UP), (question, value)
            assert not any(value in offer for offer in asked.follow_ups)


def test_menus_of_a_narrowed_reader_hold_their_own_values_only(told: Assistant) -> None:
    shown = sorted(counties(told, "state = 'FL'").items(), key=lambda item: -item[1])
    answer = told.ask(f"Total calls in {shown[0][0]} last quarter", FLORIDA)
    menu = {option.label for chip in answer.chips for option in chip.options if chip.label == "County"}
    assert answer.status == "answered"
    assert menu
    assert {label.removeprefix("all but ") for label in menu} <= set(dict(shown))
    known = told.knowledge(FLORIDA)
    assert known.values.values("state") == ("FL",)
    assert not known.values.knows("state", "GA")
    assert known.values.knows("failure_reason", "Login Failed")  # vocabulary: says nothing about the data
    assert "GA" not in known.prompt_names["dimensions"]


def test_a_value_of_few_members_is_known_to_those_who_may_see_single_ones(told: Assistant) -> None:
    few = [county for county, members in counties(told, "true").items() if members < 11]
    assert few, "the tiny company has a county of few members"
    known = told.knowledge(Principal("ann", "analyst"))
    assert not set(few) & set(known.values.values("county"))
    assert set(few) <= set(told.knowledge(ENGINEER).values.values("county"))
    question = "Total calls by county in 2026"
    named = {str(row[0]) for row in told.ask(question, ENGINEER).rows}
    shown = told.ask(question, Principal("ann", "analyst"))
    assert set(few) <= named
    assert {str(row[0]) for row in shown.rows} == named - set(few)
    assert any("left out" in sentence for sentence in shown.assumptions)


def test_what_a_build_counts_is_what_the_door_shows(told: Assistant) -> None:
    """Of every dimension at its home table; a dimension of several tables may have more values elsewhere.

    A build counts members by bits, so at least so many: a value of barely enough members may be left out, and
    which is, differs with the secret behind the pseudonyms.
    """
    model, snapshot = load_model(), told.door.snapshot()
    counted = read(snapshot.values_path)
    assert counted
    for principal, least in ((Principal("x", "analyst"), 11), (ENGINEER, 0)):
        readership = Readership.of(principal, told.door.policy, 11)
        found = published(model, counted, readership.tables, least)
        assert found
        for dimension, sql in dictionary_queries(model).items():
            result = told.door.query(sql, readership.reader)
            hidden = {row for row, _ in result.suppressed}
            shown = {str(row[0]) for at, row in enumerate(result.rows) if at not in hidden}
            if left_out := shown - set(found[dimension]):
                members = told.door.query(sql.replace("COUNT(*)", "COUNT(DISTINCT member_id)"), ENGINEER)
                assert left_out <= {str(value) for value, count in members.rows if count < 2 * least}, dimension


def test_without_published_values_they_are_read_through_the_door_and_kept(
    told: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, snapshot = load_model(), told.door.snapshot()
    reader = Readership.of(Principal("x", "analyst"), told.door.policy, 11)
    as_published = values_of(reader, model, told.door, snapshot, tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("semantic.readership.read", lambda _: None)
    through = values_of(reader, model, told.door, snapshot, tmp_path)
    barely = {value for value, members in counties(told, "true").items() if 11 <= members < 22}
    as_counted, as_read = set(as_published.values("county")), set(through.values("county"))
    assert as_counted ^ as_read <= barely  # the next smallest is hidden beside a lone hidden one
    assert as_counted - barely
    monkeypatch.setattr(told.door, "query", lambda *_: pytest.fail("read twice"))
    assert values_of(reader, model, told.door, snapshot, tmp_path) == through


def test_a_verified_query_about_a_value_is_there_for_those_who_may_know_the_value() -> None:
    question = "How is Quibbleton doing?"
    about = {
        "metrics": ["total_calls"],
        "filters": [{"dimension": "county", "op": "in", "values": ["Quibbleton"]}],
    }
    verified = VerifiedQuery("quibbleton", "Calls of a county", (question,), about, owner="Operations")
    model = replace(load_model(), verified_queries={"quibbleton": verified})
    for counties_known, expected in ((["Quibbleton"], "quibbleton"), ([], None)):
        values = ValueDictionary.from_rows(model, {"county": counties_known})
        planner = Planner(model, values, Questions())
        plan = planner.plan(question, as_of=date(2026, 10, 29), first_day=date(2024, 10, 1))
        assert plan.verified == expected
        assert Finder(None, model, values, None).find(question, ("verified",)) == []
    assert "Quibbleton" not in str(named(model)), "the store of names is for everybody"


def test_readers_with_the_same_values_share_one_planner(told: Assistant) -> None:
    everyone = told.knowledge()
    assert told.knowledge(Principal("erin", "executive")) is everyone
    assert told.knowledge(Principal("lea", "product_owner", attributes={"state": "FL"})) is told.knowledge(FLORIDA)
    assert told.knowledge(FLORIDA).planner is not everyone.planner
