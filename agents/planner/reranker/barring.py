"""What no judge may answer: a word that could turn the figure into another one was left aside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.lists import left_of_list
from agents.planner.normalise import stem
from agents.planner.numerals import read_quantity
from agents.planner.ordering import sorted_by
from agents.planner.qualifiers import of_another_figure
from agents.planner.reading import Reading, Span, asking_places
from agents.planner.reranker.candidates import Candidate
from agents.planner.several import figure_left, joined_figures, listed_figures
from agents.planner.siblings import words_of
from agents.planner.spelling import names_in
from agents.planner.verify import apart_left, limit_left, people_counted, versus_nothing
from agents.planner.words import AVERAGE, DETERMINERS, EXCLUDERS, FILLER, FUNCTION, english, word_set

_NEVER = ("future", "before_data", "incompatible", "no_history", "no_metric", "unit", "share", "attribution",
          "periods")  # fmt: skip
"""Doubts that no judge settles: such a draft would not run, or not say what it seems to."""
_WOULD = re.compile(
    r"\bwould\b(?! (?:like|love|want|need|appreciate|help|you|it be (?:possible|ok|okay|fine)|"
    r"be (?:great|good|nice|helpful|useful|glad|happy|pleased|curious|interested|interesting|keen|grateful)))"
)
_OUT = EXCLUDERS | word_set(
    "drop skip skipping dropping removing remove exclude ignore omit forget disregard neither nor"
)


_SURE = 0.88
"""From here on one of several figures that a word may name is taken."""
_CERTAIN = 0.95
"""From here on a figure is taken in place of the one that the question names in full."""


def is_barred(
    best: Candidate, own: Draft, left: Sequence[tuple[int, str]], lexicon: Lexicon, chance: float = 0.0
) -> bool:
    """Whether a candidate may not be answered, or not unless all but sure. `left` are its unexplained words."""
    reading = best.reading
    return (
        any(issue.kind in _NEVER for issue in best.draft.issues)
        or _limit_lost(best, own)
        or _supposes(best, lexicon)
        or (chance < _SURE and _only_names_several(best.draft, own, lexicon))
        or _says_ones(own, reading)
        or _names_left(reading, left)
        or bool(limit_left(reading) or apart_left(best.draft, reading))
        or (chance < _CERTAIN and _part_lost(best.draft, own))
        or (chance < _CERTAIN and _average_left(best.draft, left, lexicon))
        or _exclusion_left(reading, left)
        or _amount_left(reading, left)
        or _code_left(reading, left)
        or _span_of_time_left(best, left)
        or _half_of_a_pair(best, own, lexicon)
        or _turned_round(best, own)
        or _order_lost(best, own)
        or _value_left(best, left, lexicon)
        or _figure_dropped(best, own, lexicon)
        or _value_lost(best)
        or (chance < _CERTAIN and status_lost(best, lexicon))
        or (chance < _CERTAIN and _events_for_people(best, lexicon))
        or _value_dropped(best, lexicon)
        or (chance < _CERTAIN and _named_away(best, own, lexicon))
        or _side_left(best, left)
        or _comparison_left(best, left)
        or bool(figure_left(best.draft, reading))
        or listed_figures(reading) > len(best.draft.metrics)
        or bool(left_of_list(best.draft, reading))
        or bool(people_counted(best.draft, reading, lexicon.model))
        or _slices_one(best)
        or _one_of_two_sides(best, own)
        or _each_value(best)
        or _names_nothing(best, lexicon)
        or bool(of_another_figure(best.draft, reading, lexicon))
    )


_ESTIMATED = re.compile(r"\b(?:estimat|quot)")


def _supposes(best: Candidate, lexicon: Lexicon) -> bool:
    """`how many calls would we save`: what is not in the data; but what would be paid by an estimate is."""
    if not _WOULD.search(best.reading.text):
        return False
    told = all(_ESTIMATED.search(lexicon.model.metrics[name].description.lower()) for name in best.draft.metrics)
    return not (told and _ESTIMATED.search(best.reading.text))


def _limit_lost(best: Candidate, own: Draft) -> bool:
    """A number that the rules hold against no figure: `total calls over 10 minutes` asks for none that has it.

    But where they missed an average that is asked for, the average may have it.
    """
    kinds = {issue.kind for issue in own.issues}
    averaged = "statistic" in kinds and len(best.draft.having) == len(best.reading.thresholds)
    return "unit" in kinds and not averaged


def _only_names_several(best: Draft, own: Draft, lexicon: Lexicon) -> bool:
    """`denial rate last month`: every word is understood, and fits several figures. Only the asker knows which.

    Not where what narrows it belongs to the data of one of them: `step therapy denials`.
    """
    kinds = {issue.kind for issue in own.issues}
    if "ambiguous_metric" not in kinds or not kinds <= {"ambiguous_metric", "ambiguous_dimension"}:
        return False
    parts = {item.dimension for item in best.filters}
    named = [t.name for issue in own.issues if issue.kind == "ambiguous_metric" for t in issue.targets]
    families = {name: {name, *lexicon.model.metrics[name].siblings} for name in named}
    fitting = [
        name for name, family in families.items()
        if any(all(lexicon.compatible(one, part) for part in parts) for one in family)
    ]  # fmt: skip
    alike = all(set(best.metrics) <= families[name] for name in fitting)
    return not (parts and 0 < len(fitting) < len(named) and alike)


def sliced_to_one(draft: Draft) -> set[str]:
    """Dimensions of the breakdown that a filter narrows to one value."""
    narrowed = {item.dimension for item in draft.filters if item.op == "in" and len(item.values) == 1}
    return narrowed & set(draft.dimensions)


def _slices_one(best: Candidate) -> bool:
    """`members who moved plan, by motive`: what is asked to be broken down by is narrowed to one value."""
    asked = {target.name for span in best.reading.breakdown for target in span.targets}
    return bool(sliced_to_one(best.draft) & asked)


def _one_of_two_sides(best: Candidate, own: Draft) -> bool:
    """`slower for claims that need prior auth than for those that do not`: it has one of both sides."""
    whole = set(own.dimensions) - {item.dimension for item in own.filters}
    return bool(sliced_to_one(best.draft) & whole) and bool(_VERSUS & {t.text for t in best.reading.tokens})


_GENERIC = word_set(
    """
    average amount amounts dollar dollars money sum total rate rates share percentage percent number numbers count
    volume figure figures score scores value values level levels
    """
)


def _names_nothing(best: Candidate, lexicon: Lexicon) -> bool:
    """`average amount by plan`, `rate, last quarter`: no word says of what."""
    reading = best.reading
    if any(not _GENERIC.issuperset(_words(reading, span)) for span in reading.of_kind("metric")):
        return False
    member = lexicon.model.member_dimensions
    if any(not span.names & member for span in reading.of_kind("value")):
        return False  # `what does a hospital claim come to, on average`: what has that value is what is meant
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    said = {t.text for at, t in enumerate(reading.tokens) if at not in covered and not t.is_mark}
    return said <= _GENERIC | FUNCTION | FILLER and bool(said & _GENERIC or reading.of_kind("metric"))


def _words(reading: Reading, span: Span) -> set[str]:
    return {token.text for token in reading.tokens[span.start : span.end]}


def _each_value(best: Candidate) -> bool:
    """`by each employer group`: broken down by what stands for one value of something else."""
    words = [token.text for token in best.reading.tokens]
    kept = {(item.dimension, value) for item in best.draft.filters if item.op == "in" for value in item.values}
    return any(
        words[span.start - 1] in ("each", "every", "per") and any((t.name, t.value) in kept for t in span.targets)
        for span in best.reading.of_kind("value")
        if span.start and span.start not in best.reading.compared
    )


def _says_ones(own: Draft, reading: Reading) -> bool:
    """`how many new ones by state`: of what, was said in an earlier question or not at all."""
    return not own.metrics and any(token.text == "ones" for token in reading.tokens)


def _names_left(reading: Reading, left: Sequence[tuple[int, str]]) -> bool:
    """`How many calls did Sarah take?`: a name that nothing explains, in the sentence that asks."""
    asking = asking_places(reading)
    names = names_in(reading.question)
    return any(at in asking and word in names and word not in english() for at, word in left)


def _exclusion_left(reading: Reading, left: Sequence[tuple[int, str]]) -> bool:
    """`excluding chats`: what is to be left out is not known, so it would be in."""
    for at, word in left:
        before = at - 1
        while before >= 0 and reading.tokens[before].text in DETERMINERS:
            before -= 1
        if (
            word in _OUT - {"not", "no", "non", "drop"}
            or _leaves_out(reading, at, word)
            or (before >= 0 and reading.tokens[before].text in _OUT)
        ):
            return True
    return False


def _leaves_out(reading: Reading, at: int, word: str) -> bool:
    """`leaving the Retention Desk out of it`, which no value took."""
    if word not in ("leave", "leaving", "keep", "keeping", "take", "taking"):
        return False
    words = [token.text for token in reading.tokens[at : reading.clause_end(at)]]
    ends = [text.split() for text in ("of it", "of this", "of that", "of account", "the list", "of them", "")]
    # not `leave people with the biggest out of pocket cost`
    return any(one in _APART and words[place + 1 : place + 3] in ends for place, one in enumerate(words))


_APART = ("out", "off", "aside")


def _amount_left(reading: Reading, left: Sequence[tuple[int, str]]) -> bool:
    """`$1,000+ estimates`, `five days or longer`: an amount that no condition and no value took."""
    asking, words = asking_places(reading), [token.text for token in reading.tokens]
    return any(
        at in asking
        and ((any(c.isdigit() for c in word) and set(word) & set("$+%")) or _measured(words, at) or word in _LARGE)
        for at, word in left
    )


def _part_lost(best: Draft, own: Draft) -> bool:
    """`what percentage of leaked calls come from the app`: the rate of something else among them is no part."""
    narrowed = {item.dimension for item in own.filters if item.op == "in"}
    one_part = {issue.kind for issue in own.issues} == {"share"} and len(own.metrics) == len(narrowed) == 1
    kept = {item.dimension for item in best.filters if item.op == "in"}
    return one_part and narrowed <= kept and best.metrics != own.metrics


def _average_left(best: Draft, left: Sequence[tuple[int, str]], lexicon: Lexicon) -> bool:
    """`average denied claim amount`: a sum is no average."""
    sums = all(lexicon.model.metrics[name].additive for name in best.metrics)
    return sums and any(word in AVERAGE for _, word in left)


_LARGE = word_set("thousand million billion")


def _measured(words: Sequence[str], at: int) -> bool:
    """`twelve minutes`: a number with a unit that no period is counted in."""
    number = read_quantity(words, at)
    return number is not None and number.unit in ("minutes", "seconds")


def _half_of_a_pair(best: Candidate, own: Draft, lexicon: Lexicon) -> bool:
    """One of two figures that stand side by side; a third one in their place may be what both together name."""
    joined, taken = joined_figures(own, best.reading, lexicon), set(best.draft.metrics)
    return bool(joined & taken and joined - taken)


def _turned_round(best: Candidate, own: Draft) -> bool:
    """`all languages except English`: what the rules leave out by a word of the question is what is kept."""
    out = {(item.dimension, value) for item in own.filters if item.op == "not_in" for value in item.values}
    kept = {(item.dimension, value) for item in best.draft.filters if item.op == "in" for value in item.values}
    return bool(out & kept)


def _order_lost(best: Candidate, own: Draft) -> bool:
    """`sorted by call volume`: the rows come in another order."""
    order = best.draft.order
    return bool(sorted_by(best.reading) and own.order and (order is None or order.by != own.order.by))


def _value_left(best: Candidate, left: Sequence[tuple[int, str]], lexicon: Lexicon) -> bool:
    """`rejects due to formulary or quantity limits`, `formulary rejects`: what would narrow it is unused."""
    reading, reasons = best.reading, lexicon.heads.get("reason", frozenset())
    ends = {span.end for span in reading.spans if span.kind in ("value", "metric")}
    starts = {span.start for span in reading.spans if span.kind in ("value", "metric")}
    for at, word in left:
        after, before = reading.past(at + 1, _LISTING), at
        while before and reading.tokens[before - 1].text in _LISTING:
            before -= 1
        beside = after in starts or before in ends
        named = {name for name in lexicon.value_stems.get(stem(word), ()) if beside or name in reasons}
        if any(lexicon.compatible(metric, name) for name in named for metric in best.draft.metrics):
            return True
    return False


_LISTING = word_set("and or the a") | {","}


def _value_lost(best: Candidate) -> bool:
    """`total calls by hospital`: a value that stands where a breakdown would narrows nothing."""
    starts = {span.start for span in best.reading.of_kind("value")}
    return any(issue.kind == "unexplained" and issue.words and issue.at in starts for issue in best.draft.issues)


def _figure_dropped(best: Candidate, own: Draft, lexicon: Lexicon) -> bool:
    """`leaked calls with leaked calls within 24 hours`: one of several figures, called by its label, is lost."""
    limited = {item.metric for item in (*own.having, *best.draft.having)}
    asked = set(own.metrics) - limited
    if len(asked) < 2 or own.issues or not set(best.draft.metrics) - limited < asked:
        return False
    labels = {name: words_of(lexicon.model.metrics[name].label) for name in asked - set(best.draft.metrics)}
    return any(
        len(span.targets) == 1
        and labels.get(span.targets[0].name) == words_of(" ".join(_spelt(best.reading, span)))
        for span in best.reading.of_kind("metric")
    )


def _spelt(reading: Reading, span: Span) -> list[str]:
    return [token.text for token in reading.tokens[span.start : span.end]]


def status_lost(best: Candidate, lexicon: Lexicon) -> bool:
    """`how many patients had a claim denied`: all who have claims, where only denied ones were asked about."""
    metrics = lexicon.model.metrics
    said: set[str] = set()
    for name in best.draft.metrics:
        said |= {stem(word) for text in (metrics[name].label, *metrics[name].synonyms) for word in text.split()}
    for item in best.draft.filters:
        said |= {stem(w) for value in item.values for w in lexicon.values.label(item.dimension, value).split()}
    said |= {
        stem(word) for name in best.draft.dimensions for word in words_of(lexicon.model.dimensions[name].label)
    }
    named = [value for name in lexicon.heads.get("status", ()) for value in lexicon.values.values(name)]
    statuses = {value.lower() for value in named if " " not in value}
    asking = asking_places(best.reading)
    return any(
        best.reading.tokens[at].text in statuses and stem(best.reading.tokens[at].text) not in said
        for span in best.reading.of_kind("metric")
        for at in range(span.start, span.end)
        if at in asking
    )


_PEOPLE_ASKED = re.compile(
    r"\b(?:how many|number of|count of) (?:\w+ ){0,2}?"
    r"(?:people|members|customers|patients|persons|individuals|folks)\b"
)


def _events_for_people(best: Candidate, lexicon: Lexicon) -> bool:
    """`how many people gave up on the website`: sessions are counted, and one may give up twice."""
    metrics = [lexicon.model.metrics[name] for name in best.draft.metrics]
    if not _PEOPLE_ASKED.search(best.reading.text) or best.reading.of_kind("metric"):
        return False
    return all(metric.unit == "count" and not metric.distinct and metric.additive for metric in metrics)


_INTRODUCING = word_set("by via through on over for in from of at with among using")


def _value_dropped(best: Candidate, lexicon: Lexicon) -> bool:
    """`members who contacted us by phone`: a value that is said to narrow, of what the figure goes by."""
    reading = best.reading
    return any(
        span.start
        and reading.tokens[span.start - 1].text in _INTRODUCING
        and any(lexicon.compatible(metric, t.name) for t in span.targets for metric in best.draft.metrics)
        for span in best.dropped
        if span.kind == "value"
    )


def _named_away(best: Candidate, own: Draft, lexicon: Lexicon) -> bool:
    """`satisfaction is falling. Show me the customer effort score`: a whole name, and something else is taken."""
    metrics = lexicon.model.metrics
    taken = {word for name in best.draft.metrics for word in words_of(metrics[name].label)}
    siblings = {sibling for name in best.draft.metrics for sibling in (name, *metrics[name].siblings)}
    named = [
        span.targets[0].name
        for span in best.reading.of_kind("metric")
        if len(span.targets) == 1
        and span.end - span.start > 1
        and span.targets[0].name in own.metrics
        and words_of(metrics[span.targets[0].name].label)
        <= words_of(" ".join(token.text for token in best.reading.tokens[span.start : span.end]))
    ]
    return bool(named) and all(
        name not in siblings and not words_of(metrics[name].label) & taken for name in named
    )


_UNITS_OF_TIME = word_set("week weeks month months quarter quarters year years fortnight")
_ONWARDS = word_set("from to of ending starting beginning since until")


def _span_of_time_left(best: Candidate, left: Sequence[tuple[int, str]]) -> bool:
    """`the first nine months`, `the Christmas quarter`: days were asked about, and no period took them.

    Not `the twelve months from 1 October 2025 to ...`, nor what a comparison has taken (`the same months`).
    """
    reading = best.reading
    asking, words = asking_places(reading), [token.text for token in reading.tokens]
    dated = {span.start for span in reading.of_kind("time")}
    for at, word in left:
        if at not in asking or word not in _UNITS_OF_TIME:
            continue
        led_on = words[at + 1 : at + 2] and words[at + 1] in _ONWARDS and {at + 1, at + 2} & dated
        compared = best.draft.compare_to and "same" in words[max(0, at - 2) : at]
        if not led_on and not compared:
            return True
    return False


_CODE = re.compile(r"[a-z]{0,2}\d{4,}[a-z]{0,2}|0\d{2,}")


def _code_left(reading: Reading, left: Sequence[tuple[int, str]]) -> bool:
    """`networks 00999 and 00998`: a code that no value has; without it the figure is of everything."""
    asking = asking_places(reading)
    return any(at in asking and _CODE.fullmatch(word) and not word.startswith("20") for at, word in left)


_VERSUS = word_set("vs versus against than compared")


def _comparison_left(best: Candidate, left: Sequence[tuple[int, str]]) -> bool:
    """`the second half of September beside its first half`: what is to be set beside is not there."""
    draft = best.draft
    asked = any(word in _SET_BESIDE for _, word in left)
    return asked and draft.compare_to is None and not draft.grain and not draft.dimensions


_SET_BESIDE = word_set("beside alongside vs versus compared compare comparison")


def _side_left(best: Candidate, left: Sequence[tuple[int, str]]) -> bool:
    """`grads vs high school or less`: one side of a comparison is not known, and the other is no answer."""
    reading, filters = best.reading, {item.dimension for item in best.draft.filters}
    unknown = {at for at, _ in left}
    for span in reading.of_kind("value"):
        if not filters & span.names:
            continue
        for joint, other in ((span.start - 1, span.start - 2), (span.end, span.end + 1)):
            if 0 <= joint < len(reading.tokens) and reading.tokens[joint].text in _VERSUS and other in unknown:
                return True
        if versus_nothing(reading, span.end):
            return True
    return False
