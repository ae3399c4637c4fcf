-- What a submitter says of one import, and the settings that it carries along.
\getenv root PG_ABS_SRCDIR
\set SHOW_CONTEXT never
CREATE ROLE params_user IN ROLE xlsx_user;
CREATE SCHEMA shop;
CREATE TABLE shop.supplier (id int PRIMARY KEY, project int NOT NULL, name text NOT NULL);
INSERT INTO shop.supplier VALUES (1, 7, 'Acme'), (2, 8, 'Acme'), (3, 8, 'Bolts');
CREATE TABLE shop.article (project int NOT NULL, code text NOT NULL, price numeric(9,2) NOT NULL, supplier int, note text DEFAULT 'none', day date, PRIMARY KEY (project, code));
GRANT USAGE ON SCHEMA shop TO params_user;
GRANT ALL ON ALL TABLES IN SCHEMA shop TO params_user;
SELECT xlsx.create_profile('article', 'shop.article') > 0 AS made;
SELECT xlsx.alter_profile('article', key_columns => '{project,code}', mode => 'upsert');
SELECT xlsx.set_column('article', 'project', source => 'param');
SELECT xlsx.set_column('article', 'day', source => 'param', param => 'valid_from', default_value => '2026-01-01');
SELECT xlsx.set_column('article', 'supplier', lookup => 'SELECT name, id FROM supplier WHERE project = (params ->> ''project'')::int');
SELECT xlsx.set_column('article', 'price', transform => 'round(value::numeric * coalesce((params ->> ''factor'')::numeric, 1), 2)');
SELECT xlsx.add_rule('article', 'expression', argument => ARRAY['price < coalesce((params ->> ''most'')::numeric, 1000)'], name => 'most');
SELECT column_name, source, param FROM xlsx.profile_columns WHERE profile = 'article' AND source = 'param';
\set book `:'root'/test/tools/book.py '{"Prices": [["Code", "Price", "Supplier"], ["a", 10, "Acme"], ["b", 2.5, "Bolts"], ["c", 900, null], ["END", null, null], ["d", 1, null]]}'`
SELECT decode(:'book', 'base64') AS book \gset
SET ROLE params_user;
SELECT task, status, saved_rows, error_rows FROM xlsx.import('article', :'book'::bytea, params => '{"project": 7, "factor": 2, "most": 1500}', stop_at => 'code = params ->> ''end'' OR code = ''END''') \gset first_
SELECT :'first_status' AS status, :first_saved_rows AS saved, :first_error_rows AS errors;
SELECT row_number, column_name, code, message, hint FROM xlsx.task_errors(:first_task);
SELECT status, saved_rows, error_rows FROM xlsx.import('article', :'book'::bytea, params => '{"project": 8, "valid_from": "2026-05-03", "end": "c"}', stop_at => 'code = params ->> ''end''');
SELECT * FROM shop.article ORDER BY 1, 2;
SELECT params FROM xlsx.tasks ORDER BY id;
-- The same key in another project is another row, and a missing one is an error where the target demands it.
SELECT task, status, error_rows FROM xlsx.import('article', :'book'::bytea) \gset none_
SELECT row_number, column_name, code, message FROM xlsx.task_errors(:none_task) WHERE row_number = 2;
SELECT task, status, error_rows FROM xlsx.import('article', :'book'::bytea, params => '{"project": "seven", "valid_from": [1]}') \gset bad_
SELECT row_number, column_name, code, message, value FROM xlsx.task_errors(:bad_task) WHERE row_number = 2;
-- In the queue, and again
SELECT xlsx.submit('article', :'book'::bytea, params => '{"project": 7, "factor": 3, "tags": ["x", "y"]}', stop_at => 'code = ''c''') AS queued \gset
SELECT xlsx.wait(:queued, '1 min');
SELECT code, price FROM shop.article WHERE project = 7 ORDER BY 1;
-- A file is known for its params: for another project it is another import.
SELECT task AS once, created FROM xlsx.submit_once('article', :'book'::bytea, params => '{"project": 8, "factor": 1}') \gset
SELECT xlsx.wait(:once, '1 min');
SELECT task = :once AS same, created FROM xlsx.submit_once('article', :'book'::bytea, params => '{"factor": 1, "project": 8}');
SELECT task <> :once AS other, created FROM xlsx.submit_once('article', :'book'::bytea, run_at => now() + interval '1 day', params => '{"project": 10}');
-- What params may be
SELECT xlsx.submit('article', :'book'::bytea, params => '[7]');
SELECT xlsx.submit('article', :'book'::bytea, params => jsonb_build_object('long', repeat('x', 8192)));
SELECT xlsx_rest.upload_begin('article', 'a.xlsx', '{"params": "{\"project\": 7"}');
SELECT xlsx_rest.upload_begin('article', 'a.xlsx', '{"params": "7"}');
SELECT xlsx_rest.upload_begin('article', 'a.xlsx', '{"params": "{\"project\": 9}"}') AS upload \gset
SELECT xlsx_rest.upload_chunk(:upload, 0, :'book'::bytea);
SELECT body ->> 'taskId' AS uploaded FROM xlsx_rest.upload_finish(:upload) \gset
SELECT xlsx.wait(:uploaded, '1 min');
SELECT params, body -> 'params' AS in_rest FROM xlsx.tasks, xlsx_rest.rest_task(:'uploaded') WHERE id = :uploaded;
-- Lists by what params contain
SELECT p, (SELECT string_agg(t ->> 'params', ' ' ORDER BY n) FROM json_array_elements(body -> 'data') WITH ORDINALITY AS e (t, n)) AS found, body -> 'meta' ->> 'total' AS total
FROM unnest(ARRAY['{"project": 7}', '{"project": 8}', '{"factor": 3, "tags": ["y"]}', '{"project": "7"}', '{}']) AS p, xlsx_rest.rest_tasks(NULL, NULL, 'HAS_ERRORS', p);
SELECT json_array_length(body -> 'data') AS shown, body -> 'meta' FROM xlsx_rest.rest_tasks('2', '1', NULL, '{"project": 7}');
SELECT xlsx_rest.rest_tasks(NULL, NULL, NULL, '7');
SELECT xlsx_rest.rest_tasks(NULL, NULL, NULL, '{"project"');
RESET ROLE;
SELECT body -> 'meta' ->> 'total' AS total FROM xlsx_rest.rest_tasks(NULL, NULL, NULL, '{"project": 9}');
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$;
SELECT count(*) FILTER (WHERE line ~ 'task_params') > 0 AS indexed
FROM pg_temp.plan_of('SELECT id FROM xlsx_private.task o WHERE xlsx_private.params_scope(o.owner, o.tenant, o.params) @> ''{"1 ": {"project": 7}}'' AND o.params <> ''{}''') AS line;
RESET enable_seqscan;
-- An option without effect, and one that is unknown
SELECT xlsx.set_column('article', 'note', param => 'remark');
SELECT xlsx.set_column('article', 'note', source => 'parameter');
-- A column that is called params keeps its name; lookups see no row, and find the object.
CREATE TABLE shop.odd (params text, length int, supplier int);
SELECT xlsx.create_profile('odd', 'shop.odd') > 0 AS made;
SELECT xlsx.set_column('odd', 'length', transform => 'length(params)');
SELECT xlsx.set_column('odd', 'supplier', lookup => 'SELECT name, id FROM supplier WHERE project = (params ->> ''project'')::int');
SELECT xlsx.add_rule('odd', 'expression', argument => '{length(params) < 5}');
\set odd `:'root'/test/tools/book.py '{"Odd": [["Params", "Supplier"], ["abc", "Bolts"], ["too long", "Acme"], ["END", "Acme"]]}'`
SELECT status, saved_rows, error_rows FROM xlsx.import('odd', decode(:'odd', 'base64'), params => '{"project": 8}', stop_at => 'params = ''END''');
SELECT * FROM shop.odd;
-- Templates have no column for what a parameter fills, and run lookups without params.
SELECT string_agg(value, ', ') FROM xlsx.cells(xlsx.template('article')) AS c WHERE c.row = 1 AND c.sheet = 1;
-- Settings
SELECT xlsx.alter_profile('article', settings => '{tenant}');
SELECT xlsx.alter_profile('article', settings => '{app.tenant,pg_xlsx.enabled}');
SELECT xlsx.alter_profile('article', settings => '{work_mem}');
SELECT xlsx.alter_profile('article', settings => '{plpgsql.extra_errors}');
SELECT xlsx.alter_profile('article', settings => (SELECT array_agg('app.s' || n) FROM generate_series(1, 21) AS n));
SELECT xlsx.alter_profile('article', settings => '{app.tenant,request.jwt.claims}');
SELECT settings FROM xlsx.profiles WHERE name = 'article';
SELECT xlsx.profile_json('article') -> 'settings' AS settings;
CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := current_setting('app.tenant') || coalesce(' ' || current_setting('app.other', true), ''); RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON shop.article FOR EACH ROW EXECUTE FUNCTION shop.stamp();
CREATE POLICY article_tenant ON shop.article USING (note IS NULL OR current_setting('app.tenant') = 'acme');
ALTER TABLE shop.article ENABLE ROW LEVEL SECURITY;
TRUNCATE shop.article;
SELECT xlsx.alter_profile('article', keep_old => true);
SET ROLE params_user;
SET app.tenant = 'acme';
SET app.other = 'not carried';
SELECT xlsx.submit('article', :'book'::bytea, params => '{"project": 7}', stop_at => 'code = ''b''') AS carried \gset
SET app.tenant = 'other';
SELECT xlsx.wait(:carried, '1 min');
SELECT undone, kept FROM xlsx.undo(:carried);
SELECT xlsx.submit('article', :'book'::bytea, params => '{"project": 7}', stop_at => 'code = ''b''') AS other \gset
SELECT xlsx.wait(:other, '1 min');
SET app.tenant = 'acme';
SELECT code, note FROM shop.article;
SELECT current_setting('app.tenant') AS tenant_of_the_session;
SELECT set_config('app.tenant', repeat('x', 70000), false) <> '' AS long;
SELECT xlsx.submit('article', :'book'::bytea);
RESET app.tenant;
RESET app.other;
RESET ROLE;
-- Schedules: params of the schedule and of the name, and the settings of who made it
CREATE TABLE shop.inbox (data bytea, name text);
GRANT ALL ON shop.inbox TO params_user;
INSERT INTO shop.inbox VALUES (:'book'::bytea, '7_prices.xlsx');
SET ROLE params_user;
SET app.tenant = 'acme';
SELECT xlsx.schedule('prices', NULL, 'article', query => 'SELECT data, name FROM shop.inbox', pattern => '(\d+)_.*\.xlsx', pattern_params => '{project}',
  params => '{"factor": 5}', stop_at => 'code = ''b''') > 0 AS made;
RESET app.tenant;
SELECT files, submitted, error FROM xlsx.run_schedule('prices');
SELECT current_setting('app.tenant', true) AS tenant_of_the_session;
SELECT max(id) AS scheduled FROM xlsx.tasks \gset
SELECT xlsx.wait(:scheduled, '1 min'), params FROM xlsx.tasks WHERE id = :scheduled;
SET app.tenant = 'acme';
SELECT project, code, price, note FROM shop.article ORDER BY note;
SELECT xlsx.unschedule('prices');
RESET ROLE;
SELECT count(xlsx.delete(id)) > 0 AS deleted FROM xlsx.tasks WHERE profile IN ('article', 'odd');
SELECT xlsx.drop_profile('article'), xlsx.drop_profile('odd');
DROP SCHEMA shop CASCADE;
