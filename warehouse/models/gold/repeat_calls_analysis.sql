/*
description: >
  Calls per day, topic, plan, segment and tenure: all, repeat, negative, with their handle time and cost.
  Minutes and dollars are summed as whole millionths, so that no order of adding shows in the last digits.
grain: [call_date, call_topic, plan_type, segment, tenure_bucket, member_tenure]
partition: call_date
checks:
  - not_null: [call_date, call_topic, total_calls, repeat_calls, negative_calls]
  - no_rows:
      name: calls_add_up
      sql: >
        SELECT 'total_calls' AS measure, a.total, b.total FROM
        (SELECT COALESCE(SUM(total_calls), 0) AS total, COALESCE(SUM(repeat_calls), 0) AS repeats
         FROM gold.repeat_calls_analysis) AS a,
        (SELECT COUNT(*) AS total, COALESCE(SUM(is_repeat), 0) AS repeats FROM gold.calls) AS b
        WHERE a.total <> b.total OR a.repeats <> b.repeats
*/
SELECT
    call_date,
    call_topic,
    plan_type,
    segment,
    tenure_bucket,
    member_tenure,
    CAST(COUNT(*) AS BIGINT) AS total_calls,
    CAST(SUM(is_repeat) AS BIGINT) AS repeat_calls,
    CAST(SUM(is_negative) AS BIGINT) AS negative_calls,
    CAST(SUM(is_leaked) AS BIGINT) AS leaked_calls,
    CAST(SUM(is_first_contact_resolved) AS BIGINT) AS first_contact_resolved_calls,
    CAST(SUM(is_transferred) AS BIGINT) AS transferred_calls,
    CAST(SUM(CAST(1000000 * handle_time_minutes AS BIGINT)) AS DOUBLE) / 1000000 AS handle_time_minutes,
    CAST(SUM(CAST(1000000 * fully_loaded_cost AS BIGINT)) AS DOUBLE) / 1000000 AS call_cost
FROM gold.calls
GROUP BY call_date, call_topic, plan_type, segment, tenure_bucket, member_tenure
ORDER BY call_date, call_topic, plan_type, segment, tenure_bucket, member_tenure
