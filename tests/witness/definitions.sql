-- The contract's definitions over the raw files, by brute force: pair every call with every earlier interaction,
-- then look. Written from data-contract.md, never from the SQL models or from compiled SQL.

CREATE TABLE journeys AS SELECT * FROM (VALUES
    ('id_card_download', 'ID Card', 'ID Card Request'),
    ('bill_pay', 'Billing', 'Billing Question'),
    ('claims_check', 'Claims', 'Claims Status'),
    ('benefits_lookup', 'Benefits', 'Benefits Info'),
    ('pharmacy_lookup', 'Pharmacy', 'Pharmacy Coverage'),
    ('find_provider', 'Provider Search', 'Provider Search'),
    ('login', 'Login', 'Technical Support'),
    ('update_info', 'Account Update', 'Technical Support')
) AS seed(interaction_type, journey, call_topic);

CREATE TABLE members AS
SELECT
    *,
    CASE WHEN tenure_months < 12 THEN 'New' ELSE 'Tenured' END AS member_tenure,
    CASE
        WHEN tenure_months < 6 THEN '0-6 months' WHEN tenure_months < 12 THEN '6-12 months'
        WHEN tenure_months < 24 THEN '1-2 years' WHEN tenure_months < 36 THEN '2-3 years' ELSE '3+ years'
    END AS tenure_bucket,
    CASE
        WHEN age < 65 THEN 'Under 65' WHEN age < 75 THEN '65-74' WHEN age < 85 THEN '75-84' ELSE '85+'
    END AS age_group
FROM raw_members;

CREATE TABLE digital AS
SELECT
    d.* EXCLUDE (interaction_date, interaction_timestamp),
    CAST(d.interaction_date AS DATE) AS day,
    CAST(d.interaction_timestamp AS TIMESTAMP) AS at,
    j.journey,
    j.call_topic,
    d.outcome IN ('failure', 'abandoned') AS failed,
    m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM raw_digital_interactions AS d
JOIN members AS m USING (member_id)
LEFT JOIN journeys AS j USING (interaction_type);

CREATE TABLE plain_calls AS
SELECT
    c.* EXCLUDE (call_date, call_timestamp),
    CAST(c.call_date AS DATE) AS day,
    CAST(c.call_timestamp AS TIMESTAMP) AS at,
    m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM raw_call_center AS c
JOIN members AS m USING (member_id);

-- The latest failed interaction before the call, on a journey of the call's topic; of two at one instant the greater id.
CREATE TABLE triggers AS
SELECT c.call_id, d.interaction_id, d.journey, d.interaction_type, d.failure_reason, d.outcome, c.at - d.at AS delay
FROM plain_calls AS c
JOIN digital AS d ON d.member_id = c.member_id AND d.call_topic = c.call_topic AND d.failed AND d.at < c.at
WHERE c.at - d.at <= INTERVAL 24 HOUR
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.call_id ORDER BY d.at DESC, d.interaction_id DESC) = 1;

CREATE TABLE repeats AS
SELECT DISTINCT later.call_id
FROM plain_calls AS later
JOIN plain_calls AS earlier ON earlier.member_id = later.member_id AND earlier.call_topic = later.call_topic
WHERE later.at - earlier.at <= INTERVAL 7 DAY
    AND (earlier.at < later.at OR (earlier.at = later.at AND earlier.call_id < later.call_id));

CREATE TABLE calls AS
SELECT
    c.*,
    t.journey,
    t.failure_reason,
    t.interaction_id AS trigger_id,
    t.delay,
    t.delay <= INTERVAL 30 MINUTE AS leaked,
    t.delay IS NOT NULL AS leaked_24h,
    t.delay <= INTERVAL 30 MINUTE AND t.outcome = 'abandoned' AS abandon_leaked,
    r.call_id IS NOT NULL AS repeated,
    c.sentiment = 'negative' OR COALESCE(c.sentiment_score <= -0.5, FALSE) AS negative,
    12.50 + 0.75 * c.handle_time_minutes AS loaded_cost
FROM plain_calls AS c
LEFT JOIN triggers AS t USING (call_id)
LEFT JOIN repeats AS r USING (call_id);

CREATE TABLE served AS
SELECT d.interaction_id
FROM digital AS d
WHERE d.outcome = 'success' AND NOT EXISTS (
    SELECT 1 FROM plain_calls AS c
    WHERE c.member_id = d.member_id AND c.call_topic = d.call_topic
        AND c.at > d.at AND c.at <= d.at + INTERVAL 24 HOUR
);

CREATE TABLE surveys AS
SELECT s.* EXCLUDE (survey_date), CAST(s.survey_date AS DATE) AS day,
    m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM raw_surveys AS s JOIN members AS m USING (member_id);

CREATE TABLE claims AS
SELECT c.* EXCLUDE (claim_date), CAST(c.claim_date AS DATE) AS day,
    m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM raw_claims AS c JOIN members AS m USING (member_id);

CREATE TABLE fills AS
SELECT p.* EXCLUDE (fill_date), CAST(p.fill_date AS DATE) AS day,
    m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM raw_pharmacy AS p JOIN members AS m USING (member_id);

