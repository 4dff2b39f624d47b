/*
description: >
  One row per historical fix, what next-best-action learns from.
grain: [fix_id]
*/
SELECT
    fix_id,
    journey,
    lever,
    title,
    owner,
    effort_days,
    go_live_date,
    calls_before,
    calls_after,
    cost,
    cx_lift
FROM silver.fixes
ORDER BY go_live_date, fix_id
