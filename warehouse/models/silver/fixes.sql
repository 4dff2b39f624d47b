/*
description: >
  One row per historical fix with its calls before and after; empty when the source has no such file.
grain: [fix_id]
checks:
  - rows_equal: accepted.fixes
*/
SELECT
    f.fix_id,
    f.journey,
    f.lever,
    f.title,
    f.owner,
    f.effort_days,
    f.go_live_date,
    f.calls_before,
    f.calls_after,
    f.cost,
    f.cx_lift,
    f._source_file,
    f._row_number
FROM accepted.fixes AS f
