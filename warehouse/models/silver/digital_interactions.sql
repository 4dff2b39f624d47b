/*
description: >
  One row per accepted digital interaction, with the journey it belongs to and the call topic it would lead to.
grain: [interaction_id]
partition: interaction_date
checks:
  - not_null: [interaction_id, member_key, interaction_date, interaction_ts, interaction_type, journey, outcome]
  - values: {column: outcome, allowed: [success, failure, abandoned]}
  - rows_equal: accepted.digital_interactions
*/
SELECT
    d.interaction_id,
    d.member_key,
    d.interaction_date,
    d.interaction_timestamp AS interaction_ts,
    d.interaction_type,
    j.journey,
    j.topic_key,
    d.outcome,
    CASE WHEN d.outcome <> 'success' THEN d.failure_reason END AS failure_reason,
    d.platform,
    d.error_code,
    d.error_message,
    d.step,
    d.session_duration_seconds,
    CASE WHEN d.outcome <> 'success' THEN 1 ELSE 0 END AS is_failed,
    CASE WHEN d.outcome = 'abandoned' THEN 1 ELSE 0 END AS is_abandoned,
    CASE WHEN d.outcome = 'failure' THEN 1 ELSE 0 END AS is_failure,
    CASE WHEN d.outcome = 'success' THEN 1 ELSE 0 END AS is_success,
    r.digital_cost_per_interaction AS digital_cost,
    d._source_file,
    d._row_number
FROM accepted.digital_interactions AS d
JOIN silver.journeys AS j ON j.interaction_type = d.interaction_type
CROSS JOIN build.rules AS r
ORDER BY d.interaction_timestamp, d.interaction_id
