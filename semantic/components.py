"""What stands above and below the line of a ratio, as metrics: their parts add up where the ratio's do not.

They are no part of the semantic model's list, so that nobody is offered them; a query may name them all the same
(`above_leakage_rate`), which is how an analysis gets the sums behind a ratio through the compiler and the door.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semantic.model import Metric, SemanticModel, Unit

ABOVE, BELOW = "above_", "below_"
_NAME = re.compile(rf"(?P<side>{ABOVE}|{BELOW})(?P<ratio>[a-z]\w*)")
_SUMMED: dict[str, Unit] = {"rate": "count", "points": "count", "percent": "count"}


class Metrics(dict[str, "Metric"]):
    """Metrics by name; the two sides of its ratios are found, too, but not listed."""

    def __missing__(self, name: str) -> Metric:
        match = _NAME.fullmatch(name)
        if match is None or not (ratio := self.get(match["ratio"])) or not ratio.denominator:
            raise KeyError(name)
        terms = ratio.numerator if match["side"] == ABOVE else ratio.denominator
        twin = next((other for other in self.values() if _sums_just(other, terms)), None)
        unit = twin.unit if twin else "count" if match["side"] == BELOW else _SUMMED.get(ratio.unit, ratio.unit)
        words = _words(terms, ratio.label)
        side = "above" if match["side"] == ABOVE else "below"
        return replace(
            ratio,
            name=name,
            label=twin.label if twin else words[0].upper() + words[1:],
            description=f"What stands {side} the line of {ratio.label.lower()}",
            unit=unit,
            polarity="neutral",
            numerator=terms,
            denominator=(),
            scale=1.0,
            synonyms=(),
            siblings=(),
            notes="",
        )  # fmt: skip


def _words(terms: tuple[tuple[str, float], ...], label: str) -> str:
    """promoters minus detractors; NPS answers, as the ratio's own label writes it."""
    written = {word.lower(): word for word in label.split() if word.isupper()}
    said = ""
    for measure, weight in terms:
        named = " ".join(written.get(word, word) for word in measure.split("_"))
        said += f"{(' and ' if weight > 0 else ' minus ') if said else ''}{named}"
    return said


def sides(metric: str, model: SemanticModel) -> tuple[str, str]:
    """The metrics above and below a ratio's line: the model's own where it has them, else those found by name.

    Raises KeyError for a metric that is no ratio.
    """
    ratio = model.metrics[metric]
    if not ratio.denominator:
        raise KeyError(metric)
    return _side(metric, ABOVE, model), _side(metric, BELOW, model)


def _side(metric: str, side: str, model: SemanticModel) -> str:
    terms = model.metrics[metric].numerator if side == ABOVE else model.metrics[metric].denominator
    own = (name for name, other in model.metrics.items() if _sums_just(other, terms))
    return next(own, f"{side}{metric}")


def _sums_just(metric: Metric, terms: tuple[tuple[str, float], ...]) -> bool:
    """Whether a metric is exactly the sum of these measures, in their own unit."""
    return metric.numerator == terms and not metric.denominator and not metric.per_day and metric.scale == 1
