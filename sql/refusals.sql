-- Options whose values do not exist are refused with a sentence: 22023, a detail and a hint, and no constraint of a private table.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
\set book `:'root'/test/tools/book.py '[["Name", "Age"], ["a", 1]]'`
CREATE FUNCTION told(statement text) RETURNS TABLE (code text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
DECLARE
  place text;
BEGIN
  EXECUTE statement;
  message := 'DONE';
  RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, place = CONSTRAINT_NAME;
  IF place <> '' THEN message := 'constraint ' || place || ': ' || message; END IF;
  RETURN NEXT;
END $$;
CREATE TABLE refusal (id bigint GENERATED ALWAYS AS IDENTITY, name text, age int, twice int GENERATED ALWAYS AS (age * 2) STORED);
SELECT xlsx.create_profile('refusal', 'refusal') > 0 AS made;
\x
SELECT t.* FROM unnest(ARRAY[
  $$SELECT xlsx.alter_profile('refusal', header_check => 'some')$$,
  $$SELECT xlsx.alter_profile('refusal', header_row => 'second')$$,
  $$SELECT xlsx.alter_profile('refusal', header_row => '0')$$,
  $$SELECT xlsx.alter_profile('refusal', mode => 'merge')$$,
  $$SELECT xlsx.alter_profile('refusal', skip_end => -1)$$,
  $$SELECT xlsx.alter_profile('refusal', null_tokens => ARRAY['-', NULL])$$,
  $$SELECT xlsx.alter_profile('refusal', key_columns => ARRAY['name', NULL]::name[])$$,
  $$SELECT xlsx.alter_profile('refusal', index_after_load => 'later')$$]) AS s (statement), told(s.statement) AS t;
SELECT t.* FROM unnest(ARRAY[
  $$SELECT xlsx.set_column('refusal', 'name', source => 'sheet')$$,
  $$SELECT xlsx.set_column('refusal', 'name', source => 'somewhere')$$,
  $$SELECT xlsx.set_column('refusal', 'name', source => 'value')$$,
  $$SELECT xlsx.set_column('refusal', 'name', header => '')$$,
  $$SELECT xlsx.set_column('refusal', 'name', label => '')$$,
  $$SELECT xlsx.set_column('refusal', 'name', aliases => ARRAY[NULL]::text[])$$,
  $$SELECT xlsx.set_column('refusal', 'name', messages => '[]')$$,
  $$SELECT xlsx.set_column('refusal', 'twice', header => 'Twice')$$,
  $$SELECT xlsx.set_column('refusal', 'id', header => 'Id')$$,
  $$SELECT xlsx.set_column('refusal', 'ctid', header => 'Place')$$,
  $$SELECT xlsx.set_column('refusal', 'name', transform => 'x) FROM secret --')$$,
  $$SELECT xlsx.set_column('refusal', 'name', lookup => 'SELECT 1, 2;')$$,
  $$SELECT xlsx.set_column('refusal', NULL, header => 'Nothing')$$,
  $$SELECT xlsx.create_profile('refusal 2', 'refusal', headers => '{"id": "Number", "name": "Name"}')$$,
  $$SELECT xlsx.create_profile('refusal 2', 'refusal', task_column => 'ctid')$$,
  $$SELECT xlsx.create_profile('refusal 2', 'refusal', task_column => 'twice')$$]) AS s (statement), told(s.statement) AS t;
SELECT t.* FROM unnest(ARRAY[
  $$SELECT xlsx.add_rule('refusal', 'unique', 'name', severity => 'info')$$,
  $$SELECT xlsx.add_rule('refusal', 'is_nice', 'name')$$,
  $$SELECT xlsx.add_rule('refusal', NULL, 'name')$$,
  $$SELECT xlsx.add_rule('refusal', 'unique')$$,
  $$SELECT xlsx.add_rule('refusal', 'min', 'age')$$,
  $$SELECT xlsx.add_rule('refusal', 'min', 'age', NULL)$$,
  $$SELECT xlsx.add_rule('refusal', 'one_of', 'name', ARRAY['a', NULL])$$,
  $$SELECT xlsx.add_rule('refusal', 'expression', argument => '{""}')$$,
  $$SELECT xlsx.add_rule('refusal', 'unique', 'name', name => '')$$,
  $$SELECT xlsx.add_rule('refusal', 'unique', 'name', name => 'same'), xlsx.add_rule('refusal', 'unique', 'age', name => 'same')$$]) AS s (statement), told(s.statement) AS t;
SELECT t.* FROM unnest(ARRAY[
  $$SELECT xlsx.create_profile_from_json('{"name": "refusal 3", "target": "public.refusal", "colums": []}')$$,
  $$SELECT xlsx.create_profile_from_json('{"name": "refusal 3", "target": "public.refusal", "columns": [{"column_name": "name", "heading": "Name"}]}')$$,
  $$SELECT xlsx.create_profile_from_json('{"name": "refusal 3", "target": "public.refusal", "rules": {"kind": "unique"}}')$$,
  $$SELECT xlsx.create_profile_from_json('[]')$$,
  $$SELECT xlsx.create_profile_from_json(NULL)$$,
  $$SELECT xlsx.create_profile_from_json(xlsx.profile_json('refusal'), name => 'refusal 3'), xlsx.drop_profile('refusal 3')$$]) AS s (statement), told(s.statement) AS t;
SELECT t.* FROM unnest(ARRAY[
  format('SELECT xlsx.submit(''refusal'', %L, header_check => ''some'')', decode(:'book', 'base64')),
  format('SELECT xlsx.submit(''refusal'', %L, max_errors => -1)', decode(:'book', 'base64')),
  format('SELECT xlsx.submit(''refusal'', %L, mapping => ''[]'')', decode(:'book', 'base64')),
  format('SELECT xlsx.submit(''refusal'', %L, mode => ''merge'')', decode(:'book', 'base64')),
  format('SELECT xlsx.submit_once(''refusal'', %L, header_check => ''some'')', decode(:'book', 'base64')),
  format('SELECT * FROM xlsx.import(''refusal'', %L, header_check => ''some'')', decode(:'book', 'base64')),
  format('SELECT * FROM xlsx.match_headers(''refusal'', %L, header_row => ''second'')', decode(:'book', 'base64')),
  format('SELECT * FROM xlsx_rest.rest_preview(xlsx_rest.upload_begin(''refusal'', ''x.xlsx'', ''{"headerCheck": "some"}''))'),
  $$SELECT xlsx.schedule('refusal', NULL, 'refusal', query => 'SELECT 1', header_check => 'some')$$,
  $$SELECT xlsx.schedule('refusal', NULL, 'refusal', query => 'DELETE FROM refusal')$$,
  $$SELECT xlsx.schedule('refusal', NULL, 'refusal', query => 'SELECT 1', settle => '-1 s')$$,
  $$SELECT * FROM xlsx_rest.tus_create('refusal', 'x.xlsx', NULL, 0, NULL)$$,
  $$SELECT xlsx.limit_tasks(0, 'refusal')$$]) AS s (statement), told(s.statement) AS t;
\x
SELECT xlsx.drop_profile('refusal');
DROP FUNCTION told;
DROP TABLE refusal;
