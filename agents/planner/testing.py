"""Questions for the A/B read-out of a fix: `how did the A/B test go?`, `did the split show an effect?`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PriorTurn

_TEST = (
    r"(?:a ?/ ?b|a-b|ab|split|controlled|randomi[sz]ed)[ -]"
    r"(?:test(?:s|ing|ed)?|experiment|read-?out|reading|results?|trial)"
)
_ARMS = (
    r"(?:test|treatment|treated|fix(?:ed)?|pilot) (?:group|arm|side)s?|control (?:group|arm|side)s?|"
    r"(?:treated|treatment) (?:vs\.?|versus|against|and|or) (?:the )?(?:control|untreated)|"
    r"(?:with|who (?:have|had|got|received)|that (?:have|had|got|received)) (?:and|or|versus|vs\.?|against) "
    r"(?:those )?(?:without|who did not|that did not) (?:(?:get|have|receive) )?(?:the |that |this )?"
    r"(?:fix|change)"
)
_FIX = r"(?:fix|change|action|update|one|change we made)"
_NAMED = re.compile(
    rf"\b(?:{_TEST})\b|\ba ?/ ?b\b|\bab test|\b(?:{_ARMS})\b|"
    rf"\b(?:with(?: the)? {_FIX}|that got (?:the |it)\S*).{{1,40}}\bwithout(?: it| the {_FIX})?\b|"
    r"\bhold-?out\b"
)
_SPLIT = re.compile(
    r"^(?:and |so |but |ok(?:ay)?,? |now )*"
    r"(?:what|how|did|does|do|has|is|was|were|are|can|could|show|read|tell|give)\b"
    r".*\b(?:the|a|any|our|that|this) (?:\w+ )?split\b(?! (?:by|of (?:calls|members)|between))"
    r"(?:.*\b(?:show|shows|showed|say|says|said|tell|tells|told|prove|effect|result|results|read|significant|work|"
    r"worked|go|went|look|looks|end|ended|find|found|conclusive|mean|means|difference|fix|better|worse)\b|\??$)"
)


def split_plan(question: str, history: Sequence[PriorTurn]) -> Plan | None:
    """The plan of a question for a fix's A/B read-out; None for any other, such as `split it by plan`."""
    text = " ".join(question.lower().replace("\u2019", "'").split())
    if not (_NAMED.search(text) or _SPLIT.search(text)):
        return None
    return Plan(kind="split", agent=AGENTS["split"], route_reason=ROUTE_REASONS["split"])
