"""Follow-ups: a fragment changes the slots of the query before it; a complete question starts anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.planner.among import asks_how_many, keep_those_that_know, named_among, of_those_shown, version_of
from agents.planner.assemble import check_compatibility
from agents.planner.contrast import contrast
from agents.planner.conversion import convert
from agents.planner.cues import first, take
from agents.planner.draft import Ask, Draft, Issue
from agents.planner.intents import Intent
from agents.planner.lexicon import Lexicon, namesake
from agents.planner.narrowing import is_compared, narrow
from agents.planner.people_behind import asks_people, count_people
from agents.planner.plan import PriorTurn
from agents.planner.reading import Reading, Target
from agents.planner.reshaping import changed_filters, drop_slots, in_total, order_rows, sort, sorts
from agents.planner.shares import OF_TOTAL, adds_up, asks_part, of_all, of_others, rate_of_named
from agents.planner.shifting import set_period
from agents.planner.subsets import restrict, restricting
from agents.planner.thresholds import in_metric_unit, operator
from agents.planner.unchanged import say_unchanged
from semantic.query import DimensionFilter, MetricFilter, Order

_OPENERS = (
    r"^(?:and|also|only|just|now|same|what about|how about|what of|but|then|so|exclude|excluding|"
    r"without|drop|remove|keep|include|add|get rid of|hide|lose|skip|leave out|leave off|ignore|forget|"
    r"delete|clear|since when|"
    r"lift|restrict|narrow|plot|draw|sorted|ordered|rank|arrange|flip|reverse|turn|put|undo|take (?:out|off|away)|"
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
    r"\binstead\b|\bas well$|\btoo$|\b(?:version|variant|basis|definition)\b|"
    r"\b(?:is|are|was|were) (?:that|this|it|those)$|"
    r"^(?:and )?(?:what|how much|how many|how) (?:do|does|did) (?:they|it|those|these|that)\b|"
    r"^(?:and )?which (?:ones|of (?:them|those|these))\b"
)
_ADD = r"further|also|as well|too|add|additionally|in addition|on top|and also|along with"
_DROPS = r"drop|remove|clear|without|lose|undo|forget|delete|take off|take out|no|reset|exclude|excluding"
_SHOW_AS = (
    r"(?:show|draw|plot|give|display|make|put|see)?(?: me)?(?: it| that| this| them)?"
    r"(?: as| in| on)? ?(?:a |an )?(?:bar |line |pie )?(?:chart|graph|table|plot|sql)|"
    r"as (?:a |an )?(?:bars?|lines?|pie)(?= [.]|$)"
)
_ALL_ROWS = (
    r"(?:show|give me|list|see)(?: me)? (?:all|everything|all of them|the rest|the full list|more|"
    r"them all)|all of them|show all|"
    r"(?:(?:show|give|list|see)(?: me)? )?(?:the )?(?:whole|full|entire|complete) (?:list|table|ranking|"
    r"set|lot|thing)"
)


_OF_BEFORE = (
    r"(?:^|\s)(?:(?:for|of|among|in|on|from|by) (?:it|them|those|these|that|this|all that|that one|this one)"
    r"(?: ones)?(?= [.?!]|$| (?:on average|in total|in percent|overall|altogether|by|per|then|too|though)\b)|"
    r"(?:do|did|does|have|had|are|were) they\b)|"
    r"^(?:and |now |what (?:is|are|was|were|about) |how (?:is|are|about) |show (?:me )?|give me )*(?:their|its)\b|"
    r"(?<!are)(?<!were)(?<!is)(?<!was) there(?: [.?!])?$"
)
"""What a short question points at with a pronoun: the last answer's groups, filters and period."""
_SHORT, _ONE_LINE = 8, 12
_AS_PART = (
    r"(?:and |now |but |ok |so )*(?:(?:show|give|express|put)(?: me)?(?: it| that| this| them| those)? )?"
    r"(?:as|in) (?:a |an |the )?(?:share|percentage|percent|pct|proportion|fraction) of "
)
_AMONG_THESE = (
    r"\b(?:how (?:many|much)|what (?:share|percentage|percent|part|proportion)|which|most|some) "
    r"of (?:these|those|them)\b"
)
_ANEW = (
    r"^(?:and |now |so |but |also )+(?:what|which|how|who|where)\b"
    r"(?!.*\b(?:it|that|this|them|they|those|these)\b).*\b(?:we|our|us)\b"
)
"""A whole question of its own that only is joined on: `and what was our NPS last month?`."""


