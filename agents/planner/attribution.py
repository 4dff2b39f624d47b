"""Whose plan counts: `by current plan`, `by the plan members have today`, `by plan at the time of the call`.

Such words stand beside a member dimension or value. They are read first and taken out of the question, so that
what is left (`by plan`) reads as it always does and `today` in them is not taken for a period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.planner.attribution_cues import AS_BREAKDOWN, CUES, DATED, EVENTS, PERIODS, POSSESSIVE, RULES
from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, tokenise
from agents.planner.reading import Reading, Said, Token
from agents.planner.words import FUNCTION, POPULATION
from semantic.attribution import counts_members_only, event_word
from semantic.model import SemanticModel
from semantic.query import SemanticQuery


@dataclass
class _Item:
    """A word, or several that stand for one thing: <dim>, <value>, <people>, <event>."""

    word: str
    tokens: list[Token]


def read_attribution(question: str, tokens: list[Token], lexicon: Lexicon) -> tuple[list[Token], Said | None]:
    """The tokens without the words that say whose plan counts, and what they say; None when nothing does."""
    if not lexicon.model.member_dimensions or CUES.isdisjoint(token.text for token in tokens):
        return tokens, None
    items = list(_items(tokens, lexicon))
    possessive = re.search(r"\btoday['\u2019]?s\b", question.lower())
    # `by plan as of today` is a period, unless the question has another one
    dated = any(token.text in PERIODS for token in tokens)
    said: set[Said] = set()
    for meaning, pattern in (*RULES, *(POSSESSIVE if possessive else ()), *(DATED if dated else ())):
        while _take_out(items, pattern) is not None:
            said.add(meaning)
    if not said:
        return tokens, None
    while (at := _take_out(items, AS_BREAKDOWN)) is not None:
        items[at].word = "<dim>"
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
    events = {lemma(dataset.event) for dataset in lexicon.model.datasets.values() if dataset.event} | EVENTS
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
