-- What a role may have at most. Nothing is limited until xlsx_admin says so.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
CREATE ROLE limited IN ROLE xlsx_user;
CREATE ROLE unlimited IN ROLE xlsx_user;
CREATE TABLE limited_people (name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
GRANT INSERT ON limited_people TO limited, unlimited;
SELECT xlsx.create_profile('limited', 'limited_people', headers => '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT decode(:'people', 'base64') AS people \gset
-- Who sets them
SET ROLE limited;
SELECT xlsx.limit_role('limited');
RESET ROLE;
SELECT xlsx.limit_role(NULL, 1);
SELECT xlsx.limit_role('limited', rows_per_task => -1);
SELECT xlsx.limit_role('limited', stored_bytes => -1);
-- Waiting tasks
SELECT xlsx.limit_role('limited', waiting_tasks => 2);
SELECT * FROM xlsx.role_limits;
SET ROLE limited;
SELECT * FROM xlsx.role_limits;
SELECT xlsx.submit('limited', :'people'::bytea, idempotency_key => 'one', run_at => now() + interval '1 day') AS one \gset
SELECT xlsx.submit('limited', :'people'::bytea, run_at => now() + interval '1 day') > 0 AS second;
\set SHOW_CONTEXT never
SELECT xlsx.submit('limited', :'people'::bytea);
SELECT :'LAST_ERROR_SQLSTATE' AS sqlstate;
SELECT xlsx.submit('limited', :'people'::bytea, idempotency_key => 'one') = :one AS same_task_again;
SELECT xlsx.cancel(:one);
SELECT xlsx.submit('limited', :'people'::bytea, run_at => now() + interval '1 day') > 0 AS room_again;
SELECT xlsx.retry(:one);
SELECT status FROM xlsx.import('limited', :'people'::bytea);
SET ROLE unlimited;
SELECT count(*) FROM xlsx.role_limits;
SELECT xlsx.submit('limited', :'people'::bytea, run_at => now() + interval '1 day') > 0 AS submitted;
RESET ROLE;
-- Tasks an hour: deleted ones count, and imports in transactions
SELECT count(xlsx.delete(id)) FROM xlsx.tasks WHERE owner = 'limited'::regrole;
SELECT xlsx.limit_role('limited', tasks_per_hour => 5);
SET ROLE limited;
SELECT status FROM xlsx.import('limited', :'people'::bytea);
\set VERBOSITY terse
SELECT xlsx.submit('limited', :'people'::bytea);
SELECT status FROM xlsx.import('limited', :'people'::bytea);
\set VERBOSITY default
RESET ROLE;
SELECT xlsx.limit_role('limited', tasks_per_hour => 0);
SET ROLE limited;
SELECT xlsx.submit('limited', :'people'::bytea);
RESET ROLE;
-- Bytes stored
SELECT xlsx.limit_role('limited', stored_bytes => length(:'people'::bytea) + 10);
SET ROLE limited;
SELECT xlsx.submit('limited', :'people'::bytea, run_at => now() + interval '1 day') AS one \gset
SELECT xlsx.submit('limited', :'people'::bytea, run_at => now() + interval '1 day');
SELECT xlsx_rest.upload_begin('limited', 'chunks.xlsx') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, :'people'::bytea);
SELECT count(*) FROM xlsx.delete(:one);
SELECT xlsx_rest.upload_chunk(:upload, 0, :'people'::bytea);
RESET ROLE;
-- Rows of a task: the error is at the first row beyond
SELECT xlsx.limit_role('limited', rows_per_task => 4);
SET ROLE limited;
SELECT xlsx.submit('limited', :'people'::bytea) AS task \gset
SELECT xlsx.wait(:task, '60 s');
SELECT status, attempts, error_code, error_message, error_detail, error_hint FROM xlsx.tasks WHERE id = :task;
SELECT status FROM xlsx.import('limited', :'people'::bytea);
RESET ROLE;
SELECT xlsx.limit_role('limited', rows_per_task => 5);
SET ROLE limited;
SELECT status, total_rows FROM xlsx.import('limited', :'people'::bytea);
RESET ROLE;
SELECT xlsx.limit_role('limited');
SELECT count(*) FROM xlsx.role_limits;
-- Counting uses indexes.
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$;
SELECT count(*) FILTER (WHERE line ~ 'audit_made') AS indexed FROM pg_temp.plan_of('SELECT happened_at FROM xlsx_private.audit WHERE owner::oid = 1
  AND action IN (''submit'', ''import'') AND happened_at > now() - interval ''1 hour'' ORDER BY happened_at DESC LIMIT 5') AS line;
SELECT count(*) FILTER (WHERE line ~ 'file_owner') AS indexed FROM pg_temp.plan_of('SELECT sum(size) FROM xlsx_private.file WHERE owner::oid = 1') AS line;
RESET enable_seqscan;
SELECT count(xlsx.delete(id)) > 0 AS deleted FROM xlsx.tasks WHERE profile = 'limited';
SELECT xlsx_rest.upload_remove(:upload);
SELECT xlsx.drop_profile('limited');
DROP TABLE limited_people;
DROP ROLE limited, unlimited;
