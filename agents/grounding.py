"""The checker: no number, date, direction or name reaches a person unless the results bear it out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from agents.answer import Fact
from agents.claims import BETTER, DOWN, LEAST, MOST, NOTHING, SAME, UP, WORSE, Names, claims
from agents.disclosure import SCOPE, SMALL_CELL, few_members, hides_ranks, unscoped
from agents.voice import steady
from agents.wording import (
    bucket_in_words,
    days_in_words,
    earlier_in_words,
    in_sentence,
    lead_in,
    number_word,
    plural,
    threshold,
    written,
)
from semantic.model import SemanticModel
from semantic.values import ValueDictionary
from semantic.windows import is_whole
from tools.formula import FormulaError, computed_columns, evaluate, formula_for
from tools.outcome import PlainCell, Table


@dataclass(frozen=True)
class Evidence:
    """What a text may rest on: the whole result tables, the question's constants and the semantic model."""

    semantic: SemanticModel
    values: ValueDictionary
    as_of: date
    names: Names
    tables: tuple[Table, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)
    question: str = ""


def problems(text: str, facts: Sequence[Fact], evidence: Evidence) -> list[str]:
    """What is wrong with a text whose numbers are said to be `facts`, in reading order; empty when it holds.

    Every fact is recomputed from cells or constants, must stand in the text in order, and nothing checkable may
    stand in the text beside the facts.
    """
    found = [f"{fact.text!r} is not borne out by {fact.source}" for fact in facts if not holds(fact, evidence)]
    spans, missing = _places(text, facts)
    found += [f"{fact.text!r} is missing from the text" for fact in missing]
    found += unscoped(facts, evidence.tables)
    for claim in claims(text, evidence.names, row_names(evidence)):
        if not any(start <= claim.start and claim.end <= end for start, end in spans):
            found.append(f"{claim.text!r} rests on nothing")
    return found


def table_problems(tables: Sequence[Table], constants: dict[str, float]) -> list[str]:
    """Computed cells that do not follow from their formula."""
    return [
        f"{table.title} row {row} {name} does not follow from {formula_for(table.formulas, name, row)}"
        for table in tables
        for name in computed_columns(table.formulas)
        for row in range(len(table.rows))
        if not _follows(table.cell(row, name), formula_for(table.formulas, name, row), tables, constants)
    ]


def _follows(cell: PlainCell, formula: str, tables: Sequence[Table], constants: dict[str, float]) -> bool:
    try:
        value = evaluate(formula, tables, constants)
    except FormulaError:
        return cell is None
    return isinstance(cell, int | float) and math.isclose(cell, value, rel_tol=1e-9, abs_tol=1e-9)


def _places(text: str, facts: Sequence[Fact]) -> tuple[list[tuple[int, int]], list[Fact]]:
    spans: list[tuple[int, int]] = []
    missing: list[Fact] = []
    at = 0
    for fact in facts:
        found = re.compile(rf"(?<![\w$.-]){re.escape(fact.text)}(?![\w%])").search(text, at)
        if found is None:
            missing.append(fact)
            continue
        at = found.end()
        spans.append(found.span())
    return spans, missing


def known_names(semantic: SemanticModel, values: ValueDictionary) -> Names:
    """Every dimension value's label that the model and the data know."""
    return Names(values.label(name, value) for name in semantic.dimensions for value in values.values(name))


def row_names(evidence: Evidence) -> Names:
    """The labels of the dimension values in the results."""
    return Names(
        evidence.values.label(column.name, str(row[position]))
        for table in evidence.tables
        for position, column in enumerate(table.columns)
        if column.role == "dimension"
        for row in table.rows
    )


def holds(fact: Fact, evidence: Evidence) -> bool:
    """Whether one fact's text says what its source holds."""
    kind, _, rest = fact.source.partition(":")
    check = CHECKS.get(kind)
    try:
        return bool(check and check(fact, rest, evidence))
    except (FormulaError, IndexError, KeyError, StopIteration, ValueError):
        return False


def _cell(fact: Fact, rest: str, evidence: Evidence) -> bool:
    part, row, name = rest.split(":")
    table = evidence.tables[int(part)]
    column, cell = table.columns[table.column(name)], table.cell(int(row), name)
    if cell is None:
        return fact.text == ("not shown" if table.hides(int(row), name) else "n/a")
    if isinstance(cell, str) and column.role == "time":
        grain = table.query.time_grain if table.query and table.query.time_grain else "day"
        return fact.text == bucket_in_words(date.fromisoformat(cell[:10]), grain)
    if isinstance(cell, str) or column.role == "dimension":
        return fact.text == evidence.values.label(name, str(cell))
    return fact.value == cell and fact.text in _renderings(cell, column.unit)


def _formula(fact: Fact, rest: str, evidence: Evidence) -> bool:
    value = evaluate(rest, evidence.tables, evidence.constants)
    close = isinstance(fact.value, int | float) and math.isclose(fact.value, value, rel_tol=1e-9, abs_tol=1e-9)
    return close and fact.text in _renderings(value, fact.unit) and fact.unit in _formula_units(rest, evidence)


