"""Writes the answer's text from typed facts: one to three sentences, every number bound to where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents import asides
from agents.answer import Fact
from agents.courses import trend
from agents.explaining import drivers
from agents.firsts_of_each import firsts_of_each, ranks_within
from agents.held_against import agents, confusion
from agents.impacts import impact
from agents.journeys import journey
from agents.narratives import opportunities, what_if
from agents.outlooks import outlook
from agents.prose import Prose
from agents.rankings import counted_rows, ranked
from agents.recommended import actions, by_owner, issue, levers, reviewed
from agents.shapes import Telling, single
from agents.sight import SeenTable, Sight, sight_of
from agents.splits import split
from agents.standing import briefing
from agents.voice import Voice
from semantic.model import SemanticModel
from semantic.values import ValueDictionary


@dataclass(frozen=True)
class Narration:
    """The text and the facts in it, in reading order."""

    text: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Narrator:
    """Narrates results in the words of a semantic model. Pure: the same result, the same text."""

    semantic: SemanticModel
    values: ValueDictionary

    def narrate(self, summaries: list[dict[str, Any]], asked: str = "") -> Narration:
        """The text for the summaries of a question's tool results (`agents.toolbox.seen_by_model`).

        A row that the question, `asked`, names is told even where it neither leads nor comes last.
        """
        sight = sight_of(summaries)
        prose = Prose()
        tell = SHAPES.get(sight.shape)
        voices = [Voice(self.semantic, self.values, table) for table in sight.tables]
        if tell:
            tell(prose, voices, sight)
        else:
            for voice in voices:
                table_shape(voice.table)(prose, Telling(voice, voices[0], len(voices), asked))
        return Narration(prose.text, tuple(prose.facts))


Tell = Callable[[Prose, Telling], None]
SHAPES: dict[str, Callable[[Prose, list[Voice], Sight], None]] = {
    "what_if": what_if,
    "opportunities": opportunities,
    "briefing": briefing,
    "drivers": drivers,
    "agents": agents,
    "confusion": confusion,
    "outlook": outlook,
    "journey": journey,
    "actions": actions,
    "actions_by_owner": by_owner,
    "issue": issue,
    "levers": levers,
    "review": reviewed,
    "impact": impact,
    "split": split,
    "action_basis": asides.action_basis,
    "action_sure": asides.action_sure,
    "action_order": asides.action_order,
    "action_live": asides.action_live,
    "fix_live": asides.fix_live,
    "fix_owner": asides.fix_owner,
    "impact_basis": asides.impact_basis,
    "impact_sure": asides.impact_sure,
    "split_basis": asides.split_basis,
    "split_sure": asides.split_sure,
    "what_if_basis": asides.what_if_basis,
    "what_if_sure": asides.what_if_sure,
    "issue_sure": asides.issue_sure,
}


def table_shape(table: SeenTable) -> Tell:
    """Which kind of sentence a table needs: over time, by dimensions, or a single row."""
    if not (table.names("metric") or table.names("derived")):
        return counted_rows
    if ranks_within(table):
        return firsts_of_each
    if table.names("time"):
        return trend
    return ranked if table.names("dimension") else single
