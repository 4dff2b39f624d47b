"""Sentences for governed tables: a single row, a ranking, a course over time."""

from __future__ import annotations

from datetime import date

from agents.answer import Fact
from agents.prose import Piece, Prose, number, series
from agents.sight import SeenTable
from agents.voice import Voice
from agents.wording import bucket_end, bucket_in_words, in_sentence, is_plural, number_word, plural
from semantic.query import TimeGrain

NAMED = 3


def single(prose: Prose, voice: Voice, brief: bool) -> None:
    """Repeat call rate was 23.5% in Q3 2026, up 1.2 percentage points from 22.3% (worse)."""
    table = voice.table
    metrics = table.names("metric")
    if not table.count or all(table.number(0, name) is None for name in metrics):
        _nothing(prose, voice)
        return
    first = metrics[0]
    if table.number(0, first) == 0 and table.column(first).unit == "count" and len(metrics) == 1:
        prose.write(
            "There were {no} {metric}{filters}{period}.",
            no=Fact(text="no", value=0, source=f"cell:{table.part}:0:{first}"),
            metric=voice.metric(first), filters=voice.filters(), period=voice.period(),
        )  # fmt: skip
        return
    said = [[voice.metric(name, start=not i), _were(voice, name) if not i else " ", voice.cell(0, name)]
            for i, name in enumerate(metrics) if table.number(0, name) is not None]  # fmt: skip
    said[0][1:1] = voice.filters()
    prose.write("{said}{period}{moved}.", said=series(said), period=voice.period() if not brief else [],
                moved=_moved(voice, 0, first))  # fmt: skip


def _were(voice: Voice, metric: str) -> str:
    return " were " if is_plural(voice.table.column(metric).label) else " was "


def _moved(voice: Voice, row: int, metric: str) -> list[Piece]:
    moved = voice.moved(row, metric)
    return [", ", *moved] if moved else []


def _nothing(prose: Prose, voice: Voice) -> None:
    names = voice.table.names("metric")
    prose.write(
        "There is no data for {metric}{filters}{period}: nothing matches.",
        metric=voice.metric(names[0]) if names else "this", filters=voice.filters(), period=voice.period(),
    )  # fmt: skip


def ranked(prose: Prose, voice: Voice, brief: bool) -> None:
    """The three journeys with the highest leakage rate are A (x), B (y) and C (z)."""
    table = voice.table
    rows = sorted(table.rows)
    metric = leading_metric(table)
    rows = [row for row in rows if table.number(row, metric) is not None]
    if not rows:
        _nothing(prose, voice)
        return
    order = sorted(rows, key=lambda row: table.number(row, metric) or 0.0, reverse=_descending(table, metric))
    if table.count == 1:
        _only(prose, voice, metric, order[0])
    elif table.number(order[0], metric) == table.number(order[-1], metric):
        _alike(prose, voice, metric, len(order))
        return
    elif (table.query and table.query.limit) or brief:
        _top(prose, voice, metric, order, brief)
    else:
        _field(prose, voice, metric, order)
    if not brief:
        _remarks(prose, voice, metric, order)


def leading_metric(table: SeenTable) -> str:
    """The column a table is about: what it is ordered by if that is a number, else its first metric."""
    ordered = table.query.order_by if table.query else ()
    if ordered and table.has(ordered[0].by) and table.column(ordered[0].by).role in ("metric", "derived"):
        return ordered[0].by
    return (table.names("metric") or table.names("derived"))[0]


def _descending(table: SeenTable, metric: str) -> bool:
    ordered = table.query.order_by if table.query else ()
    return not (ordered and ordered[0].by == metric and ordered[0].direction == "asc")


def extreme(voice: Voice, metric: str, row: int, largest: bool) -> Fact:
    """most or fewest for counts, highest or lowest else: bound to the row being that extreme."""
    counted = voice.table.column(metric).unit == "count" and is_plural(voice.table.column(metric).label)
    words = ("most", "fewest") if counted else ("highest", "lowest")
    kind = "max" if largest else "min"
    return Fact(text=words[0] if largest else words[1], value=kind,
                source=f"extreme:{kind}:{voice.table.part}:{row}:{metric}")  # fmt: skip


def _only(prose: Prose, voice: Voice, metric: str, row: int) -> None:
    prose.write(
        "{name} is the only {noun} with data{filters}{period}: {metric} {value}{moved}.",
        name=voice.row_name(row), noun=_noun(voice), filters=voice.filters(), period=voice.period(),
        metric=voice.metric(metric), value=voice.cell(row, metric), moved=_moved(voice, row, metric),
    )  # fmt: skip


def _alike(prose: Prose, voice: Voice, metric: str, count: int) -> None:
    prose.write(
        "{metric}{filters}{period} {was} {value} for each of the {count} {noun} shown.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), period=voice.period(),
        was=_were(voice, metric).strip(), value=voice.cell(0, metric), noun=_noun(voice, several=True),
        count=Fact(text=number_word(voice.table.count), value=count, source=f"formula:rows:{voice.table.part}"),
    )  # fmt: skip


