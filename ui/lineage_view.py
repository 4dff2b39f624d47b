"""How the command line shows lineage: a tree from the target to its sources, or a table of what depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from semantic.lineage import LineageReport
from ui.printable import printable
from warehouse.lineage import Column, Kind, Role

_STYLE: dict[Kind, str] = {
    "metric": "bold magenta", "dimension": "bold magenta", "answer": "bold magenta", "gold": "yellow",
    "silver": "cyan", "source": "bold green", "rule": "bold blue", "seed": "bold blue", "file": "green",
    "record": "green",
}  # fmt: skip
_MANY = 12  # more upstream values than this are summed up in one line
_FEW_FILES = 40


def print_lineage(report: LineageReport, console: Console) -> None:
    """The report for people; nothing is cut but long lists, which say how much they leave out."""
    if report.direction == "downstream":
        _print_impact(report, console)
    else:
        _print_tree(report, console)
        _print_ends(report, console)
    if report.snapshot:
        _print_files(report, console)
    for note in report.notes:
        console.print(Text(printable(note), style="dim"))


def _print_tree(report: LineageReport, console: Console) -> None:
    shown: set[str] = set()
    single = len(report.roots) == 1
    tree = Tree(_label(report.nodes[report.roots[0]], []) if single else Text(report.target, style="bold"))
    for root in report.roots:
        branch = tree if single else tree.add(_label(report.nodes[root], []))
        _grow(branch, report.nodes[root], report.nodes, shown)
    console.print(tree)


def _grow(tree: Tree, node: Column, nodes: Mapping[str, Column], shown: set[str]) -> None:
    shown.add(node.name)
    values = [nodes[name] for name in sorted(node.value)]
    if len(values) > _MANY:
        tree.add(Text(f"{len(values)} columns: {_tables(column.name for column in values)}"))
        values = []
    for column in values:
        again = column.name in shown and bool(column.upstream)
        branch = tree.add(_label(column, [" (above)"] if again else []))
        if not again:
            _grow(branch, column, nodes, shown)
    selection = sorted(node.selection - node.value)
    if selection:
        tree.add(Text(f"rows and matches by {', '.join(selection)}", style="dim"))


def _label(node: Column, more: Iterable[str]) -> Text:
    text = Text(node.name, style=_STYLE[node.kind])
    if node.expression and node.expression.rpartition(".")[2] != node.name.rpartition(".")[2]:
        text.append(f" = {printable(node.expression)}", style="default")
    for suffix in more:
        text.append(suffix, style="dim")
    for step in reversed(node.steps):
        text.append(f"\n  {step.name} = {printable(step.expression)}", style="italic default")
    if node.file and node.kind not in ("rule", "seed"):
        text.append(f"  {node.file}:{node.line}" if node.line else f"  {node.file}", style="dim")
    return text


def _tables(names: Iterable[str]) -> str:
    counts: dict[str, int] = {}
    for name in names:
        table = name.rpartition(".")[0]
        counts[table] = counts.get(table, 0) + 1
    return ", ".join(f"{table} ({count})" for table, count in counts.items())


def _print_ends(report: LineageReport, console: Console) -> None:
    titles: dict[Kind, str] = {"source": "Source columns", "rule": "Rules", "seed": "Seed columns"}
    for kind, title in titles.items():
        ends = report.ends_of_kind(kind)
        if ends:
            values = {name: report.rule_value(name) for name in ends} if kind == "rule" else {}
            console.print(Text(f"{title}: ", style="bold") + _by_role(ends, values))


def _by_role(names: Mapping[str, Role], values: Mapping[str, object]) -> Text:
    text = Text()
    for name, role in names.items():
        text.append(", " if text.plain else "")
        value = "" if values.get(name) is None else f" = {values[name]}"
        text.append(name + value, style="dim" if role == "selection" else "")
    return text


def _print_impact(report: LineageReport, console: Console) -> None:
    by_table: dict[str, dict[str, Role]] = {}
    named: dict[str, dict[str, Role]] = {"metric": {}, "dimension": {}}
    for name, role in report.dependents.items():
        kind = report.nodes[name].kind
        if kind in named:
            named[kind][name] = role
        else:
            where, _, column = name.rpartition(".")
            by_table.setdefault(where, {})[column] = role
    console.print(Text(f"What depends on {report.target}", style="bold"))
    if not report.dependents:
        console.print("No gold column, metric or dimension.")
        return
    table = Table("where", "computed from it", "selected by it")
    for title, names in [*by_table.items(), ("metrics", named["metric"]), ("dimensions", named["dimension"])]:
        if names:
            values, selected = (_with_role(names, role) for role in ("value", "selection"))
            table.add_row(Text(title), Text(values), Text(selected, style="dim"))
    console.print(table)


def _with_role(names: Mapping[str, Role], role: str) -> str:
    return ", ".join(name for name, played in names.items() if played == role)


def _print_files(report: LineageReport, console: Console) -> None:
    console.print(Text(f"Source files behind it, in snapshot {report.snapshot}", style="bold"))
    table = Table("table", "file", "rows", "sha256", "loaded")
    for file in report.files[:_FEW_FILES]:
        rows = "" if file.rows is None else f"{file.rows:,}"
        table.add_row(
            *(Text(printable(cell)) for cell in (file.table, file.file, rows, file.sha256[:12], file.loaded_at))
        )
    console.print(table)
    if len(report.files) > _FEW_FILES:
        console.print(f"and {len(report.files) - _FEW_FILES:,} more; --json lists them all.", style="dim")
