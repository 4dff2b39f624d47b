/*
description: >
  One row per event of one member, across all channels. Events that the sources date without a time stand at
  midnight; a survey about a call stands at its own time or, without one, at the call's end; event_date is the day
  that its source gives. detail is free text.
grain: [channel, event_id]
partition: event_date
checks:
  - not_null: [member_id, event_ts, channel, event_type, event_id]
*/
WITH events AS (
    SELECT
        member_key,
        interaction_date AS event_date,
        interaction_ts AS event_ts,
        'digital' AS channel,
        interaction_type AS event_type,
        journey AS topic,
        outcome,
        CONCAT_WS(' - ', NULLIF(platform, 'Unknown'), step, failure_reason, error_code, error_message) AS detail,
        CAST(NULL AS DOUBLE) AS sentiment_score,
        interaction_id AS event_id
    FROM silver.digital_interactions
    UNION ALL
    SELECT
        member_key,
        call_date,
        call_ts,
        'call_center',
        'call',
        call_topic,
        CASE WHEN is_resolved = 1 THEN 'resolved' ELSE 'unresolved' END,
        CONCAT_WS(
            ' - ', NULLIF(ivr_path, 'Unknown'), 'sentiment ' || sentiment,
            CAST(handle_time_minutes AS VARCHAR) || ' minutes', transcript
        ),
        sentiment_score,
        call_id
    FROM silver.calls
    UNION ALL
    SELECT
        s.member_key,
        s.survey_date,
        CASE
            WHEN s.survey_ts = CAST(s.survey_date AS TIMESTAMP) AND c.call_date = s.survey_date
                THEN c.call_ts + CAST(c.handle_time_minutes * 60 AS INTEGER) * INTERVAL 1 SECOND
            ELSE s.survey_ts
        END,
        'survey',
        s.survey_type,
        s.call_topic,
        s.nps_group,
        CONCAT_WS(
            ' - ', 'NPS ' || s.nps_score, 'CSAT ' || s.csat_score, 'effort ' || s.effort_score,
            s.feedback_text
        ),
        NULL,
        s.survey_id
    FROM silver.surveys AS s
    LEFT JOIN silver.calls AS c ON c.call_id = s.related_call_id
    UNION ALL
    SELECT
        member_key,
        claim_date,
        CAST(claim_date AS TIMESTAMP),
        'claims',
        'claim',
        claim_type,
        status,
        CONCAT_WS(
            ' - ', '$' || CAST(claim_amount AS VARCHAR), denial_reason,
            CASE WHEN prior_auth_required = 'Yes' THEN 'prior authorization ' || prior_auth_status END
        ),
        NULL,
        claim_id
    FROM silver.claims
    UNION ALL
    SELECT
        member_key,
        fill_date,
        CAST(fill_date AS TIMESTAMP),
        'pharmacy',
        'fill',
        drug_name,
        CASE WHEN is_denied = 1 THEN 'denied' ELSE 'filled' END,
        CONCAT_WS(' - ', pharmacy_type, 'copay $' || CAST(copay_amount AS VARCHAR), denied_reason),
        NULL,
        rx_id
    FROM silver.pharmacy_fills
    UNION ALL
    SELECT
        member_key,
        enrollment_date,
        CAST(enrollment_date AS TIMESTAMP),
        'enrollment',
        'enrollment',
        enrolled_plan_type,
        change_type,
        change_reason,
        NULL,
        enrollment_id
    FROM silver.enrollments
)

SELECT
    m.member_id,
    e.event_date,
    e.event_ts,
    e.channel,
    e.event_type,
    e.topic,
    e.outcome,
    e.detail,
    e.sentiment_score,
    e.event_id
FROM events AS e
JOIN accepted.member_keys AS m ON m.member_key = e.member_key
