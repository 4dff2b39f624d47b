"""How a cell that may not be seen behaves: NaN in values, NULL in comparisons and orders, never a number.

A hidden cell is NaN from the SELECT in which it is born. Sums, differences, ratios and windows over it are NaN by
themselves. Whatever would choose by it must not: a comparison, an order, a CASE or another aggregate takes it as
unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp, parse_one

from warehouse.guard.decision import Refused

Hidden = Callable[[exp.Expr], bool]
"""Whether a column or a scalar subquery can hold a hidden cell."""

_TESTS = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Like, exp.ILike, exp.Is,
)  # fmt: skip
_PASSING = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
NAMING = (
    exp.ArgMax, exp.ArgMin, exp.First, exp.Last, exp.AnyValue, exp.Mode, exp.GroupConcat,
)  # fmt: skip
"""Aggregates whose result may be a word instead of a number."""
_WRAPPED = (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)


def nan() -> exp.Expr:
    """The hidden cell."""
    return parse_one("CAST('nan' AS DOUBLE)", dialect="duckdb")


def unknown(node: exp.Expr) -> exp.Expr:
    """A value whose hidden cells are NULL."""
    return exp.Nullif(this=node, expression=nan())


def shield(query: exp.Select, hidden: Hidden) -> set[str]:
    """Make a SELECT treat hidden cells as unknown, in place; returns its output columns that can hold one."""
    names: set[str] = set()
    for projection in query.expressions:
        if _flow(projection, hidden):
            names.add(projection.alias_or_name.lower())
    for clause in ("where", "having", "qualify"):
        if query.args.get(clause) is not None:
            _tested(query.args[clause], "this", hidden)
    for join in query.args.get("joins") or ():
        if join.args.get("on") is not None:
            _tested(join, "on", hidden)
    for window in query.args.get("windows") or ():
        _flow(window, hidden)
    if query.args.get("group") is not None:
        _flow(query.args["group"], hidden)
    order = query.args.get("order")
    if order is not None:
        _flow(order, hidden)
        _spell_out(order, query, names)
    return names


def _spell_out(order: exp.Expr, query: exp.Select, names: set[str]) -> None:
    """Order by what an output is instead of by its name: inside NULLIF the name could mean a source's column."""
    outputs = {projection.alias_or_name.lower(): projection.unalias() for projection in query.expressions}
    for ordered in order.expressions:
        key = ordered.this
        if not isinstance(key, exp.Column) or key.table or key.name.lower() not in names:
            continue
        if query.args.get("distinct") is None:  # which can be ordered by its outputs only
            ordered.set("this", unknown(outputs[key.name.lower()].copy()))


def _flow(node: exp.Expr, hidden: Hidden) -> bool:
    """Shield everything below a node; whether its value can be a hidden cell."""
    if hidden(node):
        return True
    if isinstance(node, exp.Query):
        return False  # a query of its own, shielded by itself
    if isinstance(node, exp.Ordered):
        return _unknown_below(node, hidden)
    if isinstance(node, exp.In | exp.Any | exp.All):
        _shield_list(node, hidden)
    if isinstance(node, _TESTS):
        return _unknown_below(node, hidden)
    if isinstance(node, exp.DPipe | exp.Concat | exp.ConcatWs):
        return _unknown_below(node, hidden)
    if isinstance(node, exp.Cast):
        return _cast(node, hidden)
    if isinstance(node, exp.IntDiv):
        return _whole_quotient(node, hidden)
    if isinstance(node, exp.Case | exp.If):
        return _case(node, hidden)
    if isinstance(node, exp.Window):
        return _window(node, hidden)
    if isinstance(node, _WRAPPED) and any(map(hidden, node.walk())):
        raise Refused("small_cells")
    if isinstance(node, exp.AggFunc | exp.AnonymousAggFunc):
        return _aggregate(node, node, hidden)
    return _any(_flow(child, hidden) for child in list(node.iter_expressions()))


def _shield_list(node: exp.Expr, hidden: Hidden) -> None:
    """In x IN (SELECT ...) and x > ANY (SELECT ...) the hidden cells among the listed ones are unknown."""
    place = "query" if isinstance(node, exp.In) else "this"
    listed = node.args.get(place)
    if not isinstance(listed, exp.Query) or not hidden(listed):
        return
    if len(listed.selects) != 1:
        raise Refused("small_cells")
    alias = exp.TableAlias(this=exp.to_identifier("listed"), columns=[exp.to_identifier("value")])
    rows = exp.Subquery(this=listed.unnest().copy(), alias=alias)
    node.set(place, exp.Subquery(this=exp.select(unknown(exp.column("value", table="listed"))).from_(rows)))


def _any(found: Iterable[bool]) -> bool:
    """Whether any is true; all are looked at, because looking shields."""
    return any(list(found))


