"""A conversation whose last question was never answered says so when it is opened again, once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ui.operations.running import Running
from ui.rate_limit import Buckets

NOBODY: Any = SimpleNamespace()


def conversation(*kinds: str) -> Any:
    return {"id": "t1", "steps": [{"type": kind} for kind in kinds]}


@pytest.mark.parametrize(
    ("kinds", "lost"),
    [
        (("user_message", "tool"), True),
        (("user_message", "tool", "assistant_message"), False),
        (("user_message", "assistant_message", "user_message"), True),
        ((), False),
    ],
)
def test_a_question_without_an_answer_is_told_from_one_with(
    chainlit_folder: Path, kinds: tuple[str, ...], lost: bool
) -> None:
    from ui.chat import unanswered

    assert unanswered(conversation(*kinds)) is lost


def test_it_is_said_once_and_not_while_it_is_being_answered(
    chainlit_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.chat import Chat

    sent: list[str] = []

    class Message:
        def __init__(self, content: str) -> None:
            self.content = content

        async def send(self) -> None:
            sent.append(self.content)

        def to_dict(self) -> dict[str, str]:
            return {"type": "assistant_message", "output": self.content}

    monkeypatch.setattr("chainlit.Message", Message)
    talk = Chat(NOBODY, NOBODY, NOBODY, NOBODY, Buckets(2), Running(), NOBODY)
    thread = conversation("user_message", "tool")
    talk._answering.add("t1")
    asyncio.run(talk.resume(thread))
    assert not sent
    talk._answering.discard("t1")
    asyncio.run(talk.resume(thread))
    asyncio.run(talk.resume(thread))
    assert len(sent) == 1
    assert thread["steps"][-1]["output"] == sent[0]
