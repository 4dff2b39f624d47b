/*
description: >
  One row per accepted enrolment event; enrolled_plan_type is the plan of the event, not the member's plan of
  today.
grain: [enrollment_id]
partition: enrollment_date
checks:
  - not_null: [enrollment_id, member_key, enrollment_date, enrolled_plan_type, change_type]
  - values: {column: change_type, allowed: [new, renewal, change]}
  - rows_equal: accepted.enrollment
*/
SELECT
    e.enrollment_id,
    e.member_key,
    e.enrollment_date,
    e.plan_type AS enrolled_plan_type,
    e.change_type,
    e.change_reason,
    e.premium_amount,
    e._source_file,
    e._row_number
FROM accepted.enrollment AS e
