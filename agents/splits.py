"""Sentences for the A/B read-out of a fix that only a part has: with it against without it, and how surely."""

from __future__ import annotations

from agents.answer import Fact
from agents.prose import Piece, Prose
from agents.sight import Sight
from agents.voice import Voice, interval
from tools.actions.ab_test import EACH, shows_effect


def split(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The split shows an effect: calls with the fix fell by 13.2% against those without (95% interval ...)."""
    sides, said = voices[:2]
    verdict = str(said.table.cell(0, "verdict"))
    shown = "an effect" if shows_effect(verdict) else "no effect yet"
    lead: list[Piece] = ["The split shows "]
    if said.table.cell(0, "fix"):
        fix, day = said.text(0, "fix"), said.text(0, "go_live")
        lead = [fix, " (live since ", day, ", for ", sides.text(0, "group"), " only): the split shows "]
    prose.write(
        "{lead}{shown}. {of} with the fix went {direction} by {change} against {others} without it ({interval} "
        "interval {low} to {high}{chance}), by {before} before and {since} since.",
        lead=lead, shown=shown, of=said.text(0, "of"), change=_size(said), others=sides.text(1, "group"),
        direction=said.direction(said.table.number(0, "change") or 0.0, f"cell:{said.table.part}:0:change"),
        interval=interval(sight), low=said.cell(0, "change_low"), high=said.cell(0, "change_high"),
        chance="" if shows_effect(verdict) else ", which chance alone can bring",
        before=said.cell(0, "weeks_before"), since=said.cell(0, "weeks_since"),
    )  # fmt: skip
    for row, name in enumerate(("With it", "Without it")):
        prose.write(
            name + ": {since}{daily} since, {before} before{sizes}.",
            since=sides.cell(row, "since"), before=sides.cell(row, "before"),
            daily=" a day" if "a day" in sides.table.column("since").label else "", sizes=_sizes(sides, row),
        )  # fmt: skip
    if len(voices) > EACH:
        each, last = voices[EACH], voices[EACH].table.count - 1
        prose.write(
            "Against each of the other groups alone it is {low} ({lower}) to {high} ({upper}).",
            low=each.cell(0, "change"), lower=each.text(0, "group"), high=each.cell(last, "change"),
            upper=each.text(last, "group"),
        )  # fmt: skip


def _sizes(sides: Voice, row: int) -> list[Piece]:
    """, from 1,265 calls by 700 members since: the sample."""
    nouns = {"count": "calls", "members": "members"}
    known = [(name, noun) for name, noun in nouns.items() if sides.table.has(f"{name}_since")]
    known = [(name, noun) for name, noun in known if sides.table.number(row, f"{name}_since") is not None]
    pieces: list[Piece] = []
    for at, (name, noun) in enumerate(known):
        pieces += [" by " if at else ", from ", sides.cell(row, f"{name}_since"), f" {noun}"]
    return [*pieces, " since"] if pieces else []


def _size(said: Voice) -> Fact:
    change = said.table.number(0, "change") or 0.0
    fact = said.cell(0, "change")
    return fact.model_copy(
        update={
            "text": fact.text.removeprefix("-"),
            "value": abs(change),
            "source": f"formula:abs(cell:{said.table.part}:0:change)",
        }
    )
