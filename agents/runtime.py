"""The composition root: settings and a warehouse in, an assistant out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from agents.answer import Answer
from agents.answer_store import AnswerStore, Thumbs
from agents.knowledge import READER
from agents.learning import Learning
from agents.nearest import STARTERS, openers
from agents.planner.reviewing import awaited_reason, decision_in, may_be_reason
from agents.tracing.keeping import keep_trace
from agents.tracing.store import TRACES, TraceStore
from agents.unanswered import Listener
from agents.upstream import STANDING_IN, Upstream, said_so, standing_in
from agents.versions import versions
from semantic.compiler import compile_query
from semantic.search.building import search_root
from tools.actions.reviewing import ReviewDesk
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.errors import CommandCenterError, DeniedError, UpstreamModelError, UsageError
from warehouse.logs import configure, silence_libraries
from warehouse.principal import Principal, Role
from warehouse.settings import Settings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage, HumanMessage
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph

    from agents.briefing.on_demand import ScanOnDemand
    from agents.context import Context
    from agents.knowledge import Knowledge
    from agents.replay import Against, Replay
    from agents.several import Several
    from agents.threads import Threads
    from semantic.company import Company
    from tools.outcome import Outcome
    from tools.scout.incident import Incident

silence_libraries()
WARM_UP = "Total calls by plan type"


@dataclass
class Assistant:
    """Answers questions for one warehouse. Build it with `Assistant.open`; safe for several threads."""

    settings: Settings
    door: Warehouse
    answers: AnswerStore
    clock: Callable[[], datetime]
    learning: Learning
    warehouse: Path
    audit: AuditLog
    upstream: Upstream | None = None
    listener: Listener | None = None
    traces: TraceStore | None = None
    operator: str = ""
    serves_newest: bool = True
    of_members: bool = True
    _scan: ScanOnDemand | None = None
    _scanning: Lock = field(default_factory=Lock)
    _threads: Threads | None = None
    _graph: CompiledStateGraph[Any, Any, Any, Any] | None = None
    _conversing: Any = field(default_factory=RLock)

    @classmethod
    def open(
        cls,
        settings: Settings,
        warehouse: Path,
        *,
        clock: Callable[[], datetime] | None = None,
        snapshot_id: str | None = None,
        company: Company | None = None,
    ) -> Assistant:
        """An assistant for a warehouse folder: for what is served, or for one kept snapshot.

        With a `company` it is for that model and file, under the settings that hold for them.

        Raises MissingDataError (exit 4) when there is none to ask.
        """
        audit = AuditLog.of(settings)
        now = clock or (lambda: datetime.now(UTC))
        if company:
            settings = company.settings
            door = company.door(audit, now)
        else:
            door = Warehouse(warehouse, settings, audit, snapshot_id, clock=now)
        door.snapshot()
        answers = AnswerStore(settings.state / "answers.db")
        learning, upstream = (
            Learning(settings, door, company.model)
            if company
            else Learning(settings, door, search=search_root(settings, warehouse)),
            Upstream.of(settings, now),
        )
        listener = None if company else Listener(settings.state)
        traces = TraceStore(settings.state / TRACES)
        return cls(
            settings, door, answers, now, learning, warehouse, audit, upstream, listener, traces,
            serves_newest=company is None and snapshot_id is None, of_members=company is None,
        )  # fmt: skip

    @property
    def threads(self) -> Threads:
        """The conversations, opened when one begins: a briefing has none."""
        with self._conversing:
            if self._threads is None:
                from agents.threads import Threads

                self._threads = Threads(self.settings.state / "threads.db")
            return self._threads

    @property
    def graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The agents, brought in when somebody asks."""
        with self._conversing:
            if self._graph is None:
                from agents.graph import build_graph

                self._graph = build_graph(self.threads.saver)
            return self._graph

    def warm(self) -> None:
        """Load what a first question would wait for; asks nobody's question and keeps no answer.

        The values of the snapshot are read through the door when they are not known yet.
        """
        knowledge = self.knowledge()
        _ = self.graph, knowledge.chat_model
        query = knowledge.planner.plan(WARM_UP, as_of=knowledge.as_of, first_day=knowledge.first_day).query
        if query is not None:
            compiled = compile_query(
                knowledge.semantic, query, as_of=knowledge.as_of, first_day=knowledge.first_day
            )
            self.door.check(compiled.sql, READER)

    def ask(
        self,
        question: str,
        principal: Principal,
        thread: str | None = None,
        *,
        on_step: Callable[[str], None] | None = None,
        source: str = "chat",
        decides: bool = True,
    ) -> Answer:
        """One answer: text, rows, provenance; a question back; or a refusal with its reason.

        Raises MissingDataError (exit 4) when the warehouse is gone, UpstreamModelError (exit 5) when the chat
        model fails. `on_step` hears what is being done. With `decides` False its words decide on no action.
        """
        started = time.perf_counter()
        knowledge = self.knowledge(principal)
        name = thread or uuid.uuid4().hex
        # One character past the limit is enough to be refused as too long; no more than that is kept.
        question = question[: self.settings.questions.max_question_characters + 1]
        context = knowledge.context(question, principal, self.door, on_step or _silent, uuid.uuid4().hex, source)
        context.desk.review = ReviewDesk(
            self.settings.state,
            self.clock,
            self._decision(question, principal, name) if decides else None,
            self.operator,
            self.audit,
        )
        context.desk.scanned = partial(self._scanned, knowledge, on_step or _silent)
        context.desk.scanned_on = self._scanned_on
        failure: UpstreamModelError | None = None
        several = self._several(knowledge, principal, name)
        try:
            if several and len(parts := several.parts(question)) > 1:
                return self._keep(several.answer(context, parts), principal, started, context, name)
            context, failure = self._run_somehow(context, principal, name)
        except UpstreamModelError as error:
            self._keep(_failed(context, error, name), principal, started, context)
            raise
        except DeniedError as error:
            return self._keep(_refused(context, error, name), principal, started, context)
        rendering = time.perf_counter()
        with context.trace.span("render", "assemble"):
            answer = knowledge.assembler.answer(context)
        if failure is not None:
            answer = said_so(answer, failure)
        context.desk.spend({"render": (time.perf_counter() - rendering) * 1000})
        return self._keep(answer, principal, started, context, name)

    def _decision(self, question: str, principal: Principal, name: str) -> str | None:
        """The decision that the person's words hold: of this question, or of the one it gives a reason for."""
        asked = decision_in(question)
        if asked is not None or not may_be_reason(question):
            return asked
        from langchain_core.messages import HumanMessage

        from agents.chat_models.history import prior_turns
        from agents.threads import thread_key

        where: RunnableConfig = {"configurable": {"thread_id": thread_key(principal, name)}}
        messages = self.graph.get_state(where).values.get("messages", [])
        turns = prior_turns([*messages, HumanMessage(question)])
        return decision_in(turns[-1].question) if awaited_reason(question, turns) else None

    def _scanned(self, knowledge: Knowledge, on_step: Callable[[str], None]) -> tuple[Incident, ...] | None:
        """The incidents of the snapshot's scan, made now when there is none yet; None for another company."""
        if not self.of_members:  # what the scout watches are figures of the member warehouse
            return None
        with self._scanning:
            if self._scan is None:
                from agents.briefing.on_demand import ScanOnDemand

                self._scan = ScanOnDemand(self.settings, self.door, self.clock, self.serves_newest)
        return self._scan.incidents(knowledge, on_step)

    def make_briefing(self) -> None:
        """Have the served day scanned and its briefing kept, when it has none yet; nothing is delivered."""
        self._scanned(self.knowledge(), _silent)

    def _scanned_on(self, day: date) -> tuple[Incident, ...] | None:
        """The incidents of an earlier day's briefing; None where none is kept, or other data are served."""
        from agents.briefing.scanned import incidents_on

        return incidents_on(self.settings.state, day) if self.of_members and self.serves_newest else None

    def _several(self, knowledge: Knowledge, principal: Principal, name: str) -> Several | None:
        """What divides questions; None where a free chat model reads them whole and makes its own calls."""
        if self.upstream is not None or not getattr(knowledge.chat_model, "governed", False):
            return None
        from agents.several import Several
        from agents.threads import thread_key

        where: RunnableConfig = {"configurable": {"thread_id": thread_key(principal, name)}}

        def messages() -> list[BaseMessage]:
            found: list[BaseMessage] = self.graph.get_state(where).values.get("messages", [])
            return found

        def run(context: Context, message: HumanMessage) -> None:
            self.run(context, principal, name, message)

        return Several(knowledge, messages, run)

    def _run_somehow(
        self, context: Context, principal: Principal, name: str
    ) -> tuple[Context, UpstreamModelError | None]:
        """Run a question with the service, if there is one; with the embedded planner when that fails, and why."""
        if self.upstream is None:
            self.run(context, principal, name)
            return context, None
        served = self.upstream.asking(context, principal)
        try:
            self.run(served, principal, name)
            return served, None
        except UpstreamModelError as error:
            if not self.settings.chat_model.fallback:
                raise
            failure = error
        context.step(STANDING_IN)
        context = standing_in(context)
        self.run(context, principal, name)
        return context, failure

    def run(self, context: Context, principal: Principal, name: str, message: HumanMessage | None = None) -> None:
        """Take a question through the graph in a named thread; the reply is left in the context."""
        from langchain_core.messages import HumanMessage

        from agents.threads import thread_key

        key = thread_key(principal, name)
        with self.threads.lock(key):
            self.graph.invoke(
                {"messages": [message or HumanMessage(context.desk.question, id=context.desk.answer_id)]},
                {"configurable": {"thread_id": key}, "recursion_limit": 10},
                context=context,
                durability="exit",
            )
            self.threads.forget_earlier(key)

    def savings(
        self, journey: str, reduce_pct: float, cost_model: str, principal: Principal, source: str = "cli"
    ) -> Answer:
        """What a reduction of one journey's leaked calls is worth: the projection without a conversation."""
        from tools.savings import COST_MODELS, project_savings

        costs = next((known for known in COST_MODELS if known == cost_model), None)
        if costs is None:
            choices = ", ".join(COST_MODELS)
            raise UsageError(f"There is no cost model {cost_model!r}.", next_step=f"Use one of: {choices}.")
        question = f"If we reduce {journey} leaked calls by {reduce_pct:g}%, what do we save?"

        def project(context: Context) -> Outcome:
            desk = context.desk
            known = desk.values.values(desk.semantic.defaults.where_dimension)
            return project_savings(reduce_pct, desk, journey=_known(journey, known), cost_model=costs)

        return self.direct(question, principal, project, "next_best_action", source)

    def impact(self, action: str, principal: Principal, source: str = "cli", *, split: bool = False) -> Answer:
        """What a live action or a past fix brought, without a conversation; with `split` its A/B read-out."""
        from tools.actions.ab_test import read_ab_test
        from tools.actions.impact import measure_impact

        read, asked = (read_ab_test, "What did the A/B test of {} show?") if split else (measure_impact, _BROUGHT)
        question = asked.format(action[:200] or "the latest fix")
        return self.direct(
            question, principal, lambda context: read(context.desk, action=action), "next_best_action", source
        )

    def direct(
        self,
        question: str,
        principal: Principal,
        work: Callable[[Context], Outcome],
        agent: str,
        source: str,
    ) -> Answer:
        """The answer to what one tool finds, without a conversation. Raises what the tool raises.

        `question` is what it answers, in words; `agent` whose tool it is, `source` what the audit trail says.
        """
        from agents.direct import standing_alone

        started = time.perf_counter()
        knowledge = self.knowledge(principal)
        context = knowledge.context(question, principal, self.door, _silent, uuid.uuid4().hex, source)
        context.desk.review = ReviewDesk(self.settings.state, self.clock)
        context.reply.agent = agent
        context.reply.outcomes.append(work(context))
        answer = standing_alone(knowledge.assembler.answer(context), context)
        return self._keep(answer, principal, started, context)

    def feedback(self, answer_id: str, principal: Principal, thumbs: Thumbs, reason: str = "") -> None:
        """Keep a reader's verdict on one of their answers."""
        self.answers.judge(answer_id, principal, thumbs, reason, self.clock())

    def replay(
        self, answer_id: str, principal: Principal, against: Against = "same", *, same_words: bool = False
    ) -> Replay:
        """Run the plan of one of the principal's own answers again, on its snapshot or on the served one.

        Raises UsageError (exit 2) when there is no such answer or nothing to run, MissingDataError (exit 4) when
        its snapshot is no longer kept.
        """
        from agents.replay import replay

        return replay(self, self.answers.kept(answer_id, principal), principal, against, same_words=same_words)

    def starters(self, role: Role) -> list[str]:
        """Questions to begin with, as many as are shown."""
        knowledge = self.knowledge()
        return openers(knowledge.planner, knowledge.clock)[:STARTERS]

    def close(self) -> None:
        """Let go of files and connections."""
        self.learning.close()
        self.door.close()
        if self._threads:
            self._threads.close()
        self.answers.close()
        self.audit.close()
        if self.upstream:
            self.upstream.close()
        if self.listener:
            self.listener.close()
        if self.traces:
            self.traces.close()

    def knowledge(self, principal: Principal | None = None) -> Knowledge:
        """What somebody may know of the snapshot that is read, without a principal what most readers may.

        Of a new one when a build has published it.
        """
        return self.learning.knowledge(principal)

    def _keep(
        self, answer: Answer, principal: Principal, started: float, context: Context, thread: str = ""
    ) -> Answer:
        total = (time.perf_counter() - started) * 1000
        spent = {step: round(context.desk.spent_ms.get(step, 0.0), 2) for step in STEPS}
        timings = {**spent, "total": round(total, 2)}
        answer = answer.model_copy(update={"timings_ms": timings, "thread": thread or answer.thread})
        desk = context.desk
        noted = versions(desk.semantic.version, desk.rules)
        self.answers.keep(answer, principal, self.clock(), noted, self._audit_head())
        if self.traces:
            keep_trace(self.traces, answer, principal, context, desk.source, self.clock())
        if self.listener:
            self.listener.observe(answer, principal, context, self.clock())
        configure(self.settings.state).info(
            "answer",
            extra={"answer_id": answer.answer_id, "agent": answer.agent, "status": answer.status,
                   "code": answer.refusal_code, "role": principal.role, "snapshot": answer.snapshot,
                   "rows": len(answer.rows), "ms": round(total)},
        )  # fmt: skip
        return answer

    def _audit_head(self) -> tuple[int, str]:
        """The end of the trail, to be noted with an answer; an answer may say that the trail cannot be written."""
        try:
            return self.audit.head()
        except DeniedError:
            return 0, ""


