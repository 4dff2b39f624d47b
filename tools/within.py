"""Names that say where only within something else: several states have a county of one name."""

from __future__ import annotations

from collections import defaultdict

from semantic.model import Dimension
from semantic.query import SemanticQuery
from tools.desk import Desk
from tools.outcome import Table

MOST_NAMED = 3
NO_NAME = "Unknown"


def placed(query: SemanticQuery, desk: Desk) -> SemanticQuery:
    """The query with what its dimensions lie within beside them: by county and state, where it asks by county.

    Figures of places that only share a name would be added together otherwise. Unchanged where the query goes by
    the outer dimension already, or is about one value of it alone.
    """
    dimensions = list(query.dimensions)
    for inner in query.dimensions:
        outer = _outer(inner, query, desk)
        if outer is not None and outer.name not in dimensions:
            dimensions.insert(dimensions.index(inner) + 1, outer.name)
    return query if len(dimensions) == len(query.dimensions) else query.model_copy(
        update={"dimensions": tuple(dimensions)}
    )  # fmt: skip


def told_apart(asked: SemanticQuery, table: Table, desk: Desk) -> tuple[str, ...]:
    """That rows share a name, where `placed` has set them apart."""
    query = table.query
    added = [name for name in query.dimensions if name not in asked.dimensions] if query else []
    said = []
    for inner in asked.dimensions:
        outer = desk.semantic.dimensions[inner].within
        shared = _shared(table, inner, outer) if outer in added else {}
        if shared:
            named = _listed([desk.values.label(inner, name) for name in shared])
            label, beside = desk.semantic.dimensions[inner].label, desk.semantic.dimensions[outer].label.lower()
            means = "each mean" if len(shared) > 1 else "means"
            said.append(f"{label}: {named} {means} several places; the {beside} tells them apart.")
    return tuple(said)


def by_outer(query: SemanticQuery, desk: Desk) -> SemanticQuery | None:
    """The same figures by what the values of a filter lie within; None where no filter names such values."""
    for entry in query.filters:
        outer = _outer(entry.dimension, query, desk)
        if outer is not None and entry.op == "in":
            inner = () if len(entry.values) == 1 else (entry.dimension,)
            bare: dict[str, object] = dict.fromkeys(("time_grain", "compare_to", "limit", "limit_by"))
            bare |= {"having": (), "order_by": ()}
            return query.model_copy(update={**bare, "dimensions": (*inner, outer.name), "share_of_total": False})
    return None


def together(query: SemanticQuery, table: Table, desk: Desk) -> tuple[str, ...]:
    """That a filter's value is several of one name, counted together, by a table of `by_outer`; else nothing."""
    entry = next(entry for entry in query.filters if _outer(entry.dimension, query, desk) is not None)
    outer = desk.semantic.dimensions[desk.semantic.dimensions[entry.dimension].within]
    found: dict[str, list[str]] = defaultdict(list)
    place = table.column(outer.name)
    for row in table.rows:
        name = str(row[table.column(entry.dimension)]) if len(entry.values) > 1 else entry.values[0]
        found[name].append(desk.values.label(outer.name, str(row[place])))
    noun = desk.semantic.dimensions[entry.dimension].label.lower()
    named = {desk.values.label(entry.dimension, name): _listed(sorted(places)) for name, places in found.items()
             if len(places) > 1}  # fmt: skip
    return tuple(f"{name} is a {noun} of {places}: they are counted together." for name, places in named.items())


def _outer(inner: str, query: SemanticQuery, desk: Desk) -> Dimension | None:
    """What a dimension lies within, where every metric goes by it and neither query nor reader sets it."""
    model = desk.semantic
    known = model.dimensions.get(inner)
    name = known.within if known else ""
    if not name or name in query.dimensions or name in desk.principal.attributes:
        return None
    if any(len(entry.values) == 1 and entry.op == "in" and entry.dimension == name for entry in query.filters):
        return None
    usable = all(metric in model.metrics and name in model.dimensions_of(metric) for metric in query.metrics)
    return model.dimensions[name] if usable else None


def _shared(table: Table, inner: str, outer: str) -> dict[str, set[str]]:
    """The inner names that stand beside several outer ones."""
    beside: dict[str, set[str]] = defaultdict(set)
    for row in table.rows:
        beside[str(row[table.column(inner)])].add(str(row[table.column(outer)]))
    return {name: places for name, places in beside.items() if len(places) > 1 and name != NO_NAME}


def _listed(names: list[str]) -> str:
    """a, b and c; a, b, c and 2 others."""
    shown = names[:MOST_NAMED]
    more = len(names) - len(shown)
    if more:
        shown.append(f"{more} other{'s' if more > 1 else ''}")
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
