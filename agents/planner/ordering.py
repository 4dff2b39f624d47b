"""By which figure a draft's rows are ordered, which way, and how many of them are asked for."""

from __future__ import annotations

from typing import Literal

from agents.planner.cues import find
from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.ranking import UNIT_WORDS, Ranking
from agents.planner.reading import Reading, Span
from agents.planner.words import OUTSTANDING, POPULATION, word_set
from semantic.query import Order


def read_order(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    """Fill the order and the number of rows; a figure that a number is held against is not the one ranked by."""
    ranking = reading.ranking
    named = sorted_by(reading) if draft.dimensions or draft.grain else None
    if named and (ranking is None or not ranking.limit):
        _by_the_named(draft, named, reading, lexicon)
        return
    conditioned = bool(draft.having) and (ranking is None or (ranking.comparative and not ranking.first))
    if ranking is None or not draft.metrics or (reading.compared and not ranking.first) or conditioned:
        if ranking and ranking.limit and draft.metrics and draft.dimensions:
            way = direction(ranking, draft.metrics[0], reading, lexicon)
            draft.limit, draft.order = ranking.limit, Order(by=draft.metrics[0], direction=way)
        return
    if not draft.dimensions and not draft.grain:
        if not ranking.comparative and not draft.compare_to:
            draft.issues.append(Issue("rank_without_dimension"))
        return
    if draft.compare_to and ranking.comparative:
        return
    if ranking.direction in ("best", "worst") and lexicon.model.metrics[draft.metrics[0]].polarity == "neutral":
        draft.issues.append(Issue("rank_without_dimension"))
        return
    for at in range(ranking.start, ranking.end):
        reading.explain(at, at + 1)
    limited = {item.metric for item in draft.having}
    free = [name for name in draft.metrics if name not in limited] or draft.metrics
    units = UNIT_WORDS.get(reading.tokens[ranking.end - 1].text, ())  # `calls and repeat rate, sorted by rate`
    by = next((name for name in free if lexicon.model.metrics[name].unit in units), free[0])
    draft.order = Order(by=by, direction=direction(ranking, by, reading, lexicon))
    moved = _movement(ranking, by, reading, lexicon) if draft.compare_to else None
    if moved:
        draft.order = Order(by=f"{by}__change", direction=moved)
    single = _singular(reading, ranking) or _single_unit(draft, reading)
    group = within_each(draft, reading)
    within = bool(draft.grain and draft.dimensions) and group is None
    draft.limit = ranking.limit or (1 if single and not within and not ranking.first else None)
    if draft.limit:
        count_within(draft, group or (draft.grain if draft.dimensions else None))


_EACH = word_set("per each every")


def count_within(draft: Draft, group: str | None) -> None:
    """Let the number of rows count in each value of something, which then stands first."""
    draft.limit_by = group
    if group in draft.dimensions:
        draft.dimensions = [group, *(name for name in draft.dimensions if name != group)]


def within_each(draft: Draft, reading: Reading) -> str | None:
    """What the first rows are asked for in each of: `top 3 topics per team`, `each month`; None for nothing."""
    if draft.grain and draft.dimensions:
        spans = [span for span in reading.of_kind("grain") if span.grain == draft.grain]
        near = [reading.tokens[max(0, span.start - 1) : span.end] for span in spans]
        return draft.grain if any(token.text in _EACH for tokens in near for token in tokens) else None
    if len(draft.dimensions) < 2:
        return None
    for span in reading.breakdown:
        led = {token.text for token in reading.tokens[max(0, span.start - 1) : span.start]} & _EACH
        named = sorted(span.names & set(draft.dimensions))
        if led and named:
            return named[0]
    return None


_SORTED_BY = r"(?:sorted|ordered|ranked|sort|order|rank)(?: it| them)? by(?: the| its| their)?"


def sorted_by(reading: Reading) -> Span | None:
    """The figure named after `sorted by`, where its name means one only."""
    ends = {end: start for start, end in find(reading, _SORTED_BY)}
    found = [span for span in reading.of_kind("metric") if span.start in ends and len(span.targets) == 1]
    return found[0] if found else None


def _by_the_named(draft: Draft, named: Span, reading: Reading, lexicon: Lexicon) -> None:
    """`transfer rate by team, sorted by call volume`: the figure that is sorted by is shown, too."""
    by = named.targets[0].name
    if draft.metrics == [by]:  # `calls by topic, sorted by repeat call rate`: these calls are no part of that name
        shown = [s for s in reading.of_kind("metric") if s.end < named.start and len(s.targets) == 1]
        draft.metrics = list(dict.fromkeys([*(span.targets[0].name for span in shown[:1]), by]))
    if by not in draft.metrics:
        draft.metrics.append(by)
    upwards = reading.ranking is not None and direction(reading.ranking, by, reading, lexicon) == "asc"
    draft.order = Order(by=by, direction="asc" if upwards else "desc")
    start = next(start for start, end in find(reading, _SORTED_BY) if end == named.start)
    reading.explain(start, named.end)


def _movement(ranking: Ranking, metric: str, reading: Reading, lexicon: Lexicon) -> Literal["asc", "desc"] | None:
    """`the biggest increase`: ranked by the change, largest rise, fall or improvement first."""
    words = {reading.tokens[at].text for at in range(ranking.end, min(len(reading.tokens), ranking.end + 2))}
    polarity = lexicon.model.metrics[metric].polarity
    if moved := _moved_most(ranking, polarity, reading):
        return moved
    if words & {"increase", "rise", "jump", "growth", "spike", "increases", "jumps", "surge"}:
        return "desc"
    if words & {"decrease", "drop", "fall", "decline", "dip", "reduction", "decreases", "drops", "declines"}:
        return "asc"
    if words & {"improvement", "improvements"}:
        return "asc" if polarity == "lower" else "desc"
    return "desc" if words & {"change", "changes"} else None


_QUICKEST = frozenset({"fastest", "quickest"})
_UP = word_set(
    "increased increase increasing rose risen rise rising grew grown grow growing jumped climbed climbing gained "
    "spiked surged"
)
_DOWN = word_set(
    "decreased decrease decreasing fell fallen fall falling dropped drop dropping declined decline declining "
    "dipped slipped shrinking"
)
_BETTER = word_set("improved improve improves improving better")
_WORSE = word_set("worsened worsen deteriorated deteriorate worse")
_ANY = word_set("changed change moved move shifted shift")


def _moved_most(ranking: Ranking, polarity: str, reading: Reading) -> Literal["asc", "desc"] | None:
    """`which plan type improved most on NPS`, `got worse the most`: by the change, as the verb before it says."""
    near = {token.text for token in reading.tokens[max(0, ranking.start - 2) : ranking.start]}
    said = {reading.tokens[at].text for at in range(ranking.start, ranking.end)} & {"most", "least", *_QUICKEST}
    if not said:
        return None
    if said & _QUICKEST:
        said = {"most"}  # `which topics are growing fastest`
    good: Literal["asc", "desc"] = "asc" if polarity == "lower" else "desc"
    bad: Literal["asc", "desc"] = "desc" if polarity == "lower" else "asc"
    senses: tuple[tuple[frozenset[str], Literal["asc", "desc"]], ...] = (
        (_UP | _ANY, "desc"), (_DOWN, "asc"), (_BETTER, good), (_WORSE, bad),
    )  # fmt: skip
    found = next((way for verbs, way in senses if near & verbs), None)
    if found is None or said == {"most"}:
        return found
    return "asc" if found == "desc" else "desc"


def direction(ranking: Ranking, metric: str, reading: Reading, lexicon: Lexicon) -> Order.__annotations__:  # type: ignore
    """Which way to sort: worst and best by the metric's polarity, `most dissatisfied` turned round."""
    polarity = lexicon.model.metrics[metric].polarity
    found = ranking.direction
    if found == "worst":
        return "asc" if polarity == "higher" else "desc"
    if found == "best":
        return "asc" if polarity == "lower" else "desc"
    if polarity == "higher" and _has_antonym(reading):
        return "asc" if found == "desc" else "desc"
    return "asc" if found == "asc" else "desc"


def _has_antonym(reading: Reading) -> bool:
    metric = [token.text for span in reading.of_kind("metric") for token in reading.tokens[span.start : span.end]]
    return any(word.startswith(("dis", "un")) and len(word) > 5 for word in metric)


def _single_unit(draft: Draft, reading: Reading) -> bool:
    """`which week had the most`: one row of the time grain."""
    spans = reading.of_kind("grain") if not draft.dimensions else []
    asked = any(
        reading.tokens[span.start].text in ("which", "what")
        or (span.start > 0 and reading.tokens[span.start - 1].text in OUTSTANDING)
        for span in spans
    )
    return asked and not any(reading.tokens[span.end - 1].text.endswith("s") for span in spans)


def _singular(reading: Reading, ranking: Ranking) -> bool:
    """`which segment has the highest`: one row; `which segments`: all of them, ordered."""
    for span in reading.breakdown:
        if span.end - span.start < 1 or span.weight == 0.4:
            continue
        words = [token.text for token in reading.tokens[span.start : span.end]]
        words = [word for word in words[:-1] if word not in POPULATION] + words[-1:]
        word = next((word for word in words if word.endswith("s")), words[-1])
        before = reading.tokens[span.start - 1].text if span.start else ""
        wh = before in ("which", "what", "one", "single") or (
            span.start - ranking.end <= 3 and span.start >= ranking.end
        )
        if wh and not ranking.comparative and not word.endswith("s") and before not in ("by", "per", "each"):
            return True
    return False
