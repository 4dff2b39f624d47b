"""The same plan again, as its reader: on the answer's snapshot, or on the newest to see what changed.

Each governed part's query goes through the compiler and the one door again, with the role and the attributes that
its reader had. Whatever is compared was shown to that reader, then or now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from agents.answer import AnswerPart
from agents.answer_store import KeptAnswer, part_hash, parts_of, rows_digest
from agents.assembly import as_part, as_table
from agents.differences import Differences, differences, of_part
from agents.knowledge import Knowledge, carried_over
from agents.versions import versions
from semantic.query import SemanticQuery, TimeRange
from tools.formula import FormulaError, computed_columns, evaluate, formula_for
from tools.free_sql import run_sql
from tools.metrics import governed_table
from tools.outcome import Found, Mendable, PlainCell, Refusal, Table
from warehouse.door import Warehouse
from warehouse.errors import MissingDataError, UsageError
from warehouse.principal import ROLES, Principal, Role
from warehouse.time_travel import find_kept

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from tools.desk import Desk

Against = Literal["same", "newest"]
State = Literal["identical", "changed", "computed", "refused"]
SOURCES: dict[Against, str] = {"same": "replay", "newest": "what_changed"}
"""Where the door is told that a statement comes from: `replay` shows nothing that its reader has not seen."""


@dataclass(frozen=True)
class Day:
    """A snapshot and its last complete day."""

    snapshot: str
    as_of: date | None


@dataclass(frozen=True)
class ReplayedPart:
    """One part then and now. `differences` is None where rows were not kept: then only the hashes tell.

    `state` computed: all cells follow from the other parts by formulas. `reason` says why a part is refused or
    what else is to be known of it. `period` are the days that the query read now.
    """

    title: str
    state: State
    old_hash: str
    new_hash: str
    period: TimeRange | None = None
    old_period: TimeRange | None = None
    differences: Differences | None = None
    reason: str = ""
    code: str = ""
    columns: tuple[tuple[str, str, str], ...] = ()
    """Name, label and unit of each column."""


@dataclass(frozen=True)
class Replay:
    """A replayed answer. `changed_since` names what else than the data is another one now (in words)."""

    answer_id: str
    reader: str
    role: str
    against: Against
    old: Day
    new: Day
    parts: tuple[ReplayedPart, ...]
    changed_since: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether every part gives what it gave then."""
        return all(part.state in ("identical", "computed") for part in self.parts)

    @property
    def denied(self) -> bool:
        """Whether the reader may not see a part of it any more, or not without a stated purpose."""
        return any(part.code.startswith("denied:") for part in self.parts)


def reader_of(kept: KeptAnswer, purpose: str | None = None) -> Principal:
    """The reader of a stored answer, with a purpose that is stated now. Raises UsageError for an unknown role."""
    role: Role | None = next((known for known in get_args(Role) if known == kept.role), None)
    if role is None:
        raise UsageError(
            f"The role {kept.role!r} does not exist any more.", next_step=f"Known: {', '.join(ROLES)}."
        )
    return Principal(kept.user, role, purpose, kept.attributes)


def replay(
    assistant: Assistant,
    kept: KeptAnswer,
    principal: Principal,
    against: Against = "same",
    *,
    same_words: bool = False,
    by: str = "",
) -> Replay:
    """Run a stored answer's plan again with the principal's rights, who is its reader.

    Raises UsageError (exit 2) when there is nothing to run, MissingDataError (exit 4) when the snapshot is no
    longer kept, DeniedError (exit 3) when the audit trail cannot be written. `by` is who asks for it.
    """
    answer = kept.answer
    if answer.status != "answered" or not parts_of(answer):
        raise UsageError(
            f"The answer has no figures ({answer.status}): there is nothing to replay.",
            where=answer.answer_id,
            next_step="Replay an answer with a table.",
        )
    known = assistant.knowledge(principal)
    with _opened(assistant, answer.snapshot, against, known) as (door, now):
        _record(assistant, kept, principal, against, now, by)
        desk = now.context(
            answer.question, principal, door, _silent, answer.answer_id, SOURCES[against]
        ).desk  # fmt: skip
        plan = _Plan(desk, _reread(kept, now) if same_words else None)
        tables = [plan.run(part) for part in parts_of(answer)]
        before = _rows_then(assistant, kept, principal, against, known)
    return _result(kept, principal, against, now, tables, before, same_words=same_words)


