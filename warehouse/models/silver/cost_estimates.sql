/*
description: >
  One row per accepted cost-estimate request, which is one trace. failing_services are the services whose spans have an error.
grain: [trace_id]
partition: request_date
checks:
  - not_null: [trace_id, member_key, request_date, service_code, providers_requested]
  - rows_equal: accepted.cost_estimates
*/
SELECT
    c.trace_id,
    c.member_key,
    c.request_date,
    c.request_timestamp AS request_ts,
    c.service_code,
    c.service_type,
    c.service_description,
    c.supporting_service_code,
    c.modifier_code,
    c.diagnosis_code,
    c.place_of_service,
    c.benefit_product,
    c.language_code,
    c.http_status,
    c.failing_services,
    c.response_milliseconds,
    c.providers_requested,
    c.providers_returned,
    c._source_file,
    c._row_number
FROM accepted.cost_estimates AS c
