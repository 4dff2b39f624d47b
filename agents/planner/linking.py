"""Span linking: which words stand for which metric, dimension, value or period.

All candidate spans compete; the set that explains most words with the fewest, strictest spans wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.planner.around_values import join_around_values
from agents.planner.background import is_told
from agents.planner.ellipsis import EXACT, elliptical
from agents.planner.lexicon import Lexicon, same_key
from agents.planner.normalise import lemma, stem
from agents.planner.period_spans import grain_spans, time_spans
from agents.planner.periods import Clock
from agents.planner.reading import Reading, Span, Target, Token
from agents.planner.sound_spans import (
    begins_a_name,
    ends_a_value,
    is_cut_short,
    is_half_a_word,
    is_verb,
    sound,
    texts_of,
)
from agents.planner.words import (
    COMMON_VALUES,
    DETERMINERS,
    FILLER,
    FUNCTION,
    KNOWN,
    LINKERS,
    POPULATION,
    PREPOSITIONS,
    TIME_WORDS,
)

_EXACT, _BAG, _SAME, _STEM = EXACT, 0.9, 0.8, 0.8
_LONGEST_WINDOW = 9
_CODE = 5
"""Digits of a number that is the code of something (`97112`, `00248`); shorter ones are counts, years, days."""
_LIGHT = FILLER | POPULATION


def link(reading: Reading, lexicon: Lexicon, clock: Clock) -> None:
    """Fill `reading.spans` with the best set of spans that do not overlap."""
    tokens = reading.tokens
    candidates = [
        *_exact_spans(tokens, lexicon),
        *_loose_spans(tokens, lexicon),
        *_same_spans(tokens, lexicon),
        *elliptical(tokens, lexicon),
        *time_spans(tokens, clock),
        *grain_spans(tokens),
        *_topic_spans(tokens, lexicon),
    ]
    candidates = [
        span
        for span in candidates
        if not (
            is_half_a_word(span, reading)
            or is_verb(span, tokens)
            or is_cut_short(span, tokens, lexicon)
            or begins_a_name(span, tokens, lexicon)
            or ends_a_value(span, tokens, lexicon)
        )
    ]
    reading.spans = best_cover(len(tokens), sound(candidates, tokens, lexicon), tokens)
    asked = [span for span in reading.of_kind("topic") if not is_told(reading, span)]
    reading.topics = [lexicon.topics[texts_of(tokens, span)] for span in asked]
    reading.spans = [span for span in reading.spans if span.kind != "topic"]
    join_around_values(reading, lexicon)
    if not reading.of_kind("metric"):
        reading.spans += _suffix_spans(reading, lexicon)


def _topic_spans(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """Phrases of the topics that the data cannot speak about; they compete with the vocabulary by length."""
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + 5) + 1):
            if tuple(token.text for token in tokens[start:end]) in lexicon.topics:
                yield Span(start, end, "topic", weight=0.99)


def _suffix_spans(reading: Reading, lexicon: Lexicon) -> list[Span]:
    """The longest end of a metric phrase among words that nothing explains yet."""
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    lemmas = [token.lemma for token in reading.tokens]
    for length in (3, 2, 1):
        for start in range(len(lemmas) - length + 1):
            found = lexicon.suffixes.get(tuple(lemmas[start : start + length]))
            if found and covered.isdisjoint(range(start, start + length)):
                return [Span(start, start + length, "metric", tuple(sorted(found)), weight=0.5)]
    return []


def _exact_spans(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    lemmas = [token.lemma for token in tokens]
    joined = "of" in lemmas
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + lexicon.longest) + 1):
            window = lemmas[start:end]
            targets = lexicon.exact.get(_without_article(window) if joined else tuple(window))
            if targets:
                allowed = _allowed(targets, tokens, start, end, lexicon)
                yield from _by_kind(start, end, _preferred(allowed, tokens[start:end], lexicon), _EXACT)
        if tokens[start].text in COMMON_VALUES:
            yield from _split_phrase(tokens, start, lexicon)
            yield from _beside_value(tokens, start, lexicon)


def _without_article(lemmas: list[str]) -> tuple[str, ...]:
    """`repeat rate of the leaked calls`, as `repeat rate of leaked calls`."""
    at = lemmas.index("of") + 1 if "of" in lemmas[1:-2] else 0
    return (*lemmas[:at], *lemmas[at + 1 :]) if at and lemmas[at] in DETERMINERS else tuple(lemmas)


def _split_phrase(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> Iterable[Span]:
    """`new MAPD members`: the value phrase `new members` with another word inside."""
    for at in range(start + 2, min(len(tokens), start + 5)):
        if tokens[at].is_mark or tokens[at].text in FUNCTION:
            return
        if tokens[at].text in POPULATION:
            found = lexicon.exact.get((tokens[start].lemma, tokens[at].lemma), frozenset())
            yield from _by_kind(start, start + 1, [t for t in found if t.kind == "value"], _EXACT + 0.01)
            return


def _beside_value(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> Iterable[Span]:
    """`leakage for MAPD new`: right after a value that says who members are, it says which of them."""
    members = lexicon.model.member_dimensions
    before = lexicon.exact.get((tokens[start - 1].lemma,), frozenset()) if start else frozenset()
    after = tokens[start + 1] if start + 1 < len(tokens) else None
    ends = after is None or after.is_mark or after.text in FUNCTION | TIME_WORDS
    if not ends or not any(target.kind == "value" and target.name in members for target in before):
        return
    said = {(tokens[start].lemma, lemma(people)) for people in POPULATION}
    found = {t for key in said for t in lexicon.exact.get(key, ()) if t.kind == "value" and t.name in members}
    yield from _by_kind(start, start + 1, found, _EXACT + 0.01)


def _allowed(
    targets: frozenset[Target], tokens: Sequence[Token], start: int, end: int, lexicon: Lexicon
) -> frozenset[Target]:
    """Without values written like a common word or a figure's label, unless beside their dimension's name.

    A common word in capitals is a value, too.
    """
    token = tokens[start]
    around = {stem(tokens[at].text) for at in range(max(0, start - 3), min(len(tokens), end + 3)) if at != start}
    targets = frozenset(
        target for target in targets
        if target not in lexicon.shadowed or around & lexicon.related.get(target.name, frozenset())
    )  # fmt: skip
    if end - start > 1:
        return targets
    if token.text in FUNCTION | FILLER and not token.raw.isupper():
        targets = targets - lexicon.capitals
    return frozenset(
        target
        for target in targets
        if target.kind != "value"
        or not _is_bare(token.text, target)
        or around & lexicon.related.get(target.name, frozenset())
        or _listed(tokens, start, target.name, lexicon)
        or _of_people(tokens, end, target.name, lexicon)
    )


def _of_people(tokens: Sequence[Token], end: int, dimension: str, lexicon: Lexicon) -> bool:
    """`female members`: an everyday word right before people says what the people are."""
    model = lexicon.model
    after = tokens[end].text if end < len(tokens) else ""
    return after in POPULATION and bool(model.members_today) and dimension in model.member_dimensions


def _is_bare(word: str, target: Target) -> bool:
    """Whether the word, or the value it stands for, is an everyday word or a plain number."""
    value = target.value.lower()
    written_as_value = word == value or (len(value) > 3 and word.startswith(value[:4]))
    number = word.isdigit() and len(word) < _CODE
    return word in COMMON_VALUES or number or (written_as_value and target.value.lower() in COMMON_VALUES)


def _listed(tokens: Sequence[Token], start: int, dimension: str, lexicon: Lexicon) -> bool:
    """`new vs tenured`: another value of the dimension stands on the other side of a joining word."""
    for step in (-2, 2):
        at, joint = start + step, start + step // 2
        if 0 <= at < len(tokens) and tokens[joint].text in ("vs", "versus", "and", "or", "than", "against", "to"):
            other = lexicon.exact.get((tokens[at].lemma,), frozenset())
            if any(target.kind == "value" and target.name == dimension for target in other):
                return True
    return False


def _preferred(targets: frozenset[Target], tokens: Sequence[Token], lexicon: Lexicon) -> frozenset[Target]:
    """Of several targets behind the same lemmas: those written just so; of several metrics, the labelled one."""
    *head, last = (token.text for token in tokens)
    forms = [(*head, last), (*head, last + "s"), (*head, last.removesuffix("s"))]
    just_so = targets & lexicon.surfaces.get((*head, last), frozenset())
    if len(just_so) == 1 and all(target.kind == "metric" for target in targets):
        return just_so
    written = targets & frozenset().union(*(lexicon.surfaces.get(form, frozenset()) for form in forms))
    kept = written or targets
    metrics = frozenset(target for target in kept if target.kind == "metric")
    key = tuple(token.lemma for token in tokens)
    labelled = frozenset(target for target in metrics if (key, target) in lexicon.labels)
    return (kept - metrics) | (labelled or metrics)


def _by_kind(start: int, end: int, targets: Iterable[Target], weight: float) -> Iterable[Span]:
    """One span per kind: a word that is a metric and a value stays open until the cues decide."""
    found = sorted(targets)
    for kind in ("metric", "dimension", "value"):
        of_kind = tuple(target for target in found if target.kind == kind)
        if of_kind:
            yield Span(start, end, kind, of_kind, weight=weight)


def _loose_spans(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """Windows of content words with only linking words between, in any order."""
    for start, first in enumerate(tokens):
        if first.text in FUNCTION or first.is_mark:
            continue
        yield from _windows(tokens, start, LINKERS, lexicon)
        if any(token.text in POPULATION for token in tokens[start + 1 : start + _LONGEST_WINDOW]):
            yield from _windows(tokens, start, LINKERS | POPULATION, lexicon)


def _same_spans(tokens: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    """Windows in which a word is exchanged for another of its group: `scripts turned down`."""
    pieces = lexicon.thesaurus.pieces(tokens)
    for first in range(len(pieces)):
        if not pieces[first].grouped and (pieces[first].light or pieces[first].mark):
            continue
        for last in range(first, min(len(pieces), first + _LONGEST_WINDOW)):
            piece = pieces[last]
            if piece.mark or (piece.light and tokens[piece.start].text not in LINKERS):
                break
            if piece.light and not piece.grouped:
                continue
            target = lexicon.same.get(same_key(pieces[first : last + 1]))
            if target and any(one.grouped for one in pieces[first : last + 1]):
                yield Span(pieces[first].start, piece.end, target.kind, (target,), weight=_SAME)


def _windows(tokens: Sequence[Token], start: int, linkers: frozenset[str], lexicon: Lexicon) -> Iterable[Span]:
    words: list[Token] = []
    for end in range(start, min(len(tokens), start + _LONGEST_WINDOW)):
        token = tokens[end]
        if end > start and token.text in linkers:
            continue
        if token.text in FUNCTION or token.is_mark:
            return
        words.append(token)
        if any(word.text in POPULATION for word in words) and any(
            t.text in PREPOSITIONS for t in tokens[start:end]
        ):
            continue
        yield from _window(start, end + 1, words, lexicon)


def _window(start: int, end: int, words: Sequence[Token], lexicon: Lexicon) -> Iterable[Span]:
    if (
        any(word.text in POPULATION for word in words)
        and tuple(word.lemma for word in words) not in lexicon.orders
    ):
        return
    if len(words) > 1 and (found := lexicon.bag.get(tuple(sorted(word.lemma for word in words)))):
        yield from _by_kind(start, end, _labelled(found, words, lexicon), _BAG)
    if len(words) == 1 and (words[0].text in KNOWN or words[0].text in COMMON_VALUES):
        return
    if found := lexicon.stems.get(tuple(sorted(stem(word.text) for word in words))):
        yield from _by_kind(start, end, found, _STEM)


def _labelled(found: frozenset[Target], words: Sequence[Token], lexicon: Lexicon) -> frozenset[Target]:
    """`cost of the calls`, `denials of claims`: of several metrics the one that is labelled with these words."""
    key = sorted(word.lemma for word in words)
    named = frozenset(target for label, target in lexicon.labels if target in found and sorted(label) == key)
    return named or found


def best_cover(length: int, candidates: Iterable[Span], tokens: Sequence[Token]) -> list[Span]:
    """Weighted interval scheduling: most words explained, then strictest, then fewest spans.

    Spans over the same words with the same weight are kept together (a metric that is also a value).
    """
    by_end: dict[int, list[Span]] = {}
    for span in candidates:
        by_end.setdefault(span.end, []).append(span)
    best: list[tuple[float, tuple[Span, ...]]] = [(0.0, ())]
    for end in range(1, length + 1):
        options = [best[end - 1]]
        for span in by_end.get(end, ()):
            score, chosen = best[span.start]
            options.append((score + _value(span, tokens), (*chosen, span)))
        best.append(max(options, key=lambda option: option[0]))
    chosen_spans = list(best[length][1])
    return _with_twins(chosen_spans, candidates if isinstance(candidates, list) else [])


def _value(span: Span, tokens: Sequence[Token]) -> float:
    inside = tokens[span.start : span.end]
    words = sum(_worth(token, exact=span.weight >= _EXACT) for token in inside)
    if span.kind in ("time", "grain"):
        words = max(words, 1.0)  # `in May`, `each of`: these words are no auxiliaries there
    return words * span.weight - 0.3


def _worth(token: Token, *, exact: bool) -> float:
    """Function words and fillers are explained anyway: reaching over them earns little."""
    if token.text in FUNCTION:
        return 0.1
    return 0.05 if token.text in _LIGHT and not exact else 1.0


def _with_twins(chosen: list[Span], candidates: Sequence[Span]) -> list[Span]:
    """Add the other readings of the same words, metric before dimension before value."""
    rank = {"metric": 0, "dimension": 1, "value": 2, "time": 3, "grain": 4, "topic": 5}
    result: list[Span] = []
    for span in chosen:
        twins = {
            twin
            for twin in candidates
            if (twin.start, twin.end) == (span.start, span.end) and abs(twin.weight - span.weight) < 0.001
        }
        result.extend(sorted(twins | {span}, key=lambda twin: (rank[twin.kind], twin.targets, repr(twin.period))))
    return result
