-- One statement a line that an executive may run, written as people and chat models write them.
SELECT strftime(call_date, '%Y-%m') AS month, SUM(total_calls) FROM gold.repeat_calls_analysis GROUP BY 1 ORDER BY 1
SELECT * FROM gold.executive_kpis ORDER BY kpi_date DESC LIMIT 7
SELECT * FROM executive_kpis
WITH m AS (SELECT date_trunc('month', call_date) AS m, sum(total_calls) AS calls FROM gold.repeat_calls_analysis GROUP BY 1) SELECT *, calls - LAG(calls) OVER (ORDER BY m) AS delta FROM m ORDER BY m
SELECT segment FROM gold.repeat_calls_analysis INTERSECT SELECT segment FROM gold.digital_call_leakage
SELECT segment FROM gold.repeat_calls_analysis EXCEPT SELECT segment FROM gold.digital_call_leakage
SELECT sum(total_calls) FROM gold.executive_kpis WHERE kpi_date >= CURRENT_DATE - INTERVAL 30 DAY
SELECT sum(total_calls) FROM gold.executive_kpis WHERE kpi_date >= CURRENT_DATE - INTERVAL '30 days'
SELECT sum(total_calls) FROM gold.executive_kpis WHERE kpi_date > (SELECT MAX(kpi_date) - INTERVAL 7 DAY FROM gold.executive_kpis)
SELECT extract(year FROM kpi_date) AS y, date_part('month', kpi_date) AS m, dayname(kpi_date) AS d, avg(total_calls) FROM gold.executive_kpis GROUP BY ALL
SELECT segment, string_agg(DISTINCT plan_type, ', ' ORDER BY plan_type) FROM gold.repeat_calls_analysis GROUP BY segment
SELECT segment, string_agg(DISTINCT plan_type, ', ') FROM gold.repeat_calls_analysis GROUP BY segment
SELECT * EXCLUDE (call_cost) FROM gold.digital_call_leakage LIMIT 5
SELECT * REPLACE (round(call_cost, 0) AS call_cost) FROM gold.digital_call_leakage LIMIT 5
SELECT segment, plan_type, grouping(segment) AS g, sum(total_calls) FROM gold.repeat_calls_analysis GROUP BY GROUPING SETS ((segment),(plan_type),())
SELECT segment, plan_type, grouping_id(segment, plan_type) AS g, sum(total_calls) FROM gold.repeat_calls_analysis GROUP BY ROLLUP (segment, plan_type)
SELECT v.plan, sum(r.total_calls) FROM (VALUES ('HMO'), ('PPO')) v(plan) JOIN gold.repeat_calls_analysis r ON r.plan_type = v.plan GROUP BY 1
SELECT segment, sum(total_calls) FROM gold.repeat_calls_analysis WHERE plan_type IN (SELECT plan_type FROM gold.digital_call_leakage GROUP BY 1 ORDER BY sum(leaked_calls) DESC LIMIT 2) GROUP BY 1
SELECT kpi_date FROM gold.executive_kpis k WHERE EXISTS (SELECT 1 FROM gold.digital_call_leakage l WHERE l.call_date = k.kpi_date)
SELECT kpi_date FROM gold.executive_kpis WHERE total_calls >= ALL (SELECT total_calls FROM gold.executive_kpis)
SELECT kpi_date, avg(total_calls) OVER (ORDER BY kpi_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS ma7 FROM gold.executive_kpis
SELECT kpi_date, avg(total_calls) OVER (ORDER BY kpi_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW) AS ma7 FROM gold.executive_kpis
SELECT segment, sum(total_calls) AS "Total Calls", sum(repeat_calls) / sum(total_calls) AS "Repeat rate %" FROM gold.repeat_calls_analysis GROUP BY segment
SELECT segment, sum(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1 UNION ALL BY NAME SELECT segment, sum(leaked_calls) AS l FROM gold.digital_call_leakage GROUP BY 1
SELECT sum(if(segment = 'New', total_calls, 0)) AS n, sum(total_calls::DOUBLE) / nullif(count(*), 0) FROM gold.repeat_calls_analysis
SELECT TRY_CAST(segment AS VARCHAR) FROM gold.repeat_calls_analysis WHERE segment ILIKE '%new%' AND plan_type NOT IN ('HMO') AND call_topic IS NOT NULL AND regexp_matches(call_topic, 'Bill') LIMIT 3
SELECT first(segment ORDER BY total_calls DESC), max_by(segment, total_calls), mode(segment) FROM gold.repeat_calls_analysis
SELECT call_date, segment, sum(r.total_calls), sum(l.leaked_calls) FROM gold.repeat_calls_analysis r JOIN gold.digital_call_leakage l USING (call_date, segment) GROUP BY 1, 2
SELECT k.kpi_date, sum(l.leaked_calls) FROM gold.executive_kpis k, gold.digital_call_leakage l WHERE k.kpi_date = l.call_date GROUP BY 1
SELECT r.segment, sum(total_calls) FROM gold.repeat_calls_analysis r SEMI JOIN gold.top_opportunities o ON o.call_topic = r.call_topic GROUP BY 1
SELECT o.journey, o.estimated_savings, sum(l.leaked_calls) FROM gold.top_opportunities o LEFT JOIN gold.digital_call_leakage l ON l.journey = o.journey GROUP BY 1, 2 ORDER BY 2 DESC
SELECT date_trunc('week', call_date)::DATE AS wk, sum(total_calls) FROM gold.repeat_calls_analysis WHERE call_date >= make_date(2025, 1, 1) GROUP BY 1
SELECT 1
SELECT 1 + 1 AS two, CURRENT_DATE AS d
SELECT plan_type, AVG(handle_time_minutes) FROM gold.calls WHERE call_topic = 'Billing Question' AND call_date >= DATE '2025-01-01' GROUP BY plan_type HAVING COUNT(*) > 100 ORDER BY 2 DESC LIMIT 5
SELECT date_trunc('month', call_ts) AS m, count(*) FROM gold.calls GROUP BY 1 ORDER BY 1
SELECT CAST(event_ts AS DATE) AS d, channel, count(*) FROM gold.member_journey_timeline GROUP BY 1, 2
SELECT event_ts::DATE AS d, count(DISTINCT member_id) FROM gold.member_journey_timeline WHERE event_ts >= DATE '2025-01-01' AND event_ts < DATE '2025-02-01' GROUP BY ALL
SELECT COUNT(DISTINCT member_id) FROM gold.members
WITH b AS (SELECT call_topic, is_repeat FROM gold.calls WHERE plan_type = 'HMO') SELECT call_topic, AVG(is_repeat) FROM b GROUP BY 1
SELECT DISTINCT call_topic FROM gold.calls
SELECT call_topic, count(*) * 100.0 / sum(count(*)) OVER () AS share FROM gold.calls GROUP BY 1
SELECT c.call_topic, COUNT(*) FROM gold.calls c JOIN gold.data_days d ON c.call_date = d.day GROUP BY 1
SELECT COUNT(DISTINCT CASE WHEN is_leaked = 1 THEN member_id END) AS impacted FROM gold.calls
SELECT SUM(CASE WHEN sentiment = 'negative' THEN 1 ELSE 0 END) * 1.0 / COUNT(*) FROM gold.calls WHERE year(call_date) = 2025
SELECT count_if(is_repeat = 1) AS n FROM gold.calls
SELECT count(call_id) FROM gold.calls
SELECT plan_type, sum(claim_amount) FILTER (WHERE status = 'Denied') FROM gold.claims GROUP BY 1
SELECT call_topic, rank() OVER (ORDER BY count(*) DESC) AS r, count(*) FROM gold.calls GROUP BY call_topic QUALIFY r <= 3
WITH c AS (SELECT call_date AS d, member_id FROM gold.calls UNION ALL SELECT interaction_date, member_id FROM gold.digital_interactions) SELECT d, count(DISTINCT member_id) FROM c GROUP BY d
SELECT sum(total_calls) AS calls FROM gold.executive_kpis HAVING sum(total_calls) > 0
SELECT kpi_date AS day, total_calls FROM gold.executive_kpis WHERE day >= DATE '2025-01-01'
SELECT gold.executive_kpis.total_calls FROM gold.executive_kpis
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a CROSS JOIN b
SELECT call_topic, sum(total_calls) t FROM gold.repeat_calls_analysis GROUP BY call_topic ORDER BY t DESC NULLS LAST LIMIT 3
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total_calls) FROM gold.executive_kpis
SELECT a.segment, a.n, b.n FROM (SELECT segment, sum(total_calls) n FROM gold.repeat_calls_analysis GROUP BY 1) a FULL OUTER JOIN (SELECT segment, sum(leaked_calls) n FROM gold.digital_call_leakage GROUP BY 1) b ON a.segment = b.segment
SELECT concat(segment, ' - ', plan_type) AS label, upper(trim(segment)), length(segment), substr(segment, 1, 3), left(segment, 2), replace(segment, ' ', '_') FROM gold.repeat_calls_analysis GROUP BY ALL
SELECT greatest(1, 2), least(3, 4), abs(-1), floor(1.5), ceil(1.2), power(2, 3), sqrt(4), ln(2), mod(5, 3), 5 % 3, 7 // 2
SELECT date_diff('day', DATE '2025-01-01', max(kpi_date)), age(max(kpi_date), min(kpi_date)), max(kpi_date) - min(kpi_date) FROM gold.executive_kpis
SELECT CASE segment WHEN 'New' THEN 'n' ELSE 'o' END AS s, count(*) FROM gold.repeat_calls_analysis GROUP BY s
SELECT AVG(csat_score) FROM gold.surveys WHERE survey_date BETWEEN DATE '2025-01-01' AND DATE '2025-03-31' AND nps_group <> 'detractor'
SELECT (SUM(is_promoter) - SUM(is_detractor)) * 100.0 / COUNT(*) AS nps FROM gold.surveys
SELECT csat_score, count(*) FROM gold.surveys GROUP BY 1 ORDER BY 1
SELECT segment, avg(total) FROM (SELECT segment, call_date, sum(total_calls) AS total FROM gold.repeat_calls_analysis GROUP BY segment, call_date) t GROUP BY segment
SELECT t.* FROM gold.top_opportunities t ORDER BY opportunity_rank LIMIT 3
SELECT k.*, o.journey FROM gold.executive_kpis k CROSS JOIN (SELECT journey FROM gold.top_opportunities ORDER BY opportunity_rank LIMIT 1) o
SELECT day FROM gold.data_days d LEFT JOIN gold.executive_kpis k ON k.kpi_date = d.day WHERE k.kpi_date IS NULL
SELECT x.segment FROM gold.repeat_calls_analysis x WHERE x.total_calls = (SELECT max(y.total_calls) FROM gold.repeat_calls_analysis y WHERE y.segment = x.segment)
SELECT 'a' AS k, 'it''s 5 > 4? <ok>' AS note, sum(total_calls) FROM gold.executive_kpis
SELECT sum(total_calls) FROM gold.executive_kpis WHERE kpi_date = '2025-01-01'
SELECT kpi_date FROM gold.executive_kpis WHERE kpi_date BETWEEN '2025-01-01' AND '2025-02-01' OR total_calls > 1e3
SELECT approx_quantile(total_calls, 0.5), approx_count_distinct(segment), stddev_pop(total_calls), var_samp(total_calls), skewness(total_calls), kurtosis(total_calls), entropy(segment), mad(total_calls) FROM gold.repeat_calls_analysis
SELECT last_value(total_calls) OVER (PARTITION BY month(kpi_date) ORDER BY kpi_date), first_value(total_calls IGNORE NULLS) OVER w, ntile(4) OVER w, dense_rank() OVER w, lead(total_calls) OVER w, nth_value(total_calls, 2) OVER w FROM gold.executive_kpis WINDOW w AS (ORDER BY kpi_date)
SELECT bool_and(total_calls > 0), bool_or(total_calls > 5), covar_samp(total_calls, leaked_calls), regr_r2(total_calls, leaked_calls), regr_intercept(total_calls, leaked_calls) FROM gold.executive_kpis
SELECT time_bucket(INTERVAL 7 DAYS, kpi_date) AS b, sum(total_calls) FROM gold.executive_kpis GROUP BY 1
SELECT weekofyear(kpi_date), isodow(kpi_date), dayofweek(kpi_date), yearweek(kpi_date), monthname(kpi_date) FROM gold.executive_kpis
SELECT d::DATE AS d FROM generate_series(DATE '2025-01-01', DATE '2025-03-31', INTERVAL '1 day') AS t(d)
SELECT i FROM range(12) t(i)
SELECT fixes.title, fixes.go_live_date, f.calls_before - f.calls_after AS saved FROM gold.fixes JOIN gold.fixes f USING (fix_id)
SELECT c.subject, sum(l.leaked_calls) FROM gold.communications c JOIN gold.digital_call_leakage l ON l.call_date BETWEEN c.sent_date AND c.sent_date + 7 GROUP BY 1
SELECT COALESCE(m.plan_type, 'Unknown') AS plan_type, COUNT(*) AS calls FROM gold.calls AS e LEFT JOIN gold.members AS m ON e.member_id = m.member_id WHERE e.call_date >= DATE '2025-01-01' GROUP BY 1
SELECT m.segment, d.journey, SUM(d.is_failed), COUNT(DISTINCT d.member_id) FROM gold.digital_interactions d JOIN gold.members m USING (member_id) WHERE m.plan_type IN ('MAPD') GROUP BY 1, 2
SELECT c.plan_type AS plan_then, m.plan_type AS plan_today, COUNT(*) FROM gold.claims c INNER JOIN gold.members m ON m.member_id = c.member_id GROUP BY ALL
WITH a AS (SELECT m.state, AVG(s.nps_score) AS nps FROM gold.surveys s LEFT JOIN gold.members m ON s.member_id = m.member_id GROUP BY 1) SELECT state, nps FROM a ORDER BY nps LIMIT 5
