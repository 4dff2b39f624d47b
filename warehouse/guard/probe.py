"""The quick look: how many cells of a statement are not known at a glance to be large."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.cells import Cells, Leaf
from warehouse.guard.event_rows import extremes, shows_single_rows
from warehouse.guard.small_counts import counts, differences, is_small, row_counts
from warehouse.guard.statement import Statement
from warehouse.guard.suppress import carry


class NoGlance(Exception):
    """A part of the statement cannot be looked at by itself; the exact form must run."""


def probe(statement: Statement) -> exp.Select | None:
    """One SELECT of one number: 0 when every cell is large. None when the statement makes no cells.

    Raises NoGlance.
    """
    found = Cells(statement)
    leaves: list[tuple[Leaf, Scope]] = []
    for scope in statement.scopes:
        leaf = found.leaf(scope)
        if isinstance(scope.expression, exp.Select) and found.carries(scope):
            carry(scope.expression, scope, found, statement)
        if leaf is not None:
            leaves.append((leaf, scope))
    if not leaves:
        return None
    looks = [look for leaf, scope in leaves if (look := _look(leaf, scope, statement)) is not None]
    if not looks:
        return exp.select(exp.alias_(exp.Literal.number(0), "small"))
    total = looks[0]
    for look in looks[1:]:
        total = exp.Add(this=total, expression=look)
    found_probe = exp.select(exp.alias_(total, "small"))
    with_ = statement.tree.args.get("with_")
    if with_ is not None:
        found_probe.set("with_", with_.copy())
    return found_probe


def _look(leaf: Leaf, scope: Scope, statement: Statement) -> exp.Expr | None:
    query = leaf.query
    _refuse_what_is_bound_elsewhere(query, scope, statement)
    if _compares_measures(leaf) or (leaf.aggregated and shows_single_rows(leaf)):
        raise NoGlance
    small_cell = statement.small_cell
    if leaf.aggregated:
        tests = [is_small(counts(under, exact=False), small_cell) for under in leaf.contributions]
        tests += [
            is_small(found, small_cell) for pair in leaf.pairs() if (found := differences(*pair, exact=False))
        ]
        tests += [
            exp.LogicalOr(this=is_small(row_counts(source, column.name), small_cell))
            for source in leaf.sources.values()
            for column in extremes(leaf, source)
        ]
    else:
        tests = [
            is_small(row_counts(source, name), small_cell)
            for source in leaf.sources.values()
            for name in sorted({name for part in query.iter_expressions() for name in source.measures(part)})
        ]
    if not tests:
        return None
    inner = exp.select(exp.alias_(exp.Literal.number(1), "one"))
    for clause in ("from_", "where"):
        if query.args.get(clause) is not None:
            inner.set(clause, query.args[clause].copy())
    inner.set("joins", [join.copy() for join in query.args.get("joins") or ()])
    if not leaf.aggregated:
        inner.where(exp.or_(*tests), copy=False)
    else:
        inner.set("group", _group(query, leaf))
        inner.set("having", exp.Having(this=exp.or_(*tests)))
    named = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("looked")))
    return exp.Subquery(this=exp.select(exp.alias_(exp.Count(this=exp.Star()), "found")).from_(named))


def _group(query: exp.Select, leaf: Leaf) -> exp.Group | None:
    group = query.args.get("group")
    if group is None or group.args.get("all"):  # of SELECT DISTINCT each row is a group
        return exp.Group(expressions=[key.copy() for key in leaf.keys]) if leaf.keys else None
    copied: exp.Group = group.copy()
    return copied


def _compares_measures(leaf: Leaf) -> bool:
    """Rows of a mart chosen by their measures: a small one must not be chosen by."""
    query = leaf.query
    clauses = [query.args.get("where"), query.args.get("group")]
    clauses += [join.args.get("on") for join in query.args.get("joins") or ()]
    if not leaf.aggregated:
        clauses += [query.args.get("qualify")]
    return any(source.measures(clause) for source in leaf.sources.values() for clause in clauses if clause)


def _refuse_what_is_bound_elsewhere(query: exp.Select, scope: Scope, statement: Statement) -> None:
    own = set(statement.sources[id(scope)])
    with_ = statement.tree.args.get("with_")
    ctes = {cte.alias for cte in with_.expressions} if with_ is not None else set()
    parts = [query.args.get("from_"), query.args.get("where"), query.args.get("group")]
    for part in [*parts, *(query.args.get("joins") or ())]:
        if part is None:
            continue
        for table in part.find_all(exp.Table):
            if not table.db and isinstance(table.this, exp.Identifier) and table.name not in ctes:
                raise NoGlance
    for column in query.find_all(exp.Column):
        if column.table and column.table not in own and column.parent_select is query:
            raise NoGlance
