"""`call cost, not the planning one`: of several ways to measure the same, the one that is ruled out.

What rules it out is taken from the question before it is read, so that the name of what is not meant is not found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agents.planner.normalise import stem
from agents.planner.siblings import words_of
from agents.planner.words import FUNCTION
from semantic.model import SemanticModel

_NOT = (
    r"(?:not|rather than|instead of|as opposed to|never mind|forget(?: about)?|"
    r"(?:do not|don['\u2019]?t) (?:give|show|want|mean|use|need|quote|tell)(?: me| us)?)"
)
_ONE = r"(?:one|figure|version|number|variant|view|window|basis|definition|rate|cost|price|amount|sum)"
_WHOSE = (
    r"(?:that|which|she|he|they|we|you|i|used|quoted|from|in (?:her|his|their|our|the)|"
    r"the (?:\w+ ){1,3}(?:uses?|used|quotes?|likes?))\b[^,;.?!)]*"
)
_PLAINLY = r"\b(?:plain|regular|normal|ordinary|usual|standard|basic)"
_PLAIN = re.compile(rf"(?:the |on the |in the )?{_PLAINLY} {_ONE}\b(?! of)|{_PLAINLY}(?: old)? (?=[a-z])", re.I)
_NUMBERS = {"24": r"(?:24|twenty[- ]four)"}


@dataclass(frozen=True)
class RuledOut:
    """A question without what it rules out, the words that said so, and the figures that are not meant.

    `instead` maps each of them to the figure that is measured in the plain way.
    """

    text: str
    words: str = ""
    instead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variants:
    """What rules out each figure that is told from a plainer one (by `planning`, `fully loaded`, `24 hours`).

    Of each such word the patterns, and those figures with the plainer ones.
    """

    marks: Sequence[tuple[Sequence[re.Pattern[str]], Mapping[str, str]]]

    @classmethod
    def of(cls, model: SemanticModel) -> Variants:
        """From the labels: of two siblings in one unit, one has all words of the other and some of its own.

        Not where those words say which of the things are counted (`denied`, `leaked`): without them all are.
        """
        counted = [words_of(metric.label) for metric in model.metrics.values() if metric.unit == "count"]
        values = [words_of(value) for dimension in model.dimensions.values() for value in dimension.values]
        parts = frozenset().union(*counted, *values)
        marks: dict[str, dict[str, str]] = {}
        for name, metric in model.metrics.items():
            own = words_of(metric.label)
            for sibling in metric.siblings:
                plain = words_of(model.metrics[sibling].label)
                if plain < own and model.metrics[sibling].unit == metric.unit:
                    more = [word for word in re.findall(r"\w+", metric.label.lower()) if _tells(word, plain)]
                    aside = f"({' '.join(more)})" in metric.label.lower()
                    if aside or parts.isdisjoint(map(stem, more)):
                        marks.setdefault(" ".join(more), {})[name] = sibling
        return cls([(_patterns(words), figures) for words, figures in marks.items() if words])

    def ruled_out(self, question: str) -> RuledOut:
        """The question without `not the planning figure` and the like; as it is where nothing is ruled out."""
        text, said, instead = question, [], dict[str, str]()
        for patterns, figures in self.marks:
            for pattern in patterns:
                if (found := pattern.search(text)) and _words(text) - _words(found.group()) > 1:
                    text = f"{text[: found.start()]}{text[found.end() :]}"
                    said.append(found.group().strip(" ,;:()-"))
                    instead.update(figures)
        if not said:
            return RuledOut(question)
        return RuledOut(_PLAIN.sub("", text).strip(), "; ".join(said), instead)


def _words(text: str) -> int:
    return len(re.findall(r"\w+", text))


def _tells(word: str, plain: frozenset[str]) -> bool:
    return stem(word) not in plain and word not in FUNCTION


def _patterns(words: str) -> list[re.Pattern[str]]:
    mark = r"[- ]".join(_NUMBERS.get(word, re.escape(word.removesuffix("s")) + "s?") for word in words.split())
    lead = r"(?:[,;(]|\s[-\u2013\u2014]+)?\s*(?:\b(?:and|but|so) )?"
    ruled, ends = rf"{lead}\b{_NOT} ", r"\)?(?= (?:just|only|but)\b|[,;.?!)]|$)"
    return [
        re.compile(rf"{ruled}(?:the |a |an |our |any )?{mark}(?:[- ]{_ONE}(?: {_WHOSE})?)?{ends}", re.I),
        re.compile(rf"{ruled}(?:the |a |an |our ){mark}[- ]{_ONE}\b\)?", re.I),
        re.compile(rf"{lead}\b{mark} or not\b\)?", re.I),
    ]
