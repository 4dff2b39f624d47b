/*
description: >
  One row per repeat call: the same member called about the same topic at most repeat_window_days earlier. Of two
  calls at the same instant the one with the greater id counts as the later.
grain: [call_id]
partition: call_date
checks:
  - not_null: [call_id]
*/
WITH previous AS (
    SELECT
        call_id,
        call_date,
        call_timestamp,
        LAG(call_timestamp) OVER (
            PARTITION BY member_key, call_topic ORDER BY call_timestamp, call_id
        ) AS previous_ts
    FROM accepted.call_center
)

SELECT
    p.call_id,
    p.call_date
FROM previous AS p
CROSS JOIN build.rules AS r
WHERE p.previous_ts >= p.call_timestamp - r.repeat_window_days * INTERVAL 1 DAY
