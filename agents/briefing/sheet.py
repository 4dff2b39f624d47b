"""A briefing under way: its tables as facts name them, and the issues that its reader may be told of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from agents.answer import Fact
from agents.briefing.document import BoundFact, Passage
from agents.briefing.issue_table import Aligned, IssueVoice
from agents.briefing.lifecycle import Issue
from agents.prose import Piece
from tools.desk import Desk
from tools.outcome import Table


@dataclass
class Sheet:
    """A briefing under way: its tables, in the order in which facts name them."""

    desk: Desk
    tables: list[Table] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    constants: dict[str, float] = field(default_factory=dict)

    def add(self, table: Table, statement: str = "") -> int:
        """The number of a new table. `statement` names what computed it, when no SQL of its own did."""
        self.tables.append(table)
        hashed = hashlib.sha256(table.sql.encode()).hexdigest()[:16] if table.sql else statement
        self.statements.append(hashed)
        return len(self.tables) - 1

    def passage(self, pieces: Iterable[Piece], parts: Sequence[int], as_of: date) -> Passage:
        """A passage from its pieces; its facts rest on these parts only."""
        facts = []
        text = ""
        for piece in pieces:
            if isinstance(piece, Fact):
                bound = {"statement": self._statement(piece), "as_of": as_of}
                facts.append(BoundFact.model_validate({**piece.model_dump(), **bound}))
            text += piece.text if isinstance(piece, Fact) else piece
        return Passage(text=text, facts=facts, parts=list(parts))

    def _statement(self, fact: Fact) -> str:
        named = next((int(word) for word in _words(fact.source) if word.isdigit()), None)
        return self.statements[named] if named is not None and named < len(self.statements) else ""


def _words(source: str) -> list[str]:
    return source.replace("(", ":").replace(")", ":").replace(",", ":").split(":")


@dataclass(frozen=True)
class Told:
    """An issue that this reader may be told of, with the places of its tables."""

    issue: Issue
    voice: IssueVoice
    parts: tuple[int, ...]
    owner: str
    cause: Aligned | None
    governed: int = -1
    course: int = -1
    expectation: int = -1
