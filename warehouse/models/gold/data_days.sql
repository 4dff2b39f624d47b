/*
description: >
  One row per day from the first day of data to the as-of day, with or without events.
grain: [day]
checks:
  - not_null: [day]
*/
SELECT CAST(UNNEST(GENERATE_SERIES(CAST(first_day AS TIMESTAMP), CAST(as_of AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS day
FROM silver.period
