/*
description: >
  One row per survey with the member's attributes. An unanswered score is NULL and counts in no average.
grain: [survey_id]
partition: survey_date
checks:
  - not_null: [survey_id, member_id, survey_date, nps_group, effort_level]
  - rows_equal: silver.surveys
*/
SELECT
    s.survey_id,
    m.member_id,
    s.survey_date,
    s.survey_type,
    s.call_topic,
    s.nps_group,
    s.effort_level,
    m.plan_type,
    m.segment,
    m.tenure_bucket,
    m.member_tenure,
    m.age_group,
    m.gender,
    m.state,
    m.language,
    m.line_of_business,
    m.county,
    m.income_band,
    m.education_band,
    s.nps_score,
    s.csat_score,
    s.effort_score,
    CASE WHEN s.nps_group = 'promoter' THEN 1 ELSE 0 END AS is_promoter,
    CASE WHEN s.nps_group = 'detractor' THEN 1 ELSE 0 END AS is_detractor,
    CASE WHEN s.csat_score >= 4 THEN 1 ELSE 0 END AS is_satisfied,
    CASE WHEN s.effort_level = 'high' THEN 1 ELSE 0 END AS is_high_effort,
    s.feedback_text
FROM silver.surveys AS s
JOIN silver.members AS m
    ON m.member_key = s.member_key AND m.valid_from <= s.survey_date AND m.valid_to > s.survey_date
ORDER BY s.survey_date, s.survey_id
