"""What a question takes for granted and the figures do not bear out: that something rose which fell."""

from __future__ import annotations

import re

from agents.voice import steady
from tools.outcome import Found, Table

_GO = r"(?:go|goes|going|gone|went)"
_RISE = re.compile(rf"\b(?:{_GO} up|ris(?:e|es|en|ing)|rose|increas\w+|gr[eo]w\w*|climb\w*)\b", re.IGNORECASE)
_FALL = re.compile(rf"\b(?:{_GO} down|fall(?:s|en|ing)?|fell|decreas\w+|declin\w+|shr[aiu]nk\w*)\b", re.IGNORECASE)


def premise(question: str, found: Found) -> tuple[str, ...]:
    """The sentence for who asked why something rose although it fell, or the other way round; or nothing."""
    asked = bool(_RISE.search(question)) - bool(_FALL.search(question))
    change = _change(found.tables) if found.shape == "drivers" and asked else None
    if not change or (change > 0) == (asked > 0):
        return ()
    went = ("up", "down") if change > 0 else ("down", "up")
    return (f"The figure went {went[0]}, not {went[1]} as the question has it: what is explained is how it went.",)


def _change(tables: tuple[Table, ...]) -> float | None:
    """How the one figure that is explained changed visibly; None where groups are set side by side."""
    for table in tables:
        units = {column.name: column.unit for column in table.columns}
        metric = next((name for name in units if f"{name}__change" in units), "")
        if metric and len(table.rows) == 1 and all(c.role not in ("dimension", "time") for c in table.columns):
            new, old = (table.cell(0, name) for name in (metric, f"{metric}__previous"))
            if not isinstance(new, int | float) or not isinstance(old, int | float):
                return None
            return None if steady(new, old, units[metric]) else float(new) - float(old)
    return None
