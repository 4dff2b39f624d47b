/*
What each member had been through in the days from $start to $cut, in bands, and what they did from then to $end, as
counts of members a group: no row is a member. Attributes are those of the day $cut; nothing after it is a feature.
*/
WITH people AS (
    SELECT
        member_id,
        plan_type,
        segment,
        member_tenure,
        age_group,
        state,
        language,
        line_of_business,
        CASE
            WHEN join_date IS NULL THEN 'Unknown'
            WHEN date_diff('month', join_date, CAST($cut AS DATE)) < 6 THEN '0-6 months'
            WHEN date_diff('month', join_date, CAST($cut AS DATE)) < 12 THEN '6-12 months'
            WHEN date_diff('month', join_date, CAST($cut AS DATE)) < 24 THEN '1-2 years'
            WHEN date_diff('month', join_date, CAST($cut AS DATE)) < 36 THEN '2-3 years'
            ELSE '3+ years'
        END AS tenure_bucket
    FROM silver.members
    WHERE
        valid_from <= CAST($cut AS DATE)
        AND valid_to > CAST($cut AS DATE)
        AND COALESCE(join_date, DATE '1900-01-01') <= CAST($cut AS DATE)
),

past_calls AS (
    SELECT
        member_id,
        COUNT(*) AS calls,
        SUM(CASE WHEN call_date > CAST($cut AS DATE) - 7 THEN 1 ELSE 0 END) AS late_calls,
        SUM(is_repeat) AS repeat_calls,
        SUM(is_negative) AS negative_calls,
        SUM(1 - is_resolved) AS unresolved_calls
    FROM gold.calls
    WHERE call_date > CAST($start AS DATE) AND call_date <= CAST($cut AS DATE)
    GROUP BY member_id
),

past_digital AS (
    SELECT
        member_id,
        COUNT(*) AS sessions,
        SUM(is_failed) AS failures
    FROM gold.digital_interactions
    WHERE interaction_date > CAST($start AS DATE) AND interaction_date <= CAST($cut AS DATE)
    GROUP BY member_id
),

past_surveys AS (
    SELECT
        member_id,
        MAX(is_detractor) AS is_detractor
    FROM gold.surveys
    WHERE survey_date > CAST($start AS DATE) AND survey_date <= CAST($cut AS DATE)
    GROUP BY member_id
),

past_denials AS (
    SELECT
        member_id,
        SUM(is_denied) AS denials
    FROM gold.claims
    WHERE claim_date > CAST($start AS DATE) AND claim_date <= CAST($cut AS DATE)
    GROUP BY member_id
),

past_changes AS (
    SELECT
        member_id,
        SUM(is_change) AS changes
    FROM gold.enrollments
    WHERE enrollment_date > CAST($start AS DATE) AND enrollment_date <= CAST($cut AS DATE)
    GROUP BY member_id
),

coming_calls AS (
    SELECT
        member_id,
        COUNT(*) AS calls
    FROM gold.calls
    WHERE call_date > CAST($cut AS DATE) AND call_date <= CAST($end AS DATE)
    GROUP BY member_id
),

coming_changes AS (
    SELECT
        member_id,
        SUM(is_change) AS changes
    FROM gold.enrollments
    WHERE enrollment_date > CAST($cut AS DATE) AND enrollment_date <= CAST($end AS DATE)
    GROUP BY member_id
)

SELECT
    p.plan_type,
    p.segment,
    p.tenure_bucket,
    CASE
        WHEN COALESCE(c.calls, 0) = 0 THEN '0'
        WHEN c.calls = 1 THEN '1'
        WHEN c.calls <= 3 THEN '2-3'
        ELSE '4+'
    END AS calls,
    CASE WHEN COALESCE(c.late_calls, 0) = 0 THEN '0' ELSE '1+' END AS late_calls,
    CASE WHEN COALESCE(c.repeat_calls, 0) = 0 THEN '0' ELSE '1+' END AS repeat_calls,
    CASE WHEN COALESCE(c.negative_calls, 0) = 0 THEN '0' ELSE '1+' END AS negative_calls,
    CASE WHEN COALESCE(c.unresolved_calls, 0) = 0 THEN '0' ELSE '1+' END AS unresolved_calls,
    CASE WHEN COALESCE(d.sessions, 0) = 0 THEN '0' WHEN d.sessions <= 3 THEN '1-3' ELSE '4+' END AS sessions,
    CASE WHEN COALESCE(d.failures, 0) = 0 THEN '0' WHEN d.failures = 1 THEN '1' ELSE '2+' END AS failures,
    CASE WHEN s.member_id IS NULL THEN 'none' WHEN s.is_detractor = 1 THEN 'detractor' ELSE 'other' END AS survey,
    CASE WHEN COALESCE(x.denials, 0) = 0 THEN '0' ELSE '1+' END AS denials,
    CASE WHEN COALESCE(e.changes, 0) = 0 THEN '0' ELSE '1+' END AS changes,
    COUNT(*) AS members,
    SUM(CASE WHEN COALESCE(nc.calls, 0) > 0 THEN 1 ELSE 0 END) AS called,
    SUM(CASE WHEN COALESCE(ne.changes, 0) > 0 THEN 1 ELSE 0 END) AS changed
FROM people AS p
LEFT JOIN past_calls AS c ON c.member_id = p.member_id
LEFT JOIN past_digital AS d ON d.member_id = p.member_id
LEFT JOIN past_surveys AS s ON s.member_id = p.member_id
LEFT JOIN past_denials AS x ON x.member_id = p.member_id
LEFT JOIN past_changes AS e ON e.member_id = p.member_id
LEFT JOIN coming_calls AS nc ON nc.member_id = p.member_id
LEFT JOIN coming_changes AS ne ON ne.member_id = p.member_id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
