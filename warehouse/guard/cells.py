"""What stands under a cell of a result: whose events a count, a sum or an average is made of.

A SELECT over member-level rows or over a mart of them makes cells. For each aggregate this module says which
rows contribute to it, which columns carry the members behind those rows, and which other aggregates of the same
SELECT could be subtracted from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.aggregates import is_aggregate, outside_windows
from warehouse.guard.listing import MANY_COLUMNS, is_listing, named_columns
from warehouse.guard.members import aggregates
from warehouse.guard.statement import Statement
from warehouse.guard.weights import is_flag, is_flag_column, parts, value_columns
from warehouse.policy import Table
from warehouse.policy.loader import GOVERNED_SCHEMA, MEMBER_BIT, OF_MEASURE

COUNTED = "counted"
"""The family of aggregates that count members' events; they can be subtracted from one another."""
COMPANION = OF_MEASURE
CARRIED_ID, CARRIED_BIT = "cell_member", "cell_member_bit"


@dataclass(frozen=True)
class Source:
    """A name in FROM whose rows are members' rows (`mart` is None) or sums over them.

    `id` and `bit` are the columns that say whose row it is; `bit` is empty where the data has none. `everybody` is
    the table of all members, where nothing else says how many stand behind a mart's sums: as many at most.
    """

    alias: str
    id: str = ""
    bit: str = ""
    mart: Table | None = None
    companions: frozenset[str] = frozenset()
    everybody: str = ""

    def measures(self, node: exp.Expr) -> list[str]:
        """The mart's measures that an expression reads."""
        if self.mart is None:
            return []
        return sorted({c.name for c in columns_of(node, self.alias) if is_measure(self.mart, c.name)})


@dataclass(frozen=True)
class Contribution:
    """The rows behind one aggregate: those for which `condition` holds (None: all rows of the group)."""

    condition: exp.Expr | None
    sources: tuple[Source, ...]
    measures: tuple[tuple[Source, str], ...] = ()

    @cached_property
    def text(self) -> str:
        """Equal for equal contributions."""
        condition = "" if self.condition is None else text_of(self.condition)
        return f"{condition}|{[s.alias for s in self.sources]}|{[(s.alias, m) for s, m in self.measures]}"


@dataclass(frozen=True)
class Cell:
    """One aggregate of a SELECT with what stands under it; `family` tells what can be subtracted from what."""

    node: exp.Expr
    under: tuple[Contribution, ...]
    family: str


@dataclass
class Leaf:
    """A SELECT in which cells come to be. `keys` are its group expressions.

    `presence`, where it matters, is all that stands in a group: with few members in it no first or last day is
    shown and, if it `lists_many_only`, the group itself is not.
    """

    query: exp.Select
    sources: dict[str, Source]
    keys: list[exp.Expr] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    aggregated: bool = False
    presence: Contribution | None = None
    lists_many_only: bool = False

    @property
    def contributions(self) -> list[Contribution]:
        """Each distinct contribution once, in the order of the cells."""
        found = {under.text: under for cell in self.cells for under in cell.under}
        if self.presence is not None:
            found.setdefault(self.presence.text, self.presence)
        return list(found.values())

    def pairs(self) -> list[tuple[Contribution, Contribution]]:
        """Contributions of one family: the difference of the two could be computed by subtracting.

        Of many, each is held against the first only, which is the widest as people write them.
        """
        found: list[tuple[Contribution, Contribution]] = []
        for family in dict.fromkeys(cell.family for cell in self.cells if cell.family):
            listed = list({u.text: u for c in self.cells if c.family == family for u in c.under}.values())
            firsts = listed if len(listed) <= _ALL_PAIRS else listed[:1]
            found += [(a, b) for i, a in enumerate(firsts) for b in listed[i + 1 :]]
        return found


_ALL_PAIRS = 6


def text_of(node: exp.Expr) -> str:
    """An expression's text: equal for equal expressions, whatever the case of their names."""
    plain = node.copy()
    for identifier in plain.find_all(exp.Identifier):
        identifier.replace(exp.to_identifier(identifier.name.lower()))
    return plain.sql(dialect="duckdb", comments=False)


def plain_text(node: exp.Expr) -> str:
    """The same without the names of tables: equal for what is equal in two statements."""
    plain = node.copy()
    for column in plain.find_all(exp.Column):
        column.set("table", None)
    return text_of(plain)


