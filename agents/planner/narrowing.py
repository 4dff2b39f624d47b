"""Follow-ups on filters: narrowed, widened, both, all but these, put back, dropped."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.planner.cues import first, take
from agents.planner.draft import Ask, Draft
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading
from agents.planner.reshaping import changed_filters, flipped
from semantic.query import DimensionFilter, SemanticQuery

_DROP_FILTER = (
    r"(?:drop|remove|clear|without|lose|lift|undo|forget|delete|take off|take out|no) (?:all |the |"
    r"that |those |this |any |these )*"
    r"(?:\S+ ){0,4}?(?:filter|filters|restriction|restrictions|condition)|reset|for everyone|"
    r"for all members|overall"
)


def is_compared(reading: Reading, item: DimensionFilter) -> bool:
    """Whether a filter's values are set beside each other."""
    return any(
        span.start in reading.compared and item.dimension in span.names for span in reading.of_kind("value")
    )


def narrow(reading: Reading, draft: Draft, base: Draft, earlier: SemanticQuery | None, lexicon: Lexicon) -> None:
    """Set, widen, turn round or drop filters. `earlier` is the query before the last one."""
    cue = first(reading, _DROP_FILTER)
    if take(reading, _DROP_FILTER, outside_spans=False) and cue:
        _drop_filters(
            reading, base, earlier, reading.text.split(" ")[cue[0] : cue[1]], lexicon.model.member_dimensions
        )
        return
    if not reading.of_kind("value") and (
        _apart(reading, base, earlier) or _both(reading, base, earlier) or _all_of(reading, draft, base)
    ):
        return
    if not reading.of_kind("value") and take(reading, _THEM_BACK):
        changed = changed_filters(base, earlier) or [item.dimension for item in base.filters[-1:]]
        base.filters = [item for item in base.filters if item.dimension not in changed[-1:]]
        return
    if earlier and not base.limit and take(reading, _ALL_ROWS):
        added = [
            item for item in base.filters if item not in earlier.filters and item.dimension in base.dimensions
        ]
        base.filters = [item for item in base.filters if item not in added]
    if reading.others is not None and not reading.of_kind("value"):
        changed = changed_filters(base, earlier) or [item.dimension for item in base.filters]
        base.filters = [flipped(item) if item.dimension == changed[-1] else item for item in base.filters]
        return
    adds = first(reading, r"add|include|also|as well|too|plus")
    compares = first(reading, r"versus|vs|compare|compared|compares|against|than")
    for item in draft.filters:
        same = [old for old in base.filters if old.dimension == item.dimension]
        others = [old for old in base.filters if old.dimension != item.dimension]
        values = set(item.values)
        if item.op == "in" and same and same[0].op == "not_in" and (adds or first(reading, _BACK_IN)):
            left = tuple(value for value in same[0].values if value not in item.values)
            base.filters = [*others, *([same[0].model_copy(update={"values": left})] if left else [])]
            take(reading, _BACK_IN)
            continue
        if item.op == "in" and (adds or compares) and same and same[0].op == "in":
            values |= set(same[0].values)
        if item.op == "not_in" and same and same[0].op == "in":
            left = tuple(value for value in same[0].values if value not in item.values)
            # `exclude new members` after `new members only`: all but these, and not all
            base.filters = [*others, DimensionFilter(dimension=item.dimension, values=left) if left else item]
            continue
        if item.op == "not_in" and same and not first(reading, r"instead"):
            values |= set(same[0].values)
        base.filters = [
            *others,
            DimensionFilter(dimension=item.dimension, op=item.op, values=tuple(sorted(values))),
        ]
        if compares and len(values) > 1 and item.dimension not in base.dimensions:
            base.dimensions.append(item.dimension)
            take(reading, r"versus|vs|compare|compared|compares|against|than")
    if reading.others is not None:
        base.limit = None


_ALL_ROWS = (
    r"(?:drop|remove|no|without|lift|lose|clear|forget) (?:the |that )?(?:row )?(?:limit|cap)|show all|all of them"
)
"""After other figures of the few largest: of all of them."""
_PAIR = (
    r"(?:it|them|these|those|both(?: of them)?|all(?: of them)?|the (?:two|pair|three|four)|(?:these|those) two)"
)
_APART = (
    rf"^(?:and |now |then |but |please )*(?:(?:(?:put|show|set|see|lay|list|compare|give|split|break)"
    rf"(?: me| us)? )?"
    rf"(?:{_PAIR} )?(?:next to each other|side by side|beside each other|against each other|with each other|"
    rf"head to head|one by one|individually|separately|apart|one after the other|each(?: one)?(?: separately| "
    rf"individually| on its own)?)|for each(?: one)?(?: of (?:them|these|those))?|compare {_PAIR}|"
    rf"(?:split|break) {_PAIR} (?:out|up|apart|down))(?: please| then| instead)*(?: [.])?(?= by |$)"
)
"""Several values of a filter, or the two last ones, each by itself."""


