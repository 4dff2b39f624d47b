/*
description: >
  One row per digital interaction with the member's attributes, its outcome and the calls it triggered. Self-
  served: it succeeded and no call about the matching topic followed within the long window.
grain: [interaction_id]
checks:
  - not_null: [interaction_id, member_id, interaction_date, interaction_ts, journey, outcome, leaked_calls]
  - rows_equal: silver.digital_interactions
  - no_rows:
      name: every_leaked_call_has_its_trigger
      sql: >
        SELECT 'leaked_calls' AS measure, calls, triggers FROM
        (SELECT SUM(is_leaked) AS calls, SUM(is_leaked_24h) AS calls_24h FROM gold.calls),
        (SELECT SUM(leaked_calls) AS triggers, SUM(leaked_calls_24h) AS triggers_24h FROM gold.digital_interactions)
        WHERE calls <> triggers OR calls_24h <> triggers_24h
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
JOIN silver.members AS m ON m.member_key = d.member_key
LEFT JOIN triggers AS t ON t.interaction_id = d.interaction_id
LEFT JOIN silver.called_after_success AS a ON a.interaction_id = d.interaction_id