def _noun(voice: Voice, *, several: bool = False) -> list[Piece]:
    labels = [voice.semantic.dimensions[name].label if name in voice.semantic.dimensions else name
              for name in voice.table.names("dimension")]  # fmt: skip
    nouns = [in_sentence(label) for label in labels]
    if len(nouns) == 1:
        if " or " in nouns[0]:
            return ["groups" if several else "group"]
        return [Fact(text=plural(nouns[0]) if several else nouns[0], value=labels[0], source="query:dimension")]
    noun = "combinations of " if several else "combination of "
    return [noun, *series([[Fact(text=n, value=n, source="query:dimension")] for n in nouns])]


def _top(prose: Prose, voice: Voice, metric: str, order: list[int], brief: bool) -> None:
    table = voice.table
    largest = _descending(table, metric)
    best = order[0]
    if len(order) == 1 or brief:
        prose.write(
            "{name} {has} {extreme} {metric}{period}: {value}{moved}.",
            name=voice.row_name(best), has="has the", extreme=extreme(voice, metric, best, largest),
            metric=voice.metric(metric), period=[] if brief else [*voice.filters(), *voice.period()],
            value=voice.cell(best, metric), moved=[] if brief else _moved(voice, best, metric),
        )  # fmt: skip
        return
    count = min(len(order), 10)
    items = [[*voice.row_name(row), " (", voice.cell(row, metric), ")"] for row in order[:count]]
    counted = Fact(text=number_word(table.count), value=table.count, source=f"formula:rows:{table.part}")
    prose.write(
        "The {count} {noun} with the {extreme} {metric}{filters}{period} are {items}.",
        count=counted, noun=_noun(voice, several=True), extreme=extreme(voice, metric, best, largest),
        metric=voice.metric(metric), filters=voice.filters(), period=voice.period(), items=series(items),
    )  # fmt: skip


def _field(prose: Prose, voice: Voice, metric: str, order: list[int]) -> None:
    table = voice.table
    best, last, largest = order[0], order[-1], _descending(table, metric)
    second = [", then ", *voice.row_name(order[1]), " (", voice.cell(order[1], metric), ")"] if (
        len(order) > 2
    ) else []  # fmt: skip
    prose.write(
        "Of {count} {noun}, {best} has the {extreme} {metric}{filters}{period}: {value}{second}; "
        "{last} has the {other} ({low}).",
        count=Fact(text=number_word(table.count), value=table.count, source=f"formula:rows:{table.part}"),
        noun=_noun(voice, several=True), best=voice.row_name(best),
        extreme=extreme(voice, metric, best, largest), metric=voice.metric(metric), filters=voice.filters(),
        period=voice.period(), value=voice.cell(best, metric), second=second, last=voice.row_name(last),
        other=extreme(voice, metric, last, not largest), low=voice.cell(last, metric),
    )  # fmt: skip


def _remarks(prose: Prose, voice: Voice, metric: str, order: list[int]) -> None:
    table, best = voice.table, order[0]
    share = f"{metric}__share"
    if table.has(share) and table.number(best, share) is not None:
        prose.write("{name} is {share} of the total.", name=voice.row_name(best), share=voice.cell(best, share))
    elif _adds_up(voice, metric) and table.count > 1:
        total = sum(table.number(row, metric) or 0.0 for row in table.rows)
        source = f"formula:sum:{table.part}:{metric}"
        whole = "Together" if table.query and table.query.limit else "In total"
        prose.write("{whole} that is {total}.", whole=whole,
                    total=number(total, table.column(metric).unit, source))  # fmt: skip
    moved = voice.moved(best, metric) if table.count > 1 else []
    if moved:
        prose.write("{name} is {moved}.", name=voice.row_name(best), moved=moved)
    others = [name for name in table.names("metric") if name != metric][:NAMED]
    if others and table.number(best, others[0]) is not None:
        items = [[voice.metric(name), " ", voice.cell(best, name)] for name in others
                 if table.number(best, name) is not None]  # fmt: skip
        prose.write("For {name}: {items}.", name=voice.row_name(best), items=series(items))


def _adds_up(voice: Voice, metric: str) -> bool:
    definition = voice.semantic.metrics.get(metric)
    return bool(definition and definition.additive and voice.table.complete)


def trend(prose: Prose, voice: Voice, brief: bool) -> None:
    """Leaked calls by week went from 71,000 (the week of ...) to 84,000 (...), up 18.3% (worse)."""
    table = voice.table
    metric = (table.names("metric") or [""])[0]
    rows = complete_buckets(table, metric)
    if not rows:
        _nothing(prose, voice)
        return
    if table.names("dimension"):
        _several_courses(prose, voice, metric, rows)
    else:
        _course(prose, voice, metric, rows)


