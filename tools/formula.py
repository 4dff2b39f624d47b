"""Declared formulas over result cells: the only arithmetic an answer's numbers may come from.

formula = "mul(cell:1:0:leaked_calls, query:reduce)"
terms     cell:<part>:<row>:<column> | sum:<part>:<column> | sum:<part>:<column>:<first>:<last> |
          mean:<part>:<column>:<first>:<last> | day:<part>:<row>:<column> (a date, counted in days) |
          rows:<part> | query:<constant> | <number>
functions add, sub, mul, div, change (new, old: fraction), abs,
          shapley (i, new factors, old factors: what the i-th factor adds to the change of their product)

A computed column has one formula for all its rows, with `{row}` for the row's number; `column[3]` in a table's
formulas is the formula of row 3 alone, such as a row for all that is not shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import combinations

from tools.outcome import PlainCell, Table

_TOKEN = re.compile(
    r"\s*([a-z_]+\(|(?:cell|day):\d+:\d+:\w+|sum:\d+:\w+(?::\d+:\d+)?|mean:\d+:\w+:\d+:\d+|rows:\d+|query:\w+"
    r"|-?\d+(?:\.\d+)?|[,)])"
)


class FormulaError(ValueError):
    """The formula cannot be read, or a cell it names is absent or not a number."""


class HiddenCell(FormulaError):
    """The formula needs a cell that is not shown because too few members are behind it."""


def evaluate(formula: str, tables: Sequence[Table], constants: Mapping[str, float]) -> float:
    """The number a formula stands for. Raises FormulaError."""
    tokens = _TOKEN.findall(formula)
    if "".join(tokens).replace(" ", "") != formula.replace(" ", ""):
        raise FormulaError(f"cannot read {formula!r}")
    value, rest = _term(tokens, tables, constants)
    if rest:
        raise FormulaError(f"{formula!r} goes on after its end")
    return value


def formula_for(formulas: Mapping[str, str], name: str, row: int) -> str:
    """The formula of a computed column in one row, its row number filled in. Raises KeyError."""
    return formulas.get(f"{name}[{row}]", formulas[name]).replace("{row}", str(row))


def computed_columns(formulas: Mapping[str, str]) -> list[str]:
    """The columns that have formulas, in their order."""
    return [name for name in formulas if "[" not in name]


def _term(tokens: list[str], tables: Sequence[Table], constants: Mapping[str, float]) -> tuple[float, list[str]]:
    if not tokens:
        raise FormulaError("a formula ends early")
    head, rest = tokens[0], tokens[1:]
    if not head.endswith("("):
        return _leaf(head, tables, constants), rest
    arguments: list[float] = []
    while rest and rest[0] != ")":
        value, rest = _term(rest[1:] if rest[0] == "," else rest, tables, constants)
        arguments.append(value)
    if not rest:
        raise FormulaError("a formula ends early")
    return _apply(head[:-1], arguments), rest[1:]


def _apply(name: str, arguments: list[float]) -> float:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise FormulaError(f"there is no function {name!r}")
    try:
        return function(arguments)
    except (ZeroDivisionError, ValueError) as error:
        raise FormulaError(f"{name} cannot be computed") from error


def _leaf(term: str, tables: Sequence[Table], constants: Mapping[str, float]) -> float:
    kind, _, rest = term.partition(":")
    try:
        if kind == "query":
            return constants[rest]
        if kind == "rows":
            return len(tables[int(rest)].rows)
        if kind == "sum":
            part, name, *ends = rest.split(":")
            table = tables[int(part)]
            first, last = (int(ends[0]), int(ends[1])) if ends else (0, len(table.rows) - 1)
            return math.fsum(_shown(table, row, name) for row in range(first, last + 1))
        if kind == "day":
            part, row, name = rest.split(":")
            return date.fromisoformat(str(tables[int(part)].cell(int(row), name))[:10]).toordinal()
        if kind == "mean":
            part, name, begin, end = rest.split(":")
            rows = range(int(begin), min(int(end) + 1, len(tables[int(part)].rows)))
            return sum(_shown(tables[int(part)], row, name) for row in rows) / len(rows)
        if kind == "cell":
            part, row, name = rest.split(":")
            return _shown(tables[int(part)], int(row), name)
        return float(term)
    except HiddenCell:
        raise
    except (KeyError, IndexError, StopIteration, ValueError, ZeroDivisionError) as error:
        raise FormulaError(f"{term!r} names nothing in the result") from error


def _shown(table: Table, row: int, name: str) -> float:
    if table.hides(row, name):
        raise HiddenCell(f"{name} of row {row} is not shown")
    return _number(table.cell(row, name))


def _number(cell: PlainCell) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise FormulaError("a cell is not a number")
    return cell


def _quotient(values: list[float]) -> float:
    numerator, denominator = values
    return numerator / denominator


def _product(values: list[float]) -> float:
    result = 1.0
    for value in values:
        result *= value
    return result


def _change(values: list[float]) -> float:
    new, old = values
    return (new - old) / abs(old)


def _shapley(values: list[float]) -> float:
    """The mean, over all orders in which factors can change, of what this one's change does to the product."""
    place, factors = int(values[0]), values[1:]
    count = len(factors) // 2
    new, old = factors[:count], factors[count:]
    if len(factors) != 2 * count or not 0 <= place < count:
        raise ValueError("as many new as old factors")
    others = [other for other in range(count) if other != place]
    total = 0.0
    for size in range(count):
        weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
        for changed in combinations(others, size):
            rest = math.prod(new[other] if other in changed else old[other] for other in others)
            total += weight * rest * (new[place] - old[place])
    return total


_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "add": sum,
    "sub": lambda values: values[0] - sum(values[1:]),
    "mul": _product,
    "div": _quotient,
    "change": _change,
    "abs": lambda values: abs(values[0]),
    "shapley": _shapley,
}