def bare(node: exp.Expr) -> exp.Expr:
    """An aggregate without its FILTER or WITHIN GROUP."""
    while isinstance(node, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        node = node.this
    return node


def columns_of(node: exp.Expr, alias: str) -> Iterator[exp.Column]:
    """The columns below a node that a source of this name gives; an inner query may use the name for its own."""
    if isinstance(node, exp.Column):
        if node.table == alias:
            yield node
    elif not (isinstance(node, exp.Select) and _defines(node, alias)):
        for child in node.iter_expressions():
            yield from columns_of(child, alias)


def _defines(query: exp.Select, alias: str) -> bool:
    source = query.args.get("from_")
    listed = [*([source] if source is not None else []), *(query.args.get("joins") or ())]
    return any(part.this.alias_or_name == alias for part in listed)


def is_measure(table: Table, name: str) -> bool:
    """Whether a column of a mart sums over members' events."""
    return name in table.under


class Cells:
    """Finds the leaves of a qualified statement, from the innermost query outwards."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._carrying: set[int] = set()  # scopes whose rows are members' rows

    def leaf(self, scope: Scope) -> Leaf | None:
        """The leaf that a scope is, or None when it makes no cells; scopes must come in their order."""
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            if any(id(side) in self._carrying for side in scope.set_operation_scopes):
                self._carrying.add(id(scope))
            return None
        if not isinstance(query, exp.Select):
            return None
        sources = self.sources(scope)
        if not sources:
            return None
        if aggregates(query):
            return self._aggregated(query, scope, sources)
        if any(source.mart is None for source in sources.values()):
            self._carrying.add(id(scope))
            return None
        read = [s for s in sources.values() if any(s.measures(part) for part in query.iter_expressions())]
        return Leaf(query, {source.alias: source for source in read}) if read else None

    def carries(self, scope: Scope) -> bool:
        """Whether the scope hands members' rows on to another query."""
        return id(scope) in self._carrying

    def sources(self, scope: Scope) -> dict[str, Source]:
        """The names in a scope's FROM behind which members stand."""
        found: dict[str, Source] = {}
        for alias, source in self._statement.sources[id(scope)].items():
            made = self._source(alias, source)
            if made is not None:
                found[alias] = made
        link = _linked(scope.expression)
        return {alias: source for alias, source in found.items() if alias != link}

    def _aggregated(self, query: exp.Select, scope: Scope, sources: dict[str, Source]) -> Leaf | None:
        events = tuple(source for source in sources.values() if source.mart is None)
        leaf = Leaf(query, sources, group_keys(query, distinct=bool(events)), aggregated=True)
        seen: set[str] = set()
        days = False
        for node in aggregate_nodes(query):
            cell = None if text_of(node) in seen else _cell(node, sources)
            days = days or is_day(node, sources)
            seen.add(text_of(node))
            if cell is not None:
                leaf.cells.append(cell)
        carried = any(source.id == CARRIED_ID for source in events)
        named = MANY_COLUMNS if carried else named_columns(query, leaf.keys, scope, self._statement)
        figures = bool(leaf.cells) or _reads_measures(query, sources)
        leaf.lists_many_only = bool(events and leaf.keys) and is_listing(named, self._statement, figures=figures)
        if events and (leaf.lists_many_only or (days and named)):
            leaf.presence = Contribution(None, events)
        return leaf if leaf.cells or leaf.presence or _reads_measures(query, sources) else None

    def _source(self, alias: str, source: exp.Table | Scope) -> Source | None:
        if isinstance(source, Scope):
            return Source(alias, CARRIED_ID, self._bit(CARRIED_BIT)) if self.carries(source) else None
        if source.db != GOVERNED_SCHEMA or not isinstance(source.this, exp.Identifier):
            return None
        table = self._statement.policy.tables.get(source.name)
        if table is None:
            return None
        if table.is_member_level:
            ids = [name for name, column in table.columns.items() if column.kind == "member_id"]
            return Source(alias, ids[0], self._bit(MEMBER_BIT))
        if not table.under:
            return None
        companions = self._companions(table)
        return Source(alias, mart=table, companions=companions, everybody="" if companions else self._everybody())

    def _everybody(self) -> str:
        catalog, role = self._statement.catalog, self._statement.role
        named = {*role.tables} & {t.name for t in self._statement.policy.tables.values() if t.link}
        held = [n for n in sorted(named) if catalog is not None and (GOVERNED_SCHEMA, n) in catalog.columns]
        return held[0] if held else ""

    def _bit(self, name: str) -> str:
        return name if self._statement.has_member_bits else ""

    def _companions(self, table: Table) -> frozenset[str]:
        catalog = self._statement.catalog
        names = catalog.columns.get((GOVERNED_SCHEMA, table.name), ()) if catalog else ()
        return frozenset(n.removesuffix(COMPANION) for n in names if n.endswith(COMPANION))


def _linked(query: exp.Expr) -> str:
    """The alias that only says what the members of another source are today; its rows are nobody's events."""
    joins = query.args.get("joins") or []
    on = joins[0].args.get("on") if len(joins) == 1 else None
    if not isinstance(on, exp.EQ):
        return ""
    sides = [side for side in (on.this, on.expression) if isinstance(side, exp.Column)]
    both_ids = len(sides) == 2 and sides[0].name == sides[1].name == "member_id"
    return str(joins[0].this.alias_or_name) if both_ids else ""


def _reads_measures(query: exp.Select, sources: dict[str, Source]) -> bool:
    return any(source.measures(part) for source in sources.values() for part in query.iter_expressions())


def is_day(node: exp.Expr, sources: dict[str, Source]) -> bool:
    """A first or last day of members' events."""
    inner = bare(node)
    return isinstance(inner, exp.Min | exp.Max) and any(
        source.mart is None and any(columns_of(node, alias)) for alias, source in sources.items()
    )


def aggregate_nodes(query: exp.Select) -> list[exp.Expr]:
    """The aggregates of a SELECT itself, with their FILTER or WITHIN GROUP, in document order."""
    clauses = [*query.expressions, *(query.args.get(name) for name in ("having", "qualify", "order"))]
    clauses += query.args.get("windows") or []
    found = [node for clause in clauses if clause for node in outside_windows(clause) if is_aggregate(node)]
    return sorted(found, key=text_of)


def group_keys(query: exp.Select, *, distinct: bool = False) -> list[exp.Expr]:
    """Each distinct expression that a SELECT groups by; of GROUP BY ALL, and of DISTINCT if that counts as groups,
    what is no aggregate.
    """
    group = query.args.get("group")
    listed: list[exp.Expr] = []
    if group is not None and not group.args.get("all"):
        named = {p.alias.lower(): p.this for p in query.expressions if isinstance(p, exp.Alias)}
        for part in group.expressions:
            listed += [named.get(key.name.lower(), key) if _is_bare(key) else key for key in _flat(part)]
    elif group is not None or (distinct and query.args.get("distinct")):
        listed = [p.unalias() for p in query.expressions if not any(map(is_aggregate, outside_windows(p)))]
    keys = {text_of(key): key for key in listed if not isinstance(key, exp.Literal)}
    return list(keys.values())


def _is_bare(key: exp.Expr) -> bool:
    return isinstance(key, exp.Column) and not key.table  # a name given to an output, quoted perhaps


def _flat(part: exp.Expr) -> list[exp.Expr]:
    if isinstance(part, exp.Cube | exp.Rollup | exp.GroupingSets | exp.Tuple):
        return [key for inner in part.expressions for key in _flat(inner)]
    return _flat(part.this) if isinstance(part, exp.Paren) else [part]


def _cell(node: exp.Expr, sources: dict[str, Source]) -> Cell | None:
    """What stands under one aggregate; None when it says nothing about members."""
    inner, kept = node, None
    while isinstance(inner, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        if isinstance(inner, exp.Filter):
            kept = _and(kept, inner.expression.this)
        inner = inner.this
    measures = tuple((source, name) for source in sources.values() for name in source.measures(node))
    events = _events_of(node, sources)
    if not measures and (not events or isinstance(inner, exp.Min | exp.Max)):  # a first or last day is no count
        return None
    conditions = [_and(kept, condition) for condition in _conditions(inner)]
    under = tuple(Contribution(condition, events, measures) for condition in conditions)
    return Cell(node, under, _family(inner, node, sources))


def _events_of(node: exp.Expr, sources: dict[str, Source]) -> tuple[Source, ...]:
    """The sources of members' rows that an aggregate reads; one that names no column counts them all."""
    events = {alias: source for alias, source in sources.items() if source.mart is None}
    read = tuple(source for alias, source in events.items() if any(columns_of(node, alias)))
    return read or tuple(events.values())


def _conditions(node: exp.Expr) -> list[exp.Expr | None]:
    argument = node.this
    if isinstance(node, exp.CountIf):
        return [argument]
    if isinstance(node, exp.Count):
        if argument is None or isinstance(argument, exp.Star):
            return [None]
        counted = argument.expressions[0] if isinstance(argument, exp.Distinct) else argument
        return [_present(counted)]
    if isinstance(argument, exp.Distinct):
        argument = argument.expressions[0]
    if isinstance(node, exp.Sum):
        return [*parts(argument)]
    if isinstance(node, exp.Avg):  # times the count that may stand beside it, an average is a sum
        return [_present(argument), *parts(argument)]
    return [None]


def _family(node: exp.Expr, whole: exp.Expr, sources: dict[str, Source]) -> str:
    """Aggregates of one family are sums of the same thing over different rows."""
    argument = node.this
    if isinstance(node, exp.Count | exp.CountIf):
        return COUNTED
    if not isinstance(node, exp.Sum | exp.Avg) or not isinstance(argument, exp.Expr):
        return ""
    measures = [name for source in sources.values() for name in source.measures(argument)]
    if measures:
        counts = [n for s in sources.values() for n in s.measures(argument) if s.mart and s.mart.under[n] == (n,)]
        return COUNTED if len(counts) == len(measures) else "+".join(measures)
    if is_flag(argument):
        return COUNTED
    # A flag beside a value only picks rows, and an average of dollars and cents tells how many it is of.
    return "+".join(sorted({column.name for column in value_columns(argument) if not is_flag_column(column)}))


def _present(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, exp.Literal):
        return None
    return exp.Not(this=exp.Is(this=exp.paren(node.copy()), expression=exp.Null()))


def _and(left: exp.Expr | None, right: exp.Expr | None) -> exp.Expr | None:
    if left is None or right is None:
        return left if right is None else right
    return exp.and_(left.copy(), right.copy())
