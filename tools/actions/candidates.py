"""Candidate actions: the playbook held against the leaks, each with what it reaches and is expected to bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semantic.values import cleaned, is_name
from tools.actions.drivers import REASON, STEP, Driver, Leak, Leaks
from tools.actions.history import History
from tools.actions.playbook import Playbook, PlaybookAction, filled
from tools.actions.scoring import Gain, Posterior, cx_gain, day_cost, effect_name
from tools.desk import Desk

LEAST_SAID = 0.5  # a plan, platform or tenure that carries at least this part of a leak is named in the text
LEAST_TIED = 0.75  # of the calls that an action reaches, so many must be of whatever else its text names
STEP_WORDS = "_"
GENERIC = {"journey": "this", "error_message": "error", "failure_reason": "an error", "step": "failing"}


@dataclass(frozen=True)
class Candidate:
    """One action on one leak. `reach` is the driver whose row counts what it reaches, None for the whole leak.

    `reduction`, `low` and `high`: the expected part of those calls that it stops, and the interval around it;
    `draws` are the same reductions as joint draws over all candidates. `score` orders them, 0 to 100.
    """

    action: PlaybookAction
    leak: Leak
    text: str
    reach: Driver | None
    reduction: float
    low: float
    high: float
    cx_lift: float
    cost: float
    past_fixes: int
    draws: NDArray[np.float64]

    @property
    def key(self) -> str:
        """What makes it the same action tomorrow: the playbook's entry and the journey."""
        return f"{self.action.key}:{self.leak.journey}"

    @property
    def title(self) -> str:
        """A short name: Billing: clearer message."""
        name = self.action.name
        return f"{self.leak.journey}: {name[:1].lower() if name[1:2].islower() else name[:1]}{name[1:]}"

    @property
    def calls(self) -> float:
        """The calls of the period that it reaches."""
        return self.leak.calls * (self.reach.share if self.reach else 1.0)


def candidates(
    leaks: Leaks, playbook: Playbook, history: History, posterior: Posterior, desk: Desk
) -> list[Candidate]:
    """Every playbook action whose conditions a leak meets, in the playbook's order within each leak."""
    matched = [
        (action, leak) for leak in leaks.leaks for action in playbook.actions.values() if applies(action, leak)
    ]
    wanted = [
        (effect_name(action.lever), leak.journey, f"{action.key}:{leak.journey}") for action, leak in matched
    ]
    drawn = posterior.draws(wanted) if wanted else np.empty((0, 0))
    gain = cx_gain(history, playbook)
    return [
        _candidate(action, leak, drawn[:, at], playbook, history, posterior, gain, desk)
        for at, (action, leak) in enumerate(matched)
    ]


def applies(action: PlaybookAction, leak: Leak) -> bool:
    """Whether a leak meets what the playbook asks of it."""
    if action.journeys and leak.journey not in action.journeys:
        return False
    if leak.repeat_rate < action.repeat_rate:
        return False
    for name, least in action.drivers.items():
        driver = leak.drivers.get(name)
        if driver is None or driver.share < least:
            return False
    allowed = all(_value(leak, name) in values for name, values in action.only.items())
    return allowed and not any(_value(leak, name) in values for name, values in action.unless.items())


def _value(leak: Leak, name: str) -> str:
    return leak.drivers[name].value if name in leak.drivers else ""


def _candidate(
    action: PlaybookAction,
    leak: Leak,
    drawn: NDArray[np.float64],
    playbook: Playbook,
    history: History,
    posterior: Posterior,
    gain: Gain,
    desk: Desk,
) -> Candidate:
    tail = (1 - playbook.history.interval) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    reach = leak.drivers[action.reaches] if action.reaches else None
    reduction = float(drawn.mean())
    part = reach.share if reach else 1.0
    return Candidate(
        action=action,
        leak=leak,
        text=filled(action.text, names_for(action, leak, playbook, desk)),
        reach=reach,
        reduction=reduction,
        low=float(low),
        high=float(high),
        cx_lift=gain.cx_per_reduction * reduction * part,
        cost=action.effort_days * day_cost(history, action.lever),
        past_fixes=posterior.fixes_by_lever.get(effect_name(action.lever), 0),
        draws=drawn,
    )


def names_for(action: PlaybookAction, leak: Leak, playbook: Playbook, desk: Desk) -> dict[str, str]:
    """What an action's text is filled from: the leading driver values, as people say them.

    A value is named only if the calls that the action is scored on are mostly its own: text and figure are one.
    """
    where = desk.semantic.defaults.where_dimension
    names = {"journey": _inside(_plain("journey", desk.values.label(where, leak.journey)))}
    for name, leading in leak.drivers.items():
        driver = _of_the_reached(name, leading, action, leak)
        if driver and leading.share >= min(LEAST_SAID, action.drivers.get(name, LEAST_SAID)):
            names[name] = _spoken(name, _plain(name, desk.values.label(name, driver.value)))
    message = leak.drivers.get("error_message")
    if message and "error_message" in names:
        names["message"] = playbook.message_noun(cleaned(message.value)) or GENERIC["error_message"]
    return names


def _of_the_reached(name: str, driver: Driver, action: PlaybookAction, leak: Leak) -> Driver | None:
    """The driver's value among the calls that an action reaches, or None where it may be another one.

    Two parts of one leak, of shares a and b, have at least a + b - 1 of it in common.
    """
    reach = leak.drivers[action.reaches] if action.reaches else None
    if reach is None or name == action.reaches:
        return driver
    if name == STEP and action.reaches == REASON and leak.stops_at:
        return leak.stops_at if leak.stops_at.share >= LEAST_TIED else None
    return driver if (driver.share + reach.share - 1) / reach.share >= LEAST_TIED else None


def _plain(name: str, label: str) -> str:
    """A label that is a short plain name; else, as data may hold any text, a word for what it stands for."""
    return label if is_name(label) else GENERIC.get(name, "")


def _inside(label: str) -> str:
    """A name inside a sentence: Billing becomes billing, ID Card stays."""
    return label.lower() if label.istitle() and " " not in label else label


def _spoken(name: str, label: str) -> str:
    if label == GENERIC.get(name):
        return label
    if name == "step":
        return f'"{label.replace(STEP_WORDS, " ")}"'
    if name == "failure_reason":
        return f'"{label}"'
    if name == "platform":
        return label.lower().removesuffix(" app")
    if name == "member_tenure":
        return label.lower().removesuffix(" members")
    return label
