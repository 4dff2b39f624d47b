-- One OpenTelemetry trace a row, from the tables `requests`, `asked` and `answers`. The body of a request or a response is an
-- attribute of the root span, cut at 2,048 characters; the whole body is in an event of that span.
WITH asked_lists AS (
    SELECT request_no, list(struct_pack(
        serviceLocation := location, providerType := provider_type, speciality := struct_pack(code := specialty),
        taxIdentificationNumber := tin, taxIdQualifier := 'TIN', providerNetworks := struct_pack(networkID := network),
        providerIdentificationNumber := pin, nationalProviderId := npi,
        providerNetworkParticipation := struct_pack(providerTier := tier)
    ) ORDER BY place) AS providers
    FROM asked GROUP BY request_no
),
answer_lists AS (
    SELECT request_no, list(struct_pack(
        providerInfo := struct_pack(
            serviceLocation := location, providerType := provider_type, speciality := struct_pack(code := specialty),
            taxIdentificationNumber := tin, taxIdQualifier := 'TIN', providerNetworks := struct_pack(networkID := network),
            providerIdentificationNumber := pin, nationalProviderId := npi,
            providerNetworkParticipation := struct_pack(providerTier := tier)
        ),
        coverage := CASE WHEN exception_type IS NULL THEN struct_pack(
            isServiceCovered := is_covered, maxCoverageAmount := max_coverage, costShareCopay := copay,
            costShareCoinsurance := coinsurance) END,
        cost := CASE WHEN exception_type IS NULL THEN struct_pack(
            inNetworkCosts := in_network, outOfNetworkCosts := out_of_network, inNetworkCostsType := cost_type) END,
        healthClaimLine := CASE WHEN exception_type IS NULL THEN struct_pack(
            amountCopay := amount_copay, amountCoinsurance := amount_coinsurance, amountResponsibility := responsibility,
            percentResponsibility := percent, amountpayable := payable) END,
        accumulators := CASE WHEN exception_type IS NULL THEN list_concat(
            [struct_pack(
                accumulator := struct_pack(code := 'Deductible', level := 'Individual', limitValue := 1500.0,
                                           calculatedValue := 1500.0 - deductible_left),
                accumulatorCalculation := struct_pack(remainingValue := deductible_left, appliedValue := 0.0)),
             struct_pack(
                accumulator := struct_pack(code := 'OOP Max', level := 'Individual', limitValue := 5500.0,
                                           calculatedValue := 5500.0 - out_of_pocket_left),
                accumulatorCalculation := struct_pack(remainingValue := out_of_pocket_left, appliedValue := 0.0))],
            CASE WHEN is_family THEN [struct_pack(
                accumulator := struct_pack(code := 'Deductible', level := 'Family', limitValue := 3000.0,
                                           calculatedValue := 3000.0 - 2 * deductible_left),
                accumulatorCalculation := struct_pack(remainingValue := 2 * deductible_left, appliedValue := 0.0))] END
        ) END,
        exception := CASE WHEN exception_type IS NOT NULL THEN struct_pack(
            type := exception_type, title := exception_title, status := exception_status, detail := exception_detail,
            message := exception_type || ' for ' || location) END
    ) ORDER BY place) AS infos
    FROM answers GROUP BY request_no
),
failing AS (
    SELECT request_no, list_sort(list(DISTINCT service)) AS services FROM answers
    WHERE has_error_child GROUP BY request_no
),
bodies AS (
    SELECT
        r.*, coalesce(f.services, []) AS failing,
        CAST(to_json(struct_pack(
            membershipId := r.member_id, zipCode := r.zip_code, benefitProductType := r.product, languageCode := r.language,
            service := struct_pack(
                code := r.service_code, type := r.service_type, description := r.service_description,
                supportingService := struct_pack(code := CAST(NULL AS VARCHAR), type := CAST(NULL AS VARCHAR)),
                modifier := struct_pack(modifierCode := CAST(NULL AS VARCHAR)),
                diagnosisCode := r.diagnosis, placeOfService := struct_pack(code := r.place)),
            providerInfo := a.providers
        )) AS VARCHAR) AS request_body,
        CASE WHEN NOT r.lost THEN CAST(to_json(struct_pack(costEstimateResponse := struct_pack(
            service := struct_pack(code := r.service_code, type := r.service_type, description := r.service_description),
            costEstimateResponseInfo := coalesce(n.infos, [])
        ))) AS VARCHAR) END AS response_body
    FROM requests AS r
    JOIN asked_lists AS a USING (request_no)
    LEFT JOIN answer_lists AS n USING (request_no)
    LEFT JOIN failing AS f USING (request_no)
)
SELECT
    trace_id AS traceId,
    list_concat(
        [struct_pack(
            spanId := substr(md5(trace_id || '/0'), 1, 16), parentSpanId := CAST(NULL AS VARCHAR),
            name := 'POST /cost-estimates', kind := 'SERVER',
            startTime := strftime(started, '%Y-%m-%dT%H:%M:%S.%gZ'),
            endTime := strftime(started + to_milliseconds(milliseconds), '%Y-%m-%dT%H:%M:%S.%gZ'),
            status := CASE WHEN lost THEN 'ERROR' ELSE 'OK' END,
            attributes := json_object(
                'service.name', 'cost-estimator', 'http.method', 'POST', 'http.status_code', http_status,
                'request.body', substr(request_body, 1, 2048), 'response.body', substr(response_body, 1, 2048)),
            events := list_concat(
                [struct_pack(name := 'request.body.full', attributes := struct_pack(body := request_body))],
                CASE WHEN response_body IS NOT NULL
                     THEN [struct_pack(name := 'response.body.full', attributes := struct_pack(body := response_body))] END)
        )],
        list_transform(
            ['token-service', 'provider-service', 'benefit-service', 'accumulator-service', 'rate-service'],
            lambda service, i: struct_pack(
                spanId := substr(md5(trace_id || '/' || i), 1, 16), parentSpanId := substr(md5(trace_id || '/0'), 1, 16),
                name := service, kind := 'CLIENT',
                startTime := strftime(started + to_milliseconds(milliseconds * (i - 1) // 6), '%Y-%m-%dT%H:%M:%S.%gZ'),
                endTime := strftime(started + to_milliseconds(milliseconds * i // 6), '%Y-%m-%dT%H:%M:%S.%gZ'),
                status := CASE WHEN list_contains(failing, service) OR (lost AND service = 'token-service')
                               THEN 'ERROR' ELSE 'OK' END,
                attributes := json_object('service.name', service),
                events := CAST([] AS STRUCT(name VARCHAR, attributes STRUCT(body VARCHAR))[])))
    ) AS spans
FROM bodies
ORDER BY request_no
