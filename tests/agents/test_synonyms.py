"""From a question that nobody understood to a word that is: gathered, reviewed, taken up, taken back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.planner import Planner
from agents.reviews import REVIEWS, ReviewStore
from agents.runtime import Assistant
from agents.synonyms import SynonymReview
from agents.unanswered import SYNONYM
from semantic.loader import load_reviewed
from semantic.overlay import overlay_folder
from semantic.search.building import refresh, search_root
from warehouse.errors import DeniedError
from warehouse.principal import Principal
from warehouse.settings import Settings

NOW = datetime(2026, 10, 30, tzinfo=UTC)
ENGINEER = Principal("dana", "data_engineer")
ERIN, PAUL = Principal("erin", "executive"), Principal("paul", "executive")


@pytest.fixture(scope="module")
def private(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings.model_copy(update={"var": tmp_path_factory.mktemp("synonyms")})


@pytest.fixture(scope="module")
def opened(private: Settings, tiny_warehouse: Path) -> Iterator[Assistant]:
    assistant = Assistant.open(private, tiny_warehouse, clock=lambda: NOW)
    assert not refresh(private, tiny_warehouse, assistant.door.snapshot())
    yield assistant
    assistant.close()


@pytest.fixture
def review(opened: Assistant, private: Settings) -> Iterator[SynonymReview]:
    store = ReviewStore(private.state / REVIEWS)
    known = opened.knowledge(ENGINEER)
    yield SynonymReview(store, known.planner, known.values, overlay_folder(private))
    store.close()


def listed(review: SynonymReview) -> dict[str, str]:
    return {one.words: one.meant for one in review.suggestions(None, ENGINEER)}


def test_a_chosen_question_says_what_a_word_meant_and_an_accepted_word_is_understood_at_once(
    opened: Assistant, review: SynonymReview, private: Settings
) -> None:
    question = "Total calls in the Carolina last month"
    refused = opened.ask(question, ERIN, "t1")
    assert refused.refusal_code == "no_value"
    chosen = next(text for text in refused.follow_ups if "North Carolina" in text)
    assert "Did you mean" in refused.text
    clicked = opened.ask(chosen, ERIN, "t1")
    entry = next(one for one in review.suggestions("open", ENGINEER) if one.meant)
    assert (entry.words, entry.meant) == ("carolina", "value:state=NC")
    with pytest.raises(DeniedError):
        review.accept(entry.entry.id, ERIN, NOW)
    review.accept(entry.entry.id, ENGINEER, NOW)
    again = opened.ask(question, ERIN, "t2")
    assert again.rows == clicked.rows
    assert again.semantic_query == clicked.semantic_query
    review.undo(entry.entry.id, ENGINEER, NOW)
    assert opened.ask(question, ERIN, "t3").refusal_code == "no_value"
    with ReviewStoreOf(private) as store:
        actions = [event.action for event in store.events(SYNONYM, entry.entry.id)]
    assert actions == ["undo", "accept", "proposed"]
    assert not list(overlay_folder(private).glob("*.part"))


class ReviewStoreOf:
    """A second reader of the same file, as another process would be."""

    def __init__(self, settings: Settings) -> None:
        self._store = ReviewStore(settings.state / REVIEWS)

    def __enter__(self) -> ReviewStore:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()


def test_words_that_could_be_a_name_wait_for_a_second_person(
    opened: Assistant, review: SynonymReview, private: Settings
) -> None:
    for question, reader in (("calls of kowalczyk last month", ERIN), ("calls of kowalczyk in May", ERIN)):
        assert opened.ask(question, reader).refusal_code == "no_value"
    assert "kowalczyk" not in listed(review)
    files = [*private.state.glob("unanswered.db*"), *private.state.glob("reviews.db*")]
    assert files
    assert not any(b"kowalczyk" in file.read_bytes() for file in files)
    opened.ask("calls of kowalczyk last month", PAUL)
    assert "kowalczyk" in listed(review)
    opened.ask("What is the phone number of member M-1020?", ERIN)
    assert not any("phone" in words or "m-1020" in words for words in listed(review))


@pytest.mark.parametrize(
    ("words", "target", "why"),
    [
        ("leakage", "metric:total_calls", "already means metric:leakage_rate"),
        ("cost of calls", "metric:total_calls", "already means"),
        ("florida", "value:plan_type=MAPD", "already means value:state=FL"),
        ("show me", "metric:total_calls", "what questions are built with"),
        ("last month", "metric:total_calls", "what questions are built with"),
        ("attrition", "metric:total_calls", "refused by name"),
        ("spill over", "metric:no_such", "no metric"),
        ("spill over", "value:state=ZZ", "no value"),
        ("a; drop table", "metric:total_calls", "no short phrase"),
    ],
)
def test_a_word_that_means_something_is_not_accepted(
    review: SynonymReview, words: str, target: str, why: str
) -> None:
    assert why in " ".join(review.problems(words, target))


def test_an_overlay_that_does_not_fit_is_set_aside(
    private: Settings, tiny_warehouse: Path, tmp_path: Path
) -> None:
    settings = private.model_copy(update={"var": tmp_path / "var"})
    folder = overlay_folder(settings)
    folder.mkdir(parents=True)
    for wrong in ("{no_such_metric: [gobbledygook]}", "{total_calls: [leakage]}"):
        (folder / "synonyms.yml").write_text(f"synonyms: {{metrics: {wrong}}}\n")
        _, problem = load_reviewed(None, folder)
        assert "reviewed/synonyms.yml:1" in problem
    assistant = Assistant.open(settings, tiny_warehouse, clock=lambda: NOW)
    try:
        assert assistant.ask("Total calls last week", ERIN).status == "answered"
        (folder / "synonyms.yml").write_text("synonyms: {metrics: {total_calls: [gobbledygooks]}}\n")
        answer = assistant.ask("Gobbledygooks last week", ERIN)
        assert answer.semantic_query
        assert answer.semantic_query["metrics"] == ["total_calls"]
    finally:
        assistant.close()


def test_plans_are_the_same_with_and_without_the_store(
    opened: Assistant, private: Settings, tiny_warehouse: Path
) -> None:
    questions = ("Total calls in Blorbton", "What is our zorkiness by plan?", "Calls by favourite colour")
    planner: Planner = opened.knowledge().planner
    as_of, first = opened.knowledge().as_of, opened.knowledge().first_day
    plans = [planner.plan(question, as_of=as_of, first_day=first) for question in questions]
    answers = [opened.ask(question, ERIN) for question in questions]
    shutil.rmtree(search_root(private, tiny_warehouse))
    assert [planner.plan(question, as_of=as_of, first_day=first) for question in questions] == plans
    for question, before in zip(questions, answers, strict=True):
        after = opened.ask(question, ERIN)
        assert (after.status, after.refusal_code) == (before.status, before.refusal_code)
