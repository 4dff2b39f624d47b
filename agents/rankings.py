"""Sentences for tables by dimensions: who leads, who moved, how two compare."""

from __future__ import annotations

import re

from agents.answer import Fact
from agents.prose import Piece, Prose, number, series
from agents.shapes import Telling, dimension_names, moved_clause, nothing, noun, were
from agents.sight import SeenTable
from agents.voice import Voice
from agents.wording import is_plural, number_word

NAMED = 3
LISTED = 10
UNSAYING = ("Unknown", "No ", "None")


def ranked(prose: Prose, telling: Telling) -> None:
    """The three journeys with the highest leakage rate are A (x), B (y) and C (z)."""
    voice = telling.voice
    table = voice.table
    column = leading_column(table)
    metric = column.split("__")[0]
    rows = [row for row in sorted(table.rows) if table.number(row, column) is not None]
    if not rows:
        nothing(prose, voice)
        return
    order = sorted(rows, key=lambda row: table.number(row, column) or 0.0, reverse=descending(table, column))
    if telling.further:
        _in_passing(prose, telling, metric, order)
    elif table.count == 1 and not (table.query and table.query.limit):
        _only(prose, voice, metric, order[0])
    elif "__change" in column:
        _movers(prose, voice, metric, order, total=telling.count == 1)
    elif len(order) == 1 and table.shows_part(column) and not (table.query and table.query.limit):
        _lone(prose, voice, metric, order[0])
    elif len(order) > 1 and table.number(order[0], column) == table.number(order[-1], column):
        _alike(prose, voice, metric, order[0])
    else:
        limited = table.query is not None and table.query.limit is not None
        if limited and table.shows_part(column) and descending(table, column):
            # What is hidden is more than nothing: a row of nothing is not among the first ones.
            order = [row for row in order if table.number(row, column)] or order
        tell = _top if limited else _pair if len(order) == table.count == 2 else _field
        tell(prose, voice, metric, order)
        _asked_about(prose, telling, metric, order)
        _remarks(prose, voice, metric, order, total=telling.count == 1)


def counted_rows(prose: Prose, telling: Telling) -> None:
    """The table has five rows: for one without a figure."""
    if telling.voice.table.count:
        prose.write("Rows: {count}; the table shows them.", count=row_count(telling.voice))
    else:
        nothing(prose, telling.voice)


def leading_column(table: SeenTable) -> str:
    """The column a table is about: what it is ordered by if that is a number, else its first metric."""
    ordered = table.query.order_by if table.query else ()
    if ordered and table.has(ordered[0].by) and table.column(ordered[0].by).role not in ("dimension", "time"):
        return ordered[0].by
    return (table.names("metric") or table.names("derived"))[0]


def descending(table: SeenTable, column: str) -> bool:
    """Whether the largest value comes first."""
    ordered = table.query.order_by if table.query else ()
    return not (ordered and ordered[0].by == column and ordered[0].direction == "asc")


def extreme(voice: Voice, metric: str, row: int, largest: bool) -> Fact:
    """most or fewest for counts, highest or lowest else: bound to the row being that extreme."""
    kind = "max" if largest else "min"
    source = f"extreme:{kind}:{voice.table.part}:{row}:{metric}"
    return Fact(text=extreme_word(voice, metric, largest), value=kind, source=source)


def extreme_word(voice: Voice, metric: str, largest: bool) -> str:
    """most or fewest for counts, highest or lowest else."""
    counted = voice.table.column(metric).unit == "count" and is_plural(voice.table.column(metric).label)
    words = ("most", "fewest") if counted else ("highest", "lowest")
    return words[0] if largest else words[1]


def row_count(voice: Voice) -> Fact:
    """How many rows the table has, as a word when small."""
    count = voice.table.count
    return Fact(text=number_word(count), value=count, source=f"formula:rows:{voice.table.part}")


