"""Which members' rows a statement says something about: what the reader's next one is held against."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.event_forms import event_form
from warehouse.guard.cells import COUNTED, Cells, Leaf, Source, plain_text, text_of
from warehouse.guard.columns import bind
from warehouse.guard.decision import MIXED, Refused, Release
from warehouse.guard.event_rows import qualified, table_of
from warehouse.guard.groups import nested
from warehouse.guard.joins import conjuncts
from warehouse.guard.rewrite import rewrite_all_rows
from warehouse.guard.statement import Statement
from warehouse.guard.suppress import carry
from warehouse.policy.loader import GOVERNED_SCHEMA

MEMBER = "m"


def releases(statement: Statement) -> tuple[Release, ...]:
    """The releases of a qualified statement, each with the text that selects its rows.

    Conditions that depend on another query's row or on a count are left out of it: a release is then wider than
    what is said about it. Raises Refused (small_cells) for a join that depends on another query's row.
    """
    copied = replace(statement, tree=statement.tree.copy())
    bind(copied)
    found = Cells(copied)
    released: dict[str, Release] = {}
    for scope in copied.scopes:
        leaf = found.leaf(scope)
        if isinstance(scope.expression, exp.Select) and found.carries(scope):
            carry(scope.expression, scope, found, copied)
        for release in _of_leaf(leaf, scope, copied) if leaf is not None else ():
            released[release.base + release.rows] = release
    return tuple(released.values())


def _of_leaf(leaf: Leaf, scope: Scope, statement: Statement) -> list[Release]:
    counted = [s for s in leaf.sources.values() if s.mart is None or event_form(s.mart.name) is not None]
    if not counted or (not leaf.cells and all(source.mart is None for source in leaf.sources.values())):
        return []  # groups without a figure are large, or not shown
    leaf = _standing_alone(leaf, scope, statement)
    days = _days(leaf, statement)
    chosen: dict[str, exp.Expr | None] = {}
    for condition in [under.condition for cell in leaf.cells for under in cell.under] or [None]:
        picks = condition is not None and _chooses(condition, leaf, statement)
        chosen[text_of(condition) if picks and condition is not None else ""] = condition if picks else None
    made = [
        _release(leaf, source, condition, days, statement) for source in counted for condition in chosen.values()
    ]
    return [release for release in made if release is not None]


def _standing_alone(leaf: Leaf, scope: Scope, statement: Statement) -> Leaf:
    """The leaf without what its rows are chosen by elsewhere, or by a mart's sums."""
    own = set(statement.sources[id(scope)])
    query = leaf.query.copy()

    def stands(part: exp.Expr) -> bool:
        bound = all(not c.table or c.table in own for c in part.find_all(exp.Column))
        return bound and not any(source.measures(part) for source in leaf.sources.values())

    for join in query.args.get("joins") or ():
        if not all(map(stands, conjuncts(join.args.get("on")))):
            raise Refused("small_cells")
    where = query.args.get("where")
    if where is not None:
        kept = [part for part in conjuncts(where.this) if stands(part)]
        query.set("where", exp.Where(this=exp.and_(*kept)) if kept else None)
    return replace(leaf, query=query)


def _kind(column: exp.Column, leaf: Leaf, statement: Statement) -> str:
    for node in (leaf.query.args["from_"].this, *(join.this for join in leaf.query.args.get("joins") or ())):
        if isinstance(node, exp.Table) and node.alias_or_name == column.table and node.db == GOVERNED_SCHEMA:
            declared = statement.table(node.name).columns.get(column.name)
            return declared.kind if declared else ""
    return ""


def _chooses(condition: exp.Expr, leaf: Leaf, statement: Statement) -> bool:
    """Whether a condition picks rows by who or what they are, not only by a flag that a metric counts."""
    kinds = {_kind(column, leaf, statement) for column in condition.find_all(exp.Column)}
    return bool(kinds & {"dimension", "time"}) or any(
        literal.name != "0" for literal in condition.find_all(exp.Literal)
    )


def _days(leaf: Leaf, statement: Statement) -> tuple[str, bool]:
    """The conditions on days, as text, and whether nothing else narrows the rows."""
    where = leaf.query.args.get("where")
    parts = list(conjuncts(where.this)) if where is not None else []
    on_days = [p for p in parts if {_kind(c, leaf, statement) for c in p.find_all(exp.Column)} == {"time"}]
    text = " AND ".join(sorted(plain_text(part) for part in on_days))
    return text, len(on_days) == len(parts) and not leaf.query.args.get("joins")


