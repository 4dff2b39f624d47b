"""Words that make another figure of it: `how many agents`, `per visit`, `not filled at retail`, `relative to`."""

from __future__ import annotations

from collections.abc import Iterable

from agents.planner.cues import find
from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, stem
from agents.planner.reading import Reading, Span, asking_places
from agents.planner.words import DETERMINERS, FILLER, POPULATION, SUPERLATIVES, word_set

_SURE = 0.8
"""Weight from which a span takes its words by name, not by one of them."""
_NOT = word_set("not never nor neither without")
_REACH = 4
"""How far before a value a negation still speaks of it."""
_IDIOMS = (
    r"(?:if|or|whether or|why|why did we|but) not|"
    r"not (?:just|only|sure|merely|simply|yet|to mention|too|so much|a|an)|"
    r"(?:do|does|did|need|could|can|will|would|is|are|am|was|were|have|has|had) not "
    r"(?:know|need|care|see|understand|want|remember|mind|matter|trust|believe|sure|interested|recall|tell|find|get|"
    r"have|think|mean|include)"
)
_SCALED = word_set(
    "relative proportional proportionally proportionate proportionately normalised normalized adjusted weighted"
)
_YEARLY = (
    r"(?:on|to|at) (?:a|an) (?:annual|annualized|yearly|full year|twelve month|12 month)(?: cost)? "
    r"(?:basis|footing|rate|level)"
)
_COUNTING = r"(?:how many|(?:the )?number of|count of)(?: of)?(?: (?:the|our|these|those|different|distinct))*"


