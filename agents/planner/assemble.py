"""The assembler: a reading becomes a draft query; every choice it could not settle becomes an issue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Literal

from agents.planner.conditions import read_having
from agents.planner.draft import Draft, Issue, IssueKind
from agents.planner.lexicon import Lexicon, content, namesake
from agents.planner.metrics import (
    Mention,
    default_metric,
    metric_mentions,
    metric_targets,
    unjoined,
)
from agents.planner.normalise import stem, tokenise
from agents.planner.people import of_the_membership, people_without_count, population_metric
from agents.planner.periods import Clock, Period, clip, previous, year_before
from agents.planner.ranking import MONEY_SUPERLATIVES, Ranking
from agents.planner.reading import Reading, Span, Target
from agents.planner.several import against_all, beside_the_plain_one, of_the_same
from agents.planner.siblings import called_so, of_both, that_fits, words_of
from agents.planner.slicing import read_dimensions
from agents.planner.thresholds import in_metric_unit, is_limited
from agents.planner.twins import named_beside, settle_twins
from agents.planner.words import EXCLUDERS, POPULATION, word_set
from semantic.query import Comparison, DimensionFilter, Order


def assemble(
    reading: Reading,
    lexicon: Lexicon,
    clock: Clock,
    kind: str = "query",
    context: tuple[str, ...] = (),
    given: tuple[str, ...] = (),
) -> Draft:
    """Fill the slots of a query; `context` are the metrics of the turn before, for a reading that names none.

    `given` metrics are taken instead of those that the words name.
    """
    draft = Draft(assumptions=list(reading.assumptions))
    settle_twins(reading, kind, lexicon)
    mentions = metric_mentions(reading, lexicon)
    draft.assumptions = list(reading.assumptions)
    if kind in ("briefing", "journey") and context:
        mentions = []
    if given:
        draft.metrics = list(given)
    elif mentions or not context:
        _metrics(draft, mentions, reading, lexicon, kind)
    else:
        draft.metrics = list(context)
    read_dimensions(draft, reading, lexicon)
    _filters(draft, reading, lexicon, kind, fresh=not context)
    _leave_out(draft, lexicon)
    _time(draft, reading, clock, {lexicon.model.metrics[name].unit for name in draft.metrics})
    read_having(draft, mentions, reading, lexicon)
    _ranking(draft, reading, lexicon)
    _share(draft, reading, lexicon)
    check_compatibility(draft, lexicon)
    return draft


def _metrics(draft: Draft, mentions: list[Mention], reading: Reading, lexicon: Lexicon, kind: str) -> None:
    if not mentions:
        implied = _implied(reading, lexicon) if kind in ("query", "drivers") else ""
        if implied:
            draft.metrics.append(implied)
            label = lexicon.model.metrics[implied].label
            draft.assumptions.append(f"No metric was named; answered with {label}.")
        return
    for mention in mentions:
        if people_without_count(mention, reading, lexicon):
            draft.issues.append(Issue("ambiguous_metric", metric_targets(mention.candidates)))
            draft.metrics.append(mention.candidates[0])
            continue
        names = _fitting(mention.candidates, reading, lexicon)
        if not names:
            names = called_so(mention, reading, [*reading.breakdown, *reading.of_kind("value")], lexicon)
        if len(names) > 1 and (money := _money(reading, names, lexicon)):
            names = (money,)
        names = _of_limit(names, mention, reading, lexicon)
        if len(names) > 1:
            names = _same_domain(names, mention, mentions, lexicon)
        if len(names) == 1:
            draft.metrics.append(names[0])
            if len(mention.candidates) > 1:
                label = lexicon.model.metrics[names[0]].label
                draft.assumptions.append(f"Read as {label}: the only such metric with these dimensions.")
        else:
            draft.issues.append(Issue("ambiguous_metric", metric_targets(names or mention.candidates)))
    if draft.metrics == [population_metric(lexicon.model)]:
        # "how many members got kicked out by an expired session": not all members, those with the problem
        impact = default_metric(reading, [], lexicon)
        draft.metrics = [impact] if impact == lexicon.model.defaults.impact_metric else draft.metrics
    if priced := _priced(draft, reading, lexicon):
        draft.metrics = [priced]
    spans = [*reading.breakdown, *reading.of_kind("value")]
    draft.metrics = [that_fits(name, reading, spans, lexicon) for name in dict.fromkeys(draft.metrics)]
    if (
        len(draft.metrics) > 1
        and kind in ("query", "drivers", "what_if")
        and not reading.thresholds
        and unjoined([m for m in mentions if set(m.candidates) & set(draft.metrics)], reading)
    ):
        both = of_both(tuple(draft.metrics), mentions, reading, lexicon)
        if both:
            draft.metrics = [both]
        else:
            draft.issues.append(Issue("condition", metric_targets(tuple(draft.metrics))))
    draft.metrics = of_the_same(against_all(draft.metrics, reading, lexicon), reading, lexicon)
    draft.metrics = beside_the_plain_one(draft.metrics, reading, lexicon)


def _priced(draft: Draft, reading: Reading, lexicon: Lexicon) -> str:
    """`the cheapest channel per call`: what one of the things counted costs, where the model knows it."""
    metrics = lexicon.model.metrics
    words = {token.text for token in reading.tokens}
    if len(draft.metrics) != 1 or not words & MONEY_SUPERLATIVES or metrics[draft.metrics[0]].unit != "count":
        return ""
    counted = metrics[draft.metrics[0]]
    found = [m.name for m in metrics.values() if m.unit == "usd" and m.denominator == counted.numerator]
    if found:
        return found[0]
    draft.issues.append(Issue("ambiguous_metric", metric_targets((counted.name,))))
    return ""


def _of_limit(names: tuple[str, ...], mention: Mention, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`over 15% transfers`: of a rate and a count behind the words, the one that the number is held against."""
    metrics = lexicon.model.metrics
    for limit in reading.thresholds:
        if limit.end != mention.start or not is_limited(reading, mention.start, mention.end):
            continue
        counted = () if limit.quantity.unit else tuple(name for name in names if metrics[name].unit == "count")
        fitting = tuple(name for name in names if in_metric_unit(limit.quantity, metrics[name]) is not None)
        if not fitting and limit.quantity.unit == "percent":
            kin = dict.fromkeys(sibling for name in names for sibling in metrics[name].siblings)
            rates = tuple(name for name in kin if metrics[name].unit == "rate")
            fitting = _fitting(rates, reading, lexicon)[:1]
        return counted or fitting or names
    return names


