/*
description: >
  One row per successful interaction that was followed, within the long leakage window, by a call of the same
  member about the matching topic: the journey worked, yet the member called.
grain: [interaction_id]
partition: interaction_date
*/
WITH calls AS (
    SELECT DISTINCT
        member_key,
        topic_key,
        call_ts
    FROM silver.calls
    WHERE topic_key IS NOT NULL
)

SELECT
    s.interaction_id,
    s.interaction_date
FROM silver.digital_interactions AS s
ASOF JOIN calls AS c
    ON c.member_key = s.member_key AND c.topic_key = s.topic_key AND c.call_ts > s.interaction_ts
CROSS JOIN build.rules AS r
WHERE s.is_success = 1 AND c.call_ts <= s.interaction_ts + r.leakage_window_long_hours * INTERVAL 1 HOUR
