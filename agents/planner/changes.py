"""Decisions that say more than which action: an edit, a duplicate of another one, a go-live with its day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Field = Literal["change", "owner", "effort_days", "weeks"]
_TO = r"(?: to| into| as)(?: say| read| be)?:? "
_VALUE = r"[\"'\u201c\u2018]?(?P<value>.*?)[\"'\u201d\u2019]?"
_DAYS = r"(?P<value>\S+)(?: working)?(?: days?)?"
_WEEKS = r"(?P<value>\S+)(?: weeks?)?"
_SET = r"(?:change|set|edit|rewrite|reword|make|update|rename)"
_EDITS: tuple[tuple[Field, str], ...] = (
    ("owner", rf"{_SET} the owner of (?P<target>.+?){_TO}{_VALUE}"),
    ("owner", rf"(?:assign|reassign) (?P<target>.+?) to {_VALUE}"),
    ("owner", rf"make {_VALUE} the owner of (?P<target>.+?)"),
    ("effort_days", rf"{_SET} the effort (?:of|for) (?P<target>.+?){_TO}{_DAYS}"),
    ("weeks", rf"{_SET} the (?:time to impact|weeks) (?:of|for) (?P<target>.+?){_TO}{_WEEKS}"),
    ("change", rf"{_SET} the (?:text|wording|words|message text) (?:of|for) (?P<target>.+?){_TO}{_VALUE}"),
    ("change", rf"(?:edit|reword|rewrite|change) (?P<target>.+?) to (?:say|read):? {_VALUE}"),
    ("change", rf"(?:edit|reword|rewrite) (?P<target>[^:]+?): {_VALUE}"),
)
_DUPLICATES = (
    r"(?:mark|flag|treat) (?P<target>.+?) as (?:a )?duplicates? of (?P<of>.+?)",
    r"(?P<target>(?:the|that|this|it|number|action|proposal).*?) (?:is|are|looks like|duplicates) (?:a )?"
    r"(?:duplicates? of )?(?P<of>(?:the|number|action|proposal) .+?)",
)
_LIVE = (
    r"(?:mark|set|put|bring|take|make) (?P<target>.+?) (?:as )?live(?: (?:from|on|since|as of|starting))?"
    r"(?: the)? (?P<day>.+?)",
    r"(?P<target>.+?) (?:went|goes|will go|is|was|has been) live (?:from|on|since|as of) (?:the )?(?P<day>.+?)",
)


@dataclass(frozen=True)
class Change:
    """Which decision, on what the words point at; an edit's field and value, the original's words, the day's."""

    asked: Literal["edit", "duplicate", "golive"]
    target: str
    field: Field | None = None
    value: str = ""
    of: str = ""
    day: str = ""


def change_in(text: str) -> Change | None:
    """The change that a sentence makes, in its own words; None for any other. `text` is without polite words."""
    for pattern in _LIVE:
        if found := re.fullmatch(rf"{pattern}[.!]?", text, re.I):
            return Change("golive", found["target"], day=found["day"])
    for at, pattern in enumerate(_DUPLICATES):
        found = re.fullmatch(rf"{pattern}[.!]?", text, re.I)
        if found and (at == 0 or "duplicate" in text.lower()):
            return Change("duplicate", found["target"], of=found["of"])
    for field, pattern in _EDITS:
        if found := re.fullmatch(rf"{pattern}[.!]?", text, re.I):
            return Change("edit", found["target"], field, found["value"].strip())
    return None
