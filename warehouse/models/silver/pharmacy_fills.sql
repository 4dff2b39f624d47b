/*
description: >
  One row per accepted prescription fill.
grain: [rx_id]
partition: fill_date
checks:
  - not_null: [rx_id, member_key, fill_date, is_denied]
  - rows_equal: accepted.pharmacy
*/
SELECT
    p.rx_id,
    p.member_key,
    p.fill_date,
    p.drug_name,
    p.pharmacy_type,
    p.days_supply,
    CASE WHEN p.denied_flag THEN p.denied_reason END AS denied_reason,
    p.copay_amount,
    CASE WHEN p.denied_flag THEN 1 ELSE 0 END AS is_denied,
    p._source_file,
    p._row_number
FROM accepted.pharmacy AS p
