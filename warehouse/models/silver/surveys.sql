/*
description: >
  One row per accepted survey with its groups; call_topic is that of the related call, 'Unknown' without one.
  names_unknown_call is 1 when there is no call of the id that the survey names.
grain: [survey_id]
partition: survey_date
checks:
  - not_null: [survey_id, member_key, survey_ts, call_topic, nps_group, effort_level]
  - rows_equal: accepted.surveys
*/
SELECT
    s.survey_id,
    s.member_key,
    CAST(s.survey_date AS DATE) AS survey_date,
    s.survey_date AS survey_ts,
    s.survey_type,
    s.related_call_id,
    COALESCE(c.call_topic, 'Unknown') AS call_topic,
    CASE WHEN s.related_call_id IS NOT NULL AND c.call_id IS NULL THEN 1 ELSE 0 END AS names_unknown_call,
    s.nps_score,
    s.csat_score,
    s.effort_score,
    CASE
        WHEN s.nps_score IS NULL THEN 'Unknown'
        WHEN s.nps_score >= 9 THEN 'promoter'
        WHEN s.nps_score >= 7 THEN 'passive'
        ELSE 'detractor'
    END AS nps_group,
    CASE
        WHEN s.effort_score IS NULL THEN 'Unknown'
        WHEN s.effort_score <= 2 THEN 'low'
        WHEN s.effort_score <= 4 THEN 'medium'
        ELSE 'high'
    END AS effort_level,
    s.feedback_text,
    s._source_file,
    s._row_number
FROM accepted.surveys AS s
LEFT JOIN silver.calls AS c ON c.call_id = s.related_call_id
