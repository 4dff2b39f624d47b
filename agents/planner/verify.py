"""The verifier: every content word of the question is explained by the draft, every cue has its slot."""

from __future__ import annotations

from collections.abc import Iterable

from agents.planner.breakdown import asks_how_high
from agents.planner.cues import find, first
from agents.planner.draft import Draft, Issue
from agents.planner.intents import Intent
from agents.planner.lexicon import Lexicon
from agents.planner.lists import left_of_list
from agents.planner.normalise import lemma, stem
from agents.planner.numerals import UNIT_WORDS
from agents.planner.people import population_metric
from agents.planner.qualifiers import of_another_figure
from agents.planner.reading import Reading, asking_places
from agents.planner.several import figure_left
from agents.planner.smalltalk import small_talk
from agents.planner.words import (
    AUXILIARIES,
    AVERAGE,
    DETERMINERS,
    FILLER,
    FUNCTION,
    NUMBER_WORDS,
    POPULATION,
    SHARE,
    UNSUPPORTED_STATISTICS,
    word_set,
)  # fmt: skip
from semantic.model import SemanticModel

_INTENT_WORDS = word_set(
    """
    save saves saving savings gain worth impact upside prize cash money free improve improving improvement reduce
    reducing cut cutting fix fixed fixes fixing high low higher lower many few big so such bad good increase
    increased increasing decrease drop dropped jump jumped spike spiked rise rose rising fall fell falling up down
    often frequent hitting hit suddenly recently getting lately again first next best biggest change changes make
    new shipped launched page spring remember anything ended session experience ops review trying pay example show
    actual real member path today morning overnight now daily problem problems issue issues explain break reasons
    reason cause causes drivers project projection step steps eliminate behind target targets rather than solved
    worked once know effect effects happen happening really much more most
    """
)
_DISTINCT = word_set("unique distinct different individual")
_SPEAKING = word_set("speaking speaker speakers speak speaks")


_BRINGING = word_set("driving drives drive causing cause causes caused behind leading bringing")


LEFT = "Not taken into account"
"""How an answer begins to tell which words it leaves aside."""


def left_aside(words: Iterable[str]) -> str:
    """The sentence that tells so."""
    return f"{LEFT}: " + ", ".join(f"'{word}'" for word in words) + "."


def _averages_already(draft: Draft, lexicon: Lexicon) -> bool:
    """Whether each figure is an average as it stands: minutes, days, a score."""
    metrics = [lexicon.model.metrics[name] for name in draft.metrics]
    return bool(metrics) and all(
        not one.additive and (one.unit in _AVERAGED or bool(one.denominator and one.unit != "rate"))
        for one in metrics
    )


_AVERAGED = ("minutes", "seconds", "days", "points")


def verify(draft: Draft, reading: Reading, intent: Intent, lexicon: Lexicon) -> Draft:
    """Add an issue for whatever the draft does not account for."""
    words = unexplained_words(draft, reading, intent, lexicon)
    if _averages_already(draft, lexicon):  # `claims that take longer than 12 days on average`
        words = [(at, word) for at, word in words if word not in AVERAGE]
    statistics = tuple(word for _, word in words if word in UNSUPPORTED_STATISTICS | AVERAGE)
    others = [word for _, word in words if word not in statistics]
    if statistics and not (set(statistics) <= AVERAGE and others and not draft.metrics):
        draft.issues.append(Issue("statistic", words=statistics))
    elif words and (_tolerable(words, reading, intent) or _in_preamble(words, reading)):
        draft.assumptions.append(left_aside(word for _, word in words))
    elif words:
        draft.issues.append(Issue("unexplained", words=tuple(word for _, word in words), at=words[0][0]))
    if headed := _per_head(draft, reading, lexicon):
        draft.issues.append(Issue("unexplained", words=headed))
    if clause := _by_clause(reading):
        draft.issues.append(Issue("unexplained", words=clause))
    if intent.kind == "query" and (apart := apart_left(draft, reading)):
        draft.issues.append(Issue("rank_without_dimension" if apart[0] == "where" else "unexplained", words=apart))
    if intent.kind == "query" and not draft.compare_to and (doing := _how_they_do(draft, reading, lexicon)):
        draft.issues.insert(0, Issue("no_metric", words=doing))
    if intent.kind == "query" and (limit := limit_left(reading)):
        draft.issues.append(Issue("unexplained", words=limit))
    if intent.kind == "query" and (further := figure_left(draft, reading)):
        draft.issues.append(Issue("unexplained", words=further))
    if listed := left_of_list(draft, reading) or people_counted(draft, reading, lexicon.model):
        draft.issues.append(Issue("unexplained", words=listed))
    if intent.kind == "query" and (other := of_another_figure(draft, reading, lexicon)):
        draft.issues.append(Issue("unexplained", words=other))
    ambiguous = any(issue.kind == "ambiguous_metric" for issue in draft.issues)
    if not draft.metrics and not ambiguous and intent.kind in ("query", "drivers"):
        draft.issues.insert(0, Issue("no_metric"))
    if (
        intent.kind == "query"
        and reading.compare_cue
        and not (draft.compare_to or len(draft.metrics) > 1 or draft.dimensions)
    ):
        draft.issues.append(Issue("comparison"))
    return draft


