"""Layer 9, sums with different weights: SUM(CASE WHEN x THEN 1000001 ELSE 1 END) spells out a small count.

What a sum is made of must be sums of its own, one for each weight: then each can be counted, and hidden when few
stand under it. So conditions stand in CASE, IF or as a 0/1 factor, and not inside other arithmetic.
"""

from __future__ import annotations

from typing import Literal

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.decision import Refused
from warehouse.guard.statement import Statement
from warehouse.policy.loader import GOVERNED_SCHEMA

Weight = Literal["constant", "plain", "sum", "scaled", "switched"]
"""A number, a column, columns added up, any of them times a number, or something that depends on a condition."""

_CONDITIONS = (exp.Predicate, exp.And, exp.Or, exp.Not, exp.In, exp.Is, exp.Between, exp.Boolean)
_STEPS = (exp.Round, exp.Floor, exp.Ceil, exp.Trunc)
_BOUNDS = (exp.Greatest, exp.Least)
_SHAPES = (*_STEPS, *_BOUNDS, exp.Abs, exp.Sqrt)
_NAMING = (exp.GroupConcat, exp.First, exp.Last, exp.AnyValue, exp.Mode, exp.ArgMax, exp.ArgMin)
_SINGLE = (exp.Paren, exp.Neg, exp.Cast, exp.TryCast, exp.Distinct)
_SUMS = (exp.Sum, exp.Avg)


