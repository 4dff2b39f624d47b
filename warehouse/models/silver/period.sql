/*
description: >
  One row: the first and the last day with a call or a digital interaction, and the as-of day, the last complete
  one. A day with under half of the median calls of the seven days before it, where that median is at least 50,
  is partial.
grain: [as_of]
checks:
  - not_null: [first_day, as_of, last_day]
*/
WITH days AS (
    SELECT
        day,
        SUM(calls) AS calls
    FROM (
        SELECT call_date AS day, COUNT(*) AS calls FROM accepted.call_center GROUP BY call_date
        UNION ALL
        SELECT DISTINCT interaction_date AS day, 0 AS calls FROM accepted.digital_interactions
    ) AS events
    GROUP BY day
),

compared AS (
    SELECT
        day,
        calls,
        MEDIAN(calls) OVER (ORDER BY day ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING) AS usual_calls
    FROM days
)

SELECT
    MIN(day) AS first_day,
    MAX(CASE WHEN usual_calls >= 50 AND calls < usual_calls / 2 THEN NULL ELSE day END) AS as_of,
    MAX(day) AS last_day
FROM compared
