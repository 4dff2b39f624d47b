"""Arithmetic of metrics as expressions: weighted sums of terms, scales, numbers."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

Weighted = tuple[tuple[str, float], ...]


def weighted_sum(terms: Weighted, named: Callable[[str], exp.Expr]) -> exp.Expr:
    """The terms one after the other, each as `named` writes it, with its weight and sign."""
    total: exp.Expr | None = None
    for name, weight in terms:
        term = named(name)
        if abs(weight) != 1:
            term = exp.Mul(this=number(abs(weight)), expression=term)
        if total is None:
            total = exp.Neg(this=term) if weight < 0 else term
        else:
            total = exp.Sub(this=total, expression=term) if weight < 0 else exp.Add(this=total, expression=term)
    if total is None:
        raise ValueError("a metric without terms passed the loader")
    return total


def whole_divisor(scale: float) -> int | None:
    """60 for 1/60, which is written as a division by it; None for a scale that is multiplied."""
    inverse = 1 / scale
    return round(inverse) if abs(scale) < 1 and abs(inverse - round(inverse)) < 1e-9 else None


def number(value: float) -> exp.Expr:
    """A number as SQL writes it."""
    return exp.Literal.number(int(value) if float(value).is_integer() else value)
