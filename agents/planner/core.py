"""What of a question asks: without the clauses that only tell why, and, where it cannot be answered, with fewer.

A clause is set aside by its chance of only telling, unless a word of it shapes what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from agents.planner.clauses import LONG, SLOT, TOLD, Clause, clause_features, clauses_of, may_tell, pieces_of
from agents.planner.cues import first
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.once import once
from agents.planner.periods import Clock
from agents.planner.reading import Reading
from agents.planner.reranker.slots import Slots
from agents.planner.words import EXCLUDERS, NUMBER_WORDS, PREPOSITIONS, SUPERLATIVES, word_set

SURE = {"nothing": 0.8, "parts": 0.93}
"""From these chances on a clause only tells: where nothing is named in it, and where something is."""
SURE_BESIDE = {"nothing": 0.5, "parts": 0.7, "values": 0.85}
"""The same beside a clause that asks for a figure without doubt; `values`: where a value or a period is named."""
LEAST = 0.3
"""From this chance on a clause may be left out on trial, where the question cannot be answered with it."""
NAMED = 0.6
"""From this chance on so may a clause in which a figure is named."""
FRAGMENT = 0.97
"""From this chance on so may a few words in which nobody is or does anything: `bless them`."""
ASKS = 0.15
"""Up to this chance of only telling a clause that names a figure asks for it without doubt."""
_SHAPING = (SUPERLATIVES - {"most", "least"}) | word_set(
    """
    ascending descending ranked sorted ordered slowest fastest costliest cheapest heaviest each both either apart
    separately individually together combined side other others one percent above below first last order
    """
)
"""Words of a few that say in which order, beside what or from which size on: `in descending order`."""
_FEW, _SOME, _MANY, _LISTED = 6, 10, 14, 3
_EACH = word_set(
    """
    each both either apart separately individually together combined ascending descending ranked sorted ordered
    beside alongside against versus vs compared
    """
)
_RESTRICTING = word_set(
    """
    only omit omitting exclude excluding except restricted restrict limited limit confined ignore ignoring without
    leaving leave left skip skipping drop out nothing
    """
)
"""Words that narrow what is asked, in a clause of some words; in a long one they are mostly part of a story."""
_OF_FIGURES = word_set(
    """
    basis footing definition version variant terms window total totals rate rates share percentage proportion count
    counts number numbers average amount planning loaded loading annual annualized yearly reported absolute
    relative
    overhead overheads thousand twelve
    """
)
"""Words that tell one figure from another of the same thing: `on a full-year basis`, `and likewise the total`."""
_CORRECTING = (
    r"no wait|wait no|hang on|hold on|scratch that|make (?:that|it)|let us (?:say|take|make)|i mean|sorry|"
    r"no (?:sorry|let us)|correction|rather not|or rather|strike that|on second thought"
)
_OPENS_QUESTION = word_set("is are was were do does did has have had can could should will would")
_PERSON = word_set("she he her his him")
_PEOPLE = word_set("they them their theirs each both either")
_POINTING = word_set("that those these this such")
_AGAIN = frozenset(
    map(stem, word_set("day week month quarter year period one reason desk people group crowd basis window"))
)
_BE = word_set("is are was were be been isn't")
_EXPLAINING = word_set("meaning namely specifically not neither no but depending")
_ENDS = frozenset(".!?")
_COMMAS = frozenset(",-\u2013\u2014")
_MARKS = " ,;:-\u2013\u2014"


@dataclass(frozen=True)
class Core:
    """A question without some of its clauses, and the least chance of those of only telling."""

    text: str
    aside: tuple[str, ...]
    chance: float


def needed(core: Core) -> float:
    """The chance that a query has to have when so much of its question was left out on trial."""
    return 1.0 - 0.2 * core.chance


@dataclass(frozen=True)
class Asking:
    """The trained slot over one lexicon."""

    lexicon: Lexicon
    slots: Slots

    def core(self, question: str, clock: Clock) -> tuple[str, tuple[str, ...]]:
        """The question without the clauses that only tell, and those clauses; all of it when that is in doubt."""
        pieces = pieces_of(question) if len(question.split()) >= LONG else []
        if len(pieces) < 2 or not any(may_tell(text) for text, _ in pieces):
            return question, ()
        clauses, chances = self._judged(question, clock)
        told = [at for at, clause in enumerate(clauses) if _tells(clause, at, chances, clauses)]
        found = self._without(told, clauses, chances) if told else None
        return (found.text, found.aside) if found else (question, ())

    def narrower(self, question: str, clock: Clock) -> list[Core]:
        """The question with less and less of what may only tell: for one that cannot be answered as it stands.

        Each leaves out one clause more than the one before, the likeliest first.
        """
        if len(question.split()) < LONG or len(pieces_of(question)) < 2:
            return []
        clauses, chances = self._judged(question, clock)
        may = [at for at in range(len(clauses)) if _may_be_left(at, chances, clauses)]
        may.sort(key=lambda at: -chances[at])
        cores = [self._without(sorted(may[:count]), clauses, chances) for count in range(1, len(may) + 1)]
        return [core for core in cores if core]

    def _judged(self, question: str, clock: Clock) -> tuple[list[Clause], list[float]]:
        return once(("clauses", id(self), question, clock), lambda: self._judge(question, clock))

    def _judge(self, question: str, clock: Clock) -> tuple[list[Clause], list[float]]:
        clauses = clauses_of(question, self.lexicon, clock)
        features = (clause_features(clauses, at, self.lexicon) for at in range(len(clauses)))
        return clauses, [self.slots.probabilities(one, (SLOT,))[SLOT][TOLD] for one in features]

    def _without(self, out: Sequence[int], clauses: Sequence[Clause], chances: Sequence[float]) -> Core | None:
        """The question without these clauses; None where they are needed."""
        kept = [clause for at, clause in enumerate(clauses) if at not in out]
        left = [clauses[at] for at in out]
        if not any(clause.holds == "metric" for clause in kept) or self._points_back(kept, left):
            return None
        text = "".join(f"{clause.text}{clause.mark}" for clause in kept).strip(_MARKS)
        aside = tuple(clause.text.strip(_MARKS) for clause in left)
        return Core(text, aside, min(chances[at] for at in out))

    def _points_back(self, kept: Sequence[Clause], left: Sequence[Clause]) -> bool:
        """`How many calls did they take?`, `denied for that reason`, where what was left says who, or which."""
        asked = {token.text for clause in kept if clause.requests for token in clause.reading.tokens}
        if asked & _PERSON:
            return True
        if not any(span.kind in ("value", "time") for clause in left for span in clause.reading.spans):
            return False
        return bool(asked & _PEOPLE) or any(self._points(clause.reading) for clause in kept)

    def _points(self, reading: Reading) -> bool:
        """`that month`, `those teams`, `the negative emotion rate there`."""
        words = [token.text for token in reading.tokens]
        return any(
            (word == "there" and not _BE & set(words[max(0, at - 1) : at] + words[at + 1 : at + 2]))
            or (word in _POINTING and at + 1 < len(words) and stem(words[at + 1]) in self._nouns)
            for at, word in enumerate(words)
        )

    @cached_property
    def _nouns(self) -> frozenset[str]:
        """What a value or period may be called again: words of the dimensions' names, and units of time."""
        labels = (dimension.label for dimension in self.lexicon.model.dimensions.values())
        return frozenset(stem(word) for label in labels for word in label.lower().split()) | _AGAIN


