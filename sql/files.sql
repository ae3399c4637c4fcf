-- Workbooks that lie in large objects and in files of the server.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE TABLE sample AS SELECT decode(:'people', 'base64') AS data;
SELECT lo_from_bytea(47110815, data) AS object FROM sample \gset
SELECT current_setting('data_directory') || '/regress_people.xlsx' AS path \gset
SELECT lo_export(:object, :'path');
SELECT * FROM xlsx.sheets(xlsx.large_object(:object));
SELECT * FROM xlsx.sheets(xlsx.server_file(:'path'));
SELECT count(*), count(*) FILTER (WHERE f.value IS DISTINCT FROM o.value OR f.value IS DISTINCT FROM b.value) AS different
FROM sample, xlsx.cells(data) AS b
  FULL JOIN xlsx.cells(xlsx.large_object(:object)) AS o USING (sheet, row, col)
  FULL JOIN xlsx.cells(xlsx.server_file(:'path')) AS f USING (sheet, row, col);
-- To others they are bytes, also in a table, a variable and a sort.
SELECT data = xlsx.large_object(:object) AS object, data = xlsx.server_file(:'path') AS file,
  md5(data) = md5(xlsx.server_file(:'path')) AS md5, length(data) = length(xlsx.large_object(:object)) AS length FROM sample;
CREATE TEMP TABLE kept AS SELECT xlsx.server_file(:'path') AS data ORDER BY data;
DO $$
DECLARE
  book bytea := xlsx.server_file(current_setting('data_directory') || '/regress_people.xlsx');
BEGIN
  RAISE NOTICE 'sheet %, as kept: %', (SELECT name FROM xlsx.sheets(book)), book = (SELECT data FROM kept);
END
$$;
SELECT count(*) FROM generate_series(1, 300), xlsx.sheets(xlsx.server_file(:'path'));
-- A long value is read where it lies, too, unless it is compressed; also after its row was deleted.
CREATE TABLE shelf AS SELECT title, xlsx.write(format('SELECT n, md5(n::text), %L FROM generate_series(1, 15000) AS n', title)) AS data
FROM unnest(ARRAY['first', 'second']) AS title;
SELECT length(data) > 2 * 262144 AS long, pg_column_compression(data) AS compression FROM shelf;
SELECT title, (SELECT count(*) FILTER (WHERE c.value = w.value) FROM xlsx.cells(data) AS c JOIN xlsx.cells(data || ''::bytea) AS w USING (sheet, row, col)) AS cells
FROM shelf ORDER BY title;
INSERT INTO shelf SELECT size::text, substr(data, 1, size) FROM shelf, unnest(ARRAY[262144, 262145, 524288, 524289]) AS size WHERE title = 'first';
INSERT INTO shelf SELECT 'compressed', string_agg(sha512(n::text::bytea) || decode(repeat('00', 64), 'hex'), '' ORDER BY n) FROM generate_series(1, 8000) AS n;
INSERT INTO shelf VALUES ('short', '\x50');
SELECT title, length(data), pg_column_compression(data) AS compression, xlsx.file_hash(data) = sha256(data) AS same FROM shelf ORDER BY title;
WITH gone AS (DELETE FROM shelf WHERE title = 'second' RETURNING data) SELECT count(*) FROM gone, xlsx.cells(data);
DROP TABLE shelf;
-- Imports take them, too.
CREATE TABLE filed (name text, bio_id text);
SELECT xlsx.create_profile('filed', 'filed') > 0 AS made;
SELECT status, saved_rows FROM xlsx.import('filed', xlsx.server_file(:'path'));
SELECT status, saved_rows FROM xlsx.import('filed', xlsx.large_object(:object));
SELECT xlsx.submit('filed', xlsx.large_object(:object), 'people.xlsx') AS task \gset
SELECT xlsx.wait(:task, '30 s');
SELECT count(*), count(DISTINCT f.*) FROM filed AS f;
SELECT xlsx.submit('filed', xlsx.server_file(current_setting('data_directory') || '/PG_VERSION'), 'version.xlsx');
SELECT count(xlsx.delete(id)) FROM xlsx.tasks WHERE profile = 'filed';
SELECT xlsx.drop_profile('filed');
DROP TABLE filed;
-- What is none
SELECT * FROM xlsx.sheets(xlsx.large_object(1));
SELECT * FROM xlsx.sheets(xlsx.server_file('/nowhere/people.xlsx'));
SELECT * FROM xlsx.sheets(xlsx.server_file('/dev/null'));
SELECT * FROM xlsx.sheets(xlsx.server_file(current_setting('data_directory') || '/PG_VERSION'));
SELECT * FROM xlsx.sheets(xlsx.server_file(NULL));
-- Rights: those that the caller has anyway
CREATE ROLE regress_reader;
CREATE ROLE regress_files IN ROLE pg_read_server_files;
SET ROLE regress_reader;
SELECT * FROM xlsx.sheets(xlsx.large_object(:object));
SELECT * FROM xlsx.sheets(xlsx.server_file('/dev/null'));
SET ROLE regress_files;
SELECT name FROM xlsx.sheets(xlsx.server_file(:'path'));
RESET ROLE;
GRANT SELECT ON LARGE OBJECT :object TO regress_reader;
SET ROLE regress_reader;
SELECT name FROM xlsx.sheets(xlsx.large_object(:object));
RESET ROLE;
SELECT lo_unlink(:object);
DROP TABLE sample;
DROP ROLE regress_reader, regress_files;
