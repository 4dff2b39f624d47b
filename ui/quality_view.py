"""How the command line shows the quality report."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ui.printable import printable
from warehouse.quality import QualityMeasure
from warehouse.quality_report import (
    FileQuality,
    LayerQuality,
    QualityReport,
    QuarantineQuality,
    SnapshotQuality,
    TableQuality,
)

_MOST = 15  # lines of a list that may be long
_WIDE = 110  # characters of a terminal that takes a source in one line
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=*#"
_SHARES = ("accepted_share", "missing_share")


def print_quality(report: QualityReport, console: Console) -> None:
    """Sources, what fails, layers, nulls, duplicates, quarantine, files and history; no empty part."""
    console.print(
        f"Snapshot {report.snapshot}, as of {report.as_of}. Completeness target: {_percent(report.target)}",
        highlight=False,
    )
    parts = (
        *_sources(report, console.width >= _WIDE),
        ("Does not hold", _failing([m for m in report.measures if not m.ok])),
        ("Layers", _layers(report.layers)),
        ("Sums", _sums(report.layers)),
        ("Missing values", _nulls([m for m in report.measures if m.area == "nulls" and m.value > 0])),
        ("Duplicates", _duplicates([m for m in report.measures if m.area == "duplicates" and m.value > 0])),
        ("Quarantine", _quarantine(report.quarantine)),
        ("Files", _files(report.files)),
        ("History", _history(report.history, console)),
    )
    for title, table in parts:
        if table.row_count:
            console.print(Text(f"\n{title}", style="bold"))
            console.print(table)
    console.print()
    for sentence in _footer(report):
        console.print(sentence, style="dim", markup=False, highlight=False)
    verdict = ("Every target holds.", "green") if report.ok else (_verdict(report), "red")
    console.print(verdict[0], style=verdict[1], markup=False, highlight=False)


def _verdict(report: QualityReport) -> str:
    failing = [measure for measure in report.measures if not measure.ok]
    tables = ", ".join(sorted({measure.source_table for measure in failing}))
    return f"Measures that do not hold: {len(failing)} ({tables})."


def _footer(report: QualityReport) -> list[str]:
    said = ["Received = in silver + deduplicated (they repeat or correct another row) + refused."]
    if report.quarantine:
        said.append(
            "Rows in quarantine are kept with their reason: "
            'sql --role data_engineer "SELECT * FROM bronze.quarantine LIMIT 10".'
        )
    return said


def _table(texts: Sequence[str], numbers: Sequence[str], *more: str) -> Table:
    """Columns of words, then of numbers, then of words again."""
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in texts:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    for name in more:
        table.add_column(name, overflow="fold")
    return table


def _mark(ok: bool) -> Text:
    return Text("ok", style="green") if ok else Text("NOT OK", style="bold red")


def _sources(report: QualityReport, wide: bool) -> list[tuple[str, Table]]:
    """One line a source table; on a narrow terminal two, in two tables."""
    rows, rest = ("received", "in silver", "dedup.", "refused", "accepted"), ("orphans", "last day", "behind")
    if wide:
        table = _table(("source",), (*rows, *rest), "")
        for line in report.tables:
            table.add_row(line.source_table, *_row_cells(line, report.target), *_other_cells(line), _mark(line.ok))
        return [("Sources", table)]
    first, second = _table(("source",), rows, ""), _table(("source",), rest)
    for line in report.tables:
        first.add_row(line.source_table, *_row_cells(line, report.target), _mark(line.ok))
        second.add_row(line.source_table, *_other_cells(line))
    return [("Sources", first), ("Orphans and freshness", second)]


def _row_cells(line: TableQuality, target: float) -> list[Text]:
    share = Text(_percent(line.accepted_share), style="green" if line.accepted_share >= target else "bold red")
    counts = (line.received, line.in_silver, line.deduplicated, line.refused)
    return [*(Text(f"{count:,}") for count in counts), share]


def _other_cells(line: TableQuality) -> list[Text]:
    orphans = line.unknown_members + (line.unknown_calls or 0)
    last_day = "" if line.last_day is None else line.last_day.isoformat()
    behind = "" if line.days_behind is None else f"{max(line.days_behind, 0)} d"
    return [Text(f"{orphans:,}"), Text(last_day), Text(behind)]


def _failing(measures: Sequence[QualityMeasure]) -> Table:
    table = _table(("source", "measure", "column"), ("value", "bound"))
    for measure in measures:
        bound = "" if measure.expected is None else _value(measure, measure.expected)
        value = Text(_value(measure, measure.value), style="bold red")
        table.add_row(
            measure.source_table,
            measure.measure,
            Text(printable(measure.column)),
            value,
            Text(_sign(measure) + bound),
        )
    return table


def _sign(measure: QualityMeasure) -> str:
    if measure.measure == "accepted_share":
        return "at least "
    return "" if measure.area in ("layers", "reconciliation") else "at most "


def _value(measure: QualityMeasure, number: float) -> str:
    return _percent(number) if measure.measure in _SHARES else f"{number:,.2f}".removesuffix(".00")


def _layers(layers: Sequence[LayerQuality]) -> Table:
    table = _table(("source",), ("bronze", "silver", "gold", "lost"), "")
    for layer in layers:
        counts = (layer.bronze, layer.silver, layer.gold, layer.lost)
        table.add_row(layer.source_table, *(f"{count:,}" for count in counts), _mark(layer.ok))
    return table


def _sums(layers: Sequence[LayerQuality]) -> Table:
    table = _table(("source", "column"), ("in silver", "in gold", "differs by"), "")
    for layer in layers:
        for line in layer.sums:
            cells = (f"{number:,.2f}".removesuffix(".00") for number in (line.silver, line.gold, line.difference))
            table.add_row(layer.source_table, line.column, *cells, _mark(line.ok))
    return table


def _nulls(measures: Sequence[QualityMeasure]) -> Table:
    table = _table(("source", "column"), ("missing",))
    worst = sorted(measures, key=lambda m: (-m.value, m.source_table, m.column))
    for measure in worst[:_MOST]:
        table.add_row(measure.source_table, measure.column, _percent(measure.value))
    _and_more(table, len(worst), 3)
    return table


def _duplicates(measures: Sequence[QualityMeasure]) -> Table:
    table = _table(("source", "measure"), ("rows",), "")
    for measure in measures:
        table.add_row(measure.source_table, measure.measure, f"{measure.value:,.0f}", _mark(measure.ok))
    return table


def _quarantine(lines: Sequence[QuarantineQuality]) -> Table:
    table = _table(("source", "reason", "column"), ("rows", "files"), "for example")
    for line in lines:
        place = f"row {line.row:,}" if line.row else f"line {line.line:,}" if line.line else ""
        example = ", ".join(filter(None, (printable(line.file), place)))
        style = "" if line.is_refusal else "dim"
        counts = (f"{line.rows:,}", f"{line.files:,}")
        table.add_row(line.source_table, line.reason, line.column, *counts, Text(example), style=style)
    return table


def _files(files: Sequence[FileQuality]) -> Table:
    """The refused ones, then the latest of the others."""
    table = _table((), ("rows", "quarantined"), "file", "")
    refused = [file for file in files if file.refused]
    taken = sorted((f for f in files if not f.refused), key=lambda f: (f.loaded_at, f.file), reverse=True)
    for file in refused + taken[: max(_MOST - len(refused), 0)]:
        unknown = f"columns not loaded: {', '.join(file.unknown_columns)}" if file.unknown_columns else ""
        note = Text(printable(unknown)) if not file.refused else Text(f"refused: {file.refused}", style="bold red")
        table.add_row(f"{file.rows:,}", f"{file.quarantined:,}", Text(printable(file.file)), note)
    _and_more(table, len(files), 4)
    return table


def _and_more(table: Table, lines: int, columns: int) -> None:
    if lines > table.row_count:
        cells = [""] * columns
        cells[-2 if columns == 4 else 0] = f"and {lines - table.row_count:,} more"
        table.add_row(*cells, style="dim")


def _history(lines: Sequence[SnapshotQuality], console: Console) -> Table:
    """One line a snapshot, the oldest first as the bars run; then the bars over all of them."""
    table = _table(("snapshot", "as of"), ("received", "quarantined", "accepted"))
    oldest_first = list(reversed(lines))
    for line in oldest_first[-_MOST:]:
        share = "" if line.accepted_share is None else _percent(line.accepted_share)
        table.add_row(line.snapshot, line.as_of.isoformat(), f"{line.received:,}", f"{line.quarantined:,}", share)
    bars = _BARS if console.encoding.lower().startswith("utf") else _ASCII_BARS
    shares = [line.accepted_share for line in oldest_first if line.accepted_share is not None]
    rows = [float(line.quarantined) for line in oldest_first]
    if len(oldest_first) > 1:
        table.add_row("", "", "", sparkline(rows, bars), sparkline(shares, bars), style="cyan")
    return table


def sparkline(numbers: Sequence[float], bars: str = _BARS) -> str:
    """One bar a number, of the last ones, between the lowest and the highest; equal numbers lie low."""
    shown = numbers[-_MOST:]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    span = high - low or 1.0
    return "".join(bars[round((number - low) / span * (len(bars) - 1))] for number in shown)


def _percent(share: float) -> str:
    """Two digits, cut off: what falls short of 99.5% never reads 99.50%."""
    return f"{int(share * 10_000 + 1e-6) / 100:.2f}%"
