"""A briefing as one reader sees it: passages of text with their facts, and the tables that the facts rest on."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from agents.answer import AnswerPart, Fact
from agents.briefing.lifecycle import IssueState


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BoundFact(Fact):
    """A fact with what it rests on: a statement's hash, the day of the data and, where there is one, an interval.

    `id` is its place in the briefing (f1, f2 ...); `statement` the first 16 hex characters of the sha256 of the
    SQL that ran, or `scan:<incident>` for what the scan computed. The statements themselves are in the briefing's
    parts; the audit trail has them under the briefing's `audit_id`.
    """

    id: str = ""
    statement: str = ""
    as_of: date | None = None
    low: float | None = None
    high: float | None = None


class Passage(_Model):
    """A sentence or a few, with their facts in reading order. `parts` are the tables that these may rest on."""

    text: str = ""
    facts: list[BoundFact] = Field(default_factory=list)
    parts: list[int] = Field(default_factory=list)


class Item(_Model):
    """One issue of the briefing.

    `course` is the part with its days through the door, `expectation` the part with what was expected on them.
    `view` is the address of the view with the same figures, filters in its query string.
    """

    id: str
    state: IssueState
    metric: str
    label: str
    unit: str
    segment: dict[str, str] = Field(default_factory=dict)
    favourable: bool = False
    title: Passage
    sentences: list[Passage]
    owner: str
    view: str
    course: int
    expectation: int


class Briefing(_Model):
    """One reader's briefing of a day: title, headline, at most five items, what became of others, notes.

    `snapshot` is the data that its figures were read from; `unconfirmed` counts the issues that are left out
    because these do not give the scan's figure.
    """

    day: date
    revision: int
    snapshot: str
    made_at: datetime
    reader: str
    role: str
    audit_id: str
    title: Passage
    headline: Passage
    items: list[Item] = Field(default_factory=list)
    became: list[Passage] = Field(default_factory=list)
    notes: list[Passage] = Field(default_factory=list)
    unconfirmed: int = 0
    parts: list[AnswerPart] = Field(default_factory=list)
    constants: dict[str, float] = Field(default_factory=dict)

    def passages(self) -> list[Passage]:
        """Every passage in the order in which it is read."""
        items = [passage for item in self.items for passage in (item.title, *item.sentences)]
        return [self.title, self.headline, *items, *self.became, *self.notes]

    def facts(self) -> list[BoundFact]:
        """Every fact in the order in which it is read."""
        return [fact for passage in self.passages() for fact in passage.facts]
