"""Other spellings of what the guard knows, rewritten before any check, so that checks need know one form only."""

from __future__ import annotations

from sqlglot import exp

from warehouse.guard.statement import nodes_within

_UNNESTED, _VALUE = "unnested", "unnested_value"


def to_normal_form(tree: exp.Query) -> None:
    """FETCH FIRST n ROWS becomes LIMIT n; unnest() of a series, the series in FROM. The rest is left alone."""
    for fetch in list(tree.find_all(exp.Fetch)):
        _to_limit(fetch)
    for unnest in list(tree.find_all(exp.Unnest)):
        _to_series(unnest)
    for select in list(tree.find_all(exp.Select)):
        _from_projection(select)


def _to_limit(fetch: exp.Fetch) -> None:
    options = fetch.args.get("limit_options")
    plain = options is None or not (options.args.get("percent") or options.args.get("with_ties"))
    if plain and isinstance(fetch.args.get("count"), exp.Literal):
        fetch.replace(exp.Limit(expression=fetch.args["count"].copy()))


def _to_series(unnest: exp.Unnest) -> None:
    """FROM unnest(range(...)) AS t(d)."""
    series = unnest.expressions[0] if len(unnest.expressions) == 1 else None
    if isinstance(series, exp.GenerateSeries) and not unnest.args.get("offset"):
        unnest.replace(exp.Table(this=series.copy(), alias=unnest.args.get("alias")))


def _from_projection(select: exp.Select) -> None:
    """SELECT unnest(range(...)) AS d, without a FROM."""
    found = [node for part in select.expressions for node in nodes_within(part) if isinstance(node, exp.Explode)]
    if select.args.get("from_") or len(found) != 1 or not isinstance(found[0].this, exp.GenerateSeries):
        return
    alias = exp.TableAlias(this=exp.to_identifier(_UNNESTED), columns=[exp.to_identifier(_VALUE)])
    series = exp.Table(this=found[0].this.copy(), alias=alias)
    found[0].replace(exp.column(_VALUE, table=_UNNESTED))
    select.set("from_", exp.From(this=series))
