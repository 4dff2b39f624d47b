"""A second figure that a question asks for: `total premium and number of people enrolling`.

Words that ask for a figure after a joining word ask for one of their own. A query with a single figure answers
half of such a question in silence, so it is never an answer. In 12,000 labelled questions such words stand in 330
that ask for several figures and in 23 that ask for one: of each value or side of a breakdown (`and how many of
each`, `how many men and how many women`), which are told apart here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agents.planner.corrections import TAKING_BACK
from agents.planner.cues import find, first
from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span
from agents.planner.siblings import words_of
from agents.planner.words import DETERMINERS, word_set

_WORD = r"(?:and|plus|along with|as well as|together with|&|also|next to|alongside|vs|versus)"
_LIGHT = r"(?:the|its|their|our|a|of|those|them|also|total|overall|average|in|what|is|are|for|at|by)"
_ASKING = (
    r"(?:(?:number|numbers|count|share|percentage|percent|proportion|portion|fraction|rate|amount) of|"
    r"how (?:many|much|often|long|likely|satisfied|happy|quickly|fast|frequently|big|large|high|expensive|"
    r"costly|old)|"
    r"what did|what do (?:they|those|these)|"
    r"what (?:number|share|percentage|percent|portion|proportion|fraction|rate|part))"
)
_SECOND = rf"{_WORD}(?: {_LIGHT}){{0,3}} {_ASKING}"
_LISTED = rf",(?: {_LIGHT}){{0,3}} {_ASKING}"
_OF_ANOTHER = rf"(?:{_WORD}|,) of(?: the)?"
_FURTHER = (
    rf"(?:together with|along with|alongside|as well as|also (?:give|show|state|provide|list|add)(?: me| us)?)"
    rf"(?: {_LIGHT}){{0,3}} {_ASKING}"
)
_EACH = word_set("each every apiece respectively")


def figure_left(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """The words that ask for a further figure than the one that the draft has; empty when none do."""
    if len(draft.metrics) != 1:
        return ()
    if draft.having:  # `drugs with more than 100 fills: how many ...`; but `together with the number of fills`
        further = first(reading, _FURTHER)
        return tuple(token.text for token in reading.tokens[slice(*further)]) if further else ()
    for start, end in find(reading, _AS_BOTH):
        return tuple(token.text for token in reading.tokens[start:end])
    joined = [place for place in find(reading, _SECOND) if _is_named_before(reading, place[0])]
    asked = [place for place in find(reading, f"{_SECOND}|{_LISTED}") if _asks_before(reading, place[0])]
    for start, end in (*joined, *asked):
        if not _of_each(draft, reading, end):
            return tuple(token.text for token in reading.tokens[start + 1 : end])
    for start, end in find(reading, _OF_ANOTHER):
        if any(span.start == end for span in reading.of_kind("value")) and not _of_each(draft, reading, end):
            return tuple(token.text for token in reading.tokens[start + 1 : end + 1])
    return ()


def _is_named_before(reading: Reading, joint: int) -> bool:
    """`total premium and number of ...`: a figure's name; before a comma it may only say of what the figure is."""
    return any(span.end <= joint for span in reading.of_kind("metric"))


def _asks_before(reading: Reading, joint: int) -> bool:
    """`how many claims, how much money`: words that ask for a figure."""
    return any(end <= joint for _, end in find(reading, _ASKING))


def _of_each(draft: Draft, reading: Reading, start: int) -> bool:
    """`and how many of each`, `and how many women`: the same figure of another side of a breakdown."""
    end = reading.clause_end(start)
    if _EACH & {token.text for token in reading.tokens[start:end]}:
        return True
    return any(
        start <= span.start < end and target.name in draft.dimensions
        for span in reading.of_kind("value")
        for target in span.targets
    )


_AS_BOTH = (
    r"(?:both )?(?:in|as) (?:an? )?(?:absolute |raw |plain )?"
    r"(?:numbers?|counts?|terms|figures?|total)(?: terms)?,? "
    r"and (?:also )?(?:as|in) (?:a |an )?(?:rate|share|percentage|percent|proportion|percentages)(?: terms)?|"
    r"both the (?:number|count) and the (?:rate|share|percentage)|"
    r"and (?:likewise|also) the (?:total|sum|count|number)"
)
_AGAINST = r"(?:vs|versus|against|and|than|compared (?:to|with)|next to|as well as|or|,)"
_JOINTS = word_set("vs versus against and than to with or") | {","}
_ALL = rf"{_AGAINST}(?: \S+){{0,3}}? (?:all|every|any|total|overall)(?: of)?(?: the| our)?"


