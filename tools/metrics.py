"""Governed numbers: a semantic query, compiled and sent through the door."""

from __future__ import annotations

import time
from datetime import date, datetime
from decimal import Decimal

from semantic.availability import unavailable
from semantic.compiler import CompiledQuery, NotAnswerable, compile_query
from semantic.echo import attribution_note, describe, has_history, heading
from semantic.model import SemanticModel
from semantic.query import Order, SemanticQuery
from semantic.windows import default_range, uneven
from tools.desk import Desk, Hidden
from tools.disclosure import disclosed, leading, ranks_hidden, without_unknown
from tools.outcome import Column, Found, Mendable, Outcome, PlainCell, Refusal, Table
from tools.periods import day_in_words, period_in_words
from tools.whole_buckets import whole_buckets
from tools.within import by_outer, placed, together, told_apart
from warehouse.door import QueryContext
from warehouse.errors import DeniedError
from warehouse.workers.remembered import Remembered

WIDER_WINDOW = "_24h"
TOO_FEW_SHOWN = (
    "No call follows within 30 minutes here, or too few to be shown; calls within 24 hours are shown as well."
)
WIDER_SHOWN = "Hardly any call follows within 30 minutes here; calls within 24 hours are shown as well."
FEW, FEW_DOLLARS, FEW_RATE = 10, 100, 0.005
NO_PERIOD = "No period was named"
UNEVEN = "{label}: the two periods are not of the same length, and the sums are not adjusted for it."
CUT_INSTEAD = ("call_topic", "journey", "plan_type")
_COMPILED: Remembered[tuple[SemanticModel, CompiledQuery]] = Remembered()


def query_metrics(query: SemanticQuery, desk: Hidden, assumptions: tuple[str, ...] = ()) -> Outcome:
    """Answer with governed metrics by dimensions, filtered, over a period, compared and ranked.

    `assumptions` are sentences on how the question was read where it left something open.
    """
    asked, whole = whole_buckets(query, desk)
    table = governed_table(placed(asked, desk), desk)
    if isinstance(table, Refusal):
        return table
    said = (*without_period(assumptions), *stated_assumptions(asked, table, desk), *whole)
    said += (*attributed((table,), desk), *told_apart(asked, table, desk))
    places, of_one_name = _places(table, desk)
    wider = wider_tables(table, desk)
    said += (*of_one_name, *wider_note(table, wider))
    return Found((table, *places, *wider), "governed_metric", assumptions=said)


def _places(table: Table, desk: Desk) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Where a filter's value is the name of several places: the figures of each, and that they are together."""
    asked = by_outer(table.query, desk) if table.query else None
    apart = governed_table(asked, desk) if asked else None
    if table.query is None or not isinstance(apart, Table):
        return (), ()
    said = together(table.query, apart, desk)
    return ((apart,), said) if said else ((), ())


