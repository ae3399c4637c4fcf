-- Queries as workbooks: what is written is read again by the reader, typed the same.
SET timezone = 'UTC';
CREATE DOMAIN price AS numeric(8, 2);
CREATE TEMP TABLE written AS SELECT xlsx.write($$
SELECT * FROM (VALUES
  (1::smallint, 9007199254740993::bigint, 1.10::price, 0.1::float4, 0.1::float8 + 0.2::float8, 12345678901234567890.5::numeric,
   true, date '2020-01-31', timestamp '2020-01-31 13:45:07', timestamptz '2020-01-31 13:45:07.25+00', time '23:59:59',
   interval '26 hours', '=1+1'::text, '{"a": 1}'::jsonb, '00123'::text),
  (-1, 9007199254740992, -7, 'NaN', 'Infinity', 0.12345678901234567, false, '1900-01-01', '1900-02-28 12:00', '1899-12-31',
   '00:00:00.5', '1 mon', E' a\tb\n ', NULL, ''),
  (NULL, 123456789012, NULL, 3e38, 1e-310, 'NaN', NULL, 'infinity', '9999-12-31 23:59:59.999', '-infinity', '24:00', '-1 hour',
   U&'\+01F600', '[]', '_x0041_')
) AS v (small, big, price, single, double, exact, flag, day, moment, zoned, clock, lapse, label, json, code)
$$, 'Types & more', '{"code": "Code-Nr", "price": "Price"}') AS data;
SELECT sheet, name FROM written, xlsx.sheets(data);
SELECT c.row, c.col, c.kind, c.value FROM written, xlsx.cells(data) AS c;
-- No rows, no header, more rows than a sheet holds
SELECT c.* FROM xlsx.cells(xlsx.write('SELECT 1 AS a WHERE false')) AS c;
SELECT c.* FROM xlsx.cells(xlsx.write('SELECT 1 AS a', header => false)) AS c;
CREATE TEMP TABLE long AS SELECT xlsx.write('SELECT n FROM generate_series(1, 1048580) AS n', 'A name of thirty-one characters') AS data;
SELECT s.*, min(c.row), max(c.row), min(c.value), max(c.value)
FROM long, xlsx.sheets(data) AS s, xlsx.cells(data, s.name, '1048575:1048576') AS c WHERE s.sheet = 1 GROUP BY 1, 2, 3
UNION ALL SELECT s.*, min(c.row), max(c.row), min(c.value), max(c.value)
FROM long, xlsx.sheets(data) AS s, xlsx.cells(data, s.name) AS c WHERE s.sheet = 2 GROUP BY 1, 2, 3;
-- In chunks it is the same
SELECT string_agg(chunk, '') = xlsx.write('SELECT n, md5(n::text) FROM generate_series(1, 20000) AS n') AS same,
  count(*) > 1 AS several, max(length(chunk))
FROM (SELECT xlsx.write_chunks('SELECT n, md5(n::text) FROM generate_series(1, 20000) AS n') AS chunk) AS c;
-- Read only, whatever the query calls
CREATE TABLE people_copy (id int);
CREATE FUNCTION sneaky() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO people_copy VALUES (1); RETURN 1; END';
SELECT xlsx.write('INSERT INTO people_copy VALUES (1) RETURNING id');
SELECT xlsx.write('SELECT sneaky()');
SELECT xlsx.write('DROP TABLE people_copy');
SHOW transaction_read_only;
-- As the caller
CREATE ROLE regress_writer;
SET ROLE regress_writer;
SELECT xlsx.write('SELECT * FROM people_copy');
RESET ROLE;
-- Refusals that help
SELECT xlsx.write('SELECT 1; SELECT 2');
SELECT xlsx.write('SELECT 1 AS a', headers => '{"b": "B"}');
SELECT xlsx.write('SELECT 1 AS a', headers => '["a"]');
SELECT xlsx.write('SELECT 1 AS a', 'a/b');
SELECT xlsx.write('SELECT 1 AS a, repeat(''x'', 32768) AS b');
SELECT xlsx.write(NULL);
DROP TABLE people_copy;
DROP FUNCTION sneaky;
DROP DOMAIN price;
DROP ROLE regress_writer;
