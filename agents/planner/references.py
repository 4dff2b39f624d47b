"""References to rows of the last answer: `the second one`, `that plan`, `the others` become values of its keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.planner.cues import find, first
from agents.planner.lexicon import Lexicon
from agents.planner.plan import PriorTurn, Shown
from agents.planner.reading import Reading, Span, Target

_ORDINALS = {
    word: place
    for place, words in enumerate(
        ("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th", "seventh 7th",
         "eighth 8th", "ninth 9th", "tenth 10th"), 1,
    )
    for word in words.split()
}  # fmt: skip
_COUNTS = {"two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4, "five": 5, "5": 5}
_NUMBERS = {"one": 1, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10} | _COUNTS
_TOP = r"top|leading|highest|largest|biggest"
_END = r"last|bottom|lowest|smallest"
_JUDGED = r"worst|best"
_VERBS = r"is|was|so|higher|lower|worse|better|and|by|only|above|below|than|for|in|at|over"
_EXCEPT = (
    r"(?:(?:everything|all|anything|everyone|show all) )?(?:except|but|other than|besides|excluding|without|"
    r"apart from)"
    r" (?:for )?(?:those|these|that|them|this)(?: (?:two|three|four|ones|one))?"
)
_OTHERS = (
    r"(?:all )?(?:the )?(?:others|other ones|rest|rest of them|remaining ones|remaining)|"
    r"(?:everyone|everybody|everything|everywhere|all) else"
)


@dataclass(frozen=True)
class Unresolved:
    """A reference to rows that the last answer does not have: what to say of it."""

    message: str


def resolve(reading: Reading, prior: PriorTurn, lexicon: Lexicon) -> None:
    """Put value spans where the question points at rows; `reading.unresolved` says what cannot be resolved.

    Tokens of a resolved reference read as the row's own values, so every later step treats them like values.
    """
    _ones(reading, prior, lexicon)
    if first(
        reading,
        r"(?:which|what|who)(?: (?:one|of \S+|\S+))? (?:is|are|was|has|have|had)"
        r"(?! (?:behind|driving|causing|going on|happening|up with|wrong with)(?: |$))",
    ):
        return
    for start, end, pointed in _references(reading, prior.shown, lexicon):
        if any(span.start < start < span.end or span.start < end < span.end for span in reading.spans):
            continue
        if pointed == "others" and reading.pointed:
            reading.explain(start, end)
            continue
        rows = _rows(pointed, prior, lexicon)
        reading.explain(start, end)
        if isinstance(rows, Unresolved):
            reading.unresolved = rows.message
            return
        _point(reading, start, end, rows, prior.shown)


def _ones(reading: Reading, prior: PriorTurn, lexicon: Lexicon) -> None:
    """`the new ones`, `the at-risk ones`: a value that the last answer has, by a word of its name."""
    known = (
        {(item.dimension, value) for item in prior.query.filters for value in item.values}
        if prior.query
        else set()
    )
    known |= {pair for row in prior.shown.rows for pair in zip(prior.shown.dimensions, row, strict=True)}
    taken = {at for span in reading.spans for at in range(span.start, span.end)}
    for start, end in find(reading, r"\S+ ones"):
        word = reading.tokens[start].text
        named = [pair for pair in sorted(known) if word in lexicon.values.label(*pair).lower().split()]
        if len(named) == 1 and start not in taken:
            reading.explain(start, end)
            reading.spans.append(Span(start, end, "value", (Target("value", *named[0]),)))
            reading.spans.sort(key=lambda span: (span.start, span.end))


def _references(reading: Reading, shown: Shown, lexicon: Lexicon) -> list[tuple[int, int, str]]:
    """Token ranges with what they point at: `3`, `1-2`, `last`, `worst`, `this`, `others`."""
    noun = _nouns(shown, lexicon)
    ordinal, count = "|".join(_ORDINALS), "|".join(_COUNTS)
    words = [token.text for token in reading.tokens]
    found: list[tuple[int, int, str]] = []  # the others come last: rows named beside them say which

    def add(pattern: str, pointed: str = "") -> None:
        for start, end in find(reading, pattern):
            if not any(start < e and s < end for s, e, _ in found):
                found.append((start, end, pointed or _pointed(words[start:end])))

    add(rf"(?:the )?(?:first|{_TOP}) (?:{count}) (?:{noun})s?")
    found = [place for place in found if not _ranks_anew(reading, place[1])]
    add(rf"the first (?:{count})")
    add(rf"(?:the )?(?:{ordinal}) (?:{noun})")
    add(rf"the (?:{ordinal})(?= (?:{_VERBS})(?: |$)| [.,]|$)")
    add(rf"(?:number|row|rank|place) (?:{ordinal}|{'|'.join(_NUMBERS)}|[1-9]\d?)(?! (?:of|rows))")
    add(rf"the (?:{_TOP}|{_END}|{_JUDGED}) (?:{noun})(?! (?:percent|members))")
    add(rf"(?:that|this) (?:{noun})", "this")
    if "compare" in words or "between" in words or "why" in words:
        add(rf"(?:the )?(?:{_TOP}) (?:{count})")
    add(rf"{_EXCEPT}(?= [.,]|$)", "others")
    if first(
        reading,
        rf"(?:{_OTHERS})(?: (?:of (?:the|them) .*|only|then|instead|too|too [.]|by .*|"
        rf"without .*))?(?: [.,]|$)",
    ):
        add(rf"{_OTHERS}(?= |$)", "others")
    return found


def _ranks_anew(reading: Reading, end: int) -> bool:
    """Whether `top 3 journeys` is followed by a metric to rank them by: then it points at no rows shown before."""
    words = [token.text for token in reading.tokens[end : end + 1]]
    return words == ["by"] and any(span.start == end + 1 for span in reading.of_kind("metric"))


def _nouns(shown: Shown, lexicon: Lexicon) -> str:
    """What a row may be called: one, row, and the words for the dimensions shown (journey, plan)."""
    named = ["one", "row", "entry", "line", "item", "bar", "result"]
    for name in shown.dimensions:
        dimension = lexicon.model.dimensions.get(name)
        if dimension:
            named += [dimension.label.lower(), dimension.label.lower().split()[0], *dimension.synonyms[:6]]
    return "|".join(re.escape(word) for word in sorted(dict.fromkeys(named), key=len, reverse=True))


def _pointed(words: list[str]) -> str:
    counts = [_COUNTS[word] for word in words[1:] if word in _COUNTS]
    if counts and words[0] not in ("number", "row", "rank", "place"):
        return f"1-{counts[0]}"
    for word in words:
        if word in _ORDINALS:
            return str(_ORDINALS[word])
        if word in _JUDGED.split("|") or word in ("highest", "largest", "biggest", "lowest", "smallest"):
            return word
    if any(word in _END.split("|") for word in words):
        return "last"
    if any(word in _TOP.split("|") for word in words):
        return "1"
    return next(
        (
            word if word.isdigit() else str(_NUMBERS[word])
            for word in words[1:]
            if word in _NUMBERS or word.isdigit()
        ),
        "this",
    )


def _rows(pointed: str, prior: PriorTurn, lexicon: Lexicon) -> list[int] | Unresolved:
    """Indices of the rows; `others` gives the rows that they are other than, as negative places minus one."""
    shown = prior.shown
    count = len(shown.rows)
    if pointed == "others":
        return _others(prior)
    if not count:
        return Unresolved("The last answer shows no named rows that this could point at.")
    if pointed == "this":
        return [0] if count == 1 else Unresolved("The last answer shows several rows. Which one do you mean?")
    if "-" in pointed:
        last = int(pointed.split("-")[1])
        return list(range(last)) if last <= count else _too_far(last, shown)
    place = _place(pointed, prior, lexicon)
    if place is None:
        return Unresolved(f"The rows of the last answer are not in an order that says which is the {pointed} one.")
    return [place - 1] if place <= count else _too_far(place, shown)


def _others(prior: PriorTurn) -> list[int] | Unresolved:
    """All but the rows shown when only the first few were, or but what a filter singled out (no rows then)."""
    if prior.query and prior.query.limit and prior.shown.rows and prior.shown.total <= prior.query.limit:
        return [-1 - place for place in range(len(prior.shown.rows))]
    if prior.query and prior.query.filters:
        return []
    return Unresolved("Other than which? The last answer does not single anything out.")


def _place(pointed: str, prior: PriorTurn, lexicon: Lexicon) -> int | None:
    """A row's place from 1; the last one is only known when all rows' keys are."""
    if pointed.isdigit():
        return int(pointed)
    last = prior.shown.total if prior.shown.total == len(prior.shown.rows) else None
    if pointed == "last":
        return last
    falling = _falling(prior)
    if falling is None or prior.query is None:
        return None
    polarity = lexicon.model.metrics[prior.query.metrics[0]].polarity
    if pointed in _JUDGED.split("|") and polarity == "neutral":
        return None
    high = pointed in ("highest", "largest", "biggest") or (pointed == "worst") == (polarity == "lower")
    if pointed in ("lowest", "smallest"):
        high = False
    return 1 if high == falling else last


def _falling(prior: PriorTurn) -> bool | None:
    """Whether the rows go from the highest figure down; None when they follow something else."""
    query = prior.query
    if query is None or query.time_grain:
        return None
    if not query.order_by:
        return True
    return query.order_by[0].direction == "desc" if query.order_by[0].by == query.metrics[0] else None


def _too_far(place: int, shown: Shown) -> Unresolved:
    if place <= shown.total:
        return Unresolved(f"Only the first {len(shown.rows)} rows are remembered by name. Name the one you mean.")
    rows = "1 row" if shown.total == 1 else f"{shown.total} rows"
    return Unresolved(f"The last answer shows {rows}, so there is no number {place}.")


def _point(reading: Reading, start: int, end: int, rows: list[int], shown: Shown) -> None:
    inside = set(range(start, end))
    reading.spans = [s for s in reading.spans if inside.isdisjoint(range(s.start, s.end))]
    for row in rows:
        place = row if row >= 0 else -1 - row
        for name, value in zip(shown.dimensions, shown.rows[place], strict=True):
            reading.spans.append(Span(start, end, "value", (Target("value", name, value),)))
    if not rows or rows[0] < 0:
        reading.others = start
        reading.negated.add(start)
    reading.spans.sort(key=lambda span: (span.start, span.end))
    reading.pointed.append(tuple(rows))
