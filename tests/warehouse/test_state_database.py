"""Every store of operational state over SQLite files and over PostgreSQL: the same calls, the same answers.

PostgreSQL takes part when COMMAND_CENTER_TEST_POSTGRES names a server that tests may write to, such as
postgresql+psycopg://tester:secret@127.0.0.1/test, and `make postgres` was run; otherwise its half is skipped.
"""

from __future__ import annotations

import asyncio
import operator
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypedDict, cast

import pytest
from chainlit.step import StepDict
from chainlit.types import Feedback, Pagination, ThreadFilter
from langgraph.graph import StateGraph

from agents.answer import Answer
from agents.answer_store import AnswerStore
from agents.briefing.store import BriefingStore
from agents.promotion.store import PromotionStore
from agents.reviews import ReviewStore
from agents.threads import Threads
from agents.tracing.store import Header, TraceStore
from agents.tracing.trace import Trace
from agents.usage import Asked, Spent, UsageStore
from tools.actions.proposals import Proposals, proposal_id
from tools.actions.verdicts import Verdict
from ui.accounts import Accounts
from ui.delivery.outbox import ClaimLost, Outbox
from ui.delivery.parcel import Parcel
from ui.delivery.subscriptions import Subscriptions
from ui.history import History
from ui.tickets.store import TicketStore, tickets_of
from warehouse import state_file
from warehouse.disclosure.ledger import Ledger
from warehouse.errors import DeniedError, UsageError
from warehouse.guard.decision import Release
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.state_database import StateError, spoken
from warehouse.state_file import changes_of, held, is_kept, open_state

SERVER = os.environ.get("COMMAND_CENTER_TEST_POSTGRES", "")
NEEDS_SERVER = pytest.mark.skipif(not SERVER, reason="no server in COMMAND_CENTER_TEST_POSTGRES")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OWNER = Principal("o'brien", "product_owner")
ENGINEER = Principal("dana", "data_engineer")


