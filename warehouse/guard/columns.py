"""Layer 6: every column is bound to the table it comes from, and is one that the reader may name."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from warehouse.guard.decision import Refused
from warehouse.guard.statement import Catalog, Source, Statement, nodes_within, visible_columns
from warehouse.policy import Policy
from warehouse.policy.loader import GOVERNED_SCHEMA

_UNBOUND = (exp.Dot, exp.TableColumn)


def columns(statement: Statement) -> None:
    """Qualify the tree and fill `scopes`. This qualified tree is what runs, so what is checked is what runs."""
    _name_outputs(statement.tree)
    _tell_outputs_apart(statement)
    written = {name.lower(): name for name in statement.tree.named_selects}
    schema = _schema(statement.policy, statement.reads_member_rows, statement.catalog)
    try:
        tree = qualify(
            statement.tree,
            dialect="duckdb",
            schema=schema,
            quote_identifiers=False,
            validate_qualify_columns=False,
        )
    except SqlglotError as error:
        raise Refused("column_not_allowed") from error
    if not isinstance(tree, exp.Query):
        raise Refused("column_not_allowed")
    _restore_case(tree, written)
    statement.tree = tree
    bind(statement)
    _check_bound(statement)


def bind(statement: Statement) -> None:
    """Fill `scopes` and `sources` from the qualified tree."""
    statement.scopes = traverse_scope(statement.tree)
    statement.sources = {id(scope): _from_sources(scope) for scope in statement.scopes}


def source_of(column: exp.Column, scope: Scope, statement: Statement) -> Source:
    """The table or query a column comes from. Raises Refused when there is none."""
    at: Scope | None = scope
    while at is not None:
        found = statement.sources[id(at)].get(column.table)
        if found is not None:
            return found
        # Only a subquery inside an expression may reach out; a CTE or a derived table may not.
        at = at.parent if at.is_subquery or at.is_set_operation or statement.ours else None
    raise Refused("column_not_allowed")


def _from_sources(scope: Scope) -> dict[str, Source]:
    """What FROM and the joins of a SELECT name; sqlglot's own list leaves out the right side of SEMI and ANTI."""
    query = scope.expression
    if not isinstance(query, exp.Select) or query.args.get("from_") is None:
        return {}
    found: dict[str, Source] = {}
    for node in [query.args["from_"].this, *(join.this for join in query.args.get("joins") or ())]:
        name, source = node.alias_or_name, scope.sources.get(node.alias_or_name)
        is_base = isinstance(node, exp.Table) and (node.db or not isinstance(node.this, exp.Identifier))
        if name in found or not name or (source is not node if is_base else not isinstance(source, Scope)):
            raise Refused("table_not_allowed")
        assert source is not None
        found[name] = source
    return found


def _check_bound(statement: Statement) -> None:
    covered = {id(source) for sources in statement.sources.values() for source in sources.values()}
    for scope in statement.scopes:
        for node in nodes_within(scope.expression):
            if isinstance(node, exp.Column):
                _check_column(node, scope, statement)
    for node in statement.tree.walk():
        if isinstance(node, exp.Identifier) and not statement.policy.limits.alias.fullmatch(node.name):
            raise Refused("alias_not_allowed")  # qualify names an expression after its literal
        if isinstance(node, _UNBOUND) or (isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count)):
            raise Refused("column_not_allowed")
        # A governed table that no scope lists would be neither checked nor replaced.
        if isinstance(node, exp.Table) and node.db and id(node) not in covered:
            raise Refused("table_not_allowed")


def _check_column(column: exp.Column, scope: Scope, statement: Statement) -> None:
    if column.table:
        source = source_of(column, scope, statement)
        if isinstance(source, exp.Table) and isinstance(source.this, exp.GenerateSeries):
            named = {name.name.lower() for name in source.args["alias"].columns} if source.alias else set()
            if column.name.lower() not in (named or {"range", "generate_series"}):
                raise Refused("column_not_allowed")
        return
    query = scope.expression
    order = column.find_ancestor(exp.Order)
    if order is None or order.parent is not query or column.name.lower() not in _names(query):
        raise Refused("column_not_allowed")


def _names(query: exp.Expr) -> list[str]:
    return [name.lower() for name in query.named_selects] if isinstance(query, exp.Query) else []


def _name_outputs(tree: exp.Query) -> None:
    """Give each unnamed expression a plain name: DuckDB would take its text for one, sqlglot a literal's words."""
    for select in tree.find_all(exp.Select):
        names = {identifier.name.lower() for identifier in select.find_all(exp.Identifier)}
        for index, projection in enumerate(select.expressions):
            if isinstance(projection, exp.Alias | exp.Column | exp.Star):
                continue
            words = "_".join(word.lower() for node in projection.walk(bfs=False) for word in _words(node))[:50]
            name = words if words and words not in names else f"column_{index + 1}"
            names.add(name)
            select.expressions[index].replace(exp.alias_(projection.copy(), name))


def _tell_outputs_apart(statement: Statement) -> None:
    """In inner queries over sums; over members' rows two columns of one name are there to be mistaken."""
    shown = {id(select) for select in _selects_of(statement.tree)}
    tables = statement.policy.tables
    for select in statement.tree.find_all(exp.Select):
        if id(select) in shown or select.find_ancestor(exp.SetOperation):
            continue
        read = {table.name for table in select.find_all(exp.Table)} & tables.keys()
        if not any(tables[name].is_member_level for name in read):
            _tell_apart(select)


def _selects_of(query: exp.Expr) -> list[exp.Expr]:
    """The SELECTs whose columns are the answer's."""
    query = query.unnest()
    if isinstance(query, exp.SetOperation):
        return [*_selects_of(query.this), *_selects_of(query.expression)]
    return [query]


def _tell_apart(select: exp.Select) -> None:
    """Two columns of one name in an inner query: the second gets another, as DuckDB gives it one."""
    names = {projection.alias_or_name.lower() for projection in select.expressions}
    seen: set[str] = set()
    for projection in list(select.expressions):
        name = projection.alias_or_name
        if not projection.is_star and name.lower() in seen:
            number = next(n for n in range(1, len(names) + 2) if f"{name.lower()}_{n}" not in names)
            names.add(f"{name.lower()}_{number}")
            projection.replace(exp.alias_(projection.unalias().copy(), f"{name}_{number}"))
        seen.add(name.lower())


def _restore_case(tree: exp.Query, written: dict[str, str]) -> None:
    """The answer's columns as the reader spelled them; DuckDB ignores case when it looks for a name."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    for projection in select.selects:
        name = written.get(projection.alias_or_name, "")
        if isinstance(projection, exp.Alias) and name != projection.alias:
            projection.set("alias", exp.to_identifier(name or projection.alias, quoted=bool(name)))


def _words(node: exp.Expr) -> list[str]:
    if isinstance(node, exp.Identifier):
        return [node.name] if node.name.isidentifier() else []
    return [node.sql_name()] if isinstance(node, exp.AggFunc) else []


@lru_cache(maxsize=16)
def _schema(policy: Policy, member_rows: bool, catalog: Catalog | None) -> MappingSchema:
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for table in policy.tables.values():
        found = visible_columns(table, member_rows, catalog)
        if found:
            types = {name: column.type for name, column in found.items()}
            tables.setdefault(GOVERNED_SCHEMA, {})[table.name] = types
    lake = {} if catalog is None else catalog.columns
    for (schema, name), names in lake.items():
        if schema != GOVERNED_SCHEMA:
            tables.setdefault(schema, {})[name] = dict.fromkeys(names, "VARCHAR")
    return MappingSchema({**tables}, dialect="duckdb")
