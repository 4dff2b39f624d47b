"""Follow-ups: a fragment changes the slots of the query before it; a complete question starts anew."""

from __future__ import annotations

import re

from agents.planner import periods as p
from agents.planner.assemble import check_compatibility, direction
from agents.planner.cues import first, take
from agents.planner.draft import Draft, Issue
from agents.planner.intents import Intent
from agents.planner.lexicon import Lexicon, namesake
from agents.planner.plan import PriorTurn
from agents.planner.reading import Reading, Target
from agents.planner.thresholds import in_metric_unit, operator
from semantic.query import DimensionFilter, MetricFilter, Order, TimeRange

_OPENERS = (
    r"^(?:and|also|only|just|now|same|what about|how about|what of|but|then|so|exclude|excluding|"
    r"without|drop|remove|keep|include|add|"
    r"instead|weekly|monthly|daily|quarterly|yearly|make it|make that|change|switch|show (?:it|"
    r"that|this|them|me that|the same)|break (?:it|that|this|them)|"
    r"split (?:it|that|this)|compare (?:it|that|this|with|to)|versus|vs|by|per|for|in|top|bottom|"
    r"filter|limit|reset|clear|sort|order|group|as a|can i|could i|"
    r"the (?:same|month|week|quarter|year|opposite|rest)|why|ok|okay|yes|no|not|all)\b"
)
_MARKERS = (
    r"(?:^|\s)(?:instead|as well|too|further|again|there|that|it|those|them|this one|these|same|"
    r"previous answer|above)(?:$|\s)"
)
_WITH_METRIC = (
    r"^(?:and|what about|how about|now|same|also|instead|switch|but|add|include|change)\b|"
    r"\binstead\b|\bas well$|\btoo$|"
    r"\b(?:is|are|was|were) (?:that|this|it|those)$"
)
_ADD = r"further|also|as well|too|add|additionally|in addition|on top|and also|along with"
_OF_TOTAL = (
    r"(?:(?:as|in) )?(?:a |an )?(?:share|percentage|percent|pct|proportion|fraction) of (?:the )?(?:\S+ )?"
    r"(?:total|whole|overall|all)(?: (?:members|calls|of them))?"
)
_DROP_FILTER = (
    r"(?:drop|remove|clear|without|lose|undo|forget|delete|take off|take out|no) (?:all |the |"
    r"that |those |this |any |these )*"
    r"(?:\S+ )?(?:filter|filters|restriction|restrictions|condition)|reset|for everyone|for all members|overall"
)
_SHOW_AS = (
    r"(?:show|draw|plot|give|display|make|put|see)?(?: me)?(?: it| that| this| them)?"
    r"(?: as| in| on)? ?(?:a |an )?(?:bar |line |pie )?(?:chart|graph|table|plot|sql)"
)
_ALL_ROWS = (
    r"(?:show|give me|list|see)(?: me)? (?:all|everything|all of them|the rest|the full list|more|"
    r"them all)|all of them|show all"
)
_OPPOSITE = (
    r"(?:and )?the opposite|reverse(?: it| that| the order)?|other way (?:round|around)|flip it|"
    r"and the (?:best|worst|lowest|highest|bottom|top)$"
)


def is_follow_up(reading: Reading, intent: Intent) -> bool:
    """Whether a question leans on the turn before it: a fragment, a pronoun, no metric of its own."""
    text = reading.text
    if reading.of_kind("metric") and not re.match(rf"(?:and |now |show (?:it |that )?)*{_OF_TOTAL}", text):
        return bool(re.search(_WITH_METRIC, text))
    if intent.kind in ("briefing", "impact"):
        return False
    named = reading.breakdown or reading.of_kind("value") or reading.of_kind("time") or reading.grain
    lead = re.search(_OPENERS, text) or re.search(_MARKERS, f" {text} ")
    return bool(lead or named or len(reading.tokens) <= 4 or intent.kind == "drivers")


