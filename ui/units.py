"""One way to write a value for people, shared by chat, command line and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.answer import AnswerPart

_SUFFIX = {"minutes": " min", "seconds": " s", "days": " days"}


HIDDEN = "not shown"


def display(value: object, unit: str) -> str:
    """A cell as text: rates as percent, money in dollars, counts with separators, nothing for no value."""
    if value is None:
        return "n/a"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if unit == "rate":
        return f"{value * 100:,.1f}%"
    if unit == "usd":
        return _money(float(value))
    if unit == "count" or (unit == "" and isinstance(value, int)):
        # Projections count in fractions: 5.3 calls a day must not read as 5 beside a sentence that says 5.3.
        return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.1f}"
    return f"{value:,.2f}{_SUFFIX.get(unit, '')}"


def _money(value: float) -> str:
    sign = "-" if value < 0 else ""
    amount = abs(value)
    return f"{sign}${amount:,.0f}" if amount >= 100 or amount.is_integer() else f"{sign}${amount:,.2f}"


def few(least: int) -> str:
    """Why a figure is not shown: fewer than 11 members."""
    return f"fewer than {least} members"


def why_hidden(least: int) -> str:
    """Why a figure is not shown."""
    return f"{few(least)} are behind it, or it would give such a figure away"


def shown(part: AnswerPart, row: int, at: int) -> str:
    """A cell of an answer as people read it."""
    if (row, at) in part.suppressed:
        return HIDDEN
    return display(part.rows[row][at], part.columns[at].unit)
