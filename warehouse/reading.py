"""The contract's types as SQL: how a raw text becomes a value, and when it is at fault.

Everything is derived from `contract/sources.yml`; nothing here knows a table by name. Categories are read from the
few values that they have in the data: these become a dictionary type, so that wide tables stay small and quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from warehouse.contract import SourceColumn, SourceTable
from warehouse.date_orders import DAY_TYPES

LARGEST_DICTIONARY = 1000
MISSING_WORDS = ("null", "none", "nan", "na", "n/a")
WHITE_SPACE = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_ORDERS = tuple(f"%{a}{sign}%{b}{sign}%Y" for sign in "/.-" for a, b in ("md", "dm"))
_DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_YEAR_LAST = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"
_TIME = r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_OFFSET = r"(Z| UTC|[+-]\d{2}(:?\d{2})?)"
TRUE_WORDS = ("true", "t", "yes", "y", "1", "1.0")
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0")
BAD_VALUE = {
    "date": "bad_date",
    "timestamp": "bad_timestamp",
    "integer": "bad_number",
    "number": "bad_number",
    "boolean": "bad_boolean",
}


@dataclass(frozen=True)
class ColumnReading:
    """A column's SQL: its typed value, read off the raw row `r`, and what can be wrong with it in order.

    A fault is a reason and a condition on `r`, which then has typed values (see `typed_name`) beside the raw ones.

    `words` are all values that a category is known to have; None for other types, and for one that has too many.
    """

    name: str
    value: str
    faults: tuple[tuple[str, str], ...]
    words: tuple[str, ...] | None = None


Words = Mapping[str, tuple[str, ...] | None]


def readings(
    con: duckdb.DuckDBPyConnection, table: SourceTable, raw_table: str, known: Words
) -> list[ColumnReading]:
    """How to read every column of a raw table whose rows are called `r`.

    `known` are the words of earlier loads by column; None for a category that had too many for a dictionary.
    """
    found = []
    for column in table.columns:
        if column.type == "category":
            found.append(_category(column, _raw_values(con, column, raw_table), known.get(column.name, ())))
        else:
            found.append(ColumnReading(column.name, _value(column), tuple(_faults(column))))
    return found


def typed_name(column: str) -> str:
    """The name that a column's typed value has beside the raw values."""
    return f'"{column} typed"'


def _value(column: SourceColumn) -> str:
    raw = _raw(column)
    if column.type == "boolean":
        word = f"lower(trim({raw}))"
        return (
            f"CASE WHEN {word} IN {_list(TRUE_WORDS)} THEN true WHEN {word} IN {_list(FALSE_WORDS)} THEN false END"
        )
    if column.type == "date":
        moment = _timestamp(raw)
        return f"CASE WHEN strlen({raw}) = 10 THEN TRY_CAST({raw} AS DATE) ELSE CAST({moment} AS DATE) END"
    if column.type == "timestamp":
        return _timestamp(raw)
    number = f"TRY_CAST({raw} AS DOUBLE)"
    if column.type == "number":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    if column.type == "integer":
        return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS INTEGER) END"
    return _id(raw) if column.type == "id" else f"NULLIF({_stripped(raw)}, '')"


def _timestamp(raw: str) -> str:
    """ISO 8601. The engine's own cast would drop an offset, and PM; the usual form needs no closer look."""
    text = f"trim({raw}, {_WHITE})"
    return (
        f"CASE WHEN strlen({raw}) = 19 AND substr({raw}, 17, 1) = ':' THEN TRY_CAST({raw} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, '{_DAY}({_TIME})?') THEN TRY_CAST({text} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, '{_DAY}{_TIME}{_OFFSET}') "
        f"THEN TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
    )


def _id(raw: str) -> str:
    """Five and more printable ASCII characters are an id; of others, the unseen goes, and words for nothing."""
    seen = f"trim(regexp_replace({raw}, '[{INVISIBLE}]', '', 'g'), {_WHITE})"
    return (
        f"CASE WHEN regexp_full_match({raw}, '[!-~]{{5,}}') THEN {raw} "
        f"ELSE NULLIF(regexp_replace({seen}, '^(?i:{'|'.join(MISSING_WORDS)})$', ''), '') END"
    )


