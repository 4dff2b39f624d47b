"""The groups of one SELECT with the members under each of their cells, and the marks of those to be hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp, parse_one

from warehouse.guard.cells import Cell, Contribution, Leaf, bare, is_day, plain_text, text_of
from warehouse.guard.shield import NAMING, nan, shield
from warehouse.guard.small_counts import counts, differences, is_small

_SWEEPS = 2
GROUPS = "groups"


class Groups:
    """The groups of one SELECT with a count under each cell.

    `masked` are columns of its sources that hold hidden cells already; `hidden_keys` the keys that depend on them.
    `totals` are the groupings whose totals the reader knows.
    """

    def __init__(
        self,
        query: exp.Select,
        leaf: Leaf,
        values: list[str],
        small_cell: int,
        masked: Mapping[str, set[str]],
        totals: frozenset[frozenset[str]],
    ) -> None:
        self._query, self._leaf, self._small, self._masked = query, leaf, small_cell, masked
        self._totals = totals
        self.hidden_keys: set[str] = set()
        self._values: list[exp.Expr] = [parse_one(text, dialect="duckdb") for text in values]
        self._under = leaf.contributions
        self._sets = _has_sets(query)
        self._keys = [f"k{i}" for i in range(len(leaf.keys))]
        self._kept_keys = [*self._keys, "g"] if self._sets else self._keys

    def masked(self, cells: dict[str, Cell]) -> exp.Select:
        """SELECT the keys as k0.., the values as v0.. with small cells as NaN (words as NULL)."""
        marked = self._marked()
        place = {under.text: i for i, under in enumerate(self._under)}
        columns: list[exp.Expr] = [_column(key) for key in self._keys]
        for i, value in enumerate(self._values):
            cell = cells.get(text_of(value))
            if cell is None:
                columns.append(self._uncounted(value, i))
                continue
            hide = exp.or_(*(_column(f"s{place[under.text]}") for under in cell.under))
            words = isinstance(bare(cell.node), NAMING)
            shown = _column(f"v{i}") if words else exp.cast(_column(f"v{i}"), "DOUBLE")
            masked = exp.Case(ifs=[exp.If(this=hide, true=exp.Null() if words else nan())], default=shown)
            columns.append(exp.alias_(masked, f"v{i}"))
        groups = exp.select(*columns).from_(nested(marked))
        return groups.where(exp.Not(this=exp.paren(self._few()))) if self._leaf.lists_many_only else groups

    def _few(self) -> exp.Expr:
        """Whether few members stand in a group in all."""
        presence = self._leaf.presence
        if presence is None:
            return exp.false()
        place = [under.text for under in self._under].index(presence.text)
        return is_small([_column(f"n{place}")], self._small)

    def _uncounted(self, value: exp.Expr, number: int) -> exp.Expr:
        """A value that counts nobody; a first or last day of few members is not shown."""
        shown = _column(f"v{number}")
        if self._leaf.presence is None or not is_day(value, self._leaf.sources):
            return shown
        return exp.alias_(exp.Case(ifs=[exp.If(this=self._few(), true=exp.Null())], default=shown), f"v{number}")

    def _marked(self) -> exp.Select:
        """The groups with s0.., whether the contribution's cells are hidden."""
        marked = self._with_marks(self._counted())
        additive = [i for i, under in enumerate(self._under) if self._is_additive(under)]
        lines = self._along_roll_up() if self._sets else self._along_totals()
        for _ in range(_SWEEPS if additive and lines else 0):
            for line in lines:
                marked = self._without_lone_ones(marked, additive, line)
        return marked

    def _along_roll_up(self) -> list[list[str]]:
        """A roll-up shows the totals along each of its dimensions."""
        return [[name for name in self._kept_keys if name != key] for key in self._keys]

    def _along_totals(self) -> list[list[str]]:
        """The groups that a total may be known of: the whole always, from another mart or a report."""
        keys = [plain_text(key) for key in self._leaf.keys]
        known: set[frozenset[str]] = {total for total in self._totals if total < set(keys)}
        known |= {frozenset()} if keys else set()
        return [[f"k{keys.index(key)}" for key in sorted(total)] for total in sorted(known, key=sorted)]

    def _is_additive(self, under: Contribution) -> bool:
        return any(cell.family and under.text in {u.text for u in cell.under} for cell in self._leaf.cells)

    def _counted(self) -> exp.Select:
        """One row a group: keys k, values v, members n under each contribution, members x apart of each pair."""
        query = self._query
        columns = [exp.alias_(key.copy(), f"k{i}") for i, key in enumerate(self._leaf.keys)]
        if self._sets:
            marker = exp.func("GROUPING", *(key.copy() for key in self._leaf.keys), dialect="duckdb")
            columns.append(exp.alias_(marker, "g"))
        columns += [exp.alias_(value.copy(), f"v{i}") for i, value in enumerate(self._values)]
        for i, under in enumerate(self._under):
            columns.append(exp.alias_(_fewest(counts(under, exact=True)), f"n{i}"))
        for i, pair in enumerate(self._leaf.pairs()):
            apart = differences(*pair, exact=True)
            columns.append(exp.alias_(_least(apart) if apart else exp.Null(), f"x{i}"))
        inner = exp.select(*columns)
        for clause in ("from_", "joins", "where"):
            inner.set(clause, query.args.get(clause))
        inner.set("group", self._group())
        if self._masked:
            names = shield(inner, self._is_masked)
            self.hidden_keys = names & set(self._keys)
        return inner

    def _is_masked(self, node: exp.Expr) -> bool:
        return isinstance(node, exp.Column) and node.name.lower() in self._masked.get(node.table, set())

    def _group(self) -> exp.Group | None:
        group: exp.Group | None = self._query.args.get("group")
        if group is not None and not group.args.get("all"):
            return group
        return exp.Group(expressions=[key.copy() for key in self._leaf.keys]) if self._leaf.keys else None

    def _kept(self) -> list[exp.Expr]:
        names = [*self._kept_keys, *(f"v{i}" for i in range(len(self._values)))]
        names += [f"n{i}" for i in range(len(self._under))]
        return [_column(name) for name in names]

    def _with_marks(self, counted: exp.Select) -> exp.Select:
        place = {under.text: i for i, under in enumerate(self._under)}
        marks = [[is_small([_column(f"n{i}")], self._small)] for i in range(len(self._under))]
        for i, (left, right) in enumerate(self._leaf.pairs()):
            apart = is_small([_column(f"x{i}")], self._small)
            one, two = place[left.text], place[right.text]
            for narrow, wide in ((one, two), (two, one)):
                fewer = exp.LTE(this=_column(f"n{narrow}"), expression=_column(f"n{wide}"))
                marks[narrow].append(exp.and_(apart, fewer))
        shown = [_flag(exp.or_(*found), f"s{i}") for i, found in enumerate(marks)]
        return exp.select(*self._kept(), *shown).from_(nested(counted))

    def _without_lone_ones(self, marked: exp.Select, additive: list[int], along: list[str]) -> exp.Select:
        """Where the hidden cells of a line are too few together, the next smallest one joins them."""
        line = [_column(name) for name in along]
        looked: list[exp.Expr] = []
        joined: list[exp.Expr] = []
        for i in range(len(self._under)):
            hidden, count = _column(f"s{i}"), _column(f"n{i}")
            if i not in additive:
                joined.append(hidden)
                continue
            together = _over(exp.Sum(this=exp.Case(ifs=[exp.If(this=hidden.copy(), true=count.copy())])), line)
            alone = _over(exp.CountIf(this=hidden.copy()), line)
            is_free = exp.or_(hidden.copy(), exp.EQ(this=count.copy(), expression=exp.Literal.number(0)))
            order = [count.copy(), *(_column(name) for name in self._kept_keys)]
            place = _over(exp.RowNumber(), [*line, is_free], order)
            looked += [exp.alias_(together, f"t{i}"), exp.alias_(alone, f"a{i}"), exp.alias_(place, f"r{i}")]
            few = exp.or_(
                is_small([_column(f"t{i}")], self._small),
                exp.EQ(this=_column(f"a{i}"), expression=exp.Literal.number(1)),
            )
            next_one = exp.and_(
                few,
                exp.EQ(this=_column(f"r{i}"), expression=exp.Literal.number(1)),
                exp.GT(this=count.copy(), expression=exp.Literal.number(0)),
            )
            joined.append(_flag(exp.or_(hidden.copy(), next_one), f"s{i}"))
        flags = [_column(f"s{i}") for i in range(len(self._under))]
        inner = exp.select(*self._kept(), *flags, *looked).from_(nested(marked))
        return exp.select(*self._kept(), *joined).from_(nested(inner))


