"""Past fixes as evidence: what each one's calls before and after say of its effect, and how surely."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from tools.actions.playbook import HistoryPriors, Playbook
from tools.desk import Desk
from tools.outcome import PlainCell
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

COLUMNS = (
    "fix_id", "journey", "lever", "owner", "effort_days", "go_live_date", "calls_before", "calls_after", "cost",
    "cx_lift",
)  # fmt: skip
MOST_CHANGE = 3.0  # a level that went to a third or three times is another thing than a fix


@dataclass(frozen=True)
class PastFix:
    """One usable fix. `log_change` is ln(calls after / before), `error` its standard error.

    `measured`: the change is an impact estimate against a counterfactual, so that a high start is out of it.
    """

    fix_id: str
    journey: str
    lever: str
    log_change: float
    error: float
    effort_days: float | None = None
    cost: float | None = None
    cx_lift: float | None = None
    measured: bool = False


@dataclass(frozen=True)
class History:
    """The usable fixes, and how many rows were left out for which reason."""

    fixes: tuple[PastFix, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def digest(self) -> str:
        """Eight hex characters that change with any fix."""
        return hashlib.sha256(repr(self.fixes).encode()).hexdigest()[:8]


def past_fixes(desk: Desk, playbook: Playbook) -> History:
    """The fixes file through the door; empty when there is none or the reader may not see it."""
    sql = exp.select(*COLUMNS).from_("gold.fixes").order_by("fix_id").sql(dialect="duckdb")
    try:
        result = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        )
    except DeniedError:
        return History()
    desk.spend(result.timings_ms)
    return usable([dict(zip(COLUMNS, row, strict=True)) for row in result.rows], playbook, desk.as_of)


def usable(rows: Sequence[dict[str, object]], playbook: Playbook, as_of: date) -> History:
    """The rows that can say something of an effect; impossible ones are counted by their reason."""
    levers = {lever.history for lever in playbook.levers.values() if lever.history}
    fixes: list[PastFix] = []
    reasons: dict[str, int] = {}
    for row in rows:
        problem = _problem(row, levers, as_of)
        if problem:
            reasons[problem] = reasons.get(problem, 0) + 1
        else:
            fixes.append(_fix(row, playbook.history))
    return History(tuple(fixes), tuple(sorted(reasons.items())))


def _problem(row: dict[str, object], levers: Collection[str], as_of: date) -> str:
    if row["lever"] not in levers:
        return "their lever is none that the playbook is scored by"
    before, after = _number(row["calls_before"]), _number(row["calls_after"])
    if before is None or after is None:
        return "calls before or after are missing"
    if before <= 0 or after <= 0:
        return "calls before or after are not above zero"
    if not 1 / MOST_CHANGE <= after / before <= MOST_CHANGE:
        return "calls changed more than threefold"
    day = row["go_live_date"]
    if isinstance(day, date) and day > as_of:
        return "the go-live lies after the data"
    return "" if day else "the go-live is missing"


def _fix(row: dict[str, object], priors: HistoryPriors) -> PastFix:
    before, after = _number(row["calls_before"]) or 0.0, _number(row["calls_after"]) or 0.0
    counting = priors.overdispersion / priors.window_days * (1 / before + 1 / after)
    return PastFix(
        fix_id=str(row["fix_id"]),
        journey=str(row["journey"]),
        lever=str(row["lever"]),
        log_change=math.log(after / before),
        error=math.sqrt(counting + priors.usual_movement**2),
        effort_days=_number(row["effort_days"]),
        cost=_number(row["cost"]),
        cx_lift=_number(row["cx_lift"]),
    )


def _number(cell: object) -> float | None:
    plain: PlainCell = cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None
    return float(plain) if isinstance(plain, int | float) and math.isfinite(plain) else None
