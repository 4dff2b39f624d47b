"""Which snapshots stay: the newest ones, the newest of each recent day, and the one that is served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from warehouse.settings import BuildSettings


def kept(
    snapshots: Sequence[tuple[str, datetime]], served: str | None, settings: BuildSettings, now: datetime
) -> set[str]:
    """The ids that stay of (id, created at): the newest ones, the newest of each recent day, the served one.

    Days are those of creation in UTC, today among them. A snapshot from after `now` (a clock that was set back)
    counts as one of a recent day. What is served stays however old it is.
    """
    newest_first = sorted(((_utc(at), name) for name, at in snapshots), reverse=True)
    stays = {name for _, name in newest_first[: settings.keep_snapshots]}
    of_day: dict[date, str] = {}
    for at, name in newest_first:
        of_day.setdefault(at.date(), name)
    oldest = _utc(now).date() - timedelta(days=settings.keep_days)
    stays |= {name for day, name in of_day.items() if day > oldest and settings.keep_days}
    return stays | {name for name, _ in snapshots if name == served}


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
