"""Words of a text that claim something about data: numbers in any writing, directions, extremes, shares, always.

Kept apart from the product's own lists (`agents/claims.py`), so that a word which those forget is found here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[-+\u2212]?\$?\d(?:\d|,(?=\d))*(?:\.\d+)?%?")
"""Digits of any script; a letter of another script before them does not hide them."""
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_UNITS = "zero|two|three|four|five|six|seven|eight|nine|ten"
SPELLED = re.compile(
    rf"\b(?:(?:{_TENS})(?:[- ]\w+)?|{_TEENS}|{_UNITS}|hundreds?|thousands?|millions?|billions?|dozens?"
    r"|twice|thrice|half|halves|a third|two[- ]thirds|a quarter of|three[- ]quarters|a fifth|a tenth"
    r"|per ?cent|percentage)\b",
    re.IGNORECASE,
)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


UP = _words(
    "up rose rise rises rising risen increase increased increases increasing grew grows grown growth higher more "
    "climbed jumped surged spiked soared above gained"
)
DOWN = _words(
    "down fell fall falls falling fallen decrease decreased decreases decreasing declined dropped drop lower "
    "fewer less shrank below reduced lost plunged plummeted slumped collapsed sank"
)
SAME = _words("unchanged flat stable steady")
MOST = _words("most highest largest biggest greatest top maximum peak peaked")
LEAST = _words("least lowest smallest fewest bottom minimum")
BETTER = _words("better improved improvement best improving")
WORSE = _words("worse worsened worst worsening deteriorated")
_OTHERS = _words(
    "doubled doubling tripled quadrupled halved skyrocketed never always ever nobody everybody everyone "
    "none entirely majority minority record significant significantly dramatic dramatically sharply massively"
)
_CLAIMS = sorted(UP | DOWN | SAME | MOST | LEAST | BETTER | WORSE | _OTHERS)
CLAIM = re.compile(rf"\b(?:{'|'.join(_CLAIMS)}|all[- ]time|because of|caused by|due to)\b", re.IGNORECASE)


def claims(text: str) -> Iterator[tuple[int, int]]:
    """Where a text claims something: start and end of each number, numeral, direction, extreme or absolute."""
    for pattern in (NUMBER, SPELLED, CLAIM):
        for match in pattern.finditer(text):
            yield match.span()
    for at, letter in enumerate(text):
        if not letter.isascii() and not letter.isdecimal() and unicodedata.numeric(letter, None) is not None:
            yield at, at + 1
