/*
description: >
  One row per accepted call, with its repeat flag, its emotion and its two costs.
grain: [call_id]
partition: call_date
checks:
  - not_null: [call_id, member_key, call_date, call_ts, call_topic, handle_time_minutes, sentiment]
  - range: {column: handle_time_minutes, min: 0, max: 1440}
  - range: {column: sentiment_score, min: -1, max: 1}
  - rows_equal: accepted.call_center
*/
SELECT
    c.call_id,
    c.member_key,
    c.call_date,
    c.call_timestamp AS call_ts,
    c.call_topic,
    t.topic_key,
    c.channel AS call_channel,
    c.agent_team,
    c.agent_id,
    c.ivr_path,
    c.sentiment,
    c.sentiment_score,
    c.handle_time_minutes,
    c.queue_wait_seconds,
    CASE WHEN p.call_id IS NULL THEN 0 ELSE 1 END AS is_repeat,
    CASE WHEN c.is_repeat_call THEN 1 ELSE 0 END AS is_repeat_reported,
    CASE
        WHEN c.sentiment = 'negative' OR c.sentiment_score <= r.negative_sentiment_score THEN 1
        ELSE 0
    END AS is_negative,
    CASE WHEN c.transferred THEN 1 ELSE 0 END AS is_transferred,
    CASE WHEN c.resolved THEN 1 ELSE 0 END AS is_resolved,
    CASE WHEN c.handle_time_minutes > r.high_handle_time_minutes THEN 1 ELSE 0 END AS is_high_handle_time,
    CASE WHEN c.prior_digital_attempt THEN 1 ELSE 0 END AS prior_digital_attempt,
    r.planning_cost_per_call AS planning_cost,
    r.cost_per_call + r.cost_per_minute * c.handle_time_minutes AS fully_loaded_cost,
    c.transcript,
    c._source_file,
    c._row_number
FROM accepted.call_center AS c
LEFT JOIN silver.repeat_calls AS p ON p.call_id = c.call_id
LEFT JOIN silver.call_topics AS t ON t.call_topic = c.call_topic
CROSS JOIN build.rules AS r
ORDER BY c.call_timestamp, c.call_id
