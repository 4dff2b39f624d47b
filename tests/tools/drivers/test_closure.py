"""Drivers add up: over random cubes, with parts that are not shown, in every table that an answer would hold."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.grounding import table_problems
from agents.narrator import Narrator
from agents.summaries import seen_by_model
from semantic.loader import load_model
from semantic.query import SemanticQuery, TimeRange
from semantic.values import ValueDictionary
from tools.desk import Desk
from tools.drivers.effects import Sides, ratio_effects, sum_effects
from tools.drivers.explain import DRIVES, may_be_told
from tools.drivers.frame import Cut, Frame, Part, sides_of
from tools.drivers.layout import CONTRIBUTION, OTHERS, Place, driver_table
from tools.formula import evaluate
from tools.outcome import Column, Found, PlainCell, Table

PERIOD = TimeRange(start=date(2026, 10, 23), end=date(2026, 10, 29), label="last 7 days")
RATE = SemanticQuery(metrics=("leakage_rate",), time=PERIOD, compare_to="previous_period")
COUNT = RATE.model_copy(update={"metrics": ("leaked_calls",)})
count = st.integers(0, 4000)
cell = st.tuples(count, count, count, count)  # leaked now and before, failed now and before
cubes = st.lists(st.tuples(cell, st.booleans()), min_size=2, max_size=14)


def compared(name: str, query: SemanticQuery, rows: list[list[PlainCell]], *names: str, hidden: set[int]) -> Table:
    """A governed table as the door gives it: each metric now, before and its change; hidden rows are blank."""
    dimensions = tuple(Column(key, "VARCHAR", "", "dimension", key) for key in query.dimensions)
    columns = [
        Column(metric + end, "BIGINT", "rate" if metric == "leakage_rate" else "count", role, metric)
        for metric in names
        for end, role in (("", "metric"), ("__previous", "previous"), ("__change", "change"))
    ]
    width = len(dimensions)
    shown = tuple(
        tuple(None if at in hidden and i >= width else value for i, value in enumerate(row))
        for at, row in enumerate(rows)
    )
    cells = frozenset((row, at) for row in hidden for at in range(width, width + len(columns)))
    return Table(name, (*dimensions, *columns), shown, query=query, suppressed=cells, small_cell=11)


def with_change(*pairs: tuple[float, float]) -> list[PlainCell]:
    return [value for now, before in pairs for value in (now, before, now - before)]


def drivers(
    cube: list[tuple[tuple[int, int, int, int], bool]], kind: str
) -> tuple[list[Table], Sides, Frame] | None:
    """The answer's tables over a cube: the total, the drivers by plan, the sides, the cells."""
    whole = Sides(*(float(sum(part[at] for part, _ in cube)) for at in range(4)))
    if not (whole.base_now and whole.base_before):
        return None
    hidden = {row for row, (_, gone) in enumerate(cube) if gone}
    hidden = set() if len(hidden) < 2 or len(hidden) > len(cube) - 1 else hidden
    ratio = kind == "ratio"
    query = RATE if ratio else COUNT
    frame = Frame(
        query.metrics[0], "ratio" if ratio else "sum", "leaked_calls", "failed_sessions" if ratio else "", query
    )
    sides = compared("sides", query, [with_change((whole.now, whole.before), (whole.base_now, whole.base_before))],
                     "leaked_calls", "failed_sessions", hidden=set())  # fmt: skip
    rates = (whole.now / whole.base_now, whole.before / whole.base_before)
    total = compared("In total", query, [with_change(rates)], "leakage_rate", hidden=set()) if ratio else sides
    by = query.model_copy(update={"dimensions": ("plan_type",)})
    rows: list[list[PlainCell]] = [
        [f"plan {row}", *with_change((p[0], p[1]), (p[2], p[3]))] for row, (p, _) in enumerate(cube)
    ]
    cells = compared("Figures", by, rows, "leaked_calls", "failed_sessions", hidden=hidden)
    parts = tuple(
        Part((cells.cell(row, "plan_type"),), row, found)
        for row in range(len(cells.rows))
        if (found := sides_of(frame, cells, row))
    )
    cut = Cut(("plan_type",), cells, parts, len(hidden))
    tables = [total, total, sides, cells]
    tables[1] = driver_table(frame, cut, whole, Place(0, 2, 3, 1), tables, f"{DRIVES}, by plan type")
    return tables, whole, frame


