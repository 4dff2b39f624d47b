"""`Why are claims being denied?`: the reasons on record, where what is asked about has one recorded for each."""

from __future__ import annotations

from agents.planner.cues import first
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, stem
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import CHANGING, word_set

_WHY = r"(?:so |and |but )?why (?:do|does|are|is|did)"
_LISTED = (
    r"(?:show|give|list|tell|rank)(?: me| us)? (?:all )?(?:the |their )?(?:main |top |different )?"
    r"reasons(?= [.,?]|$| (?:for|in|and))"
)
_BY_WHY = (
    r"(?:(?:split|broken (?:out|down)|cut|grouped) )?by why"
    r"(?: (?:we|they|it|those|these)(?: (?:were|was|are|get|got))?(?: \S+)??(?: them| it)?)?(?= [,.]|$)|"
    r"(?<![\s\S])(?:the )?(?:main |top )?reasons (?:behind|for)|"
    r"(?:and |, )*(?:what|which reasons?) "
    r"(?:prompted|triggered|caused|motivated|led to|was behind|were behind|lay behind) (?:them|it|those|these)"
    r"(?= [,.]|$)|"
    r"(?:and |, )+(?:what|which) (?:were|was|are|is) the reasons?(?= [,.]|$)"
)
_REASON = "reason"


def read_reasons(reading: Reading, lexicon: Lexicon) -> None:
    """Take `why` for a breakdown by the one reason that the figure named has; otherwise leave it as it is."""
    listed = first(reading, _LISTED) or first(reading, _BY_WHY)
    if listed and not reading.compare_cue:
        _list(reading, listed, lexicon)
        return
    why = first(reading, _WHY)
    if why is None or reading.compare_cue:
        return
    after = reading.clause_end(why[1])
    particles = _particles(reading)
    words = {reading.tokens[at].text for at in range(why[1], after) if at not in particles}
    if words & CHANGING or (reading.ranking is not None and reading.ranking.start < after):
        return
    named = {t.name for s in reading.of_kind("metric") if why[1] <= s.start < after for t in s.targets}
    found = {name for metric in named for name in _recorded(metric, lexicon)}
    if len(found) != 1 or any(t.name in found for span in reading.of_kind("value") for t in span.targets):
        return
    _slice(reading, why, next(iter(found)))


def _list(reading: Reading, asked: tuple[int, int], lexicon: Lexicon) -> None:
    """`What drives failed sessions? Show me the reasons`: by the one reason that the figure has."""
    named = {target.name for span in reading.of_kind("metric") for target in span.targets}
    found = {name for metric in named for name in _recorded(metric, lexicon)}
    if len(found) > 1:
        parts = {target.name for span in reading.of_kind("value") for target in span.targets}
        fitting = {m for m in named if all(lexicon.compatible(m, part) for part in parts)}
        found = {name for metric in fitting for name in _recorded(metric, lexicon) or _called(metric, lexicon)}
    if len(found) == 1:
        reading.loose = [span for span in reading.loose if not asked[0] <= span.start < asked[1]]
        reading.breakdown = [span for span in reading.breakdown if not asked[0] <= span.start < asked[1]]
        _slice(reading, asked, next(iter(found)))


def _slice(reading: Reading, words: tuple[int, int], dimension: str) -> None:
    span = Span(words[0], words[1], "dimension", (Target("dimension", dimension),), weight=0.5)
    reading.spans.append(span)
    reading.explain(*words)
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


def _called(metric: str, lexicon: Lexicon) -> list[str]:
    """The reasons that the figure goes by and shares a word of its name with."""
    own = {stem(word) for word in lexicon.model.metrics[metric].label.lower().split()}
    return [
        name
        for name in sorted(lexicon.heads.get(lemma(_REASON), ()))
        if lexicon.compatible(metric, name)
        and own & {stem(word) for word in lexicon.model.dimensions[name].label.lower().split()}
    ]


def _particles(reading: Reading) -> set[int]:
    """`turned down`, `turn prescriptions down`: particles of a verb, which tell no direction."""
    words = [token.text for token in reading.tokens]
    covered = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    turned = {at for at, word in enumerate(words) if word == "down" and _TURNING & set(words[max(0, at - 3) : at])}
    return covered | turned


_TURNING = word_set("turn turns turned turning")
