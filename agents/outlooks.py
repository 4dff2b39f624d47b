"""Sentences for who is likely to call or to change plan: the groups, what sets the first apart, how sure it is."""

from __future__ import annotations

from agents.answer import Fact
from agents.prose import Piece, Prose, series
from agents.sight import Sight
from agents.voice import Voice

NAMED = 3


def outlook(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """New is most likely to call within 14 days: 61.4% of its 79,574 members, against 56.8% of all."""
    card = voices[-1]
    if len(voices) < 2:
        _cannot_tell(prose, card)
        return
    scores, reasons = voices[0], voices[1]
    by = scores.table.names("dimension")[0]
    rows = sorted(scores.table.rows)
    prose.write(
        "{first} is {most} likely to {does} within {ahead}: {score} of its {members} members, against {usual} "
        "of all.",
        first=scores.value(rows[0], by), most=_most(scores), does=card.text(0, "does"),
        ahead=card.text(0, "ahead"),
        score=scores.cell(rows[0], "score"), members=scores.cell(rows[0], "members"),
        usual=scores.cell(rows[0], "usual"),
    )  # fmt: skip
    following: list[list[Piece]] = [
        [scores.value(row, by), " (", scores.cell(row, "score"), ")"] for row in rows[1 : NAMED + 1]
    ]
    if following:
        prose.write("Then: {items}.", items=series(following))
    _why(prose, reasons, str(scores.table.cell(rows[0], by)))
    prose.write(
        "On days it had not seen, the model put who did before who did not in {pairs} of pairs ({low} to {high}; "
        "chance does in {chance}), and what it expects lies {gap} from what came.",
        pairs=card.cell(0, "pairs"), low=card.cell(0, "pairs_low"), high=card.cell(0, "pairs_high"),
        gap=card.cell(0, "gap"), chance=card.cell(0, "chance"),
    )  # fmt: skip


def _cannot_tell(prose: Prose, card: Voice) -> None:
    prose.write(
        "Nothing in the data tells who is likely to {does}: on days it had not seen, the model put who did before "
        "who did not in {pairs} of pairs ({low} to {high}), and chance does in {chance}.",
        does=card.text(0, "does"), pairs=card.cell(0, "pairs"), low=card.cell(0, "pairs_low"),
        high=card.cell(0, "pairs_high"), chance=card.cell(0, "chance"),
    )  # fmt: skip
    prose.write(
        "So no group is ranked: {came} of {members} members did within {ahead}, in whichever group.",
        came=card.cell(0, "came"), members=card.cell(0, "members"), ahead=card.text(0, "ahead"),
    )  # fmt: skip


def _why(prose: Prose, reasons: Voice, group: str) -> None:
    table = reasons.table
    items: list[list[Piece]] = [
        [
            Fact(text=str(table.cell(row, "said")), value=str(table.cell(row, "said")),
                 source=f"text:{table.part}:{row}:said"),
            " (", reasons.cell(row, "share"), " of them, ", reasons.cell(row, "usual"), " of all)",
        ]
        for row in sorted(table.rows)
        if table.cell(row, "group") == group
    ]  # fmt: skip
    if items:
        prose.write("What sets it apart: {items}.", items=series(items))


def _most(scores: Voice) -> Fact:
    return Fact(text="most", value="max", source=f"extreme:max:{scores.table.part}:0:score")
