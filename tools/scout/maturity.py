"""How ripe a day's decisions are: what its denial rate would be expected to show before all is decided.

A claim is decided days after it came in, and what is denied may take longer or shorter than what is approved.
Claims of days on which all is decided tell how long each takes, and so what share is denied among those decided
within so many days of coming in, against the share in the end. A day that still waits is held against that share,
not against the final one, which would make every young day look better (or worse) than it is. A reporting-delay
model as in the surveillance of infections (Lawless 1994), with the delays read off the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc

from semantic.compiler.cube import compile_cube
from semantic.model import SemanticModel
from semantic.query import TimeRange
from tools.scout.cube import Floats
from tools.scout.lines import lines_of, table_of
from tools.scout.reading import ask

if TYPE_CHECKING:
    from tools.desk import Door

LEAST_SHARE = 0.25  # of a day's usual decisions, for the day to be judged
LEAST_EVENTS = 50.0  # decisions of a kind, for its delays to tell anything
SHAPE = 2.0  # of the gamma distribution of decision times
LONGEST = 60  # days to a decision
UNEVEN = 0.08  # by how much parts may ripen otherwise than the whole


@dataclass(frozen=True)
class Delay:
    """How many decisions of a kind there were, and the days that they took in all."""

    rows: float
    days: float

    @property
    def mean(self) -> float:
        """Days to a decision, on average."""
        return max(self.days / max(self.rows, 1.0), 0.25)


@dataclass(frozen=True, eq=False)
class Maturity:
    """What is known of days that still wait. Arrays by day, oldest first, up to the judged one.

    `share` is how much of what will be decided is decided, `lean` the rate that is expected of it over the final
    one, `doubt` the relative doubt of that.
    """

    share: Floats
    lean: Floats
    doubt: Floats

    @property
    def unripe(self) -> int:
        """How many of the last days have hardly any decision."""
        ripe = np.flatnonzero(self.share >= LEAST_SHARE)
        return len(self.share) - (int(ripe[-1]) + 1 if len(ripe) else 0)


def maturity(waiting: Floats, decided: Floats, late: int, lean: Floats) -> Maturity:
    """Of days with claims that wait and that are decided; the last `late` days wait for more than usual.

    `lean` is by age in days, from 0 on (see `leaning`).
    """
    share = decided / np.maximum(waiting + decided, 1.0)
    usual = float(np.median(share[: max(len(share) - late, 1)]))
    share = np.minimum(share / max(usual, 1e-9), 1.0)
    ages = np.arange(len(share))[::-1]
    young = ages < late
    expected = np.where(young, lean[np.minimum(ages, len(lean) - 1)], 1.0)
    doubt = np.where(young, np.abs(expected - 1) / 2 + UNEVEN * (1 - share), 0.0)
    return Maturity(np.where(young, share, 1.0), expected, doubt)


def leaning(of_events: Delay, of_others: Delay) -> Floats:
    """By age: the rate among what is decided within that many days, over the final rate.

    Decisions of a kind take gamma-distributed times around the kind's own mean; kinds whose means cannot be told
    apart lean nowhere.
    """
    if min(of_events.rows, of_others.rows) < LEAST_EVENTS:
        return np.ones(1)
    final = of_events.rows / (of_events.rows + of_others.rows)
    noise = np.sqrt(1 / of_events.rows + 1 / of_others.rows) / np.sqrt(SHAPE)
    apart = np.log(of_events.mean / of_others.mean)
    apart *= apart**2 / (apart**2 + noise**2)  # what chance may make of equal means counts little
    ages = np.arange(LONGEST) + 0.5
    others = gammainc(SHAPE, ages * SHAPE / of_others.mean)
    mine = gammainc(SHAPE, ages * SHAPE / (of_others.mean * np.exp(apart)))
    return np.asarray(mine / np.maximum(final * mine + (1 - final) * others, 1e-9))


def read_delays(door: Door, semantic: SemanticModel, delay: Mapping[str, str], time: TimeRange) -> Floats:
    """The lean of a rate by age, from the decisions of days on which all is decided.

    `delay` names, in the model's words, the measure that sums days to the decision (`days`), the one that counts
    rows with one (`rows`), the dimension that says what was decided (`by`) and its value for the rate's events
    (`value`). Through the door, as the scan reads everything; whole sums only. Without such measures it leans
    nowhere.
    """
    if not delay or {delay["days"], delay["rows"]} - semantic.measures.keys():
        return np.ones(1)
    statements = tuple(compile_cube(semantic, (delay["rows"], delay["days"]), [(delay["by"],)], time))
    length = (time.end - time.start).days + 1
    tables = [table_of(one, ask(door, one), length) for one in statements]
    lines = lines_of((delay["by"],), statements, tables)
    rows, days = (array.sum(axis=1) for _, array in lines.own)
    mine = np.array([lines.values[0][code] == delay["value"] for code in lines.codes[:, 0]], dtype=bool)
    return leaning(*(Delay(float(rows[kind].sum()), float(days[kind].sum())) for kind in (mine, ~mine)))
