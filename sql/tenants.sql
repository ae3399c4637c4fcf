-- One role for all tenants, whom a claim tells apart: policies as Supabase writes them.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
SELECT decode(:'people', 'base64') AS people \gset
CREATE ROLE authenticated IN ROLE xlsx_user;
CREATE ROLE tenant_admin IN ROLE xlsx_user, xlsx_admin;
CREATE SCHEMA auth;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
RETURN (auth.jwt() ->> 'sub')::uuid;
CREATE TABLE members (name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL, task_id bigint,
  org text NOT NULL DEFAULT auth.jwt() #>> '{app_metadata,org}', made_by uuid NOT NULL DEFAULT auth.uid());
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY members_org ON members USING (org = auth.jwt() #>> '{app_metadata,org}') WITH CHECK (org = auth.jwt() #>> '{app_metadata,org}');
GRANT USAGE ON SCHEMA auth TO authenticated;
GRANT ALL ON members TO authenticated;
SELECT xlsx.create_profile('members', 'members', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}') > 0 AS made;
SELECT xlsx.set_column('members', 'org', source => 'none');
SELECT xlsx.set_column('members', 'made_by', source => 'none');
-- What the setting may say, and who may set it
SET pg_xlsx.tenant_setting = 'tenant';
SET pg_xlsx.tenant_setting = 'pg_xlsx.enabled';
SET pg_xlsx.tenant_setting = 'request.jwt.claims:';
SET pg_xlsx.tenant_setting = 'request.jwt.claims:org.';
SET pg_xlsx.tenant_setting = 'request.jwt.claims:"org';
SET pg_xlsx.tenant_setting = 'app.tenant';
SET app.tenant = 'one';
SELECT xlsx_private.current_tenant();
SET app.tenant = '';
SELECT xlsx_private.current_tenant() = '' AS nobody;
SET pg_xlsx.tenant_setting = 'request.jwt.claims:"https://example.com/claims".org.id';
SET request.jwt.claims = '{"https://example.com/claims": {"org": {"id": 7}}}';
SELECT xlsx_private.current_tenant();
SET request.jwt.claims = '{"org": {"id": 7}}';
SELECT xlsx_private.current_tenant() = '' AS nobody;
SET request.jwt.claims = 'org';
SELECT xlsx_private.current_tenant();
SELECT set_config('request.jwt.claims', json_build_object('https://example.com/claims', json_build_object('org', json_build_object('id', repeat('x', 257))))::text, false) <> '' AS set;
SELECT xlsx_private.current_tenant();
RESET pg_xlsx.tenant_setting;
SET ROLE authenticated;
SET pg_xlsx.tenant_setting = 'app.tenant';
RESET ROLE;
-- For this database
ALTER DATABASE regress_xlsx SET pg_xlsx.tenant_setting = 'request.jwt.claims:app_metadata.org';
\c -
\set one '{"sub": "11111111-1111-1111-1111-111111111111", "role": "authenticated", "app_metadata": {"org": "one"}}'
\set two '{"sub": "22222222-2222-2222-2222-222222222222", "role": "authenticated", "app_metadata": {"org": "two"}}'
SET ROLE authenticated;
SET request.jwt.claims = :'one';
SELECT xlsx.submit('members', :'people'::bytea, 'one.xlsx', idempotency_key => 'first') AS first \gset
SELECT xlsx.submit('members', :'people'::bytea, 'one.xlsx', idempotency_key => 'first') = :first AS same_again;
SELECT xlsx.wait(:first, '1 min');
SET request.jwt.claims = :'two';
-- A key is the tenant's own, and so is what a file was known by.
SELECT xlsx.submit('members', :'people'::bytea, 'two.xlsx', idempotency_key => 'first') AS second \gset
SELECT :first <> :second AS another_task;
SELECT xlsx.wait(:second, '1 min');
SELECT task AS once, created FROM xlsx.submit_once('members', :'people'::bytea, 'two.xlsx') \gset
SELECT xlsx.wait(:once, '1 min');
SET request.jwt.claims = :'one';
SELECT created FROM xlsx.submit_once('members', :'people'::bytea, 'one.xlsx', run_at => now() + interval '1 day');
SELECT id AS waiting FROM xlsx.tasks WHERE status = 'PENDING' \gset
-- Policies of the target hold in the import: each wrote his own rows, and sees them.
SELECT org, made_by, count(*) FROM members GROUP BY 1, 2;
SET request.jwt.claims = :'two';
SELECT org, made_by, count(*) FROM members GROUP BY 1, 2;
-- Each sees his own tasks, and what belongs to them.
SELECT file_name, status, tenant, error_rows FROM xlsx.tasks ORDER BY id;
SELECT file_name FROM xlsx.jobs ORDER BY id;
SELECT action, file_name, tenant FROM xlsx.audit ORDER BY id;
SELECT count(*) FROM xlsx.task_errors(:first);
SELECT count(*) > 0 AS seen FROM xlsx.task_errors(:second);
SELECT xlsx.report(:first), xlsx.errors_workbook(:first);
SELECT length(xlsx.errors_workbook(:second)) > 0 AS has_workbook;
SELECT count(*) FROM xlsx_private.error_page WHERE task_id = :first;
SELECT count(*) FROM xlsx_private.error_count WHERE task_id = :first;
SELECT count(*) FROM xlsx_private.undo_xid WHERE task_id = :first;
SELECT count(*) > 0 AS seen FROM xlsx_private.undo_xid WHERE task_id = :second;
SELECT sum(tasks) FROM xlsx_private.tally;
SELECT body -> 'meta' ->> 'total' AS total FROM xlsx_rest.rest_tasks(NULL, NULL, NULL);
SELECT body ->> 'highest' = :'once' AS own FROM xlsx_rest.rest_own_tasks(NULL);
SELECT json_array_length(body -> 'tasks') FROM xlsx_rest.rest_own_tasks(NULL);
-- Nobody acts on another's.
\set VERBOSITY sqlstate
SELECT xlsx_rest.rest_task(:'first');
SELECT xlsx_rest.rest_snapshot(:'first');
SELECT xlsx.cancel(:waiting);
SELECT xlsx.retry(:first);
SELECT xlsx.undo(:first);
SELECT xlsx.delete(:first);
SELECT xlsx.wait(:first, '0');
SET request.jwt.claims = :'one';
SELECT xlsx_rest.upload_begin('members', 'one.xlsx') AS upload \gset
SELECT body ->> 'id' AS resumable FROM xlsx_rest.tus_create('members', 'one.xlsx', NULL, 10, NULL) \gset
SET request.jwt.claims = :'two';
SELECT xlsx_rest.upload_chunk(:upload, 0, :'people'::bytea);
SELECT xlsx_rest.upload_finish(:upload);
SELECT xlsx_rest.tus_state(:'resumable');
SELECT xlsx_rest.tus_delete(:'resumable');
SELECT count(*) FROM xlsx_private.resumable;
SET request.jwt.claims = :'one';
SELECT xlsx_rest.upload_remove(:upload);
SELECT (xlsx_rest.tus_delete(:'resumable')).status;
-- Who has no tenant sees none of theirs, but his own.
RESET request.jwt.claims;
SELECT count(*) FROM xlsx.tasks;
SELECT xlsx.delete(:first);
SELECT count(*) FROM xlsx.audit;
\set VERBOSITY terse
-- What others left in the queue does not count for a limit.
RESET ROLE;
SELECT xlsx.limit_role('authenticated', waiting_tasks => 1);
SET ROLE authenticated;
SET request.jwt.claims = :'one';
SELECT xlsx.submit('members', :'people'::bytea, run_at => now() + interval '1 day');
SET request.jwt.claims = :'two';
SELECT xlsx.submit('members', :'people'::bytea, 'later.xlsx', run_at => now() + interval '1 day') AS later \gset
SELECT xlsx.submit('members', :'people'::bytea, run_at => now() + interval '1 day');
RESET ROLE;
SELECT xlsx.limit_role('authenticated');
-- xlsx_admin sees all, and acts with the settings of the task: its rows are found.
RESET request.jwt.claims;
SET ROLE tenant_admin;
SELECT file_name, tenant FROM xlsx.tasks WHERE owner = 'authenticated'::regrole ORDER BY id;
SELECT undone, kept FROM xlsx.undo(:first);
SELECT xlsx.cancel(:later);
SET ROLE authenticated;
SET request.jwt.claims = :'two';
SELECT count(*) FROM members;
SELECT undone, kept FROM xlsx.undo(:second);
SELECT deleted_rows > 0 AS deleted FROM xlsx.delete(:once);
SELECT count(*) FROM members;
SET request.jwt.claims = :'one';
SELECT count(*) FROM members;
SELECT undone, undone_rows FROM xlsx_private.task WHERE id = :first;
-- Counters are folded by tenant, and counted again.
RESET ROLE;
SELECT xlsx_private.fold_tally(0, 10000) > 0 AS folded, xlsx_private.recount() AS corrected;
SELECT tenant, sum(tasks) FROM xlsx_private.tally WHERE owner::regrole = 'authenticated'::regrole GROUP BY 1 ORDER BY 1;
SELECT count(xlsx.delete(id)) > 0 AS deleted FROM xlsx.tasks WHERE owner = 'authenticated'::regrole;
SELECT coalesce(sum(tasks), 0) AS left FROM xlsx_private.tally WHERE owner::regrole = 'authenticated'::regrole;
RESET request.jwt.claims;
ALTER DATABASE regress_xlsx RESET pg_xlsx.tenant_setting;
SELECT xlsx.drop_profile('members');
DROP TABLE members;
DROP SCHEMA auth CASCADE;
