"""A service in the assistant: who stands in for it, what it costs, what it may read, what it cannot ship."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agents.answer import Answer
from agents.assembly import NOTHING_TO_CHOOSE, SEVERAL
from agents.runtime import Assistant
from agents.screening import OWN_FILTER, OWN_REDUCTION, OWN_THRESHOLD
from agents.upstream import STANDING_IN
from tests.agents.test_service_model import (
    DAY,
    QUERY,
    QUESTION,
    Reply,
    Service,
    call,
    completion,
    offered,
    say,
    script,
)
from ui.cli import app
from ui.doctor import _chat_model
from warehouse.errors import UpstreamModelError
from warehouse.principal import Principal
from warehouse.settings import ChatModel, Settings, load_settings

SQL = "SELECT plan_type, COUNT(*) AS n FROM gold.calls GROUP BY plan_type"
ON_THE_DAY = "WHERE call_date = DATE '2026-10-28'"
LIE = "MAPD had 987,654 calls"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


class Served:
    """An assistant with a service, and a clock that is moved by hand."""

    def __init__(self, service: Service, warehouse: Path, var: Path, **settings: Any) -> None:
        chat = ChatModel(
            kind="service", base_url=service.url, model="m", timeout_seconds=60, max_retries=0, **settings
        )
        self.now = datetime(2026, 10, 30, 12, tzinfo=UTC)
        self.service = service
        self.assistant = Assistant.open(Settings(var=var, chat_model=chat), warehouse, clock=lambda: self.now)

    def ask(self, replies: Any, question: str = QUESTION, who: str = "erin", thread: str | None = None) -> Answer:
        self.service.script = replies
        self.service.requests.clear()
        return self.assistant.ask(question, Principal(who, "executive"), thread)


@pytest.fixture
def opened(service: Service, tiny_warehouse: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    made: list[Served] = []

    def open_with(**settings: Any) -> Served:
        made.append(Served(service, tiny_warehouse, tmp_path, **settings))
        return made[-1]

    yield open_with
    for served in made:
        served.assistant.close()


def always(reply: Reply) -> Callable[[dict[str, Any], int], Reply]:
    return lambda request, number: reply


DRIVEN = {"metrics": ["total_calls"], "time": DAY}
DOWN = always((500, "text/plain", b""))
ANSWERS = script(call("query_metrics", {"query": QUERY}))


def test_the_embedded_planner_stands_in_and_says_so(opened: Callable[..., Served], ask: Any) -> None:
    served = opened()
    answer = served.ask(DOWN, thread="t")
    assert (answer.status, answer.trust) == ("answered", "governed_metric")
    assert answer.rows == ask(QUESTION).rows
    assert "HTTP 500" in answer.assumptions[0]
    assert STANDING_IN in answer.assumptions[0]
    assert STANDING_IN in answer.trust_reason
    assert STANDING_IN in answer.steps
    again = served.ask(DOWN, "and by state?", thread="t")
    assert (again.semantic_query or {})["dimensions"] == ["state"]
    assert served.service.requests == [], "a service that is down costs one request, not one for each question"
    served.now += timedelta(seconds=30)
    back = served.ask(ANSWERS, "Total calls by plan type yesterday", thread="t")
    assert back.assumptions == ask(QUESTION).assumptions
    assert [m["role"] for m in served.service.requests[-1]["messages"]].count("user") == 3
    usage = served.assistant.upstream.usage.of_day("erin", served.now.date())  # type: ignore[union-attr]
    assert (usage.failed, usage.requests) == (2, 4)


def test_a_service_that_fails_in_mid_answer_leaves_nothing_behind(opened: Callable[..., Served]) -> None:
    served = opened()
    wrong = call("query_metrics", {"query": {**QUERY, "metrics": ["repeat_calls"]}})
    answer = served.ask(script(wrong, (500, "text/plain", b"")))
    assert answer.semantic_query == {**QUERY, "time": {**DAY, "label": answer.semantic_query["time"]["label"]}}  # type: ignore[index]
    assert len(answer.parts) == 1


def test_without_a_stand_in_the_failure_is_raised(opened: Callable[..., Served]) -> None:
    with pytest.raises(UpstreamModelError, match="HTTP 500"):
        opened(fallback=False).ask(DOWN)


def test_a_budget_of_a_user_and_day_is_kept(opened: Callable[..., Served]) -> None:
    served = opened(tokens_per_user_day=2500, input_price=2.0, output_price=10.0)
    first = served.ask(ANSWERS)
    assert not any(STANDING_IN in said for said in first.assumptions)
    assert len(served.service.requests) == 2
    second = served.ask(ANSWERS)
    assert len(served.service.requests) == 1, "the budget ends within the second question"
    assert second.status == "answered"
    assert "budget" in second.assumptions[0]
    third = served.ask(ANSWERS)
    assert not served.service.requests
    assert "budget" in third.trust_reason
    assert "budget" not in str(served.ask(ANSWERS, who="mo").assumptions)
    served.now += timedelta(days=1)
    assert "budget" not in str(served.ask(ANSWERS).assumptions)
    store = served.assistant.upstream.usage  # type: ignore[union-attr]
    lines = {(line.day, line.user): line for line in store.lines()}
    spent = lines["2026-10-30", "erin"].spent
    assert (spent.requests, spent.prompt_tokens, spent.completion_tokens) == (3, 3000, 300)
    assert spent.cost_usd == pytest.approx(3 * (1000 * 2 + 100 * 10) / 1e6)
    assert lines["2026-10-30", "erin"].answers == 2
    assert {line.answer_id for line in store.lines(user="erin", by_answer=True)} >= {
        first.answer_id,
        second.answer_id,
    }
    assert not list(store.lines(since="2026-11-01"))


def test_a_budget_in_dollars_without_a_stand_in_is_an_error(opened: Callable[..., Served]) -> None:
    served = opened(cost_per_user_day=0.000001, input_price=1.0, fallback=False)
    with pytest.raises(UpstreamModelError, match="budget"):
        served.ask(ANSWERS)


def test_in_metadata_only_mode_no_figure_of_a_result_is_in_any_request(opened: Callable[..., Served]) -> None:
    served = opened()
    both = call("query_metrics", {"query": QUERY})["choices"][0]["message"]["tool_calls"]
    broken = [{"id": "x", "type": "function", "function": {"name": "query_metrics", "arguments": "{"}}]
    asked: list[tuple[str, Any, str]] = [
        (QUESTION, ANSWERS, "genie"),
        ("and by state?", script(call("run_sql", {"sql": SQL})), "genie"),
        (QUESTION, script(completion({"content": None, "tool_calls": [*both, *broken]}), say("Done.")), "genie"),
        ("What drives calls yesterday?",
         script(call("explain_breakdown", {"query": DRIVEN}), agent="insight_scout"),
         "insight_scout"),
        ("What should we fix first?",
         script(call("top_opportunities", {}), agent="next_best_action"), "next_best_action"),
    ]  # fmt: skip
    figures: set[str] = set()
    sent: list[dict[str, Any]] = []
    for question, replies, agent in asked:
        answer = served.ask(replies, question, thread="spied")
        assert (answer.status, answer.agent) == ("answered", agent), answer.text
        assert answer.facts, "our own narrator speaks from typed facts"
        cells = [cell for part in answer.parts for row in part.rows for cell in row]
        figures |= {json.dumps(cell) for cell in cells if isinstance(cell, int | float) and abs(cell) > 31}
        sent += served.service.requests
    assert len(figures) > 30
    said = [
        json.dumps(message) for request in sent for message in request["messages"] if message["role"] != "system"
    ]
    told = set(re.findall(r"-?\d+(?:\.\d+)?", " ".join(said)))
    assert not told & figures
    assert not any("row_count" in message for message in said)


def hostile(reply: Reply) -> Any:
    """Whatever is asked, with whatever tools: the one reply, after a route that lies."""

    def answer(request: dict[str, Any], number: int) -> Reply:
        if "route" in offered(request):
            return call("route", {"agent": "genie", "reason": f"{LIE}, see https://evil.example"})
        return reply

    return answer


def many(count: int) -> Reply:
    one = call("query_metrics", {"query": QUERY})["choices"][0]["message"]["tool_calls"][0]
    return completion({"content": LIE, "tool_calls": [{**one, "id": f"c{n}"} for n in range(count)]})


CHOICES = [{"label": LIE, "question": "Total calls by plan type"}, {"label": "x", "question": f"{LIE}, or not?"}]
ATTACKS = {
    "labels a period": call("query_metrics", {"query": {**QUERY, "time": {**DAY, "label": LIE}}}),
    "assumes": call("query_metrics", {"query": QUERY, "assumptions": [LIE]}),
    "asks back with a lie": call("clarify", {"question": LIE, "choices": CHOICES}),
    "refuses with a lie": call("refuse", {"code": f"denied:{LIE}", "reason": LIE, "nearest": [LIE]}),
    "calls a tool that is none": call(LIE, {}),
    "writes a constant": call("run_sql", {"sql": f"SELECT 987654 AS calls FROM gold.calls {ON_THE_DAY}"}),
    "writes an alias": call("run_sql", {
        "sql": f"SELECT COUNT(*) AS mapd_had_987654_calls FROM gold.calls {ON_THE_DAY}"}),
    "filters by a lie": call("query_metrics", {"query": {**QUERY, "filters": [
        {"dimension": "error_message", "values": [LIE]}]}}),
    "filters a drill by a lie": call("query_metrics", {"query": {**DRIVEN, "filters": [
        {"dimension": "plan_type", "values": [LIE]}]}}),
    "asks for another role": call("query_metrics", {"query": QUERY, "role": "member_advocate", "desk": LIE}),
    "saves on a lie": call("project_savings", {"reduce_pct": 10, "journey": LIE}),
    "talks only": say(LIE),
    "floods": many(60),
    "asks for members": call("run_sql", {"sql": f"SELECT first_name, last_name FROM gold.members {ON_THE_DAY}"}),
    "reads files": call("run_sql", {"sql": f"SELECT * FROM read_csv('/etc/passwd') {ON_THE_DAY}"}),
}  # fmt: skip


@pytest.mark.parametrize("rows", [False, True], ids=["metadata", "rows"])
def test_a_hostile_model_ships_no_number_and_no_statement_of_its_own(
    rows: bool, opened: Callable[..., Served]
) -> None:
    served = opened(rows_in_prompts=rows)
    for name, reply in ATTACKS.items():
        served.now += timedelta(minutes=1)
        heard: list[str] = []
        served.service.script = hostile(reply)
        served.service.requests.clear()
        answer = served.assistant.ask(QUESTION, Principal("erin", "executive"), on_step=heard.append)
        shown = answer.model_dump_json().replace(json.dumps(QUESTION), "") + " ".join(heard)
        assert not re.search("987.?654|evil", shown), (name, shown)
        assert len(served.service.requests) <= 12, name
        assert answer.role == "executive"
        assert all(part.sql.lstrip().upper().startswith(("SELECT", "WITH")) for part in answer.parts)
        assert "first_name" not in shown or answer.status == "error", name
    flood = served.ask(hostile(many(60)))
    assert len(flood.parts) <= 8


def test_a_denial_ends_the_question_in_words(opened: Callable[..., Served]) -> None:
    served = opened()
    sql = "SELECT plan_type, COUNT(*) AS n FROM gold.calls GROUP BY plan_type HAVING COUNT(*) BETWEEN 1 AND 5"
    sql = sql.replace(" GROUP", " WHERE call_date = DATE '2026-10-28' GROUP")
    answer = served.ask(script(call("run_sql", {"sql": sql})))
    assert (answer.status, answer.refusal_code) == ("refused", "denied:selects_small_cells")
    assert "too small to be shown" in answer.text
    assert len(served.service.requests) == 2


def test_sql_is_repaired_at_most_twice(opened: Callable[..., Served]) -> None:
    served = opened()
    broken = call("run_sql", {"sql": "SELECT plan, COUNT(*) AS n FROM gold.calls GROUP BY plan"})
    served.ask(script(broken), "Calls by plan type and hour")
    assert len(served.service.requests) == 4
    answer = served.ask(script(broken, broken, call("run_sql", {"sql": SQL})), "Calls by plan type and hour")
    assert (answer.status, answer.trust) == ("answered", "generated_sql")
    assert any("equals the governed metric Total calls" in said for said in answer.assumptions)
    assert "equals" in answer.trust_reason


def test_a_number_of_the_models_own_choice_is_said_to_be_one(opened: Callable[..., Served]) -> None:
    served = opened()
    above = {**QUERY, "having": [{"metric": "total_calls", "op": ">", "value": 1}]}
    answer = served.ask(script(call("query_metrics", {"query": above})))
    assert OWN_THRESHOLD in answer.assumptions
    saves = script(call("project_savings", {"reduce_pct": 45}), agent="next_best_action")
    assert OWN_REDUCTION in served.ask(saves, "What do we save on leaked calls?").assumptions
    assert OWN_REDUCTION not in served.ask(saves, "What do we save with 45% fewer leaked calls?").assumptions


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ({"filters": [{"dimension": "state", "values": ["FL"]}]}, "State Florida"),
        ({"filters": [{"dimension": "plan_type", "op": "not_in", "values": ["MAPD"]}]}, "Plan type MAPD"),
        ({"limit": 2}, "the first 2 rows only"),
    ],
)
def test_what_the_model_narrows_by_itself_goes_back_once_and_is_told(
    added: dict[str, Any], told: str, opened: Callable[..., Served]
) -> None:
    served = opened()
    narrowed = call("query_metrics", {"query": {**QUERY, **added}})
    stands_by_it = served.ask(script(narrowed))
    assert OWN_FILTER.format(named=told) in stands_by_it.assumptions
    mended = served.ask(script(narrowed, call("query_metrics", {"query": QUERY})))
    assert not any("Narrowed" in said for said in mended.assumptions)
    assert (mended.semantic_query or {}).keys() == QUERY.keys()
    served.ask(ANSWERS, "Total calls by plan type for Florida yesterday, the top 2 without MAPD", thread="said")
    followed = served.ask(script(narrowed), "Total calls by plan type yesterday", thread="said")
    assert not any("Narrowed" in said for said in followed.assumptions), "an earlier question said it"


def test_a_question_back_and_a_reason_are_in_plain_words_or_in_ours(opened: Callable[..., Served]) -> None:
    served = opened()
    choice = {"label": "Hand over your login", "question": "Total calls by plan type"}
    asks = {"question": "To go on, type your password here.", "choices": [choice]}
    phished = served.ask(script(call("clarify", asks)))
    assert (phished.status, phished.text, phished.choices[0].label) == ("clarify", SEVERAL, choice["question"])
    honest = {"question": "Do you mean total calls, or repeat calls?", "choices": [choice]}
    assert served.ask(script(call("clarify", honest))).text == honest["question"]
    for choices in ([], [{"label": "x", "question": "What is the weather in Paris?"}]):
        nothing = served.ask(script(call("clarify", {"question": "Which?", "choices": choices})))
        assert (nothing.status, nothing.text) == ("refused", NOTHING_TO_CHOOSE)
    lie = served.ask(script(call("refuse", {"code": "domain", "reason": "The company went bankrupt."})))
    assert "bankrupt" not in lie.text
    plain = "There is no metric for that in the data."
    assert served.ask(script(call("refuse", {"code": "no_metric", "reason": plain}))).text.startswith(plain)


def test_the_prompt_says_what_free_sql_may_not_do(opened: Callable[..., Served]) -> None:
    served = opened()
    served.ask(ANSWERS)
    prompt = served.service.requests[1]["messages"][0]
    assert prompt["role"] == "system"
    for words in ("no numbers of your own", "compared with their governed values", "ends the question"):
        assert words in prompt["content"]


def test_doctor_and_usage_tell_of_the_service(
    service: Service, opened: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = opened(input_price=1.0)
    answer = served.ask(ANSWERS)
    for name, value in {"VAR": str(tmp_path), "API_KEY": "sk-secret", "CHAT_MODEL__KIND": "service",
                        "CHAT_MODEL__BASE_URL": service.url, "CHAT_MODEL__MODEL": "m"}.items():  # fmt: skip
        monkeypatch.setenv(f"COMMAND_CENTER_{name}", value)
    told = CliRunner().invoke(app, ["usage", "--json"])
    (line,) = json.loads(told.stdout)
    assert (line["user"], line["day"], line["tokens"], line["answers"]) == ("erin", "2026-10-30", 2200, 1)
    by_answer = CliRunner().invoke(app, ["usage", "--by-answer", "--json", "--since", "2026-10-30"])
    assert json.loads(by_answer.stdout)[0]["answer_id"] == answer.answer_id
    assert "erin" in CliRunner().invoke(app, ["usage"]).stdout
    service.headers.clear()
    settings = load_settings()
    assert _chat_model(settings, reach=False).state == "ok"
    assert service.headers == [], "doctor leaves the network alone unless asked"
    assert "reached" in _chat_model(settings, reach=True).detail
    assert len(service.headers) == 1
    monkeypatch.setenv("COMMAND_CENTER_CHAT_MODEL__MODEL", "other")
    assert _chat_model(load_settings(), reach=True).state == "warning"
    monkeypatch.setenv("COMMAND_CENTER_CHAT_MODEL__BASE_URL", "http://127.0.0.1:9/v1")
    found = _chat_model(load_settings(), reach=True)
    assert (found.state, "sk-secret" in found.detail + found.next_step) == ("missing", False)
