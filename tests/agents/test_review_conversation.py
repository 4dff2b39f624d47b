"""Decisions on recommended actions said in a conversation: which action, by whom, what a question cannot do."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agents.chat_models.history import prior_turns
from agents.context import TURNS_KEPT, keep_recent
from agents.planner.asides import about_plan, standing_plan
from agents.planner.plan import PriorTurn, Review
from agents.planner.reviewing import awaited_reason, decision_in, review_plan
from agents.planner.sized import sized_plan
from agents.runtime import Assistant
from agents.toolbox import ACTIONS
from tools.actions.proposals import FILE, Proposals
from tools.actions.reviewing import ReviewDesk, review_actions, spoken_day
from tools.desk import Desk
from tools.outcome import Mendable, Refusal
from warehouse.principal import Principal

NAMES = ("Billing: clearer message", "Billing: repair the step", "Pharmacy: status by IVR")
LISTED = PriorTurn("What should we do?", "next_best_action", None, actions=NAMES)


@pytest.mark.parametrize(
    ("question", "asked", "actions", "reason"),
    [
        ("Approve the second one", "approve", NAMES[1:2], ""),
        ("please approve number 3.", "approve", NAMES[2:], ""),
        ("approve the first two", "approve", NAMES[:2], ""),
        ("approve all of them", "approve", NAMES, ""),
        ("ok, reject the last one because legal said no", "reject", NAMES[2:], "legal said no"),
        ("Reject the clearer message: It is being rebuilt.", "reject", NAMES[:1], "It is being rebuilt"),
        ("defer the first and the third one since Q1 is full", "defer", (NAMES[0], NAMES[2]), "Q1 is full"),
        ("who owns it?", "owner", NAMES[:1], ""),
        ("Who owns the third action?", "owner", NAMES[2:], ""),
        ("undo the approval of the second one", "undo", NAMES[1:2], ""),
    ],
)
def test_what_is_said_is_what_is_decided(question: str, asked: str, actions: tuple[str, ...], reason: str) -> None:
    plan = review_plan(question, [LISTED])
    assert plan is not None
    assert plan.review is not None
    assert (plan.review.asked, plan.review.actions, plan.review.reason) == (asked, actions, reason)


@pytest.mark.parametrize(
    "question", ["approve number 9", "approve the banana", "reject the fourth one because no"]
)
def test_an_action_that_was_not_shown_is_asked_back(question: str) -> None:
    plan = review_plan(question, [LISTED])
    assert plan is not None
    assert plan.kind == "clarify"
    assert all(review_plan(text, [LISTED]) for _, text in plan.choices)


@pytest.mark.parametrize(
    "question",
    [
        "Prior auth approval rate",
        "approved claims last week",
        "Which claims were rejected?",
        "undo",
        "who calls most?",
    ],
)
def test_questions_about_approvals_are_no_decisions(question: str) -> None:
    assert decision_in(question) is None
    assert review_plan(question, [LISTED]) is None


@pytest.mark.parametrize(
    ("question", "review"),
    [
        ("Mark it live from 12 November", Review("golive", NAMES[:1], day="12 November")),
        ("the second one went live on 2026-10-05.", Review("golive", NAMES[1:2], day="2026-10-05")),
        ("the third is a duplicate of the first", Review("duplicate", NAMES[2:], of=NAMES[0])),
        ("please mark number 2 as a duplicate of the last one", Review("duplicate", NAMES[1:2], of=NAMES[2])),
        ("Change the owner of the first one to Quality Team",
         Review("edit", NAMES[:1], edits=(("owner", "Quality Team"),))),
        ('change the text of the second one to "Say Why, and what next"',
         Review("edit", NAMES[1:2], edits=(("change", "Say Why, and what next"),))),
        ("set the effort of it to ten days", Review("edit", NAMES[:1], edits=(("effort_days", "ten"),))),
    ],
)  # fmt: skip
def test_edits_duplicates_and_go_lives_are_taken_in_words(question: str, review: Review) -> None:
    plan = review_plan(question, [LISTED])
    assert plan is not None
    assert plan.review == review
    assert review_plan(question, []) is None


@pytest.mark.parametrize("question", ["undo that", "take it back", "undo it", "undo the last decision"])
def test_what_was_decided_last_is_undone_and_nothing_else(question: str) -> None:
    decided = PriorTurn("approve the second one", "review", None, actions=NAMES[1:2])
    plan = review_plan(question, [LISTED, decided])
    assert plan is not None
    assert plan.review == Review("undo", NAMES[1:2])
    assert review_plan(question, [LISTED, decided, PriorTurn("total calls", "query", None)]) is None


ELSE = tuple(PriorTurn("total calls", "query", None) for _ in range(4))


def test_a_place_in_a_list_far_back_is_asked_back_with_the_list_and_a_name_is_taken() -> None:
    for question in ("approve the second one", "reject the second one because legal said no",
                     "change the owner of the second one to Quality"):  # fmt: skip
        assert review_plan(question, [LISTED, *ELSE[:3]]).kind == "review"  # type: ignore[union-attr]
        plan = review_plan(question, [LISTED, *ELSE])
        assert plan is not None
        assert plan.kind == "clarify", question
        assert plan.choices[0][0] == NAMES[1]
        again = review_plan(plan.choices[0][1], [LISTED, *ELSE])
        before = review_plan(question, [LISTED])
        assert again is not None
        assert before is not None
        assert again.review == before.review
    assert review_plan("who owns the second one?", [LISTED, *ELSE]).kind == "review"  # type: ignore[union-attr]


def test_the_list_of_actions_outlives_a_long_conversation() -> None:
    def turn(at: int, name: str, kept: dict[str, list[str]]) -> list[AnyMessage]:
        called = {"name": name, "args": {}, "id": f"c{at}", "type": "tool_call"}
        return [
            HumanMessage(f"question {at}", id=f"h{at}"), AIMessage("", tool_calls=[called], id=f"a{at}"),
            ToolMessage("{}", tool_call_id=f"c{at}", name=name, additional_kwargs=kept, id=f"t{at}"),
            AIMessage("said", id=f"s{at}"),
        ]  # fmt: skip

    messages: list[AnyMessage] = turn(0, "query_metrics", {})
    messages += turn(1, "recommend_actions", {ACTIONS: list(NAMES)})
    for at in range(2, 2 * TURNS_KEPT):
        messages = keep_recent(messages, turn(at, "query_metrics", {}))
    turns = prior_turns([*messages, HumanMessage("approve the second one")])
    assert (len(turns), turns[0].actions, turns[1].question) == (TURNS_KEPT + 1, NAMES, f"question {TURNS_KEPT}")
    messages = keep_recent(messages, turn(90, "recommend_actions", {ACTIONS: ["Claims: status by IVR"]}))
    assert prior_turns([*messages, HumanMessage("x")])[0].actions == ()  # a later list takes its place


@pytest.mark.parametrize(
    ("question", "size"),
    [("What would 5 % do?", 5.0), ("and what would ten percent save us?", 10.0), ("what about half?", 50.0),
     ("what would 150% do?", 150.0), ("what would 5% of claims do?", None), ("what is the leakage rate?", None)],
)  # fmt: skip
def test_a_size_alone_is_of_the_issue_under_discussion(
    question: str, size: float | None, assistant: Assistant
) -> None:
    model, places = assistant.knowledge().semantic, ("Billing", "Pharmacy")
    plan = sized_plan(question, [replace(LISTED, shape="issue")], model, places)
    if size is None:
        assert plan is None
        return
    assert plan is not None
    assert plan.query is not None
    assert (plan.what_if_pct, plan.query.filters[0].values) == (size, ("Billing",))
    several = sized_plan(question, [LISTED], model, places)
    assert several is not None
    assert [label for label, _ in several.choices] == list(places)
    one = sized_plan(question, [LISTED, PriorTurn("approve it", "review", None, actions=NAMES[2:])], model, places)
    assert one is not None
    assert one.query is not None
    assert one.query.filters[0].values == ("Pharmacy",)
    for history in ([], [LISTED, SAVED], [PriorTurn("total calls", "query", None)]):
        assert sized_plan(question, history, model, places) is None


def test_what_is_not_said_to_the_end_is_asked_for() -> None:
    told = review_plan("edit the owner of the second one", [LISTED])
    assert told is not None
    assert (told.kind, told.refusal) == ("refuse", "write")
    unclear = review_plan("the ninth is a duplicate of the first", [LISTED])
    assert unclear is not None
    assert unclear.kind == "clarify"


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("12 November", "2026-11-12"), ("Nov 12th, 2025", "2025-11-12"), ("the 3rd of May", "the 3rd of May"),
        ("3rd of January", "2027-01-03"), ("today", "2026-10-30"), ("soon", "soon"),
    ],
)  # fmt: skip
def test_a_day_is_read_as_it_is_said(said: str, day: str) -> None:
    assert spoken_day(said, date(2026, 10, 29)) == day


def test_a_decision_in_a_conversation_is_kept_with_its_reviewer_and_only_a_product_owner_makes_it(
    assistant: Assistant,
) -> None:
    owner, thread = Principal("ann", "product_owner"), uuid.uuid4().hex
    first = assistant.ask("What should we do about Billing?", owner, thread)
    names = [row[0] for row in first.rows]
    told = assistant.ask("approve the second one", owner, thread)
    assert told.status == "answered"
    assert str(names[1]) in told.text
    assert "approved" in told.text
    store = Proposals(Path(assistant.settings.state) / FILE)
    found = store.find(str(names[1]))
    assert (found.state, store.events(found.id)[-1].user) == ("approved", "ann")
    saved = [column.name for column in first.columns].index("savings_per_year")
    assert found.frozen["savings_per_year"] == pytest.approx(first.rows[1][saved])
    assert "owns" in assistant.ask("who owns it?", owner, thread).text
    assert assistant.ask("reject the first one", owner, thread).status == "clarify"  # its reason is asked for
    assert assistant.ask("undo the approval of the second one", owner, thread).status == "answered"
    assert store.find(found.id).state == "proposed"
    assert assistant.ask("change the owner of the second one to Quality", owner, thread).status == "answered"
    assert store.find(found.id).now["owner"] == "Quality"
    for bad in (
        'change the text of the second one to ""',
        "set the effort of the second one to ten days",
        "mark the second one live from 12 November 2019",
        "mark the second one live from someday",
    ):
        assert assistant.ask(bad, owner, thread).refusal_code == "bad_arguments", bad
    assert assistant.ask("the third is a duplicate of the second", owner, thread).status == "answered"
    assert store.find(str(names[2])).duplicate_of == found.id
    assistant.ask("approve the second one", owner, thread)
    assert "2026-10-05" in str(assistant.ask("mark it live from October 5", owner, thread).assumptions)
    assert (store.find(found.id).state, store.find(found.id).go_live) == ("live", "2026-10-05")
    other = uuid.uuid4().hex
    executive = Principal("eve", "executive")
    assistant.ask("What should we do about Billing?", executive, other)
    assert assistant.ask("approve the first one", executive, other).refusal_code == "denied:review_role"
    store.close()


DECIDED = PriorTurn("approve the second one", "review", None, actions=NAMES[1:2])
SAVED = PriorTurn("If we fix billing, what is the upside?", "what_if", None, 10.0)
MEASURED = PriorTurn("Did the billing fix work?", "impact", None)


@pytest.mark.parametrize(
    ("question", "history", "about"),
    [
        ("why not the first?", [LISTED], ("actions", "order", NAMES[:1])),
        ("Why not the second one instead?", [LISTED], ("actions", "order", NAMES[1:2])),
        ("why is the third one only third?", [LISTED], ("actions", "order", NAMES[2:])),
        ("What's it based on?", [LISTED, DECIDED], ("actions", "basis", NAMES[1:2])),
        ("how sure are you about that?", [LISTED], ("actions", "sure", NAMES[:1])),
        ("When did it go live?", [LISTED, DECIDED], ("actions", "live", NAMES[1:2])),
        ("when does the third one go live?", [LISTED, DECIDED], ("actions", "live", NAMES[2:])),
        ("what is the status of the first one?", [LISTED], ("actions", "live", NAMES[:1])),
        ("who owns it?", [SAVED], ("savings", "owner", ())),
        ("where do these numbers come from?", [SAVED], ("savings", "basis", ())),
        ("could that be chance?", [MEASURED], ("impact", "sure", ())),
        ("since when is it live?", [LISTED, MEASURED], ("impact", "live", ())),
        ("why not the first?", [replace(LISTED, shape="issue")], ("issue", "order", ())),
    ],
)
def test_what_is_asked_about_an_answer_is_told_from_a_new_question(
    question: str, history: list[PriorTurn], about: tuple[str, str, tuple[str, ...]]
) -> None:
    plan = about_plan(question, history)
    assert plan is not None
    assert plan.about is not None
    assert (plan.about.of, plan.about.aspect, plan.about.actions) == about


@pytest.mark.parametrize(
    ("question", "history"),
    [
        ("why did billing calls go up?", [LISTED]),
        ("when did call volume rise?", [MEASURED]),
        ("what is the leakage rate based on plan type?", [LISTED]),
        ("how sure are you?", [PriorTurn("total calls", "query", None)]),
        ("how sure are you?", []),
        ("approve it", [LISTED, SAVED]),
    ],
)
def test_other_questions_stay_what_they_are(question: str, history: list[PriorTurn]) -> None:
    assert about_plan(question, history) is None


@pytest.mark.parametrize(
    "question",
    [
        "Which actions are approved?",
        "What was rejected and why?",
        "What is waiting for my review?",
        "what's pending approval",
        "Show me the deferred proposals",
        "Which of our fixes have already gone live?",
        "which recommendations did we turn down so far?",
        "How many actions are still open?",
        "when did Billing: clearer message go live?",
        "status of our actions",
        "what are we still left to decide?",
    ],
)
def test_how_actions_stand_in_the_review_is_asked_without_a_list_before_it(question: str) -> None:
    plan = standing_plan(question)
    assert plan is not None, question
    assert plan.about is not None
    assert (plan.about.of, plan.about.aspect, plan.about.asked) == ("actions", "live", question)


@pytest.mark.parametrize(
    "question",
    [
        "Which claims are approved?",
        "Which prior authorizations were rejected and why?",
        "what is the average wait time?",
        "how many claims are pending review?",
        "what was denied last week?",
        "Which actions should we take first?",
        "what was the approval rate in May?",
    ],
)
def test_what_stands_otherwise_is_no_question_about_actions(question: str) -> None:
    assert standing_plan(question) is None


def test_how_actions_stand_is_told_from_the_records_of_the_review(assistant: Assistant) -> None:
    owner, thread = Principal("ann", "product_owner"), uuid.uuid4().hex
    names = [str(row[0]) for row in assistant.ask("What should we do about Billing?", owner, thread).rows]
    assert assistant.ask(f"reject {names[0]} because Legal said no", owner, thread).status == "answered"
    rejected = assistant.ask("Which actions were rejected, and why?", owner, uuid.uuid4().hex)
    assert rejected.status == "answered", rejected.text
    assert names[0] in rejected.text
    assert "Legal said no" in rejected.text
    assert names[0] not in assistant.ask("what's pending review?", owner, uuid.uuid4().hex).text
    assert assistant.ask("undo that", owner, thread).status == "answered"
    waiting = assistant.ask("What is waiting for my review?", owner, uuid.uuid4().hex)
    assert waiting.status == "answered", waiting.text
    assert names[0] in waiting.text
    assert "nobody has decided on it yet" in waiting.text
    every = assistant.ask("What is the status of our actions?", owner, uuid.uuid4().hex)
    assert every.status == "answered", every.text
    assert names[0] in every.text
    other = assistant.ask("When did Billing: free lunch go live?", owner, uuid.uuid4().hex)
    assert other.status == "refused"
    assert "has not been put before the reviewers" in other.text
    none = assistant.ask("Which actions were deferred?", owner, uuid.uuid4().hex)
    assert none.status == "refused"
    assert "no action is deferred" in none.text
    narrowed = Principal("hugo", "analyst", attributes={"plan_type": "HMO"})
    assert names[0] not in assistant.ask("What is waiting for review?", narrowed, uuid.uuid4().hex).text


def test_a_reason_is_taken_only_where_one_was_asked_for() -> None:
    open_one = PriorTurn("reject the second one", "review", None)
    plan = review_plan("because Legal needs two weeks", [LISTED, open_one])
    assert plan is not None
    assert plan.review == Review("reject", NAMES[1:2], "Legal needs two weeks")
    for other in ("who owns it?", "show leakage by plan", "no", "never mind", "undo that"):
        assert awaited_reason(other, [LISTED, open_one]) == "", other
    for settled in (DECIDED, PriorTurn("reject it because of cost", "review", None), SAVED):
        assert awaited_reason("Legal needs two weeks", [LISTED, settled]) == ""
    nothing = about_plan("approve it", [SAVED])
    assert nothing is not None
    assert nothing.kind == "clarify"


def test_answers_about_an_answer_hold_against_the_figures(assistant: Assistant) -> None:
    owner, thread = Principal("ann", "product_owner"), uuid.uuid4().hex
    for question, said in (
        ("What should we do about Billing?", "Start here"),
        ("what is it based on?", "rests on"),
        ("how sure are you?", "80% range"),
        ("why not the second one?", "comes ahead of"),
        ("If we fix billing this week, what's the upside?", "save"),
        ("how sure are you?", "not a measured effect"),
        ("what's it based on?", "leaked calls for Billing"),
        ("who owns it?", "Expected"),
        ("Once we make these changes, how do we know it worked?", "interval"),
        ("what's it based on?", "other groups of calls"),
        ("could it be chance?", "Placebo check"),
        ("when did it go live?", "went live on"),
        ("who owns it?", ", live since "),
    ):
        answer = assistant.ask(question, owner, thread)
        assert answer.status == "answered", (question, answer.text, answer.trust_reason)
        assert said in answer.text, (question, answer.text)


def test_a_missing_reason_is_asked_for_and_the_next_sentence_is_taken(assistant: Assistant) -> None:
    owner, thread = Principal("ann", "product_owner"), uuid.uuid4().hex
    name = str(assistant.ask("What should we do about Billing?", owner, thread).rows[0][0])
    assert assistant.ask("reject the first one", owner, thread).status == "clarify"
    store = Proposals(Path(assistant.settings.state) / FILE)
    assert "rejected" not in {one.state for one in store.all() if one.now["title"] == name}
    assert assistant.ask("Legal needs two more weeks", owner, thread).status == "answered"
    rejected = store.find(name)
    assert (rejected.state, store.events(rejected.id)[-1].reason) == ("rejected", "Legal needs two more weeks")
    assert assistant.ask("undo that", owner, thread).status == "answered"
    assert store.find(name).state == "proposed"
    store.close()


def test_a_chat_model_decides_nothing_that_the_question_does_not_say(desk: Desk, tmp_path: Path) -> None:
    refused = review_actions(desk, "approve", NAMES[:1])
    assert isinstance(refused, Refusal)
    assert refused.code == "not_asked"
    asked = ReviewDesk(tmp_path, lambda: datetime(2026, 10, 30, tzinfo=UTC), "reject")
    owner = Principal("ann", "product_owner")
    with_words = replace(desk, review=asked, principal=owner, question="Reject the first one because it is late")
    with pytest.raises(Mendable, match="reason"):
        review_actions(with_words, "reject", NAMES[:1], "It costs too much")
