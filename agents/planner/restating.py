"""Turns of speech that say the same in another order: put straight before a question is read."""

from __future__ import annotations

import re

from agents.planner.moves import MOVES
from agents.planner.rewriting import Rule, rewritten

_ON_THE = r"(?:(?:the|our|on|in) )*"
_TURNS = tuple(Rule.of(*turn) for turn in (
    # `I said Tier 1 earlier, I meant Tier 2: how many ...`: what was said by mistake goes
    (re.compile(r"\bi said (?:[^\s.?!]+ ){1,8}?(?:and |but |when )?i meant\b,?", re.IGNORECASE), ""),
    # `break the transfer rate down by team`: nothing went down
    (re.compile(r"\b(break|breaking|split|splitting) ((?:[\w-]+ ){1,8}?)down (by|into|per)\b", re.IGNORECASE),
     r"\1 down \2\3"),
    # `the site or app`: the website
    (re.compile(rf"\bsite(?= or {_ON_THE}(?:mobile )?app\b)", re.IGNORECASE), "website"),
    (re.compile(rf"\b(app or {_ON_THE})site\b", re.IGNORECASE), r"\1website"),
    # `NPS by plan type and how has it changed?`: the comparison shows both
    (re.compile(r",? and how (?:(?:has|have|did) )?(?:it|that|this|they|these)(?: has| have)? "
                r"(?:changed?|moved?|developed|evolved|shifted)(?=\s*[?.!]*$)", re.IGNORECASE),
     " compared with the previous period"),
    # `by sort of pharmacy`
    (re.compile(r"\bby (?:the )?(?:sort|kind|type)s? of ([a-z]+)\b(?! (?:of|that|who|and))", re.IGNORECASE),
     r"by \1 type"),
    # `waiting before someone picks up`: no earlier period
    (re.compile(r"\b(wait(?:s|ed|ing)?\b[^.?!]*?) before (?:someone|somebody|anyone|anybody|"
                r"an? (?:agent|person|human|rep|representative)) \w+(?: up| the phone| the call)*", re.IGNORECASE),
     r"\1"),
    # `my region, Texas and Oklahoma`: the states that it is are named
    (re.compile(r"\b(?:(?:[Ff]or|[Ii]n|[Aa]cross|[Oo]f) )?(?:[Tt]he|[Mm]y|[Oo]ur) (?:(?:whole|entire|full) )?"
                r"(?:region|territory|area|patch|footprint)(?:\s*[:(]| of|,(?: (?:so|meaning|that is),?)?) "
                r"(?=[A-Z][A-Za-z]+(?: [A-Z][a-z]+)*\)?(?:,| and\b| or\b|\s*$))"), "in "),
))  # fmt: skip


def restated(question: str) -> str:
    """The question with such turns put straight."""
    return rewritten(question, _TURNS).strip()


_SPOKEN = (
    r"hm+|uh+|um+|er+|oh|ah|aha|huh|wow|ok(?:ay)?|yeah|yes|yep|yup|thanks(?: a lot)?|thank you(?: very much)?|"
    r"got it|i see|interesting|makes sense|understood|perfect|excellent|super|brilliant|never ?mind"
)
_NODDED = r"right|good|great|cool|nice|fine|lovely|alright|all right|very good|well"
_SAID = r"(?!and (?:what|which|how|who|where)\b)\S"  # `ok and what is the average age?` begins anew
_LEFT_OUT = r"(?:leave|keep|take|strip|filter|cut) (?:out|off)|hide|omit|ditch|eliminate"
_AFTERWARDS = tuple(Rule.of(re.compile(pattern, re.IGNORECASE), new) for pattern, new in (
    # `hm, what percentage is that?`, `thanks. just the app`, `fine, by state`: what is said first asks nothing
    (rf"^\s*(?:(?:{_SPOKEN})(?:[\s,.!;:-]+(?={_SAID}))|(?:{_NODDED})\s*[,.!;:-]+\s*(?={_SAID}))+", ""),
    # `cut that by segment for me`, `..., if you can`: polite
    (r"(?<=\w)[\s,]+(?:for (?:me|us)|if (?:you can|possible|that is possible|you (?:do not|don't) mind)|will you|"
     r"would you|can you|could you|when you (?:can|have a (?:minute|moment)))(?=\s*[?.!]*$)", ""),
    # `for people over 75`: that is how old they are, and no threshold
    (r"\b(people|members|those|adults|patients|anyone|folks|everyone|customers|women|men)(?: who are)? "
     r"(over|above|under|below|older than|younger than) (\d\d)\b(?!\s?(?:%|percent|days|minutes|dollars|"
     r"calls|years? (?:of|with)))",
     r"\1 aged \2 \3"),
    (r"\bseniors\s*[?.!]*$", "members aged 65 and older"),
    # `hide duplicates`, `leave out the team`: dropped
    (rf"^(?P<lead>(?:and |now |please |but |then )*)(?:{_LEFT_OUT})\b", r"\g<lead>remove"),
))  # fmt: skip


def restated_after(question: str) -> str:
    """A follow-up without what is said before it, and with such turns put straight."""
    return rewritten(rewritten(question, _AFTERWARDS).strip(), MOVES).strip()
