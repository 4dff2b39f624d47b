"""Texts planted in the sources change nothing: same statements, same numbers; none reaches who could act on it."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agents.answer import Answer, AnswerPart
from agents.planner import Planner
from agents.runtime import Assistant
from evals.mapped import Mapping
from evals.suites import questions as suite
from semantic.loader import load_model
from semantic.query import DimensionFilter, SemanticQuery
from semantic.values import LONGEST_LABEL, ValueDictionary
from tests.agents.planting import CANARY, TEXTS, plant
from tests.agents.test_executive_questions import REASONED, VERIFIED
from tests.agents.test_service_model import Service, call, completion, offered, say
from tools.metrics import governed_table
from tools.outcome import Refusal
from tools.scout.scout import run_scout
from tools.standing import NOT_TOLD
from ui.csv_text import csv_text
from ui.render import print_answer
from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.door import Warehouse
from warehouse.principal import Principal
from warehouse.settings import ChatModel, Questions, Settings

# COMMAND_CENTER_ALL_QUESTIONS=1: every question of the eval files, and every case through the planner.
EVERY = 1 if os.environ.get("COMMAND_CENTER_ALL_QUESTIONS") else 100
ABOUT_PLANTED = (
    "Leaked calls by error message last week",
    "Pharmacy denials by denial reason in the last 30 days",
    "Negative emotion rate by agent team last week",
    "Enrollments by change reason in the last 30 days",
)
# Values that are words which questions are built with.
WORDS = [
    "calls", "Total calls", "yesterday", "last week", "today", "by plan type", "show", "which", "MAPD",
    "what", "top", "zero", "members", "compare", "new", "and", "repeat call rate", "all", "not", "how many",
    "trend", "avoidable call cost by journey", "right now", "NPS", "week", "this month", "Florida", "10", "3",
]  # fmt: skip
OPEN = [
    "error_message", "failure_reason", "claim_denial_reason", "drug_name", "agent_team", "call_topic",
    "journey", "plan_type", "county",
]  # fmt: skip


class Planted:
    """A warehouse with planted texts, its own state folder, and what renamed values are called without them."""

    def __init__(self, warehouse: Path, names: dict[str, str], state: Path) -> None:
        self.warehouse = warehouse
        self.names = names
        self.state = state


@pytest.fixture(scope="module")
def planted(tiny_sources: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    sources = tmp_path_factory.mktemp("planted") / "sources"
    names = plant(tiny_sources, sources)
    folder = tmp_path_factory.mktemp("planted-warehouse")
    build(sources, folder, settings)
    return Planted(folder, names, tmp_path_factory.mktemp("planted-state"))


NEXT_DAY = datetime(2026, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def tainted(planted: Planted) -> Iterator[Assistant]:
    opened = Assistant.open(Settings(var=planted.state), planted.warehouse, clock=lambda: NEXT_DAY)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def clean(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The same company as it is, with its own state: what a reader was shown decides what may be shown."""
    private = Settings(var=tmp_path_factory.mktemp("clean-state"))
    opened = Assistant.open(private, tiny_warehouse, clock=lambda: NEXT_DAY)
    yield opened
    opened.close()


def eval_questions() -> list[str]:
    found = [*VERIFIED.values(), *REASONED.values(), *ABOUT_PLANTED, "Give me the daily briefing"]
    cases = [case for name in suite.FILES for case in suite.read_cases(suite.CASES / f"{name}.jsonl")]
    for path in (suite.OWN, suite.LAST, suite.BLIND):
        file = suite.CaseFile.read(path)
        cases += [case for case in file.cases(file.planner()) if not case.history]
    return [*found, *[case.question for case in cases][::EVERY]]


# A member journey follows the most frequent value step by step, of equals the first by name; what a fix brought is
# measured for the plan that its title begins with. A planted name may lead to other rows, never to other rights.
FOLLOW_NAMES = ("member journey", "know it worked")


