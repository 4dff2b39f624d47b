"""The hash of a result: equal for equal results, in any process and in any order of the rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_QUOTED = json.encoder.encode_basestring


def result_hash(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A SHA-256 over column names and rows (a multiset: databases may deliver equal rows in any order).

    Cells count as JSON shows them: a day as ISO text, a decimal as the number that it is, so that a kept answer
    and the rows it came from have the same hash.
    """
    lines = sorted(_line(row) for row in rows)
    whole = hashlib.sha256(_text(list(names)).encode())
    for text in lines:
        whole.update(b"\n" + text.encode(errors="surrogatepass"))
    return whole.hexdigest()


def _line(row: Sequence[Any]) -> str:
    """`_text` of a row's cells; of most rows written down without looking at a cell twice."""
    cells: list[str] = []
    for cell in row:
        kind = type(cell)
        if kind is str:
            cells.append(_QUOTED(cell))
        elif kind is int:
            cells.append(str(cell))
        elif cell is None:
            cells.append("null")
        else:
            return _text([_plain(one) for one in row])
    return f"[{','.join(cells)}]"


def _text(values: list[Any]) -> str:
    return _ENCODED(values)


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool | str) or cell is None:
        return cell
    if isinstance(cell, int | float | Decimal):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, bytes | bytearray):
        return {"bytes": bytes(cell).hex()}
    if isinstance(cell, dict):
        return {str(name): _plain(value) for name, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [_plain(value) for value in cell]
    return str(cell)


def _number(value: float | Decimal) -> Any:
    """2, 2.0 and Decimal("2.00") are one number; a whole number keeps all its digits."""
    if isinstance(value, int):
        return value
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return {"number": repr(number)}
    return int(number) if number.is_integer() else number
