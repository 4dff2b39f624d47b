"""The judge: a tuple of layers and one loop. Whatever a layer cannot finish is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from warehouse.guard.columns import columns
from warehouse.guard.decision import Allow, Decision, Refused, deny
from warehouse.guard.disclosure import disclose
from warehouse.guard.joins import joins
from warehouse.guard.lex import lex
from warehouse.guard.members import members
from warehouse.guard.nodes import nodes
from warehouse.guard.parse import parse
from warehouse.guard.rewrite import rewrite
from warehouse.guard.scope import scope
from warehouse.guard.shape import shape
from warehouse.guard.small_cells import small_cells
from warehouse.guard.statement import Catalog, Parameter, Statement
from warehouse.guard.width import width
from warehouse.policy import Data, Policy, RolePolicy, load_policy
from warehouse.principal import Principal

LAYERS: tuple[Callable[[Statement], None], ...] = (
    lex, parse, nodes, shape, scope, columns, members, joins, width, small_cells, disclose, rewrite,
)  # fmt: skip

_NEEDS_PURPOSE = frozenset(
    (
        "column_not_allowed",
        "member_rows",
        "identifier_use",
        "member_link",
        "filter_not_allowed",
        "aggregate_not_allowed",
    )
)


def check(
    sql: str,
    principal: Principal,
    *,
    policy: Policy | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    catalog: Catalog | None = None,
    row_limit: int = 1000,
    small_cell: int = 11,
    round_members_to: int = 1,
    totals: frozenset[frozenset[str]] = frozenset(),
    runs: bool = True,
    compiled: bool = False,
) -> Decision:
    """Judge one statement; nothing of it runs. Needs no warehouse: without a catalog the declared schema counts.

    `totals` are the groupings of the same rows that the reader has seen the totals of. A statement that will not
    run (`runs`) is refused where only its result could show that no figure is of a few members.

    Returns Allow with the only text that may run, or Deny with a code, a layer and a fixed reason.
    """
    law = policy or load_policy()
    role = law.rights(principal.role)
    if role is None:
        return deny("unknown_role")
    may_read_rows = _may_read_rows(role, principal)
    try:
        attributes = tuple(sorted(principal.attributes.items()))
        values = tuple(sorted((parameters or {}).items()))
        limits = (row_limit, small_cell, round_members_to, runs, totals, compiled)
        return _decide(sql, law, _first_alike(law, role), may_read_rows, attributes, values, catalog, limits)
    except RecursionError:
        return deny("too_complex")
    except Exception:
        return deny("guard_failure")


def data_for(principal: Principal, policy: Policy | None = None) -> Data:
    """The class of published files that serve a person: the least for an unknown role."""
    role = (policy or load_policy()).rights(principal.role)
    return "shared" if role is None else role.data_for(reads_member_rows=_may_read_rows(role, principal))


def _may_read_rows(role: RolePolicy, principal: Principal) -> bool:
    """By a stated purpose, or by breaking the glass; each only for a role that may."""
    stated = role.member_rows and bool(principal.purpose and principal.purpose.strip())
    return stated or (role.break_glass and bool(principal.break_glass and principal.break_glass.strip()))


@lru_cache(maxsize=64)
def _first_alike(law: Policy, role: RolePolicy) -> RolePolicy:
    """The first role that may do exactly the same: what is decided for one need not be worked out for another."""
    return next((other for other in law.roles.values() if other.is_like(role)), role)


@lru_cache(maxsize=1024)
def _decide(
    sql: str,
    law: Policy,
    role: RolePolicy,
    may_read_rows: bool,
    attributes: tuple[tuple[str, str], ...],
    values: tuple[tuple[str, Parameter], ...],
    catalog: Catalog | None,
    limits: tuple[int, int, int, bool, frozenset[frozenset[str]], bool],
) -> Decision:
    """The loop. Remembered, because dashboards and follow-ups ask the same again; a failure never is."""
    statement = Statement(sql, law, role, may_read_rows, dict(attributes), dict(values), catalog, *limits)
    for layer in LAYERS:
        try:
            layer(statement)
        except Refused as refused:
            return deny(_code(refused.code, statement))
    tables = tuple(sorted(".".join(key) for key in statement.tables))
    passed = tuple(layer.__name__ for layer in LAYERS)
    return Allow(statement.output, passed, tables, statement.disclosure)


def _code(code: str, statement: Statement) -> str:
    """A role that may read member rows is told that the purpose is what is missing."""
    if code in _NEEDS_PURPOSE and statement.role.member_rows and not statement.reads_member_rows:
        member_level = any(
            schema == "gold" and statement.table(name).is_member_level for schema, name in statement.tables
        )
        return "purpose_required" if member_level else code
    return code
