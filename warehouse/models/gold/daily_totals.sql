/*
description: >
  One row per day, source table and column: its sum in silver and its sum in gold, which must be equal. column_name `rows`
  counts rows, and so does `events` beside every other column: how many stand under the sum. A difference on any day is a measure of the quality report, which adds these days up instead of reading all
  events again.
grain: [day, source_table, column_name]
partition: day
checks:
  - not_null: [day, source_table, column_name, silver_total, gold_total]
*/
WITH gold_calls AS (
    SELECT
        call_date,
        COUNT(*) AS total_calls,
        SUM(is_repeat) AS repeat_calls,
        SUM(is_negative) AS negative_calls,
        SUM(is_leaked) AS leaked_calls,
        SUM(handle_time_minutes) AS handle_time_minutes,
        SUM(fully_loaded_cost) AS fully_loaded_cost,
        SUM(avoidable_cost) AS avoidable_cost
    FROM gold.calls
    GROUP BY call_date
),

gold_digital AS (
    SELECT
        interaction_date,
        COUNT(*) AS digital_sessions,
        SUM(is_failed) AS failed_interactions,
        SUM(is_success) AS digital_successes
    FROM gold.digital_interactions
    GROUP BY interaction_date
),

calls AS (
    SELECT
        COALESCE(s.day, g.call_date) AS day,
        n.column_name,
        CASE n.column_name
            WHEN 'rows' THEN s.total_calls
            WHEN 'is_repeat' THEN s.repeat_calls
            WHEN 'is_negative' THEN s.negative_calls
            WHEN 'is_leaked' THEN s.leaked_calls
            WHEN 'handle_time_minutes' THEN s.handle_time_minutes
            WHEN 'fully_loaded_cost' THEN s.fully_loaded_cost
            WHEN 'avoidable_cost' THEN s.avoidable_cost
        END AS silver_total,
        CASE n.column_name
            WHEN 'rows' THEN g.total_calls
            WHEN 'is_repeat' THEN g.repeat_calls
            WHEN 'is_negative' THEN g.negative_calls
            WHEN 'is_leaked' THEN g.leaked_calls
            WHEN 'handle_time_minutes' THEN g.handle_time_minutes
            WHEN 'fully_loaded_cost' THEN g.fully_loaded_cost
            WHEN 'avoidable_cost' THEN g.avoidable_cost
        END AS gold_total,
        s.total_calls AS events
    FROM silver.daily_activity AS s
    FULL JOIN gold_calls AS g ON g.call_date = s.day
    CROSS JOIN (
        VALUES ('rows'), ('is_repeat'), ('is_negative'), ('is_leaked'), ('handle_time_minutes'), ('fully_loaded_cost'),
        ('avoidable_cost')
    ) AS n(column_name)
),

digital AS (
    SELECT
        COALESCE(s.day, g.interaction_date) AS day,
        n.column_name,
        CASE n.column_name
            WHEN 'rows' THEN s.digital_sessions
            WHEN 'is_failed' THEN s.failed_interactions
            WHEN 'is_success' THEN s.digital_successes
        END AS silver_total,
        CASE n.column_name
            WHEN 'rows' THEN g.digital_sessions
            WHEN 'is_failed' THEN g.failed_interactions
            WHEN 'is_success' THEN g.digital_successes
        END AS gold_total,
        s.digital_sessions AS events
    FROM silver.daily_activity AS s
    FULL JOIN gold_digital AS g ON g.interaction_date = s.day
    CROSS JOIN (VALUES ('rows'), ('is_failed'), ('is_success')) AS n(column_name)
),

small AS (
    SELECT
        'claims' AS source_table,
        claim_date AS day,
        COUNT(*) AS silver_rows,
        SUM(claim_amount) AS silver_sum,
        0 AS gold_rows,
        0.0 AS gold_sum
    FROM silver.claims
    GROUP BY claim_date
    UNION ALL
    SELECT 'claims', claim_date, 0, 0.0, COUNT(*), SUM(claim_amount) FROM gold.claims GROUP BY claim_date
    UNION ALL
    SELECT 'surveys', survey_date, COUNT(*), SUM(nps_score), 0, 0.0 FROM silver.surveys GROUP BY survey_date
    UNION ALL
    SELECT 'surveys', survey_date, 0, 0.0, COUNT(*), SUM(nps_score) FROM gold.surveys GROUP BY survey_date
    UNION ALL
    SELECT 'pharmacy', fill_date, COUNT(*), SUM(copay_amount), 0, 0.0 FROM silver.pharmacy_fills GROUP BY fill_date
    UNION ALL
    SELECT 'pharmacy', fill_date, 0, 0.0, COUNT(*), SUM(copay_amount) FROM gold.pharmacy_fills GROUP BY fill_date
    UNION ALL
    SELECT 'enrollment', enrollment_date, COUNT(*), SUM(premium_amount), 0, 0.0
    FROM silver.enrollments
    GROUP BY enrollment_date
    UNION ALL
    SELECT 'enrollment', enrollment_date, 0, 0.0, COUNT(*), SUM(premium_amount)
    FROM gold.enrollments
    GROUP BY enrollment_date
    UNION ALL
    SELECT 'cost_estimates', request_date, COUNT(*), SUM(providers_requested), 0, 0.0
    FROM silver.cost_estimates
    GROUP BY request_date
    UNION ALL
    SELECT 'cost_estimates', request_date, 0, 0.0, COUNT(*), SUM(providers_requested)
    FROM gold.cost_estimates
    GROUP BY request_date
),

summed_columns AS (
    SELECT 'claims' AS source_table, 'claim_amount' AS column_name
    UNION ALL
    SELECT 'surveys', 'nps_score'
    UNION ALL
    SELECT 'pharmacy', 'copay_amount'
    UNION ALL
    SELECT 'enrollment', 'premium_amount'
    UNION ALL
    SELECT 'cost_estimates', 'providers_requested'
),

totals AS (
    SELECT 'call_center' AS source_table, day, column_name, silver_total, gold_total, events FROM calls
    UNION ALL
    SELECT 'digital_interactions', day, column_name, silver_total, gold_total, events FROM digital
    UNION ALL
    SELECT source_table, day, 'rows', silver_rows, gold_rows, silver_rows FROM small
    UNION ALL
    SELECT s.source_table, s.day, c.column_name, s.silver_sum, s.gold_sum, s.silver_rows
    FROM small AS s
    JOIN summed_columns AS c ON c.source_table = s.source_table
)

SELECT
    day,
    source_table,
    column_name,
    CAST(CAST(COALESCE(SUM(silver_total), 0) AS DECIMAL(18, 4)) AS DOUBLE) AS silver_total,
    CAST(CAST(COALESCE(SUM(gold_total), 0) AS DECIMAL(18, 4)) AS DOUBLE) AS gold_total,
    CAST(COALESCE(SUM(events), 0) AS BIGINT) AS events
FROM totals
GROUP BY day, source_table, column_name
ORDER BY day, source_table, column_name
