/*
description: >
  One row per digital interaction with the member's attributes, its outcome and the calls it triggered. Self-
  served: it succeeded and no call about the matching topic followed within the long window.
grain: [interaction_id]
partition: interaction_date
checks:
  - not_null: [interaction_id, member_id, interaction_date, interaction_ts, journey, outcome, leaked_calls]
  - rows_equal: silver.digital_interactions
  - no_rows:
      name: failures_add_up
      sql: >
        SELECT g.interaction_date, g.failed, s.failed FROM
        (SELECT interaction_date, SUM(is_failed) AS failed FROM gold.digital_interactions GROUP BY interaction_date) AS g
        JOIN (SELECT interaction_date, SUM(is_failed) AS failed FROM silver.digital_interactions GROUP BY interaction_date)
        AS s ON s.interaction_date = g.interaction_date
        WHERE g.failed <> s.failed
*/
WITH triggers AS (
    SELECT
        interaction_id,
        CAST(SUM(is_leaked) AS INTEGER) AS leaked_calls,
        CAST(COUNT(*) AS INTEGER) AS leaked_calls_24h
    FROM silver.call_leaks
    GROUP BY interaction_id
)

SELECT
    d.interaction_id,
    m.member_id,
    d.interaction_date,
    d.interaction_ts,
    d.interaction_type,
    d.journey,
    d.outcome,
    d.failure_reason,
    d.platform,
    d.error_code,
    d.error_message,
    d.step,
    m.plan_type,
    m.segment,
    m.tenure_bucket,
    m.member_tenure,
    m.age_group,
    m.gender,
    m.state,
    m.language,
    m.line_of_business,
    m.county,
    m.income_band,
    m.education_band,
    d.session_duration_seconds,
    d.is_failed,
    d.is_abandoned,
    d.is_failure,
    d.is_success,
    CASE WHEN d.is_success = 1 AND a.interaction_id IS NULL THEN 1 ELSE 0 END AS is_self_served,
    COALESCE(t.leaked_calls, 0) AS leaked_calls,
    COALESCE(t.leaked_calls_24h, 0) AS leaked_calls_24h,
    d.digital_cost
FROM silver.digital_interactions AS d
JOIN silver.members AS m
    ON m.member_key = d.member_key AND m.valid_from <= d.interaction_date AND m.valid_to > d.interaction_date
LEFT JOIN triggers AS t ON t.interaction_id = d.interaction_id
LEFT JOIN silver.called_after_success AS a ON a.interaction_id = d.interaction_id
