"""Sentences for what drives a change: who carries it, what it is made of, and where whole and parts disagree."""

from __future__ import annotations

from datetime import date

from agents import narratives
from agents.answer import Fact
from agents.prose import Piece, Prose, number, series
from agents.rankings import UNSAYING, ranked
from agents.shapes import Telling, dimension_names, single
from agents.sight import SeenTable, Sight
from agents.voice import Voice, steady
from agents.wording import bucket_in_words, in_sentence, is_plural, number_word
from tools.causes import DAYS_BEFORE, KIND
from tools.drivers.explain import NOTHING_STANDS_OUT
from tools.drivers.factors import FACTOR
from tools.drivers.layout import CONTRIBUTION, OTHERS, OVERLAP, SHARE, SHARE_BEFORE
from tools.drivers.places import CONCENTRATES, SHARE_NOW, VALUE
from tools.drivers.start import BEGAN, EARLIEST, LATEST

ALONE = 1.2
EVENTS_TOLD = 2
LEAST_EVENTS = 10  # of which the most can be said to lie somewhere
LEAST_AGAINST = 0.1  # of the change: what the parts do against the whole must be worth a warning


def drivers(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The change, the values that carry it, what it is made of, when it began; never a proven cause."""
    made = [voice for voice in voices[1:] if voice.table.has(CONTRIBUTION)]
    if not made:
        narratives.drivers(prose, voices, sight)
        return
    total = voices[0]
    if total.table.names("dimension"):
        _gap(prose, total, made)
        return
    single(prose, Telling(total, total))
    metric = total.table.names("metric")[0]
    cuts = [voice for voice in made if not voice.table.has(FACTOR)]
    _concentrated(prose, [voice for voice in voices if voice.table.title == CONCENTRATES])
    if _moved(total.table, metric):
        _carried(prose, total, cuts)
        _made_of(prose, [voice for voice in made if voice.table.has(FACTOR)])
        _disagreement(prose, cuts)
    _began(prose, voices)
    prose.write("This is where it happens, not a proven cause.")


def _gap(prose: Prose, lead: Voice, cuts: list[Voice]) -> None:
    """Two groups: their figures, who carries the difference, and how much of it is how they are made up."""
    ranked(prose, Telling(lead, lead))
    telling = [voice for voice in cuts if not voice.table.title.startswith(NOTHING_STANDS_OUT)]
    items = [[*_name(voice, row), *_size(voice, row)] for voice in telling if (row := _telling(voice)) >= 0]
    if items:
        prose.write("Of the difference, {items}.", items=series(items))
    first = cuts[0]
    last = max(first.table.rows)
    if first.table.number(last, "mix_effect") is not None:
        prose.write(
            "By {by}: {rate} of it comes from the figures themselves, {mix} from the mix of the groups.",
            by=dimension_names(first), rate=first.cell(last, "rate_effect"), mix=first.cell(last, "mix_effect"),
        )  # fmt: skip
    _disagreement(prose, cuts)
    prose.write("This is where it happens, not a proven cause.")


def _moved(table: SeenTable, metric: str) -> bool:
    new, old = table.number(0, metric), table.number(0, f"{metric}__previous")
    return new is not None and old is not None and not steady(new, old, table.column(metric).unit)


def _concentrated(prose: Prose, voices: list[Voice]) -> None:
    """Leaked calls concentrate in Billing (41.2% by journey) and MAPD (38.0% by plan type).

    Of a ratio it is the count above the line whose parts these are: it is called by its name.
    """
    for voice in voices:
        items: list[list[Piece]] = []
        for row in sorted(voice.table.rows):
            if voice.table.number(row, SHARE_NOW) is not None:
                by = str(voice.table.cell(row, "by"))
                if _is_of_few(voice, row):
                    continue
                label = Fact(text=in_sentence(by), value=by, source="query:dimension")
                items.append([voice.value(row, VALUE), " (", voice.cell(row, SHARE_NOW), " by ", label, ")"])
        if items:
            metric = voice.table.names("metric")[0]
            plural = is_plural(voice.table.column(metric).label)
            prose.write(
                "{metric} {verb} in {items}.", metric=voice.metric(metric, start=True),
                verb="concentrate" if plural else "concentrates", items=series(items),
            )  # fmt: skip


def _is_of_few(voice: Voice, row: int) -> bool:
    """Whether the whole is a handful of events: most of three is no concentration."""
    count = voice.table.names("metric")[0]
    part, share = voice.table.number(row, count) or 0.0, voice.table.number(row, SHARE_NOW) or 0.0
    return voice.table.column(count).unit == "count" and part < LEAST_EVENTS * share


def _carried(prose: Prose, total: Voice, cuts: list[Voice]) -> None:
    """Of the rise, MAPD carries 92.0% (3,900; it was 61.5% of the figure before)."""
    telling = [voice for voice in cuts if not voice.table.title.startswith(NOTHING_STANDS_OUT)]
    items = [[*_name(voice, row), *_size(voice, row)] for voice in telling if (row := _telling(voice)) >= 0]
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
    share = voice.table.number(row, SHARE)
    if share is None or share > ALONE:  # the others took some of it back: a share would be many times the whole
        return [" adds ", voice.cell(row, CONTRIBUTION)]
    pieces: list[Piece] = [" carries ", voice.cell(row, SHARE), " (", voice.cell(row, CONTRIBUTION)]
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


def _began(prose: Prose, voices: list[Voice]) -> None:
    """When it began, between what days, and the recorded events that fit that day, or that none does."""
    start = next((voice for voice in voices if voice.table.has(BEGAN)), None)
    if start is None:
        return
    between: list[Piece] = []
    if start.table.cell(0, EARLIEST) != start.table.cell(0, LATEST):
        between = [" (between ", day_of(start, 0, EARLIEST), " and ", day_of(start, 0, LATEST), ")"]
    prose.write("It probably began on {day}{between}.", day=day_of(start, 0, BEGAN), between=between)
    events = next((voice for voice in voices if voice.table.has(DAYS_BEFORE)), None)
    if events is None:
        return
    if not events.table.count:
        prose.write("No known cause: no recorded communication, fix or opening day fits it in date and segment.")
        return
    items = [_event(events, row) for row in sorted(events.table.rows)[:EVENTS_TOLD]]
    prose.write("Aligned with that, which proves nothing: {items}.", items=series(items))


def _event(voice: Voice, row: int) -> list[Piece]:
    """ "Changes to your plan benefits" (communication, MAPD, 14 October 2026, 1 day before)."""
    table = voice.table
    away = table.number(row, DAYS_BEFORE) or 0.0
    source = f"cell:{table.part}:{row}:{DAYS_BEFORE}"
    size = Fact(text=number_word(abs(int(away))), value=abs(away), unit="count", source=f"formula:abs({source})")
    days = f" day{'' if abs(away) == 1 else 's'} {'before' if away > 0 else 'after'}"
    when: list[Piece] = [", ", size, days] if away else [", the same day"]
    return ['"', voice.value(row, "name"), '" (', voice.value(row, KIND), ", ", voice.value(row, "plan"), ", ",
            day_of(voice, row, "day"), *when, ")"]  # fmt: skip


def day_of(voice: Voice, row: int, name: str) -> Fact:
    """A day of a table in words."""
    text = str(voice.table.cell(row, name))[:10]
    source = f"cell:{voice.table.part}:{row}:{name}"
    return Fact(text=bucket_in_words(date.fromisoformat(text), "day"), value=text, source=source)


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
