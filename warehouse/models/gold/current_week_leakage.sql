/*
description: >
  The leakage mart of the last trend_days complete days, per journey, topic, plan, segment and tenure.
grain: [journey, call_topic, plan_type, segment, member_tenure]
*/
SELECT
    l.journey,
    l.call_topic,
    l.plan_type,
    l.segment,
    l.member_tenure,
    CAST(SUM(l.leaked_calls) AS BIGINT) AS leaked_calls,
    CAST(SUM(l.leaked_calls_24h) AS BIGINT) AS leaked_calls_24h,
    CAST(SUM(CAST(1000000 * l.call_cost AS BIGINT)) AS DOUBLE) / 1000000 AS call_cost
FROM gold.digital_call_leakage AS l
CROSS JOIN silver.period AS p
CROSS JOIN build.rules AS r
WHERE l.call_date > p.as_of - r.trend_days AND l.call_date <= p.as_of
GROUP BY l.journey, l.call_topic, l.plan_type, l.segment, l.member_tenure
ORDER BY leaked_calls DESC, leaked_calls_24h DESC, l.journey, l.plan_type, l.segment, l.member_tenure
