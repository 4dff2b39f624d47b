"""What is asked about the last answer: its period, definition and basis, how sure it is, whose it is.

Such a question changes nothing: the answer is shown again, and the reply stands beside it. Words of thanks get a
word back and leave the answer in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from agents.planner.normalise import tokenise
from agents.planner.plan import ROUTE_REASONS, Plan, PriorTurn
from agents.planner.thread import plan_as
from semantic.echo import day_in_words, listed, period
from semantic.model import SemanticModel
from semantic.query import SemanticQuery

_SO = r"(?:(?:and|but|so|ok(?:ay)?|hm+|well|sorry|wait|then|now|please|can you tell me|tell me|remind me),? )*"
_IT = (
    r"(?:it|that|this|they|them|these|those|(?:the|that|this|your|these|those) "
    r"(?:figures?|numbers?|answers?|results?|data|table|chart|rows?|metrics?))"
)
_BE = r"(?:is|are|was|were)"
_SPAN = (
    r"(?:periods?|dates?|days?|time ?frames?|time (?:periods?|ranges?|windows?)|date range|months?|"
    r"weeks?|quarter|year)"
)
_PERIOD = (
    rf"(?:what|which) {_SPAN} (?:{_BE} {_IT}(?: for| from| of| about)?|(?:does|do|did) {_IT} (?:cover|span|"
    rf"refer to|"
    rf"show|include)|(?:are|were) we (?:looking at|talking about))|(?:over|for|in|from|on) (?:what|which) {_SPAN}"
    rf"(?: {_BE} {_IT})?|what {_BE} the {_SPAN}(?: (?:of|for|behind) {_IT})?|how (?:recent|current|fresh|"
    rf"old|up to date) "
    rf"{_BE} {_IT}|as of (?:when|what (?:date|day))(?: {_BE} {_IT})?|{_BE} {_IT} (?:for )?(?:today|"
    rf"up to date|current)|"
    rf"when {_BE} {_IT} from"
)
_WORKED = r"(?:defined|calculated|computed|measured|counted|worked out|derived|determined)"
_X = r"(?:an? |the )?(?P<what>(?:[\w-]+ ?){1,5}?)"
_DEFINED = (
    rf"how (?:is|are|was|were|do you get|did you get) {_X} {_WORKED}(?: here)?",
    rf"how (?:do|did|would) (?:you|we) (?:define|calculate|compute|measure|count|work out|get to|get) {_X}",
    rf"what (?:does|do|did) {_X} (?:mean|include|stand for|cover)(?: here)?",
    rf"what (?:exactly )?(?:(?:do|did) (?:you|we) mean by|counts as|{_BE} meant by|qualifies as) {_X}",
    rf"what {_BE} the (?:exact )?(?:definition|formula|meaning)(?: (?:of|for|behind) {_X})?",
    rf"define {_X}",
)
_SURE = (
    r"how (?:sure|certain|confident|reliable|solid|robust|firm|accurate|precise|trustworthy|exact|"
    r"good) (?:are|is) "
    rf"(?:you|we|{_IT})(?: (?:about|of|in) {_IT})?|(?:are|is) (?:you|{_IT}) (?:really |actually |"
    rf"absolutely )?(?:sure|"
    rf"certain|confident|reliable|right|correct|accurate|exact|an? (?:estimate|guess))(?: (?:about|of) {_IT})?|"
    rf"can (?:i|we) (?:trust|rely on|believe|bank on|quote|use) {_IT}|should (?:i|we) (?:trust|believe) {_IT}"
)
_BASIS = (
    rf"where (?:does|do|did|is|are) {_IT} (?:come |coming |taken )?from|where did you get {_IT}(?: from)?|"
    rf"what (?:is|are|was|were) {_IT} (?:based|built) on|what is (?:behind|the (?:source|basis)(?: of|"
    rf" for)) {_IT}|"
    rf"what(?: is|'s)? the (?:data )?source(?: (?:of|for|behind) {_IT})?|which (?:data|source|sources|"
    rf"system|systems) "
    rf"(?:{_BE} {_IT} from|(?:does|do|did) {_IT} (?:use|come from)|is behind {_IT})|says who|"
    rf"how do you know(?: that| this)?"
)
_OWNER = (
    rf"who (?:is|are) (?:the )?(?:responsible|accountable|in charge|owners?)(?: (?:for|of) {_IT})?|who owns {_IT}|"
    rf"whose (?:{_BE} {_IT}|(?:figure|number|metric) is {_IT})|who (?:looks after|defines|defined|maintains) {_IT}"
)
_DOER = rf"who (?:\w+ed|made|did|does|wrote|came up with|sent|sold|told|took|gave|saw) {_IT}"
_READ = tuple(
    (name, re.compile(rf"{_SO}(?:{pattern})(?: (?:please|exactly|again|by the way|though|anyway))*"))
    for name, pattern in (
        ("period", _PERIOD), ("sure", _SURE), ("basis", _BASIS), ("owner", _OWNER), ("doer", _DOER),
        *(("defined", pattern) for pattern in _DEFINED),
    )
)  # fmt: skip
_POINTING = re.compile(_IT)
_THANKS = re.compile(
    r"(?:(?:ok(?:ay)?|great|good|perfect|excellent|super|cool|nice|lovely|brilliant|wonderful|fine|got it|i see|"
    r"understood|interesting|makes sense|wow|thanks(?: a lot| so much| very much)?|thank you(?: so much|"
    r" very much)?|"
    r"cheers|that (?:is|was) (?:great|helpful|useful|good|all|perfect|interesting|very helpful|really helpful)|"
    r"good (?:job|work|to know)|well done|much appreciated|appreciate it|bye|goodbye|good bye|that helps|all good|"
    r"no worries|very helpful|very good|alright|all right|hm+)[ ,.!]*)+"
)


def of_figures(
    question: str,
    prior: PriorTurn,
    model: SemanticModel,
    as_of: date,
    leading_on: Callable[[Plan], tuple[str, ...]],
) -> Plan | None:
    """The plan of such a question, or of words of thanks, after an answer; None for any other question.

    `leading_on` gives the questions that lead on from a plan.
    """
    if prior.query is None:
        return None
    text = _plain(question)
    again = plan_as(prior, prior.query)
    if _THANKS.fullmatch(text):
        offered = tuple((one, one) for one in leading_on(again))
        message = "Glad to help. What would you like to know next?"
        return Plan(kind="clarify", message=message, choices=offered, route_reason=ROUTE_REASONS["clarify"])
    for aspect, pattern in _READ:
        if found := pattern.fullmatch(text):
            if aspect == "doer":
                message = "Figures are counted by groups; the data do not name the person behind one."
                return Plan(
                    kind="refuse", refusal="no_dimension", message=message, route_reason=ROUTE_REASONS["refuse"]
                )
            said = _reply(aspect, found, prior.query, model, as_of)
            return replace(again, assumptions=said) if said else None
    return None


def _reply(
    aspect: str, found: re.Match[str], query: SemanticQuery, model: SemanticModel, as_of: date
) -> tuple[str, ...]:
    if aspect == "defined":
        about = (found["what"] or "it").strip()
        return tuple(_definitions(about, query, model))
    if aspect == "period":
        return tuple(_period(query, model, as_of))
    if aspect == "owner":
        return tuple(
            f"{_label(name, model)} is looked after by {model.metrics[name].owner}." for name in query.metrics
        )
    records = listed(
        sorted({name.replace("_", " ") for metric in query.metrics for name in model.datasets_of(metric)})
    )
    day = day_in_words(as_of)
    if aspect == "sure":
        return (f"It is computed from the records themselves ({records}, up to {day}), not estimated.",)
    return (f"It comes from the records of {records}, up to {day}.", *_definitions("it", query, model))


def _definitions(about: str, query: SemanticQuery, model: SemanticModel) -> Iterator[str]:
    """What the figures of the last answer mean; nothing when something else is asked about."""
    told = {token.lemma for token in tokenise(about)}
    for name in query.metrics:
        metric = model.metrics[name]
        own = {token.lemma for text in (metric.label, *metric.synonyms) for token in tokenise(text)}
        if _POINTING.fullmatch(about) or told <= own:
            notes = f" {metric.notes}" if metric.notes else ""
            yield f"{metric.label}: {metric.description[:1].lower()}{metric.description[1:].rstrip('.')}.{notes}"


def _period(query: SemanticQuery, model: SemanticModel, as_of: date) -> Iterator[str]:
    dated = any(model.datasets[one].time_column for name in query.metrics for one in model.datasets_of(name))
    if not dated:
        yield f"It is the state of {day_in_words(as_of)}, the last day of the data."
    elif query.time:
        yield f"The period is {period(query.time)}; the data go up to {day_in_words(as_of)}."
    else:
        yield f"The data go up to {day_in_words(as_of)}, and the period ends there."


def _label(name: str, model: SemanticModel) -> str:
    return model.metrics[name].label


def _plain(question: str) -> str:
    text = " ".join(question.lower().replace("\u2019", "'").split()).strip(" ?.!")
    return re.sub(r"\b(what|that|it|where|when|how|who)'s\b", r"\1 is", text)
