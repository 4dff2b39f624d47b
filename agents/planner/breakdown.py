"""Breakdown cues: which dimensions the answer is sliced by, which are only named beside a value."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from agents.planner.cues import find
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma
from agents.planner.ranking import row_limit
from agents.planner.reading import Reading, Span, Target
from agents.planner.siblings import words_of
from agents.planner.words import NUMBER_WORDS, POPULATION, word_set

_BY = word_set(
    """
    by per across each every among between amongst versus vs which what whichever whose within
    """
)
_SKIP = (
    word_set(
        """
    the a an our your their all any different various individual respective other of specific given these those
    stated reported recorded listed given known own single one affected main top bottom worst best
    highest lowest biggest largest smallest leading most
    least common five ten only just current present
    """
    )
    | NUMBER_WORDS.keys()
)
_LEADING = word_set("line compare comparing rank ranking list show split order sort name")
_PHRASES = ("under each", "cut by", "crossed with", "crossed by", "separated by", "distributed on",
            "distributed over",
            "distributed by", "divided by", "split by", "broken down by", "grouped by", "break down",
            "breakdown of", "breakdown by", "for each",
            "depending on", "depend on", "depends on", "vary with", "varies with", "varied with", "differ with",
            "based on", "one per", "in terms of", "segmented by", "split out by")  # fmt: skip
_RELATIVE = word_set(
    """
    with in where that whose have has had having are exceed exceeds exceeding above below over under show shows
    showing get gets see sees
    """
)  # fmt: skip


def read_breakdowns(reading: Reading, lexicon: Lexicon) -> None:
    """Give each dimension span its role: breakdown, absorbed (explained by a value beside it) or loose."""
    reading.spans = [span for span in reading.spans if not _is_verb(reading, span)]
    by_dimension = [span for span in reading.spans if span.kind == "dimension"]
    _crossed(reading, by_dimension)
    for span in by_dimension:
        if span in reading.breakdown:
            continue
        if _taken_together(reading, span):
            reading.explain(span.start - 1, span.end)
            continue
        if _is_scope(reading, span):
            reading.explain(span.start - 1, span.end)
            continue
        if _is_breakdown(reading, span):
            reading.breakdown.append(span)
        elif _but_for(reading, span):
            # `all drugs without Hydrocodone`: what is narrowed is no topic of that name
            reading.spans = [s for s in reading.spans if s.kind != "value" or s.start != span.start]
        elif not (
            _beside_value(reading, span)
            or _heads_value(reading, span, lexicon)
            or _leads_to_value(reading, span)
            or _twin(reading, span)
            or _generic(reading, span)
        ):
            reading.loose.append(span)
        reading.explain(span.start, span.end)
    _one_by_one(reading)
    _head_nouns(reading, lexicon)
    for span in list(reading.loose):
        if _continues(reading, span):
            reading.loose.remove(span)
            reading.breakdown.append(span)
    _told_more_exactly(reading)
    _with_and_without(reading, lexicon)
    _listing(reading)
    _asked_for(reading, lexicon)
    read_numbers(reading)
    named = {target for span in reading.breakdown for target in span.targets}
    values = {span.end for span in reading.of_kind("value")}
    told = [span for span in reading.loose if span.start not in values and _is_told_of(reading, span)]
    for span in told:  # not what is sliced by; but it may narrow the figure: `looking for a provider`
        if reading.tokens[span.start - 1].text in _SOME:
            reading.explained -= set(range(span.start, span.end))
    reading.loose = [
        span
        for span in reading.loose
        if span not in told and (span.start in values or not named & set(span.targets))
    ]


def _is_verb(reading: Reading, span: Span) -> bool:
    """`which journey causes the most avoidable calls`: what it does, no cause."""
    if span.kind != "dimension" or span.end - span.start > 1:
        return False
    words = [token.text for token in reading.tokens]
    if words[span.start] not in ("causes", "cause"):
        return False
    named = any(other.kind == "dimension" and other.end == span.start for other in reading.spans)
    if named and words[span.end : span.end + 1] in (["the"], ["most"], ["more"], ["us"]):
        reading.explain(span.start, span.end)
        return True
    return False


def _one_by_one(reading: Reading) -> None:
    """`network by network`: by network. `for every other survey type`, where one was left out: by it."""
    spans = sorted(reading.of_kind("dimension"), key=lambda span: span.start)
    for one, other in pairwise(spans):
        if one.names == other.names and one.end + 1 == other.start and reading.tokens[one.end].text == "by":
            reading.loose = [span for span in reading.loose if span not in (one, other)]
            reading.breakdown = [span for span in reading.breakdown if span is not one]
            reading.explain(one.start, other.end)
    for span in reading.breakdown:
        left = {target.name for value in reading.of_kind("value") if value.start in reading.negated
                for target in value.targets}  # fmt: skip
        if reading.tokens[span.start - 1].text == "other" and span.names & left:
            reading.explain(span.start - 1, span.start)


_SAID_BY = word_set("by per each every and across") | {","}


def _told_more_exactly(reading: Reading) -> None:
    """`the five services ..., by service description`: the longer name says what was meant by the shorter."""
    lemmas = {id(span): {t.lemma for t in reading.tokens[span.start : span.end]} for span in reading.breakdown}
    reading.breakdown = [
        span
        for span in reading.breakdown
        if reading.tokens[span.start - 1].text in _SAID_BY  # `by provider and provider tier`
        or not any(lemmas[id(span)] < lemmas[id(other)] for other in reading.breakdown if other.start > span.start)
    ]


_WITHOUT = (
    r"(?:those |ones |it )?(?:when|where) (?:it|they|one|none) (?:was|is|were|are|did|does|do) not"
    r"(?: (?:required|needed|necessary|need|require))?(?: (?:it|one))?|"
    r"(?:those|ones)(?: \S+)?? (?:that|which|who)(?: (?:do|did|does|are|were|have|had|has))? not"
    r"(?: (?:need|require|have)(?: it| one)?)?|"
    r"(?:those|ones) without(?: (?:it|one|the need|any))?|and without(?: (?:it|one))?|"
    r"(?:vs|versus|than|or|against) without"
)


def _with_and_without(reading: Reading, lexicon: Lexicon) -> None:
    """`claims that need prior auth against those that do not`: both sides of what is yes or no."""
    sides = list(find(reading, _WITHOUT))
    if not sides or reading.breakdown:
        return
    for span in [*reading.loose, *reading.of_kind("value"), *reading.of_kind("metric")]:
        target = span.targets[0]
        if span.kind == "metric" and (yes_or_no := _told_by(target.name, lexicon)):
            target = Target("dimension", yes_or_no)
        if _is_yes_or_no(target.name, lexicon) and span.end <= sides[0][0]:
            reading.loose = [one for one in reading.loose if one is not span]
            reading.spans = [one for one in reading.spans if one is not span]
            both = Span(span.start, span.end, "dimension", (Target("dimension", target.name),))
            reading.spans.append(both)
            reading.breakdown.append(both)
            reading.explain(*sides[0])
            return


def _is_yes_or_no(name: str, lexicon: Lexicon) -> bool:
    return name in lexicon.model.dimensions and set(lexicon.values.values(name)) == {"Yes", "No"}


def _told_by(metric: str, lexicon: Lexicon) -> str:
    """The dimension of two sides whose one side the figure counts: claims with prior authorization."""
    own = words_of(lexicon.model.metrics[metric].label)
    found = [
        name
        for name, dimension in lexicon.model.dimensions.items()
        if _is_yes_or_no(name, lexicon) and len(words_of(dimension.label) & own) > 1
    ]
    return found[0] if len(found) == 1 else ""


def _listing(reading: Reading) -> None:
    """`the reasons for claim denials, most frequent first`: with no figure named, what is listed is sliced by."""
    if reading.breakdown or reading.of_kind("metric") or len(reading.loose) != 1:
        return
    (span,) = reading.loose
    headed = reading.tokens[span.start - 1].text in ("reasons", "causes") if span.start else False
    words = {token.text for token in reading.tokens[span.start : span.end]}
    if headed or words & {"reasons", "causes"}:
        reading.loose.remove(span)
        reading.breakdown.append(span)
        reading.explain(span.start - headed, span.end)


_SOME = word_set("a an one another many")
_TOLD = _SOME | word_set("our my your their")
"""In 12,000 labelled questions a dimension right after one of these is what a breakdown is by once in 130."""


def _is_told_of(reading: Reading, span: Span) -> bool:
    """`joined a plan`, `does our team take`, `covered by the plan`: a thing that is told of."""
    words = [token.text for token in reading.tokens]
    before = words[max(0, span.start - 3) : span.start]
    acting = before[1:] == ["by", "the"] and before[0].endswith("ed") and before[0] not in _ARRANGED
    chosen = before[:2] in (["which", "of"], ["what", "of"])  # `which of our teams`
    led = {
        words[metric.start - 1]
        for metric in reading.of_kind("metric")
        if 0 < metric.start < metric.end == span.start
    }
    of_figure = bool(led & {"with", "from", "at", "of", "to"})  # `spent with in-network providers`
    return span.start > 0 and not chosen and (words[span.start - 1] in _TOLD or acting or of_figure)


def _crossed(reading: Reading, spans: list[Span]) -> None:
    """`segments x plan type`: both are breakdowns."""
    for one, other in pairwise(sorted(spans, key=lambda span: span.start)):
        if [token.text for token in reading.tokens[one.end : other.start]] in (
            ["x"],
            ["times"],
            ["crossed", "with"],
        ) or _heads_by(reading, one, other):
            reading.breakdown += [span for span in (one, other) if span not in reading.breakdown]
            reading.explain(one.start, other.end)


def _heads_by(reading: Reading, one: Span, other: Span) -> bool:
    """`Desk by channel, where is ...`: a question that opens with both."""
    between = [token.text for token in reading.tokens[one.end : other.start]]
    return one.start == 0 and between == ["by"] and reading.closes(other.end)


def read_numbers(reading: Reading) -> None:
    """`the five drugs with the highest`: the number stands at the noun, the direction elsewhere."""
    ranking = reading.ranking
    for span in reading.breakdown:
        for at in range(span.start - 1, max(-1, span.start - 3), -1):
            number = row_limit(reading.tokens[at].text)
            if number and at not in reading.explained and ranking and not ranking.limit:
                reading.ranking = replace(ranking, limit=number, comparative=False)
                reading.explain(at, at + 1)
                return


def _twin(reading: Reading, span: Span) -> bool:
    """Whether the same words are also a metric or a value: then the dimension reading needs a cue."""
    return any(
        other is not span and other.start == span.start and other.kind != "dimension" for other in reading.spans
    )


def _generic(reading: Reading, span: Span) -> bool:
    """`login problems`, `billing issues`: a noun for trouble, not a dimension, unless a cue asks for it."""
    words = {token.text for token in reading.tokens[span.start : span.end]}
    return words <= {"problem", "problems", "issue", "issues", "error", "errors", "trouble", "failure", "failures"}


def _is_breakdown(reading: Reading, span: Span) -> bool:
    words = [token.text for token in reading.tokens]
    skipped, at = _skip_left(words, span.start)
    before = words[at - 1] if at > 0 else ""
    if (
        before == "by"
        and words[at - 2 : at - 1]
        and words[at - 2].endswith("ed")
        and words[at - 2] not in _ARRANGED
        and words[at : span.start] == ["the"]
    ):
        return words[span.end - 1].endswith("s")  # `covered by the plan`: who did it
    if before in _BY and not (before == "per" and words[span.start] in POPULATION):
        within = next((place for place in (at - 1, at - 2) if place >= 0 and words[place] == "within"), at)
        reading.explain(within, at)  # `within each line of business`
        return not (before in ("what", "within", "whose") and _beside_value(reading, span))
    if phrase := next((p.split() for p in _PHRASES if words[max(0, at - len(p.split())) : at] == p.split()), None):
        reading.explain(at - len(phrase), at)
        return True
    if skipped and {"all", "each", "every", "different", "various", "individual"} & set(words[at : span.start]):
        return not _beside_value(reading, span) and not _but_for(reading, span)
    if _ranked(reading, at, span) or {"and", "or"} & set(words[span.start : span.end]):
        return True
    if words[max(0, at - 2) : at] in (
        ["what", "are"],
        ["what", "were"],
        ["are", "there"],
        ["were", "there"],
    ) and not _beside_value(reading, span):
        return True
    if before in _LEADING and not _beside_value(reading, span):
        return True
    if before in ("over", "across") and _SPREAD & set(words[:at]):
        reading.explain(at - 1, at)
        return True
    ranked = reading.ranking is not None and not reading.ranking.comparative
    if words[span.start] in ("what", "which", "why") and (ranked or span.start == 0):
        return True  # `what are people calling about most`, `why do members call us`
    if words[span.end : span.end + 2] in _ORDERED or _ordered_later(reading, span):
        return True
    if words[span.end : span.end + 1] in _SLICED and not _beside_value(reading, span):
        reading.explain(span.end, span.end + 1)
        return True
    if _heads_clause(reading, span, before):
        return True
    return _continues(reading, span)


_ORDERED = (["ranked", "by"], ["ordered", "by"], ["sorted", "by"], ["rated", "by"])


def _ordered_later(reading: Reading, span: Span) -> bool:
    """`Error codes on the app this year, ranked by number of errors`: what the question opens with is listed."""
    words = [token.text for token in reading.tokens]
    opens = all(word in _OPENING for word in words[: span.start]) and words[span.end - 1].endswith("s")
    return opens and any(list(pair) in _ORDERED for pair in pairwise(words[span.end :]))


_OPENING = word_set("the our all show me give us list please a of")


def _is_scope(reading: Reading, span: Span) -> bool:
    """`by education level, all platforms`, `by state, for every type but Pharmacy`: the breakdown was said."""
    words = [token.text for token in reading.tokens]
    at = span.start - 1
    alone = at > 1 and words[at] == "all" and reading.tokens[at - 1].is_mark and reading.closes(span.end)
    but = at > 1 and words[at] in ("all", "every", "each") and words[span.end : span.end + 1] in _BUT
    return (alone or but) and bool({"by", "per"} & set(words[:at]))


_TOGETHER = (
    r"(?:, )?(?:all )?(?:(?:put|taken|added|lumped|counted|rolled) )?"
    r"(?:together|combined|as one|in one(?: number| figure)?)"
)
_CHAINED = word_set("all and or , the of except excluding but without besides")


def _taken_together(reading: Reading, span: Span) -> bool:
    """`all topics and all channels put together`: over all of them, and by none."""
    words = [token.text for token in reading.tokens]
    if span.start < 1 or words[span.start - 1] not in ("all", "every", "each"):
        return False
    end = next((start for start, _ in find(reading, _TOGETHER) if start >= span.end), None)
    if end is None:
        return False
    parts = [*reading.of_kind("dimension"), *(one for one in reading.of_kind("value") if span.names & one.names)]
    named = {at for one in parts for at in range(one.start, one.end)}
    return all(at in named or words[at] in _CHAINED for at in range(span.end, end))


_BUT = [["but"], ["except"], ["excluding"], ["besides"], ["without"], ["other"], ["apart"], ["aside"]]
_ARRANGED = word_set(
    "listed grouped sorted ordered ranked sliced segmented separated divided summarized summarised tabulated "
    "displayed arranged counted compared organized organised"
)
_SLICED = (["view"], ["cut"], ["distribution"], ["mix"], ["split"], ["breakdown"], ["wise"], ["breakout"])
"""`network view`, `state cut`, `plan wise`."""


_SPREAD = word_set("distribution distributed spread split divided")


def _skip_left(words: list[str], start: int) -> tuple[bool, int]:
    at = _past_skipped(words, start)
    # `for each customer journey`
    one_by_one = at == start > 1 and words[at - 1] in POPULATION and not words[at - 1].endswith("s")
    if one_by_one and words[at - 2] in ("each", "every", "by", "per"):
        at = _past_skipped(words, at - 1)
    return at < start, at


def _past_skipped(words: list[str], at: int) -> int:
    while at > 0 and (words[at - 1] in _SKIP or words[at - 1].isdigit()):
        at -= 1
    return at


def _ranked(reading: Reading, at: int, span: Span) -> bool:
    """`top 5 journeys`, `biggest offender among error codes`."""
    ranking = reading.ranking
    return (
        ranking is not None
        and not ranking.comparative
        and at - 1 <= ranking.end
        and ranking.start < span.start <= (ranking.end + 3)
        and _gap_is_small(reading, ranking.end, span.start)
    )


def _gap_is_small(reading: Reading, start: int, end: int) -> bool:
    named = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    return all(
        at in named or reading.tokens[at].text in _SKIP | {"among", "in", "problem"} for at in range(start, end)
    )


def _heads_clause(reading: Reading, span: Span, before: str) -> bool:
    """`journeys with leakage over 15 percent`: a plural noun first, then a condition."""
    words = [token.text for token in reading.tokens]
    named = words[span.start - 1] in ("one", "any") or (
        span.start == 0 and words[span.end : span.end + 1] == ["with"]
    )
    plural = words[span.end - 1].endswith("s") or named
    following = words[span.end] if span.end < len(words) else ""
    acting = following.endswith("ing") and any(limit.at == span.end + 1 for limit in reading.thresholds)
    starts = (
        words[span.start - 1]
        in ("one", "any", "name", "identify", "find", "search", "list", "pull", "return", "tell")
        or before in ("name", "identify", "find", "search", "list", "pull", "return", "give", "tell")
        or not before
        or before
        in (",", ".", "and", "show", "me", "list", "find", "give", "in", "for", "to", "of", "only", "just", "see")
    )
    metrics = {other.start for other in reading.of_kind("metric")}
    clause = following in _RELATIVE or span.end in metrics or acting
    return plural and starts and clause and bool(reading.thresholds or reading.ranking)


def _continues(reading: Reading, span: Span) -> bool:
    """`by segment and channel`, `by region, plan type`, `by plan, and also by channel`."""
    words = [token.text for token in reading.tokens]
    at = span.start
    while at > 0 and words[at - 1] in ("and", ",", "also", "the", "then", "or"):
        at -= 1
    if at == span.start:
        return False
    if words[at] != "and" and any(value.start == span.end for value in reading.of_kind("value")):
        return False  # `by tier, network 00215 only`
    ends = {other.end for other in reading.breakdown} | {s.end for s in reading.spans if s.kind == "grain"}
    return at in ends


def _leads_to_value(reading: Reading, span: Span) -> bool:
    """`plan switches caused by the provider network`: the participle only joins a value to what it is about."""
    words = [token.text for token in reading.tokens]
    at = span.end + 1
    while at < len(words) and words[at] in ("the", "a", "an"):
        at += 1
    joins = words[span.end : span.end + 1] in (["by"], ["to"]) and words[span.end - 1].endswith(("ed", "due"))
    return joins and any(value.start == at for value in reading.of_kind("value"))


def _heads_value(reading: Reading, span: Span, lexicon: Lexicon) -> bool:
    """`code 42420`, `the phone channel`: the last word of the value's dimension, which alone is another one."""
    heads = lexicon.heads.get(reading.tokens[span.start].lemma, frozenset())
    beside = {
        target.name
        for value in reading.of_kind("value")
        if span.start - value.end == 0 or value.start - span.end == 0
        for target in value.targets
    }
    return span.end - span.start == 1 and bool(heads & beside)


