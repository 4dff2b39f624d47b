"""How words read after another question: people, values and fragments that lean on what was asked before."""

from __future__ import annotations

from collections.abc import Sequence

from agents.planner.lexicon import Lexicon
from agents.planner.plan import PriorTurn
from agents.planner.ranking import MONEY_SUPERLATIVES
from agents.planner.reading import Reading, Span, Token
from agents.planner.words import POPULATION, SHARE, SUPERLATIVES, word_set


def leave_people(reading: Reading) -> None:
    """`what about members in Texas`, after a figure: whose figure it is, and no count of members."""
    people = [
        span
        for span in reading.of_kind("metric")
        if all(token.text in POPULATION for token in reading.tokens[span.start : span.end])
    ]
    words = [token.text for token in reading.tokens]
    ranked = any(
        words[span.start - 1] in _MOST for span in people if span.start
    )  # `which plan has the most members`
    counted = ranked or {"many", "number", "count"} & set(words)
    if people and not counted and len(people) == len(reading.of_kind("metric")) and reading.of_kind("value"):
        reading.spans = [span for span in reading.spans if span not in people]
        for span in people:
            reading.explain(span.start, span.end)


def leave_elsewhere(reading: Reading) -> None:
    """`what about the top one elsewhere?`: other places than those shown, and no calls that were sent on."""
    for span in reading.of_kind("metric"):
        if [token.text for token in reading.tokens[span.start : span.end]] == ["elsewhere"]:
            reading.spans.remove(span)


_MOST = word_set("most fewest more fewer")
_COUNTED = word_set("about for in from of with on by made regarding concerning")


def leave_counted(reading: Reading, prior: PriorTurn, lexicon: Lexicon) -> None:
    """`only the calls about claims`, after a rate of calls: what is counted there, and no other figure."""
    opening = reading.past(0, _JOINED_ON)
    if not prior.query or opening >= len(reading.tokens) or reading.tokens[opening].text not in _NARROWING:
        return
    model, starts = lexicon.model, {span.start for span in reading.of_kind("value")}
    known = frozenset().union(*(model.datasets_of(name) for name in prior.query.metrics))
    for span in reading.of_kind("metric"):
        alike = [model.metrics[target.name] for target in span.targets]
        plain = all(one.unit == "count" and one.polarity == "neutral" for one in alike)
        follows = reading.past(span.end, _COUNTED | {"the"})
        same = any(model.datasets_of(one.name) & known for one in alike)
        if plain and same and follows > span.end and follows in starts:
            reading.spans.remove(span)
            reading.explain(span.start, follows)


_JOINED_ON = word_set("and or but now then so also please ok okay")
_SHORT = 6
_LEADING_IN = word_set("by per for in among with without only just except excluding")


def is_fragment(tokens: Sequence[Token]) -> bool:
    """`and by failure reason`: what changes the answer before, and is no question of its own."""
    opening = next((token.text for token in tokens if token.text not in _JOINED_ON), "")
    return opening in _LEADING_IN and len(tokens) <= _SHORT


_NARROWING = ("just", "only", "for", "in", "exclude", "excluding", "without", "filter")


def prefer_values(reading: Reading, prior: PriorTurn, lexicon: Lexicon) -> None:
    """`just Claims and Benefits` after another question: words that are a metric and a value are values.

    Not so for a sibling of the metric before (`and renewals?` after new enrollments): that one is asked next.
    """
    model, known = lexicon.model, prior.query.metrics if prior.query else ()
    values = {(span.start, span.end) for span in reading.of_kind("value")}
    _prefer_known_dimension(reading, prior)
    named = [target.name for span in reading.of_kind("metric") for target in span.targets]
    sliced = {*prior.query.dimensions, *(f.dimension for f in prior.query.filters)} if prior.query else set()
    own = {target.name for span in reading.of_kind("value") for target in span.targets}
    units = {model.metrics[name].unit for name in known}
    alike = [n for n in named if model.metrics[n].unit in units and n not in known]
    shared = any(model.datasets_of(one) & model.datasets_of(other) for one in alike for other in known)
    narrowing = bool(reading.tokens) and reading.tokens[0].text in _NARROWING
    if shared and not own & sliced and not narrowing:
        return
    metrics = reading.of_kind("metric")
    if any(_is_counted(reading, span) for span in metrics):
        return
    if metrics and all((span.start, span.end) in values for span in metrics):
        reading.spans = [span for span in reading.spans if span.kind != "metric"]


_COUNTING = (("number", "of"), ("count", "of"), ("volume", "of"), ("how", "many"), ("total", "of"))
_EACH = frozenset({"by", "per", "each", "every"})


def _is_counted(reading: Reading, span: Span) -> bool:
    """`claims by state`, `number of claims this year`: a figure, with its breakdown or without."""
    words = [token.text for token in reading.tokens]
    if tuple(words[max(0, span.start - 2) : span.start]) in _COUNTING or words[span.start - 1 : span.start] == [
        "total"
    ]:
        return True
    if words[span.start - 1 : span.start] == ["all"] and "of" in words[: span.start - 1] and {*words} & SHARE:
        return True  # `as a percentage of all claims`
    return span.start == 0 and words[span.end : span.end + 1] != [] and words[span.end] in _EACH


def _prefer_known_dimension(reading: Reading, prior: PriorTurn) -> None:
    """`and login` after a filter on journeys: of several readings of a value, the one in the same dimension."""
    assert prior.query
    fixed = {item.dimension for item in prior.query.filters} or set(prior.query.dimensions)
    for span in reading.of_kind("value"):
        known = {target for target in span.targets if target.name in fixed}
        if len(known) == 1 < len(span.targets):
            reading.settled |= known


_TOUCHED = word_set("affected impacted hit hurt touched concerned")


def leave_affected(reading: Reading, prior: PriorTurn, lexicon: Lexicon) -> None:
    """`who is most affected?`, `who is the slowest?`: by the figure that was shown, and by no other."""
    if not prior.query or not reading.ranking or len(reading.tokens) > _LONGEST_WHO:
        return
    words = [token.text for token in reading.tokens]
    if not {"who", "where", "which"} & set(words[:2]) or reading.of_kind("time") or reading.of_kind("value"):
        return
    unit = lexicon.model.metrics[prior.query.metrics[0]].unit
    for span in reading.of_kind("metric"):
        said = set(words[span.start : span.end])
        kinds = {lexicon.model.metrics[target.name].unit for target in span.targets}
        judged = said & SUPERLATIVES or any(word.endswith("est") for word in said) or said & MONEY_SUPERLATIVES
        if said <= _TOUCHED | {"most", "worst", "members"} or (judged and unit in kinds and unit != "count"):
            reading.spans.remove(span)
            reading.explain(span.start, span.end)


def leave_who(reading: Reading, prior: PriorTurn) -> None:
    """`who's doing best?`, `where is it worst?`, where the last answer has rows: of these, no new breakdown."""
    if not prior.query or not prior.query.dimensions:
        return
    asked = {
        span.start
        for span in reading.breakdown
        if [token.text for token in reading.tokens[span.start : span.end]] in (["who"], ["where"])
    }
    if _TOUCHED & {token.text for token in reading.tokens}:
        return  # `who is most affected?`: of the members, and not of the rows
    if reading.ranking and len(reading.breakdown) == 1 and asked and len(reading.tokens) <= _LONGEST_WHO:
        reading.breakdown = []


_LONGEST_WHO = 7
