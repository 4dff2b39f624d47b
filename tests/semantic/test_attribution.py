"""By the plan members had at the event, or by the one they have today: two questions with two right numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.attribution import todays_dimensions
from semantic.compiler import NotAnswerable, compile_query
from semantic.echo import attribution_note, describe, heading
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, SemanticQuery
from warehouse.guard import Allow, check
from warehouse.principal import ROLES, Principal

FACTS = (
    *("calls", "digital_interactions", "surveys", "claims", "pharmacy_fills", "enrollments"),
    *("cost_estimates", "fact_request", "fact_response"),
)
BY_PLAN = SemanticQuery(metrics=("total_calls",), dimensions=("plan_type",), attribution="today")
Rows = list[dict[str, object]]


@pytest.fixture(scope="module")
def moved(
    tiny_warehouse: Path, gold_of: Callable[[Path], duckdb.DuckDBPyConnection]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tiny gold tables, where every other MAPD member has since gone to HMO and one member is gone."""
    with gold_of(tiny_warehouse) as gold, duckdb.connect() as con:
        con.execute("CREATE SCHEMA gold")
        for table in (*FACTS, "members"):
            con.register("rows_of", gold.sql(f"FROM gold.{table}").to_arrow_table())
            con.execute(f"CREATE TABLE gold.{table} AS FROM rows_of")
        con.execute("DELETE FROM gold.members WHERE member_id = (SELECT min(member_id) FROM gold.calls)")
        con.execute(
            "UPDATE gold.members SET plan_type = 'HMO', segment = 'At Risk' "
            "WHERE plan_type = 'MAPD' AND hash(member_id) % 2 = 0"
        )
        yield con


@pytest.fixture(scope="module")
def answer(
    moved: duckdb.DuckDBPyConnection, model: SemanticModel, days: tuple[date, date]
) -> Callable[[SemanticQuery], Rows]:
    """Compiles a query and runs it on `moved`."""

    def run(query: SemanticQuery) -> Rows:
        statement = compile_query(model, query, as_of=days[1], first_day=days[0])
        names = [column.name for column in statement.columns]
        found = moved.execute(statement.sql, statement.params).fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    return run


