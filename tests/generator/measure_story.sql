-- Counts the story over the source files alone, by the rules of the data contract.
-- Needs the views members, call_center, digital_interactions, surveys (as the files have them).
-- Result: one row a figure (figure, value), as of the last call day.
WITH RECURSIVE
journeys(interaction_type, journey, call_topic) AS (
    VALUES ('id_card_download', 'ID Card', 'ID Card Request'), ('bill_pay', 'Billing', 'Billing Question'),
           ('claims_check', 'Claims', 'Claims Status'), ('benefits_lookup', 'Benefits', 'Benefits Info'),
           ('pharmacy_lookup', 'Pharmacy', 'Pharmacy Coverage'), ('find_provider', 'Provider Search', 'Provider Search'),
           ('login', 'Login', 'Technical Support'), ('update_info', 'Account Update', 'Technical Support')
),
last_day AS (SELECT max(CAST(call_date AS DATE)) AS d FROM call_center),
calls AS (
    SELECT c.call_id, c.member_id, CAST(c.call_date AS DATE) AS day, CAST(c.call_timestamp AS TIMESTAMP) AS ts,
           c.call_topic, c.sentiment, c.sentiment_score,
           m.plan_type, m.tenure_months, m.language, m.line_of_business,
           CASE WHEN m.plan_type = 'MAPD' AND m.tenure_months < 12 THEN 'MAPD new'
                WHEN m.plan_type = 'MAPD' THEN 'MAPD tenured' ELSE 'commercial' END AS cell
    FROM call_center AS c JOIN members AS m USING (member_id)
),
earlier AS (
    SELECT *, lag(ts) OVER (PARTITION BY member_id, call_topic ORDER BY ts, call_id) AS previous FROM calls
),
failed AS (
    SELECT d.member_id, j.journey, j.call_topic, CAST(d.interaction_timestamp AS TIMESTAMP) AS failed_at,
           d.failure_reason, d.platform, d.error_code, d.error_message
    FROM digital_interactions AS d JOIN journeys AS j USING (interaction_type)
    WHERE d.outcome IN ('failure', 'abandoned')
),
matched AS (
    SELECT e.*, f.journey, f.failed_at, f.failure_reason, f.platform, f.error_code, f.error_message
    FROM earlier AS e
    ASOF LEFT JOIN failed AS f
      ON e.member_id = f.member_id AND e.call_topic = f.call_topic AND f.failed_at < e.ts
),
facts AS (
    SELECT m.*, l.d, l.d - m.day AS age,
           coalesce(failed_at >= ts - INTERVAL 30 MINUTE, false) AS leaked,
           coalesce(failed_at >= ts - INTERVAL 24 HOUR, false) AS leaked_24h,
           coalesce(previous >= ts - INTERVAL 7 DAY, false) AS repeat,
           sentiment = 'negative' OR coalesce(sentiment_score <= -0.5, false) AS negative
    FROM matched AS m CROSS JOIN last_day AS l
),
by_journey AS (
    SELECT journey, count(*) FILTER (age = 0) AS today,
           count(*) FILTER (age < 7) / count(*) FILTER (age BETWEEN 7 AND 13) - 1 AS week_trend,
           count(*) FILTER (age = 14) / count(*) FILTER (age = 15) AS first_day_step
    FROM facts WHERE leaked GROUP BY journey
),
billing AS (SELECT * FROM facts WHERE leaked AND journey = 'Billing'),
by_cell AS (
    SELECT cell, count(*) FILTER (age = 0) AS today,
           avg(repeat::INT) FILTER (age = 0) AS repeat_today, avg(repeat::INT) FILTER (age < 7) AS repeat_week,
           avg(sentiment_score) FILTER (age = 0) AS sentiment_today,
           avg(sentiment_score) FILTER (age < 7) AS sentiment_week
    FROM billing GROUP BY cell
),
hmo AS (SELECT * FROM facts WHERE plan_type = 'HMO' AND call_topic = 'Billing Question' AND age < 56),
topics AS (SELECT call_topic, count(*) AS calls, count(*) FILTER (age < 30) AS calls_30, count(*) FILTER (age = 0) AS calls_1
           FROM facts GROUP BY call_topic)