def _apart(reading: Reading, base: Draft, earlier: SemanticQuery | None) -> bool:
    """`one by one`, `put the two next to each other`: the values of a filter as rows."""
    if not (found := re.match(_APART, reading.text)):
        return False
    several = [item for item in base.filters if item.op == "in" and len(item.values) > 1]
    open_ones = [item for item in several if item.dimension not in base.dimensions]
    if len(open_ones) == 1:
        name = open_ones[0].dimension
    elif not several and (widened := _widened(base, earlier)):
        name = widened
    else:
        return False
    base.dimensions = [*(one for one in base.dimensions if one != name), name]
    reading.explain(0, found.group().strip().count(" ") + 1)
    reading.ranking = None
    base.assumptions.append("Those values are shown side by side.")
    return True


_BOTH = (
    r"^(?:and |for |in |now |then |so |with |of |show |give |plot |see |compare |chart |graph |display |"
    r"me |us |look at |take |"
    r"do |draw |put )*"
    r"(?:them both|both|the two|the pair|all (?:two|three|four))(?: of (?:them|those|these))?"
    r"(?: together| combined| added up| please| now)*(?= |$)"
)
_TOGETHER = r"together|combined|added"
_BACK_IN = r"(?:put|bring|add|include|take|let|show|count)(?: \S+)*? (?:back(?: in)?|again)|(?:back in|again)"
_THEM_BACK = (
    r"(?:put|bring|add|include|take|let|show|count) (?:it|them|that|those|these|that one|those ones)"
    r"(?: (?:back(?: in)?|again|in|after all))+|include (?:them|those|these|it)(?: too)?"
)


def _both(reading: Reading, base: Draft, earlier: SemanticQuery | None) -> bool:
    """`both` after one value and then another of the same dimension: the two together.

    Beside each other where their course is asked for (`both, week by week`).
    """
    if not (found := re.match(_BOTH, reading.text)):
        said = first(reading, r"both")
        if said and not reading.of_kind("metric") and not base.ask:
            base.ask = Ask("clarify", "Both of which? Name the two.")
        return False
    name = _widened(base, earlier)
    if not name:
        if "both" in found.group().split() and not base.ask:
            base.ask = Ask("clarify", "Both of which? Name the two.")
        return False
    if reading.grain and not first(reading, _TOGETHER) and name not in base.dimensions:
        base.dimensions.append(name)
        base.assumptions.append("Those values are shown side by side.")
    reading.explain(0, found.group().strip().count(" ") + 1)
    return True


def _widened(base: Draft, earlier: SemanticQuery | None) -> str:
    """The dimension whose filter the last turn replaced, now with the values before as well; empty without one."""
    before = {item.dimension: item for item in earlier.filters if item.op == "in"} if earlier else {}
    for at, item in enumerate(base.filters):
        old = before.get(item.dimension)
        if item.op == "in" and old and old.values != item.values:
            values = tuple(sorted({*old.values, *item.values}))
            base.filters[at] = DimensionFilter(dimension=item.dimension, values=values)
            return item.dimension
    return ""


def _all_of(reading: Reading, draft: Draft, base: Draft) -> bool:
    """`back to all plans`: what they were narrowed by goes, a filter or else the number of rows."""
    spans = [*reading.loose, *reading.breakdown, *reading.of_kind("dimension")]
    words = [token.text for token in reading.tokens]
    for span in spans:
        at = span.start
        while at and words[at - 1] in ("the", "of", "our"):
            at -= 1
        if (
            not at
            or words[at - 1] not in ("all", "every")
            or (at > 1 and words[at - 2] in ("by", "per", "across"))
        ):
            continue
        names = {target.name for target in span.targets}
        fixed = [item for item in base.filters if item.dimension in names]
        if not fixed and not (base.limit and names & set(base.dimensions)):
            continue
        base.filters = [item for item in base.filters if item not in fixed]
        if not fixed:
            base.limit = None
        base.issues = [issue for issue in base.issues if issue.kind != "loose_dimension"]
        reading.explain(at - 1, span.end)
        return True
    return False


def _drop_filters(
    reading: Reading, base: Draft, earlier: SemanticQuery | None, words: list[str], of_people: frozenset[str]
) -> None:
    """All filters, those named, or for `that filter` the one that the last turn set."""
    spans = [*reading.of_kind("value"), *reading.loose, *reading.breakdown, *reading.of_kind("dimension")]
    named = {target.name for span in spans for target in span.targets}
    base.issues = []
    if not base.filters:
        base.assumptions.append("There was no filter to drop.")
        return
    if not named and {"everyone", "members"} & set(words):  # `everyone again`: on web stays on web
        named = {item.dimension for item in base.filters if item.dimension in of_people}
    several = {"filters", "all", "restrictions", "reset", "everyone", "overall", "those", "these"} & set(words)
    if not named and not several and len(base.filters) > 1:
        changed = changed_filters(base, earlier)
        if len(changed) != 1:
            base.ask = _which_filter(base)
            return
        named = set(changed)
    base.filters = [item for item in base.filters if named and item.dimension not in named]


def _which_filter(base: Draft) -> Ask:
    dropping = [
        replace(base, filters=[other for other in base.filters if other != item], issues=[])
        for item in base.filters[:2]
    ]
    return Ask("clarify", "Which filter should go?", candidates=[*dropping, replace(base, filters=[], issues=[])])
