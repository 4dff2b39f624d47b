/*
description: >
  One row per quality measure of a source table: completeness (share of received rows that reached silver), duplicates, members
  that nobody knows, missing values per column, freshness (days behind the as-of day), and reconciliation (a difference
  that must be 0). expected is the bound it is held against, NULL where the measure only informs.
grain: [area, source_table, measure, column_name]
checks:
  - not_null: [area, source_table, measure, is_ok]
*/
WITH received AS (
    SELECT
        source_table,
        CAST(SUM(rows_in_file) AS DOUBLE) AS rows_received,
        CAST(SUM(rows_in_silver) AS DOUBLE) AS rows_in_silver,
        CAST(SUM(rows_quarantined) AS DOUBLE) AS rows_quarantined,
        CAST(SUM(rows_deduplicated) AS DOUBLE) AS rows_deduplicated
    FROM silver.file_reconciliation
    GROUP BY source_table
),

refused AS (
    SELECT
        source_table,
        CAST(SUM(CASE WHEN reason IN ('duplicate', 'duplicate_id') THEN 1 ELSE 0 END) AS DOUBLE) AS duplicates,
        CAST(SUM(CASE WHEN reason = 'unknown_member' THEN 1 ELSE 0 END) AS DOUBLE) AS unknown_members,
        CAST(SUM(CASE WHEN raw_row IS NULL THEN 1 ELSE 0 END) AS DOUBLE) AS files
    FROM bronze.quarantine
    GROUP BY source_table
),

latest AS (
    SELECT 'call_center' AS source_table, MAX(call_date) AS last_day FROM silver.calls
    UNION ALL
    SELECT 'digital_interactions', MAX(interaction_date) FROM silver.digital_interactions
    UNION ALL
    SELECT 'claims', MAX(claim_date) FROM silver.claims
    UNION ALL
    SELECT 'surveys', MAX(survey_date) FROM silver.surveys
    UNION ALL
    SELECT 'pharmacy', MAX(fill_date) FROM silver.pharmacy_fills
    UNION ALL
    SELECT 'enrollment', MAX(enrollment_date) FROM silver.enrollments
),

sums AS (
    SELECT
        'call_center' AS source_table,
        'fully_loaded_cost' AS column_name,
        (SELECT COALESCE(SUM(fully_loaded_cost), 0) FROM silver.calls)
        - (SELECT COALESCE(SUM(fully_loaded_cost), 0) FROM gold.calls) AS difference
    UNION ALL
    SELECT
        'call_center',
        'is_repeat',
        (SELECT COALESCE(SUM(is_repeat), 0) FROM silver.calls)
        - (SELECT COALESCE(SUM(repeat_calls), 0) FROM gold.repeat_calls_analysis)
    UNION ALL
    SELECT
        'digital_interactions',
        'is_failed',
        (SELECT COALESCE(SUM(is_failed), 0) FROM silver.digital_interactions)
        - (SELECT COALESCE(SUM(is_failed), 0) FROM gold.digital_interactions)
),

measures AS (
    SELECT
        'completeness' AS area, source_table, 'accepted_share' AS measure, '' AS column_name,
        CASE
            WHEN rows_received = 0 THEN 1.0
            ELSE (rows_in_silver + rows_deduplicated) / rows_received
        END AS value,
        0.995 AS expected,
        rows_in_silver + rows_deduplicated >= 0.995 * rows_received AS is_ok
    FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'rows_received', '', rows_received, NULL, TRUE FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'rows_quarantined', '', rows_quarantined, NULL, TRUE FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'files_refused', '', files, 0.0, files = 0 FROM refused
    UNION ALL
    SELECT 'duplicates', source_table, 'rows_repeated', '', duplicates, 0.0, duplicates = 0 FROM refused
    UNION ALL
    SELECT 'integrity', source_table, 'unknown_members', '', unknown_members, 0.0, unknown_members = 0 FROM refused
    UNION ALL
    SELECT
        'nulls', source_table, 'missing_share', column_name,
        CASE WHEN rows_received = 0 THEN 0.0 ELSE missing / rows_received END, NULL, TRUE
    FROM bronze.column_profile
    UNION ALL
    SELECT 'values', source_table, 'unlisted_values', column_name, unlisted, 0.0, unlisted = 0
    FROM bronze.column_profile
    WHERE unlisted IS NOT NULL
    UNION ALL
    SELECT
        'freshness', l.source_table, 'days_behind', '',
        CAST(DATE_DIFF('day', l.last_day, p.as_of) AS DOUBLE), 7.0,
        DATE_DIFF('day', l.last_day, p.as_of) <= 7
    FROM latest AS l
    CROSS JOIN silver.period AS p
    WHERE l.last_day IS NOT NULL
    UNION ALL
    SELECT
        'reconciliation', source_table, 'rows_lost', '',
        rows_received - rows_in_silver - rows_quarantined - rows_deduplicated, 0.0,
        rows_received = rows_in_silver + rows_quarantined + rows_deduplicated
    FROM received
    UNION ALL
    SELECT
        'reconciliation', source_table, 'silver_less_gold', column_name, difference, 0.0,
        ABS(difference) < 0.01
    FROM sums
)

SELECT
    area,
    source_table,
    measure,
    column_name,
    CAST(value AS DOUBLE) AS value,
    CAST(expected AS DOUBLE) AS expected,
    is_ok
FROM measures
ORDER BY area, source_table, measure, column_name
