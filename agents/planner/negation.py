"""Negation: which values are excluded. A negation that reaches no value stays unexplained."""

from __future__ import annotations

from agents.planner.reading import Reading, Span
from agents.planner.words import DETERMINERS, POPULATION, word_set

_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in sorted(
        (
            "excluding", "ex", "except", "except for", "excl", "exclude", "excludes", "other than", "apart from",
            "aside from", "not counting", "not including", "without", "without counting", "besides", "ignoring",
            "ignore", "leaving out", "leave out",  "minus", "non", "not", "no", "but not", "outside", "outside of",
            "omitting", "omit", "skip", "skipping", "barring", "not in", "not on", "not from", "not for",
            "all but", "everything but", "anything but", "everyone but", "everywhere but", "and not", "drop",
            "remove", "take out",
            "leaving aside", "leave aside", "setting aside", "putting aside", "disregard", "not using",
            "not with", "not about", "not end in", "not ending in", "not end with",
            "that are not", "who are not", "neither", "forget", "forgetting", "strip out",
            "stripping out", "filter out", "filtering out", "cut out", "disregarding", "leave off",
            "leaving off", "exclusive of", "net of",
        ),
        key=lambda phrase: -len(phrase.split()),
    )
)  # fmt: skip
_BETWEEN = DETERMINERS | POPULATION | {
    "anyone", "anybody", "anything", "those", "please", "and", "or", ",", "in", "on", "from", "for", "of", "with",
    "using", "nor", "are", "who", "that", "is", "was", "were",
}  # fmt: skip


def read_negation(reading: Reading) -> None:
    """Mark the start of each value span that a negation phrase governs."""
    values = {span.start: span for span in reading.spans if span.kind == "value"}
    nouns = {at for span in reading.spans if span.kind == "dimension" for at in range(span.start, span.end)}
    for start in sorted(values):
        found = _negation_before(reading, values, nouns, start) or _negation_after(reading, values[start])
        if found:
            reading.negated.add(start)
            reading.explain(*found)
            if start and reading.tokens[start - 1].text == "nor":
                reading.explain(start - 1, start)


def _negation_before(
    reading: Reading, values: dict[int, Span], nouns: set[int], start: int
) -> tuple[int, int] | None:
    """Walk left over a chain of values, commas, determiners to a negation phrase."""
    words = [token.text for token in reading.tokens]
    ends = {span.end: span for span in values.values()}
    taken = {place for span in values.values() for place in range(span.start, span.end)}
    counted = _figures(reading)
    at = start
    joined = False  # `excluding HMO and Florida`, but `excluding HMO in Florida`
    led = False  # `excluding HMO, in Florida`: what a preposition leads after a comma stands for itself
    while at > 0:
        if words[at - 1] == "but" and at - 1 not in taken and _all_before(words, at - 1):
            return at - 1, at
        for phrase in _PHRASES:
            begin = at - len(phrase)
            if begin >= 0 and tuple(words[begin:at]) == phrase and (taken | counted).isdisjoint(range(begin, at)):
                return begin, at
        if at in ends and ends[at].start < at:
            if not joined and not ends[at].names & values[start].names:
                return None
            at = ends[at].start
        elif words[at - 1] in _BETWEEN or at - 1 in nouns:
            if words[at - 1] == "," and at - 1 not in ends:
                return None
            if words[at - 1] == "," and led and not ends[at - 1].names & values[start].names:
                return None
            led = led or words[at - 1] in _LEADING
            joined = joined or words[at - 1] in _JOINTS
            at -= 1
        else:
            return _of_clause(reading, at, nouns | taken)
    return None


_LEADING = word_set("in on from for at")


def _figures(reading: Reading) -> set[int]:
    """Where figures stand: `ended without a resolution` leaves nothing out."""
    return {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}


_JOINTS = ("and", "or", "nor", ",")
_STRONG = tuple(
    tuple(cue.split())
    for cue in (
        "excluding", "except", "ignoring", "omitting", "disregarding", "without", "leaving out", "leave out",
        "not counting", "not including", "setting aside", "taking out", "exclusive of", "net of",
    )
)  # fmt: skip
_OF_THINGS = word_set("due who that which because of to about by as a an the ones those coming came made")
_FAR = 8


