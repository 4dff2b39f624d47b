"""The one door to the data, for chat, dashboard, evals and export: guard, locked engine, audit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from warehouse.audit import Answered, AuditLog, DataClass, Failed, Judged, result_hash
from warehouse.disclosure.admission import Admission, Admitted
from warehouse.disclosure.showing import Shown, shown
from warehouse.engine import Rows
from warehouse.errors import CommandCenterError, DeniedError, MissingDataError, UsageError
from warehouse.guard import Allow, Decision, Deny, check
from warehouse.guard.decision import Disclosure, deny
from warehouse.guard.judge import data_for
from warehouse.guard.statement import Catalog, Parameter
from warehouse.outside import require_unchanged
from warehouse.policy import Data, Policy, load_policy
from warehouse.principal import Principal
from warehouse.settings import Limits, Settings
from warehouse.snapshots import CURRENT, Snapshot, current
from warehouse.time_travel import find_kept
from warehouse.workers.pool import WorkerPool, open_pool
from warehouse.workers.remembered import Remembered

SHOWN = "shown.db"
REMEMBERED_ROWS = 500


@dataclass(frozen=True)
class QueryContext:
    """Where a statement comes from. The question is kept in the audit trail as a fingerprint only.

    `plan` is the semantic query as JSON; the trail keeps its names, and fingerprints of its values. `own`: the
    reader wrote the statement, so that nothing of it is taken for ours.
    """

    answer_id: str = ""
    question: str = ""
    source: str = "chat"
    plan: str = ""
    own: bool = False


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result with DuckDB's type name."""

    name: str
    type: str


@dataclass(frozen=True)
class QueryResult:
    """Rows and where they come from. `sql` is the text that ran; `truncated` says that there were more rows.

    `suppressed` are the (row, column) cells that are blank because too few members are behind them; `leaves_out`
    says that groups of so few may be missing.
    """

    columns: list[ResultColumn]
    rows: list[tuple[Any, ...]]
    sql: str
    snapshot: str
    as_of: date
    truncated: bool
    timings_ms: dict[str, float]
    audit_id: int
    tables: tuple[str, ...]
    suppressed: frozenset[tuple[int, int]] = frozenset()
    leaves_out: bool = False


@dataclass(frozen=True)
class _Asked:
    """One statement on its way: the text, who asks, and the snapshot that answers.

    `compiled`: by our own compiler. `shareable`: rows of groups by such a statement, which names no clock; the
    same for all on one snapshot.
    """

    sql: str
    principal: Principal
    params: dict[str, Parameter]
    snapshot: str
    pool: WorkerPool
    limits: Limits
    shareable: bool = False
    compiled: bool = False

    def params_in(self, text: str) -> dict[str, Parameter]:
        """The parameters that a text names; the database refuses others."""
        return {name: value for name, value in self.params.items() if f"${name}" in text}


