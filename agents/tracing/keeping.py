"""What of an answer's trace is kept: everything but the words of answers that hold personal data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agents.answer_store import MEMBER_LEVEL_ROLES, PERSONAL
from agents.tracing.store import Header, TraceStore

if TYPE_CHECKING:
    from agents.answer import Answer
    from agents.context import Context
    from warehouse.principal import Principal


def keep_trace(
    store: TraceStore, answer: Answer, principal: Principal, context: Context, source: str, at: datetime
) -> None:
    """End the question's trace and store it under the answer's id."""
    root = context.trace.finish(failed=answer.status == "error")
    root.content["question"] = answer.question
    personal = (
        answer.refusal_code == PERSONAL or principal.role in MEMBER_LEVEL_ROLES or bool(principal.break_glass)
    )
    header = Header(
        status=answer.status, agent=answer.agent, trust=answer.trust, refusal_code=answer.refusal_code,
        role=principal.role, source=source, snapshot=answer.snapshot, rows=len(answer.rows),
        chat_model=str(getattr(context.chat_model, "_llm_type", "")),
    )  # fmt: skip
    store.keep(answer.answer_id, header, context.trace, at, personal=personal)