def against_all(names: Sequence[str], reading: Reading, lexicon: Lexicon) -> list[str]:
    """`sentiment on leaked calls vs all calls`: the figure of some beside the same figure of all.

    All of them are named by their count; the figure meant is the sibling in the same unit whose name says less.
    """
    metrics = lexicon.model.metrics
    base = _all_of_them(reading, lexicon)
    own = [name for name in names if name != base]
    if not base or len(own) != 1 or metrics[own[0]].unit == "count":
        return list(names)
    whole = _plainer(own[0], lexicon)
    return [own[0], whole[0]] if whole else list(names)


def _all_of_them(reading: Reading, lexicon: Lexicon) -> str:
    """The neutral count named after `vs all`, or before `overall`; empty when there is none."""
    ends = {end for _, end in find(reading, _ALL)}
    words = [token.text for token in reading.tokens]
    for span in reading.of_kind("metric"):
        metric = lexicon.model.metrics[span.targets[0].name]
        joined = span.start > 1 and bool(set(words[span.start - 2 : span.start]) & _JOINTS)
        overall = joined and words[span.end : span.end + 1] in (["overall"], ["altogether"], ["generally"])
        plain = len(span.targets) == 1 and metric.unit == "count" and metric.polarity == "neutral"
        if plain and (overall or span.start in ends):
            reading.explain(span.start, span.end + overall)
            return metric.name
    return ""


_PLAIN_ONE = (
    r"(?:the )?(?:regular|standard|plain|normal|usual|ordinary|basic)"
    r"(?: (?:one|version|figure|number|rate|window|view)(?= |$))?"
)


_VS_EVERYTHING = (
    r"(?:vs|versus|against|compared (?:to|with)) (?:the )?(?:\S+ ){0,3}?"
    r"(?:everything|all of them|(?:overall|general) (?:one|rate|figure|average))"
)


def beside_the_plain_one(names: Sequence[str], reading: Reading, lexicon: Lexicon) -> list[str]:
    """`the 24-hour leakage rate vs the regular one`: the figure whose name says less, beside the one named."""
    plain = first(reading, rf"(?:vs|versus|against|beside|next to|and|with) {_PLAIN_ONE}|{_VS_EVERYTHING}")
    if len(names) != 1 or plain is None:
        return list(names)
    found = _plainer(names[0], lexicon)
    if len(found) != 1:
        return list(names)
    reading.explain(*plain)
    return [names[0], found[0]]


def of_one_head(names: Sequence[str], reading: Reading, lexicon: Lexicon) -> list[str]:
    """`in-network versus out-of-network estimated cost`: what stands last is said of the first, too."""
    metrics = lexicon.model.metrics
    spans = sorted(reading.of_kind("metric"), key=lambda span: span.start)
    if len(names) != 2 or len(spans) != 2 or metrics[names[0]].unit == metrics[names[1]].unit:
        return list(names)
    between = [token.text for token in reading.tokens[spans[0].end : spans[1].start]]
    said = words_of(" ".join(token.text for token in reading.tokens[spans[0].start : spans[0].end]))
    own, other = metrics[names[0]], metrics[names[1]]
    if own.unit == "count" or len(between) != 1 or between[0] not in _JOINTS or not said < words_of(own.label):
        return list(names)
    meant = [
        one.name
        for one in metrics.values()
        if one.unit == other.unit and said <= words_of(one.label) <= said | words_of(other.label)
        if one.name != other.name
    ]
    return [meant[0], names[1]] if len(meant) == 1 else list(names)


def _plainer(name: str, lexicon: Lexicon) -> list[str]:
    """The siblings in the same unit whose name says less: some of the words of the figure's, and no others."""
    metrics = lexicon.model.metrics
    own = metrics[name]
    return [
        sibling
        for sibling in own.siblings
        if metrics[sibling].unit == own.unit and words_of(metrics[sibling].label) < words_of(own.label)
    ]


