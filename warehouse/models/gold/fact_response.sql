/*
description: >
  What was returned: one row per response, service and provider, with the member's attributes; an exception is a row too. Joins
  fact_request on its grain. http_status and failing_services are those of its request. Amounts in dollars; percentages stand
  apart and are never among them. is_priced: an estimate in dollars. estimated_cost is its in-network and out-of-network cost
  together.
grain: [trace_id, service_code, service_location]
partition: request_date
dictionary:
  cost_band: [Under $50, $50-$99, $100-$249, $250-$499, $500-$999, "$1,000 or more", No amount]
checks:
  - not_null: [member_id, request_date, service_code, service_location, is_exception, was_requested]
  - no_rows:
      name: every_returned_provider_is_here
      sql: >
        SELECT f.n FROM (SELECT COUNT(*) AS n FROM gold.fact_response) AS f
        CROSS JOIN (SELECT SUM(providers_returned) AS n FROM silver.cost_estimates) AS c WHERE f.n <> c.n
  - no_rows:
      name: percentages_are_no_dollars
      sql: >
        SELECT trace_id, service_location FROM gold.fact_response
        WHERE is_percentage = 1
            AND COALESCE(in_network_cost, patient_responsibility, coinsurance_amount, plan_payment) IS NOT NULL
*/
WITH responses AS (
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
        r.service_location,
        r.provider_type,
        r.specialty,
        r.network_id,
        r.provider_tier,
        r.provider_id,
        r.was_requested,
        r.is_exception,
        r.exception_type,
        r.is_covered,
        r.max_coverage_amount,
        r.is_percentage,
        r.in_network_cost,
        r.in_network_percent,
        CASE WHEN r.is_percentage = 1 AND r.out_of_network_cost = 0 THEN NULL ELSE r.out_of_network_cost END AS out_of_network_cost,
        r.amount_copay,
        CASE WHEN r.is_percentage = 1 THEN NULL ELSE r.amount_coinsurance END AS amount_coinsurance,
        CASE WHEN r.is_percentage = 1 THEN NULL ELSE r.amount_responsibility END AS amount_responsibility,
        r.percent_responsibility,
        CASE WHEN r.is_percentage = 1 THEN NULL ELSE r.amount_payable END AS amount_payable,
        r.deductible_remaining,
        r.out_of_pocket_remaining
    FROM accepted.cost_estimates_returned AS r
    JOIN accepted.cost_estimates AS c ON c._file_no = r._file_no AND c._row_number = r._row_number
)

SELECT
    r.trace_id,
    r.service_code,
    r.service_location,
    m.member_id,
    r.request_date,
    r.request_ts,
    r.service_type,
    r.service_description,
    r.diagnosis_code,
    r.place_of_service,
    r.benefit_product,
    COALESCE(CAST(r.http_status AS VARCHAR), 'Unknown') AS http_status,
    r.failing_services,
    r.provider_id,
    r.provider_type,
    r.specialty,
    r.network_id,
    r.provider_tier,
    r.exception_type,
    CASE
        WHEN r.is_exception = 1 OR (r.in_network_cost IS NULL AND r.out_of_network_cost IS NULL) THEN 'No amount'
        WHEN COALESCE(r.in_network_cost, 0.0) + COALESCE(r.out_of_network_cost, 0.0) < 50 THEN 'Under $50'
        WHEN COALESCE(r.in_network_cost, 0.0) + COALESCE(r.out_of_network_cost, 0.0) < 100 THEN '$50-$99'
        WHEN COALESCE(r.in_network_cost, 0.0) + COALESCE(r.out_of_network_cost, 0.0) < 250 THEN '$100-$249'
        WHEN COALESCE(r.in_network_cost, 0.0) + COALESCE(r.out_of_network_cost, 0.0) < 500 THEN '$250-$499'
        WHEN COALESCE(r.in_network_cost, 0.0) + COALESCE(r.out_of_network_cost, 0.0) < 1000 THEN '$500-$999'
        ELSE '$1,000 or more'
    END AS cost_band,
    CASE
        WHEN r.is_exception = 1 THEN 'No estimate'
        WHEN r.is_covered = 1 THEN 'Covered'
        WHEN r.is_covered = 0 THEN 'Not covered'
        ELSE 'Unknown'
    END AS response_status,
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
    r.was_requested,
    1 - r.was_requested AS is_unrequested,
    r.is_exception,
    1 - r.is_exception AS is_estimate,
    CASE WHEN r.is_exception = 0 AND r.is_covered IS NOT NULL THEN 1 ELSE 0 END AS has_coverage,
    CASE WHEN r.is_exception = 0 AND r.is_covered = 1 THEN 1 ELSE 0 END AS is_covered,
    CASE WHEN r.is_percentage = 1 THEN 1 ELSE 0 END AS is_percentage,
    CASE
        WHEN r.is_exception = 0 AND (r.in_network_cost IS NOT NULL OR r.out_of_network_cost IS NOT NULL) THEN 1
        ELSE 0
    END AS is_priced,
    CASE WHEN r.is_exception = 0 THEN r.in_network_cost END AS in_network_cost,
    CASE WHEN r.is_exception = 0 THEN r.out_of_network_cost END AS out_of_network_cost,
    CASE
        WHEN r.is_exception = 0 AND (r.in_network_cost IS NOT NULL OR r.out_of_network_cost IS NOT NULL)
            THEN COALESCE(r.in_network_cost, 0.0) + COALESCE(r.out_of_network_cost, 0.0)
    END AS estimated_cost,
    CASE WHEN r.is_exception = 0 THEN r.in_network_percent END AS in_network_percent,
    CASE WHEN r.is_exception = 0 THEN r.amount_copay END AS copay_amount,
    CASE WHEN r.is_exception = 0 THEN r.amount_coinsurance END AS coinsurance_amount,
    CASE WHEN r.is_exception = 0 THEN r.amount_responsibility END AS patient_responsibility,
    CASE WHEN r.is_exception = 0 THEN r.percent_responsibility END AS percent_responsibility,
    CASE WHEN r.is_exception = 0 THEN r.amount_payable END AS plan_payment,
    CASE WHEN r.is_exception = 0 AND r.is_covered = 1 THEN r.max_coverage_amount END AS coverage_amount,
    r.deductible_remaining,
    r.out_of_pocket_remaining
FROM responses AS r
JOIN silver.members AS m
    ON m.member_key = r.member_key AND m.valid_from <= r.request_date AND m.valid_to > r.request_date
