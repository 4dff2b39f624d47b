/*
description: >
  One row per member with the attributes of today; names and email are direct identifiers and NULL where the source has
  none.
grain: [member_id]
checks:
  - not_null: [member_id, plan_type, segment, tenure_bucket]
  - rows_equal: accepted.member_keys
*/
SELECT
    m.member_id,
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
    m.join_date,
    m.zip_code,
    m.tenure_months,
    m.age,
    m.first_name,
    m.last_name,
    m.email
FROM silver.members AS m
WHERE m.valid_to = DATE '9999-12-31'
ORDER BY m.member_id
