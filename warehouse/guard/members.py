"""Layer 6, member-level tables: counts, sums and averages by listed dimensions and whole days, nothing else.

A query over member-level rows either aggregates them, and then its rows are free, or only narrows them (a CTE that
filters), and then its rows are member-level too and keep each column's kind. What reaches the answer must be free.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.aggregates import check_aggregate, is_aggregate, outside_windows
from warehouse.guard.days import is_whole_day
from warehouse.guard.decision import Refused
from warehouse.guard.keys import check_key, is_key, is_member_id, is_value
from warehouse.guard.links import check_link, member_link
from warehouse.guard.relations import FREE, Relation, Relations
from warehouse.guard.statement import Statement, nodes_within
from warehouse.policy import Column


def members(statement: Statement) -> None:
    """Walk the queries from the inside out; the answer's rows may not be member-level."""
    relations = Relations(statement)
    for scope in statement.scopes:
        relation = _relation(scope, relations)
        if relation.member_level and not _is_source(scope):
            raise Refused("member_rows")
        relations.add(scope, relation)


def _is_source(scope: Scope) -> bool:
    """Its rows go to another query, not to the reader or into an expression."""
    at = scope
    while at.is_set_operation and at.parent is not None:
        at = at.parent
    return at.is_cte or at.is_derived_table


def _relation(scope: Scope, relations: Relations) -> Relation:
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        return _union(query, scope, relations)
    if not isinstance(query, exp.Select):
        return FREE
    _refuse_correlation(scope, relations)
    if not relations.reads_members(scope):
        return FREE
    _check_conditions(query, scope, relations)
    if aggregates(query):
        _check_aggregated(query, scope, relations)
        return FREE
    return _narrowed(query, scope, relations)


def _union(query: exp.SetOperation, scope: Scope, relations: Relations) -> Relation:
    sides = [relations.of(side) for side in scope.set_operation_scopes]
    if not any(side.member_level for side in sides):
        return FREE
    kinds = [tuple((column.kind, column.type) for column in side.columns.values()) for side in sides]
    same = all(side.member_level and len(side.columns) == len(query.named_selects) for side in sides)
    plain = isinstance(query, exp.Union) and not query.args.get("distinct") and not query.args.get("by_name")
    if not (same and plain and len(set(kinds)) == 1):
        raise Refused("member_rows")
    if any(query.args.get(clause) for clause in ("limit", "offset")):
        raise Refused("member_rows")
    if sides[0].tables & sides[1].tables:  # a part of a table beside the whole of it counts twice in a sum
        raise Refused("member_rows")
    return replace(sides[0], tables=sides[0].tables | sides[1].tables)


def _refuse_correlation(scope: Scope, relations: Relations) -> None:
    for node in nodes_within(scope.expression):
        if not isinstance(node, exp.Column) or node.table in relations.statement.sources[id(scope)]:
            continue
        column = relations.restricted(node, scope)
        # A dimension of the outer row may choose rows of a mart: what comes out is a function of the dimension.
        if column is not None and (column.kind != "dimension" or relations.reads_members(scope)):
            raise Refused("filter_not_allowed")


def _check_conditions(query: exp.Select, scope: Scope, relations: Relations) -> None:
    where = query.args.get("where")
    conditions = [] if where is None else [where.this]
    link = member_link(query, scope, relations)
    if link is not None:
        if not aggregates(query):
            raise Refused("member_link")
        check_link(query, link, scope, relations)
    joins = [join for join in query.args.get("joins") or () if join is not link]
    if any(join.method for join in joins):  # ASOF picks one member's row for each row beside it
        raise Refused("member_rows")
    conditions += [join.args["on"] for join in joins if join.args.get("on")]
    for condition in conditions:
        check_key(condition, scope, relations)


def aggregates(query: exp.Select) -> bool:
    if query.args.get("group") or query.args.get("distinct"):
        return True
    clauses = [*query.expressions, query.args.get("having")]
    return any(is_aggregate(node) for clause in clauses if clause for node in outside_windows(clause))


def _check_aggregated(query: exp.Select, scope: Scope, relations: Relations) -> None:
    if _windows_see_members(query):
        raise Refused("member_rows")
    clauses = [query.args.get(name) for name in ("group", "having", "qualify", "order")]
    for clause in [*query.expressions, *clauses, *(query.args.get("windows") or ())]:
        if clause is not None:
            _check_output(clause, scope, relations)


def _windows_see_members(query: exp.Select) -> bool:
    """DISTINCT comes after the windows: without groups they count members' rows, one by one."""
    clauses = [*query.expressions, query.args.get("having")]
    grouped = query.args.get("group") or any(
        is_aggregate(node) for clause in clauses if clause for node in outside_windows(clause)
    )
    return not grouped and any(isinstance(node, exp.Window) for node in nodes_within(query))


def _check_output(node: exp.Expr, scope: Scope, relations: Relations) -> None:
    """Below an aggregate its own rule holds; elsewhere only what could be a group key may stand."""
    for found in outside_windows(node):
        if is_aggregate(found):
            check_aggregate(found, scope, relations)
        elif isinstance(found, exp.Column):
            check_key(found, scope, relations)


def _narrowed(query: exp.Select, scope: Scope, relations: Relations) -> Relation:
    # A LIMIT, a rank or a window would pick single rows for the sum outside.
    if any(query.args.get(clause) for clause in ("having", "qualify", "limit", "offset", "windows")):
        raise Refused("member_rows")
    if any(isinstance(node, exp.Window) for node in nodes_within(query)):
        raise Refused("member_rows")
    if query.args.get("order"):
        check_key(query.args["order"], scope, relations)
    carried = {}
    for projection in query.selects:
        column = _carried(projection.unalias(), projection.alias_or_name, scope, relations)
        if column.name in carried:  # the database would take the first of two columns of one name
            raise Refused("column_not_allowed")
        carried[column.name] = column
    sources = relations.statement.sources[id(scope)].values()
    return Relation(True, carried, frozenset[str]().union(*(relations.of(source).tables for source in sources)))


def _carried(node: exp.Expr, name: str, scope: Scope, relations: Relations) -> Column:
    if isinstance(node, exp.Column):
        declared = relations.restricted(node, scope)
        return Column(name, declared.kind, declared.type) if declared else Column(name, "dimension", "VARCHAR")
    if is_key(node, scope, relations):
        return (
            Column(name, "time", "DATE")
            if is_whole_day(node, scope, relations)
            else Column(name, "dimension", "VARCHAR")
        )
    if is_value(node, scope, relations):
        return Column(name, "measure", "DOUBLE")
    if is_member_id(node, scope, relations):
        return Column(name, "member_id", "VARCHAR")
    raise Refused("member_rows")