def shown_count(voice: Voice, metric: str) -> Fact:
    """How many rows show their figure: all of them, unless too few members are behind some."""
    count = voice.table.shown(metric)
    if count == voice.table.count:
        return row_count(voice)
    return Fact(text=number_word(count), value=count, source=f"shown_rows:{voice.table.part}:{metric}")


def _has(voice: Voice, row: int) -> str:
    """have for a name in the plural ("New members"), else has."""
    names = voice.table.names("dimension")
    name = voice.value(row, names[0]).text
    return "have" if len(names) == 1 and is_plural(name) and name.endswith("members") else "has"


def _only(prose: Prose, voice: Voice, metric: str, row: int) -> None:
    if _says_nothing(voice, row):
        prose.write(
            "{metric}{filters}{period}{was}{value}{moved}; the data does not tell {noun} apart.",
            metric=voice.metric(metric, start=True), filters=voice.filters(), period=voice.period(),
            was=were(voice, metric), value=voice.cell(row, metric), moved=moved_clause(voice, row, metric),
            noun=noun(voice, several=True),
        )  # fmt: skip
        return
    if _is_filtered(voice):  # it is the only one because only it was asked for
        prose.write(
            "{metric} for {name}{thresholds}{filters}{period}{was}{value}{moved}.",
            metric=voice.metric(metric, start=True), name=voice.row_name(row), thresholds=voice.thresholds(),
            filters=voice.filters(), period=voice.period(), was=were(voice, metric), value=voice.cell(row, metric),
            moved=moved_clause(voice, row, metric),
        )  # fmt: skip
        _also(prose, voice, metric, row)
        return
    prose.write(
        "{name} is the only {noun}{thresholds}{filters}{period}: {metric} {value}{moved}.",
        name=voice.row_name(row), noun=noun(voice), thresholds=voice.thresholds() or [" with data"],
        filters=voice.filters(), period=voice.period(), metric=voice.metric(metric),
        value=voice.cell(row, metric), moved=moved_clause(voice, row, metric),
    )  # fmt: skip


def _is_filtered(voice: Voice) -> bool:
    """Whether every dimension of the rows is held to one value by a filter."""
    query = voice.table.query
    held = (
        {item.dimension for item in query.filters if item.op == "in" and len(item.values) == 1} if query else set()
    )
    return bool(query and query.dimensions) and set(voice.table.names("dimension")) <= held


def _lone(prose: Prose, voice: Voice, metric: str, row: int) -> None:
    """Failure rate was 39.5% for New members; no other member tenure may be shown."""
    prose.write(
        "{metric}{filters}{period}{was}{value} for {name}{moved}. The figures of the other {noun} are not shown.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), period=voice.period(),
        was=were(voice, metric), value=voice.cell(row, metric), name=voice.row_name(row),
        moved=moved_clause(voice, row, metric), noun=noun(voice, several=True),
    )  # fmt: skip


def _alike(prose: Prose, voice: Voice, metric: str, row: int) -> None:
    prose.write(
        "{metric}{filters}{period}{was}{value} for each of the {count} {noun} shown.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), period=voice.period(),
        was=were(voice, metric), value=voice.cell(row, metric), count=shown_count(voice, metric),
        noun=noun(voice, several=True),
    )  # fmt: skip


