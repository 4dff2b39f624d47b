/*
description: >
  Calls per day and ten minutes of the day (0..143): how a day usually fills, by which a day that is still filling is
  known.
grain: [call_date, slot]
partition: call_date
*/
SELECT
    call_date,
    CAST(EXTRACT(HOUR FROM call_ts) * 6 + FLOOR(EXTRACT(MINUTE FROM call_ts) / 10) AS INTEGER) AS slot,
    CAST(COUNT(*) AS BIGINT) AS calls
FROM silver.calls
GROUP BY
    call_date,
    CAST(EXTRACT(HOUR FROM call_ts) * 6 + FLOOR(EXTRACT(MINUTE FROM call_ts) / 10) AS INTEGER)
