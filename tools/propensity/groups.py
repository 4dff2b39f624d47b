"""Groups of members alike in every signal, read through the one door; a single member for who may see one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp, parse_one

from tools.desk import Desk
from tools.propensity.signals import OUTCOMES, signals
from warehouse.door import QueryContext
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal

Floats = NDArray[np.float64]
READER = Principal(user="propensity", role="propensity", purpose="models of groups of members")
_FILE = Path(__file__).parent / "members.sql"


@dataclass(frozen=True)
class Groups:
    """One entry a group: its band of each signal, how many `members` it has, how many of them did what came."""

    cut: date
    bands: Mapping[str, tuple[str, ...]]
    members: Floats
    came: Mapping[str, Floats]

    @property
    def total(self) -> float:
        """All members."""
        return float(self.members.sum())


def groups_at(desk: Desk, cut: date, horizon: int) -> Groups:
    """What members had been through by the end of `cut` and what they did in the `horizon` days after it.

    Read as a system, narrowed to the part of the company that the reader sees. Raises what the door raises.
    """
    tree, params = _statement(), _days(cut, horizon)
    for name, value in sorted(desk.principal.attributes.items()):
        _people(tree).where(exp.column(name).eq(exp.Placeholder(this=f"only_{name}")), copy=False)
        params[f"only_{name}"] = value
    rows = desk.door.query(tree.sql(dialect="duckdb"), READER, params=params, context=_context(desk))
    if rows.truncated:
        raise UsageError(
            "There are more groups of members than may be read at once.",
            where="warehouse/policy/roles.yml: systems.propensity.limits.rows",
            next_step="Raise that limit.",
        )
    return _groups(cut, rows.rows)


def member_at(desk: Desk, member_id: str, cut: date) -> Groups:
    """The one member's signals, as a group of one, by the reader's own right to see them.

    Raises DeniedError for all but a member_advocate with a stated purpose, UsageError for an unknown member.
    """
    tree, params = _statement(), {**_days(cut, 0), "member": member_id}
    people = _people(tree)
    people.find_all(exp.Table).__next__().replace(exp.table_("members", db="gold"))
    people.set("where", None)
    for query in [people, *(cte.this for cte in tree.ctes if cte.alias != "people")]:
        query.where(exp.column("member_id").eq(exp.Placeholder(this="member")), copy=False)
    who = desk.principal if desk.principal.role == "member_advocate" else replace(desk.principal, break_glass=None)
    found = desk.door.query(tree.sql(dialect="duckdb"), who, params=params, context=_context(desk))
    if who.role != "member_advocate":
        raise DeniedError("A member's score is for a member advocate only.", code="member_rows")
    if not found.rows:
        raise UsageError("There is no such member, or not in your part.", next_step="Check the member's id.")
    return _groups(cut, found.rows)


def _statement() -> exp.Select:
    found = parse_one(_FILE.read_text(encoding="utf-8"), dialect="duckdb")
    assert isinstance(found, exp.Select)
    return found


def _people(tree: exp.Select) -> exp.Select:
    people = next(cte.this for cte in tree.ctes if cte.alias == "people")
    assert isinstance(people, exp.Select)
    return people


def _days(cut: date, horizon: int) -> dict[str, Any]:
    start = cut - timedelta(days=signals().window_days)
    days = {"start": start, "cut": cut, "end": cut + timedelta(days=horizon)}
    return {name: day.isoformat() for name, day in days.items()}


def _context(desk: Desk) -> QueryContext:
    return QueryContext(desk.answer_id, desk.question, desk.source)


def _groups(cut: date, rows: list[tuple[Any, ...]]) -> Groups:
    names, known = signals().names, signals().outcomes
    places = {name: len(names) + 1 + at for at, name in enumerate(OUTCOMES)}
    assert set(places) == set(known)
    return Groups(
        cut,
        {name: tuple(str(row[at]) for row in rows) for at, name in enumerate(names)},
        np.array([row[len(names)] for row in rows], dtype=float),
        {name: np.array([row[at] for row in rows], dtype=float) for name, at in places.items()},
    )