def _per_head(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`sessions per member`: a figure for each of the people, which a sum or a count is not."""
    places = list(find(reading, _FOR_A_PERSON))
    if not places:
        return ()
    metrics, population = lexicon.model.metrics, population_metric(lexicon.model)
    counted = {one.numerator for one in metrics.values() if one.distinct or one.name == population}
    others = [one for one in map(metrics.__getitem__, draft.metrics) if one.denominator not in counted]
    if not any(one.additive or one.unit == "usd" for one in others):
        return ()
    covered = {
        at
        for span in reading.spans
        if span.kind != "metric" or span.names & set(draft.metrics)
        for at in range(span.start, span.end)
    }
    for start, end in places:
        if start not in covered:
            return tuple(token.text for token in reading.tokens[start:end])
    return ()


_FOR_A_PERSON = r"(?:per|for each|for every) (?:" + "|".join(sorted(POPULATION)) + ")"


def limit_left(reading: Reading) -> tuple[str, ...]:
    """`I set a ceiling of 8 percent on it`: a share that no condition took, where something is asked."""
    words = [token.text for token in reading.tokens]
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    covered |= {at for limit in reading.thresholds for at in range(limit.at, limit.end)}
    for at in sorted(asking_places(reading) - covered):
        numbered = words[at][:1].isdigit() or words[at] in NUMBER_WORDS.keys() - {"one"}
        if numbered and (words[at].endswith("%") or words[at + 1 : at + 2] in (["percent"], ["%"])):
            return (words[at], "percent")
    return ()


_PEOPLE = word_set("people members callers customers individuals folks persons users")


def people_counted(draft: Draft, reading: Reading, model: SemanticModel) -> tuple[str, ...]:
    """`how many people are waiting`: people are counted, and no average or rate is."""
    words = [token.text for token in reading.tokens]
    units = {model.metrics[name].unit for name in draft.metrics}
    for at in range(len(words) - 2):
        if words[at : at + 2] != ["how", "many"] or not units:
            continue
        if words[at + 2] in _PEOPLE:
            return () if "count" in units else ("how", "many", words[at + 2])
        if units <= _LENGTHS and words[at + 2] not in UNIT_WORDS:  # `how many prior auths were approved`: no days
            return ("how", "many", words[at + 2])
    return ()


_LENGTHS = frozenset({"minutes", "seconds", "days"})


def _how_they_do(draft: Draft, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`how are our members in Florida doing?`, `how did the call center do?`: how many they are is no answer."""
    asked = first(
        reading,
        r"how (?:is|are|was|were) (?:\S+ ){1,8}?(?:doing|faring|getting on|going)|"
        r"how did (?:\S+ ){1,5}?(?:do|fare)",
    )
    metrics = [lexicon.model.metrics[name] for name in draft.metrics]
    plain = bool(metrics) and all(metric.unit == "count" and metric.polarity == "neutral" for metric in metrics)
    return tuple(token.text for token in reading.tokens[slice(*asked)]) if asked and plain else ()


def _by_clause(reading: Reading) -> tuple[str, ...]:
    """`by what they call about`: a breakdown in other words, which no dimension took."""
    for start, end in find(reading, r"(?:by|per) (?:what|who|whom|where|why|how)(?! (?:much|many|far))"):
        following = next((at for at in range(end, len(reading.tokens)) if _ends_clause(reading, at)), end + 6)
        if not any(start <= span.start < following for span in reading.breakdown):
            return tuple(token.text for token in reading.tokens[start : min(following, end + 3)])
    return ()


_APART = (
    r"(?:depend|depends|depended|depending|hinge|hinges|hinged) (?:on|upon)|"
    r"(?:vary|varies|varied|differ|differs|differed) (?:by|with|across|between|among)|"
    r"(?:how many|how much|what|number|count|figure|figures) (?:of|for|in|at|from) each"
    r"(?: (?:one|kind|type|sort))?(?= [,.]|$)|"
    r"breakdown(?= [,.]|$)"
)


def apart_left(draft: Draft, reading: Reading) -> tuple[str, ...]:
    """`does it depend on how well educated they are`, `and how many of each`: one figure is no answer to it."""
    if draft.dimensions or draft.grain or draft.compare_to:
        return ()
    found = first(reading, _APART) or _where(reading)
    if found and reading.tokens[found[0]].text == "breakdown" and found[0] in reading.explained:
        return ()  # `drop the breakdown`
    return tuple(token.text for token in reading.tokens[found[0] : found[1]]) if found else ()


def _where(reading: Reading) -> tuple[int, int] | None:
    """`Where do members drop off in the pharmacy journey?`, which no breakdown took."""
    words = [token.text for token in reading.tokens]
    asked = words[:1] == ["where"] and words[1:2] and words[1] in AUXILIARIES
    return (0, 2) if asked and not asks_how_high(words, 0) else None


def _ends_clause(reading: Reading, at: int) -> bool:
    """A mark, or `and by` of another breakdown."""
    following = reading.tokens[at + 1].text if at + 1 < len(reading.tokens) else ""
    return reading.tokens[at].is_mark or (reading.tokens[at].text == "and" and following in ("by", "per"))


def _tolerable(words: list[tuple[int, str]], reading: Reading, intent: Intent) -> bool:
    """Briefings, actions, impact and journeys may leave loose words aside, but not a filter nobody knows."""
    if intent.kind not in ("briefing", "next_best_action", "impact", "journey"):
        return False
    return not any(_before(at, reading) in ("for", "among", "in", "per", "about", "on", "with") for at, _ in words)


def _before(at: int, reading: Reading) -> str:
    """The word before one, articles left aside: `about the unicorn journey`."""
    while at and reading.tokens[at - 1].text in ("the", "our", "a", "an", "this", "that", "these", "those"):
        at -= 1
    return reading.tokens[at - 1].text if at else ""


def _in_preamble(words: list[tuple[int, str]], reading: Reading) -> bool:
    """Small talk before the question: `I keep hearing that billing is a mess, why ...`."""
    marks = [at for at, token in enumerate(reading.tokens) if token.is_mark]
    opens = reading.tokens[0].text in (
        "i",
        "we",
        "so",
        "there",
        "you",
        "okay",
        "ok",
        "well",
        "people",
        "my",
        "everyone",
    )
    asks = (
        "why",
        "what",
        "which",
        "how",
        "where",
        "who",
        "show",
        "give",
        "tell",
        "is",
        "are",
        "did",
        "has",
        "just",
    )
    starts = [at for at in marks if at + 1 < len(reading.tokens) and reading.tokens[at + 1].text in asks]
    return bool(opens and starts) and all(at < starts[-1] for at, _ in words)


_JOINTS = word_set("vs versus against")
_OTHERS = word_set(
    "rest others other everyone everybody everything all else them those any average last previous prior"
)


def versus_nothing(reading: Reading, at: int) -> list[int]:
    """`after calls versus after digital`: places of a second side that the model does not know, and no `rest`."""
    if at >= len(reading.tokens) or reading.tokens[at].text not in _JOINTS:
        return []
    end = reading.clause_end(at + 1)
    places = [place for place in range(at + 1, end) if reading.tokens[place].text not in FUNCTION]
    known = any(at < span.start < end for span in reading.spans)
    return [] if known or _OTHERS & {reading.tokens[place].text for place in places} else places


def unexplained_words(draft: Draft, reading: Reading, intent: Intent, lexicon: Lexicon) -> list[tuple[int, str]]:
    """Content words with their place that neither a span, a cue nor a known noise word accounts for."""
    allowed = FUNCTION | FILLER | POPULATION
    if intent.kind != "query":
        allowed = allowed | _INTENT_WORDS
    related = frozenset().union(
        *(lexicon.related[name] for name in [*draft.metrics, *draft.dimensions]), frozenset()
    )
    related |= _named_beside(draft, reading, lexicon)
    noise = _noise_places(reading, lexicon) | small_talk(reading, lexicon) | _degrees(draft, reading, lexicon)
    left = []
    for span in reading.of_kind("value"):
        left += [(at, reading.tokens[at].text) for at in versus_nothing(reading, span.end)]
    for at, token in enumerate(reading.tokens):
        if at in reading.explained or at in noise or token.is_mark or token.text in allowed:
            continue
        if token.lemma in lexicon.noise and (
            _other_entity(reading, at, lexicon) or _sliced_by(reading, at, lexicon)
        ):
            left.append((at, token.text))
            continue
        if token.lemma in lexicon.noise or stem(token.text) in related or _before_noise(reading, at, lexicon):
            continue
        if reading.ranking and token.text in _BRINGING:
            continue
        if (
            token.text in _DISTINCT
            and draft.metrics
            and all(lexicon.model.metrics[name].distinct for name in draft.metrics)
        ):
            continue
        if token.text in _SPEAKING and any(at in (span.end, span.start - 1) for span in reading.of_kind("value")):
            continue
        if token.text in AVERAGE and _averages(draft, lexicon):
            continue
        if (token.text in SHARE or _is_part(reading, at)) and _rates(draft, lexicon):
            continue
        left.append((at, token.text))
    return left


def _named_beside(draft: Draft, reading: Reading, lexicon: Lexicon) -> frozenset[str]:
    """`with code SES-1440`, `Harris county`: words of a filter's dimension right beside its value."""
    found: set[str] = set()
    for item in draft.filters:
        own = lexicon.related[item.dimension]
        for span in reading.of_kind("value"):
            if any(target.name == item.dimension for target in span.targets):
                first = span.start
                while first and reading.tokens[first - 1].text in _STATING:
                    first -= 1
                near = [
                    *reading.tokens[max(0, first - 2) : first],
                    *reading.tokens[span.end : span.end + 1],
                ]
                found |= {stem(token.text) for token in near} & own
    return frozenset(found)


_STATING = word_set("is was being given stated recorded listed named of as the a")
"""What may stand between the noun and the value: `where the reason given was Out of Network`."""
_LONG = word_set("long longer short slow slowly fast quick quickly lengthy")


def _degrees(draft: Draft, reading: Reading, lexicon: Lexicon) -> set[int]:
    """`the long waits`, `waiting most long`: how long, beside a metric that is a time, constrains nothing.

    A figure of things counted may be narrowed by such a word (`long calls`): there it stays unexplained.
    """
    timed = {"minutes", "seconds", "days"}
    units = {lexicon.model.metrics[name].unit for name in draft.metrics}
    if not units or not units <= timed:
        return set()
    return {at for at, token in enumerate(reading.tokens) if token.text in _LONG}


def _other_entity(reading: Reading, at: int, lexicon: Lexicon) -> bool:
    """`by agent tenure`: a noise word that belongs to another dimension's label changes what is sliced by."""
    span = next((span for span in reading.breakdown if span.start == at + 1), None)
    if span is None:
        return False
    names = span.names
    labels = [d.label.lower().split() for d in lexicon.model.dimensions.values() if d.name not in names]
    return reading.tokens[at].text not in POPULATION and any(reading.tokens[at].text in label for label in labels)


def _sliced_by(reading: Reading, at: int, lexicon: Lexicon) -> bool:
    """`NPS by agent`, `average age of agents`: a noun that stands for a breakdown, or for others than members."""
    word, before = reading.tokens[at].text, at - 1
    while before >= 0 and reading.tokens[before].text in DETERMINERS | {"individual", "single"}:
        before -= 1
    governing = reading.tokens[before].text if before >= 0 else ""
    following = reading.tokens[at + 1] if at + 1 < len(reading.tokens) else None
    ends = following is None or following.is_mark or following.text in FUNCTION
    if governing in ("by", "per", "each", "every", "across"):
        return word not in POPULATION and ends
    named = any(reading.tokens[at].lemma == lemma(part) for d in lexicon.model.dimensions.values()
                for part in d.label.lower().split())  # fmt: skip
    return governing == "of" and ends and named and word not in POPULATION


def _before_noise(reading: Reading, at: int, lexicon: Lexicon) -> bool:
    """`after they call`, `during a call`: a preposition of the noun that everything is about."""
    if reading.tokens[at].text not in ("after", "during", "while", "when"):
        return False
    following = reading.tokens[at + 1 : at + 3]
    return any(token.lemma in lexicon.noise or token.lemma in lexicon.volumes for token in following)


def _is_part(reading: Reading, at: int) -> bool:
    """`what part of the claims`, `the slice of calls`: a share in other words."""
    following = reading.tokens[at + 1].text if at + 1 < len(reading.tokens) else ""
    return reading.tokens[at].text in ("part", "slice", "chunk") and following == "of"


def _averages(draft: Draft, lexicon: Lexicon) -> bool:
    """Whether the metrics are averages or rates, so that `average` and `percentage` add nothing."""
    metrics = [lexicon.model.metrics[name] for name in draft.metrics]
    return bool(metrics) and all(one.unit != "count" and not one.additive for one in metrics)


def _rates(draft: Draft, lexicon: Lexicon) -> bool:
    return bool(draft.metrics) and all(
        lexicon.model.metrics[name].unit in ("rate", "percent") for name in draft.metrics
    )


def _noise_places(reading: Reading, lexicon: Lexicon) -> set[int]:
    lemmas = [token.lemma for token in reading.tokens]
    places: set[int] = set()
    for phrase in lexicon.noise_phrases:
        for at in range(len(lemmas)):
            if tuple(lemmas[at : at + len(phrase)]) == phrase:
                places.update(range(at, at + len(phrase)))
    return places
