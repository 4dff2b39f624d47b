"""The change feed by role, as the door goes: who sees rows, who sees counts, and a record of every reading.

Rows of the feed are whole rows of silver and gold, member by member: for a role that may read silver whole. All
others see how much changed, without counts so small that they point at somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from warehouse.audit import AuditLog
from warehouse.changes import Comparison, Format, Images, TableChanges, compare
from warehouse.errors import DeniedError
from warehouse.guard.decision import REASONS
from warehouse.policy import load_policy
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import Snapshot

_NAMING = ("member_id", "event_id", "direct_identifier")


@dataclass(frozen=True)
class Summary:
    """The changes of tables. `suppressed` says that counts below the limit were left out (they are None)."""

    tables: list[TableChanges]
    suppressed: bool


class ChangeFeed:
    """What changed between two snapshots, for one principal."""

    def __init__(self, older: Snapshot, newer: Snapshot, settings: Settings, audit: AuditLog) -> None:
        self._older = older
        self._newer = newer
        self._settings = settings
        self._audit = audit

    def summary(self, principal: Principal, tables: Sequence[str] | None = None) -> Summary:
        """How much changed in some or all tables. Raises DeniedError (exit 3) for a reader with a row filter."""
        number = self._judge(principal, tables, images=False)
        with self._compare() as comparison:
            found = [comparison.summary(table) for table in tables or comparison.tables()]
            about_members = {c.table for c in found if _is_member_level(c.table, comparison.columns(c.table))}
        self._record(number, len(found))
        if _counts_members(principal):
            return Summary(found, False)
        least = self._settings.limits.small_cell
        shown = [_without_small_counts(c, least) if c.table in about_members else c for c in found]
        return Summary(shown, shown != found)

    def images(self, principal: Principal, table: str, limit: int | None) -> Images:
        """The rows of the feed. Raises DeniedError (exit 3) for a role that may not read silver whole."""
        number = self._judge(principal, [table], images=True)
        with self._compare() as comparison:
            found = comparison.images(table, limit)
        self._record(number, len(found.rows))
        return found

    def write(self, principal: Principal, table: str, file: Path, form: Format, limit: int | None) -> int:
        """Write the rows to a file that only its owner can read; returns how many. Raises as `images`."""
        number = self._judge(principal, [table], images=True)
        with self._compare() as comparison:
            rows = comparison.write(table, file, form, limit)
        file.chmod(0o600)
        self._record(number, rows)
        return rows

    def _compare(self) -> AbstractContextManager[Comparison]:
        return compare(self._older, self._newer, self._settings.build)

    def _record(self, number: int, rows: int) -> None:
        self._audit.append({"event": "changes_read", "of": number, "rows": rows})

    def _judge(self, principal: Principal, tables: Sequence[str] | None, *, images: bool) -> int:
        """Decide and write it down before anything is read; returns the record's number. Raises DeniedError."""
        code = _denial(principal, images=images)
        number = self._audit.append(
            {
                "event": "changes_judged",
                "user": principal.user,
                "role": principal.role,
                "purpose": principal.purpose or "",
                "source": "cli",
                "tables": list(tables or ()),
                "images": images,
                "snapshot": self._newer.id,
                "older": self._older.id,
                "policy": load_policy().version,
                "verdict": "deny" if code else "allow",
                "code": code,
            }
        )
        if code:
            raise DeniedError(
                REASONS[code][1],
                code=code,
                where="changes",
                next_step="Leave --table out for how much changed; rows are for the role data_engineer.",
            )
        return number


def _denial(principal: Principal, *, images: bool) -> str:
    """The code of the refusal, or nothing. A row filter cannot be laid over a difference of snapshots."""
    role = load_policy().roles.get(principal.role)
    if role is None:
        return "unknown_role"
    if principal.attributes:
        return "row_filter_impossible"
    return "member_rows" if images and "silver" not in role.open_schemas else ""


def _counts_members(principal: Principal) -> bool:
    role = load_policy().roles[principal.role]
    return "silver" in role.open_schemas or (role.member_rows and bool(principal.purpose))


def _is_member_level(table: str, columns: set[str]) -> bool:
    """As the policy says of gold; any other table is by the columns that name a member or an event of one."""
    known = load_policy().tables
    schema, _, name = table.partition(".")
    if schema == "gold" and name in known:
        return known[name].is_member_level
    naming = {c.name for t in known.values() for c in t.columns.values() if c.kind in _NAMING}
    return not columns.isdisjoint(naming)


def _without_small_counts(changed: TableChanges, least: int) -> TableChanges:
    """Counts below `least` become None; where one does, the days and the changed columns go too."""
    counts = (changed.inserted, changed.updated, changed.deleted)
    inserted, updated, deleted = (None if count is None or 0 < count < least else count for count in counts)
    if (inserted, updated, deleted) == counts:
        return changed
    return replace(
        changed, inserted=inserted, updated=updated, deleted=deleted, days=None, day_count=0, changed_columns=()
    )