def refuse_weights(node: exp.Expr, scope: Scope, statement: Statement, measures: bool) -> None:
    """Refuse an aggregate over members' rows or over fine sums of them that weighs them or shows single ones.

    `measures` says that it reads measures of a mart.
    """
    while isinstance(node, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        node = node.this
    argument = node.expressions[0] if isinstance(node, exp.Anonymous) and node.expressions else node.this
    if isinstance(argument, exp.Order):  # first(x ORDER BY y) shows x
        argument = argument.this
    if not isinstance(argument, exp.Expr) or isinstance(node, exp.Count | exp.CountIf | exp.Min | exp.Max):
        return
    if isinstance(node, _NAMING):
        if measures and _reads_measure(argument, scope, statement):
            raise Refused("single_cells")
    elif isinstance(node, _SUMS):
        _weight(argument, scope, statement)
    elif measures and any(isinstance(part, exp.Case | exp.If | exp.Predicate) for part in node.walk()):
        raise Refused("weighted_sum")


def _weight(node: exp.Expr, scope: Scope, statement: Statement) -> Weight:
    if isinstance(node, exp.Literal | exp.Null | exp.Placeholder):
        return "constant"
    if isinstance(node, exp.Column):
        return _column(node, scope, statement)
    if isinstance(node, _SINGLE):
        inner = node.expressions[0] if isinstance(node, exp.Distinct) else node.this
        return _weight(inner, scope, statement)
    if isinstance(node, exp.Case | exp.If):
        for value in values_of(node):
            _weight(value, scope, statement)
        return "switched"
    if isinstance(node, _CONDITIONS):
        return "switched"
    if isinstance(node, exp.Coalesce | exp.Nullif):
        rest = node.expressions or [node.expression]
        return _weight(node.this, scope, statement) if all(map(_is_number, rest)) else _refuse()
    found = [_weight(child, scope, statement) for child in node.iter_expressions()]
    return _combined(node, found)


def _combined(node: exp.Expr, found: list[Weight]) -> Weight:
    kinds = set(found)
    if kinds <= {"constant"}:
        return "constant"
    if isinstance(node, exp.Add | exp.Sub):
        if isinstance(node, exp.Sub) and found == ["constant", "plain"] and node.this.name == "1":
            return "plain"  # 1 - is_resolved is a flag
        return "sum" if kinds <= {"constant", "plain", "sum"} else _refuse()
    if isinstance(node, exp.Mul):
        others = [kind for kind in found if kind != "constant"]
        if len(others) == 1:
            return "switched" if others == ["switched"] else "scaled"
        return _refuse() if "sum" in kinds or "scaled" in kinds else max(others)  # plain < switched
    if isinstance(node, exp.Div) and found[1] in ("constant", "plain"):
        return found[0] if found[0] == "switched" else "scaled"
    if isinstance(node, _STEPS) and not kinds <= {"constant", "plain"}:
        return _refuse()  # ceil(nps_score / 10) is a condition in other words
    if isinstance(node, _SHAPES) and "switched" not in kinds:
        return "scaled"
    return _refuse()


def _column(column: exp.Column, scope: Scope, statement: Statement) -> Weight:
    """A measure or a flag is a value; a dimension, a day or a number from a list beside it would be a weight."""
    source = statement.sources[id(scope)].get(column.table)
    if isinstance(source, Scope):
        return "plain" if not _is_list(source) else _refuse()
    if not isinstance(source, exp.Table) or source.db != GOVERNED_SCHEMA:
        return _refuse()
    declared = statement.table(source.name).columns.get(column.name)
    return "plain" if declared is not None and declared.kind in ("measure", "ordinal") else _refuse()


def _is_list(source: Scope) -> bool:
    query = source.expression
    return not isinstance(query, exp.Query) or not any(query.find_all(exp.Table))


def values_of(node: exp.Expr) -> list[exp.Expr]:
    """What a CASE or an IF can give."""
    if isinstance(node, exp.If):
        found = [node.args.get("true"), node.args.get("false")]
    else:
        found = [*(branch.args.get("true") for branch in node.args.get("ifs") or ()), node.args.get("default")]
    return [value for value in found if value is not None]


def _is_number(node: exp.Expr | None) -> bool:
    return node is None or isinstance(node, exp.Literal | exp.Null)


def _reads_measure(node: exp.Expr, scope: Scope, statement: Statement) -> bool:
    return any(_is_mart_measure(column, scope, statement) for column in node.find_all(exp.Column))


def _is_mart_measure(column: exp.Column, scope: Scope, statement: Statement) -> bool:
    source = statement.sources[id(scope)].get(column.table)
    if not isinstance(source, exp.Table) or source.db != GOVERNED_SCHEMA:
        return False
    return column.name in statement.table(source.name).under


def _refuse() -> Weight:
    raise Refused("weighted_sum")


def parts(node: exp.Expr) -> list[exp.Expr]:
    """Conditions for the rows that a sum or an average says something of, one for each part that it is made of.

    A row that gives 0 is none of them: of AVG(denied_amount) the rows with an amount are, however many there are.
    """
    if isinstance(node, exp.Paren | exp.Neg | exp.Cast):
        return parts(node.this)
    if isinstance(node, exp.Coalesce):
        filled = [] if all(map(_is_nothing, node.expressions)) else [_is_null(node.this)]
        return parts(node.this) + filled
    if isinstance(node, exp.Nullif):
        return [exp.and_(part, _not_zero(node)) for part in parts(node.this)]
    if isinstance(node, exp.Case):
        return _branches(node)
    if isinstance(node, exp.If):
        whole = exp.Case(ifs=[exp.If(this=node.this, true=node.args.get("true"))], default=node.args.get("false"))
        return _branches(whole)
    if isinstance(node, exp.Add | exp.Sub):
        return _summands(node)
    if isinstance(node, exp.Mul | exp.Div) and _is_number(node.expression):
        return parts(node.this)
    if isinstance(node, exp.Mul) and _is_number(node.this):
        return parts(node.expression)
    if isinstance(node, _SHAPES):
        return _shaped(node)
    return [_not_zero(node)]


def _summands(node: exp.Add | exp.Sub) -> list[exp.Expr]:
    """Of x + 1 the rows with an x as well: beside COUNT(*) the sum gives them away."""
    sides = (node.this, node.expression)
    if isinstance(node, exp.Sub) and node.this.name == "1" and is_flag(node.expression):
        return [_not_zero(node)]  # the other rows, each by 1
    found = [part for side in sides if not _is_number(side) for part in parts(side)]
    numbers = [side for side in sides if _is_number(side) and not _is_nothing(side)]
    return [*found, _not_zero(node)] if numbers else found


def _shaped(node: exp.Expr) -> list[exp.Expr]:
    """Of greatest(x, 9) the rows above 9 as well."""
    operands = [node.this, *(node.expressions if isinstance(node, _BOUNDS) else ())]
    read = [operand for operand in operands if not _is_number(operand)]
    found = [part for operand in read if not isinstance(operand, exp.Column) for part in parts(operand)]
    bounds = [operand for operand in operands if _is_number(operand)] if isinstance(node, _BOUNDS) else []
    beyond = [exp.NEQ(this=exp.paren(node.copy()), expression=bound.copy()) for bound in bounds]
    return [*found, *beyond, _not_zero(node)]


def is_flag(node: exp.Expr) -> bool:
    """An expression whose sum is a count: flags and literals, as `is_repeat` or CASE WHEN ... THEN 1 END."""
    return all(map(is_flag_column, value_columns(node)))


def is_flag_column(column: exp.Column) -> bool:
    """A 0/1 column, by its name."""
    return column.name.startswith(("is_", "prior_"))


def value_columns(node: exp.Expr | None) -> list[exp.Column]:
    """The columns that give an expression its value, without those that only switch it."""
    if node is None or isinstance(node, exp.Column):
        return [node] if node is not None else []
    giving = values_of(node) if isinstance(node, exp.Case | exp.If) else node.iter_expressions()
    return [column for part in giving for column in value_columns(part)]


def _branches(node: exp.Case) -> list[exp.Expr]:
    values = values_of(node)
    giving = {value.sql(dialect="duckdb"): value for value in values if not _is_nothing(value)}
    if len(giving) <= 1 and all(parts(value) == [_not_zero(value)] for value in giving.values()):
        return [_not_zero(node)]
    numbered = node.copy()  # the same choice, but of the branch's number
    for place, branch in enumerate(numbered.args["ifs"]):
        branch.set("true", exp.Literal.number(place))
    if numbered.args.get("default") is not None:
        numbered.set("default", exp.Literal.number(len(numbered.args["ifs"])))
    found: list[exp.Expr] = []
    for place, value in enumerate(values):
        if not _is_nothing(value):
            chosen = exp.EQ(this=numbered.copy(), expression=exp.Literal.number(place))
            found += [chosen if _is_number(value) else exp.and_(chosen.copy(), part) for part in parts(value)]
    return found


def _is_nothing(value: exp.Expr) -> bool:
    return isinstance(value, exp.Null) or (isinstance(value, exp.Literal) and value.name in ("0", "0.0"))


def _is_null(node: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.paren(node.copy()), expression=exp.Null())


def _not_zero(node: exp.Expr) -> exp.Expr:
    return exp.NEQ(this=exp.paren(node.copy()), expression=exp.Literal.number(0))