def _formula_units(formula: str, evidence: Evidence) -> set[str]:
    """The units a formula's value may be written in: those of its cells, and what its functions make of them."""
    if formula.startswith("rows:"):
        return {""}
    units = set()
    for table_index, table in enumerate(evidence.tables):
        for column in table.columns:
            if f":{table_index}:" in formula and column.name in formula:
                units.add(column.unit)
    if "change(" in formula or "change_pct" in formula:
        return {"rate"}
    return {"points"} if "mul(abs(" in formula and formula.endswith(", 100)") else units


def _renderings(value: float, unit: str) -> set[str]:
    shown = written(value, unit)
    texts = {shown}
    if unit == "points":
        texts.add(shown.replace("point", "percentage point"))
    if unit in ("", "count") and value == int(value):
        texts |= {number_word(int(value))} | ({"no"} if value == 0 else set())
    return texts


def _query(fact: Fact, rest: str, evidence: Evidence) -> bool:
    slot, _, detail = rest.partition(":")
    renamed = _RENAMED.fullmatch(slot)  # of another part of the question, with a number of its own
    check = _constant(slot, "percent") if renamed else QUERY_SLOTS[slot]
    return check(fact, detail, evidence)


_RENAMED = re.compile(r"(?:reduce_pct|other_pct)_\d+")


def _quoted(fact: Fact, _: str, evidence: Evidence) -> bool:
    """Words of the question, said back to whoever asked."""
    return " ".join(_WORDS.findall(fact.text)) in " ".join(_WORDS.findall(evidence.question))


_WORDS = re.compile(r"\w+")


def _metric_label(fact: Fact, name: str, evidence: Evidence) -> bool:
    labels = {column.label or name.replace("_", " ") for table in evidence.tables for column in table.columns
              if column.name == name}  # fmt: skip
    return fact.text in labels | {in_sentence(label) for label in labels}


def _dimension_label(fact: Fact, _: str, evidence: Evidence) -> bool:
    labels = {dimension.label for dimension in evidence.semantic.dimensions.values()}
    labels |= {c.label or c.name for table in evidence.tables for c in table.columns if c.role == "dimension"}
    nouns = {in_sentence(label) for label in labels}
    return fact.text in nouns | {plural(noun) for noun in nouns}


def _period(fact: Fact, part: str, evidence: Evidence) -> bool:
    query = evidence.tables[int(part)].query
    if query is None or query.time is None:
        return False
    before, after = lead_in(query.time)
    return fact.text == f"{before}{days_in_words(query.time)}{after}"


def _previous(fact: Fact, part: str, evidence: Evidence) -> bool:
    earlier = evidence.tables[int(part)].compared_with
    return earlier is not None and fact.text == earlier_in_words(earlier)


def _filter(fact: Fact, rest: str, evidence: Evidence) -> bool:
    dimension, _, value = rest.partition(":")
    return fact.text == evidence.values.label(dimension, value) and any(
        entry.dimension == dimension and value in entry.values
        for table in evidence.tables if table.query for entry in table.query.filters
    )  # fmt: skip


def _more(fact: Fact, dimension: str, evidence: Evidence) -> bool:
    counts = {len(entry.values) for table in evidence.tables if table.query for entry in table.query.filters
              if entry.dimension == dimension}  # fmt: skip
    return any(fact.text in _renderings(count - 3, "count") for count in counts)


def _having(fact: Fact, metric: str, evidence: Evidence) -> bool:
    wanted = {threshold(item, evidence.semantic) for table in evidence.tables if table.query
              for item in table.query.having if item.metric == metric}  # fmt: skip
    return fact.text in wanted


def _ranked_within(fact: Fact, part: str, evidence: Evidence) -> bool:
    """most or lowest of a ranking within groups: the end of it that the query keeps the first rows of."""
    query = evidence.tables[int(part)].query
    if query is None or not query.limit or not query.limit_by:
        return False
    upwards = bool(query.order_by) and query.order_by[0].direction == "asc"
    return fact.text in (LEAST if upwards else MOST)


def _constant(name: str, unit: str) -> Callable[[Fact, str, Evidence], bool]:
    def check(fact: Fact, _: str, evidence: Evidence) -> bool:
        value = evidence.constants[name]
        return fact.text in {written(value, unit), f"{value:g}%"}

    return check


def _few(fact: Fact, _: str, evidence: Evidence) -> bool:
    """The rule's own number, as long as it held something of the results back."""
    held = {table.small_cell for table in evidence.tables if table.withholds}
    return fact.value in held and fact.text.lower() == few_members(int(fact.value))


def _scope(fact: Fact, rest: str, evidence: Evidence) -> bool:
    part, _, name = rest.partition(":")
    return fact.text == SCOPE and hides_ranks(evidence.tables[int(part)], name)


