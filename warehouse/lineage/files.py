"""From a query to the source files behind it: the days it asks for, the segments of those days, their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.pushdown_predicates import pushdown_predicates
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.optimizer.simplify import simplify

from warehouse.contract import load_contract
from warehouse.lineage.graph import Lineage
from warehouse.lineage.relations import DIALECT, RULES, Names

_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}
_WINDOW_RULES = {
    "leakage_window_minutes": timedelta(minutes=1),
    "leakage_window_long_hours": timedelta(hours=1),
    "repeat_window_days": timedelta(days=1),
}


@dataclass(frozen=True)
class Days:
    """A span of event days, both included; None where it is open."""

    first: date | None = None
    last: date | None = None

    def overlaps(self, first: date, last: date) -> bool:
        """Whether a segment of these days holds any of them."""
        return (self.first is None or self.first <= last) and (self.last is None or first <= self.last)

    def hull(self, other: Days) -> Days:
        """The shortest span that covers both."""
        first = None if self.first is None or other.first is None else min(self.first, other.first)
        last = None if self.last is None or other.last is None else max(self.last, other.last)
        return Days(first, last)

    def within(self, other: Days) -> Days:
        """What both have in common."""
        firsts = [day for day in (self.first, other.first) if day]
        lasts = [day for day in (self.last, other.last) if day]
        return Days(max(firsts, default=None), min(lasts, default=None))

    def widened(self, days: int) -> Days:
        """So many days more on either side: a flag of a day looks at the days around it."""
        span = timedelta(days=days)
        return Days(self.first and self.first - span, self.last and self.last + span)


@dataclass(frozen=True)
class SourceFile:
    """One source file as the manifest has it; `loaded_at` is an ISO time, empty when nobody recorded it."""

    table: str
    file: str
    sha256: str
    rows: int | None
    loaded_at: str


def days_by_table(sql: str, lineage: Lineage) -> dict[str, Days]:
    """For every gold table a query reads, the event days its date filters leave; open where there are none.

    A bound counts when it is a literal date in the WHERE of the SELECT that reads the table, or can be moved
    there; other filters are not looked at, so the span may be longer than what was read, never shorter.
    """
    tree = pushdown_predicates(lineage.qualified(sql), dialect=DIALECT)
    found: dict[str, Days] = {}
    for scope in traverse_scope(tree):
        tables = {name: source for name, source in scope.sources.items() if isinstance(source, exp.Table)}
        for alias, table in tables.items():
            name = f"{table.db}.{table.name}"
            if not lineage.columns_of(name):
                continue
            span = _span(scope.expression, alias, name, lineage, only=len(tables) == 1)
            found[name] = found[name].hull(span) if name in found else span
    return found


def _span(select: exp.Expr, alias: str, table: str, lineage: Lineage, *, only: bool) -> Days:
    span = Days()
    where = select.args.get("where")
    for part in where.this.flatten() if where and isinstance(where.this, exp.And) else [where and where.this]:
        for column, operator, value in _bounds(part):
            ours = column.table == alias or (only and not column.table)
            if ours and is_event_day(f"{table}.{column.name}", lineage):
                span = span.within(_bound(operator, value))
    return span


def _bounds(part: exp.Expr | None) -> Iterator[tuple[exp.Column, type[exp.Expr], date]]:
    """The comparisons of a column with a literal date in one condition."""
    part = part.unnest() if part is not None else None
    sides: list[tuple[exp.Expr, type[exp.Expr], exp.Expr]] = []
    if isinstance(part, exp.Between):
        sides = [(part.this, exp.GTE, part.args["low"]), (part.this, exp.LTE, part.args["high"])]
    elif isinstance(part, exp.Binary) and type(part) in _MIRRORED:
        sides = [(part.this, type(part), part.expression), (part.expression, _MIRRORED[type(part)], part.this)]
    for column, operator, value in sides:
        column = column.this if isinstance(column, exp.Cast) else column
        day = _day(value)
        if isinstance(column, exp.Column) and day:
            yield column, operator, day


def _bound(operator: type[exp.Expr], day: date) -> Days:
    if operator in (exp.GT, exp.GTE):
        return Days(first=day)
    return Days(day, day) if operator is exp.EQ else Days(last=day)


def _day(value: exp.Expr) -> date | None:
    """A literal date or timestamp, possibly moved by a literal interval."""
    plain = simplify(value.copy(), dialect=DIALECT)
    if isinstance(plain, exp.Cast | exp.Date | exp.TsOrDsToDate):
        plain = plain.this
    if not (isinstance(plain, exp.Literal) and plain.is_string):
        return None
    try:
        return datetime.fromisoformat(plain.name).date()
    except ValueError:
        return None


def is_event_day(column: str, lineage: Lineage) -> bool:
    """Whether a column is the day or time of a row's events, as segments are cut by.

    A member's date of joining is not, nor the first or last day of several events. A day of the date spine is one
    where the rows beside it are matched by their day.
    """
    node = lineage.columns.get(column)
    if node is None:
        return False
    if not node.upstream:
        return _dates_events(column)
    unchanged = all(map(_unchanged, [node.expression, *(step.expression for step in node.steps)]))
    same = [node.value if unchanged else frozenset(), node.equal]
    return any(names and all(is_event_day(name, lineage) for name in names) for names in same)


def _unchanged(expression: str) -> bool:
    """Whether an expression is a column as it is or cast, or one of several such in a UNION."""
    tree = sqlglot.parse_one(expression, dialect=DIALECT)
    plain = (exp.Column, exp.Identifier, exp.Cast, exp.DataType, exp.BitwiseOr)
    return all(isinstance(part, plain) for part in tree.walk())


def days_by_source(
    sql: str, columns: Names, lineage: Lineage, rules: Mapping[str, Any], calendar: str = ""
) -> dict[str, Days]:
    """The event days wanted of each source table behind the gold columns that a query reads.

    A date filter on a gold table narrows the source table whose day it is, and through the windows of the rules
    those that are matched to it within a window, by as many days more. Any other source table (the call behind a
    survey) may be of any day. The table `calendar` is left out: it says no more than which days there are.
    """
    spans: dict[str, Days] = {}
    for table, days in days_by_table(sql, lineage).items():
        if table == calendar:
            continue
        ends = lineage.ends_of(name for name in columns if name.rpartition(".")[0] == table).all
        around = look_around(ends, rules)
        for source in sorted(
            {end.partition(".")[0] for end in ends if lineage.columns[end].kind in ("source", "file")}
        ):
            near = around > 0 or source in _dated(table, lineage)
            wide = days.widened(around) if near else Days()
            spans[source] = spans[source].hull(wide) if source in spans else wide
    return spans


def _dated(table: str, lineage: Lineage) -> set[str]:
    """The source tables whose events a gold table has a day of."""
    days = [name for name in lineage.columns_of(table) if is_event_day(name, lineage)]
    return {end.partition(".")[0] for end in lineage.ends_of(days).value}


def _dates_events(end: str) -> bool:
    table, _, name = end.partition(".")
    known = load_contract().get(table)
    if known is None or not known.belongs_to_member:
        return False
    return any(column.name == name and column.type in ("date", "timestamp") for column in known.columns)


def look_around(ends: Names, rules: Mapping[str, Any]) -> int:
    """Days before and after a row that can change it: those of the windows among the rules it depends on."""
    spans = [
        unit * float(rules[rule])
        for rule, unit in _WINDOW_RULES.items()
        if f"{RULES}.{rule}" in ends and rule in rules
    ]
    return ceil(max(spans, default=timedelta()) / timedelta(days=1))


def files_of(manifest: Mapping[str, Any], spans: Mapping[str, Days]) -> tuple[tuple[SourceFile, ...], bool]:
    """The files of a snapshot with rows of these source tables and days, and whether the days could narrow them.

    Without segments in the manifest (an older format) every file of the tables is named, and so is every file of a
    table of which no segment says anything: members and other tables without events.
    """
    segments = manifest.get("segments") or []
    taken = [
        source for source in manifest.get("sources", []) if source["table"] in spans and not source.get("refused")
    ]
    if segments:
        cut = {table for segment in segments for table in segment.get("files", {})}
        held = {table: _held(segments, table, days) for table, days in spans.items() if table in cut}
        taken = [source for source in taken if source["file"] in held.get(source["table"], {source["file"]})]
    files = [SourceFile(s["table"], s["file"], s["sha256"], s.get("rows"), _loaded(s, manifest)) for s in taken]
    return tuple(sorted(files, key=lambda file: (file.table, file.file, file.sha256))), bool(segments)


def _held(segments: list[Mapping[str, Any]], table: str, days: Days) -> set[str]:
    names: set[str] = set()
    for segment in segments:
        if segment.get("kind") == "raw":  # what one build received, of whatever day
            continue
        first, last = segment.get("first_day"), segment.get("last_day")
        if not (first and last) or days.overlaps(date.fromisoformat(first), date.fromisoformat(last)):
            names |= set(segment.get("files", {}).get(table, []))
    return names


def _loaded(source: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """When a file was taken; before builds were incremental every build took every file anew."""
    fallback = "" if manifest.get("format") else manifest.get("created_at", "")
    return str(source.get("loaded_at") or fallback)
