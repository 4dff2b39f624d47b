"""What the commands share: their common options, who asks, and how results and complaints are printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warehouse.errors import UsageError
from warehouse.principal import ROLES, Principal, Role

if TYPE_CHECKING:
    from rich.console import Console

    from semantic.company import Company
    from warehouse.settings import Settings

WarehouseOption = Annotated[
    Path | None, typer.Option("--warehouse", help="Warehouse folder (default: var/warehouse).")
]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", help="Another company's model folder; --warehouse is then its DuckDB file."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print the table as CSV, for spreadsheets.")]
RoleOption = Annotated[str, typer.Option("--role", help="One of: " + ", ".join(ROLES) + ".")]
PurposeOption = Annotated[
    str | None,
    typer.Option(help='For member rows: what for, and for which case, such as "grievance: case 123".'),
]
BreakGlassOption = Annotated[
    str | None, typer.Option("--break-glass", help="For member rows in an emergency: the reason. It is audited.")
]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Narrow what is seen, as for a regional lead: plan_type=HMO.")
]
SnapshotOption = Annotated[
    str | None,
    typer.Option("--snapshot", help="A kept snapshot: its id, how it begins, or its as-of day (default: served)."),
]


def principal_of(role: str, purpose: str | None = None, attributes: dict[str, str] | None = None) -> Principal:
    """Whoever sits at this machine, in a role. Raises UsageError with the nearest role or purpose."""
    for known in ROLES:
        if role == known:
            stated = None if purpose is None else _stated(known, purpose)
            return Principal(user="cli", role=known, purpose=stated, attributes=attributes or {})
    from rapidfuzz import process

    nearest = process.extractOne(role, ROLES)
    hint = f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else f"Use one of: {', '.join(ROLES)}."
    raise UsageError(f"There is no role {role!r}.", where="--role", next_step=hint)


def attributes_of(
    only: list[str] | None, warehouse: Path, settings: Settings, company: Company | None = None
) -> dict[str, str]:
    """Row filters of `--only`, held against the policy and the values in the warehouse or a company's file."""
    if not only:
        return {}
    from ui.row_attributes import parse_attributes, values_at, values_in

    if company:
        return parse_attributes(only, values_at(company, settings), company.policy.row_filters)
    return parse_attributes(only, values_in(warehouse, settings))


@dataclass
class Asker:
    """Makes the principal of a role with what the options state: a purpose, row filters, a broken glass.

    Breaking the glass is audited before the principal is there, and reaches beyond the row filters.
    """

    settings: Settings
    warehouse: Path
    purpose: str | None = None
    only: list[str] | None = None
    break_glass: str | None = None
    company: Company | None = None

    def __call__(self, role: str) -> Principal:
        """Raises UsageError or DeniedError that says which option is wrong."""
        principal = principal_of(role, self.purpose, self._attributes)
        return principal if self.break_glass is None else self._with_broken_glass(principal, self.break_glass)

    @cached_property
    def _attributes(self) -> dict[str, str]:
        return attributes_of(self.only, self.warehouse, self.settings, self.company)

    def _with_broken_glass(self, principal: Principal, reason: str) -> Principal:
        from contextlib import closing

        from warehouse.audit import AuditLog
        from warehouse.purposes import break_glass_reason

        text = break_glass_reason(principal.role, reason)
        with closing(AuditLog.of(self.settings)) as audit:
            event = {"event": "break_glass", "user": principal.user, "role": principal.role}
            audit.append({**event, "reason": audit.spoken(text), "attributes": dict(principal.attributes)})
        complain(
            "The glass is broken: member rows are open to this command, and your reason is in the audit trail."
        )
        return Principal(principal.user, principal.role, break_glass=text)


def _stated(role: Role, purpose: str) -> str:
    from warehouse.purposes import parse_purpose, require_may_state

    require_may_state(role)
    return parse_purpose(purpose)


def load_settings() -> Settings:
    """The settings; pydantic is imported only when a command needs them."""
    from warehouse.settings import load_settings

    return load_settings()


def print_json(document: object) -> None:
    """One line of strict JSON on stdout."""
    from ui.render import json_line

    typer.echo(json_line(document))
    sys.stdout.flush()


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table as CSV on stdout."""
    from ui.csv_text import csv_text

    sys.stdout.buffer.write(csv_text(columns, rows).encode())
    sys.stdout.buffer.flush()


def one_format(as_json: bool, as_csv: bool) -> None:
    """Raises UsageError when two formats were asked for."""
    if as_json and as_csv:
        raise UsageError("JSON and CSV were both asked for.", where="--csv", next_step="Ask for one of them.")


def console(*, stderr: bool = False) -> Console:
    """Rich's console on stdout or stderr."""
    from rich.console import Console

    return Console(stderr=stderr)


def complain(message: str) -> None:
    """A sentence on stderr."""
    from ui.printable import printable

    console(stderr=True).print(printable(message), style="bold red", markup=False, highlight=False, soft_wrap=True)
