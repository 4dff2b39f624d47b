/*
description: >
  One row per source file that was taken, with where its rows went; none may vanish.
grain: [source_table, source_file]
checks:
  - no_rows:
      name: no_row_vanishes
      sql: >
        SELECT source_table, source_file, rows_in_file, rows_in_silver, rows_quarantined FROM silver.file_reconciliation
        WHERE rows_in_file <> rows_in_silver + rows_quarantined
*/
WITH kept AS (
    SELECT _source_file, COUNT(*) AS n FROM silver.members GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.calls GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.digital_interactions GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.claims GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.surveys GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.pharmacy_fills GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.enrollments GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.communications GROUP BY _source_file
    UNION ALL
    SELECT _source_file, COUNT(*) FROM silver.fixes GROUP BY _source_file
),

refused AS (
    SELECT source_file, COUNT(*) AS n FROM bronze.quarantine WHERE raw_row IS NOT NULL GROUP BY source_file
)

SELECT
    f.source_table,
    f.source_file,
    f.rows_in_file,
    COALESCE(k.n, 0) AS rows_in_silver,
    COALESCE(q.n, 0) AS rows_quarantined
FROM bronze.files AS f
LEFT JOIN kept AS k ON k._source_file = f.source_file
LEFT JOIN refused AS q ON q.source_file = f.source_file
WHERE f.refused IS NULL
ORDER BY f.source_table, f.source_file