def _in_passing(prose: Prose, telling: Telling, metric: str, order: list[int]) -> None:
    """A further table in one sentence: By failure reason, the highest is Payment Error with $5,224."""
    voice = telling.voice
    table, best = voice.table, order[0]
    column = leading_column(table)
    if len(order) > 1 and table.number(best, column) == table.number(order[-1], column):
        return  # nobody leads
    moved = voice.moved(best, metric, brief=True)
    if "__change" in column and moved:
        edge: list[Piece] = [_edge_of_change(voice, column, best), " is for "]
        value: list[Piece] = [*moved, ", to ", voice.cell(best, metric)]
    else:
        leading = extreme(voice, metric, best, descending(table, column))
        edge = ["the ", leading, " come from " if leading.text in ("most", "fewest") else " is for "]
        value = [voice.cell(best, metric), *([", ", *moved] if moved else [])]
        if table.number(best, f"{metric}__share") is not None:
            value += [", ", voice.cell(best, f"{metric}__share"), " of the total"]
    lead: list[Piece] = ["By ", *dimension_names(voice)]
    if not telling.same_frame:
        lead = [voice.metric(metric, start=True), *telling.unsaid(), " by ", *dimension_names(voice)]
    scope = voice.scope(column, metric)
    lead += [", of those", *scope] if scope else []
    prose.write("{lead}: {edge}{name}, {value}.", lead=lead, edge=edge, name=voice.row_name(best), value=value)


def _edge_of_change(voice: Voice, column: str, row: int) -> Piece:
    """the largest rise or the largest fall: bound to the row being that extreme of the change column."""
    largest = descending(voice.table, column)
    source = f"extreme_change:{'max' if largest else 'min'}:{voice.table.part}:{row}:{column}"
    rose = (voice.table.number(row, column) or 0.0) >= 0
    text = ("the largest rise" if rose else "the smallest fall") if largest else (
        "the smallest rise" if rose else "the largest fall")  # fmt: skip
    return Fact(text=text, value=column, source=source)


def _movers(prose: Prose, voice: Voice, metric: str, order: list[int], *, total: bool) -> None:
    """Total calls: the largest rise is for Billing Question, up 17.6% from 1,251 in the week before, to 1,471."""
    column = leading_column(voice.table)
    best = order[0]
    scope = voice.scope(column, metric)
    prose.write(
        "{metric}{filters}{period}{scope}: {edge} is for {name}, {moved}, to {value}.",
        scope=[", of the ", *noun(voice, several=True), *scope] if scope else "",
        metric=voice.metric(metric, start=True), filters=voice.filters(), period=voice.period(),
        edge=_edge_of_change(voice, column, best), name=voice.row_name(best),
        moved=voice.moved(best, metric), value=voice.cell(best, metric),
    )  # fmt: skip
    others = [[*voice.row_name(row), " (", *voice.moved(row, metric, brief=True), ")"] for row in order[1:NAMED]]
    if others:
        prose.write("Then {items}.", items=series(others))
    if total:
        _also(prose, voice, metric, best)


def _top(prose: Prose, voice: Voice, metric: str, order: list[int]) -> None:
    table, best = voice.table, order[0]
    largest, scope = descending(table, leading_column(table)), voice.scope(leading_column(table), metric)
    if len(order) == 1:
        prose.write(
            "{name} {has} the {extreme} {metric}{filters}{period}{scope}: {value}{moved}.",
            scope=[" of the ", *noun(voice, several=True), *scope] if scope else "",
            name=voice.row_name(best), has=_has(voice, best), extreme=extreme(voice, metric, best, largest),
            metric=voice.metric(metric), filters=voice.filters(), period=voice.period(),
            value=voice.cell(best, metric), moved=moved_clause(voice, best, metric),
        )  # fmt: skip
        return
    several = len(table.names("dimension")) > 1
    shown = order[: NAMED if several else LISTED]
    items = [[*voice.row_name(row), " (", voice.cell(row, metric), ")"] for row in shown]
    prose.write(
        "The {count}{noun}{scope} with the {extreme} {metric}{filters}{thresholds}{period} are {items}{more}.",
        count=[] if len(shown) < table.shown(metric) else [shown_count(voice, metric), " "],
        noun=noun(voice, several=True), scope=scope,
        thresholds=voice.thresholds(), extreme=extreme(voice, metric, best, largest),
        metric=voice.metric(metric), filters=voice.filters(), period=voice.period(), items=series(items),
        more=["; the table has ", row_count(voice)] if len(shown) < table.count else [],
    )  # fmt: skip


