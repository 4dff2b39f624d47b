"""The files keep the data contract: columns, allowed values, references, and nothing out of range."""

from __future__ import annotations

import re

import duckdb
import pytest

COLUMNS = {
    "members": "member_id age gender plan_type tenure_months segment state zip_code join_date first_name "
    "last_name email language county income_band education_band line_of_business",
    "claims": "claim_id member_id claim_date claim_type claim_amount status approval_time_days denial_reason "
    "prior_auth_required prior_auth_status service_code",
    "call_center": "call_id member_id call_date call_timestamp call_topic handle_time_minutes sentiment "
    "is_repeat_call prior_digital_attempt transferred resolved sentiment_score agent_id agent_team ivr_path "
    "queue_wait_seconds transcript channel",
    "digital_interactions": "interaction_id member_id interaction_date interaction_timestamp interaction_type "
    "outcome failure_reason session_duration_seconds platform error_code error_message step",
    "surveys": "survey_id member_id survey_date nps_score csat_score effort_score feedback_text survey_type "
    "related_call_id",
    "pharmacy": "rx_id member_id fill_date drug_name copay_amount days_supply pharmacy_type denied_flag "
    "denied_reason",
    "enrollment": "enrollment_id member_id enrollment_date plan_type premium_amount change_type change_reason",
    "communications": "communication_id sent_date channel topic plan_type audience_size subject",
    "fixes": "fix_id journey lever title owner effort_days go_live_date calls_before calls_after cost cx_lift",
}
ALLOWED = {
    ("members", "plan_type"): {"MAPD", "PPO", "HMO", "POS", "EPO"},
    ("members", "segment"): {"High Value", "Medium Value", "Low Value", "At Risk", "New"},
    ("members", "line_of_business"): {"Medicare", "Commercial"},
    ("claims", "status"): {"Approved", "Denied", "Pending", "Under Review"},
    ("call_center", "sentiment"): {"positive", "neutral", "negative"},
    ("call_center", "call_topic"): {
        "ID Card Request",
        "Billing Question",
        "Claims Status",
        "Benefits Info",
        "Pharmacy Coverage",
        "Provider Search",
        "Prior Auth",
        "Enrollment Change",
        "Technical Support",
        "General Inquiry",
    },
    ("digital_interactions", "interaction_type"): {
        "login",
        "bill_pay",
        "claims_check",
        "id_card_download",
        "benefits_lookup",
        "find_provider",
        "update_info",
        "pharmacy_lookup",
    },
    ("digital_interactions", "outcome"): {"success", "failure", "abandoned"},
    ("digital_interactions", "platform"): {"mobile_app", "web"},
    ("surveys", "survey_type"): {"post_call", "post_digital", "periodic", "annual"},
    ("pharmacy", "pharmacy_type"): {"retail", "mail", "specialty"},
    ("pharmacy", "days_supply"): {30, 60, 90},
    ("enrollment", "change_type"): {"new", "renewal", "change"},
    ("fixes", "lever"): {"Digital", "IVR", "Comms", "Training", "QA"},
}
RANGES = [
    ("members", "age", 18, 120),
    ("members", "tenure_months", 0, 600),
    ("call_center", "handle_time_minutes", 0, 120),
    ("call_center", "sentiment_score", -1, 1),
    ("call_center", "queue_wait_seconds", 0, 7200),
    ("digital_interactions", "session_duration_seconds", 0, 86400),
    ("surveys", "nps_score", 0, 10),
    ("surveys", "csat_score", 1, 5),
    ("surveys", "effort_score", 1, 7),
    ("claims", "claim_amount", 0, 1e6),
    ("pharmacy", "copay_amount", 0, 1e5),
]
FULL_COLUMNS = ("member_id", "call_id", "claim_id", "outcome", "call_topic", "status", "interaction_timestamp")
MEMBER_SOURCES = ("claims", "call_center", "digital_interactions", "surveys", "pharmacy", "enrollment")


def one(files: duckdb.DuckDBPyConnection, sql: str) -> object:
    return files.execute(sql).fetchall()[0][0]


@pytest.mark.parametrize("source", COLUMNS)
def test_columns_are_the_contract_s_in_its_order(files: duckdb.DuckDBPyConnection, source: str) -> None:
    assert [row[0] for row in files.execute(f"DESCRIBE {source}").fetchall()] == COLUMNS[source].split()


