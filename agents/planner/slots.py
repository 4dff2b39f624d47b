"""What a question names that a verified query may take as a parameter, apart from the words that are left.

Two questions ask for the same thing when the words are the same and their slots can be filled the same way. The
slots are what the planner's own readers find: values, one period, a bare number of rows, a percentage, metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agents.planner.lexicon import Lexicon
from agents.planner.linking import link
from agents.planner.numerals import read_quantity
from agents.planner.periods import Clock, Period
from agents.planner.ranking import row_limit
from agents.planner.reading import Reading, Span, Target, Token
from agents.planner.words import FILLER, FUNCTION, POPULATION, harmless, word_set

Key = frozenset[str]
KEPT = word_set(
    """
    not no never without except excepted excluding excluded neither nor minus besides ignoring omitting only by
    than if why and
    """
)
_JOINING = word_set("and or , plus")
EXACT = 1.0
LEANING = word_set("that those it this these them there same also too again above he she they instead")
"""Words of a follow-up that point at the answer before."""


@dataclass(frozen=True)
class Slots:
    """What a question names: `key` are its words without the slots, `bare` also without the metrics' words.

    Each entry of `values` holds the readings of one value; there is at most one period, number and percentage.
    `doubt` says that it names more of them than a slot takes, `single` that it asks for one of what it ranks.
    """

    key: Key
    bare: Key
    values: tuple[tuple[Target, ...], ...] = ()
    period: Period | None = None
    number: int | None = None
    percent: float | None = None
    metrics: tuple[Target, ...] = ()
    leaning: Key = frozenset()
    doubt: bool = False
    single: bool = False


@dataclass
class _Found:
    taken: set[int] = field(default_factory=set)
    values: list[tuple[Target, ...]] = field(default_factory=list)
    doubt: bool = False


def words_of(tokens: Sequence[Token]) -> Key:
    """The telling lemmas of a question and the cues that may not be dropped, whatever their order."""
    return frozenset(_telling(tokens, range(len(tokens))))


def read_slots(tokens: list[Token], lexicon: Lexicon, clock: Clock) -> Slots:
    """Read a question's slots. `clock` places its period."""
    reading = Reading(" ".join(token.raw for token in tokens), tokens)
    link(reading, lexicon, clock)
    found = _Found()
    _take_values(reading, found)
    period = _take_period(reading, found)
    percent, number = _take_numbers(reading, found)
    left = [at for at in range(len(tokens)) if at not in found.taken]
    metrics = [span for span in reading.of_kind("metric") if not found.taken & set(range(span.start, span.end))]
    # a loose reading of a metric reaches over words that are not its own: `cost us the most in avoidable calls`
    named = [span for span in metrics if span.weight >= EXACT]
    covered = {at for span in named for at in range(span.start, span.end)}
    return Slots(
        key=frozenset(_telling(tokens, left)),
        bare=frozenset(_telling(tokens, [at for at in left if at not in covered])),
        values=tuple(found.values),
        period=period,
        number=number,
        percent=percent,
        metrics=tuple(target for span in metrics for target in span.targets),
        leaning=frozenset(tokens[at].text for at in left if tokens[at].text in LEANING),
        doubt=found.doubt,
        single=asks_for_one(tokens, lexicon),
    )


def asks_for_one(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """`which journey costs the most`, not `which journeys` nor `which billing failures`."""
    opens = next((at for at, token in enumerate(tokens) if token.text in ("which", "what")), None)
    noun = tokens[opens + 1] if opens is not None and opens + 1 < len(tokens) else None
    if noun is None or noun.text.endswith("s"):
        return False
    return any(target.kind == "dimension" for target in lexicon.exact.get((noun.lemma,), ()))


def _telling(tokens: Sequence[Token], places: Sequence[int] | range) -> Iterator[str]:
    quiet = FILLER | harmless()
    for at in places:
        token = tokens[at]
        if token.text in KEPT:
            yield token.text
        elif not token.is_mark and token.text not in FUNCTION and token.text not in quiet:
            yield token.lemma


def _take_values(reading: Reading, found: _Found) -> None:
    """Values with the words that only say of what they are: their dimension's name, members, `only`, `and`."""
    spans = sorted(reading.of_kind("value"), key=lambda span: span.start)
    dimensions = reading.of_kind("dimension")
    for span in spans:
        found.values.append(tuple(sorted(span.targets)))
        found.doubt = found.doubt or reading.tokens[span.start - 1].text == "but"  # `all journeys but Login`
        found.taken |= set(range(span.start, span.end))
        found.taken |= _people(reading, span) | _only(reading, span)
        names = span.names
        for other in dimensions:
            beside = -1 <= other.start - span.end <= 0 or -1 <= span.start - other.end <= 1
            between = reading.tokens[min(other.end, span.end) : max(other.start, span.start)]
            plain = all(token.text in FUNCTION and token.text not in KEPT for token in between)
            if beside and plain and names & other.names:
                found.taken |= set(range(other.start, other.end))
    for one, other in pairwise(spans):
        joint = range(one.end, other.start)
        shared = one.names & other.names
        if shared and all(reading.tokens[at].text in _JOINING | POPULATION | {"in", "for"} for at in joint):
            found.taken |= set(joint)


def _people(reading: Reading, span: Span) -> set[int]:
    at = span.end
    return {at} if at < len(reading.tokens) and reading.tokens[at].text in POPULATION else set()


def _only(reading: Reading, span: Span) -> set[int]:
    """`only Florida`, `only in Florida`: a filter says so anyway."""
    for at in (span.start - 1, span.start - 2):
        if at >= 0 and reading.tokens[at].text == "only":
            between = reading.tokens[at + 1 : span.start]
            return {at} if all(token.text in ("in", "for", "the", "among") for token in between) else set()
    return set()


def _take_period(reading: Reading, found: _Found) -> Period | None:
    """One period, also said twice; several, or a comparison with one, are no slot."""
    spans = [span for span in reading.of_kind("time") if span.period]
    periods = [span.period for span in spans if span.period]
    if not periods:
        return None
    days = {(period.start, period.end) for period in periods}
    if len(days) > 1 or any(period.baseline for period in periods):
        found.doubt = True
        return None
    for span in spans:
        found.taken |= set(range(span.start, span.end))
    return periods[0]


def _take_numbers(reading: Reading, found: _Found) -> tuple[float | None, int | None]:
    words = [token.text for token in reading.tokens]
    covered = found.taken | {at for span in reading.spans for at in range(span.start, span.end)}
    percents: list[float] = []
    numbers: list[int] = []
    for at, word in enumerate(words):
        if at in covered or at in found.taken or word in FUNCTION:
            continue
        quantity = read_quantity(words, at)
        if quantity is None:
            continue
        if quantity.unit == "percent" and not words[at].isalpha():
            percents.append(round(quantity.value * 100, 6))
            found.taken |= set(range(at, quantity.end))
        elif not quantity.unit and quantity.end == at + 1 and (limit := row_limit(word)):
            numbers.append(limit)
            found.taken.add(at)
    found.doubt = found.doubt or len(percents) > 1 or len(numbers) > 1
    return (percents[0] if percents else None), (numbers[0] if numbers else None)
