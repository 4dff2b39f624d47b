"""From a model's DuckDB SQL to Spark SQL that gives the same values.

sqlglot writes the other dialect; what it does not know is done here, on the tree with every column's type: casts
that round, division, numbers as text, medians in windows, series of days, differences of times, ASOF joins.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp, parse_one
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from warehouse.spark.asof import expand_asof
from warehouse.spark.portable import Refusal, line_of, name_of, refused

Schema = dict[str, object]
"""DuckDB types as {schema: {table: {column: type}}}."""

INTEGERS = frozenset(("TINYINT", "SMALLINT", "INT", "BIGINT", "INT128"))
FLOATS = frozenset(("DOUBLE", "FLOAT"))
TEXTS = frozenset(("VARCHAR", "TEXT", "ENUM", "CHAR"))
TIMES = frozenset(("TIMESTAMP", "TIMESTAMPNTZ"))
# Java writes 1.0E7 where DuckDB writes 10000000.0, and DuckDB 1e+16 where Java writes 1.0E16.
NUMBER_AS_TEXT = """
    CASE
        WHEN CAST({x} AS STRING) = 'NaN' THEN 'nan'
        WHEN {x} IN (DOUBLE('Infinity'), DOUBLE('-Infinity')) THEN IF({x} > 0, 'inf', '-inf')
        WHEN NOT CONTAINS(CAST({x} AS STRING), 'E') THEN CAST({x} AS STRING)
        WHEN ABS({x}) >= 1e-4 AND ABS({x}) < 1e16 THEN REGEXP_REPLACE(
            REGEXP_REPLACE(CAST(CAST({x} AS DECIMAL(38, 20)) AS STRING), '0+$', ''), '[.]$', '.0')
        ELSE REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(
            CAST({x} AS STRING), '[.]0E', 'E'), 'E-([0-9])$', 'e-0$1'), 'E-', 'e-'), 'E', 'e+')
    END
"""


class _Unportable(Exception):
    def __init__(self, node: exp.Expr, why: str, instead: str = "", construct: str = "") -> None:
        self.refusal = Refusal(construct or name_of(node), line_of(node), why, instead)
        super().__init__(str(self.refusal))


def to_spark(select: str, schema: Schema, file: str, table_names: Callable[[str], str] = str) -> str:
    """A model's SELECT as Spark SQL. `schema` types what it reads; `table_names` renames `schema.table`.

    Raises MissingDataError that names a construct which only the types show to be not portable.
    """
    parsed = parse_one(select, dialect="duckdb").transform(_exact_literal)
    if not parsed.args.get("limit"):
        parsed.set("order", None)  # the order of a table is DuckDB's matter, when it reads the rows back
    tree = qualify(parsed, schema=schema, dialect="duckdb", quote_identifiers=False)
    tree = annotate_types(tree, schema=schema, dialect="duckdb")
    try:
        tree = _rewritten(tree)
    except _Unportable as error:
        raise refused([error.refusal], file) from error
    for table in tree.find_all(exp.Table):
        if table.db:
            table.replace(_renamed(table, table_names(f"{table.db}.{table.name}")))
    return expand_asof(tree).sql("spark", identify=True)


def _renamed(table: exp.Table, name: str) -> exp.Table:
    renamed = table.copy()
    renamed.set("db", None)
    renamed.set("catalog", None)
    renamed.set("this", exp.to_identifier(name, quoted=True))
    return renamed


def _rewritten(tree: exp.Expr) -> exp.Expr:
    """Every node by its rule, the innermost first, so that a rule finds the parts already said Spark's way."""
    for node in reversed(list(tree.walk(bfs=True))):
        rule = _RULES.get(type(node))
        if rule is None:
            continue
        new = rule(node)
        if new is not node:
            new.type = new.type or node.type
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _type(node: exp.Expr) -> str:
    """A node's type name; UNKNOWN when sqlglot could not tell."""
    return node.type.this.name if node.type else "UNKNOWN"


def _known(node: exp.Expr, of: exp.Expr) -> str:
    name = _type(of)
    if name == "UNKNOWN":
        raise _Unportable(node, f"the type of {of.sql('duckdb')} is not known", "CAST inside it")
    return name


def _exact_literal(node: exp.Expr) -> exp.Expr:
    """DuckDB reads 0.5 as a decimal, sqlglot takes it for a double: say what it is."""
    if not isinstance(node, exp.Literal) or node.is_string or "e" in node.name.lower() or "." not in node.name:
        return node
    whole, _, fraction = node.name.partition(".")
    return exp.cast(node.copy(), f"DECIMAL({max(len(whole), 1) + len(fraction)}, {len(fraction)})")


def _double(node: exp.Expr) -> exp.Expr:
    return node.copy() if _type(node) == "DOUBLE" else exp.cast(node.copy(), "DOUBLE")


def _spark(template: str, **parts: exp.Expr) -> exp.Expr:
    return parse_one(template.format(**{name: part.sql("spark") for name, part in parts.items()}), dialect="spark")


