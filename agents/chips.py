"""The interpretation of an answer as chips: its query slot by slot, each with questions that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.answer import Chip, ChipOption
from agents.planner import edits
from agents.planner.periods import Clock
from agents.verified_answer import CHIPS, verified_by
from semantic.query import SemanticQuery
from semantic.windows import default_range
from tools.outcome import Found

if TYPE_CHECKING:
    from tools.desk import Desk

ANALYSES = ("drivers",)


def chips_for(found: Found, desk: Desk) -> list[Chip]:
    """Chips of a governed query or of drivers; none where no single semantic query was asked.

    Projections, briefings and rankings of actions put queries of their own: their slots are not the reader's.
    """
    query = found.tables[0].query if found.tables else None
    if query is None or found.shape not in ("query", *ANALYSES):
        return []
    analysis = found.shape in ANALYSES
    asked, window = _as_asked(query, desk)
    if analysis:  # the total is compared with the period before by the analysis, not by the question
        asked = asked.model_copy(update={"compare_to": None})
    held = frozenset(desk.principal.attributes)
    clock = Clock(desk.as_of, desk.first_day, partial_day=desk.partial_day)
    around = edits.Surroundings(desk.semantic, desk.values, clock, held, window)
    set_by = _parameters(found, desk)
    return [_chip(made, set_by) for made in edits.chips(asked, around, analysis=analysis)]


def _parameters(found: Found, desk: Desk) -> frozenset[tuple[str, str]]:
    """(kind, label) of the chips that a parameter of the verified query stands behind."""
    by = verified_by(found, desk)
    return (
        frozenset((CHIPS.get(p.type, ""), p.label if p.type == "value" else "") for p in by.parameters)
        if by
        else frozenset()
    )


def _as_asked(query: SemanticQuery, desk: Desk) -> tuple[SemanticQuery, str]:
    """The query without the default window that it ran over, and that window's name."""
    bare = query.model_copy(update={"time": None})
    window = default_range(bare, desk.questions, desk.as_of, desk.first_day)
    return (bare if query.time == window else query), window.label


def _chip(made: edits.Chip, set_by: frozenset[tuple[str, str]]) -> Chip:
    own = made.label if made.kind == "filter" else ""
    return Chip(
        parameter=(made.kind, own) in set_by,
        kind=made.kind,
        label=made.label,
        value=made.value,
        remove=made.remove.question if made.remove else "",
        options=[ChipOption(label=option.label, question=option.question) for option in made.options],
    )
