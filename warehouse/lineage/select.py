"""The origins of each column of one SELECT, read off its qualified sqlglot tree, scope by scope.

sqlglot's own `lineage` follows values only, one column at a time; it does not tell a value from a filter, a join
key or a window's order, and a COUNT(*) has no origin in it. So the scopes are walked here: what a column's value
is computed from goes to `value`, whatever decides which rows or matches it is computed over to `selection`.

A LEFT JOIN (or an ASOF LEFT JOIN) that finds at most one row decides nothing about the rows on its left: its
condition is then a selection of the joined table's own columns only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from warehouse.errors import MissingDataError
from warehouse.lineage.relations import NOTHING, Names, Origins, Relation, Step, together

Catalog = Callable[[str], Relation]
DIALECT = "duckdb"


@dataclass(frozen=True)
class Traced:
    """One output column: its name, its origins, its SQL, and the line of the statement it starts on.

    `equal` names columns that every joined table is matched to it by: of a day of a date spine, the day of the
    events beside it.
    """

    name: str
    origins: Origins
    expression: str
    line: int
    equal: Names = NOTHING


@dataclass(frozen=True)
class TracedQuery:
    """A query's columns in order, and the relation that it makes for its reader."""

    outputs: tuple[Traced, ...]
    relation: Relation

    @property
    def columns(self) -> dict[str, Traced]:
        """The output columns by name; of two with the same name the first, as the engine reads it."""
        found: dict[str, Traced] = {}
        for traced in self.outputs:
            found.setdefault(traced.name, traced)
        return found


def trace(sql: str, schema: Mapping[str, Mapping[str, object]], catalog: Catalog) -> TracedQuery:
    """The origins of every output column of a DuckDB query over the tables of `schema` and `catalog`.

    Raises MissingDataError naming the column or table that cannot be followed.
    """
    scope = build_scope(qualified(sql, schema))
    if scope is None:
        raise _lost("it is not a query")
    return _Walk(catalog).query(scope, {})


def qualified(sql: str, schema: Mapping[str, Mapping[str, object]]) -> exp.Expr:
    """The tree of a DuckDB query with every column under its table's alias and every star expanded."""
    try:
        return qualify(
            sqlglot.parse_one(sql, dialect=DIALECT),
            dialect=DIALECT,
            schema=dict(schema),
            quote_identifiers=False,
            identify=False,
            validate_qualify_columns=False,
        )
    except SqlglotError as error:
        raise _lost(str(error)) from error


def _lost(why: str) -> MissingDataError:
    return MissingDataError(
        f"The lineage of a query cannot be followed: {why}.",
        next_step="Write the column with its table's alias, or teach warehouse/lineage the construct.",
    )


