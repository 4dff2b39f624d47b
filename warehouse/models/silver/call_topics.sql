/*
description: >
  One row per call topic that a digital journey can lead to.
grain: [call_topic]
*/
SELECT DISTINCT
    call_topic,
    topic_key
FROM silver.journeys
WHERE call_topic IS NOT NULL
