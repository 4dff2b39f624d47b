"""Verified queries: questions an owner has checked, run exactly as written."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from semantic.availability import unavailable
from semantic.model import VerifiedQuery
from semantic.query import SemanticQuery
from tools.desk import Desk, Hidden
from tools.metrics import governed_table, stated_assumptions, wider_note, wider_tables, without_period
from tools.opportunities import top_opportunities
from tools.outcome import Found, Mendable, Outcome, Table
from warehouse.errors import UsageError


def run_verified_query(name: str, desk: Hidden, assumptions: tuple[str, ...] = ()) -> Outcome:
    """Answer with a verified query, by its name, when the question is one that an owner has checked."""
    verified = desk.semantic.verified_queries.get(name)
    if verified is None:
        known = tuple(sorted(desk.semantic.verified_queries))
        raise Mendable("unknown_verified", f"There is no verified query {name!r}.", f"Use one of {known}.", known)
    if verified.kind == "next_best_action":
        return top_opportunities(
            desk, filters=as_query(verified.query, desk, name).filters, assumptions=assumptions
        )
    tables: list[Table] = []
    left_out: list[str] = []
    queries = verified_queries_of(verified, desk)
    for title, query in queries:
        kept, gaps = without_missing(query, desk)
        left_out += gaps
        table = governed_table(kept or query, desk, title)
        if isinstance(table, Table):
            tables.append(table)
        elif not tables:
            return table
    wider = wider_tables(tables[0], desk)
    tables += wider
    said = stated_assumptions(queries[0][1], tables[0], desk)
    said = (*said, *wider_note(tables[0], wider))
    missing = [f"Left out, because this warehouse's data lacks it: {gap}." for gap in dict.fromkeys(left_out)]
    return Found(
        tuple(tables),
        "governed_metric" if left_out else "verified_query",
        name=verified.title,
        assumptions=tuple(dict.fromkeys((*without_period(assumptions), *said, *missing))),
        notes=(verified.note,) if verified.note else (),
        follow_ups=verified.follow_ups,
    )


def without_missing(query: SemanticQuery, desk: Desk) -> tuple[SemanticQuery | None, list[str]]:
    """The query without metrics and dimensions whose source column is absent, and what was left out.

    None when nothing is absent, or when too little would remain: no metric, no breakdown, or a lost filter.
    """
    gaps = unavailable(desk.semantic, query, desk.missing_columns)
    names = {gap.name for gap in gaps}
    metrics = tuple(name for name in query.metrics if name not in names)
    dimensions = tuple(name for name in query.dimensions if name not in names)
    filtered = any(entry.dimension in names for entry in query.filters)
    if not gaps or not metrics or filtered or (query.dimensions and not dimensions):
        return None, []
    order = tuple(entry for entry in query.order_by if entry.by.split("__")[0] not in names)
    kept = query.model_copy(update={"metrics": metrics, "dimensions": dimensions, "order_by": order})
    return kept, [f"{gap.label} ({gap.column})" for gap in gaps]


def verified_queries_of(verified: VerifiedQuery, desk: Desk) -> list[tuple[str, SemanticQuery]]:
    """The (title, query) pairs of a verified query with its relative periods turned into days."""
    titled = [(verified.title, verified.query)]
    titled += [(str(part.get("title", "")), part) for part in verified.parts]
    return [(title, as_query(entry, desk, verified.name)) for title, entry in titled]


def as_query(entry: Mapping[str, object], desk: Desk, name: str) -> SemanticQuery:
    """A semantic query from a YAML mapping whose `time` may be a phrase. Raises UsageError when it is wrong."""
    fields = {key: value for key, value in entry.items() if key != "title"}
    phrase = fields.get("time")
    if isinstance(phrase, str):
        period = desk.read_period(phrase)
        if period is None:
            raise UsageError(
                f"The period {phrase!r} cannot be read.",
                where=f"verified query {name}",
                next_step="Write it as people say it: today, last 7 days, last quarter.",
            )
        fields["time"] = period
    try:
        return SemanticQuery.model_validate(fields)
    except ValidationError as error:
        raise UsageError(
            f"A verified query is not a valid semantic query: {error.errors()[0]['msg']}.",
            where=f"verified query {name}",
            next_step="Correct it; `command-center model validate` checks them all.",
        ) from error
