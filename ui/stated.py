"""What somebody has stated: the purpose, or the break-glass reason, that opens member rows for a while.

It lives in the accounts' file, never in the browser, and ends by the server's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ui.account_file import AccountFile

Kind = Literal["purpose", "break_glass"]
PURPOSE: Kind = "purpose"
BREAK_GLASS: Kind = "break_glass"


@dataclass(frozen=True)
class Stated:
    """An open purpose (`grievance: case 123`) or break-glass reason; times are epoch seconds."""

    kind: Kind
    text: str
    began: float
    until: float


class Statements:
    """At most one open statement of each user."""

    def __init__(self, file: AccountFile, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock

    def open_to(self, name: str) -> Stated | None:
        """What is open now."""
        with self._file.transaction() as connection:
            row = connection.execute(
                "SELECT kind, text, began, until FROM stated WHERE name = ? AND until > ?", (name, self._clock())
            ).fetchone()
        return Stated(*row) if row else None

    def state(self, name: str, kind: Kind, text: str, seconds: float) -> Stated:
        """Open it, in place of what was open."""
        began = self._clock()
        stated = Stated(kind, text, began, began + seconds)
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO stated VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, "
                "text = excluded.text, began = excluded.began, until = excluded.until",
                (name, kind, text, began, stated.until),
            )
        return stated

    def end(self, name: str) -> Stated | None:
        """Close it; what was open."""
        stated = self.open_to(name)
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM stated WHERE name = ?", (name,))
        return stated
