"""The tools, one function each: a caller and typed arguments in, a typed document out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from semantic.query import SemanticQuery
from semantic.search.entries import KINDS
from ui.mcp import texts
from ui.programs import arguments as given
from ui.programs.documents import (
    ActionsPage,
    Answered,
    DailyBriefing,
    Decided,
    Matches,
    MetricDescription,
    MetricsPage,
    Proposed,
)
from ui.programs.surface import Decision, Surface
from ui.programs.tokens import Caller
from ui.programs.writing import answered, briefing_document
from warehouse.errors import UsageError


def list_metrics(surface: Surface, caller: Caller, args: given.ListMetrics) -> MetricsPage:
    """List the governed metrics: name, meaning, unit, dimensions, and which days the data covers."""
    return surface.metrics(caller, args.offset, args.limit, args.words)


def search_metrics(surface: Surface, caller: Caller, args: given.SearchMetrics) -> Matches:
    """Find metrics, dimensions, values and checked questions by what they nearly are."""
    return Matches(matches=surface.search(caller, args.words, args.kinds or KINDS, args.limit))


def describe_metric(surface: Surface, caller: Caller, args: given.DescribeMetric) -> MetricDescription:
    """Say what a metric means, who owns it, and what it can be sliced and filtered by, with the values."""
    return surface.metric(caller, args.metric)


def query_metrics(surface: Surface, caller: Caller, args: given.QueryMetrics) -> Answered:
    """Get governed figures: metrics by dimensions, filtered, over a period, compared, ranked. Names are exact."""
    return answered(surface.query(caller, SemanticQuery.model_validate(args.model_dump())))


def ask(surface: Surface, caller: Caller, args: given.Ask) -> Answered:
    """Ask in plain English. Gives a sentence, tables and trust; asks back or refuses with the reason."""
    return answered(surface.ask(caller, args.question, args.thread))


def why(surface: Surface, caller: Caller, args: given.Why) -> Answered:
    """Explain a figure: exact drivers of its change, when it began, what is aligned with that. No proven cause."""
    return answered(surface.why(caller, args.query()))


def explain_answer(surface: Surface, caller: Caller, args: given.ExplainAnswer) -> Answered:
    """Show how one of your own earlier answers was made: queries, SQL, formulas, snapshot."""
    return answered(surface.answer(caller, args.answer_id))


def briefing(surface: Surface, caller: Caller, args: given.ReadBriefing) -> DailyBriefing:
    """Read the daily briefing: what left its expectation, where, since when, what it costs, whose it is."""
    return briefing_document(surface.briefing(caller, args.day))


def savings(surface: Surface, caller: Caller, args: given.ProjectSavings) -> Answered:
    """Project what avoiding a percentage of one journey's leaked calls saves, by day and by year."""
    return answered(surface.savings(caller, args.journey, args.reduce_percent, args.cost_model))


def impact(surface: Surface, caller: Caller, args: given.MeasureImpact) -> Answered:
    """Measure what a live action or a past fix brought, against what would have happened anyway."""
    return answered(surface.impact(caller, args.action))


def list_actions(surface: Surface, caller: Caller, args: given.ListActions) -> ActionsPage:
    """List proposed actions with state, owner, expected savings and version."""
    found = surface.actions(caller, args.state)
    shown = found[args.offset : args.offset + args.limit]
    return ActionsPage(actions=shown, total=len(found), offset=args.offset)


def propose_actions(surface: Surface, caller: Caller, args: given.ProposeActions) -> Proposed:
    """Say what to fix next and what it saves. With keep, and where allowed, put it before the reviewers."""
    if args.keep:
        return Proposed(actions=surface.propose(caller), kept=True, note="These are before the reviewers.")
    return Proposed(actions=surface.recommended(caller), kept=False, note="Recommended now; nothing was kept.")


def review_actions(surface: Surface, caller: Caller, args: given.ReviewActions) -> Decided:
    """Decide on proposed actions. First shows a preview and a code; decides when called again with that code."""
    wanted = _decision(args)
    previewed = surface.decide(caller, wanted, preview=True)
    code = surface.confirmation(caller, wanted, previewed)
    if not args.confirmation:
        note = (
            "Nothing is decided yet. Show this to the person; with their consent call again with the confirmation."
        )
        return Decided(actions=previewed, preview=True, confirmation=code, note=note)
    if args.confirmation != code:
        raise UsageError(
            "The confirmation is not that of this decision: another one was previewed, or a proposal has changed.",
            where="confirmation",
            next_step="Call again without it, show the new preview, then confirm.",
        )
    single = previewed[0].version - 1 if len(previewed) == 1 else None
    made = surface.decide(caller, Decision(**{**wanted.__dict__, "version": single}))
    return Decided(actions=made, preview=False, confirmation="", note="Decided.")


def _decision(args: given.ReviewActions) -> Decision:
    edits = {name: getattr(args, name) for name in ("change", "owner", "effort_days", "weeks")}
    return Decision(
        args.decision,
        tuple(args.proposals),
        args.reason,
        {name: value for name, value in edits.items() if value is not None},
        args.duplicate_of,
        args.go_live.isoformat() if args.go_live else "",
    )


@dataclass(frozen=True)
class ToolEntry:
    """A tool: its function, what it takes and gives, its text, whether it may change something."""

    run: Callable[[Surface, Caller, Any], BaseModel]
    takes: type[given.Arguments]
    gives: type[BaseModel]
    text: Callable[[Any], str]
    title: str
    changes: bool = False

    @property
    def name(self) -> str:
        """The name that clients call."""
        return self.run.__name__

    @property
    def description(self) -> str:
        """What the client's chat model reads."""
        return self.run.__doc__ or ""


READING = (
    ToolEntry(list_metrics, given.ListMetrics, MetricsPage, texts.metrics_text, "List metrics"),
    ToolEntry(search_metrics, given.SearchMetrics, Matches, texts.matches_text, "Search"),
    ToolEntry(describe_metric, given.DescribeMetric, MetricDescription, texts.metric_text, "Describe a metric"),
    ToolEntry(query_metrics, given.QueryMetrics, Answered, texts.answer_text, "Query metrics"),
    ToolEntry(ask, given.Ask, Answered, texts.answer_text, "Ask in words"),
    ToolEntry(why, given.Why, Answered, texts.answer_text, "Explain a figure"),
    ToolEntry(explain_answer, given.ExplainAnswer, Answered, texts.explained_text, "How an answer was made"),
    ToolEntry(briefing, given.ReadBriefing, DailyBriefing, texts.briefing_text, "Daily briefing"),
    ToolEntry(savings, given.ProjectSavings, Answered, texts.answer_text, "Project savings"),
    ToolEntry(impact, given.MeasureImpact, Answered, texts.answer_text, "Measure impact"),
    ToolEntry(
        list_actions, given.ListActions, ActionsPage, lambda page: texts.actions_text(page.actions), "List actions"
    ),
    ToolEntry(propose_actions, given.ProposeActions, Proposed, texts.proposed_text, "Propose actions"),
)
DECIDING = (
    ToolEntry(review_actions, given.ReviewActions, Decided, texts.decided_text, "Review actions", changes=True),
)


def toolset(*, decisions: bool) -> dict[str, ToolEntry]:
    """The tools by name; without `decisions` those that read only."""
    return {entry.name: entry for entry in (*READING, *(DECIDING if decisions else ()))}
