"""The clauses of a question: which of them ask for something, and which only tell why.

`Raj never lets a number pass, so: how many calls did we take last week?` is asked by its last clause. A trained
slot judges each clause by its words and by what is named in it and beside it; what is set aside is said in the
answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agents.planner.cues import first
from agents.planner.lexicon import Lexicon
from agents.planner.linking import link
from agents.planner.normalise import stem, tokenise
from agents.planner.periods import Clock
from agents.planner.reading import Reading
from agents.planner.reranker.features import masked_words
from agents.planner.reranker.slots import Slots
from agents.planner.words import EXCLUDERS, NUMBER_WORDS, SUPERLATIVES, word_set

FILE = Path(__file__).with_name("clauses.npz")
SLOT, ASKED, TOLD = "clause", "asked", "told"
SURE = {"nothing": 0.8, "parts": 0.93}
"""From these chances on a clause only tells: where nothing is named in it, and where something is."""
SURE_BESIDE = {"nothing": 0.5, "parts": 0.7, "values": 0.85}
"""The same beside a clause that asks for a figure without doubt; `values`: where a value or a period is named."""
ASKS = 0.15
"""Up to this chance of only telling a clause that names a figure asks for it without doubt."""
LONG = 12
"""Words that a question has at least before any of its clauses is set aside."""
_BOUNDARY = "^"
_BREAK = re.compile(
    r"(?<!\d)(?:[;:?!]+|,|\s[-\u2013\u2014]+|\u2014|[()])(?=\s|$|[\w(])|(?<=\d)(?:[;:?!]+|,)(?=\s|$)|"
    r"(?<!\bdr)(?<!\bmr)(?<!\bms)(?<!\bmrs)(?<!\bst)(?<!\bvs)(?<!\bno)(?<!\be\.g)(?<!\bi\.e)\.+(?=\s|$)|"
    r"\s(?=so (?:what|how|which|where|who|could|can|would|give|show|tell|let|i|we|is|are|was|were|did|do|does) )",
    re.IGNORECASE,
)
_REQUESTS = word_set(
    """
    show give list tell what which how who whom whose where when why find pull get export send email mail delete
    drop
    update insert remove compare rank break split count forecast predict project approve reject run print
    """
)
_SHAPING = (SUPERLATIVES - {"most", "least"}) | word_set(
    """
    ascending descending ranked sorted ordered slowest fastest costliest cheapest each both either apart separately
    individually together combined side other others one percent above below first last order
    """
)
"""Words of a few that say in which order, beside what or from which size on: `in descending order`."""
_FEW, _SOME, _MANY, _LISTED = 6, 10, 14, 3
_EACH = word_set(
    """
    each both either apart separately individually together combined ascending descending ranked sorted ordered
    beside alongside against versus compared
    """
)
_RESTRICTING = word_set(
    """
    only omit omitting exclude excluding except restricted restrict limited limit confined ignore ignoring without
    leaving leave skip skipping drop
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
_ASKS = re.compile(
    r"^\W*(?:(?:and|so|but|plus|also|then|from|for|by|of|in|on|at|to|with) )*"
    r"(?:how (?:many|much|often|long|old|far|high|low|likely)|what|which|whose|where)\b"
)
_OPENS_QUESTION = word_set("is are was were do does did has have had can could should will would")
_WHO = word_set(
    """
    i we he she they it you somebody someone everybody everyone nobody anybody is are am was were be been has
    have had
    do does did will would could can should must may might let
    """
)
_PERSON = word_set("she he her his him")
_GOING_ON = word_set("by per of in on at from for with without plus number rate count each both")
_ADDRESSING = word_set("please kindly and so now then just can could would you well ok okay also let us me i")


@dataclass(frozen=True)
class Clause:
    """A piece of the question as it was written, with what is named in it."""

    text: str
    mark: str
    reading: Reading

    @property
    def holds(self) -> str:
        """`metric` where a figure is named, else the kinds of what is named, or `nothing`."""
        kinds = {span.kind for span in self.reading.spans}
        return "metric" if "metric" in kinds else " ".join(sorted(kinds)) or "nothing"

    @property
    def requests(self) -> bool:
        """Whether it opens like an order or a question: such a clause is never set aside."""
        words = [token.text for token in self.reading.tokens if token.text not in _ADDRESSING]
        return bool(words) and (words[0] in _REQUESTS or _ASKS.search(self.text.lower()) is not None)

    @property
    def is_told(self) -> bool:
        """Whether somebody is or does something in it; `by the grounds given`, `number and rate` only go on."""
        words = [token.text for token in self.reading.tokens]
        return bool(_WHO & set(words)) and words[0] not in _GOING_ON


def clauses_of(question: str, lexicon: Lexicon, clock: Clock) -> list[Clause]:
    """The question cut at marks and before `so what`; a piece without words goes to the one before."""
    return [Clause(text, mark, _read(text, lexicon, clock)) for text, mark in _pieces(question)]


