"""The words that a chat model may put around figures: plain ones, and those that its results are named by.

Numbers, dates, directions and names are checked one by one. What is said between them cannot be: that figures are
of another metric or period, what caused them, an amount in words or in another language, a request to the reader.
So nothing else may stand there, and a text that says more is replaced by the program's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from agents.claims import Claim
from agents.grounding import Evidence
from agents.wording import days_in_words, earlier_in_words, lead_in, plural
from tools.outcome import Table
from tools.periods import days_in

_PLAIN = """
a an the and or of in on at by for with to as from is are was were be been has have had it its they their this
that these those which here there while whereas also both total overall together respectively across among
about around roughly approximately nearly came comes saw recorded reached reaches stood stands shows show
shown table figure figures value values number numbers result results data row rows ranked listed
"""
_MOVED = "change changed changes difference versus against than before earlier previous prior by"
_ASKING = """
do does did you mean want ask asking asked which what who how when whose should would could can may cannot not
no only either other another more one ones such any each per please or is it be i we so if but then because
since yet question questions answer answered answers clear ambiguous meant reading readings sense refer refers
say says said tell told period day days week weeks month months quarter year today yesterday last first
current currently future past time times metric metrics dimension dimensions measure figure breakdown filter
known unknown available hold holds held part parts kept model source sources definition level member members
plan covered cover covers include included includes exist exists forecast forecasts prediction predict
personal private language english domain scope outside beyond within end ends begin nothing none anything
something here instead closest nearest
"""
PLAIN = frozenset(_PLAIN.split())
_LITTLE = PLAIN - {"total", "overall"}
"""Words that tell no metric from another."""
MOVED = frozenset(_MOVED.split())
"""Beside a comparison."""
_WORD = re.compile(r"\w+(?:['\u2019]\w+)?")
_LETTERS = re.compile(r"[^\W\d_]+")


def strange_words(text: str, said: Iterable[Claim], allowed: frozenset[str]) -> list[str]:
    """The words of a text that are part of no claim and not allowed, in reading order."""
    spans = [(claim.start, claim.end) for claim in said]
    return [
        match.group()
        for match in _WORD.finditer(text)
        if match.group().lower() not in allowed
        and not any(start <= match.start() and match.end() <= end for start, end in spans)
    ]


def allowed_words(evidence: Evidence) -> frozenset[str]:
    """Plain words, and what the results' metrics, dimensions, values, periods and comparisons are called."""
    words = set(PLAIN)
    for table in evidence.tables:
        for text in (*_named(table, evidence), *_periods(table, evidence)):
            words.update(_words(text))
        if table.compared_with or any("__change" in column.name for column in table.columns):
            words |= MOVED | set(_words(_before(table)))
    return frozenset(words)


def asks_plainly(text: str, evidence: Evidence) -> bool:
    """Whether a question back, a choice or a reason is in plain words, those of the question and of the model.

    Nothing else can be checked about it: it could tell of a bankruptcy, or ask for a password.
    """
    model = evidence.semantic
    allowed = PLAIN | set(_ASKING.split()) | set(_words(evidence.question))
    for metric in model.metrics.values():
        allowed |= set(_words(" ".join((metric.label, metric.name, *metric.synonyms))))
    for dimension in model.dimensions.values():
        allowed |= set(_words(" ".join((dimension.label, dimension.name, *dimension.synonyms))))
    return set(_words(text)) <= allowed


def metric_words(table: Table, evidence: Evidence) -> dict[str, frozenset[str]]:
    """By metric of a table the words that it is called by: its label, its name, its synonyms."""
    called: dict[str, frozenset[str]] = {}
    for column in table.columns:
        name = column.name.split("__")[0]
        if column.role not in ("dimension", "time") and name not in called:
            known = evidence.semantic.metrics.get(name)
            texts = (known.label, *known.synonyms) if known else (column.label or "",)
            called[name] = frozenset(_words(" ".join((name.replace("_", " "), *texts)))) - _LITTLE
    return called


def dimension_words(table: Table, evidence: Evidence) -> frozenset[str]:
    """The nouns that rows of a table are counted by: journey, journeys."""
    nouns: set[str] = set()
    for column in table.columns:
        if column.role == "dimension":
            known = evidence.semantic.dimensions.get(column.name)
            label = (known.label if known else column.label or column.name).lower()
            nouns |= {*_words(label), *_words(plural(label))}
    return frozenset(nouns)


def _named(table: Table, evidence: Evidence) -> Iterator[str]:
    for words in metric_words(table, evidence).values():
        yield " ".join(words)
    yield " ".join(dimension_words(table, evidence))
    for column in table.columns:
        yield "" if column.role == "dimension" else column.label or ""
    query = table.query
    for entry in query.filters if query else ():
        dimension = evidence.semantic.dimensions.get(entry.dimension)
        yield dimension.label if dimension else ""
        yield "excluding" if entry.op == "not_in" else ""


def _periods(table: Table, evidence: Evidence) -> Iterator[str]:
    """The period as our own sentences write it, and the day's own word where it is that day alone."""
    query = table.query
    if query is None or query.time is None:
        return
    period = query.time
    yield " ".join((*lead_in(period), days_in_words(period)))
    if query.time_grain:
        yield f"{query.time_grain} {query.time_grain}s"
    if period.start == period.end == evidence.as_of:
        yield "today"
    if period.start == period.end == evidence.as_of - timedelta(days=1):
        yield "yesterday"


def _before(table: Table) -> str:
    """What a change is held against: the earlier period, or one of the same length before."""
    if table.compared_with:
        return earlier_in_words(table.compared_with)
    period = table.query.time if table.query else None
    return "day" if period is None or days_in(period) == 1 else "days week month"


def _words(text: str) -> list[str]:
    return _LETTERS.findall(text.lower())
