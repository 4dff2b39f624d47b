/*
description: >
  One row per cost-estimate request, service and requested provider. was_answered is 0 when no response row names its location.
grain: [trace_id, service_code, service_location]
partition: request_date
checks:
  - not_null: [trace_id, member_key, request_date, service_code, service_location, was_answered]
*/
SELECT
    c.trace_id,
    c.member_key,
    c.request_date,
    c.request_timestamp AS request_ts,
    c.service_code,
    c.service_type,
    c.service_description,
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
    r.was_answered
FROM accepted.cost_estimates_requested AS r
JOIN accepted.cost_estimates AS c ON c._file_no = r._file_no AND c._row_number = r._row_number