def complete_buckets(table: SeenTable, metric: str) -> list[int]:
    """Rows with a value whose time bucket lies wholly in the period; all rows when fewer than two do."""
    valued = [row for row in sorted(table.rows) if table.number(row, metric) is not None]
    query = table.query
    if query is None or query.time is None or query.time_grain is None:
        return valued
    period, grain = query.time, query.time_grain
    whole = [row for row in valued
             if (start := _bucket(table, row)) >= period.start and bucket_end(start, grain) <= period.end]  # fmt: skip
    return whole if len({_bucket(table, row) for row in whole}) > 1 else valued


def _bucket(table: SeenTable, row: int) -> date:
    return date.fromisoformat(str(table.cell(row, table.names("time")[0]))[:10])


def bucket(voice: Voice, row: int) -> Fact:
    """A time bucket by its name."""
    table = voice.table
    name = table.names("time")[0]
    grain: TimeGrain = table.query.time_grain if table.query and table.query.time_grain else "day"
    start = _bucket(table, row)
    return Fact(
        text=bucket_in_words(start, grain), value=start.isoformat(), source=f"cell:{table.part}:{row}:{name}"
    )


def _course(prose: Prose, voice: Voice, metric: str, rows: list[int]) -> None:
    table = voice.table
    first, last = rows[0], rows[-1]
    old, new = table.number(first, metric) or 0.0, table.number(last, metric) or 0.0
    prose.write(
        "{metric}{filters} went from {old} ({start}) to {new} ({end}){moved}.",
        metric=voice.metric(metric, start=True), filters=voice.filters(), old=voice.cell(first, metric),
        start=bucket(voice, first), new=voice.cell(last, metric), end=bucket(voice, last),
        moved=course_change(voice, metric, first, last, old, new),
    )  # fmt: skip
    ranked_rows = sorted(rows, key=lambda row: table.number(row, metric) or 0.0)
    low, high = ranked_rows[0], ranked_rows[-1]
    if table.number(low, metric) != table.number(high, metric) and len(rows) > 2:
        prose.write(
            "The {highest} was {value} ({when}), the {lowest} {least} ({then}).",
            highest=_peak("highest", "max", table.part, high, metric), value=voice.cell(high, metric),
            when=bucket(voice, high), lowest=_peak("lowest", "min", table.part, low, metric),
            least=voice.cell(low, metric), then=bucket(voice, low),
        )  # fmt: skip
    if len(rows) < table.count and not table.names("dimension"):
        prose.write("Incomplete periods at the ends are in the table and left out of this comparison.")


def _peak(text: str, kind: str, part: int, row: int, metric: str) -> Fact:
    return Fact(text=text, value=kind, source=f"extreme_complete:{kind}:{part}:{row}:{metric}")


def course_change(voice: Voice, metric: str, first: int, last: int, old: float, new: float) -> list[Piece]:
    """, up 18.3% (worse): between two rows of one column, in points for rates and scores."""
    part, unit = voice.table.part, voice.table.column(metric).unit
    a, b = f"cell:{part}:{last}:{metric}", f"cell:{part}:{first}:{metric}"
    if new == old or (unit not in ("rate", "score", "points", "percent") and not old):
        return []
    source = f"formula:sub({a}, {b})"
    direction = voice.direction(new - old, source)
    if unit == "rate":
        size = number(abs(new - old) * 100, "points", f"formula:mul(abs(sub({a}, {b})), 100)")
        size = size.model_copy(update={"text": size.text.replace("point", "percentage point")})
    elif unit in ("score", "points", "percent"):
        size = number(abs(new - old), unit, f"formula:abs(sub({a}, {b}))")
    else:
        size = number(abs(new - old) / abs(old), "rate", f"formula:abs(change({a}, {b}))")
    return [", ", direction, " ", size, *voice.verdict(metric, new - old, source)]


def _several_courses(prose: Prose, voice: Voice, metric: str, rows: list[int]) -> None:
    table = voice.table
    courses: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        key = tuple(str(table.cell(row, name)) for name in table.names("dimension"))
        courses.setdefault(key, []).append(row)
    leading = sorted(courses.values(), key=lambda c: -(table.number(c[-1], metric) or 0.0))[:NAMED]
    items: list[list[Piece]] = []
    for course in leading:
        first, last = course[0], course[-1]
        old, new = table.number(first, metric) or 0.0, table.number(last, metric) or 0.0
        items.append([*voice.row_name(last), " from ", voice.cell(first, metric), " (", bucket(voice, first), ") to ",
                      voice.cell(last, metric), " (", bucket(voice, last), ")",
                      *course_change(voice, metric, first, last, old, new)])  # fmt: skip
    pieces: list[Piece] = []
    for index, item in enumerate(items):
        pieces += ["; " if index else "", *item]
    prose.write("{metric}{filters}: {items}.", metric=voice.metric(metric, start=True), filters=voice.filters(),
                items=pieces)  # fmt: skip
    if len(courses) > NAMED:
        prose.write(
            "The table has all {count} {noun}.",
            count=Fact(text=number_word(len(courses)), value=len(courses), source=f"series:{table.part}"),
            noun=_noun(voice, several=True),
        )
