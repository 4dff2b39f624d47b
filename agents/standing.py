"""Sentences for the state of the day: what left its expectation, then the costliest leaks and the headlines."""

from __future__ import annotations

from agents import narratives
from agents.explaining import day_of
from agents.prose import Piece, Prose, number
from agents.sight import Sight
from agents.voice import Voice, percentage_points
from tools.changes import CHANGED, SINCE, STATE, STATES
from tools.standing import ALIGNED, BEGAN, CHANGE, COST, INCIDENT, NO_CAUSE, STANDING, WHERE

TOLD = 3
_SAID = {
    "new": "New since {since}: {items}.",
    "continuing": "Going on since before {since}: {items}.",
    "improving": "Improving since {since}: {items}.",
    "resolved": "Resolved since {since}: {items}.",
}


def briefing(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """What the scan found, where there was one; then the week's costliest leaks and the headline metrics.

    Of what changed since a day: what is new, goes on, improves and is over, then the headline metrics.
    """
    if voices[0].table.title == CHANGED:
        told = voices[0].table.count
        _changed(prose, voices[0], voices[1 : 1 + told])
        narratives.headlines(prose, voices[1 + told :])
        return
    place = next((at for at, voice in enumerate(voices) if voice.table.title == STANDING), len(voices))
    if place < len(voices):
        _found(prose, voices[place])
    if place:
        narratives.briefing(prose, voices[:place], sight)


def _found(prose: Prose, voice: Voice) -> None:
    rows = sorted(voice.table.rows)
    if not rows:
        prose.write("The scan of the day finds nothing out of the ordinary that may be shown.")
        return
    prose.write("Out of the ordinary: {items}.", items=_apart([_incident(voice, row) for row in rows[:TOLD]]))


def _changed(prose: Prose, voice: Voice, figures: list[Voice]) -> None:
    rows = sorted(voice.table.rows)
    if not rows:
        prose.write("The scan of the day finds nothing out of the ordinary that may be shown.")
        return
    since = day_of(voice, rows[0], SINCE)
    for state in STATES:
        mine = [row for row in rows if voice.table.cell(row, STATE) == state]
        if mine:
            prose.write(
                _SAID[state], since=since, items=_apart([_move(voice, row, figures[row]) for row in mine[:TOLD]])
            )
        elif state == "new":
            prose.write("Nothing new has left its expectation since {since}.", since=since)
    prose.write("The figures{period} stand against as many days before.", period=figures[rows[0]].period())


def _move(voice: Voice, row: int, figure: Voice) -> list[Piece]:
    """Failed digital sessions (ELG-4031) since 15 October 2026: 61,000, up 3.0%."""
    metric = figure.table.names("metric")[0]
    pieces: list[Piece] = [
        voice.value(row, INCIDENT), " (", voice.value(row, WHERE), ") since ", day_of(voice, row, BEGAN), ": ",
        figure.cell(0, metric),
    ]  # fmt: skip
    moved = figure.moved(0, metric, brief=True)
    return [*pieces, ", ", *moved] if moved else pieces


def _incident(voice: Voice, row: int) -> list[Piece]:
    """Leaked calls (Billing / MAPD): 26,000 since 15 October 2026, up 18.2% on expectation, $31,000 so far."""
    table, part = voice.table, voice.table.part
    unit = next(name for name in table.names("derived")
                if name.startswith("expected_") and table.number(row, name) is not None)  # fmt: skip
    pieces: list[Piece] = [
        voice.value(row, INCIDENT), " (", voice.value(row, WHERE), "): ",
        voice.cell(row, unit.replace("expected_", "observed_")), " since ", day_of(voice, row, BEGAN),
    ]  # fmt: skip
    change = table.number(row, CHANGE)
    if change:
        pieces += [", ", *_against_expectation(voice, row, unit, change), " on expectation"]
    if cost := table.number(row, COST):
        size = number(abs(cost), "usd", f"formula:abs(cell:{part}:{row}:{COST})")
        pieces += [", ", size, " of cost" if cost > 0 else " saved"]
    if table.cell(row, ALIGNED) != NO_CAUSE:
        pieces += [', aligned with "', voice.value(row, ALIGNED), '"']
    return pieces


def _against_expectation(voice: Voice, row: int, expected: str, change: float) -> list[Piece]:
    """up 18.2%; of a rate or a score, whose percentage would mislead: up 40.4 percentage points, down 0.08."""
    part, seen = voice.table.part, expected.replace("expected_", "observed_")
    unit = voice.table.column(expected).unit
    was, now = voice.table.number(row, expected), voice.table.number(row, seen)
    if was is None or now is None or unit not in ("rate", "score", "points", "percent"):
        return voice.went(change, f"cell:{part}:{row}:{CHANGE}")
    source = f"sub(cell:{part}:{row}:{seen}, cell:{part}:{row}:{expected})"
    size = (
        percentage_points(now - was, source)
        if unit == "rate"
        else number(abs(now - was), unit, f"formula:abs({source})")
    )
    return [voice.direction(now - was, f"formula:{source}"), " ", size]


def _apart(items: list[list[Piece]]) -> list[Piece]:
    pieces: list[Piece] = []
    for index, item in enumerate(items):
        pieces += ["; " if index else "", *item]
    return pieces
