"""Follow-ups that ask for the same thing in another unit: as a percentage, in dollars, as a count."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.cues import first
from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from semantic.query import Order

_RATE = (
    r"(?:and )?(?:as|in|show(?: me)?|give me)(?: it| that| this| them)?(?: as)?(?: a| the)? (?:rate|"
    r"rates|percentage|percentages|percent|pct|"
    r"percentage terms|share|shares|proportion)(?: instead| please| rather)?(?= [.]|$| of that)|"
    r"what (?:share|percentage|percent|rate|proportion) (?:is|are|was|were) (?:that|it|this|they|those)|"
    r"^(?:and )?the (?:rate|percentage|share|proportion)(?: please| instead)?(?= [.]|$)|"
    r"(?:in )?(?:percent|percentage)[- ]?wise|in relative terms|proportionally|"
    r"in (?:percent|percentage|percentages)|as a (?:rate|percentage|percent|share)"
)
_COUNT = (
    r"in absolute (?:numbers|terms)|(?:in|as) (?:a |an )?(?:absolute |plain |raw )?(?:counts?|numbers?)|"
    r"how many is that|"
    r"how many (?:are|is|was|were) (?:that|those|they|it)|absolute numbers|in numbers"
)
_MONEY = (
    r"(?:and )?(?:as|in|show(?: me)?|give me)(?: it| that| this| them)?(?: in)?(?: the)? (?:dollars|"
    r"dollar terms|money|usd|\$|dollar amounts?|money terms)|"
    r"(?:what|how much) (?:does|did|do|is|was) (?:that|it|they|this|those|all that) (?:cost|costing)(?: us)?|"
    r"(?:dollar|money|cost)[- ]?wise|"
    r"how much (?:money )?(?:is|was) (?:that|it|this)|what (?:is|was) (?:that|it|this) in dollars|"
    r"(?:and )?the cost of (?:that|it|this|those)"
)
_UNITS = ((_RATE, ("rate", "percent"), "percent"), (_COUNT, ("count",), "a count"), (_MONEY, ("usd",), "dollars"))

# What has a percentage or an amount of its own; minutes, days and points have at best a related figure.
_CONVERTIBLE = ("count", "rate", "percent", "usd")


def unit_cues() -> tuple[str, ...]:
    """Patterns of the cues, whose words are no metric of their own."""
    return tuple(pattern for pattern, _, _ in _UNITS)


def convert(reading: Reading, base: Draft, lexicon: Lexicon) -> bool:
    """Put the figures in the unit that the fragment asks for, or ask back. Whether it asks for one."""
    for pattern, units, name in _UNITS:
        if found := first(reading, pattern):
            reading.explain(*found)
            base.issues = [
                issue for issue in base.issues if issue.kind not in ("ambiguous_metric", "share", "statistic")
            ]
            _to_units(base, lexicon, units, name)
            return True
    return False


def _to_units(base: Draft, lexicon: Lexicon, units: tuple[str, ...], name: str) -> None:
    model = lexicon.model
    if base.share and "rate" not in units and all(model.metrics[metric].unit in units for metric in base.metrics):
        base.share = False  # shares of a sum: the sum itself again
        return
    if all(model.metrics[metric].unit in units for metric in base.metrics):
        base.assumptions.append(f"{_labels(base, lexicon)} is in {name} already.")
        return
    for at, metric in enumerate(base.metrics):
        found = _relatives(metric, base, lexicon, units)
        if len(found) == 1 and model.metrics[metric].unit in _CONVERTIBLE:
            base.metrics[at] = found[0]
            if base.order and base.order.by == metric:
                base.order = Order(by=found[0], direction=base.order.direction)
            base.having = [item for item in base.having if item.metric != metric]
        elif "rate" in units and not found and base.dimensions and model.adds_up(metric):
            base.share = True
        else:
            base.ask = _ask(metric, found, base, lexicon, name)
            return


def _ask(metric: str, found: list[str], base: Draft, lexicon: Lexicon, name: str) -> Ask:
    label = lexicon.model.metrics[metric].label
    if not found:
        return Ask(
            "refuse", f"{label} has no figure in {name}.", "no_metric", [replace(base, issues=[], ask=None)]
        )
    candidates = [replace(base, metrics=[other], order=None, having=[], issues=[], ask=None) for other in found]
    return Ask("clarify", f"{label} in {name}: which figure?", candidates=candidates)


def _relatives(metric: str, base: Draft, lexicon: Lexicon, units: tuple[str, ...]) -> list[str]:
    """The first sibling in the unit; without one, what the same events give in it, plain sums first."""
    model = lexicon.model
    wanted = [*base.dimensions, *(item.dimension for item in base.filters)]
    fits = [
        n
        for n in model.metrics
        if model.metrics[n].unit in units and all(lexicon.compatible(n, d) for d in wanted)
    ]
    siblings = [name for name in model.metrics[metric].siblings if name in fits]
    if siblings:
        return siblings[:1]
    if model.metrics[metric].unit in ("rate", "percent") and "count" not in units:
        counts = [
            n
            for n, other in model.metrics.items()
            if other.unit == "count" and n in model.metrics[metric].siblings
        ]
        onward = [name for count in counts[:1] for name in model.metrics[count].siblings if name in fits]
        return onward[:1]
    if "usd" not in units:
        return []
    same = [name for name in fits if model.datasets_of(name) == model.datasets_of(metric)]
    return sorted(same, key=lambda name: (not model.metrics[name].additive, len(model.metrics[name].label)))[:3]


def _labels(base: Draft, lexicon: Lexicon) -> str:
    return " and ".join(lexicon.model.metrics[name].label for name in base.metrics)
