/*
description: >
  One row per enrolment event with the member's attributes. Amounts in dollars.
grain: [enrollment_id]
partition: enrollment_date
checks:
  - not_null: [enrollment_id, member_id, enrollment_date, change_type]
  - rows_equal: silver.enrollments
*/
SELECT
    e.enrollment_id,
    m.member_id,
    e.enrollment_date,
    e.enrolled_plan_type,
    e.change_type,
    e.change_reason,
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
    e.premium_amount,
    CASE WHEN e.change_type = 'new' THEN 1 ELSE 0 END AS is_new,
    CASE WHEN e.change_type = 'renewal' THEN 1 ELSE 0 END AS is_renewal,
    CASE WHEN e.change_type = 'change' THEN 1 ELSE 0 END AS is_change
FROM silver.enrollments AS e
JOIN silver.members AS m
    ON m.member_key = e.member_key AND m.valid_from <= e.enrollment_date AND m.valid_to > e.enrollment_date
ORDER BY e.enrollment_date, e.enrollment_id
