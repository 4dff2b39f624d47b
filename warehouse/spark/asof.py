"""ASOF JOIN for an engine that has none: both sides in one column of time, then the last row seen.

The rows of both sides are put under each other, each packed into one struct column; a window over the join's keys,
in the order of time, carries the latest right row to each left row. That is one sort however many rows a key has,
where a join by range would compare all pairs of a busy member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp, parse_one

from warehouse.spark.portable import conditions_of

JOINED = "_asof"


def expand_asof(tree: exp.Expr) -> exp.Expr:
    """Replace every ASOF join of a qualified tree (columns carry their table) by a union and a window."""
    for select in list(tree.find_all(exp.Select)):
        joins = select.args.get("joins") or []
        if joins and str(joins[0].args.get("method") or "").upper() == "ASOF":
            _expand(select, joins[0])
    return tree


def _expand(select: exp.Select, join: exp.Join) -> None:
    left, right = select.args["from_"].this, join.this
    keys, times, later_is_better, at_once = _conditions(join, left.alias_or_name, right.alias_or_name)
    join.pop()
    outer = list(_own_columns(select, (left, right)))
    order = "ASC" if later_is_better else "DESC"
    # A right row at the very time of a left row counts only when the condition includes equality.
    right_place, left_place = (0, 1) if at_once else (1, 0)
    sides = (
        _side(left, keys[0], times[0], left_place, _packed(left, outer), "NULL"),
        _side(right, keys[1], times[1], right_place, "NULL", _packed(right, outer)),
    )
    partition = ", ".join(f"_k{number}" for number in range(len(keys[0])))
    kept = f"_place = {left_place}" + ("" if join.args.get("side") == "LEFT" else " AND _right IS NOT NULL")
    joined = parse_one(
        f"SELECT _left, _right FROM (SELECT _place, _left, LAST_VALUE(_right) IGNORE NULLS OVER (PARTITION BY "
        f"{partition} ORDER BY _t {order} NULLS FIRST, _place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) "
        f"AS _right FROM ({' UNION ALL '.join(sides)}) AS _both) AS _latest WHERE {kept}",
        dialect="spark",
    )
    select.set("from_", exp.From(this=exp.Subquery(this=joined, alias=exp.TableAlias(this=_name(JOINED)))))
    for column in outer:
        side = "_left" if column.table == left.alias_or_name else "_right"
        column.set("table", _name(side))
        column.set("db", _name(JOINED))


def _conditions(
    join: exp.Join, left: str, right: str
) -> tuple[tuple[list[str], list[str]], tuple[str, str], bool, bool]:
    """Keys of both sides, times of both sides, whether the latest right row wins, whether the same time counts."""
    keys: tuple[list[str], list[str]] = ([], [])
    times, later_is_better, at_once = ("", ""), True, False
    for condition in conditions_of(join.args["on"]):
        first, second = condition.this, condition.expression
        sides = {side.text("table"): side.sql("spark") for side in (first, second)}
        if isinstance(condition, exp.EQ):
            keys[0].append(sides[left])
            keys[1].append(sides[right])
            continue
        times = sides[left], sides[right]
        right_is_first = first.text("table") == right
        later_is_better = isinstance(condition, (exp.LT, exp.LTE)) == right_is_first
        at_once = isinstance(condition, (exp.LTE, exp.GTE))
    return keys, times, later_is_better, at_once


def _own_columns(select: exp.Select, tables: Iterable[exp.Expr]) -> Iterator[exp.Column]:
    """The columns of a SELECT that come from the given tables; those inside derived tables are not its own."""
    names = {table.alias_or_name for table in tables}
    inner = {id(column) for derived in select.args["from_"].this.find_all(exp.Select) for column in _all(derived)}
    inner |= {id(c) for j in select.args["joins"] for d in j.this.find_all(exp.Select) for c in _all(d)}
    with_ = select.args.get("with_")
    inner |= {id(column) for column in _all(with_)} if with_ else set()
    for column in _all(select):
        if column.table in names and id(column) not in inner:
            yield column


def _all(tree: exp.Expr) -> Iterator[exp.Column]:
    yield from tree.find_all(exp.Column)


def _packed(table: exp.Expr, outer: list[exp.Column]) -> str:
    """The columns of a side that the SELECT uses, as one struct; a side that gives none still marks its rows."""
    used = dict.fromkeys(column.name for column in outer if column.table == table.alias_or_name)
    fields = [f"{_name(table.alias_or_name).sql('spark')}.{_name(column).sql('spark')}" for column in used]
    return f"STRUCT({', '.join(fields or ['1 AS here'])})"


def _side(table: exp.Expr, keys: list[str], time: str, place: int, left: str, right: str) -> str:
    """One half of the union. Rows without a key or a time match nothing, so the right side leaves them out."""
    listed = "".join(f"{key} AS _k{number}, " for number, key in enumerate(keys))
    filled = " AND ".join(f"{needed} IS NOT NULL" for needed in (*keys, time))
    where = f" WHERE {filled}" if left == "NULL" else ""
    return (
        f"SELECT {listed}{time} AS _t, {place} AS _place, {left} AS _left, {right} AS _right "
        f"FROM {table.sql('spark')}{where}"
    )


def _name(word: str) -> exp.Identifier:
    return exp.to_identifier(word, quoted=True)
