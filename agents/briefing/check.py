"""The last word on a briefing: every passage, every fact and the finished text held against its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agents.answer import AnswerPart
from agents.assembly import as_table
from agents.briefing.document import BoundFact, Briefing, Passage
from agents.grounding import Evidence, problems, table_problems
from tools.outcome import PlainCell, Table
from warehouse.errors import CommandCenterError

if TYPE_CHECKING:
    from agents.knowledge import Knowledge


class Ungrounded(CommandCenterError):
    """A briefing whose words its tables do not bear out: a mistake of the program's, never shown to anybody."""


def evidence_of(briefing: Briefing, knowledge: Knowledge) -> Evidence:
    """What a briefing's words may rest on: its tables, its constants and the names in the data."""
    tables = tuple(as_table(part) for part in briefing.parts)
    return Evidence(
        semantic=knowledge.semantic,
        values=knowledge.values,
        as_of=briefing.day,
        names=knowledge.words.assembler.names,
        tables=tables,
        constants=briefing.constants,
    )


def briefing_problems(briefing: Briefing, evidence: Evidence) -> list[str]:
    """What is wrong with a briefing, in reading order; empty when every word of it holds.

    Beyond `agents.grounding.problems` each fact must rest on a table of its own passage, carry its cell's value,
    and name the statement, day and interval that it has.
    """
    found = table_problems(evidence.tables, evidence.constants)
    passages = briefing.passages()
    found += problems("\n".join(passage.text for passage in passages), briefing.facts(), evidence)
    for passage in passages:
        found += _order_problems(passage)
        for fact in passage.facts:
            found += _fact_problems(fact, passage, briefing, evidence)
    return found + _place_problems(briefing)


def text_problems(visible: str, briefing: Briefing, evidence: Evidence) -> list[str]:
    """What is wrong with a finished text, its marks taken off: it must say the same facts in the same order."""
    return problems(visible, briefing.facts(), evidence)


def require_grounded(briefing: Briefing, evidence: Evidence) -> Briefing:
    """The briefing, if it holds. Raises Ungrounded with the first three problems."""
    wrong = briefing_problems(briefing, evidence)
    if wrong:
        raise Ungrounded(
            f"The briefing does not hold against its figures: {'; '.join(wrong[:3])}.",
            where=f"the briefing of {briefing.day.isoformat()}",
            next_step="Nothing was sent. Report this with the log; the issues themselves are kept.",
        )
    return briefing


def _order_problems(passage: Passage) -> list[str]:
    """Facts that do not stand in their own passage in their order."""
    at, found = 0, []
    for fact in passage.facts:
        place = passage.text.find(fact.text, at)
        if place < 0:
            found.append(f"{fact.text!r} does not stand where its fact does")
        at = max(at, place + len(fact.text))
    return found


def _fact_problems(fact: BoundFact, passage: Passage, briefing: Briefing, evidence: Evidence) -> list[str]:
    named = _part(fact)
    if named is None or named not in passage.parts or named >= len(briefing.parts):
        return [f"{fact.text!r} rests on a table of something else"]
    part, table = briefing.parts[named], evidence.tables[named]
    found = []
    if _raw(fact, evidence.tables) not in (None, fact.value):
        found.append(f"{fact.text!r} carries a value that its cell does not have")
    if fact.statement != _statement(part):
        found.append(f"{fact.text!r} names a statement that did not give it")
    if fact.as_of != briefing.day and not (fact.as_of and _cell(table, "as_of") == fact.as_of.isoformat()):
        found.append(f"{fact.text!r} names a day that its data are not of")
    ends = (_cell(table, "low"), _cell(table, "high")) if fact.source.endswith(":amount)") else (None, None)
    if (fact.low, fact.high) != ends:
        found.append(f"{fact.text!r} has an interval that its table does not have")
    return found


def _place_problems(briefing: Briefing) -> list[str]:
    wanted = [f"f{place}" for place in range(1, len(briefing.facts()) + 1)]
    return (
        [] if [fact.id for fact in briefing.facts()] == wanted else ["the facts are not numbered as they are read"]
    )


def _part(fact: BoundFact) -> int | None:
    """The first table that a source names."""
    words = fact.source.replace("(", ":").replace(")", ":").replace(",", ":").split(":")
    return next((int(word) for word in words if word.isdigit()), None)


def _raw(fact: BoundFact, tables: Sequence[Table]) -> PlainCell:
    """The cell that a fact says as it is; None when it says a formula or a direction."""
    kind, _, rest = fact.source.partition(":")
    try:
        if fact.source.startswith("query:period:"):
            return _days(tables[int(rest.removeprefix("period:"))])
        if kind != "cell":
            return None
        part, row, name = rest.split(":")
        return tables[int(part)].cell(int(row), name)
    except (IndexError, StopIteration, ValueError):
        return "nothing"


def _days(table: Table) -> str:
    period = table.query.time if table.query else None
    return f"{period.start.isoformat()}/{period.end.isoformat()}" if period else "nothing"


def _cell(table: Table, name: str) -> PlainCell:
    return next((table.cell(0, name) for column in table.columns if column.name == name), None)


def _statement(part: AnswerPart) -> str:
    if part.sql:
        return hashlib.sha256(part.sql.encode()).hexdigest()[:16]
    kind, _, issue = part.title.partition(": ")
    return f"scan:{issue}" if kind in ("Scan", "Expected") and issue else ""