@pytest.fixture(params=["files", pytest.param("postgres", marks=NEEDS_SERVER)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings whose state lies in files, or in schemas of this test's own."""
    if request.param == "files":
        yield Settings(var=tmp_path)
        return
    prefix = f"t{uuid.uuid4().hex[:12]}"
    yield Settings(var=tmp_path, database={"url": SERVER, "prefix": prefix})
    _drop(prefix)


def _drop(prefix: str) -> None:
    from sqlalchemy import create_engine

    with create_engine(SERVER).begin() as connection:
        found = connection.exec_driver_sql(
            "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", (prefix,)
        ).scalars()
        for schema in list(found):
            connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')


def test_actions_are_decided_once_and_the_second_reviewer_is_told(settings: Settings) -> None:
    file = settings.state / "actions.db"
    with closing(Proposals(file)) as one, closing(Proposals(file)) as other:
        documents = {key: {"title": key, "savings_per_year": value} for key, value in (("a", 1.0), ("b", 2.0))}
        one.propose(documents, "s1", date(2026, 11, 1), NOW)
        other.propose(documents | {"a": {"title": "a", "savings_per_year": 9.0}}, "s2", date(2026, 11, 2), NOW)
        assert [p.key for p in one.all()] == ["a", "b"], "the new figures of what nobody has decided"
        seen = changes_of(file)
        one.decide("a", Verdict("approve", seen=1, reason="it's 100% right?"), OWNER, NOW)
        assert changes_of(file) != seen
        with pytest.raises(UsageError, match="was approved by o'brien"):
            other.decide("a", Verdict("reject", seen=1, reason="no"), OWNER, NOW)
        with pytest.raises(UsageError):
            other.decide_all(["b", "a"], Verdict("approve", reason="twice"), OWNER, NOW)
        assert [(p.key, p.state) for p in other.all()] == [("a", "approved"), ("b", "proposed")], "all or nothing"
        one.undo("a", OWNER, NOW)
        told = [(e.user, e.action, e.undone) for e in other.events("a")]
        assert told == [("", "propose", False), ("o'brien", "approve", True), ("o'brien", "undo", False)]
        for figure in (1, 2):
            one.keep_measurement("fix", {"figure": figure}, "s1", NOW)
        assert other.measurements() == {"fix": {"figure": 2}}


def test_one_reviewer_of_many_at_once_wins(settings: Settings) -> None:
    file, outcomes = settings.state / "actions.db", []
    with closing(Proposals(file)) as store:
        store.propose({"a": {"title": "a"}}, "s", date(2026, 11, 1), NOW)

    def decide(number: int) -> None:
        with closing(Proposals(file)) as own:
            try:
                by = Principal(f"r{number}", "product_owner")
                own.decide("a", Verdict("reject", seen=1, reason="no"), by, NOW)
                outcomes.append("decided")
            except UsageError as error:
                outcomes.append(" ".join(str(error).split()[:5]))

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [f"The proposal {proposal_id('a')} was rejected"] * 5 + ["decided"]


def test_a_delivery_is_claimed_by_one_and_a_lost_claim_is_noticed(settings: Settings) -> None:
    file = settings.state / "outbox.db"
    parcel = Parcel("digest", "2026-11-01", "o'brien", "webhook", "ops", "t", "h", (), "text", "", NOW)
    with closing(Outbox(file, lambda: NOW)) as one, closing(Outbox(file, lambda: NOW)) as other:
        claim = one.claim(parcel)
        assert claim is not None
        assert other.claim(parcel) is None
        one.handing_over(claim)
        assert other.recover() == 1, "what was being handed over is held"
        with pytest.raises(ClaimLost):
            one.sent(claim)
        assert other.release(parcel.key[:12].upper())
        again = other.claim(parcel)
        assert again is not None
        other.handing_over(again)
        other.sent(again)
        assert [(entry.state, entry.tries) for entry in one.all()] == [("sent", 2)]


def test_readers_accounts_and_what_they_were_shown(settings: Settings) -> None:
    with ExitStack() as stack:
        accounts = stack.enter_context(closing(Accounts(settings.state / "users.db", clock=lambda: 1000.0)))
        made = accounts.add("ann", "analyst", attributes={"state": "TX"})
        assert accounts.verify("ann", "wrong").account is None
        assert accounts.verify("ann", made.password).account == accounts.get("ann")
        accounts.set_role("ann", "executive")
        accounts.statements.state("ann", "purpose", "a case", 60)
        accounts.statements.state("ann", "purpose", "another", 60)
        found = accounts.get("ann")
        assert (found.role, found.attributes) == ("executive", {"state": "TX"})
        assert found.stated
        assert found.stated.text == "another"
        for _ in range(9):
            accounts.verify("nobody", "guess")
        assert accounts.verify("nobody", "guess").wait_seconds > 0
        ledger = stack.enter_context(closing(Ledger(settings.state / "shown.db", keep_days=30)))
        assert [ledger.spend("ann", NOW, 2) for _ in range(3)] == [True, True, False]
        first, second = (Release("fact", "b", rows, (), (), (), "", False) for rows in ("r1", "r2"))
        ledger.record("ann", "s", (first,), NOW)
        ledger.record("ann", "s", (first, second), NOW)
        assert [r.rows for r in ledger.earlier("ann", "s", second)] == ["r1"]
        followers = stack.enter_context(closing(Subscriptions(settings.state / "subscriptions.db")))
        begun = followers.add("ann", "chat", "", NOW.date())
        followers.end(begun.id, NOW.date())
        again = followers.add("ann", "chat", "", NOW.date() + timedelta(days=1), follows={"state": "TX"})
        assert (again.since, again.ended, again.follows) == ("2026-11-03", "", {"state": "TX"})


def test_answers_reviews_briefings_usage_and_traces(settings: Settings) -> None:
    state = settings.state
    with ExitStack() as stack:
        answers = stack.enter_context(closing(AnswerStore(state / "answers.db")))
        for number in (1, 2):
            answer = Answer(answer_id=f"a{number}", question=f"q{number}", status="refused", thread="t", text="no")
            answers.keep(answer, OWNER, NOW, audit_head=(number, "seal"))
        answers.judge("a1", OWNER, "up", "", NOW)
        answers.judge("a1", OWNER, "down", "50% wrong", NOW)
        found = answers.unsatisfying()
        assert [(one.question, one.earlier, one.down, one.reason) for one in found] == [
            ("q1", (), True, "50% wrong"),
            ("q2", ("q1",), False, ""),
        ]
        assert sorted(answers.audit_heads()) == [(1, "seal"), (2, "seal")]
        assert answers.kept("a1").user == "o'brien"
        usage = stack.enter_context(closing(UsageStore(state / "usage.db")))
        for _ in range(2):
            usage.add(Asked("a1", "o'brien", "executive", NOW.date(), "m"), Spent(1, 0, 10, 5, 0, 0.25))
        assert usage.of_day("o'brien", NOW.date()) == Spent(2, 0, 20, 10, 0, 0.5)
        assert [(line.user, line.answers, line.spent.tokens) for line in usage.lines()] == [("o'brien", 1, 30)]
        assert [line.answer_id for line in usage.lines(by_answer=True)] == ["a1"]
        reviews = stack.enter_context(closing(ReviewStore(state / "reviews.db")))
        for _ in range(2):
            entry = reviews.propose("synonym", "w", {"words": "w"}, ENGINEER, NOW)
        assert (entry.times, reviews.decide("synonym", entry.id, "accept", ENGINEER, NOW).state) == (2, "accepted")
        assert [event.user for event in reviews.events("synonym")] == ["dana", "dana"]
        queries = stack.enter_context(closing(PromotionStore(state / "promotion.db")))
        ids = [queries.propose(name, {"name": name}, name, ENGINEER, NOW).id for name in ("x", "y")]
        assert [one.id for one in queries.all()] == ids[::-1], "the newest first"
        edited = queries.edit(ids[0], 1, {"name": "x", "sql": "SELECT 1"}, ENGINEER, NOW)
        with pytest.raises(UsageError, match="was edited"):
            queries.decide(ids[0], 1, "approved", OWNER, NOW)
        assert queries.decide(ids[0], edited.revision, "approved", OWNER, NOW).state == "approved"
        briefings = stack.enter_context(closing(BriefingStore(state / "briefings.db")))
        made = briefings.keep(NOW.date(), "s", (), NOW, {})
        assert briefings.keep(NOW.date(), "s2", (), NOW, {}).revision == made.revision == 1
        assert briefings.keep_sight(made, "ann", "r", {"text": "é"}) == {"text": "é"}
        assert briefings.keep_sight(made, "ann", "r", {"text": "later"}) == {"text": "é"}, "who came first counts"
        assert briefings.checked(NOW.date(), "s2")
        traces = stack.enter_context(closing(TraceStore(state / "traces.db")))
        for identity in ("t1", "t2", "t1"):
            traces.keep(identity, Header("answered"), Trace(), NOW, personal=False)
        assert [one.answer_id for one in traces.latest()] == ["t1", "t2"]


def test_tickets_say_the_latest_and_asking_makes_no_store(settings: Settings) -> None:
    assert tickets_of(settings.state, lambda: NOW) == {}
    assert not is_kept(settings.state / "tickets.db")
    with closing(TicketStore(settings.state / "tickets.db")) as tickets:
        tickets.begin("k", "p", "jira")
        assert tickets.say("k", "done", NOW, "CX-1", "") is True
        assert tickets.say("k", "open", NOW - timedelta(hours=1), "", "") is False
        assert tickets.say("none", "open", NOW, "", "") is None
    assert tickets_of(settings.state, lambda: NOW)["p"].kept.status == "done"


def test_a_conversation_comes_back_in_its_order_and_is_its_authors(settings: Settings) -> None:
    async def work(history: History, other: History) -> None:
        for number in range(3):
            step = {"id": f"s{9 - number}", "threadId": "t", "createdAt": "2026-11-02", "output": f"step {number}"}
            await history.create_step(cast(StepDict, step))
        await history.update_thread("t", name="Costs by PLAN", user_id="ann", metadata={"a": 1})
        await other.update_thread("t", user_id="someone else")
        await history.upsert_feedback(Feedback(forId="s9", value=0, comment="first"))
        thumb = await history.upsert_feedback(Feedback(forId="s9", value=1, comment="50% good?"))
        found = await other.get_thread("t")
        assert found is not None
        assert (found["userId"], found["name"], found["metadata"]) == ("ann", "Costs by PLAN", {"a": 1})
        assert [step["output"] for step in found["steps"]] == ["step 0", "step 1", "step 2"]
        assert (found["steps"][0].get("feedback") or {})["comment"] == "50% good?"
        assert other.judge_of(thumb) == "ann"
        page = await other.list_threads(Pagination(first=5), ThreadFilter(userId="ann", search="by plan"))
        assert [thread["id"] for thread in page.data] == ["t"]
        other.place("p", "ann", "Briefing", "text", NOW)
        other.place("p", "ann", "Briefing", "again", NOW)
        assert [step["output"] for step in (await history.get_thread("p") or {})["steps"]] == ["text"]  # type: ignore[typeddict-item]

    with closing(Accounts(settings.state / "users.db")) as accounts:
        accounts.add("ann", "analyst")
        one, other = (History(settings.state / "history.db", accounts) for _ in range(2))
        asyncio.run(work(one, other))
        for history in (one, other):
            asyncio.run(history.close())


def test_a_thread_goes_on_from_its_one_checkpoint(settings: Settings) -> None:
    class Said(TypedDict):
        words: Annotated[list[str], operator.add]
        last: str

    def ask(word: str, threads: Threads, thread: str) -> list[str]:
        graph = StateGraph(Said)
        graph.add_node("say", lambda state: {"words": [f"{word}!"], "last": word})
        graph.add_edge("__start__", "say")
        made = graph.compile(checkpointer=threads.saver)
        return list(made.invoke({"words": [word]}, {"configurable": {"thread_id": thread}})["words"])

    with closing(Threads(settings.state / "threads.db")) as threads:
        ask("other", threads, "u")
        for word in ("one", "two"):
            ask(word, threads, "t")
            threads.forget_earlier("t")
    with closing(Threads(settings.state / "threads.db")) as threads:
        assert len(list(threads.saver.list({"configurable": {"thread_id": "t"}}))) == 1
        assert ask("three", threads, "t") == ["one", "one!", "two", "two!", "three", "three!"]
        assert len(list(threads.saver.list({"configurable": {"thread_id": "u"}}))) > 1


def test_a_bare_user_is_refused_before_postgres_takes_it_for_the_connection() -> None:
    with pytest.raises(ValueError, match="quotes"):
        spoken("SELECT user FROM t")
    said = spoken("SELECT \"user\", 'user ? :x 5%' FROM t WHERE a = ? AND b = :b")
    assert said == "SELECT \"user\", 'user ? :x 5%%' FROM t WHERE a = %s AND b = %(b)s"


@NEEDS_SERVER
def test_state_is_never_half_here_and_half_there(tmp_path: Path) -> None:
    open_state(tmp_path / "before" / "state" / "actions.db", "").close()
    prefix = f"t{uuid.uuid4().hex[:12]}"
    over = {"url": SERVER, "prefix": prefix}
    with pytest.raises(UsageError, match=r"in files \(actions.db"):
        AnswerStore(Settings(var=tmp_path / "before", database=over).state / "answers.db")
    settings = Settings(var=tmp_path / "new", database=over)
    AnswerStore(settings.state / "answers.db").close()
    assert [path.name for path in settings.state.iterdir()] == ["database"]
    state_file._DATABASES.clear()
    with pytest.raises(UsageError, match="in PostgreSQL"):
        AnswerStore(settings.state / "answers.db")
    with pytest.raises(UsageError, match="elsewhere"):
        AnswerStore(Settings(var=tmp_path / "new", database={**over, "prefix": "another"}).state / "answers.db")
    _drop(prefix)


_CHILD = """
import sys
from datetime import UTC, date, datetime
from contextlib import closing
from pathlib import Path
from tools.actions.proposals import Proposals
from tools.actions.verdicts import Verdict
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.state_file import held
settings = Settings(var=Path(sys.argv[1]), database={"url": sys.argv[2], "prefix": sys.argv[3]})
at, who = datetime(2026, 11, 2, tzinfo=UTC), Principal("p", "product_owner")
with held(settings.state / "delivery.lock"):
    store = Proposals(settings.state / "actions.db")
    def stop(found):
        print("within", flush=True)
        sys.stdin.read()
    store.decide_all(["a", "b"], Verdict("approve", reason="x"), who, at, recorded=stop)
"""


@NEEDS_SERVER
def test_a_killed_process_leaves_nothing_of_its_decision_and_gives_up_its_locks(tmp_path: Path) -> None:
    prefix = f"t{uuid.uuid4().hex[:12]}"
    settings = Settings(var=tmp_path, database={"url": SERVER, "prefix": prefix})
    with closing(Proposals(settings.state / "actions.db")) as store:
        store.propose({"a": {"title": "a"}, "b": {"title": "b"}}, "s", date(2026, 11, 1), NOW)
        order = [sys.executable, "-c", _CHILD, str(tmp_path), SERVER, prefix]
        child = subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "within"
        child.send_signal(signal.SIGKILL)
        child.communicate()
        with held(settings.state / "delivery.lock"):
            store.decide("a", Verdict("reject", reason="x"), OWNER, NOW)
        assert {one.key: one.state for one in store.all()} == {"a": "rejected", "b": "proposed"}
    _drop(prefix)


@NEEDS_SERVER
def test_a_server_that_is_away_is_named_and_nothing_is_answered(tmp_path: Path) -> None:
    away = "postgresql+psycopg://nobody:hush@127.0.0.1:1/none"
    settings = Settings(var=tmp_path, database={"url": away})
    with pytest.raises(StateError) as found:
        AnswerStore(settings.state / "answers.db")
    assert "hush" not in str(found.value)
    with closing(Ledger(settings.state / "shown.db", 30)) as ledger, pytest.raises(DeniedError):
        ledger.spend("ann", NOW, 1)
    assert not (settings.state / "database").exists()
