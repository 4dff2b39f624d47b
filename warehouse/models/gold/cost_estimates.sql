/*
description: >
  One row per cost-estimate request with the member's attributes. providers_* count its providers: requested, answered (a response
  row), estimated (a response without exception). is_failed: an HTTP error, or no provider got an estimate. health_points add up the
  weights of rules.estimate_health_*: estimated and answered shares of its requested providers, answered in time; of 100.
grain: [trace_id]
partition: request_date
checks:
  - not_null: [trace_id, member_id, request_date, is_failed, health_points]
  - rows_equal: silver.cost_estimates
*/
WITH returned AS (
    SELECT
        trace_id,
        COUNT(*) AS responses,
        SUM(is_exception) AS exceptions,
        SUM(was_requested) AS answered,
        SUM(CASE WHEN was_requested = 1 AND is_exception = 0 THEN 1 ELSE 0 END) AS estimated
    FROM gold.fact_response
    GROUP BY trace_id
),

counted AS (
    SELECT
        c.trace_id,
        COALESCE(r.responses, 0) AS responses,
        COALESCE(r.exceptions, 0) AS exceptions,
        COALESCE(r.answered, 0) AS answered,
        COALESCE(r.estimated, 0) AS estimated,
        CASE WHEN c.http_status >= 400 OR COALESCE(r.estimated, 0) = 0 THEN 1 ELSE 0 END AS is_failed,
        CASE WHEN COALESCE(r.answered, 0) > 0 AND c.response_milliseconds <= s.estimate_target_milliseconds THEN 1 ELSE 0 END AS is_in_time,
        s.estimate_health_estimated,
        s.estimate_health_answered,
        s.estimate_health_in_time
    FROM silver.cost_estimates AS c
    LEFT JOIN returned AS r ON r.trace_id = c.trace_id
    CROSS JOIN build.rules AS s
)

SELECT
    c.trace_id,
    m.member_id,
    c.request_date,
    c.request_ts,
    c.service_code,
    c.service_type,
    c.service_description,
    c.diagnosis_code,
    c.place_of_service,
    c.benefit_product,
    COALESCE(CAST(c.http_status AS VARCHAR), 'Unknown') AS http_status,
    c.failing_services,
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
    c.response_milliseconds,
    CAST(c.providers_requested AS BIGINT) AS providers_requested,
    CAST(n.answered AS BIGINT) AS providers_answered,
    CAST(n.estimated AS BIGINT) AS providers_estimated,
    CAST(n.responses AS BIGINT) AS responses,
    CAST(n.exceptions AS BIGINT) AS exceptions,
    CASE WHEN c.http_status >= 400 THEN 1 ELSE 0 END AS is_http_error,
    n.is_failed,
    CASE WHEN n.is_failed = 1 THEN 0 ELSE 1 END AS is_successful,
    CASE WHEN n.is_failed = 1 THEN 'Failed' ELSE 'Successful' END AS request_outcome,
    n.is_in_time,
    CASE WHEN n.answered < c.providers_requested THEN 1 ELSE 0 END AS is_incomplete,
    n.estimate_health_estimated * n.estimated / c.providers_requested
        + n.estimate_health_answered * n.answered / c.providers_requested
        + n.estimate_health_in_time * n.is_in_time AS health_points
FROM silver.cost_estimates AS c
JOIN counted AS n ON n.trace_id = c.trace_id
JOIN silver.members AS m
    ON m.member_key = c.member_key AND m.valid_from <= c.request_date AND m.valid_to > c.request_date
ORDER BY c.request_date, c.trace_id
