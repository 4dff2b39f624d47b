"""Which values narrow a draft, which are told one by one, which are left out, and which are only named."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon, content, namesake
from agents.planner.normalise import stem, tokenise
from agents.planner.reading import Reading, Span, Target
from agents.planner.siblings import is_phrasal, words_of
from agents.planner.twins import named_beside
from agents.planner.words import EXCLUDERS, POPULATION, word_set
from semantic.query import DimensionFilter


def read_filters(draft: Draft, reading: Reading, lexicon: Lexicon, kind: str, *, fresh: bool) -> None:
    """Fill the filters of a draft whose figures and breakdown are known. `fresh`: it follows no other question."""
    kept: dict[str, list[str]] = {}
    dropped: dict[str, list[str]] = {}
    for span in reading.of_kind("value"):
        reading.explain(span.start, span.end)
        if _absorbed(draft, reading, span, lexicon):
            continue
        if kind == "next_best_action" and _is_means(reading, span):
            continue
        if _after_by(reading, span):
            draft.issues.append(Issue("unexplained", words=_words(reading, span), at=span.start))
            continue
        target = _value_target(draft, reading, span, lexicon)
        if target is None:
            draft.issues.append(Issue("ambiguous_value", span.targets, at=span.start))
            continue
        side = dropped if span.start in reading.negated else kept
        values = side.setdefault(target.name, [])
        if target.value not in values:
            values.append(target.value)
        if span.start in reading.compared and target.name not in draft.dimensions:
            draft.dimensions.append(target.name)
    for name in kept.keys() & dropped.keys():
        if clash := set(kept[name]) & set(dropped[name]):
            draft.issues.append(Issue("unexplained", words=tuple(sorted(clash))))
        else:
            del dropped[name]  # "phone only, no callbacks": the rest is out already
    compared = [span for span in reading.of_kind("value") if span.start in reading.compared]
    for name, values in list(kept.items()):
        listed = not any(target.name == name for span in compared for target in span.targets)
        known = all(lexicon.compatible(metric, name) for metric in draft.metrics)  # where not, it says of whom
        if known and listed and _enumerated(reading, name) and _whole_domain(name, values, lexicon):
            del kept[name]
            label = lexicon.model.dimensions[name].label.lower()
            if _either(reading, name):
                draft.assumptions.append(f"These are all the values of {label}: taken together.")
                continue
            draft.dimensions += [name] if name not in draft.dimensions else []
            draft.assumptions.append(f"These are all the values of {label}: broken down by it.")
    for name, values in kept.items():
        draft.filters.append(DimensionFilter(dimension=name, op="in", values=tuple(sorted(values))))
    for name, values in dropped.items():
        draft.filters.append(DimensionFilter(dimension=name, op="not_in", values=tuple(sorted(values))))
    if kind == "query" and fresh:
        _one_each(draft, reading, kept, lexicon)
    _leave_out(draft, lexicon)


_TOGETHER = word_set("together combined altogether jointly or")


def _leave_out(draft: Draft, lexicon: Lexicon) -> None:
    """`exception rate, timeouts ignored`: its sibling that leaves them out, where it knows no such filter."""
    metrics = lexicon.model.metrics
    for item in [item for item in draft.filters if item.op == "not_in" and len(item.values) == 1]:
        said = words_of(lexicon.values.label(item.dimension, item.values[0]))
        for at, name in enumerate(draft.metrics):
            if lexicon.compatible(name, item.dimension):
                continue
            found = [
                sibling
                for sibling, metric in metrics.items()
                if (name in metric.siblings or sibling in metrics[name].siblings)
                and metric.unit == metrics[name].unit
                and _leaves_out(sibling, said, lexicon)
            ]
            if len(found) == 1:
                draft.metrics[at] = found[0]
                draft.filters = [kept for kept in draft.filters if kept is not item]


def _leaves_out(name: str, said: frozenset[str], lexicon: Lexicon) -> bool:
    metric = lexicon.model.metrics[name]
    texts = [text.lower().replace("-", " ").split() for text in (metric.label, *metric.synonyms)]
    return any(EXCLUDERS & set(text) and said & words_of(" ".join(text)) for text in texts)


def _one_each(draft: Draft, reading: Reading, kept: Mapping[str, list[str]], lexicon: Lexicon) -> None:
    """`denial rate for Emergency and Hospital`: a figure for each, where nothing else breaks it down.

    Not of distinct members: who is in both would be told twice.
    """
    metrics = [lexicon.model.metrics[name] for name in draft.metrics]
    words = {token.text for token in reading.tokens}
    if draft.dimensions or reading.breakdown or reading.grain or reading.thresholds or words & _TOGETHER:
        return
    listed = [name for name in kept if len(set(kept[name])) > 1 and _listed_apart(reading, name, kept[name])]
    if len(listed) == 1 and not any(metric.distinct for metric in metrics):
        draft.dimensions.append(listed[0])
        draft.assumptions.append(f"One figure for each {lexicon.model.dimensions[listed[0]].label.lower()} named.")


def _listed_apart(reading: Reading, dimension: str, values: list[str]) -> bool:
    """Whether two or more words stand for the values, with nothing but `and` or commas between."""
    named = {
        span.start: span
        for span in reading.of_kind("value")
        if any(target.name == dimension and target.value in values for target in span.targets)
    }
    spans = [named[start] for start in sorted(named)]
    between = [{token.text for token in reading.tokens[one.end : other.start]} for one, other in pairwise(spans)]
    return len(spans) > 1 and all(words and words <= _LISTED | POPULATION for words in between)


_LISTED = word_set("and the for in of on aged age ages") | {",", "/", "&"}


def _enumerated(reading: Reading, dimension: str) -> bool:
    """Whether something joins the values: `mobile web` names two without saying that both are meant."""
    spans = _values_of(reading, dimension)
    return all(one.end < other.start or one.start == other.start for one, other in pairwise(spans))


def _values_of(reading: Reading, dimension: str) -> list[Span]:
    """The places where a value of the dimension is named, in order."""
    found = [span for span in reading.of_kind("value") if any(t.name == dimension for t in span.targets)]
    return sorted(found, key=lambda span: span.start)


_CHOOSING = word_set(
    "which whether more less better worse each split compare compared differ difference depending"
)


def _either(reading: Reading, dimension: str) -> bool:
    """`who used our website or app`: one or the other, where nothing asks which."""
    spans = _values_of(reading, dimension)
    between = [token.text for token in reading.tokens[spans[0].end : spans[-1].start]]
    grains = {at for span in reading.spans if span.kind == "grain" for at in range(span.start, span.end)}
    # `each month` chooses nothing
    words = {token.text for at, token in enumerate(reading.tokens) if at not in grains}
    return len(spans) == 2 and "or" in between and not reading.ranking and not words & _CHOOSING


def _whole_domain(name: str, values: list[str], lexicon: Lexicon) -> bool:
    """`retail, mail and specialty`, `app and website`: every value that the dimension has."""
    return len(values) > 1 and set(lexicon.values.values(name)) <= set(values)


def _is_means(reading: Reading, span: Span) -> bool:
    """`fixed by training rather than digital`: a way to act, not a filter."""
    before = reading.tokens[span.start - 1].text if span.start else ""
    return before in ("by", "through", "via", "than", "vs", "versus")


def _after_by(reading: Reading, span: Span) -> bool:
    """`by hospital`: a value where a dimension is wanted (but `by new members`, `by MAPD members`)."""
    start = span.start - (span.start > 1 and reading.tokens[span.start - 1].text in ("each", "every"))
    each = start < span.start
    before = reading.tokens[start - 1].text if start else ""
    agent = reading.tokens[start - 2].text if start > 1 else ""
    if each and before == "by":
        return span.start not in reading.compared
    if agent.endswith("ed") or agent in _BY_MEANS:
        return False
    inside = {token.text for token in reading.tokens[span.start : span.end + 1]}
    named = any(other.start == span.end for other in reading.of_kind("dimension"))
    return before in ("by", "per") and not inside & _PEOPLE and not named and span.start not in reading.compared


_PEOPLE = POPULATION | {"speaker", "speakers"}
_BY_MEANS = word_set("hit made driven taken seen given best mainly us them in out back")
"""Before `by`: who did it, or how (`contacted us by phone`, `came in by web`), is told with it."""


def reachable(lexicon: Lexicon, metric: str, dimension: str) -> bool:
    """Whether a figure knows a dimension, or what stands in for it."""
    if lexicon.compatible(metric, dimension):
        return True
    fallback = lexicon.model.dimensions[dimension].fallback
    return bool(fallback) and lexicon.compatible(metric, str(fallback))


def _words(reading: Reading, span: Span) -> tuple[str, ...]:
    return tuple(token.text for token in reading.tokens[span.start : span.end])


def _absorbed(draft: Draft, reading: Reading, span: Span, lexicon: Lexicon) -> bool:
    """`turnaround for claims`: the value's words are part of the metric's own name."""

    words = {stem(token.text) for token in content(reading.tokens[span.start : span.end])}
    incompatible = all(not reachable(lexicon, metric, t.name) for metric in draft.metrics for t in span.targets)
    explicit = span.start in reading.negated | reading.compared or named_beside(reading, span)
    if explicit and not incompatible:
        return False
    for metric in draft.metrics:
        label = words_of(lexicon.model.metrics[metric].label)
        told = lexicon.related[metric] if incompatible and not is_phrasal(reading, span) else frozenset()
        if words and words <= label | told:
            return True
    return False


def _value_target(draft: Draft, reading: Reading, span: Span, lexicon: Lexicon) -> Target | None:
    """The one value a span means: by compatibility, by a dimension named beside it, by the primary dimension."""
    targets = tuple(t for t in span.targets if t in reading.settled) or span.targets
    fitting = [t for t in targets if all(lexicon.compatible(m, t.name) for m in draft.metrics)]
    if not fitting:
        moved = {found for t in targets if (found := namesake(lexicon, t))}
        fitting = [t for t in sorted(moved) if all(lexicon.compatible(m, t.name) for m in draft.metrics)]
    if not fitting and len(targets) == 1:
        return targets[0]
    known = reading.of_kind("dimension")
    gaps = [min(abs(other.start - span.end), abs(span.start - other.end)) for other in known]
    nearest = min(gaps, default=2)  # `enrolled plan MAPD for plan type HMO`: the one that it follows
    named_by = [other for gap, other in zip(gaps, known, strict=True) if gap == nearest <= 1]
    beside = {target.name for other in named_by for target in other.targets}
    named = [target for target in fitting if target.name in beside]
    fitting = named or fitting
    names = {target.name for target in fitting}
    primary = [t for t in fitting if lexicon.model.dimensions[t.name].fallback in names]
    broken_down = [t for t in fitting if t.name in draft.dimensions]
    if span.start in reading.negated and len(broken_down) == 1:
        primary = broken_down  # `by step, everything except sign-in`
    chosen = primary or broken_down or fitting
    if len({(t.name, t.value) for t in chosen}) > 1:
        return _twin(draft, reading, span, chosen, lexicon)
    return chosen[0] if chosen else None


def _twin(draft: Draft, reading: Reading, span: Span, targets: list[Target], lexicon: Lexicon) -> Target | None:
    """The same value in two dimensions (plan and enrolled plan): the model's first one, and it is said.

    A value called just so comes before one that the words are only a synonym of.
    """
    words = tuple(token.lemma for token in reading.tokens[span.start : span.end])
    labels = {t: tokenise(lexicon.values.label(t.name, t.value)) for t in targets}
    called = [t for t, label in labels.items() if tuple(token.lemma for token in label) == words]
    same = len({target.value for target in targets}) == 1
    if not same and not called:
        return None
    order = list(lexicon.model.dimensions)
    chosen = min(targets if same else called, key=lambda target: order.index(target.name))
    known = lexicon.model.dimensions
    others = ", ".join(sorted({known[t.name].label for t in targets if t.name != chosen.name}))
    draft.assumptions.append(f"Read as {known[chosen.name].label}; it could also be {others}.")
    return chosen
