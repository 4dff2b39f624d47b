-- Every line of a file of traces, taken apart: the root span's facts, the two bodies as records, and what is wrong with it.
-- `fault` is a reason of contract/sources.yml, a colon, and ` at FIELD` or `: WORDS`, by the first thing that is wrong.
WITH traces AS (
    SELECT line, TRY(json_transform(line, '{
        "traceId": "VARCHAR",
        "spans": [{
            "spanId": "VARCHAR", "parentSpanId": "VARCHAR", "name": "VARCHAR", "status": "JSON", "httpStatus": "VARCHAR",
            "startTime": "VARCHAR", "endTime": "VARCHAR", "startTimeUnixNano": "VARCHAR", "endTimeUnixNano": "VARCHAR",
            "attributes": {
                "service.name": "VARCHAR", "error": "VARCHAR", "http.status_code": "VARCHAR", "http.response.status_code": "VARCHAR",
                "request.body": "VARCHAR", "response.body": "VARCHAR", "http.request.body": "VARCHAR", "http.response.body": "VARCHAR"},
            "events": [{"name": "VARCHAR", "attributes": {"body": "VARCHAR", "request.body": "VARCHAR", "response.body": "VARCHAR"}}]
        }]
    }')) AS trace
    FROM $lines
),

-- Which span and which events are meant is found by their place: a list of some spans would be a copy of their bodies.
placed AS (
    SELECT
        line, trace,
        list_transform(trace.spans, lambda span: coalesce(span.parentSpanId, '') = '' AND coalesce(span.spanId, '') <> '') AS is_root
    FROM traces
),

rooted AS (
    SELECT
        line, trace, len(list_filter(is_root, lambda found: found)) AS root_count, trace.spans[list_position(is_root, true)] AS root
    FROM placed
),

picked AS (
    SELECT
        line, trace, root_count, root,
        list_transform(root.events, lambda event: event.name) AS event_names,
        root.events[list_position(event_names, 'request.body.full')].attributes AS whole_request,
        root.events[list_position(event_names, 'response.body.full')].attributes AS whole_response
    FROM rooted
),

bodies AS (
    SELECT
        line, trace, root_count, root,
        coalesce(whole_request.body, whole_request."request.body", root.attributes."request.body",
                 root.attributes."http.request.body") AS request_text,
        coalesce(whole_response.body, whole_response."response.body", root.attributes."response.body",
                 root.attributes."http.response.body") AS response_text
    FROM picked
),

records AS (
    SELECT
        *,
        -- An amount that is no plain number, or may be one under an escaped name: what is written there is looked at as text.
        -- Looked for by how the names begin, which is quick; what else begins so is looked at in vain.
        contains(response_text, '\') OR regexp_matches(response_text, '"(?:maxC|costS|inNetworkCosts"|outO|amount|percent|limit|remaining)'
            || '[A-Za-z]*"?\s*:\s*[^-0-9n\s]') AS has_odd_amount,
        TRY(json_transform(request_text, '{
            "membershipId": "VARCHAR", "zipCode": "VARCHAR", "benefitProductType": "VARCHAR", "languageCode": "VARCHAR",
            "service": {
                "code": "VARCHAR", "type": "VARCHAR", "description": "VARCHAR", "diagnosisCode": "VARCHAR",
                "supportingService": {"code": "VARCHAR", "type": "VARCHAR"}, "modifier": {"modifierCode": "VARCHAR"},
                "placeOfService": {"code": "VARCHAR"}},
            "providerInfo": [{
                "serviceLocation": "VARCHAR", "providerType": "VARCHAR", "speciality": {"code": "VARCHAR"},
                "taxIdentificationNumber": "VARCHAR", "taxIdQualifier": "VARCHAR", "providerNetworks": {"networkID": "VARCHAR"},
                "providerIdentificationNumber": "VARCHAR", "nationalProviderId": "VARCHAR",
                "providerNetworkParticipation": {"providerTier": "VARCHAR"}}]
        }')) AS request,
        TRY(json_transform(response_text, '{
            "costEstimateResponse": {
                "service": {"code": "VARCHAR"},
                "costEstimateResponseInfo": [{
                    "providerInfo": {
                        "serviceLocation": "VARCHAR", "providerType": "VARCHAR", "speciality": {"code": "VARCHAR"},
                        "providerNetworks": {"networkID": "VARCHAR"}, "providerIdentificationNumber": "VARCHAR",
                        "nationalProviderId": "VARCHAR", "providerNetworkParticipation": {"providerTier": "VARCHAR"}},
                    "coverage": {
                        "isServiceCovered": "VARCHAR", "maxCoverageAmount": "DOUBLE", "costShareCopay": "DOUBLE",
                        "costShareCoinsurance": "DOUBLE"},
                    "cost": {"inNetworkCosts": "DOUBLE", "outOfNetworkCosts": "DOUBLE", "inNetworkCostsType": "VARCHAR"},
                    "healthClaimLine": {
                        "amountCopay": "DOUBLE", "amountCoinsurance": "DOUBLE", "amountResponsibility": "DOUBLE",
                        "percentResponsibility": "DOUBLE", "amountpayable": "DOUBLE"},
                    "accumulators": [{
                        "accumulator": {"code": "VARCHAR", "level": "VARCHAR", "limitValue": "DOUBLE"},
                        "accumulatorCalculation": {"remainingValue": "DOUBLE"}}],
                    "exception": {
                        "type": "VARCHAR", "title": "VARCHAR", "status": "VARCHAR", "detail": "VARCHAR", "message": "VARCHAR"}}]}
        }')).costEstimateResponse AS response
    FROM bodies
),

timed AS (
    SELECT
        *,
        list_transform(request.providerInfo, lambda p: trim(p.serviceLocation)) AS asked,
        list_transform(response.costEstimateResponseInfo, lambda p: trim(p.providerInfo.serviceLocation)) AS returned,
        -- Where a record is due and something else stands, the engine reads nothing at all: look closer where nothing was read.
        len(list_filter(request.providerInfo, lambda p: p.providerNetworks.networkID IS NULL OR p.speciality.code IS NULL
            OR p.providerNetworkParticipation.providerTier IS NULL)) > 0 AS may_misread_request,
        len(list_filter(response.costEstimateResponseInfo, lambda r: CASE
            WHEN r.exception IS NOT NULL THEN coalesce(r.exception.type, r.exception.title) IS NULL
            ELSE r.coverage.isServiceCovered IS NULL OR r.cost.inNetworkCosts IS NULL OR r.accumulators IS NULL
                OR coalesce(r.healthClaimLine.amountResponsibility, r.healthClaimLine.percentResponsibility) IS NULL
            END)) > 0 AS may_misread_response,
        CASE WHEN root.startTime IS NOT NULL THEN TRY_CAST(root.startTime AS TIMESTAMP)
             ELSE make_timestamp(TRY_CAST(root.startTimeUnixNano AS BIGINT) // 1000) END AS started,
        CASE WHEN root.endTime IS NOT NULL THEN TRY_CAST(root.endTime AS TIMESTAMP)
             ELSE make_timestamp(TRY_CAST(root.endTimeUnixNano AS BIGINT) // 1000) END AS ended
    FROM records
),

judged AS (
    SELECT
        *,
        CASE
            WHEN trace IS NULL OR NOT starts_with(line, '{') THEN 'broken_json:: the line is no JSON record'
            WHEN trace.traceId IS NULL THEN 'missing_value: at traceId'
            WHEN coalesce(root_count, 0) = 0 THEN 'missing_span:: no span is the root'
            WHEN root_count > 1 THEN 'two_roots:: ' || root_count || ' spans have no parent'
            WHEN request_text IS NULL THEN 'missing_value: at request.body'
            WHEN request IS NULL THEN 'broken_body: at request.body'
            WHEN response_text IS NOT NULL AND response IS NULL THEN 'broken_body: at response.body'
            WHEN response IS NOT NULL AND returned IS NULL
                AND (json_type(response_text, '$.costEstimateResponse') <> 'OBJECT'
                     OR json_type(response_text, '$.costEstimateResponse.costEstimateResponseInfo') <> 'NULL')
                THEN 'broken_body: at costEstimateResponseInfo'
            WHEN coalesce(len(asked), 0) = 0 THEN 'missing_value: at providerInfo'
            WHEN list_count(asked) < len(asked) OR list_contains(asked, '') THEN 'missing_value: at serviceLocation'
            WHEN list_count(returned) < len(returned) OR list_contains(returned, '')
                THEN 'missing_value: at serviceLocation of a response'
            WHEN len(list_distinct(asked)) < len(asked) THEN 'repeated_provider: at request.body'
            WHEN len(list_distinct(returned)) < len(returned) THEN 'repeated_provider: at response.body'
            WHEN may_misread_request AND len(list_filter(list_concat(
                    json_type(request_text, '$.providerInfo[*].providerNetworks'), json_type(request_text, '$.providerInfo[*].speciality'),
                    json_type(request_text, '$.providerInfo[*].providerNetworkParticipation')),
                lambda found: found NOT IN ('OBJECT', 'NULL'))) > 0 THEN 'broken_body: at providerInfo'
            WHEN may_misread_response AND (len(list_filter(list_concat(
                    json_type(response_text, '$.costEstimateResponse.costEstimateResponseInfo[*].coverage'),
                    json_type(response_text, '$.costEstimateResponse.costEstimateResponseInfo[*].cost'),
                    json_type(response_text, '$.costEstimateResponse.costEstimateResponseInfo[*].healthClaimLine'),
                    json_type(response_text, '$.costEstimateResponse.costEstimateResponseInfo[*].exception')),
                lambda found: found NOT IN ('OBJECT', 'NULL'))) > 0
                OR len(list_filter(json_type(response_text, '$.costEstimateResponse.costEstimateResponseInfo[*].accumulators'),
                    lambda found: found NOT IN ('ARRAY', 'NULL'))) > 0) THEN 'broken_body: at costEstimateResponseInfo'
        END AS fault
    FROM timed
)

SELECT
    fault,
    CASE WHEN fault IS NOT NULL THEN rtrim(substr(line, 1, 4000), chr(10)) END AS raw,
    trace.traceId AS trace_id,
    request.membershipId AS member_id,
    coalesce(strftime(started, '%Y-%m-%d'), root.startTime, root.startTimeUnixNano) AS request_date,
    coalesce(strftime(started, '%Y-%m-%dT%H:%M:%S.%f'), root.startTime, root.startTimeUnixNano) AS request_timestamp,
    CAST((epoch_us(ended) - epoch_us(started)) / 1000.0 AS VARCHAR) AS response_milliseconds,
    coalesce(root.attributes."http.status_code", root.attributes."http.response.status_code", root.httpStatus) AS http_status,
    request.service.code AS service_code,
    request.service.type AS service_type,
    request.service.description AS service_description,
    request.service.supportingService.code AS supporting_service_code,
    request.service.modifier.modifierCode AS modifier_code,
    request.service.diagnosisCode AS diagnosis_code,
    request.service.placeOfService.code AS place_of_service,
    request.zipCode AS estimate_zip_code,
    request.benefitProductType AS benefit_product,
    request.languageCode AS language_code,
    CAST(len(asked) AS VARCHAR) AS providers_requested,
    CAST(coalesce(len(returned), 0) AS VARCHAR) AS providers_returned,
    nullif(array_to_string(list_sort(list_distinct(list_transform(
        list_filter(trace.spans, lambda span: coalesce(span.parentSpanId, '') <> ''
            AND (contains(CAST(span.status AS VARCHAR), 'ERROR') OR span.attributes.error = 'true')),
        lambda span: coalesce(span.attributes."service.name", span.name)))), ', '), '') AS failing_services,
    CAST(hash(request_text, response_text) AS VARCHAR) AS content,
    request.providerInfo AS asked_list,
    asked AS asked_locations,
    response.costEstimateResponseInfo AS returned_list,
    returned AS returned_locations,
    response.service.code AS returned_service_code,
    TRY(json_transform(CASE WHEN has_odd_amount THEN response_text END, '{
        "costEstimateResponse": {"costEstimateResponseInfo": [{
            "coverage": {"maxCoverageAmount": "VARCHAR", "costShareCopay": "VARCHAR", "costShareCoinsurance": "VARCHAR"},
            "cost": {"inNetworkCosts": "VARCHAR", "outOfNetworkCosts": "VARCHAR"},
            "healthClaimLine": {
                "amountCopay": "VARCHAR", "amountCoinsurance": "VARCHAR", "amountResponsibility": "VARCHAR",
                "percentResponsibility": "VARCHAR", "amountpayable": "VARCHAR"},
            "accumulators": [{
                "accumulator": {"limitValue": "VARCHAR"}, "accumulatorCalculation": {"remainingValue": "VARCHAR"}}]}]}
    }')).costEstimateResponse.costEstimateResponseInfo AS odd_list
FROM judged
