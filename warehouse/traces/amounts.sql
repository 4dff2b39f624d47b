-- Traces in which something that must be an amount is none: `fault` is the reason and the first such field. A kind of rate
-- that is neither AMOUNT nor PERCENT leaves open whether its costs are dollars. Numbers are looked at as such; where something
-- else stands (`odd_list`), all of the trace's amounts are read from what is written there.
WITH responses AS (
    SELECT _row_number, odd_list IS NOT NULL AS is_odd, unnest(returned_list) AS r FROM $parsed WHERE fault IS NULL
),

-- Nearly all are sound, which is quickly seen.
suspects AS (
    SELECT _row_number, r FROM responses
    WHERE NOT is_odd AND (
        r.coverage.maxCoverageAmount NOT BETWEEN 0 AND 1e9 OR r.coverage.costShareCopay NOT BETWEEN 0 AND 1e9
        OR r.coverage.costShareCoinsurance NOT BETWEEN 0 AND 1e9
        OR r.cost.inNetworkCosts NOT BETWEEN 0 AND 1e9 OR r.cost.outOfNetworkCosts NOT BETWEEN 0 AND 1e9
        OR r.healthClaimLine.amountCopay NOT BETWEEN 0 AND 1e9 OR r.healthClaimLine.amountCoinsurance NOT BETWEEN 0 AND 1e9
        OR r.healthClaimLine.amountResponsibility NOT BETWEEN 0 AND 1e9
        OR r.healthClaimLine.percentResponsibility NOT BETWEEN 0 AND 1e9 OR r.healthClaimLine.amountpayable NOT BETWEEN 0 AND 1e9
        OR len(list_filter(r.accumulators, lambda a: a.accumulator.limitValue NOT BETWEEN 0 AND 1e9
            OR a.accumulatorCalculation.remainingValue NOT BETWEEN 0 AND 1e9)) > 0)
),

written AS (
    SELECT _row_number, unnest(odd_list) AS r FROM $parsed WHERE fault IS NULL AND odd_list IS NOT NULL
    UNION ALL BY NAME
    SELECT _row_number, {
        'coverage': {'maxCoverageAmount': CAST(r.coverage.maxCoverageAmount AS VARCHAR),
                     'costShareCopay': CAST(r.coverage.costShareCopay AS VARCHAR),
                     'costShareCoinsurance': CAST(r.coverage.costShareCoinsurance AS VARCHAR)},
        'cost': {'inNetworkCosts': CAST(r.cost.inNetworkCosts AS VARCHAR),
                 'outOfNetworkCosts': CAST(r.cost.outOfNetworkCosts AS VARCHAR)},
        'healthClaimLine': {'amountCopay': CAST(r.healthClaimLine.amountCopay AS VARCHAR),
                            'amountCoinsurance': CAST(r.healthClaimLine.amountCoinsurance AS VARCHAR),
                            'amountResponsibility': CAST(r.healthClaimLine.amountResponsibility AS VARCHAR),
                            'percentResponsibility': CAST(r.healthClaimLine.percentResponsibility AS VARCHAR),
                            'amountpayable': CAST(r.healthClaimLine.amountpayable AS VARCHAR)},
        'accumulators': list_transform(r.accumulators, lambda a: {
            'accumulator': {'limitValue': CAST(a.accumulator.limitValue AS VARCHAR)},
            'accumulatorCalculation': {'remainingValue': CAST(a.accumulatorCalculation.remainingValue AS VARCHAR)}})
    } AS r FROM suspects
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
    FROM written
),

accumulated AS (
    SELECT _row_number, unnest(list_transform(r.accumulators, lambda a: a.accumulator.limitValue)) AS limit_text,
        unnest(list_transform(r.accumulators, lambda a: a.accumulatorCalculation.remainingValue)) AS remaining_text
    FROM written
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
    SELECT _row_number, 'not_allowed: at inNetworkCostsType' FROM responses
    WHERE NOT regexp_matches(upper(trim(coalesce(r.cost.inNetworkCostsType, ''))), '^($|AMOUNT|PERCENT)')
)

SELECT _row_number, min(fault) AS fault FROM faults GROUP BY _row_number
