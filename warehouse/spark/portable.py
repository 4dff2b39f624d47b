"""Which SQL a model may use: the constructs that give the same values on DuckDB and on Spark.

It is a list of what is allowed: each entry was compared on both engines (tests/warehouse/test_spark_semantics.py),
and anything else is refused when the model is read, by its name. Some refused constructs fail on Spark; the worse
ones run there and say something else, a day of the week counted from another day for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlglot import exp

from warehouse.errors import MissingDataError

STRUCTURE: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit,
    exp.Qualify, exp.With, exp.CTE, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.Table, exp.TableAlias,
    exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Distinct, exp.Tuple, exp.Values, exp.Paren,
)  # fmt: skip
SCALARS: tuple[type[exp.Expr], ...] = (
    exp.Literal, exp.Null, exp.Boolean, exp.Var, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Case, exp.If,
    exp.Coalesce, exp.Nullif, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Exists, exp.EQ, exp.NEQ,
    exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod,
    exp.Neg, exp.Abs, exp.DPipe, exp.Concat, exp.ConcatWs, exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Like,
    exp.Greatest, exp.Least, exp.Interval, exp.DateDiff, exp.TimestampTrunc, exp.Year, exp.Month, exp.Extract,
    exp.Floor, exp.Explode, exp.GenerateSeries,
)  # fmt: skip
AGGREGATES: tuple[type[exp.Expr], ...] = (
    exp.Sum, exp.Count, exp.CountIf, exp.Min, exp.Max, exp.Avg, exp.Median, exp.Filter,
)  # fmt: skip
WINDOWS: tuple[type[exp.Expr], ...] = (
    exp.Window, exp.WindowSpec, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue,
    exp.LastValue, exp.IgnoreNulls,
)  # fmt: skip
PORTABLE = frozenset((*STRUCTURE, *SCALARS, *AGGREGATES, *WINDOWS))
CAST_TYPES = frozenset((
    "INT", "BIGINT", "SMALLINT", "TINYINT", "DOUBLE", "DECIMAL", "TEXT", "VARCHAR", "DATE", "TIMESTAMP",
    "TIMESTAMPNTZ", "BOOLEAN",
))  # fmt: skip
DATE_DIFF_UNITS = frozenset(("DAY", "MICROSECOND"))
TRUNC_UNITS = frozenset(("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"))
EXTRACT_FIELDS = frozenset(("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"))
INTERVAL_UNITS = frozenset(("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"))
JOIN_METHODS = frozenset(("", "ASOF"))
NEEDS_ORDER = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)

_WEEKDAY = "DATE_DIFF('day', DATE '1900-01-01', day) % 7, which is 0 on a Monday"
_TYPED = "the source contract, which types every column before a model reads it"
_ORDERED = "ROW_NUMBER with an order that has no ties"
ADVICE: dict[type[exp.Expr], tuple[str, str, str]] = {
    exp.DayOfWeek: ("DAYOFWEEK", "DuckDB counts the days of a week from 0, Spark from 1", _WEEKDAY),
    exp.DayOfWeekIso: ("ISODOW", "it is another day on Spark", _WEEKDAY),
    exp.Dayname: ("DAYNAME", "DuckDB writes Monday, Spark Mon", _WEEKDAY),
    exp.Monthname: ("MONTHNAME", "DuckDB writes January, Spark Jan", "MONTH"),
    exp.TryCast: ("TRY_CAST", "DuckDB reads '30.0' as the integer 30, Spark as NULL", _TYPED),
    exp.ArrayAgg: ("LIST", "Spark drops its order and its NULLs", "MIN, MAX or " + _ORDERED),
    exp.GroupConcat: ("STRING_AGG", "Spark has another order", "MIN, MAX or " + _ORDERED),
    exp.AnyValue: ("ANY_VALUE", "each engine takes another row", "MIN, MAX or " + _ORDERED),
    exp.First: ("FIRST", "each engine takes another row", "MIN, MAX or " + _ORDERED),
    exp.Last: ("LAST", "each engine takes another row", "MIN, MAX or " + _ORDERED),
    exp.ArgMax: ("ARG_MAX", "the engines differ in ties and NULLs", _ORDERED),
    exp.ArgMin: ("ARG_MIN", "the engines differ in ties and NULLs", _ORDERED),
    exp.Round: ("ROUND", "DuckDB rounds the binary value, Spark the decimal", "the value; round where shown"),
    exp.IntDiv: ("//", "the engines differ in what it takes and gives", "/"),
    exp.PercentileCont: ("QUANTILE_CONT", "Spark has no such window, and another form", "MEDIAN"),
    exp.PercentileDisc: ("QUANTILE_DISC", "Spark has no such window, and another form", "MEDIAN"),
    exp.CurrentDate: ("CURRENT_DATE", "a build reads no clock", "silver.period"),
    exp.Rand: ("RANDOM", "a build is repeatable", "a column"),
    exp.Uuid: ("UUID", "a build is repeatable", "a column"),
    exp.TimeToStr: ("STRFTIME", "the engines' formats differ", "DATE_TRUNC, YEAR or MONTH"),
    exp.RegexpLike: ("REGEXP_MATCHES", "the engines' regular expressions differ", "LIKE"),
    exp.PositionalColumn: ("#", "Spark has no columns by number", "the column's name"),
}


@dataclass(frozen=True)
class Refusal:
    """A construct that cannot run alike on both engines, its line in the file (0 unknown), why, and what can."""

    construct: str
    line: int
    why: str
    instead: str = ""

    def __str__(self) -> str:
        place = f" (line {self.line})" if self.line else ""
        return f"{self.construct}{place}: {self.why}" + (f"; use {self.instead}" if self.instead else "")


Fault = tuple[str, str, str] | None
"""Construct, why, instead; None when nothing is wrong."""


def require_portable(
    query: exp.Expr, file: str, header_lines: int = 0, ranked: frozenset[str] = frozenset()
) -> None:
    """Raise MissingDataError (exit 4) that names every construct of a query that Spark could not run alike.

    `ranked` are the columns of dictionaries that DuckDB sorts by the dictionary and Spark by the alphabet.
    """
    found = refusals(query, header_lines, ranked)
    if found:
        raise refused(found, file)


def refused(found: Iterable[Refusal], file: str) -> MissingDataError:
    """The error for a model file with constructs that are not portable."""
    return MissingDataError(
        f"A SQL model cannot run alike on DuckDB and Spark: {'; '.join(map(str, found))}.",
        where=file,
        next_step="Write it with the constructs of warehouse/spark/portable.py.",
    )


def refusals(query: exp.Expr, header_lines: int = 0, ranked: frozenset[str] = frozenset()) -> list[Refusal]:
    """Every construct of a DuckDB query that is not portable, in the order of the text. Cheap: one walk."""
    found = []
    for node in query.walk():
        fault = _unlisted(node) or _RULES.get(type(node), _nothing)(node) or _ranked(node, ranked)
        if fault:
            construct, why, instead = fault
            found.append(Refusal(construct, line_of(node, header_lines), why, instead))
    return sorted(dict.fromkeys(found), key=lambda refusal: refusal.line)


def line_of(node: exp.Expr, header_lines: int = 0) -> int:
    """The line of the file where a construct stands; 0 when the parser did not keep it."""
    within = (part.meta["line"] for part in node.walk() if "line" in part.meta)
    first = next(within, 0)
    return int(first) + header_lines if first else 0


def _nothing(_node: exp.Expr) -> Fault:
    return None


def _unlisted(node: exp.Expr) -> Fault:
    if type(node) in PORTABLE:
        return None
    return ADVICE.get(type(node)) or (name_of(node), "nobody has compared it on both engines", "")


def _ranked(node: exp.Expr, ranked: frozenset[str]) -> Fault:
    """Words with a rank compared. Sorting rows is DuckDB's matter, unless it chooses rows or values."""
    if not isinstance(node, (exp.Min, exp.Max, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)):
        order = node.parent if isinstance(node, exp.Ordered) else None
        query = order.parent if order else None
        if query is None or not (isinstance(query, exp.Window) or query.args.get("limit")):
            return None
    for column in (node.this, node.args.get("expression")):
        if isinstance(column, exp.Column) and column.name in ranked:
            return (
                f"order of {column.name}",
                "DuckDB sorts it by its dictionary, Spark by the alphabet",
                "a number",
            )
    return None


