"""Lists of values in which one is written like a figure: `promoters, passives and detractors`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import DETERMINERS, EXCLUDERS, FILLER, FUNCTION, POPULATION, PREPOSITIONS, word_set

_JOINING = word_set("and or vs versus") | {",", "/"}
_LIGHT = DETERMINERS | PREPOSITIONS | {"as", "then"}
_LEAST = 3
"""Of two words side by side (`success and failures`) either may be a figure of its own."""


def complete_lists(reading: Reading, lexicon: Lexicon) -> None:
    """Take what stands in a list of three or more among values of a dimension as a value of it, too."""
    for items in _lists(reading):
        named = [span.names for span in items if span.kind == "value"]
        shared = named[0].intersection(*named) if named else frozenset[str]()
        counts = Counter(name for names in named for name in names)
        most = frozenset(name for name, count in counts.items() if count > 1 and count >= len(items) - 1)
        headed = {
            name
            for s in reading.of_kind("dimension")
            if s.start == items[-1].end and len(s.names) == 1
            for name in s.names
        }
        if headed & most:  # `the Billing, the Claims and the ID Card journeys`
            shared = most & headed
        for dimension in sorted(shared):
            others = [span for span in items if span.kind != "value" or dimension not in span.names]
            found = {span: _value_in(reading, span, dimension, lexicon) for span in others}
            if found and all(found.values()):
                for span, value in found.items():
                    if value:
                        _replace(reading, span, value, lexicon)
                break


def complete_pairs(reading: Reading, lexicon: Lexicon) -> None:
    """`phone and callback`: of two words side by side the second is a value, too, where it is called just so."""
    for one, other in [pair for items in _lists(reading, least=2) for pair in pairwise(items)]:
        value, figure = (one, other) if one.kind == "value" else (other, one)
        if value.kind != "value" or figure.kind != "metric" or figure.end - figure.start > 1:
            continue
        written = reading.tokens[figure.start].text
        named = [(d, v) for d in sorted(value.names) for v in lexicon.values.values(d) if v.lower() == written]
        if len(named) == 1:
            target = Target("value", *named[0])
            reading.spans = [s for s in reading.spans if (s.start, s.end) != (figure.start, figure.end)]
            reading.spans.append(Span(figure.start, figure.end, "value", (target,)))


def _lists(reading: Reading, least: int = _LEAST) -> Iterator[list[Span]]:
    """Runs of values and figures with only joining words between."""
    spans = sorted((s for s in reading.spans if s.kind in ("value", "metric")), key=lambda span: span.start)
    run: list[Span] = []
    for span in spans:
        if run and span.start == run[-1].start:
            continue
        between = [token.text for token in reading.tokens[run[-1].end : span.start]] if run else []
        joined = bool(_JOINING & set(between)) and set(between) <= _JOINING | _LIGHT
        if run and not joined:
            yield from ([run] if len(run) >= least else [])
            run = []
        run = [*run, span]
    yield from ([run] if len(run) >= least else [])


def _value_in(reading: Reading, span: Span, dimension: str, lexicon: Lexicon) -> Span | None:
    """The first or last word of a figure's name that is a value of the dimension."""
    for at in dict.fromkeys((span.start, span.end - 1)):
        token = reading.tokens[at]
        targets = [t for t in lexicon.exact.get((token.lemma,), ()) if (t.kind, t.name) == ("value", dimension)]
        alike = [v for v in lexicon.values.values(dimension) if stem(v.lower()) == stem(token.text)]
        found = targets or [Target("value", dimension, value) for value in alike]
        if len(found) == 1:
            return Span(at, at + 1, "value", (found[0],))
    return None


def _replace(reading: Reading, span: Span, value: Span, lexicon: Lexicon) -> None:
    """Put the value in the figure's place; what is left of its name may be a figure (`negative calls`)."""
    reading.spans = [s for s in reading.spans if (s.start, s.end) != (span.start, span.end)] + [value]
    start, end = (value.end, span.end) if value.start == span.start else (span.start, value.start)
    key = tuple(token.lemma for token in reading.tokens[start:end])
    metrics = sorted(target for target in lexicon.exact.get(key, ()) if target.kind == "metric")
    if metrics:
        reading.spans.append(Span(start, end, "metric", tuple(metrics)))


_WRITTEN = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")


def read_as_written(reading: Reading, lexicon: Lexicon) -> None:
    """`everything except sign_in`: a name written as the data has it is that value, whatever else it may mean."""
    names = {name.replace("_", " "): name for name in _WRITTEN.findall(reading.question.lower())}
    for span in reading.of_kind("value") if names else ():
        name = names.get(" ".join(token.text for token in reading.tokens[span.start : span.end]), "")
        known = [
            Target("value", dimension, name)
            for dimension in lexicon.model.dimensions
            if name and name in lexicon.values.values(dimension)
        ]
        if known:
            reading.spans = [replace(s, targets=tuple(known)) if s is span else s for s in reading.spans]