def _record(
    assistant: Assistant, kept: KeptAnswer, principal: Principal, against: Against, now: Knowledge, by: str
) -> None:
    assistant.audit.append(
        {
            "event": "replayed",
            "user": by or principal.user,
            "reader": principal.user,
            "role": principal.role,
            "answer": kept.answer.answer_id,
            "against": against,
            "snapshot": now.snapshot,
        }
    )


@contextmanager
def _opened(
    assistant: Assistant, snapshot_id: str, against: Against, known: Knowledge
) -> Iterator[tuple[Warehouse, Knowledge]]:
    if against == "newest" or snapshot_id == known.snapshot:
        yield assistant.door, known
        return
    snapshot = find_kept(assistant.warehouse, snapshot_id, assistant.settings.build)
    door = Warehouse(assistant.warehouse, assistant.settings, assistant.audit, snapshot.id)
    try:
        yield door, carried_over(assistant.settings, snapshot, known)
    finally:
        door.close()


def _rows_then(
    assistant: Assistant, kept: KeptAnswer, principal: Principal, against: Against, known: Knowledge
) -> list[AnswerPart] | None:
    """The answer's parts with the rows they had; None when its reader may not see them, or nobody can any more."""
    parts = parts_of(kept.answer)
    if principal.attributes != kept.attributes:
        return None  # rows outside of the present row filter may be among them
    if kept.rows_kept:
        return parts
    if against == "same":
        return None
    try:
        with _opened(assistant, kept.answer.snapshot, "same", known) as (door, then):
            desk = then.context("", principal, door, _silent, kept.answer.answer_id, SOURCES["same"]).desk
            found = [_Plan(desk, None).run(part) for part in parts]
    except MissingDataError:
        return None
    if any(not isinstance(table, Table) for table in found):
        return None
    return [as_part(table) for table in found if isinstance(table, Table)]


class _Stopped:
    """Why a part gave no table."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason


class _Plan:
    """Runs parts one after the other, so that computed parts find the tables they are computed from."""

    def __init__(self, desk: Desk, reread: Callable[[TimeRange], TimeRange] | None) -> None:
        self._desk = desk
        self._reread = reread

    def run(self, part: AnswerPart) -> Table | _Stopped | None:
        """A part's table now; None for a part that is computed from others."""
        try:
            if part.semantic_query:
                return self._governed(SemanticQuery.model_validate(part.semantic_query), part.title)
            return self._written(part.asked or part.sql) if part.asked or part.sql else None
        except Mendable as error:
            return _Stopped(error.code, error.reason)
        except ValueError:
            return _Stopped("unreadable", "The stored query cannot be read by this version.")
        except (MissingDataError, UsageError) as error:
            return _Stopped("failed", str(error))

    def _written(self, statement: str) -> Table | _Stopped:
        try:
            found = run_sql(statement, self._desk)
        except Mendable as error:  # what a chat model could have put right: the door refused it
            return _Stopped(f"denied:{error.code}", error.reason)
        if isinstance(found, Refusal):
            return _Stopped(found.code, found.reason)
        assert isinstance(found, Found)
        return found.tables[0]

    def _governed(self, query: SemanticQuery, title: str) -> Table | _Stopped:
        if self._reread and query.time:
            query = query.model_copy(update={"time": self._reread(query.time)})
        found = governed_table(query, self._desk, title)
        return _Stopped(found.code, found.reason) if isinstance(found, Refusal) else found


