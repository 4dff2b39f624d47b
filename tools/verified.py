"""Verified queries: questions an owner has checked, run exactly as written."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from semantic.model import VerifiedQuery
from semantic.query import SemanticQuery
from tools.desk import Desk, Hidden
from tools.metrics import governed_table, stated_assumptions, wider_tables
from tools.outcome import Found, Mendable, Outcome, Refusal, Table
from warehouse.errors import UsageError


def run_verified_query(name: str, desk: Hidden, assumptions: tuple[str, ...] = ()) -> Outcome:
    """Answer with a verified query, by its name, when the question is one that an owner has checked."""
    verified = desk.semantic.verified_queries.get(name)
    if verified is None:
        known = tuple(sorted(desk.semantic.verified_queries))
        raise Mendable("unknown_verified", f"There is no verified query {name!r}.", f"Use one of {known}.", known)
    tables: list[Table] = []
    for title, query in verified_queries_of(verified, desk):
        table = governed_table(query, desk, title)
        if isinstance(table, Refusal):
            return table
        tables.append(table)
    first = tables[0]
    tables += wider_tables(first, desk)
    said = stated_assumptions(first.query, first, desk) if first.query else ()
    return Found(
        tuple(tables),
        "verified_query",
        name=verified.title,
        assumptions=tuple(dict.fromkeys((*assumptions, *said))),
        notes=(verified.note,) if verified.note else (),
        follow_ups=verified.follow_ups,
    )


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
