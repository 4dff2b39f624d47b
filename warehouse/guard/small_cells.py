"""Layer 9, what can be told from the text alone: shapes that are there to read counts of a few members.

Everything else about small cells depends on the data and is decided when the statement runs.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.aggregates import is_aggregate
from warehouse.guard.cells import Cells, Leaf, Source
from warehouse.guard.decision import Refused
from warehouse.guard.joins import conjuncts
from warehouse.guard.statement import Statement, nodes_within
from warehouse.guard.weights import refuse_weights

_COMPARED: dict[type[exp.Expr], Callable[[Fraction, Fraction], bool]] = {
    exp.EQ: operator.eq, exp.NullSafeEQ: operator.eq, exp.NEQ: operator.ne, exp.GT: operator.gt,
    exp.GTE: operator.ge, exp.LT: operator.lt, exp.LTE: operator.le,
}  # fmt: skip
_FIXED = 3
_ACROSS = 2  # a table of sums by more than the day shows single cells row by row


def small_cells(statement: Statement) -> None:
    """Refuse comparisons that only small counts can meet, running totals over single cells, and roll-ups of
    members' rows, for a reader from whom small cells are hidden.
    """
    if not statement.hides_small_cells:
        return
    found = Cells(statement)
    counts: dict[int, set[str]] = {}
    for scope in statement.scopes:
        query = scope.expression
        leaf = found.leaf(scope)
        if not isinstance(query, exp.Select):
            continue
        if leaf is not None:
            if not statement.runs:
                _refuse_narrow_slices(leaf)
            _refuse_running_totals(leaf)
            _refuse_member_rollups(leaf)
            _refuse_weights(leaf, scope, statement)
        counts[id(scope)] = _check_comparisons(query, leaf, scope, statement, counts)


def _refuse_narrow_slices(leaf: Leaf) -> None:
    """One day and most dimensions of a fine mart: such cells are small, until the data shows that they are not."""
    where = leaf.query.args.get("where")
    fixed = {part.this.name for part in conjuncts(where.this if where else None) if _fixes(part)}
    for source in leaf.sources.values():
        table = source.mart
        if table is None or table.day not in fixed:
            continue
        dimensions = {name for name, column in table.columns.items() if column.kind == "dimension"}
        grouped = {key.name for key in leaf.keys if isinstance(key, exp.Column)}
        named = dimensions & (fixed | grouped)
        if len(dimensions & fixed) >= _FIXED and 2 * len(named) > len(dimensions):
            raise Refused("narrow_slice")


def _fixes(part: exp.Expr) -> bool:
    """column = literal, or IN one literal."""
    if isinstance(part, exp.In):
        return isinstance(part.this, exp.Column) and len(part.expressions) == 1
    return isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and not part.expression.find(exp.Column)


def _refuse_running_totals(leaf: Leaf) -> None:
    """SUM(x) OVER (ORDER BY ...) over the rows of a fine mart: two rows' difference is one cell."""
    if leaf.aggregated:
        return
    for window in leaf.query.find_all(exp.Window):
        ordered = window.args.get("order") or window.args.get("alias")
        if window.parent_select is not leaf.query or not ordered or not is_aggregate(window.this):
            continue
        for source in leaf.sources.values():
            if source.measures(window.this) and _is_fine(source):
                raise Refused("running_small_cells")


def _refuse_weights(leaf: Leaf, scope: Scope, statement: Statement) -> None:
    """In sums over members' rows, and over the rows of fine marts."""
    for cell in leaf.cells:
        read = [source for under in cell.under for source in under.sources]
        fine = any(_is_fine(source) for under in cell.under for source, _ in under.measures)
        if read or fine:
            refuse_weights(cell.node, scope, statement, fine)


def _is_fine(source: Source) -> bool:
    table = source.mart
    return (
        table is not None
        and table.day is not None
        and sum(c.kind == "dimension" for c in table.columns.values()) >= _ACROSS
    )


def _refuse_member_rollups(leaf: Leaf) -> None:
    group = leaf.query.args.get("group")
    if group is None or all(source.mart is not None for source in leaf.sources.values()):
        return
    if any(group.find_all(exp.Cube, exp.Rollup, exp.GroupingSets)):
        raise Refused("member_rollup")


