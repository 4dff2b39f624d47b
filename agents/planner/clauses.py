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

from agents.planner.lexicon import Lexicon
from agents.planner.linking import link
from agents.planner.normalise import stem, tokenise
from agents.planner.periods import Clock
from agents.planner.reading import Reading
from agents.planner.reranker.features import masked_words
from agents.planner.reranker.slots import Slots
from agents.planner.words import word_set

FILE = Path(__file__).with_name("clauses.npz")
SLOT, ASKED, TOLD = "clause", "asked", "told"
LONG = 12
"""Words that a question has at least before any of its clauses is set aside."""
_BOUNDARY = "^"
_BREAK = re.compile(
    r"(?<!\d)(?:[;:?!]+|,|\s[-\u2013\u2014]+|\u2014|[()])(?=\s|$|[\w(])|(?<=\d)(?:[;:?!]+|,)(?=\s|$)|"
    r"(?<!\bdr)(?<!\bmr)(?<!\bms)(?<!\bmrs)(?<!\bst)(?<!\bvs)(?<!\bno)(?<!\be\.g)(?<!\bi\.e)\.+(?=\s|$)|"
    r"\s(?=so (?:what|how|which|where|who|could|can|would|give|show|tell|let|i|we|is|are|was|were|did|do|does) )|"
    r"(?<!\bplease)(?<!\byou)(?<!\bkindly)(?<!\band)(?<!\bbut)(?<!\bto)\s"
    r"(?=(?:and |but )?(?:please )?(?:i(?: (?:want|need|would like|should like)|'d like)(?: you)? to "
    r"(?:know|see|have|learn|understand)|(?:tell|give|show|get|send) me|let me (?:have|see|know)|"
    r"(?:could|can|would) you)\s)",
    re.IGNORECASE,
)
_REQUESTS = word_set(
    """
    show give list tell what which how who whom whose where when why find pull get export send email mail delete
    drop
    update insert remove compare rank break split count forecast predict project approve reject run print
    sort order put set chart plot graph check calculate provide prepare identify share state specify supply furnish
    """
)
_ASKS = re.compile(
    r"^\W*(?:may|might|could|can) (?:i|we) (?:please )?(?:have|see|get|ask|know)\b|"
    r"^\W*(?:(?:and|so|but|plus|also|then|from|for|by|of|in|on|at|to|with) )*"
    r"(?:how (?:many|much|often|long|old|far|high|low|likely)|what|which|whose|where)\b"
)
_WHO = word_set(
    """
    i we me my he she they it you thank thanks somebody someone everybody everyone nobody anybody is are am was
    were be been has have had
    do does did will would could can should must may might let
    """
)
_GOING_ON = word_set(
    """
    by per of in on at from for with without plus number rate count each both
    among amongst within across between including excluding except only who whose that which
    """
)
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
    return [Clause(text, mark, _read(text, lexicon, clock)) for text, mark in pieces_of(question)]


def pieces_of(question: str) -> list[tuple[str, str]]:
    """The clauses of a question as they are written, each with the mark behind it."""
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


def may_tell(text: str) -> bool:
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


@lru_cache(maxsize=1)
def packaged() -> Slots | None:
    """The slot that comes with the program, read once."""
    return Slots.read(FILE)
