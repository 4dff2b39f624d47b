"""What a judged statement says about members, and the forms in which it may be run for a reader of sums."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp, parse_one

from warehouse.guard.cells import Cells
from warehouse.guard.columns import bind
from warehouse.guard.decision import Disclosure, Refused
from warehouse.guard.narrowing import without_narrowing
from warehouse.guard.probe import NoGlance, probe
from warehouse.guard.releases import releases
from warehouse.guard.rewrite import rewrite
from warehouse.guard.statement import Statement
from warehouse.guard.suppress import suppress


def disclose(statement: Statement) -> None:
    """Fill `disclosure`, where the reader sees sums only and there is data to count members in."""
    if statement.hides_small_cells and statement.catalog is not None:
        _round_members(statement)
        statement.disclosure = disclosure(statement)


def _round_members(statement: Statement) -> None:
    """Counts of members to the next multiple of a number, where the settings say so."""
    step = statement.round_members_to
    if step <= 1:
        return
    for count in list(statement.tree.find_all(exp.Count)):
        counted = count.this.expressions[0] if isinstance(count.this, exp.Distinct) else None
        if isinstance(counted, exp.Column) and counted.name == "member_id":
            whole = count.parent if isinstance(count.parent, exp.Filter) else count
            nearest = parse_one(f"CAST(ROUND(x / {step}) * {step} AS BIGINT)", dialect="duckdb")
            next(nearest.find_all(exp.Column)).replace(whole.copy())
            whole.replace(nearest)


def disclosure(statement: Statement) -> Disclosure | None:
    """The forms of a qualified statement; None when it says nothing about members.

    Raises Refused (small_cells) when a clause cannot be followed and nothing shows that it need not be.
    """
    statement = replace(statement, tree=without_narrowing(statement.tree))
    looked = _copy(statement)
    try:
        glance = probe(looked)
        if glance is None:
            return None
        quick = _rewritten(glance, statement)
    except NoGlance:
        quick = None
    names = [name.lower() for name in statement.tree.named_selects]
    released = releases(statement)
    exact = _copy(statement)
    try:
        hidden = suppress(exact)
    except Refused:
        if quick is None:
            raise
        return Disclosure(quick, "", (), keyed=False, releases=released)
    return Disclosure(
        probe=quick,
        exact=_rewritten(exact.tree, statement),
        hidden=tuple(place for place, name in enumerate(names) if name in hidden),
        keyed=any(name not in hidden for name in names),
        releases=released,
        leaves_out=_leaves_out(statement),
    )


def _leaves_out(statement: Statement) -> bool:
    found = Cells(statement)
    leaves = [found.leaf(scope) for scope in statement.scopes]
    return any(leaf is not None and leaf.lists_many_only for leaf in leaves)


def _copy(statement: Statement) -> Statement:
    copied = replace(statement, tree=statement.tree.copy())
    bind(copied)
    return copied


def _rewritten(tree: exp.Query, statement: Statement) -> str:
    written = replace(statement, tree=tree, ours=True)
    bind(written)
    rewrite(written)
    return written.output