def _statement(part: AnswerPart, names: dict[str, str]) -> str:
    """The SQL of a part; a value that was planted over is a parameter in one, a literal in the other."""
    literals = "|".join(re.escape(f"'{original}'") for original in set(names.values()))
    return re.sub(rf"\$v\d+|{literals}", "?", part.sql)


def test_planted_texts_change_no_statement_and_no_number(
    planted: Planted, tainted: Assistant, clean: Assistant, executive: Principal
) -> None:
    answered = 0
    for question in eval_questions():
        one, other = clean.ask(question, executive), tainted.ask(question, executive)
        assert (other.status, other.agent, other.refusal_code) == (one.status, one.agent, one.refusal_code)
        if not any(words in question for words in FOLLOW_NAMES):
            assert other.semantic_query == one.semantic_query, question
            statements = [[_statement(part, planted.names) for part in answer.parts] for answer in (one, other)]
            assert statements[0] == statements[1], question
            assert [_figures(part) for part in other.parts] == [_figures(part) for part in one.parts], question
            assert [_keys(part, planted.names) for part in other.parts] == [_keys(part, {}) for part in one.parts]
        assert other.status != "answered" or tainted.knowledge().assembler.recheck(other) == []
        assert not any(text in other.text for text in ("](", "<img", "\x1b", "\u202e", "\u200b"))
        answered += one.status == "answered"
    assert answered > 15


def test_a_briefing_leaves_out_what_would_give_a_few_members_away_and_says_so(
    tiny_warehouse: Path, tmp_path: Path, executive: Principal
) -> None:
    with closing(Assistant.open(Settings(var=tmp_path), tiny_warehouse, clock=lambda: NEXT_DAY)) as reader:
        first = reader.ask("Give me the daily briefing", executive)
        pockets = [part for part in first.parts if "0-6 months" in str(part.semantic_query)]
        assert NOT_TOLD not in first.assumptions
    (pocket,) = pockets
    query = SemanticQuery.model_validate(pocket.semantic_query)
    few = DimensionFilter(dimension="state", values=("WA",), op="not_in")
    settings = Settings(var=tmp_path / "another")
    with closing(Assistant.open(settings, tiny_warehouse, clock=lambda: NEXT_DAY)) as reader:
        desk = reader.knowledge().context("?", executive, reader.door, lambda _: None, "a1", "test").desk
        near = query.model_copy(update={"filters": (*query.filters, few)})
        assert not isinstance(governed_table(near, desk), Refusal)
        later = reader.ask("Give me the daily briefing", executive)
    assert pocket.sql not in [part.sql for part in later.parts]
    assert NOT_TOLD in later.assumptions


def test_what_values_are_called_changes_no_figure_of_a_scan(planted: Planted, tiny_warehouse: Path) -> None:
    told = []
    for warehouse, names in ((tiny_warehouse, {}), (planted.warehouse, planted.names)):
        settings = Settings(var=planted.state / "scan")
        with closing(Warehouse(warehouse, settings, AuditLog.of(settings))) as door:
            incidents = run_scout(door, load_model(), settings).incidents
        segments = [{name: names.get(value, value) for name, value in i.segment} for i in incidents]
        plain = [replace(i, id="", echo_of=bool(i.echo_of) and "another", segment=()) for i in incidents]
        told.append((segments, plain))
    assert told[0] == told[1], "to the last bit"
    assert any("error_code" in segment for segment in told[0][0])


def _figures(part: AnswerPart) -> list[list[Any]]:
    # What an action says is filled from values: it is held to plain names elsewhere, and no figure.
    figures = [column.role in ("metric", "derived") and column.type != "VARCHAR" for column in part.columns]
    measured = [at for at, figure in enumerate(figures) if figure]
    return sorted([[_rounded(row[at]) for at in measured] for row in part.rows], key=repr)


def _rounded(cell: Any) -> Any:
    """Sums of doubles differ in their last digits by the order of adding."""
    return float(f"{cell:.9g}") if isinstance(cell, float) else cell


