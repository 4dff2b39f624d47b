/*
description: >
  The opportunities whose avoidable calls rose against the window before.
grain: [journey]
*/
SELECT *
FROM gold.top_opportunities
WHERE avoidable_calls > previous_avoidable_calls
ORDER BY opportunity_rank
