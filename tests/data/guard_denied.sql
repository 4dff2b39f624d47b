-- One statement a line that an executive may not run: each tries another way round a rule.
SELECT member_id FROM gold.calls
SELECT call_id, call_topic FROM gold.calls
SELECT call_topic FROM gold.calls
SELECT transcript FROM gold.calls
SELECT max(transcript) FROM gold.calls
SELECT count(*) FROM gold.calls WHERE transcript LIKE '%bill%'
SELECT count(DISTINCT transcript) FROM gold.calls
SELECT count(*) FROM gold.members WHERE first_name = 'Maria'
SELECT zip_code, count(*) FROM gold.members GROUP BY 1
SELECT max(claim_amount) FROM gold.claims
SELECT min(call_ts) FROM gold.calls
SELECT median(handle_time_minutes) FROM gold.calls
SELECT sum(claim_amount) FROM gold.claims WHERE claim_amount > 10000
SELECT sum(CASE WHEN claim_amount > 10000 THEN 1 ELSE 0 END) FROM gold.claims
SELECT sum(claim_amount * claim_amount) FROM gold.claims
SELECT sum(1 / (claim_amount - 37.5)) FROM gold.claims
SELECT count(nullif(claim_amount, 37.5)) FROM gold.claims
SELECT sum(round(claim_amount)) FROM gold.claims
SELECT sum(power(10, claim_amount)) FROM gold.claims
SELECT hour(call_ts), count(*) FROM gold.calls GROUP BY 1
SELECT date_trunc('hour', call_ts), count(*) FROM gold.calls GROUP BY 1
SELECT date_trunc('minute', call_ts) AS m, count(*) FROM gold.calls GROUP BY m
SELECT strftime(call_ts, '%H'), count(*) FROM gold.calls GROUP BY 1
SELECT strftime(call_ts, '%c'), count(*) FROM gold.calls GROUP BY 1
SELECT call_ts, count(*) FROM gold.calls GROUP BY 1
SELECT count(*) FROM gold.calls WHERE call_ts = TIMESTAMP '2025-01-01 10:11:12'
SELECT count(*) FROM gold.calls WHERE call_ts < DATE '2025-01-01' + INTERVAL 37 MINUTE
SELECT count(*) FROM gold.calls WHERE call_ts + INTERVAL 37 MINUTE < DATE '2025-01-01'
SELECT count(*) FROM gold.calls WHERE date_diff('minute', call_ts, DATE '2025-01-01') > 3
SELECT count(*) FROM gold.calls WHERE age(call_ts) > INTERVAL 3 DAY
SELECT count(*) FROM gold.calls WHERE epoch(call_ts) > 3
SELECT sum(handle_time_minutes) FROM (SELECT handle_time_minutes FROM gold.calls LIMIT 1) t
SELECT sum(handle_time_minutes) FROM (SELECT handle_time_minutes FROM gold.calls ORDER BY handle_time_minutes DESC LIMIT 1) t
WITH one AS (SELECT handle_time_minutes, row_number() OVER () AS r FROM gold.calls) SELECT sum(handle_time_minutes) FROM one WHERE r = 1
WITH b AS (SELECT member_id AS x FROM gold.calls) SELECT x FROM b
WITH b AS (SELECT member_id AS x FROM gold.calls) SELECT count(*) FROM b WHERE x = 'M1'
WITH b AS (SELECT member_id AS x FROM gold.calls) SELECT x, count(*) FROM b GROUP BY x
WITH b AS (SELECT *, handle_time_minutes AS plan_type2 FROM gold.calls) SELECT plan_type2, count(*) FROM b GROUP BY 1
WITH a AS (SELECT claim_amount AS v FROM gold.claims), b AS (SELECT v AS w FROM a) SELECT max(w) FROM b
WITH a AS (SELECT member_id AS v, 1 AS w FROM gold.claims UNION ALL SELECT plan_type, 1 FROM gold.claims) SELECT v, count(*) FROM a GROUP BY v
SELECT v, count(*) FROM (SELECT plan_type AS v FROM gold.claims UNION ALL SELECT member_id FROM gold.claims) t GROUP BY v
SELECT c.plan_type, count(*) FROM gold.calls c JOIN gold.surveys s ON c.member_id = s.member_id GROUP BY 1
SELECT c.plan_type, count(*) FROM gold.calls c JOIN gold.surveys s USING (member_id) GROUP BY 1
SELECT count(*) FROM gold.calls WHERE member_id IN (SELECT member_id FROM gold.surveys)
SELECT kpi_date FROM gold.executive_kpis SEMI JOIN gold.calls c ON c.member_id = 'M1'
SELECT kpi_date FROM gold.executive_kpis k SEMI JOIN gold.calls c ON c.call_date = k.kpi_date AND c.handle_time_minutes > 50
SELECT kpi_date FROM gold.executive_kpis k WHERE EXISTS (SELECT 1 FROM gold.calls c WHERE c.call_date = k.kpi_date)
SELECT kpi_date, (SELECT max(c.handle_time_minutes) FROM gold.calls c WHERE c.call_date = k.kpi_date) FROM gold.executive_kpis k
SELECT (SELECT count(*) FROM gold.executive_kpis k WHERE k.total_calls > c.handle_time_minutes) AS n, count(*) FROM gold.calls c GROUP BY ALL
SELECT count(*) FROM gold.calls c WHERE (SELECT count(*) FROM gold.executive_kpis k WHERE k.total_calls > c.handle_time_minutes) > 3
SELECT plan_type, count(*) FROM gold.calls GROUP BY plan_type, handle_time_minutes
SELECT count(*) FROM gold.calls GROUP BY ALL, member_id
SELECT plan_type, count(*) FROM gold.calls GROUP BY GROUPING SETS ((plan_type), (member_id))
SELECT plan_type, count(*) FROM gold.calls GROUP BY ROLLUP (plan_type, member_id)
SELECT plan_type, count(*) FROM gold.calls GROUP BY plan_type ORDER BY max(handle_time_minutes)
SELECT plan_type, count(*) FROM gold.calls GROUP BY plan_type HAVING max(handle_time_minutes) > 3
SELECT plan_type, count(*) FROM gold.calls GROUP BY plan_type QUALIFY row_number() OVER (ORDER BY max(member_id)) = 1
SELECT plan_type, sum(handle_time_minutes) OVER () FROM gold.calls
SELECT DISTINCT handle_time_minutes FROM gold.calls
SELECT DISTINCT member_id FROM gold.calls
SELECT count(DISTINCT handle_time_minutes) FROM gold.calls
SELECT string_agg(member_id, ',') FROM gold.calls
SELECT arg_max(member_id, handle_time_minutes) FROM gold.calls
SELECT max_by(call_topic, handle_time_minutes) FROM gold.calls
SELECT any_value(handle_time_minutes) FROM gold.calls
SELECT first(handle_time_minutes) FROM gold.calls
SELECT product(handle_time_minutes) FROM gold.calls
SELECT bool_or(member_id = 'M1') FROM gold.calls
SELECT count(*) FILTER (WHERE handle_time_minutes > 50) FROM gold.calls
SELECT sum(handle_time_minutes) FILTER (WHERE member_id = 'M1') FROM gold.calls
SELECT avg(handle_time_minutes ORDER BY member_id) FROM gold.calls
SELECT coalesce(member_id, 'x') FROM gold.calls
SELECT count(DISTINCT member_id || call_ts) FROM gold.calls
SELECT count(DISTINCT CASE WHEN member_id = 'M1' THEN call_id END) FROM gold.calls
SELECT count(CASE WHEN member_id = 'M1' THEN 1 END) FROM gold.calls
SELECT sum((member_id = 'M1')::INT) FROM gold.calls
SELECT sum(length(member_id)) FROM gold.calls
SELECT sum(leak_delay_minutes * (handle_time_minutes > 3)::INT) FROM gold.calls
SELECT c FROM gold.calls c
SELECT count(c) FROM gold.calls c
SELECT c::VARCHAR FROM gold.calls c
SELECT to_json(c) FROM gold.calls c
SELECT row(c.*) FROM gold.calls c
SELECT COLUMNS('.*') FROM gold.executive_kpis
SELECT k.total_calls.sqrt() FROM gold.executive_kpis k
SELECT total_calls.sqrt() FROM gold.executive_kpis
SELECT (total_calls).abs() FROM gold.executive_kpis
SELECT [total_calls] FROM gold.executive_kpis
SELECT {'a': total_calls} FROM gold.executive_kpis
SELECT total_calls FROM gold.executive_kpis TABLESAMPLE 10
SELECT * FROM gold.executive_kpis AT (VERSION => 1)
SELECT * FROM gold.executive_kpis k(a, b)
SELECT * FROM silver.calls
SELECT * FROM main.calls
SELECT * FROM published.gold.executive_kpis
SELECT * FROM gold.duckdb_tables
SELECT * FROM duckdb_tables()
SELECT * FROM pragma_table_info('gold.calls')
SELECT * FROM sqlite_master
SELECT * FROM pg_tables
SELECT current_setting('threads')
SELECT version()
SELECT current_user
SELECT current_schema()
SELECT uuid()
SELECT random()
SELECT setseed(0.5)
SELECT txid_current()
SELECT write_log('x')
SELECT * FROM glob('*')
SELECT * FROM 'a.csv'
SELECT * FROM "a.csv"
FROM 'a.parquet'
SELECT * FROM read_csv_auto('x')
SELECT * FROM unnest([1,2,3])
SELECT unnest(range(100000))
SELECT range(1000000000)
SELECT repeat('a', 1000000000)
SELECT lpad('a', 1000000000, 'b')
SELECT rpad('a', 1000000000)
SELECT printf('%2000000000d', 1)
SELECT bar(1, 0, 1000000000, 100)
SELECT * FROM range(1000000000)
SELECT * FROM range(0, (SELECT max(total_calls) FROM gold.executive_kpis))
SELECT * FROM generate_series(DATE '2000-01-01', DATE '2025-01-01', INTERVAL 1 SECOND) t(d)
SELECT * FROM generate_series(TIMESTAMP '2025-01-01', TIMESTAMP '2025-01-02', INTERVAL 1 MILLISECOND) t(d)
SELECT count(*) FROM range(10000) a(i), range(10000) b(i)
SELECT count(*) FROM gold.executive_kpis a JOIN gold.executive_kpis b ON a.kpi_date = a.kpi_date
SELECT count(*) FROM gold.executive_kpis a JOIN gold.executive_kpis b ON a.kpi_date = b.kpi_date OR true
SELECT count(*) FROM gold.executive_kpis a CROSS JOIN gold.digital_call_leakage b
SELECT count(*) FROM gold.executive_kpis a NATURAL JOIN gold.executive_kpis b
SELECT count(*) FROM gold.executive_kpis a, LATERAL (SELECT a.total_calls) b
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t) SELECT sum(n) FROM t
WITH a AS MATERIALIZED (DELETE FROM gold.calls RETURNING *) SELECT 1
PIVOT gold.executive_kpis ON kpi_date USING sum(total_calls)
FROM gold.calls
TABLE gold.calls
DESCRIBE gold.calls
SUMMARIZE gold.executive_kpis
SHOW TABLES
SHOW ALL TABLES
EXPLAIN SELECT 1
EXPLAIN ANALYZE SELECT 1
PRAGMA version
CALL pragma_version()
COPY gold.executive_kpis TO 'x.csv'
SET threads = 8
SELECT $1
SELECT ?
SELECT $x
SELECT count(*) FROM gold.executive_kpis WHERE kpi_date = $day
SELECT 1; SELECT 2
SELECT 1 AS "a; DROP TABLE x"
WITH u AS (SELECT 'minute' AS day) SELECT date_trunc(u.day, call_ts), count(*) FROM gold.calls CROSS JOIN u GROUP BY 1
WITH u AS (SELECT 'minute' AS day) SELECT date_part(u.day, call_ts), count(*) FROM gold.calls CROSS JOIN u GROUP BY 1
WITH u AS (SELECT 'minute' AS day) SELECT date_diff(u.day, call_ts, DATE '2025-01-01'), count(*) FROM gold.calls CROSS JOIN u GROUP BY 1
WITH u AS (SELECT '%H' AS f) SELECT strftime(call_ts, u.f), count(*) FROM gold.calls CROSS JOIN u GROUP BY 1
SELECT date_trunc('da' || 'y', call_ts), count(*) FROM gold.calls GROUP BY 1
SELECT count(*) FROM gold.calls WHERE call_ts > DATE '2025-01-01' + INTERVAL '1 day 37 minutes'
SELECT count(*) FROM gold.calls WHERE call_ts > DATE '2025-01-01' + INTERVAL '00:37:00'
SELECT count(*) FROM gold.calls WHERE call_ts > '2025-01-01 00:37:00'
SELECT count(*) FROM gold.calls WHERE call_ts IN (TIMESTAMP '2025-01-01 00:37:00')
SELECT count(*) FROM gold.calls WHERE call_ts BETWEEN DATE '2025-01-01' AND TIMESTAMP '2025-01-01 00:37:00'
SELECT count(*) FROM gold.calls WHERE CAST(call_ts AS TIME) > TIME '10:00:00'
SELECT count(*) FROM gold.calls WHERE call_ts::VARCHAR LIKE '2025-01-01 10%'
SELECT count(*) FROM gold.calls WHERE time_bucket(INTERVAL 1 MINUTE, call_ts) = DATE '2025-01-01'
SELECT greatest(call_ts, DATE '2025-01-01'), count(*) FROM gold.calls GROUP BY 1
WITH c AS (SELECT call_date AS d, 1 AS n FROM gold.calls UNION ALL SELECT call_ts, 1 FROM gold.calls) SELECT d, sum(n) FROM c GROUP BY d
SELECT plan_type, count(*) FROM (SELECT member_id, plan_type FROM gold.calls) AS t(plan_type, x) GROUP BY plan_type
WITH t(plan_type, x) AS (SELECT member_id, plan_type FROM gold.calls) SELECT plan_type, count(*) FROM t GROUP BY plan_type
SELECT plan_type, count(*) FROM (SELECT member_id, plan_type FROM gold.calls) AS t(plan_type) GROUP BY plan_type
SELECT handle_time_minutes AS plan_type, count(*) FROM gold.calls GROUP BY 1
SELECT sum(CAST(claim_amount - 37.5 AS BOOLEAN)::INT) FROM gold.claims
SELECT sum(claim_amount // 1000) FROM gold.claims
SELECT sum(CAST(claim_amount / 1000 AS INT)) FROM gold.claims
SELECT avg(claim_amount % 10) FROM gold.claims
SELECT sum(greatest(claim_amount, 100)) FROM gold.claims
SELECT sum(sign(claim_amount - 37)) FROM gold.claims
SELECT 1, * FROM gold.calls
SELECT count(*) FROM gold.calls GROUP BY call_id
SELECT agent_id, transcript FROM gold.calls
SELECT count(DISTINCT (member_id, call_date)) FROM gold.calls
SELECT sum(total) FROM (SELECT member_id, sum(handle_time_minutes) AS total FROM gold.calls GROUP BY member_id) t
SELECT n, count(*) FROM (SELECT member_id, count(*) AS n FROM gold.calls GROUP BY member_id) t GROUP BY n
SELECT x'41'
SELECT 1::BLOB
SELECT '1'::STRUCT(a INT)
SELECT CAST('[1]' AS INT[])
SELECT CAST('{}' AS JSON)
SELECT e'\x41'
SELECT $$a$$
SELECT total_calls COLLATE NOCASE FROM gold.executive_kpis
SELECT #1 FROM gold.executive_kpis
SELECT list(total_calls) FROM gold.executive_kpis
SELECT histogram(total_calls) FROM gold.executive_kpis
SELECT hash(total_calls) FROM gold.executive_kpis
SELECT md5(segment) FROM gold.repeat_calls_analysis
SELECT sum(DISTINCT handle_time_minutes) FROM gold.calls
SELECT grouping(member_id), count(*) FROM gold.calls GROUP BY member_id
SELECT count(*) OVER (PARTITION BY member_id) FROM gold.calls
SELECT plan_type, count(*) OVER (PARTITION BY member_id) FROM gold.calls GROUP BY plan_type, member_id
SELECT lag(handle_time_minutes) OVER (ORDER BY call_ts) FROM gold.calls
SELECT calls.plan_type FROM gold.calls, gold.executive_kpis k WHERE k.kpi_date = calls.call_date
SELECT k.total_calls FROM gold.calls c, gold.executive_kpis k WHERE k.kpi_date = c.call_date
SELECT try_cast(member_id AS INT) FROM gold.calls
SELECT error('x')
SELECT count(*) FROM gold.calls ORDER BY member_id
SELECT count(*) FROM gold.calls LIMIT (SELECT 5)
SELECT count(*) FROM gold.calls LIMIT 10 PERCENT
SELECT sum(total_calls) FROM gold.executive_kpis WHERE kpi_date IN (SELECT call_date FROM gold.calls WHERE member_id = 'M1')
SELECT sum(total_calls) FROM gold.executive_kpis WHERE kpi_date IN (SELECT call_date FROM gold.calls)
SELECT age_group, join_date, zip_code FROM gold.members
SELECT email FROM gold.members
SELECT avg(length(detail)) FROM gold.member_journey_timeline
SELECT count(*) FROM gold.calls WHERE error_message = (SELECT max(transcript) FROM gold.calls)
SELECT segment, quantile_cont(total_calls, [0.5, 0.9]) FROM gold.repeat_calls_analysis GROUP BY 1
WITH u AS (SELECT 'minute' AS day) SELECT date_trunc(day, call_ts), count(*) FROM gold.calls CROSS JOIN u GROUP BY 1
SELECT m.plan_type, e.call_topic FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id
SELECT m.member_id, COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT COUNT(DISTINCT m.member_id) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id WHERE m.member_id = 'M1'
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id AND m.plan_type = 'HMO'
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id OR m.plan_type = 'HMO'
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id >= m.member_id
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.call_id = m.member_id
SELECT m.plan_type, AVG(m.age) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT m.plan_type, SUM(m.tenure_months * e.is_leaked) FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT m.join_date, COUNT(*) FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT COUNT(*) FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id WHERE m.join_date >= DATE '2025-01-01'
SELECT COUNT(m.email), e.call_topic FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id GROUP BY 2
SELECT COUNT(*) FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id GROUP BY m.zip_code
SELECT m.plan_type, COUNT(*) FROM gold.members m LEFT JOIN gold.calls e ON e.member_id = m.member_id GROUP BY 1
SELECT m.plan_type, COUNT(*) FROM gold.calls e RIGHT JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT m.plan_type, COUNT(*) FROM gold.calls e FULL JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT COUNT(*) FROM gold.members m SEMI JOIN gold.calls e ON e.member_id = m.member_id
SELECT COUNT(*) FROM gold.calls e SEMI JOIN gold.members m ON e.member_id = m.member_id
SELECT COUNT(*) FROM gold.calls e ANTI JOIN gold.members m ON e.member_id = m.member_id
SELECT m.plan_type, COUNT(*) FROM gold.calls e, gold.members m WHERE e.member_id = m.member_id GROUP BY 1
SELECT m.plan_type, COUNT(*) FROM gold.calls e NATURAL JOIN gold.members m GROUP BY 1
SELECT COUNT(*) FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id JOIN gold.surveys s ON s.member_id = m.member_id
SELECT COUNT(*) FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id JOIN gold.members n ON n.member_id = m.member_id
SELECT COUNT(*) FROM gold.members m JOIN gold.members n ON n.member_id = m.member_id
SELECT COUNT(*) FROM gold.calls e JOIN (SELECT member_id, plan_type FROM gold.members) m ON e.member_id = m.member_id
WITH c AS (SELECT member_id FROM gold.calls WHERE call_topic = 'Billing Question') SELECT m.plan_type, COUNT(*) FROM c JOIN gold.members m ON c.member_id = m.member_id GROUP BY 1
WITH x AS (SELECT m.plan_type, e.is_leaked FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id) SELECT plan_type, SUM(is_leaked) FROM x GROUP BY 1
SELECT m.plan_type, COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1, e.member_id
SELECT m.plan_type, COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1 ORDER BY MAX(m.member_id)
SELECT m.plan_type, COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id WHERE EXISTS (SELECT 1 FROM gold.surveys s WHERE s.member_id = m.member_id) GROUP BY 1
SELECT m.plan_type, COUNT(*) FROM gold.calls e LEFT JOIN gold.calls m ON e.member_id = m.member_id GROUP BY 1
SELECT COUNT(*) FROM gold.calls e ASOF LEFT JOIN gold.members m ON e.member_id = m.member_id
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = e.member_id
SELECT COUNT(*) FROM gold.calls e LEFT JOIN gold.members m ON lower(e.member_id) = m.member_id
SELECT m.plan_type, SUM(CASE WHEN m.age > 80 THEN 1 ELSE 0 END) FROM gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id GROUP BY 1
SELECT DISTINCT m.member_id FROM gold.calls e JOIN gold.members m ON e.member_id = m.member_id
SELECT COUNT(*) FROM gold.member_journey_timeline t JOIN gold.members m ON t.member_id = m.member_id WHERE t.detail LIKE '%x%'
