/*
description: >
  One row per day with a call or a digital interaction: what happened on it, as sums. leaked_calls are of the day of
  the call. Costs in dollars.
grain: [day]
partition: day
checks:
  - not_null: [day, total_calls, digital_sessions]
*/
WITH calls AS (
    SELECT
        c.call_date,
        COUNT(*) AS total_calls,
        SUM(c.is_repeat) AS repeat_calls,
        SUM(c.is_negative) AS negative_calls,
        SUM(COALESCE(l.is_leaked, 0)) AS leaked_calls,
        COUNT(l.call_id) AS leaked_calls_24h,
        CAST(SUM(CAST(1000000 * c.handle_time_minutes AS BIGINT)) AS DOUBLE) / 1000000 AS handle_time_minutes,
        CAST(SUM(CAST(1000000 * c.fully_loaded_cost AS BIGINT)) AS DOUBLE) / 1000000 AS fully_loaded_cost,
        CAST(SUM(CAST(1000000 * (CASE WHEN l.is_leaked = 1 THEN c.planning_cost ELSE 0.0 END) AS BIGINT)) AS DOUBLE) / 1000000 AS avoidable_cost,
        MAX(c.call_ts) AS last_call_ts
    FROM silver.calls AS c
    LEFT JOIN silver.call_leaks AS l ON l.call_id = c.call_id
    GROUP BY c.call_date
),

digital AS (
    SELECT
        interaction_date,
        COUNT(*) AS digital_sessions,
        SUM(is_success) AS digital_successes,
        SUM(is_failed) AS failed_interactions,
        MAX(interaction_ts) AS last_interaction_ts
    FROM silver.digital_interactions
    GROUP BY interaction_date
)

SELECT
    COALESCE(c.call_date, d.interaction_date) AS day,
    CAST(COALESCE(c.total_calls, 0) AS BIGINT) AS total_calls,
    CAST(COALESCE(c.repeat_calls, 0) AS BIGINT) AS repeat_calls,
    CAST(COALESCE(c.negative_calls, 0) AS BIGINT) AS negative_calls,
    CAST(COALESCE(c.leaked_calls, 0) AS BIGINT) AS leaked_calls,
    CAST(COALESCE(c.leaked_calls_24h, 0) AS BIGINT) AS leaked_calls_24h,
    COALESCE(c.handle_time_minutes, 0.0) AS handle_time_minutes,
    COALESCE(c.fully_loaded_cost, 0.0) AS fully_loaded_cost,
    COALESCE(c.avoidable_cost, 0.0) AS avoidable_cost,
    c.last_call_ts,
    CAST(COALESCE(d.digital_sessions, 0) AS BIGINT) AS digital_sessions,
    CAST(COALESCE(d.digital_successes, 0) AS BIGINT) AS digital_successes,
    CAST(COALESCE(d.failed_interactions, 0) AS BIGINT) AS failed_interactions,
    d.last_interaction_ts
FROM calls AS c
FULL JOIN digital AS d ON d.interaction_date = c.call_date
