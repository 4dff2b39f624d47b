"""Sentences for a member's journey: each step of the shared path with its calls, then how it ends."""

from __future__ import annotations

from agents.prose import Piece, Prose, series
from agents.rankings import UNSAYING
from agents.shapes import dimension_names
from agents.sight import Sight
from agents.voice import Voice


def journey(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The path shared at each step: Billing (1,200 calls, 40.6%), MAPD / New members (...). How it ends: ..."""
    steps = [voice for voice in voices if voice.table.query and voice.table.names("dimension")]
    ends = [voice for voice in voices if voice.table.query and not voice.table.names("dimension")]
    told = [piece for voice in steps if (piece := _step(voice))]
    lead = steps[0]
    volume = lead.metric(lead.table.names("metric")[0])
    prose.write(
        "How members come to call{filters}{period}, with the {volume} that are left at each step: {steps}.",
        filters=lead.filters(), period=lead.period(), volume=volume, steps=series(told),
    )  # fmt: skip
    for voice in ends:
        _end(prose, voice)


def _step(voice: Voice) -> list[Piece]:
    """journey Billing (30,264, 40.6% of the step before)"""
    table = voice.table
    metric = table.names("metric")[0]
    row = _telling_row(voice)
    if row is None:
        return []
    share = f"{metric}__share"
    of_it: list[Piece] = [", ", voice.cell(row, share)] if table.number(row, share) is not None else []
    return [*dimension_names(voice), " ", *voice.row_name(row), " (", voice.cell(row, metric), *of_it, ")"]


def _telling_row(voice: Voice) -> int | None:
    """The row that the path goes on from: the one that says something and has a figure."""
    table = voice.table
    metric, names = table.names("metric")[0], table.names("dimension")
    for row in sorted(table.rows):
        known = not any(str(table.cell(row, name)).startswith(UNSAYING) for name in names)
        if known and table.number(row, metric):
            return row
    return None


def _end(prose: Prose, voice: Voice) -> None:
    """How it ends: leaked calls 1,204, minutes from failure to call 7.9, handle time 18.2 minutes, ..."""
    table = voice.table
    known = [name for name in table.names("metric") if table.count and table.number(0, name) is not None]
    if not known:
        return
    said: list[list[Piece]] = [[voice.metric(name), " ", voice.cell(0, name)] for name in known]
    prose.write("At the end of that path: {said}.", said=series(said))
