"""What compiled queries return on the tiny warehouse: totals, parts, marts, comparisons, distinct counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Literal

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from semantic.compiler import CompiledQuery, NotAnswerable
from semantic.loader import load_model
from semantic.model import SemanticModel
from semantic.query import (
    Comparison,
    DimensionFilter,
    MetricFilter,
    Order,
    SemanticQuery,
    TimeGrain,
    TimeRange,
)

Rows = list[dict[str, Any]]
Run = Callable[[SemanticModel, SemanticQuery], Rows]
MODEL = load_model()
FIRST, LAST = date(2026, 9, 15), date(2026, 10, 29)
TIMED = [m for m in MODEL.metrics if all(MODEL.datasets[d].time_column for d in MODEL.datasets_of(m))]
ADDITIVE = [metric for metric in TIMED if MODEL.metrics[metric].additive]
DISTINCT = [metric for metric in TIMED if MODEL.metrics[metric].distinct and not MODEL.metrics[metric].denominator]
relaxed = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def queries(draw: st.DrawFn, metrics: list[str] = TIMED, most: int = 3) -> SemanticQuery:
    """Valid queries: up to three metrics, dimensions and filters that all of them carry, any period."""
    chosen = draw(st.lists(st.sampled_from(metrics), min_size=1, max_size=most, unique=True))
    shared = frozenset.intersection(*(MODEL.dimensions_of(metric) for metric in chosen))
    usable = [name for name in MODEL.dimensions if name in shared]
    dimensions = draw(st.lists(st.sampled_from(usable), max_size=2, unique=True))
    declared = [name for name in usable if MODEL.dimensions[name].values]
    filters = [
        DimensionFilter(
            dimension=name,
            op=draw(st.sampled_from(["in", "not_in"])),
            values=tuple(
                draw(st.lists(st.sampled_from(list(MODEL.dimensions[name].values)), min_size=1, max_size=3))
            ),
        )
        for name in draw(st.lists(st.sampled_from(declared), max_size=2, unique=True))
    ]
    start = FIRST + timedelta(days=draw(st.integers(0, 40)))
    end = min(start + timedelta(days=draw(st.integers(0, 40))), LAST)
    return SemanticQuery(
        metrics=tuple(chosen),
        dimensions=tuple(dimensions),
        filters=tuple(filters),
        time=TimeRange(start=start, end=end),
    )


@relaxed
@given(query=queries(), grain=st.sampled_from([None, "day", "week", "month", "quarter", "year"]))
def test_any_valid_query_is_stable_and_ordered(
    query: SemanticQuery, grain: Any, run: Run, compiled: Callable[..., CompiledQuery]
) -> None:
    query = query.model_copy(update={"time_grain": grain})
    assert compiled(MODEL, query) == compiled(MODEL, query)
    rows = run(MODEL, query)
    assert rows == run(MODEL, query)
    keys = [tuple(row[key] for key in ([grain] if grain else []) + list(query.dimensions)) for row in rows]
    assert len(set(keys)) == len(keys)
    if grain:
        assert [row[grain] for row in rows] == sorted(row[grain] for row in rows)


@relaxed
@given(query=queries(ADDITIVE))
def test_parts_of_additive_metrics_sum_to_the_whole(query: SemanticQuery, run: Run) -> None:
    assume(all(MODEL.adds_up_by(metric, query.dimensions) for metric in query.metrics))
    whole = run(MODEL, query.model_copy(update={"dimensions": ()}))[0]
    by_day = run(MODEL, query.model_copy(update={"time_grain": "day"}))
    parts = run(MODEL, query)
    for metric in query.metrics:
        assert sum(row[metric] for row in parts) == pytest.approx(whole[metric], rel=1e-9)
        assert sum(row[metric] for row in by_day) == pytest.approx(whole[metric], rel=1e-9)


@relaxed
@given(query=queries())
def test_marts_give_exactly_what_the_facts_give(query: SemanticQuery, run: Run) -> None:
    facts_only = replace(MODEL, marts=())
    expected = cells(run(facts_only, query), query)
    assert cells(run(MODEL, query), query) == pytest.approx(expected, rel=1e-12, nan_ok=True)


def cells(rows: Rows, query: SemanticQuery) -> dict[tuple[Any, ...], float]:
    """One number a key and metric, nothing as not-a-number; float sums vary in the last digit with their order."""
    return {
        (*(row[name] for name in query.dimensions), metric): math.nan
        if row[metric] is None
        else float(row[metric])
        for row in rows
        for metric in query.metrics
    }


@relaxed
@given(query=queries(DISTINCT, most=1))
def test_distinct_counts_equal_brute_force_at_every_level(
    query: SemanticQuery, run: Run, gold: duckdb.DuckDBPyConnection
) -> None:
    measure = MODEL.measures[MODEL.metrics[query.metrics[0]].numerator[0][0]]
    dataset = MODEL.datasets[measure.dataset]
    assert query.time is not None
    columns = [
        f"COALESCE({dataset.columns[name]}, '{MODEL.dimensions[name].missing}')"
        if MODEL.dimensions[name].missing
        else dataset.columns[name]
        for name in query.dimensions
    ]
    kept = [f"{dataset.time_column} BETWEEN '{query.time.start}' AND '{query.time.end}'"]
    kept += [
        f"{column} IN {as_list(values)}" if values else f"{column} IS NOT NULL" for column, values in dataset.where
    ]
    kept += [
        f"{dataset.columns[f.dimension]} {'NOT IN' if f.op == 'not_in' else 'IN'} {as_list(f.values)}"
        for f in query.filters
    ]
    selected, condition = ", ".join([*columns, measure.column or ""]), " AND ".join(kept)
    spread = MODEL.bridge_of(dataset.name, (*query.dimensions, *(f.dimension for f in query.filters)))
    table = spread.table if spread else dataset.table
    rows = gold.execute(f"SELECT DISTINCT {selected} FROM {table} WHERE {condition}").fetchall()
    expected: dict[tuple[Any, ...], set[Any]] = {}
    for row in rows:
        expected.setdefault(tuple(row[:-1]), set()).add(row[-1])
    found = {tuple(row[name] for name in query.dimensions): row[query.metrics[0]] for row in run(MODEL, query)}
    assert {key: count for key, count in found.items() if count} == {
        key: len(ids) for key, ids in expected.items()
    }


def as_list(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def test_drill_across_counts_no_row_twice(run: Run) -> None:
    both = run(MODEL, by_journey("leakage_rate", "leaked_calls", "failed_sessions"))
    leaked = {row["journey"]: row["leaked_calls"] for row in run(MODEL, by_journey("leaked_calls"))}
    failed = {row["journey"]: row["failed_sessions"] for row in run(MODEL, by_journey("failed_sessions"))}
    assert {row["journey"] for row in both} == leaked.keys() | failed.keys()
    for row in both:
        assert row["leaked_calls"] == leaked.get(row["journey"], 0)
        assert row["failed_sessions"] == failed.get(row["journey"], 0)
        assert row["leakage_rate"] == pytest.approx(row["leaked_calls"] / row["failed_sessions"])


@pytest.mark.parametrize(
    ("compare_to", "before"),
    [
        ("previous_period", date(2026, 10, 16)),
        (TimeRange(start=date(2026, 9, 18), end=date(2026, 9, 24), label="any week"), date(2026, 9, 18)),
    ],
)
def test_a_comparison_is_two_queries_side_by_side(
    run: Run, compare_to: Comparison | TimeRange, before: date
) -> None:
    week = TimeRange(start=LAST - timedelta(days=6), end=LAST)
    query = by_journey("avoidable_call_cost", "leakage_rate").model_copy(update={"time": week})
    now = {row["journey"]: row for row in run(MODEL, query)}
    earlier_time = TimeRange(start=before, end=before + timedelta(days=6))
    then = {row["journey"]: row for row in run(MODEL, query.model_copy(update={"time": earlier_time}))}
    for row in run(MODEL, query.model_copy(update={"compare_to": compare_to})):
        key = row["journey"]
        for metric in query.metrics:
            assert row[metric] == pytest.approx(now[key][metric])
            assert row[f"{metric}__previous"] == pytest.approx(then[key][metric])
            change = now[key][metric] - then[key][metric]
            assert row[f"{metric}__change"] == pytest.approx(change)
            relative = change / then[key][metric] if then[key][metric] else None
            assert row[f"{metric}__change_pct"] == pytest.approx(relative)


def test_buckets_are_not_held_against_one_period_nor_against_days_without_data(run: Run) -> None:
    then = TimeRange(start=date(2026, 9, 18), end=date(2026, 9, 24))
    query = SemanticQuery(metrics=("total_calls",), compare_to=then)
    with pytest.raises(NotAnswerable, match="not against one period"):
        run(MODEL, query.model_copy(update={"time_grain": "week"}))
    for start, named in ((date(2020, 1, 1), "1 January 2020"), (date(2030, 1, 1), "1 January 2030")):
        elsewhere = TimeRange(start=start, end=start)
        with pytest.raises(NotAnswerable, match=named):
            run(MODEL, query.model_copy(update={"compare_to": elsewhere}))


def test_buckets_are_compared_with_the_bucket_before(run: Run) -> None:
    weeks = run(MODEL, SemanticQuery(metrics=("total_calls",), time_grain="week", compare_to="previous_period"))
    assert weeks[0]["total_calls__previous"] is None
    assert weeks[1]["total_calls__previous"] is None  # the week before starts before the data
    for earlier, later in pairwise(weeks[1:-1]):
        assert later["total_calls__previous"] == earlier["total_calls"]
    assert weeks[-1]["total_calls__previous"] < weeks[-2]["total_calls"]  # four days against four days


def test_shares_add_up_to_one_before_the_limit(run: Run) -> None:
    query = by_journey("leaked_calls").model_copy(update={"share_of_total": True})
    everything = run(MODEL, query)
    assert sum(row["leaked_calls__share"] for row in everything) == pytest.approx(1)
    top = run(MODEL, query.model_copy(update={"limit": 2}))
    assert top == everything[:2]
    threshold = MetricFilter(metric="leaked_calls", op=">", value=everything[1]["leaked_calls"])
    assert run(MODEL, query.model_copy(update={"having": (threshold,)})) == everything[:1]


@pytest.mark.parametrize(
    ("grain", "within", "direction"),
    [
        (None, "agent_team", "desc"),
        (None, "call_topic", "asc"),
        ("week", "week", "desc"),
        ("week", "call_topic", "asc"),
    ],
)
def test_a_limit_within_groups_keeps_the_first_rows_of_each(
    run: Run, grain: TimeGrain | None, within: str, direction: Literal["asc", "desc"]
) -> None:
    order = (Order(by="avg_handle_time", direction=direction),)
    dimensions = ("call_topic",) if within == "week" else ("call_topic", "agent_team")
    query = SemanticQuery(metrics=("avg_handle_time",), dimensions=dimensions, time_grain=grain, order_by=order)
    ranked = run(MODEL, query)
    first = [
        row
        for name in sorted({row[within] for row in ranked})
        for row in [r for r in ranked if r[within] == name][:2]
    ]
    assert run(MODEL, query.model_copy(update={"limit": 2, "limit_by": within})) == first
    assert len(first) < len(ranked)


def test_a_limit_within_what_is_no_column_is_refused(run: Run) -> None:
    for within in ("agent_team", "call_topic", "week"):
        with pytest.raises(NotAnswerable, match="need a breakdown by"):
            run(
                MODEL,
                SemanticQuery(metrics=("total_calls",), dimensions=("call_topic",), limit=2, limit_by=within),
            )


def test_an_average_per_day_is_the_sum_by_the_days_of_each_period(run: Run) -> None:
    month = TimeRange(start=date(2026, 10, 1), end=date(2026, 10, 20))
    plain = SemanticQuery(
        metrics=("total_calls", "call_cost"), dimensions=("agent_team",), time=month,
        compare_to=TimeRange(start=date(2026, 9, 16), end=date(2026, 9, 30)),
    )  # fmt: skip
    sums = {row["agent_team"]: row for row in run(MODEL, plain)}
    averaged = run(MODEL, plain.model_copy(update={"average_per": "day"}))
    assert len(averaged) == len(sums)
    for row in averaged:
        whole = sums[row["agent_team"]]
        assert row["total_calls"] == pytest.approx(whole["total_calls"] / 20)
        assert row["total_calls__previous"] == pytest.approx(whole["total_calls__previous"] / 15)
        assert row["call_cost"] == pytest.approx(whole["call_cost"] / 20)
    by_month = run(
        MODEL, SemanticQuery(metrics=("total_calls",), time_grain="month", time=month, average_per="day")
    )
    assert by_month[0]["total_calls"] == pytest.approx(sum(row["total_calls"] for row in sums.values()) / 20)


def test_an_average_per_week_is_of_the_whole_weeks(run: Run) -> None:
    october = TimeRange(start=date(2026, 10, 1), end=date(2026, 10, 29))
    weeks = run(MODEL, SemanticQuery(metrics=("total_calls",), time_grain="week", time=october))
    (found,) = run(MODEL, SemanticQuery(metrics=("total_calls",), time=october, average_per="week"))
    whole = [row["total_calls"] for row in weeks if date(2026, 10, 5) <= row["week"] <= date(2026, 10, 19)]
    assert len(whole) == 3
    assert found["total_calls"] == pytest.approx(sum(whole) / 3)
    with pytest.raises(NotAnswerable, match="No month is whole"):
        run(MODEL, SemanticQuery(metrics=("total_calls",), time=october, average_per="month"))


def test_what_does_not_add_up_over_days_has_no_average_per_day(run: Run) -> None:
    for name in ("leakage_rate", "calling_members", "membership", "annualized_cost"):
        with pytest.raises(NotAnswerable, match="does not add up over days"):
            run(MODEL, SemanticQuery(metrics=(name,), average_per="day"))


def test_a_day_without_events_is_zero_and_a_rate_without_events_is_nothing(run: Run) -> None:
    rare = DimensionFilter(dimension="drug_name", values=("No such drug",))
    days = run(MODEL, SemanticQuery(metrics=("fills", "avg_copay"), filters=(rare,), time_grain="day"))
    assert len(days) == 30
    assert {(row["fills"], row["avg_copay"]) for row in days} == {(0, None)}
    assert run(MODEL, SemanticQuery(metrics=("fills",), filters=(rare,))) == [{"fills": 0}]


def test_rows_without_a_value_have_a_name(run: Run) -> None:
    query = SemanticQuery(metrics=("leakage_rate", "leaked_calls"), dimensions=("error_code",))
    found = [row["error_code"] for row in run(MODEL, query)]
    assert found.count("No error code") == 1
    assert None not in found


def test_numbers_may_be_filtered_as_values(run: Run) -> None:
    only = DimensionFilter(dimension="days_supply", values=("30", "90"))
    rows = run(MODEL, SemanticQuery(metrics=("fills",), dimensions=("days_supply",), filters=(only,)))
    assert sorted(row["days_supply"] for row in rows) == [30, 90]


def test_governed_columns_hold_a_value_in_every_row(gold: duckdb.DuckDBPyConnection) -> None:
    blank = []
    for dataset in MODEL.datasets.values():
        kept = [f"{c} IN {as_list(v)}" if v else f"{c} IS NOT NULL" for c, v in dataset.where] or ["TRUE"]
        names = [n for n in dataset.columns if not MODEL.dimensions[n].missing and not dataset.is_part(n)]
        counts = ", ".join(f"COUNT(*) FILTER (WHERE {dataset.columns[name]} IS NULL)" for name in names)
        found = gold.execute(f"SELECT {counts} FROM {dataset.table} WHERE {' AND '.join(kept)}").fetchall()[0]
        blank += [(dataset.name, name) for name, count in zip(names, found, strict=True) if count]
    assert blank == []


def test_a_state_of_today_has_no_history(run: Run) -> None:
    assert run(MODEL, SemanticQuery(metrics=("membership",)))[0]["membership"] > 0
    past = TimeRange(start=FIRST, end=FIRST)
    with pytest.raises(NotAnswerable, match="no history"):
        run(MODEL, SemanticQuery(metrics=("membership",), time=past))


def by_journey(*metrics: str) -> SemanticQuery:
    return SemanticQuery(metrics=metrics, dimensions=("journey",), time=TimeRange(start=FIRST, end=LAST))
