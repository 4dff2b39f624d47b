"""Sentences for what a fix brought: before and since, against the counterfactual, with interval and verdict."""

from __future__ import annotations

from agents.answer import Fact
from agents.prose import Piece, Prose, number
from agents.sight import Sight
from agents.voice import Voice, interval

_SAID = {
    "worked": "{fix} (live since {day}) worked: {change}.",
    "no effect": "{fix} (live since {day}) shows no effect that it was approved for: {change}.",
    "worse": "After {fix} went live ({day}) calls are above what they would have been: {change}.",
    "too early to say": "For {fix} (live since {day}) it is too early to say: {change}, which chance can bring.",
}
_SAVINGS = ("savings_per_year", "savings_low", "savings_high")


def impact(prose: Prose, voices: list[Voice], sight: Sight) -> None:
    """The fix worked: 4,250 calls a day since then against 5,010 without it, a change of -15.2% (95% ...)."""
    sides, result = voices[:2]
    table = result.table
    change: list[Piece] = [
        sides.cell(1, "calls_per_day"), " calls a day since then against ", sides.cell(2, "calls_per_day"),
        " without it, a change of ", result.cell(0, "effect"), " (", interval(sight), " interval ",
        result.cell(0, "effect_low"), " to ", result.cell(0, "effect_high"), ")",
    ]  # fmt: skip
    template = _SAID[str(table.cell(0, "verdict"))]
    pieces: dict[str, Piece | list[Piece]] = {
        "fix": result.text(0, "fix"), "change": change,
        "day": result.text(0, "go_live"),
    }  # fmt: skip
    prose.write(template.replace("above", "{above}"), above=_above(result), **pieces)
    prose.write("Earlier there were {before} a day.", before=sides.cell(0, "calls_per_day"))
    if all((table.number(0, name) or 0.0) < 0 for name in ("avoided_per_day", *_SAVINGS)):
        calls, cost, most, least = (_without_sign(result, name) for name in ("avoided_per_day", *_SAVINGS))
        prose.write(
            "These are {calls} {more} calls a day, which cost {cost} a year ({least} to {most}).",
            calls=calls, more=_above(result, "more"), cost=cost, least=least, most=most,
        )  # fmt: skip
    else:
        prose.write(
            "The difference is {avoided} calls a day, {savings} a year ({low} to {high}).",
            avoided=result.cell(0, "avoided_per_day"), savings=result.cell(0, "savings_per_year"),
            low=result.cell(0, "savings_low"), high=result.cell(0, "savings_high"),
        )  # fmt: skip
    _beside(prose, voices[3], voices[4])
    if table.number(0, "expected") is not None:
        prose.write("At approval {expected} was expected.", expected=result.cell(0, "expected"))


def _beside(prose: Prose, before: Voice, since: Voice) -> None:
    """Repeat call rate went from 23.0% to 18.0%."""
    for name in before.table.names("metric")[1:]:
        if before.table.number(0, name) is not None and since.table.number(0, name) is not None:
            prose.write(
                "{metric} went from {old} to {new}.",
                metric=before.metric(name, start=True), old=before.cell(0, name), new=since.cell(0, name),
            )  # fmt: skip


def _without_sign(result: Voice, name: str) -> Fact:
    value, unit = result.table.number(0, name) or 0.0, result.table.column(name).unit
    return number(abs(value), unit, f"formula:abs(cell:{result.table.part}:0:{name})")


def _above(result: Voice, word: str = "above") -> Fact:
    return Fact(text=word, value=1, source=f"direction:cell:{result.table.part}:0:effect")