def _tells(own: Clause, at: int, chances: Sequence[float], clauses: Sequence[Clause]) -> bool:
    if own.requests or not own.is_told or (own.mark.strip().startswith("?") and _asks_back(own)):
        return False
    if _shapes(own) or any(find_correction(clause.reading) for clause in clauses[max(0, at - 1) : at + 1]):
        return False
    beside = any(
        chance <= ASKS and clause.holds == "metric"
        for place, (chance, clause) in enumerate(zip(chances, clauses, strict=True))
        if place != at
    )
    if not own.reading.spans:
        return chances[at] >= (SURE_BESIDE if beside else SURE)["nothing"]
    valued = any(span.kind in ("value", "time") for span in own.reading.spans)
    sure = SURE_BESIDE["values" if valued else "parts"] if beside else SURE["parts"]
    return chances[at] >= sure


def _may_be_left(at: int, chances: Sequence[float], clauses: Sequence[Clause]) -> bool:
    """Whether a clause may be left out on trial; what is read then has to be all the likelier."""
    own = clauses[at]
    if chances[at] < LEAST or own.requests or _shapes(own) or _asks_back(own):
        return False
    words = [token.text for token in own.reading.tokens]
    if own.holds == "metric" and chances[at] < NAMED and not _before_a_request(at, chances, clauses):
        return False
    if not words or words[0] in _EXPLAINING or any(find_correction(clause.reading) for clause in clauses):
        return False
    return (
        own.is_told
        or _thrown_in(at, chances, clauses)
        or _alone(at, chances, clauses)
        or _leads_in(at, chances, clauses)
    )