def of_another_figure(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """The words that say so; none when the draft takes all of them up."""
    return (
        _things_counted(draft, reading, lexicon)
        or _for_each(draft, reading, lexicon)
        or _negation_left(draft, reading)
        or _exclusion_left(draft, reading)
        or _of_one_person(reading)
        or _gap_between(reading, lexicon)
        or _per_value(draft, reading)
        or _scaled(draft, reading, lexicon)
        or _cause_left(draft, reading)
        or _within_itself(draft, lexicon)
        or _sent(draft, reading, lexicon)
    )


def _named(spans: Iterable[Span]) -> set[int]:
    """Places that these spans take by name."""
    return {at for span in spans if span.weight >= _SURE for at in range(span.start, span.end)}


_HIS = r"(?:did|does|do|has|had|was|is|will|would|can|could) (?:she|he)(?: (?:\S+))?"


def _of_one_person(reading: Reading) -> tuple[str, ...]:
    """`how many calls did she take`: of one person, which no figure is."""
    for start, _ in find(reading, _HIS):
        last = reading.clause_end(start)
        first_of = max((at + 1 for at in range(start) if reading.tokens[at].is_mark), default=0)
        if any(first_of <= span.start < last for span in reading.of_kind("metric")):
            return tuple(token.text for token in reading.tokens[start : start + 2])
    return ()


_SENT = (
    r"(?:did|do|have|had|will) (?:we|they|you) (?:send|sent|mail|mailed)(?! back| in)|"
    r"(?:were|was|are|get|got) (?:sent|mailed)(?: out)?(?! back| in)"
)
_ANSWERS = frozenset(map(lemma, word_set("responses answers replies returns")))


def _sent(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`how many surveys did we send?`: no number of answers that came back. `send me` is only polite."""
    for start, end in find(reading, _SENT):
        heads = {lemma(lexicon.model.metrics[name].label.lower().split()[-1]) for name in draft.metrics}
        if start and heads & _ANSWERS and reading.tokens[start - 1].lemma not in _ANSWERS:
            return tuple(token.text for token in reading.tokens[start:end])
    return ()


def _things_counted(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`how many agents`, `how many counties`: a number of those, which no figure of other things is."""
    words = [token.text for token in reading.tokens]
    named = _named(reading.of_kind("metric"))
    found = [end for _, end in find(reading, _COUNTING) if end < len(words)] if draft.metrics else []
    if not found:
        return ()
    own = {stem(word) for name in draft.metrics for word in lexicon.model.metrics[name].label.lower().split()}
    related = frozenset().union(*(lexicon.related[name] for name in draft.metrics))
    sliced, grouped = _entities(lexicon)
    taken = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    for end in found:
        if {end - 1, end} & named:
            continue
        if any(_counts_parts(reading, span, end, taken) for span in reading.of_kind("dimension")):
            return ("how", "many", words[end])
        counted = end + 1 not in taken  # `how many network denials`: the entity only says which ones are counted
        thing, known = lemma(words[end]), stem(words[end])
        other = (thing in sliced and known not in own | related) or (thing in grouped and known not in own)
        if words[end].endswith("s") and counted and other:
            return ("how", "many", words[end])
    return ()


def _counts_parts(reading: Reading, span: Span, start: int, taken: set[int]) -> bool:
    """`how many call topics did members phone about`: how many of these there are."""
    several = span.end - span.start > 1 and reading.tokens[span.end - 1].text.endswith("s")
    return span.start == start and several and span.end not in taken


def _entities(lexicon: Lexicon) -> tuple[frozenset[str], frozenset[str]]:
    """What dimensions are of, by their names: county, network; what they are groups of, or called: agent, team."""
    labels = [dimension.label.lower().split() for dimension in lexicon.model.dimensions.values()]
    sliced = frozenset(lemma(label[0]) for label in labels if len(label) == 1)
    grouped = frozenset(lemma(label[0]) for label in labels if len(label) == 2) - lexicon.volumes
    return sliced - POPULATION, (grouped | lexicon.parts_by_name) - POPULATION


_COST_OF_ONE = (
    r"how much (?:is|does|do|did|was|will) (?:an?|each|every|one|a single|the (?:average|typical)) "
    r"(?:\S+ ){1,4}?(?:cost|costs|costing)"
)


def _for_each(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`pages per visit`: a ratio, where the draft has a count and nothing that is broken down by it."""
    metrics = [lexicon.model.metrics[name] for name in draft.metrics]
    if not metrics or not all(metric.additive for metric in metrics):
        return ()
    words = [token.text for token in reading.tokens]
    if all(metric.unit == "usd" for metric in metrics) and (one := next(iter(find(reading, _COST_OF_ONE)), None)):
        return tuple(words[slice(*one)])
    taken = {
        at for span in reading.of_kind("metric") for at in range(span.start, span.end) if span.end - span.start > 1
    }
    others = {at for span in reading.spans if span.kind != "metric" for at in range(span.start, span.end)}
    for start, end in find(reading, r"(?:per|for (?:each|every)) (?:\S+)"):
        thing = end - 1
        if (
            start in taken
            or thing in taken
            or thing in others
            or words[thing] in DETERMINERS | FILLER | SUPERLATIVES
        ):
            continue
        counted = any(span.start == thing for span in reading.of_kind("metric"))
        if counted or lemma(words[thing]) in lexicon.volumes:
            return tuple(words[start:end])
    return ()


def _negation_left(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """`prescriptions not filled at a retail pharmacy`: without it the value narrows to the opposite."""
    words = [token.text for token in reading.tokens]
    kept = {(item.dimension, value) for item in draft.filters if item.op == "in" for value in item.values}
    idioms = {at for start, end in find(reading, _IDIOMS) for at in range(start, end)}
    asking, named = asking_places(reading), _named(reading.spans)
    values = {at for span in reading.of_kind("value") for at in range(span.start, span.end)}
    for span in reading.of_kind("value"):
        if span.start in reading.negated or not any((t.name, t.value) in kept for t in span.targets):
            continue
        for at in range(max(0, span.start - _REACH), span.start):
            between = range(at + 1, span.start)
            clear = not any(reading.tokens[place].is_mark or place in values for place in between)
            if words[at] in _NOT and at in asking and at not in idioms | named and clear:
                return tuple(words[at : span.end])
    return ()


def _gap_between(reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`average time between calls`: from one of them to the next, which no figure tells."""
    words, lemmas = [token.text for token in reading.tokens], [token.lemma for token in reading.tokens]
    for at in range(len(words) - 1):
        ends = at + 2 >= len(words) or words[at + 2] not in ("and", "to")
        if words[at] == "between" and words[at + 1].endswith("s") and lemmas[at + 1] in lexicon.volumes and ends:
            return ("between", words[at + 1])
    return ()


_OUT = (
    r"leav(?:e|ing) (?:out|aside)|(?:leave|leaving|take|taking|keep|keeping) (?:\S+ ){1,4}?out|"
    r"not (?:counting|including)|"
    r"setting aside|apart from|aside from|other than|except for|with the exception of"
)


def _exclusion_left(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """`leaving out those in HMO`: something is to be out, and the draft leaves nothing out."""
    if any(item.op == "not_in" for item in draft.filters):
        return ()
    asking, named = asking_places(reading), _named(reading.of_kind("metric"))
    for start, end in find(reading, _OUT):
        if start in asking and start not in named:
            return tuple(token.text for token in reading.tokens[start:end])
    return ()


_BECAUSE = r"because(?: of)?|due to|owing to|on account of|on grounds of"


def _cause_left(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """`refused because it is not on our list`: a cause that no value took narrows the figure to something else."""
    words, asking = [token.text for token in reading.tokens], asking_places(reading)
    figures = [span.end for span in reading.of_kind("metric")]
    parts = {*draft.dimensions, *(item.dimension for item in draft.filters)}
    for start, end in find(reading, _BECAUSE):
        after = reading.clause_end(end)
        inside = [span for span in reading.spans if end <= span.start < after]
        taken = [s for s in inside if s.kind in ("value", "dimension") and s.names & parts]
        follows = start in asking and any(place <= start for place in figures)
        if follows and start and not reading.tokens[start - 1].is_mark and end < after and not taken:
            return tuple(words[start:after])
    return ()


def _within_itself(draft: Draft, lexicon: Lexicon) -> tuple[str, ...]:
    """The share of detractors among passives: a rate of one value within others of its kind is none or all."""
    parts = {*draft.dimensions, *(item.dimension for item in draft.filters)} - lexicon.heads.get(
        "reason", frozenset()
    )
    for name in draft.metrics:
        metric = lexicon.model.metrics[name]
        own = {stem(word) for word in metric.label.lower().split()}
        for part in sorted(parts) if metric.unit in ("rate", "percent") else ():
            declared = lexicon.model.dimensions[part]  # what the data call their values changes no reading
            for value in declared.values:
                label = declared.value_labels.get(value, value).lower()
                if {stem(word) for word in label.split()} <= own:
                    return (label,)
    return ()


def _per_value(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """`premium per employer group`: broken down by what the model takes for one value."""
    kept = {(item.dimension, value) for item in draft.filters if item.op == "in" for value in item.values}
    for span in reading.of_kind("value"):
        said = reading.tokens[span.start - 1].text if span.start else ""
        one = len(span.targets) == 1 and not reading.tokens[span.end - 1].text.endswith("s")
        if said == "per" and one and (span.targets[0].name, span.targets[0].value) in kept:
            return tuple(token.text for token in reading.tokens[span.start - 1 : span.end])
    return ()


def _scaled(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`most, relative to traffic`: a rate is asked, and a count is none. `relative to Q2` sets side by side."""
    named_so = [name for name in draft.metrics if lexicon.model.metrics[name].per_day]
    if draft.metrics and not named_so and (yearly := next(find(reading, _YEARLY), None)):
        return tuple(token.text for token in reading.tokens[slice(*yearly)])  # `on a full-year basis`
    if not draft.metrics or not _counts(draft.metrics, lexicon) or draft.share:
        return ()
    asking, named = asking_places(reading), _named(reading.spans)
    sides = {span.start - step for span in reading.spans if span.kind in ("time", "value") for step in (2, 3)}
    found = [
        at
        for at, token in enumerate(reading.tokens)
        if token.text in _SCALED and at in asking - named and not (token.text == "relative" and at in sides)
    ]
    return (reading.tokens[found[0]].text,) if found else ()


def _counts(names: Iterable[str], lexicon: Lexicon) -> bool:
    return all(lexicon.model.metrics[name].additive for name in names)
