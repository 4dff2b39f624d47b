"""Documents from what the assistant and the review hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.answer import Answer, AnswerPart, Cell
from agents.briefing.document import Briefing
from semantic.model import SemanticModel
from semantic.values import cleaned
from tools.actions.proposals import proposal_id
from tools.actions.verdicts import Proposal
from ui.programs.documents import (
    ActionEntry,
    ActionTicket,
    AnswerChoice,
    Answered,
    BriefingItem,
    DailyBriefing,
    MetricEntry,
    ResultTable,
    TableColumn,
)
from ui.tickets.store import Ticket

ROWS = 200
"""Of one table: a program that wants more asks with a narrower query, or over HTTP."""
_FIELDS = (
    "title", "change", "owner", "lever", "journey", "effort_days", "weeks", "cost", "calls_per_day", "reduction",
    "reduction_low", "reduction_high", "savings_per_year", "savings_low", "savings_high", "interval", "past_fixes",
)  # fmt: skip
_NEXT = {
    "clarify": "Ask one of the choices.",
    "not_asked": "A question decides nothing here: use the review tool, the API's decisions or the chat.",
    "denied": "Ask for figures of groups, or sign in as somebody who may see it.",
    "too_long": "Ask a shorter question.",
}


def answered(answer: Answer) -> Answered:
    """An answer for a program: texts of the data on one line, nothing in them clickable."""
    kind = answer.refusal_code.partition(":")[0]
    stopped = answer.status != "answered"
    instead = f"You can ask: {answer.follow_ups[0]}" if stopped and answer.follow_ups else ""
    return Answered(
        answer_id=answer.answer_id,
        status=answer.status,
        text=answer.text,
        trust=answer.trust,
        trust_reason=answer.trust_reason,
        as_of=answer.as_of.isoformat() if answer.as_of else "",
        snapshot=answer.snapshot,
        tables=[_table(part) for part in answer.parts],
        assumptions=answer.assumptions,
        follow_ups=answer.follow_ups,
        choices=[AnswerChoice(label=choice.label, question=choice.question) for choice in answer.choices],
        refusal_code=answer.refusal_code,
        thread=answer.thread,
        next_step=(_NEXT.get(kind) or _NEXT.get(answer.status) or instead) if stopped else "",
    )


def _table(part: AnswerPart) -> ResultTable:
    shown = part.rows[:ROWS]
    return ResultTable(
        title=part.title,
        columns=[TableColumn(name=c.name, label=c.label, unit=c.unit, role=c.role) for c in part.columns],
        rows=[[_plain(cell) for cell in row] for row in shown],
        row_count=len(part.rows),
        hidden=[list(cell) for cell in part.suppressed if cell[0] < len(shown)],
        truncated=part.truncated or len(part.rows) > len(shown),
        interpretation=part.interpretation,
        formulas=part.formulas,
        semantic_query=part.semantic_query,
        sql=part.sql,
    )


def _plain(cell: Cell) -> Cell:
    return cleaned(cell) if isinstance(cell, str) else cell


def metric_entry(name: str, semantic: SemanticModel) -> MetricEntry:
    """A metric as the catalogue lists it."""
    metric = semantic.metrics[name]
    return MetricEntry(
        name=name,
        label=metric.label,
        description=metric.description,
        unit=metric.unit,
        better=metric.polarity,
        owner=metric.owner,
        notes=metric.notes,
        dimensions=sorted(semantic.dimensions_of(name)),
    )


def briefing_document(briefing: Briefing) -> DailyBriefing:
    """A briefing without the tables behind it."""
    return DailyBriefing(
        day=briefing.day.isoformat(),
        revision=briefing.revision,
        snapshot=briefing.snapshot,
        headline=briefing.headline.text,
        items=[
            BriefingItem(
                state=item.state,
                metric=item.metric,
                segment=item.segment,
                title=item.title.text,
                sentences=[passage.text for passage in item.sentences],
                owner=item.owner,
                view=item.view,
            )
            for item in briefing.items
        ],
        became=[passage.text for passage in briefing.became],
        notes=[passage.text for passage in briefing.notes],
    )


def action_entry(proposal: Proposal, ticket: Ticket | None = None) -> ActionEntry:
    """A proposal as it stands, with the reviewer's edits and its ticket, if it has one."""
    return ActionEntry(
        id=proposal.id,
        state=proposal.state,
        version=proposal.version,
        **{name: proposal.now[name] for name in _FIELDS},
        go_live=proposal.go_live,
        duplicate_of=proposal.duplicate_of,
        created_at=proposal.created_at,
        as_of=proposal.as_of,
        snapshot=proposal.snapshot,
        edited=sorted(proposal.edits),
        ticket=_ticket(ticket) if ticket else None,
    )


def _ticket(ticket: Ticket) -> ActionTicket:
    kept = ticket.kept
    return ActionTicket(
        tracker=kept.tracker,
        delivery=ticket.delivery,
        reference=kept.reference,
        url=kept.url,
        status=kept.status,
        said_at=kept.said_at,
    )


def recommended_entries(
    documents: Mapping[str, Mapping[str, Any]], snapshot: str, as_of: str
) -> list[ActionEntry]:
    """What would be proposed, as proposals that nobody has kept yet (version 0)."""
    return [
        action_entry(
            Proposal(proposal_id(key), key, "", snapshot, as_of, "proposed", 0, document, {}, "", {}, {}, "")
        )
        for key, document in documents.items()
    ]
