"""Everything in a text that could be wrong: numbers, dates, number words, directions and names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ClaimKind = Literal["date", "number", "word", "direction", "name"]
KINDS: tuple[ClaimKind, ...] = ("date", "number", "word", "direction")

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_SHORT = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
_MONTH = rf"(?:{MONTHS}|{_SHORT})"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    rf"\d{{4}}-\d{{2}}-\d{{2}}|{_DAY} {_MONTH}(?:,? \d{{4}})?|{_MONTH}\.? {_DAY}\b(?:,? \d{{4}})?"
    rf"|{_MONTH} \d{{4}}|\b(?:{MONTHS})\b|\bQ[1-4](?: \d{{4}})?"
)
_UNITS = (
    r"%|percentage points?|percent|pp\b|bn\b|billion|million|thousand|[KMBkmb]\b|minutes?|hours?|seconds?|days?"
    r"|weeks?|months?|years?|points?|dollars?|cents?|times|x\b|st\b|nd\b|rd\b|th\b"
)
_NUMBER = rf"(?<![\w.])[-+\u2212]?[$\u20ac\u00a3]?\d(?:\d|,(?=\d))*(?:\.\d+)?(?:[ -]?(?:{_UNITS}))*"
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
NOTHING = 1e-9
"""A change below this is none."""
_DIRECTION = rf"\b(?:{'|'.join((*UP, *DOWN, *MOST, *LEAST, *BETTER, *WORSE, *SAME))})\b"


@dataclass(frozen=True)
class Claim:
    """A stretch of text that says something checkable."""

    kind: ClaimKind
    text: str
    start: int
    end: int


class Names:
    """Names to look for in texts, indexed by their first word so that a text is read once."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[str]] = {}
        for name in sorted({name for name in names if is_telling(name)}, key=lambda name: (-len(name), name)):
            first = _FIRST_WORD.match(name)
            self._by_first.setdefault(first.group() if first else name[:1], []).append(name)

    def find(self, text: str) -> list[Claim]:
        """Every name in a text, the longest at each place, written exactly as it is."""
        found: list[Claim] = []
        for match in _WORD_START.finditer(text):
            start = match.start()
            if found and start < found[-1].end:
                continue
            for name in self._by_first.get(match.group(), ()):
                end = start + len(name)
                if text.startswith(name, start) and not text[end : end + 1].isalnum():
                    found.append(Claim("name", name, start, end))
                    break
        return found


def claims(text: str, *indexes: Names) -> list[Claim]:
    """The claims of a text in order; a name covers the numbers and words inside it."""
    names = [claim for index in indexes for claim in index.find(text)]
    found: list[Claim] = list(names)
    for match in _PATTERN.finditer(text):
        kind = next(kind for kind in KINDS if match[kind] is not None)
        claim = Claim(kind, match.group(), match.start(), match.end())
        if claim.text == "may":
            continue  # the verb; the month is written May
        if not any(name.start <= claim.start and claim.end <= name.end for name in names):
            found.append(claim)
    return sorted(found, key=lambda claim: (claim.start, -claim.end))


_FIRST_WORD = re.compile(r"\w+")
_WORD_START = re.compile(r"(?<!\w)\w+")
_PATTERN = re.compile(
    rf"(?P<date>(?i:{_DATE}))|(?P<number>(?i:{_NUMBER}))|(?P<word>(?i:{_WORD}))|(?P<direction>(?i:{_DIRECTION}))"
)


def is_telling(name: str) -> bool:
    """Whether a value's name stands out of ordinary prose enough to be looked for."""
    return len(name) >= 3 and name[0].isalnum() and (name[0].isupper() or not name.isalpha())