_BROUGHT = "What did {} bring?"
STEPS = ("plan", "compile", "guard", "query", "render")


def _silent(_: str) -> None:
    return None


def _known(name: str, known: tuple[str, ...]) -> str:
    """A value as the data spells it. Raises UsageError with the nearest one."""
    exact = next((value for value in known if value.lower() == name.lower()), None)
    if exact:
        return exact
    from rapidfuzz import process

    nearest = process.extractOne(name, known)
    hint = f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else f"Use one of: {', '.join(known)}."
    raise UsageError(f"There is no {name[:60]!r}.", where="journey", next_step=hint)


def _blank(context: Context, thread: str) -> Answer:
    desk = context.desk
    return Answer(
        question=desk.question, status="error", id=desk.answer_id, answer_id=desk.answer_id, thread=thread,
        as_of=desk.as_of, snapshot=desk.snapshot, role=desk.principal.role, steps=list(context.steps),
        agent=context.reply.agent, route_reason=context.reply.route_reason,
    )  # fmt: skip


def _failed(context: Context, error: CommandCenterError, thread: str) -> Answer:
    return _blank(context, thread).model_copy(update={"refusal_code": "model_failed", "text": str(error)})


def _refused(context: Context, error: DeniedError, thread: str) -> Answer:
    return _blank(context, thread).model_copy(
        update={"status": "refused", "refusal_code": f"denied:{error.code}", "text": error.what}
    )
