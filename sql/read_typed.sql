-- Sheets as rows of the caller's types.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
\set types `base64 -w0 :'root'/test/samples/types.xlsx`
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE size AS ENUM ('small', 'large');
CREATE TEMP TABLE sample AS SELECT decode(:'people', 'base64') AS people, decode(:'types', 'base64') AS types, xlsx.write($$
  SELECT * FROM (VALUES
    ('Prices of 2020', NULL, NULL, NULL, NULL, NULL, NULL),
    ('Article-No', 'Net price', 'In Stock', 'Since', 'Size', 'Tags', 'Count'),
    ('00123', '1.50', 'true', '2020-01-31', 'small', '{a,b}', '3'),
    ('B-7', NULL, 'false', '1999-12-31', 'large', NULL, '4')
  ) AS v$$, header => false) AS texts, xlsx.write($$
  SELECT 1 AS "Id", 1.1::numeric AS amount, 0.1::float8 AS ratio, date '2020-01-31' AS day, timestamp '2020-01-31 13:45:07.25' AS moment,
    time '12:30' AS clock, interval '30 hours' AS lapse, true AS flag, '00123' AS code, 12345678901234567890.5::numeric AS exact,
    9007199254740993 AS big, '{"a": [1]}'::jsonb AS json$$, 'Typed') AS typed;
-- By header, whatever its case, spaces, "-" and "_", in any order
SELECT t.* FROM sample, xlsx.read(people) AS t(bio_id text, "NAME" varchar(5));
SELECT t.* FROM sample, xlsx.read(texts) AS t(article_no text, in_stock boolean, net_price numeric(6, 2), since date, size size,
  tags text[], count positive);
-- What was written comes back the same
SELECT t.* FROM sample, xlsx.read(typed) AS t(id int, amount numeric, ratio float8, day date, moment timestamp, clock time,
  lapse interval, flag boolean, code text, exact numeric, big bigint, json jsonb) \gx
-- By position, in a range, of a sheet by number or pattern
SELECT t.* FROM sample, xlsx.read(texts, '#1', 'A3:C4', 'none') AS t(article text, price real, stock text);
SELECT t.* FROM sample, xlsx.read(texts, '~^Sheet', header_row => '2') AS t(since text);
SELECT t.* FROM sample, xlsx.read(people, range => 'B:C') AS t(gender text) WHERE gender IS NOT NULL;
SELECT sum(t.n) FROM xlsx.read(xlsx.write('SELECT n FROM generate_series(1, 100000) AS n')) AS t(n int);
-- Into a table
CREATE TABLE article (article_no text, net_price numeric);
INSERT INTO article SELECT t.* FROM sample, xlsx.read(texts) AS t(article_no text, net_price numeric);
TABLE article;
DROP TABLE article;
-- A value that does not fit is an error with its cell, or null
SELECT t.* FROM sample, xlsx.read(types) AS t(name text, born date);
SELECT t.* FROM sample, xlsx.read(types) AS t(name text, amount numeric(6, 2));
SELECT t.* FROM sample, xlsx.read(texts) AS t(article_no varchar(3));
SELECT t.* FROM sample, xlsx.read(texts, range => 'A2:G3') AS t(article_no int);
SELECT t.* FROM sample, xlsx.read(texts) AS t(size positive);
SELECT t.* FROM sample, xlsx.read(types, on_error => 'null') AS t(name text, born date, small_count smallint, active boolean, kind size);
-- Refusals that help
SELECT t.* FROM sample, xlsx.read(people) AS t(name text, salary int, "born on" date);
SELECT t.* FROM sample, xlsx.read(people, 'Salaries') AS t(name text);
SELECT t.* FROM sample, xlsx.read(people, header_row => 'top') AS t(name text);
SELECT t.* FROM sample, xlsx.read(people, header_row => '9') AS t(name text);
SELECT t.* FROM sample, xlsx.read(people, on_error => 'skip') AS t(name text);
SELECT t.* FROM sample, xlsx.read(people, range => 'A1:') AS t(name text);
SELECT xlsx.read(people) FROM sample;
SELECT * FROM xlsx.read(NULL) AS t(name text);
DROP DOMAIN positive;
DROP TYPE size;
