/*
description: >
  One row per response, service and provider; an exception is a row too, without amounts. was_requested is 0 when the request
  does not name its location. Amounts in dollars; what is a percentage stands in the percent columns only. Of an estimate whose
  rate is a percentage nothing that the member or the plan pays is dollars, and an out-of-network cost of nothing is none.
grain: [trace_id, service_code, service_location]
partition: request_date
checks:
  - not_null: [trace_id, member_key, request_date, service_code, service_location, is_exception, was_requested]
  - no_rows:
      name: percentages_are_no_dollars
      sql: >
        SELECT trace_id, service_location FROM silver.estimate_responses
        WHERE is_percentage = 1 AND COALESCE(in_network_cost, amount_responsibility, amount_coinsurance, amount_payable) IS NOT NULL
*/
SELECT
    c.trace_id,
    c.member_key,
    c.request_date,
    c.request_timestamp AS request_ts,
    r.service_code,
    CASE WHEN r.service_code = c.service_code THEN c.service_type ELSE 'Unknown' END AS service_type,
    CASE WHEN r.service_code = c.service_code THEN c.service_description ELSE 'Unknown' END AS service_description,
    c.diagnosis_code,
    c.place_of_service,
    c.benefit_product,
    c.http_status,
    c.failing_services,
    r.provider_no,
    r.service_location,
    r.provider_type,
    r.specialty,
    r.network_id,
    r.provider_tier,
    r.provider_id,
    r.national_provider_id,
    r.was_requested,
    r.is_exception,
    r.exception_type,
    r.exception_title,
    r.exception_status,
    r.exception_detail,
    r.is_covered,
    r.max_coverage_amount,
    r.cost_share_copay,
    r.cost_share_coinsurance,
    r.is_percentage,
    r.in_network_cost,
    r.in_network_percent,
    CASE WHEN r.is_percentage = 1 AND r.out_of_network_cost = 0 THEN NULL ELSE r.out_of_network_cost END AS out_of_network_cost,
    r.amount_copay,
    CASE WHEN r.is_percentage = 1 THEN NULL ELSE r.amount_coinsurance END AS amount_coinsurance,
    CASE WHEN r.is_percentage = 1 THEN NULL ELSE r.amount_responsibility END AS amount_responsibility,
    r.percent_responsibility,
    CASE WHEN r.is_percentage = 1 THEN NULL ELSE r.amount_payable END AS amount_payable,
    r.deductible_limit,
    r.deductible_remaining,
    r.out_of_pocket_limit,
    r.out_of_pocket_remaining
FROM accepted.cost_estimates_returned AS r
JOIN accepted.cost_estimates AS c ON c._file_no = r._file_no AND c._row_number = r._row_number
