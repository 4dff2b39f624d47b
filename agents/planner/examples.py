"""Values that narrow nothing, and values called `the new ones`: `by product (HMO, PPO and so on)`."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import word_set

_MORE = tuple(
    tuple(phrase.split())
    for phrase in (
        "and so on",
        "and so forth",
        "and the like",
        "and the rest",
        "and such",
        "etc",
        "et cetera",
        "and others",
    )
)
_JOINING = word_set("and or the") | {","}
_ONES = ("one", "ones")


def leave_examples(reading: Reading, lexicon: Lexicon) -> None:
    """Leave aside the first few values of a dimension that is named before them: all of them are asked for."""
    words = [token.text for token in reading.tokens]
    values = sorted(reading.of_kind("value"), key=lambda span: span.start)
    for at in range(len(words)):
        ends = next((at + len(phrase) for phrase in _MORE if tuple(words[at : at + len(phrase)]) == phrase), 0)
        listed = _list_before(words, values, at) if ends else []
        shared = frozenset.intersection(*(span.names for span in listed)) if listed else frozenset()
        first = min((span.start for span in listed), default=0)
        for name in sorted(shared):
            if _is_named(name, first, reading, lexicon):
                kept = [span for span in reading.spans if span.kind != "value" or not first <= span.start < at]
                reading.spans = kept
                reading.explain(first, ends)
                break


def _is_named(name: str, before: int, reading: Reading, lexicon: Lexicon) -> bool:
    """Whether the dimension is named before a place, in full or by its last word: then that word means it."""
    head = lexicon.model.dimensions[name].label.lower().split()[-1]
    for place, span in enumerate(reading.spans):
        if span.kind != "dimension" or span.end > before:
            continue
        if name in span.names:
            return True
        if lemma(head) == reading.tokens[span.end - 1].lemma:
            reading.spans[place] = replace(span, targets=(Target("dimension", name),))
            return True
    return False


def _list_before(words: list[str], values: list[Span], at: int) -> list[Span]:
    """The values that end right before a place, only joining words between them."""
    found: list[Span] = []
    while at:
        one = next((span for span in values if span.end == at), None)
        if one is None and words[at - 1] not in _JOINING:
            break
        found += [one] if one else []
        at = one.start if one else at - 1
    return found


def read_ones(reading: Reading, lexicon: Lexicon) -> None:
    """`for each segment other than the new ones`, `by survey type but not the annual one`: values of those."""
    named = {target.name for span in reading.of_kind("dimension") for target in span.targets}
    valued = {span.start for span in reading.of_kind("value")}
    for at in range(1, len(reading.tokens) - 1):
        word = reading.tokens[at]
        if reading.tokens[at + 1].text not in _ONES or at in valued:
            continue
        found = [
            Target("value", name, value)
            for name in sorted(named & lexicon.model.dimensions.keys())
            for value in lexicon.values.values(name)
            if value.lower() == word.text
        ]
        if len(found) == 1:
            reading.spans = [span for span in reading.spans if not span.start <= at < span.end]
            reading.spans.append(Span(at, at + 1, "value", (found[0],)))
            reading.explain(at, at + 2)