def _cast(node: exp.Expr) -> exp.Expr:
    inner, target = node.this, node.args["to"].this.name
    if isinstance(inner, (exp.Null, exp.Literal)):
        return node
    source = _known(node, inner)
    if target in INTEGERS and source in FLOATS | {"DECIMAL"}:
        # DuckDB rounds, doubles to the even neighbour; Spark cuts off.
        nearest = exp.func("RINT" if source in FLOATS else "ROUND", inner.copy())
        return exp.cast(nearest, node.args["to"].copy())
    if target in TEXTS and source in FLOATS:
        return _as_text(inner)
    if (source in TEXTS) != (target in TEXTS) and target not in TEXTS:
        raise _Unportable(node, "the engines read text differently", "the source contract's types", "CAST of text")
    if target == "DECIMAL" and source in FLOATS:
        raise _Unportable(node, "the engines round differently", "DOUBLE", "CAST of a DOUBLE AS DECIMAL")
    return node


def _as_text(node: exp.Expr) -> exp.Expr:
    text = _spark(NUMBER_AS_TEXT, x=node)
    text.type = exp.DataType.build("VARCHAR")
    return exp.paren(text, copy=False)


def _joined_text(node: exp.Expr) -> exp.Expr:
    """`||`, CONCAT and CONCAT_WS turn numbers into text unasked; so do their parts here."""
    parts = [node.left, node.right] if isinstance(node, exp.DPipe) else node.expressions
    for part in parts:
        if _known(node, part) in FLOATS and not isinstance(part, exp.Literal):
            part.replace(_as_text(part.copy()))
    return node


def _concat(node: exp.Expr) -> exp.Expr:
    """DuckDB's CONCAT leaves NULLs out, Spark's is NULL."""
    _joined_text(node)
    parts = [exp.Literal.string(""), *(part.copy() for part in node.expressions)]
    return exp.ConcatWs(expressions=parts, safe=True, coalesce=True)


def _divided(node: exp.Expr) -> exp.Expr:
    """DuckDB divides as doubles, Spark decimals as decimals."""
    return exp.Div(this=_double(node.this), expression=_double(node.expression), typed=False, safe=False)


def _average(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.Distinct):
        return node
    return exp.Avg(this=_double(node.this))


def _median(node: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="PERCENTILE", expressions=[_double(node.this), exp.Literal.number("0.5")])


def _floor(node: exp.Expr) -> exp.Expr:
    """DuckDB's FLOOR is a double, but of a decimal a decimal."""
    return node if _known(node, node.this) == "DECIMAL" else exp.cast(node.copy(), "DOUBLE")


def _moved(node: exp.Expr) -> exp.Expr:
    """Sums of dates: DuckDB makes a date and an interval a timestamp, and two dates a number of days."""
    first, second = node.this, node.expression
    left, right = _type(first), _type(second)
    if left in TIMES and right in TIMES:
        raise _Unportable(node, "it is an interval", "DATE_DIFF('microsecond', a, b)", "difference of timestamps")
    if (left, right) == ("DATE", "DATE"):
        return _days_between(second, first)
    for side, other in ((first, right), (second, left)):
        if _type(side) == "DATE" and other == "INTERVAL":
            side.replace(exp.cast(side.copy(), "TIMESTAMPNTZ"))
    return node


def _days_between(start: exp.Expr, end: exp.Expr) -> exp.Expr:
    return exp.cast(exp.Anonymous(this="DATEDIFF", expressions=[end.copy(), start.copy()]), "BIGINT")


def _date_diff(node: exp.Expr) -> exp.Expr:
    """sqlglot keeps (unit, start, end) as expression=start, this=end."""
    start, end = node.expression, node.this
    if node.text("unit").upper() == "DAY":
        return _days_between(start, end)
    moments = [exp.cast(moment.copy(), "TIMESTAMPNTZ") for moment in (start, end)]
    return exp.Anonymous(this="TIMESTAMPDIFF", expressions=[exp.var("MICROSECOND"), *moments])


def _truncated(node: exp.Expr) -> exp.Expr:
    unit = exp.Literal.string(node.text("unit").upper())
    return exp.cast(exp.Anonymous(this="DATE_TRUNC", expressions=[unit, node.this.copy()]), "TIMESTAMPNTZ")


def _interval(node: exp.Expr) -> exp.Expr:
    return exp.Interval(this=node.this.copy(), unit=exp.var(node.text("unit").upper().removesuffix("S")))


def _cte(node: exp.Expr) -> exp.Expr:
    node.set("materialized", None)
    return node


def _series(node: exp.Expr) -> exp.Expr:
    """A column UNNEST(GENERATE_SERIES(...)) becomes a lateral view; Spark allows it inside no other expression."""
    explodes = [column.find(exp.Explode) for column in node.expressions]
    found = next((explode for explode in explodes if explode), None)
    if found is None:
        return node
    series = found.this
    parts = {name: series.args[name] for name in ("start", "end", "step") if series.args.get(name)}
    listed = ", ".join(f"{{{name}}}" for name in parts)
    days = _spark(f"IF({{start}} <= {{end}}, SEQUENCE({listed}), NULL)", **parts)
    view = exp.Lateral(
        this=exp.Explode(this=days),
        view=True,
        alias=exp.TableAlias(this=exp.to_identifier("_series"), columns=[exp.to_identifier("_element")]),
    )
    found.replace(exp.column("_element", table="_series"))
    node.set("laterals", [*(node.args.get("laterals") or []), view])
    return node


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Cast: _cast,
    exp.DPipe: _joined_text,
    exp.ConcatWs: _joined_text,
    exp.Concat: _concat,
    exp.Div: _divided,
    exp.Avg: _average,
    exp.Median: _median,
    exp.Floor: _floor,
    exp.Add: _moved,
    exp.Sub: _moved,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _truncated,
    exp.Interval: _interval,
    exp.CTE: _cte,
    exp.Select: _series,
}
