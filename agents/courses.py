"""Sentences for tables over time: where a metric began, where it is now, its peaks."""

from __future__ import annotations

from datetime import date

from agents.answer import Fact
from agents.prose import Piece, Prose, number, series
from agents.shapes import Telling, nothing, noun, were
from agents.sight import SeenTable
from agents.voice import Voice, percentage_points, steady
from agents.wording import bucket_in_words, number_word
from semantic.query import TimeGrain
from semantic.windows import is_whole

NAMED = 3


def trend(prose: Prose, telling: Telling) -> None:
    """Leaked calls went from 71,000 (the week of ...) to 84,000 (the week of ...), up 18.3% (worse)."""
    voice = telling.voice
    table = voice.table
    metric = table.names("metric")[0]
    rows = complete_buckets(table, metric)
    if not rows:
        nothing(prose, voice)
    elif _ranks_buckets(table, metric):
        _standing_out(prose, voice, metric)
    elif _cut_off(table, metric, rows):
        _cut_short(prose, voice, metric, rows)
    elif table.names("dimension"):
        _several(prose, voice, metric, rows)
    else:
        _one(prose, voice, metric, rows)


def _ranks_buckets(table: SeenTable, metric: str) -> bool:
    """Whether the buckets that stand out are asked for (`our worst month`), not the course over them."""
    query = table.query
    return bool(
        query
        and query.limit
        and query.order_by
        and query.order_by[0].by == metric
        and not table.names("dimension")
    )


def _standing_out(prose: Prose, voice: Voice, metric: str) -> None:
    """Leaked calls were highest on 28 September 2026: 10,890; then on 29 September 2026 (10,412)."""
    table = voice.table
    query = table.query
    rising = query is not None and query.order_by[0].direction == "asc"
    valued = [row for row in table.rows if table.number(row, metric) is not None]
    rows = sorted(valued, key=lambda row: table.number(row, metric) or 0.0, reverse=not rising)
    lead, *others = rows
    if voice.semantic.metrics[metric].additive and not _all_whole(table, [lead]):
        _cut_short(prose, voice, metric, [lead])  # a sum of a few days is the lowest by that alone
        return
    further: list[list[Piece]] = [
        [_when(table), bucket(voice, row), " (", voice.cell(row, metric), ")"] for row in others[: NAMED - 1]
    ]
    edge = ("lowest", "min") if rising else ("highest", "max")
    prose.write(
        "{metric}{filters}{was}{edge}{scope} {when}{bucket}{so_far}: {value}{then}.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), was=were(voice, metric),
        edge=Fact(text=edge[0], value=edge[1], source=f"extreme:{edge[1]}:{table.part}:{lead}:{metric}"),
        scope=voice.scope(metric), when=_when(table), bucket=bucket(voice, lead),
        so_far=so_far(table, lead), value=voice.cell(lead, metric),
        then=["; then ", *series(further)] if further else [],
    )  # fmt: skip
    if not _all_whole(table, rows):
        prose.write("Periods cut off at the ends are among them; a comparison with them would mislead.")


def so_far(table: SeenTable, row: int) -> str:
    """What is said of a bucket that the period or the data cuts off; nothing for a whole one."""
    query = table.query
    if query is None or query.time is None or _all_whole(table, [row]):
        return ""
    return " so far" if _start(table, row) >= query.time.start else ", as far back as shown"


def _when(table: SeenTable) -> str:
    return "on " if table.query is None or table.query.time_grain in (None, "day") else "in "


def complete_buckets(table: SeenTable, metric: str) -> list[int]:
    """Rows with a value whose time bucket lies wholly in the period, in time order; all when no bucket does."""
    ordered = sorted(table.rows, key=lambda row: (_start(table, row), row))
    valued = [row for row in ordered if table.number(row, metric) is not None]
    query = table.query
    if query is None or query.time is None or query.time_grain is None:
        return valued
    return [row for row in valued if is_whole(_start(table, row), query.time_grain, query.time)] or valued


def _cut_off(table: SeenTable, metric: str, rows: list[int]) -> bool:
    """Whether fewer than two whole buckets are there, while others are cut off by the period or the data."""
    return len({_start(table, row) for row in rows}) < 2 or not _all_whole(table, rows)


def _all_whole(table: SeenTable, rows: list[int]) -> bool:
    query = table.query
    if query is None or query.time is None or query.time_grain is None:
        return True
    return all(is_whole(_start(table, row), query.time_grain, query.time) for row in rows)


def _cut_short(prose: Prose, voice: Voice, metric: str, rows: list[int]) -> None:
    """Leaked calls were 249,984 in September 2026; the other periods shown are cut off and not compared."""
    table = voice.table
    valued = [row for row in table.rows if table.number(row, metric) is not None]
    last = max(_start(table, row) for row in rows)
    latest = [row for row in rows if _start(table, row) == last]
    ranked = sorted(latest, key=lambda row: -(table.number(row, metric) or 0.0))
    top, further = ranked[0], ranked[1:NAMED] if table.names("dimension") else []
    name: list[Piece] = [" for ", *voice.row_name(top)] if table.names("dimension") else []
    others: list[list[Piece]] = [[*voice.row_name(row), " (", voice.cell(row, metric), ")"] for row in further]
    prose.write(
        "{metric}{filters}{name}{was}{value} {when}{bucket}{so_far}{then}.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), name=name, was=were(voice, metric),
        value=voice.cell(top, metric), when=_when(table), bucket=bucket(voice, top),
        so_far=so_far(table, top), then=["; then ", *series(others)] if others else [],
    )  # fmt: skip
    if not _all_whole(table, valued):
        prose.write("Periods cut off at the ends are in the table; a comparison with them would mislead.")
    elif table.shows_part(metric):
        prose.write("The other figures are not shown.")


