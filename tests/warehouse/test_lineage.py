"""Lineage against what happens: change a source column or a rule, and only its declared dependents change."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse import snapshots
from warehouse.build import build
from warehouse.contract import load_contract
from warehouse.lineage import Lineage, load_lineage
from warehouse.lineage.files import days_by_source, files_of
from warehouse.runner import read_models
from warehouse.settings import Rules, Settings

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]
Gold = dict[str, Counter[tuple[Any, ...]]]

PLANS, SEGMENTS = ["MAPD", "PPO", "HMO", "EPO"], ["New", "At Risk", "High Value", "Low Value"]
TOPICS = {"bill_pay": "Billing Question", "claims_check": "Claims Status", "id_card_download": "ID Card Request"}


def member(n: int) -> dict[str, Any]:
    return {
        "member_id": f"M{n}", "age": 60 + 7 * n, "gender": "FM"[n % 2], "plan_type": PLANS[n % 4],
        "tenure_months": 5 + 8 * n, "segment": SEGMENTS[n % 4], "state": ["FL", "TX"][n % 2],
        "zip_code": f"3310{n}", "join_date": f"2024-0{n}-01",
        "first_name": f"Ann{n}", "last_name": "Lee", "email": f"a{n}@example.org",
        "language": ["English", "Spanish"][n % 2], "county": f"County {n}", "income_band": f"Band {n}",
        "education_band": f"Level {n}", "line_of_business": ["Medicare", "Commercial"][n % 2],
    }  # fmt: skip


def interaction(n: int) -> dict[str, Any]:
    """Three in four fail; the call of the same number follows 10 minutes to some hours later."""
    at = datetime(2024, 11, 1 + n, 9, 3 * n)
    kind = list(TOPICS)[n % 3]
    outcome = ["failure", "abandoned", "failure", "success"][n % 4]
    return {
        "interaction_id": f"D{n:02}", "member_id": f"M{1 + n % 4}", "interaction_date": at.date(),
        "interaction_timestamp": at, "interaction_type": kind, "outcome": outcome,
        "failure_reason": f"Reason {n % 2}", "session_duration_seconds": 60 + n,
        "platform": ["web", "mobile_app"][n % 2], "error_code": f"E{n % 3}", "error_message": f"Message {n % 3}",
        "step": f"step {n % 2}",
    }  # fmt: skip


def call(n: int) -> dict[str, Any]:
    trigger = interaction(n % 16)
    at = trigger["interaction_timestamp"] + timedelta(minutes=10 + 30 * (n % 3) + 90 * (n // 16))
    return {
        "call_id": f"C{n:02}", "member_id": trigger["member_id"], "call_date": at.date(), "call_timestamp": at,
        "call_topic": TOPICS[trigger["interaction_type"]], "handle_time_minutes": 6 + 2 * (n % 9),
        "sentiment": ["neutral", "negative", "positive"][n % 3], "is_repeat_call": n % 2 == 0,
        "prior_digital_attempt": n % 3 == 0, "transferred": n % 4 == 0, "resolved": n % 2 == 1,
        "sentiment_score": (n % 5 - 2) / 4, "agent_id": f"A{n % 3}", "agent_team": f"Team {n % 2}",
        "ivr_path": f"path {n % 2}", "queue_wait_seconds": 20 * n, "transcript": f"words {n}",
        "channel": ["phone", "chat"][n % 2],
    }  # fmt: skip


def survey(n: int) -> dict[str, Any]:
    return {
        "survey_id": f"S{n}", "member_id": f"M{1 + n % 4}", "survey_date": f"2024-11-{10 + n} 12:00:00",
        "nps_score": [10, 8, 3][n % 3], "csat_score": 1 + n % 5, "effort_score": 1 + n % 7,
        "feedback_text": f"text {n}", "survey_type": ["post_call", "periodic"][n % 2],
        "related_call_id": f"C{n:02}",
    }  # fmt: skip


def claim(n: int) -> dict[str, Any]:
    return {
        "claim_id": f"K{n}", "member_id": f"M{1 + n % 4}", "claim_date": f"2024-11-0{1 + n}",
        "claim_type": ["Medical", "Dental"][n % 2], "claim_amount": 100 + n,
        "status": ["Denied", "Approved", "Pending"][n % 3], "approval_time_days": n,
        "denial_reason": f"Reason {n}",
        "prior_auth_required": n % 2 == 0, "prior_auth_status": f"status {n % 2}", "service_code": f"X{n}",
    }  # fmt: skip


def fill(n: int) -> dict[str, Any]:
    return {
        "rx_id": f"R{n}", "member_id": f"M{1 + n % 4}", "fill_date": f"2024-11-0{1 + n}",
        "drug_name": f"Drug {n % 2}",
        "copay_amount": 5 + n, "days_supply": 30 * (1 + n % 3), "pharmacy_type": ["retail", "mail"][n % 2],
        "denied_flag": n % 2 == 0, "denied_reason": f"Reason {n}",
    }  # fmt: skip


def enrollment(n: int) -> dict[str, Any]:
    return {
        "enrollment_id": f"E{n}", "member_id": f"M{1 + n % 4}", "enrollment_date": f"2024-11-0{1 + n}",
        "plan_type": PLANS[n % 4], "premium_amount": 20 + n, "change_type": ["new", "renewal", "change"][n % 3],
        "change_reason": f"Reason {n}",
    }  # fmt: skip


def communication(n: int) -> dict[str, Any]:
    return {
        "communication_id": f"N{n}", "sent_date": f"2024-11-0{1 + n}", "channel": ["email", "letter"][n % 2],
        "topic": f"Topic {n}", "plan_type": PLANS[n % 4], "audience_size": 100 + n, "subject": f"Subject {n}",
    }  # fmt: skip


def fix(n: int) -> dict[str, Any]:
    return {
        "fix_id": f"F{n}", "journey": ["Billing", "Claims"][n % 2], "lever": ["Digital", "IVR"][n % 2],
        "title": f"Title {n}", "owner": f"Owner {n}", "effort_days": n, "go_live_date": f"2024-10-0{1 + n}",
        "calls_before": 100 + n, "calls_after": 50 + n, "cost": 1000 + n, "cx_lift": n,
    }  # fmt: skip


def company() -> Tables:
    """Four members and what happened to them in 16 days; every column of the contract is filled."""
    return {
        "members": [member(n) for n in range(1, 5)],
        "call_center": [call(n) for n in range(32)],
        "digital_interactions": [interaction(n) for n in range(16)],
        "claims": [claim(n) for n in range(6)],
        "surveys": [survey(n) for n in range(6)],
        "pharmacy": [fill(n) for n in range(6)],
        "enrollment": [enrollment(n) for n in range(6)],
        "communications": [communication(n) for n in range(3)],
        "fixes": [fix(n) for n in range(3)],
    }


def write(tables: Tables, folder: Path, suffix: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}{suffix}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def built(tables: Tables, folder: Path, settings: Settings) -> Gold:
    """Every gold column of a warehouse made of these tables: its values with the keys of their rows."""
    sources = write(tables, folder / "sources")
    report = build(sources, folder / "warehouse", settings)
    assert not report.quarantine, report.quarantine
    found: Gold = {}
    with snapshots.connect(snapshots.current(folder / "warehouse")) as con:
        for model in read_models():
            if model.layer != "gold":
                continue
            columns = [row[0] for row in con.execute(f"DESCRIBE {model.table}").fetchall()]
            for column in columns:
                key = ", ".join(model.header.grain)
                rows = con.execute(f"SELECT {key}, {column} FROM {model.table}").fetchall()
                found[f"{model.table}.{column}"] = Counter(map(repr, rows))
    return found


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Gold:
    """The gold columns of the company as it is."""
    return built(company(), tmp_path_factory.mktemp("before"), settings)


@pytest.fixture(scope="module")
def lineage() -> Lineage:
    """The lineage of the packaged models."""
    return load_lineage()


def moved(**span: int) -> Callable[[Any], Any]:
    return lambda value: value + timedelta(**span)


def other(*pair: Any) -> Callable[[Any], Any]:
    """Swaps two values."""
    return lambda value: {pair[0]: pair[1], pair[1]: pair[0]}.get(value, value)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "call_center.call_topic": other("Billing Question", "Claims Status"),
    "call_center.call_timestamp": moved(minutes=25),
    "call_center.call_date": moved(days=1),
    "call_center.member_id": other("M1", "M2"),
    "call_center.sentiment": other("negative", "neutral"),
    "digital_interactions.outcome": other("success", "failure"),
    "digital_interactions.interaction_type": other("bill_pay", "id_card_download"),
    "members.tenure_months": lambda months: months + 12,
    "surveys.related_call_id": lambda name: f"C1{name[-1]}",
    "surveys.nps_score": other(3, 8),
    "claims.status": other("Denied", "Pending"),
    "claims.prior_auth_required": lambda flag: not flag,
    "pharmacy.denied_flag": lambda flag: not flag,
    "pharmacy.pharmacy_type": other("retail", "mail"),
    "enrollment.change_type": other("new", "change"),
    "enrollment.plan_type": other("MAPD", "PPO"),
    "communications.topic": other("Topic 0", "Topic 1"),
    "fixes.lever": other("Digital", "IVR"),
}
# Columns that go different ways share a build: what changes is then declared of one of them.
BUILDS = [
    ("call_center.call_topic", "claims.status"),
    ("call_center.call_timestamp", "pharmacy.denied_flag"),
    ("call_center.call_date", "enrollment.change_type"),
    ("call_center.member_id", "communications.topic"),
    ("call_center.sentiment", "surveys.nps_score", "fixes.lever"),
    ("digital_interactions.outcome", "claims.prior_auth_required"),
    ("digital_interactions.interaction_type", "pharmacy.pharmacy_type"),
    ("surveys.related_call_id", "enrollment.plan_type"),
    ("members.tenure_months",),
]
RULES = [
    {"repeat_window_days": 14, "trend_days": 3},
    {"leakage_window_minutes": 45, "high_handle_time_minutes": 12},
]


def changed(before: Gold, after: Gold) -> set[str]:
    assert before.keys() == after.keys()
    return {column for column in before if before[column] != after[column]}


def assert_declared(found: set[str], ends: Iterable[str], lineage: Lineage) -> None:
    declared = [lineage.dependents(end).keys() for end in ends]
    assert all(found & dependents for dependents in declared)
    undeclared = found.difference(*declared)
    assert not undeclared, sorted(undeclared)


@pytest.mark.parametrize("columns", BUILDS)
def test_only_declared_dependents_of_a_source_column_change(columns, before, lineage, settings, tmp_path):
    tables = company()
    for column in columns:
        table, _, name = column.partition(".")
        for row in tables[table]:
            row[name] = CHANGES[column](row[name])
    assert_declared(changed(before, built(tables, tmp_path, settings)), columns, lineage)


@pytest.mark.parametrize("rules", RULES)
def test_only_declared_dependents_of_a_rule_change(rules, before, lineage, settings, tmp_path):
    others = settings.model_copy(update={"rules": Rules.model_validate(settings.rules.model_dump() | rules)})
    found = changed(before, built(company(), tmp_path, others))
    assert_declared(found, [f"rules.{rule}" for rule in rules], lineage)


def test_every_column_of_every_model_ends_in_the_sources(lineage):
    for model in read_models():
        for name in lineage.columns_of(model.table):
            ends = lineage.ends(name).all
            assert ends, f"{name} comes from nowhere"
            assert {lineage.columns[end].kind for end in ends} <= {"source", "rule", "seed", "file"}


def test_the_lineage_has_exactly_the_columns_that_a_build_makes(before, lineage):
    assert {name for name, column in lineage.columns.items() if column.kind == "gold"} == before.keys()


def test_every_source_column_reaches_gold_or_is_named_here(lineage):
    reached = set().union(*(lineage.ends(name).all for name, c in lineage.columns.items() if c.kind == "gold"))
    contract = {f"{table.name}.{column.name}" for table in load_contract().values() for column in table.columns}
    assert contract <= reached


def test_values_are_told_from_selections(lineage):
    leaked = lineage.ends("gold.calls.is_leaked")
    assert leaked.value == {
        "call_center.call_timestamp",
        "digital_interactions.interaction_timestamp",
        "rules.leakage_window_minutes",
    }
    assert {
        "call_center.call_topic",
        "digital_interactions.outcome",
        "seeds.journeys.call_topic",
    } <= leaked.selection
    assert lineage.ends("gold.calls.is_negative").value == {
        "call_center.sentiment",
        "call_center.sentiment_score",
        "rules.negative_sentiment_score",
    }


def test_a_lookup_join_does_not_taint_the_columns_beside_it(lineage):
    ends = lineage.ends("gold.calls.handle_time_minutes").all
    assert not {end for end in ends if end.startswith(("digital_interactions.", "seeds.", "rules."))}


def test_a_column_names_its_sql_and_its_line(lineage):
    column = lineage.column("gold.calls.avoidable_cost")
    file = Path(__file__).parents[2] / column.file
    assert "avoidable_cost" in file.read_text(encoding="utf-8").splitlines()[column.line - 1]
    assert "planning_cost" in column.expression


EVENT_DAYS = {"call_center": "call_date", "digital_interactions": "interaction_date"}
ANSWERED = [
    "SELECT plan_type, COUNT(*), SUM(is_repeat), SUM(is_leaked), SUM(leak_delay_minutes) FROM gold.calls "
    "WHERE call_date BETWEEN DATE '2024-11-01' AND DATE '2024-11-02' GROUP BY 1",
    "SELECT SUM(is_self_served), SUM(leaked_calls_24h), COUNT(*) FROM gold.digital_interactions "
    "WHERE interaction_date = DATE '2024-11-03'",
    "SELECT * FROM gold.executive_kpis WHERE kpi_date BETWEEN DATE '2024-11-01' AND DATE '2024-11-02'",
]


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Path:
    """A warehouse of three drops, and in `drops` beside it their files: of calls and interactions one each."""
    folder = tmp_path_factory.mktemp("dropped")
    cut = settings.build.model_copy(update={"partition_rows": 12, "hot_rows": 6})
    everything = company()
    write({name: rows for name, rows in everything.items() if name not in EVENT_DAYS}, folder / "drops")
    for part in range(3):
        for name, column in EVENT_DAYS.items():
            rows = [row for row in everything[name] if (row[column].day - 1) // 6 == part]
            write({name: rows} if rows else {}, folder / "drops", f"-{part}")
        build(folder / "drops", folder / "warehouse", settings.model_copy(update={"build": cut}))
    return folder


@pytest.mark.parametrize("sql", ANSWERED)
def test_the_files_behind_an_answer_are_enough_to_answer_it(sql, dropped, lineage, settings, tmp_path):
    """Built from nothing but these files (and those of tables it does not read), the warehouse says the same."""
    snapshot = snapshots.current(dropped / "warehouse")
    origins = [traced.origins for traced in lineage.trace_query(sql).outputs]
    read = frozenset().union(*(found.value | found.selection for found in origins))
    spans = days_by_source(sql, read, lineage, snapshot.manifest["rules"])
    files, _ = files_of(snapshot.manifest, spans)
    behind = {file.file for file in files}
    known = {source["file"] for source in snapshot.manifest["sources"] if source["table"] in spans}
    assert behind < known
    for source in snapshot.manifest["sources"]:
        if source["table"] not in spans or source["file"] in behind:
            shutil.copy(dropped / "drops" / source["file"], tmp_path)
    build(tmp_path, tmp_path / "warehouse", settings)
    with (
        snapshots.connect(snapshot) as whole,
        snapshots.connect(snapshots.current(tmp_path / "warehouse")) as part,
    ):
        expected = sorted(map(repr, whole.execute(sql).fetchall()))
        assert expected
        assert sorted(map(repr, part.execute(sql).fetchall())) == expected