def merge(reading: Reading, draft: Draft, intent: Intent, prior: PriorTurn, lexicon: Lexicon) -> Draft:
    """The prior query with the slots that the fragment names replaced or added."""
    assert prior.query
    base = Draft.of(prior.query)
    base.kind = intent.kind
    base.assumptions = [text for text in draft.assumptions if "No metric was named" not in text]
    base.issues = [
        issue
        for issue in draft.issues
        if issue.kind not in ("no_metric", "rank_without_dimension", "loose_dimension", "no_previous", "unit")
    ]
    _metric(reading, draft, base, lexicon)
    _dimensions(reading, draft, base, lexicon)
    _filters(reading, draft, base, lexicon)
    _period(reading, draft, base, lexicon)
    _rows(reading, draft, base, lexicon)
    base.attribution = prior.query.attribution
    if intent.kind != "query":
        _for_kind(base, intent)
    base.filters = [_translated(item, base.metrics, lexicon) for item in base.filters]
    base.dimensions = [_for_metrics(name, base.metrics, lexicon) for name in base.dimensions]
    base.issues = [issue for issue in base.issues if issue.kind != "incompatible"]
    check_compatibility(base, lexicon)
    take(
        reading,
        _ADD + r"|instead|only|just|now|same|again|there|please|before|after that|versus|vs|compared|"
        r"compare|filter|filters|add|include|keep|switch|change|drop|remove|chart|graph|weekly",
    )
    return base


