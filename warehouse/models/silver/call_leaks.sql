/*
description: >
  One row per call that leaked from digital: its latest earlier failed interaction of the same member, of a
  journey that matches the call's topic, lies less than the long window before it. Strictly earlier; a call
  counts once however many failures came before it. Of several failures at the same instant the one with the
  greatest id is the trigger.
grain: [call_id]
partition: call_date
checks:
  - not_null: [call_id, interaction_id, journey, leak_delay_minutes]
  - no_rows:
      name: leak_is_after_its_failure
      sql: SELECT call_id FROM silver.call_leaks WHERE leak_delay_minutes <= 0
  - no_rows:
      name: leak_topic_matches_its_journey
      sql: >
        SELECT l.call_id FROM silver.call_leaks AS l JOIN silver.calls AS c ON c.call_id = l.call_id
        LEFT JOIN silver.journeys AS j ON j.journey = l.journey AND j.call_topic = c.call_topic
        WHERE j.journey IS NULL
*/
WITH failed AS (
    SELECT
        member_key,
        topic_key,
        interaction_ts,
        MAX(interaction_id) AS interaction_id
    FROM silver.digital_interactions
    WHERE is_failed = 1 AND topic_key IS NOT NULL
    GROUP BY member_key, topic_key, interaction_ts
),

triggered AS (
    SELECT
        c.call_id,
        c.call_date,
        c.call_ts,
        f.interaction_id,
        f.interaction_ts
    FROM silver.calls AS c
    ASOF JOIN failed AS f
        ON f.member_key = c.member_key AND f.topic_key = c.topic_key AND f.interaction_ts < c.call_ts
),

windowed AS (
    SELECT
        t.call_id,
        t.call_date,
        t.interaction_id,
        DATE_DIFF('microsecond', t.interaction_ts, t.call_ts) / 60000000.0 AS leak_delay_minutes,
        r.leakage_window_minutes
    FROM triggered AS t
    CROSS JOIN build.rules AS r
    WHERE t.interaction_ts >= t.call_ts - r.leakage_window_long_hours * INTERVAL 1 HOUR
)

SELECT
    w.call_id,
    w.call_date,
    w.interaction_id,
    d.journey,
    d.interaction_type,
    d.failure_reason,
    d.platform,
    d.error_code,
    d.error_message,
    d.step AS leak_step,
    w.leak_delay_minutes,
    CASE WHEN w.leak_delay_minutes <= w.leakage_window_minutes THEN 1 ELSE 0 END AS is_leaked,
    CASE
        WHEN w.leak_delay_minutes <= w.leakage_window_minutes AND d.is_abandoned = 1 THEN 1
        ELSE 0
    END AS is_abandon_leaked
FROM windowed AS w
JOIN silver.digital_interactions AS d ON d.interaction_id = w.interaction_id
