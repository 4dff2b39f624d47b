/*
description: >
  One row per communication sent to members (benefit changes, AEP notices).
grain: [communication_id]
*/
SELECT
    communication_id,
    sent_date,
    channel,
    topic,
    plan_type,
    audience_size,
    subject
FROM silver.communications
ORDER BY sent_date, communication_id
