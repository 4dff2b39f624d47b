"""What a program may ask in somebody's name. It computes nothing: figures come through the assistant's door."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from semantic.query import SemanticQuery
from tools.actions.deciding import BY_HAND, proposal_seen, proposals_seen
from tools.actions.verdicts import STATES, Proposal, require_reader, require_reviewer, require_whole_company
from ui.dashboard.access import load_access
from ui.programs.documents import ActionEntry, DimensionEntry, Match, MetricDescription, MetricsPage
from ui.programs.tokens import Caller
from ui.programs.writing import action_entry, metric_entry, recommended_entries
from ui.rate_limit import Buckets, too_many
from ui.tickets.store import tickets_of
from warehouse.errors import DeniedError, UsageError

if TYPE_CHECKING:
    from agents.answer import Answer
    from agents.briefing.document import Briefing
    from agents.runtime import Assistant
    from semantic.search.entries import Kind
    from tools.actions.proposals import Event

VALUES = 40
Found = TypeVar("Found")
Note = Callable[..., None]
"""Writes an event to the audit trail: `Accounts.note`."""


class TooMany(DeniedError):
    """Somebody asks more than the command center takes at once; `wait` are the seconds until it would."""

    def __init__(self, wait: float) -> None:
        self.wait = wait
        super().__init__(too_many(wait), code="rate", where="server.questions_per_minute")


class NothingThere(UsageError):
    """What was named is not there."""


@dataclass(frozen=True)
class Decision:
    """A decision that a program asks for: one of `BY_HAND` on proposals by id, with what it needs."""

    decision: str
    proposals: tuple[str, ...]
    reason: str = ""
    edits: Mapping[str, Any] = field(default_factory=dict)
    duplicate_of: str = ""
    go_live: str = ""
    version: int | None = None


class Surface:
    """The assistant for programs. `source` is what the audit trail says of its statements (`mcp`, `api`).

    Without `writes` nothing is kept but answers: no proposal is made and none decided.
    """

    def __init__(
        self, assistant: Assistant, questions: Buckets, note: Note, secret: str, *, source: str, writes: bool
    ) -> None:
        self._assistant = assistant
        self._questions = questions
        self._note = note
        self._secret = secret.encode()
        self._source = source
        self.writes = writes

    def metrics(self, caller: Caller, offset: int, limit: int, words: str = "") -> MetricsPage:
        """A page of the catalogue, in the model's order or, with `words`, those whose texts hold all of them."""
        knowledge = self._assistant.knowledge(caller.principal)
        semantic, wanted = knowledge.semantic, words.lower().split()
        names = [
            name
            for name, metric in semantic.metrics.items()
            if all(
                word in f"{name} {metric.label} {metric.description} {' '.join(metric.synonyms)}".lower()
                for word in wanted
            )
        ]
        return MetricsPage(
            metrics=[metric_entry(name, semantic) for name in names[offset : offset + limit]],
            total=len(names),
            offset=offset,
            as_of=knowledge.as_of.isoformat(),
            first_day=knowledge.first_day.isoformat(),
            snapshot=knowledge.snapshot,
        )

    def metric(self, caller: Caller, name: str) -> MetricDescription:
        """One metric with its dimensions and their values. Raises UsageError with the nearest names."""
        from rapidfuzz import process

        knowledge = self._assistant.knowledge(caller.principal)
        semantic = knowledge.semantic
        if name not in semantic.metrics:
            nearest = ", ".join(str(match[0]) for match in process.extract(name, semantic.metrics.keys(), limit=3))
            raise NothingThere(
                f"There is no metric {name[:60]!r}.", where="metric", next_step=f"Did you mean {nearest}?"
            )
        dimensions = [
            DimensionEntry(
                name=one,
                label=semantic.dimensions[one].label,
                description=semantic.dimensions[one].description,
                values=_offered(knowledge.values.values(one), semantic.dimensions[one].values)[:VALUES],
            )
            for one in sorted(semantic.dimensions_of(name))
        ]
        return MetricDescription(metric=metric_entry(name, semantic), dimensions=dimensions)

    def search(self, caller: Caller, words: str, kinds: Sequence[Kind], limit: int) -> list[Match]:
        """What comes near some words, of what this reader may know."""
        self._admit(caller)
        hits = self._assistant.knowledge(caller.principal).words.finder.find(words, kinds, limit)
        return [
            Match(
                kind=hit.kind,
                name=hit.name,
                label=hit.label,
                found_by=hit.text,
                score=round(hit.score, 3),
                dimension=hit.dimension,
            )
            for hit in hits
        ]

    def ask(self, caller: Caller, question: str, thread: str = "") -> Answer:
        """The answer to a question in words; its words decide on no action."""
        if not question.strip():
            raise UsageError("The question is empty.", where="question", next_step="Ask something.")
        self._admit(caller)
        # Its own conversations, apart from those that the person holds in the chat.
        thread = thread or uuid.uuid4().hex
        name = f"{self._source}:{thread}"
        answer = self._assistant.ask(question, caller.principal, name, source=self._source, decides=False)
        return answer.model_copy(update={"thread": thread})

    def query(self, caller: Caller, query: SemanticQuery) -> Answer:
        """The governed figures of a semantic query."""
        from agents.direct import answer_query

        self._admit(caller)
        return answer_query(self._assistant, query, caller.principal, self._source)

    def why(self, caller: Caller, query: SemanticQuery) -> Answer:
        """What drives a figure."""
        from agents.direct import answer_why

        self._admit(caller)
        return answer_why(self._assistant, query, caller.principal, self._source)

    def answer(self, caller: Caller, answer_id: str) -> Answer:
        """One of the caller's own answers again, as it was given under the rights of today's row filters."""
        kept = _there(lambda: self._assistant.answers.kept(answer_id, caller.principal))
        if kept.attributes != dict(caller.principal.attributes):
            raise NothingThere(
                "The answer was given under other row filters than yours now.",
                where="answer",
                next_step="Ask again.",
            )
        answer = kept.answer
        return answer.model_copy(update={"thread": answer.thread.removeprefix(f"{self._source}:")})

    def briefing(self, caller: Caller, day: date | None) -> Briefing:
        """A day's briefing, or the latest. Raises NothingThere when none was made."""
        from agents.briefing.causes import cause_of
        from agents.briefing.daily import STORE
        from agents.briefing.reading import briefing_for
        from agents.briefing.store import BriefingStore

        self._admit(caller)
        with closing(BriefingStore(self._assistant.settings.state / STORE)) as store:
            found = briefing_for(self._assistant, store, caller.principal, day, cause_of=cause_of)
        if found is None:
            raise NothingThere(
                f"There is no briefing{f' of {day.isoformat()}' if day else ' yet'}.",
                where="briefing",
                next_step="`command-center scout` makes it, and scout.schedule every day by itself.",
            )
        return found

    def savings(self, caller: Caller, journey: str, reduce_percent: float, cost_model: str) -> Answer:
        """What avoiding a part of a journey's leaked calls saves."""
        self._admit(caller)
        return self._assistant.savings(journey, reduce_percent, cost_model, caller.principal, self._source)

    def impact(self, caller: Caller, action: str) -> Answer:
        """What an action that is live, or a past fix, brought."""
        self._admit(caller)
        return self._assistant.impact(action, caller.principal, self._source)

    def actions(self, caller: Caller, state: str = "") -> list[ActionEntry]:
        """The proposals, those that save the most first."""
        require_reader(caller.principal)
        known = next((one for one in STATES if one == state), None)
        if state and known is None:
            raise UsageError(
                f"There is no state {state[:40]!r}.", where="state", next_step=f"One of: {', '.join(STATES)}."
            )
        folder, now = self._assistant.settings.state, self._assistant.clock()
        return self._entries(proposals_seen(folder, caller.principal, now, known))

    def action(self, caller: Caller, name: str) -> tuple[ActionEntry, list[Event]]:
        """One proposal with the decisions on it."""
        require_reader(caller.principal)
        folder, now = self._assistant.settings.state, self._assistant.clock()
        found, events = _there(lambda: proposal_seen(folder, caller.principal, now, name))
        return self._entries([found])[0], events

    def recommended(self, caller: Caller) -> list[ActionEntry]:
        """What would be proposed now; nothing is kept."""
        from agents.proposing import recommended
        from tools.actions.proposing import documents

        require_reader(caller.principal)
        self._admit(caller)
        found = recommended(self._assistant)
        return recommended_entries(documents(found), found.desk.snapshot, found.desk.as_of.isoformat())

    def may_decide(self, caller: Caller) -> bool:
        """Whether this caller may put actions before the reviewers and decide on them here."""
        return self.writes and caller.token.decides and load_access().may(caller.account, "decide")

    def propose(self, caller: Caller) -> list[ActionEntry]:
        """Put what is recommended now before the reviewers; what is decided stays decided."""
        from agents.proposing import propose

        self._require_may_decide(caller)
        self._admit(caller)
        self._note("actions_proposed", caller.account.name, token=caller.token.id, source=self._source)
        return self._entries(propose(self._assistant))

    def decide(self, caller: Caller, wanted: Decision, *, preview: bool = False) -> list[ActionEntry]:
        """Make a decision, all proposals or none; with `preview` only what would become of them."""
        from agents.proposing import decide

        self._require_may_decide(caller)
        if wanted.decision not in BY_HAND:
            raise UsageError(
                f"There is no decision {wanted.decision[:40]!r}.",
                where="decision",
                next_step=f"One of: {', '.join(BY_HAND)}.",
            )
        self._admit(caller)
        found = decide(
            self._assistant, wanted.decision, wanted.proposals, caller.principal, reason=wanted.reason,
            edits=wanted.edits, duplicate_of=wanted.duplicate_of, go_live=wanted.go_live, version=wanted.version,
            preview=preview, source=f"{self._source}:{caller.token.id}",
        )  # fmt: skip
        return self._entries(found)

    def confirmation(self, caller: Caller, wanted: Decision, previewed: Sequence[ActionEntry]) -> str:
        """A code that stands for exactly this decision by this token on these versions, whoever made it up."""
        versions = sorted((one.id, one.version) for one in previewed)
        edits = sorted(wanted.edits.items())
        said = (
            caller.token.id, wanted.decision, wanted.reason, edits, wanted.duplicate_of, wanted.go_live, versions,
        )  # fmt: skip
        return hmac.new(self._secret, json.dumps(said).encode(), hashlib.sha256).hexdigest()[:16]

    def _entries(self, found: Sequence[Proposal]) -> list[ActionEntry]:
        tickets = tickets_of(self._assistant.settings.state, self._assistant.clock)
        return [action_entry(one, tickets.get(one.id)) for one in found]

    def _require_may_decide(self, caller: Caller) -> None:
        require_reviewer(caller.principal)
        require_whole_company(caller.principal)
        if not self.writes:
            raise DeniedError(
                "This connection is read-only.",
                code="read_only",
                where="actions",
                next_step="Decide in the chat or the dashboard, or start `command-center mcp --allow-decisions`.",
            )
        if not caller.token.decides:
            raise DeniedError(
                "This token may not decide on actions.",
                code="token_rights",
                where="token",
                next_step="Issue one that may: `command-center tokens issue NAME --may-decide`.",
            )

    def _admit(self, caller: Caller) -> None:
        if wait := self._questions.take(caller.account.name):
            raise TooMany(wait)


def _there(work: Callable[[], Found]) -> Found:
    """What is looked up by its name. Raises NothingThere."""
    try:
        return work()
    except UsageError as error:
        raise NothingThere(error.what, where=error.where, next_step=error.next_step) from error


def _offered(values: Sequence[str], declared: Mapping[str, object]) -> list[str]:
    """The values that are names; one that is a sentence, or marked up, may be an instruction."""
    from semantic.values import is_name

    return [value for value in values if value in declared or is_name(value)]
