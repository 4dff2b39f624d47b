"""`only the leaked calls`, `for repeat calls only`: the last answer's figure of some of what it counts.

It is answered where the semantic model has that figure: as a count of a part of all, or as the same figure over
those. Anything else is asked back, for the figure of all of them would pass for the figure of some.
"""

from __future__ import annotations

import re
from dataclasses import replace

from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span
from agents.planner.words import word_set
from semantic.query import Order

_OPENING = (
    r"(?:(?:and|but|now|so|then|ok|okay|please|also) )*(?:only|just|for|among|within|in)(?: (?:only|just|for|"
    r"among|within|in|of))*(?: (?:the|our|those|these|all))* "
)
_AFTER = word_set("only just please instead then now ones alone though")


def restricting(reading: Reading) -> Span | None:
    """The count that such a fragment names, which names nothing else."""
    found = re.match(_OPENING, reading.text)
    spans = reading.of_kind("metric")
    others = [span for span in reading.spans if span.kind != "metric"]
    if not found or len(spans) != 1 or others or reading.breakdown or reading.grain:
        return None
    rest = reading.tokens[spans[0].end :]
    opens = spans[0].start == found.group().count(" ")
    return spans[0] if opens and all(token.is_mark or token.text in _AFTER for token in rest) else None


def restrict(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> bool:
    """Put the figure of the part in the place of the figure of all, or ask back. Whether that was asked for."""
    span = restricting(reading)
    if span is None or len(draft.metrics) != 1 or len(base.metrics) != 1:
        return False
    own, part = base.metrics[0], draft.metrics[0]
    meant = _figure_of(own, part, lexicon)
    reading.explain(0, len(reading.tokens))
    if meant:
        base.metrics = [meant]
        base.order = Order(by=meant, direction=base.order.direction) if base.order else None
        base.having = []
        base.share = base.share and lexicon.model.adds_up(meant)
    elif part != own:
        labels = lexicon.model.metrics
        message = f"{labels[own].label} is not known for {labels[part].label.lower()} alone. Show these instead?"
        instead = replace(base, metrics=[part], order=None, limit=None, having=[], share=False, issues=[])
        base.ask = Ask("clarify", message, candidates=[instead])
    return True


def _figure_of(own: str, part: str, lexicon: Lexicon) -> str:
    """The figure that `own` is over the events of `part` alone; empty where the model has none."""
    metrics = lexicon.model.metrics
    one, other = metrics[own], metrics[part]
    if other.unit != "count":
        return part  # `only NPS`: another figure
    kin = [metrics[name] for name in metrics if name in one.siblings or own in metrics[name].siblings]
    over = [two.name for two in kin if two.unit == one.unit and two.denominator == other.numerator]
    if one.denominator:
        return over[0] if len(over) == 1 else ""
    rates = [metrics[name] for name in other.siblings if metrics[name].numerator == other.numerator]
    whole = any(rate.denominator == one.numerator for rate in rates)
    return part if one.unit == "count" and (whole or part in one.siblings) else ""
