/*
description: >
  One row per claim with the member's attributes. Amounts in dollars.
grain: [claim_id]
partition: claim_date
checks:
  - not_null: [claim_id, member_id, claim_date, status, claim_amount]
  - rows_equal: silver.claims
*/
SELECT
    c.claim_id,
    m.member_id,
    c.claim_date,
    c.claim_type,
    c.status,
    c.denial_reason,
    c.prior_auth_required,
    c.prior_auth_status,
    c.service_code,
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
    c.claim_amount,
    c.approval_time_days,
    CASE WHEN c.status = 'Denied' THEN 1 ELSE 0 END AS is_denied,
    CASE WHEN c.status = 'Approved' THEN 1 ELSE 0 END AS is_approved,
    CASE WHEN c.status IN ('Pending', 'Under Review') THEN 1 ELSE 0 END AS is_pending,
    CASE WHEN c.status IN ('Approved', 'Denied') THEN 1 ELSE 0 END AS is_decided,
    CASE WHEN c.status = 'Denied' THEN c.claim_amount ELSE 0.0 END AS denied_amount,
    CASE WHEN c.status = 'Approved' THEN c.claim_amount ELSE 0.0 END AS approved_amount
FROM silver.claims AS c
JOIN silver.members AS m
    ON m.member_key = c.member_key AND m.valid_from <= c.claim_date AND m.valid_to > c.claim_date
ORDER BY c.claim_date, c.claim_id