SELECT 'leaked calls: ' || journey AS figure, today::DOUBLE AS value FROM by_journey
UNION ALL SELECT 'week trend: ' || journey, week_trend FROM by_journey WHERE journey IN ('Billing', 'Pharmacy', 'ID Card')
UNION ALL SELECT 'first day of the rise over the day before: Billing', first_day_step FROM by_journey WHERE journey = 'Billing'
UNION ALL SELECT 'leaked calls: all', sum(today) FROM by_journey
UNION ALL SELECT 'leaked calls 24 h: all', count(*) FROM facts WHERE leaked_24h AND age = 0
UNION ALL SELECT 'billing leaks: ' || cell, today FROM by_cell
UNION ALL SELECT 'repeat share of billing leaks: ' || cell, repeat_today FROM by_cell
UNION ALL SELECT 'repeat share of billing leaks, 7 days: ' || cell, repeat_week FROM by_cell
UNION ALL SELECT 'sentiment of billing leaks: ' || cell, sentiment_today FROM by_cell
UNION ALL SELECT 'sentiment of billing leaks, 7 days: ' || cell, sentiment_week FROM by_cell
UNION ALL SELECT 'eligibility message share', avg((error_message = 'Your plan is not eligible for this option')::INT)
          FROM billing WHERE age = 0
UNION ALL SELECT 'eligibility message share, 7 days', avg((error_message = 'Your plan is not eligible for this option')::INT)
          FROM billing WHERE age < 7
UNION ALL SELECT 'eligibility message share, before the rise',
          avg(coalesce(error_message = 'Your plan is not eligible for this option', false)::INT) FROM billing WHERE age > 14
UNION ALL SELECT 'mobile share of billing leaks', avg((platform = 'mobile_app')::INT) FROM billing WHERE age = 0
UNION ALL SELECT 'mobile share of billing leaks, 7 days', avg((platform = 'mobile_app')::INT) FROM billing WHERE age < 7
UNION ALL SELECT 'Spanish share of ID card leaks', avg(coalesce(language = 'Spanish', false)::INT)
          FROM facts WHERE leaked AND journey = 'ID Card' AND age = 0
UNION ALL SELECT 'repeat calls, all days', avg(repeat::INT) FROM facts
UNION ALL SELECT 'repeat calls, 30 days', avg(repeat::INT) FROM facts WHERE age < 30
UNION ALL SELECT 'repeat calls, last day', avg(repeat::INT) FROM facts WHERE age = 0
UNION ALL SELECT 'negative emotion, all days', avg(negative::INT) FROM facts
UNION ALL SELECT 'negative emotion, 30 days', avg(negative::INT) FROM facts WHERE age < 30
UNION ALL SELECT 'negative emotion, last day', avg(negative::INT) FROM facts WHERE age = 0
UNION ALL SELECT 'pharmacy over the next largest topic, all days',
          max(calls) FILTER (call_topic = 'Pharmacy Coverage') / max(calls) FILTER (call_topic <> 'Pharmacy Coverage') FROM topics
UNION ALL SELECT 'pharmacy over the next largest topic, last day',
          max(calls_1) FILTER (call_topic = 'Pharmacy Coverage') / max(calls_1) FILTER (call_topic <> 'Pharmacy Coverage') FROM topics
UNION ALL SELECT 'HMO billing calls a day before the fix', count(*) / 28 FROM hmo WHERE age > 27
UNION ALL SELECT 'HMO billing calls a day after the fix', count(*) / 28 FROM hmo WHERE age <= 27
UNION ALL SELECT 'HMO billing repeat before the fix', avg(repeat::INT) FROM hmo WHERE age > 27
UNION ALL SELECT 'HMO billing repeat after the fix', avg(repeat::INT) FROM hmo WHERE age <= 27
UNION ALL SELECT 'HMO leaked billing calls, after over before',
          count(*) FILTER (age <= 27) / count(*) FILTER (age > 27) FROM hmo WHERE leaked
UNION ALL SELECT 'HMO leaked billing repeat before the fix', avg(repeat::INT) FROM hmo WHERE leaked AND age > 27
UNION ALL SELECT 'HMO leaked billing repeat after the fix', avg(repeat::INT) FROM hmo WHERE leaked AND age <= 27
UNION ALL SELECT 'leakage rate, 30 days: ' || f.journey,
          (SELECT count(*) FROM facts AS x WHERE x.leaked AND x.journey = f.journey AND x.age < 30)
          / count(*) FILTER (l.d - CAST(f.failed_at AS DATE) < 30)
          FROM failed AS f CROSS JOIN last_day AS l GROUP BY f.journey
UNION ALL SELECT 'digital success', avg((outcome = 'success')::INT) FROM digital_interactions
UNION ALL SELECT 'handle minutes', avg(handle_time_minutes) FROM call_center
ORDER BY figure;