def _same_domain(
    names: tuple[str, ...], mention: Mention, mentions: list[Mention], lexicon: Lexicon
) -> tuple[str, ...]:
    """`number of claims and denial rate`: a metric that is settled beside it says which denials."""
    settled = [other.candidates[0] for other in mentions if other is not mention and len(other.candidates) == 1]
    domain = frozenset().union(*(lexicon.model.datasets_of(name) for name in settled))
    fitting = tuple(name for name in names if lexicon.model.datasets_of(name) & domain)
    return fitting if len(fitting) == 1 else names


def _implied(reading: Reading, lexicon: Lexicon) -> str:
    names = [target.name for span in reading.breakdown for target in span.targets]
    if any(token.text in MONEY_SUPERLATIVES for token in reading.tokens):
        for at, token in enumerate(reading.tokens):
            if token.text in MONEY_SUPERLATIVES:
                reading.explain(at, at + 1)
        return lexicon.model.defaults.money_metric if _only_money_of(names, lexicon) else ""
    if membership := of_the_membership(reading, lexicon):
        return membership
    return default_metric(reading, names, lexicon)


def _only_money_of(dimensions: list[str], lexicon: Lexicon) -> bool:
    """`the costliest journey` can only mean the money metric; `the most expensive plan` may mean its premium."""
    metrics = lexicon.model.metrics
    money = metrics.get(lexicon.model.defaults.money_metric)
    if money is None:
        return False
    own = lexicon.model.datasets_of(money.name)
    others = [m for m in metrics.values() if m.unit == "usd" and not m.siblings and m.name != money.name]
    others += [m for m in metrics.values() if m.unit == "usd" and not (lexicon.model.datasets_of(m.name) & own)]
    priced = [m.name for m in others if not set(m.siblings) & {money.name, *money.siblings}]
    return not dimensions or not any(all(lexicon.compatible(n, d) for d in dimensions) for n in priced)


