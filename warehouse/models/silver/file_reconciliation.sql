/*
description: >
  One row per source file that was taken, with where its rows went; none may vanish. rows_deduplicated: members' rows that
  repeat what was known. Rows that lost against another row of their id are in quarantine, with their reason.
grain: [source_table, source_file, file_no]
checks:
  - no_rows:
      name: no_row_vanishes
      sql: >
        SELECT source_table, source_file, rows_in_file, rows_in_silver, rows_quarantined FROM silver.file_reconciliation
        WHERE rows_in_file <> rows_in_silver + rows_quarantined + rows_deduplicated
*/
WITH fates AS (
    SELECT
        _file_no,
        SUM(CASE WHEN fate = 'kept' THEN row_count ELSE 0 END) AS kept,
        SUM(CASE WHEN fate = 'unchanged' THEN row_count ELSE 0 END) AS unchanged
    FROM bronze.row_fates
    GROUP BY _file_no
),

refused AS (
    SELECT
        _file_no,
        COUNT(*) AS refused
    FROM bronze.quarantine
    WHERE raw_row IS NOT NULL
    GROUP BY _file_no
)

SELECT
    f.source_table,
    f.source_file,
    f.file_no,
    f.rows_in_file,
    CAST(COALESCE(k.kept, 0) AS BIGINT) AS rows_in_silver,
    CAST(COALESCE(q.refused, 0) AS BIGINT) AS rows_quarantined,
    CAST(COALESCE(k.unchanged, 0) AS BIGINT) AS rows_deduplicated
FROM bronze.files AS f
LEFT JOIN fates AS k ON k._file_no = f.file_no
LEFT JOIN refused AS q ON q._file_no = f.file_no
WHERE f.refused IS NULL
ORDER BY f.source_table, f.source_file, f.file_no
