"""A reader's briefing: put together once for each reader and revision, held against its figures, and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import closing
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
    """The briefing from what is served, when that gives all of the scan's figures; else from the scan's own data.

    With a live feed a newer snapshot is served nearly always, and the day of the briefing is the same in it.
    """
    if made.day <= assistant.knowledge().as_of:
        briefing = _told(assistant, made, reader, follows, cause_of)
        if not briefing.unconfirmed or briefing.snapshot == made.snapshot:
            return briefing
    with closing(_of_snapshot(assistant, made)) as pinned:
        return _told(pinned, made, reader, follows, cause_of)


def _told(
    assistant: Assistant, made: Made, reader: Principal, follows: Mapping[str, str], cause_of: CauseOf
) -> Briefing:
    """What the assistant's data let this reader be told, held against its tables. Raises Ungrounded."""
    knowledge = assistant.knowledge(reader)
    audit_id = f"briefing-{made.day.isoformat()}-{made.revision}-{_short(reader.user)}"
    desk = knowledge.desk("Daily briefing", reader, assistant.door, audit_id, "briefing")
    briefing = compose(made, desk, most=assistant.settings.scout.items, cause_of=cause_of, follows=follows)
    evidence = evidence_of(briefing, knowledge)
    require_grounded(briefing, evidence)
    texts = (visible_in_markdown(markdown(briefing)), visible_in_page(page(briefing)))
    wrong = [problem for text in texts for problem in text_problems(text, briefing, evidence)]
    if wrong:
        told = "; ".join(wrong[:3])
        raise Ungrounded(f"A text of the briefing does not hold: {told}.", where=made.day.isoformat())
    return briefing


def _of_snapshot(assistant: Assistant, made: Made) -> Assistant:
    """An assistant that reads the data which the briefing was made from."""
    try:
        return type(assistant).open(
            assistant.settings, assistant.warehouse, clock=assistant.clock, snapshot_id=made.snapshot
        )
    except MissingDataError as error:
        raise MissingDataError(
            f"The data that the briefing of {made.day.isoformat()} was made from are no longer kept.",
            where=f"snapshot {made.snapshot[:12]}",
            next_step="Those who have read it still can; `command-center scout --date` makes it again.",
        ) from error


def _wishes(follows: Mapping[str, str] | None) -> str:
    return f"+{_short(json.dumps(dict(follows), sort_keys=True))}" if follows else ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
