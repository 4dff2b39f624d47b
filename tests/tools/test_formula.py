"""Formulas over cells: what they compute and what they refuse."""

from __future__ import annotations

import pytest

from tools.formula import FormulaError, evaluate
from tools.outcome import Column, Table

TABLE = Table("", (Column("name", "text", "", "dimension"), Column("n", "int", "count")), (("a", 10), ("b", 30)))
CONSTANTS = {"days": 7.0}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("cell:0:1:n", 30),
        ("sum:0:n", 40),
        ("rows:0", 2),
        ("mean:0:n:0:1", 20),
        ("mul(div(cell:0:1:n, query:days), 365)", 30 / 7 * 365),
        ("change(cell:0:1:n, cell:0:0:n)", 2),
        ("abs(sub(cell:0:0:n, cell:0:1:n))", 20),
        ("add(cell:0:0:n, 1, 2.5)", 13.5),
    ],
)
def test_a_formula_computes(formula: str, value: float) -> None:
    assert evaluate(formula, [TABLE], CONSTANTS) == pytest.approx(value)


@pytest.mark.parametrize(
    "formula",
    ["cell:0:9:n", "cell:1:0:n", "cell:0:0:name", "query:weeks", "div(1, 0)", "pow(2, 3)", "1 + 1", "mul(2, 3) 4",
     "__import__('os')", "", "mul("],
)  # fmt: skip
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(FormulaError):
        evaluate(formula, [TABLE], CONSTANTS)
