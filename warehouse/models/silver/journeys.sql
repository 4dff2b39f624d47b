/*
description: >
  One row per interaction type with its journey and the call topic that a failure of it leads to. The seed file
  models/seeds/journeys.csv is the owner's to edit. topic_key numbers the topics for the leak join.
grain: [interaction_type]
checks:
  - not_null: [interaction_type, journey, call_topic, topic_key]
*/
SELECT
    interaction_type,
    journey,
    call_topic,
    CAST(DENSE_RANK() OVER (ORDER BY call_topic) AS INTEGER) AS topic_key
FROM seeds.journeys
