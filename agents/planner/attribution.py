"""Whose plan counts: `by current plan`, `by the plan members have today`, `by plan at the time of the call`.

Such words stand beside a member dimension or value. They are read first and taken out of the question, so that
what is left (`by plan`) reads as it always does and `today` in them is not taken for a period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, tokenise
from agents.planner.reading import Reading, Said, Token
from agents.planner.words import FUNCTION, MONTHS, POPULATION, UNITS, WEEKDAYS, word_set
from semantic.attribution import counts_members_only, event_word
from semantic.model import SemanticModel
from semantic.query import SemanticQuery

_NOW = r"(?:today|now|right now|currently|presently|at present|at the moment|as of (?:today|now)|these days)"
_ADVERB = r"(?:currently|now|presently)"
_CURRENT = r"(?:current|current day|present day|latest|most recent|up to date)"
_WHO = r"(?:(?:that|which) )?(?:they|he|she|(?:the |our |these |those |each |every |a )?<people>)"
_HAVE = (
    r"(?:have|has|hold|holds|use|uses|speak|speaks|belongs? to|lives? in|(?:sits?|falls?) (?:in|into|under)|"
    r"(?:are|is)(?: enrolled| assigned)? (?:on|in|to|under|with))"
)
_HAD = (
    r"(?:had|held|used|spoke|belonged to|lived in|had been on|(?:were|was)(?: enrolled| assigned)? "
    r"(?:on|in|to|under|with))"
)
_CALLED = r"(?:they|he|she|(?:the |our |each |a )?<people>) (?:made )?(?:the |their |a )?<event>"
_MOMENT = r"(?:time|moment|day|date|point)"
_EVENT = r"(?:the |their |each |every |that |its |a )*<event>"
_THEN = (
    rf"(?:(?:at|on|as of|from) (?:the )?{_MOMENT} (?:of|when) (?:{_CALLED}|{_EVENT})"
    rf"(?: (?:was|were) made| happened| took place)?|(?:at|on) the {_MOMENT} {_CALLED}|when {_CALLED}|"
    rf"when the <event> (?:was made|happened|came in|took place)|at (?:the )?<event> time|at the time(?! of)|"
    rf"at that {_MOMENT}|back then)"
)
_SINCE = r"(?:in|on|as of|before|during|since|last|this|a|one|two|three|yesterday)"
_USING = r"(?:with|using|use|by|on|under|in|per|from|via|through|based on|according to|apply|given)"
_IN_PERSON = r"(?:the |their |our |its |each |every |a |<people> )*"

# Words of a named group are kept, the others are taken out; a <dim> that is kept becomes <said>.
_RULES: tuple[tuple[Said, str], ...] = (
    ("at_event", rf"(?P<a><dim>) {_WHO} {_HAD} (?:{_THEN}|then)"),
    ("at_event", rf"(?P<a><dim>) {_WHO} had$"),
    ("both", rf"(?P<a><dim>) {_WHO} {_HAD} (?P<b>{_SINCE})"),  # a third day: not offered
    ("at_event", rf"(?P<a><dim>) (?:{_THEN}|then$|as of the <event>)"),
    ("at_event", rf"(?P<a>(?:who|that) {_HAD}(?: (?:a|an|the))? <value>(?: <dim>| <people>)?) (?:{_THEN}|then)"),
    ("at_event", rf"(?P<a><value>(?: <people>| <dim>)?) {_THEN}"),
    ("at_event", r"(?:then current|historical|historic) (?P<a><dim>|<value> (?:<people>|<dim>))"),
    (
        "at_event",
        rf"(?:{_USING} )?(?:the |an? )?(?:(?:at|as of)(?: the)? <event>|<event>(?: time| date)?|at <event> time|"
        rf"{_THEN}|point in time|historical|historic) attribution",
    ),
    ("today", rf"(?P<a><dim>) {_WHO} {_HAVE} {_NOW}"),
    ("today", rf"(?P<a><dim>) (?:that )?they are {_NOW}"),
    ("today", rf"(?P<a><dim>) {_WHO} {_ADVERB} {_HAVE}"),
    ("today", rf"(?P<a><dim>) {_WHO} (?:are|is) {_ADVERB}(?: enrolled| assigned)? (?:on|in|to|under|with)"),
    ("today", r"the (?P<a><dim>) of today"),
    ("today", rf"(?P<a>(?:who|that) (?:have|has|are|is)(?: in| on)?(?: a| an| the)? <value>(?: <dim>)?) {_NOW}"),
    ("today", rf"(?P<a><dim>) as (?:it|they) (?:is|are|stands?) {_NOW}"),
    ("today", rf"(?P<a>whose <dim>) {_NOW} (?P<b>(?:is|are) <value>)"),
    ("today", rf"(?P<a>whose <dim> (?:is|are)) {_NOW} (?P<b><value>)"),
    ("today", rf"(?P<a>whose <dim> (?:is|are) <value>) {_NOW}"),
    (
        "today",
        r"(?<!how many )(?<!number of )"
        rf"(?P<a><people>(?: who| that)?(?: are| is| have)?) {_ADVERB} (?P<b>(?:enrolled |living |based )?"
        r"(?:on|in|with|under|at) (?:a |an |the )?<value>)",
    ),
    ("today", rf"{_CURRENT} (?P<a><dim>)(?! of (?!(?:the |our |each |their |every )*<people>))"),
    ("today", rf"{_CURRENT} (?P<a><value> (?:<people>|<dim>))"),
    ("today", r"(?P<a>by|per|across|with|using|under|whose|their|each|every) (?:today|present) (?P<b><dim>)"),
    ("today", r"(?P<a><people>) present (?P<b><dim>)"),
    (
        "today",
        rf"(?:{_USING} )?(?:the |an? )?(?:as of (?:today|now)|{_CURRENT}|today|present) attribution",
    ),
    ("today", rf"{_CURRENT} (?:<people> )?attributes"),
    ("today", r"attribution (?:as of|as at|of|for) (?:today|now)"),
    ("today", r"attributed (?:as of|as at) (?:today|now)"),
    (
        "today",
        rf"{_USING} {_IN_PERSON}(?:{_CURRENT}|today|present) (?:memberships?|roster|enrollment|eligibility|"
        r"(?:<people> )?(?:attributes|profiles?)|<people> (?:data|records?|details|information))",
    ),
)  # fmt: skip
_EVENTS = frozenset(("event", "visit", "contact", "service"))
_DATED: tuple[tuple[Said, str], ...] = (
    ("today", r"(?P<a><dim>) as of (?:today|now)(?! (?:vs|versus|compared|against|than|and|to))"),
)
_POSSESSIVE: tuple[tuple[Said, str], ...] = (("today", r"today (?P<a><dim>|<value> (?:<people>|<dim>))"),)
_PERIODS = frozenset(("yesterday", "ytd", "mtd", "qtd")) | UNITS.keys() | MONTHS.keys() | WEEKDAYS.keys()
# every rule needs one of these: most questions are done with here
_CUES = word_set(
    """
    current up latest recent present presently currently today todays now moment days attribution attributed then
    time date day point when historical historic had held used spoke belonged lived were was back as
    """
)
_AS_BREAKDOWN = (
    r"(?:attributed|assigned|allocated|counted|credited|using|with|under|based on|according to|on the basis of)"
    rf"(?: (?:to|by|under|against))? {_IN_PERSON}(?P<a><said>)(?! (?:<value>|is|are)(?!\S))"
)


@dataclass
class _Item:
    """A word, or several that stand for one thing: <dim>, <value>, <people>, <event>."""

    word: str
    tokens: list[Token]


def read_attribution(question: str, tokens: list[Token], lexicon: Lexicon) -> tuple[list[Token], Said | None]:
    """The tokens without the words that say whose plan counts, and what they say; None when nothing does."""
    if not lexicon.model.member_dimensions or _CUES.isdisjoint(token.text for token in tokens):
        return tokens, None
    items = list(_items(tokens, lexicon))
    possessive = re.search(r"\btoday['\u2019]?s\b", question.lower())
    # `by plan as of today` is a period, unless the question has another one
    dated = any(token.text in _PERIODS for token in tokens)
    said: set[Said] = set()
    for meaning, pattern in (*_RULES, *(_POSSESSIVE if possessive else ()), *(_DATED if dated else ())):
        while _take_out(items, pattern) is not None:
            said.add(meaning)
    if not said:
        return tokens, None
    while (at := _take_out(items, _AS_BREAKDOWN)) is not None:
        items.insert(at, _Item("by", tokenise("by")))
    left = [token for item in items for token in item.tokens]
    return left or tokenise("same"), said.pop() if len(said) == 1 else "both"


def settle_attribution(draft: Draft, reading: Reading, model: SemanticModel) -> None:
    """Put what was said into the draft, which has the attribution of the turn before; say or ask what follows."""
    if counts_members_only(draft.metrics, model):
        draft.attribution = "at_event"  # members are what they are today
        return
    if reading.attribution == "both":
        draft.issues.append(Issue("attribution"))
        return
    draft.attribution = reading.attribution or draft.attribution
    query = draft.query()
    if query is None or (not reading.attribution and draft.attribution == "at_event"):
        return
    sliced = {*query.dimensions, *(item.dimension for item in query.filters)} & model.member_dimensions
    if sliced and draft.attribution == "today" and draft.kind not in ("query", "drivers"):
        draft.issues.append(Issue("attribution"))
    elif not sliced and reading.attribution and not draft.issues and draft.kind == "query":
        draft.assumptions.append(
            "No member attribute is used, so today's or those at the time make no difference."
        )
    elif draft.attribution == "at_event":
        draft.assumptions.append(f"By what members had at the time of the {event_word(query.metrics, model)}.")


def missed_attribution(reading: Reading, query: SemanticQuery) -> list[str]:
    """What the question says about it and the query does not do."""
    if reading.attribution in (None, query.attribution):
        return []
    words = {"today": "what members have today (attribution)", "at_event": "what members had then (attribution)"}
    return [words.get(str(reading.attribution), "both attributions at once")]


def _take_out(items: list[_Item], pattern: str) -> int | None:
    """Drops the first match but for its named groups; where it stood, or None."""
    text = " ".join(item.word for item in items)
    match = re.search(rf"(?<!\S)(?:{pattern})(?!\S)", text)
    if not match:
        return None
    start, end = (_index(text, at) for at in match.span())
    kept = sorted((_index(text, match.start(name)), _index(text, match.end(name))) for name in match.groupdict())
    left = [item for low, high in kept for item in items[low:high]]
    for item in left:
        item.word = "<said>" if item.word == "<dim>" else item.word
    items[start:end] = left
    return start


def _index(text: str, at: int) -> int:
    """The item that starts at a character, or follows the one that ends there."""
    return text.count(" ", 0, at) + (at == len(text) or text[at] == " ")


def _items(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[_Item]:
    events = {lemma(dataset.event) for dataset in lexicon.model.datasets.values() if dataset.event} | _EVENTS
    at = 0
    while at < len(tokens):
        length, word = _named(tokens, at, lexicon)
        if word:
            yield _Item(word, list(tokens[at : at + length]))
        else:
            yield from (_Item(_kind(token, events), [token]) for token in tokens[at : at + length])
        at += length


def _kind(token: Token, events: set[str]) -> str:
    return "<people>" if token.text in POPULATION else "<event>" if token.lemma in events else token.text


def _named(tokens: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[int, str]:
    """How many tokens the longest phrase here has, and <dim> or <value> when it is a member dimension or value."""
    shortest = 1 if tokens[at].text in FUNCTION else 0  # `in` is not Indiana
    for length in range(min(lexicon.longest, len(tokens) - at), shortest, -1):
        targets = lexicon.exact.get(tuple(token.lemma for token in tokens[at : at + length]))
        if not targets:
            continue
        kinds = {target.kind for target in targets if target.name in lexicon.model.member_dimensions}
        if any(target.kind == "metric" for target in targets) or not kinds:
            return length, ""
        return length, "<dim>" if "dimension" in kinds else "<value>"
    return 1, ""
