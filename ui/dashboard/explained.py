"""How a figure is computed: its definition, the formula and its parts, the statement, snapshot, filters, trust."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semantic.model import SemanticModel
from tools.outcome import Column, PlainCell, Table
from ui.dashboard.panels import TRUST, Panel

_CELL = re.compile(r"cell:(\d+):(\d+):(\w+)")
_TOKEN = re.compile(r"[a-z_]+\(|[a-z]+:[\w:]+|-?\d+(?:\.\d+)?|[,)]")
_SIGNS = {"mul": " \u00d7 ", "div": " \u00f7 ", "add": " + ", "sub": " \u2212 "}
_CONSTANT = re.compile(r"query:(\w+)")
_ENDINGS = ("__change_pct", "__change", "__previous", "__share")
ENDING_WORDS = {
    "__change_pct": "its change against the period before, as a part of it",
    "__change": "its change against the period before",
    "__previous": "its value in the period before",
    "__share": "its part of the total",
}


@dataclass(frozen=True)
class Term:
    """One cell or constant that a formula uses."""

    source: str
    label: str
    value: PlainCell
    unit: str
    sql: str


@dataclass(frozen=True)
class Definition:
    """What the semantic model says of a metric."""

    name: str
    label: str
    description: str
    owner: str
    rule: str
    notes: str
    also: str


@dataclass(frozen=True)
class Explained:
    """Everything about one figure."""

    column: Column
    value: PlainCell
    hidden: bool
    row: str
    formula: str
    words: str
    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]
    statements: tuple[tuple[str, str], ...]
    interpretation: str
    trust: str
    trust_words: str


def explained(panel: Panel, row: int, name: str, model: SemanticModel) -> Explained:
    """Everything about the figure in a row and column of a panel. Raises LookupError without such a cell."""
    table = panel.table
    if not panel.has(name) or not 0 <= row < len(table.rows):
        raise LookupError(name)
    formula = panel.formula(row, name)
    terms = _terms(panel, formula)
    tables = _tables(panel, formula)
    metrics = dict.fromkeys(_metrics(name, formula, terms, model))
    return Explained(
        table.columns[table.column(name)],
        table.cell(row, name),
        table.hides(row, name),
        _row_words(table, row),
        formula,
        in_words(panel, formula),
        tuple(terms),
        tuple(_definition(metric, name, model) for metric in metrics),
        tuple((one.title, one.sql) for one in tables if one.sql),
        table.interpretation,
        panel.trust,
        TRUST[panel.trust],
    )


def in_words(panel: Panel, formula: str) -> str:
    """A formula with labels and signs in place of terms and functions: (leaked calls / days) x planning cost."""
    text, rest = _said(panel, _TOKEN.findall(formula)) if formula else ("", [])
    return "" if rest else text.removeprefix("(").removesuffix(")") if _is_one_group(text) else text


def _is_one_group(text: str) -> bool:
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth and at < len(text) - 1:
            return False
    return text.startswith("(")


def _said(panel: Panel, tokens: list[str]) -> tuple[str, list[str]]:
    head, rest = tokens[0], tokens[1:]
    if not head.endswith("("):
        return _leaf(panel, head), rest
    arguments = []
    while rest and rest[0] != ")":
        text, rest = _said(panel, rest[1:] if rest[0] == "," else rest)
        arguments.append(text)
    sign = _SIGNS.get(head[:-1])
    text = f"({sign.join(arguments)})" if sign else f"{head}{', '.join(arguments)})"
    return text, rest[1:]


def _leaf(panel: Panel, term: str) -> str:
    kind, _, rest = term.partition(":")
    if kind == "query":
        return rest.replace("_", " ")
    if kind in ("cell", "day"):
        part, _, name = rest.split(":")
        table = panel.parts[int(part)] if int(part) < len(panel.parts) else panel.table
        column = next((c for c in table.columns if c.name == name), None)
        label = column.label if column and column.label else name.replace("_", " ")
        if sum(any(c.name == name for c in other.columns) for other in panel.parts) > 1 and table.title:
            label = f"{label} [{table.title}]"
        return label[:1].lower() + label[1:] if label[1:2].islower() else label
    return term


def _row_words(table: Table, row: int) -> str:
    names = [c for c in table.columns if c.role in ("dimension", "time")]
    return ", ".join(f"{c.label or c.name}: {table.cell(row, c.name)}" for c in names)


def _terms(panel: Panel, formula: str) -> list[Term]:
    """The cells and constants of a formula; a cell that is itself computed names its own formula."""
    found = []
    for part, row, name in _CELL.findall(formula):
        table = panel.parts[int(part)] if int(part) < len(panel.parts) else None
        if table is None or int(row) >= len(table.rows) or all(c.name != name for c in table.columns):
            continue
        column = table.columns[table.column(name)]
        label = f"{column.label or name} ({_row_words(table, int(row)) or table.title})"
        found.append(Term(f"cell:{part}:{row}:{name}", label, table.cell(int(row), name), column.unit, table.sql))
    constants = [name for name in _CONSTANT.findall(formula) if name in panel.constants]
    return found + [Term(f"query:{n}", n.replace("_", " "), panel.constants[n], "", "") for n in constants]


def _tables(panel: Panel, formula: str) -> Sequence[Table]:
    """The tables whose statements gave the figure: its own, or those of the formula and of what that uses."""
    if not formula:
        return [panel.table]
    seen: dict[int, None] = {}
    waiting = [formula]
    while waiting:
        text = waiting.pop()
        for part, row, name in _CELL.findall(text):
            at = int(part)
            if at >= len(panel.parts):
                continue
            table = panel.parts[at]
            seen[at] = None
            own = table.formulas.get(f"{name}[{row}]", table.formulas.get(name, "")).replace("{row}", row)
            if own and own != text:
                waiting.append(own)
    return [panel.parts[at] for at in seen]


def _metrics(name: str, formula: str, terms: Sequence[Term], model: SemanticModel) -> list[str]:
    named = [name, *(term.source.rpartition(":")[2] for term in terms if term.source.startswith("cell:"))]
    return [base for each in named if (base := _base(each)) in model.metrics]


def _base(name: str) -> str:
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)


def _definition(name: str, column: str, model: SemanticModel) -> Definition:
    metric = model.metrics[name]
    above = " + ".join(part for part, _ in metric.numerator)
    below = " + ".join(part for part, _ in metric.denominator) if metric.denominator else ""
    ending = next((words for end, words in ENDING_WORDS.items() if column == f"{name}{end}"), "")
    rule = f"{above} / {below}" if below else above
    return Definition(name, metric.label, metric.description, metric.owner, rule, metric.notes, ending)
