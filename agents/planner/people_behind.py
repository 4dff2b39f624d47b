"""`how many members is that?`, `how many people were affected?`, after a figure: the members behind that figure.

It is answered where the semantic model counts the members of the same events; the members of all events are
offered, not told, where the figure is about some of them only.
"""

from __future__ import annotations

import re
from dataclasses import replace

from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from agents.planner.words import POPULATION

_POINTING = r"(?:that|this|it|they|them|those|these|all (?:of )?(?:that|this|them|those|these))"
_TOUCHED = r"(?:affected|impacted|hit|involved|concerned|touched|hurt)"
_CUE = (
    r"^(?:and |so |now |but |then )*how many (?:different |unique |distinct |individual |of our |of the )?"
    rf"(?P<people>\S+)(?: (?:is|was|are|were) (?:{_POINTING}|(?:{_TOUCHED}|behind)(?: by)?(?: {_POINTING})?)"
    rf"| (?:do|did|does|have|has|had) {_POINTING} (?:hit|affect|impact|touch|concern|involve|reach|hurt|"
    rf"cover|come from|"
    rf"hit|{_TOUCHED})| (?:got|get|have been|had been) {_TOUCHED}|(?: (?:are|were|is|was|"
    rf"stand))? behind {_POINTING}"
    rf"| does {_POINTING} (?:come to|make|mean|amount to))(?: in (?:total|all)| altogether| overall)?(?= [.?!]|$)"
)
_MEMBERS = re.compile(r"\bmembers?\b", re.IGNORECASE)
_PATIENTS = frozenset({"patients", "patient", "humans"})


def asks_people(reading: Reading) -> bool:
    """Whether a question asks how many members the last answer is about."""
    found = re.search(_CUE, reading.text)
    return bool(found and found["people"] in POPULATION | _PATIENTS)


def count_people(reading: Reading, base: Draft, lexicon: Lexicon) -> bool:
    """Put the members of the same events in the figure's place, or ask back. Whether that was asked for."""
    if not asks_people(reading):
        return False
    metrics = lexicon.model.metrics
    own = metrics[base.metrics[0]]
    known = lexicon.model.datasets_of(own.name)
    counted = [
        one.name
        for one in metrics.values()
        if one.unit == "count" and _MEMBERS.search(one.label) and lexicon.model.datasets_of(one.name) & known
    ]
    reading.explain(0, len(reading.tokens))
    base.issues, base.share, base.having = [], False, []
    wanted = [*base.dimensions, *(item.dimension for item in base.filters)]
    fitting = [name for name in counted if all(lexicon.compatible(name, dimension) for dimension in wanted)]
    if own.name in counted:
        return True
    defaults = lexicon.model.defaults
    if not counted and defaults.money_metric and known & lexicon.model.datasets_of(defaults.money_metric):
        base.metrics, base.order = [defaults.impact_metric or own.name], None  # what the money is lost by
        return True
    alike = bool(fitting) and metrics[fitting[0]].polarity == own.polarity and own.unit == "count"
    if len(fitting) == 1 and (alike or fitting[0] == defaults.impact_metric):
        base.metrics, base.order = (
            fitting,
            None if base.order is None else base.order.model_copy(update={"by": fitting[0]}),
        )
        return True
    offered = [replace(base, metrics=[name], order=None, limit=None, ask=None) for name in fitting[:1]]
    message = f"How many members are behind {own.label.lower()} alone is not counted."
    if offered:
        message += f" {metrics[fitting[0]].label} would be of all of these events. Show that?"
    base.ask = Ask("clarify", message, candidates=offered)
    return True