def name_of(node: exp.Expr) -> str:
    """A construct's name as people write it."""
    if isinstance(node, exp.Anonymous):
        return node.name.upper()
    if isinstance(node, exp.Func):
        return node.sql_name()
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in type(node).__name__)
    return words.strip().upper()


def _join(node: exp.Expr) -> Fault:
    method = str(node.args.get("method") or "").upper()
    if method not in JOIN_METHODS:
        return f"{method} JOIN", "Spark joins other rows or none", "JOIN with ON"
    return _asof(node) if method == "ASOF" else None


def _asof(join: exp.Expr) -> Fault:
    select = join.parent
    if not isinstance(select, exp.Select) or select.args["joins"][0] is not join:
        return "ASOF JOIN", "only the first join of a SELECT can be one", "a WITH clause around it"
    on = join.args.get("on")
    conditions = conditions_of(on)
    unequal = [c for c in conditions if isinstance(c, (exp.LT, exp.LTE, exp.GT, exp.GTE))]
    equal = [c for c in conditions if isinstance(c, exp.EQ)]
    if len(unequal) != 1 or not equal or len(unequal) + len(equal) != len(conditions):
        return "ASOF JOIN", "it needs ON with equalities and one inequality", "ON a.x = b.x AND a.t > b.t"
    sides = [side for c in (*unequal, *equal) for side in (c.left, c.right)]
    if not all(isinstance(side, exp.Column) and side.table for side in sides):
        return "ASOF JOIN", "its ON compares other things than columns with their table's name", "a WITH clause"
    if any(isinstance(column.this, exp.Star) or column.is_star for column in select.expressions):
        return "ASOF JOIN with *", "its columns must be named", "the columns' names"
    return None


