"""Questions that count people: distinct members of an event, and the membership itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.planner.cues import find, first
from agents.planner.lexicon import Lexicon
from agents.planner.once import once_a_model
from agents.planner.reading import Reading, Span, Target
from agents.planner.siblings import Named
from agents.planner.thresholds import Threshold
from agents.planner.words import DETERMINERS, POPULATION, PREPOSITIONS, word_set
from semantic.model import Metric, SemanticModel

_PEOPLE = "|".join(
    sorted((POPULATION | word_set("women men females males ladies seniors")) - word_set("population base"))
)
_COUNTED = (
    r"(?:how many(?: of (?:our|the|these|those))?|number of|count of|total number of)"
    rf"(?: \S+){{0,2}}? (?:{_PEOPLE})|(?:fewer|more) (?:{_PEOPLE})"
)
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
    if len(found) == 1:  # `people who put in at least one claim`: whoever has any is counted
        once = [limit for limit in reading.thresholds if limit.end == mention.start]
        reading.thresholds = [limit for limit in reading.thresholds if limit not in once or not _is_any(limit)]
    return found[0] if len(found) == 1 else ""


def _is_any(limit: Threshold) -> bool:
    return (limit.op, limit.quantity.value, limit.quantity.unit) == (">=", 1.0, "")


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
        values = {name for span in reading.of_kind("value") for name in span.names}
        if not reading.breakdown and not values & lexicon.model.member_dimensions:
            return ""
        reading.explain(*shared)
        reading.share = True
        return population
    return population if _only_names_members(reading) else ""


def who_did(mentions: Sequence[Named], reading: Reading, lexicon: Lexicon) -> str:
    """`members aged 75 to 84 in Florida called about ...`: the distinct members of the event told further on.

    Where the membership and that figure are named, the membership is not known by what narrows them, and the two
    are not listed. Else empty.
    """
    metrics, population = lexicon.model.metrics, population_metric(lexicon.model)
    if len(mentions) != 2 or mentions[0].candidates != (population,) or len(mentions[1].candidates) != 1:
        return ""
    name = mentions[1].candidates[0]
    spans = [*reading.of_kind("value"), *reading.breakdown]
    fits = all(lexicon.compatible(population, one) for span in spans for one in span.names)
    covered = {at for span in spans for at in range(span.start, span.end)}
    between = range(mentions[0].start + 1, mentions[1].start)
    listed = any(at not in covered and reading.tokens[at].text in ("and", ",", ".") for at in between)
    return name if metrics[name].distinct and metrics[name].unit == "count" and not fits and not listed else ""


_HOW_MUCH = word_set("more less most least often oftener frequently")


def read_how_often(reading: Reading, lexicon: Lexicon) -> None:
    """`do Medicare members call more than Commercial`: how often is asked, not how many people do.

    Then the figure may be the count of what they do or any rate of it over people: only the asker knows which.
    """
    metrics = lexicon.model.metrics
    why = any(token.text == "why" for token in reading.tokens)
    for span in reading.of_kind("metric"):
        at = span.end + (span.end < len(reading.tokens) and reading.tokens[span.end].text == "us")
        after = reading.tokens[at].text if at < len(reading.tokens) else ""
        name = span.targets[0].name
        if after not in _HOW_MUCH or len(span.targets) > 1:
            continue
        if metrics[name].distinct:
            counted = {metrics[one].numerator for one in metrics[name].siblings if metrics[one].unit == "count"}
        elif metrics[name].unit == "count" and _do_it_often(reading, span, at, lexicon):
            counted = {metrics[name].numerator}
        else:
            continue
        people = {one.numerator for one in metrics.values() if one.unit == "count" and _is_people(one, lexicon)}
        found = [
            one.name
            for one in metrics.values()
            if one.numerator in counted
            and ((one.unit == "count" and not one.denominator) or one.denominator in people)
        ]
        if why:  # `why are members calling more`: the drivers of what they do
            found = [name for name in found if metrics[name].unit == "count"]
        if found:
            place = reading.spans.index(span)
            reading.spans[place] = replace(span, targets=tuple(Target("metric", one) for one in found))


_DEGREES = word_set("more less most least")
_OFTEN = word_set("often frequently")


def _do_it_often(reading: Reading, span: Span, at: int, lexicon: Lexicon) -> bool:
    """`do Spanish speakers call more often`, `which age group calls us most often`: members of a kind do it.

    `at` is where the degree stands, after what they do.
    """
    words = [token.text for token in reading.tokens[at : at + 2]]
    often = bool(_DEGREES & set(words[:1])) and bool(_OFTEN & set(words[1:]))
    kinds = [one for one in reading.spans if one.kind in ("dimension", "value") and one.end <= span.start]
    return often and any(one.names & lexicon.model.member_dimensions for one in kinds)


def _is_people(metric: Metric, lexicon: Lexicon) -> bool:
    return metric.distinct or metric.name == population_metric(lexicon.model)


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
