"""How good the data are: what was received and taken, what is missing or refused, and how fresh each source is."""

from __future__ import annotations

from tools.outcome import Column, Table
from ui.dashboard.panels import RECORDS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View
from warehouse.errors import MissingDataError
from warehouse.quality_report import QualityReport, quality_report
from warehouse.snapshots import history


def fill(reading: Reading) -> Content:
    """The quality report of the served snapshot, as the command line prints it."""
    try:
        report = quality_report(reading.assistant.door.snapshot(), history(reading.assistant.warehouse))
    except MissingDataError as error:
        return Content("Data quality", {}, {"report": None}, (error.what,))
    panels = (_sources(report), _layers(report), _failing(report), _quarantine(report), _history(report))
    return Content("Data quality", {panel.key: panel for panel in panels}, {"report": report})


STATE = Column("state", "VARCHAR", "", "dimension", "State")
VIEW = View("quality", "/quality", "quality.html", fill, nav="Data quality", filters=False)


def _panel(key: str, title: str, columns: tuple[Column, ...], rows: list[tuple[object, ...]]) -> Panel:
    plain = tuple(
        tuple(cell if isinstance(cell, str | int | float) or cell is None else str(cell) for cell in row)
        for row in rows
    )
    return Panel(key, Table(title, columns, plain, interpretation="The build's own measures"), trust=RECORDS)


def _count(name: str, label: str) -> Column:
    return Column(name, "BIGINT", "count", "metric", label)


def _text(name: str, label: str) -> Column:
    return Column(name, "VARCHAR", "", "dimension", label)


def _sources(report: QualityReport) -> Panel:
    columns = (_text("source", "Source"), _count("received", "Received"), _count("in_silver", "In silver"),
               _count("deduplicated", "Deduplicated"), _count("refused", "Refused"),
               Column("accepted", "DOUBLE", "rate", "metric", "Accepted"), _count("orphans", "Orphans"),
               _text("last_day", "Last day"), _count("behind", "Days behind"), STATE)  # fmt: skip
    rows = [
        (t.source_table, t.received, t.in_silver, t.deduplicated, t.refused, t.accepted_share,
         t.unknown_members + (t.unknown_calls or 0), t.last_day, max(t.days_behind, 0) if t.days_behind else 0,
         "holds" if t.ok else "does not hold")
        for t in report.tables
    ]  # fmt: skip
    return _panel("sources", "Sources", columns, list(rows))


def _layers(report: QualityReport) -> Panel:
    columns = (_text("source", "Source"), _count("bronze", "Bronze"), _count("silver", "Silver"),
               _count("gold", "Gold"), _count("lost", "Lost"), STATE)  # fmt: skip
    rows = [
        (x.source_table, x.bronze, x.silver, x.gold, x.lost, "holds" if x.ok else "differs") for x in report.layers
    ]
    return _panel("layers", "Rows from layer to layer", columns, list(rows))


def _failing(report: QualityReport) -> Panel:
    columns = (_text("source", "Source"), _text("measure", "Measure"), _text("column", "Column"),
               Column("value", "DOUBLE", "", "metric", "Value"),
               Column("bound", "DOUBLE", "", "metric", "Bound"))  # fmt: skip
    rows = [(m.source_table, m.measure, m.column, m.value, m.expected) for m in report.measures if not m.ok]
    return _panel("failing", "What does not hold", columns, list(rows))


def _quarantine(report: QualityReport) -> Panel:
    """Reasons and counts only: examples of rows stay with the files."""
    columns = (_text("source", "Source"), _text("reason", "Reason"), _text("column", "Column"),
               _count("rows", "Rows"), _count("files", "Files"))  # fmt: skip
    rows = [(q.source_table, q.reason, q.column, q.rows, q.files) for q in report.quarantine]
    return _panel("quarantine", "Quarantine", columns, list(rows))


def _history(report: QualityReport) -> Panel:
    columns = (_text("snapshot", "Snapshot"), _text("as_of", "Data to"), _count("received", "Received"),
               _count("quarantined", "Quarantined"),
               Column("accepted", "DOUBLE", "rate", "metric", "Accepted"))  # fmt: skip
    rows = [(h.snapshot, h.as_of, h.received, h.quarantined, h.accepted_share) for h in report.history[:20]]
    return _panel("history", "Snapshots", columns, list(rows))