def _pair(prose: Prose, voice: Voice, metric: str, order: list[int]) -> None:
    """New members have a higher failure rate than Tenured members: 39.7% against 34.6%."""
    table = voice.table
    one, other = order
    source = f"formula:sub(cell:{table.part}:{one}:{metric}, cell:{table.part}:{other}:{metric})"
    larger = descending(table, leading_column(table))
    if voice.cell(one, metric).text == voice.cell(other, metric).text:
        _level(prose, voice, metric, order)
        return
    counted = table.column(metric).unit == "count" and is_plural(table.column(metric).label)
    word = ("more" if larger else "fewer") if counted else ("higher" if larger else "lower")
    prose.write(
        "{one} {have} {a}{word} {metric} than {other}{thresholds}{filters}{period}: {value} against {low}.",
        one=voice.row_name(one), have=_has(voice, one), a="" if counted else "a ",
        word=Fact(text=word, value=1 if larger else -1, source=f"direction:{source}"), metric=voice.metric(metric),
        other=voice.row_name(other), thresholds=voice.thresholds(), filters=voice.filters(), period=voice.period(),
        value=voice.cell(one, metric), low=voice.cell(other, metric),
    )  # fmt: skip


def _level(prose: Prose, voice: Voice, metric: str, order: list[int]) -> None:
    """Medicare and Commercial have nearly the same average wait time: 2.3 minutes."""
    prose.write(
        "{one} and {other} have nearly the same {metric}{filters}{period}: {value}.",
        one=voice.row_name(order[0]), other=voice.row_name(order[1]), metric=voice.metric(metric),
        filters=voice.filters(), period=voice.period(), value=voice.cell(order[0], metric),
    )  # fmt: skip


def _field(prose: Prose, voice: Voice, metric: str, order: list[int]) -> None:
    table = voice.table
    best, last, largest = order[0], order[-1], descending(table, leading_column(table))
    second = _second(voice, metric, order) if len(order) > 2 else []
    tied = voice.cell(order[1], metric).text == voice.cell(last, metric).text  # none is the least
    prose.write(
        "Of {count} {noun}{scope}{thresholds}, {best} {has} the {extreme} {metric}{filters}{period}: {value}"
        "{second}{least}.",
        count=shown_count(voice, metric), scope=voice.scope(leading_column(table), metric),
        noun=noun(voice, several=True), thresholds=voice.thresholds(),
        best=voice.row_name(best), has=_has(voice, best),
        extreme=extreme(voice, metric, best, largest), metric=voice.metric(metric), filters=voice.filters(),
        period=voice.period(), value=voice.cell(best, metric), second=second,
        least=[] if second and tied else _least(voice, metric, order, largest),
    )  # fmt: skip


def _asked_about(prose: Prose, telling: Telling, metric: str, order: list[int]) -> None:
    """Spanish: 2.3 minutes. The rows that the question names and the sentence before does not."""
    voice, asked = telling.voice, f" {_words(telling.asked)} "
    if len(voice.table.names("dimension")) != 1:
        return
    named = [row for row in order if f" {_words(text := _name(voice, row))} " in asked and text not in prose.text]
    items = [[*voice.row_name(row), ": ", voice.cell(row, metric)] for row in named]
    if items:
        prose.write("{items}.", items=series(items[:NAMED]))


def _name(voice: Voice, row: int) -> str:
    return voice.value(row, voice.table.names("dimension")[0]).text


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _says_nothing(voice: Voice, row: int) -> bool:
    """Whether a row's name is "Unknown" or the like."""
    return any(str(voice.table.cell(row, name)).startswith(UNSAYING) for name in voice.table.names("dimension"))


def _second(voice: Voice, metric: str, order: list[int]) -> list[Piece]:
    """, then PPO (2,456); , then PPO and HMO (2,456 each); , level with PPO when it is written as the first is."""
    value, level = voice.cell(order[1], metric), _level_with(voice, metric, order[1:], order[1])
    if value.text == voice.cell(order[0], metric).text:
        return [", level with ", *_names(voice, level)]
    return [", then ", *_names(voice, level), " (", value, " each)" if len(level) > 1 else ")"]