def _check_comparisons(
    query: exp.Select, leaf: Leaf | None, scope: Scope, statement: Statement, counts: dict[int, set[str]]
) -> set[str]:
    """Refuse in this SELECT; returns its output columns that are counts."""

    def is_count(node: exp.Expr) -> bool:
        node = _bare(node)
        if isinstance(node, exp.Column):
            source = statement.sources[id(scope)].get(node.table)
            if isinstance(source, Scope):
                return node.name.lower() in counts.get(id(source), set())
            return leaf is not None and not leaf.aggregated and _is_count_column(node, leaf)
        if isinstance(node, exp.Window):
            return is_count(node.this)
        if isinstance(node, exp.Sum | exp.Count | exp.CountIf):
            if isinstance(node, exp.Sum) and isinstance(node.this, exp.Column) and is_count(node.this):
                return True
            return leaf is not None and any(cell.family == "counted" and cell.node == node for cell in leaf.cells)
        return False

    def is_counted(side: exp.Expr) -> bool:
        bare = _bare(side)
        return is_count(bare) or (
            leaf is not None and isinstance(bare, exp.Column) and _is_count_column(bare, leaf)
        )

    for node in nodes_within(query):
        if _is_condition(node) and not isinstance(node.parent, exp.And | exp.Paren):
            _check_condition(node, is_counted, statement.small_cell)
    return {p.alias_or_name.lower() for p in query.expressions if is_count(p.unalias())}


def _is_count_column(column: exp.Column, leaf: Leaf) -> bool:
    source = leaf.sources.get(column.table)
    mart = source.mart if source else None
    return mart is not None and mart.under.get(column.name) == (column.name,)


def _is_condition(node: exp.Expr) -> bool:
    return isinstance(node, exp.And | exp.Paren | exp.Between | exp.In) or type(node) in _COMPARED


def _check_condition(node: exp.Expr, is_counted: Callable[[exp.Expr], bool], few: int) -> None:
    """Refuse when what is asked of one count holds for small counts only: BETWEEN 1 AND 10, = 3, > 0 AND < 11."""
    asked: dict[str, list[Callable[[Fraction], bool]]] = {}
    numbers = {Fraction(0), Fraction(few), Fraction(10**18)}
    for part in conjuncts(node):
        found = _asked(part, is_counted)
        if found is not None:
            text, holds, literals = found
            asked.setdefault(text, []).append(holds)
            numbers |= {near for literal in literals for near in (literal - 1, literal, literal + 1)}
    small = {Fraction(count) for count in range(1, few)}
    for tests in asked.values():
        met = [n for n in small | numbers if all(test(n) for test in tests)]
        if met and all(0 < n < few for n in met):
            raise Refused("selects_small_cells")


_Asked = tuple[str, Callable[[Fraction], bool], list[Fraction]]


def _asked(node: exp.Expr, is_counted: Callable[[exp.Expr], bool]) -> _Asked | None:
    """The count that a comparison is about, the comparison as a test of a number, and the numbers it names."""
    if isinstance(node, exp.Between) and is_counted(node.this):
        low, high = _number(node.args["low"]), _number(node.args["high"])
        if low is None or high is None:
            return None
        return _text(node.this), lambda n: low <= n <= high, [low, high]
    if isinstance(node, exp.In) and is_counted(node.this):
        values = [_number(value) for value in node.expressions]
        known = [value for value in values if value is not None]
        return (_text(node.this), lambda n: n in known, known) if known and len(known) == len(values) else None
    compared = _COMPARED.get(type(node))
    if compared is None:
        return None
    right, left = _number(node.expression), _number(node.this)
    if right is not None and is_counted(node.this):
        return _text(node.this), lambda n: compared(n, right), [right]
    if left is not None and is_counted(node.expression):
        return _text(node.expression), lambda n: compared(left, n), [left]
    return None


def _text(side: exp.Expr) -> str:
    return _bare(side).sql(dialect="duckdb")


def _bare(node: exp.Expr) -> exp.Expr:
    """Without what does not change a count's meaning: parentheses, casts, COALESCE(x, 0)."""
    while isinstance(node, exp.Paren | exp.Cast | exp.Coalesce | exp.Alias):
        node = node.this
    return node


def _number(node: exp.Expr) -> Fraction | None:
    negative = isinstance(node, exp.Neg)
    literal = _bare(node.this if isinstance(node, exp.Neg) else node)
    if not isinstance(literal, exp.Literal) or literal.is_string:
        return None
    try:
        value = Fraction(literal.name)
    except ValueError:
        return None
    return -value if negative else value