def _beside_value(reading: Reading, span: Span) -> bool:
    """`billing journey`, `state of Texas`, `HMO and PPO plans`: the value names the dimension already."""
    names = span.names
    words = [token.text for token in reading.tokens]
    for value in reading.of_kind("value"):
        if not names & value.names:
            continue
        low, high = (value.end, span.start) if value.end <= span.start else (span.end, value.start)
        if low <= high and all(
            words[at] in ("of", "is", "not", "the", "named", "called", "=", ",", "type") for at in range(low, high)
        ):
            return True
    return False


_EXCEPTIONS = (
    "but",
    "except",
    "excluding",
    "without",
    "besides",
    "minus",
    "other",
    "apart",
    "aside",
    "save",
    "bar",
)


_OVER_ALL = word_set("in of on over from with")
"""Before `all teams but Tier 1`; `for all teams but Tier 1` is for each of them."""


def _but_for(reading: Reading, span: Span) -> bool:
    """`call cost, all states but Florida`, `in all networks except 00248`: the others together."""
    words = [token.text for token in reading.tokens]
    _, at = _skip_left(words, span.start)
    if at and not (reading.tokens[at - 1].is_mark or _OVER_ALL & set(words[at - 1 : span.start])):
        return False
    if {"each", "every"} & set(words[at : span.start]):
        return False  # `in each team but the Retention Desk`: one by one, without that one
    names = span.names
    following = reading.tokens[span.end].text if span.end < len(reading.tokens) else ""
    return following in _EXCEPTIONS and any(
        span.end < value.start <= span.end + 4 and names & value.names for value in reading.of_kind("value")
    )