def _least(voice: Voice, metric: str, order: list[int], largest: bool) -> list[Piece]:
    """; EPO has the lowest (786); ; EPO and POS have the lowest (786 each): unless the name says nothing."""
    last = order[-1]
    if _says_nothing(voice, last) or voice.cell(last, metric).text == voice.cell(order[0], metric).text:
        return []
    level = _level_with(voice, metric, order, last)[::-1]  # the least itself first: the figure is its own
    edge, value = extreme(voice, metric, last, not largest), voice.cell(last, metric)
    has = "have" if len(level) > 1 else _has(voice, last)
    each = " each)" if len(level) > 1 else ")"
    return ["; ", *_names(voice, level), f" {has} the ", edge, " (", value, each]


def _level_with(voice: Voice, metric: str, rows: list[int], row: int) -> list[int]:
    """The rows whose figure is written as that of one of them is."""
    text = voice.cell(row, metric).text
    return [other for other in rows if voice.cell(other, metric).text == text]


def _names(voice: Voice, rows: list[int]) -> list[Piece]:
    """Mate, Deckhand, Engineer and others."""
    named: list[list[Piece]] = [voice.row_name(row) for row in rows[:NAMED]]
    return series([*named, ["others"]] if len(rows) > NAMED else named)


def _remarks(prose: Prose, voice: Voice, metric: str, order: list[int], *, total: bool) -> None:
    """The share or the total, how the first row moved, and its other metrics."""
    table, best = voice.table, order[0]
    share = f"{metric}__share"
    if table.number(best, share) is not None:
        prose.write("{name} is {share} of the total.", name=voice.row_name(best), share=voice.cell(best, share))
    elif total and len(order) > 1 and _adds_up(voice, metric) and table.shown(metric) == table.count:
        whole = sum(table.number(row, metric) or 0.0 for row in table.rows)
        query = table.query
        limited = query is not None and (query.limit == len(order) or bool(query.having))
        limited = limited or table.shows_part(metric)  # a row that is left out is part of the total
        prose.write(
            "{lead} that is {total}.",
            lead="Together" if limited else "In total",
            total=number(whole, table.column(metric).unit, f"formula:sum:{table.part}:{metric}"),
        )
    moved = voice.moved(best, metric)
    if moved and len(order) > 1:
        prose.write("{name} is {moved}.", name=voice.row_name(best), moved=moved)
    _also(prose, voice, metric, best, order[1] if len(order) == table.count == 2 else None)


def _also(prose: Prose, voice: Voice, metric: str, row: int, other: int | None = None) -> None:
    """For MAPD: NPS -22.6 points; of a pair: For MAPD against PPO: NPS -22.6 points against -15.1 points."""
    others = [name for name in voice.table.names("metric") if name != metric]
    items: list[list[Piece]] = [
        [voice.metric(name), " ", voice.cell(row, name), *_against(voice, other, name)]
        for name in others
        if voice.table.number(row, name) is not None
    ]
    if items:
        several = len(voice.table.names("dimension")) > 1
        where: list[Piece] = ["For the leading combination"] if several else ["For ", *voice.row_name(row)]
        if other is not None:
            where = ["For ", *voice.row_name(row), " against ", *voice.row_name(other)]
        prose.write("{where}: {items}.", where=where, items=series(items[:NAMED]))


def _against(voice: Voice, other: int | None, name: str) -> list[Piece]:
    return [] if other is None else [" against ", voice.cell(other, name)]


def _adds_up(voice: Voice, metric: str) -> bool:
    definition = voice.semantic.metrics.get(metric)
    if not (definition and definition.additive and voice.table.complete):
        return False
    return voice.semantic.adds_up_by(metric, voice.table.names("dimension"))
