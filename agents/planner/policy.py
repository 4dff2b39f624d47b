"""Policy: a clean draft becomes a plan; one with issues a clarification or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import stem
from agents.planner.phrasing import phrase
from agents.planner.plan import AGENTS, ROUTE_REASONS, Plan, PlanKind, Refusal
from agents.planner.reading import Reading, Target
from agents.planner.words import AVERAGE, COMMON_VALUES, NUMBER_WORDS, POPULATION, SHARE, english, word_set
from semantic.query import SemanticQuery

Check = Callable[[str, SemanticQuery], bool]
Answered = tuple[PlanKind, Refusal, str, list[Draft]]
Retry = Callable[[Target], Draft]
_ORDER = (
    "future", "before_data", "no_metric", "unexplained", "statistic", "incompatible", "ambiguous_metric",
    "condition", "share", "no_history", "attribution", "ambiguous_dimension", "ambiguous_value", "periods",
    "no_previous", "unit", "loose_dimension", "rank_without_dimension", "comparison",
)  # fmt: skip
_MAX_CHOICES = 3


def decide(draft: Draft, reading: Reading, lexicon: Lexicon, check: Check, retry: Retry) -> Plan:
    """The plan for a draft: the most fundamental issue speaks."""
    if not draft.issues and not draft.ask:
        return planned(draft)
    kind, refusal, message, candidates = _said(draft, reading, lexicon, retry)
    choices = choices_of(candidates, lexicon, check)
    return Plan(
        kind=kind,
        refusal=refusal,
        message=message,
        choices=choices,
        assumptions=tuple(draft.assumptions),
        route_reason=ROUTE_REASONS[kind],
    )


def _said(draft: Draft, reading: Reading, lexicon: Lexicon, retry: Retry) -> Answered:
    """What a follow-up asks back, unless something of the question itself is in the way."""
    grave = [
        issue for issue in draft.issues if issue.kind in ("future", "before_data", "incompatible", "statistic")
    ]
    if draft.ask and not grave:
        asked = draft.ask
        return asked.kind, asked.refusal, asked.message, asked.candidates
    issue = min(grave or draft.issues, key=lambda item: _ORDER.index(item.kind))
    return _answer(issue, draft, reading, lexicon, retry)


def planned(draft: Draft) -> Plan:
    """A plan without open issues."""
    return Plan(
        kind=draft.kind,
        query=draft.query(),
        assumptions=tuple(dict.fromkeys(draft.assumptions)),
        what_if_pct=draft.pct,
        agent=AGENTS.get(draft.kind, "genie"),
        route_reason=ROUTE_REASONS[draft.kind],
    )


def _answer(issue: Issue, draft: Draft, reading: Reading, lexicon: Lexicon, retry: Retry) -> Answered:
    words = ", ".join(f"'{word}'" for word in issue.words)
    if issue.kind == "future":
        return (
            "refuse",
            "forecast",
            f"{words} lies after the last complete day of data; there is no forecast.",
            [_now(draft)],
        )
    if issue.kind == "before_data":
        told = issue.words[0] if issue.words[0].startswith("What ") else words
        without = replace(draft, compare_to=None, issues=[]) if draft.compare_to else _now(draft)
        return "refuse", "no_value", f"{told} lies before the first day of data.", [without]
    if issue.kind == "no_metric":
        return _no_metric(draft, reading, lexicon)
    if issue.kind == "unexplained":
        return _unexplained(issue, draft, reading, lexicon)
    open_metric = next((item for item in draft.issues if item.kind == "ambiguous_metric"), None)
    if issue.kind == "statistic" and open_metric and set(issue.words) <= AVERAGE:
        return _ambiguous(open_metric, lexicon, retry)
    if issue.kind == "statistic":
        return "refuse", "no_metric", f"{words} is not a statistic of this metric.", [draft]
    if issue.kind == "incompatible":
        return _incompatible(issue, draft, lexicon)
    if issue.kind == "share":
        parts = _parts_of_whole(draft, lexicon)
        shown = "each part of the whole" if parts else "the figure itself"
        message = f"A share of this is not a figure of the model. Shall I show {shown}?"
        return "clarify", "", message, [*parts, replace(draft, share=False, issues=[])]
    if issue.kind == "no_history":
        label = lexicon.model.metrics[issue.targets[0].name].label
        return "refuse", "incompatible", f"{label} is a state as of the last day; it has no history.", [
            replace(draft, time=None, grain=None, compare_to=None, issues=[])
        ]  # fmt: skip
    if issue.kind == "condition":
        return "clarify", "", "One figure cannot be a condition on another. Which do you want?", [
            replace(draft, metrics=[target.name], order=None, issues=[]) for target in issue.targets
        ] + [replace(draft, issues=[])]  # fmt: skip
    if issue.kind == "attribution":
        return _attribution(draft)
    if issue.kind in ("ambiguous_metric", "ambiguous_dimension", "ambiguous_value"):
        return _ambiguous(issue, lexicon, retry)
    return _open(issue, draft, lexicon)


def _parts_of_whole(draft: Draft, lexicon: Lexicon) -> list[Draft]:
    """`what % of calls come from MAPD members`: every plan's part of the whole, the one asked for among them."""
    dimensions = [item.dimension for item in draft.filters if item.op == "in"]
    additive = bool(draft.metrics) and all(lexicon.model.adds_up(name) for name in draft.metrics)
    if draft.dimensions or len(dimensions) != 1 or not additive:
        return []
    kept = [item for item in draft.filters if item.dimension != dimensions[0]]
    return [replace(draft, share=True, dimensions=dimensions, filters=kept, issues=[])]


