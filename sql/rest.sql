-- JSON of the REST interface.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE TABLE guests (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
SELECT xlsx.create_profile('guests', 'guests', 'task_id', '{"bio_id": "Bio-ID"}') > 0 AS made;
CREATE FUNCTION without_times(body json) RETURNS jsonb LANGUAGE sql AS $$
  SELECT body::jsonb - '{createdAt,updatedAt,startedAt,completedAt,fileKeptUntil,id,taskId,fileSize,workMs}'::text[];
$$;
-- An upload in pieces
BEGIN;
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, decode(:'people', 'base64'));
SELECT status, without_times(body), body ->> 'taskId' AS task FROM xlsx_rest.upload_finish(:upload) \gset upload_
SELECT :upload_status AS status, :'upload_without_times' AS body;
COMMIT;
SELECT xlsx.wait(:upload_task, '30 s');
SELECT status, without_times(body) FROM xlsx_rest.rest_task(:'upload_task');
SELECT status, jsonb_pretty(body::jsonb) FROM xlsx_rest.rest_errors(:'upload_task', NULL, '1');
SELECT status, body -> 'meta' AS meta, json_array_length(body -> 'data') FROM xlsx_rest.rest_tasks(NULL, NULL, NULL);
SELECT status, body::text FROM xlsx_rest.rest_tasks('9', '1', 'FAILED');
SELECT event, without_times(data) - 'seq' FROM xlsx_rest.rest_snapshot(:'upload_task');
SELECT status, body::text FROM xlsx_rest.rest_profiles();
SELECT body ->> 'createdAt' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$' AS is_iso FROM xlsx_rest.rest_task(:'upload_task');
SELECT xlsx_rest.rest_errors_workbook(:'upload_task') = format('validation-errors-task-%s.xlsx', :'upload_task') AS named;
-- 400, 404, 409
CREATE FUNCTION refused(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'SELECT ' || call;
  RETURN 'allowed';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT refused(call) FROM unnest(ARRAY[
  $$xlsx_rest.rest_task('999999')$$, $$xlsx_rest.rest_task('seven')$$, $$xlsx_rest.rest_task('99999999999999999999')$$,
  $$xlsx_rest.rest_tasks('0', NULL, NULL)$$, $$xlsx_rest.rest_tasks(NULL, '101', NULL)$$, $$xlsx_rest.rest_tasks(NULL, NULL, 'DONE')$$]) AS call;
\set VERBOSITY terse
DO $$ BEGIN PERFORM xlsx_rest.rest_retry(max(id)::text) FROM xlsx.tasks; EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE NOTICE 'refused'; END $$;
-- Uploads that are none
BEGIN;
SELECT xlsx_rest.upload_begin('guests', 'people.csv') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, 'Name,Gender');
ROLLBACK;
BEGIN;
SELECT xlsx_rest.upload_begin('guests', 'empty.xlsx') AS upload \gset
SELECT xlsx_rest.upload_finish(:upload);
ROLLBACK;
-- A look at a file, and nothing kept of it
BEGIN;
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx', '{"mapping": "{\"Gender\": \"\"}"}') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, decode(:'people', 'base64'));
SELECT status, jsonb_pretty(body::jsonb - 'fileSize') FROM xlsx_rest.rest_preview(:upload);
ROLLBACK;
-- Options whose values do not exist are refused before the first byte; a dry run, and a mapping by hand
\set SHOW_CONTEXT never
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx', '{"mode": "merge"}');
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx', '{"headerCheck": "some"}');
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx', '{"maxErrors": "-3"}');
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx', '{"mapping": "[]"}');
\set SHOW_CONTEXT errors
BEGIN;
SELECT xlsx_rest.upload_begin('guests', 'people.xlsx', '{"dryRun": "true", "mapping": "{\"Gender\": \"name\", \"Name\": \"gender\"}"}') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, decode(:'people', 'base64'));
SELECT body ->> 'taskId' AS dry FROM xlsx_rest.upload_finish(:upload) \gset
COMMIT;
SELECT xlsx.wait(:dry, '30 s');
SELECT status, body::jsonb - '{taskId,phases}'::text[] FROM xlsx_rest.rest_report(:'dry');
SELECT status, body FROM xlsx_rest.rest_error_summary(:'dry');
SELECT xlsx_rest.rest_template('guests');
SELECT refused(call) FROM unnest(ARRAY[$$xlsx_rest.rest_template('nobody')$$, $$xlsx_rest.rest_report('999999')$$, $$xlsx_rest.rest_undo('999999')$$]) AS call;
SELECT status, body -> 'undone' AS undone, body -> 'kept' AS kept FROM xlsx_rest.rest_undo(:'upload_task');
SELECT count(*) FROM guests;
SELECT (body ->> 'deletedRows')::int AS deleted FROM xlsx_rest.rest_delete(:'upload_task');
SELECT message <> '' AS deleted FROM xlsx.delete(:dry);
SELECT wait_tidy();
SELECT count(*) FROM xlsx_private.file;
SELECT xlsx.drop_profile('guests');
DROP TABLE guests;
DROP FUNCTION without_times, refused;
