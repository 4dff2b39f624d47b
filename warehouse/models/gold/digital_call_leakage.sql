/*
description: >
  Leaked calls per day of the call, journey, topic, plan, segment, tenure, failure reason and channel (the
  platform of the failed interaction). leaked_calls, call_cost (planning cost), repeat, negative and fully loaded
  figures are of the short window; the _24h ones of the long window.
grain: [call_date, journey, call_topic, plan_type, segment, tenure_bucket, member_tenure, failure_reason, channel]
partition: call_date
checks:
  - not_null: [call_date, journey, call_topic, leaked_calls, call_cost]
  - no_rows:
      name: leaks_add_up_to_the_calls
      sql: >
        SELECT 'leaked_calls' AS measure, a.leaked, b.leaked FROM
        (SELECT COALESCE(SUM(leaked_calls), 0) AS leaked, COALESCE(SUM(leaked_calls_24h), 0) AS leaked_24h
         FROM gold.digital_call_leakage) AS a,
        (SELECT COALESCE(SUM(is_leaked), 0) AS leaked, COALESCE(SUM(is_leaked_24h), 0) AS leaked_24h FROM gold.calls) AS b
        WHERE a.leaked <> b.leaked OR a.leaked_24h <> b.leaked_24h
*/
SELECT
    call_date,
    journey,
    call_topic,
    plan_type,
    segment,
    tenure_bucket,
    member_tenure,
    failure_reason,
    platform AS channel,
    CAST(SUM(is_leaked) AS BIGINT) AS leaked_calls,
    CAST(COUNT(*) AS BIGINT) AS leaked_calls_24h,
    CAST(SUM(CAST(1000000 * avoidable_cost AS BIGINT)) AS DOUBLE) / 1000000 AS call_cost,
    CAST(SUM(CAST(1000000 * avoidable_cost_24h AS BIGINT)) AS DOUBLE) / 1000000 AS call_cost_24h,
    CAST(SUM(CAST(1000000 * avoidable_fully_loaded_cost AS BIGINT)) AS DOUBLE) / 1000000 AS fully_loaded_cost,
    CAST(SUM(is_leaked * is_repeat) AS BIGINT) AS repeat_leaked_calls,
    CAST(SUM(is_leaked * is_negative) AS BIGINT) AS negative_leaked_calls,
    CAST(SUM(is_abandon_leaked) AS BIGINT) AS abandon_leaked_calls
FROM gold.calls
WHERE is_leaked_24h = 1
GROUP BY
    call_date, journey, call_topic, plan_type, segment, tenure_bucket, member_tenure, failure_reason, platform
ORDER BY
    call_date, journey, call_topic, plan_type, segment, tenure_bucket, member_tenure, failure_reason, platform