def _attribution(draft: Draft) -> Answered:
    """Both attributions in one question, or one that an analysis does not offer."""
    figures = replace(draft, kind="query", pct=None, issues=[])
    both = [replace(figures, attribution="at_event"), replace(figures, attribution="today")]
    if draft.kind in ("query", "drivers"):
        message = "Figures go by what members had at the time of the event or by what they have today. Which one?"
        return "clarify", "", message, both
    message = (
        "Projections, rankings of actions and briefings go by what members had at the time of the event; by what "
        "they have today, the figures alone can be shown."
    )
    return "clarify", "", message, both[::-1]


def _now(draft: Draft) -> Draft:
    return replace(draft, time=None, issues=[])


def _no_metric(draft: Draft, reading: Reading, lexicon: Lexicon) -> Answered:
    words = next((issue.words for issue in draft.issues if issue.kind in ("unexplained", "statistic")), ())
    known = any(span.kind in ("dimension", "value") for span in reading.spans)
    if words and not known and not set(words) <= _VAGUE:
        if near := _labelled_with(words, lexicon):
            drafts = [replace(draft, kind="query", metrics=[name], issues=[]) for name in near]
            quoted = ", ".join(f"'{word}'" for word in words)
            return "refuse", "no_metric", f"There is no metric for {quoted}; the nearest is offered.", drafts
        return "refuse", "domain", "The question is not about anything in this model.", []
    candidates = _suggested(draft, lexicon)
    if words and not set(words) <= _VAGUE:
        quoted = ", ".join(f"'{word}'" for word in words)
        return "refuse", "no_metric", f"There is no metric for {quoted}.", candidates
    return "clarify", "", "Which figure do you mean?", candidates


def _labelled_with(words: Sequence[str], lexicon: Lexicon) -> list[str]:
    """`how big is the fleet?`: the few figures whose label holds such a word."""
    wanted = {stem(word) for word in words if len(word) > 2}
    labels = {
        name: {stem(word) for word in metric.label.lower().split()}
        for name, metric in lexicon.model.metrics.items()
    }
    found = [name for name, label in labels.items() if label & wanted]
    return found if len(found) <= _MAX_CHOICES else []


