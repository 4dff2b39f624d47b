/*
description: >
  Segments, by plan and tenure, whose calls of the last 4 x trend_days complete days repeat or are negative more
  often than the company's, worst first. *_pct are percent 0..100.
grain: [segment, plan_type, member_tenure]
*/
WITH groups AS (
    SELECT
        c.segment,
        c.plan_type,
        c.member_tenure,
        SUM(c.total_calls) AS total_calls,
        SUM(c.repeat_calls) AS repeat_calls,
        SUM(c.negative_calls) AS negative_calls,
        SUM(c.leaked_calls) AS leaked_calls
    FROM gold.repeat_calls_analysis AS c
    CROSS JOIN silver.period AS p
    CROSS JOIN build.rules AS r
    WHERE c.call_date > p.as_of - 4 * r.trend_days AND c.call_date <= p.as_of
    GROUP BY c.segment, c.plan_type, c.member_tenure
),

company AS (
    SELECT
        SUM(repeat_calls) / SUM(total_calls) AS repeat_share,
        SUM(negative_calls) / SUM(total_calls) AS negative_share
    FROM groups
)

SELECT
    g.segment,
    g.plan_type,
    g.member_tenure,
    CAST(g.total_calls AS BIGINT) AS total_calls,
    CAST(g.repeat_calls AS BIGINT) AS repeat_calls,
    CAST(g.negative_calls AS BIGINT) AS negative_calls,
    CAST(g.leaked_calls AS BIGINT) AS leaked_calls,
    100.0 * g.repeat_calls / g.total_calls AS repeat_call_pct,
    100.0 * g.negative_calls / g.total_calls AS negative_emotion_pct
FROM groups AS g
CROSS JOIN company AS c
WHERE g.repeat_calls / g.total_calls > c.repeat_share OR g.negative_calls / g.total_calls > c.negative_share
ORDER BY negative_emotion_pct DESC, repeat_call_pct DESC, g.segment, g.plan_type, g.member_tenure
