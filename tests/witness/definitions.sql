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
