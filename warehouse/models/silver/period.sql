/*
description: >
  One row: the first and the last day with a call or a digital interaction, the as-of day, the last complete one, and
  the latest event. A day is partial when the median of the seven days before it is at least 50 calls and it has under half
  of that median, or when it is the last day and those seven days had, on average, more than ten calls after the time of
  day of its last call. Stray dates are no days of data: those after a gap of more than 90 days that hold, all together, at
  most one event in a hundred (a typing error of one row would else be the as-of day for ever).
grain: [as_of]
checks:
  - not_null: [first_day, as_of, last_day]
*/
WITH ordered AS (
    SELECT
        day,
        LAG(day) OVER (ORDER BY day) AS day_before,
        SUM(total_calls + digital_sessions) OVER (ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS events_from,
        SUM(total_calls + digital_sessions) OVER () AS events
    FROM silver.daily_activity
),

strays AS (
    SELECT MIN(day) AS first_day
    FROM ordered
    WHERE DATE_DIFF('day', day_before, day) > 90 AND 100 * events_from <= events
),

kept AS (
    SELECT a.*
    FROM silver.daily_activity AS a
    CROSS JOIN strays AS s
    WHERE s.first_day IS NULL OR a.day < s.first_day
),

compared AS (
    SELECT
        day,
        total_calls,
        MEDIAN(total_calls) OVER (ORDER BY day ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING) AS usual_calls,
        ROW_NUMBER() OVER (ORDER BY day DESC) AS days_before_last
    FROM kept
),

reached AS (
    SELECT MAX(s.slot) AS slot
    FROM silver.calls_by_time_of_day AS s
    JOIN compared AS c ON c.day = s.call_date
    WHERE c.days_before_last = 1
),

still_to_come AS (
    SELECT SUM(s.calls) / 7.0 AS calls
    FROM silver.calls_by_time_of_day AS s
    JOIN compared AS c ON c.day = s.call_date
    CROSS JOIN reached AS r
    WHERE c.days_before_last > 1 AND c.days_before_last <= 8 AND s.slot > r.slot
),

judged AS (
    SELECT
        c.day,
        CASE
            WHEN c.usual_calls < 50 OR c.usual_calls IS NULL THEN 1
            WHEN c.total_calls < c.usual_calls / 2 THEN 0
            WHEN c.days_before_last = 1 AND t.calls > 10 THEN 0
            ELSE 1
        END AS is_complete
    FROM compared AS c
    CROSS JOIN still_to_come AS t
),

latest AS (
    SELECT
        MAX(last_call_ts) AS call_ts,
        MAX(last_interaction_ts) AS interaction_ts
    FROM kept
)

SELECT
    MIN(j.day) AS first_day,
    MAX(CASE WHEN j.is_complete = 1 THEN j.day END) AS as_of,
    MAX(j.day) AS last_day,
    MAX(GREATEST(COALESCE(l.call_ts, l.interaction_ts), COALESCE(l.interaction_ts, l.call_ts))) AS latest_event
FROM judged AS j
CROSS JOIN latest AS l
