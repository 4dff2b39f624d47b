"""Chat history: kept in order, alive on return, and each reader's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from ui.accounts import Accounts

if TYPE_CHECKING:
    from ui.history import History

ROWS = {"parts": [{"rows": [[{"v": 1, "t": "1"}]], "figures": [{"data": [{"y": [1]}]}]}]}


@pytest.fixture
def history(chainlit_folder: Path, tmp_path: Path) -> Iterator[History]:
    from ui.history import History

    accounts = Accounts(tmp_path / "users.db", hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts.create_first(one_each=True)
    minutes = iter(range(10_000))
    made = History(tmp_path / "history.db", accounts, now=lambda: f"2026-10-29T00:00:{next(minutes):06d}")
    yield made
    asyncio.run(made.close())


def step(identity: str, created: str, thread: str = "t1", **more: Any) -> Any:
    return {"id": identity, "threadId": thread, "createdAt": created, "type": "assistant_message", **more}


def test_a_conversation_comes_back_whole_and_in_order(history: History) -> None:
    from chainlit.element import CustomElement

    async def story() -> Any:
        await history.update_thread("t1", name="  Which   journeys? ", user_id="executive", metadata={"a": 1})
        await history.create_step(step("s2", "2026-10-29T00:00:02Z", output="second"))
        await history.create_step(step("s1", "2026-10-29T00:00:01Z", output="first"))
        card = CustomElement(thread_id="t1", id="e1", name="AnswerCard", for_id="s2", props=ROWS)
        await history.create_element(card)
        return await history.get_thread("t1")

    thread = asyncio.run(story())
    assert thread["name"] == "Which journeys?"
    assert thread["metadata"] == {"a": 1}
    assert [s["output"] for s in thread["steps"]] == ["first", "second"]
    assert thread["elements"][0]["props"] == ROWS, "the chart is drawn from the props, so they must be there"
    assert thread["elements"][0]["url"] is None


def test_whichever_of_create_and_update_comes_last_wins(history: History) -> None:
    async def story() -> Any:
        await history.update_step(step("s1", "2026-10-29T00:00:01Z", output="early update"))
        await history.create_step(step("s1", "2026-10-29T00:00:01Z", output="late create"))
        await history.update_thread("t1", user_id="executive")
        return await history.get_thread("t1")

    assert [s["output"] for s in asyncio.run(story())["steps"]] == ["late create"]


def test_people_list_their_own_conversations_latest_first_page_by_page(history: History) -> None:
    from chainlit.types import Pagination, ThreadFilter

    async def story() -> Any:
        for number in range(5):
            await history.update_thread(f"t{number}", name=f"Question {number}", user_id="executive")
        await history.update_thread("other", name="Question of another", user_id="analyst")
        await history.create_step(step("s", "2026-10-29T00:00:01Z", thread="t0"))
        mine = ThreadFilter(userId="executive")
        first = await history.list_threads(Pagination(first=3), mine)
        second = await history.list_threads(Pagination(first=3, cursor=first.pageInfo.endCursor), mine)
        found = await history.list_threads(
            Pagination(first=9), ThreadFilter(userId="executive", search="question 3")
        )
        return first, second, found

    first, second, found = asyncio.run(story())
    assert [t["id"] for t in first.data] == ["t0", "t4", "t3"], "the one touched last comes first"
    assert first.pageInfo.hasNextPage
    assert [t["id"] for t in second.data] == ["t2", "t1"]
    assert not second.pageInfo.hasNextPage
    assert [t["id"] for t in found.data] == ["t3"]


def test_feedback_on_a_run_finds_the_answer_in_it(history: History) -> None:
    from chainlit.types import Feedback

    async def story() -> Any:
        await history.update_thread("t1", user_id="executive")
        await history.create_step(step("run", "2026-10-29T00:00:01Z", type="run"))
        message = step("m", "2026-10-29T00:00:02Z", parentId="run", metadata={"answer_id": "a0007"})
        await history.create_step(message)
        first = await history.upsert_feedback(Feedback(forId="run", value=1))
        again = await history.upsert_feedback(Feedback(forId="run", value=0, comment="wrong plan"))
        return first, again, await history.get_thread("t1")

    first, again, thread = asyncio.run(story())
    assert history.answer_of("run") == ("executive", "a0007")
    assert history.answer_of("m") == ("executive", "a0007")
    assert history.answer_of("nothing") is None
    assert first == again, "one thumb a run: the second replaces the first"
    assert thread["steps"][0]["feedback"]["value"] == 0
    assert thread["steps"][0]["feedback"]["comment"] == "wrong plan"


def test_a_deleted_conversation_leaves_nothing(history: History) -> None:
    from chainlit.element import CustomElement
    from chainlit.types import Feedback

    async def story() -> Any:
        await history.update_thread("t1", user_id="executive")
        await history.create_step(step("s1", "2026-10-29T00:00:01Z"))
        await history.create_element(CustomElement(thread_id="t1", id="e1", name="AnswerCard", props=ROWS))
        kept = await history.upsert_feedback(Feedback(forId="s1", value=1))
        await history.delete_thread("t1")
        return kept, await history.get_thread("t1"), await history.get_element("t1", "e1")

    kept, thread, element = asyncio.run(story())
    assert thread is None
    assert element is None
    assert asyncio.run(history.delete_feedback(kept)) is False
    assert asyncio.run(history.get_thread_author("t1")) == ""


def test_only_our_own_accounts_are_users(history: History) -> None:
    from chainlit.user import User

    known = asyncio.run(history.get_user("analyst"))
    assert known is not None
    assert known.metadata["role"] == "analyst"
    assert asyncio.run(history.create_user(User(identifier="intruder"))) is None