class Warehouse:
    """A published warehouse behind the guard. Safe to share between threads.

    It follows the pointer to the served snapshot; with a `snapshot_id` (or the beginning of one, or an as-of day)
    it stays with that kept one. An `outside` snapshot is somebody else's file, judged by a `policy` of its own.
    Whom it `awaits` has a worker ready, most readers unless said otherwise.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        audit: AuditLog,
        snapshot_id: str | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        outside: Snapshot | None = None,
        policy: Policy | None = None,
        awaits: Principal | None = None,
    ) -> None:
        self._path = path
        self._outside = outside
        self._policy = policy or load_policy()
        self._pinned = snapshot_id
        self._retention = settings.build
        self._limits = settings.limits
        self._audit = audit
        self._admission = Admission(settings.state / SHOWN, settings.limits, clock or (lambda: datetime.now(UTC)))
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._awaited = awaits
        self._pools: dict[tuple[Data, Limits], WorkerPool] = {}
        self._results: Remembered[Rows] = Remembered(500)

    @property
    def policy(self) -> Policy:
        """The law that statements are judged by."""
        return self._policy

    def query(
        self,
        sql: str,
        principal: Principal,
        *,
        params: dict[str, Parameter] | None = None,
        context: QueryContext | None = None,
    ) -> QueryResult:
        """Judge, record, run, record. `params` fill `$name` placeholders and come from the compiler only.

        Raises DeniedError with the decision's code (exit 3), MissingDataError when there is no readable snapshot
        (exit 4), UsageError when the statement does not fit the data (exit 2).
        """
        started = perf_counter()
        snapshot, pool = self._open(principal)
        ours = context is not None and not context.own and (bool(context.plan) or context.source == "dashboard")
        shareable = ours and self._outside is None and data_for(principal, self._policy) == "shared"
        limits = self._limits_of(principal)
        asked = _Asked(sql, principal, params or {}, snapshot.id, pool, limits, shareable, ours)
        decision = self._decide(asked)
        judged = perf_counter()
        audit_id = self._record_before(sql, principal, context or QueryContext(), decision, snapshot)
        if isinstance(decision, Deny):
            raise _refusal(decision)
        running = perf_counter()
        found = self._run(asked, decision, audit_id)
        finished = perf_counter()
        rows = found.rows.rows[: asked.limits.rows]
        self._audit.answered(
            Answered(
                of=audit_id,
                rows=len(rows),
                suppressed=len(found.suppressed),
                ms=_ms(finished - running),
                result=result_hash([name for name, _ in found.rows.columns], rows),
            )
        )
        return QueryResult(
            columns=[ResultColumn(name, type_) for name, type_ in found.rows.columns],
            rows=rows,
            sql=decision.sql,
            snapshot=snapshot.id,
            as_of=snapshot.as_of,
            truncated=len(found.rows.rows) > asked.limits.rows,
            timings_ms={"guard": _ms(judged - started), "query": _ms(finished - running)},
            audit_id=audit_id,
            tables=decision.tables,
            suppressed=frozenset(cell for cell in found.suppressed if cell[0] < len(rows)),
            leaves_out=found.leaves_out,
        )

    def check(self, sql: str, principal: Principal) -> Decision:
        """The decision on a statement, which does not run; without a snapshot the declared schema counts."""
        try:
            snapshot, pool = self._open(principal)
        except MissingDataError:
            return self._judged(sql, principal, {}, None, runs=False)
        asked = _Asked(sql, principal, {}, snapshot.id, pool, self._limits_of(principal))
        return self._decide(asked, runs=False)

    def snapshot(self) -> Snapshot:
        """The snapshot that is read. Raises MissingDataError when there is none or it is damaged."""
        with self._lock:
            return self._current()

    def workers(self) -> tuple[int, int]:
        """How many processes run statements, and how many of them are at one now."""
        with self._lock:
            pools = list(self._pools.values())
        return sum(len(pool.process_ids()) for pool in pools), sum(len(pool.busy_ids()) for pool in pools)

    def require_worker(self) -> None:
        """Have a worker for most readers answer, started when there is none; one that is busy is alive.

        Raises MissingDataError when there is no snapshot or none can open it, DeniedError when none answers.
        """
        with self._lock:
            pool = self._pool(self._current(), "shared", self._limits)
        if not pool.busy_ids():
            pool.estimated_rows("SELECT 1", {})

    def close(self) -> None:
        """Let go of the workers; each ends when its last statement is done."""
        with self._lock:
            self._pools.clear()
            self._snapshot = None
        self._admission.close()

    def _open(self, principal: Principal) -> tuple[Snapshot, WorkerPool]:
        data, limits = data_for(principal, self._policy), self._limits_of(principal)
        with self._lock:
            snapshot = self._current()
            return snapshot, self._pool(snapshot, data, limits)

    def _pool(self, snapshot: Snapshot, data: Data, limits: Limits) -> WorkerPool:
        if (data, limits) not in self._pools:
            self._pools[data, limits] = open_pool(snapshot, limits, data=data)
        return self._pools[data, limits]

    def _limits_of(self, principal: Principal) -> Limits:
        """The settings', or those that the policy gives a system."""
        system = self._policy.systems.get(principal.role)
        own = (
            {name: value for name, value in system.limits.items() if name in Limits.model_fields} if system else {}
        )
        return self._limits.model_copy(update=own)

    def _current(self) -> Snapshot:
        """The pointer is read for every statement; the files behind it only when it has moved."""
        if self._outside is not None:
            require_unchanged(self._outside)
            return self._snapshot or self._serve(self._outside)
        if self._pinned is not None:
            return self._snapshot or self._serve(find_kept(self._path, self._pinned, self._retention))
        try:
            pointer = (self._path / CURRENT).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            pointer = ""
        if self._snapshot is None or self._snapshot.id != pointer:
            self._pools.clear()
            self._snapshot = None
            return self._serve(current(self._path))
        return self._snapshot

    def _serve(self, snapshot: Snapshot) -> Snapshot:
        """From now on, statements read this one; a worker for whom it awaits opens it meanwhile."""
        self._snapshot = snapshot
        if self._awaited is None:
            self._pool(snapshot, "shared", self._limits)
        else:
            self._pool(snapshot, data_for(self._awaited, self._policy), self._limits_of(self._awaited))
        return snapshot

    def _decide(
        self, asked: _Asked, totals: frozenset[frozenset[str]] = frozenset(), *, runs: bool = True
    ) -> Decision:
        pool, params = asked.pool, asked.params
        decision = self._judged(
            asked.sql, asked.principal, params, pool.catalog, totals, runs=runs, compiled=asked.compiled
        )
        if isinstance(decision, Deny):
            return decision
        try:
            if not pool.reads(decision.sql, params) <= self._behind(decision.tables):
                return deny("binder_disagrees")
        except UsageError:
            return deny("does_not_fit")
        return self._with_bound_forms(asked, decision)

    def _behind(self, tables: Iterable[str]) -> frozenset[str]:
        """The tables that a reader of these may read: themselves, and what their views show of another's file."""
        views, names = self._outside.manifest["behind"] if self._outside else {}, frozenset(tables)
        return names.union(*(views.get(name, ()) for name in names))

    def _judged(
        self,
        sql: str,
        principal: Principal,
        params: dict[str, Parameter],
        catalog: Catalog | None,
        totals: frozenset[frozenset[str]] = frozenset(),
        *,
        runs: bool = True,
        compiled: bool = False,
    ) -> Decision:
        limits = self._limits_of(principal)
        return check(
            sql,
            principal,
            policy=self._policy,
            parameters=params,
            catalog=catalog,
            row_limit=limits.rows,
            small_cell=limits.small_cell,
            round_members_to=limits.round_members_to,
            totals=totals,
            runs=runs,
            compiled=compiled,
        )

    def _run(self, asked: _Asked, decision: Allow, audit_id: int) -> Shown:
        started = perf_counter()
        try:
            return self._shown(asked, decision)
        except BaseException as error:  # a stopped process is recorded as well
            outcome = getattr(error, "code", None) or type(error).__name__
            self._audit.failed(Failed(of=audit_id, outcome=str(outcome), ms=_ms(perf_counter() - started)))
            raise

    def _shown(self, asked: _Asked, decision: Allow) -> Shown:
        """The result as this reader may see it, after all that they have seen."""
        pool, seconds = asked.pool, asked.limits.seconds

        def run(text: str, most: int) -> Rows:
            return self._rows(asked, text, most)

        def run_alone(text: str, most: int) -> Rows:
            return pool.run(text, {}, most=most, seconds=seconds)

        def small(form: Disclosure) -> bool:
            if form.probe is None:
                return True
            return pool.number(form.probe, asked.params_in(form.probe), seconds=seconds) > 0

        admitted = Admitted()
        if decision.disclosure is not None:
            released = decision.disclosure.releases
            admitted = self._admission.admit(asked.principal.user, asked.snapshot, released, run_alone)
        if admitted.totals:
            again = self._decide(asked, admitted.totals)
            if isinstance(again, Deny):
                raise _refusal(again)
            decision = again
        return shown(decision, run, asked.limits.rows + 1, small, admitted.withheld)

    def _rows(self, asked: _Asked, text: str, most: int) -> Rows:
        """What many readers ask runs once a snapshot; it is judged, admitted and recorded for each of them."""
        params = asked.params_in(text)
        key = (asked.snapshot, asked.limits.memory_mb, most, text, tuple(sorted(params.items())))
        known = self._results.get(key) if asked.shareable else None
        if known is not None:
            return known
        found = asked.pool.run(text, params, most=most, seconds=asked.limits.seconds)
        keep = asked.shareable and len(found.rows) <= REMEMBERED_ROWS
        return self._results.put(key, found) if keep else found

    def _record_before(
        self, sql: str, principal: Principal, context: QueryContext, decision: Decision, snapshot: Snapshot
    ) -> int:
        allowed = decision if isinstance(decision, Allow) else None
        denied = decision if isinstance(decision, Deny) else None
        return self._audit.judged(
            Judged(
                user=principal.user,
                role=principal.role,
                attributes=dict(principal.attributes),
                purpose=principal.purpose or "",
                break_glass=principal.break_glass or "",
                source=context.source,
                answer=context.answer_id,
                question=context.question,
                plan=context.plan,
                sql_in=sql,
                sql_out=allowed.sql if allowed else "",
                readable=not (denied and denied.layer == "lex"),
                tables=allowed.tables if allowed else (),
                data_class=_data_class(allowed.tables, principal, self._policy) if allowed else "",
                policy=self._policy.version,
                snapshot=snapshot.id,
                verdict="allow" if allowed else "deny",
                code=denied.code if denied else "",
                layer=denied.layer if denied else "",
            )
        )

    def _with_bound_forms(self, asked: _Asked, decision: Allow) -> Decision:
        """The decision with those forms for small cells that the database understands as the guard does."""
        form = decision.disclosure
        if form is None:
            return decision
        readable = self._behind(f"gold.{name}" for name in self._policy.roles[asked.principal.role].tables)

        def binds(text: str) -> bool:
            try:
                return bool(text) and asked.pool.reads(text, asked.params_in(text)) <= readable
            except UsageError:
                return False

        probe = form.probe if form.probe is not None and binds(form.probe) else None
        exact = form.exact if binds(form.exact) else ""
        if probe is None and not exact:
            return deny("small_cells")
        return replace(decision, disclosure=replace(form, probe=probe, exact=exact))


def _data_class(tables: tuple[str, ...], principal: Principal, policy: Policy) -> DataClass:
    """What kind of data a statement may read: the lake, members one by one, or totals."""
    governed = [policy.tables.get(name.removeprefix("gold.")) for name in tables]
    if not all(governed):
        return "raw"
    by_member = any(table.is_member_level for table in governed if table)
    return "member_rows" if by_member and data_for(principal, policy) != "shared" else "aggregate"


def _refusal(decision: Deny) -> CommandCenterError:
    if decision.code == "does_not_fit":
        return UsageError(
            decision.reason, next_step="Compare it with the columns' types; add the missing GROUP BY or CAST."
        )
    return DeniedError(decision.reason, code=decision.code)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
