"""Texts as the trail keeps them: nothing that could be a member's data, equal things equal."""

from __future__ import annotations

import json
import re
from typing import Any

from warehouse.audit.chain import seal

# An unclosed quote or comment hides all that follows it, so it swallows the rest. A name with four digits in a row
# may be somebody's number (M104382), which no name of ours is.
_LITERAL = re.compile(
    r"'(?:[^']|'')*(?:'|$)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$)|\"[^\"]*[^\w\"][^\"]*(?:\"|$)|\b\d[\d.eE+-]*|\b[A-Za-z_]\w*\d{4}\w*",
    re.DOTALL,
)
_COMMENT = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")|--[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL)
# Numbers of members, claims, telephones, social security; days; addresses. A case number such as 4711 stays.
_TELLING = re.compile(r"\S+@\S+|\b[A-Za-z]{0,4}[-_]?\d(?:[-./() ]?\d){4,}\b")
_WORDS = re.compile(r"[A-Za-z_]\w{0,63}")
_PLAIN_KEYS = (
    "metrics",
    "dimensions",
    "time_grain",
    "share_of_total",
    "limit",
    "limit_by",
    "average_per",
    "attribution",
)


class Redaction:
    """Redacts with one trail's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def fingerprint(self, text: str) -> str:
        """A keyed hash: equal texts can be found again, none can be read back or guessed without the key."""
        return seal(self._key, text.encode(errors="replace"))[:16]

    def fingerprints(self, text: str) -> tuple[str, ...]:
        """What stands for a text wherever it was: as a question, a value of a plan, a literal or in a reason."""
        literal = "'" + text.replace("'", "''") + "'"
        return tuple(self.fingerprint(form) for form in (text, literal))

    def sql(self, statement: str) -> str:
        """A statement with its literals as fingerprints and without its comments."""
        bare = _COMMENT.sub(lambda match: match.group(1) or " ", statement)
        return _LITERAL.sub(lambda match: f"<{self.fingerprint(match.group())}>", bare)

    def spoken(self, text: str) -> str:
        """A stated purpose or reason: readable, but for addresses and for numbers that may point at somebody."""
        return _TELLING.sub(lambda match: f"<{self.fingerprint(match.group())}>", text)

    def plan(self, text: str) -> str:
        """A semantic query (JSON) in canonical form: names and days readable, values as fingerprints.

        Anything else than a semantic query becomes a fingerprint as a whole.
        """
        if not text:
            return ""
        try:
            query = json.loads(text)
            kept = {name: _names(query[name]) for name in _PLAIN_KEYS if query.get(name)}
            kept |= {"compare_to": _compared(query["compare_to"])} if query.get("compare_to") else {}
            kept |= {"filters": [self._filter(f) for f in query["filters"]]} if query.get("filters") else {}
            kept |= {"having": [self._threshold(h) for h in query["having"]]} if query.get("having") else {}
            kept |= {"order_by": [_order(o) for o in query["order_by"]]} if query.get("order_by") else {}
            kept |= {"time": _days(query["time"])} if query.get("time") else {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return f"<{self.fingerprint(text)}>"
        return json.dumps(kept, sort_keys=True, separators=(",", ":"))

    def _filter(self, entry: dict[str, Any]) -> list[Any]:
        values = sorted(f"<{self.fingerprint(str(value))}>" for value in entry["values"])
        return [_name(entry["dimension"]), _name(entry.get("op", "in")), values]

    def _threshold(self, entry: dict[str, Any]) -> list[str]:
        operator = str(entry["op"])
        if operator not in (">", ">=", "<", "<=", "="):
            raise ValueError(operator)
        return [_name(entry["metric"]), operator, f"<{self.fingerprint(str(float(entry['value'])))}>"]


def _names(value: Any) -> Any:
    if isinstance(value, list):
        return [_name(entry) for entry in value]
    return value if isinstance(value, bool | int) else _name(value)


def _compared(value: Any) -> str | list[Any]:
    """A comparison's name, or the days of the period compared with."""
    return _days(value) if isinstance(value, dict) else _name(value)


def _days(period: dict[str, Any]) -> list[Any]:
    return [_day(period["start"]), _day(period["end"])]


def _name(value: Any) -> str:
    """A name of ours; whatever is none could be anybody's. Raises ValueError."""
    if not isinstance(value, str) or not _WORDS.fullmatch(value):
        raise ValueError("no name")
    return value


def _order(entry: dict[str, Any]) -> list[str]:
    return [_name(entry["by"]), _name(entry.get("direction", "desc"))]


def _day(value: Any) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        raise ValueError("no day")
    return str(value)