def by_hand(moved: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    return dict(moved.execute(sql).fetchall())


def all_days(query: SemanticQuery, days: tuple[date, date]) -> SemanticQuery:
    return SemanticQuery.model_validate(
        {**query.model_dump(exclude={"time"}), "time": {"start": days[0], "end": days[1]}}
    )


def test_calls_count_under_the_plan_their_member_has_today(
    answer: Callable[[SemanticQuery], Rows], moved: duckdb.DuckDBPyConnection, days: tuple[date, date]
) -> None:
    query = all_days(BY_PLAN, days)
    today = {str(row["plan_type"]): row["total_calls"] for row in answer(query)}
    then = by_hand(moved, "SELECT plan_type, count(*) FROM gold.calls GROUP BY 1")
    assert today != then
    assert sum(today.values()) == sum(then.values())  # type: ignore[arg-type]
    assert today == by_hand(
        moved,
        "SELECT coalesce((SELECT m.plan_type FROM gold.members m WHERE m.member_id = c.member_id), 'Unknown'), "
        "count(*) FROM gold.calls c GROUP BY 1",
    )
    assert today["Unknown"]
    at_event = query.model_copy(update={"attribution": "at_event", "dimensions": ("plan_type", "state")})
    assert sum(row["total_calls"] for row in answer(at_event) if row["plan_type"] == "MAPD") == then["MAPD"]  # type: ignore[misc]


def test_filters_go_by_today_as_well(
    answer: Callable[[SemanticQuery], Rows], moved: duckdb.DuckDBPyConnection, days: tuple[date, date]
) -> None:
    kept = DimensionFilter(dimension="segment", values=("At Risk",))
    query = all_days(BY_PLAN.model_copy(update={"dimensions": ("call_topic",), "filters": (kept,)}), days)
    dropped = query.model_copy(update={"filters": (kept.model_copy(update={"op": "not_in"}),)})
    inside, outside = (sum(row["total_calls"] for row in answer(each)) for each in (query, dropped))  # type: ignore[misc]
    at_risk = "SELECT member_id FROM gold.members WHERE segment = 'At Risk'"
    assert (
        inside == moved.execute(f"SELECT count(*) FROM gold.calls WHERE member_id IN ({at_risk})").fetchall()[0][0]
    )
    assert inside + outside == moved.execute("SELECT count(*) FROM gold.calls").fetchall()[0][0]


def test_no_event_is_lost_or_counted_twice(
    model: SemanticModel, answer: Callable[[SemanticQuery], Rows], days: tuple[date, date]
) -> None:
    additive = [name for name, metric in model.metrics.items() if metric.additive]
    assert len(additive) > 20
    for name in additive:
        parts = answer(all_days(BY_PLAN.model_copy(update={"metrics": (name,)}), days))
        one = DimensionFilter(dimension="gender", op="not_in", values=("no such value",))
        whole = answer(all_days(SemanticQuery(metrics=(name,), filters=(one,)), days))
        assert sum(row[name] or 0 for row in parts) == pytest.approx(whole[0][name] or 0), name  # type: ignore[misc]


def test_the_join_is_there_only_when_it_is_needed(model: SemanticModel, days: tuple[date, date]) -> None:
    def tables(query: SemanticQuery) -> tuple[str, ...]:
        return compile_query(model, query, as_of=days[1], first_day=days[0]).tables

    by_topic = BY_PLAN.model_copy(update={"dimensions": ("call_topic",)})
    assert tables(BY_PLAN) == ("gold.calls", "gold.members")
    assert tables(by_topic) == tables(by_topic.model_copy(update={"attribution": "at_event"}))
    members = BY_PLAN.model_copy(update={"metrics": ("membership",)})
    assert tables(members) == ("gold.members",)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("metric", ["total_calls", "leakage_rate", "calls_per_member", "nps", "avg_copay"])
def test_every_role_may_ask_for_it(
    metric: str, role: str, model: SemanticModel, days: tuple[date, date], moved: duckdb.DuckDBPyConnection
) -> None:
    query = BY_PLAN.model_copy(update={"metrics": (metric,), "compare_to": "previous_period"})
    statement = compile_query(model, query, as_of=days[1], first_day=days[0])
    decision = check(statement.sql, Principal("x", role), parameters=statement.params)  # type: ignore[arg-type]
    assert isinstance(decision, Allow), decision
    assert set(decision.tables) == set(statement.tables)
    assert moved.execute(decision.sql).fetchall() == moved.execute(statement.sql).fetchall()


def test_a_row_filter_narrows_both_sides(
    model: SemanticModel, days: tuple[date, date], moved: duckdb.DuckDBPyConnection
) -> None:
    """A lead of MAPD sees calls that were MAPD's; who has left since is Unknown, and never under the new plan."""
    statement = compile_query(model, all_days(BY_PLAN, days), as_of=days[1], first_day=days[0])
    lead = Principal("lee", "executive", attributes={"plan_type": "MAPD"})
    decision = check(statement.sql, lead)
    assert isinstance(decision, Allow)
    found = by_hand(moved, decision.sql)
    assert set(found) == {"MAPD", "Unknown"}
    assert (
        sum(found.values())
        == moved.execute("SELECT count(*) FROM gold.calls WHERE plan_type = 'MAPD'").fetchall()[0][0]
    )


def test_events_without_a_member_are_refused_with_the_reason(
    model: SemanticModel, days: tuple[date, date]
) -> None:
    without = {name: replace(dataset, member_column="") for name, dataset in model.datasets.items()
               if name != model.members_today}  # fmt: skip
    anonymous = replace(model, datasets={**model.datasets, **without})
    with pytest.raises(NotAnswerable, match="which member"):
        compile_query(anonymous, BY_PLAN, as_of=days[1], first_day=days[0])


def test_the_echo_says_which(model: SemanticModel) -> None:
    then = BY_PLAN.model_copy(update={"attribution": "at_event"})
    assert "current plan type" in describe(BY_PLAN, model)
    assert heading(BY_PLAN, model) == "Total calls by current plan type"
    assert attribution_note([BY_PLAN], model).endswith("today, not the one they had at the time of the call.")
    assert "current" not in describe(then, model)
    assert attribution_note([then], model) == ""


def test_it_means_nothing_without_a_member_dimension(model: SemanticModel) -> None:
    assert todays_dimensions(BY_PLAN, model) == ("plan_type",)
    assert todays_dimensions(BY_PLAN.model_copy(update={"dimensions": ("call_topic",)}), model) == ()
    assert todays_dimensions(BY_PLAN.model_copy(update={"metrics": ("membership",)}), model) == ()


def test_an_older_query_without_the_field_is_at_the_event() -> None:
    assert SemanticQuery.model_validate({"metrics": ["total_calls"]}).attribution == "at_event"
