-- One statement a line that any analyst may run: how people, dbt models and chat models write over the marts and over counts of members.
SELECT COUNT(*) FROM gold.executive_kpis
SELECT * FROM gold.top_opportunities
SELECT journey, estimated_savings FROM gold.top_opportunities ORDER BY estimated_savings DESC LIMIT 3
SELECT MAX(kpi_date) FROM gold.executive_kpis
SELECT SUM(total_calls) AS total_calls, SUM(repeat_calls) AS repeat_calls, SUM(repeat_calls) * 1.0 / SUM(total_calls) AS repeat_rate FROM gold.executive_kpis
SELECT ROUND(SUM(repeat_calls)::DECIMAL(18,4) / NULLIF(SUM(total_calls), 0) * 100, 2) AS repeat_pct FROM gold.repeat_calls_analysis
SELECT CAST(SUM(repeat_calls) AS DOUBLE) / CAST(SUM(total_calls) AS DOUBLE) FROM gold.repeat_calls_analysis
SELECT AVG(total_calls), MEDIAN(total_calls), STDDEV(total_calls), VARIANCE(total_calls), MIN(total_calls), MAX(total_calls) FROM gold.executive_kpis
SELECT stddev_samp(total_calls), stddev_pop(total_calls), var_pop(total_calls), var_samp(total_calls), sem(total_calls) FROM gold.executive_kpis
SELECT quantile_cont(total_calls, 0.25), quantile_cont(total_calls, 0.5), quantile_cont(total_calls, 0.75), quantile_disc(total_calls, 0.9), quantile(total_calls, 0.99) FROM gold.executive_kpis
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY total_calls) AS p90, percentile_disc(0.5) WITHIN GROUP (ORDER BY total_calls) AS p50 FROM gold.executive_kpis
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY total_calls DESC) AS p10 FROM gold.executive_kpis
SELECT approx_quantile(call_cost, 0.95), approx_count_distinct(journey) FROM gold.digital_call_leakage
SELECT arg_min(kpi_date, total_calls) AS quietest, arg_max(kpi_date, total_calls) AS busiest, min_by(kpi_date, leaked_calls), max_by(kpi_date, leaked_calls) FROM gold.executive_kpis
SELECT mode(call_topic), any_value(segment), first(plan_type), last(plan_type) FROM gold.repeat_calls_analysis
SELECT corr(total_calls, leaked_calls), covar_pop(total_calls, leaked_calls), covar_samp(total_calls, leaked_calls) FROM gold.executive_kpis
SELECT regr_slope(avoidable_call_cost, total_calls), regr_intercept(avoidable_call_cost, total_calls), regr_r2(avoidable_call_cost, total_calls), regr_count(avoidable_call_cost, total_calls) FROM gold.executive_kpis
SELECT regr_avgx(total_calls, leaked_calls), regr_avgy(total_calls, leaked_calls), regr_sxx(total_calls, leaked_calls), regr_syy(total_calls, leaked_calls), regr_sxy(total_calls, leaked_calls) FROM gold.executive_kpis
SELECT skewness(total_calls), kurtosis(total_calls), mad(total_calls), entropy(total_calls), geomean(total_calls) FROM gold.executive_kpis
SELECT kurtosis_pop(total_calls), geometric_mean(total_calls), fsum(avoidable_call_cost), favg(avoidable_call_cost), sumkahan(avoidable_call_cost), mean(total_calls) FROM gold.executive_kpis
SELECT bool_and(total_calls > 0) AS all_busy, bool_or(leaked_calls = 0) AS any_clean FROM gold.executive_kpis
SELECT count_if(repeat_call_pct > 20) AS bad_days, countif(total_calls > 100), COUNT(*) - COUNT_IF(repeat_call_pct > 20) AS good_days FROM gold.executive_kpis
SELECT segment, string_agg(DISTINCT plan_type, ', ' ORDER BY plan_type) AS plans, group_concat(DISTINCT plan_type), listagg(DISTINCT plan_type, ';') FROM gold.repeat_calls_analysis GROUP BY segment
SELECT COUNT(DISTINCT call_topic) AS topics, COUNT(DISTINCT segment) AS segments, COUNT(DISTINCT (call_topic, segment)) FROM gold.repeat_calls_analysis
SELECT bit_and(opportunity_rank) FROM gold.top_opportunities
SELECT product(1 + trend_7d / 100) FROM gold.top_opportunities
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= CURRENT_DATE - 30
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date BETWEEN CURRENT_DATE - 30 AND CURRENT_DATE
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date BETWEEN current_date - INTERVAL 90 DAY AND current_date - INTERVAL 1 DAY
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= today() - 7
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= CAST(now() AS DATE) - INTERVAL '7' DAY
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= CURRENT_TIMESTAMP::DATE - INTERVAL 1 MONTH
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= get_current_timestamp()::DATE - 30
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= date_trunc('month', current_date)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= date_trunc('month', current_date - INTERVAL 1 MONTH) AND kpi_date < date_trunc('month', current_date)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= date_trunc('quarter', current_date) - INTERVAL 3 MONTH
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE date_trunc('year', kpi_date) = date_trunc('year', current_date)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= make_date(2026, 1, 1) AND kpi_date < make_date(2026, 10, 1)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= '2026-01-01' AND kpi_date < '2026-04-01'
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= '2026-01-01'::DATE
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= CAST('2026-01-01' AS DATE)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= DATE('2026-01-01')
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE YEAR(kpi_date) = 2026 AND QUARTER(kpi_date) = 3
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE EXTRACT(YEAR FROM kpi_date) = 2026 AND EXTRACT(MONTH FROM kpi_date) IN (7, 8, 9)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE date_part('year', kpi_date) = 2026 AND date_part('week', kpi_date) <= 26
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE strftime(kpi_date, '%Y-%m') = '2026-09'
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE strftime('%Y', kpi_date) = '2026'
SELECT strftime(kpi_date, '%b %Y') AS label, SUM(total_calls) FROM gold.executive_kpis GROUP BY label, date_trunc('month', kpi_date) ORDER BY date_trunc('month', kpi_date)
SELECT strftime(kpi_date, '%A') AS weekday, AVG(total_calls) FROM gold.executive_kpis GROUP BY 1 ORDER BY 2 DESC
SELECT dayname(kpi_date) AS weekday, isodow(kpi_date) AS n, AVG(total_calls) AS calls FROM gold.executive_kpis GROUP BY ALL ORDER BY n
SELECT extract(dow FROM kpi_date) AS d, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1
SELECT extract(isodow FROM kpi_date) AS d, extract(doy FROM kpi_date) AS doy, extract(week FROM kpi_date) AS w, extract(quarter FROM kpi_date) AS q FROM gold.executive_kpis LIMIT 5
SELECT datepart('month', kpi_date), date_part('dow', kpi_date), datetrunc('week', kpi_date) FROM gold.executive_kpis LIMIT 5
SELECT CASE WHEN dayofweek(kpi_date) IN (0, 6) THEN 'weekend' ELSE 'weekday' END AS kind, AVG(total_calls) FROM gold.executive_kpis GROUP BY kind
SELECT weekofyear(kpi_date) AS w, week(kpi_date), yearweek(kpi_date), isoyear(kpi_date), decade(kpi_date), century(kpi_date), era(kpi_date) FROM gold.executive_kpis LIMIT 3
SELECT dayofmonth(kpi_date), dayofyear(kpi_date), day(kpi_date), weekday(kpi_date) FROM gold.executive_kpis LIMIT 3
SELECT last_day(kpi_date) AS month_end, MAX(total_calls) FROM gold.executive_kpis GROUP BY last_day(kpi_date) ORDER BY 1
SELECT time_bucket(INTERVAL '2 weeks', kpi_date) AS bucket, SUM(total_calls) FROM gold.executive_kpis GROUP BY bucket ORDER BY bucket
SELECT date_diff('day', window_start, window_end) AS days, datediff('week', window_start, window_end) AS weeks FROM gold.top_opportunities
SELECT window_end - window_start AS days FROM gold.top_opportunities
SELECT date_sub('day', MIN(kpi_date), MAX(kpi_date)), datesub('month', MIN(kpi_date), MAX(kpi_date)) FROM gold.executive_kpis
SELECT date_add(MAX(kpi_date), INTERVAL 7 DAY) AS next_week FROM gold.executive_kpis
SELECT MAX(kpi_date) + 7, MAX(kpi_date) + INTERVAL 1 QUARTER, MAX(kpi_date) - INTERVAL '1 year' FROM gold.executive_kpis
SELECT MAX(kpi_date) + to_days(3), MAX(kpi_date) - to_months(1), MAX(kpi_date) - to_weeks(2), MAX(kpi_date) - to_years(1) FROM gold.executive_kpis
SELECT strptime('2026-01-31', '%Y-%m-%d')::DATE AS d, try_strptime('x', '%Y')
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date = (SELECT MAX(kpi_date) FROM gold.executive_kpis)
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date > (SELECT MAX(kpi_date) FROM gold.executive_kpis) - 7
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= (SELECT MAX(kpi_date) FROM gold.executive_kpis) - INTERVAL 30 DAY
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE date_trunc('month', kpi_date) = (SELECT date_trunc('month', MAX(kpi_date)) FROM gold.executive_kpis)
SELECT kpi_date, total_calls, SUM(total_calls) OVER (ORDER BY kpi_date) AS running_total FROM gold.executive_kpis ORDER BY kpi_date
SELECT kpi_date, SUM(total_calls) OVER (ORDER BY kpi_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total FROM gold.executive_kpis
SELECT kpi_date, SUM(total_calls) OVER (PARTITION BY date_trunc('month', kpi_date) ORDER BY kpi_date) AS month_to_date FROM gold.executive_kpis ORDER BY kpi_date
SELECT kpi_date, AVG(total_calls) OVER (ORDER BY kpi_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS ma7, AVG(total_calls) OVER (ORDER BY kpi_date ROWS 27 PRECEDING) AS ma28 FROM gold.executive_kpis
SELECT kpi_date, AVG(total_calls) OVER (ORDER BY kpi_date RANGE BETWEEN INTERVAL 3 DAYS PRECEDING AND INTERVAL 3 DAYS FOLLOWING) AS centred FROM gold.executive_kpis
SELECT kpi_date, AVG(total_calls) OVER w AS ma, MAX(total_calls) OVER w AS top FROM gold.executive_kpis WINDOW w AS (ORDER BY kpi_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) ORDER BY kpi_date
SELECT kpi_date, total_calls - LAG(total_calls) OVER (ORDER BY kpi_date) AS change, LEAD(total_calls, 1, 0) OVER (ORDER BY kpi_date) AS next_day FROM gold.executive_kpis
SELECT kpi_date, total_calls, 100.0 * (total_calls - LAG(total_calls, 7) OVER (ORDER BY kpi_date)) / NULLIF(LAG(total_calls, 7) OVER (ORDER BY kpi_date), 0) AS wow_pct FROM gold.executive_kpis ORDER BY kpi_date DESC LIMIT 14
SELECT kpi_date, NTILE(4) OVER (ORDER BY total_calls) AS quartile, RANK() OVER (ORDER BY total_calls DESC) AS r, DENSE_RANK() OVER (ORDER BY total_calls DESC) AS dr, ROW_NUMBER() OVER (ORDER BY kpi_date) AS rn FROM gold.executive_kpis
SELECT kpi_date, PERCENT_RANK() OVER (ORDER BY total_calls), CUME_DIST() OVER (ORDER BY total_calls), rank_dense() OVER (ORDER BY total_calls) FROM gold.executive_kpis
SELECT kpi_date, FIRST_VALUE(total_calls) OVER (PARTITION BY month(kpi_date) ORDER BY kpi_date), LAST_VALUE(total_calls) OVER (PARTITION BY month(kpi_date) ORDER BY kpi_date ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), NTH_VALUE(total_calls, 3) OVER (ORDER BY kpi_date) FROM gold.executive_kpis
SELECT kpi_date, total_calls, total_calls * 100.0 / SUM(total_calls) OVER () AS share FROM gold.executive_kpis ORDER BY share DESC LIMIT 10
SELECT kpi_date, STDDEV(total_calls) OVER (ORDER BY kpi_date ROWS BETWEEN 29 PRECEDING AND 1 PRECEDING) AS sd FROM gold.executive_kpis
SELECT call_topic, plan_type, SUM(total_calls) AS calls, SUM(total_calls) * 1.0 / SUM(SUM(total_calls)) OVER (PARTITION BY plan_type) AS share_of_plan FROM gold.repeat_calls_analysis GROUP BY call_topic, plan_type ORDER BY plan_type, share_of_plan DESC
SELECT plan_type, call_topic, SUM(total_calls) AS calls, RANK() OVER (PARTITION BY plan_type ORDER BY SUM(total_calls) DESC) AS rnk FROM gold.repeat_calls_analysis GROUP BY 1, 2 QUALIFY rnk = 1
SELECT * FROM (SELECT plan_type, call_topic, SUM(total_calls) AS calls, RANK() OVER (PARTITION BY plan_type ORDER BY SUM(total_calls) DESC) AS rnk FROM gold.repeat_calls_analysis GROUP BY 1, 2) WHERE rnk <= 2
SELECT date_trunc('month', call_date) AS m, SUM(total_calls) AS calls, LAG(SUM(total_calls)) OVER (ORDER BY date_trunc('month', call_date)) AS previous FROM gold.repeat_calls_analysis GROUP BY 1 ORDER BY 1
WITH monthly AS (SELECT date_trunc('month', call_date) AS m, SUM(total_calls) AS calls FROM gold.repeat_calls_analysis GROUP BY 1) SELECT m, calls, SUM(calls) OVER (ORDER BY m) AS cumulative FROM monthly ORDER BY m
WITH monthly AS (SELECT date_trunc('month', kpi_date) AS m, SUM(total_calls) AS calls FROM gold.executive_kpis GROUP BY 1), ranked AS (SELECT m, calls, RANK() OVER (ORDER BY calls DESC) AS r FROM monthly) SELECT m, calls FROM ranked WHERE r <= 3
WITH a AS (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1), t AS (SELECT SUM(n) AS total FROM a) SELECT a.call_topic, a.n, ROUND(100.0 * a.n / t.total, 1) AS pct FROM a, t ORDER BY a.n DESC
WITH a AS (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1), t AS (SELECT SUM(n) AS total FROM a) SELECT a.call_topic, a.n / t.total AS pct FROM a CROSS JOIN t ORDER BY 2 DESC
WITH cur AS (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis WHERE call_date >= DATE '2026-09-01' GROUP BY 1), prev AS (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis WHERE call_date < DATE '2026-09-01' AND call_date >= DATE '2026-08-01' GROUP BY 1) SELECT COALESCE(cur.call_topic, prev.call_topic) AS topic, COALESCE(cur.n, 0) - COALESCE(prev.n, 0) AS change FROM cur FULL OUTER JOIN prev ON cur.call_topic = prev.call_topic ORDER BY change DESC
WITH cur AS (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis WHERE call_date >= DATE '2026-09-01' GROUP BY 1), prev AS (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis WHERE call_date < DATE '2026-09-01' GROUP BY 1) SELECT call_topic, cur.n, prev.n AS before FROM cur LEFT JOIN prev USING (call_topic)
WITH base AS (SELECT * FROM gold.digital_call_leakage WHERE journey IS NOT NULL), agg AS (SELECT journey, SUM(leaked_calls) AS leaked, SUM(call_cost) AS cost FROM base GROUP BY journey) SELECT journey, leaked, cost, cost / NULLIF(leaked, 0) AS cost_per_call FROM agg ORDER BY cost DESC
WITH daily(d, n) AS (SELECT kpi_date, SUM(total_calls) FROM gold.executive_kpis GROUP BY kpi_date) SELECT d, n FROM daily ORDER BY d
WITH daily AS MATERIALIZED (SELECT kpi_date, total_calls FROM gold.executive_kpis) SELECT AVG(total_calls) FROM daily
WITH source AS (SELECT * FROM gold.executive_kpis), renamed AS (SELECT kpi_date AS date_day, total_calls AS calls, repeat_calls AS repeats FROM source), final AS (SELECT date_day, calls, repeats, repeats / NULLIF(calls, 0) AS rate FROM renamed) SELECT * FROM final
SELECT a.kpi_date, a.total_calls, b.total_calls AS week_before FROM gold.executive_kpis a LEFT JOIN gold.executive_kpis b ON b.kpi_date = a.kpi_date - 7 ORDER BY a.kpi_date
SELECT a.kpi_date, a.total_calls, b.total_calls AS year_before FROM gold.executive_kpis a LEFT JOIN gold.executive_kpis b ON a.kpi_date = b.kpi_date + INTERVAL 1 YEAR
SELECT a.kpi_date, AVG(b.total_calls) AS trailing FROM gold.executive_kpis a JOIN gold.executive_kpis b ON b.kpi_date BETWEEN a.kpi_date - 6 AND a.kpi_date GROUP BY a.kpi_date ORDER BY 1
SELECT k.kpi_date, k.total_calls, SUM(l.leaked_calls) AS leaked FROM gold.executive_kpis AS k INNER JOIN gold.digital_call_leakage AS l ON k.kpi_date = l.call_date GROUP BY k.kpi_date, k.total_calls ORDER BY k.kpi_date
SELECT r.call_date, r.plan_type, SUM(r.total_calls) AS calls, SUM(l.leaked_calls) AS leaked FROM gold.repeat_calls_analysis r JOIN gold.digital_call_leakage l ON r.call_date = l.call_date AND r.plan_type = l.plan_type AND r.call_topic = l.call_topic GROUP BY 1, 2 ORDER BY 1, 2
SELECT plan_type, SUM(r.total_calls), SUM(l.leaked_calls) FROM gold.repeat_calls_analysis r LEFT JOIN gold.digital_call_leakage l USING (call_date, plan_type, segment, call_topic) GROUP BY plan_type
SELECT r.call_topic, SUM(r.total_calls) AS calls, MAX(o.estimated_savings) AS savings FROM gold.repeat_calls_analysis r INNER JOIN gold.top_opportunities o ON r.call_topic = o.call_topic GROUP BY r.call_topic
SELECT f.title, f.go_live_date, o.estimated_savings FROM gold.fixes f LEFT JOIN gold.top_opportunities o ON o.journey = f.journey ORDER BY o.estimated_savings DESC NULLS LAST
SELECT d.day, k.total_calls FROM gold.data_days d LEFT JOIN gold.executive_kpis k ON k.kpi_date = d.day ORDER BY d.day
SELECT c.topic, c.sent_date, SUM(r.total_calls) AS calls_after FROM gold.communications c JOIN gold.repeat_calls_analysis r ON r.call_date >= c.sent_date AND r.call_date < c.sent_date + INTERVAL 14 DAY GROUP BY 1, 2
SELECT segment, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY segment UNION ALL SELECT 'All' AS segment, SUM(total_calls) FROM gold.repeat_calls_analysis
SELECT segment, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY segment UNION ALL BY NAME SELECT SUM(total_calls) AS n, 'All' AS segment FROM gold.repeat_calls_analysis
SELECT segment FROM gold.repeat_calls_analysis UNION SELECT segment FROM gold.digital_call_leakage ORDER BY segment
SELECT segment FROM gold.repeat_calls_analysis UNION BY NAME SELECT segment FROM gold.digital_call_leakage
SELECT call_topic FROM gold.repeat_calls_analysis INTERSECT SELECT call_topic FROM gold.digital_call_leakage
SELECT call_topic FROM gold.repeat_calls_analysis EXCEPT SELECT call_topic FROM gold.digital_call_leakage
SELECT call_topic FROM gold.repeat_calls_analysis EXCEPT ALL SELECT call_topic FROM gold.digital_call_leakage
SELECT * FROM (SELECT 'calls' AS metric, SUM(total_calls) AS value FROM gold.executive_kpis UNION ALL SELECT 'leaked', SUM(leaked_calls) FROM gold.executive_kpis UNION ALL SELECT 'cost', SUM(avoidable_call_cost) FROM gold.executive_kpis) m ORDER BY value DESC
SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis r WHERE EXISTS (SELECT 1 FROM gold.top_opportunities o WHERE o.call_topic = r.call_topic) GROUP BY call_topic
SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis r WHERE NOT EXISTS (SELECT 1 FROM gold.digital_call_leakage l WHERE l.call_topic = r.call_topic AND l.call_date = r.call_date) GROUP BY call_topic
SELECT SUM(total_calls) FROM gold.repeat_calls_analysis WHERE call_topic IN (SELECT call_topic FROM gold.top_opportunities)
SELECT SUM(total_calls) FROM gold.repeat_calls_analysis WHERE call_topic NOT IN (SELECT call_topic FROM gold.top_opportunities WHERE call_topic IS NOT NULL)
SELECT SUM(total_calls) FROM gold.repeat_calls_analysis WHERE (plan_type, segment) IN (SELECT plan_type, segment FROM gold.high_risk_segments)
SELECT k.kpi_date FROM gold.executive_kpis k LEFT JOIN gold.digital_call_leakage l ON l.call_date = k.kpi_date WHERE l.call_date IS NULL
SELECT o.journey FROM gold.top_opportunities o ANTI JOIN gold.fixes f ON f.journey = o.journey
SELECT o.journey FROM gold.top_opportunities o SEMI JOIN gold.fixes f ON f.journey = o.journey
SELECT o.journey FROM gold.top_opportunities o SEMI JOIN gold.fixes f USING (journey)
SELECT kpi_date FROM gold.executive_kpis WHERE total_calls > ANY (SELECT total_calls FROM gold.executive_kpis)
SELECT v.segment, COALESCE(SUM(r.total_calls), 0) FROM (VALUES ('New'), ('Loyal')) AS v(segment) LEFT JOIN gold.repeat_calls_analysis r ON r.segment = v.segment GROUP BY v.segment
WITH targets(metric, target) AS (VALUES ('repeat', 0.15), ('negative', 0.2)) SELECT metric, target FROM targets
WITH t AS (SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x(id, name)) SELECT id, name FROM t
SELECT kpi_date, total_calls, total_calls / 24 AS per_hour, per_hour / 60 AS per_minute FROM gold.executive_kpis LIMIT 3
SELECT segment, SUM(total_calls) AS calls, SUM(repeat_calls) AS repeats, repeats / calls AS rate FROM gold.repeat_calls_analysis GROUP BY ALL ORDER BY rate DESC
SELECT segment, plan_type, SUM(total_calls) FROM gold.repeat_calls_analysis GROUP BY ALL ORDER BY ALL
SELECT segment, plan_type, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY ROLLUP (segment, plan_type) ORDER BY segment NULLS LAST, plan_type NULLS LAST
SELECT segment, plan_type, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY CUBE (segment, plan_type)
SELECT segment, plan_type, call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY GROUPING SETS ((segment, plan_type), (call_topic), ())
SELECT CASE WHEN GROUPING(segment) = 1 THEN 'All' ELSE segment END AS segment, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY ROLLUP (segment)
SELECT COALESCE(segment, 'All') AS seg, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY ROLLUP (segment) ORDER BY n DESC
SELECT "segment", SUM("total_calls") AS "Total" FROM "gold"."repeat_calls_analysis" GROUP BY "segment" ORDER BY "Total" DESC
select Segment, sum(TOTAL_CALLS) as N from Gold.Repeat_Calls_Analysis group by SEGMENT order by n desc
SELECT segment, sum(total_calls) AS "Total calls (all)", avg(total_calls) AS "Avg / day" FROM gold.repeat_calls_analysis GROUP BY segment
SELECT segment AS "Segment", SUM(total_calls) AS "Calls #" FROM gold.repeat_calls_analysis GROUP BY "Segment" ORDER BY "Calls #" DESC
SELECT segment /* of the member */, SUM(total_calls) /* calls */ AS n FROM gold.repeat_calls_analysis /* mart */ GROUP BY segment;
SELECT SUM(total_calls) FROM gold.executive_kpis;
  SELECT   SUM( total_calls )   FROM   gold.executive_kpis  ;  
FROM gold.executive_kpis
FROM gold.executive_kpis SELECT kpi_date, total_calls WHERE total_calls > 3 ORDER BY kpi_date LIMIT 5
FROM gold.executive_kpis LIMIT 5
FROM (FROM gold.repeat_calls_analysis SELECT segment, SUM(total_calls) AS n GROUP BY segment) SELECT MAX(n)
SELECT kpi_date FROM gold.executive_kpis ORDER BY kpi_date LIMIT 10 OFFSET 20
SELECT kpi_date FROM gold.executive_kpis ORDER BY kpi_date OFFSET 20
SELECT plan_type, COUNT(*) AS members FROM gold.members GROUP BY plan_type ORDER BY members DESC
SELECT state, COUNT(*) AS members FROM gold.members GROUP BY state HAVING COUNT(*) > 20 ORDER BY members DESC LIMIT 10
SELECT age_group, gender, COUNT(*) AS members FROM gold.members GROUP BY ALL ORDER BY ALL
SELECT AVG(age) AS mean_age, AVG(tenure_months) AS mean_tenure FROM gold.members
SELECT plan_type, AVG(age) FROM gold.members WHERE state IN ('FL', 'TX') GROUP BY plan_type
SELECT date_trunc('year', join_date) AS joined, COUNT(*) FROM gold.members GROUP BY 1 ORDER BY 1
SELECT year(join_date) AS y, COUNT(DISTINCT member_id) FROM gold.members GROUP BY 1
SELECT call_topic, COUNT(*) AS calls, COUNT(DISTINCT member_id) AS members, COUNT(*) * 1.0 / COUNT(DISTINCT member_id) AS calls_per_member FROM gold.calls GROUP BY call_topic ORDER BY calls DESC
SELECT plan_type, AVG(handle_time_minutes) AS aht, SUM(handle_time_minutes) / COUNT(*) AS aht2 FROM gold.calls GROUP BY plan_type
SELECT agent_team, COUNT(*), AVG(is_resolved), AVG(is_transferred), AVG(queue_wait_seconds) / 60 AS wait_minutes FROM gold.calls GROUP BY agent_team
SELECT sentiment, COUNT(*) AS n, ROUND(100.0 * COUNT(*) / SUM(COUNT(*)) OVER (), 1) AS pct FROM gold.calls GROUP BY sentiment
SELECT call_topic, AVG(CASE WHEN is_repeat = 1 THEN 1.0 ELSE 0.0 END) AS repeat_rate FROM gold.calls GROUP BY 1
SELECT call_topic, SUM(is_repeat) * 100.0 / COUNT(*) AS repeat_pct FROM gold.calls WHERE call_date >= current_date - 90 GROUP BY 1 ORDER BY 2 DESC
SELECT call_topic, COUNT(*) FILTER (WHERE is_repeat = 1) * 100.0 / COUNT(*) AS repeat_pct FROM gold.calls GROUP BY 1
SELECT COUNT(*) FILTER (sentiment = 'negative') FROM gold.calls
SELECT date_trunc('week', call_date) AS w, plan_type, COUNT(*) FROM gold.calls GROUP BY 1, 2 ORDER BY 1, 2
SELECT call_date, COUNT(*) AS calls FROM gold.calls GROUP BY call_date ORDER BY call_date DESC LIMIT 30
SELECT CAST(call_ts AS DATE) AS d, COUNT(*) FROM gold.calls GROUP BY CAST(call_ts AS DATE)
SELECT DATE(call_ts) AS d, COUNT(*) FROM gold.calls GROUP BY 1
SELECT date_trunc('day', call_ts) AS d, COUNT(*) FROM gold.calls GROUP BY 1
SELECT dayname(call_ts) AS d, COUNT(*) FROM gold.calls GROUP BY 1
SELECT strftime(call_ts, '%Y-%m') AS m, COUNT(*) FROM gold.calls GROUP BY 1 ORDER BY 1
SELECT COUNT(*) FROM gold.calls WHERE call_ts >= TIMESTAMP '2026-01-01 00:00:00' AND call_ts < TIMESTAMP '2026-02-01'
SELECT COUNT(*) FROM gold.calls WHERE call_ts::DATE = DATE '2026-09-01'
SELECT COUNT(*) FROM gold.calls WHERE call_ts >= date_trunc('month', current_date)
SELECT COUNT(*) FROM gold.calls WHERE call_ts >= current_date - INTERVAL 30 DAY
SELECT COUNT(*) FROM gold.calls WHERE year(call_ts) = 2026 AND month(call_ts) = 9
SELECT COUNT(*) FROM gold.calls WHERE call_date BETWEEN '2026-01-01' AND '2026-03-31' AND plan_type = 'MAPD'
SELECT AVG(sentiment_score) FROM gold.calls WHERE sentiment_score IS NOT NULL
SELECT COUNT(sentiment_score), COUNT(*) - COUNT(sentiment_score) AS missing FROM gold.calls
SELECT COUNT(*) AS calls, COUNT(DISTINCT agent_id) AS agents, COUNT(*) / COUNT(DISTINCT agent_id) AS calls_per_agent FROM gold.calls
SELECT agent_team, COUNT(DISTINCT agent_id) FROM gold.calls GROUP BY agent_team ORDER BY 2 DESC
SELECT journey, COUNT(*) AS sessions, SUM(is_failed) AS failed, AVG(is_failed) AS failure_rate FROM gold.digital_interactions GROUP BY journey ORDER BY failed DESC
SELECT journey, step, COUNT(*) AS n FROM gold.digital_interactions WHERE is_failed = 1 GROUP BY ALL ORDER BY n DESC LIMIT 20
SELECT platform, AVG(session_duration_seconds) FROM gold.digital_interactions GROUP BY platform
SELECT journey, SUM(is_success) * 1.0 / NULLIF(COUNT(*), 0) AS success_rate FROM gold.digital_interactions WHERE interaction_date >= DATE '2026-07-01' GROUP BY journey
SELECT error_code, COUNT(*) AS n FROM gold.digital_interactions WHERE error_code IS NOT NULL GROUP BY error_code ORDER BY n DESC LIMIT 10
SELECT failure_reason, COUNT(DISTINCT member_id) AS members FROM gold.digital_interactions WHERE outcome = 'failure' GROUP BY 1
SELECT journey, outcome, COUNT(*) FROM gold.digital_interactions GROUP BY journey, outcome ORDER BY journey, COUNT(*) DESC
SELECT AVG(nps_score), AVG(csat_score), AVG(effort_score) FROM gold.surveys
SELECT plan_type, 100.0 * (SUM(CASE WHEN nps_score >= 9 THEN 1 ELSE 0 END) - SUM(CASE WHEN nps_score <= 6 THEN 1 ELSE 0 END)) / COUNT(*) AS nps FROM gold.surveys GROUP BY plan_type
SELECT date_trunc('quarter', survey_date) AS q, COUNT(*) AS n, AVG(csat_score) AS csat FROM gold.surveys GROUP BY q ORDER BY q
SELECT nps_score, COUNT(*) FROM gold.surveys GROUP BY nps_score ORDER BY nps_score
SELECT survey_type, COUNT_IF(is_promoter = 1) - COUNT_IF(is_detractor = 1) FROM gold.surveys GROUP BY 1
SELECT status, COUNT(*) AS claims, SUM(claim_amount) AS amount, AVG(claim_amount) AS average FROM gold.claims GROUP BY status
SELECT denial_reason, COUNT(*) AS n FROM gold.claims WHERE is_denied = 1 GROUP BY denial_reason ORDER BY n DESC LIMIT 5
SELECT claim_type, SUM(is_denied) * 1.0 / SUM(is_decided) AS denial_rate FROM gold.claims GROUP BY claim_type
SELECT claim_type, AVG(approval_time_days) FROM gold.claims WHERE is_approved = 1 GROUP BY claim_type HAVING COUNT(*) >= 11
SELECT plan_type, SUM(CASE WHEN status = 'Denied' THEN claim_amount ELSE 0 END) AS denied, SUM(claim_amount) AS total FROM gold.claims GROUP BY plan_type
SELECT date_trunc('month', claim_date) AS m, SUM(claim_amount) AS paid, SUM(SUM(claim_amount)) OVER (ORDER BY date_trunc('month', claim_date)) AS running FROM gold.claims GROUP BY 1 ORDER BY 1
SELECT drug_name, COUNT(*) AS fills, AVG(copay_amount) AS copay FROM gold.pharmacy_fills GROUP BY drug_name ORDER BY fills DESC LIMIT 10
SELECT pharmacy_type, AVG(days_supply), AVG(is_denied) FROM gold.pharmacy_fills GROUP BY pharmacy_type
SELECT change_type, change_reason, COUNT(*) FROM gold.enrollments GROUP BY ALL ORDER BY 3 DESC
SELECT date_trunc('month', enrollment_date) AS m, SUM(is_new) AS new_members, SUM(is_change) AS changes, SUM(premium_amount) FROM gold.enrollments GROUP BY 1
SELECT channel, event_type, COUNT(*) FROM gold.member_journey_timeline GROUP BY channel, event_type ORDER BY 3 DESC
SELECT event_date, channel, COUNT(DISTINCT member_id) AS members FROM gold.member_journey_timeline WHERE event_date >= DATE '2026-10-01' GROUP BY 1, 2
SELECT topic, AVG(sentiment_score) FROM gold.member_journey_timeline WHERE channel = 'call' GROUP BY topic
SELECT m.state, COUNT(*) AS calls FROM gold.calls c JOIN gold.members m ON c.member_id = m.member_id GROUP BY m.state ORDER BY calls DESC
SELECT m.age_group, AVG(c.handle_time_minutes) FROM gold.calls c JOIN gold.members m ON m.member_id = c.member_id WHERE m.plan_type = 'PPO' GROUP BY m.age_group
SELECT m.plan_type, SUM(cl.claim_amount) FROM gold.claims cl LEFT JOIN gold.members m ON m.member_id = cl.member_id GROUP BY 1
WITH calls AS (SELECT plan_type, COUNT(*) AS n FROM gold.calls GROUP BY 1) SELECT plan_type, n FROM calls
WITH c AS (SELECT plan_type, COUNT(*) AS calls FROM gold.calls GROUP BY 1), m AS (SELECT plan_type, COUNT(*) AS members FROM gold.members GROUP BY 1) SELECT plan_type, calls, members, 1000.0 * calls / members AS calls_per_1000 FROM c JOIN m USING (plan_type) ORDER BY 4 DESC
WITH c AS (SELECT call_date AS d, COUNT(*) AS calls FROM gold.calls GROUP BY 1), i AS (SELECT interaction_date AS d, COUNT(*) AS sessions FROM gold.digital_interactions GROUP BY 1) SELECT c.d, calls, sessions, calls / sessions AS ratio FROM c JOIN i ON c.d = i.d ORDER BY c.d
SELECT call_topic, COUNT(*) AS n FROM gold.calls GROUP BY call_topic HAVING COUNT(*) > 100 AND AVG(is_repeat) > 0.1
SELECT call_topic, COUNT(*) AS n FROM gold.calls GROUP BY 1 ORDER BY n DESC LIMIT 1 OFFSET 1
SELECT COUNT(*) FROM gold.calls WHERE call_topic ILIKE '%bill%' OR call_topic LIKE 'Claim%'
SELECT COUNT(*) FROM gold.calls WHERE regexp_matches(call_topic, '^(Billing|Claims)')
SELECT COUNT(*) FROM gold.calls WHERE lower(call_topic) = 'billing question' AND upper(plan_type) <> 'HMO'
SELECT COUNT(*) FROM gold.calls WHERE call_topic SIMILAR TO '.*Bill.*'
SELECT COUNT(*) FROM gold.calls WHERE starts_with(call_topic, 'Bill') AND NOT contains(call_topic, 'Dispute')
SELECT COUNT(*) FROM gold.calls WHERE journey IS NULL
SELECT COUNT(*) FROM gold.calls WHERE plan_type IS DISTINCT FROM 'HMO'
SELECT COUNT(*) FROM gold.calls WHERE NOT (plan_type = 'HMO' OR segment = 'New')
SELECT COUNT(*) FROM gold.calls WHERE plan_type NOT IN ('HMO', 'PPO') AND is_leaked = 1
SELECT COALESCE(journey, 'none') AS j, COUNT(*) FROM gold.calls GROUP BY 1
SELECT IFNULL(failure_reason, 'n/a') AS reason, COUNT(*) FROM gold.calls GROUP BY 1
SELECT CASE WHEN tenure_bucket LIKE '0%' THEN 'new' ELSE 'old' END AS t, AVG(is_repeat) FROM gold.calls GROUP BY t
SELECT concat(plan_type, ' / ', segment) AS label, COUNT(*) FROM gold.calls GROUP BY label ORDER BY COUNT(*) DESC LIMIT 10
SELECT plan_type || ' - ' || segment AS label, COUNT(*) FROM gold.calls GROUP BY 1
SELECT concat_ws(' / ', plan_type, segment, call_topic) AS label, SUM(total_calls) FROM gold.repeat_calls_analysis GROUP BY 1 ORDER BY 2 DESC LIMIT 5
SELECT upper(segment), lower(segment), ucase(segment), lcase(segment), length(segment), strlen(segment), trim(segment), ltrim(segment), rtrim(segment) FROM gold.high_risk_segments
SELECT substr(segment, 1, 3), substring(segment, 1, 3), substring(segment FROM 1 FOR 3), left(segment, 2), right(segment, 2), replace(segment, 'a', 'b'), split_part(segment, ' ', 1) FROM gold.high_risk_segments
SELECT instr(segment, 'e'), strpos(segment, 'e'), position('e' IN segment), starts_with(segment, 'N'), ends_with(segment, 'w'), contains(segment, 'e'), prefix(segment, 'N'), suffix(segment, 'w') FROM gold.high_risk_segments
SELECT regexp_extract(call_topic, '^(\w+)', 1) AS word, SUM(total_calls) FROM gold.repeat_calls_analysis GROUP BY 1
SELECT regexp_replace(call_topic, '[^A-Za-z]', '', 'g') AS plain, SUM(total_calls) FROM gold.repeat_calls_analysis GROUP BY 1
SELECT regexp_full_match(call_topic, 'Bill.*'), strip_accents(call_topic) FROM gold.repeat_calls_analysis LIMIT 3
SELECT segment FROM gold.high_risk_segments WHERE segment LIKE 'N%' ESCAPE '!' AND segment NOT LIKE '%x%' AND segment NOT ILIKE '%y%'
SELECT segment FROM gold.high_risk_segments WHERE segment ~ '^N'
SELECT segment FROM gold.high_risk_segments WHERE segment GLOB 'N*'
SELECT ROUND(AVG(repeat_call_pct), 2), FLOOR(AVG(total_calls)), CEIL(AVG(total_calls)), TRUNC(AVG(total_calls)), ABS(-1), SIGN(-2) FROM gold.executive_kpis
SELECT POWER(2, 3), POW(2, 3), SQRT(9), EXP(1), LN(2), LOG(10), LOG10(100), LOG2(8), MOD(7, 3), PI(), CBRT(8), 2 ^ 3, 7 % 3, 7 // 2
SELECT GREATEST(leaked_calls, 1), LEAST(leaked_calls, 100) FROM gold.current_week_leakage
SELECT ROUND(SUM(call_cost))::BIGINT, SUM(call_cost)::INT, SUM(call_cost)::DECIMAL(12, 2), CAST(SUM(call_cost) AS NUMERIC(12, 2)), SUM(call_cost)::FLOAT, SUM(call_cost)::VARCHAR FROM gold.digital_call_leakage
SELECT TRY_CAST(opportunity_rank AS VARCHAR), CAST(opportunity_rank AS BIGINT), opportunity_rank::TEXT FROM gold.top_opportunities
SELECT CASE WHEN trend_7d > 0 THEN 'up' WHEN trend_7d < 0 THEN 'down' ELSE 'flat' END AS direction, COUNT(*) FROM gold.top_opportunities GROUP BY direction
SELECT journey, CASE primary_lever WHEN 'UX' THEN 1 ELSE 0 END FROM gold.top_opportunities
SELECT SUM(leaked_calls) FILTER (WHERE channel = 'app') AS app, SUM(leaked_calls) FILTER (WHERE channel = 'web') AS web FROM gold.digital_call_leakage
SELECT journey, SUM(CASE WHEN channel = 'app' THEN leaked_calls END) AS app, SUM(CASE WHEN channel <> 'app' THEN leaked_calls END) AS other FROM gold.digital_call_leakage GROUP BY journey
SELECT NULLIF(SUM(leaked_calls), 0) IS NULL, SUM(leaked_calls) IS NOT NULL FROM gold.digital_call_leakage
SELECT * FROM gold.executive_kpis WHERE kpi_date IN ('2026-09-01', '2026-09-02')
SELECT * FROM gold.executive_kpis WHERE kpi_date NOT BETWEEN DATE '2026-01-01' AND DATE '2026-06-30' LIMIT 10
SELECT * EXCLUDE (daily_call_cost) FROM gold.executive_kpis LIMIT 2
SELECT * EXCLUDE daily_call_cost FROM gold.executive_kpis LIMIT 2
SELECT k.* EXCLUDE (kpi_date) FROM gold.executive_kpis k LIMIT 2
SELECT k.kpi_date, k.* FROM gold.executive_kpis k LIMIT 2
SELECT d::DATE AS day, COALESCE(SUM(l.leaked_calls), 0) AS leaked FROM generate_series(DATE '2026-09-01', DATE '2026-09-30', INTERVAL 1 DAY) AS s(d) LEFT JOIN gold.digital_call_leakage l ON l.call_date = s.d::DATE GROUP BY 1 ORDER BY 1
SELECT CAST(s.d AS DATE) AS month, SUM(k.total_calls) FROM generate_series(DATE '2026-01-01', DATE '2026-12-01', INTERVAL '1 month') AS s(d) LEFT JOIN gold.executive_kpis k ON date_trunc('month', k.kpi_date) = s.d GROUP BY 1 ORDER BY 1
WITH spine AS (SELECT CAST(d AS DATE) AS day FROM range(DATE '2026-09-01', DATE '2026-10-01', INTERVAL 1 DAY) AS t(d)) SELECT spine.day, COALESCE(k.total_calls, 0) AS calls FROM spine LEFT JOIN gold.executive_kpis k ON k.kpi_date = spine.day ORDER BY spine.day
SELECT n, n * n FROM range(1, 6) AS t(n)
SELECT generate_series AS n FROM generate_series(1, 5)
SELECT t.journey, t.trend_7d FROM gold.trending_up_opportunities t WHERE t.trend_7d > 10 ORDER BY t.trend_7d DESC
SELECT segment, plan_type, member_tenure, repeat_call_pct, negative_emotion_pct FROM gold.high_risk_segments ORDER BY repeat_call_pct DESC, negative_emotion_pct DESC LIMIT 10
SELECT journey, SUM(leaked_calls) AS this_week FROM gold.current_week_leakage GROUP BY journey ORDER BY this_week DESC
SELECT area, source_table, measure, column_name, value, expected FROM gold.data_quality WHERE is_ok = 0
SELECT source_table, SUM(silver_total), SUM(gold_total), SUM(silver_total) - SUM(gold_total) AS difference FROM gold.daily_totals GROUP BY source_table
SELECT COUNT(*), MIN(day), MAX(day) FROM gold.data_days
SELECT channel, topic, SUM(audience_size) AS reached FROM gold.communications GROUP BY channel, topic ORDER BY reached DESC
SELECT subject, sent_date, audience_size FROM gold.communications WHERE sent_date >= DATE '2026-01-01' ORDER BY sent_date
SELECT lever, COUNT(*) AS fixes, SUM(calls_before - calls_after) AS saved, SUM(cost) AS cost FROM gold.fixes GROUP BY lever
SELECT title, owner, effort_days, ROUND((calls_before - calls_after) / NULLIF(calls_before, 0), 3) AS reduction FROM gold.fixes ORDER BY reduction DESC
SELECT AVG(CASE WHEN fixes.calls_after < fixes.calls_before THEN 1.0 ELSE 0 END) FROM gold.fixes
SELECT k.kpi_date, k.total_calls, a.mean, (k.total_calls - a.mean) / NULLIF(a.sd, 0) AS z FROM gold.executive_kpis k CROSS JOIN (SELECT AVG(total_calls) AS mean, STDDEV(total_calls) AS sd FROM gold.executive_kpis) a ORDER BY ABS(z) DESC LIMIT 5
SELECT kpi_date FROM gold.executive_kpis WHERE total_calls > (SELECT AVG(total_calls) FROM gold.executive_kpis) ORDER BY kpi_date
SELECT kpi_date, (SELECT AVG(total_calls) FROM gold.executive_kpis) AS mean FROM gold.executive_kpis
SELECT MAX(total_calls) FROM gold.executive_kpis WHERE total_calls < (SELECT MAX(total_calls) FROM gold.executive_kpis)
SELECT r.call_topic, r.n FROM (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY call_topic) r WHERE r.n >= (SELECT AVG(n) FROM (SELECT SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY call_topic) s)
SELECT DISTINCT plan_type, segment FROM gold.repeat_calls_analysis ORDER BY plan_type, segment
SELECT DISTINCT year(kpi_date), quarter(kpi_date) FROM gold.executive_kpis
SELECT COUNT(*) FROM (SELECT DISTINCT call_topic, segment FROM gold.repeat_calls_analysis) t
SELECT COUNT(*) FROM (SELECT plan_type FROM gold.members GROUP BY plan_type HAVING COUNT(*) > 50) t
SELECT AVG(n) FROM (SELECT call_date, COUNT(*) AS n FROM gold.calls GROUP BY call_date) d
SELECT plan_type, AVG(n) AS calls_per_day, MAX(n) AS peak FROM (SELECT plan_type, call_date, COUNT(*) AS n FROM gold.calls GROUP BY 1, 2) d GROUP BY plan_type
SELECT SUM(1) FROM gold.calls
SELECT COUNT(1) FROM gold.calls
SELECT COUNT(*) AS "count" FROM gold.calls
SELECT COUNT(call_id) AS calls, COUNT(DISTINCT call_id) AS distinct_calls FROM gold.calls
SELECT SUM(planning_cost) AS cost, SUM(avoidable_cost) AS avoidable, SUM(avoidable_cost) / SUM(planning_cost) AS share FROM gold.calls
SELECT SUM(avoidable_cost * is_leaked) FROM gold.calls
SELECT SUM(planning_cost) * 12 / COUNT(DISTINCT date_trunc('month', call_date)) AS annualised FROM gold.calls
SELECT leak_step, COUNT(*) FROM gold.calls WHERE is_leaked = 1 AND leak_step IS NOT NULL GROUP BY leak_step ORDER BY COUNT(*) DESC
SELECT AVG(leak_delay_minutes) / 60.0 AS hours FROM gold.calls WHERE is_leaked_24h = 1
SELECT ivr_path, COUNT(*) AS n, AVG(is_transferred) AS transfer_rate FROM gold.calls WHERE ivr_path IS NOT NULL GROUP BY ivr_path ORDER BY n DESC LIMIT 5
SELECT line_of_business, county, COUNT(*) FROM gold.calls GROUP BY ALL HAVING COUNT(*) >= 11 ORDER BY 3 DESC LIMIT 10
SELECT language, gender, AVG(csat_score) FROM gold.surveys GROUP BY language, gender
SELECT income_band, education_band, AVG(is_denied) FROM gold.claims GROUP BY 1, 2
SELECT 'Q' || quarter(call_date) || ' ' || year(call_date) AS q, COUNT(*) FROM gold.calls GROUP BY 1
SELECT 'Q' || quarter(kpi_date)::VARCHAR || '-' || year(kpi_date)::VARCHAR AS q, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1
SELECT CONCAT(YEAR(kpi_date), '-Q', QUARTER(kpi_date)) AS q, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1 ORDER BY 1
SELECT k.kpi_date, k.repeat_call_pct - AVG(k.repeat_call_pct) OVER (PARTITION BY date_trunc('month', k.kpi_date)) AS deviation FROM gold.executive_kpis k
SELECT first(total_calls ORDER BY kpi_date DESC) AS latest, last(total_calls ORDER BY kpi_date) AS also_latest FROM gold.executive_kpis
SELECT arg_max(journey, leaked) FROM (SELECT journey, SUM(leaked_calls) AS leaked FROM gold.digital_call_leakage GROUP BY journey) x
SELECT journey, SUM(leaked_calls) AS n FROM gold.digital_call_leakage WHERE call_date >= (SELECT MAX(call_date) - 28 FROM gold.digital_call_leakage) GROUP BY journey ORDER BY n DESC FETCH FIRST 3 ROWS ONLY
SELECT k1.kpi_date FROM gold.executive_kpis k1 JOIN gold.executive_kpis k2 ON k1.kpi_date = k2.kpi_date AND k1.total_calls = k2.total_calls
SELECT l.journey, f.title, SUM(l.leaked_calls) AS since FROM gold.digital_call_leakage l JOIN gold.fixes f ON f.journey = l.journey AND l.call_date >= f.go_live_date GROUP BY 1, 2
SELECT AVG(total_calls) FILTER (WHERE kpi_date >= DATE '2026-09-01') - AVG(total_calls) FILTER (WHERE kpi_date < DATE '2026-09-01') AS lift FROM gold.executive_kpis
SELECT (SELECT SUM(total_calls) FROM gold.executive_kpis WHERE month(kpi_date) = 9) - (SELECT SUM(total_calls) FROM gold.executive_kpis WHERE month(kpi_date) = 8) AS change
SELECT TRUE AS yes, FALSE AS no, NULL AS nothing, 1.5e3 AS n, -2 AS m, 'it''s' AS t
SELECT plan_type, ROUND(AVG(handle_time_minutes)::NUMERIC, 2) AS aht FROM gold.calls GROUP BY plan_type ORDER BY aht DESC NULLS LAST
SELECT b.band, COUNT(*) FROM (SELECT CASE WHEN total_calls < 20 THEN 'low' WHEN total_calls < 50 THEN 'mid' ELSE 'high' END AS band FROM gold.executive_kpis) b GROUP BY b.band
SELECT date_trunc('month', kpi_date)::DATE AS month, SUM(failed_interactions) / NULLIF(SUM(digital_sessions), 0)::DOUBLE AS failure_rate FROM gold.executive_kpis GROUP BY 1 HAVING SUM(digital_sessions) > 0 ORDER BY 1 DESC
SELECT kpi_date, total_calls FROM gold.executive_kpis WHERE total_calls = (SELECT MAX(total_calls) FROM gold.executive_kpis)
SELECT kpi_date, total_calls FROM gold.executive_kpis WHERE kpi_date = DATE '2026-10-01' OR kpi_date = DATE '2026-10-02' ORDER BY kpi_date ASC
SELECT plan_type, segment, SUM(repeat_calls) * 1.0 / NULLIF(SUM(total_calls), 0) AS rate, RANK() OVER (ORDER BY SUM(repeat_calls) * 1.0 / NULLIF(SUM(total_calls), 0) DESC) AS r FROM gold.repeat_calls_analysis GROUP BY plan_type, segment ORDER BY r
SELECT call_topic, GREATEST(SUM(total_calls) - SUM(repeat_calls), 0) AS first_calls FROM gold.repeat_calls_analysis GROUP BY call_topic
SELECT COALESCE(a.call_topic, b.call_topic) AS topic, a.n AS calls, b.n AS leaked FROM (SELECT call_topic, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1) AS a FULL JOIN (SELECT call_topic, SUM(leaked_calls) AS n FROM gold.digital_call_leakage GROUP BY 1) AS b ON a.call_topic = b.call_topic
SELECT a.call_topic FROM (SELECT DISTINCT call_topic FROM gold.repeat_calls_analysis) a RIGHT JOIN (SELECT DISTINCT call_topic FROM gold.digital_call_leakage) b ON a.call_topic = b.call_topic
SELECT journey, leaked, leaked - expected AS excess FROM (SELECT journey, SUM(leaked_calls) AS leaked, AVG(SUM(leaked_calls)) OVER () AS expected FROM gold.digital_call_leakage GROUP BY journey) t WHERE leaked > expected
WITH w AS (SELECT kpi_date, total_calls, LAG(total_calls) OVER (ORDER BY kpi_date) AS prev FROM gold.executive_kpis) SELECT kpi_date, total_calls - prev AS diff FROM w WHERE prev IS NOT NULL ORDER BY ABS(total_calls - prev) DESC LIMIT 5
WITH latest AS (SELECT MAX(kpi_date) AS d FROM gold.executive_kpis) SELECT SUM(k.total_calls) FROM gold.executive_kpis k, latest WHERE k.kpi_date > latest.d - INTERVAL 7 DAY
WITH latest AS (SELECT MAX(call_date) AS d FROM gold.calls) SELECT c.call_topic, COUNT(*) FROM gold.calls c JOIN latest ON c.call_date > latest.d - 7 GROUP BY 1 ORDER BY 2 DESC
WITH bounds AS (SELECT DATE '2026-09-01' AS a, DATE '2026-09-30' AS b) SELECT SUM(total_calls) FROM gold.executive_kpis, bounds WHERE kpi_date BETWEEN bounds.a AND bounds.b
WITH p AS (SELECT plan_type, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1) SELECT plan_type, n, n / (SELECT SUM(n) FROM p) AS share FROM p
WITH x AS (SELECT call_date, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1), y AS (SELECT x.call_date, x.n, AVG(x.n) OVER (ORDER BY x.call_date ROWS BETWEEN 13 PRECEDING AND 1 PRECEDING) AS base FROM x) SELECT call_date, n, base, n / NULLIF(base, 0) - 1 AS lift FROM y WHERE n > 1.5 * base ORDER BY call_date
SELECT COUNT(*) FROM gold.executive_kpis WHERE total_calls % 2 = 0
SELECT SUM(total_calls) OVER (PARTITION BY year(kpi_date), month(kpi_date)) AS month_total, kpi_date FROM gold.executive_kpis
SELECT kpi_date, MAX(total_calls) OVER (ORDER BY kpi_date ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM gold.executive_kpis
SELECT kpi_date, COUNT(*) OVER () AS days FROM gold.executive_kpis
SELECT kpi_date, SUM(total_calls) FILTER (WHERE leaked_calls > 0) OVER (ORDER BY kpi_date) FROM gold.executive_kpis
SELECT kpi_date, LAG(total_calls IGNORE NULLS) OVER (ORDER BY kpi_date) FROM gold.executive_kpis
SELECT journey, COUNT(*) AS days, SUM(leaked_calls) AS leaked FROM gold.digital_call_leakage GROUP BY journey HAVING SUM(leaked_calls) > 100 AND COUNT(*) > 3 ORDER BY leaked DESC, journey
SELECT failure_reason, channel, SUM(call_cost) AS cost FROM gold.digital_call_leakage WHERE journey = 'Billing' GROUP BY failure_reason, channel ORDER BY cost DESC
SELECT c.call_topic, d.day, COUNT(*) FROM gold.data_days d JOIN gold.calls c ON c.call_date = d.day WHERE d.day >= DATE '2026-10-01' GROUP BY ALL
SELECT t.call_topic, t.n, s.sentiment_share FROM (SELECT call_topic, COUNT(*) AS n FROM gold.calls GROUP BY 1) t JOIN (SELECT call_topic, AVG(is_negative) AS sentiment_share FROM gold.calls GROUP BY 1) s USING (call_topic) ORDER BY t.n DESC
SELECT SUM(CASE WHEN is_repeat = 1 AND is_negative = 1 THEN 1 ELSE 0 END) AS both_flags FROM gold.calls
SELECT AVG(CASE WHEN is_resolved = 1 THEN handle_time_minutes END) AS resolved_aht, AVG(CASE WHEN is_resolved = 0 THEN handle_time_minutes END) AS unresolved_aht FROM gold.calls
SELECT COUNT(DISTINCT CASE WHEN is_repeat = 1 THEN member_id END) * 100.0 / COUNT(DISTINCT member_id) AS pct_members_repeating FROM gold.calls
SELECT COUNT(DISTINCT member_id) FILTER (WHERE is_leaked = 1) AS leaked_members FROM gold.calls
SELECT plan_type, MIN(call_date), MAX(call_date) FROM gold.calls GROUP BY plan_type
SELECT MIN(call_date), MAX(call_date), COUNT(*) FROM gold.calls
SELECT MIN(survey_date) AS first_survey, MAX(survey_date) AS last_survey FROM gold.surveys
SELECT COUNT(DISTINCT call_date) AS days FROM gold.calls
SELECT call_topic, ROUND(AVG(handle_time_minutes), 1) AS aht, COUNT(*) AS n FROM gold.calls GROUP BY call_topic ORDER BY aht DESC, n ASC LIMIT 10
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date::VARCHAR LIKE '2026-09%'
SELECT strftime(kpi_date, '%G-W%V') AS iso_week, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1 ORDER BY 1
SELECT kpi_date - INTERVAL (isodow(kpi_date) - 1) DAY AS monday, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1
SELECT kpi_date - CAST(isodow(kpi_date) - 1 AS INTEGER) AS monday, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1
SELECT MAX(kpi_date) + 7 * INTERVAL 1 DAY FROM gold.executive_kpis
SELECT SUM(total_calls) FROM gold.executive_kpis WHERE kpi_date >= current_date() - INTERVAL 30 DAYS
SELECT DATE_TRUNC('MONTH', kpi_date) AS m, SUM(total_calls) FROM gold.executive_kpis GROUP BY m
SELECT DATE_DIFF('DAY', DATE '2026-01-01', kpi_date) FROM gold.executive_kpis LIMIT 1
SELECT date_trunc('month', kpi_date) = date_trunc('month', DATE '2026-09-15') AS is_september, SUM(total_calls) FROM gold.executive_kpis GROUP BY 1
SELECT * FROM gold.executive_kpis WHERE kpi_date = DATE '2026-09-01' - INTERVAL '1' MONTH
SELECT d FROM unnest(generate_series(DATE '2026-09-01', DATE '2026-09-30', INTERVAL 1 DAY)) AS t(d)
SELECT unnest(generate_series(DATE '2026-09-01', DATE '2026-09-30', INTERVAL 1 DAY)) AS d
WITH days AS (SELECT unnest(generate_series(DATE '2026-09-01', DATE '2026-09-30', INTERVAL 1 DAY))::DATE AS day) SELECT days.day, k.total_calls FROM days LEFT JOIN gold.executive_kpis k ON k.kpi_date = days.day
WITH days AS (SELECT unnest(range(DATE '2026-09-01', DATE '2026-10-01', INTERVAL 1 DAY)) AS day) SELECT days.day, k.total_calls FROM days LEFT JOIN gold.executive_kpis k ON k.kpi_date = days.day
WITH calls AS (SELECT call_date, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY 1), leaks AS (SELECT call_date, SUM(leaked_calls) AS n FROM gold.digital_call_leakage GROUP BY 1) SELECT calls.call_date, leaks.n / calls.n AS rate FROM calls JOIN leaks ON calls.call_date = leaks.call_date ORDER BY 1
WITH members AS (SELECT plan_type, COUNT(*) AS n FROM gold.members GROUP BY plan_type) SELECT plan_type, n FROM members ORDER BY n DESC
WITH claims AS (SELECT claim_type, is_denied FROM gold.claims WHERE claim_date >= DATE '2026-01-01') SELECT claim_type, AVG(is_denied) FROM claims GROUP BY claim_type
WITH surveys AS (SELECT plan_type, AVG(nps_score) AS nps FROM gold.surveys GROUP BY 1), calls AS (SELECT plan_type, COUNT(*) AS calls FROM gold.calls GROUP BY 1) SELECT surveys.plan_type, nps, calls.calls FROM surveys JOIN calls ON surveys.plan_type = calls.plan_type
SELECT segment, SUM(total_calls) AS n FROM gold.repeat_calls_analysis GROUP BY segment HAVING n > 100 ORDER BY n DESC
SELECT segment AS s, SUM(total_calls) AS n FROM gold.repeat_calls_analysis WHERE s <> 'New' GROUP BY s
SELECT kpi_date AS "date", total_calls AS "calls" FROM gold.executive_kpis ORDER BY "date" DESC LIMIT 7
SELECT kpi_date AS date, total_calls AS count FROM gold.executive_kpis ORDER BY date DESC LIMIT 7
SELECT kpi_date AS day, total_calls AS value FROM gold.executive_kpis ORDER BY day
SELECT year(kpi_date) AS year, month(kpi_date) AS month, SUM(total_calls) AS total FROM gold.executive_kpis GROUP BY year, month ORDER BY year, month
SELECT year(kpi_date) AS year, month(kpi_date) AS month, SUM(total_calls) AS total FROM gold.executive_kpis GROUP BY year(kpi_date), month(kpi_date) ORDER BY 1, 2
SELECT date_trunc('month', kpi_date) AS kpi_date, SUM(total_calls) AS total_calls FROM gold.executive_kpis GROUP BY 1 ORDER BY 1
SELECT date_trunc('month', k.kpi_date) AS kpi_date, SUM(k.total_calls) AS total_calls FROM gold.executive_kpis k GROUP BY date_trunc('month', k.kpi_date) ORDER BY kpi_date
SELECT SUM(total_calls) AS total_calls FROM gold.executive_kpis ORDER BY total_calls
SELECT ROUND(SUM(call_cost), 2) AS call_cost FROM gold.digital_call_leakage HAVING SUM(call_cost) > 0
SELECT journey, ROUND(SUM(call_cost)) AS call_cost FROM gold.digital_call_leakage GROUP BY journey ORDER BY call_cost DESC
SELECT journey, '$' || CAST(ROUND(SUM(call_cost)) AS VARCHAR) AS cost FROM gold.digital_call_leakage GROUP BY journey
SELECT journey, CAST(SUM(leaked_calls) AS VARCHAR) || ' calls' FROM gold.digital_call_leakage GROUP BY journey
SELECT -SUM(leaked_calls), +SUM(leaked_calls) FROM gold.digital_call_leakage
SELECT SUM(leaked_calls) > 100 AS many, SUM(leaked_calls) BETWEEN 1 AND 100 AS some FROM gold.digital_call_leakage
SELECT NOT bool_and(total_calls > 0) FROM gold.executive_kpis
SELECT COUNT(*) FROM gold.executive_kpis WHERE NOT total_calls > 10 AND (leaked_calls_24h >= 0 OR repeat_calls IS NULL)
SELECT COUNT(*) FROM gold.executive_kpis WHERE total_calls != 0 AND total_calls <> 1
SELECT COUNT(*) FROM gold.executive_kpis WHERE total_calls == 0
SELECT kpi_date FROM gold.executive_kpis WHERE isodow(kpi_date) < 6 AND total_calls NOT IN (0, 1)
SELECT kpi_date, CASE WHEN total_calls > AVG(total_calls) OVER () THEN 'above' ELSE 'below' END AS side FROM gold.executive_kpis
SELECT side, COUNT(*) FROM (SELECT CASE WHEN total_calls > AVG(total_calls) OVER () THEN 'above' ELSE 'below' END AS side FROM gold.executive_kpis) GROUP BY side
SELECT * FROM (VALUES (1), (2)) AS t(n)
SELECT * FROM (VALUES ('2026-09-01'::DATE, 'launch')) AS e(d, what) JOIN gold.executive_kpis k ON k.kpi_date = e.d
SELECT a.journey, a.leaked_calls FROM gold.current_week_leakage a WHERE a.leaked_calls = (SELECT MAX(b.leaked_calls) FROM gold.current_week_leakage b WHERE b.journey = a.journey)
SELECT plan_type, SUM(total_calls) calls FROM gold.repeat_calls_analysis GROUP BY plan_type ORDER BY calls LIMIT 1
SELECT TOP_OPPORTUNITIES.journey FROM gold.top_opportunities
SELECT o.opportunity_rank, o.journey, o.call_topic, o.call_volume, o.avoidable_calls, o.estimated_savings, o.trend_7d, o.primary_lever FROM gold.top_opportunities AS o WHERE o.opportunity_rank <= 5 ORDER BY o.opportunity_rank ASC
SELECT SUM(estimated_savings) FROM gold.top_opportunities WHERE opportunity_rank <= 3
SELECT AVG(repeat_call_pct) FROM gold.executive_kpis WHERE kpi_date BETWEEN (SELECT MAX(kpi_date) - 6 FROM gold.executive_kpis) AND (SELECT MAX(kpi_date) FROM gold.executive_kpis)
SELECT SUM(CASE WHEN kpi_date > m.d - 7 THEN total_calls ELSE 0 END) AS this_week, SUM(CASE WHEN kpi_date BETWEEN m.d - 13 AND m.d - 7 THEN total_calls ELSE 0 END) AS last_week FROM gold.executive_kpis, (SELECT MAX(kpi_date) AS d FROM gold.executive_kpis) m
WITH m AS (SELECT MAX(kpi_date) AS d FROM gold.executive_kpis), t AS (SELECT SUM(total_calls) FILTER (WHERE kpi_date > m.d - 7) AS a, SUM(total_calls) FILTER (WHERE kpi_date <= m.d - 7 AND kpi_date > m.d - 14) AS b FROM gold.executive_kpis CROSS JOIN m) SELECT a, b, (a - b) * 100.0 / b AS pct FROM t
SELECT journey, channel, SUM(leaked_calls) AS n FROM gold.digital_call_leakage GROUP BY journey, channel HAVING SUM(leaked_calls) >= (SELECT quantile_cont(leaked_calls, 0.5) FROM gold.digital_call_leakage)
SELECT journey, max(leaked_calls) OVER (PARTITION BY journey) AS top FROM gold.digital_call_leakage LIMIT 5
SELECT journey, string_agg(channel, ', ') FROM (SELECT DISTINCT journey, channel FROM gold.digital_call_leakage) x GROUP BY journey
SELECT FLOOR(total_calls / 10) * 10 AS bucket, COUNT(*) AS days FROM gold.executive_kpis GROUP BY bucket ORDER BY bucket
SELECT total_calls // 10 AS bucket, COUNT(*) AS days FROM gold.executive_kpis GROUP BY ALL ORDER BY ALL
SELECT quarter(kpi_date), SUM(total_calls) FROM gold.executive_kpis GROUP BY quarter(kpi_date)
SELECT hour(now()), minute(now()), second(now())
SELECT isfinite(total_calls), isnan(avoidable_call_cost), isinf(avoidable_call_cost) FROM gold.executive_kpis LIMIT 1
SELECT lpad(segment, 10, ' '), rpad(segment, 10, ' ') FROM gold.high_risk_segments
SELECT segment ISNULL, segment NOTNULL FROM gold.high_risk_segments
SELECT coalesce(NULL, segment, 'x'), ifnull(segment, 'y') FROM gold.high_risk_segments
SELECT CAST('2026-01-01' AS TIMESTAMP), TIMESTAMP '2026-01-01 10:00:00', TIME '10:00:00', INTERVAL '1' HOUR, INTERVAL '2 days 3 hours'
SELECT AVG(x) FROM (SELECT total_calls::DOUBLE AS x FROM gold.executive_kpis WHERE total_calls > 0 ORDER BY x DESC LIMIT 10) t
SELECT k.kpi_date, (SELECT COUNT(*) FROM gold.digital_call_leakage l WHERE l.call_date = k.kpi_date AND l.leaked_calls > 3) AS n FROM gold.executive_kpis k
SELECT k.kpi_date, k.total_calls FROM gold.executive_kpis k WHERE k.total_calls > (SELECT AVG(x.total_calls) FROM gold.executive_kpis x WHERE month(x.kpi_date) = month(k.kpi_date))
SELECT k.kpi_date, k.total_calls, f.title FROM gold.executive_kpis k ASOF JOIN gold.fixes f ON k.kpi_date >= f.go_live_date
SELECT l.journey, l.call_date, f.title, SUM(l.leaked_calls) FROM gold.digital_call_leakage l ASOF LEFT JOIN gold.fixes f ON l.journey = f.journey AND l.call_date >= f.go_live_date GROUP BY ALL
SELECT 100 * (1 - SUM(repeat_calls) / SUM(total_calls)) AS fcr_pct FROM gold.repeat_calls_analysis
SELECT SUM(first_contact_resolved_calls) / SUM(total_calls)::FLOAT AS fcr FROM gold.repeat_calls_analysis
SELECT plan_type, SUM(handle_time_minutes) / SUM(total_calls) AS aht FROM gold.repeat_calls_analysis GROUP BY plan_type ORDER BY aht
SELECT plan_type, DENSE_RANK() OVER (ORDER BY SUM(call_cost) DESC) AS r, SUM(call_cost) AS cost FROM gold.repeat_calls_analysis GROUP BY plan_type
SELECT plan_type, SUM(call_cost) AS cost, SUM(SUM(call_cost)) OVER (ORDER BY SUM(call_cost) DESC) AS cumulative FROM gold.repeat_calls_analysis GROUP BY plan_type ORDER BY cost DESC
SELECT plan_type, cost, SUM(cost) OVER (ORDER BY cost DESC ROWS UNBOUNDED PRECEDING) / SUM(cost) OVER () AS pareto FROM (SELECT plan_type, SUM(call_cost) AS cost FROM gold.repeat_calls_analysis GROUP BY plan_type) x
SELECT date_trunc('month', call_date) AS month, call_topic, SUM(total_calls) AS calls, SUM(total_calls) - LAG(SUM(total_calls)) OVER (PARTITION BY call_topic ORDER BY date_trunc('month', call_date)) AS change FROM gold.repeat_calls_analysis GROUP BY 1, 2 ORDER BY 2, 1
SELECT month, call_topic, calls FROM (SELECT date_trunc('month', call_date) AS month, call_topic, SUM(total_calls) AS calls, ROW_NUMBER() OVER (PARTITION BY date_trunc('month', call_date) ORDER BY SUM(total_calls) DESC) AS rn FROM gold.repeat_calls_analysis GROUP BY 1, 2) t WHERE rn = 1 ORDER BY month
SELECT a.m, a.calls, b.leaked FROM (SELECT date_trunc('month', call_date) AS m, SUM(total_calls) AS calls FROM gold.repeat_calls_analysis GROUP BY 1) a LEFT JOIN (SELECT date_trunc('month', call_date) AS m, SUM(leaked_calls) AS leaked FROM gold.digital_call_leakage GROUP BY 1) b ON a.m = b.m ORDER BY a.m
SELECT COUNT(*) AS sessions, SUM(CASE WHEN outcome = 'success' THEN 1 ELSE 0 END)::FLOAT / COUNT(*) AS rate FROM gold.digital_interactions WHERE interaction_date BETWEEN DATE '2026-01-01' AND DATE '2026-12-31' AND journey = 'Billing'
SELECT m.plan_type, m.segment, COUNT(*) AS calls, COUNT(DISTINCT c.member_id) AS callers FROM gold.calls c INNER JOIN gold.members m USING (member_id) WHERE c.call_date >= DATE '2026-01-01' GROUP BY 1, 2 HAVING COUNT(DISTINCT c.member_id) >= 11 ORDER BY calls DESC
SELECT COUNT(DISTINCT c.member_id) FROM gold.calls c WHERE c.is_negative = 1 AND c.call_topic IN (SELECT call_topic FROM gold.top_opportunities)
SELECT call_topic, COUNT(*) FROM gold.calls c WHERE EXISTS (SELECT 1 FROM gold.top_opportunities o WHERE o.call_topic = c.call_topic) GROUP BY 1
SELECT c.call_topic, COUNT(*) AS calls, MAX(o.estimated_savings) FROM gold.calls c LEFT JOIN gold.top_opportunities o ON o.call_topic = c.call_topic GROUP BY 1
SELECT c.call_date, COUNT(*) AS calls, MAX(k.total_calls) FROM gold.calls c JOIN gold.executive_kpis k ON k.kpi_date = c.call_date GROUP BY 1
SELECT channel, COUNT(*) FILTER (WHERE outcome = 'failure') AS failures FROM gold.member_journey_timeline WHERE event_ts >= TIMESTAMP '2026-09-01' AND event_ts < TIMESTAMP '2026-10-01' GROUP BY channel
SELECT date_trunc('week', event_ts) AS wk, COUNT(*) FROM gold.member_journey_timeline GROUP BY 1 ORDER BY 1
SELECT event_type, COUNT(*) n, COUNT(DISTINCT member_id) m FROM gold.member_journey_timeline WHERE channel IN ('call','digital') GROUP BY event_type HAVING COUNT(DISTINCT member_id) > 10
SELECT AVG(sentiment_score) FROM gold.member_journey_timeline WHERE event_date > DATE '2026-01-01' AND topic LIKE 'B%'
SELECT CASE WHEN AVG(sentiment_score) < 0 THEN 'bad' ELSE 'good' END FROM gold.member_journey_timeline
SELECT channel, ROUND(AVG(sentiment_score), 3) AS s, RANK() OVER (ORDER BY AVG(sentiment_score)) FROM gold.member_journey_timeline GROUP BY channel
SELECT member_tenure, COUNT(*) FROM gold.calls GROUP BY 1 ORDER BY CASE member_tenure WHEN 'New' THEN 1 ELSE 2 END
