"""The audit trail for whoever manages users: the newest records, filtered. Looking is recorded as well."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from tools.outcome import Column, Table
from ui.dashboard.panels import RECORDS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View
from warehouse.audit.selection import Selection, joined
from warehouse.errors import UsageError

MOST, MOST_LOOKED_AT = 100, 20_000
WANTED = ("user", "role", "event", "verdict", "since")


def fill(reading: Reading) -> Content:
    """The newest records that fit the address's filters, each statement with its end."""
    given = {name: reading.params.get(name, "")[:64] for name in WANTED}
    wanted = Selection(given["user"], given["role"], given["event"], given["verdict"], _since(given["since"]))
    trail = reading.assistant.audit
    trail.append(
        {"event": "audit_read", "user": reading.account.name, "how": "dashboard", "wanted": wanted.asked()}
    )
    looked_at = islice(joined(trail.newest_first()), MOST_LOOKED_AT)
    records = list(islice(filter(wanted.takes, looked_at), MOST))
    panel = Panel("records", Table("Audit trail", _COLUMNS, tuple(_row(each) for each in records)), trust=RECORDS)
    return Content("Audit", {panel.key: panel}, {"given": given, "records": records, "most": MOST})


VIEW = View("audit", "/audit", "audit.html", fill, nav="Audit", filters=False, kept=False)


def _since(text: str) -> str:
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(
            f"{text[:20]!r} is no time.", where="since", next_step="Write it as 2026-10-29."
        ) from error
    start = time.astimezone(UTC).replace(tzinfo=None) if time and time.tzinfo else time
    return start.isoformat() if start else ""


def _row(record: dict[str, Any]) -> tuple[str | int | float | None, ...]:
    end = record.get("end", {})
    what = "failed" if end.get("event") == "failed" else str(record["event"])
    rule = ":".join(part for part in (record.get("layer", ""), record.get("code", "")) if part)
    said = end.get("outcome") or rule or record.get("verdict", "") or record.get("view", "")
    counts = [end.get(name, record.get(name)) for name in ("rows", "suppressed", "ms")]
    numbers = [value if isinstance(value, int | float) else None for value in counts]
    return (
        int(record["id"]), str(record["at"])[:19].replace("T", " "),
        str(record.get("user") or record.get("by", "")), str(record.get("role", "")), what,
        str(said), str(record.get("data_class", "")),
        ", ".join(str(t).removeprefix("gold.") for t in record.get("tables", ()))[:80], *numbers,
    )  # fmt: skip


_COLUMNS = (
    Column("record", "BIGINT", "", "dimension", "Record"),
    Column("at", "VARCHAR", "", "dimension", "Time (UTC)"),
    Column("user", "VARCHAR", "", "dimension", "User"),
    Column("role", "VARCHAR", "", "dimension", "Role"),
    Column("what", "VARCHAR", "", "dimension", "What"),
    Column("said", "VARCHAR", "", "dimension", "Verdict"),
    Column("data", "VARCHAR", "", "dimension", "Data"),
    Column("tables", "VARCHAR", "", "dimension", "Tables"),
    Column("rows", "BIGINT", "count", "metric", "Rows"),
    Column("hidden", "BIGINT", "count", "metric", "Withheld"),
    Column("ms", "DOUBLE", "", "metric", "ms"),
)
