"""Which values somebody may know: those that the door would show them with a figure beside it.

Nobody sees a value in a menu, a hint or a question's reading that they may not read. So a value counts as known to
a reader when a query for its frequency, as that person, comes back with the frequency: from a table that the role
may read, within the person's row filters, with at least `limits.small_cell` members behind it unless the reader
may see single members. Most readers share one dictionary, which a build has counted already; one of a person with
row filters is read through the door once a snapshot and kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from semantic.model import SemanticModel
from semantic.values import ValueDictionary, dictionary_queries, published
from warehouse.errors import DeniedError
from warehouse.principal import Principal
from warehouse.value_words import read

if TYPE_CHECKING:
    from warehouse.door import Warehouse
    from warehouse.policy import Policy
    from warehouse.snapshots import Snapshot

DICTIONARY_READER = "value-dictionary"
KEPT_FILES = 20


@dataclass(frozen=True)
class Readership:
    """All who may know the same values: their tables, their row filters, the least members behind a figure.

    `small_cell` is 0 for those who may see members one by one. `reader` asks the door on their behalf.
    """

    tables: frozenset[str]
    small_cell: int
    attributes: tuple[tuple[str, str], ...]
    reader: Principal

    @classmethod
    def of(cls, principal: Principal, policy: Policy, small_cell: int) -> Readership:
        """The readership of a person now: a purpose or a broken glass makes it another one."""
        role = policy.roles[principal.role]
        least = 0 if counts_members(principal, policy) else small_cell
        attributes = tuple(sorted(principal.attributes.items()))
        facts = (sorted(role.tables), least, attributes, bool(principal.break_glass), bool(principal.purpose))
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
        return cls(role.tables, least, attributes, replace(principal, user=f"{DICTIONARY_READER}-{key}"))

    @property
    def key(self) -> str:
        """Twelve hex characters that differ when the values may."""
        return self.reader.user.removeprefix(f"{DICTIONARY_READER}-")

    @property
    def data(self) -> Literal["shared", "members"]:
        """The class of a store that may hold all of its values, without row filters: `shared` or `members`."""
        return "members" if self.small_cell == 0 else "shared"


def counts_members(principal: Principal, policy: Policy) -> bool:
    """Whether a reader may see figures of single members, and so of any small number of them."""
    role = policy.roles.get(principal.role)
    return role is not None and (bool(role.open_schemas) or (role.member_rows and bool(principal.purpose)))


def values_of(
    readership: Readership, model: SemanticModel, door: Warehouse, snapshot: Snapshot, state: Path
) -> ValueDictionary:
    """The values that a readership may know of a snapshot: as published, else read through the door and kept.

    Raises DeniedError when the audit trail cannot be written.
    """
    found = None
    if not readership.attributes and (counted := read(snapshot.values_path)):
        found = published(model, counted, readership.tables, readership.small_cell)
    if found is None:
        file = state / f"values-{snapshot.id}-{model.version}-{readership.key}.json"
        found = _kept(file)
        if found is None:
            found = _read_through(readership, model, door)
            _keep(file, found)
    if readership.attributes:
        return ValueDictionary.of_slice(model, found, dict(readership.attributes))
    return ValueDictionary.from_rows(model, found)


def _read_through(readership: Readership, model: SemanticModel, door: Warehouse) -> dict[str, list[str]]:
    """The values whose frequency the door shows; none of a dimension that it refuses."""
    found: dict[str, list[str]] = {}
    for dimension, sql in sorted(dictionary_queries(model).items()):
        try:
            result = door.query(sql, readership.reader)
        except DeniedError as error:
            if error.code == "audit_unavailable":
                raise
            continue
        hidden = {row for row, _ in result.suppressed}
        found[dimension] = [
            str(row[0]) for at, row in enumerate(result.rows) if row[0] is not None and at not in hidden
        ]
    return found


def _kept(file: Path) -> dict[str, list[str]] | None:
    try:
        loaded: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # absent or half-written: read from the warehouse again
    return loaded


def _keep(file: Path, found: Mapping[str, list[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for old in sorted(file.parent.glob("values-*.json"), key=_written)[: -KEPT_FILES + 1]:
        old.unlink(missing_ok=True)
    whole = file.with_suffix(f".{os.getpid()}.part")
    whole.touch(mode=0o600)
    whole.write_text(json.dumps(found), encoding="utf-8")
    os.replace(whole, file)


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # another process has just removed it
        return 0.0
