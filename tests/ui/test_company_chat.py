"""Another company's model in the chat's assistant: its own starters, row filters, replay, refusals by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.replay import replay
from agents.runtime import Assistant
from semantic.company import Company, open_company
from ui.row_attributes import parse_attributes, values_at
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

INSURANCE = Path(__file__).parents[1] / "data" / "insurance"
ROLES = "row_filters: [region]\nroles:\n" + "".join(
    f"  {role}: {{tables: all, data: shared}}\n"
    for role in ("executive", "product_owner", "analyst", "ml_engineer", "member_advocate", "data_engineer")
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Company:
    folder = tmp_path_factory.mktemp("insurance")
    file, model = folder / "insurance.duckdb", folder / "model"
    subprocess.run([sys.executable, str(INSURANCE / "make.py"), str(file)], check=True)
    model.mkdir()
    for part in (INSURANCE / "model").glob("*.yml"):
        (model / part.name).write_text(part.read_text(encoding="utf-8"), encoding="utf-8")
    (model / "policy").mkdir()
    (model / "policy" / "roles.yml").write_text(ROLES, encoding="utf-8")
    return open_company(model, file, settings.model_copy(update={"var": folder / "var"}))


@pytest.fixture(scope="module")
def served(company: Company) -> Iterator[Assistant]:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    opened = Assistant.open(company.settings, company.snapshot.gold_path, clock=lambda: now, company=company)
    opened.warm()
    yield opened
    opened.close()


def test_what_it_begins_with_is_its_own_and_answered(served: Assistant) -> None:
    starters = served.starters("executive")
    assert len(starters) >= 3
    assert not any("journey" in text.lower() or "member" in text.lower() for text in starters)
    for text in starters[:2]:
        answer = served.ask(text, Principal("ines", "executive"))
        assert (answer.status, bool(answer.rows)) == ("answered", True), answer.text


@pytest.mark.parametrize(
    "question",
    [
        "What should we fix first to save the most money?",
        "What do we save if we cut claims by 10%?",
        "What's breaking right now?",
        "Walk me through an actual member journey",
        "Once we make these changes, how do we know it worked?",
    ],
)
def test_what_needs_the_member_warehouse_is_refused_by_name(served: Assistant, question: str) -> None:
    answer = served.ask(question, Principal("ines", "executive"))
    assert answer.status == "refused", answer.text
    assert answer.refusal_code
    assert len(answer.text) > 20


def test_a_row_filter_of_its_policy_holds_in_answers_and_in_replay(served: Assistant, company: Company) -> None:
    only = parse_attributes(["region=south"], values_at(company, company.settings), company.policy.row_filters)
    reader = Principal("ines", "executive", attributes=only)
    answer = served.ask("Claims by region last year", reader)
    assert [row[0] for row in answer.rows] == ["South"]
    assert any("region South" in said for said in answer.assumptions)
    found = replay(served, served.answers.kept(answer.answer_id, reader), reader)
    assert found.identical


def test_a_value_that_its_file_does_not_hold_is_named(company: Company) -> None:
    with pytest.raises(UsageError, match="Souf"):
        parse_attributes(["region=Souf"], values_at(company, company.settings), company.policy.row_filters)