def _before_a_request(at: int, chances: Sequence[float], clauses: Sequence[Clause]) -> bool:
    """`Many complaints concern medicines. Please let me have ...`: a sentence, and later one that surely asks."""
    later = range(at + 1, len(clauses))
    asked = any(clauses[place].requests and chances[place] <= ASKS for place in later)
    return clauses[at].mark.strip()[:1] in _ENDS and clauses[at].is_told and asked


def _leads_in(at: int, chances: Sequence[float], clauses: Sequence[Clause]) -> bool:
    """`In view of the upcoming audit, ...`: the occasion, at the beginning of a sentence."""
    opens = at == 0 or clauses[at - 1].mark.strip()[:1] in _ENDS
    return (
        opens
        and clauses[at].mark.strip() == ","
        and chances[at] >= FRAGMENT
        and not clauses[at].reading.spans
        and clauses[at].reading.tokens[0].text in PREPOSITIONS | {"as", "regarding", "given"}
    )


def _alone(at: int, chances: Sequence[float], clauses: Sequence[Clause]) -> bool:
    """`Mondays always feel awful.`: a sentence of its own that names no figure and no part of one."""
    marks = ([clauses[at - 1].mark.strip()[:1]] if at else []) + [clauses[at].mark.strip()[:1]]
    kinds = {span.kind for span in clauses[at].reading.spans}
    return set(marks) <= _ENDS and kinds <= {"topic"} and chances[at] >= NAMED


def _thrown_in(at: int, chances: Sequence[float], clauses: Sequence[Clause]) -> bool:
    """`which of our counties, bless them, has the most members`: a few words between commas."""
    own, first_word = clauses[at], clauses[at].reading.tokens[0].text
    within = at > 0 and {clauses[at - 1].mark.strip()[:1], own.mark.strip()[:1]} <= _COMMAS
    return within and not own.reading.spans and chances[at] >= FRAGMENT and first_word not in PREPOSITIONS


def _shapes(own: Clause) -> bool:
    """Whether a clause says in which order, how many, from which size on, or of which of two figures."""
    words, length = {token.text for token in own.reading.tokens}, len(own.reading.tokens)
    return bool(
        (length <= _FEW and words & (_SHAPING | EXCLUDERS))
        or (length <= _FEW and words & NUMBER_WORDS.keys() - {"one"})  # `five is enough`
        or (length <= _MANY and words & _EACH)
        or (length <= _SOME and words & (_RESTRICTING | _OF_FIGURES))
        or (length <= _SOME and first(own.reading, r"(?:whole|full|entire) year"))
        or (length <= _LISTED and own.reading.spans)
        or any(word[:1].isdigit() or word in ("percent", "above", "below") for word in words - {"24", "7"})
    )


def _asks_back(own: Clause) -> bool:
    """`has it improved on the second?`: a question of its own."""
    words = [token.text for token in own.reading.tokens if token.text not in ("and", "but", "so", "or")]
    return bool(words) and words[0] in _OPENS_QUESTION


def find_correction(reading: Reading) -> bool:
    """`no wait, he did the third`, `actually make it 2026`: what was said before is taken back."""
    return first(reading, _CORRECTING) is not None