def _release(
    leaf: Leaf, source: Source, condition: exp.Expr | None, days: tuple[str, bool], statement: Statement
) -> Release | None:
    member = exp.alias_(exp.column(source.id or "member_id", table=source.alias), MEMBER)
    keys = [exp.alias_(key.copy(), f"k{i}") for i, key in enumerate(leaf.keys)]
    counted = _counted(leaf)
    flags = [
        exp.alias_(exp.Coalesce(this=exp.paren(flag.copy()), expressions=[exp.false()]), f"c{i}")
        for i, flag in enumerate(counted.values())
    ]
    try:
        base = _selected([member], leaf, source, condition, statement)
        rows = _selected([member, *keys, *flags], leaf, source, condition, statement)
    except Refused:
        return None
    names = {text_of(p.unalias()): p.alias_or_name for p in leaf.query.expressions}
    table = _event_table(leaf, source)
    return Release(
        table=table,
        base=base,
        rows=rows,
        keys=tuple(plain_text(key) for key in leaf.keys),
        names=tuple(names.get(text_of(key), "").lower() for key in leaf.keys),
        conditions=tuple(counted),
        days=days[0],
        only_days=days[1] and condition is None and table != MIXED and not _has_one_row_a_member(table, statement),
    )


def _has_one_row_a_member(table: str, statement: Statement) -> bool:
    """The day of such a row says who a member is, as a dimension does; it is no period."""
    declared = statement.policy.tables.get(table)
    return declared is not None and declared.link is not None


def _counted(leaf: Leaf) -> dict[str, exp.Expr]:
    """What a row counts under, by text: the conditions of the leaf's counts."""
    found: dict[str, exp.Expr] = {}
    for cell in leaf.cells:
        for under in cell.under if cell.family == COUNTED else ():
            condition = under.condition
            found["" if condition is None else plain_text(condition)] = (
                exp.true() if condition is None else condition
            )
    return found


def _selected(
    columns: list[exp.Expr], leaf: Leaf, source: Source, condition: exp.Expr | None, statement: Statement
) -> str:
    query = leaf.query
    rows = exp.select(*(column.copy() for column in columns))
    for clause in ("from_", "where"):
        if query.args.get(clause) is not None:
            rows.set(clause, query.args[clause].copy())
    rows.set("joins", [join.copy() for join in query.args.get("joins") or ()])
    if condition is not None:
        rows.where(condition.copy(), copy=False)
    form = event_form(source.mart.name) if source.mart is not None else None
    if form is not None:
        table_of(rows, source).replace(nested(qualified(form), source.alias))
    rows.set("with_", _needed(statement.tree.args.get("with_"), rows))
    for placeholder in list(rows.find_all(exp.Placeholder)):  # it will run beside other statements' values
        placeholder.replace(exp.convert(statement.parameters[placeholder.name]))
    written = replace(statement, tree=rows, ours=True)
    bind(written)
    rewrite_all_rows(written)
    return written.output


def _needed(with_: exp.With | None, rows: exp.Select) -> exp.With | None:
    """Of the statement's WITH what the rows read: statements over the same rows are known by their text."""
    if with_ is None:
        return None
    bodies = {cte.alias: cte for cte in with_.expressions}
    needed: set[str] = set()
    reading: list[exp.Expr] = [rows]
    while reading:
        named = {table.name for table in reading.pop().find_all(exp.Table) if not table.db}
        new = (named & bodies.keys()) - needed
        needed |= new
        reading += [bodies[name] for name in new]
    if not needed:
        return None
    kept = with_.copy()
    kept.set("expressions", [cte.copy() for name, cte in bodies.items() if name in needed])
    return kept


def _event_table(leaf: Leaf, source: Source) -> str:
    if source.mart is not None:
        form = event_form(source.mart.name)
        return form.args["from_"].this.name if form is not None else ""
    for node in (leaf.query.args["from_"].this, *(join.this for join in leaf.query.args.get("joins") or ())):
        if node.alias_or_name == source.alias:
            return str(node.name) if isinstance(node, exp.Table) and node.db else MIXED
    return MIXED
