"""Which figure of a family: the count or the rate, the sum or the average, by words that stand apart.

`Rx denials, count by reason`, `Which journey leaks worst? Rate, not volume`, `how many calls turned negative`,
`how much premium in total`, `what share of enrollments were plan changes`.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.planner.cues import find, first, take
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.reading import Reading
from agents.planner.siblings import Named, words_of
from agents.planner.words import AVERAGE

_OPEN, _CLOSE = r"(?:(?<=[,.] )|(?<![\s\S]))", r"(?= [,.]|(?![\s\S])| by | per | only| please| for | in )"
_COUNT_APART = rf"{_OPEN}(?:the |a )?(?:count|counts|number|numbers|volume|in numbers)(?: please| only)?{_CLOSE}"
_RATE_APART = (
    rf"{_OPEN}(?:the |a |as a |in )?(?:rate|rates|share|percentage|percent|pct|ratio)(?: please| only)?{_CLOSE}"
)
_NOT_COUNT = r"(?:and )?not (?:the )?(?:volume|count|counts|number|numbers|total|totals|raw numbers?|raw counts?)"
_NOT_RATE = r"(?:and )?not (?:the |a )?(?:rates?|shares?|percentages?|percent|ratios?)"
_MORE_OF_THEIRS = r"(?:more|less|fewer) of (?:their|its)"
_SUM = r"in total|total|altogether|in sum|summed up|sum of|overall|all told|combined"
_COSTING = r"(?:costs?|costing|costed) (?:us|the company|the plan)"
_MEAN = (
    r"average|averages|averaged|mean|typical|typically|on average|in the average|in average|per head|usual|usually"
)
_SHARE_OF = r"(?:share|percentage|percent|pct|proportion|fraction|portion|part|many|much) of"
_UNIT_NOUNS = {"minutes": "minutes", "minute": "minutes", "seconds": "seconds", "days": "days", "dollars": "usd"}


def read_measure(reading: Reading) -> None:
    """Note whether a count or a rate is asked for by a word that stands apart from the figure's name."""
    if take(reading, _NOT_COUNT) | take(reading, _RATE_APART) | take(reading, _MORE_OF_THEIRS):
        reading.measure = "rate"
    elif take(reading, _NOT_RATE) | take(reading, _COUNT_APART):
        reading.measure = "count"


def counted_volume(base: Named, reading: Reading) -> bool:
    """`how many calls from Korean speakers turned negative`: the noun that is counted opens the question."""
    return any(
        base.start - 2 <= end <= base.start
        for _, end in find(reading, r"how many|number of|count of|total number of")
    )


def by_measure(name: str, reading: Reading, lexicon: Lexicon) -> str:
    """The count of a rate or the rate of a count, where one is asked for apart; else the metric itself."""
    metrics = lexicon.model.metrics
    rated = metrics[name].unit in ("rate", "percent")
    if reading.measure == "count" and rated:
        wanted = [s for s in metrics[name].siblings if metrics[s].unit == "count"]
    elif reading.measure == "rate" and metrics[name].unit == "count":
        wanted = [s for s in metrics[name].siblings if metrics[s].unit in ("rate", "percent")]
    else:
        return name
    return wanted[0] if wanted else name


def of_family(names: tuple[str, ...], reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """Of a sum and an average behind the same words (premium, copay, cost), the one that is asked for."""
    metrics = lexicon.model.metrics
    sums = tuple(name for name in names if metrics[name].additive)
    means = tuple(name for name in names if not metrics[name].additive)
    if len(names) < 2 or not sums or not means or any(metrics[name].unit == "count" for name in names):
        return names
    if first(reading, _MEAN) and len(means) < len(names):
        return means
    if (first(reading, _SUM) or first(reading, _COSTING)) and len(sums) < len(names):
        return sums
    return names


def of_unit(name: str, reading: Reading, lexicon: Lexicon) -> str:
    """`how many minutes takes one call`, `how many days does a claim take on average`: the sibling in that unit.

    Only for a neutral count whose family has one such figure: the average where one is asked for of one thing.
    """
    metrics = lexicon.model.metrics
    if metrics[name].unit != "count" or metrics[name].polarity != "neutral":
        return name
    kin = {
        *metrics[name].siblings,
        *(m.name for m in metrics.values() if m.denominator == metrics[name].numerator),
    }
    for start, end in find(
        reading, r"how many (?:minutes?|seconds|days|dollars)|(?:minutes?|seconds|days|dollars)"
    ):
        if reading.explained & set(range(start, end)):
            continue
        unit = _UNIT_NOUNS.get(reading.tokens[end - 1].text, "")
        found = [s for s in sorted(kin) if metrics[s].unit == unit]
        single = [s for s in found if not metrics[s].additive]
        chosen = single if len(single) == 1 and _of_one(reading) else found
        if len(chosen) == 1:
            reading.explain(start, end)
            return chosen[0]
    return name


def _of_one(reading: Reading) -> bool:
    words = {token.text for token in reading.tokens}
    return bool(words & (AVERAGE | {"one", "a", "each", "per", "typical", "single"}))


def rate_between(mentions: Sequence[Named], reading: Reading, lexicon: Lexicon) -> str:
    """`what share of enrollment events were plan changes`: the rate of the second over the first; else empty."""
    metrics = lexicon.model.metrics
    if len(mentions) != 2 or any(len(mention.candidates) != 1 for mention in mentions):
        return ""
    base, part = sorted(mentions, key=lambda mention: mention.start)
    words = [token.text for token in reading.tokens[base.end : part.start]]
    cued = [end for _, end in find(reading, _SHARE_OF) if base.start - 3 <= end <= base.start]
    if not cued or not set(words) & {"are", "is", "were", "was", "be", "been", "being"}:
        return ""
    over, counted = metrics[base.candidates[0]].numerator, metrics[part.candidates[0]]
    if counted.unit in ("rate", "percent") and counted.denominator == over:
        return counted.name
    found = [
        m.name for m in metrics.values()
        if m.unit in ("rate", "percent") and m.numerator == counted.numerator and m.denominator == over
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def variant(name: str, reading: Reading, lexicon: Lexicon) -> str:
    """`... cost us in Q3? I want the fully loaded number`: the sibling whose own words stand apart."""
    metrics = lexicon.model.metrics
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    loose = {stem(token.text) for at, token in enumerate(reading.tokens) if at not in covered | reading.explained}
    own = words_of(metrics[name].label)
    found = []
    for sibling in metrics[name].siblings:
        telling = words_of(metrics[sibling].label) - own
        same = metrics[sibling].unit == metrics[name].unit and own <= words_of(metrics[sibling].label)
        if same and telling and telling <= loose:
            found.append(sibling)
    return found[0] if len(found) == 1 else name


def elaborated(mentions: Sequence[Named], reading: Reading, lexicon: Lexicon) -> list[Named]:
    """`At what step do people bail? Number of abandoned sessions`: of one family, the figure that is named last.

    Only where a sentence ends between the two.
    """
    ordered = sorted(mentions, key=lambda mention: mention.start)
    if len(ordered) != 2 or any(len(mention.candidates) != 1 for mention in ordered):
        return list(mentions)
    first_one, last = ordered
    ended = any(reading.tokens[at].text == "." for at in range(first_one.end, last.start))
    metrics = lexicon.model.metrics
    one, other = first_one.candidates[0], last.candidates[0]
    kin = other in metrics[one].siblings or one in metrics[other].siblings or one == other
    return [last] if ended and kin else list(mentions)
