"""The assembler: a reading becomes a draft query; every choice it could not settle becomes an issue."""

from __future__ import annotations

from datetime import date

from agents.planner.averages import read_average_per
from agents.planner.conditions import read_having
from agents.planner.draft import Draft, Issue, IssueKind
from agents.planner.filters import reachable, read_filters
from agents.planner.lexicon import Lexicon
from agents.planner.metrics import (
    Mention,
    default_metric,
    metric_mentions,
    metric_targets,
    unjoined,
)
from agents.planner.ordering import read_order
from agents.planner.people import of_the_membership, people_without_count, population_metric, who_did
from agents.planner.periods import Clock, Period, clip, previous, year_before
from agents.planner.ranking import MONEY_SUPERLATIVES, SPEEDS
from agents.planner.reading import Reading, Target
from agents.planner.several import against_all, beside_the_plain_one, of_one_head, of_the_same
from agents.planner.siblings import called_so, named_around, of_both, that_fits, words_of
from agents.planner.slicing import read_dimensions
from agents.planner.swallowed import read_swallowed
from agents.planner.thresholds import in_metric_unit, is_limited
from agents.planner.twins import settle_twins
from agents.planner.words import SHARE
from semantic.query import Comparison, TimeRange


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
    read_filters(draft, reading, lexicon, kind, fresh=not context)
    read_swallowed(draft, reading, lexicon)
    _time(draft, reading, clock, {lexicon.model.metrics[name].unit for name in draft.metrics})
    read_average_per(draft, reading, lexicon)
    read_having(draft, mentions, reading, lexicon)
    read_order(draft, reading, lexicon)
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
        if len(names) > 1:
            names = named_around(names, reading, lexicon)
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
    if doing := who_did(mentions, reading, lexicon):
        draft.metrics = [doing]
    if timed := _timed(draft, reading, lexicon):
        draft.metrics = [timed]
    if priced := _priced(draft, reading, lexicon):
        draft.metrics = [priced]
    spans = [*reading.breakdown, *reading.of_kind("value")]
    named = list(dict.fromkeys(draft.metrics))
    fitting = [that_fits(name, reading, spans, lexicon) for name in named]
    if _counted_for_a_share(named, fitting, reading, lexicon):
        draft.issues.append(Issue("share"))
    # `digital errors and digital error rate by error code`: no figure twice in the place of another one
    draft.metrics = [fit if fitting.count(fit) == 1 else name for name, fit in zip(named, fitting, strict=True)]
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
    draft.metrics = of_one_head(beside_the_plain_one(draft.metrics, reading, lexicon), reading, lexicon)


def _timed(draft: Draft, reading: Reading, lexicon: Lexicon) -> str:
    """`which specialty has the slowest estimate responses`: how long they take, where a figure tells that."""
    metrics = lexicon.model.metrics
    words = {token.text for token in reading.tokens}
    if len(draft.metrics) != 1 or not words & SPEEDS or metrics[draft.metrics[0]].unit != "count":
        return ""
    counted = metrics[draft.metrics[0]]
    own = words_of(counted.label)
    found = [m.name for m in metrics.values() if m.unit in _DURATIONS and own <= words_of(m.label)]
    return found[0] if len(found) == 1 else ""


_DURATIONS = frozenset({"seconds", "minutes", "days"})


def _counted_for_a_share(named: list[str], fitting: list[str], reading: Reading, lexicon: Lexicon) -> bool:
    """`what fraction of claims got denied as duplicates`: a count is no share, and the rate knows no reason."""
    metrics = lexicon.model.metrics
    turned = any(
        metrics[name].unit in ("rate", "percent") and metrics[fit].unit == "count"
        for name, fit in zip(named, fitting, strict=True)
    )
    asked = (SHARE - {"rate", "rates"}) & {token.text for token in reading.tokens}
    return turned and bool(asked) and not reading.breakdown


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
    if _sized_groups(names, reading, lexicon):
        return population_metric(lexicon.model)
    if membership := of_the_membership(reading, lexicon):
        if not names or any(lexicon.compatible(membership, name) for name in names):
            return membership
        impact = lexicon.model.defaults.impact_metric  # `which error code hits the most members`
        if impact and any(lexicon.compatible(impact, name) for name in names):
            return impact
    return default_metric(reading, names, lexicon)


_SIZES = frozenset({"biggest", "largest", "smallest"})


def _sized_groups(dimensions: list[str], reading: Reading, lexicon: Lexicon) -> bool:
    """`the biggest plan type`, `largest segment`: how many members each has."""
    ranking = reading.ranking
    sized = ranking is not None and bool(_SIZES & {t.text for t in reading.tokens[ranking.start : ranking.end]})
    alone = (
        not reading.of_kind("value") and bool(dimensions) and set(dimensions) <= lexicon.model.member_dimensions
    )
    return sized and alone and bool(population_metric(lexicon.model))


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
        if all(any(reachable(lexicon, name, target.name) for target in span.targets) for span in wanted)
    ]
    return tuple(fitting)


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
            named = draft.compare_to.label if isinstance(draft.compare_to, TimeRange) else ""
            words = named or f"What {period.label} would be compared with"
            draft.issues.append(Issue("before_data", words=(words,)))
        if clipped.start > period.start:
            draft.assumptions.append(f"The data starts on {clock.first_day.isoformat()}.")


def _baseline_end(period: Period, compared: Comparison | TimeRange) -> date:
    """The last day of what a period is compared with."""
    if isinstance(compared, TimeRange):
        return compared.end
    return previous(period)[1] if compared == "previous_period" else year_before(period.end)


def _share(draft: Draft, reading: Reading, lexicon: Lexicon) -> None:
    if not reading.share or not draft.metrics:
        return
    if draft.dimensions and all(lexicon.model.adds_up_by(name, draft.dimensions) for name in draft.metrics):
        draft.share = True
    elif _is_one_part(draft, lexicon):
        draft.issues.append(Issue("share"))  # `share of all calls about billing`: one part of a breakdown
    else:
        draft.issues.append(Issue("ambiguous_metric", metric_targets(tuple(draft.metrics))))


def _is_one_part(draft: Draft, lexicon: Lexicon) -> bool:
    """One figure that adds up, narrowed by one dimension and broken down by none."""
    narrowed = {item.dimension for item in draft.filters if item.op == "in"}
    return (
        len(draft.metrics) == len(narrowed) == 1
        and not draft.dimensions
        and lexicon.model.adds_up(draft.metrics[0])
    )


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
