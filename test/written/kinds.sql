-- Every kind of workbook that the extension writes, as a file in $WRITTEN. A new kind is one more line at the end.
\set ON_ERROR_STOP on
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;
CREATE EXTENSION pg_xlsx;
CREATE TYPE size AS ENUM ('small', 'large, very');
CREATE TABLE article (article_no varchar(5) NOT NULL UNIQUE, label text, size size NOT NULL, in_stock boolean, price numeric(8, 2), since date);
COMMENT ON COLUMN article.label IS 'What customers see';
SELECT xlsx.create_profile('article', 'article') > 0 \g /dev/null
-- Good rows, a few bad ones, and so many bad ones that the errors take several chunks.
SELECT task AS few FROM xlsx.import('article', xlsx.write(
  'SELECT n AS article_no, ''Zoë <&> '' || n AS label, CASE WHEN n % 3 = 0 THEN ''huge'' ELSE ''small'' END AS size, n % 2 = 0 AS in_stock, n / 7.0 AS price FROM generate_series(1, 20) AS n')) \gset
SELECT task AS many FROM xlsx.import('article', xlsx.write(
  'SELECT n AS article_no, md5(n::text) AS label, ''huge'' AS size, md5((-n)::text) AS price FROM generate_series(1, 40000) AS n')) \gset

SELECT encode(xlsx.template('article'), 'base64') \g |base64 -d >"$WRITTEN"/template.xlsx
SELECT encode(xlsx.errors_workbook(:few), 'base64') \g |base64 -d >"$WRITTEN"/errors.xlsx
SELECT encode(string_agg(c, ''), 'base64') FROM (SELECT xlsx.errors_workbook_chunks(:many) AS c) AS chunks \g |base64 -d >"$WRITTEN"/errors-chunks.xlsx
SELECT encode(xlsx.write('SELECT 1 AS id, ''Ann'' AS name, date ''1990-05-17'' AS born, now() AS at'), 'base64') \g |base64 -d >"$WRITTEN"/result.xlsx
SELECT encode(xlsx.write('SELECT 1 AS a WHERE false', header => false), 'base64') \g |base64 -d >"$WRITTEN"/result-empty.xlsx
SELECT encode(string_agg(c, ''), 'base64') FROM (SELECT xlsx.write_chunks('SELECT n, md5(n::text) FROM generate_series(1, 30000) AS n') AS c) AS chunks \g |base64 -d >"$WRITTEN"/result-chunks.xlsx
SELECT encode(xlsx.write('SELECT n FROM generate_series(1, 1048580) AS n'), 'base64') \g |base64 -d >"$WRITTEN"/result-sheets.xlsx