def without_period(assumptions: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences without a chat model's own on the default period: the tool says it with its days."""
    return tuple(sentence for sentence in assumptions if not sentence.startswith(NO_PERIOD))


def governed_table(query: SemanticQuery, desk: Desk, title: str = "") -> Table | Refusal:
    """Compile and run one semantic query. A missing source column or a denial is a Refusal; Mendable else."""
    compiled = _compile(query, desk)
    missing = missing_source(compiled.query, desk)
    if missing:
        return missing
    try:
        table = _run(compiled, desk, title or heading(compiled.query, desk.semantic))
        if not ranks_hidden(table):
            return table
        whole = _compile(compiled.query.model_copy(update={"limit": None, "limit_by": None}), desk)
        return leading(_run(whole, desk, table.title), compiled.query)
    except DeniedError as error:
        return Refusal(f"denied:{error.code}", error.what)


def _run(compiled: CompiledQuery, desk: Desk, title: str) -> Table:
    """The compiled query's rows as they may be shown. Raises DeniedError."""
    result = desk.door.query(
        compiled.sql,
        desk.principal,
        params=dict(compiled.params),
        context=QueryContext(
            desk.answer_id, desk.question, desk.source, plan=compiled.query.model_dump_json(exclude_defaults=True)
        ),
    )
    desk.spend(result.timings_ms)
    table = Table(
        title=title,
        columns=tuple(Column.of(column) for column in compiled.columns),
        rows=tuple(tuple(plain(cell) for cell in row) for row in result.rows),
        sql=result.sql,
        query=compiled.query,
        interpretation=describe(compiled.query, desk.semantic),
        truncated=result.truncated,
        compared_with=compiled.compared_with,
        suppressed=result.suppressed,
        small_cell=desk.small_cell,
    )
    return without_unknown(disclosed(table), desk.values)


def wider_tables(table: Table, desk: Desk) -> tuple[Table, ...]:
    """When next to nothing is counted and the model has the same metrics over a wider window, those as well."""
    query = table.query
    wider = {name: other for name in query.metrics if (other := wider_metric(name, desk))} if query else {}
    if query is None or query.average_per or not wider or not all(next_to_nothing(table, name) for name in wider):
        return ()
    order = tuple(Order(by=wider[o.by], direction=o.direction) for o in query.order_by if o.by in wider)
    metrics = tuple(dict.fromkeys(wider.values()))
    again = query.model_copy(update={"metrics": metrics, "order_by": order, "having": ()})
    found = governed_table(again, desk, "Within 24 hours")
    return (found,) if isinstance(found, Table) else ()


def wider_metric(name: str, desk: Desk) -> str:
    """The metric's counterpart over 24 hours, or the sibling that comes nearest to it; empty when none does."""
    if name.endswith(WIDER_WINDOW):
        return ""
    own = f"{name}{WIDER_WINDOW}"
    if own in desk.semantic.metrics:
        return own
    return next((other for other in desk.semantic.metrics[name].siblings if other.endswith(WIDER_WINDOW)), "")


def next_to_nothing(table: Table, metric: str) -> bool:
    """Whether a metric's cells are so small that they say little: a handful of calls, half a percent.

    A cell that is not shown has few members behind it: it counts as small.
    """
    column = table.columns[table.column(metric)]
    cells = [cell for row in table.rows if isinstance(cell := row[table.column(metric)], int | float)]
    if column.unit == "rate":
        return max(cells, default=0.0) < FEW_RATE
    return sum(cells) <= (FEW_DOLLARS if column.unit == "usd" else FEW)


def wider_note(table: Table, wider: tuple[Table, ...]) -> tuple[str, ...]:
    """What to say where figures over a wider window stand beside the asked ones."""
    if not wider:
        return ()
    return (TOO_FEW_SHOWN if table.withholds else WIDER_SHOWN,)


def _compile(query: SemanticQuery, desk: Desk) -> CompiledQuery:
    started = time.perf_counter()
    try:
        if query.time is None:
            time_range = default_range(query, desk.questions, desk.as_of, desk.first_day)
            query = query.model_copy(update={"time": time_range})
        return _compiled(query, desk)
    except NotAnswerable as error:
        raise Mendable(error.code, error.reason, error.next_step, error.nearest) from error
    finally:
        desk.spend({"compile": (time.perf_counter() - started) * 1000})


def _compiled(query: SemanticQuery, desk: Desk) -> CompiledQuery:
    """The query's statement. Readers share it: compiling is half of what a known figure costs."""
    narrowed = tuple(sorted(desk.principal.attributes))
    key = (desk.semantic.version, query, desk.as_of, desk.first_day, desk.last_day, narrowed)
    known = _COMPILED.get(key)
    if known is None or known[0] is not desk.semantic:
        model = desk.semantic.narrowed_by(narrowed)
        made = compile_query(model, query, as_of=desk.as_of, first_day=desk.first_day, last_day=desk.last_day)
        known = _COMPILED.put(key, (desk.semantic, made))
    return known[1]


def missing_source(query: SemanticQuery, desk: Desk) -> Refusal | None:
    """A refusal that names the source column a metric or dimension needs and this warehouse lacks."""
    for gap in unavailable(desk.semantic, query, desk.missing_columns):
        table, _, column = gap.column.partition(".")
        reason = f"{gap.label} needs the column {column} of the {table} file, which this warehouse's data lacks."
        nearest = _instead(query, gap.name, desk)
        hint = " What can be asked instead is below." if nearest else " Add it to the file and build again."
        return Refusal("missing_column", reason + hint, nearest)
    return None


def _instead(query: SemanticQuery, lacking: str, desk: Desk) -> tuple[str, ...]:
    """Up to three questions like the query that need no missing column: other metrics, other dimensions."""
    model = desk.semantic
    there = [name for name in query.metrics if name != lacking]
    if lacking in model.metrics:
        there += [name for name in model.metrics[lacking].siblings if name not in there]
    kept = tuple(name for name in query.dimensions if name != lacking) or (CUT_INSTEAD if there else ())
    asked = []
    for metric in there:
        cuts = [name for name in kept if name in model.dimensions_of(metric)][:1]
        again = SemanticQuery(metrics=(metric,), dimensions=tuple(cuts))
        if not unavailable(model, again, desk.missing_columns):
            asked.append(heading(again, model))
    return tuple(dict.fromkeys(asked))[:3]


def stated_assumptions(query: SemanticQuery, table: Table, desk: Desk) -> tuple[str, ...]:
    """What the person should know about how the numbers were made: default period, cut-off day, cost of a call."""
    said = []
    period = table.query.time if table.query and has_history(table.query, desk.semantic) else None
    if period and query.time is None:
        said.append(f"{NO_PERIOD}: {period_in_words(period)}.")
    if period and period.end > desk.as_of:
        said.append(f"{day_in_words(period.end)} is incomplete in the data.")
    if table.query and table.query.average_per and table.query.average_per != "day" and period:
        said.append(f"Only whole {table.query.average_per}s are averaged, {period_in_words(period)}.")
    averaged = table.query is not None and table.query.average_per is not None
    if table.query and period and table.compared_with and uneven(period, table.compared_with) and not averaged:
        sums = [
            desk.semantic.metrics[name].label for name in query.metrics if desk.semantic.metrics[name].additive
        ]
        said += [UNEVEN.format(label=label) for label in sums]
    return (*said, *cost_notes(query.metrics, desk))


def attributed(tables: tuple[Table, ...], desk: Desk) -> tuple[str, ...]:
    """Whose plan counts, when it is the one members have today and not the one at the event."""
    note = attribution_note([table.query for table in tables if table.query], desk.semantic)
    return (note,) if note else ()


def cost_notes(metrics: tuple[str, ...], desk: Desk) -> tuple[str, ...]:
    """Which cost model each money metric uses: the metric's own notes, once each."""
    notes = [m.notes for n in metrics if (m := desk.semantic.metrics.get(n)) and m.unit == "usd" and m.notes]
    return tuple(dict.fromkeys(notes))


def plain(cell: object) -> PlainCell:
    """A cell as JSON holds it: dates as ISO text, decimals as floats."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return float(cell)
    return cell if isinstance(cell, str | int | float | bool) or cell is None else str(cell)
