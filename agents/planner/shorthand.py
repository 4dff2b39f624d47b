"""Periods in shorthand, written out: `l4w`, `last 30d`, `1Q26`, `'25`, `May-July`, `vs ly`, `may fifth`."""

from __future__ import annotations

import re

from agents.planner.rewriting import Rule, rewritten
from agents.planner.words import MONTHS

_UNIT = {"d": "days", "w": "weeks", "m": "months", "q": "quarters", "y": "years"}
_ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
    """.split()  # noqa: SIM905
_DAY_WORDS = (
    {word: number for number, word in enumerate(_ORDINALS, start=1)}
    | {
        f"{tens}{mark}{_ORDINALS[ones]}": start + ones + 1
        for tens, start, last in (("twenty", 20, 9), ("thirty", 30, 1))
        for ones in range(last)
        for mark in (" ", "-")
    }
    | {"thirtieth": 30}
)

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_WORD = "|".join(sorted(_DAY_WORDS, key=len, reverse=True))
_UNIT_NAME = rf"q[1-4]|h[12]|20[12]\d|{_MONTH}"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DASH = r"\s?[-\u2013\u2014]\s?"
_BACK = re.compile(
    r"\b(?:(last|past|prev|previous|prior|trailing|rolling)\s+|[ltr])(\d{1,3})\s?-?([dwmqy])\b(?!')"
)
_OPENED = tuple(
    Rule.of(pattern, replacement)
    for pattern, replacement in (
        (r"\b[tl]tm\b", "last 12 months"), (r"\(mo\.?\)", "(months)"),
        (rf"\b({_UNIT_NAME})\s?(?:\u2192|->|=>)\s?(?=(?:{_UNIT_NAME})\b)", r"\1 vs "),
        (r"\b([1-4])q\s?'?(?:20)?(2\d)\b", r"q\1 20\2"),
        (r"\b([1-4])q\b", r"q\1"),
        (r"\bq([1-4])\s?'?(2\d)\b(?!\s?%)", r"q\1 20\2"),
        (r"\b([12])h\s?'?(?:20)?(2\d)\b", r"h\1 20\2"),
        (r"\bh([12])\s?'?(2\d)\b(?!\s?%)", r"h\1 20\2"),
        (rf"\b({_MONTH})\.?\s?'(2\d)\b", r"\1 20\2"),
        (r"(?<![\w'])'(2\d)\b", r"20\1"),
        (rf"\b({_MONTH}){_DASH}({_MONTH})\b", r"\1 to \2"),
        (rf"\b((?:{_MONTH}) {_DAY})\s[-\u2013\u2014]\s({_DAY})\b", r"\1 to \2"),
        (rf"\b((?:{_MONTH}) {_DAY}){_DASH}(?=(?:{_MONTH})\b)", r"\1 to "),
        (rf"\b({_DAY}){_DASH}({_DAY} (?:of )?(?:{_MONTH}))\b", r"\1 to \2"),
        (rf"\b(\d{{1,2}} (?:{_MONTH})){_DASH}(?=\d{{1,2}} (?:{_MONTH})\b)", r"\1 to "),
        (rf"\b((?:{_MONTH}) 20\d\d){_DASH}(?=(?:{_MONTH})\b)", r"\1 to "),
        (rf"\b(q[1-4](?: 20\d\d)?){_DASH}(?=q[1-4]\b)", r"\1 to "),
        (rf"\b(20[12]\d){_DASH}(?=20[12]\d\b(?!-))", r"\1 to "),
        (r"\b(?:ly|py)\b", "last year"), (r"\blm\b", "last month"), (r"\blw\b", "last week"),
        (r"\blq\b", "last quarter"),
    )
)  # fmt: skip
_AFTER_DAY = (
    r"(?=\s*$|\s*[.,;:?!)]| (?:and|to|through|until|by|for|in|of|on|with|compared|vs|versus|20\d\d|last|this)\b)"
)
_SPELT = re.compile(rf"\b({_MONTH}) (?:the )?({_DAY_WORD})\b{_AFTER_DAY}")
_SPELT_OF = re.compile(rf"\b({_DAY_WORD}) of ({_MONTH})\b")


def written_out(text: str) -> str:
    """Lower-case text in which periods stand as the time grammar reads them."""
    text = rewritten(_BACK.sub(_counted, text), _OPENED)
    text = _SPELT.sub(lambda found: f"{found[1]} {_DAY_WORDS[found[2]]}", text)
    return _SPELT_OF.sub(lambda found: f"{_DAY_WORDS[found[1]]} {found[2]}", text)


def _counted(found: re.Match[str]) -> str:
    return f"last {found[2]} {_UNIT[found[3]]}"
