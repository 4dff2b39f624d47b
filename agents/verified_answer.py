"""What an answer says of the verified query behind it: whose it is, when it was checked, with what it was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.answer import AnswerParameter, VerifiedBy
from semantic.echo import listed, period
from semantic.parameters import Argument, default_of, label_of
from semantic.query import TimeRange

if TYPE_CHECKING:
    from semantic.model import Parameter
    from tools.desk import Desk
    from tools.outcome import Found

CHIPS = {"limit": "limit", "period": "period", "value": "filter", "metric": "order"}
"""The chip that shows a parameter's slot, by the parameter's type."""


def verified_by(found: Found, desk: Desk) -> VerifiedBy | None:
    """The verified query of a result with its parameters, those that can be set but are not with no value."""
    if found.verified is None:
        return None
    query = found.verified.query
    shown = []
    for name, parameter in query.parameters.items():
        argument = found.verified.arguments.get(name)
        shown.append(
            AnswerParameter(
                name=name,
                type=parameter.type,
                label=label_of(parameter, desk.semantic),
                value="" if argument is None else _in_words(parameter, argument, desk),
                usual=_is_usual(parameter, argument, desk),
            )
        )
    promotion = query.promotion
    return VerifiedBy(
        name=query.name,
        title=query.title,
        owner=query.owner,
        checked=query.checked,
        checked_by=promotion.get("approved_by", ""),
        parameters=shown,
    )


def trust_words(by: VerifiedBy) -> str:
    """Owner, day and arguments in a sentence or two, for the reason of an answer's trust."""
    checked = f", checked {by.checked}" if by.checked else ""
    checker = f" by {by.checked_by}" if by.checked and by.checked_by else ""
    said = [f"{p.label.lower()} {p.value}" for p in by.parameters if p.value and not p.usual]
    own = f" Set in this question: {'; '.join(said)}." if said else ""
    return f"Owner: {by.owner}{checked}{checker}.{own}"


def _in_words(parameter: Parameter, argument: Argument, desk: Desk) -> str:
    if isinstance(argument, TimeRange):
        return argument.label or period(argument)
    if parameter.type == "value" and isinstance(argument, tuple):
        return listed([desk.values.label(parameter.dimension, value) for value in argument], "or")
    if parameter.type == "metric":
        known = desk.semantic.metrics.get(str(argument))
        return known.label if known else str(argument)
    assert isinstance(argument, int | float)
    return f"{argument:g}%" if parameter.type == "percent" else f"{argument:g}"


def _is_usual(parameter: Parameter, argument: Argument | None, desk: Desk) -> bool:
    """Whether the argument is what stands when a question does not say it."""
    usual = default_of(parameter)
    if isinstance(argument, TimeRange):
        days = desk.read_period(str(usual)) if usual else None
        return days is not None and (days.start, days.end) == (argument.start, argument.end)
    return argument == usual