_JOINING = word_set("and plus also as well both") | {",", "&"} | DETERMINERS
_MOST_UNKNOWN = 4
_LIST = 3


def listed_figures(reading: Reading) -> int:
    """How many figures the longest list names: 3 in `approval rate, pending share and denial rate`; 0 without one.

    One item of it may have a name that nobody knows.
    """
    words = [token.text for token in reading.tokens]
    spans = sorted({(span.start, span.end) for span in reading.of_kind("metric")})
    taken = {at for span in reading.spans for at in range(span.start, span.end)}
    longest = items = 1 if spans else 0
    for (_, end), (start, _) in pairwise(spans):
        between = words[end:start]
        unknown = {at for at in range(end, start) if words[at] not in _JOINING}
        if between and set(between) <= _JOINING and set(between) & {",", "and", "plus", "&"}:
            items += 1
        elif (
            between[:1] == [","]
            and "and" in between
            and 0 < len(unknown) <= _MOST_UNKNOWN
            and taken.isdisjoint(unknown)
        ):
            items += 2
        else:
            items = 1
        longest = max(longest, items)
    return longest if longest >= _LIST else 0


_BESIDE = r"(?:alongside|together with|along with|as well as|in addition to|beside|and also|also)"
_BEFORE_NAME = word_set(
    "the its their our also give state show provide list add please kindly what was were is are"
)


def joined_figures(draft: Draft, reading: Reading, lexicon: Lexicon) -> set[str]:
    """Figures of a draft that stand side by side in the question, each by a name of its own: both are asked for.

    `denial rate over 12 %? State the denied amount alongside`, `the denial rate and the prior authorization denial
    rate`. A name of one word (`calls`) may say of what the other is.
    """
    words = [token.text for token in reading.tokens]
    named = [
        span
        for span in sorted(reading.of_kind("metric"), key=lambda span: span.start)
        if len(span.targets) == 1
        and span.targets[0].name in draft.metrics
        and _mostly_named(span, reading, lexicon)
    ]
    places = list(find(reading, _BESIDE))
    starts, beside = {start for start, _ in places}, {end for _, end in places}
    found: set[str] = set()
    for one, other in pairwise(named):
        between = words[one.end : other.start]
        linked = (
            bool(between) and set(between) <= _JOINING | _BEFORE_NAME and bool(set(between) & {"and", "plus", ","})
        )
        led = other.start
        while led and words[led - 1] in _BEFORE_NAME:
            led -= 1
        if linked or led in beside or other.end in starts:
            found |= {one.targets[0].name, other.targets[0].name}
    return found


def _mostly_named(span: Span, reading: Reading, lexicon: Lexicon) -> bool:
    """Whether the words are most of the figure's own name, and more than one."""
    said = words_of(" ".join(token.text for token in reading.tokens[span.start : span.end]))
    label = words_of(lexicon.model.metrics[span.targets[0].name].label)
    return span.end - span.start > 1 and 2 * len(said & label) > len(label)


_CORRECTION = (
    rf"(?:(?:{TAKING_BACK})(?: [,.])?(?: (?:actually|just|only|no|wait|sorry|i mean|make (?:it|that)))*|"
    r"actually(?: ,)? (?:just|only)|(?:hmm |um |uh |er )?no(?: ,)? (?:just|only))(?: the| our| its)?"
)


def taken_back(reading: Reading) -> tuple[int, int] | None:
    """`CSAT and NPS, scratch that, only NPS`: the words between; only the figures behind them are asked for."""
    spans = reading.of_kind("metric")
    starts = sorted(span.start for span in spans)
    waits = {span.start for span in spans}  # `handle time, wait, first call resolution`
    for start, end in find(reading, _CORRECTION):
        if end in starts and starts[0] < start and start not in waits and not _points_back(reading, end):
            return start, end
    return None


def _points_back(reading: Reading, start: int) -> bool:
    """`How negative are leaked calls? I mean the negative emotion rate on those`: of what was said before."""
    words = [token.text for token in reading.tokens[start : reading.clause_end(start)]]
    return any(one in _OF and other in _POINTING for one, other in pairwise(words))


_OF = word_set("of on in among for at from with")
_POINTING = word_set("those these them it that such")


