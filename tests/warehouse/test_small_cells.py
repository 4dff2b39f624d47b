"""Small cells: what a reader of sums is shown, held against the members behind every figure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.audit import AuditLog
from warehouse.door import QueryContext, QueryResult, Warehouse
from warehouse.errors import DeniedError
from warehouse.principal import Principal
from warehouse.settings import Settings

EXECUTIVE = Principal("erin", "executive")
ADVOCATE = Principal("ada", "member_advocate", purpose="grievance: case 1")
FEW = 11
Rows = list[tuple[Any, ...]]
Ask = Callable[..., QueryResult]


@pytest.fixture
def ask(tiny_warehouse: Path, tmp_path: Path, settings: Settings) -> Iterator[Ask]:
    """Asks the tiny warehouse as a reader who has seen nothing before."""
    own = settings.model_copy(update={"var": tmp_path})
    door = Warehouse(
        tiny_warehouse, own, AuditLog(own.state / "audit"), clock=lambda: datetime(2026, 11, 1, tzinfo=UTC)
    )
    yield lambda sql, who=EXECUTIVE, **how: door.query(sql, who, **how)
    door.close()


@pytest.fixture(scope="module")
def gold(tiny_warehouse: Path, gold_of: Callable[[Path], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """All rows, round the door."""
    return gold_of(tiny_warehouse)


DIMENSIONS = (
    "plan_type",
    "state",
    "county",
    "segment",
    "age_group",
    "language",
    "call_topic",
    "journey",
    "call_date",
)
COUNTS = {
    "COUNT(*)": "TRUE",
    "COUNT(DISTINCT member_id)": "TRUE",
    "SUM(is_repeat)": "is_repeat <> 0",
    "SUM(is_leaked)": "is_leaked <> 0",
    "COUNT(*) FILTER (WHERE sentiment = 'negative')": "sentiment = 'negative'",
    "SUM(CASE WHEN call_channel = 'phone' THEN 1 ELSE 0 END)": "call_channel = 'phone'",
    "SUM(planning_cost)": "planning_cost <> 0",
    "AVG(handle_time_minutes)": "handle_time_minutes IS NOT NULL",
}


def _random_statements(number: int) -> Iterator[tuple[list[str], str, str, str]]:
    choose = random.Random(20261129)
    for _ in range(number):
        keys = choose.sample(DIMENSIONS, choose.choice((0, 1, 1, 2, 2, 3)))
        where = choose.choice(
            ("TRUE", "plan_type = 'MAPD'", "state IN ('WA', 'VA')", "call_date >= DATE '2026-10-20'")
        )
        count, condition = choose.choice(list(COUNTS.items()))
        yield keys, where, count, condition


@pytest.mark.parametrize(("keys", "where", "count", "condition"), list(_random_statements(40)))
def test_a_figure_is_shown_exactly_when_enough_members_are_behind_it(
    keys: list[str], where: str, count: str, condition: str, ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    select, group = ", ".join([*keys, ""]), f" GROUP BY {', '.join(keys)}" if keys else ""
    got = ask(f"SELECT {select}{count} AS figure FROM gold.calls WHERE {where}{group}")
    members = f"COUNT(DISTINCT CASE WHEN {condition} THEN member_id END)"
    truth = gold.execute(f"SELECT {select}{count}, {members} FROM gold.calls WHERE {where}{group}").fetchall()
    if len({*keys, *_chosen_by(where)}) > 2:  # groups of few, which name more than two columns, are not listed
        many = f" HAVING COUNT(DISTINCT member_id) >= {FEW}"
        statement = f"SELECT {select}{count}, {members} FROM gold.calls WHERE {where}{group}{many}"
        truth = gold.execute(statement).fetchall()
        assert got.leaves_out or len(got.rows) == len(truth)
    expected = {row[:-2]: None if 0 < row[-1] < FEW else row[-2] for row in truth}
    if keys and truth and all(value is None for value in expected.values()):
        assert got.rows == []  # no figure at all looks like no rows at all
        return
    shown = {row[:-1]: row[-1] for row in got.rows}
    if not got.truncated:
        assert shown.keys() == expected.keys()
    for key, value in shown.items():
        assert value == pytest.approx(expected[key]) if expected[key] is not None else value is None
        assert ((list(shown).index(key), len(keys)) in got.suppressed) == (0 < dict_members(truth)[key] < FEW)


def _chosen_by(where: str) -> set[str]:
    return {where.split()[0]} & {"plan_type", "state"}


def dict_members(truth: Rows) -> dict[tuple[Any, ...], int]:
    """Members behind each row by its key."""
    return {row[:-2]: row[-1] for row in truth}


@pytest.mark.parametrize(
    "keys", [["journey"], ["plan_type", "journey"], ["failure_reason"], ["segment", "failure_reason", "channel"]]
)
@pytest.mark.parametrize("measure", ["leaked_calls", "call_cost", "repeat_leaked_calls"])
def test_a_mart_counts_the_members_behind_its_sums_exactly(
    keys: list[str], measure: str, ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    flags = {
        "leaked_calls": "is_leaked",
        "call_cost": "avoidable_cost",
        "repeat_leaked_calls": "is_leaked * is_repeat",
    }
    listed = ", ".join(keys)
    got = ask(f"SELECT {listed}, SUM({measure}) AS figure FROM gold.digital_call_leakage GROUP BY {listed}")
    events = ", ".join("platform AS channel" if key == "channel" else key for key in keys)
    truth = gold.execute(
        f"SELECT {listed}, SUM(figure), COUNT(DISTINCT CASE WHEN figure <> 0 THEN member_id END) FROM "
        f"(SELECT {events}, {flags[measure]} AS figure, member_id FROM gold.calls WHERE is_leaked_24h = 1) "
        f"GROUP BY {listed}"
    ).fetchall()
    shown = {row[:-1]: row[-1] for row in got.rows}
    behind = {tuple(key): members for *key, _, members in truth}
    small = {key for key, members in behind.items() if 0 < members < FEW}
    for *key, figure, _ in truth:
        if shown.get(tuple(key)) is not None:
            assert tuple(key) not in small
            assert shown[tuple(key)] == pytest.approx(figure)
    # The whole may be known from elsewhere: where few are hidden in all, the next smallest are hidden, too.
    hidden = {key for key, members in behind.items() if members and shown.get(key) is None}
    more, told = hidden - small, {members for key, members in behind.items() if members and key not in hidden}
    assert small <= hidden
    assert not more or (sum(behind[key] for key in small) < FEW and max(behind[key] for key in more) <= min(told))
    assert not small or not told or sum(behind[key] for key in hidden) >= FEW


SMALL = "state = 'WA' AND segment = 'At Risk'"
ALL = "SELECT COUNT(*) FROM gold.calls"
BUT_A_FEW = f"{ALL} WHERE NOT ({SMALL})"


@pytest.mark.parametrize(
    "encoded",
    [
        "SUM(is_repeat) * 1000", "SUM(is_repeat) + 100", "CAST(SUM(is_repeat) AS VARCHAR)",
        "SUM(is_repeat) / COUNT(*)", "1.0 * SUM(is_repeat) / 7", "SUM(is_repeat) > 2",
        "CASE WHEN SUM(is_repeat) > 2 THEN 'many' ELSE 'few' END",
        "GREATEST(SUM(is_repeat), 0)", "COALESCE(SUM(is_repeat), 0)", "ROUND(AVG(is_repeat), 4)",
        "SUM(SUM(is_repeat)) OVER ()", "substr('abcdefghijkl', CAST(SUM(is_repeat) AS INTEGER), 1)",
        "MAX(SUM(is_repeat)) OVER ()", "SUM(is_repeat) IN (1, 2, 3, 4)", "NULLIF(SUM(is_repeat), 3)",
    ],
)  # fmt: skip
def test_no_expression_carries_a_small_count_out(encoded: str, ask: Ask) -> None:
    text = f"SELECT {encoded} AS figure FROM gold.calls WHERE {SMALL}"
    if encoded in REFUSED:
        with pytest.raises(DeniedError) as denied:
            ask(text)
        assert denied.value.code == REFUSED[encoded]
    else:
        assert ask(text).rows == [(None,)]


REFUSED = {
    "SUM(is_repeat) IN (1, 2, 3, 4)": "selects_small_cells",  # it can only be there to read a small count
    "substr('abcdefghijkl', CAST(SUM(is_repeat) AS INTEGER), 1)": "small_cells",  # NaN is no place in a text
}


def test_neither_filter_nor_order_nor_limit_chooses_by_a_small_count(ask: Ask) -> None:
    by = "SELECT county, COUNT(*) AS n FROM gold.calls GROUP BY county"
    everything = ask(f"{by} ORDER BY county")
    hidden = {row[0] for row in everything.rows if row[1] is None}
    assert hidden
    for tail in (
        "HAVING COUNT(*) > 2",
        "HAVING COUNT(*) < 100000",
        "HAVING COUNT(*) <= 15",
        "QUALIFY rank() OVER (ORDER BY n) < 9",
    ):
        assert not {row[0] for row in ask(f"{by} {tail}").rows} & hidden, tail
    first = ask(f"{by} ORDER BY n ASC LIMIT 5")
    assert all(row[1] is not None for row in first.rows)
    inside = ask(f"SELECT c.county FROM ({by}) AS c WHERE c.n < 1000000")
    assert not {row[0] for row in inside.rows} & hidden


def test_zero_is_shown_and_nothing_looks_like_too_little(ask: Ask) -> None:
    assert ask("SELECT COUNT(*) AS n FROM gold.calls WHERE state = 'Nowhere'").rows == [(0,)]
    few = ask(f"SELECT county, COUNT(*) AS n FROM gold.calls WHERE {SMALL} GROUP BY county")
    none = ask("SELECT county, COUNT(*) AS n FROM gold.calls WHERE state = 'Nowhere' GROUP BY county")
    assert (
        (few.rows, few.columns, few.suppressed)
        == (none.rows, none.columns, none.suppressed)
        == ([], few.columns, frozenset())
    )


def _solvable(total: float, parts: list[float | None]) -> bool:
    """Whether one unknown is left that the total gives away."""
    return sum(part is None for part in parts) == 1


def test_a_roll_up_hides_what_its_totals_would_tell(ask: Ask) -> None:
    got = ask(
        "SELECT journey, plan_type, SUM(leaked_calls) AS n FROM gold.digital_call_leakage "
        "GROUP BY ROLLUP (journey, plan_type)"
    )
    cells = {(journey, plan): n for journey, plan, n in got.rows}
    assert cells[None, None] > 5000
    for journey in {key[0] for key in cells if key[0]}:
        parts = [n for (j, plan), n in cells.items() if j == journey and plan]
        if cells[journey, None] is not None:
            assert not _solvable(cells[journey, None], parts), journey


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_total_and_its_parts_together_tell_no_small_count(
    order: tuple[int, ...], ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    window = "call_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-29'"
    texts = (
        f"SELECT SUM(leaked_calls) AS n FROM gold.digital_call_leakage WHERE {window}",
        f"SELECT journey, SUM(leaked_calls) AS n FROM gold.digital_call_leakage WHERE {window} GROUP BY journey",
    )
    results = {place: ask(texts[place]).rows for place in order}
    total, parts = results[0][0][0], dict(results[1])
    truth = dict(
        gold.execute(
            "SELECT journey, COUNT(DISTINCT member_id) FROM gold.calls "
            f"WHERE is_leaked = 1 AND {window} GROUP BY 1"
        ).fetchall()
    )
    hidden = [truth.get(journey, 0) for journey, n in parts.items() if n is None]
    assert hidden
    assert total is None or len(hidden) > 1
    assert total is None or sum(hidden) >= FEW


@pytest.mark.parametrize("form", ["{}", "WITH sums AS ({}) SELECT * FROM sums"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_hidden_part_is_not_told_by_its_total(order: tuple[int, ...], form: str, ask: Ask) -> None:
    """Of the people of one plan one state alone has few; metrics over several tables are written with a WITH."""
    rows = "FROM gold.calls WHERE plan_type = 'EPO' AND call_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-29'"
    texts = (f"SELECT COUNT(*) AS n {rows}", f"SELECT state, COUNT(*) AS n {rows} GROUP BY state")
    results = {place: ask(form.format(texts[place])).rows for place in order}
    total = results[0][0][0] if results[0] else None
    parts = [n for _, n in results[1]]
    assert None in parts
    assert total is None or not _solvable(total, parts)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ALL, BUT_A_FEW),
        (BUT_A_FEW, ALL),
        ("SELECT COUNT(DISTINCT member_id) FROM gold.calls", BUT_A_FEW.replace("*", "DISTINCT member_id")),
        ("SELECT SUM(total_calls) FROM gold.repeat_calls_analysis", BUT_A_FEW),
        (
            "SELECT AVG(handle_time_minutes) FROM gold.calls",
            ALL.replace("COUNT(*)", f"SUM(CASE WHEN {SMALL} THEN 0 ELSE 1 END)"),
        ),
        (ALL, ALL.replace("COUNT(*)", f"COUNT(*) FILTER (WHERE NOT ({SMALL}))")),
        (ALL, f"SELECT (SELECT COUNT(*) FROM gold.calls WHERE call_date >= k.d AND NOT ({SMALL})) FROM "
         "(SELECT DATE '2020-01-01' AS d) AS k"),
        (ALL, f"SELECT COUNT(*) FROM (SELECT member_id FROM gold.calls WHERE NOT ({SMALL}) "
         "UNION ALL SELECT member_id FROM gold.claims WHERE plan_type = 'none') AS u"),
        ("SELECT plan_type, COUNT(*) FROM gold.calls GROUP BY 1", f"{BUT_A_FEW} GROUP BY plan_type"),
        ("SELECT plan_type, COUNT(*) FROM gold.calls GROUP BY 1", f"{BUT_A_FEW} GROUP BY state"),
    ],
)  # fmt: skip
def test_what_was_seen_before_is_not_subtracted_from(first: str, second: str, ask: Ask) -> None:
    assert ask(first).rows
    with pytest.raises(DeniedError) as denied:
        ask(second)
    assert denied.value.code == "too_close"
    assert ask(first).rows  # what was shown once is shown again
    other = Principal("omar", "executive")
    assert ask(second, other).rows  # who has not seen the first may see the second


@pytest.fixture(scope="module")
def few_within(gold: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """A state of many callers and a language that few of them speak."""
    found = gold.execute(
        "SELECT state, language FROM (SELECT state, language, COUNT(DISTINCT member_id) AS few, COUNT(*) AS calls "
        f"FROM gold.calls GROUP BY ALL) WHERE few BETWEEN 1 AND {FEW - 1} AND calls < 40 ORDER BY few, 1, 2"
    ).fetchall()
    large = "SELECT state FROM gold.calls GROUP BY 1 HAVING COUNT(DISTINCT member_id) > 100"
    states = {state for (state,) in gold.execute(large).fetchall()}
    return next((state, language) for state, language in found if state in states)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("by", ["", "plan_type"])
@pytest.mark.parametrize("figure", ["COUNT(DISTINCT member_id)", "COUNT(*)", "SUM(planning_cost)"])
def test_a_group_and_a_filter_that_names_it_are_not_subtracted(
    figure: str,
    by: str,
    order: tuple[int, int],
    few_within: tuple[str, str],
    ask: Ask,
    gold: duckdb.DuckDBPyConnection,
) -> None:
    """`callers by state`, then `in Texas, of all languages but one`: the difference would be a few of Texas."""
    state, language = few_within
    keyed = f"{by}, " if by else ""
    texts = (
        f"SELECT state, {figure} AS n FROM gold.calls GROUP BY state",
        f"SELECT {keyed}{figure} AS n FROM gold.calls WHERE state = '{state}' AND language <> '{language}' "
        + (f"GROUP BY {by}" if by else ""),
    )
    assert ask(texts[order[0]]).rows
    if order[1] == 1 and by:  # its groups do not add up: those left open are of enough members
        parts = ask(texts[1]).rows
        hidden = ", ".join(f"'{plan}'" for plan, n in parts if n is None)
        within = f"state = '{state}' AND language <> '{language}' AND plan_type IN ({hidden})"
        assert (
            gold.execute(f"SELECT COUNT(DISTINCT member_id) FROM gold.calls WHERE {within}").fetchall()[0][0]
            >= FEW
        )
        assert any(n is not None for _, n in parts)
    elif order[1] == 1:  # all but a few of a group that was shown
        with pytest.raises(DeniedError) as denied:
            ask(texts[1])
        assert denied.value.code == "too_close"
    else:
        second = ask(texts[0]).rows
        assert dict(second)[state] is None
        assert sum(n is not None for _, n in second) > 1, "the other groups are shown"


def test_a_group_that_is_asked_about_again_is_shown(few_within: tuple[str, str], ask: Ask) -> None:
    state, _ = few_within
    by_state = dict(ask("SELECT state, COUNT(*) AS n FROM gold.calls GROUP BY state").rows)
    assert ask(f"SELECT COUNT(*) AS n FROM gold.calls WHERE state = '{state}'").rows == [(by_state[state],)]


def test_one_statement_subtracts_nothing_either(ask: Ask) -> None:
    for text in (
        f"SELECT COUNT(*) - SUM(CASE WHEN {SMALL} THEN 0 ELSE 1 END) AS n FROM gold.calls",
        f"SELECT COUNT(*) AS a, COUNT(*) FILTER (WHERE NOT ({SMALL})) AS b FROM gold.calls",
        f"SELECT ({ALL}) - ({BUT_A_FEW}) AS n",
        f"WITH a AS ({ALL}), b AS ({BUT_A_FEW}) SELECT a.count_star - b.count_star AS n FROM a, b".replace(
            "COUNT(*)", "COUNT(*) AS count_star"
        ),
    ):
        with pytest.raises(DeniedError) as denied:
            ask(text)
        assert denied.value.code == "too_close"


def test_groups_that_differ_by_a_few_members_are_withheld_one_by_one(
    ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    first = dict(ask("SELECT call_topic, COUNT(*) AS n FROM gold.calls GROUP BY 1").rows)
    second = dict(ask("SELECT call_topic, COUNT(*) AS n FROM gold.calls WHERE state <> 'WA' GROUP BY 1").rows)
    apart = dict(
        gold.execute(
            "SELECT call_topic, COUNT(DISTINCT member_id) FROM gold.calls WHERE state = 'WA' GROUP BY 1"
        ).fetchall()
    )
    assert any(value is None for value in second.values())
    assert any(value is not None for value in second.values())
    for topic, value in second.items():
        assert (value is None) == (0 < apart.get(topic, 0) < FEW), topic
        assert first[topic] is not None


def test_ordinary_questions_after_one_another_stay_answered(ask: Ask) -> None:
    for text in (
        "SELECT COUNT(*) FROM gold.calls",
        "SELECT plan_type, COUNT(*) FROM gold.calls GROUP BY 1",
        "SELECT plan_type, COUNT(*), SUM(is_repeat) FROM gold.calls GROUP BY 1",
        "SELECT plan_type, call_topic, COUNT(*) FROM gold.calls GROUP BY 1, 2",
        "SELECT COUNT(*) FROM gold.calls WHERE plan_type = 'MAPD'",
        "SELECT COUNT(*) FROM gold.calls WHERE plan_type = 'MAPD' AND call_date >= DATE '2026-10-01'",
        "SELECT segment, COUNT(*) FROM gold.calls WHERE plan_type = 'MAPD' GROUP BY 1",
        "SELECT call_date, COUNT(*) FROM gold.calls GROUP BY 1 ORDER BY 1",
        "SELECT call_date, SUM(total_calls) FROM gold.repeat_calls_analysis GROUP BY 1",
    ):
        assert all(None not in row for row in ask(text).rows), text


PROFILE = "county, gender, age_group, drug_name, fill_date"


@pytest.mark.parametrize(
    "listing",
    [
        f"SELECT DISTINCT {PROFILE} FROM gold.pharmacy_fills",
        f"SELECT {PROFILE} FROM gold.pharmacy_fills GROUP BY ALL",
        f"SELECT {PROFILE}, 7 AS seven FROM gold.pharmacy_fills GROUP BY ALL",
        f"SELECT {PROFILE}, COUNT(*) FILTER (WHERE 1 = 0) AS none FROM gold.pharmacy_fills GROUP BY ALL",
        f"SELECT {PROFILE}, SUM(is_denied) AS denied FROM gold.pharmacy_fills GROUP BY ALL",
        f"SELECT {PROFILE} FROM (SELECT {PROFILE}, COUNT(*) AS n FROM gold.pharmacy_fills GROUP BY ALL) AS x",
        f"WITH x AS (SELECT DISTINCT {PROFILE} FROM gold.pharmacy_fills) SELECT * FROM x",
        "SELECT DISTINCT drug_name FROM gold.pharmacy_fills WHERE county = 'Delaware' AND gender = 'F'",
        "SELECT drug_name, MAX(fill_date) AS d FROM gold.pharmacy_fills WHERE county = 'Delaware' GROUP BY 1",
        "SELECT CASE WHEN county = 'Delaware' THEN drug_name END AS d, "
        "CASE WHEN county = 'Delaware' THEN fill_date END AS f, COUNT(*) AS n "
        "FROM gold.pharmacy_fills GROUP BY ALL HAVING d IS NOT NULL",
    ],
)
def test_groups_of_few_that_say_who_they_are_are_not_listed(listing: str, ask: Ask) -> None:
    assert ask(listing).rows == []
    assert ask(listing, ADVOCATE).rows  # there are such groups


def test_groups_of_many_are_listed_and_the_reader_is_told_of_the_others(
    ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    listing = "SELECT DISTINCT state, call_topic FROM gold.calls"
    many = f"SELECT state, call_topic FROM gold.calls GROUP BY ALL HAVING COUNT(DISTINCT member_id) >= {FEW}"
    found = ask(listing)
    assert set(found.rows) == set(gold.execute(many).fetchall())
    assert found.leaves_out
    assert not ask("SELECT DISTINCT plan_type FROM gold.calls").leaves_out


def test_a_readers_own_statement_is_none_of_ours_wherever_it_is_written(ask: Ask) -> None:
    listing = "SELECT plan_type, age_group, call_topic, COUNT(*) AS n FROM gold.calls GROUP BY ALL"
    own = ask(listing, context=QueryContext("x", "", "dashboard", own=True))
    ours = ask(listing, context=QueryContext("x", "", "dashboard"))  # totals are made of it: its groups all stand
    assert own.leaves_out
    assert 0 < len(own.rows) < len(ours.rows)


def test_how_many_groups_there_are_does_not_count_a_few_members(ask: Ask) -> None:
    days = "SELECT join_date, 1 AS one FROM gold.members WHERE county = 'Delaware' AND gender = 'F' GROUP BY ALL"
    assert ask(f"SELECT COUNT(*) AS n, SUM(one) AS s FROM ({days}) AS x").rows == [(0, None)]


@pytest.mark.parametrize("of", ["COUNT(*)", "ROW_NUMBER()", "SUM(is_repeat)"])
def test_a_window_under_distinct_counts_no_members(of: str, ask: Ask) -> None:
    with pytest.raises(DeniedError) as denied:
        ask(f"SELECT DISTINCT county, gender, {of} OVER (PARTITION BY county, gender) AS n FROM gold.calls")
    assert denied.value.code == "member_rows"


def test_a_last_day_is_shown_of_many_only(ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    found = ask("SELECT county, MAX(fill_date) AS d, COUNT(*) AS n FROM gold.pharmacy_fills GROUP BY county").rows
    of = "SELECT county, MAX(fill_date), COUNT(DISTINCT member_id) FROM gold.pharmacy_fills GROUP BY county"
    right = {county: last if members >= FEW else None for county, last, members in gold.execute(of).fetchall()}
    assert {county: last for county, last, _ in found} == right
    assert None in right.values()


@pytest.mark.parametrize(
    "sums",
    [
        "SELECT SUM(total_calls) AS n FROM gold.executive_kpis",
        "SELECT AVG(negative_emotion_pct) AS n FROM gold.executive_kpis",
        "SELECT SUM(call_volume) AS n FROM gold.top_opportunities",
        "SELECT SUM(silver_total) AS n FROM gold.daily_totals WHERE column_name = 'handle_time_minutes'",
    ],
)
def test_a_company_of_few_members_shows_no_sum_of_many_events(
    sums: str, tables: dict[str, Any], written: Any, built: Any, tmp_path: Path, settings: Settings
) -> None:
    tables["call_center"] = [tables["call_center"][0] | {"call_id": f"C{n}"} for n in range(60)]
    built(written(tables))
    own = settings.model_copy(update={"var": tmp_path})
    door = Warehouse(tmp_path / "warehouse", own, AuditLog(own.state / "audit"))
    try:
        assert door.query(sums, EXECUTIVE).rows in ([], [(None,)])
    finally:
        door.close()


def test_the_day_a_member_joined_is_no_period(ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    days = "SELECT join_date FROM gold.members GROUP BY 1 HAVING COUNT(*) < 5 ORDER BY 1 DESC"
    day = gold.execute(days).fetchall()[0][0]
    assert ask("SELECT SUM(age) AS ages FROM gold.members").rows[0][0]
    with pytest.raises(DeniedError) as denied:
        ask(f"SELECT SUM(age) AS ages FROM gold.members WHERE join_date <> DATE '{day}'")
    assert denied.value.code == "too_close"


def test_daily_totals_show_no_day_of_a_few_events(ask: Ask) -> None:
    rows = ask("SELECT day, source_table, column_name, silver_total, events FROM gold.daily_totals").rows
    assert any(total is None for *_, total, _ in rows) or all(events == 0 or events >= FEW for *_, events in rows)
    assert all(total in (None, 0) for *_, total, events in rows if events is None)


def test_a_reader_of_member_rows_sees_every_count(ask: Ask) -> None:
    rows = ask(f"SELECT county, COUNT(*) AS n FROM gold.calls WHERE {SMALL} GROUP BY county", ADVOCATE).rows
    assert rows
    assert all(n > 0 for _, n in rows)


def test_threshold_rounding_and_budget_are_settings(
    tiny_warehouse: Path, tmp_path: Path, settings: Settings
) -> None:
    limits = settings.limits.model_copy(update={"small_cell": 1, "round_members_to": 5, "statements_per_day": 2})
    own = settings.model_copy(update={"var": tmp_path, "limits": limits})
    days = iter([1, 1, 1, 2])
    door = Warehouse(
        tiny_warehouse,
        own,
        AuditLog(own.state / "audit"),
        clock=lambda: datetime(2026, 11, next(days), tzinfo=UTC),
    )
    try:
        assert door.query(f"SELECT COUNT(*) AS n FROM gold.calls WHERE {SMALL}", EXECUTIVE).rows[0][0] > 0
        limits = limits.model_copy(update={"small_cell": 11})
    finally:
        door.close()
    door = Warehouse(
        tiny_warehouse,
        own.model_copy(update={"limits": limits}),
        AuditLog(own.state / "audit"),
        clock=lambda: datetime(2026, 11, next(days), tzinfo=UTC),
    )
    try:
        counted = "SELECT plan_type, COUNT(DISTINCT member_id) AS n FROM gold.calls GROUP BY 1"
        assert all(n % 5 == 0 for _, n in door.query(counted, EXECUTIVE).rows)
        door.query(counted, EXECUTIVE)
        with pytest.raises(DeniedError) as denied:
            door.query(counted, EXECUTIVE)
        assert denied.value.code == "budget_spent"
        assert door.query(counted, EXECUTIVE).rows  # the next day
    finally:
        door.close()


def test_without_its_memory_nothing_is_shown(tiny_warehouse: Path, tmp_path: Path, settings: Settings) -> None:
    own = settings.model_copy(update={"var": tmp_path})
    (own.state / "shown.db").mkdir(parents=True)
    door = Warehouse(tiny_warehouse, own, AuditLog(own.state / "audit"))
    with pytest.raises(DeniedError) as denied:
        door.query("SELECT COUNT(*) AS n FROM gold.calls", EXECUTIVE)
    door.close()
    assert denied.value.code == "disclosure_unavailable"