def _has_sets(query: exp.Select) -> bool:
    group = query.args.get("group")
    return group is not None and any(group.find_all(exp.Cube, exp.Rollup, exp.GroupingSets))


def _column(name: str) -> exp.Column:
    return exp.column(name, table=GROUPS)


def nested(query: exp.Select, alias: str = GROUPS) -> exp.Subquery:
    """A query as a source of another."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier(alias)))


def _flag(condition: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(exp.Coalesce(this=condition, expressions=[exp.false()]), name)


def _least(found: list[exp.Expr]) -> exp.Expr:
    return found[0] if len(found) == 1 else exp.Least(this=found[0], expressions=found[1:])


def _fewest(found: list[exp.Expr]) -> exp.Expr:
    """The least count that is not zero: a rate of none among a few tells of each of them."""
    if len(found) == 1:
        return found[0]
    some: list[exp.Expr] = [exp.Nullif(this=count, expression=exp.Literal.number(0)) for count in found]
    least = exp.Least(this=some[0], expressions=some[1:], ignore_nulls=True)
    return exp.Coalesce(this=least, expressions=[exp.Literal.number(0)])


def _over(function: exp.Expr, line: Sequence[exp.Expr], order: Sequence[exp.Expr] = ()) -> exp.Window:
    ordered = exp.Order(expressions=[exp.Ordered(this=key) for key in order]) if order else None
    return exp.Window(this=function, partition_by=[part.copy() for part in line], order=ordered)