def of_the_same(names: Sequence[str], reading: Reading, lexicon: Lexicon) -> list[str]:
    """`average handle time and sentiment of leaked calls`: what is said of the last is said of all before it."""
    metrics = lexicon.model.metrics
    spans = sorted(reading.of_kind("metric"), key=lambda span: span.start)
    if len(names) < 2 or len(spans) < 2 or first(reading, _AGAINST_OTHERS):
        return list(names)
    if theirs := _of_theirs(names, spans, reading, lexicon):
        return theirs
    if headed := _of_heading(names, spans[0], reading, lexicon):
        return headed
    words = {token.text for token in reading.tokens[spans[-2].end : spans[-1].start]}
    last = next((name for name in names if any(target.name == name for target in spans[-1].targets)), "")
    said = {token.text for token in reading.tokens[spans[-1].start : spans[-1].end]}
    if not last or "of" not in said or not words & {"and", ",", "plus"} or "of" in words:
        return list(names)
    plain = _plainer(last, lexicon)
    added = words_of(metrics[last].label) - words_of(metrics[plain[0]].label) if plain else frozenset()
    said_of = {name: _said_of(name, added, lexicon) for name in names if name != last}
    return [said_of[name] if said_of.get(name, last) not in names else name for name in names]


def _of_theirs(names: Sequence[str], spans: Sequence[Span], reading: Reading, lexicon: Lexicon) -> list[str]:
    """`negative calls among leaked calls and their negative emotion rate`: that of the leaked ones."""
    metrics = lexicon.model.metrics
    first_named, second = spans[0], spans[-1]
    between = {token.text for token in reading.tokens[first_named.end : second.start]}
    head = next((name for name in names if any(target.name == name for target in first_named.targets)), "")
    if len(names) != 2 or "their" not in between or not head or metrics[head].unit != "count":
        return []
    (other,) = (name for name in names if name != head) if len(set(names)) == 2 else ("",)
    added = words_of(metrics[head].label) - words_of(_LIGHT_NOUNS)
    kin = {head, *metrics[head].siblings}
    meant = (
        [
            name
            for name in metrics
            if name in kin
            and metrics[name].unit == metrics[other].unit
            and words_of(metrics[other].label) < words_of(metrics[name].label)
        ]
        if other
        else []
    )
    said = _said_of(other, added, lexicon) if other else ""
    found = said if said != other else meant[0] if len(meant) == 1 else ""
    return [head, found] if found else []


_HEADING = word_set("of among for within")


def _of_heading(names: Sequence[str], heading: Span, reading: Reading, lexicon: Lexicon) -> list[str]:
    """`For leaked calls, give me repeat calls and average sentiment`: figures of what is named first."""
    metrics = lexicon.model.metrics
    head = next((name for name in names if any(target.name == name for target in heading.targets)), "")
    words = [token.text for token in reading.tokens]
    led = heading.start > 0 and words[heading.start - 1] in _HEADING | {"the"} and heading.start <= _FIRST
    opens = heading.start == 0 and ":" in reading.question
    if not head or len(heading.targets) != 1 or not (led or opens) or metrics[head].unit != "count":
        return []
    added = words_of(metrics[head].label) - words_of(_LIGHT_NOUNS)
    others = [name for name in names if name != head]
    meant = [_said_of(name, added, lexicon) for name in others]
    return meant if others and all(one != name for one, name in zip(meant, others, strict=True)) else []


_FIRST = 2
_LIGHT_NOUNS = "calls sessions claims members requests"


def _said_of(name: str, added: frozenset[str], lexicon: Lexicon) -> str:
    """The sibling in the same unit whose name says that much more; the figure itself when there is none."""
    metrics = lexicon.model.metrics
    own = words_of(metrics[name].label)
    if not added or added <= own:
        return name
    found = [m.name for m in metrics.values() if m.unit == metrics[name].unit and own | added <= words_of(m.label)]
    shortest = min((len(words_of(metrics[one].label)) for one in found), default=0)
    found = [one for one in found if len(words_of(metrics[one].label)) == shortest]
    return found[0] if len(found) == 1 else name


_AGAINST_OTHERS = r"vs|versus|against|compared|than|all calls|overall"
