-- Traces in which something that must be an amount is none: `fault` is the reason and the first such field. A kind of rate
-- that is neither AMOUNT nor PERCENT leaves open whether its costs are dollars.
WITH responses AS (
    SELECT _row_number, unnest(returned_list) AS r FROM $parsed WHERE fault IS NULL
),

-- Nearly all are sound, which is quickly seen.
returned AS (
    SELECT * FROM responses
    WHERE trim(r.coverage.maxCoverageAmount) <> '' AND (TRY_CAST(r.coverage.maxCoverageAmount AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.coverage.costShareCopay) <> '' AND (TRY_CAST(r.coverage.costShareCopay AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.coverage.costShareCoinsurance) <> ''
            AND (TRY_CAST(r.coverage.costShareCoinsurance AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.cost.inNetworkCosts) <> '' AND (TRY_CAST(r.cost.inNetworkCosts AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.cost.outOfNetworkCosts) <> '' AND (TRY_CAST(r.cost.outOfNetworkCosts AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.healthClaimLine.amountCopay) <> '' AND (TRY_CAST(r.healthClaimLine.amountCopay AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.healthClaimLine.amountCoinsurance) <> ''
            AND (TRY_CAST(r.healthClaimLine.amountCoinsurance AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.healthClaimLine.amountResponsibility) <> ''
            AND (TRY_CAST(r.healthClaimLine.amountResponsibility AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.healthClaimLine.percentResponsibility) <> ''
            AND (TRY_CAST(r.healthClaimLine.percentResponsibility AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR trim(r.healthClaimLine.amountpayable) <> ''
            AND (TRY_CAST(r.healthClaimLine.amountpayable AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
        OR upper(trim(coalesce(r.cost.inNetworkCostsType, ''))) NOT IN ('', 'AMOUNT', 'PERCENT')
        OR len(list_filter(r.accumulators, lambda a:
            trim(a.accumulator.limitValue) <> '' AND (TRY_CAST(a.accumulator.limitValue AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE
            OR trim(a.accumulatorCalculation.remainingValue) <> ''
                AND (TRY_CAST(a.accumulatorCalculation.remainingValue AS DOUBLE) BETWEEN 0 AND 1e9) IS NOT TRUE)) > 0
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
),

accumulated AS (
    SELECT _row_number, unnest(list_transform(r.accumulators, lambda a: a.accumulator.limitValue)) AS limit_text,
        unnest(list_transform(r.accumulators, lambda a: a.accumulatorCalculation.remainingValue)) AS remaining_text
    FROM returned
),

read AS (
    SELECT _row_number, name, TRY_CAST(text AS DOUBLE) AS amount FROM amounts WHERE trim(text) <> ''
    UNION ALL
    SELECT _row_number, 'limitValue', TRY_CAST(limit_text AS DOUBLE) FROM accumulated WHERE trim(limit_text) <> ''
    UNION ALL
    SELECT _row_number, 'remainingValue', TRY_CAST(remaining_text AS DOUBLE) FROM accumulated WHERE trim(remaining_text) <> ''
),

faults AS (
    SELECT
        _row_number,
        CASE WHEN amount IS NULL OR NOT isfinite(amount) THEN 'bad_number: at ' WHEN amount < 0 THEN 'negative_value: at '
             ELSE 'out_of_range: at ' END || name AS fault
    FROM read
    WHERE amount IS NULL OR NOT isfinite(amount) OR amount < 0 OR amount > 1e9  -- beyond any estimate, and the end of every sum
    UNION ALL
    SELECT _row_number, 'not_allowed: at inNetworkCostsType' FROM returned
    WHERE NOT regexp_matches(upper(trim(coalesce(r.cost.inNetworkCostsType, ''))), '^($|AMOUNT|PERCENT)')
)

SELECT _row_number, min(fault) AS fault FROM faults GROUP BY _row_number
