"""Values side by side: `iOS vs Android`, `for Medicare and for Commercial`, `PPO, HMO, EPO, each`."""

from __future__ import annotations

import itertools

from agents.planner.comparing import BECOMING, CHANGE, VERSUS, explain_comparatives
from agents.planner.cues import find, first, take, unexplained
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import AUXILIARIES, CONJUNCTIONS, DETERMINERS, FUNCTION, PREPOSITIONS


def read_value_comparison(reading: Reading) -> None:
    """`iOS vs Android`, `HMO or PPO`, `A against B`, `more than B`: values of one dimension side by side."""
    values = sorted(reading.of_kind("value"), key=lambda span: span.start)
    for first_span, second in itertools.pairwise(values):
        shared = first_span.names & second.names
        if not shared or first_span.start == second.start:
            continue
        between = {reading.tokens[at].text for at in range(first_span.end, second.start)}
        if between & {
            "versus",
            "vs",
            "v",
            "against",
            "than",
            "compared",
            "relative",
            "next",
            "alongside",
        } or _asked(reading, between):
            reading.compared |= {first_span.start, second.start}
            take(reading, VERSUS)
    reading.compared |= _each_of(reading, values) | _apart(reading, values) | _listed(reading, values)
    if not reading.compared:
        _against_the_others(reading, values)
    if reading.compared or reading.breakdown:
        take(reading, r"between|among|amongst|mix")
    if reading.compared:
        take(reading, CHANGE)
        explain_comparatives(reading)
    if unexplained(reading, VERSUS):
        reading.compare_cue = True
        take(reading, VERSUS)


def _against_the_others(reading: Reading, values: list[Span]) -> None:
    """`Do Spanish speakers wait longer?`: than the others, who are shown too. With a period it may be a change."""
    ranking = reading.ranking
    words = [token.text for token in reading.tokens]
    asked = words[:1] and words[0] in _CHOOSING and ranking is not None and ranking.comparative
    alone = len(values) == 1 and not reading.breakdown and not reading.negated
    if (
        not asked
        or not alone
        or {"than", "versus", "vs"} & set(words)
        or reading.of_kind("time")
        or reading.thresholds
    ):
        return
    (value,) = values
    if ranking is None or value.start == ranking.end or words[ranking.start - 1] in BECOMING:
        return  # `are there more HMO members`
    named = dict.fromkeys(target.name for target in value.targets)
    span = Span(value.start, value.end, "dimension", tuple(Target("dimension", name) for name in named))
    reading.spans = [one for one in reading.spans if one is not value] + [span]
    reading.breakdown.append(span)
    reading.explain(span.start, span.end)
    explain_comparatives(reading)
    reading.ranking = None
    said = " ".join(token.raw for token in reading.tokens[value.start : value.end])
    reading.assumptions.append(f"'{said}' is held against the others: all of them are shown.")


def _each_of(reading: Reading, values: list[Span]) -> set[int]:
    """`FL, GA, NC each`, `A or B, one figure each`: the values of a list, one by one; not `A or B each month`."""
    found: set[int] = set()
    ends = {start: end for start, end in find(reading, _EACH) if _closes(reading, end)}
    for first_span, second in itertools.pairwise(values):
        shared = first_span.names & second.names
        # the things that have the value may stand between: `Emergency and Hospital claims, shown separately`
        at = next((at for at in (second.end, second.end + 1) if at in ends), None) if shared else None
        between = reading.tokens[second.end : at]
        if at is not None and not any(token.is_mark or token.text in FUNCTION for token in between):
            reading.explain(at, ends[at])
            found |= {first_span.start, second.start}
    return found


def _apart(reading: Reading, values: list[Span]) -> set[int]:
    """`for Medicare and for Commercial`: who says the preposition again means the one and the other."""
    found: set[int] = set()
    nouns = {at for span in reading.of_kind("dimension") for at in range(span.start, span.end)}
    words = ["" if at in nouns else token.text for at, token in enumerate(reading.tokens)]
    for one, other in itertools.pairwise(values):
        shared = one.names & other.names
        led = [word for word in words[max(0, one.start - 3) : one.start] if word and word not in DETERMINERS]
        between = [word for word in words[one.end : other.start] if word and word not in DETERMINERS]
        if shared and led and led[-1] in _LEADING and between[-2:] == ["and", led[-1]] and len(between) <= 3:
            reading.explain(one.end, other.start)
            found |= {one.start, other.start}
    return found


_LEADING = ("for", "in", "on", "at", "among", "from")


def _listed(reading: Reading, values: list[Span]) -> set[int]:
    """`PPO and HMO members - how many days, for each`: the one list of values there is, one by one."""
    cues = [(start, end) for start, end in find(reading, _FOR_EACH) if reading.closes(end)]
    cues += [(start, end) for start, end in find(reading, rf", {_EACH}") if end >= len(reading.tokens)]
    by_dimension: dict[str, dict[str, int]] = {}
    for span in values:
        for target in span.targets if span.start not in reading.negated else ():
            by_dimension.setdefault(target.name, {})[target.value] = span.start
    lists = {tuple(starts) for named in by_dimension.values() if len(starts := sorted({*named.values()})) > 1}
    if not cues or len(lists) != 1:
        return set()
    reading.explain(*cues[0])
    return set(lists.pop())


_FOR_EACH = r"(?:of|for|by|in|on|at) each(?: one| of (?:them|these|those))?"
_EACH = (
    r"(?:, )?(?:each (?:one )?apart|"
    r"each (?:(?:shown|listed|given|kept|taken|counted) )?on (?:its|their) own(?: line| row)?|"
    r"each(?: of them)?(?: separately| individually| on its own| alone)?|apiece|"
    r"(?:(?:shown|listed|kept|taken|counted|looked at) )?(?:separately|individually|apart)|respectively|"
    r"(?:one|a) (?:figure|number|line|row|value|bar|rate|total|count) (?:each|apiece)|one each)"
)


def _closes(reading: Reading, at: int) -> bool:
    """Whether no noun follows: the clause ends, or goes on with a mark, a preposition or a conjunction."""
    if reading.closes(at):
        return True
    word = reading.tokens[at].text
    return word in PREPOSITIONS | CONJUNCTIONS | AUXILIARIES or any(
        span.start == at and span.kind == "time" for span in reading.spans
    )


def _asked(reading: Reading, between: set[str]) -> bool:
    if between & {"and", "or", ",", "to", "with", "from"}:
        cue = first(
            reading,
            r"compare|comparing|comparison|contrast|contrasting|difference|differences|different|gap|differ|differs|between|"
            r"side by side|next to each other|one (?:next to|beside) the other|"
            r"split|splits|divide|divides|divided|each of|respectively|separately",
        )
        if cue and between & _JOINED:
            return True
        # `step therapy or quantity limits, per drug, ten largest`: what is ranked is the drugs
        chosen = reading.ranking is not None and not (reading.breakdown and reading.ranking.limit)
        return "or" in between and (chosen or _chooses(reading))
    return False


_JOINED = frozenset({"and", "with", "from"})
_CHOOSING = frozenset({"is", "are", "was", "were", "do", "does", "did", "has", "have", "had"})


def _chooses(reading: Reading) -> bool:
    """`was the app or the web leakier`: the clause that holds the two opens with a verb, and asks which."""
    starts = [0, *(at + 1 for at, token in enumerate(reading.tokens[:-1]) if token.is_mark)]
    return any(reading.tokens[at].text in _CHOOSING for at in starts)