def _money(reading: Reading, names: tuple[str, ...], lexicon: Lexicon) -> str:
    """`costliest X` among several costs is the model's money metric."""
    words = {token.text for token in reading.tokens}
    money = lexicon.model.defaults.money_metric
    return money if words & MONEY_SUPERLATIVES and money in names else ""


def _fitting(names: tuple[str, ...], reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """Candidates that every named dimension and value can go with."""
    if len(names) == 1:
        return names
    wanted = [*reading.breakdown, *reading.of_kind("value")]
    fitting = [
        name
        for name in names
        if all(any(_reachable(lexicon, name, target.name) for target in span.targets) for span in wanted)
    ]
    return tuple(fitting)


def _reachable(lexicon: Lexicon, metric: str, dimension: str) -> bool:
    if lexicon.compatible(metric, dimension):
        return True
    fallback = lexicon.model.dimensions[dimension].fallback
    return bool(fallback) and lexicon.compatible(metric, str(fallback))


def _filters(draft: Draft, reading: Reading, lexicon: Lexicon, kind: str, *, fresh: bool) -> None:
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
        if listed and _enumerated(reading, name) and _whole_domain(name, values, lexicon):
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
    return len(spans) > 1 and all(words and words <= _LISTED for words in between)


_LISTED = word_set("and the for in of on") | {",", "/", "&"}


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
    if agent.endswith("ed") or agent in ("hit", "made", "driven", "taken", "seen", "given", "best", "mainly"):
        return False
    inside = {token.text for token in reading.tokens[span.start : span.end + 1]}
    named = any(other.start == span.end for other in reading.of_kind("dimension"))
    return before in ("by", "per") and not inside & POPULATION and not named and span.start not in reading.compared


def _words(reading: Reading, span: Span) -> tuple[str, ...]:
    return tuple(token.text for token in reading.tokens[span.start : span.end])


def _absorbed(draft: Draft, reading: Reading, span: Span, lexicon: Lexicon) -> bool:
    """`turnaround for claims`: the value's words are part of the metric's own name."""

    words = {stem(token.text) for token in content(reading.tokens[span.start : span.end])}
    incompatible = all(not _reachable(lexicon, metric, t.name) for metric in draft.metrics for t in span.targets)
    explicit = span.start in reading.negated | reading.compared or named_beside(reading, span)
    if explicit and not incompatible:
        return False
    for metric in draft.metrics:
        label = words_of(lexicon.model.metrics[metric].label)
        if words and words <= label | (lexicon.related[metric] if incompatible else set()):
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
    beside = {
        target.name
        for other in reading.of_kind("dimension")
        if abs(other.start - span.end) <= 1 or abs(span.start - other.end) <= 1
        for target in other.targets
    }
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


def _time(draft: Draft, reading: Reading, clock: Clock, units: set[str]) -> None:
    draft.grain, draft.compare_to = reading.grain, reading.compare_to
    rated = any(model_unit in ("rate", "percent") for model_unit in units)
    for problem in reading.problems:
        if problem == "share" and rated:
            continue
        kinds: dict[str, IssueKind] = {"periods": "periods", "share": "share", "limit": "rank_without_dimension"}
        draft.issues.append(Issue(kinds.get(problem, "no_previous")))
    period = reading.period
    if period is None:
        return
    if period.start > clock.today:
        draft.issues.append(Issue("future", words=(period.label,)))
    elif period.end < clock.first_day:
        draft.issues.append(Issue("before_data", words=(period.label,)))
    else:
        clipped = clip(period, clock)
        draft.time = clipped.range()
        if period.vague:
            draft.assumptions.append(f"{period.vague[0].upper()}{period.vague[1:]}.")
        if draft.compare_to and _baseline_end(clipped, draft.compare_to) < clock.first_day:
            draft.issues.append(Issue("before_data", words=(f"what {period.label} is compared with",)))
        if clipped.start > period.start:
            draft.assumptions.append(f"The data starts on {clock.first_day.isoformat()}.")


def _baseline_end(period: Period, compared: Comparison) -> date:
    """The last day of what a period is compared with."""
    return previous(period)[1] if compared == "previous_period" else year_before(period.end)


def _ranking(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    ranking = reading.ranking
    conditioned = bool(draft.having) and (ranking is None or (ranking.comparative and not ranking.first))
    if ranking is None or not draft.metrics or (reading.compared and not ranking.first) or conditioned:
        if ranking and ranking.limit and draft.metrics and draft.dimensions:
            draft.limit = ranking.limit
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
    by = next((name for name in draft.metrics if name not in limited), draft.metrics[0])
    draft.order = Order(by=by, direction=direction(ranking, by, reading, lexicon))
    moved = _movement(ranking, by, reading, lexicon) if draft.compare_to else None
    if moved:
        draft.order = Order(by=f"{by}__change", direction=moved)
    single = _singular(reading, ranking) or _single_unit(draft, reading)
    within = bool(draft.grain and draft.dimensions)
    draft.limit = ranking.limit or (1 if single and not within and not ranking.first else None)


def _movement(ranking: Ranking, metric: str, reading: Reading, lexicon: Lexicon) -> Literal["asc", "desc"] | None:
    """`the biggest increase`: ranked by the change, largest rise, fall or improvement first."""
    words = {reading.tokens[at].text for at in range(ranking.end, min(len(reading.tokens), ranking.end + 2))}
    polarity = lexicon.model.metrics[metric].polarity
    if words & {"increase", "rise", "jump", "growth", "spike", "increases", "jumps", "surge"}:
        return "desc"
    if words & {"decrease", "drop", "fall", "decline", "dip", "reduction", "decreases", "drops", "declines"}:
        return "asc"
    if words & {"improvement", "improvements"}:
        return "asc" if polarity == "lower" else "desc"
    return "desc" if words & {"change", "changes"} else None


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
    return any(reading.tokens[span.start].text in ("which", "what") for span in spans) and not any(
        reading.tokens[span.end - 1].text.endswith("s") for span in spans
    )


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


def _share(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    if not reading.share or not draft.metrics:
        return
    if draft.dimensions and all(lexicon.model.adds_up_by(name, draft.dimensions) for name in draft.metrics):
        draft.share = True
    else:
        draft.issues.append(Issue("ambiguous_metric", metric_targets(tuple(draft.metrics))))


def check_compatibility(draft: Draft, lexicon: Lexicon) -> None:
    """Every metric must know every dimension of the breakdown and the filters, and have a history for a period."""
    datasets = lexicon.model.datasets
    for metric in draft.metrics:
        dated = any(datasets[name].time_column for name in lexicon.model.datasets_of(metric))
        if not dated and (draft.time or draft.grain or draft.compare_to):
            draft.issues.append(Issue("no_history", (Target("metric", metric),)))
    names = [*draft.dimensions, *(item.dimension for item in draft.filters)]
    for metric in draft.metrics:
        for name in names:
            if not lexicon.compatible(metric, name):
                draft.issues.append(Issue("incompatible", (Target("metric", metric), Target("dimension", name))))