def is_follow_up(reading: Reading, intent: Intent) -> bool:
    """Whether a question leans on the turn before it: a fragment, a pronoun, a row, no metric of its own."""
    text = reading.text
    if reading.correction or reading.pointed or reading.unresolved:
        return True
    if reading.of_kind("metric") and not re.match(rf"(?:and |now |show (?:it |that )?)*{OF_TOTAL}", text):
        if reading.of_kind("time") and re.search(_ANEW, text):
            return False
        if _this_figure(reading) or restricting(reading) or _concludes(reading) or asks_people(reading):
            return True
        if re.match(_AS_PART, text) or (len(reading.tokens) <= _ONE_LINE and re.search(_AMONG_THESE, text)):
            return True
        if asks_how_many(reading):
            return True
        pointing = len(reading.tokens) <= _SHORT and re.search(_OF_BEFORE, text)
        return bool(re.search(_WITH_METRIC, text) or pointing) or sorts(reading)
    if intent.kind in ("briefing", "impact"):
        return False
    named = bool(reading.breakdown or reading.of_kind("value") or reading.of_kind("time") or reading.grain)
    short = len(reading.tokens) <= _SHORT
    named = named or bool(short and reading.ranking)
    named = named or bool(short and intent.kind == "query" and re.match(_SHOWN, text))
    lead = re.match(OF_TOTAL, text) or re.search(_OPENERS, text) or re.search(_MARKERS, f" {text} ")
    return bool(lead or named or len(reading.tokens) <= 4 or intent.kind == "drivers")


def _concludes(reading: Reading) -> bool:
    """`so what is the in-network share?`, `leave out NPS`, `only the two rates`: of what was just shown.

    Not where a period, a value or a group of its own is named: that is a question of its own.
    """
    named = any(reading.of_kind(kind) for kind in ("time", "value")) or reading.breakdown
    return bool(len(reading.tokens) <= _ONE_LINE and not named and re.match(_LEANING, reading.text))


_LEANING = (
    r"(?:and |ok |okay |now |but )*(?:(?:so|then)\b(?! far\b)|"
    r"(?:only|just|keep|remove|drop|without|exclude|excluding|hide)\b)"
)


def _this_figure(reading: Reading) -> bool:
    """`what is causing this leakage?`, `the cost of those calls`: a figure of what is spoken of."""
    words = [token.text for token in reading.tokens]
    return any(words[span.start - 1] in _POINTING for span in reading.of_kind("metric") if span.start)


_SHOWN = rf"(?:please |can you |could you |now |and )*(?:{_ALL_ROWS})(?: please| now| again)*(?= [.?!]|$)"
_POINTING = ("this", "that", "these", "those")


def merge(reading: Reading, draft: Draft, intent: Intent, turns: Sequence[PriorTurn], lexicon: Lexicon) -> Draft:
    """The query of the last turn with the slots that the fragment names replaced or added.

    `turns` are those in force, oldest first; the last has a query.
    """
    prior = _corrected(reading, draft, turns)
    earlier = next((turn.query for turn in reversed(turns[:-1])), None)
    assert prior.query
    base = Draft.of(prior.query)
    base.kind = intent.kind
    base.assumptions = [text for text in draft.assumptions if "No metric was named" not in text]
    base.issues = [issue for issue in draft.issues if issue.kind not in _SETTLED_BY_PRIOR]
    if reading.unresolved:
        base.ask = _which_row(reading.unresolved, base, prior, lexicon)
        return base
    _settle_dimension(reading, draft, base, lexicon)
    drop_slots(reading, draft, base, lexicon)
    if sorts(reading):
        sort(reading, draft, base, lexicon)
        base.issues = [issue for issue in base.issues if issue.kind not in ("ambiguous_metric", "condition")]
    elif not in_total(reading, base, lexicon):
        _metric(reading, draft, base, lexicon)
        _dimensions(reading, draft, base, lexicon)
    of_those_shown(reading, base, prior)
    narrow(reading, draft, base, earlier, lexicon)
    if intent.kind == "drivers" and base.compare_to and not reading.of_kind("time"):
        draft.compare_to = None  # `why did it change?`: against what it was compared with
    set_period(reading, draft, base)
    _thresholds(reading, draft, base, lexicon)
    if not sorts(reading):
        order_rows(reading, draft, base, lexicon, earlier)
    say_unchanged(reading, base, prior, shown_again=take(reading, _SHOW_AS))
    base.attribution = prior.query.attribution
    if intent.kind != "query":
        _for_kind(base, intent)
        if intent.kind == "drivers":
            contrast(reading, base, draft.filters, prior, lexicon)
    base.filters = [_translated(item, base.metrics, lexicon) for item in base.filters]
    base.dimensions = [_for_metrics(name, base.metrics, lexicon) for name in base.dimensions]
    base.issues = [issue for issue in base.issues if issue.kind != "incompatible"]
    if not reading.of_kind("metric"):
        keep_those_that_know(base, lexicon)
    check_compatibility(base, lexicon)
    if not reading.of_kind("metric"):
        _offer_count(base, lexicon)
    take(
        reading,
        _ADD + r"|restrict|narrow|lift|"
        r"instead|only|just|now|same|again|there|please|before|after that|versus|vs|compared|back|"
        r"compare|filter|filters|add|include|keep|switch|change|drop|remove|chart|graph|weekly",
    )
    return base


