/*
description: >
  One row per communication sent to members; empty when the source has no such file.
grain: [communication_id]
checks:
  - rows_equal: accepted.communications
*/
SELECT
    c.communication_id,
    c.sent_date,
    c.channel,
    c.topic,
    c.plan_type,
    c.audience_size,
    c.subject,
    c._source_file,
    c._row_number
FROM accepted.communications AS c