def _tested(node: exp.Expr, name: str, hidden: Hidden) -> None:
    if _flow(node.args[name], hidden):
        node.set(name, unknown(node.args[name].copy()))


def _unknown_below(node: exp.Expr, hidden: Hidden) -> bool:
    for child in list(node.iter_expressions()):
        if _flow(child, hidden):
            child.replace(unknown(child.copy()))
    return False


def _cast(node: exp.Cast, hidden: Hidden) -> bool:
    """A whole number cannot be NaN and a text must not say it."""
    if not _flow(node.this, hidden):
        return False
    if node.to.this in exp.DataType.REAL_TYPES:
        return True
    found = [value.copy() for value in _outermost(node.this, hidden)]
    node.this.replace(unknown(node.this.copy()))
    if node.to.this not in exp.DataType.NUMERIC_TYPES:
        return False
    isnan = exp.or_(*(exp.IsNan(this=value) for value in found))
    node.replace(exp.Case(ifs=[exp.If(this=isnan, true=nan())], default=node.copy()))
    return True


def _whole_quotient(node: exp.IntDiv, hidden: Hidden) -> bool:
    """A hidden count is a DOUBLE, and x // y of such is no whole number."""
    found = _any(_flow(child, hidden) for child in list(node.iter_expressions()))
    if found:
        quotient = exp.Div(this=exp.paren(node.this.copy()), expression=exp.paren(node.expression.copy()))
        node.replace(exp.Anonymous(this="TRUNC", expressions=[quotient]))
    return found


def _case(node: exp.Case | exp.If, hidden: Hidden) -> bool:
    """A choice that depends on a hidden cell is unknown, not its ELSE."""
    branches = list(node.args.get("ifs") or []) if isinstance(node, exp.Case) else [node]
    deciding = [found.copy() for branch in branches for found in _outermost(branch.this, hidden)]
    if isinstance(node, exp.Case) and node.this is not None:
        deciding += [found.copy() for found in _outermost(node.this, hidden)]
    values = [branch.args.get("true") for branch in branches]
    values.append(node.args.get("default") if isinstance(node, exp.Case) else node.args.get("false"))
    for branch in branches:
        _tested(branch, "this", hidden)
    found = _any(_flow(value, hidden) for value in values if value is not None)
    if not deciding:
        return found
    words = any(value is not None and value.is_string for value in values)
    answer = exp.Null() if words else nan()
    isnan = exp.or_(*(exp.IsNan(this=value) for value in deciding))
    guarded = exp.Case(ifs=[exp.If(this=isnan, true=answer)], default=node.copy())
    node.replace(guarded)
    return not words


def _outermost(node: exp.Expr, hidden: Hidden) -> list[exp.Expr]:
    if hidden(node):
        return [node]
    return [found for child in node.iter_expressions() for found in _outermost(child, hidden)]


def _window(node: exp.Window, hidden: Hidden) -> bool:
    for part in node.iter_expressions():
        if part is not node.this:
            _flow(part, hidden)
    for key in node.args.get("partition_by") or ():
        if hidden(key):
            raise Refused("small_cells")
    function = node.this
    if isinstance(function, exp.IgnoreNulls | exp.RespectNulls):
        function = function.this
    if isinstance(function, _PASSING):
        return _any(_flow(child, hidden) for child in list(function.iter_expressions()))
    if isinstance(function, exp.AggFunc | exp.AnonymousAggFunc):
        return _aggregate(function, node, hidden)
    if any(map(hidden, function.walk())):
        raise Refused("small_cells")
    return False


def _aggregate(function: exp.Expr, whole: exp.Expr, hidden: Hidden) -> bool:
    """Over any hidden cell the aggregate is hidden; it never sees the NaN, which some of them refuse."""
    values = [found.copy() for child in function.iter_expressions() for found in _outermost(child, hidden)]
    if not values:
        return _any(_flow(child, hidden) for child in list(function.iter_expressions()))
    if isinstance(function, exp.Count) or any(isinstance(part, exp.Query) for part in function.walk()):
        return False if isinstance(function, exp.Count) and _counts_rows(function, hidden) else _refuse()
    for child in list(function.iter_expressions()):
        for found in _outermost(child, hidden):
            found.replace(unknown(found.copy()))
    seen: exp.Expr = exp.LogicalOr(this=exp.or_(*(exp.IsNan(this=value) for value in values)))
    if whole is not function:
        over = whole.copy()
        over.set("this", seen)
        seen = over
    answer = exp.Null() if isinstance(function, NAMING) else nan()
    whole.replace(exp.Case(ifs=[exp.If(this=seen, true=answer)], default=whole.copy()))
    return not isinstance(answer, exp.Null)


def _counts_rows(function: exp.Count, hidden: Hidden) -> bool:
    """COUNT(x) of a hidden column counts its rows, hidden or not: how many groups there are is no secret."""
    return function.this is not None and hidden(function.this)


def _refuse() -> bool:
    raise Refused("small_cells")