@settings(max_examples=60, deadline=None)
@given(cubes, st.sampled_from(["ratio", "sum"]))
def test_every_driver_table_closes_and_follows_from_its_cells(
    cube: list[tuple[tuple[int, int, int, int], bool]], kind: str
) -> None:
    made = drivers(cube, kind)
    if made is None:
        return
    tables, whole, _ = made
    table = tables[1]
    assert table_problems(tables, {}) == []
    change = (
        100 * (whole.now / whole.base_now - whole.before / whole.base_before)
        if kind == "ratio"
        else whole.now - whole.before
    )
    last = len(table.rows) - 1
    effects = [table.cell(row, CONTRIBUTION) for row in range(last)]
    assert all(isinstance(effect, int | float) for effect in effects)
    size = max(1.0, *(abs(float(effect)) for effect in effects if isinstance(effect, int | float)))
    assert math.fsum(float(e) for e in effects if isinstance(e, int | float)) == pytest.approx(
        change, abs=1e-9 * size
    )
    assert table.cell(last, CONTRIBUTION) == pytest.approx(change, abs=1e-9 * size)
    hidden = {row for row, _ in tables[3].suppressed}
    names = {table.cell(row, "plan_type") for row in range(last)}
    assert not names & {f"plan {row}" for row in hidden}
    assert not hidden or OTHERS in names


@settings(max_examples=100, deadline=None)
@given(
    st.lists(cell, min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=4),
)
def test_the_arithmetic_leaves_nothing_over(
    parts: list[tuple[int, int, int, int]], factors: list[tuple[float, float]]
) -> None:
    sides = [Sides(*map(float, part)) for part in parts]
    whole = Sides(*(float(sum(part[at] for part in parts)) for at in range(4)))
    assert math.fsum(e.whole for e in sum_effects(sides)) == pytest.approx(whole.now - whole.before, abs=1e-9)
    if whole.base_now and whole.base_before:
        change = whole.now / whole.base_now - whole.before / whole.base_before
        effects = ratio_effects(sides, whole)
        scale = max(1.0, *(abs(effect.whole) for effect in effects))
        assert math.fsum(effect.whole for effect in effects) == pytest.approx(change, abs=1e-9 * scale)
    new, old = [pair[0] for pair in factors], [pair[1] for pair in factors]
    whole_change = math.prod(new) - math.prod(old)
    constants = {f"f{at}": value for at, value in enumerate((*new, *old))}
    both = ", ".join(f"query:{name}" for name in constants)
    effects_of = [evaluate(f"shapley({at}, {both})", [], constants) for at in range(len(new))]
    assert math.fsum(effects_of) == pytest.approx(whole_change, rel=1e-9, abs=1e-6)


def test_a_cut_that_hides_a_handful_is_not_told(desk: Desk) -> None:
    """The total would give it away: seen on calls by channel, where six members had been left over."""
    frame = Frame("leaked_calls", "sum", "leaked_calls", "", COUNT)

    def told(hidden: float, small_cell: int = 11) -> bool:
        part = Part(("phone",), 0, Sides(294, 261))
        cut = Cut(("call_channel",), Table("", (), ()), (part,), 2)
        reader = replace(desk, small_cell=small_cell)
        return may_be_told(frame, cut, Sides(294 + hidden, 261 + 40), reader)

    assert not told(6)
    assert told(6, small_cell=0)
    assert told(0)
    assert told(40)


def test_a_rate_that_rises_while_every_part_falls_is_warned_of() -> None:
    # both plans leak less, but the one that leaks most has grown
    cube = [((540, 140, 1000, 200), False), ((90, 440, 300, 1200), False)]
    made = drivers(cube, "ratio")
    assert made is not None
    tables, _, frame = made
    model = load_model()
    narrator = Narrator(model, ValueDictionary.declared(model))
    said = narrator.narrate([seen_by_model(Found(tuple(tables), "analysis", "drivers"))]).text
    assert ", up " in said
    assert "Beware: by plan_type, the parts' own figures together went down" in said
    steady = drivers([((300, 100, 1000, 500), False), ((60, 40, 600, 600), False)], "ratio")
    assert steady is not None
    assert frame.kind == "ratio"
    assert "Beware" not in narrator.narrate([seen_by_model(Found(tuple(steady[0]), "analysis", "drivers"))]).text