def _reread(kept: KeptAnswer, now: Knowledge) -> Callable[[TimeRange], TimeRange]:
    """A relative period's words read on the new day; a period whose words did not say its days then stays."""
    as_of = kept.answer.as_of or now.as_of
    then = replace(now, as_of=as_of, partial_day=None)

    def reread(time: TimeRange) -> TimeRange:
        read_then = then.read_period(time.label) if time.label else None
        if read_then is None or (read_then.start, read_then.end) != (time.start, time.end):
            return time
        return now.read_period(time.label) or time

    return reread


def _result(
    kept: KeptAnswer,
    principal: Principal,
    against: Against,
    now: Knowledge,
    tables: list[Table | _Stopped | None],
    before: list[AnswerPart] | None,
    *,
    same_words: bool,
) -> Replay:
    answer = kept.answer
    parts = parts_of(answer)
    if against == "same":
        tables = [
            masked(part, table) if isinstance(table, Table) else table
            for part, table in zip(parts, tables, strict=True)
        ]
    every = _computed(before or parts, tables, answer.constants)
    same_digest = _same_digest(kept, tables)
    replayed = tuple(
        _part(
            part, tables[at], every[at], before[at] if before else None, _hash_then(kept, at, every, same_digest)
        )
        for at, part in enumerate(parts)
    )
    present = versions(now.semantic.version, now.rules)
    notes = [] if kept.versions.known else ["The answer is of a version that did not note what it depended on."]
    if principal.attributes != kept.attributes:
        notes.append("The reader's row filters are others than they were.")
    if same_words and all(part.period == part.old_period for part in replayed):
        notes.append("No part has a period in words that move with the day.")
    return Replay(
        answer.answer_id, kept.user, kept.role, against,
        Day(answer.snapshot, answer.as_of), Day(now.snapshot, now.as_of),
        replayed, kept.versions.changed(present), tuple(notes),
    )  # fmt: skip


def masked(part: AnswerPart, now: Table) -> Table:
    """The table of now without what its reader was not shown then, cell by cell and row by row.

    A replay is not held against what its reader has seen since, so it must not show any more than then.
    """
    if not part.small_cell:
        return now
    keys = [name for name in _keys(part) if name in {column.name for column in now.columns}]
    at_then = [next(i for i, column in enumerate(part.columns) if column.name == key) for key in keys]
    at_now = [now.column(key) for key in keys]
    rows_then = {tuple(row[at] for at in at_then): number for number, row in enumerate(part.rows)}
    hidden_then = {(row, part.columns[at].name) for row, at in part.suppressed}
    hidden = set(now.suppressed)
    for number, row in enumerate(now.rows):
        then = rows_then.get(tuple(row[at] for at in at_now))
        for at, column in enumerate(now.columns):
            if (then is None and at not in at_now) or (then, column.name) in hidden_then:
                hidden.add((number, at))
    rows = tuple(
        tuple(None if (number, at) in hidden else cell for at, cell in enumerate(row))
        for number, row in enumerate(now.rows)
    )
    return replace(now, rows=rows, suppressed=frozenset(hidden))


def _hash_then(kept: KeptAnswer, at: int, every: list[Table | None], same_digest: bool) -> str:
    """The hash of a part then; answers of earlier versions have it only as the digest of all rows."""
    if at < len(kept.part_hashes):
        return kept.part_hashes[at]
    if kept.rows_kept:
        return part_hash(parts_of(kept.answer)[at])
    now = every[at]
    return part_hash(as_part(now)) if same_digest and now else kept.rows_digest


def _same_digest(kept: KeptAnswer, tables: list[Table | _Stopped | None]) -> bool:
    found = [as_part(table) for table in tables if isinstance(table, Table)]
    return len(found) == len(tables) and rows_digest(found) == kept.rows_digest