_SETTLED_BY_LABEL = ("ambiguous_metric", "ambiguous_value", "incompatible", "statistic", "unexplained")
_SETTLED_BY_PRIOR = ("no_metric", "rank_without_dimension", "loose_dimension", "no_previous", "unit")


def _corrected(reading: Reading, draft: Draft, turns: Sequence[PriorTurn]) -> PriorTurn:
    """`no, I meant Florida` after `only HMO`: what the last turn filtered by is taken back, not kept beside it."""
    prior = turns[-1]
    before = turns[-2] if len(turns) > 1 else None
    if not (reading.correction and draft.filters and before and before.query and prior.query):
        return prior
    changed = changed_filters(Draft.of(prior.query), before.query)
    rest = prior.query.model_copy(update={"filters": before.query.filters})
    return before if changed and rest == before.query else prior


def _which_row(message: str, base: Draft, prior: PriorTurn, lexicon: Lexicon) -> Ask:
    """Ask back with the first rows that there are, or with breakdowns when there is none."""
    shown = prior.shown
    if shown.rows:
        candidates = [_narrowed(base, dict(zip(shown.dimensions, row, strict=True))) for row in shown.rows[:3]]
    else:
        defaults = lexicon.model.defaults
        names = [n for n in (defaults.where_dimension, defaults.who_dimension, *lexicon.model.dimensions) if n]
        fitting = [n for n in dict.fromkeys(names) if all(lexicon.compatible(m, n) for m in base.metrics)]
        candidates = [replace(base, kind="query", dimensions=[name], issues=[]) for name in fitting[:3]]
    return Ask("clarify", message, candidates=candidates)


def _narrowed(base: Draft, row: dict[str, str]) -> Draft:
    filters = [item for item in base.filters if item.dimension not in row]
    filters += [DimensionFilter(dimension=name, values=(value,)) for name, value in row.items()]
    dimensions = [name for name in base.dimensions if name not in row]
    order, limit = (base.order, base.limit) if dimensions or base.grain else (None, None)
    return replace(base, kind="query", dimensions=dimensions, filters=filters, order=order, limit=limit, issues=[])


_LEAVING = r"(?:and |now )?(?:drop|remove|without|exclude|excluding|hide)"


