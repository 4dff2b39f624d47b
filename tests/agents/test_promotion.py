"""From a good answer to a verified query: proposed, checked, reviewed by another person, served, and put aside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from agents.answer import Answer
from agents.promotion import freshness
from agents.promotion.files import file_of
from agents.promotion.review import Promotion
from agents.promotion.store import FILE, Proposal
from agents.runtime import Assistant
from semantic.loader import load_model
from semantic.overlay import overlay_folder
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

ANNA = Principal("anna", "executive")
ERIN, EVE = Principal("erin", "data_engineer"), Principal("eve", "data_engineer")
ASKED = "Top 5 states by repeat calls last week for MAPD"
OTHERWISE = "Top 3 states by repeat calls in the last 14 days for HMO"
TITLE, OWNER = "States with the most repeat calls", "Contact center operations"
NAME = "states_with_the_most_repeat_calls"


@pytest.fixture(scope="module")
def assistant(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    var = tmp_path_factory.mktemp("promotion") / "var"
    with closing(Assistant.open(Settings(var=var), tiny_warehouse)) as opened:
        yield opened


@pytest.fixture
def promotion(assistant: Assistant) -> Iterator[Promotion]:
    """Without what the test before has promoted: the assistant takes that up as well."""
    for file in [*assistant.settings.state.glob(f"{FILE}*"), *overlay_folder(assistant.settings).glob("*.yml")]:
        file.unlink()
    with closing(Promotion(assistant)) as opened:
        yield opened


def proposed(assistant: Assistant, promotion: Promotion, question: str = ASKED, title: str = TITLE) -> Proposal:
    answer = assistant.ask(question, ANNA)
    assert answer.trust == "governed_metric", answer.text
    return promotion.propose(answer.answer_id, title, OWNER, ANNA)


def standing(promotion: Promotion, name: str = NAME) -> str:
    return next(line.standing for line in promotion.listed() if line.name == name)


def test_an_answer_becomes_a_verified_query_without_a_restart_and_stays_one_after_it(
    assistant: Assistant, promotion: Promotion, tiny_warehouse: Path
) -> None:
    before = assistant.ask(OTHERWISE, ANNA)
    made = proposed(assistant, promotion)
    assert assistant.ask(OTHERWISE, ANNA).trust == "governed_metric", "a proposal is not served"
    assert all(check.holds for check in promotion.checks(made, ERIN)), promotion.checks(made, ERIN)
    approved = promotion.approve(made, ERIN)

    after = assistant.ask(OTHERWISE, ANNA)
    assert after.trust == "verified_query"
    assert after.rows == before.rows
    assert after.verified is not None
    assert (after.verified.title, after.verified.owner, after.verified.checked_by) == (TITLE, OWNER, "erin")
    set_to = {p.name: p.value for p in after.verified.parameters}
    assert set_to == {"limit": "3", "period": "last 14 days", "plan_type": "HMO"}
    assert (
        assistant.ask("Top 3 states by repeat calls last week for MAPD in Florida", ANNA).trust
        == "governed_metric"
    )

    with closing(Assistant.open(assistant.settings, tiny_warehouse)) as again:
        assert again.ask(OTHERWISE, ANNA).trust == "verified_query"
    actions = [(event.user, event.action) for event in promotion.story(approved)]
    assert actions == [("anna", "proposed"), ("erin", "approved")]


def test_nobody_approves_their_own_and_only_a_data_engineer_anybodys(
    assistant: Assistant, promotion: Promotion, tiny_warehouse: Path, tmp_path: Path
) -> None:
    answer = assistant.ask(ASKED, ERIN)
    made = promotion.propose(answer.answer_id, TITLE, OWNER, ERIN)
    for by, code in ((ERIN, "own_proposal"), (ANNA, "not_a_reviewer")):
        with pytest.raises(DeniedError) as denied:
            promotion.approve(made, by)
        assert denied.value.code == code
    with pytest.raises(DeniedError):
        promotion.reject(made, "no", ANNA)
    with pytest.raises(UsageError, match="of yours"):
        promotion.propose(answer.answer_id, "Another title", OWNER, ANNA)
    lenient = assistant.settings.model_copy(
        update={"review": assistant.settings.review.model_copy(update={"own_approval": True})}
    )
    with closing(Assistant.open(lenient, tiny_warehouse)) as other, closing(Promotion(other)) as allowed:
        assert allowed.approve(allowed.store.find(made.id), ERIN).state == "approved"


def test_of_two_reviewers_at_once_one_is_told(assistant: Assistant, promotion: Promotion) -> None:
    made = proposed(assistant, promotion)
    told: list[str] = []
    start = threading.Barrier(2)

    def review(by: Principal) -> None:
        start.wait()
        try:
            promotion.approve(made, by) if by is ERIN else promotion.reject(made, "not ours", by)
        except UsageError as error:
            told.append(error.what)

    threads = [threading.Thread(target=review, args=(by,)) for by in (ERIN, EVE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    assert "nothing was changed" in told[0]
    assert [e.action for e in promotion.story(made)][1:] in (["approved"], ["rejected"])


def test_an_edit_meanwhile_is_not_approved_unseen(assistant: Assistant, promotion: Promotion) -> None:
    made = proposed(assistant, promotion)
    promotion.edit(made, {"title": "Repeat calls by state, highest first"}, EVE)
    with pytest.raises(UsageError, match="edited since"):
        promotion.approve(made, ERIN)
    edited = promotion.story(made)[-1]
    assert edited.detail["title"] == [TITLE, "Repeat calls by state, highest first"]


def test_an_approval_that_was_cut_short_is_finished_with_the_next_start(
    assistant: Assistant, promotion: Promotion
) -> None:
    """As after kill -9: the decision is in the file of state, its YAML is not in the folder yet."""
    made = proposed(assistant, promotion)
    entry = promotion._sealed(made, ERIN, "2026-10-30")
    promotion.store.decide(made.id, made.revision, "approved", ERIN, assistant.clock(), document=entry)
    assert not (promotion.overlay / file_of(NAME)).exists()
    with closing(Promotion(assistant)) as restarted:
        assert standing(restarted) == "served"
    assert assistant.ask(OTHERWISE, ANNA).trust == "verified_query"


def test_a_query_that_compiles_to_another_plan_needs_a_review_and_is_not_served(
    assistant: Assistant, promotion: Promotion
) -> None:
    made = promotion.approve(proposed(assistant, promotion), ERIN)
    file = promotion.overlay / file_of(NAME)
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["verified_queries"][NAME]["query"]["metrics"] = ["total_calls"]
    document["verified_queries"][NAME]["query"]["order_by"] = [{"by": "total_calls"}]
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert standing(promotion) == "needs review"
    assert assistant.ask(OTHERWISE, ANNA).trust == "governed_metric"
    again = promotion.approve(promotion.store.find(made.id), EVE)
    assert standing(promotion) == "served"
    assert assistant.ask(OTHERWISE, ANNA).trust == "verified_query"
    promotion.retire(again, "not asked any more", EVE)
    assert standing(promotion) == "retired"
    assert not file.exists()
    assert assistant.ask(OTHERWISE, ANNA).trust == "governed_metric"


def test_the_fingerprint_goes_with_the_definition_of_a_metric() -> None:
    from dataclasses import replace

    model = load_model()
    verified = model.verified_queries["repeat_call_pockets"]
    metric = model.metrics["repeat_calls"]
    other = replace(model, metrics={**model.metrics, "repeat_calls": replace(metric, scale=2.0)})
    label = replace(model, metrics={**model.metrics, "repeat_calls": replace(metric, label="Calls again")})
    assert freshness.fingerprint(verified, model) == freshness.fingerprint(verified, label) != ""
    assert freshness.fingerprint(verified, other) != freshness.fingerprint(verified, model)


def test_a_broken_file_sets_only_itself_aside(assistant: Assistant, promotion: Promotion) -> None:
    promotion.approve(proposed(assistant, promotion), ERIN)
    (promotion.overlay / "verified-broken.yml").write_text("verified_queries: {x: {title: T}}\n", encoding="utf-8")
    assert assistant.ask(OTHERWISE, ANNA).trust == "verified_query"
    with pytest.raises(UsageError, match=r"reviewed/verified-broken\.yml:1: "):
        load_model(None, promotion.overlay)


@pytest.mark.parametrize(
    ("question", "check"),
    [
        ("Top 5 states by repeat calls last week for MAPD because Wozniak said so", "name nobody"),
        ("Which three journeys are driving the most avoidable call cost right now?", "lead to it"),
        ("Top 9 states by repeat calls last week for MAPD except Florida", "say no more"),
    ],
)
def test_a_wording_that_may_not_stand_is_not_approved(
    assistant: Assistant, promotion: Promotion, question: str, check: str
) -> None:
    made = promotion.edit(proposed(assistant, promotion), {"questions": [ASKED, question]}, EVE)
    with pytest.raises(UsageError, match=check):
        promotion.approve(made, ERIN)
    assert standing(promotion) == "proposed"


@pytest.mark.parametrize("text", ["see case 12345678", "write to jane@example.org", "calls of member 4711"])
def test_personal_data_is_not_even_kept_as_a_proposal(
    assistant: Assistant, promotion: Promotion, text: str
) -> None:
    made = proposed(assistant, promotion)
    for changes in ({"questions": [f"{ASKED}, {text}"]}, {"title": text}, {"note": text}):
        with pytest.raises(UsageError, match="nothing was kept"):
            promotion.edit(made, changes, EVE)
    with pytest.raises(UsageError, match="nothing was kept"):
        promotion.reject(made, text, EVE)
    assert [event.action for event in promotion.story(made)] == ["proposed"]


def test_two_promoted_queries_do_not_share_a_wording(assistant: Assistant, promotion: Promotion) -> None:
    promotion.approve(proposed(assistant, promotion), ERIN)
    second = promotion.propose(
        assistant.ask("Repeat calls by state last month", ANNA).answer_id, "Repeat calls everywhere", OWNER, ANNA
    )
    same = promotion.edit(second, {"questions": ["Top 9 states by repeat calls yesterday for PPO"]}, EVE)
    with pytest.raises(UsageError, match=f"reads like a question of {NAME}"):
        promotion.approve(same, ERIN)


def test_what_the_asker_wrote_about_somebody_is_not_taken_over(assistant: Assistant, promotion: Promotion) -> None:
    first = assistant.ask("Repeat calls by state last month", ANNA, "t")
    second = assistant.ask("only MAPD", ANNA, "t")
    assert (first.status, second.status) == ("answered", "answered")
    made = promotion.propose(second.answer_id, "Repeat calls of one plan by state", OWNER, ANNA)
    (question,) = made.document["questions"]
    assert question != "only MAPD", "a fragment says nothing by itself"
    assert all(check.holds for check in promotion.checks(made, ERIN)), promotion.checks(made, ERIN)
    for title in ("Calls of jane.doe@example.org", "Member 100234567"):
        with pytest.raises(UsageError):
            promotion.propose(first.answer_id, title, OWNER, ANNA)


def not_promotable(assistant: Assistant) -> list[Answer]:
    return [
        assistant.ask("What is the weather in Boston?", ANNA),
        assistant.ask("Which three journeys are driving the most avoidable call cost right now?", ANNA),
        assistant.ask("If we reduce Billing leaked calls by 10%, what do we save?", ANNA),
    ]


def test_only_governed_answers_can_be_proposed(assistant: Assistant, promotion: Promotion) -> None:
    for answer in not_promotable(assistant):
        with pytest.raises(UsageError, match="cannot become a verified query"):
            promotion.propose(answer.answer_id, TITLE, OWNER, ANNA)


def test_a_rejection_has_a_reason_and_the_name_is_free_again(assistant: Assistant, promotion: Promotion) -> None:
    made = proposed(assistant, promotion)
    with pytest.raises(UsageError, match="already"):
        proposed(assistant, promotion)
    with pytest.raises(UsageError, match="needs its reason"):
        promotion.reject(made, " ", ERIN)
    rejected = promotion.reject(made, "Finance answers for that", ERIN)
    assert (rejected.state, rejected.reason) == ("rejected", "Finance answers for that")
    assert proposed(assistant, promotion).state == "proposed"


def test_a_promoted_query_leads_a_conversation_on(assistant: Assistant, promotion: Promotion) -> None:
    promotion.approve(proposed(assistant, promotion), ERIN)
    assistant.ask(ASKED, ANNA, "talk")
    narrowed = assistant.ask("only HMO", ANNA, "talk")
    assert narrowed.trust == "verified_query"
    left = assistant.ask("only Florida", ANNA, "talk")
    assert left.trust == "governed_metric"
    assert any("goes beyond the verified query" in said for said in left.assumptions)
