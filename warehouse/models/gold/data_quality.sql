/*
description: >
  One row per quality measure of a source table, by area. completeness: the share of received rows whose record is in silver
  (a row that repeats or corrects another row of its id counts, a refused one does not). duplicates, integrity (orphans):
  rows, held against the share that the completeness target leaves. nulls, values: missing values and values that the contract does not list, per column.
  freshness: days behind the as-of day. layers: rows of a table in silver and in gold. reconciliation: differences
  that must be 0. quarantine: rows by reason (measure) and column. expected is the bound a value is held against, NULL where the measure only informs.
grain: [area, source_table, measure, column_name]
checks:
  - not_null: [area, source_table, measure, column_name, value, is_ok]
*/
WITH taken AS (
    SELECT
        source_table,
        SUM(CASE WHEN refused IS NULL THEN rows_in_file ELSE 0 END) AS rows_received,
        SUM(CASE WHEN refused IS NULL THEN 0 ELSE 1 END) AS files_refused
    FROM bronze.files
    GROUP BY source_table
),

fates AS (
    SELECT
        source_table,
        SUM(CASE WHEN fate = 'kept' THEN row_count ELSE 0 END) AS kept,
        SUM(CASE WHEN fate = 'unchanged' THEN row_count ELSE 0 END) AS unchanged,
        SUM(CASE WHEN fate = 'duplicate' THEN row_count ELSE 0 END) AS repeated,
        SUM(CASE WHEN fate = 'duplicate_id' THEN row_count ELSE 0 END) AS corrected,
        SUM(CASE WHEN fate = 'unknown_member' THEN row_count ELSE 0 END) AS unknown_members
    FROM bronze.row_fates
    GROUP BY source_table
),

set_aside AS (
    SELECT
        source_table,
        reason,
        COALESCE(CASE WHEN row_number IS NOT NULL THEN detail END, '') AS column_name,
        COUNT(*) AS row_count
    FROM bronze.quarantine
    WHERE raw_row IS NOT NULL
    GROUP BY source_table, reason, COALESCE(CASE WHEN row_number IS NOT NULL THEN detail END, '')
),

quarantined AS (
    SELECT
        source_table,
        SUM(row_count) AS quarantined,
        SUM(CASE WHEN reason IN ('duplicate', 'duplicate_id') THEN 0 ELSE row_count END) AS refused
    FROM set_aside
    GROUP BY source_table
),

received AS (
    SELECT
        t.source_table,
        CAST(t.rows_received AS DOUBLE) AS rows_received,
        CAST(t.files_refused AS DOUBLE) AS files_refused,
        CAST(COALESCE(q.quarantined, 0) AS DOUBLE) AS quarantined,
        CAST(COALESCE(q.refused, 0) AS DOUBLE) AS refused,
        CAST(COALESCE(f.kept, 0) AS DOUBLE) AS kept,
        CAST(COALESCE(f.unchanged, 0) AS DOUBLE) AS unchanged,
        CAST(COALESCE(f.repeated, 0) AS DOUBLE) AS repeated,
        CAST(COALESCE(f.corrected, 0) AS DOUBLE) AS corrected,
        CAST(COALESCE(f.unknown_members, 0) AS DOUBLE) AS unknown_members,
        (1.0 - r.completeness_target) * t.rows_received AS tolerated,
        r.completeness_target
    FROM taken AS t
    LEFT JOIN fates AS f ON f.source_table = t.source_table
    LEFT JOIN quarantined AS q ON q.source_table = t.source_table
    CROSS JOIN build.rules AS r
),

latest AS (
    SELECT source_table, MAX(day) AS last_day
    FROM gold.daily_totals
    WHERE column_name = 'rows' AND silver_total > 0
    GROUP BY source_table
),

sums AS (
    SELECT
        source_table,
        column_name,
        SUM(CASE WHEN ABS(silver_total - gold_total) < 0.01 THEN 0.0 ELSE ABS(silver_total - gold_total) END) AS difference
    FROM gold.daily_totals
    WHERE column_name <> 'rows'
    GROUP BY source_table, column_name
),