def _pieces(question: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    start = 0
    for found in [*_BREAK.finditer(question), None]:
        end = found.start() if found else len(question)
        text, mark = question[start:end], found.group() if found else ""
        if re.search(r"\w", text):
            pieces.append((text, mark))
        elif pieces:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + text + mark)
        start = found.end() if found else end
    return pieces


def _may_tell(text: str) -> bool:
    """Whether somebody may be or do something in it: cheap, before anything is linked."""
    words = re.findall(r"[a-z'\u2019]+", text.lower())
    return any(word in _WHO or "'" in word or "\u2019" in word for word in words)


def _read(text: str, lexicon: Lexicon, clock: Clock) -> Reading:
    reading = Reading(text, tokenise(text))
    if reading.tokens:
        link(reading, lexicon, clock)
    return reading


def clause_features(clauses: Sequence[Clause], at: int, lexicon: Lexicon) -> list[str]:
    """What tells whether the clause at a place asks: its words, what it names, what stands beside it."""
    return list(dict.fromkeys(_features(clauses, at, lexicon)))


def _features(clauses: Sequence[Clause], at: int, lexicon: Lexicon) -> Iterator[str]:
    own = clauses[at]
    labels = lexicon.label_stems
    words = masked_words(own.reading)
    framed = [_BOUNDARY, *words, _BOUNDARY]
    for place, word in enumerate(framed):
        yield f"c {word}"
        if place + 1 < len(framed):
            yield f"c {word} {framed[place + 1]}"
    for length in (1, 2, 3):
        yield f"c opens {' '.join(words[:length])}"
        yield f"c {own.holds} opens {' '.join(words[:length])}"
    before = clauses[at - 1] if at else None
    after = clauses[at + 1] if at + 1 < len(clauses) else None
    earlier = any(clause.holds == "metric" for clause in clauses[:at])
    later = any(clause.holds == "metric" for clause in clauses[at + 1 :])
    yield f"c holds {own.holds}"
    yield f"c metrics {own.holds} {earlier} {later}"
    yield f"c mark {own.mark.strip()[:1]} {own.holds}"
    yield f"c mark before {before.mark.strip()[:1] if before else _BOUNDARY}"
    yield f"c before {before.holds if before else _BOUNDARY} {own.holds}"
    yield f"c after {after.holds if after else _BOUNDARY} {own.holds}"
    yield f"c then {' '.join(masked_words(after.reading)[:2]) if after else _BOUNDARY}"
    yield f"c place {min(3, at)} {min(3, len(clauses) - 1 - at)}"
    yield f"c length {min(12, len(words)) // 3} {own.holds}"
    yield f"c requests {own.requests} {own.holds}"
    yield f"c requests later {any(clause.requests for clause in clauses[at + 1 :])} {own.requests}"
    yield f"c capitals {_capitals(own)}"
    for word in sorted({stem(token.text) for token in own.reading.tokens} & labels):
        yield f"c label {word}"


def _capitals(clause: Clause) -> bool:
    """A name of somebody: a capital letter within, where nothing of the model stands."""
    covered = {place for span in clause.reading.spans for place in range(span.start, span.end)}
    raw = clause.text.split()
    return any(word[:1].isupper() and word.lower() not in ("i", "i'm", "i'd", "i've") for word in raw[1:]) and (
        not covered or len(raw) > len(covered) + 3
    )


@dataclass(frozen=True)
class Asking:
    """The trained slot over one lexicon."""

    lexicon: Lexicon
    slots: Slots

    def core(self, question: str, clock: Clock) -> tuple[str, tuple[str, ...]]:
        """The question without the clauses that only tell, and those clauses; all of it when that is in doubt."""
        pieces = _pieces(question) if len(question.split()) >= LONG else []
        if len(pieces) < 2 or not any(_may_tell(text) for text, _ in pieces):
            return question, ()
        clauses = clauses_of(question, self.lexicon, clock)
        chances = [self._chance(clauses, at) for at in range(len(clauses))]
        told = [at for at, clause in enumerate(clauses) if _tells(clause, at, chances, clauses)]
        kept = [clause for at, clause in enumerate(clauses) if at not in told]
        if not told or not any(clause.holds == "metric" for clause in kept):
            return question, ()
        if any(_PERSON & {token.text for token in clause.reading.tokens} for clause in kept if clause.requests):
            return question, ()  # `Sarah was in on Monday, and how many calls did she take?`
        text = "".join(f"{clause.text}{clause.mark}" for clause in kept).strip(" ,;:-\u2013\u2014")
        return text, tuple(clauses[at].text.strip(" ,;:-") for at in told)

    def _chance(self, clauses: Sequence[Clause], at: int) -> float:
        said = self.slots.probabilities(clause_features(clauses, at, self.lexicon), (SLOT,))
        return said[SLOT][TOLD]


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


@lru_cache(maxsize=1)
def packaged() -> Slots | None:
    """The slot that comes with the program, read once."""
    return Slots.read(FILE)
