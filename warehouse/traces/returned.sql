-- One row a returned provider of the good traces, an exception too. was_requested: the request names its location. What the
-- response does not say of the provider comes from the request. A percentage is never among the dollars.
WITH listed AS (
    SELECT
        unnest(returned_list) AS r, generate_subscripts(returned_list, 1) AS provider_no, asked_list, asked_locations, _row_number,
        coalesce(nullif(trim(returned_service_code), ''), trim(service_code)) AS service_code
    FROM $parsed WHERE fault IS NULL
),

matched AS (
    SELECT
        * EXCLUDE (asked_list, asked_locations),
        asked_list[list_position(asked_locations, trim(r.providerInfo.serviceLocation))] AS asked,
        r.exception IS NOT NULL AS is_exception,
        starts_with(upper(trim(coalesce(r.cost.inNetworkCostsType, ''))), 'PERCENT') AS is_percentage
    FROM listed
),

individual AS (
    SELECT
        *,
        list_filter(r.accumulators, lambda a: lower(a.accumulator.code) = 'deductible'
            AND coalesce(lower(a.accumulator.level), 'individual') = 'individual')[1] AS deductible,
        list_filter(r.accumulators, lambda a: lower(a.accumulator.code) = 'oop max'
            AND coalesce(lower(a.accumulator.level), 'individual') = 'individual')[1] AS out_of_pocket
    FROM matched
)

SELECT
    CAST(provider_no AS INTEGER) AS provider_no,
    service_code,
    trim(r.providerInfo.serviceLocation) AS service_location,
    coalesce(nullif(trim(r.providerInfo.providerType), ''), nullif(trim(asked.providerType), ''), 'Unknown') AS provider_type,
    coalesce(nullif(trim(r.providerInfo.speciality.code), ''), nullif(trim(asked.speciality.code), ''), 'Unknown') AS specialty,
    coalesce(nullif(trim(r.providerInfo.providerNetworks.networkID), ''), nullif(trim(asked.providerNetworks.networkID), ''),
             'Unknown') AS network_id,
    coalesce(nullif(trim(r.providerInfo.providerNetworkParticipation.providerTier), ''),
             nullif(trim(asked.providerNetworkParticipation.providerTier), ''), 'Unknown') AS provider_tier,
    coalesce(nullif(trim(r.providerInfo.providerIdentificationNumber), ''),
             nullif(trim(asked.providerIdentificationNumber), ''), trim(r.providerInfo.serviceLocation)) AS provider_id,
    coalesce(nullif(trim(r.providerInfo.nationalProviderId), ''), nullif(trim(asked.nationalProviderId), '')) AS national_provider_id,
    CAST(asked IS NOT NULL AS INTEGER) AS was_requested,
    CAST(is_exception AS INTEGER) AS is_exception,
    CASE WHEN is_exception THEN coalesce(nullif(trim(r.exception.type), ''), nullif(trim(r.exception.title), ''), 'Unknown') END
        AS exception_type,
    nullif(trim(r.exception.title), '') AS exception_title,
    nullif(trim(r.exception.status), '') AS exception_status,
    coalesce(nullif(trim(r.exception.detail), ''), nullif(trim(r.exception.message), '')) AS exception_detail,
    CASE WHEN upper(trim(r.coverage.isServiceCovered)) IN ('Y', 'YES', 'TRUE') THEN 1
         WHEN upper(trim(r.coverage.isServiceCovered)) IN ('N', 'NO', 'FALSE') THEN 0 END AS is_covered,
    r.coverage.maxCoverageAmount AS max_coverage_amount,
    r.coverage.costShareCopay AS cost_share_copay,
    r.coverage.costShareCoinsurance AS cost_share_coinsurance,
    CASE WHEN NOT is_exception THEN CAST(is_percentage AS INTEGER) END AS is_percentage,
    CASE WHEN NOT is_percentage THEN r.cost.inNetworkCosts END AS in_network_cost,
    CASE WHEN is_percentage THEN r.cost.inNetworkCosts END AS in_network_percent,
    r.cost.outOfNetworkCosts AS out_of_network_cost,
    r.healthClaimLine.amountCopay AS amount_copay,
    r.healthClaimLine.amountCoinsurance AS amount_coinsurance,
    r.healthClaimLine.amountResponsibility AS amount_responsibility,
    r.healthClaimLine.percentResponsibility AS percent_responsibility,
    r.healthClaimLine.amountpayable AS amount_payable,
    deductible.accumulator.limitValue AS deductible_limit,
    deductible.accumulatorCalculation.remainingValue AS deductible_remaining,
    out_of_pocket.accumulator.limitValue AS out_of_pocket_limit,
    out_of_pocket.accumulatorCalculation.remainingValue AS out_of_pocket_remaining,
    CAST(coalesce(len(r.accumulators), 0) AS INTEGER) AS accumulators,
    _row_number
FROM individual
