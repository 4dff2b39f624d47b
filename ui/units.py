"""One way to write a value for people, shared by chat, command line and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.answer import AnswerPart

_SUFFIX = {"minutes": " min", "seconds": " s", "days": " days"}


HIDDEN = "not shown"
_CHANGE, _RELATIVE = "__change", "__change_pct"
_IN_POINTS = ("rate", "score", "points", "percent")


def display(value: object, unit: str) -> str:
    """A cell as text: rates as percent, money in dollars, counts with separators, nothing for no value."""
    if value is None:
        return "n/a"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if unit == "rate":
        return f"{_written(value * 100, 1)}%"
    if unit == "usd":
        return _money(float(value))
    if unit == "count" or (unit == "" and isinstance(value, int)):
        # Projections count in fractions: 5.3 calls a day must not read as 5 beside a sentence that says 5.3.
        return _written(value, 0 if abs(value) >= 100 or float(value).is_integer() else 1)
    whole = unit in ("days", "weeks") and float(value).is_integer()
    return f"{_written(value, 0 if whole else 2)}{_SUFFIX.get(unit, '')}"


def _written(value: float, decimals: int) -> str:
    """With separators; what rounds to nothing has no sign."""
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def _money(value: float) -> str:
    amount = abs(value)
    text = f"${amount:,.0f}" if amount >= 100 or amount.is_integer() else f"${amount:,.2f}"
    return f"-{text}" if value < 0 and text.strip("$0.,") else text


def few(least: int) -> str:
    """Why a figure is not shown: fewer than 11 members."""
    return f"fewer than {least} members"


def why_hidden(least: int) -> str:
    """Why a figure is not shown."""
    return f"{few(least)} are behind it, or it would give such a figure away"


def shown(part: AnswerPart, row: int, at: int) -> str:
    """A cell of an answer as people read it."""
    value, column = part.rows[row][at], part.columns[at]
    if (row, at) in part.suppressed:
        return HIDDEN
    if column.name.endswith(_CHANGE) and column.unit == "rate" and isinstance(value, int | float):
        return f"{_written(value * 100, 1)} pp"  # percentage points: 3.2% to 43.7% is no change of 40.5%
    return display(value, column.unit)


def told(part: AnswerPart) -> list[int]:
    """The columns that people are shown: without what a rate or a score changed by in percent, which misleads."""
    units = {column.name: column.unit for column in part.columns}
    return [
        at
        for at, column in enumerate(part.columns)
        if not (column.name.endswith(_RELATIVE) and units.get(column.name.removesuffix(_RELATIVE)) in _IN_POINTS)
    ]
