"""Plays drops into a warehouse and compares it with plain Python and with a build from scratch."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from warehouse import snapshots
from warehouse.build import BuildReport, build
from warehouse.settings import Settings

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def expected(right: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Queries with the rows that the oracle wants."""
    dims = "plan_type, segment, tenure_bucket, member_tenure, age_group, language"
    return {
        f"SELECT call_id, member_id, call_date, call_ts, call_topic, handle_time_minutes, agent_team, is_repeat, "
        f"is_leaked, is_leaked_24h, is_abandon_leaked, is_first_contact_resolved, leak_interaction_id, {dims} "
        "FROM gold.calls": [_call(right, call) for call in right.calls],
        f"SELECT interaction_id, member_id, interaction_date, interaction_ts, outcome, error_code, "
        f"is_self_served, leaked_calls, leaked_calls_24h, {dims} FROM gold.digital_interactions": [
            _interaction(right, interaction) for interaction in right.interactions
        ],
        f"SELECT survey_id, member_id, survey_date, call_topic, nps_score, {dims} FROM gold.surveys": [
            _survey(right, survey) for survey in right.tables.rows["surveys"]
        ],
        f"SELECT claim_id, claim_date, claim_amount, is_denied, service_code, {dims} FROM gold.claims": [
            (c["claim_id"], c["claim_date"], c["claim_amount"], int(c["status"] == "Denied"), c["service_code"],
             *right.member(c, c["claim_date"]))
            for c in right.tables.rows["claims"]
        ],
        f"SELECT rx_id, fill_date, drug_name, is_denied, {dims} FROM gold.pharmacy_fills": [
            (r["rx_id"], r["fill_date"], r["drug_name"], int(r["denied_flag"]), *right.member(r, r["fill_date"]))
            for r in right.tables.rows["pharmacy"]
        ],
        f"SELECT enrollment_id, enrollment_date, enrolled_plan_type, {dims} FROM gold.enrollments": [
            (e["enrollment_id"], e["enrollment_date"], e["plan_type"], *right.member(e, e["enrollment_date"]))
            for e in right.tables.rows["enrollment"]
        ],
        "SELECT communication_id, sent_date, topic FROM gold.communications": [
            (n["communication_id"], n["sent_date"], n["topic"]) for n in right.tables.rows["communications"]
        ],
        f"SELECT member_id, {dims} FROM gold.members": [
            (member, *right.dimensions(versions[-1][2])) for member, versions in right.versions.items()
        ],
        f"SELECT member_id, valid_from, valid_to, {dims} FROM silver.members": [
            (member, start, end, *right.dimensions(row))
            for member, versions in right.versions.items()
            for start, end, row in versions
        ],
        "SELECT source_table, source_file, row_number, reason, CASE WHEN reason <> 'unparseable' THEN detail END "
        "FROM bronze.quarantine": right.tables.faults,
        "SELECT kpi_date, total_calls, repeat_calls, leaked_calls, leaked_calls_24h, digital_sessions, "
        "failed_interactions FROM gold.executive_kpis": _kpis(right),
    }  # fmt: skip


def _call(right: Any, call: Any) -> tuple[Any, ...]:
    trigger, repeat = right.triggers[call["call_id"]], right.is_repeat(call)
    leaked = right.leaked(call, 30 * MINUTE)
    return (
        call["call_id"], call["member_id"], call["call_date"], call["call_timestamp"], call["call_topic"],
        call["handle_time_minutes"], call["agent_team"], int(repeat), int(leaked), int(trigger is not None),
        int(leaked and trigger["outcome"] == "abandoned"), int(call["resolved"] and not repeat),
        trigger and trigger["interaction_id"], *right.member(call, call["call_date"]),
    )  # fmt: skip