def conditions_of(on: exp.Expr | None) -> list[exp.Expr]:
    """The conditions that an ON joins by AND."""
    if isinstance(on, exp.And):
        return list(on.flatten())
    return [] if on is None else [on]


def _set_operation(node: exp.Expr) -> Fault:
    if node.args.get("by_name"):
        return f"{node.key.upper()} BY NAME", "Spark has no such form", "the columns in one order"
    return None


def _with(node: exp.Expr) -> Fault:
    return ("WITH RECURSIVE", "Spark reads it differently", "a join") if node.args.get("recursive") else None


def _distinct(node: exp.Expr) -> Fault:
    return ("DISTINCT ON", "ties take another row", "QUALIFY " + _ORDERED) if node.args.get("on") else None


def _limit(node: exp.Expr) -> Fault:
    ordered = node.parent is not None and node.parent.args.get("order")
    return None if ordered else ("LIMIT without ORDER BY", "each engine takes other rows", "ORDER BY")


def _ordered(node: exp.Expr) -> Fault:
    hidden = isinstance(node.this, exp.Var)
    return ("ORDER BY ALL", "it hides what the order is", "the columns") if hidden else None


def _cast(node: exp.Expr) -> Fault:
    to = node.args["to"]
    if to.this.name in CAST_TYPES and not to.args.get("nested"):
        return None
    return f"CAST AS {to.sql('duckdb')}", "Spark has no such type", "BIGINT, DOUBLE, VARCHAR, DATE or TIMESTAMP"


def _date_diff(node: exp.Expr) -> Fault:
    unit = node.text("unit").upper()
    if unit in DATE_DIFF_UNITS:
        return None
    return (
        f"DATE_DIFF by {unit.lower()}",
        f"DuckDB counts the {unit.lower()} boundaries between, Spark whole {unit.lower()}s",
        "DATE_DIFF('microsecond', a, b) / 3600000000 for hours, DATE_TRUNC, or YEAR and MONTH",
    )


def _timestamp_trunc(node: exp.Expr) -> Fault:
    unit = node.text("unit").upper()
    return None if unit in TRUNC_UNITS else (f"DATE_TRUNC by {unit.lower()}", "Spark has no such unit", "day")


def _extract(node: exp.Expr) -> Fault:
    part = node.name.upper()
    if part in EXTRACT_FIELDS:
        return None
    known = ", ".join(sorted(EXTRACT_FIELDS))
    return f"EXTRACT {part}", "it is another number on Spark", f"{known}; for a day of the week {_WEEKDAY}"