layers AS (
    SELECT
        source_table,
        SUM(silver_total) AS silver_rows,
        SUM(silver_total) AS gold_expected,
        SUM(gold_total) AS gold_rows
    FROM gold.daily_totals
    WHERE column_name = 'rows'
    GROUP BY source_table
    UNION ALL
    SELECT 'members', COUNT(*), COUNT(DISTINCT member_key), (SELECT COUNT(*) FROM gold.members)
    FROM silver.members
    UNION ALL
    SELECT 'communications', COUNT(*), COUNT(*), (SELECT COUNT(*) FROM gold.communications)
    FROM silver.communications
    UNION ALL
    SELECT 'fixes', COUNT(*), COUNT(*), (SELECT COUNT(*) FROM gold.fixes)
    FROM silver.fixes
),

counted AS (
    SELECT
        r.source_table,
        r.rows_received,
        r.quarantined,
        r.unchanged,
        r.kept,
        COALESCE(l.silver_rows, 0) AS silver_rows,
        COALESCE(l.gold_expected, 0) AS gold_expected,
        COALESCE(l.gold_rows, 0) AS gold_rows
    FROM received AS r
    LEFT JOIN layers AS l ON l.source_table = r.source_table
),

orphans AS (
    SELECT
        'surveys' AS source_table,
        COALESCE(SUM(names_unknown_call), 0) AS unknown_calls
    FROM silver.surveys
),

measures AS (
    SELECT
        'completeness' AS area, source_table, 'accepted_share' AS measure, '' AS column_name,
        CASE WHEN rows_received = 0 THEN 1.0 ELSE 1.0 - refused / rows_received END AS value,
        completeness_target AS expected,
        refused <= tolerated AS is_ok
    FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'rows_received', '', rows_received, NULL, TRUE FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'rows_quarantined', '', quarantined, NULL, TRUE FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'rows_refused', '', refused, tolerated, refused <= tolerated FROM received
    UNION ALL
    SELECT 'completeness', source_table, 'files_refused', '', files_refused, 0.0, files_refused = 0 FROM received
    UNION ALL
    SELECT
        'duplicates', source_table, 'rows_deduplicated', '', unchanged + repeated + corrected, NULL, TRUE
    FROM received
    UNION ALL
    SELECT 'duplicates', source_table, 'rows_corrected', '', corrected, NULL, TRUE FROM received
    UNION ALL
    SELECT 'duplicates', source_table, 'rows_repeated', '', repeated, tolerated, repeated <= tolerated FROM received
    UNION ALL
    SELECT
        'integrity', source_table, 'unknown_members', '', unknown_members, tolerated, unknown_members <= tolerated
    FROM received
    UNION ALL
    SELECT
        'integrity', r.source_table, 'unknown_calls', '', o.unknown_calls, r.tolerated, o.unknown_calls <= r.tolerated
    FROM received AS r
    JOIN orphans AS o ON o.source_table = r.source_table
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
        'freshness', l.source_table, 'days_behind', '', CAST(DATE_DIFF('day', l.last_day, p.as_of) AS DOUBLE),
        r.freshness_days, DATE_DIFF('day', l.last_day, p.as_of) <= r.freshness_days
    FROM latest AS l
    CROSS JOIN silver.period AS p
    CROSS JOIN build.rules AS r
    UNION ALL
    SELECT 'layers', source_table, 'silver_rows', '', silver_rows, kept, silver_rows = kept
    FROM counted
    UNION ALL
    SELECT 'layers', source_table, 'gold_rows', '', gold_rows, gold_expected, gold_rows = gold_expected
    FROM counted
    UNION ALL
    SELECT
        'reconciliation', source_table, 'rows_lost', '',
        rows_received - silver_rows - quarantined - unchanged, 0.0,
        rows_received = silver_rows + quarantined + unchanged
    FROM counted
    UNION ALL
    SELECT 'reconciliation', source_table, 'silver_less_gold', column_name, difference, 0.0, difference = 0
    FROM sums
    UNION ALL
    SELECT 'quarantine', source_table, reason, column_name, row_count, NULL, TRUE FROM set_aside
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
