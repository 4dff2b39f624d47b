"""Sentences for what drives a change: who carries it, what it is made of, and where whole and parts disagree."""

from __future__ import annotations

from agents import narratives
from agents.answer import Fact
from agents.prose import Piece, Prose, number, series
from agents.rankings import UNSAYING
from agents.shapes import Telling, dimension_names, single
from agents.sight import SeenTable, Sight
from agents.voice import Voice, steady
from tools.drivers.explain import NOTHING_STANDS_OUT
from tools.drivers.factors import FACTOR
from tools.drivers.layout import CONTRIBUTION, OTHERS, OVERLAP, SHARE, SHARE_BEFORE

LEAST_AGAINST = 0.1  # of the change: what the parts do against the whole must be worth a warning


def drivers(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The change, the values that carry it, what it is made of, when it began; never a proven cause."""
    made = [voice for voice in voices[1:] if voice.table.has(CONTRIBUTION)]
    if not made:
        narratives.drivers(prose, voices, sight)
        return
    total = voices[0]
    single(prose, Telling(total, total))
    metric = total.table.names("metric")[0]
    cuts = [voice for voice in made if not voice.table.has(FACTOR)]
    if _moved(total.table, metric):
        _carried(prose, total, cuts)
        _made_of(prose, [voice for voice in made if voice.table.has(FACTOR)])
        _disagreement(prose, cuts)
    narratives.step(prose, voices, metric)
    prose.write("This is where it happens, not a proven cause.")


def _moved(table: SeenTable, metric: str) -> bool:
    new, old = table.number(0, metric), table.number(0, f"{metric}__previous")
    return new is not None and old is not None and not steady(new, old, table.column(metric).unit)


def _carried(prose: Prose, total: Voice, cuts: list[Voice]) -> None:
    """Of the rise, MAPD carries 92.0% (3,900; it was 61.5% of the figure before)."""
    telling = [voice for voice in cuts if not voice.table.title.startswith(NOTHING_STANDS_OUT)]
    items = [
        [*_name(voice, row), " carries ", *_size(voice, row)] for voice in telling if (row := _telling(voice)) >= 0
    ]
    if not items:
        prose.write("No single value carries it: what moved apart from the others is within what chance gives.")
        return
    prose.write("Of the {move}, {items}.", move=_move(total), items=series(items))


def _move(total: Voice) -> Fact:
    metric = total.table.names("metric")[0]
    change = total.table.number(0, f"{metric}__change") or 0.0
    source = f"direction:cell:{total.table.part}:0:{metric}__change"
    return Fact(text="rise" if change > 0 else "fall", value=1 if change > 0 else -1, source=source)


def _name(voice: Voice, row: int) -> list[Piece]:
    return [*voice.row_name(row), " (", *dimension_names(voice), ")"]


def _size(voice: Voice, row: int) -> list[Piece]:
    """92.0% (3,900; it was 61.5% of the figure before)."""
    lead = [voice.cell(row, SHARE), " ("] if voice.table.number(row, SHARE) is not None else ["("]
    pieces: list[Piece] = [*lead, voice.cell(row, CONTRIBUTION)]
    if voice.table.number(row, SHARE_BEFORE) is not None:
        pieces += ["; it was ", voice.cell(row, SHARE_BEFORE), " of the figure before"]
    return [*pieces, ")"]


def _rows(voice: Voice) -> list[int]:
    """The rows of single values: not the others, not the total, which comes last."""
    table, name = voice.table, voice.table.names("dimension")[0]
    return [row for row in sorted(table.rows)[:-1] if table.cell(row, name) not in (OTHERS, OVERLAP)]


def _telling(voice: Voice) -> int:
    """The row that moved furthest beyond its share of the move, -1 when none carries much of it."""
    table, last = voice.table, max(voice.table.rows)
    change = table.number(last, CONTRIBUTION) or 0.0
    names = table.names("dimension")

    def excess(row: int) -> float:
        weight = table.number(row, SHARE_BEFORE)
        if weight is None:
            weight = ((table.number(row, "weight") or 0.0) + (table.number(row, "weight_before") or 0.0)) / 2
            return (table.number(row, CONTRIBUTION) or 0.0) - weight * (table.number(last, "rate_effect") or 0.0)
        return (table.number(row, CONTRIBUTION) or 0.0) - weight * change

    told = [
        row for row in _rows(voice) if not any(str(table.cell(row, name)).startswith(UNSAYING) for name in names)
    ]
    sign = 1 if change >= 0 else -1
    return max(told, key=lambda row: sign * excess(row), default=-1)


def _made_of(prose: Prose, voices: list[Voice]) -> None:
    """By what it is made of: failed digital sessions 94.9%, digital leakage rate 5.1%."""
    for voice in voices:
        rows = sorted(voice.table.rows)[:-1]
        items: list[list[Piece]] = [[voice.value(row, FACTOR), " ", voice.cell(row, SHARE)] for row in rows]
        prose.write("By what it is made of: {items} of the {move}.", items=series(items), move=_change_word(voice))


def _change_word(voice: Voice) -> Fact:
    last = max(voice.table.rows)
    change = voice.table.number(last, CONTRIBUTION) or 0.0
    source = f"direction:cell:{voice.table.part}:{last}:{CONTRIBUTION}"
    return Fact(text="rise" if change > 0 else "fall", value=1 if change > 0 else -1, source=source)


def _disagreement(prose: Prose, cuts: list[Voice]) -> None:
    """The warning where a ratio goes one way and its parts the other: the mix moved, not the parts."""
    for voice in cuts:
        table, last = voice.table, max(voice.table.rows)
        change, rate = table.number(last, CONTRIBUTION), table.number(last, "rate_effect")
        if not change or not rate or rate * change > 0 or abs(rate) < abs(change) * LEAST_AGAINST:
            continue
        source = f"cell:{table.part}:{last}:rate_effect"
        prose.write(
            "Beware: by {dimension}, the parts' own figures together went {way} by {size}, against the whole; "
            "it is their mix that moved.",
            dimension=dimension_names(voice),
            way=voice.direction(rate, source),
            size=number(abs(rate), table.column("rate_effect").unit, f"formula:abs({source})"),
        )  # fmt: skip
        return