# words that say which figure of a family is meant, but not which family
_VAGUE = AVERAGE | SHARE | NUMBER_WORDS.keys() | COMMON_VALUES | word_set(
    "both amount duration length time spend money dollars quality performance activity trend"
)  # fmt: skip


def _suggested(draft: Draft, lexicon: Lexicon) -> list[Draft]:
    """Drafts with the model's headline metrics that go with what is known already."""
    defaults = lexicon.model.defaults
    names = [
        *(defaults.dimension_metric.get(d, "") for d in draft.dimensions),
        defaults.money_metric,
        defaults.impact_metric,
    ]
    names += list(lexicon.model.metrics)
    wanted = [*draft.dimensions, *(item.dimension for item in draft.filters)]
    fitting = [n for n in dict.fromkeys(names) if n and all(lexicon.compatible(n, d) for d in wanted)]
    return [replace(draft, kind="query", metrics=[name], issues=[]) for name in fitting[: _MAX_CHOICES + 2]]


def _unexplained(issue: Issue, draft: Draft, reading: Reading, lexicon: Lexicon) -> Answered:
    """After `by` it is a dimension, after `for` or `in` a value that the model does not have."""
    words = " ".join(issue.words)
    place = place_of(reading, issue.at, lexicon)
    without = [draft]
    if place in _DIMENSION_PLACES:
        return "refuse", "no_dimension", f"'{words}' is not a dimension of this model.", without
    if place in _VALUE_PLACES or _before_people(issue, reading) or _is_condition(issue, reading):
        return "refuse", "no_value", f"'{words}' is not a value that figures can be filtered by.", without
    if _before_figure(issue, reading, lexicon) or not set(issue.words) & english():
        return "refuse", "no_metric", f"There is no metric for '{words}'; the nearest is offered.", without
    return "clarify", "", f"'{words}' is not part of this model. The nearest question is offered.", without


_DIMENSION_PLACES = ("by", "per", "across", "each", "every", "which")
_VALUE_PLACES = (
    "for", "in", "among", "of", "on", "with", "about", "from", "at", "who", "that", "to", "using", "between",
)  # fmt: skip


def _before_people(issue: Issue, reading: Reading) -> bool:
    """`French speaking members`: words right before people say which people."""
    after = issue.at + len(issue.words)
    return after < len(reading.tokens) and reading.tokens[after].text in POPULATION


def _is_condition(issue: Issue, reading: Reading) -> bool:
    """`answered within 30 seconds`: words with a number are a condition."""
    return any(word[:1].isdigit() for word in issue.words) and len(issue.words) > 1


def _before_figure(issue: Issue, reading: Reading, lexicon: Lexicon) -> bool:
    """`generic dispensing rate`, `PMPM spend`: words right before a metric or a word for one make it another."""
    after = issue.at + len(issue.words)
    following = reading.tokens[after].text if after < len(reading.tokens) else ""
    starts = {span.start for span in reading.of_kind("metric")}
    return following in SHARE | {"score", "index", "ratio"} or (
        after in starts and not set(issue.words) <= english()
    )


def place_of(reading: Reading, at: int, lexicon: Lexicon) -> str:
    """The preposition that governs a word; nouns like `call centre` may stand between."""
    while at > 0:
        at -= 1
        token = reading.tokens[at]
        if token.text in _DIMENSION_PLACES + _VALUE_PLACES:
            return token.text
        spanned = any(span.start <= at < span.end for span in reading.spans)
        noun = token.lemma in lexicon.noise or any(token.lemma in phrase for phrase in lexicon.noise_phrases)
        if token.is_mark or (at in reading.explained and not noun) or (spanned and not noun):
            return ""
    return ""


