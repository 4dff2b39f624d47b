"""Questions that count people: distinct members of an event, and the membership itself."""

from __future__ import annotations

import re

from agents.planner.cues import find, first
from agents.planner.lexicon import Lexicon
from agents.planner.once import once_a_model
from agents.planner.reading import Reading
from agents.planner.siblings import Named
from agents.planner.words import DETERMINERS, POPULATION, PREPOSITIONS, word_set
from semantic.model import SemanticModel

_PEOPLE = "|".join(sorted(POPULATION - word_set("population base")))
_COUNTED = rf"(?:how many|number of|count of|total number of)(?: \S+){{0,2}}? (?:{_PEOPLE})"
_SHARED = (
    r"(?:share|percentage|percent|pct|proportion|fraction|portion|distribution|split) of "
    r"(?:the |our |all |all our )*"
    rf"(?:{_PEOPLE})"
)
_RANKED = rf"(?:most|fewest|least|more|fewer|largest number of|highest number of|biggest number of) (?:{_PEOPLE})"


def counted_people(mention: Named, reading: Reading, lexicon: Lexicon) -> str:
    """`how many people hit a failed session`: the distinct members of the events that are named; else empty."""
    if not _counts_people(mention, reading, lexicon):
        return ""
    metrics = lexicon.model.metrics
    found = [m.name for m in metrics.values() if m.distinct and mention.candidates[0] in m.siblings]
    return found[0] if len(found) == 1 else ""


def people_without_count(mention: Named, reading: Reading, lexicon: Lexicon) -> bool:
    """Whether people are counted over events of which the model only counts the events."""
    return _counts_people(mention, reading, lexicon) and not counted_people(mention, reading, lexicon)


def _counts_people(mention: Named, reading: Reading, lexicon: Lexicon) -> bool:
    if len(mention.candidates) != 1 or reading.settled:
        return False
    if re.search(r"(?:members|people|customers|callers)['\u2019]", reading.question, re.I):
        return False  # "at-risk members' renewals": the renewals are counted
    metric = lexicon.model.metrics[mention.candidates[0]]
    itself = metric.distinct or bool(set(metric.label.lower().split()) & POPULATION)
    if metric.unit != "count" or itself or metric.name == population_metric(lexicon.model):
        return False
    cues = [cue for cue in find(reading, _COUNTED) if cue[1] <= mention.start]
    between = {reading.tokens[at].text for cue in cues[-1:] for at in range(cue[1], mention.start)}
    return bool(cues) and not between & {"and", ",", "."}


def of_the_membership(reading: Reading, lexicon: Lexicon) -> str:
    """The metric of all members for `share of members by plan`, `female members in New York`; else empty."""
    population = population_metric(lexicon.model)
    named = [at for span in reading.of_kind("metric") for at in range(span.start, span.end)]
    if not population or any(reading.tokens[at].text not in POPULATION for at in named):
        return ""
    if any(reading.tokens[t.end].text in POPULATION for t in reading.thresholds if t.end < len(reading.tokens)):
        return population
    if ranked := first(reading, _RANKED):
        reading.explain(*ranked)
        return population
    if shared := first(reading, _SHARED):
        if not reading.breakdown:
            return ""
        reading.explain(*shared)
        reading.share = True
        return population
    return population if _only_names_members(reading) else ""


def _only_names_members(reading: Reading) -> bool:
    """Whether the question is nothing but members and what they are: no verb, no other noun."""
    spans = [*reading.of_kind("value"), *reading.of_kind("dimension")]
    covered = {at for span in spans for at in range(span.start, span.end)}
    people = any(token.text in POPULATION for token in reading.tokens)
    light = POPULATION | PREPOSITIONS | DETERMINERS | {"and", "or", "who", "are"}
    return (
        people
        and bool(spans)
        and all(at in covered or token.text in light or token.is_mark for at, token in enumerate(reading.tokens))
    )


@once_a_model
def population_metric(model: SemanticModel) -> str:
    """The count of the dataset that holds the members of today; empty when the model has none."""
    names = [
        metric.name
        for metric in model.metrics.values()
        if metric.unit == "count" and model.members_today in model.datasets_of(metric.name)
    ]
    return names[0] if len(names) == 1 else ""