def _metric(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    if reading.of_kind("metric") and draft.metrics and not first(reading, _OF_TOTAL):
        adds = first(reading, _ADD + r"|add|include")
        base.metrics = [*base.metrics, *draft.metrics] if adds else draft.metrics
        base.having = [item for item in base.having if item.metric in base.metrics]
        if base.order and base.order.by not in base.metrics:
            base.order = Order(by=base.metrics[0], direction=base.order.direction)
    elif (
        many := first(reading, r"how many (?:members|customers|people|users|clients)")
    ) and lexicon.model.defaults.impact_metric:
        reading.explain(*many)
        base.metrics = [lexicon.model.defaults.impact_metric]
        base.having, base.order, base.share = [], None, False
        take(reading, r"is (?:that|this|it)")
    elif take(reading, _OF_TOTAL, outside_spans=False) and _adds_up(base, lexicon):
        base.share = True
        base.issues = [issue for issue in base.issues if issue.kind not in ("ambiguous_metric", "share")]
    elif share := first(reading, r"as a (?:rate|percentage|percent|share)|in percent|in percentage"):
        reading.explain(*share)
        _to_unit(base, lexicon, ("rate", "percent"))
    elif count := first(
        reading, r"in absolute (?:numbers|terms)|as a (?:count|number)|how many is that|absolute numbers"
    ):
        reading.explain(*count)
        _to_unit(base, lexicon, ("count",))


def _adds_up(base: Draft, lexicon: Lexicon) -> bool:
    """Whether parts of a whole can be shown: a breakdown of metrics whose parts add up."""
    return bool(base.dimensions) and all(lexicon.model.adds_up(name) for name in base.metrics)


def _to_unit(base: Draft, lexicon: Lexicon, units: tuple[str, ...]) -> None:
    for at, name in enumerate(base.metrics):
        siblings = [s for s in lexicon.model.metrics[name].siblings if lexicon.model.metrics[s].unit in units]
        if siblings:
            base.metrics[at] = siblings[0]
            base.order = Order(by=siblings[0], direction=base.order.direction) if base.order else None


def _dimensions(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    named = [
        name
        for name in draft.dimensions
        if name not in {i.dimension for i in draft.filters if _is_compared(reading, i)}
    ]
    if not named:
        return
    chosen = [_for_metrics(name, base.metrics, lexicon) for name in named]
    if first(reading, _ADD):
        base.dimensions = list(dict.fromkeys([*base.dimensions, *chosen]))
    else:
        base.dimensions = chosen
        base.order, base.limit = (base.order, base.limit) if base.limit and base.limit > 1 else (None, None)


def _for_metrics(name: str, metrics: list[str], lexicon: Lexicon) -> str:
    fallback = lexicon.model.dimensions[name].fallback
    if fallback and not all(lexicon.compatible(metric, name) for metric in metrics):
        return fallback
    return name


def _translated(item: DimensionFilter, metrics: list[str], lexicon: Lexicon) -> DimensionFilter:
    """A filter whose dimension the new metric does not know, moved to the fallback's namesakes."""
    name = _for_metrics(item.dimension, metrics, lexicon)
    if name == item.dimension:
        return item
    found = [namesake(lexicon, Target("value", item.dimension, value)) for value in item.values]
    values = tuple(target.value for target in found if target)
    return DimensionFilter(dimension=name, op=item.op, values=values) if len(values) == len(item.values) else item


def _is_compared(reading: Reading, item: DimensionFilter) -> bool:
    return any(
        span.start in reading.compared and item.dimension in {t.name for t in span.targets}
        for span in reading.of_kind("value")
    )


def _filters(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    if take(reading, _DROP_FILTER, outside_spans=False):
        named = {
            target.name
            for span in [*reading.of_kind("value"), *reading.loose, *reading.breakdown]
            for target in span.targets
        }
        base.filters = [item for item in base.filters if named and item.dimension not in named]
        base.issues = []
        return
    adds = first(reading, r"add|include|also|as well|too|plus")
    compares = first(reading, r"versus|vs|compare|compared|compares|against|than")
    for item in draft.filters:
        same = [old for old in base.filters if old.dimension == item.dimension]
        others = [old for old in base.filters if old.dimension != item.dimension]
        values = set(item.values)
        if item.op == "in" and (adds or compares) and same and same[0].op == "in":
            values |= set(same[0].values)
        if item.op == "not_in" and same and same[0].op == "in":
            left = tuple(value for value in same[0].values if value not in item.values)
            base.filters = [*others, *([DimensionFilter(dimension=item.dimension, values=left)] if left else [])]
            continue
        base.filters = [
            *others,
            DimensionFilter(dimension=item.dimension, op=item.op, values=tuple(sorted(values))),
        ]
        if compares and len(values) > 1 and item.dimension not in base.dimensions:
            base.dimensions.append(item.dimension)
            take(reading, r"versus|vs|compare|compared|compares|against|than")


def _period(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    baselines = [span.period.baseline for span in reading.of_kind("time") if span.period and span.period.baseline]
    compares = first(reading, r"versus|vs|compare|compared|compares|against|than")
    if draft.grain:
        base.grain, base.order, base.limit = draft.grain, None, None
    if baselines and compares:
        base.compare_to = baselines[0] or None
    elif baselines and base.time and not draft.time:
        base.time = _shifted(base.time, baselines[0])
    elif baselines and not draft.time:
        base.compare_to = baselines[0] or None
    elif draft.compare_to and draft.time and base.time and compares:
        base.compare_to = draft.compare_to
    elif draft.time or draft.compare_to:
        base.time = draft.time or base.time
        base.compare_to = draft.compare_to


def _shifted(time: TimeRange, baseline: str) -> TimeRange:
    if baseline == "previous_year":
        start, end = time.start.replace(year=time.start.year - 1), time.end.replace(year=time.end.year - 1)
        return TimeRange(start=start, end=end, label="the same period a year earlier")
    start, end = p.previous(time)
    return TimeRange(start=start, end=end, label="the period before")


def _rows(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    take(reading, _SHOW_AS)
    if take(reading, _OPPOSITE) and base.metrics:
        turned = "asc" if not base.order or base.order.direction == "desc" else "desc"
        base.order = Order(by=base.order.by if base.order else base.metrics[0], direction=turned)  # type: ignore[arg-type]
        return
    if take(reading, _ALL_ROWS):
        base.limit = None
    if draft.having:
        base.having = draft.having
    for threshold in reading.thresholds:
        value = in_metric_unit(threshold.quantity, lexicon.model.metrics[base.metrics[0]])
        if value is None:
            base.issues.append(Issue("unit", (Target("metric", base.metrics[0]),)))
        elif not draft.having:
            base.having = [
                MetricFilter(
                    metric=base.metrics[0],
                    op=operator(threshold, lexicon.model.metrics[base.metrics[0]]),
                    value=round(value, 6),
                )
            ]
    if reading.ranking and base.metrics and not reading.compared:
        base.order = Order(
            by=base.metrics[0], direction=direction(reading.ranking, base.metrics[0], reading, lexicon)
        )
        base.limit = reading.ranking.limit or draft.limit or base.limit


def _for_kind(base: Draft, intent: Intent) -> None:
    base.pct = intent.pct
    base.grain = base.compare_to = base.order = base.limit = None
    base.having, base.share = [], False
    if intent.kind != "query":
        base.dimensions = []