def _interaction(right: Any, row: Any) -> tuple[Any, ...]:
    led_to = [call for call in right.calls if right.triggers[call["call_id"]] is row]
    return (
        row["interaction_id"], row["member_id"], row["interaction_date"], row["interaction_timestamp"],
        row["outcome"], row["error_code"], int(right.is_self_served(row)),
        sum(right.leaked(call, 30 * MINUTE) for call in led_to), len(led_to),
        *right.member(row, row["interaction_date"]),
    )  # fmt: skip


def _survey(right: Any, survey: Any) -> tuple[Any, ...]:
    topics = {call["call_id"]: call["call_topic"] for call in right.calls}
    day = survey["survey_date"].date()
    topic = topics.get(survey["related_call_id"], "Unknown")
    return (survey["survey_id"], survey["member_id"], day, topic, survey["nps_score"], *right.member(survey, day))


def _kpis(right: Any) -> list[tuple[Any, ...]]:
    calls = Counter[tuple[date, str]]()
    for call in right.calls:
        flags = {"total": True, "repeat": right.is_repeat(call), "leaked": right.leaked(call, 30 * MINUTE),
                 "long": right.triggers[call["call_id"]] is not None}  # fmt: skip
        calls.update((call["call_date"], name) for name, flag in flags.items() if flag)
    for row in right.interactions:
        calls[row["interaction_date"], "sessions"] += 1
        calls[row["interaction_date"], "failed"] += row["outcome"] != "success"
    first, last = min(day for day, _ in calls), max(day for day, _ in calls)
    names = ("total", "repeat", "leaked", "long", "sessions", "failed")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(day, *(calls[day, name] for name in names)) for day in days]


class Run:
    """A history played into a warehouse: the folder as the sender leaves it, and the files that count."""

    def __init__(self, folder: Path, settings: Settings, oracle: Any, comparing: Any) -> None:
        self.source, self.warehouse, self.reference = folder / "drop", folder / "warehouse", folder / "reference"
        self.settings, self.oracle, self.comparing = settings, oracle, comparing
        self.builds: list[list[tuple[str, bytes]]] = []
        self.fulls = 0
        self.source.mkdir()

    def drop(self, files: Iterable[Any]) -> None:
        for sent in files:
            path = self.source / sent.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sent.content)

    def build(self, *, emptied: bool) -> BuildReport:
        """Build what the folder holds; notes which of its files are taken: one of each content never seen."""
        known = {content for files in self.builds for _, content in files}
        here = {
            path.relative_to(self.source).as_posix(): path.read_bytes()
            for path in self.source.rglob("*")
            if path.is_file()
        }
        report = build(self.source, self.warehouse, self.settings)
        names = {entry["file"] for entry in report.sources}
        fresh = [(name, here[name]) for name in sorted(names & here.keys()) if here[name] not in known]
        once = Counter(set(here.values()) - known)  # of files of one content one is taken, whichever it is
        assert Counter(content for _, content in fresh) == once
        assert report.published is bool(fresh)
        self.builds += [fresh] if fresh else []
        if emptied:
            shutil.rmtree(self.source)
            self.source.mkdir()
        return report

    def build_again(self) -> BuildReport:
        """Build what was taken, without a new file."""
        return build(self.source, self.warehouse, self.settings)

    def agrees_with_the_oracle(self) -> None:
        wanted = expected(self.oracle(self.builds))
        with snapshots.connect(snapshots.current(self.warehouse), "lake") as con:
            for query, rows in wanted.items():
                assert self.comparing.differences(con.execute(query).fetchall(), rows) == {}, query

    def equals_a_full_build(self) -> None:
        shutil.rmtree(self.reference, ignore_errors=True)
        for name, content in (file for files in self.builds for file in files):
            path = self.reference / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.fulls += 1
        other = self.warehouse.with_name(f"full-{self.fulls}")
        in_one_partition = Settings(var=self.settings.var, rules=self.settings.rules)
        build(self.reference, other, in_one_partition)
        full, incremental = self.comparing.contents(other), self.comparing.contents(self.warehouse)
        for table, rows in full.items():
            assert self.comparing.differences(incremental[table], rows) == {}, table
