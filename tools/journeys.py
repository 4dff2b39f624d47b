"""What members go through, step by step: the path that most of them share, and for an advocate one real path.

The shared path is walked greedily: calls that follow a failure online are narrowed by who they are, where it
fails, what is shown and who takes the call, each time to the value that most of the calls left have. Every step is
a governed query, so the small-cell rule ends the path where too few members are left.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from semantic.query import DimensionFilter, Order, SemanticQuery, TimeRange
from semantic.windows import default_range
from tools.desk import Desk, Hidden
from tools.metrics import cost_notes, governed_table, plain, stated_assumptions
from tools.outcome import Column, Found, Outcome, Refusal, Table
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

VOLUME = "leaked_calls"
# What is asked at each step of the path, in the order in which a member meets it.
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Which journey", ("journey",)),
    ("Who", ("plan_type", "member_tenure")),
    ("On what", ("platform",)),
    ("Where it fails", ("step",)),
    ("What stops them", ("error_message",)),
    ("What the call is about", ("call_topic",)),
    ("Who takes the call", ("agent_team",)),
)
AT_THE_END = (
    "leaked_calls", "avg_leak_delay", "leaked_avg_handle_time", "leaked_negative_rate", "leaked_avg_sentiment",
    "leaked_repeat_rate", "avoidable_call_cost",
)  # fmt: skip
SHOWN = 3
UNSAYING = ("Unknown", "No ", "None")
NOT_MODELLED = (
    "Nobody's way from step to step is in this model: it holds figures of groups only. Its metrics can be asked "
    "by any of its dimensions."
)
NONE_TO_SHOW = "No call that follows a failure online may be shown here: there are none, or too few."
TYPICAL = (
    "The path is the one that most calls share at each step; it is nobody's own. A single member's journey is "
    "shown to member advocates who have stated a purpose."
)
ONE_MEMBER = "Beside it one member's own journey, without a name or an id: it is shown for the purpose you stated."
TIMELINE = "gold.member_journey_timeline"
SHOWN_OF_IT = ("event_ts", "channel", "event_type", "topic", "outcome", "detail", "sentiment_score")
MOST_EVENTS = 30


def walk_journey(
    desk: Hidden,
    filters: tuple[DimensionFilter, ...] = (),
    time: TimeRange | None = None,
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Walk through a member's journey: the steps from a failure online to a call, and what came of it.

    `filters` narrow it to a journey or a group. Shown is the path that most calls share, never a single member's,
    unless the reader may read member rows and has stated a purpose.
    """
    if VOLUME not in desk.semantic.metrics:
        return Refusal("not_modelled", NOT_MODELLED)
    period = time or default_range(SemanticQuery(metrics=(VOLUME,)), desk.questions, desk.as_of, desk.first_day)
    walked = _walked(VOLUME, filters, period, desk)
    if isinstance(walked, Refusal):
        return walked
    tables, narrowed = walked
    if not tables:
        return Refusal("no_value", NONE_TO_SHOW)
    end = SemanticQuery(metrics=_known(AT_THE_END, desk), filters=narrowed, time=period)
    last = governed_table(end, desk, "How it ends")
    single = _single(narrowed, period, desk)
    found = (*tables, *([last] if isinstance(last, Table) else []), *single)
    asked = SemanticQuery(metrics=(VOLUME,), time=time)
    said = (*assumptions, *stated_assumptions(asked, tables[0], desk), *cost_notes(end.metrics, desk))
    return Found(found, "analysis", "journey", assumptions=(*said, ONE_MEMBER if single else TYPICAL))


def _known(names: tuple[str, ...], desk: Desk) -> tuple[str, ...]:
    return tuple(name for name in names if name in desk.semantic.metrics)


