/*
description: >
  What was asked for: one row per cost-estimate request, service and requested provider, with the member's attributes. Joins
  fact_response on its grain. was_answered is 0 when no response row names the provider's location. request_outcome is that of the
  whole request. is_first counts each request once: it is 1 for the first provider of a request.
grain: [trace_id, service_code, service_location]
partition: request_date
checks:
  - not_null: [member_id, request_date, service_code, service_location, was_answered, request_outcome]
  - no_rows:
      name: every_requested_provider_is_here
      sql: >
        SELECT f.n FROM (SELECT COUNT(*) AS n FROM gold.fact_request) AS f
        CROSS JOIN (SELECT SUM(providers_requested) AS n FROM silver.cost_estimates) AS c WHERE f.n <> c.n
*/
SELECT
    g.trace_id,
    g.service_code,
    r.service_location,
    g.member_id,
    g.request_date,
    g.request_ts,
    g.service_type,
    g.service_description,
    g.diagnosis_code,
    g.place_of_service,
    g.benefit_product,
    g.http_status,
    g.failing_services,
    g.request_outcome,
    r.provider_id,
    r.provider_type,
    r.specialty,
    r.network_id,
    r.provider_tier,
    g.plan_type,
    g.segment,
    g.tenure_bucket,
    g.member_tenure,
    g.age_group,
    g.gender,
    g.state,
    g.language,
    g.line_of_business,
    g.county,
    g.income_band,
    g.education_band,
    CAST(r.provider_no AS INTEGER) AS provider_no,
    CASE WHEN r.provider_no = 1 THEN 1 ELSE 0 END AS is_first,
    r.was_answered,
    1 - r.was_answered AS is_unanswered
FROM accepted.cost_estimates_requested AS r
JOIN accepted.cost_estimates AS c ON c._file_no = r._file_no AND c._row_number = r._row_number
JOIN gold.cost_estimates AS g ON g.trace_id = c.trace_id
