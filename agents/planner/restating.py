"""Turns of speech that say the same in another order: put straight before a question is read."""

from __future__ import annotations

import re

from agents.planner.rewriting import Rule, rewritten

_TURNS = tuple(Rule.of(*turn) for turn in (
    # `I said Tier 1 earlier, I meant Tier 2: how many ...`: what was said by mistake goes
    (re.compile(r"\bi said (?:[^\s.?!]+ ){1,8}?(?:and |but |when )?i meant\b,?", re.IGNORECASE), ""),
    # `break the transfer rate down by team`: nothing went down
    (re.compile(r"\b(break|breaking|split|splitting) ((?:[\w-]+ ){1,8}?)down (by|into|per)\b", re.IGNORECASE),
     r"\1 down \2\3"),
    # `by sort of pharmacy`
    (re.compile(r"\bby (?:the )?(?:sort|kind|type)s? of ([a-z]+)\b(?! (?:of|that|who|and))", re.IGNORECASE),
     r"by \1 type"),
    # `waiting before someone picks up`: no earlier period
    (re.compile(r"\b(wait(?:s|ed|ing)?\b[^.?!]*?) before (?:someone|somebody|anyone|anybody|"
                r"an? (?:agent|person|human|rep|representative)) \w+(?: up| the phone| the call)*", re.IGNORECASE),
     r"\1"),
))  # fmt: skip


def restated(question: str) -> str:
    """The question with such turns put straight."""
    return rewritten(question, _TURNS).strip()
