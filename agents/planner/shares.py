"""Parts of a whole in a follow-up: as a share of the total, of all of them, the rate that a figure is."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.cues import find, first
from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading

OF_TOTAL = (
    r"(?:(?:as|in) )?(?:a |an )?(?:share|percentage|percent|pct|proportion|fraction) of (?:the )?(?:\S+ )?"
    r"(?:total|whole|overall|all)(?: (?:members|calls|of them))?|"
    r"what (?:share|percentage|percent|pct|proportion|part|fraction) (?:does|do|did|is|has|are) "
    r"(?:each|every)(?: one)?"
    r"(?: of (?:them|these|those))?(?: (?:have|make up|account for|get|contribute|take))?"
)
_PART_OF = (
    r"(?:(?:as|in) )?(?:a |an |what |the )?(?:share|percentage|percent|pct|proportion|fraction|rate) of"
    r"(?: the| all| our| total| their| its| those| these)*"
)


def asks_part(reading: Reading) -> bool:
    """`as a share of all calls`; not `the share of negative calls`, which is a figure's own name."""
    names = [(span.start, span.end) for span in reading.of_kind("metric")]
    return any(
        not any(start < cue_end - 1 and cue_start < end for start, end in names)
        for cue_start, cue_end in find(reading, OF_TOTAL + "|" + _PART_OF)
    )


def of_all(reading: Reading, base: Draft, lexicon: Lexicon) -> Ask | None:
    """`as a share of all our calls`, of two states' calls: shares of both are no shares of all, so it is asked."""
    said = first(reading, rf"{_PART_OF} \S+")
    named = {token.text for token in reading.tokens[slice(*said)]} if said else set()
    fixed = [item for item in base.filters if item.dimension in base.dimensions or not base.dimensions]
    if not said or not named & {"all", "total", "overall"} or len(fixed) != 1:
        return None
    if base.grain or not all(lexicon.model.adds_up(name) for name in base.metrics):
        return None
    reading.explain(0, len(reading.tokens))
    rest = [item for item in base.filters if item not in fixed]
    dimensions = base.dimensions or [fixed[0].dimension]
    of_all = replace(base, dimensions=dimensions, filters=rest, share=True, issues=[])
    within = [replace(base, share=True, issues=[])] if base.dimensions and len(fixed[0].values) > 1 else []
    return Ask("clarify", "A share of which total?", candidates=[of_all, *within])


def _kin(name: str, lexicon: Lexicon) -> list[str]:
    """A figure's siblings, and the figures that it is a sibling of."""
    metrics = lexicon.model.metrics
    return list(
        dict.fromkeys([*metrics[name].siblings, *(one for one in metrics if name in metrics[one].siblings)])
    )


def of_others(reading: Reading, base: Draft, lexicon: Lexicon) -> Ask | None:
    """`as a share of all claims`, after claim denials: parts of the denials are none of all claims.

    It is asked, and the rates of the figure are offered: for a question where no rate is over exactly these.
    """
    metrics = lexicon.model.metrics
    said = first(reading, _PART_OF)
    whole = {
        t.name for s in reading.of_kind("metric") if said and s.start in (said[1], said[1] - 1) for t in s.targets
    }
    if not whole or whole & {*base.metrics} or len(base.metrics) > 1:
        return None
    if metrics[base.metrics[0]].unit != "count" or any(metrics[name].unit != "count" for name in whole):
        return None
    rates = [
        name
        for name in _kin(base.metrics[0], lexicon)
        if metrics[name].unit == "rate" and metrics[name].denominator in {metrics[one].numerator for one in whole}
    ]
    reading.explain(0, len(reading.tokens))
    offered = [replace(base, metrics=[name], order=None, limit=None, having=[], issues=[]) for name in rates[:2]]
    label = metrics[base.metrics[0]].label
    return Ask("clarify", f"{label} as a share of those: which figure?", candidates=offered)


def rate_of_named(reading: Reading, base: Draft, lexicon: Lexicon) -> str:
    """`as a percentage of all claims`, `what share of calls is that?`: the rate that is the figure over these."""
    metrics = lexicon.model.metrics
    for start, end in find(reading, _PART_OF):
        whole = {
            t.name for span in reading.of_kind("metric") if span.start in (end, end - 1) for t in span.targets
        }
        bases = {metrics[name].numerator for name in whole if not metrics[name].denominator}
        for name in _kin(base.metrics[0], lexicon):
            one = metrics[name]
            if (
                one.unit == "rate"
                and one.denominator in bases
                and one.numerator == metrics[base.metrics[0]].numerator
            ):
                reading.explain(start, len(reading.tokens))
                return name
    return ""


def adds_up(base: Draft, lexicon: Lexicon) -> bool:
    """Whether parts of a whole can be shown: a breakdown of metrics whose parts add up."""
    return bool(base.dimensions) and all(lexicon.model.adds_up(name) for name in base.metrics)
