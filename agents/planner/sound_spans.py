"""Which of the candidate spans are none: verbs, halves of words, names cut in two, means of calling."""

from __future__ import annotations

from collections.abc import Sequence

from agents.planner.ellipsis import EXACT
from agents.planner.lexicon import Lexicon
from agents.planner.reading import Reading, Span, Token
from agents.planner.thresholds import comparisons
from agents.planner.words import (
    COMMON_VALUES,
    DETERMINERS,
    EXCLUDERS,
    POPULATION,
    PRONOUNS,
    SHARE,
    english,
    word_set,
)


def is_half_a_word(span: Span, reading: Reading) -> bool:
    """`co-payments` names no Colorado."""
    if span.kind != "value" or span.end - span.start != 1 or len(reading.tokens[span.start].text) > _SHORT:
        return False
    following = reading.tokens[span.end].raw if span.end < len(reading.tokens) else ""
    return bool(following) and f"{reading.tokens[span.start].raw}-{following}".lower() in reading.question.lower()


def begins_a_name(span: Span, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """`id card page`: no Idaho, where the letters and the word after them are a name."""
    if span.kind != "value" or span.end - span.start != 1 or len(tokens[span.start].text) > _SHORT:
        return False
    return tuple(token.lemma for token in tokens[span.start : span.end + 1]) in lexicon.exact and span.end < len(
        tokens
    )


def ends_a_value(span: Span, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """`Medium Value segments`: no `value segments`, where the word is the last one of a value of theirs."""
    if span.kind != "dimension" or not span.start or span.end - span.start == 1:
        return False
    before = lexicon.exact.get(
        tuple(token.lemma for token in tokens[span.start - 1 : span.start + 1]), frozenset()
    )
    return any(target.kind == "value" and target.name in span.names for target in before)


def is_cut_short(span: Span, tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """`the main reasons` are not of Maine: its lemma has no last letter."""
    word = tokens[span.start].text
    if span.kind != "value" or span.end - span.start != 1 or word not in english():
        return False
    return all(lexicon.values.label(target.name, target.value).lower() == word + "e" for target in span.targets)


_SHORT = 2
_HAVING = word_set("has have had did does do")
_MOVING = word_set("moved move")


def is_verb(span: Span, tokens: Sequence[Token]) -> bool:
    """`how has the share moved`: nobody moved house."""
    word = tokens[span.start].text
    asks = span.start > 1 and any(token.text in _HAVING for token in tokens[: span.start - 1])
    subject = tokens[span.start - 1].text if span.start else ""
    about = subject not in POPULATION | {"who", "that", "they", "because", "of", "was", "is", "reason"}
    return span.kind == "value" and span.end - span.start == 1 and word in _MOVING and asks and about


def sound(candidates: list[Span], tokens: Sequence[Token], lexicon: Lexicon) -> list[Span]:
    """Without topics that cut a vocabulary phrase in two, and without metrics right after `excluding`."""
    phrases = [span for span in candidates if span.weight == EXACT and span.end - span.start > 1]
    compared = comparisons([token.text for token in tokens])
    values = {span.start for span in candidates if span.kind == "value"}
    kept = []
    for span in candidates:
        cut = span.kind == "topic" and any(
            p.start < span.end < p.end or p.start < span.start < p.end for p in phrases
        )
        cut = cut or (span.kind == "metric" and span.weight < EXACT and _cuts_value(span, phrases))
        counted = span.kind == "value" and tokens[span.start].text.isdigit()  # `more than 97112 calls`
        loose = span.kind == "metric" and span.weight < EXACT
        cut = cut or ((counted or loose) and not compared.isdisjoint(range(span.start, span.end)))
        cut = cut or (span.kind == "metric" and span.weight < EXACT and _says_what_of_what(tokens, span))
        # `the claims journey online`: no other name begins within a value's
        loose = span.kind == "dimension" and span.weight < EXACT
        cut = cut or (loose and any(p.start < span.start < p.end < span.end for p in phrases))
        # `why did plan changes go up`: a figure is asked about
        why = loose and tokens[span.start].text == "why"
        cut = cut or (
            why and any(p.kind == "metric" and span.start < p.start and p.end <= span.end for p in phrases)
        )
        cut = cut or (span.kind == "dimension" and _is_acting(tokens, span, lexicon))
        cut = cut or (span.kind == "metric" and _is_value_beside(tokens, span, candidates))
        # `segments with an NPS below 20`, `of the app with that of the website`: no name of a dimension
        cut = cut or (loose and "with" in {token.text for token in tokens[span.start + 1 : span.end - 1]})
        # `the calls we log in August`: the last word belongs to the month
        dated = span.kind == "value" and span.end - span.start == 2 and tokens[span.end - 1].text in ("in", "on")
        cut = cut or (
            dated
            and any(other.kind == "time" and other.start <= span.end <= other.end - 1 for other in candidates)
        )
        # `over 2,000 calls` is no year
        following = tokens[span.end].lemma if span.end < len(tokens) else ""
        cut = cut or (span.kind == "time" and span.end - 1 in compared and following in lexicon.volumes)
        # `failing more than 10%`: the last word is the comparison's
        cut = cut or (span.kind == "metric" and {span.end - 1, span.end} <= compared)
        cut = cut or (span.kind == "value" and span.start > 0 and _is_money_bill(tokens, span))
        cut = cut or (span.kind == "value" and tokens[span.start].text == "wise")  # `plan wise`, no Wisconsin
        cut = cut or (span.kind == "metric" and _is_topic(span, tokens, candidates, lexicon))
        cut = cut or (span.kind == "metric" and _ends_in_named_value(span, candidates))
        cut = cut or (
            span.kind == "metric" and (_is_sliced_by(tokens, span, phrases) or _in_part(tokens, span, phrases))
        )
        # `how new are the members`
        degree = (
            tokens[span.start].text in COMMON_VALUES and span.start > 0 and tokens[span.start - 1].text == "how"
        )
        cut = cut or (span.kind == "value" and degree)
        excluded = span.kind == "metric" and span.start in values and _after_exclusion(tokens, span.start)
        if (
            not cut
            and not excluded
            and not _is_clause(tokens, span, candidates)
            and not _is_means(tokens, span, candidates)
        ):
            kept.append(span)
    return kept


def _is_sliced_by(tokens: Sequence[Token], span: Span, phrases: Sequence[Span]) -> bool:
    """`prescriptions by days of supply`: what is also a dimension's name is one there."""
    led = span.start > 0 and tokens[span.start - 1].text in ("by", "per")
    return led and any(p.kind == "dimension" and (p.start, p.end) == (span.start, span.end) for p in phrases)


def _in_part(tokens: Sequence[Token], span: Span, phrases: Sequence[Span]) -> bool:
    """`how many sessions timed out`: no session time, its last word being the verb of a value's phrase."""
    last = span.end - 1
    verbal = tokens[last].text.endswith("ed")
    return verbal and any(p.kind == "value" and p.start == last and p.end > span.end for p in phrases)


def _followed_by(tokens: Sequence[Token], span: Span, word: str) -> bool:
    """Whether a word stands right after a span."""
    return span.end < len(tokens) and tokens[span.end].text == word


def _ends_in_named_value(span: Span, candidates: Sequence[Span]) -> bool:
    """`coverage rate in network 00301`: the last word names the dimension of the value that follows."""
    following = {t.name for s in candidates if s.kind == "value" and s.start == span.end for t in s.targets}
    named = {
        target.name
        for other in candidates
        if other.kind == "dimension" and span.start < other.start and other.end == span.end
        for target in other.targets
    }
    return bool(following & named)


def _says_what_of_what(tokens: Sequence[Token], span: Span) -> bool:
    """`what portion of calls is leakage`: a rate with a name of its own after the verb."""
    words = {token.text for token in tokens[span.start : span.end]}
    before = {token.text for token in tokens[max(0, span.start - 4) : span.start]}
    return (
        bool(words & {"is", "are", "was", "were"}) and "of" in before and bool(before & (SHARE | {"much", "part"}))
    )


def _is_money_bill(tokens: Sequence[Token], span: Span) -> bool:
    """`the bill for avoidable calls`, `our call bill`, `the total bill`: what something costs."""
    if span.end - span.start > 1 or tokens[span.start].text != "bill":
        return False
    before = tokens[span.start - 1].text
    return before in _OF_MONEY or (before in DETERMINERS and _followed_by(tokens, span, "for"))


_OF_MONEY = word_set(
    "call calls calling loaded total overall annual yearly monthly whole entire full phone combined"
)


def _is_topic(span: Span, tokens: Sequence[Token], candidates: Sequence[Span], lexicon: Lexicon) -> bool:
    """`bounce rate`: words of a topic outside the data, found as a metric only by their inflection (`bounced`)."""
    if texts_of(tokens, span) in lexicon.surfaces:
        return False
    return any(c.kind == "topic" and (c.start, c.end) == (span.start, span.end) for c in candidates)


_SIDES = word_set("than versus vs against or and with")


def _is_means(tokens: Sequence[Token], span: Span, candidates: Sequence[Span]) -> bool:
    """`on the phone`, `they phone us`: how people call in general, and no channel that figures are filtered by.

    But beside another channel it is one: `longer on the phone than on live chat`.
    """
    if span.kind != "value" or span.end - span.start != 1 or not span.start:
        return False
    before = tokens[span.start - 1].text
    if tokens[span.start].text not in ("phone", "phones"):
        return before in ("i", "we")  # "I search the counties": a verb
    followed = tokens[span.end].text if span.end < len(tokens) else ""
    if followed in ("us", "you") or before in ("then", "still"):
        return True  # `tried online and then phone us anyway`: a verb
    for other in candidates:
        low, high = (span.end, other.start) if other.start >= span.end else (other.end, span.start)
        between = {token.text for token in tokens[low:high]}
        if other.kind == "value" and other.names & span.names and _SIDES & between and "," not in between:
            return False
    return (before in DETERMINERS and followed != "channel") or before in PRONOUNS | POPULATION | {"to"}


def _cuts_value(span: Span, phrases: Sequence[Span]) -> bool:
    """`sessions that timed out`: a loose reading that takes half of a value's phrase is none."""
    return any(p.kind == "value" and (p.start < span.end < p.end or p.start < span.start < p.end) for p in phrases)


def _is_acting(tokens: Sequence[Token], span: Span, lexicon: Lexicon) -> bool:
    """`by the planning number`, `renewals were processed`, `Please state the ...`: a verb, and no name."""
    if span.end - span.start != 1:
        return False
    word = tokens[span.start].text
    if word.endswith(("ing", "ed")) and texts_of(tokens, span) not in lexicon.surfaces:
        return True
    following = tokens[span.end].text if span.end < len(tokens) else ""
    ordered = following in DETERMINERS | {"for", "separately"}
    return word == "state" and ordered and opens_order(tokens, span.start)


def opens_order(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word opens a clause, as an order does: `State the ...`, `please state, for each ...`."""
    return not at or tokens[at - 1].is_mark or tokens[at - 1].text in _BEFORE_VERBS


_BEFORE_VERBS = word_set("please kindly to and")


def _is_value_beside(tokens: Sequence[Token], span: Span, candidates: Sequence[Span]) -> bool:
    """`cost per call, callback channel only`: a value by its own name, beside a figure."""
    word = tokens[span.start].text
    if span.end - span.start != 1:
        return False
    written = any(
        c.kind == "value" and (c.start, c.end) == (span.start, span.end)
        and any(target.value.lower() == word for target in c.targets)
        for c in candidates
    )  # fmt: skip
    apart = span.start > 1 and tokens[span.start - 1].is_mark
    return (
        written
        and apart
        and not _goes_on_with_a_figure(tokens, span, candidates)
        and any(c.kind == "metric" and c.weight == EXACT and c.end < span.start for c in candidates)
    )


def _goes_on_with_a_figure(tokens: Sequence[Token], span: Span, candidates: Sequence[Span]) -> bool:
    """`total calls, claims and NPS`: one of a list of figures."""
    at = span.end
    while at < len(tokens) and tokens[at].text in _LISTING:
        at += 1
    return at > span.end and any(c.kind == "metric" and c.weight == EXACT and c.start == at for c in candidates)


_LISTING = word_set("and plus also the our total overall average") | {","}


def _is_clause(tokens: Sequence[Token], span: Span, candidates: Sequence[Span]) -> bool:
    """`which plan costs us`: a dimension and its verb, not the metric `plan costs`."""
    asked = span.start > 0 and tokens[span.start - 1].text in ("which", "what")
    if span.kind != "metric" or not asked or span.end - span.start != 2 or tokens[span.end - 1].text != "costs":
        return False
    return any(c.kind == "dimension" and (c.start, c.end) == (span.start, span.start + 1) for c in candidates)


def _after_exclusion(tokens: Sequence[Token], start: int) -> bool:
    before = [token.text for token in tokens[max(0, start - 3) : start] if token.text not in DETERMINERS]
    return bool(before) and (before[-1] in EXCLUDERS or before[-2:] in (["other", "than"], ["apart", "from"]))


def texts_of(tokens: Sequence[Token], span: Span) -> tuple[str, ...]:
    """The words of a span as they are written."""
    return tuple(token.text for token in tokens[span.start : span.end])