def _interval(node: exp.Expr) -> Fault:
    unit = node.text("unit").upper()
    if not isinstance(node.this, exp.Literal):
        return "INTERVAL of an expression", "Spark takes only a number", "expression * INTERVAL 1 DAY"
    if unit.removesuffix("S") not in INTERVAL_UNITS:
        return f"INTERVAL {unit}", "nobody has compared it on both engines", "days, hours or months"
    return None


def _window(node: exp.Expr) -> Fault:
    call = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
    if isinstance(call, exp.Filter):
        return "FILTER in a window", "Spark has no such form", "CASE in the aggregate"
    if call.find(exp.Distinct):
        return "DISTINCT in a window", "Spark has no such form", "a GROUP BY before it"
    if isinstance(call, NEEDS_ORDER) and not node.args.get("order") and not node.args.get("alias"):
        return f"{name_of(call)} without ORDER BY", "each engine numbers other rows", "ORDER BY"
    return None


def _window_spec(node: exp.Expr) -> Fault:
    kind = str(node.args.get("kind") or "").upper()
    bounded = any(isinstance(node.args.get(side), exp.Expr) for side in ("start", "end"))
    if kind == "GROUPS" or node.args.get("exclude"):
        return f"{kind} frame or EXCLUDE", "Spark has no such frame", "ROWS"
    if kind == "RANGE" and bounded:
        return "RANGE frame with an offset", "Spark cannot order it by a timestamp", "ROWS, or a join"
    return None


def _count(node: exp.Expr) -> Fault:
    counted = node.this.expressions if isinstance(node.this, exp.Distinct) else [node.this]
    if node.expressions or len(counted) > 1:
        return "COUNT of several columns", "the engines count NULLs differently", "a GROUP BY before it"
    return None


def _tuple(node: exp.Expr) -> Fault:
    inside = isinstance(node.parent, exp.Values)
    return None if inside else ("row of columns", "the engines compare NULLs in it differently", "the columns")


def _in(node: exp.Expr) -> Fault:
    if node.args.get("unnest") or node.args.get("field"):
        return "IN over a list column", "Spark has no such form", "a join or a list of values"
    above = node.parent.parent if isinstance(node.parent, exp.Not) else node.parent
    while isinstance(above, (exp.And, exp.Paren)):
        above = above.parent
    if node.args.get("query") and not isinstance(above, exp.Where):
        return "IN with a query outside WHERE", "Spark takes unknown for false in it", "EXISTS or a join"
    return None


def _like(node: exp.Expr) -> Fault:
    pattern = node.args["expression"]
    if isinstance(pattern, exp.Literal) and "\\" not in pattern.name:
        return None
    return "LIKE with a pattern that is computed or has \\", "Spark reads \\ as an escape", "a plain pattern"


def _trim(node: exp.Expr) -> Fault:
    return ("TRIM of characters", "nobody has compared it", "TRIM(text)") if node.args.get("expression") else None


def _explode(node: exp.Expr) -> Fault:
    inside = node.parent
    while isinstance(inside, (exp.Cast, exp.Alias, exp.Paren)):
        inside = inside.parent
    alone = isinstance(inside, exp.Select) and len(list(inside.find_all(exp.Explode))) == 1
    if alone and isinstance(node.this, exp.GenerateSeries):
        return None
    return "UNNEST", "only one UNNEST(GENERATE_SERIES(...)) as a column of a SELECT is known on both", ""


def _generate_series(node: exp.Expr) -> Fault:
    if isinstance(node.parent, exp.Explode) and not node.args.get("is_end_exclusive"):
        return None
    return "GENERATE_SERIES outside UNNEST", "Spark has no such form", "SELECT UNNEST(GENERATE_SERIES(a, b, step))"


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], Fault]] = {
    exp.Join: _join,
    exp.Union: _set_operation,
    exp.Except: _set_operation,
    exp.Intersect: _set_operation,
    exp.With: _with,
    exp.Distinct: _distinct,
    exp.Limit: _limit,
    exp.Ordered: _ordered,
    exp.Cast: _cast,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _timestamp_trunc,
    exp.Extract: _extract,
    exp.Interval: _interval,
    exp.Window: _window,
    exp.WindowSpec: _window_spec,
    exp.Count: _count,
    exp.Tuple: _tuple,
    exp.In: _in,
    exp.Like: _like,
    exp.Trim: _trim,
    exp.Explode: _explode,
    exp.GenerateSeries: _generate_series,
}
