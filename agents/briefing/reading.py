"""A reader's briefing: put together once for each reader and revision, held against its figures, and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING

from agents.briefing.check import Ungrounded, evidence_of, require_grounded, text_problems
from agents.briefing.composing import CauseOf, compose
from agents.briefing.document import Briefing
from agents.briefing.markdown import markdown, visible_in_markdown
from agents.briefing.page import page, visible_in_page
from agents.briefing.store import BriefingStore, Made
from warehouse.errors import MissingDataError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant

NO_CAUSE: CauseOf = lambda incident, desk: None  # noqa: E731


def briefing_for(
    assistant: Assistant,
    store: BriefingStore,
    principal: Principal,
    day: date | None = None,
    *,
    follows: Mapping[str, str] | None = None,
    cause_of: CauseOf = NO_CAUSE,
) -> Briefing | None:
    """A day's briefing (the latest one) as a reader may see it; None when none was made.

    A purpose or a broken glass opens nothing here: a briefing is of groups. Raises MissingDataError when it was
    never put together for this reader and the data that it was made from are no longer kept.
    """
    made = store.find(day) if day else store.latest()
    if made is None:
        return None
    reader = Principal(principal.user, principal.role, attributes=dict(principal.attributes))
    rights = reader.rights + _wishes(follows)
    kept = store.sight(made, reader.user, rights)
    if kept is None:
        briefing = _composed(assistant, made, reader, follows or {}, cause_of)
        kept = store.keep_sight(made, reader.user, rights, briefing.model_dump(mode="json"))
    return Briefing.model_validate(kept)


def _composed(
    assistant: Assistant, made: Made, reader: Principal, follows: Mapping[str, str], cause_of: CauseOf
) -> Briefing:
    with _of_snapshot(assistant, made) as opened:
        knowledge = opened.knowledge()
        audit_id = f"briefing-{made.day.isoformat()}-{made.revision}-{_short(reader.user)}"
        context = knowledge.context("Daily briefing", reader, opened.door, _silent, audit_id, "briefing")
        briefing = compose(
            made, context.desk, most=assistant.settings.scout.items, cause_of=cause_of, follows=follows
        )
        evidence = evidence_of(briefing, knowledge)
    require_grounded(briefing, evidence)
    texts = (visible_in_markdown(markdown(briefing)), visible_in_page(page(briefing)))
    wrong = [problem for text in texts for problem in text_problems(text, briefing, evidence)]
    if wrong:
        raise Ungrounded(
            f"A text of the briefing does not hold: {'; '.join(wrong[:3])}.", where=made.day.isoformat()
        )
    return briefing


@contextmanager
def _of_snapshot(assistant: Assistant, made: Made) -> Iterator[Assistant]:
    """The assistant itself when it reads the data of the briefing, else one that does."""
    if assistant.knowledge().snapshot == made.snapshot:
        yield assistant
        return
    try:
        pinned = type(assistant).open(
            assistant.settings, assistant.warehouse, clock=assistant.clock, snapshot_id=made.snapshot
        )
    except MissingDataError as error:
        raise MissingDataError(
            f"The data that the briefing of {made.day.isoformat()} was made from are no longer kept.",
            where=f"snapshot {made.snapshot[:12]}",
            next_step="Those who have read it still can; `command-center scout --date` makes it again.",
        ) from error
    with closing(pinned):
        yield pinned


def _wishes(follows: Mapping[str, str] | None) -> str:
    return f"+{_short(json.dumps(dict(follows), sort_keys=True))}" if follows else ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _silent(_: str) -> None:
    return None
