"""The first day of a step is found within its interval; a course without a step has none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from semantic.query import SemanticQuery
from tools.drivers.frame import Frame
from tools.drivers.start import start_of
from tools.outcome import Column, Table

FIRST, DAYS = date(2026, 9, 4), 56
QUERY = SemanticQuery(metrics=("leaked_calls",))
FRAME = Frame("leaked_calls", "sum", "leaked_calls", "", QUERY)
WEEK = np.array([1.15, 1.1, 1.05, 1.0, 0.95, 0.6, 0.5])


def course(seed: int, rise: float, begins: int) -> Table:
    rng = np.random.default_rng(seed)
    days = [FIRST + timedelta(days=at) for at in range(DAYS)]
    usual = 300 * np.array([WEEK[day.weekday()] for day in days])
    usual[begins:] *= 1 + rise
    counts = rng.poisson(usual * rng.gamma(50, 1 / 50, DAYS))
    columns = (Column("day", "DATE", "", "time"), Column("leaked_calls", "BIGINT", "count"))
    return Table("Day by day", columns, tuple((d.isoformat(), int(n)) for d, n in zip(days, counts, strict=True)))


def test_a_step_is_found_where_it_is() -> None:
    found = within = 0
    for seed in range(60):
        begins = 34 + seed % 15
        start = start_of(FRAME, course(seed, 0.5, begins))
        if start is None:
            continue
        found += 1
        within += start.earliest <= FIRST + timedelta(days=begins) <= start.latest
        assert abs((start.day - FIRST).days - begins) <= 6
    assert found >= 57
    assert within / found >= 0.7


def test_no_step_has_no_start() -> None:
    assert sum(start_of(FRAME, course(seed, 0.0, 40)) is not None for seed in range(60)) <= 4
