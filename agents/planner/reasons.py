"""`Why are claims being denied?`: the reasons on record, where what is asked about has one recorded for each."""

from __future__ import annotations

from agents.planner.cues import first
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, stem
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import word_set

_WHY = r"(?:so |and |but )?why (?:do|does|are|is|did)"
_REASON = "reason"
_CHANGING = word_set(
    """
    up down high higher low lower more less fewer worse better rise rises rising rose fall falls falling
    fell drop drops dropped dropping increase increases increased increasing decrease decreased decreasing
    grow grows growing grew jump jumps jumped spike spikes spiked double doubled climb climbed climbing so
    than bad big many much often long longer slow slower still
    """
)
"""Words of a change or a level: its drivers are asked for, not what is written beside each case."""


def read_reasons(reading: Reading, lexicon: Lexicon) -> None:
    """Take `why` for a breakdown by the one reason that the figure named has; otherwise leave it as it is."""
    why = first(reading, _WHY)
    if why is None or reading.compare_cue:
        return
    after = reading.clause_end(why[1])
    particles = _particles(reading)
    words = {reading.tokens[at].text for at in range(why[1], after) if at not in particles}
    if words & _CHANGING or (reading.ranking is not None and reading.ranking.start < after):
        return
    named = {t.name for s in reading.of_kind("metric") if why[1] <= s.start < after for t in s.targets}
    found = {name for metric in named for name in _recorded(metric, lexicon)}
    if len(found) != 1 or any(t.name in found for span in reading.of_kind("value") for t in span.targets):
        return
    span = Span(why[0], why[1], "dimension", (Target("dimension", next(iter(found))),), weight=0.5)
    reading.spans.append(span)
    reading.explain(*why)
    if not any(target in span.targets for other in reading.breakdown for target in other.targets):
        reading.breakdown.append(span)


def _recorded(metric: str, lexicon: Lexicon) -> list[str]:
    """Reasons that are called after the figure: the denial reason of denied claims."""
    own, model = lexicon.related[metric], lexicon.model
    called = {stem(word) for word in model.metrics[metric].label.lower().split()}
    found = []
    for name in sorted(lexicon.heads.get(lemma(_REASON), ())):
        words = {stem(word) for word in model.dimensions[name].label.lower().split()} - {stem(_REASON)}
        if words <= own and words & called and lexicon.compatible(metric, name):
            found.append(name)
    return found


def _particles(reading: Reading) -> set[int]:
    """`turned down`, `turn prescriptions down`: particles of a verb, which tell no direction."""
    words = [token.text for token in reading.tokens]
    covered = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    turned = {at for at, word in enumerate(words) if word == "down" and _TURNING & set(words[max(0, at - 3) : at])}
    return covered | turned


_TURNING = word_set("turn turns turned turning")
