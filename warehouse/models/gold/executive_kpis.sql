/*
description: >
  One row per day of data. *_pct are percent 0..100, digital_success_rate is a fraction 0..1, both NULL on a day
  without calls or sessions; daily_call_cost is fully loaded, avoidable_call_cost is leaked calls at planning
  cost. Sum the counts, never the rates.
grain: [kpi_date]
checks:
  - not_null: [kpi_date, total_calls, leaked_calls, daily_call_cost]
  - rows_equal: gold.data_days
  - no_rows:
      name: every_leaked_call_has_its_trigger
      sql: >
        SELECT calls.leaked, triggers.leaked FROM
        (SELECT SUM(leaked_calls) AS leaked, SUM(leaked_calls_24h) AS leaked_24h FROM silver.daily_activity) AS calls,
        (SELECT SUM(leaked_calls) AS leaked, SUM(leaked_calls_24h) AS leaked_24h FROM gold.digital_interactions) AS triggers
        WHERE calls.leaked <> triggers.leaked OR calls.leaked_24h <> triggers.leaked_24h
  - range: {column: repeat_call_pct, min: 0, max: 100}
  - range: {column: negative_emotion_pct, min: 0, max: 100}
  - range: {column: digital_success_rate, min: 0, max: 1}
*/
SELECT
    s.day AS kpi_date,
    COALESCE(a.total_calls, 0) AS total_calls,
    COALESCE(a.repeat_calls, 0) AS repeat_calls,
    100.0 * a.repeat_calls / NULLIF(a.total_calls, 0) AS repeat_call_pct,
    COALESCE(a.negative_calls, 0) AS negative_calls,
    100.0 * a.negative_calls / NULLIF(a.total_calls, 0) AS negative_emotion_pct,
    COALESCE(a.digital_sessions, 0) AS digital_sessions,
    COALESCE(a.digital_successes, 0) AS digital_successes,
    COALESCE(a.failed_interactions, 0) AS failed_interactions,
    1.0 * a.digital_successes / NULLIF(a.digital_sessions, 0) AS digital_success_rate,
    COALESCE(a.leaked_calls, 0) AS leaked_calls,
    COALESCE(a.leaked_calls_24h, 0) AS leaked_calls_24h,
    COALESCE(a.handle_time_minutes, 0.0) AS handle_time_minutes,
    COALESCE(a.fully_loaded_cost, 0.0) AS daily_call_cost,
    COALESCE(a.avoidable_cost, 0.0) AS avoidable_call_cost
FROM gold.data_days AS s
LEFT JOIN silver.daily_activity AS a ON a.day = s.day
ORDER BY s.day
