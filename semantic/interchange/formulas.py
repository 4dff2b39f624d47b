"""SQL formulas of others as measures of ours: sums, counts and extremes of a column, weighted, as one quotient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp

from semantic.interchange.report import NotMapped
from semantic.model import Aggregation

Where = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Term:
    """A measure without a name: an aggregate of a column, over the rows that fulfil `where` and `flag`.

    `dataset` is set where a formula can be over several.
    """

    aggregation: Aggregation
    column: str | None = None
    where: Where = ()
    flag: str | None = None
    dataset: str = ""


@dataclass(frozen=True)
class Formula:
    """Weighted terms above, and below when it is a quotient. `constant` is set where it is just a number.

    `remarks` say where a result can look different without being another number.
    """

    above: Mapping[Term, float] = field(default_factory=dict)
    below: Mapping[Term, float] = field(default_factory=dict)
    constant: float | None = None
    remarks: tuple[str, ...] = ()


Resolve = Callable[[str], Formula]
Rows = tuple[Where, str | None]
"""Which rows: (column, values) pairs, and a flag."""
ZERO_REMARK = "a group without such rows shows nothing where the original shows 0"


def parsed(text: str, dialect: str) -> exp.Expr:
    """The tree of an expression. Raises NotMapped when it is no SQL."""
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise NotMapped("the expression is no SQL that can be read") from error
    if not isinstance(tree, exp.Expr):
        raise NotMapped("the expression is no SQL that can be read")
    return tree


def formula_of(tree: exp.Expr, resolve: Resolve) -> Formula:
    """The formula behind an aggregate expression; `resolve` gives that of another measure by its name.

    Raises NotMapped with the part that has no counterpart.
    """
    tree = _bare(tree)
    number = _number(tree)
    if number is not None:
        return Formula(constant=number)
    match tree:
        case exp.Neg():
            return _times(formula_of(tree.this, resolve), -1)
        case exp.Add():
            return _plus(formula_of(tree.left, resolve), formula_of(tree.right, resolve))
        case exp.Sub():
            return _plus(formula_of(tree.left, resolve), _times(formula_of(tree.right, resolve), -1))
        case exp.Mul():
            return _product(formula_of(tree.left, resolve), formula_of(tree.right, resolve))
        case exp.Div() | exp.SafeDivide():
            return _quotient(formula_of(tree.this, resolve), formula_of(tree.expression, resolve))
        case exp.Nullif() if _number(tree.expression) == 0:
            return formula_of(tree.this, resolve)
        case exp.Coalesce() if [_number(e) for e in tree.expressions] == [0]:
            return _zero_where_none(formula_of(tree.this, resolve))
        case exp.Avg():
            return _average(tree, ((), None))
        case exp.Filter() if isinstance(tree.this, exp.Avg):
            return _average(tree.this, rows_of(tree.expression.this))
        case exp.Filter():
            return Formula({with_rows(_term(tree.this), rows_of(tree.expression.this)): 1.0})
        case exp.Column():
            return resolve(tree.name)
        case exp.Anonymous() | exp.AggFunc() if _named_measure(tree):
            return resolve(_named_measure(tree))
        case _:
            term = _term(tree)
            return Formula({term: 1.0}, remarks=_remarks(tree, term))


def _named_measure(tree: exp.Expr) -> str:
    """The measure that MEASURE(name) means; empty for any other function."""
    named = tree.name if isinstance(tree, exp.Anonymous) else type(tree).__name__
    argument = (tree.expressions or [tree.this])[0] if named.upper() == "MEASURE" else None
    return argument.name if isinstance(argument, exp.Column) else ""


def _bare(tree: exp.Expr) -> exp.Expr:
    """Without brackets and casts to numbers."""
    while isinstance(tree, exp.Paren) or (
        isinstance(tree, exp.Cast) and tree.to.this in exp.DataType.NUMERIC_TYPES
    ):
        tree = tree.this
    return tree


def _number(tree: exp.Expr) -> float | None:
    bare = _bare(tree)
    if isinstance(bare, exp.Neg):
        inner = _number(bare.this)
        return None if inner is None else -inner
    return float(bare.this) if isinstance(bare, exp.Literal) and not bare.is_string else None


def _times(formula: Formula, factor: float) -> Formula:
    if formula.constant is not None:
        return Formula(constant=formula.constant * factor)
    return replace(formula, above={term: weight * factor for term, weight in formula.above.items()})


def _plus(one: Formula, other: Formula) -> Formula:
    if one.constant is not None or other.constant is not None:
        raise NotMapped("adds a number to an aggregate")
    if one.below or other.below:
        raise NotMapped("adds quotients")
    above = dict(one.above)
    for term, weight in other.above.items():
        above[term] = above.get(term, 0) + weight
    return Formula(above, remarks=one.remarks + other.remarks)


def _product(one: Formula, other: Formula) -> Formula:
    if one.constant is not None:
        return _times(other, one.constant)
    if other.constant is not None:
        return _times(one, other.constant)
    raise NotMapped("multiplies aggregates")


def _quotient(one: Formula, other: Formula) -> Formula:
    if other.constant is not None:
        if other.constant == 0:
            raise NotMapped("divides by zero")
        return _times(one, 1 / other.constant)
    if one.constant is not None or one.below or other.below:
        raise NotMapped("is more than one quotient of sums")
    return Formula(one.above, other.above, remarks=one.remarks + other.remarks)


def _zero_where_none(formula: Formula) -> Formula:
    if formula.below:
        raise NotMapped("shows 0 where there is nothing to divide by")
    return formula


def _average(tree: exp.Avg, rows: Rows) -> Formula:
    column, inner = _argument(tree.this)
    if column is None:
        raise NotMapped("averages something that is no column")
    term = with_rows(with_rows(Term("sum", column), inner), rows)
    return Formula({term: 1.0}, {replace(term, aggregation="count"): 1.0})


def _term(tree: exp.Expr) -> Term:
    kinds: dict[type[exp.Expr], Aggregation] = {exp.Sum: "sum", exp.Min: "min", exp.Max: "max"}
    if isinstance(tree, exp.CountIf):
        return with_rows(Term("count"), rows_of(tree.this))
    if isinstance(tree, exp.Count):
        distinct = isinstance(tree.this, exp.Distinct)
        inside = tree.this.expressions if distinct else [tree.this, *tree.expressions]
        if len(inside) != 1:
            raise NotMapped("counts several columns at once")
        column, rows = _argument(inside[0])
        if distinct and column is None:
            raise NotMapped("counts distinct values of something that is no column")
        return with_rows(Term("count_distinct" if distinct else "count", column), rows)
    if type(tree) not in kinds:
        raise NotMapped(f"`{tree.sql()[:60]}` is no sum, count, average, smallest or largest value")
    column, rows = _argument(tree.this)
    if column is None and not isinstance(tree, exp.Sum):
        raise NotMapped("takes an extreme of something that is no column")
    return with_rows(Term("count" if column is None else kinds[type(tree)], column), rows)


def _argument(tree: exp.Expr) -> tuple[str | None, Rows]:
    """The column inside an aggregate (none for * and 1), and the rows that a CASE restricts it to."""
    tree = _bare(tree)
    if isinstance(tree, exp.Star) or _number(tree) == 1:
        return None, ((), None)
    if isinstance(tree, exp.Column):
        return _own_name(tree), ((), None)
    branch = _only_branch(tree)
    if branch is None:
        raise NotMapped(f"`{tree.sql()[:60]}` is computed row by row; give the table a column for it")
    column, rows = _argument(branch.args["true"])
    return column, _both(rows_of(branch.this), rows)


def _only_branch(tree: exp.Expr) -> exp.If | None:
    """The branch of `CASE WHEN rows THEN value [ELSE 0 or NULL] END` or IF(rows, value, ...)."""
    if isinstance(tree, exp.If):
        branch, otherwise = tree, tree.args.get("false")
    elif isinstance(tree, exp.Case) and tree.this is None and len(tree.args["ifs"]) == 1:
        branch, otherwise = tree.args["ifs"][0], tree.args.get("default")
    else:
        return None
    nothing = otherwise is None or isinstance(otherwise, exp.Null)
    in_sum = tree.find_ancestor(exp.Sum) is not None
    return branch if nothing or (in_sum and otherwise is not None and _number(otherwise) == 0) else None


def _remarks(tree: exp.Expr, term: Term) -> tuple[str, ...]:
    zero = any(_number(case.args["default"]) == 0 for case in tree.find_all(exp.Case) if case.args.get("default"))
    return (ZERO_REMARK,) if zero and term.where and term.aggregation == "sum" else ()


def rows_of(tree: exp.Expr) -> Rows:
    """Conditions joined by AND as (column, values) pairs and at most one flag. Raises NotMapped for others."""
    tree = tree.this if isinstance(tree, exp.Paren) else tree
    if isinstance(tree, exp.And):
        return _both(rows_of(tree.left), rows_of(tree.right))
    if isinstance(tree, exp.Column):
        return (), _own_name(tree)
    match tree:
        case exp.EQ(this=exp.Cast(this=exp.Column() as flag)) if _number(tree.expression) == 1:
            return (), _own_name(flag)
        case exp.EQ(this=exp.Column() as column, expression=exp.Boolean(this=True)):
            return (), _own_name(column)
        case exp.Is(this=exp.Column() as column, expression=exp.Boolean(this=True)):
            return (), _own_name(column)
        case exp.EQ(this=exp.Column() as column, expression=exp.Literal() as value):
            return ((_own_name(column), (str(value.this),)),), None
        case exp.In(this=exp.Column() as column) if tree.expressions:
            return ((_own_name(column), _literals(tree)),), None
        case exp.Not(this=exp.Is(this=exp.Column() as column, expression=exp.Null())):
            return ((_own_name(column), ()),), None
    raise NotMapped(f"the condition `{tree.sql()[:60]}` is no list of values of a column")


def _literals(tree: exp.In) -> tuple[str, ...]:
    if not all(isinstance(item, exp.Literal) for item in tree.expressions):
        raise NotMapped(f"the condition `{tree.sql()[:60]}` is no list of values of a column")
    return tuple(str(item.this) for item in tree.expressions)


def _own_name(column: exp.Column) -> str:
    if column.table and column.table.lower() != "source":
        raise NotMapped(f"`{column.sql()}` comes by a join; rows of the source are what can be summed")
    return column.name


def _both(one: Rows, other: Rows) -> Rows:
    if one[1] and other[1]:
        raise NotMapped("asks for two flags at once")
    return one[0] + other[0], one[1] or other[1]


def with_rows(term: Term, rows: Rows) -> Term:
    """The term over those of its rows only. Raises NotMapped where that would take two flags."""
    where, flag = _both((term.where, term.flag), rows)
    if flag and term.aggregation in ("count_distinct", "min", "max"):
        return replace(term, where=(*where, (flag, ("1",))), flag=None)
    return replace(term, where=where, flag=flag)
