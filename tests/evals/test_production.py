"""What readers were not content with becomes cases: queue, redaction, decisions, the suite that they land in."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner, Result

from agents.planner import Planner
from agents.runtime import Assistant
from evals import asked
from evals.production.wording import HIDDEN, QuestionRedactor
from evals.reporting import scoring
from evals.trials import observing
from semantic.loader import load_model
from semantic.values import ValueDictionary
from ui.cli import app
from warehouse.audit.redaction import Redaction
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Questions, Settings

ERIN, OLGA = Principal("erin", "executive"), Principal("olga", "executive")
ADVOCATE = Principal("ada", "member_advocate")
FOLLOWED, FOLLOW = "Leaked calls by journey last week", "only the flibbertigibbets"
VAIN, BAD, NAMED = "Calls by flibber last week", "Total calls last week", "Calls of Rose Hartmann last week"


@pytest.fixture(scope="module")
def redact() -> QuestionRedactor:
    model = load_model()
    planner = Planner(model, ValueDictionary.declared(model), Questions())
    return QuestionRedactor(planner.speller, model, Redaction(b"k" * 32).spoken)


PEOPLE = (
    "Mark Stone",
    "mary o'brien",
    "JOSÉ GARCÍA",
    "Rose Hartmann-Li",
    "M104382",
    "m1234",
    "555-123-4567",
    "Иванов",
)
WORDINGS = (
    "Show {}'s calls last week",
    "{} called again, why?",
    "WHY DID {} CALL?",
    "calls of {} and leakage by plan",
)


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("name", PEOPLE)
def test_nothing_of_a_person_is_left(redact: QuestionRedactor, name: str, wording: str) -> None:
    told = redact(wording.format(name))
    assert HIDDEN in told
    assert not [part for part in name.replace("-", " ").split() if part.lower() in told.lower()]
    assert "call" in told.lower()


def test_questions_of_the_vocabulary_stay_as_they_are(redact: QuestionRedactor) -> None:
    asked = [q for query in load_model().verified_queries.values() for q in query.questions]
    kept = [
        question for question in asked if not re.search(r"\d{5}", question)
    ]  # a network's code may be a person's
    kept += [
        "Leakd calls by jurney last week, pls",
        "Which Journeys Leak Most In Q3 vs April 2025?",
        "AHT for MAPD > 7.5",
    ]
    assert len(kept) > 10
    assert [redact(question) for question in kept] == kept
    assert redact("What is wrong in network 00248?") == f"What is wrong in network {HIDDEN}?"
    assert redact(f"{HIDDEN} a <0123456789abcdef>") == f"{HIDDEN} a {HIDDEN}"


class Production:
    """A var folder in which questions were asked, and the commands over it."""

    def __init__(self, var: Path, warehouse: Path) -> None:
        self.var, self.warehouse = var, warehouse

    def __call__(self, *arguments: str) -> Result:
        where = ["--warehouse", str(self.warehouse)]
        env = {"COMMAND_CENTER_VAR": str(self.var)}
        return CliRunner().invoke(app, ["eval", "candidates", *arguments, *where], env=env)

    def listed(self, state: str = "open") -> dict[str, dict[str, Any]]:
        """The queue by question."""
        told = self("list", "--json", "--state", state)
        assert told.exit_code == 0, told.exception
        return {one["question"]: one for one in json.loads(told.stdout)}


@pytest.fixture(scope="module")
def production(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Production:
    """Asked there: in vain, twice; judged badly, or well; about somebody; by an advocate; as a follow-up."""
    var = tmp_path_factory.mktemp("production")
    opened = Assistant.open(Settings(var=var), tiny_warehouse, clock=lambda: datetime(2026, 10, 30, tzinfo=UTC))
    with closing(opened) as assistant:
        for reader in (ERIN, OLGA):
            assistant.ask(VAIN, reader)
        assistant.ask(NAMED, ERIN)
        assistant.ask("Calls by flobber last week", ADVOCATE)
        assistant.ask("What is the phone number of member M104382?", ERIN)
        for question in (FOLLOWED, FOLLOW):
            assistant.ask(question, ERIN, "thread")
        bad = assistant.ask(BAD, ERIN, "thread")
        assistant.feedback(bad.answer_id, ERIN, "down", "John Smith says the week is wrong")
        good = assistant.ask("Repeat calls by plan type", ERIN)
        assistant.feedback(good.answer_id, ERIN, "down")
        assistant.feedback(good.answer_id, ERIN, "up")
    return Production(var, tiny_warehouse)


def test_the_queue_has_what_was_in_vain_or_bad_redacted_and_nothing_of_members(production: Production) -> None:
    found = production.listed()
    assert list(found) == [
        BAD, f"Calls by {HIDDEN} last week", f"Calls of {HIDDEN} last week", f"only the {HIDDEN}",
    ]  # fmt: skip
    bad, vain = found[BAD], found[f"Calls by {HIDDEN} last week"]
    assert (bad["counts"], bad["after"]) == ({"thumbs_down": 1}, []), "a question that stands alone needs no turns"
    assert bad["reasons"] == [f"{HIDDEN} says the week is wrong"]
    assert (vain["times"], vain["codes"], len(vain["answers"])) == (2, ["no_dimension"], 2)
    assert found[f"only the {HIDDEN}"]["after"] == [FOLLOWED]
    whole = json.dumps(found).lower()
    assert not [word for word in ("hartmann", "flobber", "m104382", "smith", "erin") if word in whole]
    assert isinstance(production("list", "--role", "executive").exception, DeniedError)


def test_an_accepted_candidate_lands_as_a_case_that_runs(
    production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, found = tmp_path / "production.yml", production.listed()
    bad, vain = found[BAD]["id"], found[f"Calls by {HIDDEN} last week"]["id"]
    into = ("--into", str(file))
    for refused in (
        ("accept", bad, *into),  # nothing says what is right
        ("accept", vain, "--expect", "refused", *into),  # something is hidden
        ("accept", bad, "--sql", "SELECT member_id FROM raw.x", *into),
        ("accept", bad, "--expect", "perhaps", *into),
        ("reject", "zz"),
    ):
        assert isinstance(production(*refused).exception, UsageError), refused
    assert not file.exists()
    right = "SELECT COUNT(*) FROM gold.calls WHERE {call_date last_week}"
    assert production("accept", bad, "--sql", right, *into, "--reason", "seen").exit_code == 0
    again = ("--ask", "Calls by shoe size last week", "--expect", "refused", "--code", "no_dimension")
    assert production("accept", vain, *again, *into).exit_code == 0
    assert isinstance(production("accept", bad, "--sql", right, *into).exception, UsageError)
    text = file.read_text(encoding="utf-8")
    assert [case["tags"] for case in yaml.safe_load(text)["cases"]] == [["thumbs_down"], ["refused"]]
    assert "flibber" not in text
    assert set(production.listed("accepted")) == {BAD, f"Calls by {HIDDEN} last week"}

    monkeypatch.setattr(scoring, "FOLDER", tmp_path)
    monkeypatch.setattr(observing, "warehouse_of", lambda *_: production.warehouse)
    records = asked.Records(tmp_path / "runs")
    run = asked.begin(
        records, ["production"], "embedded", datetime(2026, 10, 30, tzinfo=UTC), quick=True, instances=()
    )
    asked.observe(records, run, Settings(var=tmp_path), Console(quiet=True), jobs=1)
    document = asked.finish(records, run)
    assert [case["outcome"] for case in document["cases"]] == ["correct", "correct"]


def test_a_rejected_candidate_stays_off_the_list_when_it_is_asked_again(
    production: Production, tiny_warehouse: Path
) -> None:
    named = f"Calls of {HIDDEN} last week"
    assert production("reject", production.listed()[named]["id"], "--reason", "no such value").exit_code == 0
    with closing(Assistant.open(Settings(var=production.var), tiny_warehouse)) as assistant:
        assistant.ask(NAMED, ERIN)
    assert named not in production.listed()
    assert production.listed("rejected")[named]["times"] == 2
