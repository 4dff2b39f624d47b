"""One SELECT as lineage reads it: its sources, what selects its rows, the origins of any expression in it.

A LEFT JOIN (or an ASOF LEFT JOIN) that finds at most one row decides nothing about the rows on its left: its
condition is then a selection of the joined table's own columns only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.lineage.relations import (
    DIALECT,
    NOTHING,
    Catalog,
    Names,
    Origins,
    Relation,
    Step,
    Traced,
    TracedQuery,
    lost,
    together,
)

_SETS = ("grouping_sets", "cube", "rollup")


@dataclass
class Source:
    """A relation in FROM under its alias. Of a `lookup`, the join condition selects only its own columns."""

    relation: Relation
    steps: dict[str, Traced] = field(default_factory=dict)
    name: str = ""
    lookup: bool = False
    condition: Names = NOTHING
    equations: tuple[tuple[exp.Expr, exp.Column], ...] = ()


Sources = dict[str, Source]
Query = Callable[[Scope, Sources], TracedQuery]


class Reading:
    """One SELECT being read: its sources by alias, and the origins of any expression in it."""

    def __init__(self, scope: Scope, outer: Sources, query: Query, catalog: Catalog) -> None:
        self._scope = scope
        self._outer = outer
        self._query = query
        self._catalog = catalog
        self._sources: Sources = {}
        self._subqueries = {id(part.expression): part for part in scope.subquery_scopes}
        self._windows: dict[str, exp.Expr] = {}
        self._singular = True

    def read_sources(self, select: exp.Select) -> None:
        """Fill the sources: FROM first, then every join, with whether it is a lookup."""
        self._windows = {window.name: window for window in select.args.get("windows") or []}
        joins = select.args.get("joins") or []
        first = select.args.get("from_")
        for item in [first, *joins] if first else []:
            self._sources[item.this.alias_or_name] = self._source(item.this.alias_or_name)
        for join in joins:
            self._join(join)
        for lateral in select.args.get("laterals") or []:
            self._singular = False
            self._sources.setdefault(lateral.alias_or_name, Source(self._function(lateral.this)))

    def _source(self, alias: str) -> Source:
        source = self._scope.sources.get(alias)
        if isinstance(source, Scope):
            if source.is_cte and _recursive(source.expression):
                raise lost("a recursive common table expression")
            query = self._query(source, self._outer | self._sources)
            return Source(query.relation, query.columns, name=alias)
        if not isinstance(source, exp.Table):
            raise lost(f"{alias or 'a join in parentheses'} is no table or subquery")
        if isinstance(source.this, exp.Identifier):
            return Source(self._catalog(f"{source.db}.{source.name}" if source.db else source.name))
        return Source(self._function(source.this))

    def _function(self, call: exp.Expr) -> Relation:
        origins = self.origins(call)
        return Relation({}, origins.all, origins.all, open=lambda _column: origins)

    def _join(self, join: exp.Join) -> None:
        source = self._sources.get(join.alias_or_name)
        if source is None:
            return
        if join.method in ("NATURAL", "POSITIONAL"):
            raise lost(f"a {join.method} join")
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
        clauses = [select.args.get(name) for name in ("where", "having", "qualify")]
        clauses += grouping(select) or []
        distinct = select.args.get("distinct")
        if distinct:
            clauses += [distinct.args["on"], *_ordering(select)] if distinct.args.get("on") else select.expressions
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
        computed = not isinstance(value, exp.Column)
        line = min(lines, default=1)
        return Traced(name, self.origins(value), value.sql(dialect=DIALECT), line, computed, self._equal(value))

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
        group = grouping(select)
        if not group and _aggregates(select):
            always = not (select.args.get("having") or select.args.get("qualify"))
            return Relation(origins, NOTHING if always else rows, NOTHING, frozenset({NOTHING}))
        if group:
            identity = together(map(self.origins, group)).value
        elif select.args.get("distinct"):
            identity = together(origins.values()).value
        else:
            identity = self._identity()
        return Relation(origins, rows, identity, self._keys(select))

    def _keys(self, select: exp.Select) -> frozenset[Names]:
        """Sets of output columns of which each value comes at most once."""
        distinct, group, keys = select.args.get("distinct"), grouping(select), set()
        if distinct and not distinct.args.get("on"):
            keys.add(frozenset(p.alias_or_name for p in select.expressions))
        if group:
            outputs = {p.unalias().sql(dialect=DIALECT): p.alias_or_name for p in select.expressions}
            grouped = {expression.sql(dialect=DIALECT) for expression in group}
            if grouped <= outputs.keys() and not any(select.args["group"].args.get(name) for name in _SETS):
                keys.add(frozenset(outputs[item] for item in grouped))
            return frozenset(keys)
        first = next(iter(self._sources), None)
        multiplies = any(p.find(exp.Explode, exp.Unnest) for p in select.expressions)
        if first is None or not self._singular or multiplies:
            return frozenset(keys)
        columns = [p for p in select.expressions if isinstance(p.unalias(), exp.Column)]
        renamed = {p.unalias().name: p.alias_or_name for p in columns if p.unalias().table == first}
        kept = [key for key in self._sources[first].relation.keys if key <= renamed.keys()]
        return frozenset(keys | {frozenset(renamed[name] for name in key) for key in kept})

    def _identity(self) -> Names:
        return NOTHING.union(*(s.relation.identity for s in self._sources.values() if not s.lookup))

    def origins(self, node: exp.Expr) -> Origins:
        """The origins of an expression of this SELECT."""
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Window):
            return self._window(node)
        if isinstance(node, exp.Filter):
            return self.origins(node.this) | self.origins(node.expression).as_selection()
        if isinstance(node, exp.Exists):
            return self._all(node).as_selection()
        if isinstance(node, exp.Order) and not isinstance(node.parent, exp.WithinGroup):
            value = (
                self.origins(node.this) if node.this else Origins()
            )  # of an ordered aggregate: STRING_AGG(x ORDER BY y)
            return value | together(map(self.origins, node.expressions)).as_selection()
        if isinstance(node, exp.Query) and not isinstance(node, exp.Subquery):
            return self._subquery(node)
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Star | None):
            return Origins(self._identity())
        if isinstance(node, exp.Star | exp.Columns | exp.Pivot):
            raise lost(f"the columns of {node.sql(dialect=DIALECT)} are not written out")
        return self._all(node)

    def _all(self, node: exp.Expr) -> Origins:
        return together(self.origins(part) for _, part in _children(node))

    def _window(self, node: exp.Window) -> Origins:
        """The function's arguments are values; what partitions, orders and frames them selects."""
        named = self._windows.get(node.alias)
        beside = [part for name, part in _children(node) if name not in ("this", "alias")]
        clauses = together(map(self.origins, beside)) | (self._all(named) if named else Origins())
        return self.origins(node.this) | clauses.as_selection()

    def _subquery(self, node: exp.Expr) -> Origins:
        scope = self._subqueries.get(id(node))
        if scope is None:
            raise lost(f"a subquery was not found: {node.sql(dialect=DIALECT)[:80]}")
        query = self._query(scope, self._outer | self._sources)
        return together(query.relation.columns.values()) | Origins(selection=query.relation.rows)

    def _column(self, column: exp.Column) -> Origins:
        source = self._sources.get(column.table) or self._outer.get(column.table)
        if source is None and not column.table and len(self._sources) == 1:
            source = next(iter(self._sources.values()))
        origins = source.relation.column(column.name) if source else None
        if source is None or origins is None:
            raise lost(f"the column {column.sql(dialect=DIALECT)} has no known table")
        if source.lookup:
            origins |= Origins(selection=source.condition | source.relation.rows)
        return origins | Origins(steps=_step(source, column.name))


def _step(source: Source, column: str) -> tuple[Step, ...]:
    traced = source.steps.get(column)
    if traced is None or not traced.computed:
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


def grouping(select: exp.Select) -> list[exp.Expr] | None:
    """The expressions that rows are grouped by; GROUP BY ALL means every projection that does not aggregate."""
    group = select.args.get("group")
    if group is None:
        return None
    if group.args.get("all"):
        return [p.unalias() for p in select.expressions if not p.find(exp.AggFunc)]
    sets = [group.args.get(name) or [] for name in _SETS]
    return [*group.expressions, *(part for found in sets for part in found)]


def _recursive(query: exp.Expr) -> bool:
    within = query.find_ancestor(exp.With)
    return bool(within and within.args.get("recursive"))


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