def _metric(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    if restrict(reading, draft, base, lexicon) or count_people(reading, base, lexicon):
        return
    version = "" if asks_part(reading) else version_of(reading, base, lexicon)
    if named := version or named_among(reading, draft, base, lexicon):
        draft.filters, reading.loose = [], []
        reading.spans = [span for span in reading.spans if span.kind != "dimension"]
        if base.metrics == [named]:
            base.assumptions.append(f"{lexicon.model.metrics[named].label} is what is shown.")
        if first(reading, _LEAVING) and len(base.metrics) > 1 and named in base.metrics:
            base.metrics = [name for name in base.metrics if name != named]
        else:
            added = base.metrics if first(reading, _ADD + "|include") else []
            base.metrics = list(dict.fromkeys([*added, named]))
        order = Order(by=named, direction=base.order.direction) if base.order and base.limit else None
        base.order, base.having, base.share = order, [], False
        base.issues = [issue for issue in base.issues if issue.kind not in _SETTLED_BY_LABEL]
        reading.explain(0, len(reading.tokens))
        return
    rate = rate_of_named(reading, base, lexicon)
    if reading.of_kind("metric") and draft.metrics and not asks_part(reading) and not rate:
        draft.metrics = [_in_kind(name, reading, base, lexicon) for name in draft.metrics]
        adds = first(reading, _ADD + r"|add|include")
        dropped = [name for name in draft.metrics if name in base.metrics]
        if first(reading, _LEAVING) and dropped:
            base.metrics = [name for name in base.metrics if name not in dropped] or base.metrics
        else:
            base.metrics = list(dict.fromkeys([*base.metrics, *draft.metrics])) if adds else draft.metrics
        base.share = base.share and adds_up(base, lexicon)
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
    elif asked := (None if rate else of_others(reading, base, lexicon) or of_all(reading, base, lexicon)):
        base.ask, base.issues = asked, []
    elif rate or (take(reading, OF_TOTAL, outside_spans=False) and adds_up(base, lexicon)):
        base.metrics, base.share = [rate or base.metrics[0], *base.metrics[1:]], not rate
        if rate and base.order:
            base.order = Order(by=rate, direction=base.order.direction)
        base.issues = [
            issue for issue in base.issues if issue.kind not in ("ambiguous_metric", "share", "statistic")
        ]
    else:
        convert(reading, base, lexicon)


_KINDS = ("count", "rate", "percent", "usd", "dollars")
_SAYS_RATE = r"rate|rates|share|percent|percentage|average|cost|costs|dollars"


def _in_kind(name: str, reading: Reading, base: Draft, lexicon: Lexicon) -> str:
    """`the unresolved ones instead` after a count: its count, unless the words are a label or say a rate."""
    model = lexicon.model
    unit = model.metrics[base.metrics[0]].unit
    named = model.metrics[name].unit
    if named == unit or named not in _KINDS or first(reading, _SAYS_RATE + "|" + _ADD):
        return name
    spans = [s for s in reading.of_kind("metric") if any(t.name == name for t in s.targets)]
    words = {" ".join(t.text for t in reading.tokens[s.start : s.end]) for s in spans}
    if model.metrics[name].label.lower() in words:
        return name
    counted = {token.lemma for s in spans for token in reading.tokens[s.start : s.end]} & lexicon.volumes
    if model.metrics[name].unit == "count" and counted:  # `failed sessions` after a rate: they are counted
        return name
    pointing = first(reading, r"they|them|it|those|these")
    same = [n for n in model.metrics[name].siblings if n in base.metrics]
    if pointing and same:  # `where do they drop off?` after abandoned sessions: these
        return same[0]
    alike = [n for n in model.metrics[name].siblings if model.metrics[n].unit == unit and n not in base.metrics]
    return alike[0] if alike else name


def _dimensions(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    named = [
        name
        for name in draft.dimensions
        if name not in {i.dimension for i in draft.filters if is_compared(reading, i)}
    ]
    loose = [t.name for issue in draft.issues if issue.kind == "loose_dimension" for t in issue.targets]
    if base.kind == "query" and not loose and not reading.of_kind("metric") and not reading.of_kind("value"):
        loose = [span.targets[0].name for span in reading.loose if len(span.targets) == 1]
    if not named and loose and first(reading, _ADD + r"|add|include|bring|put|with|split"):
        named = loose[:1]
        base.dimensions = list(dict.fromkeys([*base.dimensions, _for_metrics(named[0], base.metrics, lexicon)]))
        return
    if not named and loose and reading.correction and base.dimensions:  # `no, I meant plan type`
        base.dimensions = [_for_metrics(loose[0], base.metrics, lexicon)]
        base.order, base.limit = (base.order, base.limit) if base.limit and base.limit > 1 else (None, None)
        return
    if not named and loose and _in_its_place(reading, base):
        named = loose[:1]
    if not named:
        _keep_loose(reading, base, loose)
        return
    chosen = [_for_metrics(name, base.metrics, lexicon) for name in named]
    if first(reading, _ADD):
        base.dimensions = list(dict.fromkeys([*base.dimensions, *chosen]))
    elif first(reading, r"same"):  # `do the same thing for states`: in the same order, as many
        base.dimensions = chosen
    else:
        base.dimensions = chosen
        base.order, base.limit = (base.order, base.limit) if base.limit and base.limit > 1 else (None, None)


def _counted_by(name: str, base: Draft, lexicon: Lexicon) -> str:
    """The count behind a rate that is known by a dimension, and by all that the answer is filtered by."""
    metrics = lexicon.model.metrics
    if len(base.metrics) != 1 or metrics[base.metrics[0]].unit not in ("rate", "percent"):
        return ""
    wanted = [name, *(item.dimension for item in base.filters)]
    fitting = [
        one
        for one in metrics[base.metrics[0]].siblings
        if metrics[one].unit == "count"
        if all(lexicon.compatible(one, dimension) for dimension in wanted)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _offer_count(base: Draft, lexicon: Lexicon) -> None:
    """`which exception types?`, after a rate that is not known by these: what it counts is offered."""
    unknown = [name for name in base.dimensions if not lexicon.compatible(base.metrics[0], name)]
    count = _counted_by(unknown[0], base, lexicon) if len(unknown) == 1 and base.kind == "query" else ""
    if not count or base.ask or any(not lexicon.compatible(count, name) for name in base.dimensions):
        return
    metrics = lexicon.model.metrics
    by = lexicon.model.dimensions[unknown[0]].label.lower()
    order = Order(by=count, direction=base.order.direction) if base.order else None
    counted = replace(base, metrics=[count], having=[], share=False, order=order, issues=[])
    message = (
        f"{metrics[base.metrics[0]].label} is not known by {by}. Show {metrics[count].label.lower()} instead?"
    )
    base.ask = Ask("clarify", message, candidates=[counted])
    base.issues = [issue for issue in base.issues if issue.kind != "incompatible"]


_INSTEAD = r"(?:what|how) about|instead|rather|same for|switch|try|now"


def _in_its_place(reading: Reading, base: Draft) -> bool:
    """`what about plan type?`, `state instead`: a dimension alone takes the place of the one that is shown."""
    others = any(reading.of_kind(kind) for kind in ("metric", "value", "time")) or reading.grain
    return bool(base.dimensions and not others and first(reading, _INSTEAD) and not first(reading, _DROPS))


def _settle_dimension(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    """`what are the reasons?`: of several dimensions of that name the one that the last answer's figures know."""
    for issue in base.issues:
        names = [target.name for target in issue.targets] if issue.kind == "ambiguous_dimension" else []
        if found := _known_of(names, base, lexicon):
            draft.dimensions = [*draft.dimensions, found]
            base.issues = [other for other in base.issues if other is not issue]
            return
    for span in reading.breakdown:
        found = _known_of(sorted(span.names), base, lexicon) if len(span.names) > 1 else ""
        if found and not reading.of_kind("metric"):
            draft.dimensions = [found if name in span.names else name for name in draft.dimensions]


def _known_of(names: list[str], base: Draft, lexicon: Lexicon) -> str:
    known = [n for n in names if all(lexicon.compatible(metric, n) for metric in base.metrics)]
    known = known or [n for n in names if _counted_by(n, base, lexicon)]
    return known[0] if len(known) == 1 else ""


def _keep_loose(reading: Reading, base: Draft, loose: list[str]) -> None:
    """A dimension that is named but neither shown, filtered by nor dropped is asked about, not passed over."""
    used = {*base.dimensions, *(item.dimension for item in base.filters)}
    missing = tuple(Target("dimension", name) for name in loose if name not in used)
    if missing and len(missing) == len(loose) and not first(reading, _DROPS):
        base.issues.append(Issue("loose_dimension", missing))


def _for_metrics(name: str, metrics: list[str], lexicon: Lexicon) -> str:
    fallback = lexicon.model.dimensions[name].fallback
    if not fallback or all(lexicon.compatible(metric, name) for metric in metrics):
        return name
    return fallback if all(lexicon.compatible(metric, fallback) for metric in metrics) else name


def _translated(item: DimensionFilter, metrics: list[str], lexicon: Lexicon) -> DimensionFilter:
    """A filter whose dimension the new metric does not know, moved to the fallback's namesakes."""
    name = _for_metrics(item.dimension, metrics, lexicon)
    if name == item.dimension:
        return item
    found = [namesake(lexicon, Target("value", item.dimension, value)) for value in item.values]
    values = tuple(target.value for target in found if target)
    return DimensionFilter(dimension=name, op=item.op, values=values) if len(values) == len(item.values) else item


def _thresholds(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
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


def _for_kind(base: Draft, intent: Intent) -> None:
    base.pct = intent.pct
    if intent.kind != "drivers" or base.compare_to == "previous_period":
        base.compare_to = None  # drivers explain the change from the period before, unless another one stands
    base.grain = base.order = base.limit = None
    base.having, base.share = [], False
    if intent.kind != "query":
        base.dimensions = []
