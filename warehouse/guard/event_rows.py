"""A mart read as the events that it sums, so that members can be counted exactly; or row by row, masked."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from warehouse.event_forms import event_form
from warehouse.guard.cells import (
    COMPANION,
    Cell,
    Contribution,
    Leaf,
    Source,
    aggregate_nodes,
    bare,
    columns_of,
    is_measure,
)
from warehouse.guard.decision import Refused
from warehouse.guard.shield import nan, unknown
from warehouse.guard.small_counts import is_small, row_counts
from warehouse.guard.statement import Statement
from warehouse.policy.loader import GOVERNED_SCHEMA

SHOWN = "__shown"


def as_event_rows(leaf: Leaf, statement: Statement) -> tuple[Leaf, dict[str, set[str]]]:
    """Replace each mart of an aggregated leaf, in place, by its events where only sums are read.

    One whose measures stand outside of aggregates is masked row by row; otherwise it stays, and what its rows are
    compared by is masked. Returns the leaf as it is now and, by alias, the columns that hold hidden cells.
    """
    masked: dict[str, set[str]] = {}
    for source in [source for source in leaf.sources.values() if source.mart is not None]:
        single, summed = _read_singly(leaf, source)
        if single:
            if summed:
                raise Refused("small_cells")
            masked[source.alias] = set(_replace_by_rows(leaf.query, source, statement, with_raw=False))
            leaf = replace(leaf, sources={a: s for a, s in leaf.sources.items() if a != source.alias})
            continue
        form = event_form(source.mart.name) if source.mart and _only_sums(leaf, source) else None
        if form is None:
            masked |= _mask_choices(leaf, source, statement)
        else:
            table_of(leaf.query, source).replace(_named(qualified(form), source.alias))
            leaf = _of_events(leaf, source)
    return leaf, masked


def _output_clauses(leaf: Leaf) -> list[exp.Expr]:
    """All but FROM, WHERE and ON."""
    query = leaf.query
    clauses = [*query.expressions, *(query.args.get(name) for name in ("group", "having", "qualify", "order"))]
    return [clause for clause in [*clauses, *(query.args.get("windows") or ())] if clause is not None]


def _measures(node: exp.Expr, source: Source) -> list[exp.Column]:
    mart = source.mart
    return [c for c in columns_of(node, source.alias) if mart is not None and is_measure(mart, c.name)]


def shows_single_rows(leaf: Leaf) -> bool:
    """Whether a measure of a mart stands outside of aggregates, so that rows are read one by one."""
    return any(_read_singly(leaf, source)[0] for source in leaf.sources.values() if source.mart is not None)


def extremes(leaf: Leaf, source: Source) -> list[exp.Column]:
    """The measures of a mart inside MIN and MAX, which show the value of one row."""
    nodes = [node for node in aggregate_nodes(leaf.query) if isinstance(bare(node), exp.Min | exp.Max)]
    return [column for node in nodes for column in _measures(node, source)]


def _read_singly(leaf: Leaf, source: Source) -> tuple[list[exp.Column], list[exp.Column]]:
    """The measures of a mart that are read a row at a time, and those inside aggregates."""
    inside = {id(c) for node in aggregate_nodes(leaf.query) for c in node.find_all(exp.Column)}
    found = [column for clause in _output_clauses(leaf) for column in _measures(clause, source)]
    return [c for c in found if id(c) not in inside], [c for c in found if id(c) in inside]


def masked_rows(leaf: Leaf, statement: Statement) -> dict[str, set[str]]:
    """Replace each mart of a leaf that reads rows, in place, by its rows with small cells as NaN."""
    hidden: dict[str, set[str]] = {}
    for source in leaf.sources.values():
        hidden[source.alias] = set(_replace_by_rows(leaf.query, source, statement, with_raw=False))
    return hidden


def _only_sums(leaf: Leaf, source: Source) -> bool:
    """Whether the mart's rows matter only through sums of its measures, which its events give as well."""
    summed = {id(c) for cell in leaf.cells for s in cell.node.find_all(exp.Sum) for c in s.find_all(exp.Column)}
    measures = [column for part in leaf.query.iter_expressions() for column in _measures(part, source)]
    plain = all(isinstance(_inner(node), exp.Sum) for node in aggregate_nodes(leaf.query))
    return plain and all(id(column) in summed for column in measures)