def _head_nouns(reading: Reading, lexicon: Lexicon) -> None:
    """`by type`, `top reasons`: the last word of a dimension's label, settled later by the metric."""
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    for at, token in enumerate(reading.tokens):
        names = lexicon.heads.get(token.lemma)
        if at in covered or at in reading.explained or not names or token.text.endswith("ing"):
            continue  # `by the planning number`
        if any(reading.tokens[span.end - 1].lemma == token.lemma for span in reading.breakdown if span.end <= at):
            reading.explain(at, at + 1)  # `by age group, only the groups below zero`
            continue
        span = Span(
            at, at + 1, "dimension", tuple(sorted(Target("dimension", name) for name in names)), weight=0.5
        )
        if _is_breakdown(reading, span):
            reading.spans.append(span)
            reading.breakdown.append(span)
            reading.explain(at, at + 1)
    if not reading.breakdown:
        _of_what_kind(reading, lexicon)


_KIND = r"(?:and|,) (?:of |for )?(?:what|which) (?:kinds?|types?|sorts?)"


def _of_what_kind(reading: Reading, lexicon: Lexicon) -> None:
    """`how many surveys came back, and what kind?`: by their type, settled later by the metric."""
    names = sorted(lexicon.heads.get(lemma("type"), ()))
    for start, end in find(reading, _KIND):
        if names and reading.closes(end) and not any(s.start < end and start < s.end for s in reading.spans):
            targets = tuple(Target("dimension", name) for name in names)
            reading.spans.append(Span(end - 1, end, "dimension", targets, weight=0.5))
            reading.breakdown.append(reading.spans[-1])
            reading.explain(start, end)


