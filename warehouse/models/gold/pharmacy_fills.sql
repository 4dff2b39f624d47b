/*
description: >
  One row per prescription fill with the member's attributes. Amounts in dollars.
grain: [rx_id]
partition: fill_date
checks:
  - not_null: [rx_id, member_id, fill_date, is_denied]
  - rows_equal: silver.pharmacy_fills
*/
SELECT
    p.rx_id,
    m.member_id,
    p.fill_date,
    p.drug_name,
    p.pharmacy_type,
    p.days_supply,
    p.denied_reason,
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
    p.copay_amount,
    p.is_denied
FROM silver.pharmacy_fills AS p
JOIN silver.members AS m
    ON m.member_key = p.member_key AND m.valid_from <= p.fill_date AND m.valid_to > p.fill_date
ORDER BY p.fill_date, p.rx_id