class _Walk:
    """Walks the scopes of one statement; each scope once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._done: dict[int, TracedQuery] = {}

    def query(self, scope: Scope, outer: dict[str, _Source]) -> TracedQuery:
        found = self._done.get(id(scope))
        if found is None:
            found = self._union(scope, outer) if scope.set_operation_scopes else self._select(scope, outer)
            self._done[id(scope)] = found
        return found

    def _union(self, scope: Scope, outer: dict[str, _Source]) -> TracedQuery:
        first, second = (self.query(part, outer) for part in scope.set_operation_scopes)
        operation = scope.expression
        if operation.args.get("by_name"):
            outputs = [_either(traced, second.columns.get(traced.name)) for traced in first.outputs]
            outputs += [traced for traced in second.outputs if traced.name not in first.columns]
        else:
            outputs = [_either(*pair) for pair in zip(first.outputs, second.outputs, strict=True)]
        rows = first.relation.rows | second.relation.rows
        if not isinstance(operation, exp.Union) or operation.args.get("distinct"):
            rows |= together(traced.origins for traced in outputs).all
            outputs = [_selected(traced, rows) for traced in outputs]
        identity = first.relation.identity | second.relation.identity
        relation = Relation({traced.name: traced.origins for traced in outputs}, rows, identity)
        return TracedQuery(tuple(outputs), relation)

    def _select(self, scope: Scope, outer: dict[str, _Source]) -> TracedQuery:
        select = scope.expression
        if not isinstance(select, exp.Select):
            return self._table_function(scope, outer)
        reading = _Reading(self, scope, outer)
        reading.read_sources(select)
        rows = reading.row_selection(select)
        outputs = [_selected(reading.output(projection), rows) for projection in select.expressions]
        return TracedQuery(tuple(outputs), reading.relation(select, outputs, rows))

    def _table_function(self, scope: Scope, outer: dict[str, _Source]) -> TracedQuery:
        """UNNEST or another function in FROM: all its columns come from its arguments."""
        origins = _Reading(self, scope, outer).origins(scope.expression)
        return TracedQuery((), Relation({}, origins.all, origins.all, open=lambda _column: origins))

    def table(self, table: exp.Table) -> Relation:
        return self._catalog(f"{table.db}.{table.name}" if table.db else table.name)


@dataclass
class _Source:
    """A relation in FROM under its alias. Of a `lookup`, the join condition selects only its own columns."""

    relation: Relation
    steps: dict[str, Traced] = field(default_factory=dict)
    name: str = ""
    lookup: bool = False
    condition: Names = NOTHING
    equations: tuple[tuple[exp.Expr, exp.Column], ...] = ()


class _Reading:
    """One SELECT being read: its sources by alias, and the origins of any expression in it."""

    def __init__(self, walk: _Walk, scope: Scope, outer: dict[str, _Source]) -> None:
        self._walk = walk
        self._outer = outer
        self._sources: dict[str, _Source] = {}
        self._scope = scope
        self._subqueries = {id(part.expression): part for part in scope.subquery_scopes}
        self._singular = True

    def read_sources(self, select: exp.Select) -> None:
        """Fill the sources: FROM first, then every join, with whether it is a lookup."""
        joins = select.args.get("joins") or []
        first = select.args.get("from_")
        for item in [first, *joins] if first else []:
            alias = item.this.alias_or_name
            self._sources[alias] = self._source(alias, self._scope.sources[alias])
        for join in joins:
            self._join(join)
        for lateral in select.args.get("laterals") or []:
            self._singular = False
            self._sources.setdefault(lateral.alias_or_name, _Source(self._function(lateral.this)))

    def _source(self, alias: str, source: exp.Expr | Scope) -> _Source:
        if isinstance(source, Scope):
            query = self._walk.query(source, self._outer | self._sources)
            return _Source(query.relation, query.columns, name=alias)
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            return _Source(self._walk.table(source))
        return _Source(self._function(source.this))

    def _function(self, call: exp.Expr) -> Relation:
        origins = self.origins(call)
        return Relation({}, origins.all, origins.all, open=lambda _column: origins)

    def _join(self, join: exp.Join) -> None:
        source = self._sources.get(join.alias_or_name)
        if source is None:
            return
        condition = join.args.get("on")
        source.condition = self.origins(condition).all if condition else NOTHING
        source.equations = tuple(_equations(condition, join.alias_or_name)) if condition else ()
        equated = {column.name for _other, column in source.equations}
        one_at_most = any(key <= equated for key in source.relation.keys) or join.method == "ASOF"
        if join.side == "LEFT":
            source.lookup = one_at_most
        elif condition is None and join.kind in ("", "CROSS"):
            source.lookup = one_at_most and not source.relation.rows
        self._singular &= one_at_most or join.kind in ("SEMI", "ANTI")

    def row_selection(self, select: exp.Select) -> Names:
        """The columns that decide which rows this SELECT gives, or which rows an aggregate of it is over."""
        deciding = [
            source.relation.rows | source.condition for source in self._sources.values() if not source.lookup
        ]
        clauses = [select.args.get(name) for name in ("where", "group", "having", "qualify")]
        if select.args.get("distinct"):
            clauses += select.expressions
        if select.args.get("limit") or select.args.get("offset"):
            clauses += _ordering(select)
        clauses += [
            unnest for projection in select.expressions for unnest in projection.find_all(exp.Explode, exp.Unnest)
        ]
        return NOTHING.union(*deciding, *(self.origins(clause).all for clause in clauses if clause is not None))

    def output(self, projection: exp.Expr) -> Traced:
        """One projection, before the selection of rows is added."""
        value = projection.unalias()
        lines = [part.meta["line"] for part in projection.find_all(exp.Identifier) if "line" in part.meta]
        name = projection.alias_or_name
        return Traced(
            name, self.origins(value), value.sql(dialect=DIALECT), min(lines, default=1), self._equal(value)
        )

    def _equal(self, value: exp.Expr) -> Names:
        """The columns that a plain column of FROM (or a COALESCE with it) is set equal to in every join.

        None when one join does without: its rows could then be of any day.
        """
        sides = [value.this, *value.expressions] if isinstance(value, exp.Coalesce) else [value]
        if not (self._sources and all(isinstance(side, exp.Column) for side in sides)):
            return NOTHING
        found = [self.origins(side) for side in sides] if len(sides) > 1 else []
        for source in list(self._sources.values())[1:]:
            matched = [side for own, side in source.equations if own in sides]
            if not matched:
                return NOTHING
            found.append(self.origins(matched[0]))
        plain = not any(origins.steps for origins in found)
        return together(found).value if plain else NOTHING

    def relation(self, select: exp.Select, outputs: list[Traced], rows: Names) -> Relation:
        """What the SELECT is to its reader."""
        origins = {traced.name: traced.origins for traced in outputs}
        group, distinct = select.args.get("group"), select.args.get("distinct")
        if group is None and _aggregates(select):
            always = not (select.args.get("having") or select.args.get("qualify"))
            return Relation(origins, NOTHING if always else rows, NOTHING, frozenset({NOTHING}))
        if group is not None:
            identity = self.origins(group).value
        elif distinct:
            identity = together(origins.values()).value
        else:
            identity = self._identity()
        return Relation(origins, rows, identity, self._keys(select))

    def _keys(self, select: exp.Select) -> frozenset[Names]:
        keys = {frozenset(p.alias_or_name for p in select.expressions)} if select.args.get("distinct") else set()
        group = select.args.get("group")
        if group is not None:
            grouped = {expression.sql(dialect=DIALECT) for expression in group.expressions}
            outputs = {p.unalias().sql(dialect=DIALECT): p.alias_or_name for p in select.expressions}
            plain = grouped <= outputs.keys() and not any(
                group.args.get(k) for k in ("cube", "rollup", "grouping_sets")
            )
            return frozenset(keys | ({frozenset(outputs[item] for item in grouped)} if plain else set()))
        first = next(iter(self._sources), None)
        multiplies = any(p.find(exp.Explode, exp.Unnest) for p in select.expressions)
        if first is None or not self._singular or multiplies:
            return frozenset(keys)
        renamed = {
            p.unalias().name: p.alias_or_name
            for p in select.expressions
            if isinstance(p.unalias(), exp.Column) and p.unalias().table == first
        }
        kept = [key for key in self._sources[first].relation.keys if key <= renamed.keys()]
        return frozenset(keys | {frozenset(renamed[name] for name in key) for key in kept})

    def _identity(self) -> Names:
        return NOTHING.union(*(s.relation.identity for s in self._sources.values() if not s.lookup))

    def origins(self, node: exp.Expr) -> Origins:
        """The origins of an expression of this SELECT."""
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Window):
            beside = [part for name, part in _children(node) if name != "this"]
            return self.origins(node.this) | together(map(self.origins, beside)).as_selection()
        if isinstance(node, exp.Filter):
            return self.origins(node.this) | self.origins(node.expression).as_selection()
        if isinstance(node, exp.Exists):
            return together(self.origins(part) for _, part in _children(node)).as_selection()
        if isinstance(node, exp.Order) and not isinstance(node.parent, exp.WithinGroup):
            return together(self.origins(part) for _, part in _children(node)).as_selection()
        if isinstance(node, exp.Query) and not isinstance(node, exp.Subquery):
            return self._subquery(node)
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Star | None):
            return Origins(self._identity())
        return together(self.origins(part) for _, part in _children(node))

    def _subquery(self, node: exp.Expr) -> Origins:
        scope = self._subqueries.get(id(node))
        if scope is None:
            raise _lost(f"a subquery was not found: {node.sql(dialect=DIALECT)[:80]}")
        query = self._walk.query(scope, self._outer | self._sources)
        return together(query.relation.columns.values()) | Origins(selection=query.relation.rows)

    def _column(self, column: exp.Column) -> Origins:
        source = self._sources.get(column.table) or self._outer.get(column.table)
        if source is None and not column.table and len(self._sources) == 1:
            source = next(iter(self._sources.values()))
        origins = source.relation.column(column.name) if source else None
        if source is None or origins is None:
            raise _lost(f"the column {column.sql(dialect=DIALECT)} has no known table")
        if source.lookup:
            origins |= Origins(selection=source.condition | source.relation.rows)
        return origins | Origins(steps=_step(source, column.name))


def _step(source: _Source, column: str) -> tuple[Step, ...]:
    traced = source.steps.get(column)
    if traced is None or traced.expression.rpartition(".")[2] == column:
        return ()
    return (Step(f"{source.name}.{column}", traced.expression, traced.line),)


def _children(node: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    for name, value in node.args.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, exp.Expr):
                yield name, part


def _equations(condition: exp.Expr, alias: str) -> Iterator[tuple[exp.Expr, exp.Column]]:
    """What the condition sets columns of the joined table equal to, where that is not of the same table."""
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        if not isinstance(part, exp.EQ):
            continue
        for side, other in ((part.this, part.expression), (part.expression, part.this)):
            others = {column.table for column in other.find_all(exp.Column)}
            if isinstance(side, exp.Column) and side.table == alias and alias not in others:
                yield other, side


def _ordering(select: exp.Select) -> list[exp.Expr]:
    """What ORDER BY sorts by; a bare name is an output column of that name before anything else."""
    outputs = {p.alias_or_name: p.unalias() for p in select.expressions}
    order = select.args.get("order")
    keys = [ordered.this for ordered in order.expressions] if order else []
    return [outputs.get(key.name, key) if isinstance(key, exp.Column) and not key.table else key for key in keys]


def _aggregates(select: exp.Select) -> bool:
    """Whether a projection aggregates over the rows (an aggregate inside a window does not)."""
    for projection in select.expressions:
        for found in projection.find_all(exp.AggFunc):
            inside = found.find_ancestor(exp.Window, exp.Query)
            if inside is select or (inside is None):
                return True
    return False


def _either(one: Traced, other: Traced | None) -> Traced:
    if other is None:
        return one
    same = one.expression == other.expression
    expression = one.expression if same else f"{one.expression} | {other.expression}"
    return Traced(one.name, one.origins | other.origins, expression, one.line)


def _selected(traced: Traced, rows: Names) -> Traced:
    return replace(traced, origins=traced.origins | Origins(selection=rows))
