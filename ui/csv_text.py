"""Results as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite

from ui.printable import printable

# With the wide forms that a spreadsheet of an East Asian locale takes for the same signs.
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A header and rows: numbers bare, every text in quotes, no value an empty field. Lines end with CRLF."""
    lines = [[_text(name) for name in columns], *([_field(cell) for cell in row] for row in rows)]
    return "".join(",".join(line) + "\r\n" for line in lines)


def _field(cell: object) -> str:
    if cell is None or (isinstance(cell, float | Decimal) and not isfinite(cell)):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float | Decimal):
        return str(cell)
    return cell.isoformat() if isinstance(cell, date | datetime | time) else _text(str(cell))


def _text(text: str) -> str:
    """In quotes, so that no separator of any locale splits it; what looks like a formula begins with a quote."""
    begins = text.lstrip(" \u00a0")[:1] in _STARTS_FORMULA if text.strip(" \u00a0") else False
    return '"' + ("'" if begins else "") + printable(text).replace('"', '""') + '"'
