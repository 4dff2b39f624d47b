"""A fragment that changes nothing of the last answer: asked about, where it acts on something or names nothing."""

from __future__ import annotations

import re

from agents.planner.cues import first
from agents.planner.draft import Ask, Draft
from agents.planner.plan import PriorTurn
from agents.planner.reading import Reading


def say_unchanged(reading: Reading, base: Draft, prior: PriorTurn, *, shown_again: bool) -> None:
    """`put both side by side`: a fragment that names nothing known and changes nothing is asked about."""
    settled = bool(base.ask or base.issues)
    if not settled and not _passed_over(reading, base):
        named = reading.spans or reading.grain or reading.ranking or shown_again or reading.others is not None
        again = first(reading, _AS_BEFORE) or re.fullmatch(_AGAIN, reading.text)
        settled = bool(named or again or base.assumptions)
    if base.kind == "query" and not settled and base.query() == prior.query:
        base.ask = Ask("clarify", "What should change in the last answer? Name a figure, a group or a period.")


_AS_BEFORE = r"repeat|same|all|everything|more|rest|no|without|drop|remove|clear|reset"
_AGAIN = (
    r"(?:(?:and|now|please|show|give|me|it|that|this|them|the|answer|chart|table|once|more|back|"
    r"number) ?)*again(?: [.?!]|"
    r" please| now)*"
)
_ACTS = r"only|just|remove|drop|without|exclude|excluding|hide|add|include|both|instead|rather|skip|lose|ignore"


def _passed_over(reading: Reading, base: Draft) -> bool:
    """`just the provider one`: what a fragment acts on by name, and the answer has not got it, or not it alone."""
    cut = {*base.dimensions, *(item.dimension for item in base.filters)}
    if any(span.names.isdisjoint(cut) for span in reading.of_kind("dimension")):
        return True
    if not first(reading, _ACTS):
        return False
    held = {(item.dimension, value) for item in base.filters for value in item.values}
    alone = first(reading, r"only|just") is not None
    for span in reading.spans:
        if span.kind == "metric" and (
            span.names.isdisjoint(base.metrics) or (alone and len(base.metrics) > 1 == len(reading.spans))
        ):
            return True
        if span.kind == "value" and not any((target.name, target.value) in held for target in span.targets):
            return True
    return False
