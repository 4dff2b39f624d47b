"""What the planner has understood of a question so far: tokens, spans and notes. Steps add to it in turn."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from agents.planner.periods import Period
from semantic.query import Comparison, TimeGrain, TimeRange

if TYPE_CHECKING:
    from agents.planner.ranking import Ranking
    from agents.planner.thresholds import Threshold

TargetKind = Literal["metric", "dimension", "value"]
Said = Literal["at_event", "today", "both"]
SpanKind = Literal["metric", "dimension", "value", "time", "grain", "topic"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or punctuation mark. `raw` keeps the case; `lemma` drops inflection."""

    text: str
    lemma: str
    raw: str

    @property
    def is_mark(self) -> bool:
        return self.text in {",", "."}


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Something of the semantic model that a phrase may stand for."""

    kind: TargetKind
    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `start` to `end` (exclusive) read as one thing; several targets mean it is ambiguous."""

    start: int
    end: int
    kind: SpanKind
    targets: tuple[Target, ...] = ()
    period: Period | None = None
    grain: TimeGrain | None = None
    weight: float = 1.0

    @property
    def names(self) -> frozenset[str]:
        """What it may name: of values their dimensions."""
        return frozenset(target.name for target in self.targets)


class Wording:
    """The tokens of a question as they are looked through again and again. They do not change."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.texts = tuple(token.text for token in tokens)
        self.lemmas = tuple(token.lemma for token in tokens)
        self.text = " ".join(self.texts)
        """Tokens joined by single blanks: what cue patterns match against."""
        self.words = frozenset(self.texts)


@dataclass
class Reading:
    """The state that the pipeline's steps share for one question. Nothing here outlives the question.

    Copies of it share the `wording`.
    """

    question: str
    tokens: list[Token]
    spans: list[Span] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)
    assumptions: list[str] = field(default_factory=list)

    # what the cues ask for
    breakdown: list[Span] = field(default_factory=list)
    loose: list[Span] = field(default_factory=list)
    negated: set[int] = field(default_factory=set)
    compared: set[int] = field(default_factory=set)
    thresholds: list[Threshold] = field(default_factory=list)
    ranking: Ranking | None = None
    rankings_more: int = 0
    period: Period | None = None
    grain: TimeGrain | None = None
    compare_to: Comparison | TimeRange | None = None
    share: bool = False
    measure: Literal["", "count", "rate"] = ""
    compare_cue: bool = False
    attribution: Said | None = None
    settled: frozenset[Target] = frozenset()
    topics: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    # what leans on the turn before: words of a correction, rows pointed at, where `the others` stands
    correction: bool = False
    pointed: list[tuple[int, ...]] = field(default_factory=list)
    others: int | None = None
    unresolved: str = ""

    wording: Wording = field(default=None, repr=False, compare=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.wording is None:
            self.wording = Wording(self.tokens)

    @property
    def text(self) -> str:
        """Tokens joined by single blanks: what cue patterns match against."""
        return self.wording.text

    def copy(self) -> Reading:
        """A reading whose lists and sets the next steps may change."""
        other = object.__new__(Reading)
        other.__dict__.update(self.__dict__)
        for name in _CHANGING:
            other.__dict__[name] = self.__dict__[name].copy()
        return other

    def closes(self, at: int) -> bool:
        """Whether the clause ends before a place: there stands a mark, or nothing."""
        return at >= len(self.tokens) or self.tokens[at].is_mark

    def past(self, at: int, words: Set[str]) -> int:
        """The next place from `at` on where none of these words stands."""
        while at < len(self.tokens) and self.tokens[at].text in words:
            at += 1
        return at

    def clause_end(self, at: int) -> int:
        """The next place from `at` on where a mark or nothing stands."""
        return next(
            (place for place in range(at, len(self.tokens)) if self.tokens[place].is_mark), len(self.tokens)
        )

    def explain(self, start: int, end: int) -> None:
        """Mark tokens as accounted for."""
        self.explained.update(range(start, end))

    def taken(self) -> set[int]:
        """Where names, values, periods and limits stand."""
        places = {at for span in self.spans for at in range(span.start, span.end)}
        return places | {at for limit in self.thresholds for at in range(limit.at, limit.end)}

    def of_kind(self, kind: SpanKind) -> list[Span]:
        """Spans of a kind in the order of the question."""
        return [span for span in self.spans if span.kind == kind]


_CHANGING = (
    "spans", "explained", "assumptions", "breakdown", "loose", "negated", "compared", "thresholds", "topics",
    "problems", "pointed",
)  # fmt: skip
"""Lists and sets of a reading that steps add to."""


def asking_places(reading: Reading) -> set[int]:
    """The places of the sentences in which something is named that figures have; all when none is."""
    sentence, numbers = 0, []
    for token in reading.tokens:
        numbers.append(sentence)
        sentence += token.text == "."
    spans = [span for span in reading.spans if span.kind in ("metric", "value", "dimension", "time")]
    found = {numbers[span.start] for span in spans} or set(numbers)
    return {at for at, number in enumerate(numbers) if number in found}
