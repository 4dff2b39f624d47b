"""What passes between the server and a worker: frames of JSON, each a length and a document.

The server does not trust the worker that ran a statement: nothing is unpickled or evaluated, every column says
what kind of cells it has, and a cell of another kind makes the whole reply unreadable (ValueError).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

HEADER = 4  # bytes of a frame's length
_MICROSECOND = timedelta(microseconds=1)
_NONE = type(None)
# kind: the Python type of its cells, the JSON type they travel as, and how they are turned into each other.
_Turn = Callable[[Any], Any]
_KINDS: dict[str, tuple[type, type, _Turn | None, _Turn | None]] = {
    "text": (str, str, None, None),
    "integer": (int, int, None, None),  # of any size
    "number": (float, float, None, None),  # Python's JSON has NaN and Infinity
    "boolean": (bool, bool, None, None),
    "date": (date, str, date.isoformat, date.fromisoformat),
    "timestamp": (datetime, str, datetime.isoformat, datetime.fromisoformat),
    "time": (time, str, time.isoformat, time.fromisoformat),
    "interval": (timedelta, int, lambda cell: cell // _MICROSECOND, lambda n: timedelta(microseconds=n)),
    "decimal": (Decimal, str, str, lambda text: _decimal(text)),
    "uuid": (UUID, str, str, UUID),
    "bytes": (bytes, str, bytes.hex, bytes.fromhex),
}
_KIND_OF = {python: kind for kind, (python, *_) in _KINDS.items()} | {_NONE: "text"}
_MIXED = "mixed"


def frame(document: Any) -> bytes:
    """A document as it travels."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return len(body).to_bytes(HEADER, "big") + body


def document(body: bytes) -> dict[str, Any]:
    """The document of a frame. Raises ValueError when it is none."""
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("not a document")
    return found


def pack(cells: Sequence[Any]) -> tuple[str, list[Any]]:
    """A column's kind and its cells as JSON values."""
    found = set(map(type, cells)) - {_NONE}
    kind = _KIND_OF.get(found.pop() if found else _NONE) if len(found) <= 1 else None
    if kind is None:  # lists, structs, maps, unions
        return _MIXED, [_with_kind(cell) for cell in cells]
    turn = _KINDS[kind][2]
    return kind, list(cells) if turn is None else [None if cell is None else turn(cell) for cell in cells]


def unpack(kind: str, cells: Any) -> list[Any]:
    """A column's cells. Raises ValueError unless every one is of the kind."""
    try:
        if kind == _MIXED and type(cells) is list:
            return [_without_kind(cell) for cell in cells]
        _, travels_as, _, turn = _KINDS[kind]
        if type(cells) is not list or not set(map(type, cells)) <= {travels_as, _NONE}:
            raise ValueError("a cell is not of its column's kind")
        return cells if turn is None else [None if cell is None else turn(cell) for cell in cells]
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("not a column") from error


def rows(columns: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows of columns, each a kind and cells. Raises ValueError when they are not of one length."""
    return list(zip(*(unpack(kind, cells) for kind, cells in columns), strict=True))


def _with_kind(cell: Any) -> list[Any]:
    if isinstance(cell, list | tuple):
        return ["list" if isinstance(cell, list) else "tuple", *pack(cell)]
    if isinstance(cell, dict):
        return ["map", pack(list(cell)), pack(list(cell.values()))]
    kind, cells = pack([cell])
    return [kind, cells[0]]


def _without_kind(cell: Any) -> Any:
    kind, *content = cell
    if kind in ("list", "tuple"):
        items = unpack(*content)
        return items if kind == "list" else tuple(items)
    if kind == "map":
        keys, values = content
        return dict(zip(unpack(*keys), unpack(*values), strict=True))
    if kind == _MIXED:
        raise ValueError("a cell is not of a known kind")
    return unpack(kind, content)[0]


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError("not a decimal") from error
