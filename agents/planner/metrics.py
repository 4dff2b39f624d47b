"""Which metrics a question is about: mentions merged, base nouns dropped, count and rate siblings chosen."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from agents.planner.bases import COORDINATORS, is_base_of, is_limit_of, joined, joined_directly
from agents.planner.cues import find, first, take
from agents.planner.family import (
    by_measure,
    counted_volume,
    elaborated,
    of_family,
    of_unit,
    rate_between,
    read_measure,
    variant,
)
from agents.planner.lexicon import Lexicon, content
from agents.planner.normalise import lemma, stem
from agents.planner.pairs import Pair, both_of, read_pair
from agents.planner.parts_of_wholes import comes_from, part_of, percent_of
from agents.planner.people import counted_people
from agents.planner.ranking import MONEY_SUPERLATIVES, is_felt
from agents.planner.reading import Reading, Target
from agents.planner.several import taken_back
from agents.planner.siblings import (
    average_of,
    money_of,
    over_named_volume,
    share_for_value,
    stems,
    sum_of,
    words_of,
)
from agents.planner.words import (
    AUXILIARIES,
    AVERAGE,
    DETERMINERS,
    FILLER,
    FUNCTION,
    POPULATION,
    SHARE,
    word_set,
)
from semantic.model import Metric

_COUNT = r"how many|number of|count of|numbers of|volume of|total number of|how much volume"
_SHARE = (
    r"(?:what |the )?(?:share|percentage|percent|pct|proportion|fraction|portion|ratio|rate|rates)(?: of)?|"
    r"how often|how frequently|how likely"
)


_LANDING = (
    r"(?:is|are|was|were|falls?|fell|sits?|sat|comes?|came|belongs?|belonged|goes|go|went|lands?|landed|lies|lay|runs?|ran|"
    r"arrives?|arrived|gets?|got)(?: \S+)?? (?:in|into|within|from|to|on|by|with|under|at|through|via)"
)
_DISTRIBUTION = (
    rf"(?:share|percentage|percent|pct|proportion|portion|fraction|part|much) of (?:\S+ ){{1,5}}?{_LANDING} "
    r"(?:each|every)|"
    rf"what (?:share|percentage|percent|pct|proportion|portion|fraction) {_LANDING} (?:each|every)|"
    r"as a (?:share|percentage|percent|pct|proportion|fraction) of (?:the )?(?:\S+ )?(?:total|whole|overall)|"
    r"(?:share|percentage|percent|proportion|portion|fraction|part) of (?:the )?(?:total|overall|"
    r"all|whole)|of the total|"
    r"(?:does |do |is )?(?:each|every) (?:\S+ ){1,3}?(?:account|accounts|make|makes|contribute|"
    r"contributes) (?:for|up|to)|"
    r"as a (?:share|percentage|percent|proportion) of (?:the )?(?:total|all|overall)|percentage "
    r"share|percent split|"
    r"(?:share|percentage|percent|proportion|part) of (?:each|every) (?:\S+ ){1,3}?(?:in|of|among)|"
    r"each (?:\S+ ){1,3}?share of|distribution|relative share"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A metric as the question names it, with every metric the words may mean."""

    start: int
    end: int
    candidates: tuple[str, ...]


def _corrected(mentions: list[Mention], reading: Reading) -> list[Mention]:
    """Without the figures that the question takes back."""
    found = taken_back(reading)
    if found is None:
        return mentions
    reading.explain(*found)
    return [mention for mention in mentions if mention.start >= found[1]]


