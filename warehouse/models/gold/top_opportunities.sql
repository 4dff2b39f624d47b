/*
description: >
  One row per journey, ranked by what its leaked calls cost. The window is the last trend_days complete days.
  call_volume: calls about the journey's topic; avoidable_calls: calls leaked from the journey (short window);
  estimated_savings: dollars a year if none leaked (daily average x 365 x planning cost); trend_7d: avoidable
  calls against the window before, as a fraction, NULL without any then; primary_lever: who can fix it, from
  models/seeds/levers.csv. Journeys without a cost rank by their leaks in 24 hours.
grain: [journey]
checks:
  - not_null: [opportunity_rank, journey, call_topic, call_volume, avoidable_calls, estimated_savings, primary_lever]
  - no_rows:
      name: ranks_are_a_row_of_numbers
      sql: SELECT opportunity_rank FROM gold.top_opportunities GROUP BY opportunity_rank HAVING COUNT(*) > 1
*/
WITH volumes AS (
    SELECT
        c.call_topic,
        SUM(c.total_calls) AS call_volume
    FROM gold.repeat_calls_analysis AS c
    CROSS JOIN silver.period AS p
    CROSS JOIN build.rules AS r
    WHERE c.call_date > p.as_of - r.trend_days AND c.call_date <= p.as_of
    GROUP BY c.call_topic
),

recent AS (
    SELECT
        l.journey,
        l.leaked_calls,
        l.leaked_calls_24h,
        l.call_cost,
        CASE WHEN l.call_date > p.as_of - r.trend_days THEN 1 ELSE 0 END AS is_current
    FROM gold.digital_call_leakage AS l
    CROSS JOIN silver.period AS p
    CROSS JOIN build.rules AS r
    WHERE l.call_date > p.as_of - 2 * r.trend_days AND l.call_date <= p.as_of
),

leaks AS (
    SELECT
        journey,
        SUM(leaked_calls * is_current) AS avoidable_calls,
        SUM(leaked_calls_24h * is_current) AS avoidable_calls_24h,
        SUM(leaked_calls * (1 - is_current)) AS previous_avoidable_calls,
        CAST(SUM(CAST(1000000 * (call_cost * is_current) AS BIGINT)) AS DOUBLE) / 1000000 AS avoidable_cost
    FROM recent
    GROUP BY journey
),

journeys AS (
    SELECT DISTINCT
        j.journey,
        j.call_topic,
        COALESCE(v.primary_lever, 'Digital') AS primary_lever
    FROM silver.journeys AS j
    LEFT JOIN seeds.levers AS v ON v.journey = j.journey
    WHERE j.call_topic IS NOT NULL
)

SELECT
    CAST(
        ROW_NUMBER() OVER (
            ORDER BY
                COALESCE(l.avoidable_cost, 0) DESC,
                COALESCE(l.avoidable_calls, 0) DESC,
                COALESCE(l.avoidable_calls_24h, 0) DESC,
                j.journey
        ) AS INTEGER
    ) AS opportunity_rank,
    j.journey,
    j.call_topic,
    CAST(COALESCE(v.call_volume, 0) AS BIGINT) AS call_volume,
    CAST(COALESCE(l.avoidable_calls, 0) AS BIGINT) AS avoidable_calls,
    CAST(COALESCE(l.avoidable_calls_24h, 0) AS BIGINT) AS avoidable_calls_24h,
    CAST(COALESCE(l.previous_avoidable_calls, 0) AS BIGINT) AS previous_avoidable_calls,
    COALESCE(l.avoidable_cost, 0.0) / r.trend_days * 365 AS estimated_savings,
    1.0 * (l.avoidable_calls - l.previous_avoidable_calls) / NULLIF(l.previous_avoidable_calls, 0) AS trend_7d,
    j.primary_lever,
    p.as_of - r.trend_days + 1 AS window_start,
    p.as_of AS window_end
FROM journeys AS j
LEFT JOIN volumes AS v ON v.call_topic = j.call_topic
LEFT JOIN leaks AS l ON l.journey = j.journey
CROSS JOIN silver.period AS p
CROSS JOIN build.rules AS r
ORDER BY opportunity_rank
