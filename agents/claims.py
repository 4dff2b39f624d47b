"""Everything in a text that could be wrong: numbers, dates, number words, directions and names, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

ClaimKind = Literal["date", "number", "word", "direction", "name"]

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_SHORT = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
_MONTH = rf"(?:{MONTHS}|{_SHORT})"
_DATE = (
    rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?|{_MONTH} \d{{4}}|\b(?:{MONTHS})\b|\bQ[1-4](?: \d{{4}})?"
)
_UNITS = (
    r"%|percentage points?|percent|pp\b|bn\b|billion|million|thousand|[KMBkmb]\b|minutes?|hours?|seconds?|days?|weeks?"
    r"|months?|years?|points?|dollars?|cents?|times|x\b|st\b|nd\b|rd\b|th\b"
)
_NUMBER = rf"(?<![\w.])[-+\u2212]?[$\u20ac\u00a3]?\d[\d,]*(?:\.\d+)?(?:[ -]?(?:{_UNITS}))*"
_SMALL = "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty|forty|fifty|hundred"
_WORD = (
    rf"\b(?:{_SMALL}|thousand|million|billion|half|twice|double[ds]?|triple[ds]?|halved|thirds|quarters"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b"
)
UP = ("up", "rose", "rise", "rises", "rising", "risen", "increase", "increased", "increases", "increasing", "grew",
      "grown", "growth", "higher", "more", "climbed", "jumped", "surged", "spiked", "above", "gained")  # fmt: skip
DOWN = ("down", "fell", "fall", "falls", "falling", "fallen", "decrease", "decreased", "decreases", "decreasing",
        "declined", "dropped", "drop", "lower", "fewer", "less", "shrank", "below", "reduced", "lost")  # fmt: skip
MOST = ("most", "highest", "largest", "biggest", "greatest", "top", "maximum", "peak", "peaked")
LEAST = ("least", "lowest", "smallest", "fewest", "bottom", "minimum")
BETTER = ("better", "improved", "improvement", "best", "improving")
WORSE = ("worse", "worsened", "worst", "worsening", "deteriorated")
SAME = ("unchanged", "flat", "stable", "steady")
NONE_AT_ALL = ("no", "none", "nothing")
_DIRECTION = rf"\b(?:{'|'.join((*UP, *DOWN, *MOST, *LEAST, *BETTER, *WORSE, *SAME))})\b"


@dataclass(frozen=True)
class Claim:
    """A stretch of text that says something checkable."""

    kind: ClaimKind
    text: str
    start: int
    end: int


def claims(text: str, names: Iterable[str]) -> list[Claim]:
    """The claims of a text in order, the longest at each place. `names` are the dimension values that exist."""
    found: list[Claim] = []
    for match in _pattern(tuple(sorted(set(names), key=lambda name: (-len(name), name)))).finditer(text):
        kind = match.lastgroup
        if kind in ("date", "number", "word", "direction", "name"):
            found.append(Claim(kind, match.group().rstrip(","), match.start(), match.end()))
    return found


@lru_cache(maxsize=32)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    named = "|".join(re.escape(name) for name in names if is_telling(name))
    # Names are matched as they are written; everything else in any case.
    groups = [rf"(?P<name>(?<!\w)(?:{named})(?!\w))"] if named else []
    groups += [rf"(?P<date>(?i:{_DATE}))", rf"(?P<number>(?i:{_NUMBER}))", rf"(?P<word>(?i:{_WORD}))",
               rf"(?P<direction>(?i:{_DIRECTION}))"]  # fmt: skip
    return re.compile("|".join(groups))


def is_telling(name: str) -> bool:
    """Whether a value's name stands out of ordinary prose enough to be looked for."""
    return len(name) >= 3 and (name[0].isupper() or not name.isalpha())