def _incompatible(issue: Issue, draft: Draft, lexicon: Lexicon) -> Answered:
    metric, dimension = issue.targets
    labels = lexicon.model.metrics[metric.name].label, lexicon.model.dimensions[dimension.name].label
    without = replace(
        draft,
        dimensions=[name for name in draft.dimensions if name != dimension.name],
        filters=[item for item in draft.filters if item.dimension != dimension.name],
        issues=[],
    )
    return "refuse", "incompatible", f"{labels[0]} is not known by {labels[1].lower()}.", [without]


def _ambiguous(issue: Issue, lexicon: Lexicon, retry: Retry) -> Answered:
    """One choice per candidate: the same question read with that candidate."""
    message = {
        "ambiguous_metric": "Which figure do you mean?",
        "ambiguous_dimension": "By what should it be broken down?",
        "ambiguous_value": "Which one do you mean?",
    }[issue.kind]
    targets = list(issue.targets)
    if issue.kind == "ambiguous_metric":
        money, metrics = lexicon.model.defaults.money_metric, lexicon.model.metrics
        targets.sort(key=lambda target: (target.name != money, len(metrics[target.name].label)))
    return "clarify", "", message, [retry(target) for target in targets[: _MAX_CHOICES + 2]]


def _open(issue: Issue, draft: Draft, lexicon: Lexicon) -> Answered:
    if issue.kind in ("periods", "no_previous"):
        message = "With which period should it be compared?"
        return "clarify", "", message, [
            replace(draft, compare_to="previous_period", issues=[]),
            replace(draft, compare_to="previous_year", issues=[]),
        ]  # fmt: skip
    if issue.kind == "loose_dimension":
        return "clarify", "", "Should it be broken down?", [
            replace(draft, dimensions=[*draft.dimensions, target.name], issues=[]) for target in issue.targets
        ] + [replace(draft, issues=[])]  # fmt: skip
    if issue.kind == "unit":
        label = lexicon.model.metrics[issue.targets[0].name].label
        message = f"The limit does not fit {label}. Without it, it is another question."
        return "clarify", "", message, [replace(draft, issues=[])]
    defaults = lexicon.model.defaults
    names = [
        name for name in (defaults.where_dimension, defaults.who_dimension, *lexicon.model.dimensions) if name
    ]
    fitting = [n for n in dict.fromkeys(names) if all(lexicon.compatible(m, n) for m in draft.metrics)]
    return (
        "clarify",
        "",
        "By what should it be compared?",
        [replace(draft, dimensions=[name], issues=[]) for name in fitting[:_MAX_CHOICES]],
    )


def choices_of(candidates: Sequence[Draft], lexicon: Lexicon, check: Check) -> tuple[tuple[str, str], ...]:
    """At most three complete questions, each of which plans to exactly its candidate."""
    found: list[str] = []
    for candidate in candidates:
        for form in (candidate, *_with_all_values(candidate, lexicon)):
            query = None if len(found) == _MAX_CHOICES else form.query()
            question = phrase(query, lexicon) if query else ""
            if query and check(question, query):
                found += [question] if question not in found else []
                break
    return tuple((question, question) for question in found)


def _with_all_values(draft: Draft, lexicon: Lexicon) -> list[Draft]:
    """`by line of business for Commercial and Medicare`, where there is no third: by line of business.

    A third that only the data has, as `Unknown`, is shown beside them.
    """
    named = {
        item.dimension
        for item in draft.filters
        if item.op == "in"
        and set(item.values)
        in (set(lexicon.values.values(item.dimension)), set(lexicon.model.dimensions[item.dimension].values))
    }
    whole = named & set(draft.dimensions)
    return [replace(draft, filters=[i for i in draft.filters if i.dimension not in whole])] if whole else []


def refused(kind: Refusal, message: str, choices: tuple[tuple[str, str], ...] = ()) -> Plan:
    """A refusal with its reason."""
    return Plan(
        kind="refuse", refusal=kind, message=message, choices=choices, route_reason=ROUTE_REASONS["refuse"]
    )


__all__ = ["Target", "decide", "planned", "refused"]
