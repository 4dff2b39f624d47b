"""Judges a file of statements, one JSON object a line, and runs none of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, cast

from warehouse.errors import UsageError
from warehouse.guard.decision import Allow, Decision, deny
from warehouse.guard.judge import check
from warehouse.principal import ROLES, Principal, Role

_ROLE = re.compile(r"(?P<name>\w+)(?: \(row filter (?P<attribute>\w+)='(?P<value>[^']*)'\))?")


class Judge(Protocol):
    """Whoever judges against a published snapshot: `warehouse.door.Warehouse`."""

    def check(self, sql: str, principal: Principal) -> Decision:
        """The decision on one statement."""


def check_file(path: Path, warehouse: Judge | None = None) -> Iterator[dict[str, str]]:
    """Yield {id, verdict: allow|deny, code, layer, reason} for each line {id, sql, role, purpose?}.

    Without a warehouse the declared schema counts. Raises UsageError (exit 2) that names the malformed line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The file cannot be read.", where=str(path), next_step="Give a UTF-8 JSONL file."
        ) from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _verdict(_entry(line, f"{path}:{number}"), warehouse)


def principal_of(role: str, purpose: str | None = None) -> Principal | None:
    """The principal a role text stands for; `name (row filter column='value')` is a lead with a narrowed view."""
    match = _ROLE.fullmatch(role)
    if match is None:
        return None
    name, attribute = match["name"], match["attribute"]
    attributes = {attribute: match["value"]} if attribute else {}
    if name not in ROLES and not attribute:
        return None
    known = cast(Role, name if name in ROLES else "executive")
    return Principal(user="check-file", role=known, purpose=purpose, attributes=attributes)


def _entry(line: str, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("id", "sql", "role")):
        raise UsageError(
            "A line is not a JSON object with the texts id, sql and role.",
            where=where,
            next_step="Correct the line.",
        )
    return entry


def _verdict(entry: dict[str, Any], warehouse: Judge | None) -> dict[str, str]:
    purpose = entry.get("purpose")
    principal = principal_of(entry["role"], purpose if isinstance(purpose, str) else None)
    if principal is None:
        decision: Decision = deny("unknown_role")
    elif warehouse is None:
        decision = check(entry["sql"], principal, runs=False)
    else:
        decision = warehouse.check(entry["sql"], principal)
    if isinstance(decision, Allow):
        return {"id": entry["id"], "verdict": "allow", "code": "", "layer": "", "reason": ""}
    return {
        "id": entry["id"], "verdict": "deny", "code": decision.code, "layer": decision.layer,
        "reason": decision.reason,
    }  # fmt: skip