def qualified(form: exp.Select) -> exp.Select:
    """The event form with every column bound to its table, as the guard's own trees are."""
    table = form.args["from_"].this
    table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
    for column in form.find_all(exp.Column):
        column.set("table", exp.to_identifier(table.name))
    for projection in form.selects:
        if isinstance(projection, exp.Column):
            projection.replace(exp.alias_(projection.copy(), projection.name))
    return form


def _inner(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Filter) else node


def _of_events(leaf: Leaf, source: Source) -> Leaf:
    """The leaf with the mart's name standing for events."""
    now = Source(source.alias, "member_id")

    def moved(under: Contribution) -> Contribution:
        own = [measure for measure in under.measures if measure[0].alias == source.alias]
        others = tuple(measure for measure in under.measures if measure[0].alias != source.alias)
        return Contribution(under.condition, (*under.sources, *([now] if own else [])), others)

    cells = [Cell(cell.node, tuple(map(moved, cell.under)), cell.family) for cell in leaf.cells]
    return replace(leaf, sources={**leaf.sources, source.alias: now}, cells=cells)


def _mask_choices(leaf: Leaf, source: Source, statement: Statement) -> dict[str, set[str]]:
    """What rows are chosen by (WHERE, ON, MIN, MAX) sees a mart's measures masked; sums see them as they are."""
    query = leaf.query
    clauses = [query.args.get("where"), *(join.args.get("on") for join in query.args.get("joins") or ())]
    compared = [column for clause in clauses if clause is not None for column in _measures(clause, source)]
    single = extremes(leaf, source)
    if not compared and not single:
        return {}
    _replace_by_rows(query, source, statement, with_raw=True)
    for column in compared:
        column.replace(unknown(exp.column(column.name + SHOWN, table=source.alias)))
    for column in single:
        column.replace(exp.column(column.name + SHOWN, table=source.alias))
    return {source.alias: {column.name + SHOWN for column in single}} if single else {}


def _replace_by_rows(query: exp.Select, source: Source, statement: Statement, *, with_raw: bool) -> list[str]:
    assert source.mart is not None
    names = sorted(
        {c.name for c in query.find_all(exp.Column) if c.table == source.alias} & set(source.mart.columns)
    )
    measures = [name for name in names if is_measure(source.mart, name)]
    columns: list[exp.Expr] = [exp.column(n, table=source.alias) for n in names if with_raw or n not in measures]
    if with_raw:
        columns += [exp.column(m + COMPANION, table=source.alias) for m in sorted(source.companions)]
        columns += [exp.column(u, table=source.alias) for u in _counts_beside(source, names)]
    for name in measures:
        small = is_small(row_counts(source, name), statement.small_cell)
        shown = exp.cast(exp.column(name, table=source.alias), "DOUBLE")
        masked = exp.Case(ifs=[exp.If(this=small, true=nan())], default=shown)
        columns.append(exp.alias_(masked, name + SHOWN if with_raw else name))
    table = table_of(query, source)
    table.replace(_named(exp.select(*columns).from_(table.copy()), source.alias))
    return measures


def _counts_beside(source: Source, names: list[str]) -> list[str]:
    assert source.mart is not None
    counts = {count for counts in source.mart.under.values() for count in counts}
    return sorted(counts - set(names))


def table_of(query: exp.Select, source: Source) -> exp.Table:
    """The governed table behind a source in FROM or a join. Raises Refused (small_cells) when it is none."""
    listed = [query.args["from_"].this, *(join.this for join in query.args.get("joins") or ())]
    found = next((n for n in listed if isinstance(n, exp.Table) and n.alias_or_name == source.alias), None)
    if found is None or found.db != GOVERNED_SCHEMA:
        raise Refused("small_cells")
    return found


def _named(query: exp.Select, alias: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(alias)))
