"""Which values of dimensions a question's words may stand for, and the likeliest ways to take them all.

The rules settle on one reading of each word. Here every value that is called so competes again, also where the
rules saw a figure (`renewals versus new enrollments`): it narrows the question, is left out, is set beside others,
or is only said in passing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span
from agents.planner.reranker.slots import LEAST, Probabilities, Slots, log_of
from agents.planner.words import FILLER, FUNCTION, word_set

Use = Literal["in", "not", "by", "passing"]
"""A filter on it; a filter without it; one of several side by side; no part of the question."""
USES: tuple[Use, ...] = get_args(Use)
_BOUNDARY = "^"
_CHANCE = 0.12
"""A use less likely than this is no way to take a value."""
_OTHERS = 3
"""Ways beside the likeliest."""
_MOST = 14
_CONTRAST = word_set("vs versus v against than compare compared opposed beside each separately respectively")


@dataclass(frozen=True)
class Taken:
    """One way to take the values: those used, with their use, and how likely it all is (a logarithm)."""

    used: tuple[tuple[Span, Use], ...]
    chance: float
    weakest: float = 0.0


def named_values(reading: Reading, lexicon: Lexicon) -> list[Span]:
    """Every value that words of the question stand for, one target a span, in the order of the question."""
    found = {
        Span(span.start, span.end, "value", (target,))
        for span in reading.of_kind("value")
        for target in span.targets
    }
    lemmas = [token.lemma for token in reading.tokens]
    for start in range(len(lemmas)):
        for end in range(start + 1, min(len(lemmas), start + lexicon.longest) + 1):
            targets = [t for t in lexicon.exact.get(tuple(lemmas[start:end]), ()) if t.kind == "value"]
            if targets and not _is_common(reading, start, end):
                found |= {Span(start, end, "value", (target,)) for target in targets}
    longest = [span for span in found if not any(_inside(span, other) for other in found)]
    return sorted(longest, key=lambda span: (span.start, span.end, span.targets))[:_MOST]


def _is_common(reading: Reading, start: int, end: int) -> bool:
    return all(token.text in FUNCTION | FILLER and not token.raw.isupper() for token in reading.tokens[start:end])


def _inside(span: Span, other: Span) -> bool:
    """Whether another value of the same dimension takes these words and more."""
    within = (
        other.start <= span.start and span.end <= other.end and span.end - span.start < other.end - other.start
    )
    return within and other.targets[0].name == span.targets[0].name


def value_features(reading: Reading, span: Span, others: Sequence[Span]) -> list[str]:
    """What tells how a value is meant; `others` are all values named in the question."""
    words = [token.lemma for token in reading.tokens]
    said = " ".join(words[span.start : span.end])
    target = span.targets[0]
    dimension = target.name
    before = [_BOUNDARY, _BOUNDARY, _BOUNDARY, *words][span.start : span.start + 3]
    after = [*words, _BOUNDARY, _BOUNDARY, _BOUNDARY][span.end : span.end + 3]
    raw = reading.tokens[span.start].raw
    marks = [token.is_mark and token.text == "." for token in reading.tokens]
    same = [one for one in others if one.targets[0].name == dimension and one.targets != span.targets]
    rival = [one for one in others if one.targets[0].name != dimension and _overlap(one, span)]
    near = [one for one in same if 0 < max(one.start - span.end, span.start - one.end) + 1 <= 3]
    between = sorted({w for one in near for w in words[min(one.end, span.end) : max(one.start, span.start)]})
    rules = _of_the_rules(reading, span)
    return list(
        dict.fromkeys(
            (
                "v", f"v in {dimension}", f"v is {said}", f"v {said} in {dimension}",
                f"v before {before[2]}", f"v before {' '.join(before[1:])}", f"v before {' '.join(before)}",
                f"v after {after[0]}", f"v after {' '.join(after[:2])}", f"v after {' '.join(after)}",
                f"v around {before[2]} {after[0]}",
                f"v {dimension} before {before[2]}", f"v {dimension} after {after[0]}",
                f"v {said} before {before[2]}", f"v {said} after {after[0]}",
                *(f"v near {word}" for word in (*before, *after)),
                f"v capital {raw[:1].isupper()} {dimension}",
                f"v rules {rules}", f"v rules {rules} in {dimension}",
                f"v compared {span.start in reading.compared}", f"v negated {span.start in reading.negated}",
                f"v sentence {any(marks[span.end:])} {any(marks[:span.start])}",
                f"v same {min(3, len(same))}", f"v rivals {min(3, len(rival))}",
                *(f"v rather {one.targets[0].name} than {dimension}" for one in rival),
                *(f"v joined {word}" for word in between), f"v joined {bool(near)}",
                f"v contrast {bool(_CONTRAST & set(words))} {bool(same)}",
                *(f"v {dimension} beside metric {t.name}" for s in reading.of_kind("metric") for t in s.targets),
                *(f"v {dimension} by {t.name}" for s in reading.breakdown for t in s.targets),
                *(f"v {dimension} word {word}" for word in dict.fromkeys(words)),
            )
        )
    )  # fmt: skip


def _of_the_rules(reading: Reading, span: Span) -> str:
    """What the rules took these words for."""
    for other in reading.of_kind("value"):
        if _overlap(other, span):
            return "this" if span.targets[0] in other.targets else "another"
    return next((other.kind for other in reading.spans if _overlap(other, span)), "nothing")


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def ways(reading: Reading, lexicon: Lexicon, slots: Slots) -> list[Taken]:
    """The likeliest way to take the question's values and a few others, the likeliest first."""
    named = named_values(reading, lexicon)
    chances = [_chances(slots.probabilities(value_features(reading, span, named), ("value",))) for span in named]
    best = _likeliest(chances, named, {})
    found = {best: _taken(best, chances, named)}
    for at, said in enumerate(chances):
        for use in USES:
            if use != best[at] and said[use] >= _CHANCE:
                changed = _likeliest(chances, named, {at: use})
                found.setdefault(changed, _taken(changed, chances, named))
    return sorted(found.values(), key=lambda one: -one.chance)[: _OTHERS + 1]