def metric_mentions(reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """Mentions in the order of the question, after merging and dropping what another mention covers."""
    mentions = [
        Mention(span.start, span.end, tuple(target.name for target in _settled(span.targets, reading)))
        for span in reading.of_kind("metric")
    ]
    for mention in mentions:
        reading.explain(mention.start, mention.end)
    mentions = _corrected(mentions, reading) or _inside_values(reading, lexicon)
    pair = read_pair(reading)
    if not pair:
        read_measure(reading)
    mentions = _not_denied(mentions, reading)
    mentions = [m for m in mentions if not _is_only_subject(m, reading)]
    mentions = [m for m in mentions if not _is_trouble(m, reading, lexicon, alone=len(mentions) == 1)]
    mentions = _without_degrees(_merge(mentions, reading, lexicon), reading, lexicon)
    if over := rate_between(mentions, reading, lexicon):
        take(reading, _SHARE)
        return [Mention(mentions[0].start, mentions[-1].end, (over,))]
    mentions = _without_base(mentions, reading, lexicon)
    mentions = _costed(mentions, reading, lexicon)
    if not any(is_limit_of(mention, reading) for mention in mentions):
        mentions = [m for m in elaborated(mentions, reading, lexicon) if isinstance(m, Mention)]
    mentions = [_sibling(mention, reading, lexicon) for mention in mentions]
    mentions = [_valued(mention, reading, lexicon) for mention in mentions]
    settled = {target.name for target in reading.settled if target.kind == "metric"}
    mentions = [
        Mention(m.start, m.end, tuple(name for name in m.candidates if name in settled) or m.candidates)
        for m in mentions
    ]
    return _distinct(_paired(mentions, pair, lexicon))


def _without_degrees(mentions: list[Mention], reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """`the five priciest services on estimated cost per request`, `average sentiment, most unhappy first`.

    Where another figure of the kind is named, such a word only says which end of it comes first.
    """
    metrics = lexicon.model.metrics
    words = [token.text for token in reading.tokens]
    degrees = [
        m
        for m in mentions
        if MONEY_SUPERLATIVES.issuperset(words[m.start : m.end])
        or (m.end - m.start == 1 and m.start and is_felt(words, m.start - 1))
    ]
    others = [m for m in mentions if m not in degrees]
    if not others:
        return mentions
    if any(metrics[name].unit == "usd" for m in others for name in m.candidates):
        return others
    return [m for m in mentions if m in others or MONEY_SUPERLATIVES.issuperset(words[m.start : m.end])]


def _paired(mentions: list[Mention], pair: Pair, lexicon: Lexicon) -> list[Mention]:
    """`transfers: number and rate`: both figures of the one that is named."""
    if not pair or len(mentions) != 1 or len(mentions[0].candidates) != 1:
        return mentions
    (only,) = mentions
    return [Mention(only.start, only.end, (name,)) for name in both_of(only.candidates[0], pair, lexicon)]


def _not_denied(mentions: list[Mention], reading: Reading) -> list[Mention]:
    """`distinct members, not calls`: a figure right after `not` is the one that is not asked for."""
    kept = []
    for mention in mentions:
        at = mention.start - 1
        denied = len(mentions) > 1 and at > 0 and reading.tokens[at].text == "not" and at not in reading.explained
        if denied and reading.tokens[at - 1].text not in AUXILIARIES:
            reading.explain(at, mention.end)
        else:
            kept.append(mention)
    return kept or mentions


def _costed(mentions: list[Mention], reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """`repeat calls: what did they cost`, `costs the most in avoidable calls`: the money of what is counted."""
    metrics = lexicon.model.metrics
    for cost in mentions:
        for counted in mentions:
            if len(counted.candidates) != 1 or cost is counted:
                continue
            if joined_directly(cost, counted, reading) or joined(cost, counted, reading):
                continue
            money = _money_sibling(counted.candidates[0], lexicon)
            words = {token.lemma for token in content(reading.tokens[cost.start : cost.end])}
            spent = all(metrics[name].unit == "usd" for name in cost.candidates)
            if money and spent and words <= _SPENDING:
                kept = [m for m in mentions if m not in (cost, counted)]
                merged = Mention(min(cost.start, counted.start), max(cost.end, counted.end), (money,))
                return sorted([*kept, merged], key=lambda mention: mention.start)
    return mentions


_SPENDING = frozenset(
    lemma(word) for word in ("cost", "costs", "costing", "spend", "spending", "expense", "expenses")
)


def _money_sibling(name: str, lexicon: Lexicon) -> str:
    """The dollars of a count: its one sum of money among the siblings, or the model's money metric."""
    metrics = lexicon.model.metrics
    if metrics[name].unit != "count":
        return ""
    found = [s for s in metrics[name].siblings if metrics[s].unit == "usd" and metrics[s].additive]
    money = lexicon.model.defaults.money_metric
    return money if money in found else (found[0] if len(found) == 1 else "")


def _inside_values(reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """`billing calls` may be a value's phrase as a whole: its last word still says what is counted."""
    found = []
    for span in reading.of_kind("value"):
        last = reading.tokens[span.end - 1].lemma
        holds = span.end - span.start > 1 and last in lexicon.volumes
        targets = lexicon.exact.get((last,), frozenset()) if holds else frozenset()
        names = tuple(sorted(target.name for target in targets if target.kind == "metric"))
        if names:
            found.append(Mention(span.end - 1, span.end, names))
    return found


def _is_only_subject(mention: Mention, reading: Reading) -> bool:
    """`which messages do members see`: people who act, unless they are counted or open the question."""
    if not all(token.text in POPULATION for token in reading.tokens[mention.start : mention.end]):
        return False
    if mention.start and reading.tokens[mention.start - 1].text in (
        "which",
        "what",
        "whose",
        "do",
        "does",
        "did",
        "who",
    ):
        return True
    before = [token.text for token in reading.tokens[: mention.start] if token.text not in FILLER | FUNCTION]
    return bool(before) and not _cue_near(reading, _COUNT, mention, frozenset())


def _is_trouble(mention: Mention, reading: Reading, lexicon: Lexicon, *, alone: bool) -> bool:
    """`session timeout error`: a noun for trouble right after the value that names it."""
    problem = lexicon.model.defaults.problem_dimension
    word = reading.tokens[mention.start].text
    if mention.end - mention.start != 1 or word not in (
        "error",
        "errors",
        "failure",
        "failures",
        "issue",
        "issues",
    ):
        return False
    dimensions = lexicon.model.dimensions
    for span in reading.of_kind("value"):
        if span.start == mention.end and any(
            word in dimensions[target.name].label.lower().split() for target in span.targets
        ):
            return True
    values = (span for span in reading.of_kind("value") if span.end == mention.start)
    return any(target.name == problem or not alone for span in values for target in span.targets)


def _settled(targets: tuple[Target, ...], reading: Reading) -> tuple[Target, ...]:
    """What an earlier choice left of the candidates."""
    return tuple(target for target in targets if target in reading.settled) or targets


def unjoined(mentions: list[Mention], reading: Reading) -> bool:
    """Two metrics with words between that do not coordinate them: one may be a condition on the other's rows."""
    ordered = sorted(mentions, key=lambda mention: mention.start)
    joining = COORDINATORS | ({"with"} if _COMPARING & {token.text for token in reading.tokens} else set())
    return any(
        not any(reading.tokens[at].text in joining for at in range(one.end, other.start))
        for one, other in itertools.pairwise(ordered)
        if (one.start, one.end) != (other.start, other.end)
    )


_COMPARING = word_set("compare comparing compared contrast contrasting")


def _distinct(mentions: list[Mention]) -> list[Mention]:
    seen: set[tuple[str, ...]] = set()
    kept = []
    for mention in mentions:
        if mention.candidates not in seen:
            seen.add(mention.candidates)
            kept.append(mention)
    return kept


def _merge(mentions: list[Mention], reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """`cost ... in avoidable calls`: two mentions whose words together are one metric's phrase."""
    for one in mentions:
        for other in mentions:
            if one is other or len(one.candidates) < 2 or joined_directly(one, other, reading):
                continue
            if len(mentions) > 2 and _listed(one, other, reading):
                continue
            if is_limit_of(one, reading) or is_limit_of(other, reading):
                continue
            words = content([*reading.tokens[one.start : one.end], *reading.tokens[other.start : other.end]])
            found = lexicon.bag.get(tuple(sorted(token.lemma for token in words)), frozenset())
            names = tuple(sorted(t.name for t in found if t.kind == "metric" and t.name in one.candidates))
            if names:
                merged = Mention(min(one.start, other.start), max(one.end, other.end), names)
                return _merge([m for m in mentions if m not in (one, other)] + [merged], reading, lexicon)
    return mentions


_BEFORE_ITEM = DETERMINERS | {"total", "overall", "average"}


def _listed(one: Mention, other: Mention, reading: Reading) -> bool:
    """`total calls, total cost and average wait`: items of a list."""
    low, high = sorted((one, other), key=lambda mention: mention.start)
    between = [token.text for token in reading.tokens[low.end : high.start]]
    return between[:1] == [","] and set(between[1:]) <= _BEFORE_ITEM


def _without_base(mentions: list[Mention], reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """`what share of calls are transferred`: calls is the noun that the transfer rate is about."""
    kept = []
    for mention in mentions:
        others = [other for other in mentions if other is not mention]
        if not any(is_base_of(mention, other, reading, lexicon) for other in others):
            kept.append(mention)
        elif counted_volume(mention, reading) and not reading.measure:
            reading.measure = "count"
    return kept


def _sibling(mention: Mention, reading: Reading, lexicon: Lexicon) -> Mention:
    """A share of a count is its rate; a number of a rate is its count, where the model has the sibling."""
    metrics = lexicon.model.metrics
    if len(family := of_family(mention.candidates, reading, lexicon)) < len(mention.candidates):
        mention = Mention(mention.start, mention.end, family)
    if len(mention.candidates) != 1:
        return _by_unit(mention, reading, lexicon)
    metric = metrics[mention.candidates[0]]
    counted = _share_by_other(mention, metric, reading, lexicon) or part_of(mention, metric, reading, lexicon)
    if counted:
        reading.share = True
        return Mention(mention.start, mention.end, (counted,))
    if metric.additive and metric.unit != "count" and take(reading, _DISTRIBUTION, outside_spans=False):
        reading.share = True
        return mention
    if metric.unit == "count":
        if take(reading, _DISTRIBUTION, outside_spans=False):
            _cue_near(reading, _SHARE, mention, SHARE)
            reading.share = True
        elif share := _cue_near(reading, _SHARE, mention, SHARE) or percent_of(mention, reading):
            if valued := share_for_value(metric.name, reading, lexicon):
                reading.spans.remove(valued[1])
                reading.explain(valued[1].start, valued[1].end)
                return Mention(mention.start, mention.end, (valued[0],))
            if lexicon.model.adds_up(metric.name) and comes_from(mention, reading):
                reading.share = True
                return mention
            return _as_share(mention, metric, share, reading, lexicon)
    elif (
        metric.unit in ("rate", "percent")
        and reading.breakdown
        and take(reading, _DISTRIBUTION, outside_spans=False)
    ):
        reading.share = True
        return _swap(mention, metric, lexicon, ("count",), reading)
    elif (metric.unit in ("rate", "percent") and _cue_near(reading, _COUNT, mention, frozenset())) or (
        metric.unit == "rate" and _names_things(mention, metric, reading, lexicon)
    ):
        return _swap(mention, metric, lexicon, ("count",), reading)
    return mention


def _share_by_other(mention: Mention, metric: Metric, reading: Reading, lexicon: Lexicon) -> str:
    """`share of leaked calls by journey`: no rate in each journey, but each journey's part of what is counted.

    So where the rate does not know the breakdown and the count that its words hold does.
    """
    words = [token.text for token in reading.tokens[mention.start : mention.end]]
    if metric.unit not in ("rate", "percent") or words[0] not in SHARE or not reading.breakdown:
        return ""
    rest = tuple(token.lemma for token in reading.tokens[mention.start : mention.end][2:])
    counts = [t.name for t in lexicon.exact.get(rest, ()) if t.kind == "metric"]
    asked = [span.names for span in reading.breakdown]
    reached = all(any(lexicon.compatible(metric.name, name) for name in names) for names in asked)
    if reached or len(counts) != 1 or not lexicon.model.adds_up(counts[0]):
        return ""
    return counts[0] if all(any(lexicon.compatible(counts[0], n) for n in names) for names in asked) else ""


def _valued(mention: Mention, reading: Reading, lexicon: Lexicon) -> Mention:
    """Money asked of a count, an average of a sum, a share of a volume that the question names."""
    if money := money_of(mention.candidates, reading, lexicon):
        return Mention(mention.start, mention.end, (money,))
    if people := counted_people(mention, reading, lexicon):
        return Mention(mention.start, mention.end, (people,))
    if len(mention.candidates) != 1:
        return mention
    name = of_unit(by_measure(mention.candidates[0], reading, lexicon), reading, lexicon)
    name = variant(name, reading, lexicon)
    ends = [span.end for span in reading.of_kind("metric") if span.end <= mention.start]
    first = max(mention.start - 3, *ends, 0)  # `total copay and average copay`: the sum is of the other one
    before = {token.text for token in reading.tokens[first : mention.end]}
    if before & AVERAGE and (average := average_of(name, lexicon)):
        return Mention(mention.start, mention.end, (average,))
    if before & _SUMMED and (summed := sum_of(name, lexicon)):
        return Mention(mention.start, mention.end, (summed,))
    return Mention(mention.start, mention.end, (over_named_volume(name, reading, lexicon),))


_SUMMED = word_set("sum sums total totals altogether")


def _by_unit(mention: Mention, reading: Reading, lexicon: Lexicon) -> Mention:
    """Among several metrics a share cue leaves the rates and a number cue the counts."""
    metrics = lexicon.model.metrics
    for pattern, units in ((_SHARE, ("rate", "percent")), (_COUNT, ("count",))):
        fitting = tuple(name for name in mention.candidates if metrics[name].unit in units)
        if fitting and len(fitting) < len(mention.candidates) and _cue_near(reading, pattern, mention, SHARE):
            return Mention(mention.start, mention.end, fitting)
    counts = tuple(name for name in mention.candidates if metrics[name].unit == "count")
    rated = any(metrics[name].unit in ("rate", "percent") for name in mention.candidates)
    if counts and rated and _names_volume(mention, reading, lexicon):
        return Mention(mention.start, mention.end, counts)  # `prescriptions and rejected prescriptions`
    if not counts and all(_names_things(mention, metrics[name], reading, lexicon) for name in mention.candidates):
        found = (_swap(mention, metrics[name], lexicon, ("count",), reading) for name in mention.candidates)
        return Mention(mention.start, mention.end, tuple(dict.fromkeys(one.candidates[0] for one in found)))
    return mention


def _names_volume(mention: Mention, reading: Reading, lexicon: Lexicon) -> bool:
    """Whether things are named: `rejected prescriptions`, `calls transferred`; not by a share of them."""
    words = [token.text for token in reading.tokens[mention.start : mention.end]]
    return not set(words) & SHARE and any(word.endswith("s") and lemma(word) in lexicon.volumes for word in words)


def _names_things(mention: Mention, metric: Metric, reading: Reading, lexicon: Lexicon) -> bool:
    """`denied claims`, `calls transferred`: things are counted, unless a share is asked for and a count exists."""
    words = [token.text for token in reading.tokens[mention.start : mention.end]]
    counted = any(lexicon.model.metrics[name].unit == "count" for name in metric.siblings)
    things = _names_volume(mention, reading, lexicon) or (words[-1] in _THINGS and not set(words) & SHARE)
    return counted and things and not _cue_near(reading, _SHARE, mention, SHARE)


# nouns for single events: `Rx denials in Q1` are counted unless a rate is asked for
_THINGS = word_set(
    """
    denials rejections refusals transfers handoffs handovers leaks abandons abandonments renewals approvals
    failures errors
    """
)


def _as_share(mention: Mention, metric: Metric, gap: int, reading: Reading, lexicon: Lexicon) -> Mention:
    """`share of leaked calls by journey` may be a rate in each journey or each journey's part: then ask."""
    rates = tuple(name for name in metric.siblings if lexicon.model.metrics[name].unit in ("rate", "percent"))
    adds_up = lexicon.model.adds_up(metric.name)
    if gap == 1 and reading.breakdown and adds_up and not rates and not reading.of_kind("value"):
        reading.share = True
        return mention
    if metric.polarity == "neutral" and rates and not _says(rates, metric, reading, lexicon):
        if reading.breakdown and metric.additive and not reading.of_kind("value"):
            reading.share = True  # `share of estimates in each cost band`
            return mention
        reading.problems.append("share")  # `what percent of requests ended well` is not how many of them failed
        return mention
    if gap == 1 and len(rates) > 1:
        return Mention(mention.start, mention.end, rates[:3])
    return _swap(mention, metric, lexicon, ("rate", "percent"), reading)


def _says(rates: tuple[str, ...], metric: Metric, reading: Reading, lexicon: Lexicon) -> bool:
    """Whether a word of the question is what one of the rates adds to the volume."""
    metrics, asked = lexicon.model.metrics, stems(reading, 0, len(reading.tokens))
    light = words_of(metric.label) | {stem(word) for word in SHARE}
    return any((words_of(metrics[name].label) - light) & asked for name in rates)


def _swap(mention: Mention, metric: Metric, lexicon: Lexicon, units: tuple[str, ...], reading: Reading) -> Mention:
    wanted = [name for name in metric.siblings if lexicon.model.metrics[name].unit in units]
    named = [name for name in wanted if name in _named_inside(mention, reading, lexicon)]
    if wanted:
        return Mention(mention.start, mention.end, ((named or wanted)[0],))
    if units == ("count",):
        reading.assumptions.append(f"{metric.label} is a rate: the model has no count for it.")
    else:
        reading.problems.append("share")
    return mention


def _named_inside(mention: Mention, reading: Reading, lexicon: Lexicon) -> set[str]:
    """Metrics whose whole label stands inside the mention: `proportion of leaked calls` holds leaked calls."""
    words = [token.lemma for token in reading.tokens[mention.start : mention.end]]
    pieces = {tuple(words[at:end]) for at in range(len(words)) for end in range(at + 1, len(words) + 1)}
    return {target.name for key, target in lexicon.labels if key in pieces}


def _cue_near(reading: Reading, pattern: str, mention: Mention, inside: frozenset[str]) -> int:
    """How near the cue stands: 1 right before the mention, 2 further away, 0 nowhere near."""
    near = 0
    covered = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    for start, end in find(reading, pattern):
        before = end <= mention.start and mention.start - end <= 6
        after = bool(inside) and start >= mention.end and start - mention.end <= 3
        if before and pattern == _COUNT and _crosses(reading, end, mention.start, covered):
            continue
        if covered.isdisjoint(range(start, end)) and (before or after):
            reading.explain(start, end)
            near = 1 if before and mention.start - end <= 1 else near or 2
    return near


def _crosses(reading: Reading, start: int, end: int, covered: set[int]) -> bool:
    """`number of claims and denial rate`: the cue belongs to a metric that another one is joined to."""
    between = [reading.tokens[at].text for at in range(start, end)]
    return any(at in covered for at in range(start, end)) and bool({"and", ","} & set(between))


def default_metric(reading: Reading, dimensions: list[str], lexicon: Lexicon) -> str:
    """The metric a question implies without naming one: impact, money, or a dimension's own."""
    defaults = lexicon.model.defaults
    many = first(reading, r"how many (?:\S+ )?(?:members|customers|people|users|clients|folks|persons)")
    filtered = {target.name for span in reading.of_kind("value") for target in span.targets}
    if (
        many
        and defaults.impact_metric
        and filtered & ({defaults.problem_dimension} | defaults.dimension_metric.keys())
    ):
        reading.explain(*many)
        return defaults.impact_metric
    metrics = lexicon.model.metrics
    for name in [*dimensions, *sorted(filtered)]:
        implied = defaults.dimension_metric.get(name, "")
        if implied and (name in dimensions or metrics[implied].polarity != "neutral"):
            return implied
    return ""


def metric_targets(names: tuple[str, ...]) -> tuple[Target, ...]:
    """Names as targets, for a clarification."""
    return tuple(Target("metric", name) for name in names)


def nearest_before(mentions: list[Mention], at: int) -> Mention | None:
    """The mention a threshold belongs to: the closest one before it, else the first after."""
    before = [mention for mention in mentions if mention.end <= at]
    return max(before, key=lambda mention: mention.end) if before else (mentions[0] if mentions else None)
