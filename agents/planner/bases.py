"""Which figure named is only the noun that another one is about: `what share of calls are transferred`."""

from __future__ import annotations

from agents.planner.cues import find
from agents.planner.lexicon import Lexicon, content
from agents.planner.normalise import stem
from agents.planner.reading import Reading, Token
from agents.planner.siblings import Named
from agents.planner.thresholds import is_limited
from agents.planner.words import DETERMINERS, LINKERS, POPULATION, word_set

_JOINERS = word_set("and or & , vs versus plus against with to as well also both total overall") | DETERMINERS
COORDINATORS = word_set("and , vs versus plus against both or to than alongside together well along")


def is_base_of(base: Named, other: Named, reading: Reading, lexicon: Lexicon) -> bool:
    """A neutral volume (calls, sessions, members) beside a metric that says something about it."""
    metrics = lexicon.model.metrics
    words = content(reading.tokens[base.start : base.end])
    light = POPULATION | {"how", "many"} if is_limit_of(other, reading) else POPULATION
    people = all(token.text in light for token in words)  # `how many members had at least one claim`
    if is_limit_of(base, reading):
        return False
    if _asked_apart(base, other, reading):
        return False
    if joined(base, other, reading) and not (people and not joined_directly(base, other, reading)):
        return False
    if people and not set(base.candidates) & set(other.candidates):
        return not all(token.text in POPULATION for token in content(reading.tokens[other.start : other.end]))
    if len(base.candidates) != 1 or base.candidates[0] in other.candidates:
        return False
    name = base.candidates[0]
    if other.end <= base.start and _callers_about(base, reading):
        return True
    if metrics[name].unit != "count" or metrics[name].polarity != "neutral":
        return False
    if all(
        metrics[candidate].polarity == "neutral" and metrics[candidate].unit == "count"
        for candidate in other.candidates
    ):
        return False
    own = lexicon.model.datasets_of(name)
    same = any(
        own & lexicon.model.datasets_of(candidate) or _mentions(lexicon, candidate, words)
        for candidate in other.candidates
    )
    low, high = (base, other) if base.start < other.start else (other, base)
    volume = {token.lemma for token in words} <= lexicon.volumes | lexicon.noise
    adjacent = volume and all(token.text in LINKERS for token in reading.tokens[low.end : high.start])
    return same or adjacent or reading.tokens[base.start - 1].text in ("after", "on", "during", "per", "a", "they")


def is_limit_of(mention: Named, reading: Reading) -> bool:
    """Whether a number is held against what is named."""
    return is_limited(reading, mention.start, mention.end)


_PARTS = "(?:share|percentage|percent|portion|part|proportion|fraction|rate)"
_ALSO = word_set("also then too additionally")
_VOLUME = word_set("volume volumes count counts number numbers")


def _asked_apart(base: Named, other: Named, reading: Reading) -> bool:
    """`call volume by team, with the average handle time`, `how many calls, how many unresolved`: both."""
    words = [token.text for token in reading.tokens]
    if other.end <= base.start:  # `total premium and number of people enrolling`, `and then also the membership`
        led = words[max(other.end, base.start - 2) : base.start]
        numbered = bool(set(words[base.start : base.end]) & _VOLUME) or led in (["how", "many"], ["number", "of"])
        between = set(words[other.end : base.start])
        return bool(between & {"and", "plus", "&"}) and (numbered or bool(between & _ALSO))
    if other.start < base.end or not set(words[base.end : other.start]) & COORDINATORS:
        return False
    if set(words[base.start : base.end]) & _VOLUME:
        return True
    counted = [end for _, end in find(reading, "how many(?: of them| of those)?")]
    asked = [start for start, _ in find(reading, f"how many|how much|(?:what|which) {_PARTS}")]
    asked += [end for _, end in find(reading, "and (?:at |for )?what(?: is| was| are| were)?(?: the)?")]
    leads = base.start in {*counted, *(start for start, _ in find(reading, "how many"))}
    return leads and any(base.end < start <= other.start for start in asked)


def _callers_about(base: Named, reading: Reading) -> bool:
    """`NPS among people who called about billing`: whose calls are meant is said by the value that follows."""
    words = [token.text for token in reading.tokens]
    before = words[base.start - 1] if base.start else ""
    about = words[base.end : base.end + 1] in (["about"], ["regarding"], ["concerning"])
    valued = any(base.end < span.start <= base.end + 2 for span in reading.of_kind("value"))
    people = bool(set(words[base.start : base.end]) & POPULATION)
    return people and about and valued and before in ("among", "for", "from", "of", "by", "in", "amongst")


def _mentions(lexicon: Lexicon, metric: str, words: list[Token]) -> bool:
    """Whether the other metric's own name holds the base noun."""
    return {stem(token.text) for token in words} <= {
        stem(w) for w in lexicon.model.metrics[metric].label.lower().split()
    }


def joined_directly(one: Named, other: Named, reading: Reading) -> bool:
    """Whether `and` stands between the two."""
    low, high = (one, other) if one.start < other.start else (other, one)
    return any(reading.tokens[at].text == "and" for at in range(low.end, high.start))


def joined(one: Named, other: Named, reading: Reading) -> bool:
    """Whether only joining words stand between the two: then both are wanted."""
    low, high = (one, other) if one.start < other.start else (other, one)
    # `calling members last quarter and calls per member`; before a breakdown the second has slots of its own
    stepped = any(reading.tokens[at].text == "and" for at in range(low.end, high.start))  # `by month and NPS`
    named = [*reading.of_kind("metric"), *(reading.of_kind("grain") if stepped else ())]
    named += reading.of_kind("time") if not reading.breakdown else []
    covered = {at for span in named for at in range(span.start, span.end)}
    between = [reading.tokens[at].text for at in range(low.end, high.start) if at not in covered]
    return bool(set(between) & {"and", ",", "vs", "versus", "against", "plus", "as", "both"}) and all(
        word in _JOINERS for word in between
    )
