"""Follow-ups that reshape the last answer: sort, limit, unit, what is dropped, the opposite."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.planner.conversion import unit_cues
from agents.planner.cues import find, first, take
from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.ordering import direction
from agents.planner.ranking import row_limit
from agents.planner.reading import Reading
from agents.planner.siblings import sum_of
from agents.planner.words import POPULATION
from semantic.query import DimensionFilter, Order, SemanticQuery

_DROP = (
    r"(?:(?:and |now |please |but )?(?:drop|remove|clear|without|lose|no|forget|delete|skip|ignore|"
    r"take off|take out|"
    r"take away|get rid of)(?: (?:the|that|this|any|all|of))*)"
)
_COMPARISON = rf"{_DROP} (?:comparisons?|comparing|baseline|previous (?:period|year)|change column)"
_LIMIT = rf"{_DROP} (?:row )?(?:limit|cap|cut off|cutoff|top \d+)"
_SORTING = rf"{_DROP} (?:sort|sorting|sort order|order|ordering|ranking)"
_NO_STEPS = r"(?:, )?without the (?:days|weeks|months|quarters|years)"
_PERIOD = (
    rf"{_DROP} (?:period|date range|dates?|date filter|time (?:range|period|window|filter|frame)|time|"
    rf"timeframe)"
)
_THRESHOLD = rf"{_DROP} (?:threshold|minimum|maximum)"
_BREAKDOWN = rf"{_DROP} (?:\S+ )?(?:breakdowns?|split|splits|grouping|dimensions?)(?: by)?"
_SORT = (
    r"(?:sort|sorted|order|ordered|rank|ranked|arrange|arranged)(?: (?:it|them|this|that|these|those|"
    r"all|the rows|"
    r"the table|the result|the results))?(?: by| on)"
)
_FALLING = (
    r"(?:highest|largest|biggest|most|greatest|high) (?:ones )?first|descending|high to low|"
    r"in descending order"
)
_RISING = r"(?:lowest|smallest|fewest|least|low) (?:ones )?first|ascending|low to high|in ascending order"
_JUDGED_FIRST = r"(?:worst|best) (?:ones )?first"
_ROWS = (
    r"(?:make (?:it|that)|limit(?: it| that| this| them)?(?: to)?|(?:only|just|show(?: me)?|keep|"
    r"give me)(?: the)?"
    r"(?: top| first)?)(?: the)?(?: top| first)? (?:NUMBER)(?: rows?| of them| results?| entries| only|"
    r" please| instead)*"
)  # fmt: skip
_FILTER_NOUN = r"filters?|restrictions?|conditions?|breakdowns?|splits?|grouping|dimensions?|exclusions?"
_NUMBER = r"\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twenty"
_OPPOSITE = (
    r"(?:and )?(?:now )?(?:show(?: me)? )?the (?:opposite|reverse|other way round|inverse)(?: order)?|reverse"
    r"(?: it| that| the order)?|other way (?:round|around)|flip (?:it|that|the order)"
)
_END = r"and the (?:best|worst|lowest|highest|bottom|top)(?: one)?(?= [.]|$)"
_WHICH_ONE = (
    r"which(?: one)?(?: (?:of|among) (?:these|those|them))?(?: (?:is|was|has|had|does|performs?|did|do))+"
    r"|which one|who (?:is|was)|(?:and |show (?:me )?|only |just )?the (?:worst|best|highest|"
    r"lowest)(?: one)?(?: (?:of|among) (?:these|those|them|all|the lot|the bunch))?(?= [.]|$)"
)


def free_cues(reading: Reading) -> None:
    """Words of a cue are no metric: `lowest first` is no first call resolution, `as a rate` no repeat rate."""
    cues = (
        *unit_cues(),
        _FALLING,
        _RISING,
        _JUDGED_FIRST,
        _ROWS.replace("NUMBER", _NUMBER),
        r"(?:add|bring|put) (?:\S+ ){0,3}back",
        _WHICH_ONE, _LIMIT, _SORTING, _PERIOD,
    )  # fmt: skip
    covered = {at for cue in cues for start, end in find(reading, cue) for at in range(start, end)}
    ends = {span.end for span in reading.of_kind("value")}
    covered |= {at for at in ends if at < len(reading.tokens) and reading.tokens[at].text in POPULATION}
    own = [
        s for s in reading.of_kind("metric") if s.end - s.start == 1 and covered.issuperset(range(s.start, s.end))
    ]
    if own and len(own) == len(reading.of_kind("metric")):
        reading.spans = [span for span in reading.spans if span not in own]


def drop_slots(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    """`without the comparison`, `no limit`, `drop the period`, `remove the breakdown`, `drop the platform`."""
    _drop_named(reading, base, lexicon)
    if take(reading, _COMPARISON, outside_spans=False):
        base.compare_to, reading.compare_cue = None, False
    if take(reading, _LIMIT, outside_spans=False):
        base.limit = None
    if take(reading, _NO_STEPS, outside_spans=False):
        base.grain = None
    if take(reading, _SORTING, outside_spans=False):
        base.order, base.limit = None, None
    if take(reading, _PERIOD, outside_spans=False):
        base.time = None
    if take(reading, _THRESHOLD, outside_spans=False):
        base.having = []
    if take(reading, _BREAKDOWN, outside_spans=False):
        spans = [*reading.loose, *reading.breakdown, *reading.of_kind("dimension")]
        named = {target.name for span in spans for target in span.targets}
        draft.dimensions, draft.grain = [name for name in draft.dimensions if name not in named], None
        draft.issues = [issue for issue in draft.issues if issue.kind != "loose_dimension"]
        stays = bool(named or reading.grain)  # `no breakdown by day`: the groups stay
        base.dimensions = [name for name in base.dimensions if stays and name not in named]
        if reading.grain or not named:
            base.grain = None
        if not base.dimensions and not base.grain:
            base.order, base.limit = None, None
        reading.breakdown, reading.loose, reading.grain = [], [], None


_IN_TOTAL = (
    r"^(?:and |now |then |so |but |please |show |give |me |just |only |the |in |as |an? |what is |"
    r"what was |too much |"
    r"make it )*(?:grand total|total|totals|sums?|overall|overall (?:total|figure|number|rate|value)|"
    r"altogether|all together|"
    r"in all|all in all)(?: (?:then|please|instead|only|number|figure|rate|value|now|again|for all|"
    r"of all))*(?: [.?!])*$"
)


def in_total(reading: Reading, base: Draft, lexicon: Lexicon) -> bool:
    """`the total then` after an average: the sum; `just the total`, `overall` after groups: of them all."""
    if not re.search(_IN_TOTAL, reading.text):
        return False
    sums = [sum_of(name, lexicon) for name in base.metrics]
    if all(sums) and not first(reading, r"overall"):
        base.metrics, base.order, base.having, base.share = sums, None, [], False
    elif (base.dimensions or base.grain) and (
        not base.filters if first(reading, r"overall") else all(map(lexicon.model.adds_up, base.metrics))
    ):
        base.dimensions, base.grain, base.order, base.limit = [], None, None, None
        base.having, base.share = [], False
    else:
        return False
    base.issues = []
    reading.explain(0, len(reading.tokens))
    return True


def _drop_named(reading: Reading, base: Draft, lexicon: Lexicon) -> None:
    """`drop the platform`: the breakdown or the filter of that name; asks where there are both or none."""
    if not first(reading, rf"^(?:{_DROP}) \S+") or first(reading, _FILTER_NOUN) or reading.of_kind("value"):
        return
    spans = [*reading.loose, *reading.breakdown, *reading.of_kind("dimension")]
    named = {target.name for span in spans for target in span.targets}
    if not named or reading.of_kind("metric"):
        return
    cut = [name for name in base.dimensions if name in named]
    fixed = [item for item in base.filters if item.dimension in named]
    unbroken = replace(base, dimensions=[name for name in base.dimensions if name not in named], issues=[])
    unfiltered = replace(base, filters=[item for item in base.filters if item not in fixed], issues=[])
    label = " or ".join(sorted(lexicon.model.dimensions[name].label.lower() for name in named))
    if cut and fixed and all(item.op == "not_in" for item in fixed):
        fixed, unfiltered = [], base  # what was left out stays so
    if cut and fixed:
        base.ask = Ask(
            "clarify", f"Drop the breakdown or the filter by {label}?", candidates=[unbroken, unfiltered]
        )
    elif not cut and not fixed:
        base.ask = Ask("clarify", f"The last answer has neither a breakdown nor a filter by {label}.",
                       candidates=[replace(base, issues=[])])  # fmt: skip
    take(reading, _DROP)
    base.dimensions, base.filters = unbroken.dimensions, unfiltered.filters
    if not base.dimensions and not base.grain:
        base.order, base.limit = None, None
    reading.breakdown, reading.loose = [], []


def sorts(reading: Reading) -> bool:
    """Whether the fragment names what to sort by."""
    return first(reading, _SORT) is not None


def sort(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> None:
    """`sort by cost`: by a metric, which joins the answer if it is not in it, or by a dimension shown."""
    take(reading, _SORT)
    take(reading, r"names?|labels?|values?|figures?|it|size")
    way = "asc" if first(reading, _RISING) or take(reading, r"alphabetically") else "desc"
    metrics = _candidates(draft, base, lexicon) if reading.of_kind("metric") else []
    shown = [name for name in draft.dimensions if name in base.dimensions]
    if not metrics and draft.dimensions:
        if shown:
            base.order = Order(by=shown[0], direction="desc" if first(reading, _FALLING) else "asc")
        else:
            base.ask = Ask("clarify", "Only what is shown can be sorted by. Show it as well?", candidates=[
                replace(base, dimensions=[*base.dimensions, name], ask=None) for name in draft.dimensions
            ])  # fmt: skip
        return
    if not metrics:
        return
    sorted_by = [_sorted(base, name, way) for name in metrics]
    if len(metrics) > 1:
        base.ask = Ask("clarify", "Sort by which figure?", candidates=sorted_by)
        return
    base.metrics, base.order = sorted_by[0].metrics, sorted_by[0].order


def _sorted(base: Draft, name: str, way: str) -> Draft:
    metrics = base.metrics if name in base.metrics else [name, *base.metrics]
    return replace(base, metrics=metrics, order=Order(by=name, direction=way), issues=[], ask=None)  # type: ignore[arg-type]


def _candidates(draft: Draft, base: Draft, lexicon: Lexicon) -> list[str]:
    """What is named; of several, those shown already or those of the same data that fit."""
    named = [t.name for issue in draft.issues if issue.kind == "ambiguous_metric" for t in issue.targets]
    named = named or draft.metrics
    model = lexicon.model
    if shown := [name for name in named if name in base.metrics]:
        return shown[:1]
    if len(named) < 2:
        return named
    wanted = [*base.dimensions, *(item.dimension for item in base.filters)]
    home = frozenset().union(*(model.datasets_of(name) for name in base.metrics))
    fitting = [n for n in named if all(lexicon.compatible(n, d) for d in wanted)] or named
    near = [name for name in fitting if model.datasets_of(name) & home] or fitting
    return [model.defaults.money_metric] if model.defaults.money_metric in near else near


def order_rows(
    reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon, earlier: SemanticQuery | None
) -> None:
    """Directions, numbers of rows, the opposite, which one is worst."""
    if not base.metrics:
        return
    if draft.filters and take(reading, _OPPOSITE):  # `the opposite: only login` says itself what it is
        return
    if first(reading, _OPPOSITE) or first(reading, _END):
        _turn(reading, base, lexicon, earlier)
        return
    for pattern, way in ((_FALLING, "desc"), (_RISING, "asc")):
        if first(reading, pattern):
            take(reading, pattern, outside_spans=False)
            base.order = base.order or Order(by=base.metrics[0])
            base.order = Order(by=base.order.by, direction=way)  # type: ignore[arg-type]
            reading.ranking = None
    if number := _rows(reading):
        base.limit = number
        if base.dimensions and not base.order and not base.grain:
            base.order = Order(by=base.metrics[0])
        reading.ranking = None
    if not reading.ranking or reading.compared or base.kind != "query":
        return
    ranking = reading.ranking
    by = base.metrics[0]
    if not base.dimensions and not base.grain:
        return
    if ranking.direction in ("best", "worst") and lexicon.model.metrics[by].polarity == "neutral":
        label = lexicon.model.metrics[by].label
        base.ask = Ask("clarify", f"{label} has no better or worse. Highest or lowest?", candidates=[
            replace(base, order=Order(by=by, direction=way), issues=[]) for way in ("desc", "asc")
        ])  # fmt: skip
        return
    one = take(reading, _WHICH_ONE) or first(reading, r"the (?:worst|best|highest|lowest) one")
    base.order = Order(by=by, direction=direction(ranking, by, reading, lexicon))
    single = 1 if one and not first(reading, _JUDGED_FIRST) else None
    take(reading, _JUDGED_FIRST)
    base.limit = ranking.limit or draft.limit or single or base.limit


def _rows(reading: Reading) -> int | None:
    """`make it 10`, `limit to 5`, `only 3 rows`: a number of rows at the end of the fragment."""
    found = first(reading, _ROWS.replace("NUMBER", _NUMBER))
    if not found:
        return None
    rest = [token for token in reading.tokens[found[1] :] if not token.is_mark]
    if rest or any(s.kind != "metric" and s.start < found[1] and found[0] < s.end for s in reading.spans):
        return None
    reading.explain(*found)
    return next((n for at in range(*found) if (n := row_limit(reading.tokens[at].text))), None)


def _turn(reading: Reading, base: Draft, lexicon: Lexicon, earlier: SemanticQuery | None) -> None:
    """The opposite of what the last turn set: its filter the other way round, else the order."""
    named = first(reading, _END)
    take(reading, _OPPOSITE)
    take(reading, _END)
    changed = changed_filters(base, earlier)
    if not named and len(changed) == 1 and not first(reading, r"\S* ?order"):
        base.filters = [flipped(item) if item.dimension == changed[0] else item for item in base.filters]
    elif base.dimensions or base.grain:
        by = base.order.by if base.order else base.metrics[0]
        if named and reading.ranking:
            way = direction(reading.ranking, base.metrics[0], reading, lexicon)
        else:
            way = "asc" if not base.order or base.order.direction == "desc" else "desc"
        base.order = Order(by=by, direction=way)
    elif base.filters:
        base.filters = [*base.filters[:-1], flipped(base.filters[-1])]
    else:
        base.ask = Ask("clarify", "The last answer is a single figure: there is no order or filter to turn round.")


def flipped(item: DimensionFilter) -> DimensionFilter:
    """The filter that keeps what this one drops."""
    return item.model_copy(update={"op": "not_in" if item.op == "in" else "in"})


def changed_filters(base: Draft, earlier: SemanticQuery | None) -> list[str]:
    """Dimensions whose filter the last turn set: those that the turn before it had not, or otherwise."""
    before = {item.dimension: item for item in earlier.filters} if earlier else None
    if before is None or not earlier or tuple(base.metrics) != earlier.metrics:
        return []
    return [item.dimension for item in base.filters if before.get(item.dimension) != item]
