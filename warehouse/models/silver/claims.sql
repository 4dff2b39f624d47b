/*
description: >
  One row per accepted claim with its prior-authorization context.
grain: [claim_id]
partition: claim_date
checks:
  - not_null: [claim_id, member_key, claim_date, claim_amount, status]
  - range: {column: claim_amount, min: 0}
  - rows_equal: accepted.claims
*/
SELECT
    c.claim_id,
    c.member_key,
    c.claim_date,
    c.claim_type,
    c.status,
    CASE WHEN c.status = 'Denied' THEN c.denial_reason END AS denial_reason,
    CASE
        WHEN c.prior_auth_required THEN 'Yes'
        WHEN NOT c.prior_auth_required THEN 'No'
        ELSE 'Unknown'
    END AS prior_auth_required,
    CASE
        WHEN c.prior_auth_status IS NOT NULL THEN c.prior_auth_status
        WHEN NOT c.prior_auth_required THEN 'Not Required'
        ELSE 'Unknown'
    END AS prior_auth_status,
    c.service_code,
    c.claim_amount,
    c.approval_time_days,
    c._source_file,
    c._row_number
FROM accepted.claims AS c
