"""How many members stand under a contribution, as SQL: at a glance by bits, or one by one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp, parse_one

from warehouse.guard.cells import COMPANION, Contribution, Source
from warehouse.policy.loader import GOVERNED_SCHEMA

_ALL = "everybody"


def counts(under: Contribution, *, exact: bool) -> list[exp.Expr]:
    """Aggregates that each count the members (of a mart without companions: the events) behind a contribution.

    By bits the count is a lower bound, and 0 only when there is nobody.
    """
    found = [_members(source, under.condition, exact) for source in under.sources]
    for source, measure in under.measures:
        found += _mart(source, measure, under.condition)
    return found


def differences(left: Contribution, right: Contribution, *, exact: bool) -> list[exp.Expr]:
    """Aggregates that each count who stands under one of two contributions only."""
    apart = _apart(left.condition, right.condition)
    shared = [source for source in left.sources if source in right.sources]
    found = [_members(source, apart, exact) for source in shared] if apart is not None else []
    for source, measure in left.measures:
        if (source, measure) in right.measures:
            found += _mart(source, measure, apart) if apart is not None else []
        else:
            found += [_distance(source, measure, left, other, right) for other in right.measures]
    return found


def row_counts(source: Source, measure: str) -> list[exp.Expr]:
    """The same for one row of a mart, without aggregates."""
    if measure in source.companions:
        return [_bits(_column(source, measure + COMPANION))]
    assert source.mart is not None
    return [*(_column(source, count) for count in source.mart.under[measure]), *_everybody(source)]


def is_small(counted: Iterable[exp.Expr], small_cell: int) -> exp.Expr:
    """Any of the counts is of a few: more than none, fewer than the threshold."""
    few = [
        exp.Between(this=count, low=exp.Literal.number(1), high=exp.Literal.number(small_cell - 1))
        for count in counted
    ]
    return exp.or_(*few) if few else exp.false()


def _members(source: Source, condition: exp.Expr | None, exact: bool) -> exp.Expr:
    if exact or not source.bit:
        identity = _where(_column(source, source.id), condition)
        return exp.Count(this=exp.Distinct(expressions=[identity]))
    return _bits(_or_of(_where(_column(source, source.bit), condition)))


def _mart(source: Source, measure: str, condition: exp.Expr | None) -> list[exp.Expr]:
    if measure in source.companions:
        return [_bits(_or_of(_where(_column(source, measure + COMPANION), condition)))]
    assert source.mart is not None
    counted = [_sum(_where(_column(source, count), condition)) for count in source.mart.under[measure]]
    return [*counted, *_everybody(source)]


def _everybody(source: Source) -> list[exp.Expr]:
    """How many members there are: no more can stand behind a sum of a mart that does not count them."""
    if not source.everybody:
        return []
    table = exp.to_table(f"{GOVERNED_SCHEMA}.{source.everybody}", dialect="duckdb")
    table.set("alias", exp.TableAlias(this=exp.to_identifier(_ALL)))
    return [exp.Subquery(this=exp.select(exp.alias_(exp.Count(this=exp.Star()), "members")).from_(table))]


def _distance(
    source: Source, measure: str, left: Contribution, other: tuple[Source, str], right: Contribution
) -> exp.Expr:
    one = _sum(_where(_column(source, measure), left.condition))
    two = _sum(_where(_column(*other), right.condition))
    return exp.Abs(this=exp.Sub(this=one, expression=two))


def _apart(left: exp.Expr | None, right: exp.Expr | None) -> exp.Expr | None:
    if left is None and right is None:
        return None
    return exp.NEQ(this=_certain(left), expression=_certain(right))


def _certain(condition: exp.Expr | None) -> exp.Expr:
    if condition is None:
        return exp.true()
    return exp.Coalesce(this=exp.paren(condition.copy()), expressions=[exp.false()])


def _where(value: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    if condition is None:
        return value
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value)])


def _column(source: Source, name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name), table=exp.to_identifier(source.alias))


def _sum(value: exp.Expr) -> exp.Expr:
    return exp.Sum(this=value)


def _or_of(bits: exp.Expr) -> exp.Expr:
    return exp.BitwiseOrAgg(this=bits)


def _bits(value: exp.Expr) -> exp.Expr:
    wanted = parse_one("BIT_COUNT(x)", dialect="duckdb")
    next(wanted.find_all(exp.Column)).replace(value)
    return wanted
