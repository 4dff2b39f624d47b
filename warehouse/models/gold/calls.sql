/*
description: >
  One row per call with the member's attributes, its costs and, for a leaked call, what triggered it (the latest
  matching failed interaction within the long window). Costs in dollars, durations in the unit of their name,
  flags 0 or 1.
grain: [call_id]
partition: call_date
checks:
  - not_null: [call_id, member_id, call_date, call_ts, call_topic, plan_type, segment, is_leaked, fully_loaded_cost]
  - range: {column: fully_loaded_cost, min: 0}
  - rows_equal: silver.calls
  - no_rows:
      name: short_window_leaks_are_long_window_leaks
      sql: SELECT call_id FROM gold.calls WHERE is_leaked > is_leaked_24h OR is_abandon_leaked > is_leaked
*/
SELECT
    c.call_id,
    m.member_id,
    c.call_date,
    c.call_ts,
    c.call_topic,
    c.call_channel,
    c.agent_team,
    c.agent_id,
    c.ivr_path,
    c.sentiment,
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
    c.handle_time_minutes,
    c.queue_wait_seconds,
    c.sentiment_score,
    c.is_repeat,
    c.is_repeat_reported,
    c.is_negative,
    c.is_transferred,
    c.is_resolved,
    CASE WHEN c.is_resolved = 1 AND c.is_repeat = 0 THEN 1 ELSE 0 END AS is_first_contact_resolved,
    c.is_high_handle_time,
    c.prior_digital_attempt,
    COALESCE(l.is_leaked, 0) AS is_leaked,
    CASE WHEN l.call_id IS NULL THEN 0 ELSE 1 END AS is_leaked_24h,
    COALESCE(l.is_abandon_leaked, 0) AS is_abandon_leaked,
    c.planning_cost,
    c.fully_loaded_cost,
    CASE WHEN l.is_leaked = 1 THEN c.planning_cost ELSE 0.0 END AS avoidable_cost,
    CASE WHEN l.call_id IS NOT NULL THEN c.planning_cost ELSE 0.0 END AS avoidable_cost_24h,
    CASE WHEN l.is_leaked = 1 THEN c.fully_loaded_cost ELSE 0.0 END AS avoidable_fully_loaded_cost,
    l.journey,
    l.interaction_type,
    l.failure_reason,
    l.platform,
    l.error_code,
    l.error_message,
    l.leak_step,
    l.leak_delay_minutes,
    l.interaction_id AS leak_interaction_id,
    c.transcript
FROM silver.calls AS c
JOIN silver.members AS m
    ON m.member_key = c.member_key AND m.valid_from <= c.call_date AND m.valid_to > c.call_date
LEFT JOIN silver.call_leaks AS l ON l.call_id = c.call_id
