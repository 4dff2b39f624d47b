"""Why questions: where a number concentrates and when it moved. A breakdown, never a proven cause."""

from __future__ import annotations

from datetime import timedelta

from semantic.query import Order, SemanticQuery, TimeRange
from tools.desk import Desk, Hidden
from tools.metrics import governed_table, stated_assumptions
from tools.outcome import Found, Outcome, Refusal, Table

CANDIDATES = (
    "error_message",
    "failure_reason",
    "platform",
    "member_tenure",
    "call_topic",
    "agent_team",
    "language",
)
PAIR = ("plan_type", "member_tenure")
CUTS = 3
TREND_DAYS = 42
CAVEAT = "This is a breakdown of where it happens, not a proven cause."


def explain_breakdown(query: SemanticQuery, desk: Hidden, assumptions: tuple[str, ...] = ()) -> Outcome:
    """Explain a "why" question: the change, the values that carry most of it, and the daily course.

    `query` names the metric, filters and period in question; dimensions in it are ignored.
    """
    metric = countable(query.metrics[0], desk)
    base = SemanticQuery(metrics=(metric,), filters=query.filters, time=query.time, compare_to="previous_period")
    total = governed_table(base, desk, "In total")
    if isinstance(total, Refusal):
        return total
    period = total.query.time if total.query else None
    cuts = _cuts(metric, base.model_copy(update={"time": period}), desk)
    tables = [total, *cuts, *_course(metric, base, period, desk)]
    said = stated_assumptions(base, total, desk) if query.time is None else ()
    if metric != query.metrics[0]:
        asked, counted = (desk.semantic.metrics[name].label for name in (query.metrics[0], metric))
        said = (*said, f"{asked} is explained through its count, {counted.lower()}.")
    return Found(tuple(tables), "analysis", "drivers", assumptions=(*assumptions, *said), notes=(CAVEAT,))


def countable(metric: str, desk: Desk) -> str:
    """The metric itself when its parts add up, else the count that is its numerator, when there is one."""
    wanted = desk.semantic.metrics[metric]
    if wanted.additive:
        return metric
    for name, other in desk.semantic.metrics.items():
        if other.additive and other.unit == "count" and other.numerator == wanted.numerator:
            return name
    return metric


def _cuts(metric: str, base: SemanticQuery, desk: Desk) -> list[Table]:
    """The most concentrated cuts first: by problem, place and member, as far as the metric allows."""
    allowed = desk.semantic.dimensions_of(metric)
    fixed = {f.dimension for f in base.filters if f.op == "in" and len(f.values) == 1}
    cuts: list[tuple[str, ...]] = [(name,) for name in CANDIDATES if name in allowed - fixed]
    if allowed.issuperset(PAIR):
        cuts.append(tuple(name for name in PAIR if name not in fixed))
    share = desk.semantic.metrics[metric].additive
    tables = []
    for dimensions in dict.fromkeys(cuts):
        if not dimensions:
            continue
        query = base.model_copy(
            update={"dimensions": dimensions, "compare_to": None, "share_of_total": share,
                    "order_by": (Order(by=metric),), "limit": 5}
        )  # fmt: skip
        table = governed_table(query, desk, _title(dimensions, desk))
        if isinstance(table, Table) and len(table.rows) > 1:
            tables.append(table)
    return sorted(tables, key=lambda table: -_concentration(table, metric))[:CUTS]


def _concentration(table: Table, metric: str) -> float:
    """How far the largest value's share stands above an even split over the values shown."""
    name = f"{metric}__share"
    if name not in {column.name for column in table.columns}:
        return 0.0
    share = table.cell(0, name)
    return float(share) - 1 / len(table.rows) if isinstance(share, int | float) else 0.0


def _title(dimensions: tuple[str, ...], desk: Desk) -> str:
    return "By " + " and ".join(desk.semantic.dimensions[name].label.lower() for name in dimensions)


def _course(metric: str, base: SemanticQuery, period: TimeRange | None, desk: Desk) -> list[Table]:
    """The daily course of the weeks up to the period's end."""
    end = period.end if period else desk.as_of
    start = max(desk.first_day, end - timedelta(days=TREND_DAYS - 1))
    if start >= end:
        return []
    course = base.model_copy(
        update={"compare_to": None, "time_grain": "day", "time": TimeRange(start=start, end=end)}
    )
    table = governed_table(course, desk, "Day by day")
    return [table] if isinstance(table, Table) else []
