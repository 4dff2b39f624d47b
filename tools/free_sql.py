"""Guarded SQL for what the semantic model cannot express. Offered to service models only."""

from __future__ import annotations

from dataclasses import replace

from tools.beside import beside_governed
from tools.desk import Desk, Hidden
from tools.made_up import HINT, made_up
from tools.metrics import plain
from tools.misnamed import MISNAMED, MISNAMED_HINT, misnamed
from tools.outcome import Column, Found, Mendable, Outcome, Refusal, Table
from warehouse.door import QueryContext
from warehouse.errors import DeniedError, UsageError
from warehouse.policy import Policy, load_policy
from warehouse.policy.loader import PURPOSE_ONLY

_WHOLE = ("BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER")
_BROKEN = ("DOUBLE", "FLOAT", "DECIMAL")
# Denials that another statement would only work around: the reader is told, the chat model does not try again.
FINAL = frozenset(
    ("too_close", "budget_spent", "disclosure_unavailable", "small_cells", "selects_small_cells",
     "running_small_cells", "narrow_slice", "member_rollup", "busy", "no_snapshot", "unknown_role",
     "purpose_required")
)  # fmt: skip
SIMPLER = "Write it more simply: one SELECT over gold tables, grouped by dimensions."
HINTS = {
    "not_a_select": "Only one SELECT can run; call refuse when the question asks for a change.",
    "not_one_statement": "Send exactly one SELECT, without a semicolon inside.",
    "member_rows": "Count, add up or average by dimensions; single members are not shown.",
    "identifier_use": "Use an id only inside COUNT or COUNT(DISTINCT ...).",
    "filter_not_allowed": "Filter and group by dimensions and whole days only.",
    "aggregate_not_allowed": "Use COUNT, SUM or AVG over one column.",
    "alias_not_allowed": "Name columns in a few plain words joined by underscores.",
    "literal_not_plain": "Write texts in single quotes without escapes.",
}
UNREAD = "Which days and groups it counts, and which it leaves out, stands in the statement alone."
UNVERIFIED = "Written as SQL for this question; the numbers are not governed metrics."


def run_sql(sql: str, desk: Hidden) -> Outcome:
    """Run one SELECT over the gold tables. Use it only when query_metrics cannot express the question.

    Event tables carry what the member was on the event's day (plan_type, segment, ...). For what members are
    today, count by dimensions of `gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id`.
    Every figure comes from columns or from counting rows, never from a number written into the SELECT list.
    """
    invented = made_up(sql, desk.question)
    if invented:
        raise Mendable("made_up", invented, HINT)
    if misnamed(sql, desk.semantic):
        raise Mendable("misnamed", MISNAMED, MISNAMED_HINT)
    try:
        result = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source, own=True)
        )
    except DeniedError as error:
        if error.code in FINAL:
            return Refusal(f"denied:{error.code}", " ".join(filter(None, (error.what, error.next_step))))
        hint, nearest = _repair(error, sql, desk)
        raise Mendable(error.code, error.what, hint, nearest) from error
    except UsageError as error:
        raise Mendable("does_not_fit", error.what, error.next_step) from error
    desk.spend(result.timings_ms)
    table = Table(
        title="",
        columns=tuple(_column(c.name, c.type) for c in result.columns),
        rows=tuple(tuple(plain(cell) for cell in row) for row in result.rows),
        sql=result.sql,
        truncated=result.truncated,
        suppressed=result.suppressed,
        leaves_out=result.leaves_out,
        small_cell=desk.small_cell,
        asked=sql,
    )
    compared = beside_governed(sql, table, desk)
    said = (UNVERIFIED, *([] if compared.read else [UNREAD]), *compared.sentences)
    return Found(
        (replace(table, interpretation=compared.read),),
        "generated_sql",
        assumptions=said,
        caveat=compared.caveat,
        follow_ups=compared.follow_ups,
    )


def _repair(error: DeniedError, sql: str, desk: Desk) -> tuple[str, tuple[str, ...]]:
    """How to write the statement so that it passes: the tables there are, or the columns of those it names."""
    policy: Policy = getattr(desk.door, "policy", None) or load_policy()  # another company's model has its own
    readable = policy.roles[desk.principal.role].tables
    if error.code == "table_not_allowed":
        return "Read only these tables.", tuple(f"gold.{name}" for name in sorted(readable))
    if error.code == "column_not_allowed":
        named = [name for name in sorted(readable) if name in sql]
        columns = {
            c.name: None for n in named for c in policy.tables[n].columns.values() if c.kind not in PURPOSE_ONLY
        }
        return f"These are columns of {', '.join(named)}.", tuple(columns)
    return error.next_step or HINTS.get(error.code, SIMPLER), ()


def _column(name: str, type_: str) -> Column:
    """Numbers are metrics, whole ones counts; everything else is a dimension."""
    role = "metric" if type_.upper().startswith(_WHOLE + _BROKEN) else "dimension"
    unit = "count" if type_.upper().startswith(_WHOLE) else ""
    return Column(name, type_, unit, role, name.replace("_", " "))