_HOW_HIGH = word_set("going gone heading headed stand stands standing sit sits land lands landed landing trending")


_HELD: tuple[list[str], ...] = ([], ["on"], ["with"], ["at"], ["in"], ["regarding"], [","], ["?"])


def asks_how_high(words: list[str], at: int) -> bool:
    """`where does it sit?`, `where are we on it?`: how high it is, not in what it is found."""
    end = next((end for end in range(at, len(words)) if words[end] in (".", ",")), len(words))
    held = words[at + 1 : at + 3] in (["are", "we"], ["were", "we"]) and words[at + 3 : at + 4] in _HELD
    return held or bool(_HOW_HIGH & set(words[at:end]))


def _counts_people(words: list[str]) -> bool:
    """`who reached out - how many individuals?`: the people are counted, not grouped."""
    return any(pair == ("how", "many") for pair in pairwise(words))


def _narrowed(reading: Reading) -> set[str]:
    """Dimensions of which only one value is asked about: `where do members drop off in the pharmacy journey`."""
    values = [span for span in reading.of_kind("value") if span.start not in reading.negated]
    return set(values[0].names) if len(values) == 1 else set()


# "who handled the most calls" asks for agents, not for members
_BY_AGENTS = [
    [word]
    for word in ("handled", "handles", "took", "takes", "answered", "answers", "solved", "resolved", "works")
]


def _asked_for(reading: Reading, lexicon: Lexicon) -> None:
    """where and who ask for the model's default dimensions when no other breakdown is named."""
    if reading.breakdown:
        return
    defaults = lexicon.model.defaults
    words = [token.text for token in reading.tokens]
    if len(named := [t.name for span in reading.of_kind("value") for t in span.targets]) > len(set(named)):
        return
    for at, word in enumerate(words):
        dimension = ""
        interrogative = at == 0 or words[at - 1] in (
            ",",
            ".",
            "and",
            "me",
            "see",
            "understand",
            "know",
            "show",
            "tell",
            "but",
        )
        if word == "where" and interrogative and not asks_how_high(words, at):
            dimension = defaults.where_dimension
        elif (
            word == "who"
            and not _counts_people(words)
            and interrogative
            and words[at + 1 : at + 2] not in _BY_AGENTS
        ) or (word in ("which", "what") and at + 1 < len(words) and words[at + 1] in POPULATION and interrogative):
            dimension = defaults.who_dimension
        if dimension in lexicon.model.dimensions and dimension not in _narrowed(reading):
            reading.breakdown.append(Span(at, at + 1, "dimension", (Target("dimension", dimension),), weight=0.4))
            reading.explain(at, at + 1)
            return
