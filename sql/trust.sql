-- What somebody else has written and left in a profile, an import or a database does not run, and is not sent, with other rights than his.
CREATE ROLE trust_eve IN ROLE xlsx_user;
CREATE ROLE trust_ann IN ROLE xlsx_user;
CREATE ROLE trust_boss IN ROLE xlsx_admin;
CREATE SCHEMA trust_eve AUTHORIZATION trust_eve;
GRANT USAGE ON SCHEMA trust_eve TO PUBLIC;
CREATE TABLE trust_people (name text PRIMARY KEY, age int);
CREATE VIEW trust_view AS SELECT name, age FROM trust_people;
GRANT SELECT, INSERT, UPDATE ON trust_people, trust_view TO trust_eve, trust_ann;
SELECT encode(xlsx.write('SELECT * FROM (VALUES (''Ann'', 7), (''Bob'', 8)) AS p (name, age)'), 'base64') AS book \gset
CREATE FUNCTION trust_refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'accepted';
EXCEPTION WHEN others THEN
  RETURN regexp_replace(SQLSTATE || ' | ' || SQLERRM, '(?<=[a-z] )[0-9]+(?= |$)', 'N', 'g');
END $$;
SET ROLE trust_eve;
CREATE FUNCTION trust_eve.spy(what text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE WARNING 'it runs as %', current_user; RETURN what; END $$;
-- The parser makes values of literals: an expression that is only parsed runs nothing for whoever parses it.
CREATE DOMAIN trust_eve.spied AS text CHECK (trust_eve.spy(VALUE) IS NOT NULL);
CREATE TYPE trust_eve.pair AS (a trust_eve.spied, b text);
CREATE TYPE trust_eve.span AS RANGE (subtype = trust_eve.spied);
SELECT xlsx.create_profile('trust_people', 'trust_people') > 0 AS made;
SELECT key, trust_refusal(format($s$SELECT xlsx.alter_profile('trust_people', key_columns => ARRAY[%L])$s$, key)) AS refusal
FROM unnest(ARRAY[$$('{x}'::trust_eve.spied[])::text || name$$, $$coalesce(('(x,y)'::trust_eve.pair).b, name)$$, $$trust_eve.pair('(x,y)')$$,
  $$lower(name) || lower('[x,y]'::trust_eve.span)$$, $$ARRAY['{"(x,y)"}'::trust_eve.pair[]]$$, $$lower(name || 'x'::trust_eve.spied)$$,
  $$lower(name || '{x}'::text[]::text)$$, $$date_part('year', '2020-01-01'::date)$$]) AS key;
SELECT xlsx.alter_profile('trust_people', key_columns => '{}');
-- An expression in the key of a view runs with each row that is looked for, so it is SQL of the profile.
SELECT xlsx.create_profile('trust_view', 'trust_view') > 0 AS made;
SELECT xlsx.alter_profile('trust_view', mode => 'upsert', key_columns => '{trust_eve.spy(name)}');
SET ROLE trust_ann;
SELECT trust_refusal(format($$SELECT xlsx.import('trust_view', decode(%L, 'base64'))$$, :'book'));
SET ROLE trust_eve;
SELECT xlsx.alter_profile('trust_view', key_columns => '{name}');
SET ROLE trust_ann;
SELECT status, saved_rows FROM xlsx.import('trust_view', decode(:'book', 'base64'));
-- Webhooks tell of an import, with its params and the texts of errors: only addresses of those who are trusted.
SET ROLE trust_eve;
SELECT xlsx.alter_profile('trust_view', webhooks => '{https://eve.example/}');
SET ROLE trust_ann;
SELECT trust_refusal(format($$SELECT xlsx.import('trust_view', decode(%L, 'base64'))$$, :'book'));
SET ROLE trust_eve;
SELECT status, saved_rows, (xlsx.delete(task)).message IS NOT NULL AS deleted FROM xlsx.import('trust_view', decode(:'book', 'base64'));
-- What holds SQL is given to another role by nobody but a member of that role.
SET ROLE trust_eve;
SELECT xlsx.drop_profile('trust_view'), xlsx.drop_profile('trust_people');
CREATE FUNCTION trust_eve.done(task bigint) RETURNS void LANGUAGE sql AS 'SELECT';
SELECT xlsx.create_profile('trust_given', 'trust_people') > 0 AS made;
RESET ROLE;
CREATE FUNCTION trust_given(option text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  refusal text;
BEGIN
  EXECUTE 'SET LOCAL ROLE trust_eve';
  EXECUTE format('SELECT xlsx.alter_profile(''trust_given'', %s)', option);
  EXECUTE 'SET LOCAL ROLE trust_boss';
  refusal := trust_refusal('SELECT xlsx.reassign(''trust_eve'', ''trust_ann'')');
  RAISE 'undo' USING DETAIL = refusal;
EXCEPTION WHEN raise_exception THEN
  GET STACKED DIAGNOSTICS refusal = PG_EXCEPTION_DETAIL;
  RETURN refusal;
END $$;
SELECT option, trust_given(option) FROM unnest(ARRAY[$$on_end => 'trust_eve.done'$$, $$scope => 'age > 7'$$, $$absent => 'age = 0'$$, $$delete_when => 'age = ''8'''$$,
  $$stop_at => 'age IS NULL'$$, $$key_columns => '{lower(name)}'$$, $$scope => 'true', absent => 'report', stop_at => '~^Sum', key_columns => '{name}'$$]) AS option;
-- Options of a task that waits are its submitter's.
SET ROLE trust_eve;
SELECT xlsx.submit('trust_given', decode(:'book', 'base64'), mode => 'sync', scope => 'age > 7', run_at => now() + interval '1 day') AS waiting \gset
RESET ROLE;
SELECT trust_given($$locale => 'en'$$);
SET ROLE trust_eve;
SELECT xlsx.cancel(:waiting);
SELECT deleted_rows FROM xlsx.delete(:waiting);
RESET ROLE;
SELECT trust_given($$locale => 'en'$$);
-- A default that draws numbers is evaluated for those who write the table.
CREATE TABLE trust_numbered (id bigint GENERATED ALWAYS AS IDENTITY, name text DEFAULT 'none');
SELECT xlsx_private.column_default(NULL::bigint, 'trust_numbered'::regclass, 1::smallint) AS id;
SET ROLE trust_eve;
SELECT xlsx_private.column_default(NULL::bigint, 'trust_numbered'::regclass, 1::smallint) AS id;
SELECT xlsx_private.column_default(NULL::text, 'trust_numbered'::regclass, 2::smallint) AS name;
RESET ROLE;
GRANT INSERT (name) ON trust_numbered TO trust_eve;
SET ROLE trust_eve;
SELECT xlsx_private.column_default(NULL::bigint, 'trust_numbered'::regclass, 1::smallint) AS id;
RESET ROLE;
-- SQL of a profile finds its names in the schema of the target, also for the row that throws.
CREATE SCHEMA trust_app;
CREATE TABLE trust_app.people (name text PRIMARY KEY, age int);
CREATE FUNCTION trust_app.gone(name text) RETURNS boolean LANGUAGE sql AS $$ SELECT name = 'Nobody' $$;
SELECT xlsx.create_profile('trust_app', 'trust_app.people') > 0 AS made;
SELECT xlsx.alter_profile('trust_app', mode => 'upsert', delete_when => 'gone(name)');
SELECT xlsx.set_column('trust_app', 'age', transform => '(56 / (value::int - 7))::text');
SELECT task AS thrown, status, saved_rows, error_rows FROM xlsx.import('trust_app', decode(:'book', 'base64')) \gset
SELECT :'status' AS status, :saved_rows AS saved_rows, :error_rows AS error_rows;
SELECT row_number, column_name, code, detail FROM xlsx.task_errors(:thrown);
-- A set is erased with its tasks; what the file says in its names goes, too.
SELECT xlsx.create_profile('trust_set', 'trust_people') > 0 AS made;
SELECT xlsx.alter_profile('trust_set', mode => 'upsert', keep_rows => true);
SELECT xlsx.submit_set(decode(:'book', 'base64'), '[{"profile": "trust_set"}, {"profile": "trust_set"}]', dry_run => true) AS set \gset
SELECT xlsx.wait(:set, '60 s');
SELECT trust_refusal(format($$SELECT xlsx.run(%s)$$, :set));
SELECT xlsx.erase(:set);
SELECT set_size, erased_at IS NOT NULL AS erased, found_sheet, file_kept_until, (SELECT count(*) FROM xlsx.task_rows(t.id)) AS rows
FROM xlsx.tasks t WHERE id = :set OR set_id = :set ORDER BY id;
-- The failure of a task is also that of its set.
SELECT xlsx.submit_set(decode(:'book', 'base64'), '[{"profile": "trust_set", "sheet": "Secret"}]') AS set \gset
SELECT xlsx.wait(:set, '60 s');
SELECT error_message LIKE '%Secret%' AS told FROM xlsx.tasks WHERE id = :set;
SELECT xlsx.erase(id) FROM xlsx.tasks WHERE set_id = :set;
SELECT error_code IS NOT NULL AS failed, error_message, error_detail, error_hint FROM xlsx.tasks WHERE id = :set;
-- A profile that holds tasks by now also holds a dry run that was checked before.
SELECT xlsx.submit('trust_set', decode(:'book', 'base64'), dry_run => true) AS dry \gset
SELECT xlsx.wait(:dry, '60 s');
SELECT xlsx.alter_profile('trust_set', hold => true, four_eyes => true);
SELECT trust_refusal(format($$SELECT xlsx.run(%s, now => true)$$, :dry));
SELECT xlsx.run(:dry) AS run \gset
SELECT held FROM xlsx.tasks WHERE id = :run;
SELECT trust_refusal(format($$SELECT xlsx.release(%s)$$, :run));
SELECT xlsx.cancel(:run);
-- Who submits as another role is the submitter also when he is himself again.
CREATE ROLE trust_team IN ROLE xlsx_user;
GRANT ALL ON trust_people TO trust_team;
CREATE ROLE trust_member LOGIN IN ROLE trust_team;
SET SESSION AUTHORIZATION trust_member;
SET ROLE trust_team;
SELECT xlsx.submit('trust_set', decode(:'book', 'base64')) AS held \gset
RESET SESSION AUTHORIZATION;
SET ROLE trust_member;
SELECT trust_refusal(format($$SELECT xlsx.release(%s)$$, :held));
RESET ROLE;
SELECT xlsx.cancel(:held);
-- Numbers are numbers, however they are written.
SELECT xlsx_private.form_options('{"priority": "+5", "headerRows": " 2", "maxErrors": "007"}');
-- A webhook that came with a copy of a database waits until the copy is adopted.
SELECT xlsx.alter_profile('trust_set', hold => false, four_eyes => false, webhooks => '{https://trust.example/}');
SELECT xlsx.submit('trust_set', decode(:'book', 'base64')) AS told \gset
SELECT xlsx.wait(:told, '60 s');
BEGIN;
UPDATE xlsx_private.webhook_delivery SET home = gen_random_uuid();
SELECT payload FROM xlsx_rest.webhooks_claim(60000);
SELECT xlsx.adopt();
SELECT split_part(head, ' ', 4) AS url FROM xlsx_rest.webhooks_claim(60000);
ROLLBACK;
