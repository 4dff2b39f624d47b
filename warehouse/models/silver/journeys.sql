/*
description: >
  One row per interaction type with its journey and the call topic that a failure of it leads to. The seed file
  models/seeds/journeys.csv is the owner's to edit; a type that is not in it is of the journey 'Other' and leads
  to no topic. topic_key numbers the topics for the leak join.
grain: [interaction_type]
dictionary: {journey: found}
checks:
  - not_null: [interaction_type, journey]
*/
WITH types AS (
    SELECT interaction_type FROM seeds.journeys
    UNION
    SELECT interaction_type FROM build.interaction_types
)

SELECT
    t.interaction_type,
    COALESCE(j.journey, 'Other') AS journey,
    j.call_topic,
    CASE
        WHEN j.call_topic IS NOT NULL THEN CAST(DENSE_RANK() OVER (ORDER BY j.call_topic NULLS LAST) AS INTEGER)
    END AS topic_key
FROM types AS t
LEFT JOIN seeds.journeys AS j ON j.interaction_type = t.interaction_type