def _chances(said: Probabilities) -> dict[Use, float]:
    return {use: max(said["value"].get(use, 0.0), LEAST) for use in USES}


def _likeliest(
    chances: Sequence[dict[Use, float]], named: Sequence[Span], fixed: Mapping[int, Use]
) -> tuple[Use, ...]:
    """The likeliest use of each value, where words have one value at most."""
    uses: list[Use] = ["passing"] * len(named)
    likely: list[Use] = [max(USES, key=said.__getitem__) for said in chances]
    wanted = [fixed.get(at, use) for at, use in enumerate(likely)]
    for at in sorted(range(len(named)), key=lambda at: (at not in fixed, -chances[at][wanted[at]])):
        others = (other for other, use in zip(named, uses, strict=True) if use != "passing")
        if not any(_overlap(named[at], other) for other in others):
            uses[at] = wanted[at]
    return tuple(uses)


def _taken(uses: Sequence[Use], chances: Sequence[dict[Use, float]], named: Sequence[Span]) -> Taken:
    logs = [log_of(said[use]) for said, use in zip(chances, uses, strict=True)]
    used = tuple((span, use) for span, use in zip(named, uses, strict=True) if use != "passing")
    return Taken(used, sum(logs), min(logs, default=0.0))


def by_the_rules(reading: Reading) -> tuple[tuple[Span, Use], ...]:
    """The values as the rules took them, those of one meaning only."""
    return tuple((span, _use(span, reading)) for span in reading.of_kind("value") if len(span.targets) == 1)


def _use(span: Span, reading: Reading) -> Use:
    if span.start in reading.negated:
        return "not"
    return "by" if span.start in reading.compared else "in"


def retaken(reading: Reading, taken: Taken) -> tuple[Reading, tuple[Span, ...]]:
    """A copy of a reading with its values taken so, and the spans of values that are none any more."""
    chosen = [span for span, _ in taken.used]
    dropped = tuple(s for s in reading.of_kind("value") if not any(_overlap(s, one) for one in chosen))

    def free(spans: Iterable[Span]) -> list[Span]:
        return [
            span for span in spans if span.kind in ("time", "grain") or not any(_overlap(span, c) for c in chosen)
        ]

    changed = replace(
        reading,
        spans=sorted([*(s for s in free(reading.spans) if s.kind != "value"), *chosen], key=lambda s: s.start),
        breakdown=free(reading.breakdown), loose=free(reading.loose),
        negated={span.start for span, use in taken.used if use == "not"},
        compared={span.start for span, use in taken.used if use == "by"},
        explained=set(reading.explained),
    )  # fmt: skip
    for span in dropped:
        changed.explain(span.start, span.end)
    return changed, dropped
