/*
description: >
  What was asked for: one row per cost-estimate request, service and requested provider, with the member's attributes. Joins
  fact_response on its grain. was_answered is 0 when no response row names the provider's location. is_first counts each
  request once: it is 1 for the first provider of a request.
grain: [trace_id, service_code, service_location]
partition: request_date
checks:
  - not_null: [member_id, request_date, service_code, service_location, was_answered]
  - rows_equal: silver.estimate_requests
*/
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
    CAST(r.provider_no AS INTEGER) AS provider_no,
    CASE WHEN r.provider_no = 1 THEN 1 ELSE 0 END AS is_first,
    r.was_answered,
    1 - r.was_answered AS is_unanswered
FROM silver.estimate_requests AS r
JOIN silver.members AS m
    ON m.member_key = r.member_key AND m.valid_from <= r.request_date AND m.valid_to > r.request_date