def _part(
    part: AnswerPart, ran: Table | _Stopped | None, now: Table | None, then: AnswerPart | None, old_hash: str
) -> ReplayedPart:
    columns = tuple((column.name, column.label or column.name, column.unit) for column in part.columns)
    time = part.semantic_query.get("time") if part.semantic_query else None
    old_period = TimeRange.model_validate(time) if time else None
    empty = ReplayedPart(part.title, "refused", old_hash, "", None, old_period, columns=columns)
    if isinstance(ran, _Stopped):
        return replace(empty, reason=ran.reason, code=ran.code)
    if ran is None:
        return _computed_part(empty, part, now, then)
    governed = _governed_of(part, ran)
    found = replace(
        empty, new_hash=part_hash(governed), period=ran.query.time if ran.query else None, state="identical"
    )
    if then is None:
        return found if found.new_hash == old_hash else replace(found, state="changed", reason=_NOT_KEPT)
    compared = differences(of_part(then), of_part(governed), _keys(part))
    lost = [name for name in of_part(then).names if name not in compared.names]
    reason = f"Columns that are not there any more: {', '.join(lost)}." if lost else ""
    state: State = "identical" if compared.none and not lost else "changed"
    return replace(found, state=state, differences=compared, reason=reason)


def _computed_part(
    empty: ReplayedPart, part: AnswerPart, now: Table | None, then: AnswerPart | None
) -> ReplayedPart:
    """A part whose cells follow from other parts by its formulas, computed again from what those give now."""
    if now is None or then is None:
        return replace(empty, state="computed", reason=_FOLLOWS)
    sides = [of_part(side.model_copy(update={"formulas": {}})) for side in (then, as_part(now))]
    compared = differences(sides[0], sides[1], _keys(part))
    state: State = "identical" if compared.none else "changed"
    return replace(empty, state=state, differences=compared, new_hash=part_hash(as_part(now)))


def _keys(part: AnswerPart) -> list[str]:
    return [column.name for column in part.columns if column.role in ("time", "dimension")]


_FOLLOWS = "It follows from the other parts by formulas."
_NOT_KEPT = "The rows of then are not at hand, only their hash, and that is another one now."


def _governed_of(part: AnswerPart, now: Table) -> AnswerPart:
    """The table of now with the columns that the part had, as far as they are still there."""
    wanted = [c.name for c in part.columns if c.name not in part.formulas]
    present = [column.name for column in now.columns]
    places = [present.index(name) for name in wanted if name in present]
    whole = as_part(now)
    moved = [(row, places.index(at)) for row, at in whole.suppressed if at in places]
    return whole.model_copy(
        update={
            "columns": [whole.columns[at] for at in places],
            "rows": [[row[at] for at in places] for row in whole.rows],
            "suppressed": moved,
            "formulas": {},
        }
    )


def _computed(
    parts: list[AnswerPart], tables: list[Table | _Stopped | None], constants: dict[str, float]
) -> list[Table | None]:
    """All tables, with the computed ones computed again; None for those whose sources' rows are others now."""
    found = [table if isinstance(table, Table) else None for table in tables]
    stand = all(
        table is None or _row_names(part) == _row_names(as_part(table))
        for part, table in zip(parts, found, strict=True)
    )
    if not stand or any(isinstance(table, _Stopped) for table in tables):
        return found
    whole = [table or as_table(part) for part, table in zip(parts, found, strict=True)]
    for at, part in enumerate(parts):
        if found[at] is None:
            whole[at] = _again(part, whole, at, constants)
    return list(whole)


def _row_names(part: AnswerPart) -> list[tuple[PlainCell, ...]]:
    at = [place for place, column in enumerate(part.columns) if column.role in ("time", "dimension")]
    return [tuple(row[place] for place in at) for row in part.rows]


def _again(part: AnswerPart, whole: list[Table], number: int, constants: dict[str, float]) -> Table:
    table = as_table(part)
    names = [column.name for column in table.columns]
    for row in range(len(table.rows)):
        for name in computed_columns(part.formulas):
            value: PlainCell = None
            with suppress(FormulaError):  # of a hidden cell as well: then the computed one is hidden
                tables = [*whole[:number], table, *whole[number + 1 :]]
                value = evaluate(formula_for(part.formulas, name, row), tables, constants)
            cells = list(table.rows[row])
            cells[names.index(name)] = value
            table = replace(table, rows=(*table.rows[:row], tuple(cells), *table.rows[row + 1 :]))
    return table


def _silent(_: str) -> None:
    return None
