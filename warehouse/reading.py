"""The contract's types as SQL: how a raw text becomes a value, and when it is at fault.

Everything is derived from `contract/sources.yml`; nothing here knows a table by name.
"""

from __future__ import annotations

from datetime import date

from warehouse.contract import SourceColumn

MISSING_WORDS = ("null", "none", "nan", "na", "n/a")
TRUE_WORDS = ("true", "t", "yes", "y", "1", "1.0")
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0")
BAD_VALUE = {
    "date": "bad_date",
    "timestamp": "bad_timestamp",
    "integer": "bad_number",
    "number": "bad_number",
    "boolean": "bad_boolean",
}


def value(column: SourceColumn) -> str:
    """The SQL expression of a column's typed, standardised value; NULL where it is missing or unreadable."""
    raw = _raw(column)
    if column.type in ("id", "text"):
        return _trimmed(raw)
    if column.type == "category":
        return _category(raw, column.values)
    if column.type == "boolean":
        word = f"lower(trim({raw}))"
        return f"CASE WHEN {word} IN {_list(TRUE_WORDS)} THEN true WHEN {word} IN {_list(FALSE_WORDS)} THEN false END"
    if column.type == "date":
        return f"CAST(TRY_CAST({raw} AS TIMESTAMP) AS DATE)"
    if column.type == "timestamp":
        return f"TRY_CAST({raw} AS TIMESTAMP)"
    number = f"TRY_CAST({raw} AS DOUBLE)"
    if column.type == "number":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS INTEGER) END"


def faults(column: SourceColumn) -> list[tuple[str, str]]:
    """What can be wrong with a column, in order: (reason, SQL condition on the raw row)."""
    typed, filled = value(column), f"{_trimmed(_raw(column))} IS NOT NULL"
    found = []
    if column.type in BAD_VALUE:
        is_missing = f"lower(trim({_raw(column)})) IN {_list(MISSING_WORDS)}"
        found.append((BAD_VALUE[column.type], f"{filled} AND ({typed}) IS NULL AND NOT {is_missing}"))
    if column.filled:
        found.append(("missing_value", f"({typed}) IS NULL"))
    if column.minimum == 0:
        found.append(("negative_value", f"({typed}) < 0"))
    elif column.minimum is not None:
        found.append(("out_of_range", f"({typed}) < {_literal(column.minimum)}"))
    if column.maximum is not None:
        found.append(("out_of_range", f"({typed}) > {_literal(column.maximum)}"))
    if column.closed:
        found.append(("not_allowed", f"({typed}) NOT IN {_list(column.values)}"))
    return found


def _raw(column: SourceColumn) -> str:
    return f'r."{column.name}"'


def _trimmed(raw: str) -> str:
    return f"NULLIF(trim({raw}), '')"


def _category(raw: str, values: tuple[str, ...]) -> str:
    if not values:
        return _trimmed(raw)
    spelling = " ".join(f"WHEN {_text(v.lower())} THEN {_text(v)}" for v in values)
    return (
        f"CASE WHEN {raw} IN {_list(values)} THEN {raw} "
        f"ELSE CASE lower(trim({raw})) {spelling} ELSE {_trimmed(raw)} END END"
    )


def _literal(bound: date | float) -> str:
    return f"DATE '{bound.isoformat()}'" if isinstance(bound, date) else repr(bound)


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _list(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(_text(word) for word in words) + ")"
