"""What a question says and a free chat model's statement lacks: its period, and the values that it names."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from agents.planner.reading import Reading, Span
from semantic.model import SemanticModel
from tools.governed_twin import twin_of

if TYPE_CHECKING:
    from agents.context import Context


def statement_gaps(sql: str, context: Context) -> tuple[str, ...]:
    """Words of the question that the statement does not hold, in reading order.

    Where the statement is a governed query written as SQL its days are known; elsewhere a day of the period must
    stand in it. A value must stand in it, or its dimension be a column.
    """
    try:
        statement = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return ()  # the door says what is wrong with it
    reading, _ = context.planner.read(context.desk.question, context.clock)
    texts = {node.name for node in statement.find_all(exp.Literal) if node.is_string}
    columns = {node.name.lower() for node in statement.find_all(exp.Column)}
    twin = twin_of(sql, context.desk)
    period = twin.query.time if twin else None
    missing = []
    for span in reading.spans:
        if span.kind == "time" and span.period is not None and len(reading.of_kind("time")) == 1:
            start, end = span.period.start, span.period.end
            held = start <= period.start and period.end <= end if period else _names_a_day(texts, start, end)
        elif span.kind == "value":
            held = _names_value(span, {text.lower() for text in texts}, columns, context.desk.semantic)
        else:
            continue
        missing += [] if held else [_words(reading, span)]
    return tuple(dict.fromkeys(missing))


def _names_a_day(texts: set[str], start: date, end: date) -> bool:
    """Whether a day of the period stands in the statement, or the one after it (`< DATE '2026-11-01'`)."""
    for text in texts:
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            continue
        if start - timedelta(days=1) <= day <= end + timedelta(days=1):
            return True
    return False


def _names_value(span: Span, texts: set[str], columns: set[str], model: SemanticModel) -> bool:
    for target in span.targets:
        of_it = {target.name} | {
            d.columns[target.name] for d in model.datasets.values() if target.name in d.columns
        }
        if (target.value or "").lower() in texts or of_it & columns:
            return True
    return False


def _words(reading: Reading, span: Span) -> str:
    return " ".join(token.raw for token in reading.tokens[span.start : span.end])
