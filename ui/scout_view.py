"""How the command line shows a scan."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.scout.incident import Incident, ScanReport
from ui.fitting import fitted
from ui.printable import printable
from ui.units import display

QUIET = "Nothing material changed."


def print_scan(report: ScanReport, hidden: int, console: Console) -> None:
    """The incidents that stand for themselves, with their echoes counted; then what could not be judged."""
    console.print(f"[bold]Scan of {report.as_of:%A, %d %B %Y}[/bold]")
    if not report.own:
        console.print(QUIET)
    else:
        console.print(_table(report, console.width))
        for incident in report.own:
            console.print(
                Text(f"{_where(incident)}: {incident.confidence} confidence, {incident.confidence_words}.")
            )
    if hidden:
        console.print(
            "1 finding is not shown: too few members are behind it, or it is beyond your view."
            if hidden == 1
            else f"{hidden} findings are not shown: too few members are behind them, or they are beyond your view."
        )
    for note in report.notes:
        console.print(Text(printable(note)), style="dim")


def _table(report: ScanReport, width: int) -> Table:
    names = ("what", "where", "since", "observed", "expected", "dollars", "course", "seen also in")
    rows = [[Text(printable(cell)) for cell in _row(incident, report.incidents)] for incident in report.own]
    numeric = [name in ("observed", "expected", "dollars") for name in names]
    return fitted(names, rows, numeric, width)


def _row(incident: Incident, every: Sequence[Incident]) -> tuple[str, ...]:
    arrow = "▲" if incident.direction == "up" else "▼"
    echoes = dict.fromkeys(other.label for other in every if other.echo_of == incident.id)
    since = f"{incident.start.day:%d %b}"
    if incident.start.earliest != incident.start.latest:
        since += f" ({incident.start.earliest:%d %b} - {incident.start.latest:%d %b})"
    return (
        f"{arrow} {incident.label}",
        _where(incident),
        since,
        display(incident.observed, incident.unit),
        display(incident.expected, incident.unit),
        _dollars(incident),
        incident.persistence + (f", {incident.calendar}" if incident.calendar else ""),
        ", ".join(echoes),
    )


def _where(incident: Incident) -> str:
    return ", ".join(value for _, value in incident.segment) or "everywhere"


def _dollars(incident: Incident) -> str:
    if incident.dollars is None:
        return ""
    amount = incident.dollars.amount
    return f"{display(amount.value, 'usd')} ({display(amount.low, 'usd')} to {display(amount.high, 'usd')})"