def _keys(part: AnswerPart, names: dict[str, str]) -> list[tuple[Any, ...]]:
    named = [at for at, column in enumerate(part.columns) if column.role in ("dimension", "time")]
    if not part.semantic_query or part.semantic_query.get("limit"):
        return []  # recorded notices are shown as they are called; of equals, the first by name are shown
    return sorted((tuple(names.get(str(row[at]), str(row[at])) for at in named) for row in part.rows), key=repr)


def test_free_text_is_in_no_answer_and_in_no_file_of_the_state(
    planted: Planted, tainted: Assistant, executive: Principal
) -> None:
    for question in ("Which words do members use in their feedback?", *ABOUT_PLANTED):
        assert CANARY not in tainted.ask(question, executive, thread="free text").model_dump_json()
    files = [file for file in planted.state.rglob("*") if file.is_file()]
    assert {"answers.db", "threads.db"} <= {file.name for file in files}
    for file in files:
        assert CANARY.encode() not in file.read_bytes(), file.name
        if file.suffix in (".log", ".jsonl"):
            assert b"INFO audit user=ceo" not in file.read_bytes(), "a log line that a value wrote"


def test_no_value_of_the_data_changes_how_questions_are_read() -> None:
    model = load_model()
    hostile = {name: [*WORDS, *TEXTS] for name in OPEN}
    planners = [Planner(model, ValueDictionary.from_rows(model, rows), Questions()) for rows in ({}, hostile)]
    mapping = Mapping(model)
    cases = [
        mapping.case(case) for name in suite.FILES for case in suite.read_cases(suite.CASES / f"{name}.jsonl")
    ]
    for case in cases[:: 1 + EVERY // 25]:
        clean, other = (
            p.plan(case.question, history=case.history, as_of=suite.AS_OF, first_day=suite.FIRST_DAY)
            for p in planners
        )
        assert (other.kind, other.query, other.agent) == (clean.kind, clean.query, clean.agent), case.question


def test_a_value_is_one_clean_line_in_a_sentence() -> None:
    values = ValueDictionary.from_rows(load_model(), {"error_message": ["a\r\nb\x1b[31m\u202ec " + "x" * 500]})
    (label,) = (values.label("error_message", value) for value in values.values("error_message") if "x" in value)
    assert label.startswith("a b [31m c x")
    assert label.isprintable()
    assert len(label) == LONGEST_LABEL


@pytest.fixture(scope="module")
def spied(planted: Planted) -> Iterator[tuple[Assistant, Service]]:
    service = Service()
    chat = ChatModel(kind="service", base_url=service.url, model="m", timeout_seconds=60, max_retries=0,
                     fallback=False, rows_in_prompts=True)  # fmt: skip
    opened = Assistant.open(Settings(var=planted.state / "spied", chat_model=chat), planted.warehouse)
    yield opened, service
    opened.close()
    service.close()


WEEK = {"start": "2026-10-23", "end": "2026-10-29"}
BY_MESSAGE = {"query": {"metrics": ["leaked_calls"], "dimensions": ["error_message"], "time": WEEK}}
READERS = (
    Principal("erin", "executive"),
    Principal("ada", "member_advocate", purpose="care_coordination"),
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.role)
def test_no_planted_text_reaches_a_chat_model_that_holds_a_tool(
    reader: Principal, spied: tuple[Assistant, Service]
) -> None:
    assistant, service = spied
    asked = [
        ("Leaked calls by error message in the last 7 days", [call("query_metrics", BY_MESSAGE)]),
        ("What can leaked calls be cut by?", [call("compatible_dimensions", {"metric": "leaked_calls"}),
                                              call("query_metrics", BY_MESSAGE)]),
        ("and again", [two_calls(), call("query_metrics", BY_MESSAGE)]),
        ("What do the transcripts say?", [call("run_sql", {"sql": "SELECT transcript FROM gold.calls LIMIT 5"})]),
        ("and the surveys?", [call("run_sql", {
            "sql": "SELECT feedback_text, first_name FROM gold.surveys s JOIN gold.members m "
                   "ON s.member_id = m.member_id LIMIT 5"})]),
    ]  # fmt: skip
    seen = 0
    for question, replies in asked:
        service.requests.clear()
        service.script = repeating(replies)
        answer = assistant.ask(question, reader, thread="spied")
        assert "run_sql" not in offered(service.requests[-1]) or answer.status == "error"
        for request in service.requests:
            told = json.dumps(request, ensure_ascii=False)
            assert CANARY not in told, "free text goes to no chat model at all"
            if offered(request):
                assert not [text for text in TEXTS if _telling(text) in _letters(told)], question
                seen += 1
    assert seen >= 2 * len(asked)


def _telling(text: str) -> str:
    """The longest run of a text that neither JSON nor cleaning writes in another way, letters and digits only."""
    return _letters(max(re.split(r'[\\"\x00-\x1f\u200b-\u2063]', text), key=len)[:40])


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def two_calls() -> dict[str, Any]:
    """A call that finds rows and one that fails, at once: the tools come back with the rows in sight."""
    first, second = call("query_metrics", BY_MESSAGE), call("query_metrics", {"query": {"metrics": ["nothing"]}})
    calls = [made["choices"][0]["message"]["tool_calls"][0] for made in (first, second)]
    calls[1]["id"] = "second"
    return completion({"content": None, "tool_calls": calls})


def repeating(replies: list[dict[str, Any]]) -> Any:
    """Route, then the replies in order, and words whenever no tool is on offer."""
    left = list(replies)

    def reply(request: dict[str, Any], number: int) -> dict[str, Any]:
        if "route" in offered(request):
            return call("route", {"agent": "genie", "reason": "Figures."})
        if not offered(request):
            return (
                call("run_sql", {"sql": "SELECT COUNT(*) AS injected FROM gold.calls"}) if left else say("Done.")
            )
        return left.pop(0) if left else say("Done.")

    return reply


def test_what_a_model_calls_without_holding_a_tool_does_not_run(spied: tuple[Assistant, Service]) -> None:
    assistant, service = spied
    service.requests.clear()
    wanted = call("run_sql", {"sql": "SELECT COUNT(*) AS injected FROM gold.calls"})

    def hijacked(request: dict[str, Any], number: int) -> dict[str, Any]:
        if "route" in offered(request):
            return call("route", {"agent": "genie", "reason": "Figures."})
        return call("query_metrics", BY_MESSAGE) if offered(request) else wanted

    service.script = hijacked
    answer = assistant.ask("Leaked calls by error message in the last 7 days", READERS[0])
    assert answer.status == "answered"
    assert len(service.requests) == 3
    assert "injected" not in answer.model_dump_json()


def test_a_terminal_and_a_spreadsheet_get_values_as_text(tainted: Assistant, executive: Principal) -> None:
    answer = tainted.ask("Leaked calls by error code last week", executive)
    hostile = answer.model_copy(update={"text": TEXTS[-1], "follow_ups": [TEXTS[-1]], "assumptions": [TEXTS[-1]]})
    screen = io.StringIO()
    print_answer(_with_names(hostile), Console(file=screen, force_terminal=True, width=400, color_system=None))
    assert "[red]" in screen.getvalue()
    assert ":warning:" in screen.getvalue()
    assert "\x1b]8" not in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()
    lines = csv_text(["=a", "n"], [[text, -1.5] for text in TEXTS]).splitlines()
    assert lines[0].startswith('"\'=a"')
    assert all(line.endswith(",-1.5") for line in lines[1:])
    assert not any(line[1:2] in ("=", "+", "-", "@") for line in lines)


def _with_names(answer: Answer) -> Answer:
    """The answer with the planted text in a cell, a column's label and a title."""
    part = answer.parts[0]
    column = part.columns[0].model_copy(update={"label": TEXTS[-1]})
    rows = [[TEXTS[-1], *row[1:]] for row in part.rows]
    changed = {"columns": [column, *part.columns[1:]], "rows": rows, "title": TEXTS[-1]}
    return answer.model_copy(update={"parts": [part.model_copy(update=changed)] * 2})
