# mypy: allow-untyped-calls
"""The chat: a question in, the steps while it is worked on, one answer card out. It computes nothing itself."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import chainlit as cl
from chainlit.types import ThreadDict

from agents.answer import Answer
from ui.accounts import Account, Accounts
from ui.answer_card import card, plain
from ui.history import History
from ui.rate_limit import Buckets, too_many
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, DeniedError
from warehouse.logs import LOGGER_NAME
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from ui.operations.counters import Counters
    from ui.operations.running import Running

CARD = "AnswerCard"
MOST_STARTERS = 8
_LOG = logging.getLogger(LOGGER_NAME)
_SIGNED_OUT = "Your session has ended. Reload this page to sign in again; your conversations are kept."
_OTHER_RIGHTS = (
    "What you may see has changed since this conversation began: a purpose was stated or has ended, or your role "
    "is another one. Start a new conversation; this one opens again under the rights that it was held with."
)
_RIGHTS_CHANGED = "What you may see changed while this was being answered, so the answer is not shown. Ask again."
_STOPPING = "The command center is being stopped or restarted. Ask again in a minute; your conversation is kept."
_LOST = "There is no answer to this: it was stopped, or the server was, while it was being worked on. Ask again."
_BROKEN = (
    "Something unexpected went wrong while answering, and nothing was changed. Ask again; if it keeps happening, "
    "`command-center doctor` says what is missing."
)


class Chat:
    """Chainlit's callbacks over one assistant. Who asks is read from our own database for every message."""

    def __init__(
        self,
        assistant: Assistant,
        accounts: Accounts,
        sessions: Sessions,
        history: History,
        questions: Buckets,
        running: Running,
        counters: Counters,
    ) -> None:
        self._assistant = assistant
        self._accounts = accounts
        self._sessions = sessions
        self._history = history
        self._questions = questions
        self._running = running
        self._counters = counters
        self._answering: set[str] = set()

    def register(self) -> None:
        """Hand the callbacks to Chainlit."""
        cl.data_layer(lambda: self._history)
        cl.set_starters(self.starters)
        cl.on_message(self.answer)
        cl.on_chat_resume(self.resume)

    async def starters(self, user: cl.User | None) -> list[cl.Starter]:
        """The first questions offered to this reader's role."""
        account = self._accounts.find(user.identifier) if user else None
        questions = self._assistant.starters(account.role)[:MOST_STARTERS] if account else []
        return [cl.Starter(label=question, message=question) for question in questions]

    async def answer(self, message: cl.Message) -> None:
        """Answer one message in a worker thread; stopping it drops the answer and says so.

        Rights are read before the work and again before anything is shown.
        """
        token, thread = cl.context.session.token, cl.context.session.thread_id
        account = self._sessions.holder(token)
        if refusal := self._refusal(account, thread):
            await cl.Message(content=refusal).send()
            return
        assert account is not None
        self._answering.add(thread)
        try:
            with self._running.one():
                await self._work(message.content, account.principal, token)
        finally:
            self._answering.discard(thread)

    async def _work(self, question: str, principal: Principal, token: str | None) -> None:
        progress = Progress()
        await progress.begin()
        try:
            answer = await asyncio.to_thread(self._ask, question, principal, progress)
        except asyncio.CancelledError:
            await progress.end("Stopped")
            raise
        self._counters.answered(answer.status, answer.refusal_code or "", progress.seconds)
        await progress.end(f"Worked for {progress.seconds:.1f} s")
        still = self._sessions.holder(token, active=False)
        if still is None or still.principal != principal:
            await cl.Message(content=_RIGHTS_CHANGED if still else _SIGNED_OUT).send()
            return
        await send(answer)

    def _refusal(self, account: Account | None, thread: str) -> str:
        """Why this message gets no answer, in words; empty when it does."""
        if account is None:
            return _SIGNED_OUT
        if self._running.stopping:
            return _STOPPING
        if wait := self._questions.take(account.name):
            return too_many(wait)
        return "" if self._history.is_open_to(thread, account) else _OTHER_RIGHTS

    async def resume(self, thread: ThreadDict) -> None:
        """Say so of a question whose answer was lost when the server went down.

        Nothing else is to be rebuilt: cards keep their rows and charts, the assistant knows the thread by its id.
        """
        if thread["id"] in self._answering or not unanswered(thread):
            return
        message = cl.Message(content=_LOST)
        await message.send()
        thread["steps"] = [*thread["steps"], message.to_dict()]

    def _ask(self, question: str, principal: Principal, progress: Progress) -> Answer:
        thread = cl.context.session.thread_id
        try:
            return self._assistant.ask(question, principal, thread, on_step=progress.note)
        except CommandCenterError as error:
            # A reader needs what and what next; where is for those who run the server, and is in their log.
            code = error.code if isinstance(error, DeniedError) else f"exit_{error.exit_code}"
            _LOG.warning("answer_refused", extra={"role": principal.role, "code": code})
            text = f"{error.what} {error.next_step}".strip()
            if isinstance(error, DeniedError):
                return Answer(question=question, status="refused", refusal_code=f"denied:{code}", text=text)
            return Answer(question=question, status="error", text=text)
        except Exception:
            # The last stop before the reader: the place is logged, the message may quote data and is not.
            _LOG.exception("answer_failed", extra={"role": principal.role})
            return Answer(question=question, status="error", text=_BROKEN)


class Progress:
    """One line that names what is going on and, when done, folds away what was done. Used from two threads."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._step = cl.Step(name="Reading the question", type="tool", show_input=False)
        self._notes: list[str] = []
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began

    async def begin(self) -> None:
        """Show the line."""
        await self._step.__aenter__()

    def note(self, step: str) -> None:
        """Say what is going on now. Called from the thread that works on the answer."""
        asyncio.run_coroutine_threadsafe(self._show(step), self._loop)

    async def end(self, name: str) -> None:
        """Rename the line and fold it."""
        self._step.name = name
        await self._step.__aexit__(None, None, None)

    async def _show(self, step: str) -> None:
        step = step[:1].upper() + step[1:]
        self._notes.append(step)
        self._step.output = "\n".join(f"{number}. {plain(note)}" for number, note in enumerate(self._notes, 1))
        if self._step.end is None:
            self._step.name = step
            await self._step.update()


def unanswered(thread: ThreadDict) -> bool:
    """Whether a conversation ends with a question that nothing was said to."""
    said = [step["type"] for step in thread["steps"] if "message" in step["type"]]
    return bool(said) and said[-1] == "user_message"


async def send(answer: Answer) -> None:
    """Show an answer: its text as the message, all the rest as one card under it."""
    element = cl.CustomElement(name=CARD, props=card(answer), display="inline")
    metadata = {"answer_id": answer.answer_id or answer.id, "status": answer.status}
    await cl.Message(content=plain(answer.text), elements=[element], metadata=metadata).send()