def _of_clause(reading: Reading, at: int, taken: set[int]) -> tuple[int, int] | None:
    """`excluding sessions that ended in a timeout`: only the things counted stand between, and no other value."""
    counted = _figures(reading)
    words = [token.text for token in reading.tokens]
    for place in range(at - 1, max(-1, at - _FAR), -1):
        for cue in _STRONG:
            start = place + 1 - len(cue)
            here = range(start, place + 1)
            if start >= 0 and tuple(words[start : place + 1]) == cue and (taken | counted).isdisjoint(here):
                return start, place + 1
        acted = words[place].endswith("ed")  # `those enrolled in HMO`, `the ones denied as a duplicate`
        if place in taken and not acted:
            return None
        if (
            not (acted or place in counted or words[place] in _OF_THINGS | _BETWEEN)
            or reading.tokens[place].is_mark
        ):
            return None
    return None


_AFTER = tuple(
    tuple(phrase.split())
    for phrase in (
        "not counted", "not included", "excluded", "excepted", "left aside", "leaving aside", "taken away",
        "left off", "off the list",
        "filtered out", "stripped out", "left out", "omitted", "aside", "not counting",
        "taken out", "removed",
        "ignored", "not considered", "does not count", "do not count", "put aside", "set aside",
    )
)  # fmt: skip


def _negation_after(reading: Reading, span: Span) -> tuple[int, int] | None:
    """`New York not counted`, `EPO and POS left out`."""
    words = [token.text for token in reading.tokens]
    end = span.end
    own = span.names
    chained = [
        other for other in reading.of_kind("value") if other.start in (end + 1, end + 2) and own & other.names
    ]
    if chained and words[end] in ("and", "or", ","):
        return _negation_after(reading, chained[0])
    for _ in range(_FAR // 2):
        end += end < len(words) and words[end] in _BEING
    opens = _opens_leaving(reading, span)
    # the thing that has the value may stand between: `leaving the Commercial line out`
    for out in (end, end + 1) if opens is not None else ():
        if words[out : out + 1] in (["out"], ["aside"], ["off"]) and not reading.tokens[end].is_mark:
            reading.explain(opens or 0, (opens or 0) + 1)
            return end, out + 1 + _length_of(words[out + 1 :], _OF_WHAT)
    for phrase in _AFTER:
        if tuple(words[end : end + len(phrase)]) == phrase:
            return end, end + len(phrase)
    return None


_BEING = word_set("members plans people is are being to be can may should must shall")
_LEAVING = ("leave", "leaving", "take", "taking", "keep", "keeping", "put", "putting", "set", "setting")


_OF_WHAT = (
    "of it", "of this", "of that", "of account", "of the picture", "of the list", "of the count", "of them",
    "the list", "the table", "the page", "this list", "this",
)  # fmt: skip
"""What something is left out of, after `out` or `off`."""


def _length_of(words: list[str], phrases: tuple[str, ...]) -> int:
    """How many words the phrase has with which they begin; 0 for none."""
    found = (len(phrase.split()) for phrase in phrases if words[: len(phrase.split())] == phrase.split())
    return max(found, default=0)


def _opens_leaving(reading: Reading, span: Span) -> int | None:
    """The verb before a value or a list of them: `leave Pharmacy out`, `leaving the HMO and the PPO plans out`."""
    words = [token.text for token in reading.tokens]
    ends = {other.end: other.start for other in reading.of_kind("value") if other.names & span.names}
    at = span.start
    while at and (words[at - 1] in DETERMINERS or words[at - 1] in _JOINTS or at in ends):
        at = ends.get(at, at - 1)
    return at - 1 if at and words[at - 1] in _LEAVING else None


def _all_before(words: list[str], but: int) -> bool:
    """`all plans but HMO`: the exception to all of something, not `not PPO but HMO`."""
    near = set(words[max(0, but - 5) : but])
    return bool(near & {"all", "every", "each", "any", "everyone", "everybody", "everything", "everywhere"})
