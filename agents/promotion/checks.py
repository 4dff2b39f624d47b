"""What is checked before a proposal may be approved; each check says what it found, in words for its reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.answer_store import KeptAnswer, parts_of
from agents.planner.normalise import tokenise
from agents.planner.periods import Clock
from agents.planner.plan import Plan
from agents.planner.sameness import same_query
from agents.planner.slots import read_slots
from agents.planner.verified import Verified, match_verified, plan_of
from agents.promotion.files import model_with
from agents.promotion.freshness import fingerprint
from agents.promotion.wording import personal_in, unfit_words
from agents.replay import Replay, reader_of, replay
from agents.screening import gaps
from semantic.availability import unavailable
from semantic.model import SemanticModel, VerifiedQuery
from semantic.query import SemanticQuery
from warehouse.errors import CommandCenterError, MissingDataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from agents.knowledge import Knowledge
    from agents.promotion.store import Proposal
    from agents.runtime import Assistant


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it holds, what it found. One that is not `needed` is left to the reviewer."""

    name: str
    holds: bool
    found: str
    needed: bool = True


def blocking(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks that stand against an approval."""
    return tuple(check for check in checks if check.needed and not check.holds)


def check_proposal(proposal: Proposal, assistant: Assistant, overlay: Path, by: str) -> tuple[Check, ...]:
    """Every check of a proposal as it stands now. `by` is who asks, for the trail of the answer's replay."""
    knowledge = assistant.knowledge()
    try:
        model = model_with(proposal.name, proposal.document, overlay)
    except UsageError as error:
        return (Check("It is a valid entry of the model", False, error.what),)
    verified = model.verified_queries[proposal.name]
    return (
        Check(
            "It is a valid entry of the model", True, "Names, parameters and parts are as the model knows them."
        ),
        _compiles(verified, model, knowledge),
        *_questions(verified, model, knowledge),
        _texts(verified, knowledge),
        _values(verified, knowledge),
        *_against_answer(proposal, verified, assistant, knowledge, by),
    )


def _compiles(verified: VerifiedQuery, model: SemanticModel, knowledge: Knowledge) -> Check:
    name = "It compiles"
    plan = plan_of(verified, {}, knowledge.clock)
    if not fingerprint(verified, model) or plan is None or plan.query is None:
        return Check(name, False, "The query, a part or a default period cannot be turned into a statement.")
    queries = (plan.query, *plan.parts)
    gaps = {gap.label for query in queries for gap in unavailable(model, query, knowledge.missing_columns)}
    if gaps:
        return Check(name, False, f"This warehouse's data lack: {', '.join(sorted(gaps))}.")
    return Check(
        name,
        True,
        f"{len(queries)} statement{'s' if len(queries) > 1 else ''}, plan {fingerprint(verified, model)}.",
    )


def _questions(verified: VerifiedQuery, model: SemanticModel, knowledge: Knowledge) -> Iterator[Check]:
    planner, clock = knowledge.planner, knowledge.clock
    index = Verified.of(model, planner.lexicon)
    lost, unfit, more = [], [], []
    for question in verified.questions:
        plan = match_verified(tokenise(question), index, clock)
        if plan is None or plan.verified != verified.name:
            lost.append(
                f"'{question}'" + (f" is read as {plan.verified}" if plan else " is not read as this query")
            )
        elif plan.query and (beyond := gaps(question, plan.query, planner, clock).missing):
            more.append(f"'{question}': {', '.join(beyond)}")
        unfit += [f"'{question}': {word}" for word in unfit_words(question, planner)]
    yield Check("Its questions lead to it", not lost, "; ".join(lost) or f"All {len(verified.questions)} of them.")
    yield Check("Its questions say no more than it answers", not more, "; ".join(more) or "They do not.")
    clashes = list(collisions(verified, model, knowledge))
    yield Check("No other verified query has its questions", not clashes, "; ".join(clashes) or "None does.")
    said = "; ".join(unfit) or "Only words of the model and of plain English."
    yield Check("Its questions name nobody", not unfit, said)


def collisions(verified: VerifiedQuery, model: SemanticModel, knowledge: Knowledge) -> Iterator[str]:
    """Wordings that two verified queries would both take, with any values, periods and numbers in them."""
    own = _keys(verified, knowledge)
    for other in model.verified_queries.values():
        if other.name != verified.name and (both := own.keys() & _keys(other, knowledge).keys()):
            yield f"'{own[next(iter(both))]}' reads like a question of {other.name}"


def _keys(verified: VerifiedQuery, knowledge: Knowledge) -> dict[frozenset[str], str]:
    lexicon, clock = knowledge.planner.lexicon, knowledge.clock
    return {read_slots(tokenise(text), lexicon, clock).key: text for text in verified.questions}


def _texts(verified: VerifiedQuery, knowledge: Knowledge) -> Check:
    texts = (verified.title, verified.owner, verified.note, *verified.follow_ups)
    found = [f"'{text[:60]}': {why}" for text in texts if text and (why := personal_in(text, knowledge.planner))]
    return Check(
        "Its other texts name nobody", not found, "; ".join(found) or "Title, owner, note and follow-ups."
    )


def _values(verified: VerifiedQuery, knowledge: Knowledge) -> Check:
    """Only groups: dimensions of the model, and values that most readers may know."""
    plan = plan_of(verified, {}, knowledge.clock)
    filters = [item for query in (plan.query, *plan.parts) if query for item in query.filters] if plan else []
    unknown = [
        f"{item.dimension} {value}"
        for item in filters
        for value in item.values
        if value not in knowledge.values.values(item.dimension)
    ]
    said = f"Not known to most readers: {', '.join(unknown)}." if unknown else "Groups only, no member's row."
    return Check("It has no member-level content", not unknown, said)


def _against_answer(
    proposal: Proposal, verified: VerifiedQuery, assistant: Assistant, knowledge: Knowledge, by: str
) -> Iterator[Check]:
    name = "It asks what the answer asked"
    try:
        kept = assistant.answers.kept(proposal.answer_id)
    except UsageError:
        yield Check(name, False, "The answer is not kept any more.", needed=False)
        return
    same = _same_queries(verified, kept, knowledge)
    yield Check(
        name, same, "The same query." if same else "With its defaults it is another query now.", needed=False
    )
    yield _replayed(kept, assistant, by)


def _same_queries(verified: VerifiedQuery, kept: KeptAnswer, knowledge: Knowledge) -> bool:
    now = knowledge.clock
    then = Clock(kept.answer.as_of or now.today, now.first_day, now.fiscal_month, now.events)
    plan = plan_of(verified, {}, then)
    asked = parts_of(kept.answer)[0].semantic_query
    if plan is None or plan.query is None or asked is None:
        return False
    return same_query(_dated(plan, asked), SemanticQuery.model_validate(asked))


def _dated(plan: Plan, asked: Mapping[str, Any]) -> SemanticQuery | None:
    """The plan's query with the answer's default window where neither names a period."""
    if plan.query is None or plan.query.time is not None:
        return plan.query
    return plan.query.model_copy(update={"time": SemanticQuery.model_validate(asked).time})


def _replayed(kept: KeptAnswer, assistant: Assistant, by: str) -> Check:
    name = "The answer still holds"
    try:
        try:
            found = replay(assistant, kept, reader_of(kept), "same", by=by)
        except MissingDataError:
            found = replay(assistant, kept, reader_of(kept), "newest", by=by)
    except CommandCenterError as error:
        return Check(name, False, error.what, needed=False)
    return Check(name, found.identical, _said(found), needed=False)


def _said(found: Replay) -> str:
    """What a replay found, in counts only: the reviewer may not see what the answer's reader saw."""
    if found.identical:
        hashes = ", ".join(part.new_hash[:12] for part in found.parts if part.new_hash)
        return f"Run again on snapshot {found.new.snapshot}: the same result ({hashes})."
    where = f"Run again on snapshot {found.new.snapshot} (as of {found.new.as_of})"
    if found.against == "newest":
        where += f"; that of the answer, {found.old.snapshot}, is not kept"
    cells = sum(len(part.differences.cells) for part in found.parts if part.differences)
    rows = sum(
        len(part.differences.added) + len(part.differences.removed) for part in found.parts if part.differences
    )
    refused = [part.code for part in found.parts if part.state == "refused"]
    said = f"{cells} cells differ, {rows} rows came or went"
    return f"{where}: {said}{f'; refused: {refused[0]}' if refused else ''}."