def _faults(column: SourceColumn) -> list[tuple[str, str]]:
    raw, value = _raw(column), _typed(column)
    found = []
    if column.type in BAD_VALUE:
        is_missing = f"lower({_stripped(raw)}) IN {_list(('', *MISSING_WORDS))}"
        unread = f"{value} IS NULL AND {raw} IS NOT NULL AND NOT {is_missing}"
        if column.type in DAY_TYPES:
            found.append(("ambiguous_date", f"{unread} AND {_has_year_last(raw)}"))
        found.append((BAD_VALUE[column.type], unread))
    if column.filled:
        found.append(("missing_value", f"{value} IS NULL"))
    if column.minimum == 0:
        found.append(("negative_value", f"{value} < 0"))
    elif column.minimum is not None:
        found.append(("out_of_range", f"{value} < {_literal(column.minimum)}"))
    if column.maximum is not None:
        found.append(("out_of_range", f"{value} > {_literal(column.maximum)}"))
    return found


def _has_year_last(raw: str) -> str:
    """Whether a text is a date whose file did not prove the order of day and month (`warehouse.date_orders`)."""
    return f"TRY_STRPTIME(regexp_extract({raw}, '{_YEAR_LAST}'), {list(_ORDERS)}) IS NOT NULL"


def _raw_values(con: duckdb.DuckDBPyConnection, column: SourceColumn, raw_table: str) -> list[str] | None:
    """The distinct raw texts of a category, or None when they are too many for a dictionary."""
    rows = con.execute(
        f'SELECT DISTINCT "{column.name}" FROM {raw_table} WHERE "{column.name}" IS NOT NULL '
        f"LIMIT {LARGEST_DICTIONARY + 1}"
    ).fetchall()
    return None if len(rows) > LARGEST_DICTIONARY else sorted(str(row[0]) for row in rows)


def _category(column: SourceColumn, raw_values: list[str] | None, known: tuple[str, ...] | None) -> ColumnReading:
    raw = _raw(column)
    spelling = {text: _standard(text, column) for text in raw_values or ()}
    bad = tuple(
        text for text, standard in spelling.items() if column.closed and standard and standard not in column.values
    )
    taken = {word for text, word in spelling.items() if word and text not in bad} | set(known or ())
    words = tuple(sorted(taken | ({column.missing} if column.missing else set())))
    if raw_values is None or known is None or len(words) > LARGEST_DICTIONARY:
        value = _respelled(_stripped(raw), {v.lower(): v for v in column.values}, lower=True)
        refused = f"NULLIF({value}, '') NOT IN {_list(column.values)}"
        return _category_reading(column, f"NULLIF({value}, '')", refused)
    changed = {text: new for text, new in spelling.items() if new != text and text not in bad}
    value = _respelled(raw, changed | dict.fromkeys(bad, ""))
    refused = f"{raw} IN {_list(bad)}" if bad else "false"
    typed = f"NULLIF({value}, '')" if "" in spelling.values() or bad else value
    return _category_reading(column, typed, refused, words)


def _category_reading(
    column: SourceColumn, value: str, refused: str, words: tuple[str, ...] | None = None
) -> ColumnReading:
    faults = []
    if column.closed:
        faults.append(("not_allowed", refused))
    if column.filled:
        faults.append(("missing_value", f"{_typed(column)} IS NULL"))
    filled = f"COALESCE({value}, {quoted(column.missing)})" if column.missing else value
    dictionary = f"ENUM{_list(words)}" if words else "VARCHAR"
    return ColumnReading(column.name, f"CAST({filled} AS {dictionary})", tuple(faults), words)


def _standard(text: str, column: SourceColumn) -> str:
    trimmed = text.strip(WHITE_SPACE)
    return next((value for value in column.values if value.lower() == trimmed.lower()), trimmed)


def _respelled(raw: str, spelling: dict[str, str], *, lower: bool = False) -> str:
    if not spelling:
        return raw
    cases = " ".join(f"WHEN {quoted(old)} THEN {quoted(new)}" for old, new in spelling.items())
    return f"CASE {f'lower({raw})' if lower else raw} {cases} ELSE {raw} END"


def _raw(column: SourceColumn) -> str:
    return f'r."{column.name}"'


def _typed(column: SourceColumn) -> str:
    return f"r.{typed_name(column.name)}"


def _stripped(raw: str) -> str:
    """Without outer white space of any kind. Most values are ASCII without, which shows more quickly."""
    return f"CASE WHEN regexp_full_match({raw}, '[!-~]([ -~]*[!-~])?') THEN {raw} ELSE trim({raw}, {_WHITE}) END"


def _literal(bound: date | float) -> str:
    return f"DATE '{bound.isoformat()}'" if isinstance(bound, date) else repr(bound)


def quoted(word: str) -> str:
    """A SQL string literal."""
    return "'" + word.replace("'", "''") + "'"


def _list(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(quoted(word) for word in words) + ")"


_WHITE = quoted(WHITE_SPACE)
