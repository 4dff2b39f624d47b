"""Which part of what is counted: `what share of leaked calls come from MAPD`, `denied over 15 % of claims`."""

from __future__ import annotations

from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from agents.planner.siblings import Named
from agents.planner.words import DETERMINERS, SHARE, word_set
from semantic.model import Metric

_COMING = word_set("come comes came coming are is was were belong belongs go goes went that which")
_WHENCE = word_set("from with in on at to by among")


def part_of(mention: Named, metric: Metric, reading: Reading, lexicon: Lexicon) -> str:
    """`what share of our leaked calls come from MAPD`: the part that a value has of what is counted, no rate."""
    words = [token.text for token in reading.tokens]
    if metric.unit not in ("rate", "percent") or words[mention.start] not in SHARE:
        return ""
    rest = [at for at in range(mention.start + 1, mention.end) if words[at] not in DETERMINERS | {"of"}]
    key = tuple(reading.tokens[place].lemma for place in rest)
    counts = [target.name for target in lexicon.exact.get(key, ()) if target.kind == "metric"]
    adding = len(counts) == 1 and lexicon.model.adds_up(counts[0])
    return counts[0] if adding and comes_from(mention, reading) else ""


def comes_from(mention: Named, reading: Reading) -> bool:
    """Whether a value follows from which what is counted comes: `leaked calls that are on the app`."""
    at = reading.past(mention.end, _COMING)
    led = reading.past(at, _WHENCE)
    if at == mention.end or led == at:
        return False
    # the preposition may belong to the value (`on mobile`), and so may the article
    return any(span.start in (at, led, reading.past(led, DETERMINERS)) for span in reading.of_kind("value"))


def percent_of(mention: Named, reading: Reading) -> int:
    """`denied more than 15 % of their claims`: a number is held against a share. 2 as for a cue further away."""
    words = [token.text for token in reading.tokens]
    at = mention.start
    while at and words[at - 1] in DETERMINERS:
        at -= 1
    held = at > 0 and words[at - 1] == "of"
    percent = (limit for limit in reading.thresholds if limit.quantity.unit == "percent")
    return 2 if held and any(limit.end == at - 1 for limit in percent) else 0
