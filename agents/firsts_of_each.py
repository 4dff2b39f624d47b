"""Sentences for a ranking within each of some groups: the first rows of each team, state or month."""

from __future__ import annotations

from agents.answer import Fact
from agents.courses import bucket, so_far
from agents.prose import Piece, Prose, series
from agents.rankings import descending, extreme_word, leading_column
from agents.shapes import Telling, nothing
from agents.sight import SeenTable
from agents.voice import Voice
from agents.wording import in_sentence, plural

TOLD = 6
"""How many groups are told; the table has all of them."""


def ranks_within(table: SeenTable) -> bool:
    """Whether the rows are the first ones of each value of something."""
    query = table.query
    return bool(query and query.limit and query.limit_by and table.has(query.limit_by))


def firsts_of_each(prose: Prose, telling: Telling) -> None:
    """The call topics with the most calls in each agent team in Q3: Tier 1: Billing (86,979), ID Card (700)."""
    voice = telling.voice
    table = voice.table
    column = leading_column(table)
    metric = column.split("__")[0]
    rows = [row for row in table.rows if table.number(row, column) is not None]
    if not rows or table.query is None or table.query.limit_by is None:
        nothing(prose, voice)
        return
    group = table.query.limit_by
    groups: dict[str, list[int]] = {}
    for row in rows:
        groups.setdefault(str(table.cell(row, group)), []).append(row)
    items = [
        [*_name(voice, found[0], group), ": ", *series([_row(voice, row, group, metric) for row in found], ", ")]
        for found in list(groups.values())[:TOLD]
    ]
    prose.write(
        "The {ranked} with the {extreme} {metric}{filters}{thresholds} in each {group}{period}: {items}{more}.",
        ranked=_ranked(voice, group), extreme=_extreme(voice, metric, descending(table, column)),
        metric=voice.metric(metric), filters=voice.filters(), thresholds=voice.thresholds(),
        group=_label(voice, group), period=voice.period(),
        items=[piece for at, item in enumerate(items) for piece in (["; ", *item] if at else item)],
        more="; the table has the others" if len(groups) > TOLD else "",
    )  # fmt: skip


def _ranked(voice: Voice, group: str) -> list[Piece]:
    """Call topics: what is ranked within the groups, one or several of each."""
    query, table = voice.table.query, voice.table
    names = [name for name in (*table.names("time"), *table.names("dimension")) if name != group]
    several = bool(query and query.limit and query.limit > 1)
    if len(names) == 1 and several:
        label = plural(in_sentence(table.column(names[0]).label or names[0]))
        return [Fact(text=label, value=names[0], source="query:dimension")]
    return series([[_label(voice, name)] for name in names])


def _label(voice: Voice, name: str) -> Piece:
    label = in_sentence(voice.table.column(name).label or name)
    if name in voice.table.names("time"):
        return label
    return Fact(text=label, value=name, source="query:dimension")


def _extreme(voice: Voice, metric: str, largest: bool) -> Fact:
    text = extreme_word(voice, metric, largest)
    return Fact(text=text, value="max" if largest else "min", source=f"query:ranked_within:{voice.table.part}")


def _name(voice: Voice, row: int, name: str) -> list[Piece]:
    """A value by its label, a month by its name, and that it is not over yet."""
    if name in voice.table.names("time"):
        return [bucket(voice, row), so_far(voice.table, row)]
    return [voice.value(row, name)]


def _row(voice: Voice, row: int, group: str, metric: str) -> list[Piece]:
    names = [name for name in (*voice.table.names("time"), *voice.table.names("dimension")) if name != group]
    said: list[Piece] = []
    for at, name in enumerate(names):
        said += [*([" / "] if at else []), *_name(voice, row, name)]
    return [*said, " (", voice.cell(row, metric), ")"]
