/*
description: >
  One row per day of data. *_pct are percent 0..100, digital_success_rate is a fraction 0..1, both NULL on a day
  without calls or sessions; daily_call_cost is fully loaded, avoidable_call_cost is leaked calls at planning
  cost. Sum the counts, never the rates.
grain: [kpi_date]
checks:
  - not_null: [kpi_date, total_calls, leaked_calls, daily_call_cost]
  - rows_equal: gold.data_days
  - range: {column: repeat_call_pct, min: 0, max: 100}
  - range: {column: negative_emotion_pct, min: 0, max: 100}
  - range: {column: digital_success_rate, min: 0, max: 1}
*/
WITH calls AS (
    SELECT
        call_date,
        COUNT(*) AS total_calls,
        SUM(is_repeat) AS repeat_calls,
        SUM(is_negative) AS negative_calls,
        SUM(is_leaked) AS leaked_calls,
        SUM(is_leaked_24h) AS leaked_calls_24h,
        SUM(handle_time_minutes) AS handle_time_minutes,
        SUM(fully_loaded_cost) AS daily_call_cost,
        SUM(avoidable_cost) AS avoidable_call_cost
    FROM gold.calls
    GROUP BY call_date
),

digital AS (
    SELECT
        interaction_date,
        COUNT(*) AS digital_sessions,
        SUM(is_success) AS digital_successes,
        SUM(is_failed) AS failed_interactions
    FROM gold.digital_interactions
    GROUP BY interaction_date
)

SELECT
    s.day AS kpi_date,
    CAST(COALESCE(c.total_calls, 0) AS BIGINT) AS total_calls,
    CAST(COALESCE(c.repeat_calls, 0) AS BIGINT) AS repeat_calls,
    100.0 * c.repeat_calls / c.total_calls AS repeat_call_pct,
    CAST(COALESCE(c.negative_calls, 0) AS BIGINT) AS negative_calls,
    100.0 * c.negative_calls / c.total_calls AS negative_emotion_pct,
    CAST(COALESCE(d.digital_sessions, 0) AS BIGINT) AS digital_sessions,
    CAST(COALESCE(d.digital_successes, 0) AS BIGINT) AS digital_successes,
    CAST(COALESCE(d.failed_interactions, 0) AS BIGINT) AS failed_interactions,
    1.0 * d.digital_successes / d.digital_sessions AS digital_success_rate,
    CAST(COALESCE(c.leaked_calls, 0) AS BIGINT) AS leaked_calls,
    CAST(COALESCE(c.leaked_calls_24h, 0) AS BIGINT) AS leaked_calls_24h,
    COALESCE(c.handle_time_minutes, 0.0) AS handle_time_minutes,
    COALESCE(c.daily_call_cost, 0.0) AS daily_call_cost,
    COALESCE(c.avoidable_call_cost, 0.0) AS avoidable_call_cost
FROM gold.data_days AS s
LEFT JOIN calls AS c ON c.call_date = s.day
LEFT JOIN digital AS d ON d.interaction_date = s.day
ORDER BY s.day
