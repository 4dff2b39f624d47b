"""`phone calls`, `app errors`: a name of the figure of all channels that says that one of them is meant."""

from __future__ import annotations

from collections.abc import Iterable

from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.reading import Reading, Span, Target
from agents.planner.siblings import words_of
from agents.planner.words import COMMON_VALUES, DETERMINERS, PREPOSITIONS
from semantic.query import DimensionFilter

_SHORTEST = 3
"""Letters of a value that is no common word at the same time: `in` and `or` are states, too."""


def read_swallowed(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    """Narrow a draft to the value that its figure's name says, where the name without it is the figure's, too.

    Where it tells what something ends in (`failures that turn into a phone call`) or the figures are counted over
    other things (leaked calls, over failed sessions), the name says no channel. A question that names values of
    the dimension, or asks for a breakdown by it, has said which it wants.
    """
    for span in reading.of_kind("metric"):
        for value in _values_within(span, reading, lexicon):
            if not draft.metrics or not all(_knows(name, value, span, lexicon) for name in draft.metrics):
                continue
            own = [item for item in draft.filters if item.dimension == value.name]
            said = {target.name for one in reading.of_kind("value") for target in one.targets}
            if own and own[0].op == "in" and value.value not in own[0].values:
                # `errors on the website and in the app`
                both = tuple(sorted({*own[0].values, value.value}))
                draft.filters[draft.filters.index(own[0])] = own[0].model_copy(update={"values": both})
                continue
            if own and own[0].op == "not_in" and value.value not in own[0].values:
                draft.filters.remove(own[0])  # `phone calls, no callbacks`: the rest is out already
            elif value.name in {*draft.dimensions, *said} or _others(value, reading, lexicon):
                continue
            draft.filters.append(DimensionFilter(dimension=value.name, op="in", values=(value.value,)))
            words = " ".join(token.raw for token in reading.tokens[span.start : span.end])
            label = lexicon.values.label(value.name, value.value)
            named = lexicon.model.dimensions[value.name].label
            draft.assumptions.append(f"Read '{words}' as those of {named.lower()} {label} only.")


def _values_within(span: Span, reading: Reading, lexicon: Lexicon) -> Iterable[Target]:
    tokens = reading.tokens[span.start : span.end]
    lemmas = [token.lemma for token in tokens]
    figures = {target.name for target in span.targets}
    called = _names(tuple(lemmas), figures, lexicon)
    own = {stem(word) for name in figures for word in words_of(lexicon.model.metrics[name].label)}
    for at, token in enumerate(tokens if len(tokens) > 1 else ()):
        values = [target for target in lexicon.exact.get((token.lemma,), ()) if target.kind == "value"]
        if (
            len(values) != 1
            or token.text in COMMON_VALUES
            or stem(token.text) in own
            or len(token.text) < _SHORTEST
        ):
            continue
        article = span.start + at > 0 and reading.tokens[span.start + at - 1].text in DETERMINERS
        if article and at < len(tokens) - 1 and not tokens[-1].text.endswith("s"):
            continue  # `until the phone call`
        first = at - (article and at > 0)
        first -= first > 0 and tokens[first - 1].text in PREPOSITIONS
        if not called and first == at:
            continue  # words of a name with others between them
        if _names((*lemmas[:first], *lemmas[at + 1 :]), figures, lexicon):
            yield values[0]


def _others(value: Target, reading: Reading, lexicon: Lexicon) -> bool:
    """`errors on the website and in the app`: whether words of the question are other values of the dimension."""
    said = {
        target.value
        for token in reading.tokens
        for target in lexicon.exact.get((token.lemma,), ())
        if target.kind == "value" and target.name == value.name and token.text not in COMMON_VALUES
    }
    return len(said) > 1


def _names(key: tuple[str, ...], figures: set[str], lexicon: Lexicon) -> bool:
    """Whether words are a name of these figures, and of no others."""
    return {target.name for target in lexicon.exact.get(key, ()) if target.kind == "metric"} == figures


def _knows(name: str, value: Target, span: Span, lexicon: Lexicon) -> bool:
    """Whether a figure is known by a value, and counted over what the words name: repeated calls, of all calls."""
    if not lexicon.compatible(name, value.name):
        return False
    model = lexicon.model
    return any(model.datasets_of(target.name) & model.datasets_of(name) for target in span.targets)