def _start(table: SeenTable, row: int) -> date:
    return date.fromisoformat(str(table.cell(row, table.names("time")[0]))[:10])


def bucket(voice: Voice, row: int) -> Fact:
    """A time bucket by its name."""
    table = voice.table
    grain: TimeGrain = table.query.time_grain if table.query and table.query.time_grain else "day"
    start = _start(table, row)
    source = f"cell:{table.part}:{row}:{table.names('time')[0]}"
    return Fact(text=bucket_in_words(start, grain), value=start.isoformat(), source=source)


def _one(prose: Prose, voice: Voice, metric: str, rows: list[int]) -> None:
    table = voice.table
    first, last = rows[0], rows[-1]
    prose.write(
        "{metric}{filters} went from {old} ({start}) to {new} ({end}){moved}.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), old=voice.cell(first, metric),
        start=bucket(voice, first), new=voice.cell(last, metric), end=bucket(voice, last),
        moved=_change(voice, metric, first, last),
    )  # fmt: skip
    low, high = _edges(table, metric, rows)
    if table.number(low, metric) != table.number(high, metric) and len(rows) > 2:
        prose.write(
            "{lead} {highest} was {value} ({when}), the {lowest} {least} ({then}).",
            lead=["Of the periods", *scope, " the"] if (scope := voice.scope(metric)) else "The",
            highest=_peak("highest", "max", table.part, high, metric), value=voice.cell(high, metric),
            when=bucket(voice, high), lowest=_peak("lowest", "min", table.part, low, metric),
            least=voice.cell(low, metric), then=bucket(voice, low),
        )  # fmt: skip
    if len(rows) < table.shown(metric) and table.complete:
        prose.write("Periods cut off at the ends are in the table and left out of this comparison.")


def _edges(table: SeenTable, metric: str, rows: list[int]) -> tuple[int, int]:
    ordered = sorted(rows, key=lambda row: table.number(row, metric) or 0.0)
    return ordered[0], ordered[-1]


def _peak(text: str, kind: str, part: int, row: int, metric: str) -> Fact:
    return Fact(text=text, value=kind, source=f"extreme_complete:{kind}:{part}:{row}:{metric}")


def _change(voice: Voice, metric: str, first: int, last: int) -> list[Piece]:
    """, up 18.3% (worse): between two rows of one column, in points for rates and scores."""
    part, unit = voice.table.part, voice.table.column(metric).unit
    old, new = voice.table.number(first, metric) or 0.0, voice.table.number(last, metric) or 0.0
    in_points = unit in ("rate", "score", "points", "percent")
    if not old and not in_points:
        return []
    if steady(new, old, unit):
        return [", nearly the same"]
    later, earlier = f"cell:{part}:{last}:{metric}", f"cell:{part}:{first}:{metric}"
    source = f"formula:sub({later}, {earlier})"
    if unit == "rate":
        size = percentage_points(new - old, f"sub({later}, {earlier})")
    elif in_points:
        size = number(abs(new - old), unit, f"formula:abs(sub({later}, {earlier}))")
    else:
        size = number(abs(new - old) / abs(old), "rate", f"formula:abs(change({later}, {earlier}))")
    return [", ", voice.direction(new - old, source), " ", size, *voice.verdict(metric, new - old, source)]


def _several(prose: Prose, voice: Voice, metric: str, rows: list[int]) -> None:
    """The leading courses, each from its first to its last whole bucket."""
    table = voice.table
    courses: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        key = tuple(str(table.cell(row, name)) for name in table.names("dimension"))
        courses.setdefault(key, []).append(row)
    latest = max(_start(table, row) for row in rows)
    running = [course for course in courses.values() if _start(table, course[-1]) == latest] or list(
        courses.values()
    )
    leading = sorted(running, key=lambda course: -(table.number(course[-1], metric) or 0.0))[:NAMED]
    pieces: list[Piece] = []
    for course in leading:
        first, last = course[0], course[-1]
        pieces += ["; " if pieces else "", *voice.row_name(last), " from ", voice.cell(first, metric), " (",
                   bucket(voice, first), ") to ", voice.cell(last, metric), " (", bucket(voice, last), ")",
                   *_change(voice, metric, first, last)]  # fmt: skip
    prose.write(
        "{metric}{filters}: {items}.",
        metric=voice.metric(metric, start=True),
        filters=voice.filters(),
        items=pieces,
    )
    named = {tuple(str(table.cell(row, name)) for name in table.names("dimension")) for row in table.rows}
    if len(named) > len(leading) and table.complete:  # those without a whole bucket are in the table too
        prose.write(
            "The table has all {count} {noun}.",
            count=Fact(text=number_word(len(named)), value=len(named), source=f"series:{table.part}"),
            noun=noun(voice, several=True),
        )
