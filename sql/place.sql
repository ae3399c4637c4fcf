-- Where an import reads is said in the same words everywhere: sheet, range, header_row. The task's go before the profile's.
CREATE TABLE placed (task_id bigint, name text NOT NULL, gender text);
SELECT xlsx.create_profile('placed', 'placed', 'task_id') > 0 AS made;
CREATE TABLE book AS SELECT xlsx.write($$
  SELECT * FROM (VALUES ('Ann', 'F', 'Eve', 'F'), ('Bob', 'M', 'Dan', 'M'), ('Sum', '2', 'Sum', '2')) AS v (name, gender, "name 2", "gender 2")
$$, headers => '{"name 2": "Name", "gender 2": "Gender"}') AS file;
CREATE FUNCTION seen(task bigint) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(p.name || ' ' || p.gender, ', ' ORDER BY p.name) FROM placed p WHERE p.task_id = task $$;
SELECT xlsx.alter_profile('placed', range => 'A1:B3');
SELECT seen(i.task) FROM book, LATERAL xlsx.import('placed', file) AS i;
SELECT i.task AS import FROM book, LATERAL xlsx.import('placed', file, range => 'C1:D2') AS i \gset
SELECT xlsx.submit('placed', file, range => 'C:D', header_row => '1') AS submit FROM book \gset
SELECT task AS once FROM book, LATERAL xlsx.submit_once('placed', file, range => 'C1:D4') \gset
SELECT xlsx.schedule('placed', NULL, 'placed', query => 'SELECT file, ''book.xlsx'' FROM book', range => '1:2') > 0 AS made;
SELECT submitted, refused, error FROM xlsx.run_schedule('placed');
SELECT xlsx_rest.upload_begin('placed', 'book.xlsx', '{"range": "C1:D3"}') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, file) FROM book;
SELECT body -> 'columns' -> 0 ->> 'col' AS first FROM xlsx_rest.rest_preview(:upload);
SELECT body ->> 'taskId' AS uploaded FROM xlsx_rest.upload_finish(:upload) \gset
SELECT t.id = max(t.id) OVER () AS last, xlsx.wait(t.id, '30 s'), t.range FROM xlsx.tasks t WHERE t.profile = 'placed' ORDER BY t.id;
SELECT t.range, t.header_row, seen(t.id) FROM xlsx.tasks t WHERE t.profile = 'placed' ORDER BY t.id;
-- An empty range is the whole sheet, whose headers stand twice.
SELECT i.status, i.total_rows FROM book, LATERAL xlsx.import('placed', file, range => '', mapping => '{"Gender": ""}') AS i;
SELECT range FROM xlsx.tasks WHERE id = (SELECT max(id) FROM xlsx.tasks);
-- One that is none is refused at once, whoever takes it.
CREATE FUNCTION told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  EXECUTE statement;
  RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLERRM || '; ' || hint;
END $$;
SELECT DISTINCT told(format(call, '''B2:''')) FROM unnest(ARRAY['SELECT xlsx.submit(''placed'', file, range => %s) FROM book',
  'SELECT xlsx.submit_once(''placed'', file, range => %s) FROM book', 'SELECT xlsx.import(''placed'', file, range => %s) FROM book',
  'SELECT xlsx.match_headers(''placed'', file, range => %s) FROM book', 'SELECT xlsx.preview(file, ''placed'', range => %s) FROM book',
  'SELECT xlsx.discover(file, range => %s) FROM book', 'SELECT xlsx.cells(file, range => %s) FROM book',
  'SELECT xlsx.create_table_sql(file, ''t'', range => %s) FROM book', 'SELECT t.name FROM book, xlsx.read(file, range => %s) AS t(name text)',
  'SELECT xlsx.alter_profile(''placed'', range => %s)', 'SELECT xlsx.schedule(''other'', NULL, ''placed'', query => ''SELECT 1'', range => %s)',
  'SELECT xlsx_rest.upload_finish(xlsx_rest.upload_begin(''placed'', ''x.xlsx'', json_build_object(''range'', %s)))']) AS call;
SELECT xlsx.unschedule('placed'), count(xlsx.delete(id)) FROM xlsx.tasks WHERE profile = 'placed';
SELECT xlsx.drop_profile('placed');
DROP TABLE placed, book;
DROP FUNCTION seen, told;