def agree_in_lists(reading: Reading) -> None:
    """`id_card_download and login`: of values side by side, those of the dimension they share are meant."""
    values = sorted(reading.of_kind("value"), key=lambda span: span.start)
    for one, other in pairwise(values):
        between = {token.text for token in reading.tokens[one.end : other.start]}
        shared = one.names & other.names
        if not between or not between <= _JOINING or not shared or one.start == other.start:
            continue
        for span in (one, other):
            # `retail vs mail vs specialty`: no dimension either
            reading.spans = [
                s
                for s in reading.spans
                if not (s.kind == "dimension" and (s.start, s.end) == (span.start, span.end))
            ]
            kept = tuple(target for target in span.targets if target.name in shared)
            if len(kept) < len(span.targets):
                reading.spans = [replace(s, targets=kept) if s is span else s for s in reading.spans]


_IS = word_set("is are was were being still either") | {"="}
_ON = _JOINING | _IS | word_set("to compared against with than still not")


def bind_to_named(reading: Reading, lexicon: Lexicon) -> None:
    """`prior auth status is Denied or Approved`: values of the dimension that is named, not of another one."""
    for named in reading.of_kind("dimension"):
        (dimension, *others) = named.names
        if others:
            continue
        at = reading.past(named.end, _IS)
        if at == named.end:
            continue
        while span := next((s for s in reading.of_kind("value") if s.start == at), None):
            word = " ".join(token.text for token in reading.tokens[span.start : span.end])
            own = [v for v in lexicon.values.values(dimension) if v.lower() == word]
            if not own:
                break
            reading.spans = [s for s in reading.spans if (s.start, s.end) != (span.start, span.end)]
            reading.spans.append(Span(span.start, span.end, "value", (Target("value", dimension, own[0]),)))
            at = reading.past(span.end, _ON)


_NO_VALUE = (
    FUNCTION
    | FILLER
    | POPULATION
    | EXCLUDERS
    | word_set("separately individually respectively apiece between among amongst dollars minutes seconds")
)


def left_of_list(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """`success, failure or walk-away`: the word beside two values that are filtered by, which is no value."""
    kept = {(item.dimension, value) for item in draft.filters for value in item.values}
    unused = [
        span for span in reading.of_kind("metric")
        if not any(target.name in draft.metrics for target in span.targets)
    ]  # fmt: skip
    taken = {at for span in reading.spans if span not in unused for at in range(span.start, span.end)}
    spans = [
        span for span in reading.of_kind("value")
        if any((target.name, target.value) in kept for target in span.targets)
    ]  # fmt: skip
    for span in spans:
        for at in (_beside(reading, span.end, 1), _beside(reading, span.start - 1, -1)):
            if at is None or at in taken or reading.tokens[at].text in _NO_VALUE:
                continue
            low, high = (span.end, at) if at >= span.end else (at + 1, span.start)
            beside = {token.text for token in reading.tokens[low:high]}
            joined = [
                between for between in _joined(reading, span, spans) if "," not in beside or "and" not in between
            ]
            if joined:
                return (reading.tokens[at].text,)
    return ()


def _beside(reading: Reading, at: int, step: int) -> int | None:
    """The first place past one or two joining words."""
    start = at
    while 0 <= at < len(reading.tokens) and reading.tokens[at].text in _JOINING | DETERMINERS:
        at += step
    return at if at != start and 0 <= at < len(reading.tokens) and not reading.tokens[at].is_mark else None


def _joined(reading: Reading, span: Span, spans: Sequence[Span]) -> Iterator[set[str]]:
    """The words that join a value with another of its dimension; none when nothing else stands between."""
    names = span.names
    for other in spans:
        low, high = (span.end, other.start) if span.end <= other.start else (other.end, span.start)
        between = {token.text for token in reading.tokens[low:high]}
        if other is not span and between and between <= _JOINING and names & other.names:
            yield between


def read_both_sides(reading: Reading, lexicon: Lexicon) -> None:
    """`claims that required prior authorization and those that did not`: a breakdown by a yes or a no."""
    for span in reading.of_kind("value"):
        names = sorted({t.name for t in span.targets if len(lexicon.values.values(t.name)) == 2})
        at = span.end + (span.end < len(reading.tokens) and reading.tokens[span.end].text == ",")
        end = _other_side(reading, at)
        if names and end:
            targets = tuple(Target("dimension", name) for name in names)
            reading.spans = [one for one in reading.spans if (one.start, one.end) != (span.start, span.end)]
            reading.spans.append(Span(span.start, span.end, "dimension", targets))
            reading.breakdown.append(reading.spans[-1])
            reading.explain(span.start, end)


_ANAPHORS = word_set(
    "that which who those ones with the claims members calls sessions people estimates requests where it they this"
)
_NEGATED = word_set("not without")


def _other_side(reading: Reading, at: int) -> int:
    """Where `and those that did not` ends; 0 when it does not stand there."""
    words = [token.text for token in reading.tokens]
    if words[at : at + 1] not in (
        ["and"],
        ["versus"],
        ["vs"],
        ["than"],
        ["or"],
        ["against"],
        ["from"],
        ["with"],
        ["to"],
    ):
        return 0
    end = at + 1
    while end < len(words) and words[end] in _ANAPHORS | {"did", "do", "does", "was", "were", "have"}:
        end += 1
    if end == at + 1 or words[end : end + 1] not in ([word] for word in _NEGATED):
        return 0
    ends = (
        end + 1 == len(words) or reading.tokens[end + 1].is_mark or words[end + 1] in ("it", "one", "any", "need")
    )
    return end + 1 if ends else 0
