-- Traces in which something that must be an amount is none: `fault` is the reason and the first such field.
WITH returned AS (
    SELECT _row_number, unnest(returned_list) AS r FROM $parsed WHERE fault IS NULL
),

amounts AS (
    SELECT _row_number, unnest([
        {'name': 'maxCoverageAmount', 'text': r.coverage.maxCoverageAmount}, {'name': 'costShareCopay', 'text': r.coverage.costShareCopay},
        {'name': 'costShareCoinsurance', 'text': r.coverage.costShareCoinsurance},
        {'name': 'inNetworkCosts', 'text': r.cost.inNetworkCosts}, {'name': 'outOfNetworkCosts', 'text': r.cost.outOfNetworkCosts},
        {'name': 'amountCopay', 'text': r.healthClaimLine.amountCopay},
        {'name': 'amountCoinsurance', 'text': r.healthClaimLine.amountCoinsurance},
        {'name': 'amountResponsibility', 'text': r.healthClaimLine.amountResponsibility},
        {'name': 'percentResponsibility', 'text': r.healthClaimLine.percentResponsibility},
        {'name': 'amountpayable', 'text': r.healthClaimLine.amountpayable}
    ], recursive := true)
    FROM returned
)

SELECT _row_number, min(CASE WHEN coalesce(isfinite(TRY_CAST(text AS DOUBLE)), false) THEN 'negative_value: at ' ELSE 'bad_number: at ' END || name)
    AS fault
FROM amounts
WHERE trim(text) <> '' AND (TRY_CAST(text AS DOUBLE) IS NULL OR NOT isfinite(TRY_CAST(text AS DOUBLE)) OR TRY_CAST(text AS DOUBLE) < 0)
GROUP BY _row_number
