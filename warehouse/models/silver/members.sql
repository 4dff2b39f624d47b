/*
description: >
  One row per version of a member (SCD type 2): the attributes from valid_from until the day before valid_to, which
  is 9999-12-31 for the version of today. Missing attributes read 'Unknown'.
grain: [member_id, valid_from]
dictionary:
  tenure_bucket: [0-6 months, 6-12 months, 1-2 years, 2-3 years, 3+ years, Unknown]
  member_tenure: [New, Tenured, Unknown]
  age_group: [Under 65, 65-74, 75-84, 85+, Unknown]
checks:
  - not_null: [member_key, member_id, tenure_bucket, member_tenure, age_group]
  - rows_equal: accepted.members
  - no_rows:
      name: versions_follow_each_other
      sql: >
        SELECT member_id FROM (
            SELECT member_id, valid_from, valid_to,
            LEAD(valid_from) OVER (PARTITION BY member_id ORDER BY valid_from) AS next_from
            FROM silver.members
        ) AS versions
        WHERE valid_to <= valid_from OR valid_to <> COALESCE(next_from, DATE '9999-12-31')
*/
SELECT
    k.member_key,
    m.member_id,
    m.first_name,
    m.last_name,
    m.email,
    m.age,
    m.tenure_months,
    m.join_date,
    m.zip_code,
    m.plan_type,
    m.segment,
    CASE
        WHEN m.tenure_months IS NULL THEN 'Unknown'
        WHEN m.tenure_months < 6 THEN '0-6 months'
        WHEN m.tenure_months < 12 THEN '6-12 months'
        WHEN m.tenure_months < 24 THEN '1-2 years'
        WHEN m.tenure_months < 36 THEN '2-3 years'
        ELSE '3+ years'
    END AS tenure_bucket,
    CASE
        WHEN m.tenure_months IS NULL THEN 'Unknown'
        WHEN m.tenure_months < r.new_member_months THEN 'New'
        ELSE 'Tenured'
    END AS member_tenure,
    CASE
        WHEN m.age IS NULL THEN 'Unknown'
        WHEN m.age < 65 THEN 'Under 65'
        WHEN m.age < 75 THEN '65-74'
        WHEN m.age < 85 THEN '75-84'
        ELSE '85+'
    END AS age_group,
    m.gender,
    m.state,
    m.language,
    m.line_of_business,
    m.county,
    m.income_band,
    m.education_band,
    m.valid_from,
    m.valid_to,
    m._source_file,
    m._row_number
FROM accepted.members AS m
JOIN accepted.member_keys AS k ON k.member_id = m.member_id
CROSS JOIN build.rules AS r
