"""Which drugs are denied most: the figure's name holds what it is to be broken down by."""

from __future__ import annotations

from agents.planner.breakdown import read_numbers
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span
from agents.planner.words import FILLER, FUNCTION, POPULATION, word_set

_ASKING = word_set("which what each every")
_NEAR = 1


def read_named_parts(reading: Reading, lexicon: Lexicon) -> None:
    """Add the breakdown by a dimension that stands within a figure's name and is asked for.

    `Which drugs are denied`, `top denied drugs`, `drugs denied more than 100 times`; not `how many drugs were
    denied`, nor `top plan changes`.
    """
    known = {name for span in reading.breakdown for name in span.names}
    for figure in reading.of_kind("metric"):
        for at in range(figure.start, figure.end):
            found = tuple(
                t for t in sorted(lexicon.exact.get((reading.tokens[at].lemma,), ())) if t.kind == "dimension"
            )
            if not found or reading.tokens[at].text in POPULATION or known & {target.name for target in found}:
                continue
            led = reading.tokens[at - 1].text in _ASKING if at else False
            if (led and _asked_by_which(reading, figure, at)) if known else _asked(reading, figure, at):
                reading.breakdown.append(Span(at, at + 1, "dimension", found, weight=0.5))
                read_numbers(reading)
                return


def _asked_by_which(reading: Reading, figure: Span, at: int) -> bool:
    """`which drug is denied most in each state`, not `which plan changes`."""
    following = reading.tokens[at + 1].text if at + 1 < len(reading.tokens) else ""
    if not _are_several(reading, at) and not (following in FUNCTION | FILLER or at == figure.end - 1):
        return False
    return bool({token.text for token in reading.tokens[max(0, at - 2) : at]} & _ASKING)


def _are_several(reading: Reading, at: int) -> bool:
    return reading.tokens[at].text.endswith("s") and not reading.tokens[at].text.endswith("ss")


def _asked(reading: Reading, figure: Span, at: int) -> bool:
    several = _are_several(reading, at)
    if _asked_by_which(reading, figure, at):
        return True
    if not several and at != figure.end - 1:
        return False
    ranked = reading.ranking is not None and 0 <= figure.start - reading.ranking.end <= _NEAR
    return several and (
        (ranked and at == figure.end - 1) or (at == 0 and bool(reading.thresholds or reading.ranking))
    )