@pytest.mark.parametrize(("source", "column"), ALLOWED)
def test_values_are_allowed_and_all_occur(files: duckdb.DuckDBPyConnection, source: str, column: str) -> None:
    found = files.execute(f"SELECT DISTINCT {column} FROM {source} WHERE {column} IS NOT NULL").fetchall()
    assert {row[0] for row in found} == ALLOWED[source, column]


@pytest.mark.parametrize(("source", "column", "low", "high"), RANGES)
def test_numbers_are_in_range(
    files: duckdb.DuckDBPyConnection, source: str, column: str, low: float, high: float
) -> None:
    assert one(files, f"SELECT count(*) FROM {source} WHERE {column} NOT BETWEEN {low} AND {high}") == 0
    assert one(files, f"SELECT count({column}) FROM {source}") > 0


@pytest.mark.parametrize("source", MEMBER_SOURCES)
def test_every_row_has_a_member_and_its_own_id(files: duckdb.DuckDBPyConnection, source: str) -> None:
    assert one(files, f"SELECT count(*) FROM {source} ANTI JOIN members USING (member_id)") == 0
    key = COLUMNS[source].split()[0]
    assert one(files, f"SELECT count(*) - count(DISTINCT {key}) FROM {source}") == 0


def test_required_values_are_never_missing(files: duckdb.DuckDBPyConnection) -> None:
    for source, columns in COLUMNS.items():
        for column in set(columns.split()) & set(FULL_COLUMNS):
            assert one(files, f"SELECT count(*) FROM {source} WHERE {column} IS NULL") == 0, (source, column)


def test_surveys_name_calls_of_the_same_member_and_day_that_came_before(files: duckdb.DuckDBPyConnection) -> None:
    wrong = """
        SELECT count(*) FROM surveys AS s LEFT JOIN call_center AS c ON c.call_id = s.related_call_id
        WHERE s.related_call_id IS NOT NULL
          AND (c.member_id IS DISTINCT FROM s.member_id OR c.call_timestamp >= s.survey_date
               OR c.call_date <> CAST(s.survey_date AS DATE))"""
    assert one(files, wrong) == 0
    assert one(files, "SELECT count(related_call_id) FROM surveys") > 100


def test_dates_and_timestamps_agree_and_nobody_acts_before_joining(files: duckdb.DuckDBPyConnection) -> None:
    assert one(files, "SELECT count(*) FROM call_center WHERE call_date <> CAST(call_timestamp AS DATE)") == 0
    early = "SELECT count(*) FROM call_center JOIN members USING (member_id) WHERE call_date < join_date"
    assert one(files, early) == 0


def test_only_failed_sessions_carry_a_failure(files: duckdb.DuckDBPyConnection) -> None:
    stray = """
        SELECT count(*) FROM digital_interactions
        WHERE outcome = 'success' AND coalesce(failure_reason, error_code, error_message) IS NOT NULL"""
    assert one(files, stray) == 0


def test_denied_claims_and_fills_have_reasons_and_others_none(files: duckdb.DuckDBPyConnection) -> None:
    assert one(files, "SELECT count(*) FROM claims WHERE status <> 'Denied' AND denial_reason IS NOT NULL") == 0
    assert one(files, "SELECT count(*) FROM pharmacy WHERE denied_flag <> (denied_reason IS NOT NULL)") == 0


def test_identifiers_look_like_the_company_s(files: duckdb.DuckDBPyConnection) -> None:
    assert re.fullmatch(r"M-\d{6}", str(one(files, "SELECT min(member_id) FROM members")))
    assert one(files, "SELECT count(*) FROM members WHERE member_id = 'M-104382'") == 1
    assert re.fullmatch(r"CALL\d{10}", str(one(files, "SELECT min(call_id) FROM call_center")))


def test_the_company_is_varied(files: duckdb.DuckDBPyConnection) -> None:
    assert one(files, "SELECT count(DISTINCT state) FROM members") >= 12
    assert one(files, "SELECT count(DISTINCT language) FROM members") >= 4
    assert one(files, "SELECT count(DISTINCT first_name || last_name) FROM members") > 2000
    assert one(files, "SELECT count(DISTINCT agent_team) FROM call_center") >= 5
    assert one(files, "SELECT count(*) FROM communications") >= 9
    assert 30 <= int(str(one(files, "SELECT count(*) FROM fixes"))) <= 60
