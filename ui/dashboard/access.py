"""Who may see which view: the table of `access.yml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import yaml

from ui.accounts import Account
from warehouse.errors import UsageError
from warehouse.principal import Role

FILE = Path(__file__).parent / "access.yml"
EVERYBODY, ADMINISTRATOR = "all", "administrator"


@dataclass(frozen=True)
class Access:
    """The table: by view, and by act, the roles that have it."""

    views: Mapping[str, frozenset[str]]
    acts: Mapping[str, frozenset[str]]

    def may_see(self, account: Account, view: str) -> bool:
        """Whether a view, or a tab such as issue.savings, is there for somebody."""
        return _has(self.views.get(view, frozenset()), account)

    def may(self, account: Account, act: str) -> bool:
        """Whether somebody may do something."""
        return _has(self.acts.get(act, frozenset()), account)


def _has(allowed: frozenset[str], account: Account) -> bool:
    return bool(allowed & {EVERYBODY, account.role}) or (ADMINISTRATOR in allowed and account.is_admin)


@cache
def load_access(file: Path = FILE) -> Access:
    """Read and check the table. Raises UsageError (exit 2) that names an unknown role with its line's view."""
    table = yaml.safe_load(file.read_text(encoding="utf-8"))
    known = {EVERYBODY, ADMINISTRATOR, *get_args(Role)}
    for part in ("views", "acts"):
        for name, roles in table[part].items():
            if unknown := set(roles) - known:
                raise UsageError(
                    f"{part}.{name} names no role: {', '.join(sorted(unknown))}.",
                    where=str(file),
                    next_step=f"Use: {', '.join(sorted(known))}.",
                )
    views, acts = ({name: frozenset(roles) for name, roles in table[part].items()} for part in ("views", "acts"))
    return Access(views, acts)
