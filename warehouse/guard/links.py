"""The one join on a member's id: each event with what its member is today, only to count by member dimensions.

The joined table has one row a member, so it multiplies nothing, and it may give dimensions only: an event says no
more about a member than it did with the dimensions of its own day.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.decision import Refused
from warehouse.guard.relations import Relations
from warehouse.guard.statement import nodes_within
from warehouse.policy import Table
from warehouse.policy.loader import GOVERNED_SCHEMA


def member_link(query: exp.Select, scope: Scope, relations: Relations) -> exp.Join | None:
    """The SELECT's only join when it is `FROM event [LEFT] JOIN members ON event.id = members.id`, else None."""
    joins = query.args.get("joins") or []
    if len(joins) != 1 or joins[0].method or joins[0].side not in ("", "LEFT"):
        return None
    join = joins[0]
    names = [side.alias_or_name for side in (query.args["from_"].this, join.this)]
    event, members = (_table(name, scope, relations) for name in names)
    on = join.args.get("on")
    if event is None or members is None or join.kind not in ("", "INNER", "OUTER") or not isinstance(on, exp.EQ):
        return None
    sides = {(side.table, side.name) for side in (on.this, on.expression) if isinstance(side, exp.Column)}
    ids = [name for name, column in event.columns.items() if column.kind == "member_id"]
    wanted = {(names[0], name) for name in ids} | {(names[1], members.link)}
    return join if event.day and members.link and len(ids) == 1 and sides == wanted else None


def check_link(query: exp.Select, join: exp.Join, scope: Scope, relations: Relations) -> None:
    """Refuse unless everything that is read of the linked members, outside the link itself, is a dimension."""
    link = {id(node) for node in join.args["on"].walk()}
    for node in nodes_within(query):
        if not isinstance(node, exp.Column) or id(node) in link or node.table != join.this.alias_or_name:
            continue
        column = relations.restricted(node, scope)
        if column is None or column.kind != "dimension":
            raise Refused("member_link")


def _table(name: str, scope: Scope, relations: Relations) -> Table | None:
    """The governed member-level table behind a name in FROM; None for a query or any other table."""
    source = relations.statement.sources[id(scope)].get(name)
    if not isinstance(source, exp.Table) or source.db != GOVERNED_SCHEMA:
        return None
    return relations.statement.table(source.name) if relations.of(source).member_level else None
