"""Text from typed facts: a template says the words, facts say every number, name, period and direction."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import Formatter

from agents.answer import Fact
from agents.wording import written

Piece = Fact | str


@dataclass
class Prose:
    """Sentences under way, with the facts in the order in which they are read."""

    text: str = ""
    facts: list[Fact] = field(default_factory=list)

    def write(self, template: str, **pieces: Piece | list[Piece]) -> None:
        """Add a sentence. `{name}` takes a fact, plain text, or a list of both."""
        parts: list[str] = []
        for literal, name, _, _ in Formatter().parse(template):
            parts.append(literal)
            if name is None:
                continue
            given = pieces[name]
            for piece in given if isinstance(given, list) else [given]:
                if isinstance(piece, Fact):
                    self.facts.append(piece)
                    parts.append(piece.text)
                else:
                    parts.append(piece)
        sentence = "".join(parts)
        self.text = f"{self.text} {sentence}".strip()

    def add(self, other: Prose) -> None:
        """Add what another one says, unless it has been said word for word."""
        if other.text not in self.text:
            self.text = f"{self.text} {other.text}".strip()
            self.facts += other.facts


def number(value: float, unit: str, source: str) -> Fact:
    """A number as it is written, bound to its cell or formula."""
    return Fact(text=written(value, unit), value=value, unit=unit, source=source)


def series(items: list[list[Piece]], last: str = " and ") -> list[Piece]:
    """a, b and c, each item a run of pieces."""
    pieces: list[Piece] = []
    for index, item in enumerate(items):
        if index:
            pieces.append(last if index == len(items) - 1 else ", ")
        pieces += item
    return pieces