CREATE TABLE enrollments AS
SELECT e.* EXCLUDE (enrollment_date, plan_type), CAST(e.enrollment_date AS DATE) AS day,
    e.plan_type AS enrolled_plan_type,
    m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM raw_enrollment AS e JOIN members AS m USING (member_id);

-- Cost estimates, from the lines of JSON themselves: the root span has no parent, the whole bodies are in its events.
CREATE TABLE traces AS
SELECT
    t.trace_id,
    CAST(t.root ->> '$.startTime' AS TIMESTAMP) AS started,
    CAST(t.root ->> '$.endTime' AS TIMESTAMP) AS ended,
    t.root ->> '$.attributes."http.status_code"' AS http_status,
    list_filter(t.events, lambda e: e ->> 'name' = 'request.body.full')[1] ->> '$.attributes.body' AS request,
    list_filter(t.events, lambda e: e ->> 'name' = 'response.body.full')[1] ->> '$.attributes.body' AS response
FROM (
    SELECT *, CAST(root -> 'events' AS JSON[]) AS events FROM (
        SELECT
            json ->> 'traceId' AS trace_id,
            list_filter(CAST(json -> 'spans' AS JSON[]), lambda s: s ->> 'parentSpanId' IS NULL)[1] AS root
        FROM raw_cost_estimates
    )
) AS t;

CREATE TABLE estimate_members AS
SELECT
    t.*, CAST(t.started AS DATE) AS day,
    t.request ->> '$.service.code' AS service_code,
    t.request ->> '$.service.type' AS service_code_type,
    t.request ->> '$.service.placeOfService.code' AS place_of_service,
    t.request ->> '$.benefitProductType' AS benefit_product,
    m.member_id, m.plan_type, m.segment, m.tenure_bucket, m.member_tenure, m.age_group, m.gender, m.state
FROM traces AS t
JOIN members AS m ON m.member_id = t.request ->> '$.membershipId';

CREATE TABLE asked AS
SELECT * EXCLUDE (request, response, provider_info),
    provider_info ->> '$.serviceLocation' AS location,
    provider_info ->> '$.providerType' AS provider_type,
    provider_info ->> '$.speciality.code' AS specialty,
    provider_info ->> '$.providerNetworks.networkID' AS network,
    provider_info ->> '$.providerNetworkParticipation.providerTier' AS provider_tier
FROM (SELECT *, unnest(CAST(request -> '$.providerInfo' AS JSON[])) AS provider_info FROM estimate_members);

CREATE TABLE returned AS
SELECT * EXCLUDE (request, response, info),
    info ->> '$.providerInfo.serviceLocation' AS location,
    info ->> '$.providerInfo.providerType' AS provider_type,
    info ->> '$.providerInfo.speciality.code' AS specialty,
    info ->> '$.providerInfo.providerNetworks.networkID' AS network,
    info ->> '$.providerInfo.providerNetworkParticipation.providerTier' AS provider_tier,
    info ->> '$.exception.type' AS exception_type,
    info ->> '$.exception' IS NOT NULL AS is_exception,
    info ->> '$.coverage.isServiceCovered' AS covered,
    CAST(info ->> '$.coverage.maxCoverageAmount' AS DOUBLE) AS coverage_limit,
    info ->> '$.cost.inNetworkCostsType' AS rate_type,
    CASE WHEN rate_type = 'AMOUNT' THEN CAST(info ->> '$.cost.inNetworkCosts' AS DOUBLE) END AS in_network,
    CAST(info ->> '$.cost.outOfNetworkCosts' AS DOUBLE) AS out_of_network,
    CAST(info ->> '$.healthClaimLine.amountResponsibility' AS DOUBLE) AS patient_pays,
    CAST(info ->> '$.healthClaimLine.amountpayable' AS DOUBLE) AS plan_pays,
    CAST(info ->> '$.healthClaimLine.amountCoinsurance' AS DOUBLE) AS coinsurance,
    CAST(info ->> '$.healthClaimLine.amountCopay' AS DOUBLE) AS copay,
    coalesce(in_network, 0) + coalesce(out_of_network, 0) AS dollars
FROM (
    SELECT *, unnest(CAST(response -> '$.costEstimateResponse.costEstimateResponseInfo' AS JSON[])) AS info
    FROM estimate_members
);

CREATE TABLE requests AS
SELECT *,
    date_diff('millisecond', started, ended) AS milliseconds,
    http_status >= '400' OR estimated = 0 AS failed,
    answered > 0 AND milliseconds <= 1000 AS in_time,
    60.0 * estimated / providers + 25.0 * answered / providers + CASE WHEN in_time THEN 15 ELSE 0 END AS health
FROM (
    SELECT e.*,
        (SELECT COUNT(*) FROM asked AS a WHERE a.trace_id = e.trace_id) AS providers,
        (SELECT COUNT(*) FROM asked AS a JOIN returned AS r USING (trace_id, location)
         WHERE a.trace_id = e.trace_id) AS answered,
        (SELECT COUNT(*) FROM asked AS a JOIN returned AS r USING (trace_id, location)
         WHERE a.trace_id = e.trace_id AND NOT r.is_exception) AS estimated
    FROM estimate_members AS e
);