def _walked(
    volume: str, filters: tuple[DimensionFilter, ...], period: TimeRange, desk: Desk
) -> tuple[list[Table], tuple[DimensionFilter, ...]] | Refusal:
    """One table a step with its first rows, and the filters that the path has come to."""
    allowed = desk.semantic.dimensions_of(volume)
    tables: list[Table] = []
    for title, dimensions in STEPS:
        fixed = {item.dimension for item in filters if item.op == "in" and len(item.values) == 1}
        open_ones = tuple(name for name in dimensions if name in allowed and name not in fixed)
        if not open_ones:
            continue
        table = _step(title, volume, open_ones, filters, period, desk)
        if isinstance(table, Refusal) and not tables:
            return table
        row = _leading(table, volume) if isinstance(table, Table) else None
        if row is None or isinstance(table, Refusal):  # the rest of the path tells of too few
            break
        tables.append(replace(table, title=title))
        for name in open_ones:
            chosen = DimensionFilter(dimension=name, values=(str(table.cell(row, name)),))
            filters = (*(item for item in filters if item.dimension != name), chosen)
    return tables, filters


def _step(
    title: str,
    volume: str,
    dimensions: tuple[str, ...],
    filters: tuple[DimensionFilter, ...],
    period: TimeRange,
    desk: Desk,
) -> Table | Refusal:
    query = SemanticQuery(
        metrics=(volume,),
        dimensions=dimensions,
        filters=filters,
        time=period,
        share_of_total=desk.semantic.adds_up_by(volume, dimensions),
        order_by=(Order(by=volume),),
        limit=SHOWN,
    )
    return governed_table(query, desk, title)


def _leading(table: Table, volume: str) -> int | None:
    """The first row that says something and has a figure to show."""
    for row in range(len(table.rows)):
        names = [str(table.cell(row, column.name)) for column in table.columns if column.role == "dimension"]
        if table.cell(row, volume) and not any(name.startswith(UNSAYING) for name in names):
            return row
    return None


def _single(filters: tuple[DimensionFilter, ...], period: TimeRange, desk: Desk) -> tuple[Table, ...]:
    """One member's own events around the latest call at the end of the path, for a reader who may see member rows.

    It holds no id and no name; what was written and said is in it.
    """
    if desk.small_cell or not desk.principal.purpose:
        return ()
    statement = _timeline(filters, period, desk).sql(dialect="duckdb")
    try:
        result = desk.door.query(
            statement, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        )
    except DeniedError:  # the role may not: the shared path says it all
        return ()
    desk.spend(result.timings_ms)
    if not result.rows:
        return ()
    columns = tuple(Column(c.name, c.type, "", _role(c.name), c.name.replace("_", " ")) for c in result.columns)
    rows = tuple(tuple(plain(cell) for cell in row) for row in result.rows)
    return (Table("One member's own journey", columns, rows, sql=result.sql, asked=statement),)


def _role(name: str) -> str:
    return "metric" if name == "sentiment_score" else "dimension"


def _timeline(filters: tuple[DimensionFilter, ...], period: TimeRange, desk: Desk) -> exp.Select:
    """The events of the day of the latest call at the end of the path, and of the day after it."""
    calls = _latest_call(filters, period, desk)
    day = calls.select("call_date").subquery()
    next_day = exp.DateAdd(this=day.copy(), expression=exp.Literal.number(1), unit=exp.var("DAY"))
    return (
        exp.select(*SHOWN_OF_IT)
        .from_(TIMELINE)
        .where(exp.EQ(this=exp.column("member_id"), expression=calls.select("member_id").subquery()))
        .where(exp.Between(this=exp.column("event_date"), low=day, high=next_day))
        .order_by("event_ts", "event_id")
        .limit(MOST_EVENTS)
    )


def _latest_call(filters: tuple[DimensionFilter, ...], period: TimeRange, desk: Desk) -> exp.Select:
    (measure,) = (desk.semantic.measures[name] for name, _ in desk.semantic.metrics[VOLUME].numerator)
    dataset = desk.semantic.datasets[measure.dataset]
    select = exp.Select().from_(dataset.table).where(exp.column(measure.column or "").eq(1))
    for item in filters:
        wanted = exp.column(dataset.columns[item.dimension]).isin(*item.values)
        select = select.where(exp.not_(wanted) if item.op == "not_in" else wanted)
    days = (exp.cast(exp.Literal.string(day.isoformat()), "DATE") for day in (period.start, period.end))
    low, high = days
    within = exp.Between(this=exp.column(dataset.time_column), low=low, high=high)
    return select.where(within).order_by(f"{dataset.time_column} DESC", dataset.key or "call_id").limit(1)
