"""The routes: typed requests in, the assistant's documents out. Each is one call of the surface."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from agents.answer import Answer
from agents.briefing.document import Briefing
from semantic.query import SemanticQuery
from semantic.search.entries import KINDS, Kind
from tools.actions.verdicts import State
from ui.api.problems import MEDIA_TYPE, Problem
from ui.programs import arguments as given
from ui.programs.documents import ActionEntry, ActionEvent, ActionsPage, Matches, MetricDescription, MetricsPage
from ui.programs.surface import Decision, Surface
from ui.programs.tokens import Caller

_SAID = {
    400: "The request cannot be answered as it is.",
    401: "No token, or one that no longer counts.",
    403: "The account or the token may not.",
    404: "There is no such thing.",
    405: "Not by this method.",
    413: "The body is too large.",
    422: "The request is not as described here.",
    429: "More than the command center takes at once.",
    500: "Something unexpected.",
    502: "The chat model service failed.",
    503: "There is no data to ask, or the audit trail cannot be written.",
}
PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
    for status, text in _SAID.items()
}
Words = Annotated[str, Query(max_length=500)]
Offset = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Named = Annotated[str, Path(min_length=1, max_length=100)]


class ActionDetail(BaseModel):
    """One proposal with every decision on it, oldest first."""

    action: ActionEntry
    events: list[ActionEvent]


class DecisionBody(BaseModel):
    """A decision on one proposal, with the version that was looked at: another one is refused."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject", "edit", "defer", "duplicate", "reopen", "golive", "undo"]
    version: int = Field(ge=1, le=1_000_000)
    reason: str = Field(default="", max_length=500, description="Needed to reject and to defer.")
    change: str | None = Field(default=None, max_length=500)
    owner: str | None = Field(default=None, max_length=500)
    effort_days: float | None = None
    weeks: float | None = None
    duplicate_of: str = Field(default="", max_length=100)
    go_live: date | None = None
    preview: bool = Field(default=False, description="Only say what would become of it.")


class Routes:
    """The API's routes over a surface."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.router = APIRouter(responses=PROBLEMS)
        get, post = self.router.get, self.router.post
        get("/metrics", summary="The catalogue", tags=["model"])(self.metrics)
        get("/metrics/{name}", summary="One metric", tags=["model"])(self.metric)
        get("/search", summary="Find by meaning and spelling", tags=["model"])(self.search)
        post("/ask", summary="Ask in words", tags=["figures"])(self.ask)
        post("/query", summary="Query metrics", tags=["figures"])(self.query)
        post("/why", summary="Explain a figure", tags=["figures"])(self.why)
        get("/answers/{answer_id}", summary="An own answer again", tags=["figures"])(self.answer)
        get("/briefing", summary="The daily briefing", tags=["figures"])(self.briefing)
        post("/savings", summary="Project savings", tags=["actions"])(self.savings)
        get("/impact", summary="What a fix brought", tags=["actions"])(self.impact)
        get("/actions", summary="Proposals", tags=["actions"])(self.actions)
        get("/actions/recommended", summary="What is recommended now", tags=["actions"])(self.recommended)
        post("/actions/propose", summary="Put it before the reviewers", tags=["actions"])(self.propose)
        get("/actions/{action_id}", summary="One proposal", tags=["actions"])(self.action)
        post("/actions/{action_id}/decisions", summary="Decide", tags=["actions"])(self.decide)

    def metrics(self, request: Request, words: Words = "", offset: Offset = 0, limit: Limit = 25) -> MetricsPage:
        """A page of the governed metrics; with `words` those whose texts hold all of them."""
        return self._surface.metrics(_caller(request), offset, limit, words)

    def metric(self, request: Request, name: Named) -> MetricDescription:
        """What a metric means, and what it can be sliced and filtered by."""
        return self._surface.metric(_caller(request), name)

    def search(
        self,
        request: Request,
        words: Annotated[str, Query(min_length=1, max_length=500)],
        kind: Kind | None = None,
        limit: Annotated[int, Query(ge=1, le=50)] = 8,
    ) -> Matches:
        """Metrics, dimensions, values and checked questions that come near some words."""
        kinds = (kind,) if kind else KINDS
        return Matches(matches=self._surface.search(_caller(request), words, kinds, limit))

    def ask(self, request: Request, body: given.Ask) -> Answer:
        """The same answer as in the chat: `status` says whether it answers, asks back (`clarify`) or refuses."""
        return self._surface.ask(_caller(request), body.question, body.thread)

    def query(self, request: Request, body: given.QueryMetrics) -> Answer:
        """Governed figures of a semantic query."""
        return self._surface.query(_caller(request), SemanticQuery.model_validate(body.model_dump()))

    def why(self, request: Request, body: given.Why) -> Answer:
        """What drives a figure's change, or the difference `between` the values of a dimension."""
        return self._surface.why(_caller(request), body.query())

    def answer(self, request: Request, answer_id: Named) -> Answer:
        """One of the caller's own answers, as it was given."""
        return self._surface.answer(_caller(request), answer_id)

    def briefing(self, request: Request, day: date | None = None) -> Briefing:
        """A day's briefing as this reader may see it; without a day the latest."""
        return self._surface.briefing(_caller(request), day)

    def savings(self, request: Request, body: given.ProjectSavings) -> Answer:
        """What avoiding a percentage of a journey's leaked calls saves."""
        return self._surface.savings(_caller(request), body.journey, body.reduce_percent, body.cost_model)

    def impact(self, request: Request, action: Annotated[str, Query(max_length=200)] = "") -> Answer:
        """What a live action or a past fix brought, against what would have happened anyway."""
        return self._surface.impact(_caller(request), action)

    def actions(
        self, request: Request, state: State | None = None, offset: Offset = 0, limit: Limit = 25
    ) -> ActionsPage:
        """A page of the proposals, those that save the most first."""
        found = self._surface.actions(_caller(request), state or "")
        return ActionsPage(actions=found[offset : offset + limit], total=len(found), offset=offset)

    def recommended(self, request: Request) -> ActionsPage:
        """What would be proposed now; nothing is kept (version 0)."""
        found = self._surface.recommended(_caller(request))
        return ActionsPage(actions=found, total=len(found), offset=0)

    def propose(self, request: Request) -> ActionsPage:
        """Put what is recommended now before the reviewers; what is decided stays decided."""
        found = self._surface.propose(_caller(request))
        return ActionsPage(actions=found, total=len(found), offset=0)

    def action(self, request: Request, action_id: Named) -> ActionDetail:
        """One proposal, by its id or how it begins, with the decisions on it."""
        found, events = self._surface.action(_caller(request), action_id)
        told = [
            ActionEvent(
                at=event.at,
                user=event.user,
                role=event.role,
                action=event.action,
                reason=event.reason,
                version=event.version,
                undone=event.undone,
            )
            for event in events
        ]
        return ActionDetail(action=found, events=told)

    def decide(self, request: Request, action_id: Named, body: Annotated[DecisionBody, Body()]) -> ActionEntry:
        """Decide on a proposal; needs a token that may decide, of a product owner."""
        edits = {name: getattr(body, name) for name in ("change", "owner", "effort_days", "weeks")}
        wanted = Decision(
            body.decision,
            (action_id,),
            body.reason,
            {name: value for name, value in edits.items() if value is not None},
            body.duplicate_of,
            body.go_live.isoformat() if body.go_live else "",
            body.version,
        )
        return self._surface.decide(_caller(request), wanted, preview=body.preview)[0]


def _caller(request: Request) -> Caller:
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller
