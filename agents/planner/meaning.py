"""Verified queries by what they mean: a question that says each of an owner's ideas, and nothing else of weight.

An idea is said by any of its phrases, in any order of the question. Beside the ideas a question may hold only what
parameters take, words that constrain nothing and those that the owner sets aside; one telling word more makes it
another question. So `who is hurt most by the billing issue` is the query of `which members are most impacted by
the billing problem`, and `how many members ...` is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import tokenise
from agents.planner.periods import Clock
from agents.planner.plan import Plan
from agents.planner.reading import Token
from agents.planner.slots import KEPT, Slots, asks_for_one, read_slots
from agents.planner.verified import Example, arguments_for, plan_of
from agents.planner.words import FUNCTION, POPULATION, word_set
from semantic.model import SemanticModel, VerifiedQuery

MEANS = "The question means a verified query."
_MARK = Token(",", ",", ",")
# Ask for one figure, whatever else a question says.
_COUNTING = word_set("many much number count total average rate rates percentage percent share trend trends")
_LOOSE = word_set("and by than name list identify check tell") | POPULATION
_NOW = ("at the moment", "at this moment", "at present", "currently", "presently", "as of now")
MOST_LOOSE, MOST_READ = 2, 100
_PLACES = word_set("for in among by with of per about from at around within across without on")
_TODAY = Token("today", "today", "today")
Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """The ideas of a verified query and what may stand beside them, as lemmas."""

    verified: VerifiedQuery
    ideas: tuple[tuple[Phrase, ...], ...]
    aside: tuple[Phrase, ...]

    @classmethod
    def of(cls, verified: VerifiedQuery) -> Frame:
        """From the phrases of the semantic model."""
        return cls(
            verified,
            tuple(_phrases(idea) for idea in verified.meaning),
            _phrases(verified.aside),
        )

    def strip(self, tokens: Sequence[Token]) -> list[Token] | None:
        """The tokens without ideas and asides, marks in their place; None when an idea is not said."""
        lemmas = [token.lemma for token in tokens]
        texts = [token.text for token in tokens]
        said: set[int] = set()
        for idea in self.ideas:
            places = _places(idea, lemmas, texts)
            if not places:
                return None
            said |= places
        said |= _places(self.aside, lemmas, texts)
        return [_MARK if at in said else token for at, token in enumerate(tokens)]


@dataclass(frozen=True)
class Meanings:
    """The frames of a model's verified queries, and every word that its phrases hold."""

    frames: tuple[Frame, ...]
    lexicon: Lexicon
    vocabulary: frozenset[str]
    read: dict[tuple[str, date], tuple[Example, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, model: SemanticModel, lexicon: Lexicon) -> Meanings:
        """Those verified queries that say what they mean."""
        frames = tuple(Frame.of(verified) for verified in model.verified_queries.values() if verified.meaning)
        words = {word for index in (lexicon.exact, lexicon.surfaces) for key in index for word in key}
        return cls(frames, lexicon, frozenset(words | lexicon.words))


def match_meaning(tokens: list[Token], meanings: Meanings, clock: Clock, *, follows: bool = False) -> Plan | None:
    """The plan of the verified query that a question means, with its arguments; None otherwise.

    `follows`: there are turns before, so a question that points at them is not taken for a complete one.
    """
    tokens = _dated(tokens)
    for frame in meanings.frames:
        left = frame.strip(tokens)
        if left is None:
            continue
        slots = replace(read_slots(left, meanings.lexicon, clock), single=asks_for_one(tokens, meanings.lexicon))
        loose = _loose(slots, left, meanings.vocabulary)
        if slots.doubt or (follows and slots.leaning) or loose is None:
            continue
        for example in _examples(frame, meanings, clock):
            arguments = arguments_for(slots, example, example.slots, clock)
            plan = None if arguments is None else plan_of(frame.verified, arguments, clock)
            if plan:
                said = (f"Not taken into account: {', '.join(map(repr, loose))}.",) if loose else ()
                return replace(plan, assumptions=(*plan.assumptions, *said), route_reason=MEANS)
    return None


def _dated(tokens: Sequence[Token]) -> list[Token]:
    """`at the moment` read as the day that `right now` means."""
    places = _places(_NOW_PHRASES, [token.lemma for token in tokens], [token.text for token in tokens])
    return [_TODAY if at in places and at - 1 not in places else token
            for at, token in enumerate(tokens) if at not in places or at - 1 not in places]  # fmt: skip


def _loose(slots: Slots, left: Sequence[Token], vocabulary: frozenset[str]) -> tuple[str, ...] | None:
    """Words that are left and constrain nothing: few, none of the model's, none that a preposition leads in.

    None where a word is left that makes it another question.
    """
    telling = slots.key - _LOOSE - {token.lemma for token in left if token.text in _LOOSE}
    places = [at for at, token in enumerate(left) if token.lemma in telling or token.text in telling]
    words = {left[at].text for at in places}
    if len(words) > MOST_LOOSE or {token.text for token in left} & _COUNTING or words & KEPT:
        return None
    known = any({left[at].lemma, left[at].text} & vocabulary or not left[at].text.isalpha() for at in places)
    return None if known or any(_led_in(at, left) for at in places) else tuple(sorted(words))


def _led_in(at: int, left: Sequence[Token]) -> bool:
    """`for retirees`, `in rural areas`: a word that a preposition leads in says of whom or what."""
    while at > 0:
        at -= 1
        if left[at].text in _PLACES:
            return True
        if left[at].is_mark or left[at].text in FUNCTION:
            return False
    return False


def _examples(frame: Frame, meanings: Meanings, clock: Clock) -> tuple[Example, ...]:
    """The owner's wordings without the ideas, read on a day: what is left of them is filled in the same way."""
    key = frame.verified.name, clock.today
    if key not in meanings.read:
        if len(meanings.read) >= MOST_READ:
            meanings.read.clear()
        left = (frame.strip(_dated(tokenise(question))) for question in frame.verified.questions)
        meanings.read[key] = tuple(
            Example(frame.verified, tuple(words), read_slots(words, meanings.lexicon, clock), None)
            for words in left
            if words is not None
        )
    return meanings.read[key]


def _phrases(texts: Sequence[str]) -> tuple[Phrase, ...]:
    found = {tuple(token.lemma for token in tokenise(text) if not token.is_mark) for text in texts}
    return tuple(sorted((phrase for phrase in found if phrase), key=lambda phrase: (-len(phrase), phrase)))


def _places(phrases: Sequence[Phrase], lemmas: Sequence[str], texts: Sequence[str]) -> set[int]:
    """Where any of the phrases stands."""
    found: set[int] = set()
    for phrase in phrases:
        for at in range(len(lemmas) - len(phrase) + 1):
            end = at + len(phrase)
            if tuple(lemmas[at:end]) == phrase or tuple(texts[at:end]) == phrase:
                found |= set(range(at, end))
    return found


_NOW_PHRASES = _phrases(_NOW)
