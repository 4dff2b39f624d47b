"""A question that asks several things: its parts go through the graph one after the other, in the same thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from langchain_core.messages import BaseMessage, HumanMessage

from agents.chat_models.carried import PLANNED, as_data
from agents.chat_models.history import prior_turns
from agents.context import Reply
from agents.joining import Part, joined
from agents.planner import Plan, Planner, PriorTurn
from agents.planner.outlook import outlook_plan
from agents.planner.parts import Around, Planned, completed, leans, may_divide, parts_of, repeats
from agents.planner.periods import Clock
from agents.planner.verified import build
from agents.planner.words import SHARE
from semantic.query import SemanticQuery, TimeRange
from semantic.windows import default_range

if TYPE_CHECKING:
    from agents.answer import Answer
    from agents.context import Context
    from agents.knowledge import Knowledge
    from agents.planner.reading import Reading

Messages = Callable[[], Sequence[BaseMessage]]
Run = Callable[["Context", HumanMessage], None]


class Several:
    """Divides questions and asks their parts. `messages` reads the thread, `run` takes a message through it."""

    def __init__(self, knowledge: Knowledge, messages: Messages, run: Run) -> None:
        self._knowledge = knowledge
        self._messages = messages
        self._run = run
        self._around = around_of(knowledge.planner, knowledge.clock, self._planned)

    def parts(self, question: str) -> tuple[str, ...]:
        """The parts of a question; one when it asks one thing."""
        if not may_divide(question) or outlook_plan(question, self._knowledge.planner.model):
            return (question,)  # who is likely to call, and why: one answer tells both
        return parts_of(question, self._turns(), self._around)

    def answer(self, context: Context, parts: Sequence[str]) -> Answer:
        """Ask every part with the turns before it in mind and put the answers together."""
        done: list[Part] = []
        for part in parts:
            answer = self._asked(context, part, done)
            done.append(Part(part, answer))
            if answer and answer.status == "clarify" and len(done) == 1:
                done += [Part(rest, None) for rest in parts[1:]]
                break
        return joined(context.desk.question, done)

    def _asked(self, context: Context, part: str, done: Sequence[Part]) -> Answer | None:
        """The answer to one part; None when it leans on one that has no answer or asks nothing more."""
        failed = bool(done) and (done[-1].answer is None or done[-1].answer.status != "answered")
        if failed and leans(part, self._planned):
            return None
        said = self._with_period(part, done[-1].question) if failed else part
        turns = self._turns()
        plan = completed(said, turns, self._around) if done and not failed else None
        if done and not failed and plan is None and repeats(self._planned(said, turns), turns):
            return None
        carried = {PLANNED: as_data(plan)} if plan else {}
        desk = replace(context.desk, question=said)
        own = replace(context, desk=desk, reply=Reply())
        self._run(own, HumanMessage(said, id=f"{desk.answer_id}-{len(done)}", additional_kwargs=carried))
        return self._knowledge.assembler.answer(own)

    def _with_period(self, part: str, before: str) -> str:
        """A part after one that is not answered: the period that it named holds for this one as well."""
        period = self._around.period_said(before)
        if not period or self._around.period_said(part):
            return part
        return f"{part.rstrip(' ?.!')} {period}"

    def _turns(self) -> tuple[PriorTurn, ...]:
        return tuple(prior_turns([*self._messages(), HumanMessage("")], self._knowledge.planner.model))

    def _planned(self, question: str, turns: Sequence[PriorTurn]) -> Plan:
        return self._knowledge.planner.outline(question, turns, self._knowledge.clock)


def around_of(planner: Planner, clock: Clock, planned: Planned) -> Around:
    """What a planner's parts are read with on a day."""

    def read(text: str) -> Reading:
        return planner.read(text, clock)[0]

    def named(text: str) -> frozenset[str]:
        reading = read(text)
        names = {target.name for span in reading.spans for target in span.targets}
        return frozenset(names | ({"rate"} if any(token.text in SHARE for token in reading.tokens) else set()))

    def period_said(text: str) -> str:
        reading = read(text)
        spans = reading.of_kind("time")
        return " ".join(token.raw for token in reading.tokens[spans[0].start : spans[0].end]) if spans else ""

    def read_period(text: str) -> TimeRange | None:
        query = build({"metrics": ["any"], "time": text}, clock)
        return query.time if query else None

    def window(query: SemanticQuery) -> TimeRange:
        return default_range(query, planner.questions, clock.today, clock.first_day)

    return Around(planned, named, read_period, period_said, window)