def _shown_rows(fact: Fact, rest: str, evidence: Evidence) -> bool:
    part, _, name = rest.partition(":")
    table = evidence.tables[int(part)]
    shown = sum(not table.hides(row, name) for row in range(len(table.rows)))
    return fact.value == shown and fact.text in _renderings(shown, "count")


def _direction(fact: Fact, rest: str, evidence: Evidence) -> bool:
    value = _value_of(rest, evidence)
    words = SAME if abs(value) < NOTHING else UP if value > 0 else DOWN
    return fact.text in words or (fact.text in SAME and fact.value == 0 and _is_small(rest, evidence))


def _is_small(source: str, evidence: Evidence) -> bool:
    """Whether a compared metric and its earlier value are the same as they would be written."""
    _, part, row, name = source.removeprefix("formula:").split(":")
    metric = name.removesuffix("__change")
    table = evidence.tables[int(part)]
    new, old = table.cell(int(row), metric), table.cell(int(row), f"{metric}__previous")
    known = isinstance(new, int | float) and isinstance(old, int | float)
    return known and steady(float(new or 0), float(old or 0), table.columns[table.column(metric)].unit)


def _polarity(fact: Fact, rest: str, evidence: Evidence) -> bool:
    metric, _, source = rest.partition(":")
    polarity = evidence.semantic.metrics[metric].polarity
    good = (_value_of(source, evidence) > 0) == (polarity == "higher")
    return polarity != "neutral" and fact.text in (BETTER if good else WORSE)


def _value_of(source: str, evidence: Evidence) -> float:
    return evaluate(source.removeprefix("formula:"), evidence.tables, evidence.constants)


def _extreme(fact: Fact, rest: str, evidence: Evidence, *, complete: bool = False) -> bool:
    kind, part, row, name = rest.split(":")
    table = evidence.tables[int(part)]
    column = table.column(name)
    rows = [r for r in table.rows if not complete or _whole_bucket(table, r)]
    numbers = numbers_in(rows, column)
    edge = max(numbers) if kind == "max" else min(numbers)
    return table.rows[int(row)][column] == edge and fact.text in (MOST if kind == "max" else LEAST)


def _extreme_change(fact: Fact, rest: str, evidence: Evidence) -> bool:
    kind, part, row, name = rest.split(":")
    table = evidence.tables[int(part)]
    column = table.column(name)
    numbers = numbers_in(table.rows, column)
    value = table.rows[int(row)][column]
    rose = isinstance(value, int | float) and value >= 0
    size = "largest" if rose == (kind == "max") else "smallest"
    return (
        value == (max if kind == "max" else min)(numbers)
        and fact.text == f"the {size} {'rise' if rose else 'fall'}"
    )


def numbers_in(rows: Sequence[tuple[PlainCell, ...]], position: int) -> list[float]:
    """The numbers of a column, blanks left out."""
    return [cell for row in rows if isinstance(cell := row[position], int | float)]


def _whole_bucket(table: Table, row: tuple[PlainCell, ...]) -> bool:
    query = table.query
    if query is None or query.time is None or query.time_grain is None:
        return True
    position = next(i for i, column in enumerate(table.columns) if column.role == "time")
    return is_whole(date.fromisoformat(str(row[position])[:10]), query.time_grain, query.time)


def _text(fact: Fact, rest: str, evidence: Evidence) -> bool:
    """A whole sentence that a cell holds, such as what an action changes."""
    part, row, name = rest.split(":")
    return fact.text == evidence.tables[int(part)].cell(int(row), name)


def _series(fact: Fact, part: str, evidence: Evidence) -> bool:
    table = evidence.tables[int(part)]
    places = [i for i, column in enumerate(table.columns) if column.role == "dimension"]
    count = len({tuple(row[i] for i in places) for row in table.rows})
    return fact.text in _renderings(count, "count")


QUERY_SLOTS: dict[str, Callable[[Fact, str, Evidence], bool]] = {
    "metric": _metric_label,
    "dimension": _dimension_label,
    "period": _period,
    "previous": _previous,
    "filter": _filter,
    "more": _more,
    "having": _having,
    "ranked_within": _ranked_within,
    SMALL_CELL: _few,
    "question": _quoted,
    "reduce_pct": _constant("reduce_pct", "percent"),
    "other_pct": _constant("other_pct", "percent"),
    "interval_pct": _constant("interval_pct", "percent"),
}
CHECKS: dict[str, Callable[[Fact, str, Evidence], bool]] = {
    "cell": _cell,
    "formula": _formula,
    "query": _query,
    "direction": _direction,
    "polarity": _polarity,
    "extreme": _extreme,
    "extreme_complete": lambda fact, rest, evidence: _extreme(fact, rest, evidence, complete=True),
    "extreme_change": _extreme_change,
    "series": _series,
    "shown": _scope,
    "shown_rows": _shown_rows,
    "text": _text,
}
