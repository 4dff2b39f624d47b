"""Verified queries: questions an owner has checked, run as written with the arguments of their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from semantic.availability import unavailable
from semantic.model import Parameter, VerifiedQuery
from semantic.parameters import Argument, as_argument, bound, completed
from semantic.query import SemanticQuery, TimeRange
from tools.actions.recommend import recommend_actions
from tools.confusion import with_notices
from tools.desk import Desk, Hidden
from tools.metrics import governed_table, stated_assumptions, wider_note, wider_tables, without_period
from tools.opportunities import top_opportunities
from tools.outcome import Found, Mendable, Outcome, Shape, Table, VerifiedUse
from warehouse.errors import UsageError


def run_verified_query(
    name: str,
    desk: Hidden,
    parameters: dict[str, Any] | None = None,
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Answer with a verified query, by its name, when the question is one that an owner has checked.

    `parameters` are what the question sets in it: a number of rows, a period as people say it ("last week"), a
    list of values, a metric's name, a percentage. What a question restricts beside them makes it another.
    """
    verified = desk.semantic.verified_queries.get(name)
    if verified is None:
        known = tuple(sorted(desk.semantic.verified_queries))
        raise Mendable("unknown_verified", f"There is no verified query {name!r}.", f"Use one of {known}.", known)
    use = VerifiedUse(verified, completed(verified, arguments_of(verified, parameters or {}, desk)))
    if verified.kind == "next_best_action":
        found = _what_to_do(use, desk, assumptions)
        return replace(found, verified=use) if isinstance(found, Found) else found
    tables: list[Table] = []
    left_out: list[str] = []
    queries = verified_queries_of(use, desk)
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
    shown = tuple(tables)
    shape: Shape = "query"
    if verified.notices:
        shown, none = with_notices(shown, queries[0][1].filters, desk)
        said, shape = (*said, *none), "confusion"
    return Found(
        shown,
        "governed_metric" if left_out else "verified_query",
        shape,
        name=verified.title,
        assumptions=tuple(dict.fromkeys((*without_period(assumptions), *said, *missing))),
        notes=(verified.note,) if verified.note else (),
        follow_ups=verified.follow_ups,
        verified=None if left_out else use,
    )


def _what_to_do(use: VerifiedUse, desk: Desk, assumptions: tuple[str, ...]) -> Outcome:
    """Recommended actions; with a reduction of the question's own, what each journey would save by it."""
    whole = bound(use.query, use.arguments)
    filters = as_query(whole.query, desk, use.query.name).filters
    if whole.percent:
        return top_opportunities(desk, reduce_pct=whole.percent, filters=filters, assumptions=assumptions)
    return recommend_actions(desk, view=use.query.view, filters=filters, assumptions=assumptions)


def arguments_of(verified: VerifiedQuery, given: Mapping[str, object], desk: Desk) -> dict[str, Argument]:
    """Arguments from a tool call's JSON. Raises Mendable for an unknown parameter and for what it cannot be."""
    unknown = [name for name in given if name not in verified.parameters]
    if unknown:
        known = tuple(verified.parameters)
        reason = f"The verified query {verified.name!r} has no parameter {unknown[0]!r}."
        raise Mendable("unknown_parameter", reason, f"It has {known}; otherwise call query_metrics.", known)
    return {name: _argument(verified.parameters[name], value, desk) for name, value in given.items()}


def _argument(parameter: Parameter, value: object, desk: Desk) -> Argument:
    try:
        found: Argument | None = as_argument(value)
    except ValueError:
        found = None
    if parameter.type == "value":
        given = (found,) if isinstance(found, str) else found
        known = {text.lower(): text for text in desk.values.values(parameter.dimension)}
        if isinstance(given, tuple) and given and all(text.lower() in known for text in given):
            return tuple(sorted({known[text.lower()] for text in given}))
    elif parameter.type == "period":
        period = desk.read_period(found) if isinstance(found, str) else found
        if isinstance(period, TimeRange):
            return period
    elif parameter.type == "metric":
        if found in parameter.choices:
            return str(found)
    elif isinstance(found, int | float) and parameter.least <= found <= parameter.most:
        return found if parameter.type == "percent" else int(found)
    raise Mendable("bad_argument", f"{parameter.name} cannot be that.", _HINTS[parameter.type])


_HINTS = {
    "limit": "Give a number of rows that the parameter allows, or call query_metrics.",
    "percent": "Give a percentage that the parameter allows.",
    "period": "Give a period as people say it, or its start and end.",
    "value": "Give a list of values of the dimension as they are spelled.",
    "metric": "Give one of the metrics that it may be.",
}


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


def verified_queries_of(use: VerifiedUse, desk: Desk) -> list[tuple[str, SemanticQuery]]:
    """The (title, query) pairs of a verified query with its arguments, relative periods turned into days."""
    verified, whole = use.query, bound(use.query, use.arguments)
    titled = [(verified.title, whole.query)]
    titled += [(str(part.get("title", "")), part) for part in whole.parts]
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
